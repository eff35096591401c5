#include "config.h"

#include "lib/escape.h"

#include <string.h>

/* Room that is kept for "..." and the terminator. */
#define TAIL 4

/*
 * The characters that show c; returns how many.  Runs for every character of
 * a log line at each login: printf would cost more than the decision.
 */
static size_t
escape_one(char out[4], unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char special[] = "\n\t\r\"\\";
	static const char letters[] = "ntr\"\\";
	const char *at;

	if (c >= 0x20 && c <= 0x7e && c != '"' && c != '\\') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	if (c != '\0' && (at = strchr(special, c)) != NULL) {
		out[1] = letters[at - special];
		return 2;
	}
	out[1] = 'x';
	out[2] = digits[c >> 4];
	out[3] = digits[c & 0x0f];
	return 4;
}

char *
escape_bytes(char *out, size_t out_len, const void *src, size_t len)
{
	const unsigned char *p = src;
	size_t n = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		char one[4];
		size_t one_len = escape_one(one, p[i]);

		if (n + one_len > out_len - TAIL) {
			memcpy(out + n, "...", 3);
			n += 3;
			break;
		}
		memcpy(out + n, one, one_len);
		n += one_len;
	}
	out[n] = '\0';
	return out;
}

char *
escape_text(char *out, size_t out_len, const char *src)
{
	return escape_bytes(out, out_len, src, strlen(src));
}
