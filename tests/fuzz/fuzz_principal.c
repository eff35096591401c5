/*
 * principal: the input is options, a newline, and a name.  Where both are
 * accepted, sshd's way to read the line `OPTIONS NAME` must find just these
 * two again.
 */
#include "config.h"

#include "lib/principal.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

/* auth2-pubkeyfile.c: a line ends at '#' and NUL, blanks around it go. */
static void
check_name(const char *line, struct span name)
{
	const char *found = line + strspn(line, " \t");
	size_t len = strcspn(found, "#\n");
	const char *blank;

	while (len != 0 && (found[len - 1] == ' ' || found[len - 1] == '\t'))
		len--;
	blank = memrchr(found, ' ', len);
	if (blank == NULL)
		blank = memrchr(found, '\t', len);
	if (blank != NULL) {
		len -= (size_t)(blank + 1 - found);
		found = blank + 1;
	}
	require(span_equal(
	    (struct span) { (const unsigned char *)found, len }, name));
}

/* misc.c:opt_dequote: the options end at the first blank outside quotes. */
static void
check_options(const char *line, size_t options_len)
{
	const char *p = line;

	while (*p != '\0' && *p != ' ' && *p != '\t') {
		if (*p++ != '"')
			continue;
		while (*p != '\0' && *p != '"') {
			if (p[0] == '\\' && p[1] == '"')
				p++;
			p++;
		}
		require(*p == '"');
		p++;
		require(*p == ',' || *p == ' ');
	}
	require((size_t)(p - line) == options_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct span options = { data, size };
	struct span name = { data, 0 };
	bool has_options;
	char *line, *p;

	if (end != NULL) {
		options.len = (size_t)(end - data);
		name = (struct span) { end + 1, size - options.len - 1 };
	}
	has_options = principal_options_refusal(options) == NULL;
	/* A certificate without a command is in nobody's way. */
	if (has_options &&
	    principal_options_differ(options, (struct span) { NULL, 0 }))
		abort();
	if (principal_refusal(name) != NULL)
		return 0;
	if ((line = malloc(size + 3)) == NULL)
		abort();
	p = line;
	if (has_options) {
		memcpy(p, options.p, options.len);
		p += options.len;
		*p++ = ' ';
	}
	memcpy(p, name.p, name.len);
	p[name.len] = '\n';
	p[name.len + 1] = '\0';
	check_name(line, name);
	if (has_options)
		check_options(line, options.len);
	free(line);
	return 0;
}
