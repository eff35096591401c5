#include "config.h"

#include "lib/keyset.h"

#include "lib/base64.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#include <stdio.h>

static void
assert_written(const struct keyset *ks, const char *want)
{
	struct wire w = WIRE_INIT;

	keyset_write(ks, &w);
	ck_assert(!w.has_failed);
	wire_put_u8(&w, 0);
	ck_assert_str_eq((const char *)w.p, want);
	wire_free(&w);
}

static int
read_text(struct keyset *ks, struct span text, struct err *e)
{
	unsigned char *copy = exact_copy(text.p, text.len);
	int r = keyset_read(ks, (const char *)copy, text.len, "keys", e);

	free(copy);
	return r;
}

static const struct {
	const char *name;
	struct span text;
	const char *want;
} good[] = {
	{ "nothing", RAW(""), "" },
	{ "no key", RAW("# none\n\n \t\r\n"), "" },
	{ "a key", RAW(KEY_A), KEY_A "\n" },
	{ "comments and blanks",
	    RAW("# ours\n\t" KEY_A "  one  two \r\n\n" KEY_B "\n"),
	    KEY_A " one  two\n" KEY_B "\n" },
	{ "twice", RAW(KEY_A " first\n" KEY_B "\n" KEY_A " again\n"),
	    KEY_A " first\n" KEY_B "\n" },
	{ "comment that acts", RAW(KEY_A " a\x1b[31mb\xc3\xa4\n"),
	    KEY_A " a?[31mb??\n" },
	{ "RSA", RAW(KEY_RSA "\n"), KEY_RSA "\n" },
};

START_TEST(test_good)
{
	struct keyset ks = KEYSET_INIT, again = KEYSET_INIT;
	struct err e = ERR_INIT;

	ck_assert_int_eq(read_text(&ks, good[_i].text, &e), 0);
	assert_err(&e, ERR_NONE, "");
	assert_written(&ks, good[_i].want);
	/* what was written is read as the same */
	ck_assert_int_eq(
	    read_text(&again, span_of(good[_i].want), &e), 0);
	assert_written(&again, good[_i].want);
	ck_assert_uint_eq(ks.n, again.n);
	keyset_clear(&ks);
	keyset_clear(&again);
	ck_assert_uint_eq(ks.n, 0);
}
END_TEST

/* y is no coordinate for this x; x is 2. */
#define OFF_CURVE \
	"ecdsa-sha2-nistp256 " \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMpzfTOx/UP/oa" \
	"TcXcVBquomMXpqpeklj7pJwyKo8vORVM51pmCJU6mN/PSkoA9o1E+gppRH1o/y1mau" \
	"o7uMytE="
#define DSA \
	"ssh-dss AAAAB3NzaC1kc3MAAACBAOe="

static const struct {
	const char *name;
	struct span text;
	enum err_code code;
	const char *want;
} bad[] = {
	{ "certificate", RAW(KEY_A "\n" CERT_B "\n"), ERR_UNSUPPORTED,
	    "keys:2: this is a certificate; give the CA's own public key" },
	{ "private key", RAW("\n-----BEGIN OPENSSH PRIVATE KEY-----\n"),
	    ERR_MALFORMED,
	    "keys:2: this is a private key; give the public one, mostly the "
	    "file that ends in .pub" },
	{ "option", RAW("cert-authority " KEY_A), ERR_MALFORMED,
	    "keys:1: \"cert-authority\" stands before the key type: sshd "
	    "reads a list of CA keys only up to such a line; begin the line "
	    "with the key type" },
	{ "HTML", RAW("<!DOCTYPE html>\n<html>\n"), ERR_MALFORMED,
	    "keys:1: this is not a public key; write it as in a .pub file: "
	    "type, base64, comment" },
	{ "NUL", RAW(KEY_A " a\0b\n"), ERR_MALFORMED,
	    "keys:1: the line holds a NUL byte" },
	{ "DSA", RAW(DSA), ERR_UNSUPPORTED,
	    "keys:1: key type \"ssh-dss\" is not known: sshd reads a list of "
	    "CA keys only up to such a line" },
	{ "no point of the curve", RAW(OFF_CURVE), ERR_MALFORMED,
	    "keys:1: the key is not sound: its point is not one of the curve" },
};

