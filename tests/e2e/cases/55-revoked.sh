# shellcheck shell=bash
# What is revoked stays out and its neighbour gets in, whoever serves the
# user: sshd by a list, or the helper.

# lasting NAME OPTION...: a certificate that outlives a slow run of this case.
lasting()
{
	cert "$@" --valid -1m:+2h
}

# policy FILE-OF-REVOCATIONS
policy()
{
	{
		cat <<EOF
version: 1
authorities:
  vault:
    keys: ["$(ca_key vault)", "$(ca_key vault2)"]
  corp:
    keys: ["$(ca_key corp)"]
users:
  johndoe: jdoe
  kiosk: any
  deploy: {allow: [{identity: jdoe, until: 2999-01-01}]}
revoked:
EOF
		cat "$1"
	} | write_policy
}

LIST=/etc/ssh/certgate/current/revoked.krl

# named YES: sshd is told of the list, or not.
named()
{
	local is=no

	"$SSHD" -T -C user=u,host=h,addr=127.0.0.1 |
	    grep -qix "revokedkeys $LIST" && is=yes
	check "RevokedKeys is named: $1" test $is = "$1"
}

# kept_out CERT REASON RULE, let_in CERT: as each of the users. sshd_says:
# what sshd logs where it does not ask the helper.
kept_out()
{
	local user

	for user in johndoe kiosk deploy; do
		said=${sshd_says-} login_no $user "$@"
	done
}

let_in()
{
	local user

	for user in johndoe kiosk deploy; do
		login_ok $user "$1" "$user:"
	done
}

# hup: sshd reads what was edited by hand.
hup()
{
	local before

	before=$(count_reloads)
	kill -HUP "$(cat /run/sshd.pid)"
	wait_for 5 has_reloaded "$before"
}

BY_LIST='revoked by file /etc/ssh/certgate/current/revoked\.krl'

# Certificates: by the authority's two keys, and by another authority.
lasting plain --ca vault --id jdoe@x --principals jdoe --serial 7
lasting s41 --ca vault --id k --principals jdoe --serial 41
lasting s42 --ca vault --id k --principals jdoe --serial 42
lasting s42-vault2 --ca vault2 --id k --principals jdoe --serial 42
lasting s43 --ca vault --id k --principals jdoe --serial 43
lasting s42-corp --ca corp --id k --principals jdoe --serial 42
lasting s8 --ca vault --id k --principals jdoe --serial 8
lasting s10 --ca vault --id k --principals jdoe --serial 10
lasting s99 --ca vault --id k --principals jdoe --serial 99
lasting s100 --ca vault --id k --principals jdoe --serial 100
lasting s150 --ca vault --id k --principals jdoe --serial 150
lasting s199 --ca vault --id k --principals jdoe --serial 199
lasting s200 --ca vault --id k --principals jdoe --serial 200
lasting s-last --ca vault --id k --principals jdoe --serial 18446744073709551615
lasting s-before --ca vault --id k --principals jdoe --serial 18446744073709551614
lasting id --ca vault --id 'jdoe@example.com' --principals jdoe --serial 7
lasting id-corp --ca corp --id 'jdoe@example.com' --principals jdoe --serial 7
lasting id-longer --ca vault --id 'jdoe@example.com2' --principals jdoe --serial 7
lasting id-case --ca vault --id 'JDoe@example.com' --principals jdoe --serial 7
lasting id-blank --ca vault --id 'two  words' --principals jdoe --serial 7
lasting id-one-blank --ca vault --id 'two words' --principals jdoe --serial 7
lasting key --ca vault --id k --principals jdoe --serial 7 --key other
lasting key-corp --ca corp --id k --principals jdoe --serial 7 --key other

# Nothing is revoked: a list there is, but sshd is not told of it.
echo '  []' >/run/revoked
policy /run/revoked
apply
check "johndoe has a list" is_list_served johndoe
check "a list there is" test -s $LIST
named no
let_in s42

