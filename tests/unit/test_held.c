#include "config.h"

#include "config-gen/generation.h"

#include "config-gen/pending.h"
#include "tests/unit/harness.h"
#include "tests/unit/store_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Generation 1, and sshd_config with a look of its own. */
static void
make_first(void)
{
	(void)apply("ca\n", "list\n", "old\n", NULL);
	run("rm -f " STORE "/reload-due; rm -rf before; cp -a etc before");
}

/* Write the record, as apply --confirm does between hold and commit. */
static void
put_record(struct generation_store *s, const struct generation_link *link)
{
	struct err err = ERR_INIT;
	struct pending p;

	ck_assert_msg(pending_begin(&p, 60, "/usr/sbin/sshd", &err) == 0, "%s",
	    err.text);
	p.before = link->before;
	p.after = link->after;
	ck_assert_msg(pending_write(s, &p, &err) == 0, "%s", err.text);
}

/* A change that is held: a generation (ca NULL: none) and both files. */
static void
change_held(struct generation_store *s, const char *ca, const char *main_text,
    const char *dropin, bool with_commit)
{
	struct generation_file files[2];
	struct generation_link link;
	struct err err = ERR_INIT;
	bool differs;

	files[0] = file_of("/" DROPIN, dropin);
	files[1] = file_of("/" MAIN, main_text);
	if (ca != NULL)
		begin(s, ca, "list\n");
	ck_assert_msg(
	    generation_hold(s, files, 2, &link, &differs, &err) == 0, "%s",
	    err.text);
	ck_assert(differs);
	put_record(s, &link);
	if (with_commit)
		ck_assert_msg(generation_commit(s, files, 2, NULL, NULL, NULL,
				  &err) == 0,
		    "%s", err.text);
}

/* Another process: what it finds, taken back. */
static void
take_back(bool is_made, size_t n_edited)
{
	struct generation_store *s = open_store();
	struct generation_held held;
	struct err err = ERR_INIT;
	size_t n = 0;

	ck_assert_msg(
	    generation_held(s, &held, &err) == 0, "%s", err.text);
	ck_assert_int_eq(held.is_made, is_made);
	if (is_made)
		ck_assert_msg(
		    generation_return(s, NULL, NULL, &n, &err) == 0, "%s",
		    err.text);
	ck_assert_uint_eq(n, n_edited);
	ck_assert_int_eq(generation_reload_done(s, &err), 0);
	ck_assert_msg(generation_discard(s, &err) == 0, "%s", err.text);
	ck_assert_msg(pending_remove(s, NULL, &err) == 0, "%s", err.text);
	generation_close(s);
	assert_tidy();
}

static const struct change_case {
	const char *name, *ca, *main_text, *dropin;
} change_cases[] = {
	{ "generation alone", "ca2\n", "old\n", NULL },
	{ "files alone", NULL, "new\n", "drop\n" },
	{ "the same generation and files", "ca\n", "new\n", "drop\n" },
	{ "all", "ca2\n", "new\n", "drop\n" },
	{ "a file goes", "ca2\n", NULL, "drop\n" },
};

START_TEST(test_return)
{
	const struct change_case *t = &change_cases[_i];
	struct generation_store *s;

	make_first();
	s = open_store();
	change_held(s, t->ca, t->main_text, t->dropin, true);
	assert_holds(MAIN, t->main_text);
	assert_holds(DROPIN, t->dropin);
	generation_close(s);
	take_back(true, 0);
	run("diff -r --no-dereference before etc");
	ck_assert_uint_eq(mode_of(MAIN), 0640);
	/* and the next run works */
	ck_assert(apply("ca2\n", "list\n", "new\n", "drop\n"));
	assert_current("generations/2");
}
END_TEST

/* Killed between the record and the change. */
START_TEST(test_never_made)
{
	const struct change_case *t = &change_cases[_i];
	struct generation_store *s;

	make_first();
	s = open_store();
	change_held(s, t->ca, t->main_text, t->dropin, false);
	generation_close(s);
	take_back(false, 0);
	run("diff -r --no-dereference before etc");
}
END_TEST

