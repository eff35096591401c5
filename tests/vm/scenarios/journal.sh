# shellcheck shell=bash
# What sshd wrote to a real journal. Sourced by guest.sh.

: "${CERTGATE:?}"

policy()
{
	write_policy <<END
version: 1
authorities:
  cloudflare: {keys: ["$(ca_key cf)"], principals: email-prefix}
  vault: {keys: ["$(ca_key vault)"]}
  corp: {keys: ["$(ca_key corp)"]}
users:
  johndoe: [$1@example.com, jdoe]
END
}

fingerprint()
{
	"$SSH_KEYGEN" -l -f "$KEYS/$1.pub" | cut -d' ' -f2
}

# last_used NAME: as certgate ca list says it.
last_used()
{
	"$CERTGATE" ca list --format json | tr -d '\n' | sed 's/}/}\n/g' |
	    grep -F "$(fingerprint "$1")" |
	    sed -n 's/.*"last_used": "\([^"]*\)".*/\1/p'
}

# login_at NAME: when the journal has the last login by that CA.
login_at()
{
	local at

	at=$(journalctl -q -o short-unix _SYSTEMD_UNIT=ssh.service |
	    grep "Accepted publickey for .*$(fingerprint "$1")$" | tail -n 1)
	[ -n "$at" ] && date -u -d "@${at%%.*}" +%Y-%m-%dT%H:%M:%SZ
}

is_known()
{
	[ -n "$(login_at "$1")" ]
}

is_of_its_login()
{
	[ "$(last_used "$1")" = "$(login_at "$1")" ] || {
		echo "$1: used $(last_used "$1"), login $(login_at "$1")"
		return 1
	}
}

step()
{
	local line name

	policy alice
	check "apply" "$CERTGATE" apply --no-rehearse
	cert alice --id alice@example.com --principals alice
	cert vault --ca vault --principals jdoe \
	    --id $'jdoe (serial 1) CA ED25519 SHA256:AAAA\nAccepted'
	check_status 0 "no log of a text file is there" \
	    test ! -e /var/log/auth.log
	for name in cf vault corp; do
		check "before any login, $name was not used" \
		    test -z "$(last_used $name)"
	done
	gets_in johndoe alice
	check "sshd's entry is in the journal" wait_for 60 is_known cf
	check "ca list has the moment of that entry" is_of_its_login cf
	check "and of no other key" test -z "$(last_used vault)"
	gets_in johndoe vault
	check "a strange key ID" wait_for 60 is_known vault
	check "is none to ca list" is_of_its_login vault
	check "nor does it change another's" is_of_its_login cf
	check_says 'cloudflare .* [0-9]{4}-[0-9]{2}-[0-9]{2}' "in a table" \
	    "$CERTGATE" ca list

	# Who is not sshd cannot write such an entry.
	line="Accepted publickey for johndoe from 127.0.0.1 port 1 ssh2:"
	line="$line ED25519-CERT SHA256:$(printf '%043d' 0) ID x (serial 0) CA"
	line="$line RSA $(fingerprint corp)"
	setpriv --reuid johndoe --regid johndoe --clear-groups \
	    logger -t sshd "$line"
	logger -t sshd --id=$$ "$line"
	echo "$line" | systemd-cat -t sshd
	journalctl --sync
	check "three forged entries are there" test "$(journalctl -q -t sshd |
	    grep -c "$(fingerprint corp)")" -eq 3
	check "and nobody believes them" test -z "$(last_used corp)"
}
