#include "config.h"

#include "pam/authinfo.h"

#include "lib/base64.h"
#include "lib/cert.h"

#include <stdlib.h>
#include <string.h>

#define CERT_SUFFIX "-cert-v01@openssh.com"

static int
malformed(struct err *err, const char *what)
{
	return err_setf(err, ERR_MALFORMED, "SSH_AUTH_INFO_0: %s", what);
}

/* Take what stands before the next blank; the blank goes with it. */
static struct span
take_word(struct span *line)
{
	const unsigned char *end = memchr(line->p, ' ', line->len);
	struct span word = *line;

	if (end != NULL)
		word.len = (size_t)(end - line->p);
	line->p += word.len + (end != NULL ? 1 : 0);
	line->len -= word.len + (end != NULL ? 1 : 0);
	return word;
}

static bool
is_printable(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

int
authinfo_next(struct span *text, struct authinfo *line, struct err *err)
{
	struct span rest = *text;
	const unsigned char *end;
	struct authinfo a = { .type = { NULL, 0 } };

	if (text->len == 0)
		return 0;
	if (text->len > AUTHINFO_MAX)
		return err_setf(err, ERR_LIMIT,
		    "SSH_AUTH_INFO_0: longer than sshd can have made it");
	end = memchr(text->p, '\n', text->len);
	if (end != NULL)
		rest.len = (size_t)(end - text->p);
	text->p += rest.len + (end != NULL ? 1 : 0);
	text->len -= rest.len + (end != NULL ? 1 : 0);
	if (!is_printable(rest))
		return malformed(err, "a line holds control characters");
	a.method = take_word(&rest);
	if (a.method.len == 0)
		return malformed(err, "a line names no method");
	if (span_is(a.method, "publickey")) {
		a.type = take_word(&rest);
		a.base64 = take_word(&rest);
		if (a.type.len == 0 || a.base64.len == 0)
			return malformed(
			    err, "a line of publickey names no key");
	}
	*line = a;
	return 1;
}

bool
authinfo_is_cert(const struct authinfo *line)
{
	size_t len = strlen(CERT_SUFFIX);

	return line->type.p != NULL && line->type.len >= len &&
	    memcmp(line->type.p + line->type.len - len, CERT_SUFFIX, len) == 0;
}

unsigned char *
authinfo_blob(const struct authinfo *line, size_t *len, struct err *err)
{
	unsigned char *blob;
	struct span in, type;
	long n;

	if (line->base64.len > BASE64_ENCODED_SIZE(CERT_MAX_BLOB)) {
		(void)err_setf(err, ERR_LIMIT,
		    "SSH_AUTH_INFO_0: a key is longer than sshd allows");
		return NULL;
	}
	blob = malloc(BASE64_DECODED_MAX(line->base64.len) + 1);
	if (blob == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	n = base64_decode(
	    blob, (const char *)line->base64.p, line->base64.len);
	in = (struct span) { blob, n < 0 ? 0 : (size_t)n };
	if (n < 0 || wire_get_string(&in, &type) < 0 ||
	    !span_equal(type, line->type)) {
		(void)malformed(err, "a key is not what its line says");
		free(blob);
		return NULL;
	}
	*len = (size_t)n;
	return blob;
}
