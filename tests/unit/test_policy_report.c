#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static void
assert_prints(const char *policy, const char *want)
{
	struct diag_report r = DIAG_REPORT_INIT;
	char *said;

	policyfix_write_text("policy.yaml", policy);
	policy_free(policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r));
	said = policyfix_print(&r);
	ck_assert_str_eq(said, want);
	free(said);
	diag_free(&r);
}

START_TEST(source_and_caret)
{
	assert_prints("version: 1\n"
		      "authorities:\n"
		      "  ca:\n"
		      "    keys: [\"" KEY_A "\"]\n"
		      "    princpals: email\n"
		      "users:\r\n"
		      "  jim: {allow:\t[a b, \"\xc3\xa4 b\", c d]}\r\n"
		      "  joe: a@b  # twice\n"
		      "  joe: a@b\n",
	    "policy.yaml:5:5: error: unknown key \"princpals\" in an "
	    "authority; did you mean \"principals\"?\n"
	    "    5 |     princpals: email\n"
	    "      |     ^\n"
	    "policy.yaml:7:17: error: the identity \"a b\" holds white space: "
	    "sshd's lists of principals cannot carry such a name\n"
	    "    7 |   jim: {allow:\t[a b, \"\\xc3\\xa4 b\", c d]}\n"
	    "      |               \t ^\n"
	    "policy.yaml:7:22: error: the identity \"\\xc3\\xa4 b\" holds "
	    "white space: sshd's lists of principals cannot carry such a "
	    "name\n"
	    "    7 |   jim: {allow:\t[a b, \"\\xc3\\xa4 b\", c d]}\n"
	    "      |               \t      ^\n"
	    "policy.yaml:7:29: error: the identity \"c d\" holds white space: "
	    "sshd's lists of principals cannot carry such a name\n"
	    "    7 |   jim: {allow:\t[a b, \"\\xc3\\xa4 b\", c d]}\n"
	    "      |               \t                    ^\n"
	    "policy.yaml:9:3: error: user \"joe\" stands twice, first at "
	    "policy.yaml:8; keep one of them, or merge them\n"
	    "    9 |   joe: a@b\n"
	    "      |   ^\n");
}
END_TEST

/* Checks across files know the column as well, and quote other files. */
START_TEST(source_of_other_files)
{
	policyfix_write_text("g.txt", "# x\n  A@b\n");
	policyfix_write_text("ca.pub", "\n" KEY_B "\n");
	policyfix_write_text("b.yaml", "users:\n  bob: [{group: x}]\n");
	assert_prints("version: 1\n"
		      "authorities: {ca: {keys: [" KEY_A "]}, cb: {file: "
		      "ca.pub, keys: [" KEY_B "]}}\n"
		      "users: {jim: [{group: g}, {group: gg}]}\n"
		      "groups: {g: {file: g.txt}}\n"
		      "include: b.yaml\n",
	    "b.yaml:2:17: error: there is no group \"x\"\n"
	    "    2 |   bob: [{group: x}]\n"
	    "      |                 ^\n"
	    "g.txt:2:3: warning: this line holds upper-case letters: names "
	    "are compared byte for byte, as sshd does; make sure that "
	    "certificates have it in this very form\n"
	    "policy.yaml:2:137: warning: authority \"cb\" has this key twice, "
	    "first at ca.pub:2; remove one of them\n"
	    "    2 | ...jcCdTA2K9xeY2/RZ0J]}, cb: {file: ca.pub, keys: "
	    "[ssh-ed25519 AAAAC3NzaC1l...\n"
	    "      |                                                    ^\n"
	    "policy.yaml:3:35: error: there is no group \"gg\"\n"
	    "    3 | users: {jim: [{group: g}, {group: gg}]}\n"
	    "      |                                   ^\n");
}
END_TEST

