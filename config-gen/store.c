#include "config.h"

#include "config-gen/store.h"

#include "config-gen/tree.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

#define LOCK "lock"
#define NEW_LINK ".current.new"

/* Everybody's logins read what is in it. */
#define FOLDER_MODE 0755

/* A number of more digits was not counted up from 1. */
#define NUMBER_MAX_DIGITS 15

/* How often a lock that another one holds is tried. */
#define LOCK_PAUSE_NS 50000000

int
store_fail(const struct generation_store *s, const char *name, struct err *err)
{
	char shown[SHOWN_SIZE];
	int saved = errno;

	(void)escape_text(shown, sizeof(shown), s->dir);
	errno = saved;
	return err_system(err, "%s/%s", shown, name);
}

char *
store_path(const struct generation_store *s, char out[STORE_PATH_SIZE],
    const char *name)
{
	int n = snprintf(out, STORE_PATH_SIZE, "%s/%s", s->dir, name);

	if (n < 0 || n >= STORE_PATH_SIZE)
		out[0] = '\0';
	return out;
}

char *
store_generation(
    char out[STORE_NAME_SIZE], unsigned long number, enum store_stage stage)
{
	const char *before = stage == STORE_WHOLE ? "" : ".";
	const char *after = "";

	if (stage == STORE_STAGED)
		after = ".new";
	else if (stage == STORE_GONE)
		after = ".gone";
	(void)snprintf(out, STORE_NAME_SIZE, STORE_GENERATIONS "/%s%lu%s",
	    before, number, after);
	return out;
}

bool
store_number(const char *name, unsigned long *number)
{
	size_t len = strspn(name, "0123456789");

	if (len == 0 || len > NUMBER_MAX_DIGITS || name[len] != '\0' ||
	    name[0] == '0')
		return false;
	*number = strtoul(name, NULL, 10);
	return true;
}

/* Our own folder, made good where an interrupted run left it too closed. */
static int
check_folder(int fd, const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];
	struct stat st;

	(void)escape_text(shown, sizeof(shown), path);
	if (fstat(fd, &st) == -1)
		return err_system(err, "%s", shown);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_setf(err, ERR_UNSAFE,
		    "%s: owned by uid %lu, who could change what sshd trusts; "
		    "run chown root on it",
		    shown, (unsigned long)st.st_uid);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return err_setf(err, ERR_UNSAFE,
		    "%s: mode %04o lets others than its owner change what "
		    "sshd trusts; run chmod go-w on it",
		    shown, (unsigned int)(st.st_mode & 07777));
	if ((st.st_mode & 07777) != FOLDER_MODE &&
	    fchmod(fd, FOLDER_MODE) == -1)
		return err_system(err, "%s", shown);
	return 0;
}

static int
open_folders(struct generation_store *s, struct err *err)
{
	char path[STORE_PATH_SIZE];
	int fd, rc;

	if (root_resolve(s->root, ROOT_CERTGATE, s->inside, err) == -1)
		return -1;
	(void)root_path(s->root, s->outside, s->inside);
	if (s->outside[0] == '\0' || strlen(s->outside) >= sizeof(s->dir))
		return err_setf(
		    err, ERR_LIMIT, "%s: too long a path", ROOT_CERTGATE);
	(void)strcpy(s->dir, s->outside);
	(void)store_path(s, path, STORE_GENERATIONS);
	if (file_make_folders(path, FOLDER_MODE, err) == -1)
		return -1;
	s->dir_fd = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd == -1)
		return store_fail(s, ".", err);
	if (check_folder(s->dir_fd, s->dir, err) == -1)
		return -1;
	fd = openat(s->dir_fd, STORE_GENERATIONS,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return store_fail(s, STORE_GENERATIONS, err);
	rc = check_folder(fd, path, err);
	(void)close(fd);
	return rc;
}

int
store_find(const struct root *root, const char *name, char **out,
    struct err *err)
{
	struct err own = ERR_INIT;
	char *paths; /* inside and outside the root */
	int ret = -1;

