# Documents against code, and the headers.
doc_checks = \
	tests/docs/agree.sh \
	tests/docs/examples.sh \
	tests/docs/lint.sh \
	tests/docs/picture.sh \
	tests/docs/schema.sh \
	tests/docs/shell.sh \
	tests/docs/symbols.sh \
	tests/docs/units.sh \
	tests/headers/alone.sh
TESTS += $(doc_checks)
EXTRA_DIST += $(doc_checks) tests/docs/every-key.yaml tests/docs/schema.js

# What the parser knows, asked of itself.
check_PROGRAMS += tests/docs/parser
tests_docs_parser_SOURCES = tests/docs/parser.c

AM_TESTS_ENVIRONMENT = \
	HEADER_CC='$(CC)'; export HEADER_CC; \
	HEADER_CFLAGS='-std=c11 $(WARN_CFLAGS) $(CRYPTO_CFLAGS) \
		$(YAML_CFLAGS) $(JANSSON_CFLAGS) $(CDB_CFLAGS) \
		$(CURL_CFLAGS)'; \
	export HEADER_CFLAGS; \
	HEADER_PAM='$(pam_DATA)'; export HEADER_PAM; \
	sbindir='$(sbindir)' pkglibexecdir='$(pkglibexecdir)'; \
	export sbindir pkglibexecdir;
