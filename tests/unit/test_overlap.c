#include "config.h"

#include "config-gen/overlap.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

#define A "ssh-ed25519 AAAA one\n"
#define B "ssh-ed25519 BBBB two\n"

static char before[80], after[80];

static void
setup(void)
{
	testroot_make();
	(void)snprintf(before, sizeof(before), "%s/before", testroot_dir);
	(void)snprintf(after, sizeof(after), "%s/after", testroot_dir);
}

/* NULL: no such file; "/": it is a folder. */
static void
put(const char *path, const char *text)
{
	char folder[64];

	if (text != NULL && strcmp(text, "/") == 0) {
		(void)snprintf(folder, sizeof(folder), "%s/", path);
		testroot_put(folder, NULL);
	} else if (text != NULL) {
		testroot_put(path, text);
	}
}

static const struct {
	const char *name;
	const char *old_keys, *new_keys, *old_list, *new_list;
	int takes;
} files[] = {
	{ "nothing before", NULL, A, NULL, "k", 0 },
	{ "the same", A B, A B, "k", "k", 0 },
	{ "another order", A B, B A, "k", "k", 0 },
	{ "one more key", A, B A, "k", "k", 0 },
	{ "no key before", "", A, "k", "k", 0 },
	{ "one key less", A B, A, "k", "k", 1 },
	{ "no key left", A, "", "k", "k", 1 },
	{ "the last line has no end", A "x", A, "k", "k", 1 },
	{ "another key", A, B, "k", "k", 1 },
	{ "another list of what is revoked", A, A, "k", "l", 1 },
	{ "a longer one", A, A, "k", "kk", 1 },
	{ "no list of what is revoked, and so no logins", A, A, NULL, "k",
	    0 },
	{ "a folder, and no keys", "/", A, "k", "k", 1 },
	{ "keys that cannot be read", A, "/", "k", "k", -1 },
	{ "a folder, and no list", A, A, "/", "k", 1 },
};

START_TEST(takes_away)
{
	struct err err = ERR_INIT;

	put("/before/ca.pub", files[_i].old_keys);
	put("/after/ca.pub", files[_i].new_keys);
	put("/before/revoked.krl", files[_i].old_list);
	put("/after/revoked.krl", files[_i].new_list);
	ck_assert_msg(
	    overlap_takes_away(before, after, &err) == files[_i].takes,
	    "%s: %s", files[_i].name, err.text);
	ck_assert_int_eq(overlap_takes_away(NULL, after, &err), 0);
}
END_TEST

static const struct {
	const char *name;
	const char *old, *new;
	int adds;
} lists[] = {
	{ "no list before", NULL, "alice\n", 1 },
	{ "the same", "alice\nbob\n", "alice\nbob\n", 0 },
	{ "fewer", "alice\nbob\n", "bob\n", 0 },
	{ "none", "alice\n", "", 0 },
	{ "another order", "alice\nbob\n", "bob\nalice\n", 0 },
	{ "one more", "bob\n", "bob\nalice\n", 1 },
	{ "part of a name", "alice\n", "alic\n", 1 },
	{ "longer than a name", "alice\n", "alicea\n", 1 },
	{ "the same with fewer options", "restrict alice\n", "alice\n", 1 },
	{ "a folder", "/", "alice\n", 1 },
};

START_TEST(adds)
{
	struct err err = ERR_INIT;

	put("/before/principals/johndoe", lists[_i].old);
	ck_assert_msg(overlap_adds(before, "johndoe", lists[_i].new,
	                  strlen(lists[_i].new), &err) == lists[_i].adds,
	    "%s: %s", lists[_i].name, err.text);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("overlap");

	tcase_add_checked_fixture(tc, setup, testroot_remove);
	tcase_add_loop_test(tc, takes_away, 0, N_ROWS(files));
	tcase_add_loop_test(tc, adds, 0, N_ROWS(lists));
	return run_case("overlap", tc);
}
