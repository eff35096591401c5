#include "config.h"

#include "config-gen/sshd.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/testroot.h"

static const struct parse_case {
	const char *name;
	const char *text;
	size_t len; /* 0: text is terminated */
	const char *expected; /* "keyword=value\n" … */
} parse_cases[] = {
	{ "empty", "", 0, "" },
	{ "9.2", "port 22\nauthorizedkeysfile a b\n", 0,
	    "port=22\nauthorizedkeysfile=a b\n" },
	{ "10.5", "Port 22\nAuthorizedKeysFile A B\n", 0,
	    "port=22\nauthorizedkeysfile=A B\n" },
	{ "no final newline", "port 22", 0, "port=22\n" },
	{ "carriage returns", "port 22\r\nbanner x\r\n", 0,
	    "port=22\nbanner=x\n" },
	{ "empty lines", "\n\r\nport 22\n\n", 0, "port=22\n" },
	{ "no value", "acceptenv\nbanner \n", 0, "acceptenv=\nbanner=\n" },
	{ "two blanks", "banner  x \n", 0, "banner= x \n" },
	{ "the same again", "port 22\nport 23\n", 0, "port=22\nport=23\n" },
};

START_TEST(test_parse)
{
	const struct parse_case *t = &parse_cases[_i];
	struct sshd_settings s = { NULL, 0 };
	struct err err = ERR_INIT;
	char got[256] = "";
	size_t i;

	ck_assert_msg(sshd_settings_parse(&s, t->text,
			  t->len == 0 ? strlen(t->text) : t->len, &err) == 0,
	    "%s: %s", t->name, err.text);
	for (i = 0; i < s.n_items; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s=%s\n", s.items[i].keyword, s.items[i].value);
	ck_assert_msg(strcmp(got, t->expected) == 0, "%s: %s", t->name, got);
	sshd_settings_clear(&s);
	ck_assert_uint_eq(s.n_items, 0);
}
END_TEST

static const struct parse_case parse_errors[] = {
	{ "no keyword", "port 22\n =x\n", 0,
	    "sshd -T: \" =x\" is not a keyword and its value" },
	{ "other separator", "port=22\n", 0,
	    "sshd -T: \"port=22\" is not a keyword and its value" },
	{ "control character", "\x1b[0m\n", 0,
	    "sshd -T: \"\\x1b[0m\" is not a keyword and its value" },
	{ "NUL", "port 2\0002\n", 9,
	    "sshd -T: \"port 2\\x002\" is not a keyword and its value" },
};

START_TEST(test_parse_error)
{
	const struct parse_case *t = &parse_errors[_i];
	struct sshd_settings s = { NULL, 0 };
	struct err err = ERR_INIT;

	ck_assert_int_eq(sshd_settings_parse(&s, t->text,
			     t->len == 0 ? strlen(t->text) : t->len, &err),
	    -1);
	ck_assert_msg(
	    strcmp(err.text, t->expected) == 0, "%s: %s", t->name, err.text);
	ck_assert_int_eq(err.code, ERR_MALFORMED);
	ck_assert_ptr_null(s.items);
}
END_TEST

START_TEST(test_parse_limit)
{
	size_t n = 100001;
	char *text = malloc(n * 4);
	struct sshd_settings s = { NULL, 0 };
	struct err err = ERR_INIT;
	size_t i;

	ck_assert_ptr_nonnull(text);
	for (i = 0; i < n; i++)
		memcpy(text + i * 4, "a b\n", 4);
	ck_assert_int_eq(sshd_settings_parse(&s, text, (n - 1) * 4, &err), 0);
	ck_assert_uint_eq(s.n_items, n - 1);
	sshd_settings_clear(&s);
	ck_assert_int_eq(sshd_settings_parse(&s, text, n * 4, &err), -1);
	ck_assert_str_eq(err.text, "sshd -T: more than 100000 settings");
	ck_assert_int_eq(err.code, ERR_LIMIT);
	free(text);
}
END_TEST

START_TEST(test_setting)
{
	static const char text[] = "port 22\nBanner /x\nport 23\n";
	struct sshd_settings s = { NULL, 0 };

	ck_assert_int_eq(
	    sshd_settings_parse(&s, text, sizeof(text) - 1, NULL), 0);
	ck_assert_str_eq(sshd_setting(&s, "port"), "22");
	ck_assert_str_eq(sshd_setting(&s, "banner"), "/x");
	ck_assert_ptr_null(sshd_setting(&s, "ban"));
	sshd_settings_clear(&s);
	ck_assert_ptr_null(sshd_setting(&s, "port"));
}
END_TEST

/* A program that says text for sshd; *root then has it. */
static void
fake_sshd(struct root *root, char path[128], const char *script)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	testroot_put("/sshd", text);
	(void)snprintf(path, 128, "%s/sshd", testroot_dir);
	ck_assert_int_eq(chmod(path, 0755), 0);
	memset(root, 0, sizeof(*root));
	root->dir = "";
	root->sshd = path;
}

