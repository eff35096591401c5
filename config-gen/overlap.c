#include "config.h"

#include "config-gen/overlap.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/compile.h"
#include "lib/err.h"
#include "lib/file.h"
#include "lib/sshwire.h"

/* As much as a million keys, or a list of every kind. */
#define MAX_FILE (256UL * 1024 * 1024)

struct lines {
	struct span *items; /* sorted */
	size_t n_items;
};

static int
order(const void *a, const void *b)
{
	const struct span *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int ret = len == 0 ? 0 : memcmp(x->p, y->p, len);

	return ret != 0 ? ret : (x->len > y->len) - (x->len < y->len);
}

static int
lines_of(struct lines *l, const char *text, size_t len)
{
	const char *end = text + len, *stop;
	size_t n = 1;

	for (stop = text; stop < end; stop++)
		n += *stop == '\n';
	if ((l->items = calloc(n, sizeof(*l->items))) == NULL)
		return -1;
	for (; text < end; text = stop + 1) {
		if ((stop = memchr(text, '\n', (size_t)(end - text))) == NULL)
			stop = end;
		l->items[l->n_items++] =
		    (struct span) { (const uint8_t *)text,
			(size_t)(stop - text) };
	}
	qsort(l->items, l->n_items, sizeof(*l->items), order);
	return 0;
}

static int
read_in(const char *folder, const char *name, char **text, size_t *len,
    struct err *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    sizeof(path))
		return err_setf(err, ERR_LIMIT, "too long a path");
	return file_read(path, FILE_ANY, MAX_FILE, text, len, err);
}

/* 1: all lines of text are among those of in; 0; -1. */
static int
has_all(const char *in, size_t in_len, const char *text, size_t len,
    struct err *err)
{
	struct lines whole = { NULL, 0 }, part = { NULL, 0 };
	int ret = -1;
	size_t i;

	if (len == 0 || (in_len == len && memcmp(in, text, len) == 0))
		return 1;
	if (lines_of(&whole, in, in_len) < 0 ||
	    lines_of(&part, text, len) < 0) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	for (i = 0; i < part.n_items; i++) {
		if (whole.n_items == 0 ||
		    bsearch(&part.items[i], whole.items, whole.n_items,
			sizeof(*whole.items), order) == NULL)
			break;
	}
	ret = i == part.n_items;
out:
	free(whole.items);
	free(part.items);
	return ret;
}

/*
 * Read name in the folder before.  1; 0: it is not there; 2: something else
 * is there, or too much of it; -1: it cannot be read now.
 */
static int
read_before(const char *before, const char *name, char **text, size_t *len,
    struct err *err)
{
	struct err why = ERR_INIT;

	if (read_in(before, name, text, len, &why) == 0)
		return 1;
	if (why.code == ERR_NOT_FOUND)
		return 0;
	if (why.code != ERR_SYSTEM && why.code != ERR_MEMORY)
		return 2;
	return err_setf(err, why.code, "%s", why.text);
}

/* 1: the keys of before are all in after; 0; -1. */
static int
keeps_keys(const char *before, const char *after, struct err *err)
{
	char *old = NULL, *new = NULL;
	size_t old_len, new_len;
	int ret = read_before(before, COMPILE_CA_FILE, &old, &old_len, err);

	/* Where there is none, sshd trusts nobody. */
	if (ret == 0)
		ret = 1;
	else if (ret == 2)
		ret = 0;
	else if (ret == 1)
		ret = read_in(after, COMPILE_CA_FILE, &new, &new_len, err) < 0
		    ? -1
		    : has_all(new, new_len, old, old_len, err);
	free(old);
	free(new);
	return ret;
}

/* 1: the lists of what is revoked are the same; 0; -1. */
static int
keeps_revoked(const char *before, const char *after, struct err *err)
{
	char *old = NULL, *new = NULL;
	size_t old_len, new_len;
	int ret = read_before(before, COMPILE_REVOKED, &old, &old_len, err);

	/* Where there is none, sshd refuses everybody. */
	if (ret == 0)
		ret = 1;
	else if (ret == 2)
		ret = 0;
	else if (ret == 1)
		ret = read_in(after, COMPILE_REVOKED, &new, &new_len, err) < 0
		    ? -1
		    : old_len == new_len && memcmp(old, new, old_len) == 0;
	free(old);
	free(new);
	return ret;
}

int
overlap_takes_away(const char *before, const char *after, struct err *err)
{
	int ret;

	if (before == NULL)
		return 0;
	if ((ret = keeps_keys(before, after, err)) == 1)
		ret = keeps_revoked(before, after, err);
	return ret < 0 ? -1 : !ret;
}

int
overlap_adds(const char *before, const char *user, const void *list,
    size_t len, struct err *err)
{
	char name[NAME_MAX + sizeof(COMPILE_LISTS) + 1];
	char *old = NULL;
	size_t old_len;
	int ret;

	if ((size_t)snprintf(name, sizeof(name), COMPILE_LISTS "/%s", user) >=
	    sizeof(name))
		return 1;
	ret = read_before(before, name, &old, &old_len, err);
	if (ret == 0 || ret == 2)
		ret = 1;
	else if (ret == 1 &&
	    (ret = has_all(old, old_len, list, len, err)) >= 0)
		ret = !ret;
	free(old);
	return ret;
}
