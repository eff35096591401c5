# The login helper with a deliberate hole, confined and not; for tests alone.
# Only its main part is compiled anew, with other names for what it calls.
hole_programs = tests/confine/holed tests/confine/open-hole
hole_compile = $(HELPER_CC) -DHAVE_CONFIG_H -I$(top_srcdir) -I$(top_builddir) \
	$(HARDEN_CPPFLAGS) -std=c11 $(CFLAGS) $(WARN_CFLAGS) $(HARDEN_CFLAGS) \
	$(HELPER_CFLAGS)
CLEANFILES += $(hole_programs)
EXTRA_DIST += tests/confine/hole.c tests/confine/run.sh
TESTS += tests/confine/run.sh
check_SCRIPTS += $(hole_programs)

$(hole_programs): helpers/authorized-principals.c $(lib_login) \
		tests/confine/hole.c config.h Makefile
	@$(MKDIR_P) tests/confine
	$(AM_V_CC)$(filter-out -Wl% -static%,$(hole_compile)) \
		-Ddecide=hole_decide $(hole_cppflags) -c -o $@.tmp.o \
		$(top_srcdir)/helpers/authorized-principals.c
	$(AM_V_CCLD)$(hole_compile) $(HARDEN_LDFLAGS) $(LDFLAGS) \
		$(HELPER_LDFLAGS) -o $@ $@.tmp.o \
		$(addprefix $(top_srcdir)/,$(filter %.c,$(lib_login))) \
		$(top_srcdir)/tests/confine/hole.c $(HELPER_LIBS)
	@rm -f $@.tmp.o
tests/confine/open-hole: hole_cppflags = -Dconfine_enter=hole_not_confined
