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

# Where ordinary accounts begin, as the tools that make them read it.
policy '  "*": {allow: any, dangerous: true}
  root: alice@example.com'
: >>/etc/login.defs
cp /etc/login.defs /run/login.defs
echo 'UID_MIN 0x138a' >>/etc/login.defs
apply
login_no jdoe mallory no-rule
login_ok bwayne mallory '"*"'
echo 'UID_MIN many' >>/etc/login.defs
apply_refused 'a UID_MIN that nobody can read' \
    '/etc/login\.defs:[0-9]+: UID_MIN is no user ID'
check_says '/etc/login\.defs:[0-9]+: UID_MIN is no user ID' \
    'explain does not guess UID_MIN either' \
    certgate explain --policy "$POLICY" jdoe "$CERTS/mallory-cert.pub"
check_says 'is below 5002, which is UID_MIN of /etc/login\.defs' \
    'a min_uid below UID_MIN gets a warning' bash -c "
	sed -i -e '\$d' /etc/login.defs
	sed -i -e 's/dangerous: true/&, min_uid: 400/' '$POLICY'
	'$CERTGATE' check"
cat /run/login.defs >/etc/login.defs

# An account with user ID 0 is root, whatever its name.
useradd --non-unique --uid 0 --no-create-home --home-dir /root \
    --password "*" toor 2>/dev/null
policy '  toor: {allow: any}'
check_says 'toor has user ID 0 here: "any" lets nobody in' \
    "apply warns of any for another name of root" \
    certgate apply --allow-lockout root
login_no toor mallory no-matching-principal 'toor:'
check_says 'for uid 0 .any. counts only with .dangerous: true.' \
    "explain says so" certgate explain toor "$CERTS/mallory-cert.pub"
policy '  toor: {allow: any, dangerous: true}'
apply
check_says '^allow: ' "... and allows it where the rule is dangerous" \
    certgate explain toor "$CERTS/mallory-cert.pub"
userdel --force toor >/dev/null 2>&1
