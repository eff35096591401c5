#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "null",
	    RAW(HEAD "users:\n"
		"  jim:\n"
		"  bob: ~\n"
		"  joe: null\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:7: error: expected an identity, any or "
	    "same-name, found nothing\n"
	    "policy.yaml:6:8: error: expected an identity, any or "
	    "same-name, found nothing\n"
	    "policy.yaml:7:8: error: expected an identity, any or "
	    "same-name, found nothing\n" },
	{ "empty text",
	    RAW(HEAD "users:\n"
		"  jim: \"\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: expected an identity, any or "
	    "same-name, found \"\"\n" },
	{ "truth values",
	    RAW(HEAD "users:\n"
		"  a: yes\n"
		"  b: no\n"
		"  c: [on]\n"
		"  d: False\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:6: error: expected an identity, any or "
	    "same-name, found yes: YAML takes this word for true or "
	    "false; put it in quotes if it is a name\n"
	    "policy.yaml:6:6: error: expected an identity, any or "
	    "same-name, found no: YAML takes this word for true or "
	    "false; put it in quotes if it is a name\n"
	    "policy.yaml:7:7: error: expected an identity, any or "
	    "same-name, found on: YAML takes this word for true or "
	    "false; put it in quotes if it is a name\n"
	    "policy.yaml:8:6: error: expected an identity, any or "
	    "same-name, found False: YAML takes this word for true or "
	    "false; put it in quotes if it is a name\n" },
	{ "list in a list",
	    RAW(HEAD "users:\n"
		"  jim: [[a@example.com]]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: expected an identity, any or "
	    "same-name, found a list\n" },
	{ "star",
	    RAW(HEAD "users:\n"
		"  jim: \"*\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: \"*\" is no identity; write any for "
	    "everybody with a certificate\n" },
	{ "pattern",
	    RAW(HEAD "users:\n"
		"  jim: \"*@example.com\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: \"*@example.com\" holds a *: an "
	    "identity is one person, not a pattern; write any, and "
	    "narrow it by \"key_id\" under \"require\" of the authority\n" },
	{ "domain only",
	    RAW(HEAD "users:\n"
		"  jim: \"@example.com\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity \"@example.com\" has "
	    "nothing before its @; for everybody of a domain write "
	    "any, and key_id: \"*@DOMAIN\" in \"require\" of the authority\n" },
	{ "no domain",
	    RAW(HEAD "users:\n"
		"  jim: jim@\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity \"jim@\" has nothing "
	    "after its @; write the domain as well, or take the @ out\n" },
	{ "words misspelt",
	    RAW(HEAD "users:\n"
		"  a: Any\n"
		"  b: same_name\n"
		"  c: samename\n"
		"  d: [SAME-NAME]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:6: error: \"Any\" is no identity; did you "
	    "mean \"any\"?\n"
	    "policy.yaml:6:6: error: \"same_name\" is no identity; did "
	    "you mean \"same-name\"?\n"
	    "policy.yaml:7:6: error: \"samename\" is no identity; did "
	    "you mean \"same-name\"?\n"
	    "policy.yaml:8:7: error: \"SAME-NAME\" is no identity; did "
	    "you mean \"same-name\"?\n" },
	{ "identity any",
	    RAW(HEAD "users:\n"
		"  jim: [{identity: any}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:20: error: \"any\" is no identity; the word "
	    "stands by itself, in a user's rule\n" },
	{ "identity with blank",
	    RAW(HEAD "users:\n"
		"  jim: jim doe@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity \"jim "
	    "doe@example.com\" holds white space: sshd's lists of "
	    "principals cannot carry such a name\n" },
	{ "identity with #",
	    RAW(HEAD "users:\n"
		"  jim: \"jim#x@example.com\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity \"jim#x@example.com\" "
	    "holds a #: sshd's lists of principals cannot carry such a "
	    "name\n" },
	{ "identity with quote",
	    RAW(HEAD "users:\n"
		"  jim: jim'@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity \"jim'@example.com\" "
	    "holds a quote: sshd's lists of principals cannot carry "
	    "such a name\n" },
	{ "identity with newline",
	    RAW(HEAD "users:\n"
		"  jim: \"jim\\n@example.com\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity \"jim\\n@example.com\" "
	    "holds white space: sshd's lists of principals cannot "
	    "carry such a name\n" },
	{ "identity too long",
	    RAW(HEAD "users:\n"
		"  jim: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity "
	    "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaa...\" is longer than 1,024 bytes: "
	    "sshd's lists of principals cannot carry such a name\n" },
	{ "upper case",
	    RAW(HEAD "users:\n"
		"  jim: Jim@Example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: warning: \"Jim@Example.com\" holds "
	    "upper-case letters: names are compared byte for byte, as "
	    "sshd does; make sure that certificates have it in this "
	    "very form\n" },
	{ "entry without whom",
	    RAW(HEAD "users:\n"
		"  jim: [{from: 192.0.2.1}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: the entry does not say whom it "
	    "lets in; add one of identity, group, principal, any and "
	    "same-name\n" },
	{ "entry empty",
	    RAW(HEAD "users:\n"
		"  jim: [{}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: the entry does not say whom it "
	    "lets in; add one of identity, group, principal, any and "
	    "same-name\n" },
	{ "two whom",
	    RAW(HEAD "users:\n"
		"  jim: [{identity: a@example.com, principal: b}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:46: error: \"identity\" and \"principal\" in "
	    "one entry; make a list item of each of them\n" },
	{ "any false",
	    RAW(HEAD "users:\n"
		"  jim: [{any: false}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:15: error: \"any: false\" says nothing; write "
	    "true, or leave it out\n" },
	{ "same-name a word",
	    RAW(HEAD "users:\n"
		"  jim: [{same-name: jim}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:21: error: expected true or false, found "
	    "\"jim\"\n" },
	{ "principal with blank",
	    RAW(HEAD "users:\n"
		"  jim: [{principal: a b}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:21: error: the principal \"a b\" holds white "
	    "space: sshd's lists of principals cannot carry such a " "name\n" },
	{ "principal empty",
	    RAW(HEAD "users:\n"
		"  jim: [{principal: \"\"}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:21: error: expected a principal, found \"\"\n" },
	{ "group a list",
	    RAW(HEAD "users:\n"
		"  jim: [{group: [a, b]}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:17: error: expected a group's name, found a "
	    "list\n" },
	{ "options unknown",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, options: \"no-foo\"}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:30: error: the options hold an option that "
	    "sshd does not know: sshd would drop the line that carries "
	    "them\n" },
	{ "options from",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, options: 'from=\"192.0.2.1\"'}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:30: error: the options hold from=; write "
	    "`from:` beside them instead\n" },
	{ "options empty",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, options: \"\"}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:30: error: expected options as in "
	    "authorized_keys, found \"\"\n" },
	{ "from empty",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, from: []}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:27: error: \"from\" is empty: nobody could "
	    "come from there; name networks, or leave the key out for "
	    "all\n" },
	{ "from with host bits",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, from: [192.0.2.7/24, "
		"\"2001:db8::1/32\"]}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:28: error: \"192.0.2.7/24\" has bits set "
	    "behind its prefix: sshd refuses a list with such a "
	    "network; write 192.0.2.0/24\n"
	    "policy.yaml:5:42: error: \"2001:db8::1/32\" has bits set "
	    "behind its prefix: sshd refuses a list with such a "
	    "network; write 2001:db8::/32\n" },
	{ "from a name",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, from: [host.example.com, "
		"\"192.0.2.*\", \"!192.0.2.1\", 300.1.1.1]}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:28: error: \"host.example.com\" is no address "
	    "or network: who gets in is decided without asking for "
	    "names; write one in numbers, as 192.0.2.0/24 or " "2001:db8::1\n"
	    "policy.yaml:5:46: error: \"192.0.2.*\" is no address or "
	    "network: who gets in is decided without asking for names; "
	    "write one in numbers, as 192.0.2.0/24 or 2001:db8::1\n"
	    "policy.yaml:5:59: error: \"!192.0.2.1\" is no address or "
	    "network: who gets in is decided without asking for names; "
	    "write one in numbers, as 192.0.2.0/24 or 2001:db8::1\n"
	    "policy.yaml:5:73: error: \"300.1.1.1\" is no address or "
	    "network: who gets in is decided without asking for names; "
	    "write one in numbers, as 192.0.2.0/24 or 2001:db8::1\n" },
	{ "from a mapping",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, from: {a: b}}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:27: error: expected an address or a "
	    "network, found a mapping\n" },
	{ "until past",
	    RAW(HEAD "users:\n"
		"  jim: [{any: true, until: 2001-12-31}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:28: warning: the end \"2001-12-31\" is past: "
	    "the entry lets nobody in; remove the entry, or set " "another\n" },
	{ "until no date",
	    RAW(HEAD "users:\n"
		"  a: [{any: true, until: 2027-02-29}]\n"
		"  b: [{any: true, until: 2027-13-01}]\n"
		"  c: [{any: true, until: tomorrow}]\n"
		"  d: [{any: true, until: \"2027-01-01 10:00\"}]\n"
		"  e: [{any: true, until: \"2027-01-01T24:00Z\"}]\n"
		"  f: [{any: true, until: \"2027-01-01T10:00\"}]\n"
		"  g: [{any: true, until: 1969-12-31}]\n"
		"  h: [{any: true, until: }]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found \"2027-02-29\"\n"
	    "policy.yaml:6:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found \"2027-13-01\"\n"
	    "policy.yaml:7:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found \"tomorrow\"\n"
	    "policy.yaml:8:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found \"2027-01-01 "
	    "10:00\"\n"
	    "policy.yaml:9:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found "
	    "\"2027-01-01T24:00Z\"\n"
	    "policy.yaml:10:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found "
	    "\"2027-01-01T10:00\"\n"
	    "policy.yaml:11:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found \"1969-12-31\"\n"
	    "policy.yaml:12:26: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found nothing\n" },
	{ "IPv4 in the form of IPv6",
	    RAW(HEAD "users:\n"
		"  jim: {allow: {any: true, from: [\"::ffff:192.0.2.0/120\", "
		"\"::/0\", \"::fffe:192.0.2.0/120\"]}}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:35: error: \"::ffff:192.0.2.0/120\" is an IPv4 "
	    "address in the form of IPv6: a client over IPv4 counts as IPv4, "
	    "so nobody comes from there; write the IPv4 address or network\n" },
	{ "repeated",
	    RAW(HEAD "users:\n"
		"  jim: [a@example.com, {identity: a@example.com, from: "
		"192.0.2.1}, {principal: b}, {principal: b}, same-name, "
		"same-name, {group: g}, {group: g}, any, {any: true}]\n"
		"groups:\n"
		"  g: [c@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:35: error: \"a@example.com\" stands twice in "
	    "one rule: the first decides, and what this one says beside the "
	    "name would never hold; remove one of them\n"
	    "policy.yaml:5:96: warning: \"b\" stands twice in one rule: "
	    "the first decides; remove one of them\n"
	    "policy.yaml:5:111: warning: \"same-name\" stands twice in "
	    "one rule: the first decides; remove one of them\n"
	    "policy.yaml:5:142: warning: \"g\" stands twice in one rule: "
	    "the first decides; remove one of them\n"
	    "policy.yaml:5:157: warning: \"any\" stands twice in one "
	    "rule: the first decides; remove one of them\n" },
	{ "errors to the end",
	    RAW(HEAD "users:\n"
		"  jim: [{group: nobody, from: x, until: y}]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:17: error: there is no group \"nobody\"\n"
	    "policy.yaml:5:31: error: \"x\" is no address or network: "
	    "who gets in is decided without asking for names; write "
	    "one in numbers, as 192.0.2.0/24 or 2001:db8::1\n"
	    "policy.yaml:5:41: error: expected a date such as "
	    "2027-01-31 or 2027-01-31T18:00Z (UTC), found \"y\"\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_entry");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_entry", tc);
}
