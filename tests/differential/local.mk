# Differential tests: what certgate understands against what OpenSSH does.
# make check runs all, small and with one seed; `make differential` runs them
# large, with a seed that it prints; `make differential-NAME` one of them.
check_LIBRARIES += tests/differential/libdifferential.a
tests_differential_libdifferential_a_SOURCES = \
	tests/differential/randcert.c tests/differential/randcert.h \
	tests/differential/random.h

differential_programs = \
	tests/differential/certs \
	tests/differential/lines
check_PROGRAMS += $(differential_programs)
tests_differential_certs_SOURCES = tests/differential/certs.c
tests_differential_certs_LDADD = tests/differential/libdifferential.a $(LDADD)
tests_differential_lines_SOURCES = tests/differential/lines.c

TESTS += tests/differential/small.sh
EXTRA_DIST += \
	tests/differential/inside.sh \
	tests/differential/random_policy.py \
	tests/differential/run.sh \
	tests/differential/small.sh

DIFFERENTIAL_SEED =
DIFFERENTIAL_CERTS = 100000
DIFFERENTIAL_CONFIGS = 5000
DIFFERENTIAL_LINES = 20000
DIFFERENTIAL_NAMES = 200
DIFFERENTIAL_POLICIES = 2000
DIFFERENTIAL_LOGINS = 4
differential_run = srcdir='$(srcdir)' sbindir='$(sbindir)' \
	pkglibexecdir='$(pkglibexecdir)' SEED='$(DIFFERENTIAL_SEED)' \
	CERTS='$(DIFFERENTIAL_CERTS)' CONFIGS='$(DIFFERENTIAL_CONFIGS)' \
	LINES='$(DIFFERENTIAL_LINES)' NAMES='$(DIFFERENTIAL_NAMES)' \
	POLICIES='$(DIFFERENTIAL_POLICIES)' \
	LOGINS='$(DIFFERENTIAL_LOGINS)' $(srcdir)/tests/differential/run.sh

.PHONY: differential differential-certs differential-corpus \
	differential-sshdconf differential-lines differential-logins
.PHONY: differential-needs
differential-needs: all
	+@$(needs) NEEDED="$(differential_programs) \
		tests/corpus/sshdconf_check tests/e2e/logsink"
differential: differential-needs
	@$(differential_run) certs corpus sshdconf lines logins
differential-certs: differential-needs
	@$(differential_run) certs
differential-corpus: differential-needs
	@$(differential_run) corpus
differential-sshdconf: differential-needs
	@$(differential_run) sshdconf
differential-lines: differential-needs
	@$(differential_run) lines
differential-logins: differential-needs
	@$(differential_run) logins