static const struct version_case {
	const char *script;
	const char *text; /* NULL: refused */
	unsigned int major, minor;
	enum err_code code;
	const char *message; /* %s: the program's path */
} version_cases[] = {
	{ "echo 'OpenSSH_10.5p1, OpenSSL 3.5.0' >&2", "OpenSSH_10.5p1", 10, 5,
	    ERR_NONE, NULL },
	{ "echo 'OpenSSH_9.2, OpenSSL 3.0.22 25 Aug 2026' >&2", "OpenSSH_9.2",
	    9, 2, ERR_NONE, NULL },
	{ "echo 'OpenSSH_9.6p1 Ubuntu-3ubuntu13' >&2", "OpenSSH_9.6p1", 9, 6,
	    ERR_NONE, NULL },
	{ "printf 'unknown option -- V\\r\\nOpenSSH_8.7p1, OpenSSL "
	  "1.1.1\\r\\nusage: sshd\\n' >&2; exit 1",
	    "OpenSSH_8.7p1", 8, 7, ERR_NONE, NULL },
	{ "echo OpenSSH_9.0", "OpenSSH_9.0", 9, 0, ERR_NONE, NULL },
	{ "echo 'OpenSSH_8.6p1, x' >&2; exit 1", NULL, 0, 0, ERR_UNSUPPORTED,
	    "OpenSSH_8.6p1 is older than OpenSSH 8.7: it reads quotes and "
	    "comments of its configuration in another way, so that our lines "
	    "could mean something else; upgrade OpenSSH" },
	{ "echo 'OpenSSH_7.10' >&2", NULL, 0, 0, ERR_UNSUPPORTED,
	    "OpenSSH_7.10 is older than OpenSSH 8.7: it reads quotes and "
	    "comments of its configuration in another way, so that our lines "
	    "could mean something else; upgrade OpenSSH" },
	{ "printf 'OpenSSH_8.1\\033[2J, x' >&2", NULL, 0, 0, ERR_UNSUPPORTED,
	    "OpenSSH_8.1\\x1b[2J is older than OpenSSH 8.7: it reads quotes "
	    "and comments of its configuration in another way, so that our "
	    "lines could mean something else; upgrade OpenSSH" },
	{ "echo 'Dropbear v2022.83'", NULL, 0, 0, ERR_UNSUPPORTED,
	    "%s: no version of OpenSSH in what it says of itself" },
	{ "echo 'OpenSSH_x.y'", NULL, 0, 0, ERR_UNSUPPORTED,
	    "%s: no version of OpenSSH in what it says of itself" },
};

START_TEST(test_version)
{
	const struct version_case *t = &version_cases[_i];
	struct sshd_version v = { 1, 1, "untouched" };
	struct err err = ERR_INIT;
	struct root root;
	char path[128], expected[512];
	bool has_path;
	int ret;

	fake_sshd(&root, path, t->script);
	ret = sshd_version(&root, &v, &err);
	if (t->text != NULL) {
		ck_assert_msg(ret == 0, "%s", err.text);
		ck_assert_str_eq(v.text, t->text);
		ck_assert_uint_eq(v.major, t->major);
		ck_assert_uint_eq(v.minor, t->minor);
		return;
	}
	has_path = strncmp(t->message, "%s", 2) == 0;
	(void)snprintf(expected, sizeof(expected), "%s%s",
	    has_path ? path : "", t->message + (has_path ? 2 : 0));
	ck_assert_int_eq(ret, -1);
	ck_assert_str_eq(err.text, expected);
	ck_assert_int_eq(err.code, t->code);
	ck_assert_str_eq(v.text, "untouched");
}
END_TEST

