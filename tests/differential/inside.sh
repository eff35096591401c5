#!/bin/bash
# inside: process 1 of a sandbox that is a server, for the differential tests
# that log in: lines, logins. SEED and sizes come from run.sh.
set -u

: "${srcdir:?}" "${builddir:?}" "${sbindir:?}" "${pkglibexecdir:?}" "${SEED:?}"
here=$srcdir/tests/e2e
# shellcheck disable=SC2034 # lib.sh runs it
CERTGATE=$sbindir/certgate
trap 'exit 130' INT
trap 'exit 143' TERM
# shellcheck source=tests/e2e/machine.sh
. "$here/machine.sh"
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"

# A login by the last line of /run/list: sshd has then read all.
login_by_last()
{
	local last

	last=$(lines_in /run/list)
	# It logs the name escaped, but there is only one in the certificate.
	if try_login jdoe "$1" && grep -qF \
	    "/run/list:$last: matched principal \"" "$SSHD_LOG"; then
		return
	fi
	echo "failed: $2 on line $last is not that name to sshd"
	return 1
}

# Options and names on principals lines.
lines()
{
	local program=$builddir/tests/differential/lines n=0 n_failed=0
	local name part status=0

	cat >>/etc/ssh/sshd_config <<EOF
TrustedUserCAKeys $KEYS/cf.pub
AuthorizedPrincipalsFile /run/list
EOF
	sed -i 's/^LogLevel.*/LogLevel DEBUG3/' /etc/ssh/sshd_config
	sshd_start || return 1
	cert end --id end --principals end
	"$program" options "$SEED" "$LINES" >/run/options
	split -l 1000 -d -a 4 /run/options /run/part.
	: >/run/all.log
	# sshd tells the client of each bad line: not too many at once.
	for part in /run/part.*; do
		{ cat "$part"; echo end; } >/run/list
		: >"$SSHD_LOG"
		login_by_last end end || return 1
		sed -n "s,/run/list:,/run/list.${part##*.}:,p" "$SSHD_LOG" \
		    >>/run/all.log
	done
	"$program" judge "$SEED" "$LINES" /run/all.log || status=1
	"$program" names "$SEED" "$NAMES" >/run/names
	: >/run/list
	while IFS= read -r name; do
		n=$((n + 1))
		printf '%s\n' "$name" >>/run/list
		cert name --id name --principals "$name"
		: >"$SSHD_LOG"
		login_by_last name "$name" || n_failed=$((n_failed + 1))
	done </run/names
	echo "names: seed $SEED, $n tried, $n_failed failed"
	[ "$status" -eq 0 ] && [ "$n_failed" -eq 0 ] && [ "$n" -eq "$NAMES" ]
}

# One login and explain's word on it, to $out; each beside others.
one_login()
{
	local user=$1 cert=$2 from=$3 due=$4 got=refused said
	# shellcheck disable=SC2034 # for try_login
	local ssh_out=$5.ssh ssh_options=(-b "$3")

	if try_login "$user" "$cert"; then
		got=allowed
	elif ! grep -q ': Permission denied' "$ssh_out"; then
		got="no answer: $(head -n 1 "$ssh_out")"
	fi
	said=$(certgate explain --format json --from "$from" "$user" \
	    "$CERTS/$cert-cert.pub" 2>&1 |
	    sed -n 's/.*"reason": *"\([^"]*\)".*/\1/p')
	case $due:$said:$got in
	allowed:allowed:allowed) return ;;
	allowed:*) ;;
	"$said:$due:refused") return ;;
	esac
	printf 'failed: %s with %s from %s: due %s, explain says %s, sshd %s\n' \
	    "$user" "$cert" "$from" "$due" "$said" "$got" >"$5"
	grep "^$cert	" /run/random/certs >>"$5"
}

# The logins of policy $i, a few at once; counts them in $n.
try_logins()
{
	local pids=()

	k=0
	while IFS=$'\t' read -r user cert from due; do
		k=$((k + 1)) n=$((n + 1))
		echo "$due" >>/run/reasons
		one_login "$user" "$cert" "$from" "$due" "/run/tries/$i.$k" &
		pids+=($!)
		[ ${#pids[@]} -ge 4 ] || continue
		wait "${pids[@]}"
		pids=()
	done <"/run/random/$i.logins"
	[ ${#pids[@]} -eq 0 ] || wait "${pids[@]}"
}

make_certs()
{
	local words

	while IFS=$'\t' read -r -a words; do
		cert "${words[@]}"
	done </run/random/certs
}

# The decision by sshd, by explain, and by random_policy.py.
logins()
{
	local i k n=0 n_refused=0 n_failed=0 user cert from due

	mkdir /run/random /run/tries
	"$SSH_KEYGEN" -q -t ecdsa -b 256 -N '' -C ec -f "$KEYS/ec"
	python3 "$srcdir/tests/differential/random_policy.py" "$SEED" \
	    "$POLICIES" "$LOGINS" /run/random "$KEYS" || return 1
	sshd_start || return 1
	for ((i = 0; i < POLICIES; i++)); do
		# They last for an hour.
		[ $((i % 200)) -ne 0 ] || make_certs
		write_policy <"/run/random/$i.yaml"
		if ! certgate check >/run/check.out 2>&1; then
			# Random entries may cover each other.
			n_refused=$((n_refused + 1))
			continue
		fi
		if ! apply --allow-lockout root >/run/apply.log; then
			cat /run/apply.log
			return 1
		fi
		try_logins
		for k in "/run/tries/$i".*[0-9]; do
			[ -e "$k" ] || continue
			n_failed=$((n_failed + 1))
			cat "$k"
			[ "$n_failed" -gt 5 ] || cat "/run/random/$i.yaml"
		done
		rm -f /run/tries/*
	done
	sort /run/reasons | uniq -c | sort -rn
	echo "logins: seed $SEED, $((POLICIES - n_refused)) policies" \
	    "($n_refused refused), $n logins, $n_failed failed"
	[ "$n_failed" -eq 0 ] && [ "$n" -gt 0 ]
}

machine_start
machine_reset
status=0
case ${1-} in
lines) lines || status=1 ;;
logins) logins || status=1 ;;
*) exit 2 ;;
esac
sshd_stop
exit $status
