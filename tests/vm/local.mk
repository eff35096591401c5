# On a machine of its own, with its own kernel: make vm-test.
EXTRA_DIST += \
	tests/vm/guest.sh \
	tests/vm/image.sh \
	tests/vm/power.sh \
	tests/vm/run.sh \
	$(srcdir)/tests/vm/scenarios

.PHONY: vm-test
vm-test: all
	+@$(needs) NEEDED="tests/confine/holed tests/confine/open-hole \
		tests/bench/compile"
	@srcdir='$(srcdir)' builddir='$(builddir)' sbindir='$(sbindir)' \
		pkglibexecdir='$(pkglibexecdir)' pamdir='$(pamdir)' \
		$(srcdir)/tests/vm/run.sh || [ $$? -eq 77 ]
