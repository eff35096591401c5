# Not part of `make check`: it takes hours.
fault_programs = \
	tests/fault/fault_generation \
	tests/fault/points
EXTRA_PROGRAMS += $(fault_programs)
CLEANFILES += $(fault_programs) tests/fault/same_sshd
tests_fault_fault_generation_SOURCES = tests/fault/fault_generation.c \
	tests/fault/inject.c tests/fault/inject.h \
	tests/fault/listing.c tests/fault/listing.h
tests_fault_points_SOURCES = tests/fault/points.c \
	tests/fault/folder.c tests/fault/folder.h \
	tests/fault/inject.c tests/fault/inject.h \
	tests/fault/listing.c tests/fault/listing.h
tests_fault_points_LDADD =

# Started a million times: linked as the login helper is, to start fast.
same_sshd_sources = tests/fault/same_sshd.c tests/fault/listing.c
tests/fault/same_sshd: $(same_sshd_sources) tests/fault/listing.h config.h \
		Makefile
	@$(MKDIR_P) tests/fault
	$(AM_V_CCLD)$(HELPER_CC) -DHAVE_CONFIG_H -I$(top_srcdir) \
		-I$(top_builddir) -std=c11 -O2 $(CFLAGS) $(WARN_CFLAGS) \
		$(HELPER_CFLAGS) $(LDFLAGS) $(HELPER_LDFLAGS) -o $@ \
		$(addprefix $(top_srcdir)/,$(same_sshd_sources)) $(HELPER_LIBS)

EXTRA_DIST += \
	$(same_sshd_sources) \
	tests/fault/inside.sh \
	tests/fault/judge.sh \
	tests/fault/look.sh \
	tests/fault/run.sh \
	tests/fault/scenarios.sh \
	tests/fault/server.sh

# FAULT_SCENARIOS="NAME ..." runs only those.
.PHONY: fault
fault: all
	+@$(needs) NEEDED="$(fault_programs) tests/fault/same_sshd \
		tests/e2e/logsink"
	@srcdir='$(srcdir)' builddir='$(builddir)' sbindir='$(sbindir)' \
		pkglibexecdir='$(pkglibexecdir)' $(srcdir)/tests/fault/run.sh \
		$(FAULT_SCENARIOS)
