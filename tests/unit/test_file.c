#include "config.h"

#include "lib/file.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static char dir[64];

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test_file.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	(void)umask(022);
}

static void
teardown(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fputs(text, f) < 0, 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
assert_holds(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	char *bytes = NULL;
	size_t len;

	ck_assert_msg(
	    file_read(path, FILE_ANY, 1 << 20, &bytes, &len, &err) == 0, "%s",
	    err.text);
	ck_assert_uint_eq(len, strlen(text));
	ck_assert_str_eq(bytes, text);
	free(bytes);
}

static int
n_entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

static unsigned int
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return (unsigned int)(st.st_mode & 07777);
}

static ino_t
inode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_ino;
}

static int
replace(const char *path, const char *text, mode_t mode, struct err *err)
{
	return file_replace(
	    path, text, strlen(text), mode, geteuid(), getegid(), err);
}

static void
make_open_cases(void)
{
	put("plain", "12345", 0644);
	put("group", "x", 0664);
	put("world", "x", 0646);
	put("empty", "", 0600);
	ck_assert_int_eq(symlink("plain", "link"), 0);
	ck_assert_int_eq(symlink("link", "link-to-link"), 0);
	ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
	ck_assert_int_eq(symlink("loop", "loop"), 0);
	ck_assert_int_eq(mkdir("folder", 0755), 0);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
}

static const struct open_case {
	const char *path;
	enum file_care care;
	size_t max;
	enum err_code code;
	const char *text; /* the error, or what is read */
} open_cases[] = {
	{ "plain", FILE_ANY, 5, ERR_NONE, "12345" },
	{ "plain", FILE_ROOTS, 5, ERR_NONE, "12345" },
	{ "plain", FILE_ROOTS, (size_t)-1, ERR_NONE, "12345" },
	{ "empty", FILE_ROOTS, 0, ERR_NONE, "" },
	{ "link", FILE_ANY, 5, ERR_NONE, "12345" },
	{ "group", FILE_ANY, 5, ERR_NONE, "x" },
	{ "plain", FILE_ANY, 4, ERR_LIMIT,
	    "plain: 5 bytes, more than the 4 allowed" },
	{ "/proc/self/status", FILE_ANY, 16, ERR_LIMIT,
	    "/proc/self/status: more than the 16 bytes allowed" },
	{ "absent", FILE_ANY, 5, ERR_NOT_FOUND,
	    "absent: No such file or directory" },
	{ "a\nb", FILE_ROOTS, 5, ERR_NOT_FOUND,
	    "a\\nb: No such file or directory" },
	{ "dangling", FILE_ANY, 5, ERR_NOT_FOUND,
	    "dangling: No such file or directory" },
	{ "loop", FILE_ANY, 5, ERR_SYSTEM,
	    "loop: Too many levels of symbolic links" },
	{ "link", FILE_ROOTS, 5, ERR_UNSAFE,
	    "link: a symbolic link; name the file itself" },
	{ "group", FILE_ROOTS, 5, ERR_UNSAFE,
	    "group: mode 0664 lets others than its owner change it; run chmod "
	    "go-w on it" },
	{ "world", FILE_ROOTS, 5, ERR_UNSAFE,
	    "world: mode 0646 lets others than its owner change it; run chmod "
	    "go-w on it" },
	{ "folder", FILE_ANY, 5, ERR_UNSAFE, "folder: not a regular file" },
	{ "fifo", FILE_ANY, 5, ERR_UNSAFE, "fifo: not a regular file" },
	{ "/dev/null", FILE_ANY, 5, ERR_UNSAFE,
	    "/dev/null: not a regular file" },
	{ "plain/x", FILE_ANY, 5, ERR_SYSTEM, "plain/x: Not a directory" },
};

START_TEST(test_read)
{
	const struct open_case *c = &open_cases[_i];
	struct err err = ERR_INIT;
	char *bytes = NULL;
	size_t len = 99;
	int rc;

	make_open_cases();
	rc = file_read(c->path, c->care, c->max, &bytes, &len, &err);
	ck_assert_msg(err.code == c->code, "%s: %s", c->path, err.text);
	if (c->code == ERR_NONE) {
		ck_assert_int_eq(rc, 0);
		ck_assert_str_eq(bytes, c->text);
		ck_assert_uint_eq(len, strlen(c->text));
	} else {
		ck_assert_int_eq(rc, -1);
		ck_assert_str_eq(err.text, c->text);
		ck_assert_ptr_null(bytes);
		ck_assert_uint_eq(len, 99);
	}
	free(bytes);
}
END_TEST