/* What somebody put there by mistake must not go into a ticket. */
START_TEST(secrets_are_not_quoted)
{
	assert_prints("version: 1\n"
		      "authorities:\n"
		      "  ca:\n"
		      "    keys:\n"
		      "      - AAAAsecret\n"
		      "      - {AAAAsecret}\n"
		      "    foo: b3BlbnNzaC1rZXktdjEAAAAA\n"
		      "    bar: 1\n",
	    "policy.yaml: error: \"users\" is missing: nobody could log in; "
	    "say who may log in as whom\n"
	    "policy.yaml:5:9: error: this is not a public key; write it as in "
	    "a .pub file: type, base64, comment\n"
	    "policy.yaml:6:9: error: expected a public-key line, found a "
	    "mapping\n"
	    "policy.yaml:7:5: error: unknown key \"foo\" in an authority\n"
	    "policy.yaml:8:5: error: unknown key \"bar\" in an authority\n"
	    "    8 |     bar: 1\n"
	    "      |     ^\n");
}
END_TEST

#define SECRET \
	"-----BEGIN OPENSSH PRIVATE KEY-----\n" \
	"b3BlbnNzaC1rZXktdjEAAAAAsecret\n" \
	"secret==\n" \
	"-----END OPENSSH PRIVATE KEY-----\n"
#define PRIVATE \
	": error: this is a private key; give the public one, mostly the " \
	"file that ends in .pub\n"
#define FOREIGN \
	"other:1:1: error: unknown key in the policy: this file seems to be " \
	"no part of a policy, and what it holds is not shown; begin it with " \
	"a key such as version or users\n"

/* A policy may name any file of root's: what that holds MUST NOT be shown. */
static const struct secret_row {
	const char *name;
	const char *policy; /* behind the HEAD */
	const char *other; /* the file that it names */
	const char *want; /* with source lines */
} secret_rows[] = {
	{ "a key in the policy", "users:\n  jim: any\n" SECRET, NULL,
	    "policy.yaml:6" PRIVATE },
	{ "a key in an included file", "users: {jim: any}\ninclude: other\n",
	    "# x\n" SECRET, "other:2" PRIVATE },
	{ "a key in a group", "users: {jim: any}\ngroups: {g: {file: other}}\n",
	    SECRET, "other:1" PRIVATE },
	{ "a key of PuTTY's", "users: {jim: any}\ninclude: other\n",
	    "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\nsecret\n",
	    "other:1" PRIVATE },
	{ "shadow as a group",
	    "users: {jim: any}\ngroups: {g: {file: other}}\n",
	    "root:$y$Secret:19000:0:99999:7:::\n"
	    "daemon:*:19000:0:99999:7:::\n"
	    "jim:$y$Secret*:19000:0:99999:7:::\n",
	    "other:1:1: warning: this line holds upper-case letters: names "
	    "are compared byte for byte, as sshd does; make sure that "
	    "certificates have it in this very form\n"
	    "other:2:1: error: this line is no identity; write one on each "
	    "line\n" },
	{ "prose as a group",
	    "users: {jim: any}\ngroups: {g: {file: other}}\n",
	    "# comment\nthe secret is x\nany\n",
	    "other:2:1: error: this line is no identity: it holds white "
	    "space; write one on each line\n" },
	{ "twice in a group",
	    "users: {jim: any}\ngroups: {g: {file: other}}\n",
	    "secret\nsecret\n",
	    "other:2:1: warning: this line stands twice in group \"g\", first "
	    "at other:1; remove one of them\n" },
	{ "shadow included", "users: {jim: any}\ninclude: other\n",
	    "root:$y$secret:19000:0:99999:7:::\n"
	    "jim:$y$secret:19000:0:99999:7:::\n",
	    FOREIGN },
	{ "words included", "users: {jim: any}\ninclude: other\n",
	    "machine x login y password secret\n",
	    "other:1:1: error: expected a mapping with version, authorities "
	    "and users, found text\n" },
	{ "another YAML file included", "users: {jim: any}\ninclude: other\n",
	    "secret: hunter2\nusers: [secret]\n: x: [\n", FOREIGN },
	{ "JSON included", "users: {jim: any}\ninclude: other\n",
	    "{\"secret\": 1}\n",
	    "other:1:2: error: unknown key in the policy: this file seems to "
	    "be no part of a policy, and what it holds is not shown; begin it "
	    "with a key such as version or users\n" },
	{ "broken from the start", "users: {jim: any}\ninclude: other\n",
	    "secret: \"x\n",
	    FOREIGN },
	{ "nothing but broken", "users: {jim: any}\ninclude: other\n",
	    "\"secret\n",
	    "other:2:1: error: the quotes that begin in line 1 do not end\n" },
	{ "an alias of nothing", "users: {jim: any}\ninclude: other\n",
	    "*secret\n",
	    "other:1:1: error: no value is marked \"&...\" above: a word that "
	    "begins with * repeats the value marked &\n" },
	{ "a password behind a key of ours",
	    "users: {jim: any}\ninclude: other\n",
	    "users: {bob: any}\npassword: hunter2\n",
	    "other:2:1: error: unknown key \"password\" in the policy\n" },
	{ "a slip of the pen is shown", "users: {jim: any}\ninclude: other\n",
	    "usres: {bob: any}\ndeny: {a: b}\n",
	    "other:1:1: error: unknown key \"usres\" in the policy; did you "
	    "mean \"users\"?\n"
	    "other:2:7: error: expected an identity, found a mapping\n"
	    "    2 | deny: {a: b}\n"
	    "      |       ^\n" },
};

