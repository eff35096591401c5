#include "config.h"

#include "config-gen/generation.h"

#include "tests/unit/store_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct proof {
	const char *link, *main_text, *dropin;
	int n_calls;
	int ret;
};

static int
prove(void *ctx, struct err *err)
{
	struct proof *p = ctx;

	p->n_calls++;
	assert_current(p->link);
	assert_holds(MAIN, p->main_text);
	assert_holds(DROPIN, p->dropin);
	if (p->ret == -1)
		(void)err_setf(err, ERR_REFUSED, "another file won");
	return p->ret;
}

START_TEST(test_first)
{
	unsigned long number = 9;
	struct err err = ERR_INIT;

	ck_assert_int_eq(generation_peek(&root, &number, &err), 0);
	ck_assert_uint_eq(number, 0);
	ck_assert(apply("ca\n", "list\n", "old\n", "drop\n"));
	assert_current("generations/1");
	assert_holds(STORE "/current/ca.pub", "ca\n");
	assert_holds(STORE "/current/principals/u", "list\n");
	assert_holds(DROPIN, "drop\n");
	assert_holds(MAIN, "old\n");
	ck_assert_uint_eq(mode_of(STORE), 0755);
	ck_assert_uint_eq(mode_of(STORE "/generations"), 0755);
	ck_assert_uint_eq(mode_of(STORE "/generations/1"), 0755);
	ck_assert_uint_eq(mode_of(STORE "/lock"), 0600);
	ck_assert_uint_eq(mode_of(DROPIN), 0644);
	ck_assert_uint_eq(mode_of(MAIN), 0640);
	assert_tidy();
	ck_assert_int_eq(generation_peek(&root, &number, &err), 0);
	ck_assert_uint_eq(number, 1);
}
END_TEST

START_TEST(test_second)
{
	ino_t main_before;

	(void)apply("ca\n", "list\n", "old\n", "drop\n");
	main_before = inode_of(MAIN);
	ck_assert(apply("ca\n", "longer list\n", "new\n", NULL));
	assert_current("generations/2");
	assert_holds(STORE "/current/principals/u", "longer list\n");
	assert_holds(STORE "/generations/1/principals/u", "list\n");
	/* what did not change takes no room */
	ck_assert_uint_eq(inode_of(STORE "/generations/1/ca.pub"),
	    inode_of(STORE "/generations/2/ca.pub"));
	assert_holds(MAIN, "new\n");
	assert_holds(DROPIN, NULL);
	ck_assert_uint_eq(mode_of(MAIN), 0640);
	ck_assert_uint_ne(inode_of(MAIN), main_before);
	assert_tidy();
}
END_TEST

START_TEST(test_unchanged)
{
	ino_t main_before, list_before;

	(void)apply("ca\n", "list\n", "new\n", "drop\n");
	main_before = inode_of(MAIN);
	list_before = inode_of(STORE "/current/principals/u");
	ck_assert(!apply("ca\n", "list\n", "new\n", "drop\n"));
	assert_current("generations/1");
	ck_assert_uint_eq(inode_of(MAIN), main_before);
	ck_assert_uint_eq(inode_of(STORE "/current/principals/u"), list_before);
	assert_tidy();
	/* the files alone */
	ck_assert(!apply("ca\n", "list\n", "newer\n", "drop\n"));
	assert_current("generations/1");
	assert_holds(MAIN, "newer\n");
	/* a mode alone */
	ck_assert_int_eq(chmod(STORE "/current/ca.pub", 0600), 0);
	ck_assert(apply("ca\n", "list\n", "newer\n", "drop\n"));
	assert_current("generations/2");
	ck_assert_uint_eq(mode_of(STORE "/current/ca.pub"), 0644);
	/* a generation that somebody removed */
	run("rm -r " STORE "/generations/2");
	ck_assert(apply("ca\n", "list\n", "newer\n", "drop\n"));
	assert_current("generations/3");
	assert_tidy();
}
END_TEST

/* Without a generation begun: as for `certgate remove`. */
START_TEST(test_files_only)
{
	struct generation_store *s;
	struct generation_file files[2];
	struct err err = ERR_INIT;
	bool is_new = true;

	(void)apply("ca\n", "list\n", "new\n", "drop\n");
	s = open_store();
	files[0] = file_of("/" DROPIN, NULL);
	files[1] = file_of("/" MAIN, "old\n");
	ck_assert_int_eq(
	    generation_commit(s, files, 2, NULL, NULL, &is_new, &err), 0);
	ck_assert(!is_new);
	generation_close(s);
	assert_current("generations/1");
	assert_holds(DROPIN, NULL);
	assert_holds(MAIN, "old\n");
	assert_tidy();
}
END_TEST

