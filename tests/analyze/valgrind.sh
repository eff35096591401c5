#!/bin/bash
# valgrind.sh TEST...: unit tests under Valgrind's memcheck: bad reads and
# writes, values that nothing set, and memory that is lost.
#
# VALGRIND_JOBS of them run at a time.
set -u

: "${srcdir:=.}" "${VALGRIND_JOBS:=1}"
export srcdir
# How often test_module loads the module: 10,000 times would take an hour, and
# what keeps its own count of memory, or takes memory away, leaves that out.
export MODULE_ROUNDS="${MODULE_ROUNDS:-5}"
here=$(cd "$(dirname "$0")" && pwd)

# One test. Check's own forks are left out, which would look for leaks anew
# each time, but where the tests are about processes.
one()
{
	local log status=0 fork=no

	case $1 in
	*/test_module) fork=yes ;;
	esac
	log=$(mktemp)
	CK_FORK=$fork CK_TIMEOUT_MULTIPLIER=50 valgrind -q --error-exitcode=99 \
	    --leak-check=full --errors-for-leak-kinds=definite \
	    --keep-debuginfo=yes --suppressions="$here/valgrind.supp" \
	    "$1" </dev/null >"$log" 2>&1 || status=$?
	if [ "$status" -eq 0 ]; then
		echo "ok - ${1##*/}"
	else
		echo "not ok - ${1##*/}: exit status $status"
		sed 's/^/# /' "$log"
	fi
	rm -f "$log"
}

if [ "${1-}" = -one ]; then
	one "$2"
	exit 0
fi
if ! command -v valgrind >/dev/null; then
	echo "valgrind: valgrind is missing"
	exit 1
fi
results=$(mktemp)
trap 'rm -f "$results"' EXIT
printf '%s\n' "$@" | xargs -P "$VALGRIND_JOBS" -I '{}' "$0" -one '{}' |
    tee "$results"
passed=$(grep -c '^ok ' "$results")
failed=$(grep -c '^not ok ' "$results")
echo "valgrind: $((passed + failed)) of $# tests ran, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -eq $# ]
