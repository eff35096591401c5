#include "config.h"

#include "config-gen/login.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct accepted_case {
	const char *name;
	const char *log;
	bool is_in;
} accepted_cases[] = {
	{ "nothing", "", false },
	{ "accepted", "Connection from ::1\nAccepted publickey for jdoe from ",
	    true },
	{ "another method is asked for",
	    "Partial publickey for jdoe from 127.0.0.1 port 1 ssh2\n", true },
	{ "a longer name", "Accepted publickey for jdoe2 from 127.0.0.1\n",
	    false },
	{ "a shorter name", "Accepted publickey for jdo from 127.0.0.1\n",
	    false },
	{ "cut", "Accepted publickey for jdoe", false },
	{ "inside a line",
	    "Failed x Accepted publickey for jdoe from 127.0.0.1\n", false },
	{ "refused", "\nFailed publickey for jdoe from 127.0.0.1\n\n", false },
};

START_TEST(test_accepted)
{
	const struct accepted_case *c = &accepted_cases[_i];

	ck_assert_msg(
	    login_was_accepted(c->log, "jdoe") == c->is_in, "%s", c->name);
}
END_TEST

static const struct reasons_case {
	const char *name;
	const char *log;
	const char *reasons;
} reasons_cases[] = {
	{ "nothing", "", "nothing" },
	{ "only comings and goings",
	    "Connection from 127.0.0.1 port 1\r\nConnection closed by x\n",
	    "nothing" },
	{ "two, one escaped", "Connection from x\nbad \x1b[1m\n\nworse\n",
	    "bad \\x1b[1m / worse" },
	{ "PAM's verdict first",
	    "a\nb\nc\nd\nAccess denied for user x by PAM account "
	    "configuration [preauth]\n",
	    "Access denied for user x by PAM account configuration [preauth] "
	    "/ a / b / c" },
	{ "four at most", "a\nb\nc\nd\ne\n", "a / b / c / d" },
	{ "the middle of a long one",
	    "AuthorizedPrincipalsCommand /usr/libexec/x -- jdoe 1 AAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAA failed, status 1\n",
	    "AuthorizedPrincipalsCommand /usr/libexec/x -- jdoe 1 AAAA"
	    "AAAAAAAAAAAAAAAAAAAAA...AAAAAAAAAAAAAAAAAAAAAAA failed, status 1" },
};

START_TEST(test_reasons)
{
	const struct reasons_case *c = &reasons_cases[_i];
	char out[512];

	ck_assert_str_eq(
	    login_reasons(c->log, out, sizeof(out)), c->reasons);
}
END_TEST

/* Whatever the room, the end is there and nothing is written behind it. */
START_TEST(test_reasons_short)
{
	char out[16];

	memset(out, 'x', sizeof(out));
	(void)login_reasons("one line\nand another one\n", out, 12);
	ck_assert_str_eq(out, "one line / ");
	ck_assert_int_eq(out[12], 'x');
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("login");
	TCase *tc = tcase_create("login");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, test_accepted, 0,
	    (int)(sizeof(accepted_cases) / sizeof(accepted_cases[0])));
	tcase_add_loop_test(tc, test_reasons, 0,
	    (int)(sizeof(reasons_cases) / sizeof(reasons_cases[0])));
	tcase_add_test(tc, test_reasons_short);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
