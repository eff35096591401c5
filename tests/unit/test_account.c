#include "config.h"

#include "config-gen/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/testroot.h"

#define DEFS "/etc/login.defs"
#define REFUSED \
	": UID_MIN is no user ID: nobody could tell which accounts \"*\" " \
	"covers; write a number, or \"min_uid\" under \"*\" of the policy"

static struct root root;

static void
setup(void)
{
	testroot_make();
	root.dir = testroot_dir;
	policyfix_setup();
}

static void
teardown(void)
{
	policyfix_teardown();
	testroot_remove();
}

static const struct uid_min_case {
	const char *name;
	const char *text; /* of login.defs; NULL: no file */
	int found;
	uint32_t want;
	const char *error;
} uid_min_cases[] = {
	{ "no file", NULL, 0, 1000, "" },
	{ "not said", "UID_MAX 60000\n#UID_MIN 5\n", 0, 1000, "" },
	{ "another name", "SYS_UID_MIN 5\nUID_MINIMUM 6\n", 0, 1000, "" },
	{ "decimal", "UID_MAX 1\n  UID_MIN\t\t  500\n", 1, 500, "" },
	{ "hexadecimal", "UID_MIN 0x3e8\n", 1, 1000, "" },
	{ "octal", "UID_MIN 01750\n", 1, 1000, "" },
	{ "in quotes", "UID_MIN \"2000\" \r\n", 1, 2000, "" },
	{ "the last counts", "UID_MIN 500\nUID_MIN 600", 1, 600, "" },
	{ "the largest", "UID_MIN 4294967294\n", 1, 4294967294, "" },
	{ "too large", "\nUID_MIN 4294967295\n", -1, 0, DEFS ":2" REFUSED },
	{ "far too large", "UID_MIN 99999999999999999999\n", -1, 0,
	    DEFS ":1" REFUSED },
	{ "negative", "UID_MIN -1\n", -1, 0, DEFS ":1" REFUSED },
	{ "text behind it", "UID_MIN 1000 # people\n", -1, 0,
	    DEFS ":1" REFUSED },
	{ "not octal", "UID_MIN 0800\n", -1, 0, DEFS ":1" REFUSED },
	{ "a word", "UID_MIN lots\n", -1, 0, DEFS ":1" REFUSED },
	{ "nothing", "UID_MIN\n", -1, 0, DEFS ":1" REFUSED },
	{ "unreadable before one that is not", "UID_MIN x\nUID_MIN 7\n", -1, 0,
	    DEFS ":1" REFUSED },
};

START_TEST(test_uid_min)
{
	const struct uid_min_case *c = &uid_min_cases[_i];
	struct err err = ERR_INIT;
	uint32_t min = 0;

	if (c->text != NULL)
		testroot_put(DEFS, c->text);
	ck_assert_msg(account_uid_min(&root, &min, &err) == c->found, "%s: %s",
	    c->name, err.text);
	ck_assert_str_eq(err.text, c->error);
	if (c->found >= 0)
		ck_assert_msg(min == c->want, "%s: %u", c->name, min);
}
END_TEST

/* A link in an image must not lead to this machine's own file. */
START_TEST(test_uid_min_link)
{
	uint32_t min = 0;

	testroot_put("/etc/other.defs", "UID_MIN 77\n");
	testroot_put(DEFS, "-> /etc/other.defs");
	ck_assert_int_eq(account_uid_min(&root, &min, NULL), 1);
	ck_assert_uint_eq(min, 77);
}
END_TEST

