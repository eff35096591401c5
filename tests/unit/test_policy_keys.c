#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "unknown key",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"user: {}\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: unknown key \"user\" in the policy; "
	    "did you mean \"users\"?\n" },
	{ "unlike any key",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"zzz: {}\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: unknown key \"zzz\" in the policy\n" },
	{ "unknown key, escaped",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"\"\\e[1m\": {}\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: unknown key \"\\x1b[1m\" in the "
	    "policy\n" },
	{ "value of an unknown key",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"zzz: [{a: [b]}, c]\n"
		"dney: []\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: unknown key \"zzz\" in the policy\n"
	    "policy.yaml:7:1: error: unknown key \"dney\" in the policy; "
	    "did you mean \"deny\"?\n" },
	{ "key twice",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: []\n"
		"deny: [a@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:1: error: \"deny\" stands twice, first in "
	    "line 6; keep one of them\n" },
	{ "key of another place",
	    RAW(HEAD "users:\n"
		"  jim: {group: a}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: unknown key \"group\" in a user's "
	    "rule; \"group\" belongs into an entry of \"allow\"\n" },
	{ "keys of many places",
	    RAW(HEAD "users:\n"
		"  jim: {allow: any, revoked: 1, keys: 1, "
		"max_validity: 1, file: 1}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:21: error: unknown key \"revoked\" in a "
	    "user's rule; \"revoked\" belongs into the policy\n"
	    "policy.yaml:5:33: error: unknown key \"keys\" in a user's "
	    "rule; \"keys\" belongs into an authority\n"
	    "policy.yaml:5:42: error: unknown key \"max_validity\" in a "
	    "user's rule; \"max_validity\" belongs into \"require\"\n"
	    "policy.yaml:5:59: error: unknown key \"file\" in a user's "
	    "rule; \"file\" belongs into an authority\n" },
	{ "unknown key of an authority",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    principal: email\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:5: error: unknown key \"principal\" in an "
	    "authority; did you mean \"principals\"?\n" },
	{ "unknown key of require",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {max_valdity: 1h}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:15: error: unknown key \"max_valdity\" in "
	    "\"require\"; did you mean \"max_validity\"?\n" },
	{ "unknown key of a group",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {fiel: x}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:7: error: unknown key \"fiel\" in a group; "
	    "did you mean \"file\"?\n" },
	{ "unknown key of an entry",
	    RAW(HEAD "users:\n"
		"  jim: [{identity: a@example.com, untill: "
		"2030-01-01}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:35: error: unknown key \"untill\" in an entry "
	    "of \"allow\"; did you mean \"until\"?\n" },
	{ "unknown key of a revocation",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"revoked:\n"
		"  - {authority: ca, serail: 42}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:21: error: unknown key \"serail\" in an entry "
	    "of \"revoked\"; did you mean \"serial\"?\n" },
	{ "no version",
	    RAW("authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml: error: \"version\" is missing; begin with "
	    "\"version: 1\"\n" },
	{ "other version",
	    RAW("version: 2\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:10: error: this certgate does not know "
	    "version 2 of the language; write version: 1\n" },
	{ "version in quotes",
	    RAW("version: \"1\"\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:10: error: expected a number from 0 to "
	    "2147483647, found the text \"1\"; write it without quotes\n" },
	{ "version in octal",
	    RAW("version: 01\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:10: error: expected a number from 0 to "
	    "2147483647, found \"01\"\n" },
	{ "version too large",
	    RAW("version: 99999999999999999999\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:10: error: expected a number from 0 to "
	    "2147483647, found \"99999999999999999999\"\n" },
	{ "nothing but version",
	    RAW("version: 1\n"),
	    NULL, RAW(""),
	    "policy.yaml: error: \"authorities\" is missing: nobody "
	    "could log in; name the CAs to trust\n"
	    "policy.yaml: error: \"users\" is missing: nobody could log "
	    "in; say who may log in as whom\n" },
	{ "no users",
	    RAW(HEAD),
	    NULL, RAW(""),
	    "policy.yaml: error: \"users\" is missing: nobody could log "
	    "in; say who may log in as whom\n" },
	{ "no authorities",
	    RAW("version: 1\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml: error: \"authorities\" is missing: nobody "
	    "could log in; name the CAs to trust\n" },
	{ "users empty",
	    RAW(HEAD "users: {}\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:8: error: \"users\" is empty: nobody could "
	    "log in\n" },
	{ "users null",
	    RAW(HEAD "users:\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:7: error: expected a mapping of users, "
	    "found nothing\n" },
	{ "users a list",
	    RAW(HEAD "users: [jim]\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:8: error: expected a mapping of users, "
	    "found a list\n" },
	{ "authorities empty",
	    RAW("version: 1\n"
		"authorities: {}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:14: error: \"authorities\" is empty: nobody "
	    "could log in\n" },
	{ "authorities a word",
	    RAW("version: 1\n"
		"authorities: vault\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:14: error: expected a mapping of "
	    "authorities, found \"vault\"\n" },
	{ "groups null",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:8: error: expected a mapping of groups, "
	    "found nothing\n" },
	{ "deny null",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny:\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:6: error: expected an identity, found " "nothing\n" },
	{ "deny a mapping",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: {a: b}\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:7: error: expected an identity, found a "
	    "mapping\n" },
	{ "all at once",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: mail}\n"
		"users:\n"
		"  -x: any\n"
		"  jim: {alow: any}\n"
		"group: {}\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:112: error: \"mail\" is none of verbatim, "
	    "email and email-prefix; did you mean \"email\"?\n"
	    "policy.yaml:5:3: error: the user name \"-x\" begins with -\n"
	    "policy.yaml:6:9: error: unknown key \"alow\" in a user's "
	    "rule; did you mean \"allow\"?\n"
	    "policy.yaml:7:1: error: unknown key \"group\" in the "
	    "policy; did you mean \"groups\"?\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_keys");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_keys", tc);
}
