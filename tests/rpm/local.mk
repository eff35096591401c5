# The life of the RPM packages: make rpm-test.
EXTRA_DIST += tests/rpm/inside.sh tests/rpm/needs tests/rpm/run.sh

# The packages were tested when they were made, or by make check.
.PHONY: rpm-test
rpm-test:
	$(MAKE) $(AM_MAKEFLAGS) dist-gzip
	@rm -rf rpm && RPM_HIGHER=rpm/higher CC='$(CC)' \
		$(srcdir)/packaging/rpm/rpm.sh $(distdir).tar.gz rpm \
		--without check
	@$(srcdir)/tests/rpm/run.sh rpm rpm/higher