/* Before the first one there was none, and there is none again. */
START_TEST(test_first)
{
	struct generation_store *s;

	run("cp -a etc before");
	s = open_store();
	change_held(s, "ca\n", "new\n", "drop\n", true);
	assert_current("generations/1");
	generation_close(s);
	take_back(true, 0);
	run("diff -r --no-dereference before etc");
}
END_TEST

START_TEST(test_edited)
{
	struct generation_store *s;

	make_first();
	s = open_store();
	change_held(s, "ca2\n", "new\n", "drop\n", true);
	generation_close(s);
	put(MAIN, "mine\n");
	take_back(true, 1);
	assert_holds(STORE "/edited.0", "mine\n");
	run("rm " STORE "/edited.0; diff -r --no-dereference before etc");
	ck_assert_uint_eq(mode_of(MAIN), 0640);
}
END_TEST

static int
refuse(void *ctx, struct err *err)
{
	(void)ctx;
	return err_setf(err, ERR_REFUSED, "no");
}

/* What does not prove good stays as it is, and can be tried again. */
START_TEST(test_not_proved)
{
	struct generation_store *s;
	struct err err = ERR_INIT;
	size_t n;

	make_first();
	s = open_store();
	change_held(s, "ca2\n", "new\n", "drop\n", true);
	put(MAIN, "mine\n");
	ck_assert_int_eq(generation_return(s, refuse, NULL, &n, &err), -1);
	assert_err(&err, ERR_REFUSED, "no");
	assert_current("generations/2");
	assert_holds(MAIN, "mine\n");
	err_clear(&err);
	ck_assert_int_eq(generation_return(s, refuse, NULL, &n, &err), -1);
	generation_close(s);
	assert_holds(STORE "/edited.1", NULL);
	take_back(true, 1);
	run("rm " STORE "/edited.0; diff -r --no-dereference before etc");
}
END_TEST

START_TEST(test_nothing_differs)
{
	struct generation_store *s;
	struct generation_file files[2];
	struct generation_link link;
	struct err err = ERR_INIT;
	bool differs = true;

	make_first();
	s = open_store();
	files[0] = file_of("/" DROPIN, NULL);
	files[1] = file_of("/" MAIN, "old\n");
	begin(s, "ca\n", "list\n");
	ck_assert_int_eq(
	    generation_hold(s, files, 2, &link, &differs, &err), 0);
	ck_assert(!differs);
	generation_close(s);
	assert_tidy();
	run("diff -r --no-dereference before etc");
}
END_TEST

/* Bytes that are missing stop all: what they were is not guessed. */
START_TEST(test_missing)
{
	struct generation_store *s;
	struct err err = ERR_INIT;
	struct generation_held held;
	size_t n;

	make_first();
	s = open_store();
	change_held(s, NULL, "new\n", NULL, true);
	run("rm " STORE "/.pending/0.old");
	ck_assert_int_eq(generation_held(s, &held, &err), -1);
	assert_err(&err, ERR_NOT_FOUND,
	    with_store("@/.pending/0.old: missing, so certgate cannot tell "
		       "what to take back"));
	err_clear(&err);
	ck_assert_int_eq(generation_return(s, NULL, NULL, &n, &err), -1);
	assert_holds(MAIN, "new\n");
	generation_close(s);
}
END_TEST

/* However many generations come after it, what a record needs stays. */
START_TEST(test_prune)
{
	struct generation_store *s;
	struct err err = ERR_INIT;
	char ca[16];
	int i;

	for (i = 0; i < 20; i++) {
		(void)snprintf(ca, sizeof(ca), "ca%d\n", i);
		(void)apply(ca, "list\n", "old\n", NULL);
	}
	s = open_store();
	put_record(s, &(struct generation_link){ 3, 20 });
	run("mkdir " STORE "/.pending");
	ck_assert_msg(generation_prune(s, &err) == 0, "%s", err.text);
	run("test -d " STORE "/generations/3 && ! test -d " STORE
	    "/generations/4");
	generation_close(s);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("held");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_return, 0, N(change_cases));
	tcase_add_loop_test(tc, test_never_made, 0, N(change_cases));
	tcase_add_test(tc, test_first);
	tcase_add_test(tc, test_edited);
	tcase_add_test(tc, test_not_proved);
	tcase_add_test(tc, test_nothing_differs);
	tcase_add_test(tc, test_missing);
	tcase_add_test(tc, test_prune);
	return run_case("held", tc);
}