/* A file whose size the kernel does not tell is read to its end. */
START_TEST(test_read_without_size)
{
	struct err err = ERR_INIT;
	char *bytes = NULL;
	size_t len;

	ck_assert_int_eq(file_read("/proc/self/status", FILE_ANY, 1 << 20,
			     &bytes, &len, &err),
	    0);
	ck_assert_uint_eq(strlen(bytes), len);
	ck_assert_ptr_nonnull(strstr(bytes, "nonvoluntary_ctxt_switches:"));
	free(bytes);
}
END_TEST

START_TEST(test_open_foreign_owner)
{
	struct err err = ERR_INIT;

	if (geteuid() != 0)
		return;
	put("foreign", "x", 0644);
	ck_assert_int_eq(chown("foreign", 12345, 0), 0);
	ck_assert_int_eq(file_open("foreign", FILE_ROOTS, 9, NULL, &err), -1);
	ck_assert_int_eq(err.code, ERR_UNSAFE);
	ck_assert_str_eq(err.text,
	    "foreign: owned by uid 12345, who could change it at any time; run "
	    "chown root on it");
}
END_TEST

START_TEST(test_open)
{
	struct err err = ERR_INIT;
	size_t size = 0;
	int fd;

	make_open_cases();
	fd = file_open("plain", FILE_ROOTS, 5, &size, &err);
	ck_assert_int_ne(fd, -1);
	ck_assert_uint_eq(size, 5);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

START_TEST(test_replace_new)
{
	struct err err = ERR_INIT;

	(void)umask(077);
	ck_assert_int_eq(replace("new", "hello", 0644, &err), 0);
	assert_holds("new", "hello");
	ck_assert_uint_eq(mode_of("new"), 0644);
	ck_assert_int_eq(n_entries("."), 1);
}
END_TEST

START_TEST(test_replace_existing)
{
	struct err err = ERR_INIT;
	char big[6001];
	ino_t before;

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	put("file", "old", 0600);
	ck_assert_int_eq(replace("file", big, 0640, &err), 0);
	assert_holds("file", big);
	ck_assert_uint_eq(mode_of("file"), 0640);
	ck_assert_int_eq(n_entries("."), 1);

	/* the same again: not touched */
	before = inode_of("file");
	ck_assert_int_eq(replace("file", big, 0640, &err), 0);
	ck_assert_uint_eq(inode_of("file"), before);

	/* another mode only, and the last byte only: replaced */
	ck_assert_int_eq(replace("file", big, 0600, &err), 0);
	ck_assert_uint_eq(mode_of("file"), 0600);
	ck_assert_uint_ne(inode_of("file"), before);
	big[sizeof(big) - 2] = 'y';
	ck_assert_int_eq(replace("file", big, 0600, &err), 0);
	assert_holds("file", big);
}
END_TEST

START_TEST(test_replace_owner)
{
	struct err err = ERR_INIT;
	struct stat st;

	if (geteuid() != 0)
		return;
	put("file", "same", 0640);
	ck_assert_int_eq(
	    file_replace("file", "same", 4, 0640, 12345, 54321, &err), 0);
	ck_assert_int_eq(stat("file", &st), 0);
	ck_assert_uint_eq(st.st_uid, 12345);
	ck_assert_uint_eq(st.st_gid, 54321);
	ck_assert_uint_eq(mode_of("file"), 0640);
}
END_TEST

START_TEST(test_replace_keeps_link)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(mkdir("elsewhere", 0755), 0);
	put("elsewhere/target", "old", 0600);
	ck_assert_int_eq(symlink("elsewhere/target", "one"), 0);
	ck_assert_int_eq(symlink("one", "two"), 0);
	ck_assert_int_eq(replace("two", "new", 0600, &err), 0);
	ck_assert_uint_eq(mode_of("two"), 0777);
	ck_assert_uint_eq(mode_of("one"), 0777);
	assert_holds("elsewhere/target", "new");
	ck_assert_int_eq(n_entries("elsewhere"), 1);
	ck_assert_int_eq(n_entries("."), 3);
}
END_TEST

