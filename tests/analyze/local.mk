# Analysis: make analyze reads the sources, make valgrind runs the unit tests.
EXTRA_DIST += \
	tests/analyze/analyze.sh \
	tests/analyze/known \
	tests/analyze/valgrind.sh \
	tests/analyze/valgrind.supp

.PHONY: analyze valgrind
# ANALYZE_TOOLS="gcc cppcheck" and ANALYZE_FOLDERS="lib pam" make it quick.
ANALYZE_TOOLS = gcc clang cppcheck
ANALYZE_FOLDERS = lib helpers pam config-gen
analyze_flags = -std=c11 -D_GNU_SOURCE -DHAVE_CONFIG_H $(CRYPTO_CFLAGS) \
	$(YAML_CFLAGS) $(JANSSON_CFLAGS) $(CDB_CFLAGS) $(CURL_CFLAGS) \
	$(SECCOMP_CFLAGS) -I$(srcdir) -I. -DPKGLIBEXECDIR="/x" -DPAMDIR="/x"
analyze: config.h
	@srcdir='$(srcdir)' ANALYZE_FOLDERS='$(ANALYZE_FOLDERS)' \
		ANALYZE_FLAGS='$(analyze_flags)' \
		$(srcdir)/tests/analyze/analyze.sh $(ANALYZE_TOOLS)

# Not those that start sshd, look at processes by their program, or ask the
# kernel for what Valgrind does not know (pidfd_open): their programs would be
# Valgrind's.  Nor the one that asks a million times what test_index,
# test_decide and test_revoked ask, too.
valgrind_not = tests/unit/test_damage tests/unit/test_leash \
	tests/unit/test_reload tests/unit/test_session_end
VALGRIND_TESTS = $(filter-out $(valgrind_not),$(unit_tests))
VALGRIND_JOBS = 1
valgrind: all $(VALGRIND_TESTS)
	@srcdir='$(srcdir)' VALGRIND_JOBS='$(VALGRIND_JOBS)' \
		$(srcdir)/tests/analyze/valgrind.sh $(VALGRIND_TESTS)
