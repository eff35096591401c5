#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "same principal",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: email-prefix}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: jdoe@example.com\n"
		"  bob: jdoe@example.org\n"
		"  ann: jdoe@example.org\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:8: error: \"jdoe@example.org\" and "
	    "\"jdoe@example.com\" (policy.yaml:6) are the same principal "
	    "\"jdoe\" to authority \"ca\": its certificates hold only what "
	    "stands before the @, so each could log in as the other; "
	    "write key_id: identity under \"require\" of that authority, "
	    "if its key IDs are identities\n" },
	{ "same principal in a group",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: email-prefix}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: [{group: g}]\n"
		"  bob: jdoe@example.com\n"
		"groups:\n"
		"  g: [jdoe@example.org]\n"
		"  unused: [jdoe@example.net]\n"),
	    NULL, RAW(""),
	    "policy.yaml:9:7: error: \"jdoe@example.org\" and "
	    "\"jdoe@example.com\" (policy.yaml:7) are the same principal "
	    "\"jdoe\" to authority \"ca\": its certificates hold only what "
	    "stands before the @, so each could log in as the other; "
	    "write key_id: identity under \"require\" of that authority, "
	    "if its key IDs are identities\n" },
	{ "same principal denied",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: email-prefix}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: jdoe@example.com\n"
		"deny: [jdoe@example.org, mallory@example.com, "
		"mallory@example.org]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:8: error: \"jdoe@example.org\" and "
	    "\"jdoe@example.com\" (policy.yaml:6) are the same principal "
	    "\"jdoe\" to authority \"ca\": its certificates hold only what "
	    "stands before the @, so nobody could tell who is denied; "
	    "write key_id: identity under \"require\" of that authority, "
	    "if its key IDs are identities\n" },
	{ "same principal, other authorities",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: email-prefix}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: {allow: jdoe@example.com, authorities: cb}\n"
		"  bob: {allow: jdoe@example.org, authorities: ca}\n"),
	    NULL, RAW(""),
	    "" },
	{ "same principal, other domains",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A
		"\"], principals: email-prefix, domains: "
		"[example.com]}\n"
		"  cb: {keys: [\"" KEY_B
		"\"], principals: email-prefix, domains: "
		"[example.org]}\n"
		"users:\n"
		"  jim: jdoe@example.com\n"
		"  bob: jdoe@example.org\n"),
	    NULL, RAW(""),
	    "" },
	{ "same principal, second authority",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"]}\n"
		"  cb: {keys: [\"" KEY_B "\"], principals: email-prefix}\n"
		"users:\n"
		"  jim: jdoe@example.com\n"
		"  bob: {allow: jdoe@example.org, authorities: [ca, "
		"cb]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:16: error: \"jdoe@example.org\" and "
	    "\"jdoe@example.com\" (policy.yaml:6) are the same principal "
	    "\"jdoe\" to authority \"cb\": its certificates hold only what "
	    "stands before the @, so each could log in as the other; "
	    "write key_id: identity under \"require\" of that authority, "
	    "if its key IDs are identities\n" },
	{ "same principal, by key ID",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A
		"\"], principals: email-prefix, require: {key_id: "
		"identity}}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: jdoe@example.com\n"
		"  bob: jdoe@example.org\n"),
	    NULL, RAW(""),
	    "" },
	{ "same principal without @",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: email-prefix}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: jdoe@example.com\n"
		"  bob: jdoe\n"
		"  ann: [{identity: jdoe@example.org}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:8: warning: \"jdoe\" and \"jdoe@example.com\" "
	    "(policy.yaml:6) are the same principal to authority \"ca\": "
	    "its certificates hold only what stands before the @; "
	    "write the same identity in both places\n"
	    "policy.yaml:8:20: error: \"jdoe@example.org\" and "
	    "\"jdoe@example.com\" (policy.yaml:6) are the same principal "
	    "\"jdoe\" to authority \"ca\": its certificates hold only what "
	    "stands before the @, so each could log in as the other; "
	    "write key_id: identity under \"require\" of that authority, "
	    "if its key IDs are identities\n" },
	{ "without @ first",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: email-prefix}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: jdoe\n"
		"  bob: jdoe@example.com\n"
		"  ann: jdoe@example.org\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:8: warning: \"jdoe@example.com\" and \"jdoe\" "
	    "(policy.yaml:6) are the same principal to authority \"ca\": "
	    "its certificates hold only what stands before the @; "
	    "write the same identity in both places\n"
	    "policy.yaml:8:8: error: \"jdoe@example.org\" and "
	    "\"jdoe@example.com\" (policy.yaml:7) are the same principal "
	    "\"jdoe\" to authority \"ca\": its certificates hold only what "
	    "stands before the @, so each could log in as the other; "
	    "write key_id: identity under \"require\" of that authority, "
	    "if its key IDs are identities\n" },
	{ "three domains",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A "\"], principals: email-prefix}\n"
		"  cb: {keys: [\"" KEY_B "\"]}\n"
		"users:\n"
		"  jim: [a@x.example, b@x.example, a@y.example, "
		"a@z.example]\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:35: error: \"a@y.example\" and \"a@x.example\" "
	    "(policy.yaml:6) are the same principal \"a\" to authority "
	    "\"ca\": its certificates hold only what stands before the "
	    "@, so each could log in as the other; write key_id: "
	    "identity under \"require\" of that authority, if its key "
	    "IDs are identities\n"
	    "policy.yaml:6:48: error: \"a@z.example\" and \"a@x.example\" "
	    "(policy.yaml:6) are the same principal \"a\" to authority "
	    "\"ca\": its certificates hold only what stands before the "
	    "@, so each could log in as the other; write key_id: "
	    "identity under \"require\" of that authority, if its key "
	    "IDs are identities\n" },
	{ "same principal, one of two by key ID",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [\"" KEY_A
		"\"], principals: email-prefix, require: {key_id: "
		"identity}}\n"
		"  cb: {keys: [\"" KEY_B "\"], principals: email-prefix}\n"
		"users:\n"
		"  jim: {allow: jdoe@example.com, authorities: ca}\n"
		"  bob: {allow: jdoe@example.org, authorities: ca}\n"
		"  ann: {allow: ann@example.org, authorities: cb}\n"),
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
	TCase *tc = tcase_create("policy_collide");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_collide", tc);
}
