# Real-world files through the editor and the real sshd.
check_PROGRAMS += tests/corpus/sshdconf_check
tests_corpus_sshdconf_check_SOURCES = tests/corpus/sshdconf_check.c \
	tests/corpus/mix.c tests/corpus/mix.h
tests_corpus_sshdconf_check_LDADD = config-gen/libconfig-gen.a $(program_libs)

TESTS += tests/corpus/sshdconf.sh
EXTRA_DIST += tests/corpus/sshdconf.sh tests/corpus/pieces tests/corpus/apply.sh

# All of them by apply and remove; make e2e takes a part.
.PHONY: corpus
corpus: all
	+@$(needs) NEEDED="tests/e2e/logsink"
	@E2E_CORPUS="$${E2E_CORPUS:-1}" $(e2e_run) 83-corpus 83-corpus-dropin
