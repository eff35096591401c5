/*
 * options: the input is arguments of a pam.d line, one per text line, in the
 * group that the first byte chooses.  What is taken is told back in full, and
 * no argument may be added to or taken from a line unseen.
 */
#include "config.h"

#include "pam/options.h"

#include <stdlib.h>
#include <string.h>

#define MAX_ARGS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool
has(int argc, const char *const *argv, const char *begin, const char *rest)
{
	size_t len = strlen(begin);
	int i;

	for (i = 0; i < argc; i++)
		if (strncmp(argv[i], begin, len) == 0 &&
		    (rest == NULL || strcmp(argv[i] + len, rest) == 0))
			return true;
	return false;
}

static void
check(const struct options *o, int argc, const char *const *argv)
{
	int n = o->has_debug + o->ignores_errors + o->requires_cert +
	    o->ends_at_expiry + (o->users != NULL) + (o->groups != NULL) +
	    (o->except != NULL) + (o->as != NULL) +
	    (strcmp(o->current, OPTIONS_CURRENT) != 0);

	if (!has(argc, argv, "current=", OPTIONS_CURRENT))
		require(n == argc);
	require(o->requires_cert == has(argc, argv, "require=cert", ""));
	require(o->ignores_errors == has(argc, argv, "on-error=ignore", ""));
	require(o->users == NULL || has(argc, argv, "users=", o->users));
	require(o->grace_s <= OPTIONS_MAX_GRACE_S);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum options_group groups[] = { OPTIONS_AUTH,
		OPTIONS_ACCOUNT, OPTIONS_SESSION };
	char *text = malloc(size + 1), *p;
	const char *argv[MAX_ARGS];
	struct err err = ERR_INIT;
	struct options o;
	int argc = 0, ret;

	if (text == NULL || size == 0) {
		free(text);
		return 0;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	for (p = text + 1; *p != '\0' && argc < MAX_ARGS; argc++) {
		argv[argc] = p;
		p += strcspn(p, "\n");
		if (*p != '\0')
			*p++ = '\0';
	}
	ret = options_parse(&o, groups[data[0] % 3], argc, argv, &err);
	require((ret == 0) == (err.code == ERR_NONE));
	if (ret == 0)
		check(&o, argc, argv);
	free(text);
	return 0;
}
