# systemd reads units below the prefixes /usr and /usr/local.
systemdsystemunitdir = $(prefix)/lib/systemd/system
systemd_services = \
	packaging/systemd/certgate-ca.service \
	packaging/systemd/certgate-confirm.service
systemdsystemunit_DATA = $(systemd_services)
dist_systemdsystemunit_DATA = packaging/systemd/certgate-ca.timer
EXTRA_DIST += $(systemd_services:=.in)
CLEANFILES += $(systemd_services)

# One rule for each: not every make knows patterns beside explicit rules.
make_service = $(MKDIR_P) packaging/systemd && \
	sed 's|[@]sbindir[@]|$(sbindir)|' $(srcdir)/$@.in >$@.new && mv $@.new $@

packaging/systemd/certgate-ca.service: \
		packaging/systemd/certgate-ca.service.in Makefile
	$(AM_V_GEN)$(make_service)

packaging/systemd/certgate-confirm.service: \
		packaging/systemd/certgate-confirm.service.in Makefile
	$(AM_V_GEN)$(make_service)

sysusersdir = $(prefix)/lib/sysusers.d
sysusers_DATA = packaging/sysusers.d/certgate.conf
EXTRA_DIST += packaging/sysusers.d/certgate.conf.in
CLEANFILES += packaging/sysusers.d/certgate.conf

packaging/sysusers.d/certgate.conf: \
		packaging/sysusers.d/certgate.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging/sysusers.d && \
		sed 's|[@]COMMAND_USER[@]|$(COMMAND_USER)|' \
		$(srcdir)/$@.in >$@.new && mv $@.new $@
include packaging/completions/local.mk
