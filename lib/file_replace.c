#include "config.h"

#include "lib/file.h"

#include "lib/escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

/* A temporary file is .NAME.certgate-XXXXXX, where NAME is cut if need be. */
#define TEMPORARY_MARK ".certgate-"
#define TEMPORARY_RANDOM "XXXXXX"
#define TEMPORARY_NAME_MAX                                                     \
	((int)(NAME_MAX - sizeof(TEMPORARY_MARK TEMPORARY_RANDOM)))

#define ACL_ACCESS "system.posix_acl_access"

/* What a file shall be. */
struct wanted {
	const void *p;
	size_t len;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

static int
write_all(int fd, const void *p, size_t len)
{
	const char *at = p;
	ssize_t n;

	while (len > 0) {
		n = write(fd, at, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
sync_file(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc == -1 && errno == EINTR);
	return rc;
}

static int
set_owner(int fd, const struct wanted *w)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_uid == w->uid && st.st_gid == w->gid)
		return 0;
	return fchown(fd, w->uid, w->gid);
}

/* The path itself, or what the symbolic link there leads to; allocated. */
static char *
resolve(const char *path, const char *shown, struct err *err)
{
	char *target = NULL;
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
		target = realpath(path, NULL);
		if (target == NULL && errno == ENOENT)
			(void)err_setf(err, ERR_REFUSED,
			    "%s: a symbolic link that leads nowhere", shown);
		else if (target == NULL && errno == ELOOP)
			(void)err_setf(err, ERR_REFUSED,
			    "%s: a loop of symbolic links", shown);
		else if (target == NULL)
			(void)err_system(err, "%s", shown);
		return target;
	}
	if ((target = strdup(path)) == NULL)
		(void)err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
	return target;
}

/* The folder that path is in; allocated. */
static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	if (slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}

static const char *
name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

/* Open what stands at path; *fd is -1 where there is nothing. */
static int
open_existing(const char *path, int *fd, struct stat *st, const char *shown,
    struct err *err)
{
	do
		*fd = open(path,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	while (*fd == -1 && errno == EINTR);
	if (*fd == -1 && errno == ENOENT)
		return 0;
	if (*fd == -1 || fstat(*fd, st) == -1)
		return err_system(err, "%s", shown);
	if (!S_ISREG(st->st_mode))
		return err_setf(
		    err, ERR_UNSAFE, "%s: not a regular file", shown);
	return 0;
}

/* 1: fd holds exactly what is wanted; 0: it does not; -1: cannot be read. */
static int
is_same(int fd, const struct stat *st, const struct wanted *w)
{
	const char *at = w->p;
	char buf[4096];
	size_t left = w->len;
	ssize_t n;

	if ((st->st_mode & 07777) != w->mode || st->st_uid != w->uid ||
	    st->st_gid != w->gid || (uintmax_t)st->st_size != w->len)
		return 0;
	while (left > 0) {
		n = read(fd, buf, left < sizeof(buf) ? left : sizeof(buf));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0 || memcmp(buf, at, (size_t)n) != 0)
			return 0;
		at += n;
		left -= (size_t)n;
	}
	return 1;
}

/* Give to the extended attribute name of from.  -1 with errno. */
static int
copy_attribute(int from, int to, const char *name)
{
	char *value = NULL;
	char *has = NULL;
	ssize_t size, has_size;
	int ret = -1;

	/* The kernel works these out from the content: a copy is a lie. */
	if (strcmp(name, "security.ima") == 0 ||
	    strcmp(name, "security.evm") == 0)
		return 0;
	if ((size = fgetxattr(from, name, NULL, 0)) == -1)
		goto out;
	value = malloc((size_t)size + 1);
	has = malloc((size_t)size + 1);
	if (value == NULL || has == NULL)
		goto out;
	if ((size = fgetxattr(from, name, value, (size_t)size)) == -1)
		goto out;
	/* Setting a label may be forbidden even where it is the right one. */
	has_size = fgetxattr(to, name, has, (size_t)size);
	if (has_size == size && memcmp(has, value, (size_t)size) == 0)
		ret = 0;
	else
		ret = fsetxattr(to, name, value, (size_t)size, 0);
out:
	free(value);
	free(has);
	return ret;
}

