#!/bin/bash
# run: the end-to-end tests: a real sshd, real ssh, real certificates.
#
#   run.sh [-d] [CASE...]      all cases, or those named (cases/NAME.sh)
#
# -d: the demonstration instead. Called by make, which says in the
# environment where things are: srcdir, builddir, sbindir, pkglibexecdir.
# SSHD, SSH and SSH_KEYGEN choose another OpenSSH. E2E_LANES sandboxes (by
# default one per processor, 4 at most) take the cases from one queue; none
# changes this machine. E2E_SECONDS: how long people log in while policies
# change (93-at-once); E2E_CORPUS=N tries each Nth file of the corpus alone
# (83-corpus). Ends with one line that sums up.
set -eu

: "${sbindir:?}" "${pkglibexecdir:?}"
srcdir=$(cd "${srcdir:-.}" && pwd -P)
builddir=$(cd "${builddir:-.}" && pwd -P)
here=$srcdir/tests/e2e
folders=(-r "$srcdir" -r "$builddir")
lanes=()

# What the environment chooses must be seen in the sandbox.
add_folders()
{
	local program

	if [ -n "${SSHD_CONFIG_CORPUS-}" ]; then
		SSHD_CONFIG_CORPUS=$(cd "$SSHD_CONFIG_CORPUS" && pwd -P)
		folders+=(-r "$SSHD_CONFIG_CORPUS")
	fi

	for program in "${SSHD-}" "${SSH-}" "${SSH_KEYGEN-}"; do
		[ -n "$program" ] || continue
		if [ ! -x "$program" ] || [ "${program#/}" = "$program" ]; then
			echo "e2e: $program: not an absolute path of a program"
			exit 1
		fi
		folders+=(-r "$(dirname "$(dirname "$program")")")
	done
}

in_sandbox()
{
	exec "$here/sandbox.sh" "${folders[@]}" env srcdir="$srcdir" \
	    builddir="$builddir" sbindir="$sbindir" \
	    pkglibexecdir="$pkglibexecdir" pamdir="${pamdir-}" \
	    E2E_SECONDS="${E2E_SECONDS-}" E2E_CORPUS="${E2E_CORPUS-}" \
	    SSHD_CONFIG_CORPUS="${SSHD_CONFIG_CORPUS-}" \
	    "$here/inside.sh" "$@"
}

# What of this machine the tests would change if the sandbox leaked.
machine_listing()
{
	find /etc/ssh /etc/certgate /etc/passwd /etc/group /etc/shadow /run/sshd \
	    "$sbindir" "$pkglibexecdir" -printf '%p %m %u %s %T@\n' 2>&1 | sort
	awk '{ $1 = $2 = ""; print }' /proc/self/mountinfo
}

# A file without a name, as descriptor $1.
open_scratch()
{
	local file

	file=$(mktemp)
	eval "exec $1<>\"\$file\""
	rm "$file"
}

# How many sandboxes are worth it for $1 cases.
count_lanes()
{
	local n=${E2E_LANES:-$(getconf _NPROCESSORS_ONLN)}

	[ "$n" -le 4 ] || n=4
	[ "$n" -le "$1" ] || n=$1
	echo "$n"
}

# Descriptor 3 takes each case's counts, 4 is the queue of cases.
run_lanes()
{
	local i

	open_scratch 3
	open_scratch 4
	printf '%s\n' "$@" >/proc/self/fd/4
	# unshare passes over gentler signals; with it goes all inside.
	trap 'kill -KILL "${lanes[@]}"; exit 130' INT TERM HUP
	for ((i = $(count_lanes $#); i > 0; i--)); do
		in_sandbox &
		lanes+=($!)
	done
}

# Number the checks of all lanes.
number()
{
	awk '
	sub(/^ok - /, "") { $0 = "ok " ++n " - " $0 }
	sub(/^not ok - /, "") { $0 = "not ok " ++n " - " $0 }
	{ print; fflush() }'
}

run_tests()
{
	local before lane name status=0 n_passed=0 n_failed=0

	before=$(machine_listing)
	run_lanes "$@"
	for lane in "${lanes[@]}"; do
		wait "$lane" || status=$?
	done
	if [ "$status" -eq 77 ]; then
		echo "e2e: 0 passed, 0 failed, 1 skipped"
		return
	fi
	read -r n_passed n_failed < <(awk '
		{ passed += $2; failed += $3 }
		END { print passed + 0, failed + 0 }' /proc/self/fd/3)
	if [ "$status" -ne 0 ]; then
		n_failed=$((n_failed + 1))
		echo "not ok - every sandbox comes to its end"
	fi
	while read -r name; do
		n_failed=$((n_failed + 1))
		echo "not ok - $name: the case comes to its end"
	done < <(comm -23 <(printf '%s\n' "$@" | sort) \
	    <(cut -d ' ' -f 1 /proc/self/fd/3 | sort))
	if [ "$before" = "$(machine_listing)" ]; then
		n_passed=$((n_passed + 1))
		echo "ok - the machine is as it was"
	else
		n_failed=$((n_failed + 1))
		echo "not ok - the machine is as it was"
		diff <(echo "$before") <(machine_listing) | sed 's/^/# /'
	fi
	echo "e2e: $n_passed passed, $n_failed failed"
	[ "$n_failed" -eq 0 ]
}

add_folders
if [ "${1-}" = -d ]; then
	status=0
	(in_sandbox -d) || status=$?
	[ "$status" -ne 77 ] ||
	    echo "demo: not shown, since there is no sandbox"
	exit "$status"
fi
[ $# -gt 0 ] || for name in "$here"/cases/*.sh; do
	set -- "$@" "$(basename "$name" .sh)"
done
exec > >(number)
number=$!
status=0
run_tests "$@" || status=$?
exec >&-
wait "$number" || true
exit "$status"
