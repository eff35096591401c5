/*
 * pubkey: a key that was read, written as a line, is read as the same key; a
 * message never shows what might be a private key, nor control characters.
 */
#include "config.h"

#include "lib/base64.h"
#include "lib/pubkey.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

/* The least run of base64 that might be a secret. */
#define SECRET_MIN 24

static void
check_text(const struct err *e, const uint8_t *line, size_t len)
{
	static const char base64[] = "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789+/=";
	char word[SECRET_MIN + 1];
	size_t i, n;

	while (len != 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	for (n = 0; n < len && n < SECRET_MIN; n++)
		if (line[n] == '\0' || strchr(base64, line[n]) == NULL)
			break;
	memcpy(word, line, n);
	word[n] = '\0';
	require(n < SECRET_MIN || strstr(e->text, word) == NULL);
	require(e->code != ERR_NONE && e->text[0] != '\0');
	for (i = 0; e->text[i] != '\0'; i++)
		require(e->text[i] >= ' ' && e->text[i] <= '~');
}

static void
check_again(const struct pubkey *k)
{
	size_t size = strlen(k->type) + strlen(k->comment) +
	    BASE64_ENCODED_SIZE(k->blob_len) + 3;
	struct span blob = { k->blob, k->blob_len };
	struct pubkey again;
	struct span inner;
	char *line = malloc(size);
	char *p;

	if (line == NULL)
		abort();
	p = line + sprintf(line, "%s ", k->type);
	base64_encode(p, k->blob, k->blob_len);
	p += strlen(p);
	(void)sprintf(p, " %s", k->comment);
	require(pubkey_parse_line(
		    &again, line, strlen(line), NO_PLACE, NULL) == 1);
	require(strcmp(again.type, k->type) == 0);
	require(strcmp(again.comment, k->comment) == 0);
	require(span_equal(
	    (struct span) { again.blob, again.blob_len }, blob));
	require(wire_get_string(&blob, &inner) == 0);
	require(span_is(inner, k->type));
	require(pubkey_is_cert(k) != pubkey_is_ca_type(k));
	require((pubkey_rsa_bits(k) != 0) ==
	    (strcmp(k->type, "ssh-rsa") == 0));
	require(strcmp(pubkey_short_type(k), "UNKNOWN") != 0);
	pubkey_clear(&again);
	free(line);
}

static void
run_line(const uint8_t *line, size_t len, size_t number)
{
	const struct place at = { "keys", number, 1 };
	struct err e = ERR_INIT;
	struct pubkey k;
	int r = pubkey_parse_line(&k, (const char *)line, len, at, &e);

	if (r < 0) {
		check_text(&e, line, len);
		return;
	}
	require(e.code == ERR_NONE);
	if (r == 0)
		return;
	require(k.line == number);
	check_again(&k);
	pubkey_clear(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t number = 1, begin = 0, i;

	for (i = 0; i <= size; i++) {
		if (i < size && data[i] != '\n')
			continue;
		run_line(data + begin, i - begin, number++);
		begin = i + 1;
	}
	return 0;
}
