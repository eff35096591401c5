# shellcheck shell=bash
# Shapes of sshd_config: ours comes first and nobody else's changes, or
# apply refuses and says which line is in the way.

policy()
{
	write_policy <<EOF
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
users:
  johndoe: jdoe@example.com
  kiosk: any
EOF
}

# start NAME: a machine like new; the layout comes from standard input, in
# front of what the sandbox needs, less its Include.
layout()
{
	case_name=80-layouts/$1
	machine_reset
	policy
	grep -v '^Include' /run/pristine/sshd_config >/run/rest
	{ cat && cat /run/rest; } >/etc/ssh/sshd_config
	[ -z "${after-}" ] || printf '%s\n' "$after" >>/etc/ssh/sshd_config
}

# sshd does not answer without these where a Match asks for them.
local=laddr=127.0.0.1,lport=22,rdomain=

# effective USER [OPTION...]: everything that sshd, with OPTIONs, knows of
# USER outside certgate's directives.
effective()
{
	"$SSHD" -T "${@:2}" -C "user=$1,host=localhost,addr=127.0.0.1,$local" |
	    grep -Evi \
	    '^(trustedusercakeys|authorizedprincipals|revokedkeys)'
}

serves()
{
	cert jdoe --id jdoe@example.com --principals jdoe
	cert alice --id alice@example.com --principals alice
	login_ok johndoe jdoe 'johndoe:'
	login_ok kiosk alice 'kiosk:'
	login_no johndoe alice no-matching-principal 'johndoe:'
	login_no alice alice no-rule
}

# apply, then what must hold in every layout.
applies()
{
	local user

	for user in root johndoe alice; do
		effective $user >"/run/effective.$user"
	done
	sshd_start
	apply || return
	for user in root johndoe alice; do
		check "other settings of $user are as before" \
		    cmp_effective $user
	done
	serves
}

cmp_effective()
{
	effective "$@" | diff "/run/effective.$1" -
}

sshd_stop
dropin=/etc/ssh/sshd_config.d/00-certgate.conf

