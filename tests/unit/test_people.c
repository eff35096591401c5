#include "config.h"

#include "config-gen/people.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

/* 2026-11-20: day 20777 */
#define NOW ((time_t)20777 * 86400)

static struct root root;
static struct people people;

static void
set_up(void)
{
	struct err err = ERR_INIT;
	char command[256];

	testroot_make();
	testroot_put("/etc/passwd",
	    "root:x:0:0:root:/root:/bin/bash\n"
	    "toor:x:0:0::/root:/bin/sh\n"
	    "alice:x:1001:1001::/home/alice:/bin/bash\n"
	    "alice:x:9999:1001::/elsewhere:/bin/bash\n"
	    "bob:x:1002:27::/home/bob:/bin/sh\n"
	    "carol:$6$salt$hash:1003:1003::/home/carol:/missing\n"
	    "dave:x:1004:1004::/home/dave:/usr/sbin/nologin\n"
	    "eve:x:1005:1005::/home/eve:\n"
	    "mallory:x:1006:1006::/home/mallory:/etc/passwd\n");
	testroot_put("/etc/group",
	    "root:x:0:\nsudo:x:27:nobody-there,alice,alice\n"
	    "wheel:x:10:\nalice:x:1001:\nstaff:x:50:alice,bob\n");
	testroot_put("/etc/shadow",
	    "root:*:19000::::::\n"
	    "alice:$y$j9T$x$y:19000::::::\n"
	    "bob:!$6$salt$hash:19000::::::\n"
	    "dave::19000::::::\n"
	    "eve:$6$salt$hash:19000:::::20777:\n"
	    "mallory:x:19000:::::20778:\n");
	testroot_put("/bin/bash", "#!");
	testroot_put("/bin/sh", "-> /bin/bash");
	testroot_put("/usr/sbin/nologin", "#!");
	(void)snprintf(command, sizeof(command),
	    "chmod 0755 %s/bin/bash %s/usr/sbin/nologin", testroot_dir,
	    testroot_dir);
	ck_assert_int_eq(system(command), 0);
	root.dir = testroot_dir;
	ck_assert_int_eq(people_load(&people, &root, NOW, &err), 0);
}

static void
tear_down(void)
{
	people_clear(&people);
	testroot_remove();
}

static const struct {
	const char *name;
	uid_t uid;
	enum person_password password;
	bool has_shell, is_expired, is_admin;
	const char *group; /* one that it is in */
} rows[] = {
	{ "root", 0, PERSON_NO_PASSWORD, true, false, true, "root" },
	{ "toor", 0, PERSON_NO_PASSWORD, true, false, true, "root" },
	{ "alice", 1001, PERSON_PASSWORD, true, false, true, "staff" },
	{ "bob", 1002, PERSON_LOCKED, true, false, true, "sudo" },
	{ "carol", 1003, PERSON_PASSWORD, false, false, false, NULL },
	{ "dave", 1004, PERSON_EMPTY_PASSWORD, false, false, false, NULL },
	{ "eve", 1005, PERSON_PASSWORD, true, true, false, NULL },
	{ "mallory", 1006, PERSON_NO_PASSWORD, false, false, false, NULL },
};

START_TEST(test_person)
{
	const char *name = rows[_i].name;
	const struct person *p = people_find(&people, name);

	ck_assert_msg(p != NULL, "%s", name);
	ck_assert_str_eq(p->name, name);
	ck_assert_msg(p->uid == rows[_i].uid, "%s", name);
	ck_assert_msg(
	    p->password == rows[_i].password, "%s: %d", name, (int)p->password);
	ck_assert_msg(p->has_shell == rows[_i].has_shell, "%s", name);
	ck_assert_msg(p->is_expired == rows[_i].is_expired, "%s", name);
	ck_assert_msg(p->is_admin == rows[_i].is_admin, "%s", name);
	if (rows[_i].group != NULL)
		ck_assert_msg(person_is_in(p, rows[_i].group), "%s", name);
	ck_assert_msg(!person_is_in(p, "wheel"), "%s", name);
}
END_TEST

START_TEST(test_all)
{
	ck_assert_uint_eq(people.n_items, sizeof(rows) / sizeof(rows[0]));
	ck_assert(!people.is_cut);
	ck_assert_ptr_null(people_find(&people, "nobody-there"));
	ck_assert_ptr_null(people_find(&people, ""));
}
END_TEST

START_TEST(test_no_files)
{
	struct err err = ERR_INIT;
	struct people none;

	testroot_delete("/etc/passwd");
	testroot_delete("/etc/group");
	testroot_delete("/etc/shadow");
	ck_assert_int_eq(people_load(&none, &root, NOW, &err), 0);
	ck_assert_uint_eq(none.n_items, 0);
	people_clear(&none);
}
END_TEST

/* Nobody's way in is worked out from half of the people. */
START_TEST(test_not_readable)
{
	static const char *const files[] = { "/etc/passwd", "/etc/group",
		"/etc/shadow" };
	const char *name = files[_i];
	struct err err = ERR_INIT;
	struct people none;
	char path[128], text[256];

	testroot_delete(name);
	(void)snprintf(path, sizeof(path), "%s/", name);
	testroot_put(path, "");
	ck_assert_int_eq(people_load(&none, &root, NOW, &err), -1);
	(void)snprintf(text, sizeof(text), "%s%s: not a regular file",
	    testroot_dir, name);
	ck_assert_str_eq(err.text, text);
	people_clear(&none);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("people");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, test_person, 0, N_ROWS(rows));
	tcase_add_test(tc, test_all);
	tcase_add_test(tc, test_no_files);
	tcase_add_loop_test(tc, test_not_readable, 0, 3);
	return run_case("people", tc);
}
