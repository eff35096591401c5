# shellcheck shell=bash
# Every type of key that OpenSSH knows, each let in and each refused; the
# security keys are played by the raw client.

write_policy <<EOF
version: 1
authorities:
  ecdsa: {keys: ["$(ca_key cf)"]}
  rsa: {keys: ["$(ca_key corp)"]}
  strict:
    keys: ["$(ca_key vault)"]
    require: {key_types: [ssh-ed25519, sk-ssh-ed25519@openssh.com]}
users:
  johndoe: jdoe@example.com
  kiosk: any
EOF
apply

for key in rsa:2048 ecdsa:256 ecdsa:384 ecdsa:521 ed25519:256; do
	file=$KEYS/type-${key%:*}-${key#*:}
	"$SSH_KEYGEN" -q -t "${key%:*}" -b "${key#*:}" -N '' -C x -f "$file"
done
for key in ed25519 ecdsa; do
	node "$srcdir/tests/e2e/rawssh.js" make-sk $key "$KEYS/type-sk-$key"
done
for file in "$KEYS"/type-*.pub; do
	key=$(basename "$file" .pub)
	client=ssh
	[ "${key#type-sk}" = "$key" ] || client=raw
	for ca in cf corp; do
		cert "$key-by-$ca" --ca $ca --key "$key" --id jdoe \
		    --principals jdoe@example.com
		login_ok johndoe "$key-by-$ca" 'johndoe:'
	done
	cert "$key" --ca vault --key "$key" --id jdoe \
	    --principals jdoe@example.com
	case $key in
	*ed25519*) login_ok kiosk "$key" 'kiosk:' ;;
	*) login_no kiosk "$key" key-type-refused 'strict:' ;;
	esac
done
