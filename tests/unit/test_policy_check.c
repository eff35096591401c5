#include "config.h"

#include <check.h>
#include <stdio.h>
#include <sys/stat.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "a name in another case",
	    RAW(HEAD "users:\n"
		"  jim: {allow: any, authorities: [CA]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:35: error: there is no authority \"CA\"; did you "
	    "mean \"ca\"?\n" },
	{ "authority of no rule",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: {allow: any, authorities: ca}\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:3: warning: no rule admits authority \"cb\"; "
	    "name it in \"authorities\" of a rule, or remove it\n" },
	{ "any by key ID without domains",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A
		"\"], require: {key_id: identity}}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: any\n"
		"  \"*\": same-name\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:3: error: authority \"ca\" has no \"domains\", "
	    "but policy.yaml:6 says any: with key_id: identity the key "
	    "ID's domain decides there; say in \"domains\" for which "
	    "domains it may vouch\n" },
	{ "same-name by key ID without domains",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"  cb: {keys: [\"" KEY_B
		"\"], require: {key_id: identity}}\n"
		"users:\n"
		"  \"*\": {allow: same-name, authorities: [cb, ca]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:3: error: authority \"cb\" has no \"domains\", "
	    "but policy.yaml:6 says same-name: with key_id: identity "
	    "the key ID's domain decides there; say in \"domains\" for "
	    "which domains it may vouch\n" },
	{ "same-name by e-mail without domains",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"  cb: {keys: [\"" KEY_B "\"], principals: email}\n"
		"users:\n"
		"  jim: any\n"
		"  \"*\": same-name\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:3: error: authority \"cb\" has no \"domains\", "
	    "but policy.yaml:7 says same-name: with principals: email "
	    "the domain decides there who is meant; say in \"domains\" "
	    "for which domains it may vouch\n" },
	{ "any by key ID with domains",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A
		"\"], require: {key_id: identity}, domains: "
		"example.com}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: any\n"
		"  \"*\": same-name\n"),
	    NULL, RAW(""),
	    "" },
	{ "by key ID, other authorities",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A
		"\"], require: {key_id: identity}}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: {allow: any, authorities: cb}\n"
		"  bob: bob@example.com\n"),
	    NULL, RAW(""),
	    "" },
	{ "rule of empty groups",
	    RAW(HEAD "users:\n"
		"  jim: [{group: a}, {group: b}]\n"
		"groups:\n"
		"  a: []\n"
		"  b: {file: b.txt}\n"),
	    "b.txt",
	    RAW(""),
	    "policy.yaml:5:3: warning: the rule of \"jim\" lets nobody "
	    "in: all groups that it names are empty\n"
	    "policy.yaml:7:6: warning: group \"a\" is empty\n"
	    "policy.yaml:8:6: warning: group \"b\" is empty\n" },
	{ "authority unknown",
	    RAW(HEAD "users:\n"
		"  jim: {allow: any, authorities: [ca, cb]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:39: error: there is no authority \"cb\"\n" },
	{ "authority misspelt",
	    RAW("version: 1\n"
		"authorities:\n"
		"  vault: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: {allow: any, authorities: valut}\n"
		"  bob: {allow: any, authorities: valut}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:34: error: there is no authority \"valut\"; "
	    "did you mean \"vault\"?\n"
	    "policy.yaml:6:34: error: there is no authority \"valut\"; "
	    "did you mean \"vault\"?\n" },
	{ "group unknown",
	    RAW(HEAD "users:\n"
		"  jim: [{group: relaese}]\n"
		"groups:\n"
		"  release: [a@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:17: error: there is no group \"relaese\"; did "
	    "you mean \"release\"?\n" },
	{ "key twice",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\", \"" KEY_B "\", \"" KEY_A
		" other comment\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:183: warning: authority \"ca\" has this key "
	    "twice, first at policy.yaml:3; remove one of them\n" },
	{ "key in two authorities",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"  cb:\n"
		"    keys: [\"" KEY_B "\", \"" KEY_A "\"]\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:96: error: authority \"ca\" has this key as "
	    "well, at policy.yaml:4: nobody could tell whose rules a "
	    "certificate falls under; keep one of them\n" },
	{ "key of file and policy",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {file: ca.pub, keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    "ca.pub",
	    RAW(KEY_A "\n"),
	    "policy.yaml:3:29: warning: authority \"ca\" has this key "
	    "twice, first at ca.pub:1; remove one of them\n" },
	{ "keys many times",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_B "\", \"" KEY_B " x\", \"" KEY_A
		"\", \"" KEY_A " x\", \"" KEY_A " y\", \"" KEY_B " y\"]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:99: warning: authority \"ca\" has this key "
	    "twice, first at policy.yaml:3; remove one of them\n"
	    "policy.yaml:3:269: warning: authority \"ca\" has this key "
	    "twice, first at policy.yaml:3; remove one of them\n"
	    "policy.yaml:3:355: warning: authority \"ca\" has this key "
	    "twice, first at policy.yaml:3; remove one of them\n"
	    "policy.yaml:3:441: warning: authority \"ca\" has this key "
	    "twice, first at policy.yaml:3; remove one of them\n" },
	{ "key twice here and once there",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\", \"" KEY_A " x\"]}\n"
		"  cb: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:99: warning: authority \"ca\" has this key "
	    "twice, first at policy.yaml:3; remove one of them\n"
	    "policy.yaml:4:15: error: authority \"ca\" has this key as "
	    "well, at policy.yaml:3: nobody could tell whose rules a "
	    "certificate falls under; keep one of them\n" },
	{ "without domains for several rules",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A
		"\"], require: {key_id: identity}}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: {allow: any, authorities: ca}\n"
		"  bob: any\n"
		"  \"*\": same-name\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:3: error: authority \"ca\" has no \"domains\", "
	    "but policy.yaml:7 says any: with key_id: identity the key "
	    "ID's domain decides there; say in \"domains\" for which "
	    "domains it may vouch\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

/* Suggestions end before they take long. */
START_TEST(few_suggestions)
{
	struct diag_report r = DIAG_REPORT_INIT;
	FILE *f = fopen("policy.yaml", "w");
	size_t i;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	(void)fputs(HEAD "groups:\n", f);
	for (i = 0; i < 9000; i++)
		(void)fprintf(f, "  groupe%zu: [x]\n", i);
	(void)fputs("users:\n", f);
	for (i = 0; i < 7; i++)
		(void)fprintf(f, "  u%zu: [{group: grouppe%zu}]\n", i, i);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_null(
	    policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r));
	ck_assert_uint_eq(r.n_items, 7);
	for (i = 0; i < 7; i++)
		ck_assert_int_eq(r.items[i].fix != NULL, i < 5);
	ck_assert_str_eq(r.items[4].fix, "did you mean \"groupe4\"?");
	diag_free(&r);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_check");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_test(tc, few_suggestions);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_check", tc);
}
