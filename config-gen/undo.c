#include "config.h"

#include "config-gen/undo.h"

#include "config-gen/conffile.h"
#include "lib/escape.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 200

char *
undo_path(const struct generation_store *s, char out[STORE_PATH_SIZE],
    const char *folder, size_t i, enum undo_bytes which)
{
	char name[STORE_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "%s/%zu.%s", folder, i,
	    which == UNDO_OLD ? "old" : "new");
	return store_path(s, out, name);
}

static int
read_bytes(struct generation_store *s, const struct journal_file *f, size_t i,
    enum undo_bytes which, struct conffile *out, struct err *err)
{
	char path[STORE_PATH_SIZE], shown[SHOWN_SIZE], shown_file[SHOWN_SIZE];

	memset(out, 0, sizeof(*out));
	if (!(which == UNDO_OLD ? f->before : f->after).exists)
		return 0;
	(void)undo_path(s, path, STORE_UNDO, i, which);
	if (conffile_read(out, path, err) == -1)
		return -1;
	if (out->bytes != NULL)
		return 0;
	return err_setf(err, ERR_NOT_FOUND,
	    "%s: missing, so certgate cannot tell what to undo; see that %s "
	    "is in order, then remove the journal",
	    escape_text(shown, sizeof(shown), path),
	    escape_text(shown_file, sizeof(shown_file), f->path));
}

static int
check_file(struct generation_store *s, const struct journal_file *f, size_t i,
    struct err *err)
{
	struct conffile now = { .bytes = NULL };
	struct conffile old = { .bytes = NULL };
	struct conffile new = { .bytes = NULL };
	char path[STORE_PATH_SIZE], shown[SHOWN_SIZE], shown_file[SHOWN_SIZE];
	int ret = -1;

	if (read_bytes(s, f, i, UNDO_OLD, &old, err) == -1 ||
	    read_bytes(s, f, i, UNDO_NEW, &new, err) == -1 ||
	    conffile_path(s, f->path, path, err) == -1 ||
	    conffile_read(&now, path, err) == -1)
		goto out;
	if (conffile_holds(&now, old.bytes, old.len) ||
	    conffile_holds(&now, new.bytes, new.len)) {
		ret = 0;
		goto out;
	}
	(void)store_path(s, path, STORE_JOURNAL);
	(void)err_setf(err, ERR_REFUSED,
	    "%s: changed by hand after certgate was interrupted; see that it "
	    "is in order, then remove %s",
	    escape_text(shown_file, sizeof(shown_file), f->path),
	    escape_text(shown, sizeof(shown), path));
out:
	conffile_clear(&now);
	conffile_clear(&old);
	conffile_clear(&new);
	return ret;
}

static int
not_back(const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];

	return err_setf(err, ERR_SYSTEM,
	    "%s: not as it was, although it was put back",
	    escape_text(shown, sizeof(shown), path));
}

static int
undo_file(struct generation_store *s, const struct journal_file *f, size_t i,
    struct err *err)
{
	struct conffile now = { .bytes = NULL };
	struct conffile old = { .bytes = NULL };
	char path[STORE_PATH_SIZE];
	int ret = -1;

	if (read_bytes(s, f, i, UNDO_OLD, &old, err) == -1 ||
	    conffile_path(s, f->path, path, err) == -1 ||
	    (path[0] != '\0' && file_remove_temporaries(path, err) == -1) ||
	    conffile_set(s, f->path, &f->before, old.bytes, old.len,
		undo_path(s, path, STORE_UNDO, i, UNDO_OLD), err) == -1 ||
	    conffile_path(s, f->path, path, err) == -1 ||
	    conffile_read(&now, path, err) == -1)
		goto out;
	ret = conffile_holds(&now, old.bytes, old.len) ? 0
						       : not_back(f->path, err);
out:
	conffile_clear(&now);
	conffile_clear(&old);
	return ret;
}

static int
undo_link(struct generation_store *s, const struct journal *j, struct err *err)
{
	char whole[STORE_NAME_SIZE], gone[STORE_NAME_SIZE];
	unsigned long now;

	if (j->before == j->after)
		return 0;
	if (store_switch(s, j->before, err) == -1 ||
	    store_current(s->dir, &now, err) == -1)
		return -1;
	if (now != j->before)
		return not_back(ROOT_CURRENT, err);
	if (!j->is_made)
		return 0;
	(void)store_generation(whole, j->after, STORE_WHOLE);
	(void)store_generation(gone, j->after, STORE_GONE);
	if (faccessat(s->dir_fd, whole, F_OK, AT_SYMLINK_NOFOLLOW) == -1 &&
	    errno == ENOENT)
		return 0;
	return store_rename(s, whole, gone, err);
}

int
undo_change(
    struct generation_store *s, const struct journal *j, struct err *err)
{
	size_t i;

	for (i = 0; i < j->n_files; i++) {
		if (check_file(s, &j->files[i], i, err) == -1)
			return -1;
	}
	/* First the files, then what they refer to. */
	for (i = j->n_files; i > 0; i--) {
		if (undo_file(s, &j->files[i - 1], i - 1, err) == -1)
			return -1;
	}
	if (undo_link(s, j, err) == -1)
		return -1;
	if (unlinkat(s->dir_fd, STORE_JOURNAL, 0) == -1 && errno != ENOENT)
		return store_fail(s, STORE_JOURNAL, err);
	return store_sweep(s, err);
}
