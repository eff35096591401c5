# shellcheck shell=bash
# What people paste by hand lets a stranger into an account that has a list;
# the policy that says the same does not.

cert alice --id alice@example.com --principals alice
cert mallory --id mallory@example.com --principals mallory

sshd_stop
ca_key cf >/etc/ssh/hand-ca.pub
echo alice >/etc/ssh/hand-vmuser
cat >>/etc/ssh/sshd_config <<'EOF'
TrustedUserCAKeys /etc/ssh/hand-ca.pub
AuthorizedPrincipalsCommand /bin/bash -c "echo '%t %k' | ssh-keygen -L -f - | grep -A1 Principals"
AuthorizedPrincipalsCommandUser nobody
Match user vmuser
	AuthorizedPrincipalsFile /etc/ssh/hand-vmuser
EOF
: >"$SSHD_LOG"
sshd_start
gets_in bwayne mallory
gets_in vmuser alice
# Not on the list, and in all the same.
gets_in vmuser mallory

machine_reset
sshd_start
write_policy <<EOF
version: 1
authorities:
  hand: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  vmuser: [alice@example.com]
  "*": {allow: any, dangerous: true}
EOF
apply
login_ok bwayne mallory '"*"'
login_ok vmuser alice 'vmuser:'
login_no vmuser mallory no-matching-principal 'vmuser:'
