# Coverage: make coverage builds the sources anew for it, in a folder of its
# own; where they were configured with --enable-coverage, there.  Counted are
# the unit tests, which run the real helpers and load the real module, and the
# fuzz targets' seeds.
EXTRA_DIST += \
	tests/coverage/argued \
	tests/coverage/record.c \
	tests/coverage/record.h \
	tests/coverage/record_confine.c \
	tests/coverage/record_sandbox.c \
	tests/coverage/report.py \
	tests/coverage/run.sh
CLEANFILES += coverage.json coverage.log

COVERAGE_TESTS = $(unit_tests) $(fuzz_programs)

.PHONY: coverage
if COVERAGE
# Counts of sources as they were before would be added.
coverage:
	@find . -name '*.gcda' -exec rm -f '{}' +
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(COVERAGE_TESTS)'
	@echo "=== results"
	@srcdir='$(srcdir)' $(srcdir)/tests/coverage/run.sh
else
coverage:
	@$(srcdir)/tests/analyze/apart.sh coverage '$(MAKE)'
endif

mostlyclean-local: mostlyclean-coverage
mostlyclean-coverage:
	find . \( -name '*.gcda' -o -name '*.gcno' \) -exec rm -f '{}' +
