#include "config.h"

#include "config-gen/diag.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static struct diag_report report = DIAG_REPORT_INIT;

static void
setup(void)
{
	report = (struct diag_report)DIAG_REPORT_INIT;
}

static void
teardown(void)
{
	diag_free(&report);
}

static void
add(enum diag_level level, const char *file, size_t line, size_t col,
    const char *what)
{
	diag_add(&report, level, (struct place) { file, line, col }, NULL, 0,
	    what, NULL, NULL);
}

static void
assert_prints(const char *want, bool has_colour)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	diag_print(&report, f, has_colour);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(text, want);
	free(text);
}

static const struct {
	const char *name;
	struct place at;
	const char *source;
	const char *why, *fix;
	const char *want;
} shown[] = {
	{ "no place", { NULL, 0, 0 }, NULL, NULL, NULL, "error: what\n" },
	{ "a file", { "f", 0, 0 }, NULL, NULL, NULL, "f: error: what\n" },
	{ "a line", { "f", 7, 0 }, NULL, NULL, NULL, "f:7: error: what\n" },
	{ "a column", { "f", 7, 3 }, NULL, "why", NULL,
	    "f:7:3: error: what: why\n" },
	{ "why and fix", { "f", 7, 3 }, NULL, "why", "fix",
	    "f:7:3: error: what: why; fix\n" },
	{ "only a fix", { "f", 7, 3 }, NULL, NULL, "fix",
	    "f:7:3: error: what; fix\n" },
	{ "an odd file name", { "a\033[1m\nb", 1, 0 }, NULL, NULL, NULL,
	    "a\\x1b[1m\\nb:1: error: what\n" },
	{ "a source line", { "f", 7, 3 }, "abc", NULL, NULL,
	    "f:7:3: error: what\n"
	    "    7 | abc\n"
	    "      |   ^\n" },
	{ "without column", { "f", 123456, 0 }, "abc", NULL, NULL,
	    "f:123456: error: what\n"
	    "123456 | abc\n" },
	{ "not to be shown", { "f", 7, 3 }, "", NULL, NULL,
	    "f:7:3: error: what\n" },
	{ "behind the end", { "f", 7, 5 }, "abc", NULL, NULL,
	    "f:7:5: error: what\n"
	    "    7 | abc\n"
	    "      |    ^\n" },
	{ "tabs", { "f", 7, 4 }, "\ta\tb\tc", NULL, NULL,
	    "f:7:4: error: what\n"
	    "    7 | \ta\tb\tc\n"
	    "      | \t \t^\n" },
	{ "what could act", { "f", 7, 4 }, "a\033\xc3\xa4z\xff", NULL, NULL,
	    "f:7:4: error: what\n"
	    "    7 | a\\x1b\\xc3\\xa4z\\xff\n"
	    "      |              ^\n" },
	{ "long, at its begin", { "f", 7, 2 },
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4567890123456789",
	    NULL, NULL,
	    "f:7:2: error: what\n"
	    "    7 | 012345678901234567890123456789012345678901234567890123456"
	    "789012345678901...\n"
	    "      |  ^\n" },
	{ "long, further on", { "f", 7, 75 },
	    "0123456789012345678901234567890123456789012345678901234567890123"
	    "4567890123x56789",
	    NULL, NULL,
	    "f:7:75: error: what\n"
	    "    7 | ...678901234567890123456789012345678901234567890123x56789"
	    "\n"
	    "      |                                                    ^\n" },
};

START_TEST(print)
{
	diag_add(&report, DIAG_ERROR, shown[_i].at, shown[_i].source,
	    shown[_i].source == NULL ? 0 : strlen(shown[_i].source), "what",
	    shown[_i].why, shown[_i].fix);
	assert_prints(shown[_i].want, false);
	ck_assert(diag_has_errors(&report));
}
END_TEST

