#include "config.h"

#include "config-gen/journal.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "certgate journal 1\nstate swapping\n"
#define WHY                                                                    \
	": certgate did not write this, so it cannot tell what to undo; see "  \
	"that sshd's configuration is in order, then remove the journal"

static const char good[] =
    HEAD "link 3 4 made\n"
	 "file 0644:0:0 0600:1000:4294967294 /etc/ssh/sshd_config\n"
	 "file - 0644:0:0 /etc/ssh/sshd_config.d/00 certgate.conf\n"
	 "file 4755:0:0 - /usr/etc/ssh/x\n"
	 "end\n";

static const char *const good_texts[] = {
	good,
	HEAD "link 0 1 made\nend\n",
	HEAD "link 0 0 kept\nend\n",
	HEAD "link 7 3 kept\nend\n",
	HEAD "link 999999999999999998 999999999999999999 made\nend\n",
};

static int
parse(struct journal *j, const char *text, size_t len, struct err *err)
{
	return journal_parse(j, text, len, "/j", err);
}

START_TEST(test_format_of_parse)
{
	const char *text = good_texts[_i];
	struct err err = ERR_INIT;
	struct journal j;
	char *again = NULL;
	size_t len = 0;

	ck_assert_msg(parse(&j, text, strlen(text), &err) == 0, "%s", err.text);
	ck_assert_int_eq(journal_format(&j, &again, &len, &err), 0);
	ck_assert_str_eq(again, text);
	ck_assert_uint_eq(len, strlen(text));
	free(again);
	journal_clear(&j);
	ck_assert_ptr_null(j.files);
}
END_TEST

START_TEST(test_parse)
{
	struct err err = ERR_INIT;
	struct journal j;

	ck_assert_int_eq(parse(&j, good, strlen(good), &err), 0);
	ck_assert_uint_eq(j.before, 3);
	ck_assert_uint_eq(j.after, 4);
	ck_assert(j.is_made);
	ck_assert_uint_eq(j.n_files, 3);
	ck_assert_str_eq(j.files[0].path, "/etc/ssh/sshd_config");
	ck_assert(j.files[0].before.exists && j.files[0].after.exists);
	ck_assert_uint_eq(j.files[0].before.mode, 0644);
	ck_assert_uint_eq(j.files[0].after.mode, 0600);
	ck_assert_uint_eq(j.files[0].after.uid, 1000);
	ck_assert_uint_eq(j.files[0].after.gid, 4294967294);
	ck_assert(!j.files[1].before.exists && j.files[1].after.exists);
	ck_assert_str_eq(
	    j.files[1].path, "/etc/ssh/sshd_config.d/00 certgate.conf");
	ck_assert(j.files[2].before.exists && !j.files[2].after.exists);
	journal_clear(&j);
}
END_TEST

static const struct bad_text {
	const char *text;
	const char *error;
} bad_texts[] = {
	{ "", "/j:1: the journal ends too early" WHY },
	{ "end\n", "/j:1: not a line of a journal" WHY },
	{ "certgate journal 2\nend\n",
	    "/j:1: a journal of another version of certgate: this one cannot "
	    "tell what to undo; run the certgate that wrote it" },
	{ "certgate journal 1\nstate done\nend\n",
	    "/j:2: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\n", "/j:4: the journal ends too early" WHY },
	{ HEAD "link 3 4 made\nend", "/j:4: the journal ends too early" WHY },
	{ HEAD "link 3 4 made\nend\n\n",
	    "/j:5: the journal goes on after its end" WHY },
	{ HEAD "end\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link 3 4\nend\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link 3 4 maybe\nend\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link 03 4 made\nend\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link -3 4 made\nend\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link 3 4 made \nend\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link  3 4 made\nend\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link 4 4 made\nend\n", "/j:3: not a line of a journal" WHY },
	{ HEAD "link 18446744073709551616 1 made\nend\n",
	    "/j:3: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile - - \nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile - -\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile - - /etc/passwd\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile - - /etc/ssh/../passwd\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile 644:0:0 - /etc/ssh/a\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile 0648:0:0 - /etc/ssh/a\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile 0644:0 - /etc/ssh/a\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile 0644:0:-1 - /etc/ssh/a\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile 0644:0:9999999999 - /etc/ssh/a\nend\n",
	    "/j:4: not a line of a journal" WHY },
	{ HEAD "link 3 4 made\nfile - - /etc/ssh/a\nfile - - /etc/ssh/a\n"
	       "end\n",
	    "/j:5: the same file twice" WHY },
};

