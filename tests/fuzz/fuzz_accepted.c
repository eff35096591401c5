/*
 * accepted: whatever the log holds, only a line that ends in a CA's
 * fingerprint is a login, it is that CA's, and nothing else in it counts.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/accepted.h"

/* 2026-11-22T11:00:00Z */
#define WRITTEN_AT 1795345200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
check_line(const char *line, size_t len)
{
	struct accepted_key key = { "untouched", -1 };
	struct accepted_key again = { "", 0 };
	size_t fp_len;
	char *other;

	if (accepted_line(&key, line, len, WRITTEN_AT) == 0) {
		require(strcmp(key.fingerprint, "untouched") == 0 &&
		    key.at == -1);
		return;
	}
	fp_len = strlen(key.fingerprint);
	require(fp_len == 50 && key.at >= 0);
	while (len > 0 && strchr("\r \t", line[len - 1]) != NULL)
		len--;
	require(len > fp_len &&
	    memcmp(line + len - fp_len, key.fingerprint, fp_len) == 0);
	/* A CR, as some logs have it, changes nothing; a word more does. */
	other = malloc(len + 2);
	require(other != NULL);
	memcpy(other, line, len);
	other[len] = '\r';
	require(accepted_line(&again, other, len + 1, WRITTEN_AT) == 1 &&
	    strcmp(again.fingerprint, key.fingerprint) == 0 &&
	    again.at == key.at);
	other[len] = 'x';
	require(accepted_line(&again, other, len + 1, WRITTEN_AT) == 0);
	free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	const char *end = text + size;
	const char *eol;

	for (; text < end; text = eol + 1) {
		if ((eol = memchr(text, '\n', (size_t)(end - text))) == NULL)
			eol = end;
		check_line(text, (size_t)(eol - text));
	}
	return 0;
}
