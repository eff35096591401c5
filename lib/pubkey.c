#include "config.h"

#include "lib/pubkey.h"

#include "lib/base64.h"
#include "lib/escape.h"
#include "lib/keyblob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A certificate of CERT_MAX_BLOB bytes in base64 is the longest there is. */
#define LINE_MAX_LEN 400000

static bool
is_blank(unsigned char c)
{
	return c == ' ' || c == '\t';
}

static void
skip_blanks(struct span *in)
{
	while (in->len != 0 && is_blank(in->p[0])) {
		in->p++;
		in->len--;
	}
}

/*
 * Take what stands before the next blank outside double quotes, and the
 * blanks behind it.
 */
static struct span
take_field(struct span *in)
{
	struct span field = { in->p, 0 };
	bool is_quoted = false;

	while (in->len != 0 && (is_quoted || !is_blank(in->p[0]))) {
		if (in->p[0] == '"' && (field.len == 0 || in->p[-1] != '\\'))
			is_quoted = !is_quoted;
		in->p++;
		in->len--;
		field.len++;
	}
	skip_blanks(in);
	return field;
}

static bool
is_known_type(struct span name)
{
	return cert_key_type_by_span(name, NULL) ||
	    cert_key_type_by_cert_name(name, NULL);
}

/* No type's name has so many letters and digits in a row. */
#define RUN_MAX 24

/*
 * Whether word may be shown: any type name has a '-' early on, and no line of
 * base64 has, which might be a private key's.
 */
static bool
is_showable(struct span word)
{
	size_t len = word.len < 12 ? word.len : 12;
	size_t i, run = 0;

	for (i = 0; i < word.len; i++) {
		unsigned char c = word.p[i];

		run = c == '-' || c == '@' || c == '.' || c == '_' ? 0 :
								      run + 1;
		if (run > RUN_MAX)
			return false;
	}
	return word.len <= 64 && memchr(word.p, '-', len) != NULL;
}

/* The longest option that may be named, no-agent-forwarding, and some. */
#define OPTION_MAX 20

/* The name of the first option in word; p is NULL where it looks like none. */
static struct span
option_name(struct span word)
{
	size_t len;

	for (len = 0; len < word.len; len++) {
		unsigned char c = word.p[len];

		if (c == '=' || c == ',')
			break;
		if (len == OPTION_MAX ||
		    !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '@'))
			return (struct span) { NULL, 0 };
	}
	return (struct span) { word.p, len };
}

static bool
has_text(struct span s, const char *text)
{
	return memmem(s.p, s.len, text, strlen(text)) != NULL;
}

/* line does not begin with a type: say what it begins with. */
static int
refuse_start(struct span line, struct place at, struct err *err)
{
	struct span rest = line;
	struct span word = take_field(&rest);
	char what[128], shown[80];
	struct span name;

	if (has_text(line, "PRIVATE KEY") || has_text(line, "PuTTY-User-Key"))
		return err_set(err, ERR_MALFORMED, at, "this is a private key",
		    NULL,
		    "give the public one, mostly the file that ends in .pub");
	if (is_known_type(take_field(&rest))) {
		name = option_name(word);
		(void)snprintf(what, sizeof(what),
		    "\"%.*s\" stands before the key type", (int)name.len,
		    name.p == NULL ? "" : (const char *)name.p);
		if (name.len == 0)
			(void)snprintf(what, sizeof(what),
			    "something stands before the key type");
		return err_set(err, ERR_MALFORMED, at, what,
		    "sshd reads a list of CA keys only up to such a line",
		    "begin the line with the key type");
	}
	if (!is_showable(word))
		return err_set(err, ERR_MALFORMED, at,
		    "this is not a public key", NULL,
		    "write it as in a .pub file: type, base64, comment");
	(void)escape_bytes(shown, sizeof(shown), word.p, word.len);
	(void)snprintf(
	    what, sizeof(what), "key type \"%s\" is not known", shown);
	return err_set(err, ERR_UNSUPPORTED, at, what,
	    "sshd reads a list of CA keys only up to such a line", NULL);
}

static char *
copy_text(struct span s)
{
	char *copy = malloc(s.len + 1);

	if (copy == NULL)
		return NULL;
	if (s.len != 0)
		memcpy(copy, s.p, s.len);
	copy[s.len] = '\0';
	return copy;
}

