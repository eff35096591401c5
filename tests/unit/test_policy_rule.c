#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "user empty",
	    RAW(HEAD "users:\n"
		"  \"\": any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"\" is empty\n" },
	{ "user with blank",
	    RAW(HEAD "users:\n"
		"  a b: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"a b\" holds white "
	    "space or a control character\n" },
	{ "user with slash",
	    RAW(HEAD "users:\n"
		"  a/b: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"a/b\" holds a / or "
	    ":\n" },
	{ "user with colon",
	    RAW(HEAD "users:\n"
		"  \"a:b\": any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"a:b\" holds a / or "
	    ":\n" },
	{ "user with control",
	    RAW(HEAD "users:\n"
		"  \"a\\x01\": any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"a\\x01\" holds white "
	    "space or a control character\n" },
	{ "user with C1 control",
	    RAW(HEAD "users:\n"
		"  \"a\\x85\": any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"a\\xc2\\x85\" holds a "
	    "control character\n" },
	{ "user with minus",
	    RAW(HEAD "users:\n"
		"  -a: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"-a\" begins with -\n" },
	{ "user dot",
	    RAW(HEAD "users:\n"
		"  .: any\n"
		"  ..: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \".\" is a folder's\n"
	    "policy.yaml:6:3: error: the user name \"..\" is a folder's\n" },
	{ "user of 256 bytes",
	    RAW(HEAD "users:\n"
		"  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: "
		"any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name "
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaa...\" is longer than 255 bytes\n" },
	{ "user a pattern",
	    RAW(HEAD "users:\n"
		"  \"adm*\": any\n"
		"  \"adm?\": any\n"
		"  \"**\": any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"adm*\" is a "
	    "pattern; name each user, or all others by \"*\"\n"
	    "policy.yaml:6:3: error: the user name \"adm?\" is a "
	    "pattern; name each user, or all others by \"*\"\n"
	    "policy.yaml:7:3: error: the user name \"**\" is a pattern; "
	    "name each user, or all others by \"*\"\n" },
	{ "user twice",
	    RAW(HEAD "users:\n"
		"  jim: jim@example.com\n"
		"  bob: any\n"
		"  jim: [any, \"x y\"]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:3: error: user \"jim\" stands twice, first at "
	    "policy.yaml:5; keep one of them, or merge them\n"
	    "policy.yaml:7:14: error: the identity \"x y\" holds white "
	    "space: sshd's lists of principals cannot carry such a " "name\n" },
	{ "empty list",
	    RAW(HEAD "users:\n"
		"  jim: []\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the rule of \"jim\" lets nobody in; "
	    "name somebody, or remove the rule; the user falls under "
	    "\"*\" then\n" },
	{ "empty allow",
	    RAW(HEAD "users:\n"
		"  jim: {allow: []}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the rule of \"jim\" lets nobody in; "
	    "name somebody, or remove the rule; the user falls under "
	    "\"*\" then\n" },
	{ "no allow",
	    RAW(HEAD "users:\n"
		"  jim: {authorities: ca}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the rule of \"jim\" lets nobody in; "
	    "add \"allow\"\n" },
	{ "root any",
	    RAW(HEAD "users:\n"
		"  root: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: the rule of \"root\" says any: "
	    "whoever gets a certificate, for whatever principal, could "
	    "log in as root, and the whole server would rest on the CA "
	    "alone; name identities, or add dangerous: true to the " "rule\n" },
	{ "root any among others",
	    RAW(HEAD "users:\n"
		"  root: [a@example.com, any: true]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:30: error: the rule of \"root\" says any: "
	    "whoever gets a certificate, for whatever principal, could "
	    "log in as root, and the whole server would rest on the CA "
	    "alone; name identities, or add dangerous: true to the " "rule\n" },
	{ "root any in list",
	    RAW(HEAD "users:\n"
		"  root:\n"
		"    - a@example.com\n"
		"    - {any: true, from: 192.0.2.1}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:13: error: the rule of \"root\" says any: "
	    "whoever gets a certificate, for whatever principal, could "
	    "log in as root, and the whole server would rest on the CA "
	    "alone; name identities, or add dangerous: true to the " "rule\n" },
	{ "everybody any",
	    RAW(HEAD "users:\n"
		"  \"*\": any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the rule of \"*\" says any: whoever "
	    "gets a certificate, for whatever principal, could log in "
	    "as every user without a rule, and the whole server would "
	    "rest on the CA alone; name identities, or add dangerous: "
	    "true to the rule\n" },
	{ "root any, not dangerous",
	    RAW(HEAD "users:\n"
		"  root: {allow: any, dangerous: false}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:17: error: the rule of \"root\" says any: "
	    "whoever gets a certificate, for whatever principal, could "
	    "log in as root, and the whole server would rest on the CA "
	    "alone; name identities, or add dangerous: true to the " "rule\n" },
	{ "dangerous without any",
	    RAW(HEAD "users:\n"
		"  root: {allow: a@example.com, dangerous: true}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:43: warning: \"dangerous\" has no effect but "
	    "on any; remove it\n" },
	{ "dangerous a word",
	    RAW(HEAD "users:\n"
		"  root: {allow: any, dangerous: yes}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:33: error: expected true or false, found "
	    "\"yes\"\n" },
	{ "min_uid of a user",
	    RAW(HEAD "users:\n"
		"  jim: {allow: any, min_uid: 5}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:30: error: \"min_uid\" under another user "
	    "than \"*\": a user named here is served whatever uid; move "
	    "it to the rule of \"*\"\n" },
	{ "min_uid too large",
	    RAW(HEAD "users:\n"
		"  \"*\": {allow: same-name, min_uid: 4294967295}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:36: error: expected a number from 0 to "
	    "4294967294, found \"4294967295\"\n" },
	{ "min_uid negative",
	    RAW(HEAD "users:\n"
		"  \"*\": {allow: same-name, min_uid: -1}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:36: error: expected a number from 0 to "
	    "4294967294, found \"-1\"\n" },
	{ "min_uid in hex",
	    RAW(HEAD "users:\n"
		"  \"*\": {allow: same-name, min_uid: 0x10}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:36: error: expected a number from 0 to "
	    "4294967294, found \"0x10\"\n" },
	{ "what nobody sees, as it is",
	    RAW(HEAD "users:\n"
		"  ji\xe2\x80\x8b" "m: j\xef\xbb\xbf" "im@example.com\n"
		"  bob: [{principal: \"\xe2\x80\xae" "bob\"}, a\xc2\xa0" "b@c.d]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"ji\\xe2\\x80\\x8bm\" "
	    "holds a character that cannot be seen\n"
	    "policy.yaml:5:9: error: the identity "
	    "\"j\\xef\\xbb\\xbfim@example.com\" holds a character that "
	    "cannot be seen; type it anew\n"
	    "policy.yaml:6:21: error: the principal "
	    "\"\\xe2\\x80\\xaebob\" holds a character that cannot be seen; "
	    "type it anew\n"
	    "policy.yaml:6:30: error: the identity \"a\\xc2\\xa0b@c.d\" "
	    "holds a character that cannot be seen; type it anew\n" },
	{ "what nobody sees, escaped",
	    RAW(HEAD "users:\n"
		"  \"ji\\u2066m\": \"a\\_b\"\n"
		"  \"\\u00adbob\": \"a\\U000E0041@c.d\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the user name \"ji\\xe2\\x81\\xa6m\" "
	    "holds a character that cannot be seen\n"
	    "policy.yaml:5:16: error: the identity \"a\\xc2\\xa0b\" holds a "
	    "character that cannot be seen; type it anew\n"
	    "policy.yaml:6:3: error: the user name \"\\xc2\\xadbob\" holds a "
	    "character that cannot be seen\n"
	    "policy.yaml:6:16: error: the identity "
	    "\"a\\xf3\\xa0\\x81\\x81@c.d\" holds a character that cannot be "
	    "seen; type it anew\n" },
	{ "letters of other scripts",
	    RAW(HEAD "users:\n"
		"  j\xd1\x96m: m\xd0\xb0" "llory@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: warning: \"j\\xd1\\x96m\" holds characters "
	    "beyond ASCII: some of them look like others, and names are "
	    "compared byte for byte; make sure that it is the name that is "
	    "meant\n"
	    "policy.yaml:5:8: warning: \"m\\xd0\\xb0llory@example.com\" "
	    "holds characters beyond ASCII: some of them look like others, "
	    "and names are compared byte for byte; make sure that it is the "
	    "name that is meant\n" },
	{ "dangerous in quotes",
	    RAW(HEAD "users:\n"
		"  root: {allow: any, dangerous: \"true\"}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:33: error: expected true or false, found the text "
	    "\"true\"; write it without quotes\n" },
	{ "authorities empty",
	    RAW(HEAD "users:\n"
		"  jim: {allow: any, authorities: []}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:34: error: \"authorities\" is empty: no "
	    "certificate would be taken; name authorities, or leave "
	    "the key out for all\n" },
	{ "authority twice",
	    RAW(HEAD "users:\n"
		"  jim: {allow: any, authorities: [ca, ca]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:39: warning: authority \"ca\" stands twice; "
	    "remove one of them\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_rule");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_rule", tc);
}
