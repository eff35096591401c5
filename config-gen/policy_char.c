/*
 * Characters that an editor, a terminal or a review shows as something else:
 * a name MUST NOT hold one, or it is not the name that everybody sees.
 */
#include "config.h"

#include "config-gen/policy_parse.h"

#include <string.h>

/*
 * Of Unicode 15: Cf, Zs but the blank, Zl and Zp, and what else is
 * Default_Ignorable_Code_Point.
 */
static const struct range {
	uint32_t first, last;
} unseen[] = {
	{ 0x80, 0xa0 }, /* with the control characters of C1 */
	{ 0xad, 0xad },
	{ 0x34f, 0x34f },
	{ 0x600, 0x605 },
	{ 0x61c, 0x61c },
	{ 0x6dd, 0x6dd },
	{ 0x70f, 0x70f },
	{ 0x890, 0x891 },
	{ 0x8e2, 0x8e2 },
	{ 0x115f, 0x1160 },
	{ 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x2000, 0x200f },
	{ 0x2028, 0x202f },
	{ 0x205f, 0x206f },
	{ 0x3000, 0x3000 },
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd },
	{ 0x110cd, 0x110cd },
	{ 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff },
};

/* The character at text, which is UTF-8, and its length in bytes. */
static uint32_t
take_char(const unsigned char *text, size_t *len)
{
	uint32_t c = text[0];
	size_t i;

	*len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
	if (*len > 1)
		c &= 0xffU >> (*len + 1);
	for (i = 1; i < *len; i++)
		c = c << 6 | (text[i] & 0x3fU);
	return c;
}

static bool
is_unseen(uint32_t c)
{
	size_t i;

	for (i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if (c >= unseen[i].first && c <= unseen[i].last)
			return true;
	}
	return false;
}

enum char_kind
char_judge(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	enum char_kind kind = CHAR_ASCII;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = 1;
		if (p[i] < 0x80)
			continue;
		if (is_unseen(take_char(p + i, &n)))
			return CHAR_UNSEEN;
		kind = CHAR_OTHER;
	}
	return kind;
}
