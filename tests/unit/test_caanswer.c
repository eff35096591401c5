#include "config.h"

#include "lib/caanswer.h"

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#include <stdio.h>

#define BLOB_A \
	"AAAAC3NzaC1lZDI1NTE5AAAAIFUp65QF3J5Pe4C/V9y18r9Hi4jcCdTA2K9xeY2/RZ0J"
#define BLOB_B \
	"AAAAC3NzaC1lZDI1NTE5AAAAIEGOfSB/h4pmU8JAEC4nqBs2c6ECLdYklyAGmps3lHvZ"

static int
parse(struct keyset *ks, struct span text, struct err *e)
{
	unsigned char *copy = exact_copy(text.p, text.len);
	int r = caanswer_parse(ks, (const char *)copy, text.len, e);

	free(copy);
	return r;
}

static const struct {
	const char *name;
	struct span text;
	const char *want;
} good[] = {
	{ "Vault", RAW(KEY_A "\n"), KEY_A "\n" },
	{ "Vault, without a line end", RAW(KEY_A), KEY_A "\n" },
	{ "step-ca, roots",
	    RAW("{\"userKey\":[\"" BLOB_A "\"],\"hostKey\":[\"" BLOB_B
		"\"]}\n"),
	    KEY_A "\n" },
	{ "step-ca, federation",
	    RAW("{\"userKey\":[\"" BLOB_A "\",\"" BLOB_B "\"]}"),
	    KEY_A "\n" KEY_B "\n" },
	{ "Cloudflare, one application",
	    RAW("{\n  \"result\": {\n    \"id\": \"4f74\",\n    \"aud\": "
		"\"7d19\",\n    \"public_key\": \"" KEY_A
		" open-ssh-ca@cloudflareaccess.org\"\n  },\n  \"success\": "
		"true,\n  \"errors\": [],\n  \"messages\": []\n}\n"),
	    KEY_A " open-ssh-ca@cloudflareaccess.org\n" },
	{ "Cloudflare, a list",
	    RAW(" {\"success\":true,\"errors\":[],\"messages\":[],\"result\":"
		"[{\"id\":\"a\",\"public_key\":\"" KEY_A "\\n\"},{\"id\":"
		"\"b\",\"public_key\":\"" KEY_B " b\"}],\"result_info\":"
		"{\"page\":1}}"),
	    KEY_A "\n" KEY_B " b\n" },
	{ "brackets in a text",
	    RAW("{\"x\":\"[[[[[[[[[[\\\"{{{{{{{{{{\",\"userKey\":[\"" BLOB_A
		"\"]}"),
	    KEY_A "\n" },
};

START_TEST(test_good)
{
	struct keyset ks = KEYSET_INIT;
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;

	ck_assert_int_eq(parse(&ks, good[_i].text, &e), 0);
	assert_err(&e, ERR_NONE, "");
	keyset_write(&ks, &w);
	wire_put_u8(&w, 0);
	ck_assert_str_eq((const char *)w.p, good[_i].want);
	wire_free(&w);
	keyset_clear(&ks);
}
END_TEST

#define NO_TEXT "expected a text with a public key"
#define NO_BLOB "this is no public key in base64"

