#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "name",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  \"a/b\": [a@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:3: error: \"a/b\" cannot be a group's name; "
	    "use letters, digits and ._@+-, at most 64, not - first\n" },
	{ "twice",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [a@example.com]\n"
		"  a: [b@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:8:3: error: group \"a\" stands twice, first at "
	    "policy.yaml:7; keep one of them, or merge them\n" },
	{ "a word",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: oncall.txt\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:6: error: expected a list of identities, or "
	    "{file: NAME}, found \"oncall.txt\"\n" },
	{ "null",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a:\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:5: error: expected a list of identities, or "
	    "{file: NAME}, found nothing\n" },
	{ "empty",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: []\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:6: warning: group \"a\" is empty\n" },
	{ "empty mapping",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:6: error: group \"a\" has no \"file\"; write a "
	    "list, or {file: NAME}\n" },
	{ "member twice",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [a@example.com, b@example.com, a@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:37: warning: \"a@example.com\" stands twice "
	    "in group \"a\", first at policy.yaml:7; remove one of them\n" },
	{ "member a mapping",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [{identity: a@example.com}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:7: error: expected an identity, found a "
	    "mapping\n" },
	{ "member any",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [any]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:7: error: \"any\" is no identity; the word "
	    "stands by itself, in a user's rule\n" },
	{ "member a pattern",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [\"*@example.com\"]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:7: error: \"*@example.com\" holds a *: an "
	    "identity is one person, not a pattern; write any, and "
	    "narrow it by \"key_id\" under \"require\" of the authority\n" },
	{ "member in upper case",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [A@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:7: warning: \"A@example.com\" holds "
	    "upper-case letters: names are compared byte for byte, as "
	    "sshd does; make sure that certificates have it in this "
	    "very form\n" },
	{ "file missing",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {file: none.txt}\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:13: error: none.txt: No such file or "
	    "directory\n" },
	{ "file empty",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {file: a.txt}\n"),
	    "a.txt",
	    RAW("# nobody\n"),
	    "policy.yaml:7:6: warning: group \"a\" is empty\n" },
	{ "file with errors",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {file: a.txt}\n"),
	    "a.txt",
	    RAW("a@example.com\n"
		"a@example.com\r\n"
		"\td#e@example.com # e\n"
		"any\n"),
	    "a.txt:2:1: warning: this line stands twice in group \"a\", "
	    "first at a.txt:1; remove one of them\n"
	    "a.txt:3:2: error: this line is no identity: it holds a #; write "
	    "one on each line\n" },
	{ "file with a word of the language",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {file: a.txt}\n"),
	    "a.txt",
	    RAW("any\n"
		"a b\n"),
	    "a.txt:1:1: error: this line is no identity; write one on each "
	    "line\n" },
	{ "file with a byte order mark",
	    RAW(HEAD "users:\n"
		"  jim: [{group: a}]\n"
		"groups:\n"
		"  a: {file: a.txt}\n"
		"deny: [any, a@x]\n"),
	    "a.txt",
	    RAW("\xef\xbb\xbf" "a@x\n"
		"\xef\xbb\xbf" "b@x\n"),
	    "a.txt:2:1: error: this line is no identity: it holds a character "
	    "that cannot be seen; write one on each line\n"
	    "policy.yaml:8:8: error: \"any\" is no identity; the word stands "
	    "by itself, in a user's rule\n" },
	{ "file that is not UTF-8",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {file: a.txt}\n"),
	    "a.txt",
	    RAW(" \xff@example.com\n"
		"a b\n"),
	    "a.txt:1:2: error: bytes that are not UTF-8; save the file "
	    "as UTF-8 text\n" },
	{ "file with a NUL",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {file: a.txt}\n"),
	    "a.txt",
	    RAW("a\x00" "b\n"
		"a b\n"),
	    "a.txt:1:1: error: a NUL byte\n" },
	{ "group not used but fine",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [a@example.com]\n"),
	    NULL, RAW(""),
	    "" },
	{ "denied twice",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: [a@example.com, a@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:23: warning: \"a@example.com\" stands twice "
	    "in \"deny\", first at policy.yaml:6; remove one of them\n" },
	{ "denied bad",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: [\"a b\", \"*\", {a: b}, same-name]\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:8: error: the identity \"a b\" holds white "
	    "space: sshd's lists of principals cannot carry such a " "name\n"
	    "policy.yaml:6:15: error: \"*\" is no identity; write any "
	    "for everybody with a certificate\n"
	    "policy.yaml:6:20: error: expected an identity, found a "
	    "mapping\n"
	    "policy.yaml:6:28: error: \"same-name\" is no identity; the "
	    "word stands by itself, in a user's rule\n" },
	{ "denied in one text",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: \"m@example.com,e@example.com\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:7: error: the identity "
	    "\"m@example.com,e@example.com\" holds a ,: no certificate would "
	    "ever fit it; write a list, as [A, B]\n" },
	{ "denied as in mail",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: [a@b;c@d, <a@b>, a@b>, Mailto:a@b, a@@b, a@b@c]\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:8: error: the identity \"a@b;c@d\" holds a ;: no "
	    "certificate would ever fit it; write a list, as [A, B]\n"
	    "policy.yaml:6:17: error: the identity \"<a@b>\" holds a <: no "
	    "certificate would ever fit it; write the address alone\n"
	    "policy.yaml:6:24: error: the identity \"a@b>\" holds a >: no "
	    "certificate would ever fit it; write the address alone\n"
	    "policy.yaml:6:30: error: the identity \"Mailto:a@b\" begins with "
	    "mailto: no certificate would ever fit it; write the address "
	    "alone\n"
	    "policy.yaml:6:42: error: the identity \"a@@b\" holds @@: no "
	    "certificate would ever fit it; write one @\n" },
	{ "file with two on a line",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: {file: a.txt}\n"),
	    "a.txt",
	    RAW("a@example.com,b@example.com\n"),
	    "a.txt:1:1: error: this line is no identity: it holds a ,; write "
	    "one on each line\n" },
	{ "words for a crowd",
	    RAW(HEAD "users:\n"
		"  jim: nobody\n"
		"deny: [all]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: warning: \"nobody\" is the identity of one who "
	    "is called so: the word has no other meaning here; for everybody "
	    "with a certificate write any\n"
	    "policy.yaml:6:8: warning: \"all\" is the identity of one who is "
	    "called so: the word has no other meaning here; for everybody "
	    "with a certificate write any\n" },
	{ "groups as identities",
	    RAW(HEAD "users:\n"
		"  jim: [leavers, a@leavers]\n"
		"groups:\n"
		"  leavers: [a@example.com]\n"
		"  more: [leavers, b@example.com]\n"
		"deny: [leavers]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: \"leavers\" is the name of a group: an "
	    "identity stands here, and nobody is called so; write {group: "
	    "NAME}\n"
	    "policy.yaml:8:10: error: \"leavers\" is the name of a group: an "
	    "identity stands here, and nobody is called so; a group holds no "
	    "groups; name its members\n"
	    "policy.yaml:9:8: error: \"leavers\" is the name of a group: an "
	    "identity stands here, and nobody is called so; \"deny\" takes no "
	    "groups; name the members\n" },
	{ "file in a list",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups:\n"
		"  a: [{file: x}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:7: error: expected an identity, found a "
	    "mapping\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_group");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_group", tc);
}
