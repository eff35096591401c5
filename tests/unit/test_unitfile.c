#include "config.h"

#include "config-gen/unitfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static char seen[2048];

static int
note(void *ctx, const struct unitfile_line *l, struct err *err)
{
	size_t len = strlen(seen);

	(void)ctx;
	if (strcmp(l->key, "Stop") == 0)
		return err_setf(err, ERR_REFUSED, "stopped");
	(void)snprintf(seen + len, sizeof(seen) - len, "%zu[%s]%s<%s>", l->line,
	    l->section == NULL ? "-" : l->section, l->key, l->value);
	return 0;
}

static const struct {
	const char *text, *seen;
} units[] = {
	{ "", "" },
	{ "\n\n", "" },
	{ "a=b", "1[]a<b>" },
	{ "[S]\na = b \r\n", "2[S]a<b>" },
	{ "[S]\n# a=b\n; a=b\n \t# a=b\na=#b", "5[S]a<#b>" },
	{ "[S]\na=b \\\n  c\nd=e", "2[S]a<b  c>4[S]d<e>" },
	{ "[S]\na=b\\\n# no\n;no\n c\n", "2[S]a<b c>" },
	{ "a=b\\\\\nc=d", "1[]a<b\\\\>2[]c<d>" },
	{ "a=b\\", "1[]a<b>" },
	{ "a=b\\\n", "1[]a<b>" },
	{ "a=\n=b\nc\nd=e=f", "1[]a<>2[]<b>4[]d<e=f>" },
	{ "[S]\na=1\n[T\nb=2\n[]\nc=3\n", "2[S]a<1>4[]b<2>6[]c<3>" },
};

START_TEST(test_unit)
{
	struct err err = ERR_INIT;
	const char *text = units[_i].text;

	seen[0] = '\0';
	ck_assert_int_eq(
	    unitfile_each(text, strlen(text), note, NULL, &err), 0);
	ck_assert_str_eq(seen, units[_i].seen);
}
END_TEST

static const struct {
	const char *text, *seen;
} envs[] = {
	{ "", "" },
	{ "A=b", "1[-]A<b>" },
	{ " A = b c \t\n", "1[-]A<b c>" },
	{ "# A=b\n;A=b\n\nA=b#c", "4[-]A<b#c>" },
	{ "# goes on \\\nA=b\nC=d", "2[-]A<b>3[-]C<d>" },
	{ "A='b  \"c\\'  \"d e\\\"\\$\\q\\\n\"f\n", "1[-]A<b  \"c\\d e\"$\\qf>" },
	{ "A=b\\ \\\nc\\\"\n", "1[-]A<b c\">" },
	{ "A=\nB\nC=\"\"\n", "1[-]A<>3[-]C<>" },
	{ "A=\"b\nc\"\nD=e", "1[-]A<b\nc>3[-]D<e>" },
	{ "A=b\"c\"\n", "1[-]A<b\"c\">" },
	{ "A=\"open", "1[-]A<open>" },
};

START_TEST(test_env)
{
	struct err err = ERR_INIT;
	const char *text = envs[_i].text;

	seen[0] = '\0';
	ck_assert_int_eq(
	    unitfile_each_env(text, strlen(text), note, NULL, &err), 0);
	ck_assert_str_eq(seen, envs[_i].seen);
}
END_TEST

