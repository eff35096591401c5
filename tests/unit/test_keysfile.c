#include "config.h"

#include "config-gen/keysfile.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

static char name[] = "jdoe";
static char home[] = "/home/jdoe";
static const struct person person = { .name = name, .uid = 1001, .home = home };

static const struct {
	const char *pattern;
	const char *path; /* NULL: none */
} paths[] = {
	{ ".ssh/authorized_keys", "/home/jdoe/.ssh/authorized_keys" },
	{ "/etc/ssh/keys/%u", "/etc/ssh/keys/jdoe" },
	{ "%h/.ssh/%U", "/home/jdoe/.ssh/1001" },
	{ "%u/keys", "/home/jdoe/jdoe/keys" },
	{ "/a%%b", "/a%b" },
	{ "/a%n", NULL },
	{ "/a%", NULL },
};

START_TEST(test_path)
{
	char out[KEYSFILE_PATH_SIZE];
	const char *pattern = paths[_i].pattern;
	int ret = keysfile_path(out, pattern, &person);

	if (paths[_i].path == NULL) {
		ck_assert_msg(ret == -1, "%s", pattern);
		return;
	}
	ck_assert_msg(ret == 0, "%s", pattern);
	ck_assert_str_eq(out, paths[_i].path);
}
END_TEST

START_TEST(test_long_path)
{
	char out[KEYSFILE_PATH_SIZE], pattern[KEYSFILE_PATH_SIZE + 1];

	memset(pattern, 'x', sizeof(pattern) - 1);
	pattern[sizeof(pattern) - 1] = '\0';
	pattern[0] = '/';
	ck_assert_int_eq(keysfile_path(out, pattern, &person), -1);
	pattern[sizeof(pattern) - 2] = '\0';
	ck_assert_int_eq(keysfile_path(out, pattern, &person), 0);
	/* With the home before it it is too long. */
	pattern[0] = 'x';
	ck_assert_int_eq(keysfile_path(out, pattern, &person), -1);
}
END_TEST

START_TEST(test_words)
{
	const char *words = "  .ssh/a\t/b/%u none None /c ";
	char out[KEYSFILE_PATH_SIZE];
	const char *word;
	size_t len, n = 0;

	while ((word = keysfile_next_word(&words, &len)) != NULL) {
		if (keysfile_word_path(out, word, len, &person) == 1)
			n++;
	}
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(out, "/c");
}
END_TEST

static const struct {
	const char *name, *text;
	size_t line;
} authorities[] = {
	{ "empty", "", 0 },
	{ "a key", "ssh-ed25519 AAAA cert-authority\n", 0 },
	{ "plain", "cert-authority ssh-ed25519 AAAA\n", 1 },
	{ "no newline", "cert-authority ssh-ed25519 AAAA", 1 },
	{ "tab", "cert-authority\tssh-ed25519 AAAA", 1 },
	{ "case", "CERT-Authority ssh-ed25519 AAAA", 1 },
	{ "blanks before", " \t cert-authority ssh-ed25519 AAAA", 1 },
	{ "later line", "# x\n\nssh-rsa AAAA\nno-pty,cert-authority x y\n", 4 },
	{ "comment", "#cert-authority ssh-ed25519 AAAA\n", 0 },
	{ "behind a quoted comma",
	    "principals=\"a,b\",cert-authority ssh-ed25519 AAAA", 1 },
	{ "inside quotes", "command=\"a,cert-authority b\" ssh-ed25519 AAAA",
	    0 },
	{ "a quote that is escaped",
	    "command=\"a\\\",cert-authority,\" ssh-ed25519 AAAA", 0 },
	{ "behind an escaped quote",
	    "command=\"a\\\"\",cert-authority ssh-ed25519 AAAA", 1 },
	{ "a longer word", "cert-authority2 ssh-ed25519 AAAA", 0 },
	{ "an option in front", "restrict,cert-authority,no-pty k v", 1 },
	{ "a blank between", "restrict, cert-authority k v", 0 },
	{ "alone", "cert-authority", 1 },
};

START_TEST(test_authority)
{
	size_t len = strlen(authorities[_i].text);
	unsigned char *text = exact_copy(authorities[_i].text, len);

	ck_assert_msg(keysfile_find_authority((const char *)text, len) ==
		authorities[_i].line,
	    "%s", authorities[_i].name);
	free(text);
}
END_TEST

static const struct {
	const char *text;
	bool has;
} entries[] = {
	{ "", false },
	{ "\n \n\t\n", false },
	{ "# a\n  # b\n", false },
	{ "\r\n", false },
	{ "ssh-ed25519", true },
	{ "# a\n\n x", true },
};

