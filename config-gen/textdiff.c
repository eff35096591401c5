#include "config.h"

#include "config-gen/textdiff.h"

#include <string.h>

#include "lib/escape.h"

#define SHOWN 512

/* Length of the first line of p, with its line end. */
static size_t
line_len(const char *p, size_t len)
{
	const char *end = len == 0 ? NULL : memchr(p, '\n', len);

	return end == NULL ? len : (size_t)(end - p) + 1;
}

/* Length of the last line of p, with its line end. */
static size_t
last_line_len(const char *p, size_t len)
{
	size_t n = len == 0 ? 0 : 1;

	while (n < len && p[len - n - 1] != '\n')
		n++;
	return n;
}

static void
print_lines(FILE *out, char sign, const char *p, size_t len, size_t max)
{
	char shown[SHOWN];
	size_t n, n_left = 0;

	for (; len > 0; p += n, len -= n) {
		n = line_len(p, len);
		if (max == 0) {
			n_left++;
			continue;
		}
		max--;
		(void)fprintf(out, "    %c%s\n", sign,
		    escape_bytes(shown, sizeof(shown), p,
		        p[n - 1] == '\n' ? n - 1 : n));
	}
	if (n_left != 0)
		(void)fprintf(out, "    %c… %zu more\n", sign, n_left);
}

void
textdiff_print(FILE *out, const char *before, size_t before_len,
    const char *after, size_t after_len, size_t max)
{
	size_t a, b;

	for (;;) {
		a = line_len(before, before_len);
		b = line_len(after, after_len);
		if (a == 0 || a != b || memcmp(before, after, a) != 0)
			break;
		before += a;
		before_len -= a;
		after += a;
		after_len -= a;
	}
	for (;;) {
		a = last_line_len(before, before_len);
		b = last_line_len(after, after_len);
		if (a == 0 || a != b ||
		    memcmp(before + before_len - a, after + after_len - a,
		        a) != 0)
			break;
		before_len -= a;
		after_len -= a;
	}
	print_lines(out, '-', before, before_len, max);
	print_lines(out, '+', after, after_len, max);
}
