# Unit tests, one program for each module: test_X.c for X.c.  Each links all
# that certgate is made of but its main.
unit_tests = \
	tests/unit/test_base64 \
	tests/unit/test_cdbfile \
	tests/unit/test_cert \
	tests/unit/test_certsig \
	tests/unit/test_decide \
	tests/unit/test_err \
	tests/unit/test_escape \
	tests/unit/test_file \
	tests/unit/test_identity \
	tests/unit/test_index \
	tests/unit/test_ipaddr \
	tests/unit/test_keyblob \
	tests/unit/test_pkey \
	tests/unit/test_principal \
	tests/unit/test_pubkey \
	tests/unit/test_sshwire
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

# What several of them use; LDADD holds it, as its users are programs for
# tests only.
check_LIBRARIES += tests/unit/libfixture.a
tests_unit_libfixture_a_SOURCES = \
	tests/unit/certbuild.c tests/unit/certbuild.h \
	tests/unit/harness.h \
	tests/unit/sample.c tests/unit/sample.h \
	tests/unit/signer.c tests/unit/signer.h
