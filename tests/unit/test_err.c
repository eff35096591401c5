#include "config.h"

#include "lib/err.h"

#include "tests/unit/harness.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	struct place at;
	const char *what, *why, *fix;
	const char *text;
} rows[] = {
	{ { NULL, 0, 0 }, "broken", NULL, NULL, "broken" },
	{ { NULL, 0, 0 }, "broken", "it fell", NULL, "broken: it fell" },
	{ { NULL, 0, 0 }, "broken", NULL, "mend it", "broken; mend it" },
	{ { NULL, 0, 0 }, "broken", "it fell", "mend it",
	    "broken: it fell; mend it" },
	{ { "a.yaml", 0, 0 }, "broken", NULL, NULL, "a.yaml: broken" },
	{ { "a.yaml", 14, 0 }, "broken", NULL, NULL, "a.yaml:14: broken" },
	{ { "a.yaml", 14, 7 }, "broken", NULL, NULL, "a.yaml:14:7: broken" },
	{ { "a.yaml", 0, 7 }, "broken", NULL, NULL, "a.yaml: broken" },
	{ { NULL, 14, 7 }, "broken", NULL, NULL, "14:7: broken" },
	{ { "a.yaml", 1, 2 }, "%s%n", "%d", "%x", "a.yaml:1:2: %s%n: %d; %x" },
};

START_TEST(test_set)
{
	struct err e = ERR_INIT;

	ck_assert_int_eq(err_set(&e, ERR_LIMIT, rows[_i].at, rows[_i].what,
			     rows[_i].why, rows[_i].fix),
	    -1);
	assert_err(&e, ERR_LIMIT, rows[_i].text);
}
END_TEST

START_TEST(test_first_wins)
{
	struct err e = ERR_INIT;

	ck_assert_int_eq(err_setf(&e, ERR_REFUSED, "%d of %s", 1, "two"), -1);
	ck_assert_int_eq(err_setf(&e, ERR_MEMORY, "later"), -1);
	ck_assert_int_eq(
	    err_set(&e, ERR_MEMORY, NO_PLACE, "later", NULL, NULL), -1);
	ck_assert_int_eq(err_system(&e, "later"), -1);
	assert_err(&e, ERR_REFUSED, "1 of two");
	err_clear(&e);
	assert_err(&e, ERR_NONE, "");
	ck_assert_int_eq(err_setf(&e, ERR_MEMORY, "again"), -1);
	assert_err(&e, ERR_MEMORY, "again");
}
END_TEST

START_TEST(test_system)
{
	struct err e = ERR_INIT;
	char want[128];

	(void)snprintf(want, sizeof(want), "cannot open \"x\": %s",
	    strerror(ENOENT));
	errno = ENOENT;
	ck_assert_int_eq(err_system(&e, "cannot open \"%s\"", "x"), -1);
	assert_err(&e, ERR_SYSTEM, want);
}
END_TEST

START_TEST(test_none_wanted)
{
	ck_assert_int_eq(
	    err_set(NULL, ERR_LIMIT, NO_PLACE, "x", NULL, NULL), -1);
	ck_assert_int_eq(err_setf(NULL, ERR_LIMIT, "x"), -1);
	ck_assert_int_eq(err_system(NULL, "x"), -1);
}
END_TEST

/* Too long a text is cut, wherever the cut falls. */
START_TEST(test_cut)
{
	char text[sizeof(((struct err *)NULL)->text) + 10];
	struct err e;
	size_t len;

	for (len = sizeof(e.text) - 10; len < sizeof(text); len++) {
		memset(text, 'x', len);
		text[len] = '\0';
		err_clear(&e);
		(void)err_set(&e, ERR_LIMIT, (struct place) { "f", 1, 2 },
		    text, "why", "fix");
		ck_assert_uint_eq(strlen(e.text), sizeof(e.text) - 1);
		err_clear(&e);
		(void)err_setf(&e, ERR_LIMIT, "%s", text);
		ck_assert_uint_eq(strlen(e.text),
		    len < sizeof(e.text) ? len : sizeof(e.text) - 1);
		err_clear(&e);
		errno = ENOENT;
		(void)err_system(&e, "%s", text);
		ck_assert_uint_eq(strlen(e.text), sizeof(e.text) - 1);
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("err");

	tcase_add_loop_test(tc, test_set, 0, N_ROWS(rows));
	tcase_add_test(tc, test_first_wins);
	tcase_add_test(tc, test_system);
	tcase_add_test(tc, test_none_wanted);
	tcase_add_test(tc, test_cut);
	return run_case("err", tc);
}
