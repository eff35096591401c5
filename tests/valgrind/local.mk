# Under Valgrind: make valgrind. VALGRIND_TESTS="tests/unit/test_X ..." runs
# others than those of the PAM module.
EXTRA_DIST += tests/valgrind/run.sh

# Valgrind has no pidfd_open, which test_session_end cannot do without.
if PAM
VALGRIND_TESTS = $(filter-out tests/unit/test_session_end, $(pam_tests))
else
VALGRIND_TESTS = tests/unit/test_cert
endif

.PHONY: valgrind
valgrind: $(VALGRIND_TESTS)
	@$(srcdir)/tests/valgrind/run.sh $(VALGRIND_TESTS)
