#include "config.h"

#include "config-gen/tree.h"

#include "lib/escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

#define CHUNK 65536

struct share {
	char shown[SHOWN_SIZE];
	char *aside; /* where a link stands before it replaces a file */
	char *fresh_bytes, *old_bytes; /* CHUNK each */
	bool is_same;
	int depth;
};

/* Two folders, or two files, of the same name. */
struct pair {
	int fresh, old;
};

static int
fail(const struct share *s, const char *name, struct err *err)
{
	char shown[SHOWN_SIZE];
	int saved = errno;

	(void)escape_text(shown, sizeof(shown), name);
	errno = saved;
	return err_system(err, "%s: %s", s->shown, shown);
}

static void
pair_close(struct pair *p)
{
	if (p->fresh != -1)
		(void)close(p->fresh);
	if (p->old != -1)
		(void)close(p->old);
}

static int
pair_open(const struct share *s, const struct pair *in, const char *name,
    int flags, struct pair *out, struct err *err)
{
	flags |= O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	out->old = -1;
	do
		out->fresh = openat(in->fresh, name, flags);
	while (out->fresh == -1 && errno == EINTR);
	if (out->fresh == -1)
		return fail(s, name, err);
	do
		out->old = openat(in->old, name, flags);
	while (out->old == -1 && errno == EINTR);
	if (out->old == -1) {
		(void)fail(s, name, err);
		(void)close(out->fresh);
		return -1;
	}
	return 0;
}

