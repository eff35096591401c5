#include "config.h"

#include "config-gen/krl_check.h"

#include <check.h>
#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define CA_A "SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZgtE3Ti4E"
#define KEY_B_PRINT "SHA256:goUbzlitflZX73wp4Fddy1z5FkhVOyrw19qWqfKreCE"

/* As ssh-keygen -Q -l says it for the policy below. */
#define HEAD_TEXT \
	"# KRL version 0\n# Generated at 19700101T000000\n\n"
#define KEY_TEXT "hash: " KEY_B_PRINT " # ssh-ed25519\n\n"
#define CA_TEXT "# CA key ssh-ed25519 " CA_A "\n"

static const struct row {
	const char *name;
	const char *text;
	const char *want; /* NULL: it is as it should be */
} rows[] = {
	{ "as it should be",
	    HEAD_TEXT KEY_TEXT CA_TEXT
	    "serial: 5-6\nserial: 9\nid: a b\n",
	    NULL },
	{ "in another order",
	    HEAD_TEXT CA_TEXT "id: a b\nserial: 9\nserial: 5-6\n"
	    "# CA key x SHA256:none\n",
	    "does not revoke \"hash: " KEY_B_PRINT "\"" },
	{ "no last line end",
	    HEAD_TEXT KEY_TEXT CA_TEXT "serial: 5-6\nserial: 9\nid: a b",
	    NULL },
	{ "nothing", HEAD_TEXT, "does not revoke \"" CA_A " id: a b\"" },
	{ "no text at all", "", "does not revoke \"" CA_A " id: a b\"" },
	{ "less",
	    HEAD_TEXT KEY_TEXT CA_TEXT "serial: 5-6\nid: a b\n",
	    "does not revoke \"" CA_A " serial: 9\"" },
	{ "more",
	    HEAD_TEXT KEY_TEXT CA_TEXT
	    "serial: 5-6\nserial: 9\nserial: 90\nid: a b\n",
	    "revokes, but should not, \"" CA_A " serial: 90\"" },
	{ "twice",
	    HEAD_TEXT KEY_TEXT CA_TEXT
	    "serial: 5-6\nserial: 9\nserial: 9\nid: a b\n",
	    "revokes, but should not, \"" CA_A " serial: 9\"" },
	{ "of another CA",
	    HEAD_TEXT KEY_TEXT "# CA key ssh-ed25519 SHA256:other\n"
	    "serial: 5-6\nserial: 9\nid: a b\n",
	    "does not revoke \"" CA_A " id: a b\"" },
	{ "of any CA",
	    HEAD_TEXT KEY_TEXT
	    "# Wildcard CA\nserial: 5-6\nserial: 9\nid: a b\n",
	    "does not revoke \"" CA_A " id: a b\"" },
	{ "a cut key ID",
	    HEAD_TEXT KEY_TEXT CA_TEXT "serial: 5-6\nserial: 9\nid: a\n",
	    "revokes, but should not, \"" CA_A " id: a\"" },
	{ "something to escape",
	    HEAD_TEXT KEY_TEXT CA_TEXT
	    "serial: 5-6\nserial: 9\nid: a b\nid: \033\n",
	    "revokes, but should not, \"" CA_A " id: \\x1b\"" },
};

START_TEST(text)
{
	const struct row *row = &rows[_i];
	struct policy *p = policyfix_load_text(
	    HEAD "users:\n  jim: any\nrevoked:\n"
	    "  - {key: \"" KEY_B "\"}\n"
	    "  - {authority: ca, serial: 5}\n"
	    "  - {authority: ca, serial: 6}\n"
	    "  - {authority: ca, serial: 9}\n"
	    "  - {authority: ca, key_id: a b}\n",
	    "");
	struct err err = ERR_INIT;
	char want[300];
	int ret;

	ck_assert_ptr_nonnull(p);
	ret = krl_check_text(p, row->text, &err);
	ck_assert_msg((ret == 0) == (row->want == NULL), "%s: %s", row->name,
	    err.text);
	if (row->want != NULL) {
		(void)snprintf(want, sizeof(want),
		    "revoked.krl: what ssh-keygen made %s; please report "
		    "this",
		    row->want);
		ck_assert_str_eq(err.text, want);
	}
	policy_free(p);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("krl_check");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, text, 0, N_ROWS(rows));
	return run_case("krl_check", tc);
}
