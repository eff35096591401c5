/*
 * Staging: the files of an edit under other names, so that sshd can be asked
 * about them while the real ones stand untouched.  An Include line that
 * leads to a file that changes names its files one by one instead.
 */
#include "config.h"

#include "config-gen/sshdconf_int.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stager {
	const struct sshdconf *c;
	const struct sshdconf_edit *e;
	const char *folder;
	const struct sshdconf_change *dropin; /* NULL: does not change */
	char *dropin_name; /* where it is staged */
	bool *is_staged; /* for each of c->files */
};

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

static const struct sshdconf_change *
change_of(const struct sshdconf_edit *e, const char *path)
{
	size_t i;

	for (i = 0; i < e->n_files; i++)
		if (e->files[i].is_changed &&
		    strcmp(e->files[i].path, path) == 0)
			return &e->files[i];
	return NULL;
}

/* Whether an argument of an Include leads to a file that is staged. */
static bool
is_affected(const struct stager *s, const struct sshdconf_include *in)
{
	return (in->file != SIZE_MAX && s->is_staged[in->file]) ||
	    (s->dropin != NULL && sshdconf_covers_dropin(in->pattern));
}

/* The files to stage: the main file, all that change and all on the way. */
static void
staged_find(const struct stager *s)
{
	const struct sshdconf *c = s->c;
	bool is_settled = false;
	size_t i, k;

	for (i = 0; i < c->n_files; i++)
		s->is_staged[i] =
		    i == 0 || change_of(s->e, c->files[i].path) != NULL;
	while (!is_settled) {
		is_settled = true;
		for (i = 0; i < c->n_lines; i++) {
			const struct sshdconf_line *l = &c->lines[i];

			if (s->is_staged[l->file])
				continue;
			for (k = 0; k < l->n_includes; k++)
				if (is_affected(
					s, &c->includes[l->include + k]))
					s->is_staged[l->file] = true;
			if (s->is_staged[l->file])
				is_settled = false;
		}
	}
}

/* The path at which c->files[i] is staged; NULL out of memory. */
static char *
name_make(const struct stager *s, size_t i)
{
	char *out = NULL;

	if ((i == 0 ? asprintf(&out, "%s/sshd_config", s->folder) :
		      asprintf(&out, "%s/%zu.conf", s->folder, i)) < 0)
		return NULL;
	return out;
}

/* Append path as an Include argument that matches itself and nothing else. */
static void
path_write(FILE *out, const char *path)
{
	(void)fputs(" \"", out);
	for (; *path != '\0'; path++) {
		if (strchr("*?[\\", *path) != NULL)
			(void)fputs("\\\\", out);
		if (*path == '\\' || *path == '"')
			(void)fputc('\\', out);
		(void)fputc(*path, out);
	}
	(void)fputc('"', out);
}

static int
file_write(const struct stager *s, FILE *out, size_t file, struct err *err)
{
	char *name;

	if (!s->is_staged[file]) {
		path_write(out, s->c->files[file].path);
		return 0;
	}
	if ((name = name_make(s, file)) == NULL)
		return out_of_memory(err);
	path_write(out, name);
	free(name);
	return 0;
}

/*
 * Append one argument of an Include line, as all of its files.  first is the
 * first of its entries in c->includes.
 */
static int
arg_write(const struct stager *s, FILE *out, size_t first, struct err *err)
{
	const struct sshdconf *c = s->c;
	const char *pattern = c->includes[first].pattern;
	bool is_covering = s->dropin != NULL && sshdconf_covers_dropin(pattern);
	bool is_due = is_covering && s->dropin->bytes != NULL;
	size_t i;

	for (i = first; i < c->n_includes &&
	     c->includes[i].file != SIZE_MAX &&
	     strcmp(c->includes[i].pattern, pattern) == 0; i++) {
		size_t file = c->includes[i].file;
		int order = strcmp(c->files[file].path, SSHDCONF_DROPIN_PATH);

		if (is_due && order >= 0) {
			path_write(out, s->dropin_name);
			is_due = false;
		}
		if ((order != 0 || !is_covering) &&
		    file_write(s, out, file, err) < 0)
			return -1;
	}
	if (is_due)
		path_write(out, s->dropin_name);
	return 0;
}

static int
include_write(const struct stager *s, FILE *out,
    const struct sshdconf_line *l, struct err *err)
{
	const struct sshdconf *c = s->c;
	size_t i;

	(void)fputs("Include", out);
	for (i = l->include; i < l->include + l->n_includes; i++)
		if ((i == l->include ||
			strcmp(c->includes[i].pattern,
			    c->includes[i - 1].pattern) != 0) &&
		    arg_write(s, out, i, err) < 0)
			return -1;
	/* Matches nothing: an Include wants an argument. */
	(void)fprintf(out, " \"%s/none\"\n", s->folder);
	return 0;
}

