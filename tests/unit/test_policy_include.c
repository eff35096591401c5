#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "missing",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: other.yaml\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:10: error: other.yaml: No such file or "
	    "directory\n" },
	{ "a mapping",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: {a: b}\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:10: error: expected a file name or glob, "
	    "found a mapping\n" },
	{ "itself",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: policy.yaml\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:10: error: the policy itself; take it out\n" },
	{ "folder",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: d\n"),
	    "d/x",
	    RAW(""),
	    "policy.yaml:6:10: error: d: not a regular file\n" },
	{ "folder not there",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: none/*.yaml\n"),
	    NULL, RAW(""),
	    "" },
	{ "user in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("users:\n"
		"  jim: a@example.com\n"),
	    "b.yaml:2:3: error: user \"jim\" stands twice, first at "
	    "policy.yaml:5; keep one of them, or merge them\n" },
	{ "group in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups: {g: [a@example.com]}\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("groups: {g: [a@example.com]}\n"),
	    "b.yaml:1:10: error: group \"g\" stands twice, first at "
	    "policy.yaml:6; keep one of them, or merge them\n" },
	{ "authority in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("authorities:\n"
		"  ca: {keys: [\"" KEY_B "\"]}\n"),
	    "b.yaml:2:3: error: authority \"ca\" stands twice, first at "
	    "policy.yaml:3; keep one of them, or merge them\n" },
	{ "denied in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: [a@example.com]\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("deny: [a@example.com]\n"),
	    "b.yaml:1:8: warning: \"a@example.com\" stands twice in "
	    "\"deny\", first at policy.yaml:6; remove one of them\n" },
	{ "include in it",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("include: c.yaml\n"
		"users:\n"
		"  bob: any\n"),
	    "b.yaml:1:10: error: \"include\" in an included file; name "
	    "the file under \"include\" of the policy itself\n" },
	{ "version of it",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("version: 2\n"
		"users:\n"
		"  bob: any\n"),
	    "b.yaml:1:10: error: this certgate does not know version 2 "
	    "of the language; write version: 1\n" },
	{ "empty",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW(""),
	    "b.yaml: error: the file is empty; begin with \"version: 1\"\n" },
	{ "broken",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("users: [\n"),
	    "b.yaml:1:8: error: expected a mapping of users, found a "
	    "list\n"
	    "b.yaml:2:1: error: nothing where a value belongs\n" },
	{ "errors in both",
	    RAW(HEAD "users:\n"
		"  jim: \"*\"\n"
		"include: [b.yaml]\n"),
	    "b.yaml",
	    RAW("users:\n"
		"  bob: \"*\"\n"),
	    "b.yaml:2:8: error: \"*\" is no identity; write any for "
	    "everybody with a certificate\n"
	    "policy.yaml:5:8: error: \"*\" is no identity; write any for "
	    "everybody with a certificate\n" },
	{ "broken policy, others are read",
	    RAW(HEAD "include: b.yaml\n"
		"users:\n"
		"  *: any\n"),
	    "b.yaml",
	    RAW("users:\n"
		"  bob: \"*\"\n"),
	    "b.yaml:2:8: error: \"*\" is no identity; write any for "
	    "everybody with a certificate\n"
	    "policy.yaml:6:4: error: a * without quotes, which in YAML "
	    "repeats a value; put the text in quotes, as in \"*\"\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_include");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_include", tc);
}
