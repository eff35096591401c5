#include "config.h"

#include "config-gen/generation.h"

#include "tests/unit/store_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Who only looks makes nothing, and waits for no lock. */
START_TEST(test_peek)
{
	struct generation_info *list = NULL;
	struct generation_store *s;
	struct err err = ERR_INIT;
	bool is_removed = true;
	size_t n = 9;

	ck_assert_int_eq(generation_peek_list(&root, &list, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	free(list);
	ck_assert_int_eq(generation_peek_removed(&root, &is_removed, &err), 0);
	ck_assert(!is_removed);
	run("test ! -e " STORE);
	(void)apply("1\n", "list\n", "old\n", NULL);
	(void)apply("2\n", "list\n", "old\n", NULL);
	s = open_store();
	ck_assert_int_eq(generation_set_removed(s, true, &err), 0);
	ck_assert_int_eq(generation_set_removed(s, true, &err), 0);
	ck_assert_int_eq(generation_peek_removed(&root, &is_removed, &err), 0);
	ck_assert(is_removed);
	ck_assert_int_eq(generation_peek_list(&root, &list, &n, &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert(list[0].number == 1 && !list[0].is_current);
	ck_assert(list[1].number == 2 && list[1].is_current);
	free(list);
	ck_assert_int_eq(generation_set_removed(s, false, &err), 0);
	ck_assert_int_eq(generation_set_removed(s, false, &err), 0);
	ck_assert_int_eq(generation_peek_removed(&root, &is_removed, &err), 0);
	ck_assert(!is_removed);
	generation_close(s);
	run("rm " STORE "/current && echo x >" STORE "/current");
	ck_assert_int_eq(generation_peek_list(&root, &list, &n, &err), -1);
}
END_TEST

START_TEST(test_list)
{
	struct generation_store *s = open_store();
	struct generation_info *list = NULL;
	struct err err = ERR_INIT;
	unsigned long number = 1;
	size_t n = 9;
	int i;

	ck_assert_int_eq(generation_list(s, &list, &n, &err), 0);
	ck_assert_uint_eq(n, 0);
	free(list);
	generation_close(s);
	for (i = 1; i <= 3; i++) {
		char text[16];

		(void)snprintf(text, sizeof(text), "%d\n", i);
		(void)apply(text, "list\n", "old\n", NULL);
	}
	run("TZ=UTC touch -d @1700000000 " STORE "/generations/2");
	s = open_store();
	ck_assert_int_eq(
	    generation_rollback(s, &number, NULL, 0, NULL, NULL, &err), 0);
	ck_assert_int_eq(generation_list(s, &list, &n, &err), 0);
	ck_assert_uint_eq(n, 3);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(list[i].number, (unsigned long)i + 1);
		ck_assert(list[i].is_current == (i == 0));
	}
	ck_assert_int_eq(list[1].made_at, 1700000000);
	free(list);
	generation_close(s);
}
END_TEST

static const struct prune_case {
	const char *preparation; /* of generations 1, 2 … made beforehand */
	int n;
	unsigned long current;
	const char *left;
} prune_cases[] = {
	{ "true", 0, 0, "" },
	{ "true", 10, 10, "1 2 3 4 5 6 7 8 9 10" },
	{ "true", 13, 13, "4 5 6 7 8 9 10 11 12 13" },
	/* the current one and the one before it stay, the eight newest too */
	{ "true", 13, 3, "2 3 6 7 8 9 10 11 12 13" },
	{ "true", 13, 1, "1 5 6 7 8 9 10 11 12 13" },
	/* two times 100 MB are left of three, and what shares them */
	{ "truncate -s 100M 1/f 2/f 3/f; ln 3/f 4/f", 4, 4, "2 3 4" },
	{ "truncate -s 100M 1/f 2/f 3/f 4/f; rm 3/f; ln 2/f 3/f", 4, 4,
	    "2 3 4" },
	/* an old one that fits does not outlive a newer one that does not */
	{ "truncate -s 300M 2/f", 4, 4, "3 4" },
	/* the two that must stay are more than allowed already */
	{ "truncate -s 200M 3/f 4/f", 4, 4, "3 4" },
	{ "mkdir notes .5.gone; touch .5.gone/f", 2, 2, "1 2 notes" },
};

START_TEST(test_prune)
{
	const struct prune_case *c = &prune_cases[_i];
	struct generation_store *s = open_store();
	struct err err = ERR_INIT;
	char command[512];

	(void)snprintf(command, sizeof(command),
	    "cd " STORE "/generations && for i in $(seq 1 %d); do mkdir $i; "
	    "done; [ %lu = 0 ] || ln -s generations/%lu ../current; %s",
	    c->n, c->current, c->current, c->preparation);
	run(command);
	generation_close(s);
	s = open_store();
	ck_assert_msg(generation_prune(s, &err) == 0, "%s", err.text);
	generation_close(s);
	(void)snprintf(command, sizeof(command),
	    "test \"$(ls -v " STORE "/generations | xargs)\" = '%s' || "
	    "{ ls -v " STORE "/generations | xargs; false; }",
	    c->left);
	run(command);
	assert_tidy();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("history");
	TCase *tc = tcase_create("history");
	SRunner *r;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_peek);
	tcase_add_test(tc, test_list);
	tcase_add_loop_test(tc, test_prune, 0, N(prune_cases));
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
