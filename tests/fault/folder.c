#include "config.h"

#include "tests/fault/folder.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_DESCRIPTORS 32
#define MAX_NAMES 256

/* Files that have more than one name, and the first that was made here. */
static struct several {
	dev_t dev;
	ino_t ino;
	char made[PATH_MAX];
} several[MAX_NAMES];
static size_t n_several;

/* nftw(3) hands no context on. */
static const char *from_path, *to_path;

static int
visit_remove(
    const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	if (ftw->level == 0)
		return 0;
	if ((kind == FTW_DP ? rmdir(path) : unlink(path)) == -1)
		err(1, "%s", path);
	return 0;
}

static void
copy_bytes(const char *path, const char *made)
{
	static char bytes[65536];
	ssize_t n;
	int in = open(path, O_RDONLY | O_CLOEXEC);
	int out = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (in == -1 || out == -1)
		err(1, "%s", made);
	while ((n = read(in, bytes, sizeof(bytes))) > 0) {
		if (write(out, bytes, (size_t)n) != n)
			err(1, "%s", made);
	}
	if (n == -1 || close(out) == -1)
		err(1, "%s", made);
	(void)close(in);
}

static void
copy_attributes(const char *path, const char *made)
{
	static char names[4096], value[4096];
	const char *name;
	ssize_t len, size = llistxattr(path, names, sizeof(names));

	for (name = names; size > 0 && name < names + size;
	     name += strlen(name) + 1) {
		len = lgetxattr(path, name, value, sizeof(value));
		if (len == -1 ||
		    lsetxattr(made, name, value, (size_t)len, 0) == -1)
			err(1, "%s: %s", made, name);
	}
}

/* Whether made is a further name of a file that was made already. */
static int
is_linked(const struct stat *st, const char *made)
{
	size_t i;

	if (st->st_nlink < 2)
		return 0;
	for (i = 0; i < n_several; i++) {
		if (several[i].dev != st->st_dev ||
		    several[i].ino != st->st_ino)
			continue;
		if (link(several[i].made, made) == -1)
			err(1, "%s", made);
		return 1;
	}
	if (n_several == MAX_NAMES)
		errx(1, "%s: too many files of several names", made);
	several[n_several].dev = st->st_dev;
	several[n_several].ino = st->st_ino;
	(void)snprintf(several[n_several++].made, PATH_MAX, "%s", made);
	return 0;
}

static void
copy_link(const char *path, const char *made)
{
	static char target[PATH_MAX];
	ssize_t n = readlink(path, target, sizeof(target) - 1);

	if (n == -1)
		err(1, "%s", path);
	target[n] = '\0';
	if (symlink(target, made) == -1)
		err(1, "%s", made);
}

static int
visit_copy(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	static char made[PATH_MAX];

	if (ftw->level == 0)
		return 0;
	(void)snprintf(
	    made, sizeof(made), "%s%s", to_path, path + strlen(from_path));
	if (kind == FTW_SL) {
		copy_link(path, made);
		return 0;
	}
	if (kind == FTW_D) {
		if (mkdir(made, 0700) == -1)
			err(1, "%s", made);
	} else if (is_linked(st, made)) {
		return 0;
	} else {
		copy_bytes(path, made);
	}
	if (chown(made, st->st_uid, st->st_gid) == -1 ||
	    chmod(made, st->st_mode & 07777) == -1)
		err(1, "%s", made);
	copy_attributes(path, made);
	return 0;
}

void
folder_restore(const char *from, const char *to)
{
	n_several = 0;
	from_path = from;
	to_path = to;
	if (nftw(to, visit_remove, MAX_DESCRIPTORS, FTW_PHYS | FTW_DEPTH) ==
		-1 ||
	    nftw(from, visit_copy, MAX_DESCRIPTORS, FTW_PHYS) == -1)
		err(1, "%s", to);
}
