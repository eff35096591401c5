# Analysis: make analyze reads the sources, make valgrind runs the unit tests.
EXTRA_DIST += \
	tests/analyze/analyze.sh \
	tests/analyze/apart.sh \
	tests/analyze/known \
	tests/analyze/minus_one.h \
	tests/analyze/valgrind.sh \
	tests/analyze/valgrind.supp

.PHONY: analyze analyze-deep valgrind valgrind-quick
# ANALYZE_TOOLS="gcc cppcheck" and ANALYZE_FOLDERS="lib pam" make it quick;
# analyze-deep has clang go three times as far.
ANALYZE_TOOLS = gcc clang cppcheck
ANALYZE_FOLDERS = lib helpers pam config-gen
analyze_flags = -std=c11 -D_GNU_SOURCE -DHAVE_CONFIG_H $(CRYPTO_CFLAGS) \
	$(YAML_CFLAGS) $(JANSSON_CFLAGS) $(CDB_CFLAGS) $(CURL_CFLAGS) \
	$(SECCOMP_CFLAGS) -I$(srcdir) -I. -DPKGLIBEXECDIR="/x" -DPAMDIR="/x"
analyze_run = srcdir='$(srcdir)' ANALYZE_FOLDERS='$(ANALYZE_FOLDERS)' \
	ANALYZE_FLAGS='$(analyze_flags)' $(srcdir)/tests/analyze/analyze.sh
analyze: config.h
	@$(analyze_run) $(ANALYZE_TOOLS)
analyze-deep: config.h
	@ANALYZE_NODES=225000 $(analyze_run) clang

# Not those that start sshd, look at processes by their program, or ask the
# kernel for what Valgrind 3.19 does not know (pidfd_open): their programs would
# be Valgrind's.  Nor those that confine themselves (ca-fetch's main does): it
# does not know Landlock, and the seccomp filters refuse what it does for
# itself.  Nor the one that asks a million times what test_index, test_decide
# and test_revoked ask, too.
valgrind_not = tests/unit/test_ca_fetch_fails tests/unit/test_confine \
	tests/unit/test_damage tests/unit/test_leash tests/unit/test_reload \
	tests/unit/test_sandbox tests/unit/test_session_end
VALGRIND_TESTS = $(filter-out $(valgrind_not),$(unit_tests))
VALGRIND_JOBS = 1
valgrind_run = srcdir='$(srcdir)' VALGRIND_JOBS='$(VALGRIND_JOBS)' \
	$(srcdir)/tests/analyze/valgrind.sh
valgrind: all
	+@$(needs) NEEDED="$(VALGRIND_TESTS)"
	@$(valgrind_run) $(VALGRIND_TESTS)

# Those of what reads bytes from outside, and of the decision, that take
# seconds: for each change.
valgrind_quick_lib = base64 bucket cert decide err file identity index index_cut \
	ipaddr keyblob lib_fails log principal pubkey search sshwire url
valgrind_quick_rest = accepted account caanswer fetchreq journal keysfile keyset \
	krl pamstack pending pkey policy_value policy_yaml store unitfile
if PAM
valgrind_quick_pam = agent agentmsg authinfo challenge judge options
endif
valgrind_quick = $(addprefix tests/unit/test_,$(valgrind_quick_lib) \
	$(valgrind_quick_rest) $(valgrind_quick_pam))
valgrind-quick: all
	+@$(needs) NEEDED="$(valgrind_quick)"
	@$(valgrind_run) $(valgrind_quick)

# The unit tests and the fuzz targets' seeds under sanitizers, compiled anew:
# address and undefined behaviour; memory, for what is our own code alone.
.PHONY: sanitize check-own
sanitize:
	@$(srcdir)/tests/analyze/apart.sh sanitize '$(MAKE)'
check-own:
	@$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(unit_tests) $(fuzz_programs)'
	@echo "=== results"
	@cat $(addsuffix .trs,$(unit_tests) $(fuzz_programs)) | awk ' \
		/^:test-result:/ { n[$$2]++ } \
		END { printf "sanitize: %d programs passed, %d skipped\n", \
			n["PASS"], n["SKIP"] }'

# With libcrypto, libyaml or tinycdb the memory sanitizer sees only what these
# have not written: left are the tests of what needs none of them, which is
# all that reads what strangers send before a login is decided.  check.h stands
# in for Check, for the same reason.
memory_tests = \
	agentmsg authinfo base64 cert err escape fetchreq file identity ipaddr \
	keyblob log options principal pubkey sshwire url utc
memory_seeds = agentmsg authinfo fetchreq index ipaddr options principal pubkey
memory_programs = $(memory_tests:%=tests/analyze/test_%) \
	$(memory_seeds:%=tests/analyze/fuzz_%)
memory_fixtures = $(addprefix $(srcdir)/tests/unit/,certbuild.c sample.c)
memory_libs = $(filter pam/libmodule.a,$(noinst_LIBRARIES)) lib/libcertgate.a
EXTRA_DIST += tests/analyze/check/check.h
CLEANFILES += $(memory_programs)

.PHONY: sanitize-memory check-memory
sanitize-memory:
	@$(srcdir)/tests/analyze/apart.sh sanitize-memory '$(MAKE)'
check-memory: $(memory_programs)
	@echo "=== results"
	@for program in $(memory_programs); do \
		srcdir='$(srcdir)' $$program >memory.out 2>&1 || { \
			cat memory.out; \
			echo "sanitize-memory: $$program failed"; exit 1; }; \
	done; rm -f memory.out; set -- $(memory_programs); \
	echo "sanitize-memory: $$# programs passed"
memory_link = $(AM_V_CCLD)$(COMPILE) -Wno-frame-larger-than \
	-I$(srcdir)/tests/analyze/check $(AM_LDFLAGS) -o $@
tests/analyze/test_%: $(srcdir)/tests/unit/test_%.c $(memory_libs)
	@$(MKDIR_P) tests/analyze
	$(memory_link) $(if $(filter %_log,$@),$(log_ldflags)) $< \
		$(memory_fixtures) $(memory_libs) $(CRYPTO_LIBS)
tests/analyze/fuzz_%: $(srcdir)/tests/fuzz/fuzz_%.c $(memory_libs)
	@$(MKDIR_P) tests/analyze
	$(memory_link) $< $(srcdir)/tests/fuzz/replay.c $(memory_fixtures) \
		$(memory_libs) $(CRYPTO_LIBS)
