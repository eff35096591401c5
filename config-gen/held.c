#include "config.h"

#include "config-gen/generation.h"

#include "config-gen/change.h"
#include "config-gen/conffile.h"
#include "config-gen/journal.h"
#include "config-gen/store.h"
#include "config-gen/tree.h"
#include "config-gen/undo.h"
#include "lib/escape.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 200

/* So many hand-edited files are kept at a time. */
#define EDITED_MAX 1000

/* A change that is held, read back. */
struct held {
	struct generation_store *store;
	struct journal journal;
	/* Of the journal's files, in its order: */
	struct conffile old[JOURNAL_MAX_FILES], new[JOURNAL_MAX_FILES],
	    now[JOURNAL_MAX_FILES];
	struct generation_file files[JOURNAL_MAX_FILES];
	char likes[JOURNAL_MAX_FILES][STORE_PATH_SIZE];
};

static void
held_free(struct held *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->journal.n_files; i++) {
		conffile_clear(&h->old[i]);
		conffile_clear(&h->new[i]);
		conffile_clear(&h->now[i]);
	}
	journal_clear(&h->journal);
	free(h);
}

/* One of the bytes that were put aside, which must be there where it was. */
static int
read_aside(struct generation_store *s, size_t i, enum undo_bytes which,
    bool exists, struct conffile *out, struct err *err)
{
	char path[STORE_PATH_SIZE], shown[SHOWN_SIZE];

	if (!exists)
		return 0;
	(void)undo_path(s, path, STORE_HELD, i, which);
	if (conffile_read(out, path, err) == -1)
		return -1;
	if (out->bytes != NULL)
		return 0;
	return err_setf(err, ERR_NOT_FOUND,
	    "%s: missing, so certgate cannot tell what to take back",
	    escape_text(shown, sizeof(shown), path));
}

static int
read_file(struct held *h, size_t i, struct err *err)
{
	const struct journal_file *f = &h->journal.files[i];
	struct generation_file *file = &h->files[i];
	char path[STORE_PATH_SIZE];

	if (read_aside(h->store, i, UNDO_OLD, f->before.exists, &h->old[i],
		err) == -1 ||
	    read_aside(h->store, i, UNDO_NEW, f->after.exists, &h->new[i],
		err) == -1 ||
	    conffile_path(h->store, f->path, path, err) == -1 ||
	    conffile_read(&h->now[i], path, err) == -1)
		return -1;
	file->path = f->path;
	file->bytes = h->old[i].bytes;
	file->len = h->old[i].len;
	file->was = h->now[i].bytes;
	file->was_len = h->now[i].len;
	if (f->before.exists)
		file->like = undo_path(
		    h->store, h->likes[i], STORE_HELD, i, UNDO_OLD);
	return 0;
}

static struct held *
held_read(struct generation_store *s, struct err *err)
{
	char path[STORE_PATH_SIZE];
	struct held *h;
	char *text = NULL;
	size_t i, len;

	if ((h = calloc(1, sizeof(*h))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	h->store = s;
	(void)store_path(s, path, STORE_HELD "/" STORE_JOURNAL);
	if (file_read(path, FILE_ROOTS, JOURNAL_MAX_BYTES, &text, &len, err) ==
		-1 ||
	    journal_parse(&h->journal, text, len, path, err) == -1)
		goto fail;
	for (i = 0; i < h->journal.n_files; i++) {
		if (read_file(h, i, err) == -1)
			goto fail;
	}
	free(text);
	return h;
fail:
	free(text);
	held_free(h);
	return NULL;
}

/*
 * The link tells where it moves: both are changed behind one journal.  Where
 * it stays, all files are as they were, or they are not.
 */
static bool
is_made(const struct held *h, unsigned long current)
{
	size_t i;

	if (h->journal.before != h->journal.after)
		return current == h->journal.after;
	for (i = 0; i < h->journal.n_files; i++) {
		if (!conffile_holds(
			&h->now[i], h->old[i].bytes, h->old[i].len))
			return true;
	}
	return false;
}

int
generation_held(
    struct generation_store *s, struct generation_held *out, struct err *err)
{
	unsigned long current;
	struct held *h;

	if (generation_current(s, &current, err) == -1 ||
	    (h = held_read(s, err)) == NULL)
		return -1;
	out->link.before = h->journal.before;
	out->link.after = h->journal.after;
	out->has_files = h->journal.n_files > 0;
	out->is_made = is_made(h, current);
	held_free(h);
	return 0;
}

/* Copy into the store what somebody made of a file since. */
static int
keep_edited(struct generation_store *s, const struct conffile *now,
    struct err *err)
{
	char name[STORE_NAME_SIZE], path[STORE_PATH_SIZE];
	struct conffile kept;
	bool is_free, is_same;
	unsigned int i;

	for (i = 0; i < EDITED_MAX; i++) {
		(void)snprintf(name, sizeof(name), "edited.%u", i);
		if (conffile_read(&kept, store_path(s, path, name), err) == -1)
			return -1;
		is_free = kept.bytes == NULL;
		is_same = conffile_holds(&kept, now->bytes, now->len);
		conffile_clear(&kept);
		/* The same one: this was tried before, and failed later. */
		if (is_same)
			return 0;
		if (is_free)
			return file_replace(path, now->bytes, now->len, 0600,
			    geteuid(), getegid(), err);
	}
	return err_setf(err, ERR_LIMIT,
	    "%s holds %d files edited.N; remove those that you do not need",
	    ROOT_CERTGATE, EDITED_MAX);
}

int
generation_return(struct generation_store *s,
    int (*prove)(void *ctx, struct err *err), void *ctx, size_t *n_edited,
    struct err *err)
{
	struct change_link link = { .is_made = false };
	struct held *h;
	size_t i;
	int ret = -1;

	*n_edited = 0;
	if (generation_current(s, &link.before, err) == -1 ||
	    (h = held_read(s, err)) == NULL)
		return -1;
	link.after = h->journal.before;
	for (i = 0; i < h->journal.n_files; i++) {
		if (h->now[i].bytes == NULL ||
		    conffile_holds(
			&h->now[i], h->old[i].bytes, h->old[i].len) ||
		    conffile_holds(&h->now[i], h->new[i].bytes, h->new[i].len))
			continue;
		if (keep_edited(s, &h->now[i], err) == -1)
			goto out;
		(*n_edited)++;
	}
	ret = change_run(
	    s, &link, h->files, h->journal.n_files, prove, ctx, err);
out:
	held_free(h);
	return ret;
}

int
generation_discard(struct generation_store *s, struct err *err)
{
	char whole[STORE_NAME_SIZE], gone[STORE_NAME_SIZE],
	    path[STORE_PATH_SIZE];
	unsigned long current;
	struct held *h;
	int ret = -1;

	if (generation_current(s, &current, err) == -1 ||
	    (h = held_read(s, err)) == NULL)
		return -1;
	(void)store_generation(whole, h->journal.after, STORE_WHOLE);
	(void)store_generation(gone, h->journal.after, STORE_GONE);
	if (!h->journal.is_made || h->journal.after == current) {
		ret = 0;
	} else if (faccessat(s->dir_fd, whole, F_OK, AT_SYMLINK_NOFOLLOW) ==
	    -1) {
		ret = errno == ENOENT ? 0 : store_fail(s, whole, err);
	} else if (store_rename(s, whole, gone, err) == 0) {
		/* One half removed must not pass for a generation. */
		ret = tree_remove(store_path(s, path, gone), err);
	}
	held_free(h);
	return ret;
}
