#!/bin/bash
# run: unit tests under Valgrind: no error of memory, and nothing lost.
#
#   run.sh PROGRAM...
#
# Called by make. Each test runs in the one process, so that what it does is
# seen; what it starts is not. Ends with one line that sums up.
set -u

command -v valgrind >/dev/null || {
	echo "valgrind: not possible here: it is not installed"
	echo "valgrind: 0 programs, 0 failed, all skipped"
	exit 0
}
# "Possibly lost" is what glibc keeps of setenv in a tree. What keeps its own count of memory, or takes memory away, leaves that out.
export CK_FORK=no MODULE_ROUNDS="${MODULE_ROUNDS:-20}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
n=0
n_failed=0
for program in "$@"; do
	n=$((n + 1))
	if valgrind --quiet --error-exitcode=99 --leak-check=full \
	    --show-leak-kinds=definite,indirect \
	    --errors-for-leak-kinds=definite,indirect \
	    --child-silent-after-fork=yes "./$program" >"$log" 2>&1; then
		echo "ok - $(basename "$program"): $(tail -n 1 "$log")"
	else
		n_failed=$((n_failed + 1))
		echo "not ok - $(basename "$program")"
		sed 's/^/# /' "$log" | tail -n 40
	fi
done
echo "valgrind: $n programs, $n_failed failed"
[ $n_failed -eq 0 ]
