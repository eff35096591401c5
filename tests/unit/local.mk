# Unit tests, one program for each module: test_X.c for X.c.  Each links all
# that certgate is made of but its main.
unit_tests = \
	tests/unit/test_account \
	tests/unit/test_accepted \
	tests/unit/test_authorized_principals \
	tests/unit/test_base64 \
	tests/unit/test_bucket \
	tests/unit/test_caanswer \
	tests/unit/test_candidates \
	tests/unit/test_ca_fetch \
	tests/unit/test_ca_fetch_fails \
	tests/unit/test_cakeys \
	tests/unit/test_cdbfile \
	tests/unit/test_cert \
	tests/unit/test_certsig \
	tests/unit/test_change \
	tests/unit/test_command \
	tests/unit/test_compile \
	tests/unit/test_confine \
	tests/unit/test_damage \
	tests/unit/test_decide \
	tests/unit/test_diag \
	tests/unit/test_doctor \
	tests/unit/test_drift \
	tests/unit/test_err \
	tests/unit/test_escape \
	tests/unit/test_fetch \
	tests/unit/test_fetched \
	tests/unit/test_fetchreq \
	tests/unit/test_file \
	tests/unit/test_file_fails \
	tests/unit/test_folder \
	tests/unit/test_generation \
	tests/unit/test_held \
	tests/unit/test_history \
	tests/unit/test_identity \
	tests/unit/test_index \
	tests/unit/test_index_cut \
	tests/unit/test_ipaddr \
	tests/unit/test_journal \
	tests/unit/test_keyblob \
	tests/unit/test_keysfile \
	tests/unit/test_keyset \
	tests/unit/test_krl \
	tests/unit/test_krl_check \
	tests/unit/test_lib_fails \
	tests/unit/test_lockfile \
	tests/unit/test_login \
	tests/unit/test_log \
	tests/unit/test_offer \
	tests/unit/test_overlap \
	tests/unit/test_pamkeep \
	tests/unit/test_pamstack \
	tests/unit/test_pamview \
	tests/unit/test_pending \
	tests/unit/test_people \
	tests/unit/test_pkey \
	tests/unit/test_policy \
	tests/unit/test_policy_authority \
	tests/unit/test_policy_check \
	tests/unit/test_policy_collide \
	tests/unit/test_policy_cover \
	tests/unit/test_policy_entry \
	tests/unit/test_policy_group \
	tests/unit/test_policy_include \
	tests/unit/test_policy_keys \
	tests/unit/test_policy_memory \
	tests/unit/test_policy_report \
	tests/unit/test_policy_revoked \
	tests/unit/test_policy_rule \
	tests/unit/test_policy_schema \
	tests/unit/test_policy_trust \
	tests/unit/test_policy_shadow \
	tests/unit/test_policy_url \
	tests/unit/test_policy_value \
	tests/unit/test_policy_yaml \
	tests/unit/test_policyedit \
	tests/unit/test_policytext \
	tests/unit/test_principal \
	tests/unit/test_pubkey \
	tests/unit/test_reach \
	tests/unit/test_reload \
	tests/unit/test_revoked \
	tests/unit/test_revokedmake \
	tests/unit/test_root \
	tests/unit/test_sandbox \
	tests/unit/test_search \
	tests/unit/test_service \
	tests/unit/test_session \
	tests/unit/test_sshd \
	tests/unit/test_sshdconf \
	tests/unit/test_sshdconf_edit \
	tests/unit/test_sshwire \
	tests/unit/test_standing \
	tests/unit/test_store \
	tests/unit/test_tree \
	tests/unit/test_undo \
	tests/unit/test_url \
	tests/unit/test_unitfile \
	tests/unit/test_utc \
	tests/unit/test_wayin
if PAM
unit_tests += $(pam_tests)
pam_fixtures = \
	tests/unit/failing_pam.c \
	tests/unit/pamrun.c tests/unit/pamrun.h
endif
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

