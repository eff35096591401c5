# The login helper is compiled apart from the rest, since it is linked in the
# way that starts fastest (configure: HELPER_KIND), mostly against another C
# library.
helper_sources = helpers/authorized-principals.c \
	$(filter %.c,$(lib_login) $(record_sources))

pkglibexec_SCRIPTS = helpers/authorized-principals
CLEANFILES += helpers/authorized-principals
EXTRA_DIST += helpers/authorized-principals.c

helpers/authorized-principals: helpers/authorized-principals.c $(lib_login) \
		config.h Makefile
	@$(MKDIR_P) helpers
	$(AM_V_CCLD)$(HELPER_CC) -DHAVE_CONFIG_H -I$(top_srcdir) \
		-I$(top_builddir) $(HARDEN_CPPFLAGS) -std=c11 $(CFLAGS) \
		$(WARN_CFLAGS) $(HARDEN_CFLAGS) $(HELPER_CFLAGS) $(HARDEN_LDFLAGS) \
		$(LDFLAGS) $(HELPER_LDFLAGS) $(RECORD_LDFLAGS) -o $@ \
		$(addprefix $(top_srcdir)/,$(helper_sources)) $(HELPER_LIBS)

# Asks CAs' services for their keys; an ordinary program.
pkglibexec_PROGRAMS += helpers/ca-fetch
helpers_ca_fetch_SOURCES = helpers/ca-fetch.c \
	helpers/download.c helpers/download.h
helpers_ca_fetch_LDADD = $(program_libs) $(CURL_LIBS)

# Ends sessions with their certificates; pam_certgate.so starts it.
if PAM
pkglibexec_PROGRAMS += helpers/session-end
endif
helpers_session_end_SOURCES = helpers/session-end.c
helpers_session_end_LDADD = lib/libcertgate.a
