#include "config.h"

#include "config-gen/pamkeep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/tree.h"
#include "lib/file.h"

#define BASE "/var/lib"

static const char *const folders[] = { "before", "after" };

/* After a copy's name: there was no such file. */
#define ABSENT ".absent"

/* A file, or its copy. */
struct content {
	bool exists;
	struct stat st;
	char *bytes;
	size_t len;
};

static int
content_read(struct content *c, const char *path, struct err *err)
{
	struct err own = ERR_INIT;

	memset(c, 0, sizeof(*c));
	if (file_read(path, FILE_ROOTS, PAMKEEP_MAX_FILE, &c->bytes, &c->len,
		&own) < 0)
		return own.code == ERR_NOT_FOUND
		    ? 0
		    : err_setf(err, own.code, "%s", own.text);
	c->exists = true;
	if (lstat(path, &c->st) < 0)
		return err_system(err, "%s", path);
	return 0;
}

static void
content_clear(struct content *c)
{
	free(c->bytes);
	memset(c, 0, sizeof(*c));
}

static char *
path_of(const struct pamkeep *k, char out[PATH_MAX], const char *folder,
    const char *name)
{
	(void)snprintf(out, PATH_MAX, "%s%s%s%s%s", k->folder,
	    *folder == '\0' ? "" : "/", folder, *name == '\0' ? "" : "/",
	    name);
	return out;
}

/* The mark that file i was not there then. */
static char *
absent_of(const struct pamkeep *k, char out[PATH_MAX], enum pamkeep_when when,
    size_t i)
{
	(void)snprintf(out, PATH_MAX, "%s/%s/%s" ABSENT, k->folder,
	    folders[when], k->files[i].name);
	return out;
}

/* Where file i is on this machine; NULL with err or, missing, without. */
static char *
locate(const struct pamkeep *k, size_t i, struct err *err)
{
	struct err own = ERR_INIT;
	char *path = root_locate(k->root, k->files[i].path, &own);

	if (path == NULL && own.code != ERR_NOT_FOUND)
		(void)err_setf(err, own.code, "%s", own.text);
	return path;
}

static int
read_now(const struct pamkeep *k, size_t i, struct content *c,
    struct err *err)
{
	struct err own = ERR_INIT;
	char *path = locate(k, i, &own);
	int ret;

	memset(c, 0, sizeof(*c));
	if (path == NULL)
		return own.code == ERR_NONE
		    ? 0
		    : err_setf(err, own.code, "%s", own.text);
	ret = content_read(c, path, err);
	free(path);
	return ret;
}

int
pamkeep_look(struct pamkeep *k, const struct root *root,
    enum pamkeep_state *state, char mechanism[PAMKEEP_TEXT_SIZE],
    struct err *err)
{
	char path[PATH_MAX];
	struct content c;
	char *base;
	int n;

	memset(k, 0, sizeof(*k));
	k->root = root;
	mechanism[0] = '\0';
	*state = PAMKEEP_NONE;
	if ((base = root_locate(root, BASE, err)) == NULL)
		return -1;
	n = snprintf(k->folder, sizeof(k->folder), "%s%s", base,
	    &PAMKEEP_FOLDER[sizeof(BASE) - 1]);
	free(base);
	if (n < 0 || (size_t)n >= sizeof(k->folder))
		return err_setf(err, ERR_LIMIT, "the root's path is too long");
	if (content_read(&c, path_of(k, path, "", "mechanism"), err) < 0)
		return -1;
	if (c.exists) {
		(void)snprintf(mechanism, PAMKEEP_TEXT_SIZE, "%.*s",
		    (int)strcspn(c.bytes, "\n"), c.bytes);
		*state = access(path_of(k, path, "", "enabled"), F_OK) == 0
		    ? PAMKEEP_WHOLE
		    : PAMKEEP_HALF;
	}
	content_clear(&c);
	return 0;
}

