#!/bin/sh
# run.sh: what of lib/, helpers/ and pam/ the tests have run. Called by make
# coverage once they have, in the build folder; its counts lie beside the
# objects, for each .c file as often as it is compiled (lib/ for the programs,
# the module and the helper): gcovr adds them up.
set -eu

: "${srcdir:?}" "${GCOV:=gcov}"
srcdir=$(cd "$srcdir" && pwd -P)
command -v gcovr >/dev/null || {
	echo "coverage: gcovr is missing" >&2
	exit 1
}
# Where gcc repeats code, or jumps to what it added itself, a branch is none
# of the source's.
gcovr -j "$(getconf _NPROCESSORS_ONLN)" --gcov-executable "$GCOV" \
    --root "$srcdir" --filter "$srcdir/(lib|helpers|pam)/" \
    --exclude-unreachable-branches --exclude-throw-branches \
    --json coverage.json --object-directory . lib helpers pam tests/unit >coverage.log 2>&1 || {
	cat coverage.log >&2
	exit 1
}
"$srcdir/tests/coverage/report.py" coverage.json "$srcdir" \
    "$srcdir/tests/coverage/argued"
