EXTRA_PROGRAMS =

# What a goal needs beside all is made after it, by $(needs) NEEDED="...": all
# is a make of its own, so that with -j the same file would be compiled twice at
# the same time.
needs = $(MAKE) $(AM_MAKEFLAGS) --no-print-directory needed
.PHONY: needed
needed: $(NEEDED)
	@:

include tests/unit/local.mk
include tests/fault/local.mk
include tests/fuzz/local.mk
include tests/completions/local.mk
include tests/confine/local.mk
include tests/corpus/local.mk
include tests/coverage/local.mk
include tests/e2e/local.mk
include tests/analyze/local.mk
include tests/bench/local.mk
include tests/differential/local.mk
include tests/dist/local.mk
include tests/docs/local.mk
include tests/rpm/local.mk
include tests/systemd/local.mk
include tests/vm/local.mk