static const struct {
	const char *value;
	enum unitfile_words_of of;
	const char *words; /* each in <>; or the error */
} splits[] = {
	{ "", UNITFILE_COMMAND, "" },
	{ " \t", UNITFILE_COMMAND, "" },
	{ "a  b\tc ", UNITFILE_COMMAND, "<a><b><c>" },
	{ "'a b'\"c d\"e f", UNITFILE_COMMAND, "<a bc de><f>" },
	{ "\"\" ''", UNITFILE_COMMAND, "<><>" },
	{ "a\\sb \\x41\\101 \\\\ \\\" \\'", UNITFILE_COMMAND,
	    "<a b><AA><\\><\"><'>" },
	{ "\"a\\\"b\"", UNITFILE_COMMAND, "<a\"b>" },
	{ "a\\q", UNITFILE_COMMAND,
	    "holds an escape that systemd does not know" },
	{ "a\\x00", UNITFILE_COMMAND,
	    "holds an escape that systemd does not know" },
	{ "a\\", UNITFILE_COMMAND,
	    "holds an escape that systemd does not know" },
	{ "a \"b", UNITFILE_COMMAND, "holds a quote that does not end" },
	{ "a\\ b \"c d\" 'e", UNITFILE_VARIABLE, "<a b><c d><e>" },
	{ "a\\qb\\", UNITFILE_VARIABLE, "<aqb\\>" },
};

START_TEST(test_split)
{
	struct unitfile_words words = { NULL, 0 };
	struct err err = ERR_INIT;
	size_t i;

	seen[0] = '\0';
	if (unitfile_split(
		splits[_i].value, splits[_i].of, &words, &err) < 0) {
		ck_assert_str_eq(err.text, splits[_i].words);
		return;
	}
	for (i = 0; i < words.n_items; i++)
		(void)snprintf(seen + strlen(seen),
		    sizeof(seen) - strlen(seen), "<%s>", words.items[i]);
	ck_assert_str_eq(seen, splits[_i].words);
	unitfile_words_clear(&words);
}
END_TEST

START_TEST(test_errors)
{
	static char large[UNITFILE_MAX_BYTES + 1];
	struct unitfile_words words = { NULL, 0 };
	struct err err = ERR_INIT;

	memset(large, '\n', sizeof(large));
	ck_assert_int_eq(
	    unitfile_each(large, sizeof(large) - 1, note, NULL, &err), 0);
	ck_assert_int_eq(
	    unitfile_each(large, sizeof(large), note, NULL, &err), -1);
	ck_assert_str_eq(err.text, "is larger than 1 MiB");
	err_clear(&err);
	ck_assert_int_eq(unitfile_each("a\0=b", 4, note, NULL, &err), -1);
	ck_assert_str_eq(err.text, "holds a NUL byte");
	err_clear(&err);
	ck_assert_int_eq(unitfile_each_env("a=\0", 3, note, NULL, &err), -1);
	ck_assert_str_eq(err.text, "holds a NUL byte");
	err_clear(&err);
	ck_assert_int_eq(
	    unitfile_each("Stop=1\nb=c", 10, note, NULL, &err), -1);
	ck_assert_str_eq(err.text, "stopped");
	err_clear(&err);
	ck_assert_int_eq(
	    unitfile_each_env("Stop=1\nb=c", 10, note, NULL, &err), -1);
	ck_assert_str_eq(err.text, "stopped");
	err_clear(&err);
	memset(large, 'a', 2 * (UNITFILE_MAX_WORDS + 1));
	for (size_t i = 1; i < 2 * (UNITFILE_MAX_WORDS + 1); i += 2)
		large[i] = ' ';
	large[2 * (UNITFILE_MAX_WORDS + 1)] = '\0';
	ck_assert_int_eq(
	    unitfile_split(large, UNITFILE_COMMAND, &words, &err), -1);
	ck_assert_str_eq(err.text, "holds too many words");
	err_clear(&err);
	large[2 * UNITFILE_MAX_WORDS] = '\0';
	ck_assert_int_eq(
	    unitfile_split(large, UNITFILE_VARIABLE, &words, &err), 0);
	ck_assert_uint_eq(words.n_items, UNITFILE_MAX_WORDS);
	unitfile_words_clear(&words);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("unitfile");

	tcase_add_loop_test(t, test_unit, 0, N_ROWS(units));
	tcase_add_loop_test(t, test_env, 0, N_ROWS(envs));
	tcase_add_loop_test(t, test_split, 0, N_ROWS(splits));
	tcase_add_test(t, test_errors);
	return run_case("unitfile", t);
}
