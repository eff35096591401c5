#include "config.h"

#include "config-gen/change.h"

#include "config-gen/conffile.h"
#include "config-gen/journal.h"
#include "config-gen/tree.h"
#include "config-gen/undo.h"
#include "lib/escape.h"
#include "lib/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 200

/* A new configuration file's mode: what distributions give theirs. */
#define FILE_MODE 0644

struct change {
	struct generation_store *store;
	const char *folder; /* of the store's, for what is put aside */
	struct journal journal;
	/* Of the journal's files, in its order: */
	const struct generation_file *files[JOURNAL_MAX_FILES];
	struct conffile old[JOURNAL_MAX_FILES];
	char path[STORE_PATH_SIZE], aside[STORE_PATH_SIZE]; /* scratch */
};

/* Signals that would end or stop the process half-way. */
static const int held_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE,
	SIGALRM, SIGUSR1, SIGUSR2, SIGTSTP };
/* Those of them by which people say "stop". */
static const int stop_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static void
hold_signals(sigset_t *before)
{
	sigset_t held;
	size_t i;

	(void)sigemptyset(&held);
	for (i = 0; i < sizeof(held_signals) / sizeof(held_signals[0]); i++)
		(void)sigaddset(&held, held_signals[i]);
	(void)sigprocmask(SIG_BLOCK, &held, before);
}

static int
check_signals(struct err *err)
{
	sigset_t pending;
	size_t i;

	if (sigpending(&pending) == -1)
		return 0;
	for (i = 0; i < sizeof(stop_signals) / sizeof(stop_signals[0]); i++) {
		if (sigismember(&pending, stop_signals[i]) == 1)
			return err_setf(err, ERR_REFUSED,
			    "stopped by a signal (%s)",
			    strsignal(stop_signals[i]));
	}
	return 0;
}

/* Two names of one file could not both be put back. */
static int
check_twice(const struct change *c, const struct generation_file *file,
    const struct conffile *now, struct err *err)
{
	char shown[SHOWN_SIZE], shown_other[SHOWN_SIZE];
	size_t i;

	for (i = 0; i < c->journal.n_files; i++) {
		if (strcmp(c->journal.files[i].path, file->path) != 0 &&
		    (now->bytes == NULL || c->old[i].bytes == NULL ||
			c->old[i].dev != now->dev || c->old[i].ino != now->ino))
			continue;
		return err_setf(err, ERR_REFUSED,
		    "%s: the same file as %s, which is to be changed, too",
		    escape_text(shown, sizeof(shown), file->path),
		    escape_text(shown_other, sizeof(shown_other),
			c->journal.files[i].path));
	}
	return 0;
}

static int
describe_looks(struct journal_file *f, const struct generation_file *file,
    const struct conffile *now, struct err *err)
{
	struct conffile like = { .bytes = NULL };

	f->before = now->look;
	memset(&f->after, 0, sizeof(f->after));
	if (file->bytes == NULL)
		return 0;
	if (file->like != NULL) {
		if (conffile_read(&like, file->like, err) == -1)
			return -1;
		conffile_clear(&like);
	}
	if (like.look.exists || now->look.exists) {
		f->after = like.look.exists ? like.look : f->before;
		return 0;
	}
	f->after.exists = true;
	f->after.mode = FILE_MODE;
	f->after.uid = geteuid();
	f->after.gid = geteuid() == 0 ? 0 : getegid();
	return 0;
}

/* Enter file in the journal, where it will change. */
static int
describe_file(
    struct change *c, const struct generation_file *file, struct err *err)
{
	struct conffile now = { .bytes = NULL };
	char shown[SHOWN_SIZE];
	int ret = -1;

