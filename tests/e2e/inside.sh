#!/bin/bash
# inside: process 1 of a sandbox: makes it a server, then runs cases from the
# queue (descriptor 4) until there are none. Each case that comes to its end
# writes its name and how many checks passed and failed to descriptor 3.
# -d: the demonstration instead.

: "${srcdir:?}" "${builddir:?}" "${sbindir:?}" "${pkglibexecdir:?}"
here=$srcdir/tests/e2e
# shellcheck disable=SC2034 # lib.sh runs it
CERTGATE=$sbindir/certgate
# Process 1 of a namespace gets no signal that it does not catch.
trap 'exit 130' INT
trap 'exit 143' TERM
# shellcheck source=tests/e2e/machine.sh
. "$here/machine.sh"
# shellcheck source=tests/e2e/lib.sh
. "$here/lib.sh"
# shellcheck source=tests/e2e/pam.sh
. "$here/pam.sh"

# Take a case from the queue. Its place is shared by all sandboxes; the lock
# is not, since it is taken on a descriptor of one's own.
next_case()
{
	local status=0

	flock 5
	IFS= read -r name <&4 || status=1
	flock -u 5
	return $status
}

# Run case $1 in a shell of its own: which cases share a sandbox is chance, so
# that no variable or function of one may reach the next.
# shellcheck disable=SC2030,SC2034 # what lib.sh and machine.sh go by
run_case()
(
	case_name=$1
	client=ssh
	port=22
	rm -rf "$CERTS"
	machine_reset
	if [ ! -e "$here/cases/$1.sh" ]; then
		not_ok "there is such a case"
	elif sshd_start; then
		# shellcheck source=/dev/null
		. "$here/cases/$1.sh"
	else
		not_ok "sshd starts"
	fi
	sshd_stop
	# shellcheck disable=SC2154 # lib.sh counts
	echo "$1 $n_passed $n_failed" >&3
)

# End what a case left running; succeeds once nothing is. By builtins alone,
# since what they would start is a process, too.
others_end()
{
	local pid left=

	for pid in /proc/[0-9]*; do
		pid=${pid#/proc/}
		# shellcheck disable=SC2154 # machine.sh's
		case $pid in
		1 | "$logsink") continue ;;
		esac
		left=$pid
		kill -KILL "$pid"
	done
	[ -z "$left" ]
}

if [ "${1-}" = -d ]; then
	# shellcheck source=tests/e2e/demo.sh
	. "$here/demo.sh"
	exit
fi
# In a namespace of processes of its own only; see others_end.
[ $$ -eq 1 ] || machine_die "this is no sandbox"
exec 5<>/proc/self/fd/4
machine_start
echo "# $("$SSHD" -V 2>&1 | grep -o 'OpenSSH_[^ ,]*' | head -n 1)," \
    "certgate in $sbindir"
while next_case; do
	# A case's lines stay together, whatever the other sandboxes say.
	run_case "$name" >/run/case.out 2>&1
	flock 5
	cat /run/case.out
	flock -u 5
	wait_for 5 others_end || echo "# $name left a process that stays"
done
