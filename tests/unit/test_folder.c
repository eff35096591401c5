#include "config.h"

#include "config-gen/folder.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define WRITABLE(mode) \
	": mode " mode " lets others than its owner replace what is in it; " \
	"run chmod go-w on it"

/* Folders that are there: mode, then name, in this order. */
static const struct {
	mode_t mode;
	const char *name;
} folders[] = {
	{ 0755, "good" },
	{ 0700, "good/below" },
	{ 02775, "group" },
	{ 0755, "group/below" },
	{ 0777, "world" },
	{ 01777, "sticky" },
	{ 0755, "sticky/ours" },
	{ 01777, "sticky/sticky" },
};

static void
setup(void)
{
	size_t i;

	policyfix_setup();
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		ck_assert_int_eq(mkdir(folders[i].name, 0700), 0);
		ck_assert_int_eq(chmod(folders[i].name, folders[i].mode), 0);
	}
	ck_assert_int_eq(symlink("../good", "group/link"), 0);
	ck_assert_int_eq(symlink("../good", "sticky/link"), 0);
	ck_assert_int_eq(symlink("group/link", "twice"), 0);
	ck_assert_int_eq(symlink("good/below", "link"), 0);
}

static const struct judge_row {
	const char *path;
	const char *error; /* NULL: none; else it begins with the folder */
} judge_rows[] = {
	{ "", NULL },
	{ ".", NULL },
	{ "good", NULL },
	{ "good/", NULL },
	{ "good/below/", NULL },
	{ "good/../good/./below", NULL },
	{ "link", NULL },
	{ "sticky/ours", NULL },
	/* Whoever may write in it can take its file away. */
	{ "group", "group" WRITABLE("2775") },
	{ "group/below", "group" WRITABLE("2775") },
	{ "world", "world" WRITABLE("0777") },
	/* Others make files in it that a pattern matches. */
	{ "sticky", "sticky" WRITABLE("1777") },
	{ "sticky/sticky", "sticky/sticky" WRITABLE("1777") },
	/* Whoever may replace the link decides where it leads. */
	{ "group/link", "group" WRITABLE("2775") },
	{ "sticky/link", NULL },
	/* What is not there may have been taken away. */
	{ "good/none/at/all", NULL },
	{ "group/none", "group" WRITABLE("2775") },
	{ "none", NULL },
};

START_TEST(judges)
{
	const struct judge_row *row = &judge_rows[_i];
	struct err err = ERR_INIT;
	char here[256], path[512], want[1024];
	int i;

	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void)snprintf(want, sizeof(want), "%s/%s", here,
	    row->error == NULL ? "" : row->error);
	for (i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s%s%s",
		    i == 0 ? "" : here, i == 0 ? "" : "/", row->path);
		err_clear(&err);
		ck_assert_msg(folder_judge(path, &err) ==
			(row->error == NULL ? 0 : -1),
		    "%s: %s", path, err.text);
		if (row->error != NULL)
			assert_err(&err, ERR_UNSAFE, want);
	}
}
END_TEST

/* As root only: who else could give folders away? */
START_TEST(of_others)
{
	struct err err = ERR_INIT;
	char here[256], want[512];

	if (geteuid() != 0)
		return;
	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	ck_assert_int_eq(chown("good", 12345, 0), 0);
	ck_assert_int_eq(folder_judge("good/below", &err), -1);
	(void)snprintf(want, sizeof(want),
	    "%s/good: owned by uid 12345, who could replace what is in it at "
	    "any time; run chown root on it",
	    here);
	assert_err(&err, ERR_UNSAFE, want);
	ck_assert_int_eq(chown("good", 0, 0), 0);
	ck_assert_int_eq(lchown("sticky/link", 12345, 0), 0);
	err_clear(&err);
	ck_assert_int_eq(folder_judge("sticky/link", &err), -1);
	assert_err(&err, ERR_UNSAFE,
	    "sticky/link: owned by uid 12345, who could replace what is in it "
	    "at any time; run chown root on it");
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("folder");

	tcase_add_checked_fixture(tc, setup, policyfix_teardown);
	tcase_add_loop_test(tc, judges, 0, N_ROWS(judge_rows));
	tcase_add_test(tc, of_others);
	return run_case("folder", tc);
}