static bool
is_line_affected(const struct stager *s, const struct sshdconf_line *l)
{
	size_t k;

	for (k = 0; k < l->n_includes; k++)
		if (is_affected(s, &s->c->includes[l->include + k]))
			return true;
	return false;
}

/*
 * The Include line that a raw line of c->files[file] is, if it leads to a
 * staged file; else NULL.  Told by its text, since an edit moves lines.
 */
static const struct sshdconf_line *
include_find(
    const struct stager *s, size_t file, const char *raw, size_t raw_len)
{
	const struct sshdconf *c = s->c;
	char *keyword = NULL;
	char *rest = NULL;
	bool is_include;
	size_t i;

	is_include = sshdconf_raw_parse(raw, raw_len, NO_PLACE, &keyword,
			 &rest, NULL) == 1 &&
	    strcmp(keyword, "include") == 0;
	free(keyword);
	free(rest);
	for (i = 0; is_include && i < c->n_lines; i++) {
		const struct sshdconf_line *l = &c->lines[i];

		if (l->file == file && l->n_includes > 0 && l->len == raw_len &&
		    memcmp(c->files[file].bytes + l->offset, raw, raw_len) == 0)
			return is_line_affected(s, l) ? l : NULL;
	}
	return NULL;
}

/* The staged content of c->files[n]. */
static int
file_stage(const struct stager *s, size_t n, struct sshdconf_file *to,
    struct err *err)
{
	const struct sshdconf_file *f = &s->c->files[n];
	const struct sshdconf_change *change = change_of(s->e, f->path);
	const char *bytes = change == NULL ? f->bytes : change->bytes;
	size_t len = change == NULL ? f->len : change->len;
	struct sshdconf_raw raw = { 0, 0, 0 };
	FILE *out;
	int ret = 0;

	if ((to->path = name_make(s, n)) == NULL ||
	    (out = open_memstream(&to->bytes, &to->len)) == NULL)
		return out_of_memory(err);
	while (ret == 0 && sshdconf_raw_next(bytes, len, &raw)) {
		const char *text = bytes + raw.offset;
		const struct sshdconf_line *l =
		    include_find(s, n, text, raw.len);

		if (l != NULL)
			ret = include_write(s, out, l, err);
		else
			(void)fwrite(text, 1, raw.len, out);
	}
	if (sshdconf_stream_end(out, err) < 0)
		ret = -1;
	return ret;
}

static int
dropin_stage(
    const struct stager *s, struct sshdconf_file *to, struct err *err)
{
	if ((to->path = strdup(s->dropin_name)) == NULL ||
	    (to->bytes = malloc(s->dropin->len + 1)) == NULL)
		return out_of_memory(err);
	memcpy(to->bytes, s->dropin->bytes, s->dropin->len);
	to->bytes[s->dropin->len] = '\0';
	to->len = s->dropin->len;
	return 0;
}

int
sshdconf_stage(const struct sshdconf *c, const struct sshdconf_edit *e,
    const char *folder, struct sshdconf_file **out, size_t *n_out,
    struct err *err)
{
	struct stager s = { c, e, folder,
		change_of(e, SSHDCONF_DROPIN_PATH), NULL, NULL };
	struct sshdconf_file *files = NULL;
	size_t n = 0;
	size_t i;
	int ret = -1;

	if ((s.is_staged = calloc(c->n_files, sizeof(*s.is_staged))) == NULL ||
	    (files = calloc(c->n_files + 1, sizeof(*files))) == NULL ||
	    asprintf(&s.dropin_name, "%s/00-certgate.conf", folder) < 0) {
		s.dropin_name = NULL;
		(void)out_of_memory(err);
		goto out;
	}
	staged_find(&s);
	for (i = 0; i < c->n_files; i++)
		if (s.is_staged[i] &&
		    (s.dropin == NULL ||
			strcmp(c->files[i].path, SSHDCONF_DROPIN_PATH) != 0) &&
		    file_stage(&s, i, &files[n++], err) < 0)
			goto out;
	if (s.dropin != NULL && s.dropin->bytes != NULL &&
	    dropin_stage(&s, &files[n++], err) < 0)
		goto out;
	*out = files;
	*n_out = n;
	files = NULL;
	ret = 0;
out:
	free(s.dropin_name);
	free(s.is_staged);
	sshdconf_files_free(files, n);
	return ret;
}
