#!/bin/sh
# Each service of systemd's is locked up: an exposure of at most 3.0, as
# systemd-analyze counts it from the unit's text.  Skipped where that is
# missing or knows no --offline.
#
# Run by make check in the build folder.
set -eu

if ! systemd-analyze security --help 2>/dev/null | grep -q -- --offline; then
	echo "units: skipped: systemd-analyze is missing, or older than 250"
	exit 77
fi
# Its arrow is of another form where that cannot be shown.
export LC_ALL=C.UTF-8
n_checks=0
n_wrong=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for unit in packaging/systemd/*.service; do
	n_checks=$((n_checks + 1))
	if ! systemd-analyze security --no-pager --offline=true \
	    --threshold=30 "$unit" >"$scratch/out" 2>"$scratch/errors" ||
	    # What it does not understand it passes over, with a word.
	    grep . "$scratch/errors"; then
		n_wrong=$((n_wrong + 1))
		grep '✗' "$scratch/out" || true
	fi
	grep '^→' "$scratch/out"
done
[ $n_checks -gt 0 ]
printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
    $(((n_checks - n_wrong) * 100 / n_checks)) $n_checks $n_wrong
[ $n_wrong -eq 0 ]
