# Not part of `make check`: it takes hours.
fault_programs = \
	tests/fault/fault_generation \
	tests/fault/points \
	tests/fault/same_sshd
EXTRA_PROGRAMS += $(fault_programs)
CLEANFILES += $(fault_programs)
tests_fault_fault_generation_SOURCES = tests/fault/fault_generation.c \
	tests/fault/inject.c tests/fault/inject.h \
	tests/fault/listing.c tests/fault/listing.h
tests_fault_points_SOURCES = tests/fault/points.c \
	tests/fault/folder.c tests/fault/folder.h \
	tests/fault/inject.c tests/fault/inject.h \
	tests/fault/listing.c tests/fault/listing.h
tests_fault_points_LDADD =
tests_fault_same_sshd_SOURCES = tests/fault/same_sshd.c \
	tests/fault/listing.c tests/fault/listing.h
tests_fault_same_sshd_LDADD =

EXTRA_DIST += \
	tests/fault/inside.sh \
	tests/fault/judge.sh \
	tests/fault/look.sh \
	tests/fault/run.sh \
	tests/fault/scenarios.sh \
	tests/fault/server.sh

# FAULT_SCENARIOS="NAME ..." runs only those.
.PHONY: fault
fault: all $(fault_programs) tests/e2e/logsink
	@srcdir='$(srcdir)' builddir='$(builddir)' sbindir='$(sbindir)' \
		pkglibexecdir='$(pkglibexecdir)' $(srcdir)/tests/fault/run.sh \
		$(FAULT_SCENARIOS)
