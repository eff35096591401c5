# shellcheck shell=bash
# doc/tutorial-ssh-keygen.md, as it is written. Nothing stands in for anything.

# shellcheck source=tests/e2e/tutorial.sh
. "$srcdir/tests/e2e/tutorial.sh"
tutorial_setup
tutorial tutorial-ssh-keygen.md
tutorial_cleanup