START_TEST(nothing_of_other_files)
{
	const struct secret_row *row = &secret_rows[_i];
	char policy[1024];

	(void)snprintf(policy, sizeof(policy), HEAD "%s", row->policy);
	if (row->other != NULL)
		policyfix_write_text("other", row->other);
	assert_prints(policy, row->want);
}
END_TEST

/* The mark of a private key across the borders of what is read at a time. */
START_TEST(private_key_anywhere)
{
	char text[4400], want[256];
	size_t at;

	for (at = 4000; at < 4200; at++) {
		memset(text, '\n', at);
		(void)snprintf(
		    text + at, sizeof(text) - at, "-----BEGIN PRIVATE KEY-----\n");
		(void)snprintf(
		    want, sizeof(want), "policy.yaml:%zu" PRIVATE, at + 1);
		assert_prints(text, want);
	}
}
END_TEST

/* Neither ends the line nor moves the caret. */
START_TEST(marks_and_nuls)
{
	struct diag_report r = DIAG_REPORT_INIT;
	char *said;

	assert_prints("\xef\xbb\xbf" "version: 2\n",
	    "policy.yaml: error: \"authorities\" is missing: nobody could log "
	    "in; name the CAs to trust\n"
	    "policy.yaml: error: \"users\" is missing: nobody could log in; "
	    "say who may log in as whom\n"
	    "policy.yaml:1:10: error: this certgate does not know version 2 "
	    "of the language; write version: 1\n"
	    "    1 | version: 2\n"
	    "      |          ^\n");
	policyfix_write("policy.yaml", BYTES("users: x\0y\n"));
	policy_free(policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r));
	said = policyfix_print(&r);
	ck_assert_str_eq(said,
	    "policy.yaml:1:9: error: a NUL byte; save the file as UTF-8 "
	    "text\n"
	    "    1 | users: x\\x00\n"
	    "      |         ^\n");
	free(said);
	diag_free(&r);
}
END_TEST

/* Far more findings than are kept: all errors come first. */
START_TEST(many_findings)
{
	struct diag_report r = DIAG_REPORT_INIT;
	size_t i, n_errors = 0;
	FILE *f;

	f = fopen("policy.yaml", "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	(void)fputs(HEAD "users:\n", f);
	for (i = 0; i < 3000; i++)
		(void)fprintf(f, "  u%zu: %s@example.com\n", i,
		    i >= 2000 && i % 10 == 0 ? "\"a b\"" : "A");
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_null(
	    policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r));
	ck_assert_uint_eq(r.n_items, DIAG_MAX);
	ck_assert_uint_ge(r.n_errors, 1);
	for (i = 0; i < r.n_items; i++) {
		n_errors += r.items[i].level == DIAG_ERROR;
		ck_assert(r.items[i].line == 0 || r.items[i].source != NULL);
	}
	ck_assert_uint_eq(n_errors, r.n_errors);
	diag_free(&r);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_report");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_test(tc, source_and_caret);
	tcase_add_test(tc, source_of_other_files);
	tcase_add_test(tc, secrets_are_not_quoted);
	tcase_add_loop_test(
	    tc, nothing_of_other_files, 0, N_ROWS(secret_rows));
	tcase_add_test(tc, private_key_anywhere);
	tcase_add_test(tc, marks_and_nuls);
	tcase_add_test(tc, many_findings);
	return run_case("policy_report", tc);
}
