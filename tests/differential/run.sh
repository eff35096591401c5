#!/bin/bash
# run.sh WHAT...: differential tests, each against OpenSSH itself:
#   certs         the certificate parser against ssh-keygen -L
#   corpus        sshd's configuration against sshd -T -C, files as found
#   sshdconf      the same, files put together from pieces of those
#   lines         principals lines against sshd's reading of them
#   logins        the decision against logins
#
# The environment has their sizes (CERTS, CONFIGS, LINES and NAMES, POLICIES
# and LOGINS, of each) and SEED; without a seed it is the time. Ends with one line that sums up.
set -eu

srcdir=$(cd "${srcdir:-.}" && pwd -P)
export srcdir
builddir=$PWD
SEED=${SEED:-$(date +%s)}
n_passed=0
n_failed=0
n_skipped=0

in_sandbox()
{
	if [ "$1" = logins ] && ! command -v python3 >/dev/null; then
		echo "$1: skipped: python3 is missing"
		return 77
	fi
	"$srcdir/tests/e2e/sandbox.sh" -r "$srcdir" -r "$builddir" env \
	    srcdir="$srcdir" builddir="$builddir" sbindir="${sbindir:?}" \
	    pkglibexecdir="${pkglibexecdir:?}" SEED="$SEED" \
	    LINES="${LINES:-}" NAMES="${NAMES:-}" POLICIES="${POLICIES:-}" \
	    LOGINS="${LOGINS:-}" \
	    "$srcdir/tests/differential/inside.sh" "$1"
}

run()
{
	local status=0

	echo "differential: $1, seed $SEED"
	case $1 in
	certs) "$builddir/tests/differential/certs" "$SEED" "$CERTS" ;;
	corpus) "$srcdir/tests/corpus/sshdconf.sh" ;;
	sshdconf)
		"$srcdir/tests/corpus/sshdconf.sh" random "$SEED" "$CONFIGS" ;;
	lines | logins) in_sandbox "$1" ;;
	*) echo "differential: there is no $1" >&2; exit 2 ;;
	esac || status=$?
	case $status in
	0) n_passed=$((n_passed + 1)) ;;
	77) n_skipped=$((n_skipped + 1)) ;;
	*) n_failed=$((n_failed + 1)) ;;
	esac
}

for what; do
	run "$what"
done
echo "differential: seed $SEED, $n_passed passed, $n_failed failed," \
    "$n_skipped skipped"
[ "$n_failed" -eq 0 ]
