/*
 * glob: the input is a pattern, a newline and a key ID.  They fit where
 * fnmatch(3) says so, with all but our two wildcards escaped; and a pattern
 * with one star more fits no less.
 */
#include "config.h"

#include "lib/glob.h"

#include <fnmatch.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATTERN 64 /* fnmatch takes exponential time */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
compare(struct span pattern, struct span text)
{
	char escaped[2 * MAX_PATTERN + 1], *out = escaped;
	char *plain = strndup((const char *)text.p, text.len);
	size_t i;

	require(plain != NULL);
	for (i = 0; i < pattern.len; i++) {
		if (pattern.p[i] != '*' && pattern.p[i] != '?')
			*out++ = '\\';
		*out++ = (char)pattern.p[i];
	}
	*out = '\0';
	require(glob_match(pattern, text) == (fnmatch(escaped, plain, 0) == 0));
	free(plain);
}

/* A star put in at any place lets through what was let through. */
static void
widen(struct span pattern, struct span text)
{
	unsigned char wider[MAX_PATTERN + 1];
	size_t at;

	if (!glob_match(pattern, text))
		return;
	for (at = 0; at <= pattern.len; at++) {
		memcpy(wider, pattern.p, at);
		wider[at] = '*';
		memcpy(wider + at + 1, pattern.p + at, pattern.len - at);
		require(glob_match(
		    (struct span) { wider, pattern.len + 1 }, text));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct span pattern, text;
	size_t i, n_stars = 0;

	if (end == NULL || (size_t)(end - data) > MAX_PATTERN || size > 256)
		return 0;
	pattern = (struct span) { data, (size_t)(end - data) };
	text = (struct span) { end + 1, size - pattern.len - 1 };
	for (i = 0; i < pattern.len; i++)
		n_stars += pattern.p[i] == '*';
	if (memchr(data, '\0', size) == NULL && n_stars <= 4)
		compare(pattern, text);
	widen(pattern, text);
	return 0;
}
