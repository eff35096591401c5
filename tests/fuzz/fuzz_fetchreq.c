/*
 * fetchreq: a request that was read, written again, is read as the same; its
 * token can be no second header, its address is one of lib/url's.
 */
#include "config.h"

#include "lib/fetchreq.h"
#include "lib/url.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fetchreq r, again;
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;
	struct url url;
	char *copy = malloc(size + 1);

	require(copy != NULL);
	if (size != 0)
		memcpy(copy, data, size);
	copy[size] = 'x';
	if (fetchreq_parse(&r, copy, size, &e) < 0) {
		require(e.code != ERR_NONE && e.text[0] != '\0');
		free(copy);
		return 0;
	}
	require(url_parse(&url, span_of(r.url), NULL) == 0);
	require(r.token == NULL ||
	    (strpbrk(r.token, " \t\r\n") == NULL && r.token[0] != '\0'));
	fetchreq_write(&r, &w);
	require(!w.has_failed);
	require(fetchreq_parse(&again, (char *)w.p, w.len, NULL) == 0);
	require(strcmp(again.url, r.url) == 0);
	require((again.token == NULL) == (r.token == NULL));
	require(r.token == NULL || strcmp(again.token, r.token) == 0);
	require(span_equal(again.ca, r.ca));
	wire_free(&w);
	free(copy);
	return 0;
}
