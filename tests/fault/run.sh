#!/bin/bash
# run: the fault matrix: every system call of certgate's commands fails once.
#
#   run.sh [SCENARIO...]      all, or those of scenarios.sh that are named
#
# Called by make, which says in the environment where things are: srcdir,
# builddir, sbindir, pkglibexecdir. FAULT_EVERY=N takes every Nth point only,
# FAULT_OFFSET=M shifts which; FAULT_CALLS=REGEX takes those calls only;
# FAULT_LANES sandboxes (by default one per processor, and on it) share them;
# FAULT_DIRECT=1 asks the real sshd each time anew; FAULT_STRACE=1 injects by
# strace, which takes some three times as long.
# The machine is not changed. Ends with one line that sums up.
set -eu

: "${sbindir:?}" "${pkglibexecdir:?}"
srcdir=$(cd "${srcdir:-.}" && pwd -P)
builddir=$(cd "${builddir:-.}" && pwd -P)
lanes=()
n_lanes=${FAULT_LANES:-$(getconf _NPROCESSORS_ONLN)}

# A tracer and what it traces wake each other all the time, which is quick on
# one processor.
in_sandbox()
{
	local cpu=$(($1 % $(getconf _NPROCESSORS_ONLN))) pin=()

	! taskset -c "$cpu" true 2>/dev/null || pin=(taskset -c "$cpu")
	exec "${pin[@]}" "$srcdir/tests/e2e/sandbox.sh" -r "$srcdir" -r "$builddir" \
	    env srcdir="$srcdir" builddir="$builddir" sbindir="$sbindir" \
	    pkglibexecdir="$pkglibexecdir" FAULT_EVERY="${FAULT_EVERY-}" \
	    FAULT_OFFSET="${FAULT_OFFSET-}" FAULT_CALLS="${FAULT_CALLS-}" \
	    FAULT_DIRECT="${FAULT_DIRECT-}" FAULT_STRACE="${FAULT_STRACE-}" \
	    "$srcdir/tests/fault/inside.sh" "$@"
}

sums=$(mktemp)
exec 3<>"$sums"
rm "$sums"
# The module that swaps, alone.
generation()
{
	local line words is_told=

	while read -r line; do
		echo "$line"
		read -r -a words <<<"$line"
		[ "${words[1]}" = generation: ] || continue
		is_told=1
		[ "${words[3]}" != points ] ||
		    echo "${words[2]} ${words[5]} 0 0" >&3
	done < <("$builddir/tests/fault/fault_generation")
	[ -n "$is_told" ] || echo "0 1 0 0" >&3
}

# Call by call, where all is asked for.
[ $# -gt 0 ] || [ -n "${FAULT_CALLS-}" ] || generation
for ((i = 0; i < n_lanes; i++)); do
	in_sandbox "$i" "$n_lanes" "$@" &
	lanes+=($!)
done
# unshare passes over gentler signals; with it goes all inside.
trap 'kill -KILL "${lanes[@]}"; exit 130' INT TERM HUP
status=0
for lane in "${lanes[@]}"; do
	wait "$lane" || status=$?
done
if [ "$status" -eq 77 ]; then
	echo "fault: commands: skipped, no sandbox here"
	exit
fi
awk -v lanes="$n_lanes" '
/^end/ { n++; next }
{ points += $1; failed += $2; states += $3; between += $4 }
END {
	failed += lanes - n
	printf "fault: %d points tried, %d states judged, %d in between, " \
	    "%d failed\n", points, states, between, failed
	exit failed > 0
}' /proc/self/fd/3
