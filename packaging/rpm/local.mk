# make rpm, from the dist tarball; make rpm-test tries the packages' life.
# RPM_FLAGS are rpmbuild's, as in RPM_FLAGS='--without check'.
EXTRA_DIST += \
	packaging/rpm/README \
	packaging/rpm/certgate.preset \
	packaging/rpm/certgate.rpmlintrc \
	packaging/rpm/certgate.spec \
	packaging/rpm/macros.host \
	packaging/rpm/rpm.sh \
	packaging/rpm/sysusers.sh

clean-local: clean-rpm
.PHONY: clean-rpm
clean-rpm:
	rm -rf rpm

.PHONY: rpm
rpm:
	$(MAKE) $(AM_MAKEFLAGS) dist-gzip
	@$(srcdir)/packaging/rpm/rpm.sh $(distdir).tar.gz rpm $(RPM_FLAGS)
