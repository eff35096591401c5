#include "config.h"

#include "config-gen/change.h"

#include "config-gen/generation.h"
#include "tests/unit/store_fixture.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
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

START_TEST(test_proof_fails)
{
	struct proof p = { "generations/2", "new\n", NULL, 0, -1 };
	struct generation_store *s;
	struct generation_file files[2];
	struct err err = ERR_INIT;
	bool is_new;

	(void)apply("ca\n", "list\n", "old\n", "drop\n");
	ck_assert_int_eq(chmod(DROPIN, 0604), 0);
	s = open_store();
	ck_assert_int_eq(generation_reload_done(s, &err), 0);
	begin(s, "ca2\n", "list\n");
	files[0] = file_of("/" DROPIN, NULL);
	files[1] = file_of("/" MAIN, "new\n");
	ck_assert_int_eq(
	    generation_commit(s, files, 2, prove, &p, &is_new, &err), -1);
	ck_assert_str_eq(err.text, "another file won");
	ck_assert_int_eq(err.code, ERR_REFUSED);
	ck_assert_int_eq(p.n_calls, 1);
	ck_assert(!generation_reload_due(s));
	generation_close(s);
	assert_current("generations/1");
	assert_holds(MAIN, "old\n");
	assert_holds(DROPIN, "drop\n");
	ck_assert_uint_eq(mode_of(MAIN), 0640);
	ck_assert_uint_eq(mode_of(DROPIN), 0604);
	ck_assert_int_eq(access(STORE "/generations/2", F_OK), -1);
	assert_tidy();
}
END_TEST

/* The first apply of a machine goes back to no link and no drop-in. */
START_TEST(test_first_proof_fails)
{
	struct proof p = { "generations/1", "old\n", "drop\n", 0, -1 };
	struct generation_store *s = open_store();
	struct generation_file file = file_of("/" DROPIN, "drop\n");
	struct err err = ERR_INIT;
	bool is_new;

	begin(s, "ca\n", "list\n");
	ck_assert_int_eq(
	    generation_commit(s, &file, 1, prove, &p, &is_new, &err), -1);
	generation_close(s);
	assert_current(NULL);
	assert_holds(DROPIN, NULL);
	ck_assert_int_eq(access(STORE "/generations/1", F_OK), -1);
	assert_tidy();
}
END_TEST

/* Also where there is nothing to change, the state is proved. */
START_TEST(test_proof_of_unchanged)
{
	struct proof p = { "generations/1", "new\n", "drop\n", 0, 0 };
	struct generation_store *s;
	struct generation_file file = file_of("/" MAIN, "new\n");
	struct err err = ERR_INIT;
	bool is_new;

	(void)apply("ca\n", "list\n", "new\n", "drop\n");
	s = open_store();
	begin(s, "ca\n", "list\n");
	ck_assert_int_eq(
	    generation_commit(s, &file, 1, prove, &p, &is_new, &err), 0);
	ck_assert_int_eq(p.n_calls, 1);
	p.ret = -1;
	begin(s, "ca\n", "list\n");
	ck_assert_int_eq(
	    generation_commit(s, &file, 1, prove, &p, &is_new, &err), -1);
	ck_assert_str_eq(err.text, "another file won");
	generation_close(s);
	assert_current("generations/1");
	assert_tidy();
}
END_TEST

static int
prove_without_reason(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return -1;
}

static int
prove_with_signal(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return raise(SIGHUP);
}

static volatile sig_atomic_t n_signals;

static void
count_signal(int number)
{
	(void)number;
	n_signals++;
}

/* A signal in the middle waits, and is a reason to go back. */
START_TEST(test_signal)
{
	struct generation_store *s;
	struct generation_file file = file_of("/" MAIN, "new\n");
	struct err err = ERR_INIT;
	bool is_new;

	(void)signal(SIGHUP, count_signal);
	(void)apply("ca\n", "list\n", "old\n", "drop\n");
	s = open_store();
	begin(s, "ca2\n", "list\n");
	ck_assert_int_eq(generation_commit(s, &file, 1, prove_with_signal, NULL,
			     &is_new, &err),
	    -1);
	ck_assert_str_eq(err.text, "stopped by a signal (Hangup)");
	ck_assert_int_eq(n_signals, 1);
	err_clear(&err);
	begin(s, "ca2\n", "list\n");
	ck_assert_int_eq(generation_commit(s, &file, 1, prove_without_reason,
			     NULL, &is_new, &err),
	    -1);
	ck_assert_str_eq(err.text, "the change did not prove good");
	generation_close(s);
	assert_current("generations/1");
	assert_holds(MAIN, "old\n");
	assert_tidy();
}
END_TEST

START_TEST(test_link_kept)
{
	run("mkdir data; mv " MAIN " data/main; ln -s /data/main " MAIN);
	(void)apply("ca\n", "list\n", "new\n", NULL);
	run("test -L " MAIN);
	assert_holds("data/main", "new\n");
	ck_assert_uint_eq(mode_of("data/main"), 0640);
	run("test -z \"$(find data -name '.?*')\"");
}
END_TEST

