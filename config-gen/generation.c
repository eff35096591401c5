#include "config.h"

#include "config-gen/generation.h"

#include "config-gen/change.h"
#include "config-gen/store.h"
#include "config-gen/tree.h"
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everybody's logins read what is in it. */
#define FOLDER_MODE 0755

struct generation_store *
generation_open(const struct root *root, unsigned int wait_s, bool *recovered,
    struct err *err)
{
	struct generation_store *s;
	bool found;

	if ((s = store_open(root, wait_s, err)) == NULL)
		return NULL;
	if (change_recover(s, &found, err) == -1) {
		store_close(s);
		return NULL;
	}
	if (recovered != NULL)
		*recovered = found;
	return s;
}

/* Drop what generation_begin began. */
static int
drop_begun(struct generation_store *s, struct err *err)
{
	if (s->begun == 0)
		return 0;
	s->begun = 0;
	return tree_remove(s->folder, err);
}

void
generation_close(struct generation_store *s)
{
	struct err ignored = ERR_INIT;

	if (s == NULL)
		return;
	(void)drop_begun(s, &ignored);
	store_close(s);
}

int
generation_current(
    struct generation_store *s, unsigned long *number, struct err *err)
{
	return store_current(s->dir, number, err);
}

int
generation_peek(const struct root *root, unsigned long *number, struct err *err)
{
	char *folder = NULL;
	int ret = store_find(root, "", &folder, err);

	if (ret == 0)
		*number = 0;
	else if (ret == 1)
		ret = store_current(folder, number, err);
	free(folder);
	return ret;
}

/* The number for a new generation: no other one has or had it, if named. */
static int
next_number(struct generation_store *s, unsigned long *number, struct err *err)
{
	struct generation_info *list = NULL;
	unsigned long current;
	size_t n;

	if (generation_current(s, &current, err) == -1 ||
	    generation_list(s, &list, &n, err) == -1)
		return -1;
	*number = current;
	if (n > 0 && list[n - 1].number > current)
		*number = list[n - 1].number;
	(*number)++;
	free(list);
	return 0;
}

int
generation_begin(struct generation_store *s, const char **folder,
    unsigned long *number, struct err *err)
{
	char name[STORE_NAME_SIZE];
	unsigned long next;

	if (drop_begun(s, err) == -1 || next_number(s, &next, err) == -1)
		return -1;
	(void)store_generation(name, next, STORE_STAGED);
	if (mkdirat(s->dir_fd, name, FOLDER_MODE) == -1)
		return store_fail(s, name, err);
	s->begun = next;
	s->is_settled = false;
	(void)store_path(s, s->folder, name);
	/* The umask, often 077 for root, must not lock sshd out. */
	if (fchmodat(s->dir_fd, name, FOLDER_MODE, 0) == -1)
		return store_fail(s, name, err);
	*folder = s->folder;
	*number = next;
	return 0;
}

/* Make the begun generation ready, or drop it where it is the current one. */
static int
settle_begun(struct generation_store *s, unsigned long current, bool *is_new,
    struct err *err)
{
	char name[STORE_NAME_SIZE], old[STORE_PATH_SIZE];
	bool is_same = false;

	*is_new = s->begun != 0;
	if (s->begun == 0 || s->is_settled)
		return 0;
	(void)store_generation(name, current, STORE_WHOLE);
	if (current != 0 &&
	    tree_share(s->folder, store_path(s, old, name), &is_same, err) ==
		-1)
		return -1;
	if (is_same) {
		*is_new = false;
		return drop_begun(s, err);
	}
	if (tree_sync(s->folder, err) == -1)
		return -1;
	s->is_settled = true;
	return 0;
}

int
generation_commit(struct generation_store *s,
    const struct generation_file *files, size_t n_files,
    int (*prove)(void *ctx, struct err *err), void *ctx, bool *is_new,
    struct err *err)
{
	struct change_link link;

