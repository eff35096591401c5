# systemd reads units below the prefixes /usr and /usr/local.
systemdsystemunitdir = $(prefix)/lib/systemd/system
systemd_services = \
	packaging/systemd/certgate-apply-again.service \
	packaging/systemd/certgate-apply.service \
	packaging/systemd/certgate-ca.service \
	packaging/systemd/certgate-confirm.service \
	packaging/systemd/certgate-expire.service
systemdsystemunit_DATA = $(systemd_services)
dist_systemdsystemunit_DATA = \
	packaging/systemd/certgate-apply-parts.path \
	packaging/systemd/certgate-apply.path \
	packaging/systemd/certgate-ca.timer
dist_pkglibexec_SCRIPTS = packaging/systemd/apply-changed
EXTRA_DIST += $(systemd_services:=.in) packaging/systemd/hardening.conf
CLEANFILES += $(systemd_services)

# Each one is whole: what they share is written into it.
$(systemd_services): packaging/systemd/hardening.conf Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging/systemd && \
		sed -e '/[@]hardening[@]/{' \
		-e 'r $(srcdir)/packaging/systemd/hardening.conf' -e 'd' -e '}' \
		-e 's|[@]sbindir[@]|$(sbindir)|' \
		-e 's|[@]pkglibexecdir[@]|$(pkglibexecdir)|' \
		$(srcdir)/$@.in >$@.new && mv $@.new $@
packaging/systemd/certgate-apply-again.service: \
	packaging/systemd/certgate-apply-again.service.in
packaging/systemd/certgate-apply.service: \
	packaging/systemd/certgate-apply.service.in
packaging/systemd/certgate-ca.service: \
	packaging/systemd/certgate-ca.service.in
packaging/systemd/certgate-confirm.service: \
	packaging/systemd/certgate-confirm.service.in
packaging/systemd/certgate-expire.service: \
	packaging/systemd/certgate-expire.service.in

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
