# shellcheck shell=bash
# certgate revoke: an entry more in the policy, which holds at once.

# lasting NAME OPTION...: a certificate that outlives a slow run of this case.
lasting()
{
	cert "$@" --valid -1m:+2h
}

LIST=/etc/ssh/certgate/current/revoked.krl
BY_LIST='revoked by file /etc/ssh/certgate/current/revoked\.krl'

write_policy <<EOF
version: 1
# Whom we trust.
authorities:
  vault: {keys: ["$(ca_key vault)"]}   # the one in the cellar
  corp:
    keys: ["$(ca_key corp)"]
users:
  johndoe: jdoe   # John
  kiosk: any
EOF
cp "$POLICY" /run/before.yaml

lasting s41 --ca vault --id k --principals jdoe --serial 41
lasting s42 --ca vault --id k --principals jdoe --serial 42
lasting s43 --ca vault --id k --principals jdoe --serial 43
lasting s43-corp --ca corp --id k --principals jdoe --serial 43
lasting s0 --ca vault --id k --principals jdoe --serial 0 --key other
lasting s0-mine --ca vault --id k --principals jdoe --serial 0
lasting id --ca vault --id ' "odd" \id# ' --principals jdoe --serial 7
lasting id-bare --ca vault --id '"odd" \id#' --principals jdoe --serial 7
lasting stranger --ca rogue --id k --principals jdoe --serial 42
lasting host --ca vault --id k --principals jdoe --host

# refused STATUS NAME PATTERN ARGUMENT...: nothing is changed.
refused()
{
	local status=$1 name=$2 pattern=$3

	shift 3
	etc_listing >/run/etc.before
	check_status "$status" "$name" certgate revoke --sshd "$SSHD" "$@"
	cp /run/check.out /run/said.out
	etc_listing >/run/etc.after
	check "$name: it says why" grep -Eq -- "$pattern" /run/said.out
	check "$name: nothing is changed" cmp /run/etc.before /run/etc.after
}

refused 1 "where certgate is not in use" 'not in use here' --authority vault \
    --serial 42
apply
login_ok johndoe s42 'johndoe:'
login_ok kiosk s42 'kiosk:'

check_status 2 "nothing to revoke" certgate revoke
check_status 2 "two things" certgate revoke --serial 1 --key-id x
refused 1 "whose serial" 'by --authority: vault, corp' --serial 42
refused 2 "a serial that is none" 'decimal digits' --authority vault \
    --serial 0x2a
refused 1 "an authority that is none" 'no authority "valt"; it has vault, corp' \
    --authority valt --serial 42
refused 1 "a stranger's certificate" 'no authority of the policy signed' \
    "$CERTS/stranger-cert.pub"
refused 1 "a plain key" 'this is a plain key' "$KEYS/other.pub"
refused 1 "another authority's" 'signed by authority "vault"' \
    --authority corp "$CERTS/s42-cert.pub"

# By the certificate: its serial.
before=$(count_reloads)
check_says '^revoked +\{authority: vault, serial: 42\}, added to' \
    "by a certificate" certgate revoke --sshd "$SSHD" "$CERTS/s42-cert.pub"
check "sshd was told" wait_for 5 has_reloaded "$before"
{
	cat /run/before.yaml
	echo 'revoked:'
	echo '  - {authority: vault, serial: 42}'
} >/run/wanted.yaml
check "the policy has one entry more and is else as it was" \
    diff /run/wanted.yaml "$POLICY"
said=$BY_LIST login_no johndoe s42 revoked 'serial: 42}'
said=$BY_LIST login_no kiosk s42 revoked 'serial: 42}'
login_ok johndoe s43 'johndoe:'
login_ok johndoe s41 'johndoe:'
check_says '^revoked +already, by .*policy\.yaml:11$' "once more" \
    certgate revoke --sshd "$SSHD" "$CERTS/s42-cert.pub"
check "which changes nothing" diff /run/wanted.yaml "$POLICY"

# By its serial.
check "by a serial" certgate revoke --sshd "$SSHD" --authority vault \
    --serial 43
said=$BY_LIST login_no johndoe s43 revoked 'serial: 43}'
login_ok johndoe s43-corp 'johndoe:'
login_ok johndoe s41 'johndoe:'

# By the certificate, where its serial is that of all others.
check_says 'by its key, since its serial is 0' "by a certificate of serial 0" \
    certgate revoke --sshd "$SSHD" "$CERTS/s0-cert.pub"
said=$BY_LIST login_no johndoe s0 revoked '{key: '
login_ok johndoe s0-mine 'johndoe:'

# By a key ID that needs care in YAML, and that sshd's list cannot say.
check "johndoe has a list" is_list_served johndoe
check "by a key ID" certgate revoke --sshd "$SSHD" --authority vault \
    --key-id ' "odd" \id# '
check_status 1 "johndoe has no list any more" is_list_served johndoe
login_no johndoe id revoked 'odd'
login_no kiosk id revoked 'odd'
login_ok johndoe id-bare 'johndoe:'

certgate revoke --sshd "$SSHD" --format json --authority corp --serial 43 \
    >/run/revoke.json
check "--format json" grep -q '"entry": "{authority: corp, serial: 43}"' \
    /run/revoke.json
said=$BY_LIST login_no johndoe s43-corp revoked 'corp, serial: 43}'

# What cannot be applied is not written either.
cp "$POLICY" /run/wanted.yaml
echo 'NoSuchKeyword yes' >>/etc/ssh/sshd_config
refused 1 "where sshd refuses" 'sshd refuses' --authority vault --serial 44
check "the policy is as it was" diff /run/wanted.yaml "$POLICY"
sed -i '/NoSuchKeyword/d' /etc/ssh/sshd_config
check_status 0 "and all in step" certgate status
check "the list is there" test -s $LIST
