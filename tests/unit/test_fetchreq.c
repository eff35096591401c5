#include "config.h"

#include "lib/fetchreq.h"

#include "tests/unit/harness.h"

#define NONE \
	"the request is none: lines \"url ADDRESS\" and \"token TOKEN\", each " \
	"once, then an empty line and CAs in PEM"

static const struct {
	const char *url, *token, *ca, *text;
} good[] = {
	{ "https://a/", NULL, "", "url https://a/\n" },
	{ "https://a/", "t0k.en", "", "url https://a/\ntoken t0k.en\n" },
	{ "https://a/", NULL, "-----BEGIN\n\nx\n",
	    "url https://a/\n\n-----BEGIN\n\nx\n" },
	{ "https://a/", "t", "-----BEGIN\nurl x\n",
	    "url https://a/\ntoken t\n\n-----BEGIN\nurl x\n" },
};

START_TEST(test_good)
{
	struct fetchreq in = { good[_i].url, good[_i].token,
		span_of(good[_i].ca) };
	struct fetchreq out;
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;
	unsigned char *copy;

	fetchreq_write(&in, &w);
	ck_assert(span_is(wire_span(&w), good[_i].text));
	copy = exact_copy(w.p, w.len);
	ck_assert_int_eq(fetchreq_parse(&out, (char *)copy, w.len, &e), 0);
	assert_err(&e, ERR_NONE, "");
	ck_assert_str_eq(out.url, good[_i].url);
	if (good[_i].token == NULL)
		ck_assert_ptr_null(out.token);
	else
		ck_assert_str_eq(out.token, good[_i].token);
	ck_assert(span_is(out.ca, good[_i].ca));
	free(copy);
	wire_free(&w);
}
END_TEST

static const struct {
	struct span text;
	enum err_code code;
	const char *want;
} bad[] = {
	{ RAW(""), ERR_MALFORMED, "the request names no address" },
	{ RAW("\n-----BEGIN"), ERR_MALFORMED,
	    "the request names no address" },
	{ RAW("token t\n"), ERR_MALFORMED, "the request names no address" },
	{ RAW("url https://a/"), ERR_MALFORMED,
	    "the request ends within a line" },
	{ RAW("url https://a/\nurl https://b/\n"), ERR_MALFORMED, NONE },
	{ RAW("token a\ntoken b\n"), ERR_MALFORMED, NONE },
	{ RAW("https://a/\n"), ERR_MALFORMED, NONE },
	{ RAW("url https://a/\0\n"), ERR_MALFORMED,
	    "the request holds a NUL byte" },
	{ RAW("url file:///etc/passwd\n"), ERR_MALFORMED,
	    "this is no https address: over plain HTTP anybody on the way "
	    "could put in a key; write https://HOST/PATH" },
	{ RAW("url https://a/\ntoken a b\n"), ERR_MALFORMED,
	    "the token holds a blank or a character that is not printable "
	    "ASCII" },
	{ RAW("url https://a/\ntoken \n"), ERR_MALFORMED,
	    "the token is empty" },
};

START_TEST(test_bad)
{
	struct span t = bad[_i].text;
	unsigned char *copy = exact_copy(t.p, t.len);
	struct fetchreq out;
	struct err e = ERR_INIT;

	ck_assert_int_eq(fetchreq_parse(&out, (char *)copy, t.len, &e), -1);
	assert_err(&e, bad[_i].code, bad[_i].want);
	free(copy);
}
END_TEST

START_TEST(test_limits)
{
	char *big = malloc(FETCHREQ_MAX_BYTES + 1);
	struct fetchreq out;
	struct err e = ERR_INIT;

	ck_assert_ptr_nonnull(big);
	memset(big, 'x', FETCHREQ_MAX_BYTES + 1);
	memcpy(big, "url https://a/\n\n", 16);
	ck_assert_int_eq(
	    fetchreq_parse(&out, big, FETCHREQ_MAX_CA + 16, &e), 0);
	ck_assert_uint_eq(out.ca.len, FETCHREQ_MAX_CA);
	big[14] = '\n';
	ck_assert_int_eq(
	    fetchreq_parse(&out, big, FETCHREQ_MAX_CA + 17, &e), -1);
	assert_err(&e, ERR_LIMIT, "the request is too long");
	err_clear(&e);
	ck_assert_int_eq(
	    fetchreq_parse(&out, big, FETCHREQ_MAX_BYTES + 1, &e), -1);
	assert_err(&e, ERR_LIMIT, "the request is too long");
	err_clear(&e);
	ck_assert_int_eq(
	    fetchreq_check_token(big + 16, FETCHREQ_MAX_TOKEN, &e), 0);
	ck_assert_int_eq(
	    fetchreq_check_token(big + 16, FETCHREQ_MAX_TOKEN + 1, &e), -1);
	assert_err(&e, ERR_LIMIT, "the token is longer than 8192 bytes");
	free(big);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("fetchreq");

	tcase_add_loop_test(tc, test_good, 0, N_ROWS(good));
	tcase_add_loop_test(tc, test_bad, 0, N_ROWS(bad));
	tcase_add_test(tc, test_limits);
	return run_case("fetchreq", tc);
}