	if (generation_current(s, &link.before, err) == -1 ||
	    settle_begun(s, link.before, &link.is_made, err) == -1)
		return -1;
	link.after = link.is_made ? s->begun : link.before;
	if (change_run(s, &link, files, n_files, prove, ctx, err) == -1)
		return -1;
	s->begun = 0;
	if (is_new != NULL)
		*is_new = link.is_made;
	return 0;
}

int
generation_hold(struct generation_store *s,
    const struct generation_file *files, size_t n_files,
    struct generation_link *out, bool *differs, struct err *err)
{
	struct change_link link;

	if (generation_current(s, &link.before, err) == -1 ||
	    settle_begun(s, link.before, &link.is_made, err) == -1)
		return -1;
	link.after = link.is_made ? s->begun : link.before;
	if (change_hold(s, &link, files, n_files, differs, err) == -1)
		return -1;
	out->before = link.before;
	out->after = link.after;
	return 0;
}

/* Turn 0 into the number before current; see that it is there. */
static int
find_generation(struct generation_store *s, unsigned long current,
    unsigned long *number, struct err *err)
{
	struct generation_info *list = NULL;
	unsigned long found = 0;
	size_t i, n;

	if (generation_list(s, &list, &n, err) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		if (*number != 0 ? list[i].number == *number
				 : list[i].number < current)
			found = list[i].number;
	}
	free(list);
	if (found == 0 && *number != 0)
		return err_setf(
		    err, ERR_NOT_FOUND, "no generation %lu", *number);
	if (found == 0)
		return err_setf(
		    err, ERR_NOT_FOUND, "no generation before the current one");
	*number = found;
	return 0;
}

int
generation_find(struct generation_store *s, unsigned long *number,
    char folder[PATH_MAX], struct err *err)
{
	char name[STORE_NAME_SIZE], path[STORE_PATH_SIZE];
	unsigned long current;

	if (generation_current(s, &current, err) == -1 ||
	    find_generation(s, current, number, err) == -1)
		return -1;
	(void)store_generation(name, *number, STORE_WHOLE);
	(void)snprintf(folder, PATH_MAX, "%s", store_path(s, path, name));
	return 0;
}

int
generation_rollback(struct generation_store *s, unsigned long *number,
    const struct generation_file *files, size_t n_files,
    int (*prove)(void *ctx, struct err *err), void *ctx, struct err *err)
{
	struct change_link link;

	if (generation_current(s, &link.before, err) == -1 ||
	    find_generation(s, link.before, number, err) == -1)
		return -1;
	link.after = *number;
	link.is_made = false;
	return change_run(s, &link, files, n_files, prove, ctx, err);
}

bool
generation_reload_due(const struct generation_store *s)
{
	return faccessat(
		   s->dir_fd, STORE_RELOAD_DUE, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int
generation_reload_done(struct generation_store *s, struct err *err)
{
	if (unlinkat(s->dir_fd, STORE_RELOAD_DUE, 0) == -1 && errno != ENOENT)
		return store_fail(s, STORE_RELOAD_DUE, err);
	return 0;
}

int
generation_set_removed(
    struct generation_store *s, bool is_removed, struct err *err)
{
	char path[STORE_PATH_SIZE];

	if (is_removed)
		return file_replace(store_path(s, path, STORE_REMOVED), "", 0,
		    0600, geteuid(), getegid(), err);
	if (unlinkat(s->dir_fd, STORE_REMOVED, 0) == -1 && errno != ENOENT)
		return store_fail(s, STORE_REMOVED, err);
	return 0;
}

int
generation_peek_removed(
    const struct root *root, bool *is_removed, struct err *err)
{
	char *path = NULL;
	int ret = store_find(root, STORE_REMOVED, &path, err);

	*is_removed = ret == 1 && access(path, F_OK) == 0;
	free(path);
	return ret < 0 ? -1 : 0;
}
