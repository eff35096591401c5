#include "config.h"

#include "config-gen/root.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];
static struct root root;

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test_root.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	root.dir = dir;
	ck_assert_int_eq(mkdir("etc", 0755), 0);
	ck_assert_int_eq(mkdir("etc/ssh", 0755), 0);
	ck_assert_int_eq(mkdir("data", 0755), 0);
	ck_assert_int_eq(close(creat("etc/ssh/file", 0600)), 0);
	ck_assert_int_eq(close(creat("data/file", 0600)), 0);
	ck_assert_int_eq(symlink("/data/file", "etc/ssh/absolute"), 0);
	ck_assert_int_eq(symlink("../../data/file", "etc/ssh/relative"), 0);
	ck_assert_int_eq(
	    symlink("../../../../../../data/file", "etc/ssh/out"), 0);
	ck_assert_int_eq(symlink("relative", "etc/ssh/twice"), 0);
	ck_assert_int_eq(symlink("/data/absent", "etc/ssh/dangling"), 0);
	ck_assert_int_eq(symlink("loop", "etc/ssh/loop"), 0);
	ck_assert_int_eq(symlink("/data", "etc/ssh/folder"), 0);
	ck_assert_int_eq(symlink("/data/", "etc/ssh/folder-slash"), 0);
	ck_assert_int_eq(symlink("/", "etc/ssh/top"), 0);
}

static void
teardown(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static const struct resolve_case {
	const char *path;
	enum err_code code;
	const char *text; /* the error, or what it leads to */
} resolve_cases[] = {
	{ "/etc/ssh/file", ERR_NONE, "/etc/ssh/file" },
	{ "/etc//ssh/./../ssh/file", ERR_NONE, "/etc/ssh/file" },
	{ "/../../etc/ssh/file", ERR_NONE, "/etc/ssh/file" },
	{ "/", ERR_NONE, "/" },
	{ "/etc/ssh/absent", ERR_NONE, "/etc/ssh/absent" },
	{ "/etc/ssh/absolute", ERR_NONE, "/data/file" },
	{ "/etc/ssh/relative", ERR_NONE, "/data/file" },
	{ "/etc/ssh/twice", ERR_NONE, "/data/file" },
	{ "/etc/ssh/out", ERR_NONE, "/data/file" },
	{ "/etc/ssh/folder/file", ERR_NONE, "/data/file" },
	{ "/etc/ssh/folder-slash/file", ERR_NONE, "/data/file" },
	{ "/etc/ssh/folder/absent", ERR_NONE, "/data/absent" },
	{ "/etc/ssh/top/etc/ssh/twice", ERR_NONE, "/data/file" },
	{ "/etc/ssh/dangling", ERR_REFUSED,
	    "/etc/ssh/dangling: a symbolic link that leads nowhere" },
	{ "/etc/ssh/loop", ERR_REFUSED,
	    "/etc/ssh/loop: a loop of symbolic links" },
	{ "/etc/absent/file", ERR_NOT_FOUND,
	    "/etc/absent/file: No such file or directory" },
	{ "/etc/ssh/file/x", ERR_SYSTEM, "/etc/ssh/file/x: Not a directory" },
};

START_TEST(test_resolve)
{
	const struct resolve_case *c = &resolve_cases[_i];
	struct err err = ERR_INIT;
	char out[PATH_MAX] = "";
	int rc = root_resolve(&root, c->path, out, &err);

	ck_assert_msg(err.code == c->code, "%s: %s %s", c->path, err.text, out);
	ck_assert_int_eq(rc, c->code == ERR_NONE ? 0 : -1);
	ck_assert_str_eq(c->code == ERR_NONE ? out : err.text, c->text);
}
END_TEST

/* Of the host's own paths nothing is cut off. */
START_TEST(test_resolve_on_host)
{
	const struct root host = { .dir = "", .sshd = NULL };
	struct err err = ERR_INIT;
	char path[128], out[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/etc/ssh/relative", dir);
	ck_assert_int_eq(root_resolve(&host, path, out, &err), 0);
	(void)snprintf(path, sizeof(path), "%s/data/file", dir);
	ck_assert_str_eq(out, path);
}
END_TEST

START_TEST(test_resolve_too_long)
{
	struct err err = ERR_INIT;
	static char path[PATH_MAX + 1];
	char out[PATH_MAX];

	memset(path, 'a', PATH_MAX);
	path[PATH_MAX] = '\0';
	ck_assert_int_eq(root_resolve(&root, path, out, &err), -1);
	ck_assert_int_eq(err.code, ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(err.text, "...: too long a path"));
	/* what fits by itself, but not behind the root's folder */
	path[0] = '/';
	path[PATH_MAX - 10] = '\0';
	ck_assert_str_eq(root_path(&root, out, path), "");
	err_clear(&err);
	ck_assert_int_eq(root_resolve(&root, path, out, &err), -1);
}
END_TEST

START_TEST(test_path)
{
	const struct root host = { .dir = "", .sshd = NULL };
	const struct root slash = { .dir = "/", .sshd = NULL };
	const struct root image = { .dir = "/mnt/image", .sshd = NULL };
	char out[PATH_MAX];

	ck_assert_str_eq(root_path(&host, out, "/etc/x"), "/etc/x");
	ck_assert_str_eq(root_path(&slash, out, "/etc/x"), "/etc/x");
	ck_assert_str_eq(root_path(&image, out, "/etc/x"), "/mnt/image/etc/x");
	ck_assert(root_is_host(&host));
	ck_assert(root_is_host(&slash));
	ck_assert(!root_is_host(&image));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("root");
	TCase *tc = tcase_create("root");
	SRunner *r;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_resolve, 0,
	    (int)(sizeof(resolve_cases) / sizeof(resolve_cases[0])));
	tcase_add_test(tc, test_resolve_on_host);
	tcase_add_test(tc, test_resolve_too_long);
	tcase_add_test(tc, test_path);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
