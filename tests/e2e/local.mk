# End-to-end tests and the demonstration: make e2e, make demo.
check_PROGRAMS += tests/e2e/logsink
tests_e2e_logsink_SOURCES = tests/e2e/logsink.c

e2e_files = \
	tests/e2e/authselect.py \
	tests/e2e/demo.sh \
	tests/e2e/https.py \
	tests/e2e/inside.sh \
	tests/e2e/lib.sh \
	tests/e2e/machine.sh \
	tests/e2e/makecert.js \
	tests/e2e/package.json \
	tests/e2e/package-lock.json \
	tests/e2e/pam.sh \
	tests/e2e/rawssh.js \
	tests/e2e/run.sh \
	tests/e2e/sandbox.sh \
	tests/e2e/service.sh \
	tests/e2e/terminal.py \
	tests/e2e/tutorial.sh
EXTRA_DIST += $(e2e_files) $(srcdir)/tests/e2e/cases

e2e_run = srcdir='$(srcdir)' builddir='$(builddir)' sbindir='$(sbindir)' \
	pkglibexecdir='$(pkglibexecdir)' pamdir='$(pamdir)' \
	$(srcdir)/tests/e2e/run.sh

# E2E_CASES="NAME ..." runs only those.
.PHONY: e2e demo
e2e: all tests/e2e/npm/stamp
	+@$(needs) NEEDED="tests/e2e/logsink"
	@E2E_CORPUS="$${E2E_CORPUS:-6}" $(e2e_run) $(E2E_CASES)

demo: all
	+@$(needs) NEEDED="tests/e2e/logsink"
	@$(e2e_run) -d

# From the npm registry: sshpk writes certificates too, and shares no code with
# OpenSSH; ajv judges policies by their JSON schema, and yaml reads them for it.
.PHONY: npm
npm: tests/e2e/npm/stamp
tests/e2e/npm/stamp: tests/e2e/package.json tests/e2e/package-lock.json
	@rm -rf tests/e2e/npm && $(MKDIR_P) tests/e2e/npm
	@cp $(srcdir)/tests/e2e/package.json \
		$(srcdir)/tests/e2e/package-lock.json tests/e2e/npm
	@cd tests/e2e/npm && npm ci --loglevel=error --ignore-scripts --no-audit \
		--no-fund || { echo "npm: npm ci failed; the tests need" \
		"sshpk, ajv and yaml from the npm registry" >&2; exit 1; }
	@: >$@

clean-local: clean-e2e
clean-e2e:
	rm -rf tests/e2e/npm
