#include "config.h"

#include "tests/unit/testroot.h"

#include <sys/stat.h>

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char testroot_dir[64];

void
testroot_make(void)
{
	(void)snprintf(testroot_dir, sizeof(testroot_dir), "/tmp/testroot.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(testroot_dir));
}

void
testroot_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", testroot_dir);
	ck_assert_int_eq(system(command), 0);
}

static void
full_path(char out[PATH_MAX], const char *path)
{
	ck_assert_int_lt(
	    snprintf(out, PATH_MAX, "%s%s", testroot_dir, path), PATH_MAX);
}

void
testroot_put(const char *path, const char *text)
{
	char full[PATH_MAX];
	char *slash;
	FILE *f;

	full_path(full, path);
	for (slash = strchr(full + strlen(testroot_dir) + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(full, 0755);
		*slash = '/';
	}
	if (full[strlen(full) - 1] == '/')
		return;
	if (strncmp(text, "-> ", 3) == 0) {
		ck_assert_int_eq(symlink(text + 3, full), 0);
		return;
	}
	f = fopen(full, "w");
	ck_assert_msg(f != NULL, "%s", full);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

void
testroot_delete(const char *path)
{
	char full[PATH_MAX];

	full_path(full, path);
	ck_assert_int_eq(unlink(full), 0);
}

void
testroot_assert(const char *name, const char *path, const char *text)
{
	char full[PATH_MAX], held[2048];
	FILE *f;
	size_t n;

	full_path(full, path);
	f = fopen(full, "r");
	ck_assert_msg((f == NULL) == (text == NULL), "%s: %s is%s there", name,
	    path, f == NULL ? " not" : "");
	if (f == NULL)
		return;
	n = fread(held, 1, sizeof(held) - 1, f);
	held[n] = '\0';
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_msg(strcmp(held, text) == 0,
	    "%s: %s holds\n%s\ninstead of\n%s", name, path, held, text);
}
