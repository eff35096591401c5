#include "config.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define TWO \
	"version: 1\n" \
	"authorities:\n" \
	"  ca: {keys: [\"" KEY_A "\"]}\n" \
	"  other: {keys: [\"" KEY_B "\"]}\n" \
	"users:\n" \
	"  jim: any\n"

#define REVOKED(entry) RAW(HEAD "users:\n  jim: any\nrevoked:\n" entry)

static const struct policy_row rows[] = {
	{ "none", RAW(HEAD "users:\n  jim: any\nrevoked: []\n"), NULL,
	    RAW(""), "" },
	{ "all forms",
	    REVOKED("  - {authority: ca, serial: 42}\n"
		"  - {authority: ca, serial: 0}\n"
		"  - {authority: ca, serials: 100-199}\n"
		"  - {authority: ca, serials: 7-7}\n"
		"  - {authority: ca, serials: 200-18446744073709551615}\n"
		"  - {authority: ca, key_id: \"jdoe@example.com\"}\n"
		"  - {authority: ca, key_id: ' a#b '}\n"
		"  - {key: \"" KEY_B " a comment\"}\n"
		"  - authority: ca\n"
		"    serial: 43\n"),
	    NULL, RAW(""), "" },
	{ "one without a list", REVOKED("  {authority: ca, serial: 42}\n"),
	    NULL, RAW(""), "" },
	{ "an authority further down",
	    RAW("version: 1\n"
		"revoked: [{authority: ca, serial: 42}]\n"
		"users: {jim: any}\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"),
	    NULL, RAW(""), "" },
	{ "null", RAW(HEAD "users:\n  jim: any\nrevoked:\n"), NULL, RAW(""),
	    "policy.yaml:6:9: error: expected a list of revocations, found "
	    "nothing\n" },
	{ "a word", REVOKED("  - everything\n"), NULL, RAW(""),
	    "policy.yaml:7:5: error: expected an entry such as {authority: "
	    "NAME, serial: 42}, found \"everything\"\n" },
	{ "nothing in it", REVOKED("  - {}\n"), NULL, RAW(""),
	    "policy.yaml:7:5: error: this entry revokes nothing; add "
	    "\"serial\", \"serials\", \"key_id\" or \"key\"\n" },
	{ "an authority alone", REVOKED("  - {authority: ca}\n"), NULL,
	    RAW(""),
	    "policy.yaml:7:5: error: this entry revokes nothing; add "
	    "\"serial\", \"serials\", \"key_id\" or \"key\"\n" },
	{ "two things", REVOKED("  - {authority: ca, serial: 1, key_id: x}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:40: error: \"serial\" and \"key_id\" in one entry: "
	    "it would not be clear whether one of them is enough; write an "
	    "entry for each\n" },
	{ "no authority",
	    REVOKED("  - {serial: 1}\n"
		"  - {serials: 1-2}\n"
		"  - {key_id: x}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:5: error: \"serial\" without \"authority\": every "
	    "CA counts serials of its own; add \"authority\"\n"
	    "policy.yaml:8:5: error: \"serials\" without \"authority\": every "
	    "CA counts serials of its own; add \"authority\"\n"
	    "policy.yaml:9:5: error: \"key_id\" without \"authority\": every "
	    "CA writes key IDs of its own; add \"authority\"\n" },
	{ "an authority beside a key",
	    REVOKED("  - {authority: ca, key: \"" KEY_B "\"}\n"), NULL,
	    RAW(""),
	    "policy.yaml:7:17: error: \"authority\" beside \"key\": a revoked "
	    "key is refused whoever signed for it; remove \"authority\"\n" },
	{ "unknown authorities",
	    RAW("version: 1\n"
		"authorities:\n"
		"  vault: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: any\n"
		"revoked:\n"
		"  - {authority: vualt, serial: 1}\n"
		"  - {authority: vualt, key_id: x}\n"
		"  - {authority: c/d, serials: 1-2}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:17: error: there is no authority \"vualt\"; did "
	    "you mean \"vault\"?\n"
	    "policy.yaml:8:17: error: there is no authority \"vualt\"; did "
	    "you mean \"vault\"?\n"
	    "policy.yaml:9:17: error: there is no authority \"c/d\"\n" },
	{ "an authority that is no name",
	    REVOKED("  - {authority: [ca], serial: 1}\n"), NULL, RAW(""),
	    "policy.yaml:7:17: error: expected an authority's name, found a "
	    "list\n" },
	{ "serials that are none",
	    REVOKED("  - {authority: ca, serial: 010}\n"
		"  - {authority: ca, serial: 0x2a}\n"
		"  - {authority: ca, serial: -1}\n"
		"  - {authority: ca, serial: 1-2}\n"
		"  - {authority: ca, serial: 18446744073709551616}\n"
		"  - {authority: ca, serial: \"1\"}\n"
		"  - {authority: ca, serial: }\n"
		"  - {authority: ca, serial: [1]}\n"),
	    NULL, RAW(""),
#define NO_SERIAL \
	"expected a serial, in decimal digits without zeros in front, as " \
	"ssh-keygen -L shows it, found "
	    "policy.yaml:7:29: error: " NO_SERIAL "\"010\"\n"
	    "policy.yaml:8:29: error: " NO_SERIAL "\"0x2a\"\n"
	    "policy.yaml:9:29: error: " NO_SERIAL "\"-1\"\n"
	    "policy.yaml:10:29: error: " NO_SERIAL "\"1-2\"\n"
	    "policy.yaml:11:29: error: " NO_SERIAL
	    "\"18446744073709551616\"\n"
	    "policy.yaml:12:29: error: " NO_SERIAL "\"1\"\n"
	    "policy.yaml:13:29: error: " NO_SERIAL "nothing\n"
	    "policy.yaml:14:29: error: " NO_SERIAL "a list\n" },
	{ "ranges that are none",
	    REVOKED("  - {authority: ca, serials: 5}\n"
		"  - {authority: ca, serials: 5-}\n"
		"  - {authority: ca, serials: 5 - 6}\n"
		"  - {authority: ca, serials: 05-6}\n"
		"  - {authority: ca, serials: 5-6-7}\n"
		"  - {authority: ca, serials: 6-5}\n"),
	    NULL, RAW(""),
#define NO_RANGE \
	"expected a range of serials such as 100-199, in decimal digits, " \
	"found "
	    "policy.yaml:7:30: error: " NO_RANGE "\"5\"\n"
	    "policy.yaml:8:30: error: " NO_RANGE "\"5-\"\n"
	    "policy.yaml:9:30: error: " NO_RANGE "\"5 - 6\"\n"
	    "policy.yaml:10:30: error: " NO_RANGE "\"05-6\"\n"
	    "policy.yaml:11:30: error: " NO_RANGE "\"5-6-7\"\n"
	    "policy.yaml:12:30: error: the range \"6-5\" ends before it "
	    "begins; write the smaller serial first\n" },
	{ "key IDs that are none",
	    REVOKED("  - {authority: ca, key_id: }\n"
		"  - {authority: ca, key_id: \"\"}\n"
		"  - {authority: ca, key_id: [x]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:29: error: expected a key ID, found nothing\n"
	    "policy.yaml:8:29: error: expected a key ID, found \"\"\n"
	    "policy.yaml:9:29: error: expected a key ID, found a list\n" },
	{ "a pattern",
	    REVOKED("  - {authority: ca, key_id: \"*@example.com\"}\n"), NULL,
	    RAW(""),
	    "policy.yaml:7:29: warning: \"*@example.com\" is no pattern here: "
	    "what is revoked is compared byte for byte; write an entry for "
	    "each key ID\n" },
	{ "keys that are none",
	    REVOKED("  - {key: ssh-ed25519}\n"
		"  - {key: \"# nothing\"}\n"
		"  - {key: [x]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:11: error: nothing follows the key type; write type, "
	    "base64, comment\n"
	    "policy.yaml:8:11: error: no key; write it as in a .pub file\n"
	    "policy.yaml:9:11: error: expected a public key, as in a .pub "
	    "file, found a list\n" },
	{ "a private key",
	    REVOKED("  - {key: \"-----BEGIN OPENSSH PRIVATE KEY-----\"}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7: error: this is a private key; give the public "
	    "one, mostly the file that ends in .pub\n" },
	{ "a certificate", REVOKED("  - {key: \"" CERT_B "\"}\n"), NULL,
	    RAW(""),
	    "policy.yaml:7:11: error: this is a certificate; give the plain "
	    "key, which revokes every certificate for it, or revoke this one "
	    "by its serial\n" },
	{ "twice",
	    REVOKED("  - {authority: ca, serial: 5}\n"
		"  - {authority: ca, key_id: x}\n"
		"  - {key: \"" KEY_B "\"}\n"
		"  - {authority: ca, serial: 5}\n"
		"  - {authority: ca, key_id: x}\n"
		"  - {key: \"" KEY_B " again\"}\n"),
	    NULL, RAW(""),
	    "policy.yaml:10:5: warning: serial 5 is revoked already, at "
	    "policy.yaml:7; remove one of them\n"
	    "policy.yaml:11:5: warning: \"x\" stands twice in \"revoked\", "
	    "first at policy.yaml:8; remove one of them\n"
	    "policy.yaml:12:5: warning: \"" KEY_B
	    "\" stands twice in \"revoked\", first at policy.yaml:9; remove "
	    "one of them\n" },
	{ "the same of two authorities",
	    RAW(TWO "revoked:\n"
		"  - {authority: ca, serial: 5}\n"
		"  - {authority: other, serial: 5}\n"
		"  - {authority: ca, key_id: x}\n"
		"  - {authority: other, key_id: x}\n"),
	    NULL, RAW(""), "" },
	{ "an authority's key",
	    RAW(TWO "revoked:\n"
		"  - {key: \"" KEY_B "\"}\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:18: warning: this key of authority \"other\" is "
	    "revoked: every certificate that it signed is refused\n" },
	{ "of an included file",
	    RAW(TWO "include: [more.yaml]\n"
		"revoked: [{authority: ca, serial: 5}]\n"),
	    "more.yaml",
	    RAW("revoked: [{authority: ca, serial: 6}, {authority: other, "
		"serials: 2-1}]\n"),
	    "more.yaml:1:67: error: the range \"2-1\" ends before it begins; "
	    "write the smaller serial first\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

static void
expect_serials(const struct policy_serials *s, uint64_t first, uint64_t last,
    uint32_t line)
{
	ck_assert_uint_eq(s->first, first);
	ck_assert_uint_eq(s->last, last);
	ck_assert_uint_eq(s->at.line, line);
}

/* Whatever their order, no serial is in two, and none is lost. */
START_TEST(settled)
{
	static const char text[] = TWO
	    "revoked:\n"
	    "  - {authority: other, serials: 100-199}\n" /* 8 */
	    "  - {authority: ca, serial: 9}\n"
	    "  - {authority: other, serials: 190-250}\n" /* 10 */
	    "  - {authority: other, serial: 0}\n"
	    "  - {authority: other, serials: 50-100}\n" /* 12 */
	    "  - {authority: other, serials: 120-130}\n"
	    "  - {authority: other, serial: 251}\n" /* 14 */
	    "  - {authority: other, serial: 18446744073709551615}\n"
	    "  - {authority: other, serials: 18446744073709551614-"
	    "18446744073709551615}\n" /* 16 */
	    "  - {authority: other, key_id: 'a#b'}\n"
	    "  - {authority: ca, key_id: plain}\n";
	struct policy *p = policyfix_load_text(text,
	    "policy.yaml:8:5: warning: serial 100 is revoked already, at "
	    "policy.yaml:12; remove one of them\n"
	    "policy.yaml:10:5: warning: serials 190-199 are revoked already, "
	    "at policy.yaml:8; remove one of them\n"
	    "policy.yaml:13:5: warning: serials 120-130 are revoked already, "
	    "at policy.yaml:8; remove one of them\n"
	    "policy.yaml:15:5: warning: serial 18446744073709551615 is "
	    "revoked already, at policy.yaml:16; remove one of them\n");
	const struct policy_authority *a;

	ck_assert_ptr_nonnull(p);
	a = &p->authorities[0];
	ck_assert_uint_eq(a->n_revoked_serials, 1);
	expect_serials(&a->revoked_serials[0], 9, 9, 9);
	ck_assert_uint_eq(a->n_revoked_ids, 1);
	ck_assert_str_eq(a->revoked_ids[0].text, "plain");
	ck_assert_uint_eq(a->revoked_ids[0].at.line, 18);
	a = &p->authorities[1];
	ck_assert_uint_eq(a->n_revoked_serials, 6);
	expect_serials(&a->revoked_serials[0], 0, 0, 11);
	expect_serials(&a->revoked_serials[1], 50, 100, 12);
	expect_serials(&a->revoked_serials[2], 101, 199, 8);
	expect_serials(&a->revoked_serials[3], 200, 250, 10);
	expect_serials(&a->revoked_serials[4], 251, 251, 14);
	expect_serials(&a->revoked_serials[5], UINT64_MAX - 1, UINT64_MAX, 16);
	ck_assert_uint_eq(p->n_revoked, 9);
	/* Serial 0 and a key ID with a #. */
	ck_assert_uint_eq(p->n_unlistable, 2);
	policy_free(p);
}
END_TEST

/* A key is told by what it is, not by how it is written. */
START_TEST(keys)
{
	struct policy *p = policyfix_load_text(
	    TWO "revoked: [{key: \"  " KEY_B "  and a comment\"}]\n",
	    "policy.yaml:4:18: warning: this key of authority \"other\" is "
	    "revoked: every certificate that it signed is refused\n");

	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->n_revoked_keys, 1);
	ck_assert_str_eq(p->revoked_keys[0].text, KEY_B);
	ck_assert(policy_key_is_revoked(p, &p->authorities[1].keys[0]));
	ck_assert(!policy_key_is_revoked(p, &p->authorities[0].keys[0]));
	policy_free(p);
}
END_TEST

START_TEST(long_key_id)
{
	char *text = malloc(300000);
	int len;

	ck_assert_ptr_nonnull(text);
	len = snprintf(text, 300000,
	    HEAD "users:\n  jim: any\nrevoked:\n  - authority: ca\n"
	    "    key_id: %0262145d\n", 1);
	ck_assert_int_gt(len, 262145);
	policy_free(policyfix_load_text(text,
	    "policy.yaml:8:13: error: the key ID is longer than 262,144 bytes: "
	    "no certificate is that large\n"));
	(void)snprintf(text, 300000,
	    HEAD "users:\n  jim: any\nrevoked:\n  - authority: ca\n"
	    "    key_id: %0262144d\n", 1);
	policy_free(policyfix_load_text(text, ""));
	free(text);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_revoked");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	tcase_add_test(tc, settled);
	tcase_add_test(tc, keys);
	tcase_add_test(tc, long_key_id);
	return run_case("policy_revoked", tc);
}
