# Benchmarks: make bench.  Prints figures, one per line, and never fails for
# a figure that is too high: times are noisy.
bench_programs = tests/bench/cdb tests/bench/compile tests/bench/once \
	tests/bench/starts tests/bench/yaml
check_PROGRAMS += $(bench_programs)
tests_bench_cdb_SOURCES = tests/bench/cdb.c
tests_bench_cdb_LDADD = $(CDB_LIBS)
tests_bench_compile_SOURCES = tests/bench/compile.c
tests_bench_once_SOURCES = tests/bench/once.c
tests_bench_once_LDADD =
tests_bench_starts_SOURCES = tests/bench/starts.c
tests_bench_starts_LDADD =
tests_bench_yaml_SOURCES = tests/bench/yaml.c
tests_bench_yaml_LDADD = $(YAML_LIBS)

# Linked as the login helper is.
bench_static = tests/bench/empty tests/bench/answer
CLEANFILES += $(bench_static) bench.out
EXTRA_DIST += tests/bench/answer.c tests/bench/empty.c \
	tests/bench/logins.sh tests/bench/plot.awk tests/bench/report.sh \
	tests/bench/pam.sh tests/bench/revoked.sh tests/bench/run.sh \
	doc/benchmarks.md \
	doc/benchmarks.svg
$(bench_static): %: %.c Makefile
	@$(MKDIR_P) tests/bench
	$(AM_V_CCLD)$(HELPER_CC) $(HARDEN_CPPFLAGS) -std=c11 $(CFLAGS) \
		$(HARDEN_CFLAGS) $(HELPER_CFLAGS) $(HARDEN_LDFLAGS) \
		$(LDFLAGS) $(HELPER_LDFLAGS) -o $@ \
		$< $(HELPER_LIBS)

# The helper with another confinement, else made as it is.
bench_confined = tests/bench/helper-floor tests/bench/helper-open \
	tests/bench/helper-seccomp
CLEANFILES += $(bench_confined)
EXTRA_DIST += tests/bench/confine.sh tests/bench/confine_floor.c \
	tests/bench/confine_open.c tests/bench/confine_seccomp.c
$(bench_confined): tests/bench/helper-%: tests/bench/confine_%.c \
		helpers/authorized-principals.c $(lib_login) config.h Makefile
	@$(MKDIR_P) tests/bench
	$(AM_V_CCLD)$(HELPER_CC) -DHAVE_CONFIG_H -I$(top_srcdir) \
		-I$(top_builddir) $(HARDEN_CPPFLAGS) -std=c11 $(CFLAGS) \
		$(WARN_CFLAGS) $(HARDEN_CFLAGS) $(HELPER_CFLAGS) $(HARDEN_LDFLAGS) \
		$(LDFLAGS) $(HELPER_LDFLAGS) -o $@ $< \
		$(addprefix $(top_srcdir)/,$(filter-out lib/confine.c,$(helper_sources))) \
		$(HELPER_LIBS)

# BENCH_STARTS=N starts of each program (1000); BENCH_SIZES="10 1000 ..."
# mappings.  BENCH_REVOKED=N revoked serials, and key IDs, in the index;
# BENCH_LISTED="N ..." in a list of sshd's own; BENCH_LOGINS=N logins of each
# of these.  BENCH_ROUNDS=N whole logins of each kind (1000);
# BENCH_USERS="10 1000 ..." users.  BENCH_PARTS="starts confine apply
# revoked logins pam": only these.  BENCH_DOC=FOLDER: where the report goes.
BENCH_DOC = doc
.PHONY: bench
bench: all
	+@$(needs) NEEDED="$(bench_programs) $(bench_static) $(bench_confined) tests/e2e/logsink"
	@srcdir='$(srcdir)' builddir='$(builddir)' sbindir='$(sbindir)' \
		pkglibexecdir='$(pkglibexecdir)' BENCH_DOC='$(BENCH_DOC)' \
		pamdir='$(pamdir)' BENCH_BUILT='$(CC) $(CFLAGS); the helper: $(HELPER_KIND)' \
		$(srcdir)/tests/bench/run.sh