static const struct replace_error {
	const char *path;
	enum err_code code;
	const char *text;
} replace_errors[] = {
	{ "dangling", ERR_REFUSED,
	    "dangling: a symbolic link that leads nowhere" },
	{ "loop", ERR_REFUSED, "loop: a loop of symbolic links" },
	{ "folder", ERR_UNSAFE, "folder: not a regular file" },
	{ "fifo", ERR_UNSAFE, "fifo: not a regular file" },
	{ "absent/file", ERR_SYSTEM,
	    "absent/file: temporary file: No such file or directory" },
	{ "plain/file", ERR_SYSTEM, "plain/file: Not a directory" },
};

START_TEST(test_replace_errors)
{
	const struct replace_error *c = &replace_errors[_i];
	struct err err = ERR_INIT;
	int n;

	make_open_cases();
	n = n_entries(".");
	ck_assert_int_eq(replace(c->path, "x", 0600, &err), -1);
	ck_assert_str_eq(err.text, c->text);
	ck_assert_int_eq(err.code, c->code);
	ck_assert_int_eq(n_entries("."), n);
}
END_TEST

/* A disk that is full (here: a size limit) leaves the old file, alone. */
static void
write_past_limit(int (*write_it)(struct err *))
{
	const struct rlimit limit = { 4096, 4096 };
	struct err err = ERR_INIT;
	int status;
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
		    setrlimit(RLIMIT_FSIZE, &limit) == -1)
			_exit(2);
		if (write_it(&err) == -1 &&
		    strcmp(err.text, "file: File too large") == 0)
			_exit(0);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static char much[8192];

static int
replace_with_much(struct err *err)
{
	return file_replace(
	    "file", much, sizeof(much), 0600, geteuid(), getegid(), err);
}

static int
create_with_much(struct err *err)
{
	return file_create(
	    "file", much, sizeof(much), 0600, geteuid(), getegid(), err);
}

START_TEST(test_full_disk)
{
	write_past_limit(create_with_much);
	ck_assert_int_eq(n_entries("."), 0);
	put("file", "old", 0600);
	write_past_limit(replace_with_much);
	assert_holds("file", "old");
	ck_assert_int_eq(n_entries("."), 1);
}
END_TEST

START_TEST(test_replace_keeps_attributes)
{
	struct err err = ERR_INIT;
	char value[16] = "";

	put("file", "old", 0600);
	if (setxattr("file", "user.note", "kept", 4, 0) == -1) {
		ck_assert_int_eq(errno, ENOTSUP);
		return;
	}
	ck_assert_int_eq(replace("file", "new", 0640, &err), 0);
	ck_assert_int_eq(
	    getxattr("file", "user.note", value, sizeof(value)), 4);
	ck_assert_str_eq(value, "kept");

	/* one file's attributes for another */
	put("like", "", 0600);
	ck_assert_int_eq(setxattr("like", "user.note", "other", 5, 0), 0);
	ck_assert_int_eq(file_restore("file", "back", 4, 0600, geteuid(),
			     getegid(), "like", &err),
	    0);
	assert_holds("file", "back");
	ck_assert_int_eq(
	    getxattr("file", "user.note", value, sizeof(value)), 5);
	ck_assert_str_eq(value, "other");
	ck_assert_int_eq(file_restore("fresh", "back", 4, 0600, geteuid(),
			     getegid(), "like", &err),
	    0);
	ck_assert_int_eq(
	    getxattr("fresh", "user.note", value, sizeof(value)), 5);
}
END_TEST

#define ACL_ACCESS "system.posix_acl_access"
#define ACL_DEFAULT "system.posix_acl_default"

/*
 * Version 2: user::rw-, user:12345:rw-, group::r--, mask::rw-, other::---
 */
