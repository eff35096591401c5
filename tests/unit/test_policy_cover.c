#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "domain of no authority",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], domains: [example.com]}\n"
		"  cb: {keys: [\"" KEY_B "\"], domains: [example.org]}\n"
		"users:\n"
		"  jim: jim@exmaple.com\n"
		"  bob: bob@other.net\n"
		"  ann: ann@example.org\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:8: error: no authority of this policy may "
	    "vouch for the domain of \"jim@exmaple.com\"; did you mean "
	    "\"jim@example.com\"?\n"
	    "policy.yaml:7:8: error: no authority of this policy may "
	    "vouch for the domain of \"bob@other.net\"; add \"other.net\" "
	    "to \"domains\" of the right one\n" },
	{ "domain of another authority",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], domains: [example.com]}\n"
		"  cb: {keys: [\"" KEY_B "\"], domains: [example.org]}\n"
		"users:\n"
		"  jim: {allow: [jim@example.com, {identity: "
		"jim@example.org}], authorities: ca}\n"
		"  bob: b@example.org\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:45: error: no authority that the rule "
	    "admits may vouch for the domain of \"jim@example.org\"; add "
	    "\"example.org\" to \"domains\" of the right one\n" },
	{ "member of no authority",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], domains: [example.com]}\n"
		"  cb: {keys: [\"" KEY_B "\"], domains: [example.org]}\n"
		"users:\n"
		"  jim: {allow: [{group: g}], authorities: ca}\n"
		"  bob: [{group: g}]\n"
		"  ann: [{group: h}]\n"
		"groups:\n"
		"  g: [a@example.com, b@example.org, c@example.net]\n"
		"  h: [c@example.org]\n"
		"  unused: [d@example.org, d@example.net, plain]\n"),
	    NULL, RAW(""),
	    "policy.yaml:10:22: error: no authority that the rule "
	    "admits may vouch for the domain of \"b@example.org\"; add "
	    "\"example.org\" to \"domains\" of the right one\n"
	    "policy.yaml:10:37: error: no authority of this policy may "
	    "vouch for the domain of \"c@example.net\"; add "
	    "\"example.net\" to \"domains\" of the right one\n"
	    "policy.yaml:12:27: error: no authority of this policy may "
	    "vouch for the domain of \"d@example.net\"; add "
	    "\"example.net\" to \"domains\" of the right one\n" },
	{ "denied of no authority",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], domains: [example.com]}\n"
		"  cb: {keys: [\"" KEY_B "\"], domains: [example.org]}\n"
		"users:\n"
		"  jim: any\n"
		"deny: [a@example.com, a@example.net]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:23: warning: no authority of this policy "
	    "may vouch for the domain of \"a@example.net\"; add "
	    "\"example.net\" to \"domains\" of the right one\n" },
	{ "all domains by one authority",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], domains: [example.com]}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: jim@other.net\n"
		"  bob: {allow: bob, authorities: ca}\n"),
	    NULL, RAW(""),
	    "" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_cover");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_cover", tc);
}
