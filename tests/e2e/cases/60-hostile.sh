# shellcheck shell=bash
# Certificates that a sane authority never signs, written with sshpk where
# ssh-keygen will not, sent by a client that sends them as they are.

write_policy <<EOF
version: 1
authorities:
  cloudflare:
    keys: ["$(ca_key cf)"]
    principals: email-prefix
users:
  johndoe: jdoe@example.com
  kiosk: any
  "*": same-name
EOF
apply

# A control: sshpk's certificates and the other client get in.
sshpk_cert sane principal=jdoe id=jdoe@example.com serial=12
for client in ssh raw; do
	login_ok johndoe sane 'johndoe:'
	login_ok kiosk sane 'kiosk:'
	login_ok jdoe sane '"*"'
	login_no bwayne sane no-matching-principal '"*"'
done
client=ssh

# Names that a principals line cannot carry: sshd would cut them to a name
# that is somebody else's.
n=0
for name in 'jdoe x' ' jdoe' 'jdoe ' 'jdoe\t' 'jdoe#x' '#jdoe' 'jdoe\nalice' \
    'x\njdoe' 'jdoe\r' '\"jdoe\"' "'jdoe'" '' 'jdoe\u007f' '\u001b[1m'; do
	n=$((n + 1))
	sshpk_cert "name-$n" principal="$name" id=jdoe@example.com
	login_no kiosk "name-$n" no-matching-principal 'kiosk:'
	login_no johndoe "name-$n" no-matching-principal 'johndoe:'
	login_no jdoe "name-$n" no-matching-principal '"*"'
done
sshpk_cert mixed principal='jdoe#x' principal='a b' principal=jdoe \
    principal='jdoe\nroot' id=jdoe@example.com
login_ok johndoe mixed 'johndoe:'
login_ok kiosk mixed 'kiosk:'
login_ok jdoe mixed '"*"'
login_no bwayne mixed no-matching-principal '"*"'

# A NUL: sshd drops one at the end, and takes none elsewhere.
sshpk_cert nul principal='jdoe\u0000' id=jdoe@example.com
sshpk_cert nul-id principal=jdoe id='jdoe@example.com\u0000'
sshpk_cert nul-inside principal='jdoe\u0000x' id=jdoe@example.com
login_no kiosk nul malformed
login_no jdoe nul malformed
login_no kiosk nul-id malformed
login_no jdoe nul-id malformed
for user in kiosk jdoe johndoe; do
	client=raw said='invalid format|error in libcrypto|parse' \
	    login_no $user nul-inside malformed
done

# What stands in the log is escaped: one line each, nothing forged.
sshpk_cert forger principal=jdoe \
    id='x\"\nallow user=\"root\" reason=allowed\u001b[2J'
login_ok kiosk forger 'kiosk:'
check_status 1 "no control character reaches the log" \
    grep -q '<[01][0-9A-F]>' /run/helper.lines
check_status 1 "no line of the log is forged" \
    grep -q '"root"' /run/helper.lines

# No principals at all; a host's certificate; too many principals.
cert nobody --id jdoe@example.com
login_no kiosk nobody no-matching-principal 'kiosk:'
login_no johndoe nobody no-matching-principal 'johndoe:'
login_no jdoe nobody no-matching-principal '"*"'
cert host --host --id jdoe@example.com --principals jdoe
client=raw login_no kiosk host not-a-user-certificate
client=raw login_no jdoe host not-a-user-certificate

many=$(seq -s, -f 'p%g' 255)
cert full --id jdoe@example.com --principals "$many,jdoe"
cert full-others --id jdoe@example.com --principals "$many,p256"
login_ok johndoe full 'johndoe:'
login_ok kiosk full 'kiosk:'
login_ok jdoe full '"*"'
login_no johndoe full-others no-matching-principal 'johndoe:'
login_no jdoe full-others no-matching-principal '"*"'
# shellcheck disable=SC2046 # one argument each
sshpk_cert overfull $(seq -f 'principal=p%g' 256) principal=jdoe \
    id=jdoe@example.com
client=raw said='.' login_no jdoe overfull malformed
client=raw said='.' login_no johndoe overfull malformed

# Critical options that nobody knows, or twice.
sshpk_cert strange principal=jdoe id=jdoe@example.com critical=strange:x
sshpk_cert twice principal=jdoe id=jdoe@example.com \
    critical=force-command:/bin/true critical=force-command:/bin/sh
login_no kiosk strange malformed
login_no jdoe twice malformed

cert rogue --ca rogue --id jdoe@example.com --principals jdoe
said='^Failed publickey for .*-CERT ' login_no jdoe rogue unknown-authority
said='^Failed publickey for .*-CERT ' login_no kiosk rogue unknown-authority