static const struct refusal_case {
	const char *name;
	const char *script;
	const char *message;
} refusal_cases[] = {
	{ "one line", "printf '/c line 2: no argument\\r\\n' >&2; exit 255",
	    "sshd refuses /c: /c line 2: no argument" },
	{ "remarks on obsolete options left out",
	    "printf '/c line 1: Deprecated option A\\r\\n"
	    "/c: line 2: Bad configuration option: B\\r\\n"
	    "/c: terminating, 1 bad configuration options\\r\\n' >&2; exit 255",
	    "sshd refuses /c: /c: line 2: Bad configuration option: B" },
	{ "three at most", "printf '1\\n\\n2\\n3\\n4\\n' >&2; exit 255",
	    "sshd refuses /c: 1 / 2 / 3" },
	{ "escaped", "printf 'a\\033[2Jb\\n' >&2; exit 255",
	    "sshd refuses /c: a\\x1b[2Jb" },
	{ "only remarks", "printf 'x: Deprecated option\\n' >&2; exit 3",
	    "sshd refuses /c: x: Deprecated option" },
	{ "silence", "exit 3",
	    "sshd refuses /c: it exits with status 3 and says nothing" },
	{ "no separation folder",
	    "printf 'Missing privilege separation directory: "
	    "/run/sshd\\r\\n' >&2; exit 255",
	    "sshd refuses /c: Missing privilege separation directory: "
	    "/run/sshd; it is made when sshd starts for the first time since "
	    "boot; start sshd, or make the folder (root's, mode 0755)" },
	{ "no host keys",
	    "printf 'Unable to load host key: /k\\r\\nsshd: no hostkeys "
	    "available -- exiting.\\r\\n' >&2; exit 1",
	    "sshd refuses /c: sshd: no hostkeys available -- exiting.; make "
	    "host keys with ssh-keygen -A" },
};

START_TEST(test_refusal)
{
	const struct refusal_case *t = &refusal_cases[_i];
	struct sshd_settings s = { NULL, 0 };
	struct err err = ERR_INIT;
	struct root root;
	char path[128];

	fake_sshd(&root, path, t->script);
	ck_assert_int_eq(sshd_test(&root, "/c", &err), -1);
	ck_assert_msg(
	    strcmp(err.text, t->message) == 0, "%s: %s", t->name, err.text);
	ck_assert_int_eq(err.code, ERR_REFUSED);
	err_clear(&err);
	ck_assert_int_eq(sshd_effective(&root, "/c", NULL, &s, &err), -1);
	ck_assert_msg(
	    strcmp(err.text, t->message) == 0, "%s: %s", t->name, err.text);
	ck_assert_ptr_null(s.items);
}
END_TEST

/* What sshd is called with. */
START_TEST(test_arguments)
{
	struct sshd_settings s = { NULL, 0 };
	struct err err = ERR_INIT;
	struct root root;
	char path[128];

	fake_sshd(&root, path, "echo args \"$@\"");
	ck_assert_int_eq(sshd_effective(&root, "/c d", NULL, &s, &err), 0);
	ck_assert_str_eq(sshd_setting(&s, "args"), "-T -f /c d");
	sshd_settings_clear(&s);
	ck_assert_int_eq(
	    sshd_effective(&root, "/c", "user=a,host=b", &s, &err), 0);
	ck_assert_str_eq(
	    sshd_setting(&s, "args"), "-T -f /c -C user=a,host=b");
	sshd_settings_clear(&s);
	fake_sshd(&root, path, "[ \"$*\" = '-t -f /c' ]; echo $? >&2");
	ck_assert_int_eq(sshd_test(&root, "/c", &err), 0);
	fake_sshd(&root, path, ":");
	ck_assert_int_eq(sshd_effective(&root, "/c", NULL, &s, &err), -1);
	ck_assert_str_eq(err.text,
	    "sshd refuses /c: it exits with status 0 and says nothing");
}
END_TEST

START_TEST(test_none)
{
	struct root root = { .dir = "/image", .sshd = NULL };
	struct sshd_settings s = { NULL, 0 };
	struct sshd_version v;
	struct err err = ERR_INIT;

	ck_assert_int_eq(sshd_version(&root, &v, &err), -1);
	ck_assert_str_eq(err.text, "there is no sshd in \"/image\"");
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	err_clear(&err);
	ck_assert_int_eq(sshd_test(&root, "/c", &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	err_clear(&err);
	ck_assert_int_eq(sshd_effective(&root, "/c", NULL, &s, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
}
END_TEST

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("sshd");
	TCase *tc = tcase_create("settings");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, test_parse, 0, N_ROWS(parse_cases));
	tcase_add_loop_test(tc, test_parse_error, 0, N_ROWS(parse_errors));
	tcase_add_test(tc, test_parse_limit);
	tcase_add_test(tc, test_setting);
	suite_add_tcase(s, tc);
	tc = tcase_create("program");
	tcase_add_checked_fixture(tc, testroot_make, testroot_remove);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, test_version, 0, N_ROWS(version_cases));
	tcase_add_loop_test(tc, test_refusal, 0, N_ROWS(refusal_cases));
	tcase_add_test(tc, test_arguments);
	tcase_add_test(tc, test_none);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