START_TEST(colour)
{
	diag_add(&report, DIAG_ERROR, (struct place) { "f", 1, 2 }, "abc", 3,
	    "a", NULL, NULL);
	add(DIAG_WARNING, "f", 2, 1, "b");
	assert_prints("f:1:2: \033[1;31merror:\033[m a\n"
		      "    1 | abc\n"
		      "      |  \033[1;32m^\033[m\n"
		      "f:2:1: \033[1;35mwarning:\033[m b\n",
	    true);
}
END_TEST

START_TEST(order)
{
	add(DIAG_ERROR, "b", 1, 1, "1");
	add(DIAG_WARNING, "a", 10, 1, "2");
	add(DIAG_ERROR, "a", 9, 2, "3");
	add(DIAG_ERROR, "a", 9, 1, "4");
	add(DIAG_ERROR, "a", 9, 1, "5");
	add(DIAG_ERROR, NULL, 0, 0, "6");
	add(DIAG_ERROR, "a", 0, 0, "7");
	assert_prints("error: 6\n"
		      "a: error: 7\n"
		      "a:9:1: error: 4\n"
		      "a:9:1: error: 5\n"
		      "a:9:2: error: 3\n"
		      "a:10:1: warning: 2\n"
		      "b:1:1: error: 1\n",
	    false);
	ck_assert_uint_eq(report.n_errors, 6);
	ck_assert_uint_eq(report.n_warnings, 1);
}
END_TEST

START_TEST(said_once)
{
	add(DIAG_ERROR, "a", 1, 1, "x");
	add(DIAG_ERROR, "a", 1, 1, "x");
	add(DIAG_ERROR, "a", 1, 2, "x");
	add(DIAG_ERROR, "b", 1, 1, "x");
	add(DIAG_WARNING, "a", 1, 1, "x");
	add(DIAG_ERROR, "a", 1, 1, "y");
	/* Without a line they may well be of two things. */
	add(DIAG_ERROR, "a", 0, 0, "x");
	add(DIAG_ERROR, "a", 0, 0, "x");
	ck_assert_uint_eq(report.n_items, 7);
	ck_assert_uint_eq(report.n_errors, 6);
}
END_TEST

START_TEST(full)
{
	size_t i;

	for (i = 1; i <= DIAG_MAX - 1; i++)
		add(DIAG_WARNING, "a", i, 0, "w");
	ck_assert(!diag_is_full(&report, DIAG_WARNING));
	add(DIAG_ERROR, "a", 1, 0, "first");
	ck_assert(diag_is_full(&report, DIAG_WARNING));
	ck_assert(!diag_is_full(&report, DIAG_ERROR));
	add(DIAG_WARNING, "a", 5000, 0, "w");
	ck_assert_uint_eq(report.n_warnings, DIAG_MAX);
	for (i = 1; i <= DIAG_MAX - 1; i++) {
		add(DIAG_ERROR, "b", i, 0, "e");
		ck_assert_uint_eq(report.n_items, DIAG_MAX);
		/* The last warning made room. */
		ck_assert(i == DIAG_MAX - 1 ||
		    report.items[DIAG_MAX - 2 - i].level == DIAG_WARNING);
		ck_assert_int_eq(
		    (int)report.items[DIAG_MAX - 1 - i].level, DIAG_ERROR);
	}
	ck_assert(diag_is_full(&report, DIAG_ERROR));
	add(DIAG_ERROR, "c", 1, 0, "no room");
	ck_assert_uint_eq(report.n_items, DIAG_MAX);
	ck_assert_uint_eq(report.n_errors, DIAG_MAX + 1);
	ck_assert_str_eq(report.items[0].what, "first");
	ck_assert(!report.has_failed);
}
END_TEST

