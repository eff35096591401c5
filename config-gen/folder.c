#include "config.h"

#include "config-gen/folder.h"

#include "lib/escape.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

static bool
is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static int
judge_owner(const struct stat *st, const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];

	if (is_ours(st))
		return 0;
	return err_setf(err, ERR_UNSAFE,
	    "%s: owned by uid %lu, who could replace what is in it at any "
	    "time; run chown root on it",
	    escape_text(shown, sizeof(shown), path),
	    (unsigned long)st->st_uid);
}

static int
judge_one(const char *path, bool is_above, struct err *err)
{
	char shown[SHOWN_SIZE];
	struct stat st;

	if (stat(path, &st) < 0)
		return err_system(
		    err, "%s", escape_text(shown, sizeof(shown), path));
	if (judge_owner(&st, path, err) < 0)
		return -1;
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
	    (is_above && (st.st_mode & S_ISVTX) != 0))
		return 0;
	return err_setf(err, ERR_UNSAFE,
	    "%s: mode %04o lets others than its owner replace what is in it; "
	    "run chmod go-w on it",
	    escape_text(shown, sizeof(shown), path),
	    (unsigned int)(st.st_mode & 07777));
}

/*
 * Judge real, which has no links, from the top down.  is_above: so is its
 * last one only a folder on the way to something of ours.
 */
static int
judge_all(char *real, bool is_above, struct err *err)
{
	char *slash = real;
	char kept;
	int ret;

	do {
		slash = slash[1] == '\0' ? slash + 1 : strchr(slash + 1, '/');
		if (slash == NULL)
			slash = real + strlen(real);
		kept = *slash;
		*slash = '\0';
		ret = judge_one(real, is_above || kept != '\0', err);
		*slash = kept;
	} while (ret == 0 && kept != '\0');
	return ret;
}

/* Where path is a link: it must be ours, and the folder that holds it. */
static int
judge_link(char *path, struct err *err)
{
	char *slash = strrchr(path, '/');
	struct stat st;
	char *real;
	char kept;
	int ret;

	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
		return 0;
	if (judge_owner(&st, path, err) < 0)
		return -1;
	slash = slash == NULL ? path : slash == path ? slash + 1 : slash;
	kept = *slash;
	*slash = '\0';
	real = realpath(path[0] == '\0' ? "." : path, NULL);
	*slash = kept;
	if (real == NULL)
		return err_system(err, "realpath");
	ret = judge_one("/", true, err) < 0 ? -1 : judge_all(real, true, err);
	free(real);
	return ret;
}

static int
judge_links(char *path, struct err *err)
{
	char *slash;
	int ret = 0;

	for (slash = strchr(path + 1, '/'); ret == 0 && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		ret = judge_link(path, err);
		*slash = '/';
	}
	return ret == 0 ? judge_link(path, err) : ret;
}

/* Cut the last component off path; a path without one becomes ".". */
static void
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL)
		(void)strcpy(path, ".");
	else
		slash[slash == path] = '\0';
}

int
folder_judge(const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];
	char *copy, *real = NULL;
	size_t len;
	int ret = -1;

	if ((copy = strdup(path[0] == '\0' ? "." : path)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	for (len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
		copy[len - 1] = '\0';
	while ((real = realpath(copy, NULL)) == NULL &&
	    (errno == ENOENT || errno == ENOTDIR) && strcmp(copy, "/") != 0 &&
	    strcmp(copy, ".") != 0)
		go_up(copy);
	if (real == NULL)
		(void)err_system(
		    err, "%s", escape_text(shown, sizeof(shown), path));
	else if (judge_one("/", strcmp(real, "/") != 0, err) == 0 &&
	    judge_all(real, false, err) == 0 && judge_links(copy, err) == 0)
		ret = 0;
	free(real);
	free(copy);
	return ret;
}
