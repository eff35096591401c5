#include "config.h"

#include <check.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "empty file",
	    RAW(""),
	    NULL, RAW(""),
	    "policy.yaml: error: the file is empty; begin with "
	    "\"version: 1\"\n" },
	{ "only comments",
	    RAW("# nothing\n"),
	    NULL, RAW(""),
	    "policy.yaml: error: the file is empty; begin with "
	    "\"version: 1\"\n" },
	{ "nothing in the document",
	    RAW("---\n"
		"...\n"),
	    NULL, RAW(""),
	    "policy.yaml: error: the file is empty; begin with "
	    "\"version: 1\"\n" },
	{ "a list",
	    RAW("- a\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:1: error: expected a mapping with version, "
	    "authorities and users, found a list\n" },
	{ "a word",
	    RAW("version\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:1: error: expected a mapping with version, "
	    "authorities and users, found \"version\"\n" },
	{ "tab",
	    RAW("version: 1\n"
		"authorities:\n"
		"\tca: {}\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:1: error: a tab before the text; indent "
	    "with spaces\n" },
	{ "star without quotes",
	    RAW(HEAD "users:\n"
		"  *: same-name\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:4: error: a * without quotes, which in YAML "
	    "repeats a value; put the text in quotes, as in \"*\"\n" },
	{ "glob without quotes",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca:\n"
		"    keys: [\"" KEY_A "\"]\n"
		"    require: {key_id: *@example.com}\n"
		"users:\n"
		"  jim: jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:24: error: a * without quotes, which in "
	    "YAML repeats a value; put the text in quotes, as in \"*\"\n" },
	{ "ampersand without quotes",
	    RAW(HEAD "users:\n"
		"  jim: &\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: a & without quotes, which in YAML "
	    "marks a value; put the text in quotes\n" },
	{ "at sign without quotes",
	    RAW(HEAD "users:\n"
		"  jim: @example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a text that begins with @ without "
	    "quotes; put it in quotes\n" },
	{ "backquote",
	    RAW(HEAD "users:\n"
		"  jim: `id`\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a text that begins with ` without "
	    "quotes; put it in quotes\n" },
	{ "percent",
	    RAW(HEAD "users:\n"
		"  jim: %jim\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a text that begins with % without "
	    "quotes; put it in quotes\n" },
	{ "colon inside a text",
	    RAW(HEAD "users:\n"
		"  jim: a: b\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: a \": \" where no key can stand; "
	    "put a text that holds \": \" in quotes, or check the "
	    "indentation\n" },
	{ "key without colon",
	    RAW(HEAD "users:\n"
		"  jim: jim@example.com\n"
		"  bob\n"
		"  ann: ann@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:3: error: the key that begins in line 6 has "
	    "no \": \" after it; write \"key: value\"\n" },
	{ "odd indentation",
	    RAW(HEAD "users:\n"
		"  jim: jim@example.com\n"
		" bob: bob@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:2: error: this does not fit the mapping "
	    "that begins in line 1; indent its keys alike, and put "
	    "nothing after a text in quotes\n" },
	{ "odd list indentation",
	    RAW(HEAD "users:\n"
		"  jim:\n"
		"    - a@example.com\n"
		"   - b@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:4: error: this does not fit the mapping "
	    "that begins in line 5; indent its keys alike, and put "
	    "nothing after a text in quotes\n" },
	{ "list item after a text",
	    RAW(HEAD "users:\n"
		"  jim: a@example.com\n"
		"    - b@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: the identity \"a@example.com - "
	    "b@example.com\" holds white space: sshd's lists of "
	    "principals cannot carry such a name\n" },
	{ "list item in a line",
	    RAW(HEAD "users:\n"
		"  jim: - a@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a list item where none can stand; "
	    "begin a new line for it, or put a text that begins with "
	    "\"- \" in quotes\n" },
	{ "question mark",
	    RAW(HEAD "users:\n"
		"  jim: ? a\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a key where none can stand; check "
	    "the indentation\n" },
	{ "list not closed",
	    RAW(HEAD "users:\n"
		"  jim: [a@example.com,\n"
		"  bob: b@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:3: error: unknown key \"bob\" in an entry of "
	    "\"allow\"\n"
	    "policy.yaml:7:1: error: the list that begins with [ in "
	    "line 5 does not end; write \",\" between its items and \"]\" "
	    "after the last\n" },
	{ "list without comma",
	    RAW(HEAD "users:\n"
		"  jim: [a@example.com b@example.com: c]\n"
		"  x: ]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: unknown key \"a@example.com "
	    "b@example.com\" in an entry of \"allow\"\n"
	    "policy.yaml:6:6: error: nothing where a value belongs\n" },
	{ "mapping not closed",
	    RAW(HEAD "users:\n"
		"  jim: {allow: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: the mapping that begins with { in "
	    "line 5 does not end; write \",\" between its keys and \"}\" "
	    "after the last\n" },
	{ "empty item",
	    RAW(HEAD "users:\n"
		"  jim: [a@example.com, , b@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:24: error: nothing where a value belongs\n" },
	{ "quotes not closed",
	    RAW(HEAD "users:\n"
		"  jim: \"jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: the quotes that begin in line 5 "
	    "do not end\n" },
	{ "text after quotes",
	    RAW(HEAD "users:\n"
		"  jim: \"jim\"@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:13: error: a text that begins with @ "
	    "without quotes; put it in quotes\n" },
	{ "unknown escape",
	    RAW(HEAD "users:\n"
		"  jim: \"a\\qb\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:10: error: an escape that YAML does not "
	    "know in double quotes; write \\\\ for a backslash, or use "
	    "single quotes\n" },
	{ "short escape",
	    RAW(HEAD "users:\n"
		"  jim: \"a\\xg\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:12: error: an escape without its "
	    "hexadecimal digits; write \\\\ for a backslash, or use "
	    "single quotes\n" },
	{ "surrogate escape",
	    RAW(HEAD "users:\n"
		"  jim: \"\\ud800\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:11: error: an escape that is no Unicode "
	    "character\n" },
	{ "NUL escape",
	    RAW(HEAD "users:\n"
		"  jim: \"jim\\0@example.com\"\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a NUL character in a text\n" },
	{ "document marker in quotes",
	    RAW(HEAD "users:\n"
		"  jim: \"a\n"
		"---\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: the quotes that begin in line 5 "
	    "do not end\n" },
	{ "text after the end",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"...\n"
		"more\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:1: error: text after the end of the policy\n" },
	{ "second document",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"---\n"
		"users:\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:1: error: a second YAML document; put all "
	    "into one document, or into files that \"include\" names\n" },
	{ "version of YAML",
	    RAW("%YAML 2.0\n"
		"---\n"
		"version: 1\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:1: error: a version of YAML that is not 1.1 "
	    "or 1.2; take the %YAML line out\n" },
	{ "TAG directives",
	    RAW("%YAML 1.1\n"
		"%TAG ! tag:x,2000:\n"
		"---\n" HEAD "users: {jim: any}\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:1: error: a %TAG directive: a policy has no types "
	    "beside what a value looks like; take it out\n" },
	{ "TAG directive behind the mark",
	    RAW("\xef\xbb\xbf%TAG ! tag:x,2000:\n"
		"---\n" HEAD "users: {jim: any}\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:1: error: a %TAG directive: a policy has no types "
	    "beside what a value looks like; take it out\n" },
	{ "TAG in a text",
	    RAW(HEAD "# %TAG\n"
		"users: {jim: \"%TAG@example.com\"}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:14: warning: \"%TAG@example.com\" holds upper-case "
	    "letters: names are compared byte for byte, as sshd does; make "
	    "sure that certificates have it in this very form\n" },
	{ "byte order mark",
	    RAW("\xef\xbb\xbf" "version: 2\n"
		"authorities: {ca: {keys: [\"" KEY_A "\"]}}\n"
		"users: {jim: any}\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("\xef\xbb\xbf" "deny: {a: b}\n"),
	    "b.yaml:1:7: error: expected an identity, found a mapping\n"
	    "policy.yaml:1:10: error: this certgate does not know version 2 "
	    "of the language; write version: 1\n" },
	{ "bytes behind a byte order mark",
	    RAW("\xef\xbb\xbf" "version: 1\n"
		"x: \x01\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:4: error: a control character (0x01); take it "
	    "out\n" },
	{ "keys that are words of YAML's",
	    RAW(HEAD "users:\n"
		"  no: a@x\n"
		"  ~: [a@x]\n"
		"  null: a@x\n"
		"  On: {allow: a@x}\n"
		"  \"yes\": a@x\n"
		"groups: {off: [a], 'true': [b]}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: the key no: YAML takes this for no name, "
	    "but for nothing or for true or false; put it in quotes if it is a "
	    "name\n"
	    "policy.yaml:6:3: error: the key ~: YAML takes this for no name, "
	    "but for nothing or for true or false; put it in quotes if it is a "
	    "name\n"
	    "policy.yaml:7:3: error: the key null: YAML takes this for no "
	    "name, but for nothing or for true or false; put it in quotes if "
	    "it is a name\n"
	    "policy.yaml:8:3: error: the key On: YAML takes this for no name, "
	    "but for nothing or for true or false; put it in quotes if it is a "
	    "name\n"
	    "policy.yaml:10:10: error: the key off: YAML takes this for no "
	    "name, but for nothing or for true or false; put it in quotes if "
	    "it is a name\n" },
#define LONG16 "aaaaaaaaaaaaaaaa"
#define LONG128 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16 LONG16
#define LONG1024 \
	LONG128 LONG128 LONG128 LONG128 LONG128 LONG128 LONG128 LONG128
	{ "a key that is too long",
	    RAW(HEAD "users:\n"
		"  a" LONG1024 ": b@c\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: more than 1024 bytes for a key: YAML "
	    "takes no more for a key, and what follows does not fit then; "
	    "write a shorter one\n" },
	{ "a key that is too long, in braces",
	    RAW(HEAD "users: {a" LONG1024 ": b@c}\n"),
	    NULL, RAW(""),
	    "policy.yaml:4:9: error: more than 1024 bytes for a key: YAML "
	    "takes no more for a key, and what follows does not fit then; "
	    "write a shorter one\n" },
	{ "unknown directive",
	    RAW("%FOO\n"
		"---\n"
		"version: 1\n"),
	    NULL, RAW(""),
	    "policy.yaml:1:5: error: broken YAML: while scanning a "
	    "directive, found unknown directive name\n" },
	{ "words of libyaml",
	    RAW("version: 1\n"
		"users:\n"
		"  jim: |0\n"
		"    x\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:9: error: broken YAML: while scanning a "
	    "block scalar, found an indentation indicator equal to 0\n" },
	{ "tag on a scalar",
	    RAW(HEAD "users:\n"
		"  jim: !!str jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a tag: a policy has no types "
	    "beside what a value looks like; take out what begins with " "!\n" },
	{ "tag on a list",
	    RAW(HEAD "users:\n"
		"  jim: !x [jim@example.com]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a tag: a policy has no types "
	    "beside what a value looks like; take out what begins with " "!\n" },
	{ "tag on a mapping",
	    RAW(HEAD "users:\n"
		"  jim: !!map {allow: any}\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a tag: a policy has no types "
	    "beside what a value looks like; take out what begins with " "!\n" },
	{ "bare tag",
	    RAW(HEAD "users:\n"
		"  jim: ! jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a tag: a policy has no types "
	    "beside what a value looks like; take out what begins with " "!\n" },
	{ "unknown tag handle",
	    RAW(HEAD "users:\n"
		"  jim: !x!y jim@example.com\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: a tag; put a text that begins "
	    "with ! in quotes\n" },
	{ "list as a key",
	    RAW(HEAD "users:\n"
		"  [a]: b\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: a key must be a name, not a list "
	    "or mapping\n" },
	{ "mapping as a key",
	    RAW(HEAD "users:\n"
		"  {a: b}: c\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: a key must be a name, not a list "
	    "or mapping\n" },
	{ "merge key",
	    RAW(HEAD "users:\n"
		"  jim: &x {allow: any}\n"
		"  bob:\n"
		"    <<: *x\n"
		"    allow: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:7:5: error: merge keys (<<) are not part of "
	    "the language; write the keys out, or repeat a whole value "
	    "by its alias\n" },
	{ "unknown alias",
	    RAW(HEAD "users:\n"
		"  jim: &joe [a@example.com]\n"
		"  bob: *jo\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:8: error: no value is marked \"&jo\" above: a "
	    "word that begins with * repeats the value marked &\n" },
	{ "unlike any anchor",
	    RAW(HEAD "users:\n"
		"  jim: *nobody\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:8: error: no value is marked \"&nobody\" "
	    "above: a word that begins with * repeats the value marked " "&\n" },
	{ "alias in its own value",
	    RAW(HEAD "users:\n"
		"  jim: &x [a@example.com, *x]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:27: error: \"*x\" stands inside the value "
	    "that it repeats\n" },
	{ "alias as a key, unknown",
	    RAW(HEAD "users:\n"
		"  *x : any\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:3: error: no value is marked \"&x\" above: a "
	    "word that begins with * repeats the value marked &\n" },
	{ "aliases too large",
	    RAW("version: 1\n"
		"authorities:\n"
		"  ca: {keys: [&k \"" KEY_A "\", *k, *k, *k, *k]}\n"
		"users:\n"
		"  jim: any\n"),
	    NULL, RAW(""),
	    "policy.yaml:3:15: error: aliases (*) repeat this too "
	    "often: they may repeat no more than the size of the file; "
	    "put what is repeated into a group\n" },
	{ "aliases of aliases",
	    RAW(HEAD "users:\n"
		"  a: &a [a@x, b@x, c@x]\n"
		"  b: &b [*a, *a, *a, *a]\n"
		"  c: [*b, *b, *b, *b, *b, *b, *b]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:10: error: aliases (*) repeat this too "
	    "often: they may repeat no more than the size of the file; "
	    "put what is repeated into a group\n"
	    "policy.yaml:6:10: error: expected an identity, any or "
	    "same-name, found a list\n"
	    "policy.yaml:6:14: error: expected an identity, any or "
	    "same-name, found a list\n"
	    "policy.yaml:6:18: error: expected an identity, any or "
	    "same-name, found a list\n"
	    "policy.yaml:6:22: error: expected an identity, any or "
	    "same-name, found a list\n"
	    "policy.yaml:7:7: error: expected an identity, any or "
	    "same-name, found a list\n"
	    "policy.yaml:7:11: error: expected an identity, any or "
	    "same-name, found a list\n"
	    "policy.yaml:7:15: error: expected an identity, any or "
	    "same-name, found a list\n" },
	{ "too deep",
	    RAW(HEAD "users:\n"
		"  jim: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]"
		"]]]]]]]]]]]]]]]]]\n"),
	    NULL, RAW(""),
	    "policy.yaml:5:9: error: expected an identity, any or "
	    "same-name, found a list\n"
	    "policy.yaml:5:38: error: nested deeper than 32 levels\n" },
	{ "not UTF-8",
	    RAW("version: 1\n"
		"# caf\xe9\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:6: error: bytes that are not UTF-8; save "
	    "the file as UTF-8 text\n" },
	{ "overlong UTF-8",
	    RAW("version: 1\n"
		"# \xc0\x80\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:3: error: bytes that are not UTF-8; save "
	    "the file as UTF-8 text\n" },
	{ "UTF-16",
	    RAW("\xff\xfev\x00"),
	    NULL, RAW(""),
	    "policy.yaml:1:1: error: bytes that are not UTF-8; save "
	    "the file as UTF-8 text\n" },
	{ "control character",
	    RAW("version: 1\n"
		"# \x1b[31m\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:3: error: a control character (0x1b); take "
	    "it out\n" },
	{ "lone CR",
	    RAW("version: 1\n"
		"# all is well\rusers:\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:15: error: a line break that is neither LF "
	    "nor CRLF: YAML begins a new line here where most editors "
	    "show none; end lines with LF or CRLF\n" },
	{ "CR at the end",
	    RAW("version: 1\r"),
	    NULL, RAW(""),
	    "policy.yaml:1:12: error: a line break that is neither LF "
	    "nor CRLF: YAML begins a new line here where most editors "
	    "show none; end lines with LF or CRLF\n" },
	{ "NEL",
	    RAW("version: 1\n"
		"# a\xc2\x85users:\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:5: error: a line break that is neither LF "
	    "nor CRLF: YAML begins a new line here where most editors "
	    "show none; end lines with LF or CRLF\n" },
	{ "line separator",
	    RAW("version: 1\n"
		"# \xc3\xa4\xe2\x80\xa8users:\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:5: error: a line break that is neither LF "
	    "nor CRLF: YAML begins a new line here where most editors "
	    "show none; end lines with LF or CRLF\n" },
	{ "paragraph separator",
	    RAW("version: 1\n"
		"# \xe2\x80\xa9users:\n"),
	    NULL, RAW(""),
	    "policy.yaml:2:4: error: a line break that is neither LF "
	    "nor CRLF: YAML begins a new line here where most editors "
	    "show none; end lines with LF or CRLF\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_yaml");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	return run_case("policy_yaml", tc);
}