/* A full chunk, or what there is before the end; -1 with errno. */
static ssize_t
read_chunk(int fd, char *p)
{
	size_t len = 0;
	ssize_t n;

	while (len < CHUNK) {
		n = read(fd, p + len, CHUNK - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

/* 1: the same bytes; 0: not; -1 with errno. */
static int
compare_bytes(const struct share *s, const struct pair *files)
{
	ssize_t n, old_n;

	do {
		n = read_chunk(files->fresh, s->fresh_bytes);
		old_n = read_chunk(files->old, s->old_bytes);
		if (n == -1 || old_n == -1)
			return -1;
		if (n != old_n ||
		    memcmp(s->fresh_bytes, s->old_bytes, (size_t)n) != 0)
			return 0;
	} while (n > 0);
	return 1;
}

static int
share_file(
    struct share *s, const struct pair *in, const char *name, struct err *err)
{
	struct pair files;
	int rc;

	if (pair_open(s, in, name, 0, &files, err) == -1)
		return -1;
	rc = compare_bytes(s, &files);
	if (rc == -1)
		(void)fail(s, name, err);
	pair_close(&files);
	if (rc != 1) {
		s->is_same = false;
		return rc;
	}
	/* No link, for whatever reason: the copy is as good. */
	if (linkat(in->old, name, AT_FDCWD, s->aside, 0) == -1)
		return 0;
	if (renameat(AT_FDCWD, s->aside, in->fresh, name) == -1) {
		(void)fail(s, name, err);
		(void)unlink(s->aside);
		return -1;
	}
	return 0;
}

static int share_folder(struct share *s, struct pair *in, struct err *err);

static int
share_entry(
    struct share *s, const struct pair *in, const char *name, struct err *err)
{
	struct stat fresh, old;
	struct pair folders;

	if (fstatat(in->fresh, name, &fresh, AT_SYMLINK_NOFOLLOW) == -1)
		return fail(s, name, err);
	if (fstatat(in->old, name, &old, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return fail(s, name, err);
		s->is_same = false;
		return 0;
	}
	if (fresh.st_mode != old.st_mode || fresh.st_uid != old.st_uid ||
	    fresh.st_gid != old.st_gid)
		s->is_same = false;
	if (S_ISDIR(fresh.st_mode) && S_ISDIR(old.st_mode)) {
		if (pair_open(s, in, name, O_DIRECTORY, &folders, err) == -1)
			return -1;
		return share_folder(s, &folders, err);
	}
	if (S_ISREG(fresh.st_mode) && fresh.st_mode == old.st_mode &&
	    fresh.st_uid == old.st_uid && fresh.st_gid == old.st_gid &&
	    fresh.st_size == old.st_size)
		return share_file(s, in, name, err);
	s->is_same = false;
	return 0;
}

/* Read the names of a folder, without . and .., whose descriptor is kept. */
static int
open_names(int fd, DIR **out)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (copy == -1)
		return -1;
	if ((*out = fdopendir(copy)) == NULL) {
		(void)close(copy);
		return -1;
	}
	return 0;
}

static const char *
next_name(DIR *d)
{
	const struct dirent *entry;

	do {
		errno = 0;
		if ((entry = readdir(d)) == NULL)
			return NULL;
	} while (strcmp(entry->d_name, ".") == 0 ||
	    strcmp(entry->d_name, "..") == 0);
	return entry->d_name;
}

static int
count_names(int fd, size_t *n)
{
	DIR *d = NULL;
	int ret;

	*n = 0;
	if (open_names(fd, &d) == -1)
		return -1;
	while (next_name(d) != NULL)
		(*n)++;
	ret = errno == 0 ? 0 : -1;
	(void)closedir(d);
	return ret;
}

/* Closes in. */
static int
share_folder(struct share *s, struct pair *in, struct err *err)
{
	const char *name;
	size_t n_fresh, n_old;
	DIR *d = NULL;
	int ret = -1;

	if (++s->depth > TREE_MAX_DEPTH) {
		(void)err_setf(
		    err, ERR_LIMIT, "%s: too deep a folder", s->shown);
		goto out;
	}
	if (count_names(in->fresh, &n_fresh) == -1 ||
	    count_names(in->old, &n_old) == -1 ||
	    open_names(in->fresh, &d) == -1) {
		(void)fail(s, ".", err);
		goto out;
	}
	/* Every name of fresh is looked up in old; this finds the rest. */
	if (n_fresh != n_old)
		s->is_same = false;
	while ((name = next_name(d)) != NULL) {
		if (share_entry(s, in, name, err) == -1)
			goto out;
	}
	if (errno != 0) {
		(void)fail(s, ".", err);
		goto out;
	}
	ret = 0;
out:
	s->depth--;
	if (d != NULL)
		(void)closedir(d);
	pair_close(in);
	return ret;
}

/* The folders themselves; old is -1 where there is none. */
static int
open_both(const struct share *s, const char *fresh, const char *old,
    struct pair *out, bool *is_same, struct err *err)
{
	struct stat fresh_st, old_st;

	out->old = -1;
	out->fresh = open(fresh, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->fresh == -1 || fstat(out->fresh, &fresh_st) == -1)
		goto fail;
	out->old = open(old, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out->old == -1 && errno == ENOENT)
		return 0;
	if (out->old == -1 || fstat(out->old, &old_st) == -1)
		goto fail;
	*is_same = fresh_st.st_mode == old_st.st_mode &&
	    fresh_st.st_uid == old_st.st_uid &&
	    fresh_st.st_gid == old_st.st_gid;
	return 0;
fail:
	(void)err_system(err, "%s", s->shown);
	pair_close(out);
	return -1;
}

int
tree_share(const char *fresh, const char *old, bool *is_same, struct err *err)
{
	struct pair folders;
	struct share s;
	int ret = -1;

	memset(&s, 0, sizeof(s));
	(void)escape_text(s.shown, sizeof(s.shown), fresh);
	s.fresh_bytes = malloc(CHUNK);
	s.old_bytes = malloc(CHUNK);
	if (s.fresh_bytes == NULL || s.old_bytes == NULL ||
	    asprintf(&s.aside, "%s.link", fresh) == -1) {
		s.aside = NULL;
		(void)err_setf(err, ERR_MEMORY, "%s: out of memory", s.shown);
		goto out;
	}
	if (open_both(&s, fresh, old, &folders, &s.is_same, err) == -1)
		goto out;
	if (folders.old == -1) {
		pair_close(&folders);
		ret = 0;
	} else {
		ret = share_folder(&s, &folders, err);
	}
	if (ret == 0)
		*is_same = s.is_same;
out:
	free(s.aside);
	free(s.fresh_bytes);
	free(s.old_bytes);
	return ret;
}
