#include "config.h"

#include "lib/url.h"

#include "tests/unit/harness.h"

#define NOT_HTTPS \
	"this is no https address: over plain HTTP anybody on the way could " \
	"put in a key; write https://HOST/PATH"
#define NO_HOST \
	"the host's name is none; write letters, digits, - and . as in " \
	"https://ca.example.com/"
#define NO_PORT \
	"the port is none; write a number from 1 to 65535, or leave it out " \
	"for 443"
#define NO_PATH \
	"the path holds a character that no address has; write it as % and " \
	"two hexadecimal digits"
#define USER \
	"the address holds a user name or password: addresses are shown in " \
	"messages; take it out; a secret belongs into a token_file"
#define IP6 \
	"what stands in [ ] is no address; write an IPv6 address, without a " \
	"zone"

static const struct {
	struct span text;
	const char *host;
	bool is_ip6;
	unsigned int port;
	const char *path;
} good[] = {
	{ RAW("https://ca.example.com"), "ca.example.com", false, 443, "" },
	{ RAW("https://ca.example.com/"), "ca.example.com", false, 443, "/" },
	{ RAW("HTTPS://CA.Example.com:8200/v1/ssh/public_key"),
	    "CA.Example.com", false, 8200, "/v1/ssh/public_key" },
	{ RAW("https://localhost?a=b&c=%2f"), "localhost", false, 443,
	    "?a=b&c=%2f" },
	{ RAW("https://192.0.2.7:1/x"), "192.0.2.7", false, 1, "/x" },
	{ RAW("https://[2001:db8::1]:65535/x"), "2001:db8::1", true, 65535,
	    "/x" },
	{ RAW("https://[::1]"), "::1", true, 443, "" },
	{ RAW("https://a_b.xn--nxasmq6b/~u/@;,!$'()*+=:"), "a_b.xn--nxasmq6b",
	    false, 443, "/~u/@;,!$'()*+=:" },
	{ RAW("https://4chan.example/"), "4chan.example", false, 443, "/" },
};

static int
parse(struct url *u, struct span text, struct err *e)
{
	unsigned char *copy = exact_copy(text.p, text.len);
	struct span own = { copy, text.len };
	int r = url_parse(u, own, e);

	free(copy);
	return r;
}

START_TEST(test_good)
{
	struct err e = ERR_INIT;
	struct url u;

	ck_assert_int_eq(url_parse(&u, good[_i].text, &e), 0);
	assert_err(&e, ERR_NONE, "");
	ck_assert(span_is(u.host, good[_i].host));
	ck_assert(u.is_ip6 == good[_i].is_ip6);
	ck_assert_uint_eq(u.port, good[_i].port);
	ck_assert(span_is(u.path, good[_i].path));
	ck_assert_int_eq(parse(&u, good[_i].text, &e), 0);
}
END_TEST