START_TEST(quote)
{
	add(DIAG_ERROR, "a", 1, 1, "1");
	add(DIAG_ERROR, "a", 1, 2, "2");
	add(DIAG_ERROR, "a", 2, 1, "3");
	add(DIAG_ERROR, "b", 1, 1, "4");
	diag_add(&report, DIAG_ERROR, (struct place) { "a", 1, 3 }, "", 0, "5",
	    NULL, NULL);
	diag_quote(&report, "a", 1, "abc", 2);
	diag_quote(&report, "a", 1, "other", 5);
	diag_quote(&report, "b", 1, NULL, 0);
	diag_quote(&report, "b", 1, "late", 4);
	assert_prints("a:1:1: error: 1\n"
		      "    1 | ab\n"
		      "      | ^\n"
		      "a:1:2: error: 2\n"
		      "    1 | ab\n"
		      "      |  ^\n"
		      "a:1:3: error: 5\n"
		      "a:2:1: error: 3\n"
		      "b:1:1: error: 4\n",
	    false);
}
END_TEST

START_TEST(of_err)
{
	struct err err = ERR_INIT;
	struct err no_memory = ERR_INIT;

	(void)err_setf(&err, ERR_UNSAFE, "f: not a regular file");
	diag_add_err(&report, &err);
	assert_prints("error: f: not a regular file\n", false);
	ck_assert(!report.has_failed);
	(void)err_setf(&no_memory, ERR_MEMORY, "f: out of memory");
	diag_add_err(&report, &no_memory);
	ck_assert(report.has_failed);
}
END_TEST

START_TEST(nothing)
{
	ck_assert(!diag_has_errors(&report));
	assert_prints("", false);
	add(DIAG_WARNING, "a", 1, 1, "w");
	ck_assert(!diag_has_errors(&report));
	report.has_failed = true;
	ck_assert(diag_has_errors(&report));
	assert_prints("a:1:1: warning: w\nerror: out of memory\n", false);
}
END_TEST

START_TEST(json)
{
	json_t *list;
	char *text;

	diag_add(&report, DIAG_WARNING, (struct place) { "b", 7, 3 }, NULL, 0,
	    "what", "why", "fix");
	add(DIAG_ERROR, "\xff", 0, 0, "x");
	add(DIAG_ERROR, NULL, 0, 0, "y");
	list = diag_json(&report);
	ck_assert_ptr_nonnull(list);
	text = json_dumps(list, JSON_COMPACT);
	ck_assert_str_eq(text,
	    "[{\"level\":\"error\",\"file\":null,\"line\":null,"
	    "\"column\":null,\"what\":\"y\",\"why\":null,\"fix\":null},"
	    "{\"level\":\"warning\",\"file\":\"b\",\"line\":7,\"column\":3,"
	    "\"what\":\"what\",\"why\":\"why\",\"fix\":\"fix\"},"
	    "{\"level\":\"error\",\"file\":\"\\\\xff\",\"line\":null,"
	    "\"column\":null,\"what\":\"x\",\"why\":null,\"fix\":null}]");
	free(text);
	json_decref(list);
}
END_TEST

static const char *const words[] = { "principals", "domains", "require", "url",
	"keys", "file", NULL };

static const struct {
	const char *name;
	const char *want;
} near[] = {
	{ "princpals", "principals" },
	{ "prinicpals", "principals" },
	{ "principels", "principals" },
	{ "principalss", "principals" },
	{ "principa", "principals" },
	{ "princip", NULL },
	{ "domian", "domains" },
	{ "urk", "url" },
	{ "ul", NULL },
	{ "keys", "keys" },
	{ "kesy", "keys" },
	{ "fiel", "file" },
	{ "fxxe", NULL },
	{ "", NULL },
	{ "principalsprincipalsprincipalsprincipalsprincipalsprincipalsprinc",
	    NULL },
};

START_TEST(nearest)
{
	const char *word = diag_nearest(near[_i].name, words);

	if (near[_i].want == NULL)
		ck_assert_ptr_null(word);
	else
		ck_assert_pstr_eq(word, near[_i].want);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("diag");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, print, 0, N_ROWS(shown));
	tcase_add_test(tc, colour);
	tcase_add_test(tc, order);
	tcase_add_test(tc, said_once);
	tcase_add_test(tc, full);
	tcase_add_test(tc, quote);
	tcase_add_test(tc, of_err);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, json);
	tcase_add_loop_test(tc, nearest, 0, N_ROWS(near));
	return run_case("diag", tc);
}
