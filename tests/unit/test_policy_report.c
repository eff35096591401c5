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
	    "g.txt:2:3: warning: \"A@b\" holds upper-case letters: names are "
	    "compared byte for byte, as sshd does; make sure that "
	    "certificates have it in this very form\n"
	    "    2 |   A@b\n"
	    "      |   ^\n"
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
		      "      - -----BEGIN OPENSSH PRIVATE KEY-----\n"
		      "      - AAAAsecret\n"
		      "      - {AAAAsecret}\n"
		      "      - -----END OPENSSH PRIVATE KEY-----\n"
		      "    foo: b3BlbnNzaC1rZXktdjEAAAAA\n"
		      "    bar: 1\n",
	    "policy.yaml: error: \"users\" is missing: nobody could log in; "
	    "say who may log in as whom\n"
	    "policy.yaml:5:9: error: this is a private key; give the public "
	    "one, mostly the file that ends in .pub\n"
	    "policy.yaml:6:9: error: this is not a public key; write it as in "
	    "a .pub file: type, base64, comment\n"
	    "policy.yaml:7:9: error: expected a public-key line, found a "
	    "mapping\n"
	    "policy.yaml:8:9: error: this is a private key; give the public "
	    "one, mostly the file that ends in .pub\n"
	    "policy.yaml:9:5: error: unknown key \"foo\" in an authority\n"
	    "policy.yaml:10:5: error: unknown key \"bar\" in an authority\n"
	    "   10 |     bar: 1\n"
	    "      |     ^\n");
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
	tcase_add_test(tc, many_findings);
	return run_case("policy_report", tc);
}
