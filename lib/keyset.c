#include "config.h"

#include "lib/keyset.h"

#include "lib/base64.h"
#include "lib/keyblob.h"
#include "lib/pkey.h"

#include <stdlib.h>
#include <string.h>

const struct pubkey *
keyset_find(const struct keyset *ks, const struct pubkey *k)
{
	size_t i;

	for (i = 0; i < ks->n; i++) {
		if (ks->keys[i].blob_len == k->blob_len &&
		    memcmp(ks->keys[i].blob, k->blob, k->blob_len) == 0)
			return &ks->keys[i];
	}
	return NULL;
}

/* Whether k is a key that sshd would use as a CA's. */
static int
check_key(const struct pubkey *k, struct place at, struct err *err)
{
	struct span blob = { k->blob, k->blob_len };
	struct err detail = ERR_INIT;
	struct keyblob fields;
	EVP_PKEY *pkey = NULL;

	if (pubkey_is_cert(k))
		return err_set(err, ERR_UNSUPPORTED, at,
		    "this is a certificate", NULL,
		    "give the CA's own public key");
	if (keyblob_parse(&fields, blob, "the key", &detail) < 0 ||
	    (pkey = pkey_new(&fields, "the key", &detail)) == NULL)
		return err_set(err, detail.code, at, detail.text, NULL, NULL);
	EVP_PKEY_free(pkey);
	return 0;
}

/* A comment goes to terminals and into files. */
static void
clean_comment(char *comment)
{
	size_t len = strlen(comment);
	char *c;

	if (len > KEYSET_MAX_COMMENT)
		len = KEYSET_MAX_COMMENT;
	comment[len] = '\0';
	for (c = comment; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	while (len > 0 && comment[len - 1] == ' ')
		comment[--len] = '\0';
}

static int
add(struct keyset *ks, struct pubkey *k, struct place at, struct err *err)
{
	struct pubkey *bigger;

	if (check_key(k, at, err) < 0)
		return -1;
	if (keyset_find(ks, k) != NULL) {
		pubkey_clear(k);
		return 0;
	}
	if (ks->n == KEYSET_MAX_KEYS)
		return err_setf(err, ERR_LIMIT,
		    "more than %d keys: no CA has so many at a time",
		    KEYSET_MAX_KEYS);
	bigger = realloc(ks->keys, (ks->n + 1) * sizeof(*bigger));
	if (bigger == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	ks->keys = bigger;
	clean_comment(k->comment);
	ks->keys[ks->n++] = *k;
	return 0;
}

int
keyset_add_line(struct keyset *ks, const char *line, size_t len,
    struct place at, struct err *err)
{
	struct pubkey k;
	int found = pubkey_parse_line(&k, line, len, at, err);

	if (found <= 0)
		return found;
	if (add(ks, &k, at, err) == 0)
		return 1;
	pubkey_clear(&k);
	return -1;
}

int
keyset_read(struct keyset *ks, const char *text, size_t len, const char *file,
    struct err *err)
{
	struct place at = { file, 0, 0 };
	const char *end = text + len;
	const char *eol;

	for (; text < end; text = eol + 1) {
		at.line++;
		if ((eol = memchr(text, '\n', (size_t)(end - text))) == NULL)
			eol = end;
		if (keyset_add_line(ks, text, (size_t)(eol - text), at, err) <
		    0)
			return -1;
	}
	return 0;
}

static void
put_text(struct wire *out, const char *text)
{
	wire_put_bytes(out, text, strlen(text));
}

void
keyset_write(const struct keyset *ks, struct wire *out)
{
	char *base64;
	size_t i;

	for (i = 0; i < ks->n; i++) {
		const struct pubkey *k = &ks->keys[i];

		base64 = malloc(BASE64_ENCODED_SIZE(k->blob_len));
		if (base64 == NULL) {
			out->has_failed = true;
			return;
		}
		base64_encode(base64, k->blob, k->blob_len);
		put_text(out, k->type);
		put_text(out, " ");
		put_text(out, base64);
		if (k->comment[0] != '\0') {
			put_text(out, " ");
			put_text(out, k->comment);
		}
		put_text(out, "\n");
		free(base64);
	}
}

void
keyset_clear(struct keyset *ks)
{
	size_t i;

	for (i = 0; i < ks->n; i++)
		pubkey_clear(&ks->keys[i]);
	free(ks->keys);
	*ks = (struct keyset) KEYSET_INIT;
}
