# The tarball by itself: make dist-test.
EXTRA_DIST += tests/dist/run.sh

.PHONY: dist-test
dist-test:
	$(MAKE) $(AM_MAKEFLAGS) dist-gzip
	@CC='$(CC)' $(srcdir)/tests/dist/run.sh $(distdir).tar.gz