static const unsigned char acl[] = { 2, 0, 0, 0, 1, 0, 6, 0, 0xff, 0xff, 0xff,
	0xff, 2, 0, 6, 0, 0x39, 0x30, 0, 0, 4, 0, 4, 0, 0xff, 0xff, 0xff, 0xff,
	0x10, 0, 6, 0, 0xff, 0xff, 0xff, 0xff, 0x20, 0, 0, 0, 0xff, 0xff, 0xff,
	0xff };

START_TEST(test_replace_keeps_acl)
{
	struct err err = ERR_INIT;
	unsigned char has[sizeof(acl) + 1];

	put("file", "old", 0600);
	if (setxattr("file", ACL_ACCESS, acl, sizeof(acl), 0) == -1) {
		ck_assert_int_eq(errno, ENOTSUP);
		return;
	}
	ck_assert_uint_eq(mode_of("file"), 0660);
	ck_assert_int_eq(replace("file", "new", 0660, &err), 0);
	ck_assert_int_eq(
	    getxattr("file", ACL_ACCESS, has, sizeof(has)), (int)sizeof(acl));
	ck_assert_mem_eq(has, acl, sizeof(acl));
}
END_TEST

/* A default ACL of the folder does not open a file that had none. */
START_TEST(test_replace_gains_no_acl)
{
	struct err err = ERR_INIT;
	unsigned char has[sizeof(acl) + 1];

	put("file", "old", 0660);
	if (setxattr(".", ACL_DEFAULT, acl, sizeof(acl), 0) == -1) {
		ck_assert_int_eq(errno, ENOTSUP);
		return;
	}
	ck_assert_int_eq(replace("file", "new", 0660, &err), 0);
	ck_assert_int_eq(getxattr("file", ACL_ACCESS, has, sizeof(has)), -1);
	ck_assert_int_eq(errno, ENODATA);
}
END_TEST

START_TEST(test_restore_without_like)
{
	struct err err = ERR_INIT;

	put("file", "old", 0600);
	ck_assert_int_eq(file_restore("file", "x", 1, 0600, geteuid(),
			     getegid(), "absent", &err),
	    -1);
	ck_assert_str_eq(err.text, "absent: No such file or directory");
	assert_holds("file", "old");
}
END_TEST

START_TEST(test_create)
{
	struct err err = ERR_INIT;

	(void)umask(077);
	ck_assert_int_eq(
	    file_create("new", "hello", 5, 0644, geteuid(), getegid(), &err),
	    0);
	assert_holds("new", "hello");
	ck_assert_uint_eq(mode_of("new"), 0644);
	ck_assert_int_eq(
	    file_create("new", "other", 5, 0644, geteuid(), getegid(), &err),
	    -1);
	ck_assert_str_eq(err.text, "new: File exists");
	assert_holds("new", "hello");
	ck_assert_int_eq(symlink("target", "link"), 0);
	err_clear(&err);
	ck_assert_int_eq(
	    file_create("link", "x", 1, 0644, geteuid(), getegid(), &err), -1);
	ck_assert_str_eq(err.text, "link: File exists");
	ck_assert_int_eq(access("target", F_OK), -1);
}
END_TEST

START_TEST(test_remove_temporaries)
{
	struct err err = ERR_INIT;

	put("file", "old", 0600);
	put(".file.certgate-Ab1xYz", "half", 0600);
	put(".file.certgate-000000", "half", 0600);
	put(".file.certgate-short", "mine", 0600);
	put(".file.certgate-toolong", "mine", 0600);
	put(".other.certgate-Ab1xYz", "mine", 0600);
	put(".file2.certgate-Ab1xYz", "mine", 0600);
	put("file.certgate-Ab1xYz", "mine", 0600);
	ck_assert_int_eq(symlink("file", "link"), 0);
	ck_assert_int_eq(file_remove_temporaries("link", &err), 0);
	ck_assert_int_eq(access(".file.certgate-Ab1xYz", F_OK), -1);
	ck_assert_int_eq(access(".file.certgate-000000", F_OK), -1);
	ck_assert_int_eq(n_entries("."), 7);
	ck_assert_int_eq(file_remove_temporaries("absent/file", &err), -1);
	ck_assert_str_eq(
	    err.text, "absent/file: its folder: No such file or directory");
}
END_TEST

