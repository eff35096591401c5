#include "config.h"

#include "config-gen/generation.h"

#include "config-gen/pending.h"
#include "config-gen/store.h"
#include "config-gen/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define KEEP_NUMBER 10
#define KEEP_BYTES (256UL * 1024 * 1024)

static int
order(const void *a, const void *b)
{
	const struct generation_info *x = a;
	const struct generation_info *y = b;

	if (x->number == y->number)
		return 0;
	return x->number < y->number ? -1 : 1;
}

/* A growing list. */
struct listing {
	struct generation_info *items;
	size_t n_items, n_room;
};

/* Take in the folder's entry name, where it is a generation. */
static int
listing_add(struct listing *l, DIR *d, const char *name, unsigned long current)
{
	struct generation_info info = { 0, 0, false };
	struct generation_info *bigger;
	struct stat st;

	if (!store_number(name, &info.number))
		return 0;
	if (fstatat(dirfd(d), name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode))
		return 0;
	info.made_at = st.st_mtime;
	info.is_current = info.number == current;
	if (l->n_items == l->n_room) {
		l->n_room = l->n_room == 0 ? 16 : l->n_room * 2;
		bigger = reallocarray(l->items, l->n_room, sizeof(*bigger));
		if (bigger == NULL)
			return -1;
		l->items = bigger;
	}
	l->items[l->n_items++] = info;
	return 0;
}

/* dir: the store's folder. */
static int
list_read(const char *dir, struct generation_info **out, size_t *n,
    struct err *err)
{
	struct listing l = { NULL, 0, 0 };
	const struct dirent *entry;
	unsigned long current;
	char *path = NULL;
	DIR *d = NULL;
	int ret = -1;

	if (store_current(dir, &current, err) == -1)
		return -1;
	if (asprintf(&path, "%s/" STORE_GENERATIONS, dir) < 0)
		return err_setf(err, ERR_MEMORY, "out of memory");
	if ((d = opendir(path)) == NULL && errno != ENOENT)
		goto out;
	for (errno = 0; d != NULL && (entry = readdir(d)) != NULL; errno = 0) {
		if (listing_add(&l, d, entry->d_name, current) == -1)
			goto out;
	}
	if (d != NULL && errno != 0)
		goto out;
	if (l.n_items > 0)
		qsort(l.items, l.n_items, sizeof(*l.items), order);
	*out = l.items;
	*n = l.n_items;
	l.items = NULL;
	ret = 0;
out:
	if (ret == -1)
		(void)err_system(err, "%s", path);
	if (d != NULL)
		(void)closedir(d);
	free(l.items);
	free(path);
	return ret;
}

int
generation_list(struct generation_store *s, struct generation_info **out,
    size_t *n, struct err *err)
{
	return list_read(s->dir, out, n, err);
}

int
generation_peek_list(const struct root *root, struct generation_info **out,
    size_t *n, struct err *err)
{
	char *folder = NULL;
	int ret = store_find(root, "", &folder, err);

	*out = NULL;
	*n = 0;
	if (ret == 1)
		ret = list_read(folder, out, n, err);
	free(folder);
	return ret;
}

static int
drop(struct generation_store *s, unsigned long number, struct err *err)
{
	char whole[STORE_NAME_SIZE], gone[STORE_NAME_SIZE],
	    path[STORE_PATH_SIZE];

	(void)store_generation(whole, number, STORE_WHOLE);
	(void)store_generation(gone, number, STORE_GONE);
	/* One half removed must not pass for a generation. */
	if (store_rename(s, whole, gone, err) == -1)
		return -1;
	return tree_remove(store_path(s, path, gone), err);
}

/*
 * Whether list[i] must stay: the current one, the one before it, or held,
 * which a change that waits for confirmation would go back to.
 */
static bool
is_needed(const struct generation_info *list, size_t n, size_t i,
    unsigned long held)
{
	return list[i].is_current || list[i].number == held ||
	    (i + 1 < n && list[i + 1].is_current);
}

int
generation_prune(struct generation_store *s, struct err *err)
{
	struct generation_info *list = NULL;
	struct tree_count count = { .files = NULL };
	struct pending pending = { .before = 0 };
	char name[STORE_NAME_SIZE], path[STORE_PATH_SIZE];
	size_t n, i, n_kept = 0;
	bool is_full = false;
	int ret = -1;

	if (pending_read(s, &pending, err) == -1 ||
	    generation_list(s, &list, &n, err) == -1)
		return -1;
	/* What stays in any case uses up the room first. */
	for (i = 0; i < n; i++) {
		if (!is_needed(list, n, i, pending.before))
			continue;
		(void)store_generation(name, list[i].number, STORE_WHOLE);
		if (tree_count(&count, store_path(s, path, name), err) == -1)
			goto out;
		n_kept++;
	}
	for (i = n; i > 0; i--) {
		if (is_needed(list, n, i - 1, pending.before))
			continue;
		(void)store_generation(name, list[i - 1].number, STORE_WHOLE);
		if (!is_full &&
		    tree_count(&count, store_path(s, path, name), err) == -1)
			goto out;
		is_full = is_full || n_kept == KEEP_NUMBER ||
		    count.bytes > KEEP_BYTES;
		if (!is_full)
			n_kept++;
		else if (drop(s, list[i - 1].number, err) == -1)
			goto out;
	}
	ret = 0;
out:
	tree_count_clear(&count);
	free(list);
	return ret;
}