START_TEST(test_parse_errors)
{
	const struct bad_text *c = &bad_texts[_i];
	struct err err = ERR_INIT;
	struct journal j;

	ck_assert_msg(
	    parse(&j, c->text, strlen(c->text), &err) == -1, "%s", c->text);
	ck_assert_str_eq(err.text, c->error);
}
END_TEST

START_TEST(test_parse_nul)
{
	static const char text[] = HEAD "link 3 4 made\0\nend\n";
	struct err err = ERR_INIT;
	struct journal j;

	ck_assert_int_eq(parse(&j, text, sizeof(text) - 1, &err), -1);
	ck_assert_str_eq(err.text, "/j:3: not a line of a journal" WHY);
}
END_TEST

START_TEST(test_too_many_files)
{
	struct err err = ERR_INIT;
	struct journal j;
	char *text = NULL;
	size_t len = 0, i;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, HEAD "link 3 4 made\n");
	for (i = 0; i < JOURNAL_MAX_FILES + 1; i++)
		(void)fprintf(f, "file - - /etc/ssh/%zu\n", i);
	(void)fprintf(f, "end\n");
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(parse(&j, text, len, &err), -1);
	ck_assert_str_eq(err.text, "/j:68: too many files" WHY);
	free(text);
}
END_TEST

/* A journal that is cut or altered is refused or says something allowed. */
START_TEST(test_damaged)
{
	struct err err = ERR_INIT;
	struct journal j;
	char text[sizeof(good)];
	size_t i, bit, f;

	for (i = 0; i < strlen(good); i++)
		ck_assert_int_eq(parse(&j, good, i, &err), -1);
	for (i = 0; i < strlen(good) * 8; i++) {
		bit = i % 8;
		memcpy(text, good, sizeof(good));
		text[i / 8] = (char)(text[i / 8] ^ (1 << bit));
		err_clear(&err);
		if (parse(&j, text, strlen(good), &err) == -1)
			continue;
		for (f = 0; f < j.n_files; f++)
			ck_assert(journal_allows(j.files[f].path));
		journal_clear(&j);
	}
}
END_TEST

static const struct path_case {
	const char *path;
	bool is_allowed;
} path_cases[] = {
	{ "/etc/ssh/sshd_config", true },
	{ "/etc/ssh/sshd_config.d/00-certgate.conf", true },
	{ "/etc/ssh/certgate.conf", true },
	{ "/etc/ssh/...", true },
	{ "/usr/etc/ssh/sshd_config", true },
	{ "/etc/ssh", false },
	{ "/etc/ssh/", false },
	{ "/etc/sshx", false },
	{ "/etc/passwd", false },
	{ "etc/ssh/x", false },
	{ "", false },
	{ "/etc/ssh/certgate", false },
	{ "/etc/ssh/certgate/current", false },
	{ "/etc/ssh/../passwd", false },
	{ "/etc/ssh/a/..", false },
	{ "/etc/ssh/./certgate/x", false },
	{ "/etc/ssh//certgate/x", false },
	{ "/etc/ssh/a/", false },
	{ "/etc/ssh/a\nb", false },
	{ "/etc/ssh/a\x7f", false },
	{ "/usr/etc/ssh/..", false },
};

START_TEST(test_allows)
{
	const struct path_case *c = &path_cases[_i];

	ck_assert_msg(journal_allows(c->path) == c->is_allowed, "%s", c->path);
}
END_TEST

START_TEST(test_allows_length)
{
	char path[JOURNAL_PATH_SIZE + 1];

	memset(path, 'x', sizeof(path));
	memcpy(path, "/etc/ssh/", 9);
	path[JOURNAL_PATH_SIZE] = '\0';
	ck_assert(!journal_allows(path));
	path[JOURNAL_PATH_SIZE - 1] = '\0';
	ck_assert(journal_allows(path));
}
END_TEST

#define N(a) ((int)(sizeof(a) / sizeof((a)[0])))

int
main(void)
{
	Suite *s = suite_create("journal");
	TCase *tc = tcase_create("journal");
	SRunner *r;
	int n_failed;

	tcase_add_loop_test(tc, test_format_of_parse, 0, N(good_texts));
	tcase_add_test(tc, test_parse);
	tcase_add_loop_test(tc, test_parse_errors, 0, N(bad_texts));
	tcase_add_test(tc, test_parse_nul);
	tcase_add_test(tc, test_too_many_files);
	tcase_add_test(tc, test_damaged);
	tcase_add_loop_test(tc, test_allows, 0, N(path_cases));
	tcase_add_test(tc, test_allows_length);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
