# shellcheck shell=bash
# Real-world files as sshd_config: apply, apply again, remove.

: "${srcdir:?}"
# shellcheck source=tests/corpus/apply.sh
. "$srcdir/tests/corpus/apply.sh"
corpus_all main
