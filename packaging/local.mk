
# systemd reads units below the prefixes /usr and /usr/local.
systemdsystemunitdir = $(prefix)/lib/systemd/system
systemdsystemunit_DATA = packaging/systemd/certgate-confirm.service
EXTRA_DIST += packaging/systemd/certgate-confirm.service.in
CLEANFILES += packaging/systemd/certgate-confirm.service

packaging/systemd/certgate-confirm.service: \
		packaging/systemd/certgate-confirm.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) packaging/systemd && \
		sed 's|[@]sbindir[@]|$(sbindir)|' \
		$(srcdir)/packaging/systemd/certgate-confirm.service.in >$@.new && mv $@.new $@