# Those of the PAM module.
pam_tests = \
	tests/unit/test_agent \
	tests/unit/test_agentmsg \
	tests/unit/test_asuser \
	tests/unit/test_audit \
	tests/unit/test_auth \
	tests/unit/test_authinfo \
	tests/unit/test_challenge \
	tests/unit/test_judge \
	tests/unit/test_leash \
	tests/unit/test_module \
	tests/unit/test_options \
	tests/unit/test_pam_fails \
	tests/unit/test_pam_login \
	tests/unit/test_require \
	tests/unit/test_session_end
pam_ldadd = pam/libmodule.a $(LDADD) $(PAM_LIBS) $(AUDIT_LIBS)
tests_unit_test_agent_LDADD = $(pam_ldadd)
tests_unit_test_agent_LDFLAGS = $(pam_failing_ldflags) \
	-Wl,--wrap=asuser_begin -Wl,--wrap=asuser_end
tests_unit_test_agentmsg_LDADD = $(pam_ldadd)
tests_unit_test_asuser_LDADD = $(pam_ldadd)
tests_unit_test_asuser_LDFLAGS = $(AM_LDFLAGS) $(asuser_ldflags)
asuser_ldflags = $(addprefix -Wl$(comma)--wrap=, \
	calloc getegid geteuid getgroups __getgroups_chk prctl syscall)
tests_unit_test_challenge_LDADD = $(pam_ldadd)
tests_unit_test_challenge_LDFLAGS = $(pam_failing_ldflags)
tests_unit_test_audit_LDADD = $(pam_ldadd)
tests_unit_test_audit_LDFLAGS = $(pam_failing_ldflags) \
	-Wl,--wrap=audit_encode_nv_string -Wl,--wrap=log_send
tests_unit_test_auth_LDADD = $(pam_ldadd)
tests_unit_test_auth_LDFLAGS = $(pamrun_ldflags) \
	-Wl,--wrap=getuid -Wl,--wrap=asuser_end
tests_unit_test_authinfo_LDADD = $(pam_ldadd)
tests_unit_test_judge_LDADD = $(pam_ldadd)
tests_unit_test_require_LDADD = $(pam_ldadd)
tests_unit_test_require_LDFLAGS = $(pam_failing_ldflags)
# It is built to start a program of the test's, and replaces a part of libpam.
tests_unit_test_leash_SOURCES = tests/unit/test_leash.c pam/leash.c
tests_unit_test_leash_CPPFLAGS = $(AM_CPPFLAGS) -UPKGLIBEXECDIR \
	-DPKGLIBEXECDIR='"$(abs_builddir)/tests/unit/leash"'
tests_unit_test_leash_LDADD = $(pam_ldadd)
tests_unit_test_leash_LDFLAGS = $(pam_failing_ldflags)
tests_unit_test_module_LDADD = $(LDADD) $(PAM_LIBS)
tests_unit_test_module_DEPENDENCIES = pam/pam_certgate.so \
	$(check_LIBRARIES) lib/libcertgate.a
tests_unit_test_options_LDADD = $(pam_ldadd)
tests_unit_test_pam_fails_LDADD = $(pam_ldadd)
tests_unit_test_pam_fails_LDFLAGS = $(pamrun_ldflags)
tests_unit_test_pam_login_LDADD = $(pam_ldadd)
tests_unit_test_pam_login_LDFLAGS = $(pamrun_ldflags)
tests_unit_test_authorized_principals_DEPENDENCIES = \
	helpers/authorized-principals $(check_LIBRARIES) lib/libcertgate.a
tests_unit_test_ca_fetch_DEPENDENCIES = helpers/ca-fetch \
	$(check_LIBRARIES) lib/libcertgate.a
# The program's main, under another name, beside the test's.
check_LIBRARIES += tests/unit/libcafetch.a
tests_unit_libcafetch_a_SOURCES = $(helpers_ca_fetch_SOURCES)
tests_unit_libcafetch_a_CPPFLAGS = $(AM_CPPFLAGS) -Dmain=ca_fetch_main
tests_unit_libcafetch_a_CFLAGS = $(AM_CFLAGS) -Wno-missing-prototypes
tests_unit_test_ca_fetch_fails_LDADD = tests/unit/libcafetch.a $(LDADD) \
	$(CURL_LIBS)