case_name=55-revoked/few
cat >/run/revoked <<EOF
  - {authority: vault, serial: 42}     # the serial
  - {authority: vault, serial: 10}     # ten
  - {authority: vault, serials: 100-199}
  - {authority: vault, serial: 18446744073709551615}
  - {authority: vault, key_id: "jdoe@example.com"}
  - {authority: vault, key_id: "two  words"}
  - {key: "$(cat "$KEYS/other.pub")"}
EOF
policy /run/revoked
check_says '^ +\+RevokedKeys ' \
    "plan shows that sshd will be told" certgate plan
apply
named yes
check "johndoe has a list still" is_list_served johndoe
sshd_says=$BY_LIST
kept_out s42 revoked 'the serial'
kept_out s42-vault2 revoked 'the serial'
let_in s41
let_in s43
let_in s42-corp
# Not octal.
kept_out s10 revoked '# ten'
let_in s8
let_in s99
kept_out s100 revoked 'serials: 100-199'
kept_out s150 revoked 'serials: 100-199'
kept_out s199 revoked 'serials: 100-199'
let_in s200
kept_out s-last revoked 'serial: 18446744073709551615'
let_in s-before
kept_out id revoked 'key_id: "jdoe@example.com"'
let_in id-corp
let_in id-longer
let_in id-case
kept_out id-blank revoked 'two  words'
let_in id-one-blank
kept_out key revoked '{key: '
kept_out key-corp revoked '{key: '
let_in plain
check_says 'its serial is revoked: .*policy\.yaml:[0-9]+$' \
    "explain says what of it is revoked" \
    certgate explain johndoe "$CERTS/s42-cert.pub"
check_says '^revoked +7 ' "status counts" certgate status
check_status 0 "nothing has drifted" certgate status
check_status 0 "plan finds no difference" certgate plan
check_says 'stays current, nothing differs' "a second apply changes nothing" \
    certgate apply

# A revoked key is refused for whatever it would open.
case_name=55-revoked/own-keys
mkdir -p /home/johndoe/.ssh
cat "$KEYS/other.pub" "$KEYS/person.pub" >/home/johndoe/.ssh/authorized_keys
sed -i 's|^AuthorizedKeysFile none|AuthorizedKeysFile .ssh/authorized_keys|' \
    /etc/ssh/sshd_config
hup
by_key()
{
	"$SSH" -F /dev/null -i "$KEYS/$1" -o IdentitiesOnly=yes \
	    -o IdentityAgent=none -o BatchMode=yes -o LogLevel=ERROR \
	    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
	    -o CertificateFile=none johndoe@127.0.0.1 true </dev/null
}
check "a key that is not revoked" by_key person
check_status 255 "a revoked one" by_key other
rm -r /home/johndoe/.ssh
sed -i 's|^AuthorizedKeysFile .*|AuthorizedKeysFile none|' \
    /etc/ssh/sshd_config
hup

# What the list has no words for is the index's, and all users the helper's.
case_name=55-revoked/beyond
lasting s0 --ca vault --id k --principals jdoe --serial 0
lasting s1 --ca vault --id k --principals jdoe --serial 1
lasting s0-corp --ca corp --id k --principals jdoe --serial 0
lasting id-hash --ca vault --id 'a#b' --principals jdoe --serial 7
lasting id-cut --ca vault --id 'a' --principals jdoe --serial 7
lasting id-blanks --ca vault --id ' x ' --principals jdoe --serial 7
lasting id-bare --ca vault --id 'x' --principals jdoe --serial 7
cat >/run/revoked <<EOF
  - {authority: vault, serial: 0}      # none
  - {authority: vault, key_id: "a#b"}
  - {authority: vault, key_id: " x "}
  - {authority: vault, serial: 42}     # the serial
