# Not part of `make check`: it takes minutes.
EXTRA_PROGRAMS += tests/fault/fault_generation
CLEANFILES += tests/fault/fault_generation
tests_fault_fault_generation_SOURCES = tests/fault/fault_generation.c \
	tests/fault/inject.c tests/fault/inject.h \
	tests/fault/listing.c tests/fault/listing.h

.PHONY: fault
fault: tests/fault/fault_generation
	@tests/fault/fault_generation
