# Two lines for each fuzz target beside its name.  --enable-fuzzers links them
# with libFuzzer (`make fuzz FUZZ_SECONDS=N`); without, each has replay.c as
# its main, and `make check` replays tests/fuzz/corpus/NAME through it.
fuzz_programs = \
	tests/fuzz/fuzz_accepted \
	tests/fuzz/fuzz_caanswer \
	tests/fuzz/fuzz_cert \
	tests/fuzz/fuzz_fetchreq \
	tests/fuzz/fuzz_glob \
	tests/fuzz/fuzz_index \
	tests/fuzz/fuzz_ipaddr \
	tests/fuzz/fuzz_journal \
	tests/fuzz/fuzz_keysfile \
	tests/fuzz/fuzz_krl \
	tests/fuzz/fuzz_logindefs \
	tests/fuzz/fuzz_manifest \
	tests/fuzz/fuzz_pamstack \
	tests/fuzz/fuzz_pending \
	tests/fuzz/fuzz_monotone \
	tests/fuzz/fuzz_policy \
	tests/fuzz/fuzz_policytext \
	tests/fuzz/fuzz_principal \
	tests/fuzz/fuzz_pubkey \
	tests/fuzz/fuzz_sshd_settings \
	tests/fuzz/fuzz_sshdconf \
	tests/fuzz/fuzz_unitfile \
	tests/fuzz/fuzz_url

if PAM
fuzz_programs += $(pam_fuzz)
endif
pam_fuzz = \
	tests/fuzz/fuzz_agentmsg \
	tests/fuzz/fuzz_authinfo \
	tests/fuzz/fuzz_options

if FUZZERS
fuzz_main =
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
else
fuzz_main = tests/fuzz/replay.c
fuzz_ldflags = $(AM_LDFLAGS)
TESTS += $(fuzz_programs)
endif

fuzz_scratch = tests/fuzz/scratch.c tests/fuzz/scratch.h

check_PROGRAMS += $(fuzz_programs)
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/run.sh
FUZZ_SECONDS = 60
FUZZ_JOBS = 1

.PHONY: fuzz
if FUZZERS
fuzz: $(fuzz_programs)
	@srcdir=$(srcdir) $(srcdir)/tests/fuzz/run.sh $(FUZZ_SECONDS) \
		$(FUZZ_JOBS) $(fuzz_programs)
else
fuzz:
	@echo "fuzz: needs CC=clang ./configure --enable-fuzzers" \
		"--enable-sanitizers" >&2
	@exit 1
endif

tests_fuzz_fuzz_accepted_SOURCES = tests/fuzz/fuzz_accepted.c $(fuzz_main)
tests_fuzz_fuzz_accepted_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_caanswer_SOURCES = tests/fuzz/fuzz_caanswer.c $(fuzz_main)
tests_fuzz_fuzz_caanswer_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cert_SOURCES = tests/fuzz/fuzz_cert.c $(fuzz_main)
tests_fuzz_fuzz_cert_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_fetchreq_SOURCES = tests/fuzz/fuzz_fetchreq.c $(fuzz_main)
tests_fuzz_fuzz_fetchreq_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_glob_SOURCES = tests/fuzz/fuzz_glob.c $(fuzz_main)
tests_fuzz_fuzz_glob_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_index_SOURCES = tests/fuzz/fuzz_index.c $(fuzz_main)
tests_fuzz_fuzz_index_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_ipaddr_SOURCES = tests/fuzz/fuzz_ipaddr.c $(fuzz_main)
tests_fuzz_fuzz_ipaddr_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c $(fuzz_main)
tests_fuzz_fuzz_journal_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_keysfile_SOURCES = tests/fuzz/fuzz_keysfile.c $(fuzz_main)
tests_fuzz_fuzz_keysfile_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_krl_SOURCES = tests/fuzz/fuzz_krl.c $(fuzz_main)
tests_fuzz_fuzz_krl_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_logindefs_SOURCES = tests/fuzz/fuzz_logindefs.c $(fuzz_scratch) \
	$(fuzz_main)
tests_fuzz_fuzz_logindefs_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_manifest_SOURCES = tests/fuzz/fuzz_manifest.c $(fuzz_scratch) \
	$(fuzz_main)
tests_fuzz_fuzz_manifest_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_pamstack_SOURCES = tests/fuzz/fuzz_pamstack.c $(fuzz_main)
tests_fuzz_fuzz_pamstack_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_pending_SOURCES = tests/fuzz/fuzz_pending.c $(fuzz_main)
tests_fuzz_fuzz_pending_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_monotone_SOURCES = tests/fuzz/fuzz_monotone.c $(fuzz_scratch) \
	$(fuzz_main)
tests_fuzz_fuzz_monotone_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_policy_SOURCES = tests/fuzz/fuzz_policy.c $(fuzz_scratch) \
	$(fuzz_main)
tests_fuzz_fuzz_policy_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_policytext_SOURCES = tests/fuzz/fuzz_policytext.c $(fuzz_main)
tests_fuzz_fuzz_policytext_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_principal_SOURCES = tests/fuzz/fuzz_principal.c $(fuzz_main)
tests_fuzz_fuzz_principal_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_pubkey_SOURCES = tests/fuzz/fuzz_pubkey.c $(fuzz_main)
tests_fuzz_fuzz_pubkey_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sshd_settings_SOURCES = tests/fuzz/fuzz_sshd_settings.c $(fuzz_main)
tests_fuzz_fuzz_sshd_settings_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sshdconf_SOURCES = tests/fuzz/fuzz_sshdconf.c $(fuzz_main)
tests_fuzz_fuzz_sshdconf_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_url_SOURCES = tests/fuzz/fuzz_url.c $(fuzz_main)
tests_fuzz_fuzz_url_LDADD = $(LDADD) $(CURL_LIBS)
tests_fuzz_fuzz_url_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_authinfo_SOURCES = tests/fuzz/fuzz_authinfo.c $(fuzz_main)
tests_fuzz_fuzz_authinfo_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_authinfo_LDADD = $(pam_ldadd)
tests_fuzz_fuzz_options_SOURCES = tests/fuzz/fuzz_options.c $(fuzz_main)
tests_fuzz_fuzz_options_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_options_LDADD = $(pam_ldadd)
tests_fuzz_fuzz_agentmsg_SOURCES = tests/fuzz/fuzz_agentmsg.c $(fuzz_main)
tests_fuzz_fuzz_agentmsg_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_agentmsg_LDADD = $(pam_ldadd)
tests_fuzz_fuzz_unitfile_SOURCES = tests/fuzz/fuzz_unitfile.c $(fuzz_main)
tests_fuzz_fuzz_unitfile_LDFLAGS = $(fuzz_ldflags)
