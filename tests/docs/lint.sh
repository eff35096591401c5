#!/bin/sh
# The manual pages are clean mdoc(7). Skipped where mandoc is missing.
set -eu

if ! command -v mandoc >/dev/null 2>&1; then
	echo "lint: skipped: mandoc is missing; ./bootstrap check installs it"
	exit 77
fi
n_checks=0
n_wrong=0
for page in "${srcdir:-.}"/doc/*.[1-9]; do
	n_checks=$((n_checks + 1))
	mandoc -Tlint -W warning "$page" || n_wrong=$((n_wrong + 1))
done
printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
    $(((n_checks - n_wrong) * 100 / n_checks)) $n_checks $n_wrong
[ $n_wrong -eq 0 ]
