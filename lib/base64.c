#include "config.h"

#include "lib/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits that c stands for, or -1. */
static int
sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/*
 * Decode one group of four characters, of which the last n_padding are '='.
 * Returns the number of bytes, or -1.
 */
static int
decode_group(unsigned char out[3], const char *text, size_t n_padding)
{
	unsigned int bits = 0;
	size_t i;

	for (i = 0; i < 4; i++) {
		int v = i < 4 - n_padding ? sextet(text[i]) : 0;

		if (v < 0)
			return -1;
		bits = bits << 6 | (unsigned int)v;
	}
	/* Two texts must not decode to the same bytes. */
	if ((bits & ((1U << 8 * n_padding) - 1)) != 0)
		return -1;
	out[0] = (unsigned char)(bits >> 16);
	if (n_padding < 2)
		out[1] = (unsigned char)(bits >> 8 & 0xff);
	if (n_padding < 1)
		out[2] = (unsigned char)(bits & 0xff);
	return (int)(3 - n_padding);
}

long
base64_decode(unsigned char *out, const char *text, size_t text_len)
{
	unsigned char group[3];
	long n = 0;
	size_t i;

	if (text_len % 4 != 0)
		return -1;
	for (i = 0; i < text_len; i += 4) {
		size_t n_padding = 0;
		int n_group, k;

		if (i + 4 == text_len && text[i + 3] == '=')
			n_padding = text[i + 2] == '=' ? 2 : 1;
		if ((n_group = decode_group(group, text + i, n_padding)) < 0)
			return -1;
		for (k = 0; k < n_group; k++)
			out[n++] = group[k];
	}
	return n;
}

void
base64_encode(char *out, const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i += 3) {
		unsigned int bits = (unsigned int)p[i] << 16;

		if (i + 1 < len)
			bits |= (unsigned int)p[i + 1] << 8;
		if (i + 2 < len)
			bits |= p[i + 2];
		*out++ = alphabet[bits >> 18];
		*out++ = alphabet[bits >> 12 & 63];
		*out++ = i + 1 < len ? alphabet[bits >> 6 & 63] : '=';
		*out++ = i + 2 < len ? alphabet[bits & 63] : '=';
	}
	*out = '\0';
}
