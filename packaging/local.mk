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
dist_pkglibexec_SCRIPTS = \
	packaging/after-upgrade \
	packaging/before-removal \
	packaging/systemd/apply-changed
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

debian_files = \
	packaging/debian/certgate.dirs \
	packaging/debian/certgate.docs \
	packaging/debian/certgate.install \
	packaging/debian/certgate.lintian-overrides \
	packaging/debian/certgate.postinst \
	packaging/debian/certgate.postrm \
	packaging/debian/certgate.prerm \
	packaging/debian/changelog \
	packaging/debian/control \
	packaging/debian/copyright \
	packaging/debian/libpam-certgate.install \
	packaging/debian/libpam-certgate.lintian-overrides \
	packaging/debian/libpam-certgate.prerm \
	packaging/debian/rules \
	packaging/debian/source/format \
	packaging/debian/source/lintian-overrides
EXTRA_DIST += $(debian_files) packaging/deb.sh packaging/package-test.sh \
	packaging/package-test-boot.sh packaging/package-test-inside.sh \
	packaging/policy.yaml

# The same source gives the same tarball, and so the same packages.
dist_tar = --sort=name --owner=0 --group=0 --numeric-owner --mode=u+w,go-w \
	--mtime=@$$(date -ud "$$(sed -n 's/^ -- .*>  //p' \
	$(srcdir)/packaging/debian/changelog | head -n 1)" +%s)

.PHONY: deb deb-tarball package-test
deb-tarball:
	+TAR_OPTIONS="$(dist_tar)" $(MAKE) GZIP_ENV=-9n dist-gzip

deb: deb-tarball
	@$(srcdir)/packaging/deb.sh $(distdir).tar.gz deb

package-test: deb-tarball
	@$(srcdir)/packaging/package-test.sh $(distdir).tar.gz || [ $$? -eq 77 ]
include packaging/rpm/local.mk
