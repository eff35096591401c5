#include "config.h"

#include "lib/fetchreq.h"

#include "lib/url.h"

#include <stdbool.h>
#include <string.h>

#define URL "url "
#define TOKEN "token "

int
fetchreq_check_token(const char *text, size_t len, struct err *err)
{
	size_t i;

	if (len == 0)
		return err_setf(err, ERR_MALFORMED, "the token is empty");
	if (len > FETCHREQ_MAX_TOKEN)
		return err_setf(err, ERR_LIMIT,
		    "the token is longer than %d bytes", FETCHREQ_MAX_TOKEN);
	for (i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return err_setf(err, ERR_MALFORMED,
			    "the token holds a blank or a character that is "
			    "not printable ASCII");
	}
	return 0;
}

static void
put_line(struct wire *out, const char *key, const char *value)
{
	wire_put_bytes(out, key, strlen(key));
	wire_put_bytes(out, value, strlen(value));
	wire_put_bytes(out, "\n", 1);
}

void
fetchreq_write(const struct fetchreq *r, struct wire *out)
{
	put_line(out, URL, r->url);
	if (r->token != NULL)
		put_line(out, TOKEN, r->token);
	if (r->ca.len != 0) {
		wire_put_bytes(out, "\n", 1);
		wire_put_bytes(out, r->ca.p, r->ca.len);
	}
}

static bool
begins_with(const char *line, const char *key)
{
	return strncmp(line, key, strlen(key)) == 0;
}

/* One line, terminated, of line_len bytes. */
static int
parse_line(struct fetchreq *r, const char *line, size_t len, struct err *err)
{
	struct url url;

	if (strlen(line) != len)
		return err_setf(
		    err, ERR_MALFORMED, "the request holds a NUL byte");
	if (begins_with(line, URL) && r->url == NULL) {
		r->url = line + strlen(URL);
		return url_parse(&url, span_of(r->url), err);
	}
	if (begins_with(line, TOKEN) && r->token == NULL) {
		r->token = line + strlen(TOKEN);
		return fetchreq_check_token(r->token, strlen(r->token), err);
	}
	return err_setf(err, ERR_MALFORMED,
	    "the request is none: lines \"url ADDRESS\" and \"token TOKEN\", "
	    "each once, then an empty line and CAs in PEM");
}

int
fetchreq_parse(struct fetchreq *r, char *bytes, size_t len, struct err *err)
{
	struct fetchreq out = { NULL, NULL, { NULL, 0 } };
	char *end = bytes + len;
	char *line, *eol;

	if (len > FETCHREQ_MAX_BYTES)
		return err_setf(err, ERR_LIMIT, "the request is too long");
	for (line = bytes; line < end; line = eol + 1) {
		eol = memchr(line, '\n', (size_t)(end - line));
		if (eol == NULL)
			return err_setf(err, ERR_MALFORMED,
			    "the request ends within a line");
		if (eol == line) {
			out.ca = (struct span) {
				(const unsigned char *)eol + 1,
				(size_t)(end - eol) - 1
			};
			break;
		}
		*eol = '\0';
		if (parse_line(&out, line, (size_t)(eol - line), err) < 0)
			return -1;
	}
	if (out.url == NULL)
		return err_setf(
		    err, ERR_MALFORMED, "the request names no address");
	if (out.ca.len > FETCHREQ_MAX_CA)
		return err_setf(err, ERR_LIMIT, "the request is too long");
	*r = out;
	return 0;
}
