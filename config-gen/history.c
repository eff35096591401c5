#include "config.h"

#include "config-gen/generation.h"

#include "config-gen/pending.h"
#include "config-gen/store.h"
#include "config-gen/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
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

/* 1: name is a generation, described in info; 0: it is not; -1. */
static int
describe(struct generation_store *s, const char *name, unsigned long current,
    struct generation_info *info, struct err *err)
{
	char path[STORE_NAME_SIZE];
	struct stat st;

	if (!store_number(name, &info->number))
		return 0;
	(void)store_generation(path, info->number, STORE_WHOLE);
	if (fstatat(s->dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return store_fail(s, path, err);
	info->made_at = st.st_mtime;
	info->is_current = info->number == current;
	return S_ISDIR(st.st_mode) ? 1 : 0;
}

int
generation_list(struct generation_store *s, struct generation_info **out,
    size_t *n, struct err *err)
{
	struct generation_info *list = NULL, *bigger;
	const struct dirent *entry;
	unsigned long current;
	char path[STORE_PATH_SIZE];
	size_t used = 0, cap = 0;
	DIR *d = NULL;
	int rc;
	int ret = -1;

	if (generation_current(s, &current, err) == -1)
		return -1;
	if ((d = opendir(store_path(s, path, STORE_GENERATIONS))) == NULL)
		return store_fail(s, STORE_GENERATIONS, err);
	for (;;) {
		errno = 0;
		if ((entry = readdir(d)) == NULL)
			break;
		if (used == cap) {
			cap = cap == 0 ? 16 : cap * 2;
			bigger = reallocarray(list, cap, sizeof(*list));
			if (bigger == NULL) {
				(void)err_setf(
				    err, ERR_MEMORY, "out of memory");
				goto out;
			}
			list = bigger;
		}
		rc = describe(s, entry->d_name, current, &list[used], err);
		if (rc == -1)
			goto out;
		used += (size_t)rc;
	}
	if (errno != 0) {
		(void)store_fail(s, STORE_GENERATIONS, err);
		goto out;
	}
	if (used > 0)
		qsort(list, used, sizeof(*list), order);
	*out = list;
	*n = used;
	list = NULL;
	ret = 0;
out:
	(void)closedir(d);
	free(list);
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