START_TEST(test_not_committed)
{
	struct generation_store *s;
	const char *folder = NULL;
	struct err err = ERR_INIT;
	unsigned long number = 0;

	(void)apply("ca\n", "list\n", "new\n", "drop\n");
	s = open_store();
	begin(s, "other\n", "list\n");
	ck_assert_int_eq(generation_begin(s, &folder, &number, &err), 0);
	ck_assert_uint_eq(number, 2);
	generation_close(s);
	assert_current("generations/1");
	assert_tidy();
	ck_assert_int_eq(access(STORE "/generations/2", F_OK), -1);
}
END_TEST

/* The number of a generation that is gone from the end is not used again
 * while it is current, nor a lower one than any that is there. */
START_TEST(test_numbers)
{
	struct generation_store *s;
	const char *folder;
	struct err err = ERR_INIT;
	unsigned long number = 0;

	s = open_store();
	run("mkdir " STORE "/generations/41 " STORE "/generations/9 " STORE
	    "/generations/notes " STORE "/generations/007; touch " STORE
	    "/generations/50; ln -s generations/43 " STORE "/current");
	ck_assert_int_eq(generation_begin(s, &folder, &number, &err), 0);
	ck_assert_uint_eq(number, 44);
	run("rm " STORE "/current");
	ck_assert_int_eq(generation_begin(s, &folder, &number, &err), 0);
	ck_assert_uint_eq(number, 42);
	generation_close(s);
	ck_assert_int_eq(access(STORE "/generations/notes", F_OK), 0);
}
END_TEST

START_TEST(test_reload_due)
{
	struct generation_store *s;
	struct err err = ERR_INIT;

	(void)apply("ca\n", "list\n", "old\n", "drop\n");
	s = open_store();
	ck_assert(generation_reload_due(s));
	ck_assert_int_eq(generation_reload_done(s, &err), 0);
	ck_assert(!generation_reload_due(s));
	ck_assert_int_eq(generation_reload_done(s, &err), 0);
	generation_close(s);
	/* what sshd reads at each login needs none */
	(void)apply("ca2\n", "list\n", "old\n", "drop\n");
	s = open_store();
	ck_assert(!generation_reload_due(s));
	generation_close(s);
}
END_TEST

START_TEST(test_rollback)
{
	struct generation_file file = file_of("/" MAIN, "one\n");
	struct proof p = { "generations/1", "one\n", "drop\n", 0, -1 };
	struct generation_store *s;
	struct err err = ERR_INIT;
	unsigned long number = 0;

	(void)apply("ca1\n", "list\n", "one\n", "drop\n");
	(void)apply("ca2\n", "list\n", "two\n", "drop\n");
	(void)apply("ca3\n", "list\n", "two\n", "drop\n");
	s = open_store();
	ck_assert_int_eq(
	    generation_rollback(s, &number, NULL, 0, NULL, NULL, &err), 0);
	ck_assert_uint_eq(number, 2);
	assert_current("generations/2");
	number = 0;
	/* fails, and generation 1 is still there */
	ck_assert_int_eq(
	    generation_rollback(s, &number, &file, 1, prove, &p, &err), -1);
	ck_assert_str_eq(err.text, "another file won");
	assert_current("generations/2");
	assert_holds(MAIN, "two\n");
	err_clear(&err);
	p.ret = 0;
	number = 0;
	ck_assert_int_eq(
	    generation_rollback(s, &number, &file, 1, prove, &p, &err), 0);
	ck_assert_uint_eq(number, 1);
	assert_current("generations/1");
	assert_holds(MAIN, "one\n");
	number = 0;
	ck_assert_int_eq(
	    generation_rollback(s, &number, NULL, 0, NULL, NULL, &err), -1);
	ck_assert_str_eq(err.text, "no generation before the current one");
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	err_clear(&err);
	number = 4;
	ck_assert_int_eq(
	    generation_rollback(s, &number, NULL, 0, NULL, NULL, &err), -1);
	ck_assert_str_eq(err.text, "no generation 4");
	err_clear(&err);
	number = 3;
	ck_assert_int_eq(
	    generation_rollback(s, &number, NULL, 0, NULL, NULL, &err), 0);
	assert_current("generations/3");
	generation_close(s);
	assert_tidy();
	run("test \"$(ls " STORE "/generations)\" = \"$(seq 1 3)\"");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("generation");
	TCase *tc = tcase_create("generation");
	SRunner *r;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_first);
	tcase_add_test(tc, test_second);
	tcase_add_test(tc, test_unchanged);
	tcase_add_test(tc, test_files_only);
	tcase_add_test(tc, test_not_committed);
	tcase_add_test(tc, test_numbers);
	tcase_add_test(tc, test_reload_due);
	tcase_add_test(tc, test_rollback);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