/* What a killed file_replace leaves is what file_remove_temporaries takes. */
START_TEST(test_temporaries_of_killed)
{
	static const char *const kept = "x";
	char name[NAME_MAX + 1];
	struct err err = ERR_INIT;
	struct rlimit limit = { 4096, 4096 };
	size_t name_len = _i == 0 ? 4 : NAME_MAX;
	int status;
	pid_t pid;

	memset(name, 'n', name_len);
	name[name_len] = '\0';
	put(name, kept, 0600);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		/* SIGXFSZ ends it in the middle of the write. */
		(void)signal(SIGXFSZ, SIG_DFL);
		if (setrlimit(RLIMIT_FSIZE, &limit) == 0)
			(void)file_replace(name, much, sizeof(much), 0600,
			    geteuid(), getegid(), &err);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(n_entries("."), 2 + (access("core", F_OK) == 0));
	ck_assert_int_eq(file_remove_temporaries(name, &err), 0);
	assert_holds(name, kept);
	ck_assert_int_eq(n_entries("."), 1 + (access("core", F_OK) == 0));
}
END_TEST

START_TEST(test_make_folders)
{
	struct err err = ERR_INIT;
	char path[128], name[NAME_MAX + 2], want[2 * NAME_MAX];

	(void)umask(077);
	(void)snprintf(path, sizeof(path), "%s/a//b/c/", dir);
	ck_assert_int_eq(file_make_folders(path, 0755, &err), 0);
	ck_assert_uint_eq(mode_of("a"), 0755);
	ck_assert_uint_eq(mode_of("a/b"), 0755);
	ck_assert_uint_eq(mode_of("a/b/c"), 0755);
	ck_assert_int_eq(chmod("a/b", 0700), 0);
	ck_assert_int_eq(file_make_folders("a/b/d", 0750, &err), 0);
	ck_assert_uint_eq(mode_of("a/b"), 0700);
	ck_assert_uint_eq(mode_of("a/b/d"), 0750);
	put("a/file", "", 0600);
	ck_assert_int_eq(file_make_folders("a/file/x", 0755, &err), -1);
	ck_assert_str_eq(err.text, "a/file: not a folder");
	err_clear(&err);
	ck_assert_int_eq(file_make_folders("", 0755, &err), -1);
	ck_assert_str_eq(err.text, ": No such file or directory");
	err_clear(&err);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(file_make_folders(name, 0755, &err), -1);
	ck_assert_int_eq((int)err.code, ERR_SYSTEM);
	(void)snprintf(want, sizeof(want), "%s: File name too long", name);
	ck_assert_str_eq(err.text, want);
}
END_TEST

START_TEST(test_sync_folder)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(file_sync_folder(".", &err), 0);
	put("file", "", 0600);
	ck_assert_int_eq(file_sync_folder("file", &err), -1);
	ck_assert_str_eq(err.text, "file: Not a directory");
	err_clear(&err);
	ck_assert_int_eq(file_sync_folder("absent", &err), -1);
	ck_assert_str_eq(err.text, "absent: No such file or directory");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("file");
	TCase *tc = tcase_create("file");
	SRunner *r;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_read, 0,
	    (int)(sizeof(open_cases) / sizeof(open_cases[0])));
	tcase_add_test(tc, test_read_without_size);
	tcase_add_test(tc, test_open_foreign_owner);
	tcase_add_test(tc, test_open);
	tcase_add_test(tc, test_replace_new);
	tcase_add_test(tc, test_replace_existing);
	tcase_add_test(tc, test_replace_owner);
	tcase_add_test(tc, test_replace_keeps_link);
	tcase_add_loop_test(tc, test_replace_errors, 0,
	    (int)(sizeof(replace_errors) / sizeof(replace_errors[0])));
	tcase_add_test(tc, test_full_disk);
	tcase_add_test(tc, test_replace_keeps_attributes);
	tcase_add_test(tc, test_replace_keeps_acl);
	tcase_add_test(tc, test_replace_gains_no_acl);
	tcase_add_test(tc, test_restore_without_like);
	tcase_add_test(tc, test_create);
	tcase_add_test(tc, test_remove_temporaries);
	tcase_add_loop_test(tc, test_temporaries_of_killed, 0, 2);
	tcase_add_test(tc, test_make_folders);
	tcase_add_test(tc, test_sync_folder);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
