#include "config.h"

#include "config-gen/tree.h"

#include "lib/escape.h"
#include "lib/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

/* A place in a tree, and what is done with everything there. */
struct walk {
	char path[PATH_MAX];
	size_t len;
	int depth;
	int (*visit)(const char *path, const struct stat *st, void *ctx,
	    struct err *err);
	void *ctx;
};

static int
fail(const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];

	return err_system(err, "%s", escape_text(shown, sizeof(shown), path));
}

static int
fail_with(
    const char *path, enum err_code code, const char *what, struct err *err)
{
	char shown[SHOWN_SIZE];

	return err_setf(
	    err, code, "%s: %s", escape_text(shown, sizeof(shown), path), what);
}

static bool
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Go from path to its entry name. */
static int
enter(char path[PATH_MAX], size_t *len, const char *name, struct err *err)
{
	size_t name_len = strlen(name);

	if (*len + 1 + name_len >= PATH_MAX)
		return fail_with(path, ERR_LIMIT, "too long a path in it", err);
	path[*len] = '/';
	memcpy(path + *len + 1, name, name_len + 1);
	*len += 1 + name_len;
	return 0;
}

static void
leave(char path[PATH_MAX], size_t *len, size_t before)
{
	path[before] = '\0';
	*len = before;
}

static int walk_here(struct walk *w, struct err *err);

static int
walk_folder(struct walk *w, struct err *err)
{
	const struct dirent *entry;
	size_t before = w->len;
	DIR *d = NULL;
	int ret = -1;

	if (w->depth == TREE_MAX_DEPTH)
		return fail_with(w->path, ERR_LIMIT, "too deep a folder", err);
	if ((d = opendir(w->path)) == NULL)
		return fail(w->path, err);
	w->depth++;
	for (;;) {
		errno = 0;
		if ((entry = readdir(d)) == NULL)
			break;
		if (is_dots(entry->d_name))
			continue;
		if (enter(w->path, &w->len, entry->d_name, err) == -1 ||
		    walk_here(w, err) == -1)
			goto out;
		leave(w->path, &w->len, before);
	}
	if (errno != 0) {
		(void)fail(w->path, err);
		goto out;
	}
	ret = 0;
out:
	w->depth--;
	(void)closedir(d);
	return ret;
}

/* What is in a folder comes before the folder. */
static int
walk_here(struct walk *w, struct err *err)
{
	struct stat st;

	if (lstat(w->path, &st) == -1)
		return fail(w->path, err);
	if (S_ISDIR(st.st_mode) && walk_folder(w, err) == -1)
		return -1;
	return w->visit(w->path, &st, w->ctx, err);
}

static int
walk(const char *path,
    int (*visit)(
	const char *path, const struct stat *st, void *ctx, struct err *err),
    void *ctx, struct err *err)
{
	struct walk w;

	w.len = strlen(path);
	w.depth = 0;
	w.visit = visit;
	w.ctx = ctx;
	if (w.len >= sizeof(w.path))
		return fail_with(path, ERR_LIMIT, "too long a path", err);
	memcpy(w.path, path, w.len + 1);
	return walk_here(&w, err);
}

static int
visit_remove(
    const char *path, const struct stat *st, void *ctx, struct err *err)
{
	int rc;

	(void)ctx;
	rc = S_ISDIR(st->st_mode) ? rmdir(path) : unlink(path);
	return rc == -1 ? fail(path, err) : 0;
}

int
tree_remove(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return errno == ENOENT ? 0 : fail(path, err);
	return walk(path, visit_remove, NULL, err);
}

static int
visit_sync(const char *path, const struct stat *st, void *ctx, struct err *err)
{
	int fd, rc;

	(void)ctx;
	if (S_ISDIR(st->st_mode))
		return file_sync_folder(path, err);
	/* A file with other names stood, synced, in an older tree. */
	if (!S_ISREG(st->st_mode) || st->st_nlink > 1)
		return 0;
	if ((fd = file_open(path, FILE_ANY, SIZE_MAX, NULL, err)) == -1)
		return -1;
	do
		rc = fsync(fd);
	while (rc == -1 && errno == EINTR);
	if (rc == -1)
		(void)fail(path, err);
	(void)close(fd);
	return rc;
}

int
tree_sync(const char *path, struct err *err)
{
	return walk(path, visit_sync, NULL, err);
}

static int
file_order(const void *a, const void *b)
{
	const struct tree_file *x = a;
	const struct tree_file *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return 0;
}

static int
visit_count(const char *path, const struct stat *st, void *ctx, struct err *err)
{
	struct tree_count *c = ctx;
	struct tree_file *bigger;

	if (!S_ISREG(st->st_mode))
		return 0;
	if (c->n_files == c->cap) {
		c->cap = c->cap == 0 ? 64 : c->cap * 2;
		bigger = reallocarray(c->files, c->cap, sizeof(*c->files));
		if (bigger == NULL)
			return fail_with(
			    path, ERR_MEMORY, "out of memory", err);
		c->files = bigger;
	}
	c->files[c->n_files].dev = st->st_dev;
	c->files[c->n_files].ino = st->st_ino;
	c->files[c->n_files].bytes = (uint64_t)st->st_size;
	c->n_files++;
	return 0;
}

int
tree_count(struct tree_count *c, const char *path, struct err *err)
{
	size_t i, n = 0;

	if (walk(path, visit_count, c, err) == -1)
		return -1;
	if (c->n_files > 0)
		qsort(c->files, c->n_files, sizeof(*c->files), file_order);
	c->bytes = 0;
	for (i = 0; i < c->n_files; i++) {
		if (i > 0 && file_order(&c->files[i - 1], &c->files[i]) == 0)
			continue;
		c->bytes += c->files[i].bytes;
		c->files[n++] = c->files[i];
	}
	c->n_files = n;
	return 0;
}

void
tree_count_clear(struct tree_count *c)
{
	free(c->files);
	memset(c, 0, sizeof(*c));
}
