#include "config.h"

#include "tests/unit/store_fixture.h"

#include "lib/file.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char dir[64];
struct root root;

/* The folder is chdir'ed to, so that tests name files from the root. */
void
setup(void)
{
	(void)umask(077);
	(void)snprintf(dir, sizeof(dir), "/tmp/test_generation.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	root.dir = dir;
	ck_assert_int_eq(
	    system("mkdir -m 755 etc etc/ssh etc/ssh/sshd_config.d;"
		   "echo old >" MAIN "; chmod 640 " MAIN),
	    0);
}

void
teardown(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

void
run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

/* text NULL: there is nothing at path */
void
assert_holds(const char *path, const char *text)
{
	struct err err = ERR_INIT;
	char *bytes = NULL;
	size_t len;

	if (text == NULL) {
		ck_assert_msg(access(path, F_OK) == -1, "%s", path);
		return;
	}
	ck_assert_msg(
	    file_read(path, FILE_ANY, 1 << 20, &bytes, &len, &err) == 0, "%s",
	    err.text);
	ck_assert_str_eq(bytes, text);
	free(bytes);
}

void
assert_current(const char *target)
{
	char link[64] = "";
	ssize_t n = readlink(STORE "/current", link, sizeof(link) - 1);

	if (target == NULL) {
		ck_assert_int_eq(n, -1);
		return;
	}
	ck_assert_int_gt(n, 0);
	ck_assert_str_eq(link, target);
}

unsigned int
mode_of(const char *path)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s", path);
	return (unsigned int)(st.st_mode & 07777);
}

ino_t
inode_of(const char *path)
{
	struct stat st;

	ck_assert_msg(lstat(path, &st) == 0, "%s", path);
	return st.st_ino;
}

/* Nothing but what certgate keeps. */
void
assert_tidy(void)
{
	ck_assert_msg(
	    system("test -z \"$(find etc -name '.?*' -o -name journal "
		   "-o -name '*.link')\"") == 0,
	    "left over");
}

struct generation_store *
open_store(void)
{
	struct err err = ERR_INIT;
	struct generation_store *s = generation_open(&root, 0, NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.text);
	return s;
}

/* Begin a generation of two files. */
void
begin(struct generation_store *s, const char *ca, const char *list)
{
	struct err err = ERR_INIT;
	const char *folder = NULL;
	unsigned long number;
	char path[256];

	ck_assert_msg(
	    generation_begin(s, &folder, &number, &err) == 0, "%s", err.text);
	(void)snprintf(path, sizeof(path), "%s/ca.pub", folder);
	ck_assert_int_eq(
	    file_create(path, ca, strlen(ca), 0644, geteuid(), getegid(), &err),
	    0);
	(void)snprintf(path, sizeof(path), "%s/principals", folder);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/principals/u", folder);
	ck_assert_int_eq(file_create(path, list, strlen(list), 0644, geteuid(),
			     getegid(), &err),
	    0);
}

struct generation_file
file_of(const char *path, const char *text)
{
	struct generation_file f = { path, text,
		text == NULL ? 0 : strlen(text), NULL, 0, NULL };

	return f;
}

/* A whole apply.  Returns whether the generation was a new one. */
bool
apply(
    const char *ca, const char *list, const char *main_text, const char *dropin)
{
	struct generation_store *s = open_store();
	struct generation_file files[2];
	struct err err = ERR_INIT;
	bool is_new;

	files[0] = file_of("/" DROPIN, dropin);
	files[1] = file_of("/" MAIN, main_text);
	begin(s, ca, list);
	ck_assert_msg(
	    generation_commit(s, files, 2, NULL, NULL, &is_new, &err) == 0,
	    "%s", err.text);
	generation_close(s);
	return is_new;
}

const char *
with_store(const char *text)
{
	static char out[1024];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(out) - 128; text++) {
		if (*text == '@')
			n += (size_t)snprintf(
			    out + n, sizeof(out) - n, "%s/" STORE, dir);
		else
			out[n++] = *text;
	}
	out[n] = '\0';
	return out;
}
