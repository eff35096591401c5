/*
 * caanswer: the keys of an answer, written as lines, are read as the same
 * keys by the parser that certgate reads them with; they are few, none twice,
 * none a certificate; and no message shows what might be a private key, nor a
 * control character.
 */
#include "config.h"

#include "lib/caanswer.h"
#include "lib/pubkey.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The least run of base64 that might be a secret. */
#define SECRET_MIN 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool
is_base64(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '+' || c == '/';
}

static void
check_printable(const char *text)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++)
		require(text[i] >= ' ' && text[i] <= '~');
}

static void
check_error(const struct err *e)
{
	size_t i, n = 0;

	require(e->code != ERR_NONE && e->text[0] != '\0');
	check_printable(e->text);
	/* a service's own words are shown, and may be anything */
	if (strncmp(e->text, "the service says", 16) == 0)
		return;
	for (i = 0; e->text[i] != '\0'; i++) {
		n = is_base64((unsigned char)e->text[i]) ? n + 1 : 0;
		require(n < SECRET_MIN);
	}
}

static void
check_keys(const struct keyset *ks)
{
	struct keyset again = KEYSET_INIT;
	struct wire w = WIRE_INIT, w2 = WIRE_INIT;
	size_t i;

	require(ks->n > 0 && ks->n <= KEYSET_MAX_KEYS);
	keyset_write(ks, &w);
	require(!w.has_failed && w.len <= 2 * KEYSET_MAX_BYTES);
	require(keyset_read(&again, (const char *)w.p, w.len, NULL, NULL) ==
	    0);
	require(again.n == ks->n);
	for (i = 0; i < ks->n; i++) {
		require(pubkey_is_ca_type(&ks->keys[i]));
		require(!pubkey_is_cert(&ks->keys[i]));
		require(keyset_find(ks, &ks->keys[i]) == &ks->keys[i]);
		require(strcmp(again.keys[i].type, ks->keys[i].type) == 0);
		require(again.keys[i].blob_len == ks->keys[i].blob_len);
		require(memcmp(again.keys[i].blob, ks->keys[i].blob,
			    ks->keys[i].blob_len) == 0);
		check_printable(ks->keys[i].comment);
	}
	keyset_write(&again, &w2);
	require(span_equal(wire_span(&w), wire_span(&w2)));
	wire_free(&w);
	wire_free(&w2);
	keyset_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char reason[CAANSWER_REASON_SIZE];
	struct keyset ks = KEYSET_INIT;
	struct err e = ERR_INIT;

	if (caanswer_parse(&ks, (const char *)data, size, &e) == 0) {
		require(e.code == ERR_NONE);
		check_keys(&ks);
	} else {
		check_error(&e);
	}
	check_printable(caanswer_reason(reason, (const char *)data, size));
	keyset_clear(&ks);
	return 0;
}