START_TEST(test_bad)
{
	struct keyset ks = KEYSET_INIT;
	struct err e = ERR_INIT;

	ck_assert_int_eq(read_text(&ks, bad[_i].text, &e), -1);
	assert_err(&e, bad[_i].code, bad[_i].want);
	keyset_clear(&ks);
}
END_TEST

/* Line number i of as many keys as one likes: KEY_A's with another ending. */
static void
numbered_key(char line[200], unsigned int i)
{
	unsigned char blob[51];
	char base64[BASE64_ENCODED_SIZE(51)];

	const char *text = strchr(KEY_A, ' ') + 1;

	ck_assert_int_eq(base64_decode(blob, text, strlen(text)), 51);
	blob[50] = (unsigned char)i;
	base64_encode(base64, blob, sizeof(blob));
	(void)snprintf(line, 200, "ssh-ed25519 %s", base64);
}

START_TEST(test_many)
{
	struct keyset ks = KEYSET_INIT;
	struct err e = ERR_INIT;
	char line[200];
	unsigned int i;

	for (i = 0; i < KEYSET_MAX_KEYS; i++) {
		numbered_key(line, i);
		ck_assert_int_eq(keyset_add_line(
		    &ks, line, strlen(line), NO_PLACE, &e), 1);
	}
	/* one that is there already is none too many */
	ck_assert_int_eq(
	    keyset_add_line(&ks, line, strlen(line), NO_PLACE, &e), 1);
	numbered_key(line, i);
	ck_assert_int_eq(
	    keyset_add_line(&ks, line, strlen(line), NO_PLACE, &e), -1);
	assert_err(&e, ERR_LIMIT,
	    "more than 32 keys: no CA has so many at a time");
	ck_assert_uint_eq(ks.n, KEYSET_MAX_KEYS);
	keyset_clear(&ks);
}
END_TEST

START_TEST(test_find)
{
	struct keyset ks = KEYSET_INIT, other = KEYSET_INIT;

	ck_assert_int_eq(
	    read_text(&ks, span_of(KEY_A " x\n" KEY_B "\n"), NULL), 0);
	ck_assert_int_eq(
	    read_text(&other, span_of(KEY_B " y\n" KEY_RSA "\n"), NULL), 0);
	ck_assert_ptr_eq(keyset_find(&ks, &other.keys[0]), &ks.keys[1]);
	ck_assert_ptr_null(keyset_find(&ks, &other.keys[1]));
	keyset_clear(&ks);
	keyset_clear(&other);
}
END_TEST

START_TEST(test_long_comment)
{
	char line[1000] = KEY_A " ";
	struct keyset ks = KEYSET_INIT;
	size_t len = strlen(line);

	memset(line + len, 'x', 500);
	ck_assert_int_eq(
	    keyset_add_line(&ks, line, len + 500, NO_PLACE, NULL), 1);
	ck_assert_uint_eq(strlen(ks.keys[0].comment), KEYSET_MAX_COMMENT);
	keyset_clear(&ks);

	/* Cut behind a blank, which would be lost when it is read again. */
	line[len + KEYSET_MAX_COMMENT - 1] = ' ';
	ck_assert_int_eq(
	    keyset_add_line(&ks, line, len + 500, NO_PLACE, NULL), 1);
	ck_assert_uint_eq(
	    strlen(ks.keys[0].comment), KEYSET_MAX_COMMENT - 1);
	keyset_clear(&ks);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("keyset");

	tcase_add_loop_test(tc, test_good, 0, N_ROWS(good));
	tcase_add_loop_test(tc, test_bad, 0, N_ROWS(bad));
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_find);
	tcase_add_test(tc, test_long_comment);
	return run_case("keyset", tc);
}
