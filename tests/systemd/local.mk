# Under a real systemd: make systemd-test.
EXTRA_DIST += \
	tests/systemd/boot.sh \
	tests/systemd/cases.sh \
	tests/systemd/inside.sh \
	tests/systemd/run.sh \
	tests/systemd/sessions.sh \
	tests/systemd/units.sh

.PHONY: systemd-test
systemd-test: all
	@srcdir='$(srcdir)' builddir='$(builddir)' sbindir='$(sbindir)' \
		pkglibexecdir='$(pkglibexecdir)' pamdir='$(pamdir)' \
		$(srcdir)/tests/systemd/run.sh
