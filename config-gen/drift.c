#include "config.h"

#include "config-gen/drift.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config-gen/compile.h"
#include "config-gen/generation.h"
#include "config-gen/manifest.h"
#include "config-gen/target.h"
#include "config-gen/textdiff.h"
#include "lib/escape.h"
#include "lib/file.h"

#define MAX_SHOWN_LINES 20
#define MAX_TEXT (1024UL * 1024)

struct look {
	const struct root *root;
	const char *folder;
	struct drift *out;
	bool has_failed; /* out of memory */
};

/* lines is taken over. */
static void
add(struct look *l, const char *where, const char *what, char *lines)
{
	struct drift_item *grown;
	struct drift *d = l->out;
	char *copy = strdup(where);

	grown = realloc(d->items, (d->n_items + 1) * sizeof(*grown));
	if (grown != NULL)
		d->items = grown;
	if (grown == NULL || copy == NULL || lines == NULL) {
		free(copy);
		free(lines);
		l->has_failed = true;
		return;
	}
	d->items[d->n_items++] = (struct drift_item) { copy, what, lines };
}

/* The lines in which two texts differ, allocated. */
static char *
differences(const char *now, size_t now_len, const char *then, size_t then_len)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return NULL;
	textdiff_print(f, now == NULL ? "" : now, now_len,
	    then == NULL ? "" : then, then_len, MAX_SHOWN_LINES);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* A generated file's present text, and the one it goes to; NULL: none. */
static char *
file_differences(const struct look *l, const char *name)
{
	char path[PATH_MAX + 512];
	char *now = NULL, *then = NULL, *lines;
	size_t now_len = 0, then_len = 0;

	/* These are not text. */
	if (l->folder == NULL || strcmp(name, COMPILE_INDEX) == 0 ||
	    strcmp(name, COMPILE_REVOKED) == 0)
		return strdup("");
	(void)snprintf(path, sizeof(path), "%s%s/%s", l->root->dir,
	    ROOT_CURRENT, name);
	(void)file_read(path, FILE_ANY, MAX_TEXT, &now, &now_len, NULL);
	(void)snprintf(path, sizeof(path), "%s/%s", l->folder, name);
	(void)file_read(path, FILE_ANY, MAX_TEXT, &then, &then_len, NULL);
	lines = differences(now, now_len, then, then_len);
	free(now);
	free(then);
	return lines;
}

static void
found_file(void *ctx, const char *name, const char *what)
{
	struct look *l = ctx;
	char where[1024];

	(void)snprintf(where, sizeof(where), "%s/%s", ROOT_CURRENT, name);
	add(l, where, what, file_differences(l, name));
}

/*
 * How many directives the current generation needs; those that are there
 * where its index, of which the manifest tells, cannot say it.
 */
static size_t
count_directives(const char *current, const struct sshdconf *conf)
{
	const char *last = target_keywords[TARGET_N_DIRECTIVES - 1];
	size_t i, n;

	if (target_count(current, &n, NULL) == 0)
		return n;
	for (i = 0; i < conf->n_lines; i++) {
		if (conf->lines[i].is_ours &&
		    strcmp(conf->lines[i].keyword, last) == 0)
			return TARGET_N_DIRECTIVES;
	}
	return TARGET_N_DIRECTIVES - 1;
}

/* Our directives in sshd's configuration: whole, first, and ours. */
static int
look_config(struct look *l, const char *current, const struct sshdconf *conf,
    struct err *err)
{
	struct sshdconf_edit edit = { 0 };
	char where[1024];
	size_t i;

	if (sshdconf_edit(conf, l->root, target_directives,
		count_directives(current, conf), false, &edit, err) < 0)
		return -1;
	for (i = 0; i < edit.n_files; i++) {
		const struct sshdconf_change *f = &edit.files[i];

		if (!f->is_changed)
			continue;
		add(l, escape_text(where, sizeof(where), f->path),
		    f->old == NULL
			? "with certgate's directives is missing"
			: "does not hold certgate's directives as apply "
			  "writes them",
		    differences(f->old, f->old == NULL ? 0 : f->old_len,
			f->bytes, f->bytes == NULL ? 0 : f->len));
	}
	sshdconf_edit_clear(&edit);
	return 0;
}

bool
drift_has_ours(const struct sshdconf *conf)
{
	size_t i;

	for (i = 0; i < conf->n_lines; i++)
		if (conf->lines[i].is_ours)
			return true;
	return false;
}

int
drift_is_unused(const struct root *root, const struct sshdconf *conf,
    bool *is_unused, struct err *err)
{
	bool is_removed;

	if (generation_peek_removed(root, &is_removed, err) < 0)
		return -1;
	*is_unused = is_removed && conf->stray.path == NULL &&
	    !drift_has_ours(conf);
	return 0;
}

/* What the generation's files are, by its manifest. */
static int
look_files(struct look *l, const char *current, struct err *err)
{
	struct err why = ERR_INIT;
	struct stat st;

	if (manifest_check(current, found_file, l, &why) >= 0)
		return 0;
	if (why.code == ERR_MEMORY)
		return err_setf(err, why.code, "%s", why.text);
	if (lstat(current, &st) < 0 && errno == ENOENT)
		add(l, ROOT_CURRENT, "is missing", strdup(""));
	else
		add(l, ROOT_CURRENT "/" MANIFEST_FILE,
		    why.code == ERR_NOT_FOUND ? "is missing"
					      : "cannot be used",
		    strdup(""));
	return 0;
}

int
drift_look(const struct root *root, const struct sshdconf *conf,
    const char *folder, struct drift *out, struct err *err)
{
	struct look l = { .root = root, .folder = folder, .out = out };
	char current[PATH_MAX];

	*out = (struct drift) { NULL, 0 };
	(void)root_path(root, current, ROOT_CURRENT);
	if (look_files(&l, current, err) < 0 ||
	    look_config(&l, current, conf, err) < 0)
		return -1;
	return l.has_failed ? err_setf(err, ERR_MEMORY, "out of memory") : 0;
}

void
drift_clear(struct drift *d)
{
	size_t i;

	for (i = 0; i < d->n_items; i++) {
		free(d->items[i].where);
		free(d->items[i].lines);
	}
	free(d->items);
	*d = (struct drift) { NULL, 0 };
}

json_t *
drift_json(const struct drift *d)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < d->n_items; i++) {
		const struct drift_item *item = &d->items[i];
		json_t *lines = json_array();
		const char *p = item->lines;

		while (*p != '\0') {
			size_t len;

			p += strspn(p, " ");
			len = strcspn(p, "\n");
			(void)json_array_append_new(
			    lines, json_stringn(p, len));
			p += len + (p[len] == '\n' ? 1 : 0);
		}
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:o}", "where", item->where, "what",
			item->what, "lines", lines));
	}
	return list;
}
