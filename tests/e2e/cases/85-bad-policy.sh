# shellcheck shell=bash
# A policy that is refused: the message names the place, nothing changes,
# and the policy that was applied before goes on to serve.

write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: any
EOF
cp "$POLICY" /run/good.yaml
apply

# bad NAME PATTERN <LINES: the good policy with these lines added.
bad()
{
	{ cat /run/good.yaml; cat; } | write_policy
	apply_refused "$1" "$2"
	check_status 1 "$1: check agrees" certgate check
	check_status 1 "$1: plan agrees" certgate plan
}

bad "unknown key" 'policy\.yaml:7:1: .*"usres".*"users"' <<'EOF'
usres: {}
EOF
bad "duplicate key" 'policy\.yaml:7:1: .*users' <<'EOF'
users: {}
EOF
bad "unknown group" 'policy\.yaml:7:' <<'EOF'
  vmuser: {allow: [{group: nobody}]}
EOF
bad "a principal with a blank" 'policy\.yaml:7:' <<'EOF'
  vmuser: "j doe@example.com"
EOF
bad "broken YAML" 'policy\.yaml:[78]:' <<'EOF'
  vmuser: [jdoe@example.com
EOF
bad "a serial that would be octal" 'policy\.yaml:7:43: .*expected a serial' <<'EOF'
revoked: [{authority: cloudflare, serial: 010}]
EOF
sed "s|principals: email-prefix}|principals: email-prefix, trust: 2027-06-30..2026-01-01}|" \
    /run/good.yaml | write_policy
apply_refused "a trust that ends before it begins" \
    'policy\.yaml:3:.*"2027-06-30\.\.2026-01-01" ends before it begins'
# authority_with NAME PATTERN KEYS: the good policy with these in its authority.
authority_with()
{
	sed "s|principals: email-prefix}|principals: email-prefix, $3}|" \
	    /run/good.yaml | write_policy
	apply_refused "$1" "$2"
}
authority_with "keys that were never fetched" \
    'policy\.yaml:3:.*never fetched; run certgate ca fetch cloudflare' \
    'url: https://ca.example/keys'
authority_with "a pin that is no fingerprint" \
    'policy\.yaml:3:.*"SHA256:abc" is no fingerprint' 'pins: [SHA256:abc]'

write_policy </run/good.yaml
chmod 0666 "$POLICY"
apply_refused "a policy that others may write" 'policy\.yaml'
chown jdoe "$POLICY"
chmod 0644 "$POLICY"
apply_refused "a policy of somebody else's" 'policy\.yaml'
rm "$POLICY"
apply_refused "no policy" 'policy\.yaml'

cert jdoe --id jdoe@example.com --principals jdoe
cert alice --id alice@example.com --principals alice
write_policy </run/good.yaml
login_ok johndoe jdoe 'johndoe:'
login_ok kiosk jdoe 'kiosk:'
login_no johndoe alice no-matching-principal 'johndoe:'

# The name of a policy is text from outside, too.
odd=$(printf '/etc/certgate/p\377\033[2J.yaml')
cp /run/good.yaml "$odd"
for word in check apply; do
	"$CERTGATE" $word "$odd" >/run/odd.out 2>&1
	check "$word escapes the policy's name" grep -qF \
	    'policy      /etc/certgate/p\xff\x1b[2J.yaml: ' /run/odd.out
	check_says '"/etc/certgate/p\\\\xff\\\\x1b\[2J.yaml"' "and in JSON" \
	    certgate $word "$odd" --format json
done