tests_unit_test_ca_fetch_fails_LDFLAGS = $(failing_ldflags) \
	$(addprefix -Wl$(comma)--wrap=,clock_now_ms curl_easy_init \
	curl_easy_setopt curl_global_init curl_slist_append curl_version_info \
	dup2 memfd_create sigaction)
tests_unit_test_session_end_DEPENDENCIES = helpers/session-end \
	$(check_LIBRARIES) lib/libcertgate.a

# What several of them use; LDADD holds it, as its users are programs for
# tests only.
check_LIBRARIES += tests/unit/libfixture.a
tests_unit_libfixture_a_SOURCES = \
	tests/unit/certbuild.c tests/unit/certbuild.h \
	tests/unit/failing.c tests/unit/failing.h \
	$(pam_fixtures) \
	tests/unit/fakeagent.c tests/unit/fakeagent.h \
	tests/unit/harness.h \
	tests/unit/httpsfix.c tests/unit/httpsfix.h \
	tests/unit/pamfix.c tests/unit/pamfix.h \
	tests/unit/policyfix.c tests/unit/policyfix.h \
	tests/unit/program.c tests/unit/program.h \
	tests/unit/sample.c tests/unit/sample.h \
	tests/unit/signer.c tests/unit/signer.h \
	tests/unit/store_fixture.c tests/unit/store_fixture.h \
	tests/unit/testroot.c tests/unit/testroot.h

# Calls that a program's tests let fail (failing.h); some have another name too,
# for sources that are compiled with _FORTIFY_SOURCE.
failing_calls = \
	malloc calloc realloc reallocarray strdup strndup asprintf __asprintf_chk \
	__open_2 __read_chk __pread_chk \
	access chmod close connect fchmod fchown fgetxattr flistxattr \
	fremovexattr fsetxattr fstat fsync getrlimit mkdir mkostemp mmap open \
	opendir prctl pread pwrite read readdir realpath rename sendmsg \
	setrlimit setsockopt socket stat syscall unlinkat write \
	seccomp_init seccomp_load seccomp_rule_add_array \
	BN_bin2bn BN_dup BN_new BN_sub_word EC_GROUP_new_by_curve_name \
	ECDSA_SIG_new ECDSA_SIG_set0 i2d_ECDSA_SIG EVP_Digest \
	EVP_MD_CTX_new EVP_DigestVerifyInit EVP_PKEY_CTX_new_from_name \
	EVP_PKEY_fromdata_init EVP_PKEY_fromdata OSSL_PARAM_BLD_new \
	OSSL_PARAM_BLD_to_param OSSL_PARAM_BLD_push_BN \
	OSSL_PARAM_BLD_push_utf8_string OSSL_PARAM_BLD_push_octet_string
failing_ldflags = $(AM_LDFLAGS) $(addprefix -Wl$(comma)--wrap=,$(failing_calls))
comma = ,
# Those of pam/; its programs have libpam.
pam_failing_calls = \
	dup2 fcntl getgrnam_r getgrouplist getgroups __getgroups_chk getpwnam_r \
	getrandom getsockopt pam_get_item pam_putenv poll __poll_chk recv \
	__recv_chk send
pam_failing_ldflags = $(failing_ldflags) \
	$(addprefix -Wl$(comma)--wrap=,$(pam_failing_calls))
# For programs that use pamrun.
pamrun_ldflags = $(pam_failing_ldflags) $(addprefix -Wl$(comma)--wrap=, \
	audit_open log_send pam_get_data pam_set_data)
tests_unit_test_confine_LDFLAGS = $(failing_ldflags)
tests_unit_test_file_fails_LDFLAGS = $(failing_ldflags)
tests_unit_test_lib_fails_LDFLAGS = $(failing_ldflags)
tests_unit_test_search_LDFLAGS = $(failing_ldflags)
log_ldflags = $(addprefix -Wl$(comma)--wrap=, \
	access connect sendmsg setsockopt socket)
tests_unit_test_log_LDFLAGS = $(AM_LDFLAGS) $(log_ldflags)