START_TEST(test_attributes_kept)
{
	struct proof p = { "generations/1", NULL, "drop\n", 0, -1 };
	struct generation_store *s;
	struct generation_file files[2];
	struct err err = ERR_INIT;
	char value[8] = "";
	bool is_new;

	if (setxattr(MAIN, "user.note", "kept", 4, 0) == -1) {
		ck_assert_int_eq(errno, ENOTSUP);
		return;
	}
	s = open_store();
	begin(s, "ca\n", "list\n");
	files[0] = file_of("/" DROPIN, "drop\n");
	files[1] = file_of("/" MAIN, NULL);
	ck_assert_int_eq(
	    generation_commit(s, files, 2, prove, &p, &is_new, &err), -1);
	generation_close(s);
	assert_holds(MAIN, "old\n");
	ck_assert_int_eq(getxattr(MAIN, "user.note", value, sizeof(value)), 4);
	ck_assert_str_eq(value, "kept");
	(void)apply("ca\n", "list\n", "new\n", NULL);
	ck_assert_int_eq(getxattr(MAIN, "user.note", value, sizeof(value)), 4);
}
END_TEST

static const struct refused_case {
	const char *preparation;
	const char *path;
	const char *bytes, *was;
	enum err_code code;
	const char *text;
} refused_cases[] = {
	{ "true", "/etc/passwd", "x", NULL, ERR_REFUSED,
	    "/etc/passwd: not a file that certgate may change" },
	{ "true", "/etc/ssh/../x\n", "x", NULL, ERR_REFUSED,
	    "/etc/ssh/../x\\n: not a file that certgate may change" },
	{ "true", "/etc/ssh/certgate/current", "x", NULL, ERR_REFUSED,
	    "/etc/ssh/certgate/current: not a file that certgate may "
	    "change" },
	{ "true", "/" MAIN, "x", "other\n", ERR_REFUSED,
	    "/" MAIN ": somebody else changed it meanwhile; run certgate "
	    "again" },
	{ "rm " MAIN, "/" MAIN, "x", "old\n", ERR_REFUSED,
	    "/" MAIN ": somebody else changed it meanwhile; run certgate "
	    "again" },
	{ "ln -s sshd_config etc/ssh/link", "/etc/ssh/link", NULL, NULL,
	    ERR_REFUSED,
	    "/etc/ssh/link: a symbolic link, which certgate did not make and "
	    "does not remove" },
	{ "ln -s nowhere etc/ssh/link", "/etc/ssh/link", "x", NULL, ERR_REFUSED,
	    "/etc/ssh/link: a symbolic link that leads nowhere" },
	{ "ln -s loop etc/ssh/loop", "/etc/ssh/loop", "x", NULL, ERR_REFUSED,
	    "/etc/ssh/loop: a loop of symbolic links" },
	{ "true", "/etc/ssh/absent/file", "x", NULL, ERR_NOT_FOUND,
	    "/etc/ssh/absent/file: No such file or directory" },
};

START_TEST(test_refused)
{
	const struct refused_case *c = &refused_cases[_i];
	struct generation_file files[2];
	struct generation_store *s;
	struct err err = ERR_INIT;
	bool is_new;

	run(c->preparation);
	run("rm -rf before; cp -a etc before");
	s = open_store();
	files[0] = file_of("/" DROPIN, "drop\n");
	files[1] = file_of(c->path, c->bytes);
	files[1].was = c->was;
	files[1].was_len = c->was == NULL ? 0 : strlen(c->was);
	begin(s, "ca\n", "list\n");
	ck_assert_int_eq(
	    generation_commit(s, files, 2, NULL, NULL, &is_new, &err), -1);
	ck_assert_str_eq(err.text, c->text);
	ck_assert_int_eq(err.code, c->code);
	generation_close(s);
	assert_current(NULL);
	assert_tidy();
	run("diff -r --no-dereference before etc");
}
END_TEST

START_TEST(test_same_file_twice)
{
	struct generation_file files[2];
	struct generation_store *s = open_store();
	struct err err = ERR_INIT;
	bool is_new;

	files[0] = file_of("/etc/ssh/new", "x");
	files[1] = file_of("/etc/ssh/new", "x");
	ck_assert_int_eq(
	    generation_commit(s, files, 2, NULL, NULL, &is_new, &err), -1);
	ck_assert_str_eq(err.text,
	    "/etc/ssh/new: the same file as /etc/ssh/new, which is to be "
	    "changed, too");
	err_clear(&err);
	run("ln -s sshd_config etc/ssh/link");
	files[0] = file_of("/" MAIN, "x");
	files[1] = file_of("/etc/ssh/link", "y");
	ck_assert_int_eq(
	    generation_commit(s, files, 2, NULL, NULL, &is_new, &err), -1);
	ck_assert_str_eq(err.text,
	    "/etc/ssh/link: the same file as /" MAIN ", which is to be "
	    "changed, too");
	generation_close(s);
	assert_holds(MAIN, "old\n");
}
END_TEST

START_TEST(test_was_matches)
{
	struct generation_file file = file_of("/" MAIN, "new\n");
	struct generation_store *s = open_store();
	struct err err = ERR_INIT;
	bool is_new;

	file.was = "old\n";
	file.was_len = 4;
	ck_assert_int_eq(
	    generation_commit(s, &file, 1, NULL, NULL, &is_new, &err), 0);
	generation_close(s);
	assert_holds(MAIN, "new\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("change");
	TCase *tc = tcase_create("change");
	SRunner *r;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_proof_fails);
	tcase_add_test(tc, test_first_proof_fails);
	tcase_add_test(tc, test_proof_of_unchanged);
	tcase_add_test(tc, test_signal);
	tcase_add_test(tc, test_link_kept);
	tcase_add_test(tc, test_attributes_kept);
	tcase_add_loop_test(tc, test_refused, 0, N(refused_cases));
	tcase_add_test(tc, test_same_file_twice);
	tcase_add_test(tc, test_was_matches);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