layout include <<'EOF'
# As Debian ships it.
Include /etc/ssh/sshd_config.d/*.conf
EOF
cp /etc/ssh/sshd_config /run/main
applies
check "a drop-in is written" test -f $dropin
check "sshd_config is untouched" cmp /run/main /etc/ssh/sshd_config
printf 'LogLevel VERBOSE\n' >/etc/ssh/sshd_config.d/50-admin.conf
check_status 0 "another drop-in is no difference" certgate plan

after='Match User alice
	X11Forwarding no
	AllowTcpForwarding no'
layout trailing-match <<'EOF'
# No Include; the last block is open.
EOF
applies
check "a block is written" test ! -e $dropin
check_says '^x11forwarding no' "alice's block still holds" "$SSHD" -T \
    -C user=alice,host=localhost,addr=127.0.0.1
after=

layout late-include <<'EOF'
PermitTTY yes
Match LocalPort 2222 LocalAddress 192.0.2.1 RDomain "x"
	PermitTTY no
Match User bob
	X11Forwarding no
Match all
Include /etc/ssh/sshd_config.d/*.conf
EOF
applies

layout crlf <<'EOF'
# from another system
EOF
sed -i 's/$/\r/' /etc/ssh/sshd_config
applies

layout earlier-drop-in <<'EOF'
Include /etc/ssh/sshd_config.d/*.conf
EOF
printf 'AuthorizedKeysCommand none\n' >/etc/ssh/sshd_config.d/00-a.conf
applies

layout keys-command <<'EOF'
Include /etc/ssh/sshd_config.d/*.conf
AuthorizedKeysCommand /bin/true
AuthorizedKeysCommandUser nobody
EOF
printf 'AuthorizedKeysCommand none\n' >/etc/ssh/sshd_config.d/50-b.conf
applies

# refuses NAME PATTERN
refuses()
{
	: >"$SSHD_LOG"
	sshd_start
	apply_refused "$1" "$2"
}

# A distribution that keeps its own configuration below /usr: sshd reads that
# where /etc has none.
cat >/run/vendor-sshd <<EOF
#!/bin/sh
case " \$* " in
*' -f'*) ;;
*) [ -e /etc/ssh/sshd_config ] || set -- -f /usr/etc/ssh/sshd_config "\$@" ;;
esac
exec $SSHD "\$@"
EOF
chmod 0755 /run/vendor-sshd
vendor=/usr/etc/ssh/sshd_config

# vendor NAME: the file on standard input, and what comes of it.
vendor()
{
	local user before

	layout "$1"
	mkdir -p ${vendor%/*}
	mv /etc/ssh/sshd_config $vendor
	cp $vendor /run/main
	"$SSHD" -f $vendor -E "$SSHD_LOG" && wait_for 5 sshd_listens 1 &&
	    wait_for 5 test -s /run/sshd.pid
	for user in root johndoe alice; do
		effective $user -f $vendor >"/run/effective.$user"
	done
	before=$(count_reloads)
	check "apply" "$CERTGATE" apply --sshd /run/vendor-sshd
	wait_for 5 has_reloaded "$before"
	for user in root johndoe alice; do
		check "other settings of $user are as before" \
		    cmp_effective $user -f $vendor
	done
	check "there is still no $main" test ! -e $main
	serves
}

vendor_removes()
{
	check "remove" "$CERTGATE" remove --sshd /run/vendor-sshd
	check "$vendor is as it was" cmp /run/main $vendor
	check "no drop-in is left" test ! -e $dropin
	check "there is still no $main" test ! -e $main
	sshd_stop
	rm -r /usr/etc/ssh
}

main=/etc/ssh/sshd_config
vendor vendor <<'EOF'
Include /etc/ssh/sshd_config.d/*.conf
EOF
check "a drop-in is written" test -f $dropin
check "$vendor is untouched" cmp /run/main $vendor
vendor_removes
# A file of the vendor's is nobody's to edit: the message says what to do.
layout vendor-no-include <<'EOF'
# sshd looks nowhere else.
EOF
mkdir -p ${vendor%/*}
mv $main $vendor
cp $vendor /run/main
check_status 1 "apply stops" "$CERTGATE" apply --sshd /run/vendor-sshd
cp /run/check.out /run/said.out
check_says "^certgate: $vendor: is the vendor's, so certgate's directives can only stand in a drop-in: $vendor:4: loglevel VERBOSE \\(for everybody\\) is read before it; copy it to $main and apply again\$" \
    "it says why, and what to do" cat /run/said.out
check "$vendor is untouched" cmp /run/main $vendor
check "nothing is written" test ! -e /etc/ssh/certgate/current
cp $vendor $main
applies
check "$vendor is still untouched" cmp /run/main $vendor
rm -r /usr/etc/ssh

layout match-file <<'EOF'
Include /etc/ssh/sshd_config.d/*.conf
EOF
printf '%s\n' 'Match User johndoe' '	AuthorizedPrincipalsFile /etc/hand' \
    >>/etc/ssh/sshd_config
at=$(wc -l </etc/ssh/sshd_config)
refuses "a Match block of johndoe's is in the way" "sshd_config:$at\b"

layout match-command <<'EOF'
Include /etc/ssh/sshd_config.d/*.conf
EOF
printf '%s\n' '# x' 'Match User johndoe,kiosk' \
    '	AuthorizedPrincipalsCommand /bin/echo jdoe' \
    '	AuthorizedPrincipalsCommandUser nobody' \
    >/etc/ssh/sshd_config.d/90-hand.conf
refuses "a Match block in a drop-in is in the way" '90-hand\.conf:3\b'

layout match-ca <<'EOF'
Include /etc/ssh/sshd_config.d/*.conf
EOF
printf '%s\n' 'Match all' 'TrustedUserCAKeys none' >>/etc/ssh/sshd_config
at=$(wc -l </etc/ssh/sshd_config)
refuses "a Match all with another CA file is in the way" "sshd_config:$at\b"

layout broken <<'EOF'
Include /etc/ssh/sshd_config.d/*.conf
EOF
sshd_start
echo 'PermitTTY perhaps' >>/etc/ssh/sshd_config
at=$(wc -l </etc/ssh/sshd_config)
apply_refused "a configuration that sshd refuses is left alone" \
    "line $at\b|sshd_config:$at\b"
check "the running sshd still runs" test -e "/proc/$(cat /run/sshd.pid)"