	if ((paths = malloc(2 * PATH_MAX)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	if (root_resolve(root, ROOT_CERTGATE, paths, &own) == 0) {
		(void)root_path(root, paths + PATH_MAX, paths);
		if (asprintf(out, "%s%s%s", paths + PATH_MAX,
			name[0] == '\0' ? "" : "/", name) < 0)
			(void)err_setf(err, ERR_MEMORY, "out of memory");
		else
			ret = 1;
	} else if (own.code == ERR_NOT_FOUND) {
		ret = 0;
	} else {
		(void)err_setf(err, own.code, "%s", own.text);
	}
	free(paths);
	return ret;
}

static int
take_lock(struct generation_store *s, unsigned int wait_s, struct err *err)
{
	const struct timespec pause = { 0, LOCK_PAUSE_NS };
	char shown[SHOWN_SIZE];
	int64_t deadline_ms = clock_now_ms() + (int64_t)wait_s * 1000;

	s->lock_fd = openat(
	    s->dir_fd, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->lock_fd == -1)
		return store_fail(s, LOCK, err);
	while (flock(s->lock_fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return store_fail(s, LOCK, err);
		if (clock_now_ms() >= deadline_ms)
			return err_setf(err, ERR_REFUSED,
			    "another certgate is at work and holds %s/" LOCK
			    "; try again when it has ended",
			    escape_text(shown, sizeof(shown), s->dir));
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/*
 * A store that holds nothing goes again: a refused first apply leaves the
 * machine as it was.  rmdir sees to it that nothing is lost.
 */
static void
remove_empty(struct generation_store *s)
{
	if (faccessat(s->dir_fd, STORE_JOURNAL, F_OK, 0) == 0 ||
	    unlinkat(s->dir_fd, STORE_GENERATIONS, AT_REMOVEDIR) == -1)
		return;
	(void)unlinkat(s->dir_fd, LOCK, 0);
	(void)rmdir(s->dir);
}

/*
 * Whether another one removed the empty store meanwhile: the lock that we
 * got, or the folder in which we looked for it.
 */
static bool
is_gone(const struct generation_store *s)
{
	struct stat st;
	int fd = s->lock_fd != -1 ? s->lock_fd : s->dir_fd;

	return fd != -1 && fstat(fd, &st) == 0 && st.st_nlink == 0;
}

static void
close_folders(struct generation_store *s)
{
	if (s->dir_fd != -1)
		(void)close(s->dir_fd);
	if (s->lock_fd != -1)
		(void)close(s->lock_fd);
	s->dir_fd = -1;
	s->lock_fd = -1;
}

struct generation_store *
store_open(const struct root *root, unsigned int wait_s, struct err *err)
{
	struct err mine = ERR_INIT;
	struct generation_store *s;
	int ret;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	s->root = root;
	s->dir_fd = -1;
	s->lock_fd = -1;
	do {
		close_folders(s);
		err_clear(&mine);
		ret = open_folders(s, &mine) == -1 ||
		        take_lock(s, wait_s, &mine) == -1
		    ? -1
		    : 0;
	} while (is_gone(s));
	if (ret == 0)
		return s;
	close_folders(s);
	free(s);
	(void)err_setf(err, mine.code, "%s", mine.text);
	return NULL;
}

void
store_close(struct generation_store *s)
{
	if (s == NULL)
		return;
	remove_empty(s);
	close_folders(s);
	free(s);
}

int
store_current(const char *dir, unsigned long *number, struct err *err)
{
	static const char prefix[] = STORE_GENERATIONS "/";
	char path[STORE_PATH_SIZE];
	char target[256], shown[SHOWN_SIZE], shown_target[64];
	ssize_t n;

	(void)escape_text(shown, sizeof(shown), dir);
	n = snprintf(path, sizeof(path), "%s/" STORE_CURRENT, dir);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_setf(err, ERR_LIMIT, "%s: too long a path", shown);
	n = readlink(path, target, sizeof(target) - 1);
	if (n == -1 && (errno == ENOENT || errno == ENOTDIR)) {
		*number = 0;
		return 0;
	}
	if (n == -1 && errno == EINVAL)
		return err_setf(err, ERR_UNSAFE,
		    "%s/" STORE_CURRENT
		    ": not the symbolic link that certgate makes; move it away",
		    shown);
	if (n == -1)
		return err_system(err, "%s/" STORE_CURRENT, shown);
	target[n] = '\0';
	if (strncmp(target, prefix, sizeof(prefix) - 1) == 0 &&
	    store_number(target + sizeof(prefix) - 1, number))
		return 0;
	return err_setf(err, ERR_UNSAFE,
	    "%s/" STORE_CURRENT ": leads to \"%s\", which is no generation of "
	    "certgate's; move it away",
	    shown, escape_text(shown_target, sizeof(shown_target), target));
}

static int
store_sync(struct generation_store *s, struct err *err)
{
	return file_sync_folder(s->dir, err);
}

int
store_switch(struct generation_store *s, unsigned long number, struct err *err)
{
	char target[STORE_NAME_SIZE];

	if (number == 0) {
		if (unlinkat(s->dir_fd, STORE_CURRENT, 0) == -1 &&
		    errno != ENOENT)
			return store_fail(s, STORE_CURRENT, err);
		return store_sync(s, err);
	}
	(void)store_generation(target, number, STORE_WHOLE);
	if (unlinkat(s->dir_fd, NEW_LINK, 0) == -1 && errno != ENOENT)
		return store_fail(s, NEW_LINK, err);
	if (symlinkat(target, s->dir_fd, NEW_LINK) == -1)
		return store_fail(s, NEW_LINK, err);
	if (renameat(s->dir_fd, NEW_LINK, s->dir_fd, STORE_CURRENT) == -1) {
		(void)store_fail(s, STORE_CURRENT, err);
		(void)unlinkat(s->dir_fd, NEW_LINK, 0);
		return -1;
	}
	return store_sync(s, err);
}

int
store_rename(struct generation_store *s, const char *from, const char *to,
    struct err *err)
{
	char path[STORE_PATH_SIZE];

	if (renameat(s->dir_fd, from, s->dir_fd, to) == -1)
		return store_fail(s, from, err);
	return file_sync_folder(store_path(s, path, STORE_GENERATIONS), err);
}

/* Generations that are half made or half removed. */
static int
sweep_generations(struct generation_store *s, struct err *err)
{
	char path[STORE_PATH_SIZE], name[STORE_NAME_SIZE];
	const struct dirent *entry;
	DIR *d;
	int ret = -1;

	if ((d = opendir(store_path(s, path, STORE_GENERATIONS))) == NULL)
		return store_fail(s, STORE_GENERATIONS, err);
	for (;;) {
		errno = 0;
		if ((entry = readdir(d)) == NULL)
			break;
		if (entry->d_name[0] != '.' ||
		    strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0 ||
		    snprintf(name, sizeof(name), STORE_GENERATIONS "/%s",
			entry->d_name) >= (int)sizeof(name))
			continue;
		if (tree_remove(store_path(s, path, name), err) == -1)
			goto out;
	}
	if (errno != 0) {
		(void)store_fail(s, STORE_GENERATIONS, err);
		goto out;
	}
	ret = 0;
out:
	(void)closedir(d);
	return ret;
}

int
store_sweep(struct generation_store *s, struct err *err)
{
	char path[STORE_PATH_SIZE];

	/*
	 * A journal that was removed must not come back after a power cut
	 * without the bytes that it refers to.
	 */
	if (store_sync(s, err) == -1)
		return -1;
	if (faccessat(s->dir_fd, STORE_PENDING, F_OK, AT_SYMLINK_NOFOLLOW) ==
		-1 &&
	    errno == ENOENT &&
	    tree_remove(store_path(s, path, STORE_HELD), err) == -1)
		return -1;
	if (tree_remove(store_path(s, path, STORE_UNDO), err) == -1 ||
	    tree_remove(store_path(s, path, STORE_STAGE), err) == -1 ||
	    tree_remove(store_path(s, path, NEW_LINK), err) == -1 ||
	    file_remove_temporaries(store_path(s, path, STORE_JOURNAL), err) ==
		-1 ||
	    file_remove_temporaries(store_path(s, path, STORE_PENDING), err) ==
		-1 ||
	    file_remove_temporaries(store_path(s, path, STORE_REMOVED), err) ==
		-1)
		return -1;
	return sweep_generations(s, err);
}
