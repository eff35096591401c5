# shellcheck shell=bash
# Anyone as any user: only said twice, and a user's own list still holds.

policy()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
users:
  vmuser: [jdoe@example.com, alice@example.com]
$1
EOF
}

policy '  "*": any'
apply_refused 'any as "*" is refused without dangerous' 'dangerous'
policy '  root: any'
apply_refused 'any as root is refused without dangerous' 'dangerous'

policy '  "*": {allow: any, dangerous: true}'
apply
cert mallory --id mallory@example.com --principals mallory
cert alice --id alice@example.com --principals alice
login_ok jdoe mallory '"*"'
login_ok bwayne mallory '"*"'
login_ok johndoe alice '"*"'
login_no root mallory no-rule
login_no backup-old mallory no-rule

# The list beside it.
login_ok vmuser alice 'vmuser:'
login_no vmuser mallory no-matching-principal 'vmuser:'

policy '  "*": {allow: any, dangerous: true, min_uid: 400}
  root: alice@example.com'
apply
login_ok backup-old mallory '"*"'
login_ok root alice 'root:'
login_no root mallory no-matching-principal 'root:'

policy '  "*": {allow: any, dangerous: true, min_uid: 5003}'
apply_refused "root's last way in is not taken" \
    'last way in would go for root \(certificate\)'
apply --allow-lockout root
# jdoe has uid 5001, bwayne 5003.
login_no jdoe mallory no-rule
login_ok bwayne mallory '"*"'
