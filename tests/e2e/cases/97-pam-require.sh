# shellcheck shell=bash
# require=cert: keys and passwords are phased out account by account.

pam_begin || return

write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  vmuser: [jdoe@example.com, alice@example.com]
  "*": same-name
EOF
apply
cert jdoe --id jdoe@example.com --principals jdoe
sshd_uses_pam 'AuthorizedKeysFile /etc/ssh/keys/%u' \
    'PasswordAuthentication yes' 'KbdInteractiveAuthentication yes'
mkdir -p /etc/ssh/keys
for name in jdoe bob alice vmuser mallory; do
	cp "$KEYS/other.pub" "/etc/ssh/keys/$name"
	set_password $name "secret-$name"
done
groupadd -g 6000 staff-ssh
usermod -a -G staff-ssh bob

without()
{
	local user=$1 how=$2

	case $how in
	key) ssh_key "$user" other 'echo ran' ;;
	password) ssh_password "$user" "secret-$user" 'echo ran' ;;
	esac
}

# comes_in USER / is_kept_out USER: by key and by password.
comes_in()
{
	local how

	for how in key password; do
		pam_mark
		check "$1 comes in by $how" without "$1" $how
		pam_was_silent "$1 by $how: nothing to log"
	done
}

is_kept_out()
{
	local how status

	for how in key password; do
		status=0
		pam_mark
		without "$1" $how || status=$?
		check "$1 is kept out by $how" test $status -eq 254
		check "$1 by $how: nothing ran" \
		    test "$(grep -c '^ran' /run/ssh.out)" -eq 0
		pam_said "$1 by $how: why" \
		    "deny group=session service=\"sshd\" user=\"$1\" reason=no-certificate: require=cert: this user's sessions need a certificate\$"
	done
}

pam_sshd 'session required MODULE'
comes_in jdoe
comes_in bob

pam_sshd 'session required MODULE require=cert users=jdoe,vmuser'
is_kept_out jdoe
is_kept_out vmuser
comes_in bob
pam_ok jdoe jdoe '"*": same-name'
pam_ok vmuser jdoe 'vmuser:'

pam_sshd 'session required MODULE require=cert groups=staff-ssh,vmuser'
is_kept_out bob
is_kept_out vmuser
comes_in jdoe

pam_sshd 'session required MODULE require=cert except=alice,mallory'
is_kept_out jdoe
is_kept_out bob
comes_in alice
comes_in mallory
pam_ok jdoe jdoe '"*": same-name'

pam_sshd 'session required MODULE require=cert groups=staff-ssh except=bob'
comes_in bob

# A group that is none would let everybody in.
pam_sshd 'session required MODULE require=cert groups=staf'
pam_mark
without jdoe key && not_ok "an unknown group denies"
pam_said "an unknown group denies" \
    'deny group=session .* reason=failed: option "groups": there is no group "staf"$'

# The account phase: an earlier method's certificate is seen there, and in
# the ordinary login there is nothing yet.
pam_sshd 'account required MODULE debug' 'session required MODULE'
pam_mark
check "an ordinary login passes the account phase" ssh_as vmuser jdoe true
pam_said "which knows nothing yet" \
    'debug group=account service="sshd" user="vmuser": SSH_AUTH_INFO_0 is empty$'
sed -i '1i AuthenticationMethods publickey,password' /etc/ssh/sshd_config
sshd_restart

with_both()
{
	printf '#!/bin/sh\necho "secret-%s"\n' "$1" >/run/askpass
	chmod 0700 /run/askpass
	SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force \
	    ssh_plain -i "$KEYS/person" \
	    -o CertificateFile="$CERTS/$2-cert.pub" \
	    -o PreferredAuthentications=publickey,password \
	    -o NumberOfPasswordPrompts=1 "$1@127.0.0.1" true \
	    </dev/null >/run/ssh.out 2>&1
}
pam_mark
check "certificate and password" with_both vmuser jdoe
pam_said "the account phase sees the certificate and decides" \
    'allow group=account service="sshd" user="vmuser" reason=allowed .* principal="jdoe"'
cp -aL /etc/ssh/certgate/current /etc/ssh/other
ca_key rogue >/etc/ssh/other/ca.pub
pam_sshd 'account required MODULE current=/etc/ssh/other' \
    'session required MODULE'
pam_mark
status=0
with_both vmuser jdoe || status=$?
check "the account phase refuses: the connection ends" test $status -eq 255
pam_said "the account phase refuses, and says why" \
    'deny group=account service="sshd" user="vmuser" reason=unknown-authority'
check "sshd says the same" sshd_said 0 \
    'Access denied for user vmuser by PAM account configuration'
pam_end