START_TEST(test_entry)
{
	const char *text = entries[_i].text;

	ck_assert_msg(keysfile_has_entry(text, strlen(text)) == entries[_i].has,
	    "%s", text);
}
END_TEST

static const struct {
	const char *path;
	enum keysfile_state state;
} states[] = {
	{ "/home/jdoe/file", KEYSFILE_READ },
	{ "/home/jdoe/empty", KEYSFILE_READ },
	{ "/linked/file", KEYSFILE_READ },
	{ "/home/jdoe/absent", KEYSFILE_MISSING },
	{ "/home/nobody/file", KEYSFILE_MISSING },
	{ "/home/jdoe/link", KEYSFILE_LINK },
	{ "/home/jdoe/pipe", KEYSFILE_OTHER },
	{ "/home/jdoe/folder", KEYSFILE_OTHER },
	{ "/home/jdoe/large", KEYSFILE_TOO_LARGE },
};

START_TEST(test_state)
{
	const struct root root = { .dir = testroot_dir };
	char path[128];
	char *bytes = NULL;
	size_t len = 99;
	enum keysfile_state state;

	testroot_make();
	testroot_put("/home/jdoe/file", "text");
	testroot_put("/home/jdoe/empty", "");
	testroot_put("/linked", "-> /home/jdoe");
	testroot_put("/home/jdoe/link", "-> file");
	testroot_put("/home/jdoe/folder/", "");
	testroot_put("/home/jdoe/large", "");
	(void)snprintf(path, sizeof(path), "%s/home/jdoe/large", testroot_dir);
	ck_assert_int_eq(truncate(path, (off_t)KEYSFILE_MAX + 1), 0);
	(void)snprintf(path, sizeof(path), "%s/home/jdoe/pipe", testroot_dir);
	ck_assert_int_eq(mkfifo(path, 0600), 0);

	state = keysfile_read(&root, states[_i].path, &bytes, &len);
	ck_assert_msg(
	    state == states[_i].state, "%s: %d", states[_i].path, (int)state);
	if (state == KEYSFILE_READ)
		ck_assert_uint_eq(len, strlen(bytes));
	else
		ck_assert_ptr_null(bytes);
	free(bytes);
	testroot_remove();
}
END_TEST

/* Entries that are left where GOOD is not revoked and BAD is. */
#define GOOD \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIFUp65QF3J5Pe4C/V9y18r9Hi4jcCdTA2K9xeY2/RZ0J"
#define BAD \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIEGOfSB/h4pmU8JAEC4nqBs2c6ECLdYklyAGmps3lHvZ"

static const struct {
	const char *text;
	bool has;
} good_entries[] = {
	{ "", false },
	{ "# " GOOD "\n\n", false },
	{ GOOD "\n", true },
	{ BAD "\n", false },
	{ BAD " somebody\n" GOOD "\n", true },
	{ "\t" BAD "\r\n" BAD, false },
	{ "restrict,command=\"/bin/x \\\"y z\" " BAD " c\n", false },
	{ "restrict,command=\"/bin/x \\\"y z\" " GOOD " c\n", true },
	{ "cert-authority " BAD "\n", false },
	{ "cert-authority " GOOD "\n", true },
	/* Not ours to judge. */
	{ "nonsense\n", true },
	{ "restrict nonsense\n", true },
};

static bool
is_bad(void *ctx, struct span key)
{
	/* The last byte of BAD's blob. */
	ck_assert_ptr_eq(ctx, &good_entries);
	return key.p[key.len - 1] == 0xd9;
}

START_TEST(test_good_entry)
{
	const char *text = good_entries[_i].text;

	ck_assert_msg(
	    keysfile_has_good_entry(text, strlen(text), is_bad,
		(void *)(uintptr_t)&good_entries) == good_entries[_i].has,
	    "%s", text);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("keysfile");

	tcase_add_loop_test(tc, test_path, 0, N_ROWS(paths));
	tcase_add_test(tc, test_long_path);
	tcase_add_test(tc, test_words);
	tcase_add_loop_test(tc, test_authority, 0, N_ROWS(authorities));
	tcase_add_loop_test(tc, test_entry, 0, N_ROWS(entries));
	tcase_add_loop_test(tc, test_state, 0, N_ROWS(states));
	tcase_add_loop_test(tc, test_good_entry, 0, N_ROWS(good_entries));
	return run_case("keysfile", tc);
}
