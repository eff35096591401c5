# shellcheck shell=bash
# Time, and what an authority's `require` asks of its certificates.

write_policy <<EOF
version: 1
authorities:
  plain: {keys: ["$(ca_key cf)"]}
  short: {keys: ["$(ca_key vault)"], require: {max_validity: 16h}}
  named:
    keys: ["$(ca_key vault2)"]
    require: {key_id: ["*@example.com", "ci-??"]}
  bound: {keys: ["$(ca_key mail)"], require: {critical_options: [source-address]}}
  typed:
    keys: ["$(ca_key corp)"]
    require: {key_types: [ecdsa-sha2-nistp256, ssh-rsa]}
users:
  johndoe: jdoe@example.com
  kiosk: any
EOF
apply

with()
{
	local name=$1

	shift
	cert "$name" --id jdoe@example.com --principals jdoe@example.com "$@"
}

with fine
with expired --valid -2h:-1m
with early --valid +1h:+2h
login_ok johndoe fine 'johndoe:'
login_ok kiosk fine 'kiosk:'
login_no johndoe expired expired 'plain:'
login_no kiosk expired expired 'plain:'
login_no johndoe early not-yet-valid 'plain:'
login_no kiosk early not-yet-valid 'plain:'

with short --ca vault --valid -1h:+14h
with long --ca vault --valid -1h:+16h
with forever --ca vault --valid always:forever
login_ok johndoe short 'johndoe:'
login_no johndoe long validity-too-long 'short:'
login_no johndoe forever validity-too-long 'short:'
login_no kiosk long validity-too-long 'short:'

for id in jdoe@example.com ci-01; do
	with named --ca vault2 --id $id
	login_ok johndoe named 'johndoe:'
done
for id in jdoe@example.org 'ci-1' 'jdoe@example.com.evil' ''; do
	with misnamed --ca vault2 --id "$id"
	login_no johndoe misnamed key-id-mismatch 'named:'
done

with bound --ca mail -O source-address=127.0.0.0/8
with unbound --ca mail
with forced --ca mail -O force-command=/bin/true
login_ok johndoe bound 'johndoe:'
with elsewhere --ca mail -O source-address=192.0.2.0/24
said='not from a permitted (source address|host)' \
    login_no johndoe elsewhere source-address
login_no johndoe unbound missing-critical-option 'bound:'
login_no johndoe forced missing-critical-option 'bound:'

"$SSH_KEYGEN" -q -t ecdsa -b 256 -N '' -C p256 -f "$KEYS/p256" </dev/null
with typed --ca corp --key p256
with untyped --ca corp
login_ok johndoe typed 'johndoe:'
login_no johndoe untyped key-type-refused 'typed:'