	(void)escape_text(shown, sizeof(shown), file->path);
	if (!journal_allows(file->path) ||
	    c->journal.n_files == JOURNAL_MAX_FILES)
		return err_setf(err, ERR_REFUSED,
		    "%s: not a file that certgate may change", shown);
	if (conffile_path(c->store, file->path, c->path, err) == -1 ||
	    conffile_read(&now, c->path, err) == -1)
		goto out;
	if (file->was != NULL &&
	    !conffile_holds(&now, file->was, file->was_len)) {
		(void)err_setf(err, ERR_REFUSED,
		    "%s: somebody else changed it meanwhile; run certgate "
		    "again",
		    shown);
		goto out;
	}
	if (conffile_holds(&now, file->bytes, file->len)) {
		ret = 0;
		goto out;
	}
	if (check_twice(c, file, &now, err) == -1)
		goto out;
	if (file->bytes == NULL && conffile_is_link(c->store, file->path)) {
		(void)err_setf(err, ERR_REFUSED,
		    "%s: a symbolic link, which certgate did not make and "
		    "does not remove",
		    shown);
		goto out;
	}
	(void)strcpy(c->journal.files[c->journal.n_files].path, file->path);
	if (describe_looks(&c->journal.files[c->journal.n_files], file, &now,
		err) == -1)
		goto out;
	c->files[c->journal.n_files] = file;
	c->old[c->journal.n_files] = now;
	c->journal.n_files++;
	now.bytes = NULL;
	ret = 0;
out:
	conffile_clear(&now);
	return ret;
}