static int
copy_attributes(int from, int to, const char *shown, struct err *err)
{
	char *names = NULL;
	const char *name;
	bool has_acl = false;
	ssize_t size;
	int ret = -1;

	size = flistxattr(from, NULL, 0);
	if (size == -1 && errno == ENOTSUP)
		return 0;
	if (size == -1 || (names = malloc((size_t)size + 1)) == NULL ||
	    (size = flistxattr(from, names, (size_t)size)) == -1) {
		(void)err_system(err, "%s: extended attributes", shown);
		goto out;
	}
	for (name = names; name < names + size; name += strlen(name) + 1) {
		if (strcmp(name, ACL_ACCESS) == 0)
			has_acl = true;
		if (copy_attribute(from, to, name) == 0)
			continue;
		(void)err_system(err, "%s: extended attribute %s", shown, name);
		goto out;
	}
	/* The folder's default ACL is not to open up a file that had none. */
	if (!has_acl && fremovexattr(to, ACL_ACCESS) == -1 &&
	    errno != ENODATA && errno != ENOTSUP) {
		(void)err_system(
		    err, "%s: extended attribute %s", shown, ACL_ACCESS);
		goto out;
	}
	ret = 0;
out:
	free(names);
	return ret;
}

/*
 * Write what is wanted under a temporary name in folder, *temporary, with
 * the attributes of like (-1: none).
 */
static int
write_beside(const char *folder, const char *name, const struct wanted *w,
    int like, char **temporary, const char *shown, struct err *err)
{
	char *path = NULL;
	int fd = -1;
	int ret = -1;

	if (asprintf(&path, "%s/.%.*s" TEMPORARY_MARK TEMPORARY_RANDOM, folder,
		TEMPORARY_NAME_MAX, name) == -1) {
		path = NULL;
		(void)err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
		goto out;
	}
	do
		fd = mkostemp(path, O_CLOEXEC);
	while (fd == -1 && errno == EINTR);
	if (fd == -1) {
		(void)err_system(err, "%s: temporary file", shown);
		goto out;
	}
	if (write_all(fd, w->p, w->len) == -1 || set_owner(fd, w) == -1) {
		(void)err_system(err, "%s", shown);
		goto out;
	}
	if (like != -1 && copy_attributes(like, fd, shown, err) == -1)
		goto out;
	/* After the owner and an ACL, both of which change mode bits. */
	if (fchmod(fd, w->mode) == -1 || sync_file(fd) == -1) {
		(void)err_system(err, "%s", shown);
		goto out;
	}
	ret = close(fd);
	fd = -1;
	if (ret == -1) {
		(void)err_system(err, "%s", shown);
		goto out;
	}
	*temporary = path;
	path = NULL;
out:
	if (fd != -1)
		(void)close(fd);
	if (ret == -1 && path != NULL)
		(void)unlink(path);
	free(path);
	return ret;
}

/* like: whose attributes; -1: those of what stands there now. */
static int
replace(const char *path, const struct wanted *w, int like, const char *shown,
    struct err *err)
{
	char *target = NULL;
	char *folder = NULL;
	char *temporary = NULL;
	struct stat st;
	int same;
	int fd = -1;
	int ret = -1;

