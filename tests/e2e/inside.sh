#!/bin/bash
# inside: process 1 of a sandbox: makes it a server, then runs cases from the
# queue (descriptor 4) until there are none, and writes how many checks
# passed and failed to descriptor 3. -d: the demonstration instead.

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

# shellcheck disable=SC2034 # what lib.sh and machine.sh go by
run_case()
{
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
}

if [ "${1-}" = -d ]; then
	# shellcheck source=tests/e2e/demo.sh
	. "$here/demo.sh"
	exit
fi
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
done
# shellcheck disable=SC2154 # lib.sh counts
echo "$n_passed $n_failed" >&3
[ "$n_failed" -eq 0 ]