static const struct {
	struct span text;
	const char *want;
} bad[] = {
	{ RAW(""), NOT_HTTPS },
	{ RAW("http://ca.example.com/"), NOT_HTTPS },
	{ RAW("https:/ca.example.com/"), NOT_HTTPS },
	{ RAW("file:///etc/passwd"), NOT_HTTPS },
	{ RAW(" https://ca.example.com/"), NOT_HTTPS },
	{ RAW("https://ca.example.com/#x"),
	    "the address holds a #: what follows it is never sent; cut it "
	    "there" },
	{ RAW("https://u:p@ca.example.com/"), USER },
	{ RAW("https://ca.example.com@evil.example/"), USER },
	{ RAW("https://@/"), USER },
	{ RAW("https:///x"), NO_HOST },
	{ RAW("https://"), NO_HOST },
	{ RAW("https://:443/"), NO_HOST },
	{ RAW("https://a..b/"), NO_HOST },
	{ RAW("https://a.b./"), NO_HOST },
	{ RAW("https://.a/"), NO_HOST },
	{ RAW("https://-a/"), NO_HOST },
	{ RAW("https://a\\b/"), NO_HOST },
	{ RAW("https://a%2eb/"), NO_HOST },
	{ RAW("https://a\0b/"), NO_HOST },
	{ RAW("https://\xc3\xa4.example/"), NO_HOST },
	{ RAW("https://127.1/"), NO_HOST },
	{ RAW("https://0x7f000001/"), NO_HOST },
	{ RAW("https://2130706433/"), NO_HOST },
	{ RAW("https://127.0.0.01/"), NO_HOST },
	{ RAW("https://a:/"), NO_PORT },
	{ RAW("https://a:0/"), NO_PORT },
	{ RAW("https://a:0443/"), NO_PORT },
	{ RAW("https://a:65536/"), NO_PORT },
	{ RAW("https://a:4294967739/"), NO_PORT },
	{ RAW("https://a:44x/"), NO_PORT },
	{ RAW("https://[::1"), IP6 },
	{ RAW("https://[]/"), IP6 },
	{ RAW("https://[fe80::1%eth0]/"), IP6 },
	{ RAW("https://[127.0.0.1]/"), IP6 },
	{ RAW("https://[::1\0]/"), IP6 },
	{ RAW("https://[::1]x/"),
	    "something stands behind the host; write https://HOST/PATH or "
	    "https://HOST:PORT/PATH" },
	{ RAW("https://a/b c"), NO_PATH },
	{ RAW("https://a/\r\nX: y"), NO_PATH },
	{ RAW("https://a/\0"), NO_PATH },
	{ RAW("https://a/%2"), NO_PATH },
	{ RAW("https://a/%zz"), NO_PATH },
	{ RAW("https://a/\xff"), NO_PATH },
	{ RAW("https://a/\\"), NO_PATH },
};

START_TEST(test_bad)
{
	struct err e = ERR_INIT;
	struct url u;

	ck_assert_int_eq(parse(&u, bad[_i].text, &e), -1);
	assert_err(&e, ERR_MALFORMED, bad[_i].want);
}
END_TEST

START_TEST(test_long)
{
	char text[URL_MAX + 2];
	struct err e = ERR_INIT;
	struct url u;

	memset(text, 'a', sizeof(text));
	memcpy(text, "https://a/", 10);
	ck_assert_int_eq(url_parse(&u,
	    (struct span) { (unsigned char *)text, URL_MAX }, &e), 0);
	ck_assert_int_eq(url_parse(&u,
	    (struct span) { (unsigned char *)text, URL_MAX + 1 }, &e), -1);
	assert_err(&e, ERR_LIMIT, "the address is longer than 2,000 bytes");
	err_clear(&e);
	/* a host of 254 */
	text[8 + URL_HOST_MAX + 1] = '/';
	text[9] = 'a';
	ck_assert_int_eq(url_parse(&u,
	    (struct span) { (unsigned char *)text, 400 }, &e), -1);
	assert_err(&e, ERR_MALFORMED, NO_HOST);
}
END_TEST

static const struct {
	const char *a, *b;
	bool is_same;
} pairs[] = {
	{ "https://ca.example.com/a", "https://CA.EXAMPLE.COM:443/b", true },
	{ "https://ca.example.com/", "https://ca.example.com:8443/", false },
	{ "https://ca.example.com/", "https://ca.example.co/", false },
	{ "https://ca.example.com/", "https://cb.example.com/", false },
	{ "https://[::1]/", "https://[::1]/x", true },
};

START_TEST(test_same)
{
	struct url a, b;

	ck_assert_int_eq(url_parse(&a, span_of(pairs[_i].a), NULL), 0);
	ck_assert_int_eq(url_parse(&b, span_of(pairs[_i].b), NULL), 0);
	ck_assert(url_same_server(&a, &b) == pairs[_i].is_same);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("url");

	tcase_add_loop_test(tc, test_good, 0, N_ROWS(good));
	tcase_add_loop_test(tc, test_bad, 0, N_ROWS(bad));
	tcase_add_test(tc, test_long);
	tcase_add_loop_test(tc, test_same, 0, N_ROWS(pairs));
	return run_case("url", tc);
}