	if ((target = resolve(path, shown, err)) == NULL ||
	    open_existing(target, &fd, &st, shown, err) == -1)
		goto out;
	same = fd == -1 ? 0 : is_same(fd, &st, w);
	if (same == -1)
		(void)err_system(err, "%s", shown);
	if (same != 0) {
		ret = same == 1 ? 0 : -1;
		goto out;
	}
	if ((folder = folder_of(target)) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
		goto out;
	}
	if (write_beside(folder, name_of(target), w, like == -1 ? fd : like,
		&temporary, shown, err) == -1)
		goto out;
	if (rename(temporary, target) == -1) {
		(void)err_system(err, "%s", shown);
		(void)unlink(temporary);
		goto out;
	}
	ret = file_sync_folder(folder, err);
out:
	if (fd != -1)
		(void)close(fd);
	free(target);
	free(folder);
	free(temporary);
	return ret;
}

int
file_replace(const char *path, const void *p, size_t len, mode_t mode,
    uid_t uid, gid_t gid, struct err *err)
{
	struct wanted w = { p, len, mode, uid, gid };
	char shown[SHOWN_SIZE];

	(void)escape_text(shown, sizeof(shown), path);
	return replace(path, &w, -1, shown, err);
}

int
file_restore(const char *path, const void *p, size_t len, mode_t mode,
    uid_t uid, gid_t gid, const char *like, struct err *err)
{
	struct wanted w = { p, len, mode, uid, gid };
	char shown[SHOWN_SIZE];
	int fd, ret;

	if ((fd = file_open(like, FILE_ANY, SIZE_MAX, NULL, err)) == -1)
		return -1;
	(void)escape_text(shown, sizeof(shown), path);
	ret = replace(path, &w, fd, shown, err);
	(void)close(fd);
	return ret;
}

int
file_create(const char *path, const void *p, size_t len, mode_t mode, uid_t uid,
    gid_t gid, struct err *err)
{
	struct wanted w = { p, len, mode, uid, gid };
	char shown[SHOWN_SIZE];
	int fd;

	(void)escape_text(shown, sizeof(shown), path);
	do
		fd = open(path,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	while (fd == -1 && errno == EINTR);
	if (fd == -1)
		return err_system(err, "%s", shown);
	if (write_all(fd, p, len) == -1 || set_owner(fd, &w) == -1 ||
	    fchmod(fd, mode) == -1 || sync_file(fd) == -1) {
		(void)err_system(err, "%s", shown);
		(void)close(fd);
		(void)unlink(path);
		return -1;
	}
	if (close(fd) == -1) {
		(void)err_system(err, "%s", shown);
		(void)unlink(path);
		return -1;
	}
	return 0;
}

static bool
is_temporary_of(const char *entry, const char *name)
{
	size_t name_len = strlen(name);

	if (name_len > (size_t)TEMPORARY_NAME_MAX)
		name_len = (size_t)TEMPORARY_NAME_MAX;
	return entry[0] == '.' && strncmp(entry + 1, name, name_len) == 0 &&
	    strncmp(entry + 1 + name_len, TEMPORARY_MARK,
		sizeof(TEMPORARY_MARK) - 1) == 0 &&
	    strlen(entry + name_len) == sizeof(TEMPORARY_MARK TEMPORARY_RANDOM);
}

int
file_remove_temporaries(const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];
	char *target = NULL;
	char *folder = NULL;
	DIR *d = NULL;
	const struct dirent *entry;
	int ret = -1;

	(void)escape_text(shown, sizeof(shown), path);
	if ((target = resolve(path, shown, err)) == NULL)
		goto out;
	if ((folder = folder_of(target)) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
		goto out;
	}
	if ((d = opendir(folder)) == NULL) {
		(void)err_system(err, "%s: its folder", shown);
		goto out;
	}
	for (;;) {
		errno = 0;
		if ((entry = readdir(d)) == NULL)
			break;
		if (is_temporary_of(entry->d_name, name_of(target)) &&
		    unlinkat(dirfd(d), entry->d_name, 0) == -1) {
			(void)err_system(err, "%s: temporary file", shown);
			goto out;
		}
	}
	if (errno != 0) {
		(void)err_system(err, "%s: its folder", shown);
		goto out;
	}
	ret = 0;
out:
	if (d != NULL)
		(void)closedir(d);
	free(target);
	free(folder);
	return ret;
}
