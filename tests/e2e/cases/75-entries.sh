# shellcheck shell=bash
# The long forms: groups, options, networks, ends, and the people denied.

printf 'bob@example.com\n\n# on call next week\nalice@example.com\n' \
    >/etc/certgate/oncall.txt
mkdir /etc/certgate/policy.d
cat >/etc/certgate/policy.d/web.yaml <<'EOF'
users:
  bwayne:
    allow: alice@example.com
EOF
write_policy <<EOF
version: 1
authorities:
  cloudflare:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
groups:
  release: [jdoe@example.com, alice@example.com]
  oncall: {file: oncall.txt}
users:
  vmuser: {allow: [{group: release}]}
  johndoe: {allow: [{group: oncall}]}
  deploy:
    allow:
      - identity: jdoe@example.com
        options: 'restrict,command="id -un"'
      - identity: bob@example.com
        from: [192.0.2.0/24]
      - identity: alice@example.com
        from: [192.0.2.0/24, 127.0.0.0/8]
      - identity: mallory@example.com
      - identity: bwayne@example.com
        until: 2020-01-31
  backup-old: {allow: [{principal: jdoe, options: 'command="sh -c \"id -un\""'}]}
  kiosk: any
deny: [mallory@example.com]
include: [policy.d/*.yaml]
EOF
apply
for name in jdoe alice bob mallory bwayne; do
	cert $name --id $name@example.com --principals $name
done
cert mallory-only-id --id mallory@example.com --principals alice
cert mallory-only-name --id alice@example.com --principals alice,mallory

login_ok vmuser jdoe 'group: release'
login_ok vmuser alice 'group: release'
login_no vmuser bob no-matching-principal 'vmuser:'
login_ok johndoe bob 'group: oncall'
login_ok johndoe alice 'group: oncall'
login_no johndoe jdoe no-matching-principal 'johndoe:'

# Options go to sshd with the principal: the command is the policy's.
login_ok deploy jdoe 'identity: jdoe@'
check_says '^deploy$' "the policy's command runs" cat /run/ssh.out
login_ok deploy alice 'identity: alice@'

# A certificate's own command must be the same one, to the byte.
both='forced command options do not match'
cert same --id jdoe@example.com --principals jdoe -O 'force-command=id -un'
login_ok deploy same 'identity: jdoe@'
cert other --id jdoe@example.com --principals jdoe -O 'force-command=id  -un'
said=$both login_no deploy other forced-commands-differ 'identity: jdoe@'
cert own --id alice@example.com --principals alice -O 'force-command=id -un'
login_ok deploy own 'identity: alice@'
for name in same other; do
	said=$both login_no backup-old $name forced-commands-differ \
	    'backup-old:'
done
cert quoted --id jdoe@example.com --principals jdoe \
    -O 'force-command=sh -c "id -un"'
login_ok backup-old quoted 'backup-old:'
# The entry that comes first decides, whatever the certificate's order.
cert two --id jdoe@example.com --principals alice,jdoe \
    -O 'force-command=id  -un'
said=$both login_no deploy two forced-commands-differ 'identity: jdoe@'

login_no deploy bwayne no-matching-principal 'identity: bwayne@'
# The helper does not know the address, and lets sshd look.
said='correct key but not from a permitted host' \
    login_no deploy bob source-address 'identity: bob@'

# Denied: by the key ID, by a principal, everywhere.
login_no deploy mallory denied-identity 'deny:'
login_no kiosk mallory denied-identity 'deny:'
login_no kiosk mallory-only-id denied-identity 'deny:'
login_no kiosk mallory-only-name denied-identity 'deny:'
login_no vmuser mallory-only-id denied-identity 'deny:'
login_ok kiosk alice 'kiosk:'

# A rule in an included file.
rule_file=policy.d/web.yaml login_ok bwayne alice 'alice@example.com'
rule_file=policy.d/web.yaml login_no bwayne bob no-matching-principal 'bwayne:'