static int
keep_all(struct pamkeep *k, enum pamkeep_when when, struct err *err)
{
	char path[PATH_MAX];
	struct content c;
	size_t i;
	int ret = 0;

	if (tree_remove(path_of(k, path, folders[when], ""), err) < 0 ||
	    file_make_folders(path, 0700, err) < 0)
		return -1;
	for (i = 0; i < k->n_files && ret == 0; i++) {
		ret = read_now(k, i, &c, err);
		(void)path_of(k, path, folders[when], k->files[i].name);
		if (ret == 0 && c.exists)
			ret = file_create(path, c.bytes, c.len,
			    c.st.st_mode & 07777, c.st.st_uid, c.st.st_gid,
			    err);
		else if (ret == 0)
			ret = file_create(absent_of(k, path, when, i), "", 0,
			    0600, geteuid(), getegid(), err);
		content_clear(&c);
	}
	if (ret == 0)
		ret = file_sync_folder(
		    path_of(k, path, folders[when], ""), err);
	return ret;
}

/* Read a copy.  One that is lost is not taken for a file that was not there. */
static int
read_copy(const struct pamkeep *k, size_t i, enum pamkeep_when when,
    struct content *c, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;

	(void)path_of(k, path, folders[when], k->files[i].name);
	if (content_read(c, path, err) < 0)
		return -1;
	if (c->exists || lstat(absent_of(k, path, when, i), &st) == 0)
		return 0;
	return err_setf(err, ERR_MALFORMED,
	    PAMKEEP_FOLDER "/%s/%s is missing, the copy of %s", folders[when],
	    k->files[i].name, k->files[i].path);
}

static int
put_mark(const struct pamkeep *k, const char *name, const char *text,
    struct err *err)
{
	char path[PATH_MAX];

	return file_replace(path_of(k, path, "", name), text, strlen(text),
	    0600, geteuid(), getegid(), err);
}

int
pamkeep_begin(struct pamkeep *k, const char *mechanism, struct err *err)
{
	char path[PATH_MAX], text[PAMKEEP_TEXT_SIZE + 1];
	char *slash;

	(void)path_of(k, path, "", "");
	slash = strrchr(path, '/');
	*slash = '\0';
	if (file_make_folders(path, 0755, err) < 0)
		return -1;
	*slash = '/';
	(void)snprintf(text, sizeof(text), "%s\n", mechanism);
	/* Copies without the mark are nobody's, a mark without copies never is. */
	if (pamkeep_forget(k, err) < 0 ||
	    file_make_folders(path, 0700, err) < 0 ||
	    keep_all(k, PAMKEEP_BEFORE, err) < 0 ||
	    put_mark(k, "mechanism", text, err) < 0)
		return -1;
	return 0;
}

int
pamkeep_end(struct pamkeep *k, struct err *err)
{
	if (keep_all(k, PAMKEEP_AFTER, err) < 0)
		return -1;
	return put_mark(k, "enabled", "", err);
}

int
pamkeep_is_as(const struct pamkeep *k, size_t i, enum pamkeep_when when,
    struct err *err)
{
	struct content now = { 0 }, then = { 0 };
	int ret = -1;

	if (read_now(k, i, &now, err) == 0 &&
	    read_copy(k, i, when, &then, err) == 0)
		ret = now.exists == then.exists &&
		    (!now.exists ||
			(now.len == then.len &&
			    memcmp(now.bytes, then.bytes, now.len) == 0 &&
			    now.st.st_mode == then.st.st_mode &&
			    now.st.st_uid == then.st.st_uid &&
			    now.st.st_gid == then.st.st_gid));
	content_clear(&now);
	content_clear(&then);
	return ret;
}

int
pamkeep_restore(const struct pamkeep *k, size_t i, struct err *err)
{
	struct content then = { 0 };
	char *path = locate(k, i, err);
	int ret = -1;

	if (read_copy(k, i, PAMKEEP_BEFORE, &then, err) < 0)
		goto out;
	if (path == NULL) {
		if (!then.exists)
			ret = 0;
		else
			(void)err_setf(err, ERR_NOT_FOUND,
			    "%s: its folder is gone", k->files[i].path);
	} else if (then.exists) {
		ret = file_replace(path, then.bytes, then.len,
		    then.st.st_mode & 07777, then.st.st_uid, then.st.st_gid,
		    err);
	} else if (unlink(path) == 0 || errno == ENOENT) {
		ret = 0;
	} else {
		(void)err_system(err, "%s", path);
	}
out:
	content_clear(&then);
	free(path);
	return ret;
}

int
pamkeep_forget(const struct pamkeep *k, struct err *err)
{
	char path[PATH_MAX];

	/* First what says that there is something. */
	if (unlink(path_of(k, path, "", "mechanism")) < 0 && errno != ENOENT)
		return err_system(err, "%s", path);
	return tree_remove(k->folder, err);
}
