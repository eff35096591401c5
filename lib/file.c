#include "config.h"

#include "lib/file.h"

#include "lib/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

static int
judge_owner(const struct stat *st, enum file_care care, const char *shown,
    struct err *err)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return err_setf(err, ERR_UNSAFE,
		    "%s: owned by uid %lu, who could change it at any time; "
		    "run chown root on it",
		    shown, (unsigned long)st->st_uid);
	if ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_setf(err, ERR_UNSAFE,
		    "%s: mode %04o lets others than its owner change it; "
		    "run chmod go-w on it",
		    shown, (unsigned int)(st->st_mode & 07777));
	if (care == FILE_SECRET && (st->st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return err_setf(err, ERR_UNSAFE,
		    "%s: mode %04o lets others than its owner read it; run "
		    "chmod go= on it",
		    shown, (unsigned int)(st->st_mode & 07777));
	return 0;
}

int
file_open(const char *path, enum file_care care, size_t max, size_t *size,
    struct err *err)
{
	/* Without O_NONBLOCK a FIFO in the place of the file waits for ever. */
	int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	char shown[SHOWN_SIZE];
	struct stat st;
	int fd = -1;

	(void)escape_text(shown, sizeof(shown), path);
	if (care != FILE_ANY)
		flags |= O_NOFOLLOW;
	do
		fd = open(path, flags);
	while (fd == -1 && errno == EINTR);
	if (fd == -1 && errno == ENOENT)
		return err_setf(
		    err, ERR_NOT_FOUND, "%s: %s", shown, strerror(errno));
	if (fd == -1 && errno == ELOOP && care != FILE_ANY)
		return err_setf(err, ERR_UNSAFE,
		    "%s: a symbolic link; name the file itself", shown);
	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)err_system(err, "%s", shown);
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)err_setf(
		    err, ERR_UNSAFE, "%s: not a regular file", shown);
		goto fail;
	}
	if (care != FILE_ANY && judge_owner(&st, care, shown, err) == -1)
		goto fail;
	if ((uintmax_t)st.st_size > max) {
		(void)err_setf(err, ERR_LIMIT,
		    "%s: %jd bytes, more than the %zu allowed", shown,
		    (intmax_t)st.st_size, max);
		goto fail;
	}
	if (size != NULL)
		*size = (size_t)st.st_size;
	return fd;
fail:
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static int
buffer_grow(
    char **buf, size_t *cap, size_t max, const char *shown, struct err *err)
{
	size_t wanted = *cap < 4096 ? 4096 : *cap;
	char *bigger;

	wanted = wanted > max / 2 ? max + 1 : wanted * 2;
	if ((bigger = realloc(*buf, wanted + 1)) == NULL)
		return err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
	*buf = bigger;
	*cap = wanted;
	return 0;
}

int
file_read(const char *path, enum file_care care, size_t max, char **out,
    size_t *len, struct err *err)
{
	char shown[SHOWN_SIZE];
	char *buf = NULL;
	size_t cap, size, used = 0;
	ssize_t n;
	int fd = -1;
	int ret = -1;

	(void)escape_text(shown, sizeof(shown), path);
	if (max > SIZE_MAX / 2)
		max = SIZE_MAX / 2;
	if ((fd = file_open(path, care, max, &size, err)) == -1)
		goto out;
	/* One more than the size, so that a file that grows is seen. */
	cap = size + 1;
	if ((buf = malloc(cap + 1)) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
		goto out;
	}
	while ((n = read(fd, buf + used, cap - used)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			(void)err_system(err, "%s", shown);
			goto out;
		}
		used += (size_t)n;
		if (used > max) {
			(void)err_setf(err, ERR_LIMIT,
			    "%s: more than the %zu bytes allowed", shown, max);
			goto out;
		}
		if (used == cap &&
		    buffer_grow(&buf, &cap, max, shown, err) == -1)
			goto out;
	}
	buf[used] = '\0';
	*out = buf;
	*len = used;
	buf = NULL;
	ret = 0;
out:
	free(buf);
	if (fd != -1)
		(void)close(fd);
	return ret;
}

int
file_sync_folder(const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];
	int fd, rc;

	(void)escape_text(shown, sizeof(shown), path);
	do
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (fd == -1 && errno == EINTR);
	if (fd == -1)
		return err_system(err, "%s", shown);
	do
		rc = fsync(fd);
	while (rc == -1 && errno == EINTR);
	/* EINVAL: a file system that has nothing to sync in folders. */
	if (rc == -1 && errno != EINVAL) {
		(void)err_system(err, "%s: fsync", shown);
		(void)close(fd);
		return -1;
	}
	(void)close(fd);
	return 0;
}

/* Make the folder path, whose parent exists; be content where it is there. */
static int
folder_make(const char *path, mode_t mode, struct err *err)
{
	char shown[SHOWN_SIZE];
	char *parent = NULL;
	char *slash;
	struct stat st;
	int ret = -1;

	(void)escape_text(shown, sizeof(shown), path);
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		return err_setf(err, ERR_UNSAFE, "%s: not a folder", shown);
	}
	if (errno != ENOENT)
		return err_system(err, "%s", shown);
	/* The umask, often 077 for root, must not lock sshd out. */
	if (mkdir(path, mode) == -1) {
		/* Another one was faster. */
		if (errno == EEXIST && stat(path, &st) == 0 &&
		    S_ISDIR(st.st_mode))
			return 0;
		return err_system(err, "%s", shown);
	}
	if (chmod(path, mode) == -1)
		return err_system(err, "%s", shown);
	if ((parent = strdup(path)) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
		goto out;
	}
	slash = strrchr(parent, '/');
	if (slash == parent)
		slash++;
	if (slash != NULL)
		*slash = '\0';
	ret = file_sync_folder(slash == NULL ? "." : parent, err);
out:
	free(parent);
	return ret;
}

int
file_make_folders(const char *path, mode_t mode, struct err *err)
{
	char *copy = NULL;
	char *p;
	int ret = -1;

	if ((copy = strdup(path)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	for (p = copy; *p != '\0'; p++) {
		if (*p != '/' || p == copy || p[-1] == '/')
			continue;
		*p = '\0';
		if (folder_make(copy, mode, err) == -1)
			goto out;
		*p = '/';
	}
	ret = folder_make(copy, mode, err);
out:
	free(copy);
	return ret;
}