EOF
policy /run/revoked
apply
named yes
check_status 1 "johndoe has no list any more" is_list_served johndoe
sshd_says=
kept_out s0 revoked '# none'
let_in s1
let_in s0-corp
kept_out id-hash revoked '"a#b"'
let_in id-cut
kept_out id-blanks revoked '" x "'
let_in id-bare
sshd_says=$BY_LIST kept_out s42 revoked 'the serial'

# Above 1,000 sshd's list has the keys alone.
case_name=55-revoked/many
{
	cat <<EOF
  - {authority: vault, serials: 100-199}
  - {authority: vault, serial: 42}     # the serial
  - {authority: vault, key_id: "jdoe@example.com"}
  - {key: "$(cat "$KEYS/other.pub")"}
EOF
	for ((i = 0; i < 1000; i++)); do
		echo "  - {authority: vault, serial: $((100000 + 2 * i))}"
	done
} >/run/revoked
policy /run/revoked
apply
named yes
check_status 1 "johndoe has no list" is_list_served johndoe
check_says 'served by.*helper|helper +jdoe' "plan says who serves him" \
    certgate plan --verbose
lasting s-even --ca vault --id k --principals jdoe --serial 100998
lasting s-odd --ca vault --id k --principals jdoe --serial 100999
sshd_says=
kept_out s42 revoked 'the serial'
let_in s41
let_in s43
let_in s42-corp
kept_out s150 revoked 'serials: 100-199'
let_in s200
kept_out s-even revoked 'serial: 100998}'
let_in s-odd
kept_out id revoked 'key_id: "jdoe@example.com"'
let_in id-corp
sshd_says=$BY_LIST kept_out key revoked '{key: '

# One authority's key: all that it signed.
case_name=55-revoked/authority
cat >/run/revoked <<EOF
  - {key: "$(ca_key vault)"}
EOF
policy /run/revoked
apply
check_status 1 "the key is not in ca.pub" \
    grep -F "$(ca_key vault | cut -d ' ' -f 2)" \
    /etc/ssh/certgate/current/ca.pub
sshd_says=$BY_LIST kept_out plain revoked '{key: '
let_in s42-vault2
let_in s42-corp

# Whatever becomes of the list: what sshd does, who tells, and that apply
# mends it.
case_name=55-revoked/damage
cat >/run/revoked <<EOF
  - {authority: vault, serial: 42}     # the serial
EOF
policy /run/revoked
apply

# damaged NAME: doctor and status tell, apply repairs.
damaged()
{
	check_says "failure: .*RevokedKeys file .*$2.*\\[revoked-keys\\]" \
	    "$1: doctor tells" certgate doctor
	check_says 'certgate apply makes it anew' "$1: and the cure" \
	    certgate doctor
	check_status 3 "$1: status tells" certgate status
	check_says "^drift +$LIST $3" "$1: and where" certgate status
	apply
	check_status 0 "$1: apply has made it anew" certgate status
	sshd_says=$BY_LIST kept_out s42 revoked 'the serial'
	let_in s43
}

rm $LIST
stays_out johndoe s43
stays_out kiosk s43
damaged missing 'cannot be read' 'is missing'
: >$LIST
# It revokes nothing: of the list-served only.
gets_in johndoe s42
login_no kiosk s42 revoked 'the serial'
damaged empty 'is empty' 'was changed'
truncate -s -5 $LIST
stays_out johndoe s43
stays_out kiosk s43
damaged truncated 'cut short' 'was changed'

# Back to what revokes nothing, and forth: sshd never misses a list.
case_name=55-revoked/rollback
echo '  []' >/run/revoked
policy /run/revoked
apply
named no
let_in s42
before=$(count_reloads)
check "rollback" certgate rollback
named yes
check "sshd was told" wait_for 5 has_reloaded "$before"
sshd_says=$BY_LIST kept_out s42 revoked 'the serial'
let_in s43
check_status 0 "nothing has drifted" certgate status
apply
named no
let_in s42