static const struct {
	const char *name;
	struct span text;
	enum err_code code;
	const char *want;
} bad[] = {
	{ "nothing", RAW(""), ERR_NOT_FOUND, "the answer holds no key" },
	{ "blank", RAW("\n \n# no key\n"), ERR_NOT_FOUND,
	    "the answer holds no key" },
	{ "HTML", RAW("<html><body>Sign in</body></html>\n"), ERR_MALFORMED,
	    "answer:1: this is not a public key; write it as in a .pub file: "
	    "type, base64, comment" },
	{ "private key",
	    RAW("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n"),
	    ERR_MALFORMED,
	    "answer:1: this is a private key; give the public one, mostly "
	    "the file that ends in .pub" },
	{ "a key and a private key",
	    RAW(KEY_A "\n-----BEGIN OPENSSH PRIVATE KEY-----\n"),
	    ERR_MALFORMED,
	    "answer:2: this is a private key; give the public one, mostly "
	    "the file that ends in .pub" },
	{ "broken JSON", RAW("{\"userKey\":\n[\"" BLOB_A "\""),
	    ERR_MALFORMED, "the answer is broken JSON, line 2 column 71" },
	{ "text behind JSON", RAW("{\"userKey\":[\"" BLOB_A "\"]} x"),
	    ERR_MALFORMED, "the answer is broken JSON, line 1 column 86" },
	{ "a list", RAW("[\"" BLOB_A "\"]"), ERR_UNSUPPORTED,
	    "the answer is JSON with neither \"userKey\" nor \"result\": not "
	    "what step-ca or Cloudflare send" },
	{ "deep", RAW("{\"a\":[[[[[[[[[[[[[1]]]]]]]]]]]]]}"), ERR_LIMIT,
	    "the answer is JSON nested deeper than 8" },
	{ "the same key twice",
	    RAW("{\"userKey\":[\"" BLOB_A "\"],\"userKey\":[\"" BLOB_B
		"\"]}"),
	    ERR_MALFORMED, "the answer is broken JSON, line 1 column 93" },
	{ "NUL in a text", RAW("{\"userKey\":[\"\\u0000\"]}"), ERR_MALFORMED,
	    "the answer is broken JSON, line 1 column 20" },
	{ "NUL", RAW("{\"userKey\":[\0]}"), ERR_MALFORMED,
	    "the answer is broken JSON, line 1 column 13" },
	{ "step-ca without a CA for users",
	    RAW("{\"hostKey\":[\"" BLOB_A "\"]}"), ERR_UNSUPPORTED,
	    "the answer holds keys for hosts only (\"hostKey\"): this CA "
	    "signs no certificates of users" },
	{ "step-ca, no key", RAW("{\"userKey\":[]}"), ERR_NOT_FOUND,
	    "the answer holds no key" },
	{ "userKey no list", RAW("{\"userKey\":\"" BLOB_A "\"}"),
	    ERR_MALFORMED, "\"userKey\" of the answer is no list" },
	{ "userKey a number", RAW("{\"userKey\":[7]}"), ERR_MALFORMED,
	    "userKey:1: " NO_TEXT },
	{ "userKey no base64", RAW("{\"userKey\":[\"" BLOB_A "\",\"x\"]}"),
	    ERR_MALFORMED, "userKey:2: " NO_BLOB },
	{ "userKey null", RAW("{\"userKey\":[null]}"), ERR_MALFORMED,
	    "userKey:1: " NO_TEXT },
	{ "userKey a line", RAW("{\"userKey\":[\"" KEY_A "\"]}"),
	    ERR_MALFORMED, "userKey:1: " NO_BLOB },
	{ "userKey a comment", RAW("{\"userKey\":[\"AAAAASM=\"]}"),
	    ERR_MALFORMED, "userKey:1: " NO_BLOB },
	{ "both", RAW("{\"userKey\":[\"" BLOB_A "\"],\"result\":[]}"),
	    ERR_MALFORMED,
	    "the answer has both \"userKey\" and \"result\"" },
	{ "Cloudflare, a failure",
	    RAW("{\"success\":false,\"errors\":[{\"code\":10000,\"message\":"
		"\"Authentication \\u001b[31merror\"}],\"messages\":[],"
		"\"result\":null}"),
	    ERR_REFUSED,
	    "the service says that it failed: \"Authentication "
	    "\\x1b[31merror\"" },
	{ "a failure that holds a key",
	    RAW("{\"success\":false,\"errors\":[],\"result\":"
		"{\"public_key\":\"" KEY_A "\"}}"),
	    ERR_REFUSED, "the service says that it failed" },
	{ "success a text",
	    RAW("{\"success\":\"true\",\"result\":{\"public_key\":\"" KEY_A
		"\"}}"),
	    ERR_REFUSED, "the service says that it failed" },
	{ "Cloudflare, no key",
	    RAW("{\"success\":true,\"result\":{\"id\":\"x\"}}"),
	    ERR_MALFORMED, "result.public_key:1: " NO_TEXT },
	{ "Cloudflare, a list of texts",
	    RAW("{\"success\":true,\"result\":[\"" KEY_A "\"]}"),
	    ERR_MALFORMED, "result.public_key:1: " NO_TEXT },
	{ "Cloudflare, an empty key",
	    RAW("{\"success\":true,\"result\":{\"public_key\":\"\"}}"),
	    ERR_MALFORMED, "result.public_key:1: an empty text" },
	{ "Cloudflare, two lines",
	    RAW("{\"success\":true,\"result\":{\"public_key\":\"" KEY_A
		"\\n" KEY_B "\"}}"),
	    ERR_MALFORMED,
	    "result.public_key:1: more than one line where one key "
	    "belongs" },
	{ "Cloudflare, a result of another kind",
	    RAW("{\"success\":true,\"result\":\"" KEY_A "\"}"),
	    ERR_MALFORMED,
	    "\"result\" of the answer is neither an object nor a list" },
	{ "Vault, a failure",
	    RAW("{\"errors\":[\"no handler for route\"]}\n"), ERR_REFUSED,
	    "the service says \"no handler for route\"" },
	{ "step-ca, a failure",
	    RAW("{\"status\":404,\"message\":\"not found\"}"), ERR_REFUSED,
	    "the service says \"not found\"" },
};

