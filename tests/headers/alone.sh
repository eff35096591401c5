#!/bin/sh
# Every header compiles by itself, also twice, without a warning.
#
# Run by make check in the build folder with srcdir, HEADER_CC and
# HEADER_CFLAGS in the environment.
set -eu

srcdir=${srcdir:-.}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
n_checks=0
n_wrong=0
for header in "$srcdir"/lib/*.h "$srcdir"/helpers/*.h \
    "$srcdir"/config-gen/*.h ${HEADER_PAM:+"$srcdir"/pam/*.h}; do
	name=${header#"$srcdir"/}
	n_checks=$((n_checks + 1))
	printf '#include "config.h"\n#include "%s"\n#include "%s"\n' \
	    "$name" "$name" >"$scratch/alone.c"
	# shellcheck disable=SC2086 # flags are words
	${HEADER_CC:-cc} -DHAVE_CONFIG_H -DPKGLIBEXECDIR='"/x"' -I"$srcdir" \
	    -I. ${HEADER_CFLAGS-} -Werror -fsyntax-only "$scratch/alone.c" && continue
	n_wrong=$((n_wrong + 1))
	echo "alone: $name does not compile alone"
done
printf '%d%%: Checks: %d, Failures: %d, Errors: 0\n' \
    $(((n_checks - n_wrong) * 100 / n_checks)) $n_checks $n_wrong
[ $n_wrong -eq 0 ]
