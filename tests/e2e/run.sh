#!/bin/bash
# run: the end-to-end tests: a real sshd, real ssh, real certificates.
#
#   run.sh [-d] [CASE...]      all cases, or those named (cases/NAME.sh)
#
# -d: the demonstration instead. Called by make, which says in the
# environment where things are: srcdir, builddir, sbindir, pkglibexecdir.
# SSHD, SSH and SSH_KEYGEN choose another OpenSSH. Works in a sandbox that
# leaves the machine as it was; ends with one line that sums up.
set -eu

: "${sbindir:?}" "${pkglibexecdir:?}"
srcdir=$(cd "${srcdir:-.}" && pwd -P)
builddir=$(cd "${builddir:-.}" && pwd -P)
here=$srcdir/tests/e2e

# What of this machine the tests would change if the sandbox leaked.
machine_listing()
{
	find /etc/ssh /etc/certgate /etc/passwd /etc/group /etc/shadow /run/sshd \
	    "$sbindir" "$pkglibexecdir" -printf '%p %m %u %s %T@\n' 2>&1 | sort
	awk '{ $1 = $2 = ""; print }' /proc/self/mountinfo
}

# Outside: into the sandbox, with the folders that must be seen there, and
# afterwards a look at whether the machine is as it was.
enter_sandbox()
{
	local program folders=(-r "$srcdir" -r "$builddir") status=0
	local before counts n_passed=0 n_failed=0

	for program in "${SSHD-}" "${SSH-}" "${SSH_KEYGEN-}"; do
		[ -n "$program" ] || continue
		if [ ! -x "$program" ] || [ "${program#/}" = "$program" ]; then
			echo "e2e: $program: not an absolute path of a program"
			exit 1
		fi
		folders+=(-r "$(dirname "$(dirname "$program")")")
	done
	before=$(machine_listing)
	counts=$(mktemp)
	exec 3<>"$counts"
	rm "$counts"
	"$here/sandbox.sh" "${folders[@]}" env \
	    srcdir="$srcdir" builddir="$builddir" sbindir="$sbindir" \
	    pkglibexecdir="$pkglibexecdir" E2E_INSIDE=1 \
	    "$here/run.sh" "$@" || status=$?
	if [ "$status" -eq 77 ] && [ "${1-}" = -d ]; then
		echo "demo: not shown, since there is no sandbox"
		exit 1
	elif [ "$status" -eq 77 ]; then
		echo "e2e: 0 passed, 0 failed, 1 skipped"
		exit 0
	fi
	[ "${1-}" != -d ] || exit "$status"
	if ! read -r n_passed n_failed </proc/self/fd/3; then
		echo "not ok 1 - the tests came to their end"
		n_passed=0
		n_failed=1
	fi
	if [ "$before" = "$(machine_listing)" ]; then
		n_passed=$((n_passed + 1))
		echo "ok $((n_passed + n_failed)) - the machine is as it was"
	else
		n_failed=$((n_failed + 1))
		echo "not ok $((n_passed + n_failed)) - the machine is as it was"
		diff <(echo "$before") <(machine_listing) | sed 's/^/# /'
	fi
	echo "e2e: $n_passed passed, $n_failed failed"
	[ "$n_failed" -eq 0 ] && [ "$status" -eq 0 ]
	exit
}

run_case()
{
	case_name=$1
	client=ssh
	port=22
	rm -rf "$CERTS"
	machine_reset
	if sshd_start; then
		# shellcheck source=/dev/null
		. "$here/cases/$case_name.sh"
	else
		not_ok "sshd starts"
	fi
	sshd_stop
}

[ "${E2E_INSIDE-}" = 1 ] || enter_sandbox "$@"

# Process 1 of a namespace gets no signal that it does not catch.
trap 'exit 130' INT
trap 'exit 143' TERM
set +e
CERTGATE=$sbindir/certgate
# shellcheck source=tests/e2e/machine.sh
. "$here/machine.sh"
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"
if [ "${1-}" = -d ]; then
	# shellcheck source=tests/e2e/demo.sh
	. "$here/demo.sh"
	exit
fi

machine_start
echo "# $("$SSHD" -V 2>&1 | grep -o 'OpenSSH_[^ ,]*' | head -n 1)," \
    "certgate in $sbindir"
cases=("$@")
[ $# -gt 0 ] || for name in "$here"/cases/*.sh; do
	cases+=("$(basename "$name" .sh)")
done
for name in "${cases[@]}"; do
	run_case "$name"
done
echo "$n_passed $n_failed" >&3
[ "$n_failed" -eq 0 ]
