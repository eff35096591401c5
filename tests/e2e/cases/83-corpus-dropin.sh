# shellcheck shell=bash
# Real-world files in the drop-in folder: apply, apply again, remove.

: "${srcdir:?}"
# shellcheck source=tests/corpus/apply.sh
. "$srcdir/tests/corpus/apply.sh"
corpus_all dropin