START_TEST(test_bad)
{
	struct keyset ks = KEYSET_INIT;
	struct err e = ERR_INIT;

	ck_assert_int_eq(parse(&ks, bad[_i].text, &e), -1);
	assert_err(&e, bad[_i].code, bad[_i].want);
	keyset_clear(&ks);
}
END_TEST

START_TEST(test_too_long)
{
	static char text[CAANSWER_MAX_BYTES + 1];
	struct keyset ks = KEYSET_INIT;
	struct err e = ERR_INIT;

	memset(text, '\n', sizeof(text));
	memcpy(text, KEY_A, strlen(KEY_A));
	ck_assert_int_eq(caanswer_parse(&ks, text, sizeof(text) - 1, &e), 0);
	ck_assert_uint_eq(ks.n, 1);
	ck_assert_int_eq(caanswer_parse(&ks, text, sizeof(text), &e), -1);
	assert_err(&e, ERR_LIMIT,
	    "the answer is longer than the 65536 bytes allowed");
	keyset_clear(&ks);
}
END_TEST

static const struct {
	const char *text, *want;
} reasons[] = {
	{ "{\"errors\":[\"permission denied\"]}", "permission denied" },
	{ "{\"errors\":[{\"code\":1,\"message\":\"a\\nb\"}]}", "a\\nb" },
	{ "{\"status\":500,\"message\":\"oops\"}", "oops" },
	{ "{\"errors\":[]}", "" },
	{ "{\"errors\":7,\"message\":[]}", "" },
	{ "[[[[[[[[[[[[]]]]]]]]]]]]", "" },
	{ "<html>", "" },
	{ "", "" },
};

START_TEST(test_reason)
{
	char out[CAANSWER_REASON_SIZE];

	ck_assert_str_eq(caanswer_reason(
	    out, reasons[_i].text, strlen(reasons[_i].text)),
	    reasons[_i].want);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("caanswer");

	tcase_add_loop_test(tc, test_good, 0, N_ROWS(good));
	tcase_add_loop_test(tc, test_bad, 0, N_ROWS(bad));
	tcase_add_test(tc, test_too_long);
	tcase_add_loop_test(tc, test_reason, 0, N_ROWS(reasons));
	return run_case("caanswer", tc);
}
