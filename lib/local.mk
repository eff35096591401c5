# lib_login: what the login helper is made of; links nothing heavy.
lib_login = \
	lib/authority.c lib/authority.h \
	lib/base64.c lib/base64.h \
	lib/bucket.c lib/bucket.h \
	lib/cdbfile.c lib/cdbfile.h \
	lib/cert.c lib/cert.h \
	lib/clock.c lib/clock.h \
	lib/confine.c lib/confine.h \
	lib/decide.c lib/decide.h \
	lib/err.c lib/err.h \
	lib/escape.c lib/escape.h \
	lib/file.c lib/file.h \
	lib/glob.c lib/glob.h \
	lib/hash.h \
	lib/identity.c lib/identity.h \
	lib/index.c lib/index.h \
	lib/ipaddr.c lib/ipaddr.h \
	lib/keyblob.c lib/keyblob.h \
	lib/log.c lib/log.h \
	lib/principal.c lib/principal.h \
	lib/reason.c lib/reason.h \
	lib/revoked.c lib/revoked.h \
	lib/search.c lib/search.h \
	lib/sshwire.c lib/sshwire.h \
	lib/utc.c lib/utc.h

# lib_pam: what the PAM module has beyond that.
lib_pam = \
	lib/certsig.c lib/certsig.h \
	lib/pkey.c lib/pkey.h \
	lib/pubkey.c lib/pubkey.h

# Part of a build that counts: see tests/coverage/record.h.
record_sources =
if COVERAGE
record_sources += tests/coverage/record.c tests/coverage/record.h \
	tests/coverage/record_confine.c
endif

noinst_LIBRARIES += lib/libcertgate.a
lib_libcertgate_a_SOURCES = $(lib_login) $(lib_pam) \
	lib/caanswer.c lib/caanswer.h \
	lib/fetchreq.c lib/fetchreq.h \
	lib/file_replace.c \
	lib/indexmake.c lib/indexmake.h \
	lib/keyset.c lib/keyset.h \
	lib/revokedmake.c lib/revokedmake.h \
	lib/sandbox.c lib/sandbox.h \
	lib/url.c lib/url.h $(record_sources)
if COVERAGE
lib_libcertgate_a_SOURCES += tests/coverage/record_sandbox.c
endif
