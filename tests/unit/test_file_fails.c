/*
 * What lib/file leaves behind where a system call of it fails: each one in
 * turn, by each deed.
 */
#include "config.h"

#include "lib/file.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tests/unit/failing.h"
#include "tests/unit/harness.h"

/* As long as each other, so that file_replace has to compare them. */
#define OLD "old text"
#define NEW "new text"
#define TEMPORARY ".file.certgate-Ab3xYz"
#define ATTRIBUTE "user.certgate"
#define ATTRIBUTE_ACL "system.posix_acl_access"
#define MAX_WANT 8

#define IO "Input/output error"
#define MEMORY "out of memory"

static char dir[64];
static bool has_attributes;

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0640), 0);
}

static void
empty_folder(void)
{
	char command[160];

	(void)snprintf(command, sizeof(command), "rm -rf %s && mkdir %s", dir,
	    dir);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(system(command), 0);
	ck_assert_int_eq(chdir(dir), 0);
}

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test_file_fails.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)umask(022);
}

static void
teardown(void)
{
	empty_folder();
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}

static int
n_entries(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	ck_assert_int_eq(closedir(d), 0);
	return n - 2;
}

/* What path holds; NULL: there is no such file. */
static const char *
content(const char *path)
{
	static char text[64];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return NULL;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

static void
make_file(void)
{
	put("file", OLD);
	has_attributes = setxattr("file", ATTRIBUTE, "value", 5, 0) == 0;
}

static void
make_linked(void)
{
	make_file();
	ck_assert_int_eq(symlink("file", "link"), 0);
}

static void
make_temporary(void)
{
	make_file();
	put(TEMPORARY, "half");
}

static void
make_nothing(void)
{
}

static int
read_file(struct err *err)
{
	char *bytes = NULL;
	size_t len = 0;
	int ret = file_read("file", FILE_ANY, 100, &bytes, &len, err);

	/* Check takes memory, too. */
	(void)failing_stop();
	if (ret == 0) {
		ck_assert_str_eq(bytes, OLD);
		ck_assert_uint_eq(len, strlen(OLD));
		free(bytes);
	} else {
		ck_assert_ptr_null(bytes);
	}
	return ret;
}

/* A file that has more bytes than its size says. */
static int
read_growing(struct err *err)
{
	char *bytes = NULL;
	size_t len = 0;
	int ret =
	    file_read("/proc/self/limits", FILE_ANY, 65536, &bytes, &len, err);

	(void)failing_stop();
	if (ret == 0) {
		ck_assert_ptr_nonnull(strstr(bytes, "Max realtime timeout"));
		ck_assert_uint_eq(len, strlen(bytes));
		free(bytes);
	}
	return ret;
}

static int
replace_file(struct err *err)
{
	return file_replace(
	    "file", NEW, strlen(NEW), 0640, geteuid(), getegid(), err);
}

static int
replace_linked(struct err *err)
{
	return file_replace(
	    "link", NEW, strlen(NEW), 0640, geteuid(), getegid(), err);
}

/* Only root may, so that it fails one way or another. */
static int
replace_others(struct err *err)
{
	return file_replace(
	    "file", NEW, strlen(NEW), 0640, geteuid() + 1, getegid(), err);
}

static int
restore_file(struct err *err)
{
	return file_restore("file", NEW, strlen(NEW), 0640, geteuid(),
	    getegid(), TEMPORARY, err);
}

static int
create_file(struct err *err)
{
	return file_create(
	    "made", NEW, strlen(NEW), 0640, geteuid(), getegid(), err);
}

/* As another process may, behind our back. */
static void
make_both(void)
{
	ck_assert_int_eq(mkdir("a", 0755), 0);
	ck_assert_int_eq(mkdir("a/b", 0755), 0);
}

static int
make_folders(struct err *err)
{
	return file_make_folders("a/b", 0755, err);
}

static int
sync_folder(struct err *err)
{
	return file_sync_folder(".", err);
}

static int
remove_temporaries(struct err *err)
{
	return file_remove_temporaries("file", err);
}

/*
 * want[i] is the message where the i-th of the calls fails, "": its failure
 * is none of the deed's; the first NULL is behind the last of them.
 */
static const struct row {
	const char *name;
	void (*make)(void);
	int (*deed)(struct err *);
	uint64_t calls;
	int number;
	const char *want[MAX_WANT];
} rows[] = {
#define READ make_file, read_file
	{ "read: open", READ, FAILING(open), EIO, { "file: " IO } },
	{ "read: open again", READ, FAILING(open), EINTR, { "" } },
	{ "read: fstat", READ, FAILING(fstat), EIO, { "file: " IO } },
	{ "read: read", READ, FAILING(read), EIO,
	    { "file: " IO, "file: " IO } },
	{ "read: read again", READ, FAILING(read), EINTR, { "", "" } },
	{ "read: read short", READ, FAILING(read), FAILING_SHORT, { "", "" } },
	{ "read: memory", READ, FAILING_MEMORY, ENOMEM, { "file: " MEMORY } },
	{ "read: more memory", make_nothing, read_growing, FAILING(realloc),
	    ENOMEM, { "/proc/self/limits: " MEMORY } },
#define REPLACE make_file, replace_file
	{ "replace: open", REPLACE, FAILING(open), EIO,
	    { "file: " IO, ".: " IO } },
	{ "replace: open again", REPLACE, FAILING(open), EINTR, { "", "" } },
	{ "replace: fstat", REPLACE, FAILING(fstat), EIO,
	    { "file: " IO, "file: " IO } },
	{ "replace: read", REPLACE, FAILING(read), EIO, { "file: " IO } },
	{ "replace: read again", REPLACE, FAILING(read), EINTR, { "" } },
	/* What cannot be compared any further is another text. */
	{ "replace: read short", REPLACE, FAILING(read), FAILING_SHORT,
	    { "" } },
	{ "replace: temporary", REPLACE, FAILING(mkostemp), ENOSPC,
	    { "file: temporary file: No space left on device" } },
	{ "replace: temporary again", REPLACE, FAILING(mkostemp), EINTR,
	    { "" } },
	{ "replace: write", REPLACE, FAILING(write), ENOSPC,
	    { "file: No space left on device" } },
	{ "replace: write again", REPLACE, FAILING(write), EINTR, { "" } },
	{ "replace: write short", REPLACE, FAILING(write), FAILING_SHORT,
	    { "" } },
	{ "replace: mode", REPLACE, FAILING(fchmod), EIO, { "file: " IO } },
	/* The last: what it says of the folder comes when all is done. */
	{ "replace: fsync", REPLACE, FAILING(fsync), EIO,
	    { "file: " IO, ".: fsync: " IO } },
	{ "replace: fsync again", REPLACE, FAILING(fsync), EINTR, { "", "" } },
	{ "replace: folders are not synced here", REPLACE, FAILING(fsync),
	    EINVAL, { "file: Invalid argument", "" } },
	/* Those of what was read, and of the folder, are of no account. */
	{ "replace: close", REPLACE, FAILING(close), EIO,
	    { "file: " IO, "", "" } },
	{ "replace: rename", REPLACE, FAILING(rename), EIO, { "file: " IO } },
	{ "replace: path", REPLACE, FAILING(strdup) | FAILING(asprintf),
	    ENOMEM, { "file: " MEMORY, "file: " MEMORY, "file: " MEMORY } },
#define ATTRIBUTES "file: extended attributes: "
#define ATTRIBUTE_ONE "file: extended attribute " ATTRIBUTE ": "
	{ "replace: attributes", REPLACE, FAILING(flistxattr), EIO,
	    { ATTRIBUTES IO, ATTRIBUTES IO } },
	{ "replace: no attributes here", REPLACE, FAILING(flistxattr), ENOTSUP,
	    { "", ATTRIBUTES "Operation not supported" } },
	{ "replace: attribute is read", REPLACE, FAILING(fgetxattr), EIO,
	    { ATTRIBUTE_ONE IO, ATTRIBUTE_ONE IO, "" } },
	{ "replace: attribute is given", REPLACE, FAILING(fsetxattr), EIO,
	    { ATTRIBUTE_ONE IO } },
	{ "replace: attribute is taken", REPLACE, FAILING(fremovexattr), EIO,
	    { "file: extended attribute " ATTRIBUTE_ACL ": " IO } },
	{ "replace: attributes' memory", REPLACE, FAILING(malloc), ENOMEM,
	    { ATTRIBUTES "Cannot allocate memory",
	        ATTRIBUTE_ONE "Cannot allocate memory",
	        ATTRIBUTE_ONE "Cannot allocate memory" } },
	{ "replace: link", make_linked, replace_linked, FAILING(realpath),
	    EACCES, { "link: Permission denied" } },
	{ "replace: linked folder", make_linked, replace_linked,
	    FAILING(strndup), ENOMEM, { "link: " MEMORY } },
	{ "restore: its model", make_temporary, restore_file, FAILING(open),
	    EIO, { TEMPORARY ": " IO, "file: " IO, ".: " IO } },
#define CREATE make_nothing, create_file
	{ "create: open", CREATE, FAILING(open), EIO, { "made: " IO } },
	{ "create: open again", CREATE, FAILING(open), EINTR, { "" } },
	{ "create: write", CREATE, FAILING(write), ENOSPC,
	    { "made: No space left on device" } },
	{ "create: fstat", CREATE, FAILING(fstat), EIO, { "made: " IO } },
	{ "create: mode", CREATE, FAILING(fchmod), EIO, { "made: " IO } },
	{ "create: fsync", CREATE, FAILING(fsync), EIO, { "made: " IO } },
	{ "create: close", CREATE, FAILING(close), EIO, { "made: " IO } },
#define FOLDERS make_nothing, make_folders
	{ "folders: mkdir", FOLDERS, FAILING(mkdir), EIO,
	    { "a: " IO, "a/b: " IO } },
	{ "folders: mkdir, but it is not there", FOLDERS, FAILING(mkdir),
	    EEXIST,
	    { "a: No such file or directory",
	        "a/b: No such file or directory" } },
	{ "folders: another one makes them", make_both, make_folders,
	    FAILING(stat), ENOENT, { "", "" } },
	{ "folders: mode", FOLDERS, FAILING(chmod), EIO,
	    { "a: " IO, "a/b: " IO } },
	{ "folders: fsync", FOLDERS, FAILING(fsync), EIO,
	    { ".: fsync: " IO, "a: fsync: " IO } },
	{ "folders: memory", FOLDERS, FAILING_MEMORY, ENOMEM,
	    { MEMORY, "a: " MEMORY, "a/b: " MEMORY } },
#define SYNC make_nothing, sync_folder
	{ "sync: open", SYNC, FAILING(open), EIO, { ".: " IO } },
	{ "sync: open again", SYNC, FAILING(open), EINTR, { "" } },
	{ "sync: fsync", SYNC, FAILING(fsync), EIO, { ".: fsync: " IO } },
#define REMOVE make_temporary, remove_temporaries
	{ "temporaries: opendir", REMOVE, FAILING(opendir), EIO,
	    { "file: its folder: " IO } },
	{ "temporaries: unlinkat", REMOVE, FAILING(unlinkat), EIO,
	    { "file: temporary file: " IO } },
	{ "temporaries: memory", REMOVE, FAILING(strdup), ENOMEM,
	    { "file: " MEMORY, "file: " MEMORY } },
};

/* Nothing is half done: the old text or the new, and nothing beside it. */
static void
assert_whole(const struct row *r, const char *said)
{
	const char *text;

	if (r->deed == create_file) {
		ck_assert_msg(said[0] == '\0' || n_entries(".") == 0, "%s",
		    r->name);
		return;
	}
	if (r->deed != replace_file && r->deed != replace_linked &&
	    r->deed != restore_file)
		return;
	/* Where only the folder's sync failed it is done, and said so. */
	text = said[0] == '\0' || strncmp(said, ".: ", 3) == 0 ? NEW : OLD;
	ck_assert_msg(content("file") != NULL &&
	        strcmp(content("file"), text) == 0,
	    "%s: \"%s\" leaves \"%s\"", r->name, said, content("file"));
	ck_assert_int_eq(n_entries("."), r->make == make_file ? 1 : 2);
}

static int
wanted_code(const char *text)
{
	size_t len = strlen(text), tail = strlen(MEMORY);

	return len >= tail && strcmp(text + len - tail, MEMORY) == 0
	    ? ERR_MEMORY
	    : ERR_SYSTEM;
}

START_TEST(test_each)
{
	const struct row *r = &rows[_i];
	struct err err = ERR_INIT;
	int ret, n_open = n_entries("/proc/self/fd");
	unsigned int nth;

	for (nth = 1;; nth++) {
		const char *want = r->want[nth - 1];

		empty_folder();
		r->make();
		if (strstr(r->name, "attribute") != NULL && !has_attributes)
			return;
		err_clear(&err);
		failing_start(r->calls, nth, r->number);
		ret = r->deed(&err);
		if (!failing_stop())
			break;
		ck_assert_msg(want != NULL, "%s: call %u is not in the table",
		    r->name, nth);
		ck_assert_msg(strcmp(err.text, want) == 0,
		    "%s: call %u: \"%s\", wanted \"%s\"", r->name, nth,
		    err.text, want);
		ck_assert_int_eq(ret, want[0] == '\0' ? 0 : -1);
		if (want[0] != '\0')
			ck_assert_int_eq((int)err.code, wanted_code(want));
		assert_whole(r, err.text);
		ck_assert_int_eq(n_entries("/proc/self/fd"), n_open);
	}
	ck_assert_msg(ret == 0, "%s: %s", r->name, err.text);
	ck_assert_msg(nth > 1 && r->want[nth - 1] == NULL,
	    "%s: only %u calls", r->name, nth - 1);
}
END_TEST

/* A user that the file cannot be given to. */
START_TEST(test_owner)
{
	struct err err = ERR_INIT;

	empty_folder();
	make_file();
	failing_start(FAILING(fchown), 1, EPERM);
	ck_assert_int_eq(replace_others(&err), -1);
	ck_assert(failing_stop());
	assert_err(&err, ERR_SYSTEM, "file: Operation not permitted");
	ck_assert_str_eq(content("file"), OLD);
	ck_assert_int_eq(n_entries("."), 1);
}
END_TEST

/* readdir says by errno alone that it is not at the end. */
START_TEST(test_readdir)
{
	struct err err = ERR_INIT;

	empty_folder();
	make_temporary();
	failing_start(FAILING(readdir), 1, EIO);
	ck_assert_int_eq(remove_temporaries(&err), -1);
	ck_assert(failing_stop());
	assert_err(&err, ERR_SYSTEM, "file: its folder: " IO);
	ck_assert_int_eq(n_entries("."), 2);
}
END_TEST

/* A name right below the root. */
START_TEST(test_root)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(
	    file_remove_temporaries("/no-such-name-here", &err), 0);
	ck_assert_str_eq(err.text, "");
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("file_fails");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_each, 0, N_ROWS(rows));
	tcase_add_test(tc, test_owner);
	tcase_add_test(tc, test_readdir);
	tcase_add_test(tc, test_root);
	return run_case("file_fails", tc);
}