static int
describe(struct change *c, const struct change_link *link,
    const struct generation_file *files, size_t n_files, struct err *err)
{
	size_t i;

	c->journal.before = link->before;
	c->journal.after = link->after;
	c->journal.is_made = link->is_made;
	c->journal.files = calloc(JOURNAL_MAX_FILES, sizeof(*c->journal.files));
	if (c->journal.files == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	for (i = 0; i < n_files; i++) {
		if (describe_file(c, &files[i], err) == -1)
			return -1;
	}
	return 0;
}

static int
put_file_aside(struct change *c, size_t i, struct err *err)
{
	const struct journal_file *f = &c->journal.files[i];

	if (f->after.exists &&
	    file_create(undo_path(c->store, c->aside, c->folder, i, UNDO_NEW),
		c->files[i]->bytes, c->files[i]->len, 0600, geteuid(),
		getegid(), err) == -1)
		return -1;
	if (!f->before.exists)
		return 0;
	if (conffile_path(c->store, f->path, c->path, err) == -1)
		return -1;
	/* The folder lets nobody in, so the file may look as it did. */
	return file_restore(
	    undo_path(c->store, c->aside, c->folder, i, UNDO_OLD),
	    c->old[i].bytes, c->old[i].len, f->before.mode, f->before.uid,
	    f->before.gid, c->path, err);
}

static int
put_aside(struct change *c, struct err *err)
{
	size_t i;

	if (mkdirat(c->store->dir_fd, c->folder, 0700) == -1)
		return store_fail(c->store, c->folder, err);
	for (i = 0; i < c->journal.n_files; i++) {
		if (put_file_aside(c, i, err) == -1)
			return -1;
	}
	return file_sync_folder(store_path(c->store, c->path, c->folder), err);
}

static int
write_journal(struct change *c, const char *name, struct err *err)
{
	char *text = NULL;
	size_t len;
	int ret;

	if (journal_format(&c->journal, &text, &len, err) == -1)
		return -1;
	ret = file_replace(store_path(c->store, c->path, name), text, len,
	    0600, geteuid(), getegid(), err);
	free(text);
	return ret;
}

static int
apply(struct change *c, struct err *err)
{
	const struct journal *j = &c->journal;
	char staged[STORE_NAME_SIZE], whole[STORE_NAME_SIZE];
	size_t i;

	(void)store_generation(staged, j->after, STORE_STAGED);
	(void)store_generation(whole, j->after, STORE_WHOLE);
	if (j->is_made && store_rename(c->store, staged, whole, err) == -1)
		return -1;
	/* First what the files refer to, then the files. */
	if (j->before != j->after &&
	    store_switch(c->store, j->after, err) == -1)
		return -1;
	for (i = 0; i < j->n_files; i++) {
		if (conffile_set(c->store, j->files[i].path, &j->files[i].after,
			c->files[i]->bytes, c->files[i]->len,
			c->files[i]->like, err) == -1)
			return -1;
	}
	return 0;
}

/* The one step that makes the change last. */
static int
commit(struct change *c, struct err *err)
{
	int fd = c->store->dir_fd;
	int rc;

	/* One step, so that no end in between leaves sshd not told. */
	if (c->journal.n_files > 0)
		rc = renameat(fd, STORE_JOURNAL, fd, STORE_RELOAD_DUE);
	else
		rc = unlinkat(fd, STORE_JOURNAL, 0);
	return rc == -1 ? store_fail(c->store, STORE_JOURNAL, err) : 0;
}

/* After a failure: go back, and say so where that fails as well. */
static void
go_back(struct change *c, struct err *err)
{
	struct err first = *err;
	struct err second = ERR_INIT;

	if (undo_change(c->store, &c->journal, &second) == 0)
		return;
	err_clear(err);
	(void)err_setf(err, first.code,
	    "%s; and going back failed: %s; the next certgate command tries "
	    "that again",
	    first.text, second.text);
}

static int
prove_it(int (*prove)(void *ctx, struct err *err), void *ctx, struct err *err)
{
	if (prove == NULL || prove(ctx, err) == 0)
		return 0;
	return err_setf(err, ERR_REFUSED, "the change did not prove good");
}

static int
make(struct change *c, int (*prove)(void *ctx, struct err *err), void *ctx,
    struct err *err)
{
	struct err ignored = ERR_INIT;

	if (put_aside(c, err) == -1) {
		(void)store_sweep(c->store, &ignored);
		return -1;
	}
	if (write_journal(c, STORE_JOURNAL, err) == -1 || check_signals(err) == -1 ||
	    apply(c, err) == -1 || prove_it(prove, ctx, err) == -1 ||
	    check_signals(err) == -1 || commit(c, err) == -1) {
		go_back(c, err);
		return -1;
	}
	/* The change is made; what is left over now the next run removes. */
	(void)store_sweep(c->store, &ignored);
	return 0;
}

static struct change *
change_new(struct generation_store *s, const char *folder, struct err *err)
{
	struct change *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	c->store = s;
	c->folder = folder;
	return c;
}

static void
change_free(struct change *c)
{
	size_t i;

	for (i = 0; i < c->journal.n_files; i++)
		conffile_clear(&c->old[i]);
	journal_clear(&c->journal);
	free(c);
}

int
change_run(struct generation_store *s, const struct change_link *link,
    const struct generation_file *files, size_t n_files,
    int (*prove)(void *ctx, struct err *err), void *ctx, struct err *err)
{
	struct err own = ERR_INIT;
	struct change *c;
	sigset_t before;
	int ret = -1;

	if ((c = change_new(s, STORE_UNDO, err)) == NULL)
		return -1;
	if (describe(c, link, files, n_files, &own) == -1)
		goto out;
	if (link->before == link->after && c->journal.n_files == 0) {
		ret = prove_it(prove, ctx, &own);
		goto out;
	}
	hold_signals(&before);
	ret = make(c, prove, ctx, &own);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
out:
	if (ret == -1)
		(void)err_setf(err, own.code, "%s", own.text);
	change_free(c);
	return ret;
}

int
change_hold(struct generation_store *s, const struct change_link *link,
    const struct generation_file *files, size_t n_files, bool *differs,
    struct err *err)
{
	struct change *c;
	int ret = -1;

	*differs = false;
	if ((c = change_new(s, STORE_HELD, err)) == NULL)
		return -1;
	if (describe(c, link, files, n_files, err) == -1)
		goto out;
	if (link->before == link->after && c->journal.n_files == 0) {
		ret = 0;
		goto out;
	}
	if (put_aside(c, err) == -1 ||
	    write_journal(c, STORE_HELD "/" STORE_JOURNAL, err) == -1)
		goto out;
	*differs = true;
	ret = 0;
out:
	change_free(c);
	return ret;
}

int
change_recover(struct generation_store *s, bool *found, struct err *err)
{
	struct err own = ERR_INIT;
	struct journal j = { .files = NULL };
	char path[STORE_PATH_SIZE];
	char *text = NULL;
	size_t len;
	int ret = -1;

	*found = false;
	(void)store_path(s, path, STORE_JOURNAL);
	if (file_read(path, FILE_ROOTS, JOURNAL_MAX_BYTES, &text, &len, &own) ==
	    -1) {
		if (own.code == ERR_NOT_FOUND)
			return store_sweep(s, err);
		return err_setf(err, own.code, "%s", own.text);
	}
	if (journal_parse(&j, text, len, path, err) == -1 ||
	    undo_change(s, &j, err) == -1)
		goto out;
	*found = true;
	ret = 0;
out:
	free(text);
	journal_clear(&j);
	return ret;
}
