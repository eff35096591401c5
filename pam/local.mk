# pam_certgate.so.  Its objects are compiled apart, for a shared object that
# shows nothing but what libpam calls (export.map).
if PAM
pam_sources = \
	pam/account.c \
	pam/agent.c pam/agent.h \
	pam/agentmsg.c pam/agentmsg.h \
	pam/asuser.c pam/asuser.h \
	pam/audit.c pam/audit.h \
	pam/auth.c \
	pam/authinfo.c pam/authinfo.h \
	pam/call.c pam/call.h \
	pam/challenge.c pam/challenge.h \
	pam/identity.c pam/identity.h \
	pam/judge.c pam/judge.h \
	pam/leash.c pam/leash.h \
	pam/login.c pam/login.h \
	pam/nss.c pam/nss.h \
	pam/options.c pam/options.h \
	pam/require.c pam/require.h \
	pam/session.c

noinst_LIBRARIES += pam/libmodule.a pam/libcertgate-pic.a
pam_libmodule_a_SOURCES = $(pam_sources)
pam_libmodule_a_CFLAGS = $(pam_cflags)
pam_libcertgate_pic_a_SOURCES = $(lib_login) $(lib_pam) $(record_sources)
pam_libcertgate_pic_a_CFLAGS = $(pam_cflags)
pam_cflags = -std=c11 $(WARN_CFLAGS) $(HARDEN_CFLAGS) $(SAN_FLAGS) $(FUZZ_CFLAGS) \
	$(COVERAGE_FLAGS) -fPIC -fvisibility=hidden
pam_libs = $(CRYPTO_LIBS) $(PAM_LIBS) $(AUDIT_LIBS)

pam_DATA = pam/pam_certgate.so
CLEANFILES += pam/pam_certgate.so
EXTRA_DIST += pam/export.map

pam/pam_certgate.so: pam/libmodule.a pam/libcertgate-pic.a pam/export.map
	$(AM_V_CCLD)$(CC) -shared $(CFLAGS) $(AS_NEEDED) $(HARDEN_LDFLAGS) \
		$(SAN_FLAGS) $(COVERAGE_FLAGS) $(RECORD_LDFLAGS) $(LDFLAGS) \
		$(module_defs) -Wl,-soname,pam_certgate.so \
		-Wl,--version-script=$(srcdir)/pam/export.map -o $@ \
		-Wl,--whole-archive pam/libmodule.a -Wl,--no-whole-archive \
		pam/libcertgate-pic.a $(pam_libs)
endif