/* Whether blob is a key, or a certificate's beginning, of that type. */
static int
check_blob(struct span type, struct span blob, struct place at, struct err *err)
{
	struct keyblob fields;
	struct err detail = ERR_INIT;
	struct span rest = blob;
	struct span inner;

	if (wire_get_string(&rest, &inner) < 0)
		return err_set(err, ERR_MALFORMED, at,
		    "the key's type name is cut short", NULL, NULL);
	if (!span_equal(inner, type)) {
		char what[160], shown[80];

		(void)escape_bytes(shown, 64, inner.p, inner.len);
		(void)snprintf(what, sizeof(what),
		    "the line says %.*s, but the key inside is \"%s\"",
		    (int)type.len, (const char *)type.p, shown);
		return err_set(err, ERR_MALFORMED, at, what, NULL, NULL);
	}
	if (cert_key_type_by_cert_name(type, NULL))
		return 0;
	if (keyblob_parse(&fields, blob, "the key", &detail) < 0)
		return err_set(err, detail.code, at, detail.text, NULL, NULL);
	return 0;
}

/* Decode text to a key of that type; *out is allocated. */
static int
decode_blob(struct span type, struct span text, unsigned char **out,
    size_t *len, struct place at, struct err *err)
{
	unsigned char *blob;
	long n;

	if (text.len == 0)
		return err_set(err, ERR_MALFORMED, at,
		    "nothing follows the key type", NULL,
		    "write type, base64, comment");
	if ((blob = malloc(BASE64_DECODED_MAX(text.len) + 1)) == NULL)
		return err_set(
		    err, ERR_MEMORY, at, "out of memory", NULL, NULL);
	n = base64_decode(blob, (const char *)text.p, text.len);
	if (n < 0)
		(void)err_set(err, ERR_MALFORMED, at,
		    "what follows the key type is not base64",
		    "a character was lost or changed", "copy the key again");
	else if (check_blob(type, (struct span) { blob, (size_t)n }, at, err) ==
	    0) {
		*out = blob;
		*len = (size_t)n;
		return 0;
	}
	free(blob);
	return -1;
}

int
pubkey_parse_line(struct pubkey *k, const char *line, size_t len,
    struct place at, struct err *err)
{
	struct span in = { (const unsigned char *)line, len };
	struct place here = at;
	struct pubkey out = { NULL, NULL, 0, NULL, at.line };
	struct span type, text, whole;
	int ret = -1;

	while (in.len != 0 &&
	    (is_blank(in.p[in.len - 1]) || in.p[in.len - 1] == '\r'))
		in.len--;
	skip_blanks(&in);
	if (in.len == 0 || in.p[0] == '#')
		return 0;
	if (at.col != 0)
		here.col += (size_t)((const char *)in.p - line);
	if (in.len > LINE_MAX_LEN)
		return err_set(err, ERR_LIMIT, here,
		    "the line is longer than any key", NULL, NULL);
	if (span_has_nul(in))
		return err_set(err, ERR_MALFORMED, here,
		    "the line holds a NUL byte", NULL, NULL);
	whole = in;
	type = take_field(&in);
	if (!is_known_type(type))
		return refuse_start(whole, here, err);
	if (at.col != 0)
		here.col += (size_t)(in.p - whole.p);
	text = take_field(&in);
	if (decode_blob(type, text, &out.blob, &out.blob_len, here, err) < 0)
		goto out;
	if ((out.type = copy_text(type)) == NULL ||
	    (out.comment = copy_text(in)) == NULL) {
		(void)err_set(
		    err, ERR_MEMORY, here, "out of memory", NULL, NULL);
		goto out;
	}
	*k = out;
	out = (struct pubkey) { NULL, NULL, 0, NULL, 0 };
	ret = 1;
out:
	pubkey_clear(&out);
	return ret;
}

bool
pubkey_is_ca_type(const struct pubkey *k)
{
	struct keyblob fields;
	struct span blob = { k->blob, k->blob_len };

	return keyblob_parse(&fields, blob, "the key", NULL) == 0;
}

bool
pubkey_is_cert(const struct pubkey *k)
{
	return cert_key_type_by_cert_name(span_of(k->type), NULL);
}

size_t
pubkey_rsa_bits(const struct pubkey *k)
{
	struct keyblob fields;
	struct span blob = { k->blob, k->blob_len };

	if (keyblob_parse(&fields, blob, "the key", NULL) < 0)
		return 0;
	return keyblob_rsa_bits(&fields);
}

const char *
pubkey_short_type(const struct pubkey *k)
{
	enum cert_key_type type;

	if (cert_key_type_by_cert_name(span_of(k->type), &type))
		return cert_key_type_short_cert_name(type);
	if (cert_key_type_by_name(k->type, &type))
		return cert_key_type_short_name(type);
	return "UNKNOWN";
}

void
pubkey_clear(struct pubkey *k)
{
	free(k->type);
	free(k->blob);
	free(k->comment);
	*k = (struct pubkey) { NULL, NULL, 0, NULL, 0 };
}
