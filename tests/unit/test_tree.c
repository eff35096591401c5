#include "config.h"

#include "config-gen/tree.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void
setup(void)
{
	(void)umask(022);
	(void)snprintf(dir, sizeof(dir), "/tmp/test_tree.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void
teardown(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

static ino_t
inode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_ino;
}

START_TEST(test_remove)
{
	struct err err = ERR_INIT;

	run("mkdir -p t/a/b t/c; touch t/1 t/a/2 t/a/b/3; mkdir kept;"
	    "touch kept/x; ln -s ../kept t/link; ln -s nowhere t/dangling");
	ck_assert_int_eq(tree_remove("t", &err), 0);
	ck_assert_int_eq(access("t", F_OK), -1);
	ck_assert_int_eq(access("kept/x", F_OK), 0);
	/* a link, a file, and nothing */
	run("ln -s kept l; touch f");
	ck_assert_int_eq(tree_remove("l", &err), 0);
	ck_assert_int_eq(tree_remove("f", &err), 0);
	ck_assert_int_eq(tree_remove("absent", &err), 0);
	ck_assert_int_eq(access("kept/x", F_OK), 0);
	ck_assert_int_eq(access("f", F_OK), -1);
}
END_TEST

START_TEST(test_remove_many)
{
	struct err err = ERR_INIT;

	run("mkdir t; cd t; seq 1 5000 | xargs touch");
	ck_assert_int_eq(tree_remove("t", &err), 0);
	ck_assert_int_eq(access("t", F_OK), -1);
}
END_TEST

START_TEST(test_remove_errors)
{
	struct err err = ERR_INIT;

	run("touch f; mkdir -p $(seq -s / 1 18)");
	ck_assert_int_eq(tree_remove("f/x", &err), -1);
	ck_assert_str_eq(err.text, "f/x: Not a directory");
	err_clear(&err);
	ck_assert_int_eq(tree_remove("1", &err), -1);
	ck_assert_str_eq(err.text,
	    "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17: too deep a folder");
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(test_sync)
{
	struct err err = ERR_INIT;

	run("mkdir -p t/a; touch t/1 t/a/2; ln -s nowhere t/dangling;"
	    "ln t/1 t/3; mkfifo t/fifo");
	ck_assert_int_eq(tree_sync("t", &err), 0);
	ck_assert_int_eq(tree_sync("absent", &err), -1);
	ck_assert_str_eq(err.text, "absent: No such file or directory");
}
END_TEST

/* What is done to `fresh`, a copy of `old`, and what is then no longer same. */
static const struct share_case {
	const char *change;
	bool is_same;
	const char *shared; /* files that become links to old's */
	const char *own;    /* files that do not */
} share_cases[] = {
	{ "true", true, "1 a/2 a/3 empty", "" },
	{ "printf X >fresh/1", false, "a/2 a/3", "1" },
	{ "printf onE >fresh/1", false, "a/2 a/3", "1" },
	{ "chmod 0600 fresh/1", false, "a/2 a/3", "1" },
	{ "chmod 0700 fresh/a", false, "1 a/2 a/3", "" },
	{ "chmod 0700 fresh", false, "1 a/2 a/3", "" },
	{ "touch fresh/new", false, "1 a/2 a/3", "" },
	{ "rm fresh/a/2", false, "1 a/3", "" },
	{ "mkdir fresh/b", false, "1 a/2 a/3", "" },
	{ "mv fresh/a fresh/b", false, "1", "" },
	{ "rm fresh/1; mkdir fresh/1", false, "a/2 a/3", "" },
	{ "rm -r fresh/a; touch fresh/a", false, "1", "a" },
	{ "rm fresh/1; ln -s a/2 fresh/1", false, "a/2 a/3", "1" },
	{ "rm -r fresh/a; ln -s ../old/a fresh/a", false, "1", "a" },
	{ "printf X | dd of=fresh/a/3 bs=1 seek=70000 conv=notrunc "
	  "2>/dev/null",
	    false, "1 a/2", "a/3" },
	{ "rm -r old", false, "", "1 a/2 a/3" },
	{ "rm -r old; mkdir old", false, "", "1 a/2 a/3" },
};

static void
check_names(const char *names, bool is_shared)
{
	char copy[64], fresh[80], old[80];
	char *name, *rest = copy;

	(void)snprintf(copy, sizeof(copy), "%s", names);
	while ((name = strsep(&rest, " ")) != NULL) {
		if (name[0] == '\0')
			continue;
		(void)snprintf(fresh, sizeof(fresh), "fresh/%s", name);
		(void)snprintf(old, sizeof(old), "old/%s", name);
		if (is_shared)
			ck_assert_uint_eq(inode_of(fresh), inode_of(old));
		else if (access(old, F_OK) == 0)
			ck_assert_uint_ne(inode_of(fresh), inode_of(old));
	}
}

START_TEST(test_share)
{
	const struct share_case *c = &share_cases[_i];
	struct err err = ERR_INIT;
	bool is_same = !c->is_same;

	run("mkdir -p old/a; printf one >old/1; printf two >old/a/2;"
	    "touch old/empty; head -c 200000 /dev/urandom >old/a/3;"
	    "cp -a old fresh");
	run(c->change);
	run("cp -aL fresh before 2>/dev/null; true");
	ck_assert_msg(
	    tree_share("fresh", "old", &is_same, &err) == 0, "%s", err.text);
	ck_assert_msg(is_same == c->is_same, "%s", c->change);
	check_names(c->shared, true);
	check_names(c->own, false);
	/* what fresh says is as before */
	run("cp -aL fresh after 2>/dev/null; diff -r before after");
	ck_assert_int_eq(access("fresh.link", F_OK), -1);
}
END_TEST

START_TEST(test_share_errors)
{
	struct err err = ERR_INIT;
	bool is_same = true;

	ck_assert_int_eq(tree_share("fresh", "old", &is_same, &err), -1);
	ck_assert_str_eq(err.text, "fresh: No such file or directory");
	err_clear(&err);
	run("mkdir fresh; touch old");
	ck_assert_int_eq(tree_share("fresh", "old", &is_same, &err), -1);
	ck_assert_str_eq(err.text, "fresh: Not a directory");
	ck_assert(is_same);
}
END_TEST

START_TEST(test_count)
{
	struct tree_count c;
	struct err err = ERR_INIT;

	memset(&c, 0, sizeof(c));
	run("mkdir -p a/x b; head -c 1000 /dev/zero >a/1;"
	    "head -c 200 /dev/zero >a/x/2; ln a/1 b/1; ln a/1 b/1too;"
	    "head -c 5 /dev/zero >b/4; ln b/4 b/4too; ln b/4 b/4three;"
	    "head -c 30 /dev/zero >b/3; ln -s ../a/1 b/link");
	ck_assert_int_eq(tree_count(&c, "a", &err), 0);
	ck_assert_uint_eq(c.bytes, 1200);
	ck_assert_uint_eq(c.n_files, 2);
	ck_assert_int_eq(tree_count(&c, "b", &err), 0);
	ck_assert_uint_eq(c.bytes, 1235);
	ck_assert_int_eq(tree_count(&c, "absent", &err), -1);
	ck_assert_str_eq(err.text, "absent: No such file or directory");
	tree_count_clear(&c);
	ck_assert_uint_eq(c.bytes, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("tree");
	TCase *tc = tcase_create("tree");
	SRunner *r;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_remove);
	tcase_add_test(tc, test_remove_many);
	tcase_add_test(tc, test_remove_errors);
	tcase_add_test(tc, test_sync);
	tcase_add_loop_test(tc, test_share, 0,
	    (int)(sizeof(share_cases) / sizeof(share_cases[0])));
	tcase_add_test(tc, test_share_errors);
	tcase_add_test(tc, test_count);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
