#!/bin/sh
# Clean by shellcheck: every script.  Skipped where that is missing.
set -eu

if ! command -v shellcheck >/dev/null 2>&1; then
	echo "shell: skipped: shellcheck is missing; ./bootstrap check installs it"
	exit 77
fi
cd "${srcdir:-.}"
n_checks=0
n_wrong=0

check()
{
	[ -e "$1" ] || return 0
	n_checks=$((n_checks + 1))
	shellcheck -x "$@" || n_wrong=$((n_wrong + 1))
}

# A tarball has no .ci folder.
for script in bootstrap .ci/run tests/*/*.sh packaging/*.sh \
    packaging/after-upgrade packaging/before-removal \
    packaging/systemd/apply-changed packaging/debian/*.p*; do
	check "$script"
done
for script in tests/vm/scenarios/*.sh; do
	check "$script"
done
# The cases are parts of inside.sh, whose variables they set and read.
for script in tests/e2e/cases/*.sh; do
	check "$script" -e SC2034,SC2154
done
printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
    $(((n_checks - n_wrong) * 100 / n_checks)) $n_checks $n_wrong
[ $n_wrong -eq 0 ]