static const struct lowest_case {
	const char *name;
	const char *everybody; /* of the policy */
	const char *text; /* of login.defs */
	int ret;
	uint32_t want;
	const char *said;
} lowest_cases[] = {
	{ "no \"*\": nobody", "x: a@b.c", "UID_MIN x\n", 0, UINT32_MAX, "" },
	{ "the machine's", "\"*\": same-name", "UID_MIN 0x1f4\n", 0, 500, "" },
	{ "unreadable", "\"*\": same-name", "UID_MIN x\n", -1, UINT32_MAX, "" },
	{ "the policy's", "\"*\": {allow: same-name, min_uid: 5000}",
	    "UID_MIN x\n", 0, 5000, "" },
	{ "equal", "\"*\": {allow: same-name, min_uid: 500}", "UID_MIN 500\n", 0,
	    500, "" },
	{ "below the machine's", "\"*\": {allow: same-name, min_uid: 1000}",
	    "UID_MIN 2000\n", 0, 1000,
	    "policy.yaml:5:36: warning: \"min_uid\" is below 2000, which is "
	    "UID_MIN of /etc/login.defs: \"*\" would cover accounts of the "
	    "system; leave it out, or give those users rules of their own\n" },
	{ "below the usual", "\"*\": {allow: same-name, min_uid: 0}",
	    "UID_MIN x\n", 0, 0,
	    "policy.yaml:5:36: warning: \"min_uid\" is below 1000: \"*\" would "
	    "cover accounts of the system; leave it out, or give those users "
	    "rules of their own\n" },
};

START_TEST(test_lowest)
{
	const struct lowest_case *c = &lowest_cases[_i];
	struct diag_report report = DIAG_REPORT_INIT;
	struct policy *p;
	char text[512], *said;
	uint32_t lowest = 0;

	(void)snprintf(
	    text, sizeof(text), HEAD "users:\n  %s\n", c->everybody);
	p = policyfix_load_text(text, "");
	testroot_put(DEFS, c->text);
	ck_assert_msg(
	    account_lowest(&root, p, &lowest, NULL) == c->ret, "%s", c->name);
	ck_assert_msg(lowest == c->want, "%s: %u", c->name, lowest);
	account_judge_lowest(&root, p, &report);
	said = policyfix_messages(&report);
	ck_assert_str_eq(said, c->said);
	free(said);
	diag_free(&report);
	policy_free(p);
}
END_TEST

static const struct find_case {
	const char *name;
	struct testroot_file file;
	int found;
	uint32_t uid;
	const char *error;
} find_cases[] = {
	{ "no file", { "/etc/", NULL }, 0, 0, "" },
	{ "no folder", { "/etc", "a file" }, -1, 0,
	    "/etc/passwd: Not a directory" },
	{ "there", { "/etc/passwd", "a:x:1:1::/:\nb:x:7:8::/:/bin/sh\n" }, 1, 7,
	    "" },
	{ "not there", { "/etc/passwd", "a:x:1:1::/:\nbb:x:7:8::/:\n" }, 0, 0,
	    "" },
	{ "lines that are none", { "/etc/passwd", "b\nb:x:y:z\n\nb:x:7:8:::" },
	    1, 7, "" },
	{ "cannot be read", { "/etc/passwd/", NULL }, -1, 0,
	    "/etc/passwd: Is a directory" },
	{ "a loop", { "/etc/passwd", "-> passwd" }, -1, 0,
	    "/etc/passwd: a loop of symbolic links" },
};

/* "Cannot be asked" must not pass for "no such account". */
START_TEST(test_find)
{
	const struct find_case *c = &find_cases[_i];
	struct account account = { 0, 0 };
	struct err err = ERR_INIT;

	testroot_put(c->file.path, c->file.text);
	ck_assert_msg(account_find(&root, "b", &account, &err) == c->found,
	    "%s: %s", c->name, err.text);
	ck_assert_str_eq(err.text, c->error);
	ck_assert_msg(account.uid == c->uid, "%s: %u", c->name, account.uid);
}
END_TEST

/* A link in an image must not lead to this machine's own file. */
START_TEST(test_find_link)
{
	struct account account;

	testroot_put("/etc/other", "b:x:7:8::/:\n");
	testroot_put("/etc/passwd", "-> /etc/other");
	ck_assert_int_eq(account_find(&root, "b", &account, NULL), 1);
	ck_assert_int_eq(account_find(&root, "root", &account, NULL), 0);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("account");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_uid_min, 0, N_ROWS(uid_min_cases));
	tcase_add_test(tc, test_uid_min_link);
	tcase_add_loop_test(tc, test_find, 0, N_ROWS(find_cases));
	tcase_add_test(tc, test_find_link);
	tcase_add_loop_test(tc, test_lowest, 0, N_ROWS(lowest_cases));
	return run_case("account", tc);
}
