#include "config.h"

#include "config-gen/pamkeep.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

static const struct pamkeep_file files[] = { { "one", "/etc/pam.d/one" },
	{ "two", "/etc/pam.d/two" }, { "three", "/etc/none/three" } };

static struct root root;
static struct pamkeep keep;
static struct err err;

static void
setup(void)
{
	testroot_make();
	root = (struct root) { .dir = testroot_dir };
	err_clear(&err);
	testroot_put("/var/lib/", NULL);
	testroot_put("/etc/pam.d/one", "first\n");
}

static enum pamkeep_state
look(char text[PAMKEEP_TEXT_SIZE])
{
	enum pamkeep_state state;

	ck_assert_msg(pamkeep_look(&keep, &root, &state, text, &err) == 0,
	    "%s", err.text);
	keep.files = files;
	keep.n_files = sizeof(files) / sizeof(files[0]);
	return state;
}

/* Is file i as before, as after? "10" */
static const char *
as(size_t i)
{
	static char text[3];

	text[0] = (char)('0' + pamkeep_is_as(&keep, i, PAMKEEP_BEFORE, &err));
	text[1] = (char)('0' + pamkeep_is_as(&keep, i, PAMKEEP_AFTER, &err));
	return text;
}

START_TEST(test_whole)
{
	char text[PAMKEEP_TEXT_SIZE];

	ck_assert_int_eq((int)look(text), PAMKEEP_NONE);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(pamkeep_begin(&keep, "tool with words", &err), 0);
	ck_assert_int_eq((int)look(text), PAMKEEP_HALF);
	ck_assert_str_eq(text, "tool with words");
	testroot_put("/etc/pam.d/one", "second\n");
	testroot_put("/etc/pam.d/two", "made\n");
	ck_assert_int_eq(pamkeep_end(&keep, &err), 0);
	ck_assert_int_eq((int)look(text), PAMKEEP_WHOLE);
	ck_assert_str_eq(as(0), "01");
	ck_assert_str_eq(as(1), "01");
	ck_assert_str_eq(as(2), "11");
	testroot_put("/etc/pam.d/one", "third\n");
	ck_assert_str_eq(as(0), "00");
	testroot_delete("/etc/pam.d/two");
	ck_assert_str_eq(as(1), "10");
	testroot_put("/etc/pam.d/two", "made\n");
	ck_assert_int_eq(pamkeep_restore(&keep, 0, &err), 0);
	ck_assert_int_eq(pamkeep_restore(&keep, 1, &err), 0);
	ck_assert_int_eq(pamkeep_restore(&keep, 1, &err), 0);
	ck_assert_int_eq(pamkeep_restore(&keep, 2, &err), 0);
	testroot_assert("one", "/etc/pam.d/one", "first\n");
	testroot_assert("two", "/etc/pam.d/two", NULL);
	ck_assert_int_eq(pamkeep_forget(&keep, &err), 0);
	ck_assert_int_eq((int)look(text), PAMKEEP_NONE);
	ck_assert_int_eq(pamkeep_forget(&keep, &err), 0);
}
END_TEST

/* Modes count, and come back. */
START_TEST(test_mode)
{
	char path[128], text[PAMKEEP_TEXT_SIZE];
	struct stat st;

	(void)look(text);
	(void)snprintf(path, sizeof(path), "%s/etc/pam.d/one", testroot_dir);
	ck_assert_int_eq(chmod(path, 0600), 0);
	ck_assert_int_eq(pamkeep_begin(&keep, "tool", &err), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(pamkeep_is_as(&keep, 0, PAMKEEP_BEFORE, &err), 0);
	ck_assert_int_eq(pamkeep_restore(&keep, 0, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

/* What a change left that never began, or was never forgotten in full. */
START_TEST(test_leftovers)
{
	char text[PAMKEEP_TEXT_SIZE];

	testroot_put(PAMKEEP_FOLDER "/enabled", "");
	testroot_put(PAMKEEP_FOLDER "/before/two", "stale\n");
	ck_assert_int_eq((int)look(text), PAMKEEP_NONE);
	ck_assert_int_eq(pamkeep_begin(&keep, "tool", &err), 0);
	ck_assert_int_eq((int)look(text), PAMKEEP_HALF);
	ck_assert_int_eq(pamkeep_is_as(&keep, 1, PAMKEEP_BEFORE, &err), 1);
}
END_TEST

/* A copy that was lost does not say that there was no such file. */
START_TEST(test_lost)
{
	char text[PAMKEEP_TEXT_SIZE];

	(void)look(text);
	ck_assert_int_eq(pamkeep_begin(&keep, "tool", &err), 0);
	testroot_delete(PAMKEEP_FOLDER "/before/one");
	ck_assert_int_eq(pamkeep_restore(&keep, 0, &err), -1);
	assert_err(&err, ERR_MALFORMED, PAMKEEP_FOLDER
	    "/before/one is missing, the copy of /etc/pam.d/one");
	testroot_assert("one", "/etc/pam.d/one", "first\n");
	err_clear(&err);
	ck_assert_int_eq(
	    pamkeep_is_as(&keep, 0, PAMKEEP_BEFORE, &err), -1);
	/* The next one begins with copies of its own. */
	err_clear(&err);
	ck_assert_int_eq(pamkeep_begin(&keep, "tool", &err), 0);
	ck_assert_int_eq(pamkeep_is_as(&keep, 0, PAMKEEP_BEFORE, &err), 1);
}
END_TEST

START_TEST(test_unsafe)
{
	char path[128], text[PAMKEEP_TEXT_SIZE], want[256];

	(void)look(text);
	(void)snprintf(path, sizeof(path), "%s/etc/pam.d/one", testroot_dir);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(pamkeep_begin(&keep, "tool", &err), -1);
	(void)snprintf(want, sizeof(want),
	    "%s: mode 0666 lets others than its owner change it; run chmod "
	    "go-w on it", path);
	assert_err(&err, ERR_UNSAFE, want);
	/* The mark is not there: nothing is taken for a change. */
	ck_assert_int_eq((int)look(text), PAMKEEP_NONE);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pamkeep");

	tcase_add_checked_fixture(tc, setup, testroot_remove);
	tcase_add_test(tc, test_whole);
	tcase_add_test(tc, test_mode);
	tcase_add_test(tc, test_leftovers);
	tcase_add_test(tc, test_lost);
	tcase_add_test(tc, test_unsafe);
	return run_case("pamkeep", tc);
}
