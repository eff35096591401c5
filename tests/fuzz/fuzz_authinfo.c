/*
 * authinfo: the input is SSH_AUTH_INFO_0.  Every line that is taken is one
 * of the text's, in order and in full, and a key's bytes encode to the text
 * that it came from.
 */
#include "config.h"

#include "pam/authinfo.h"

#include "lib/base64.h"

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

static void
check_blob(const struct authinfo *a)
{
	struct err err = ERR_INIT;
	unsigned char *blob;
	char *text;
	size_t len;

	if ((blob = authinfo_blob(a, &len, &err)) == NULL) {
		require(err.code != ERR_NONE);
		return;
	}
	require((text = malloc(BASE64_ENCODED_SIZE(len))) != NULL);
	base64_encode(text, blob, len);
	require(span_is(a->base64, text));
	require(len >= 4 + a->type.len &&
	    memcmp(blob + 4, a->type.p, a->type.len) == 0);
	free(text);
	free(blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { data, size };
	struct err err = ERR_INIT;
	struct authinfo a;
	size_t before;
	int more;

	for (;;) {
		const uint8_t *line = text.p;

		before = text.len;
		if ((more = authinfo_next(&text, &a, &err)) != 1)
			break;
		require(text.len < before && a.method.p == line);
		require(a.method.len > 0);
		require(memchr(line, '\n', before - text.len) == NULL ||
		    text.p[-1] == '\n');
		if (a.type.p != NULL)
			check_blob(&a);
		else
			require(!authinfo_is_cert(&a));
	}
	require(more == 0 ? text.len == 0 : err.code != ERR_NONE);
	return 0;
}
