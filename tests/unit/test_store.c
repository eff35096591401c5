#include "config.h"

#include "config-gen/store.h"

#include "config-gen/generation.h"
#include "tests/unit/store_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct current_case {
	const char *preparation;
	const char *text;
} current_cases[] = {
	{ "mkdir current",
	    "not the symbolic link that certgate makes; move it away" },
	{ "ln -s /etc/passwd current",
	    "leads to \"/etc/passwd\", which is no generation of certgate's; "
	    "move it away" },
	{ "ln -s generations/01 current",
	    "leads to \"generations/01\", which is no generation of "
	    "certgate's; move it away" },
	{ "ln -s generations/1/.. current",
	    "leads to \"generations/1/..\", which is no generation of "
	    "certgate's; move it away" },
	{ "ln -s generations/1234567890123456 current",
	    "leads to \"generations/1234567890123456\", which is no "
	    "generation of certgate's; move it away" },
};

START_TEST(test_foreign_current)
{
	const struct current_case *c = &current_cases[_i];
	struct generation_store *s = open_store();
	struct err err = ERR_INIT;
	char text[512];
	unsigned long number = 7;

	(void)snprintf(
	    text, sizeof(text), "cd " STORE " && %s", c->preparation);
	run(text);
	ck_assert_int_eq(generation_current(s, &number, &err), -1);
	(void)snprintf(
	    text, sizeof(text), "%s/" STORE "/current: %s", dir, c->text);
	ck_assert_str_eq(err.text, text);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	ck_assert_uint_eq(number, 7);
	generation_close(s);
}
END_TEST

START_TEST(test_lock)
{
	struct generation_store *s = open_store();
	struct err err = ERR_INIT;
	char text[512];

	ck_assert_ptr_null(generation_open(&root, 0, NULL, &err));
	(void)snprintf(text, sizeof(text),
	    "another certgate is at work and holds %s/" STORE
	    "/lock; try again when it has ended",
	    dir);
	ck_assert_str_eq(err.text, text);
	ck_assert_int_eq(err.code, ERR_REFUSED);
	generation_close(s);
	generation_close(open_store());
}
END_TEST

/* One that waits for the lock gets it when the other one is done. */
START_TEST(test_lock_waited_for)
{
	const struct timespec pause = { 0, 200000000 };
	struct generation_store *s;
	struct err err = ERR_INIT;
	int to_parent[2], status;
	char ready = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(to_parent), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		s = open_store();
		if (write(to_parent[1], "r", 1) != 1)
			_exit(1);
		(void)nanosleep(&pause, NULL);
		generation_close(s);
		_exit(0);
	}
	ck_assert_int_eq(read(to_parent[0], &ready, 1), 1);
	s = generation_open(&root, 30, NULL, &err);
	ck_assert_msg(s != NULL, "%s", err.text);
	generation_close(s);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(test_unsafe_folders)
{
	struct err err = ERR_INIT;
	char text[512];

	/* A store that holds nothing goes again. */
	generation_close(open_store());
	ck_assert_int_eq(access(STORE, F_OK), -1);
	run("mkdir -p " STORE "/generations/1");
	/* too closed, as an interrupted run may leave it: made good */
	run("chmod 700 " STORE " " STORE "/generations");
	generation_close(open_store());
	ck_assert_uint_eq(mode_of(STORE), 0755);
	ck_assert_uint_eq(mode_of(STORE "/generations"), 0755);
	run("chmod 775 " STORE "/generations");
	ck_assert_ptr_null(generation_open(&root, 0, NULL, &err));
	(void)snprintf(text, sizeof(text),
	    "%s/" STORE "/generations: mode 0775 lets others than its owner "
	    "change what sshd trusts; run chmod go-w on it",
	    dir);
	ck_assert_str_eq(err.text, text);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	if (geteuid() != 0)
		return;
	run("chmod 755 " STORE "/generations; chown 12345 " STORE);
	err_clear(&err);
	ck_assert_ptr_null(generation_open(&root, 0, NULL, &err));
	(void)snprintf(text, sizeof(text),
	    "%s/" STORE ": owned by uid 12345, who could change what sshd "
	    "trusts; run chown root on it",
	    dir);
	ck_assert_str_eq(err.text, text);
}
END_TEST

START_TEST(test_no_etc_ssh)
{
	struct err err = ERR_INIT;

	run("rm -r etc/ssh");
	ck_assert_ptr_null(generation_open(&root, 0, NULL, &err));
	ck_assert_str_eq(
	    err.text, "/etc/ssh/certgate: No such file or directory");
	ck_assert_int_eq(access("etc/ssh", F_OK), -1);
}
END_TEST

/* What interrupted runs leave without a journal is swept up. */
START_TEST(test_sweep)
{
	struct generation_store *s;
	struct err err = ERR_INIT;
	bool recovered = true;

	(void)apply("ca\n", "list\n", "old\n", "drop\n");
	run("cd " STORE " && mkdir -p .undo generations/.2.new/principals "
	    "generations/.7.gone && touch .undo/0.old "
	    ".journal.certgate-Ab12Cd .pending.certgate-Ab12Cd "
	    ".removed.certgate-Ab12Cd generations/.2.new/principals/u "
	    "generations/.2.new.link && ln -s generations/9 .current.new");
	s = generation_open(&root, 0, &recovered, &err);
	ck_assert_msg(s != NULL, "%s", err.text);
	ck_assert(!recovered);
	generation_close(s);
	assert_current("generations/1");
	assert_tidy();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("store");
	TCase *tc = tcase_create("store");
	SRunner *r;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_foreign_current, 0, N(current_cases));
	tcase_add_test(tc, test_lock);
	tcase_add_test(tc, test_lock_waited_for);
	tcase_add_test(tc, test_unsafe_folders);
	tcase_add_test(tc, test_no_etc_ssh);
	tcase_add_test(tc, test_sweep);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
