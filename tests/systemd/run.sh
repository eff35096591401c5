#!/bin/bash
# run: certgate on a machine that a real systemd runs.
#
# Called by make, as tests/e2e/run.sh is. The machine is a copy of this one in
# a sandbox (tests/e2e/sandbox.sh) with namespaces and a control group of its
# own; systemd is its process 1. Ends with one line that sums up. Where this
# machine has no systemd to start, or does not allow it, that says so.
set -eu

: "${sbindir:?}" "${pkglibexecdir:?}"
srcdir=$(cd "${srcdir:-.}" && pwd -P)
builddir=$(cd "${builddir:-.}" && pwd -P)
group=

skip()
{
	echo "systemd: not possible here: $*"
	echo "systemd-test: 0 passed, 0 failed, 1 skipped"
	exit 0
}

# Where control groups of version 2 are mounted, by themselves or beside
# version 1.
find_groups()
{
	awk '$9 == "cgroup2" || $8 == "cgroup2" || $10 == "cgroup2" {
		print $5
		exit
	}' /proc/self/mountinfo
}

# The last processes in it may still be on their way out.
# shellcheck disable=SC2317 # the trap calls it
remove_group()
{
	local i

	for ((i = 0; i < 100; i++)); do
		find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
		[ -d "$group" ] || return 0
		sleep 0.1
	done
	echo "systemd: $group cannot be removed"
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
command -v nsenter >/dev/null || skip "nsenter is missing"
for init in /usr/lib/systemd/systemd /lib/systemd/systemd none; do
	[ ! -x "$init" ] || break
done
[ "$init" != none ] || skip "systemd is not installed"
for unit in ssh sshd none; do
	[ ! -f /usr/lib/systemd/system/$unit.service ] || break
	[ ! -f /lib/systemd/system/$unit.service ] || break
done
[ "$unit" != none ] || skip "sshd has no unit"
groups=$(find_groups)
[ -n "$groups" ] || skip "no control groups of version 2"
group=$groups/certgate-test.$$
mkdir "$group" 2>/dev/null || skip "no control group can be made"
trap remove_group EXIT
status=0
(
	echo $BASHPID >"$group/cgroup.procs" || exit 77
	exec unshare --cgroup "$srcdir/tests/e2e/sandbox.sh" -r "$srcdir" \
	    -r "$builddir" env srcdir="$srcdir" builddir="$builddir" \
	    sbindir="$sbindir" pkglibexecdir="$pkglibexecdir" init="$init" \
	    pamdir="${pamdir-}" SYSTEMD_CASES="${SYSTEMD_CASES-}" \
	    unit="$unit" "$srcdir/tests/systemd/inside.sh"
) || status=$?
[ $status -ne 77 ] || skip "see above"
exit $status
