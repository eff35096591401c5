#include "config.h"

#include "lib/url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define SCHEME "https://"
#define HTTPS_PORT 443

static int
refuse(struct err *err, const char *what, const char *why, const char *fix)
{
	return err_set(err, ERR_MALFORMED, NO_PLACE, what, why, fix);
}

static bool
is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(unsigned char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* Whether s, of which inet_pton knows the family, is such an address. */
static bool
is_address(int family, struct span s)
{
	char text[INET6_ADDRSTRLEN];
	unsigned char bytes[sizeof(struct in6_addr)];

	if (s.len >= sizeof(text) || span_has_nul(s))
		return false;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	return inet_pton(family, text, bytes) == 1;
}

/*
 * A name, or an IPv4 address in its one usual form: a last label that begins
 * with a digit makes programs read an address.
 */
static bool
is_host(struct span s)
{
	size_t i, label = 0;

	if (s.len == 0 || s.len > URL_HOST_MAX)
		return false;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '.') {
			if (i == label)
				return false;
			label = i + 1;
		} else if (!is_letter(s.p[i]) && !is_digit(s.p[i]) &&
		    (i == label || (s.p[i] != '-' && s.p[i] != '_'))) {
			return false;
		}
	}
	if (label == s.len)
		return false;
	return !is_digit(s.p[label]) || is_address(AF_INET, s);
}

/* What may stand behind the host: RFC 3986's pchar, "/" and "?". */
static bool
is_path(struct span s)
{
	static const char marks[] = "-._~!$&'()*+,;=:@/?";
	size_t i;

	for (i = 0; i < s.len; i++) {
		unsigned char c = s.p[i];

		if (c == '%') {
			if (s.len - i < 3 || !is_hex(s.p[i + 1]) ||
			    !is_hex(s.p[i + 2]))
				return false;
		} else if (!is_letter(c) && !is_digit(c) &&
		    (c == '\0' || strchr(marks, c) == NULL)) {
			return false;
		}
	}
	return true;
}

static int
parse_port(uint16_t *out, struct span s, struct err *err)
{
	unsigned long port = 0;
	size_t i;

	for (i = 0; i < s.len && i < 6 && is_digit(s.p[i]); i++)
		port = port * 10 + (unsigned long)(s.p[i] - '0');
	if (s.len == 0 || i != s.len || s.p[0] == '0' || port > UINT16_MAX)
		return refuse(err, "the port is none", NULL,
		    "write a number from 1 to 65535, or leave it out for 443");
	*out = (uint16_t)port;
	return 0;
}

/* Take the host, and what follows it up to the path, from authority. */
static int
parse_host(struct url *u, struct span authority, struct err *err)
{
	struct span rest = authority;
	const unsigned char *end;

	if (rest.len != 0 && rest.p[0] == '[') {
		end = memchr(rest.p, ']', rest.len);
		u->is_ip6 = true;
		u->host = (struct span) { rest.p + 1,
			end == NULL ? 0 : (size_t)(end - rest.p) - 1 };
		if (!is_address(AF_INET6, u->host))
			return refuse(err, "what stands in [ ] is no address",
			    NULL, "write an IPv6 address, without a zone");
		rest.p = end + 1;
		rest.len -= u->host.len + 2;
	} else {
		end = memchr(rest.p, ':', rest.len);
		u->host = (struct span) { rest.p,
			end == NULL ? rest.len : (size_t)(end - rest.p) };
		if (!is_host(u->host))
			return refuse(err, "the host's name is none", NULL,
			    "write letters, digits, - and . as in "
			    "https://ca.example.com/");
		rest.p += u->host.len;
		rest.len -= u->host.len;
	}
	u->port = HTTPS_PORT;
	if (rest.len == 0)
		return 0;
	if (rest.p[0] != ':')
		return refuse(err, "something stands behind the host", NULL,
		    "write https://HOST/PATH or https://HOST:PORT/PATH");
	return parse_port(
	    &u->port, (struct span) { rest.p + 1, rest.len - 1 }, err);
}

int
url_parse(struct url *out, struct span text, struct err *err)
{
	static const size_t scheme_len = sizeof(SCHEME) - 1;
	struct url u = { { NULL, 0 }, false, 0, { NULL, 0 } };
	struct span rest;
	size_t n = 0;

	if (text.len > URL_MAX)
		return err_set(err, ERR_LIMIT, NO_PLACE,
		    "the address is longer than 2,000 bytes", NULL, NULL);
	if (text.len < scheme_len ||
	    strncasecmp((const char *)text.p, SCHEME, scheme_len) != 0)
		return refuse(err, "this is no https address",
		    "over plain HTTP anybody on the way could put in a key",
		    "write https://HOST/PATH");
	rest = (struct span) { text.p + scheme_len, text.len - scheme_len };
	if (memchr(rest.p, '#', rest.len) != NULL)
		return refuse(err, "the address holds a #",
		    "what follows it is never sent", "cut it there");
	while (n < rest.len && rest.p[n] != '/' && rest.p[n] != '?')
		n++;
	if (memchr(rest.p, '@', n) != NULL)
		return refuse(err, "the address holds a user name or password",
		    "addresses are shown in messages",
		    "take it out; a secret belongs into a token_file");
	u.path = (struct span) { rest.p + n, rest.len - n };
	if (parse_host(&u, (struct span) { rest.p, n }, err) < 0)
		return -1;
	if (!is_path(u.path))
		return refuse(err,
		    "the path holds a character that no address has", NULL,
		    "write it as % and two hexadecimal digits");
	*out = u;
	return 0;
}

bool
url_same_server(const struct url *a, const struct url *b)
{
	return a->port == b->port && a->is_ip6 == b->is_ip6 &&
	    a->host.len == b->host.len &&
	    strncasecmp((const char *)a->host.p, (const char *)b->host.p,
		a->host.len) == 0;
}
