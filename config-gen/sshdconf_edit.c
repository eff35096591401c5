/*
 * Editing: where ours must stand to be first, and what each file holds then.
 */
#include "config.h"

#include "config-gen/sshdconf_int.h"

#include <sys/stat.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

#define VENDOR_PREFIX "/usr/"
#define COPY_VENDORS "copy it to " ROOT_SSHD_CONFIG " and apply again"

/* Everything that making one edit takes. */
struct editor {
	const struct sshdconf *c;
	const struct root *root; /* NULL: files in memory */
	const char *const *directives;
	size_t n_directives;
	bool with_replace;
	struct sshdconf_block block;
	const struct sshdconf_line *earlier; /* what hinders a drop-in, */
	bool lacks_folder; /* or that */
	struct sshdconf_edit *out;
};

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

static bool
has_folder(const struct root *root)
{
	char *on_host;
	struct stat st;
	bool ret;

	if (root == NULL ||
	    (on_host = sshdconf_resolve(root, SSHDCONF_FOLDER, NULL)) == NULL)
		return false;
	ret = stat(on_host, &st) == 0 && S_ISDIR(st.st_mode);
	free(on_host);
	return ret;
}

/* Whether a line that is read before ours leaves ours first. */
static bool
is_harmless(const struct editor *e, const struct sshdconf_line *line)
{
	return line->is_ours ||
	    (strcmp(line->keyword, "match") != 0 &&
		strcmp(line->keyword, "authorizedkeyscommand") != 0 &&
		!sshdconf_is_conflict(
		    line->keyword, e->directives, e->n_directives));
}

/*
 * Whether in the Include line, the first of all directives, our drop-in is
 * reached before anything that matters.
 */
static bool
is_reached_first(struct editor *e, const struct sshdconf_line *include)
{
	const struct sshdconf *c = e->c;
	size_t i, k;

	for (i = include->include; i < include->include + include->n_includes;
	     i++) {
		const struct sshdconf_include *in = &c->includes[i];

		if (sshdconf_covers_dropin(in->pattern) &&
		    (in->file == SIZE_MAX ||
			strcmp(c->files[in->file].path,
			    SSHDCONF_DROPIN_PATH) >= 0))
			return true;
		for (k = 0; k < in->n_lines; k++) {
			e->earlier = &c->lines[in->first_line + k];
			if (!is_harmless(e, e->earlier))
				return false;
		}
		/* All of its files sort before ours. */
		if (sshdconf_covers_dropin(in->pattern) &&
		    (i + 1 == include->include + include->n_includes ||
			strcmp(in[1].pattern, in->pattern) != 0))
			return true;
	}
	e->earlier = include;
	return false;
}

static enum sshdconf_where
place_find(struct editor *e)
{
	const struct sshdconf *c = e->c;
	size_t i = 0;

	while (i < c->n_lines && c->lines[i].is_ours)
		i++;
	e->earlier = i < c->n_lines ? &c->lines[i] : NULL;
	if (i == c->n_lines ||
	    strcmp(c->lines[i].keyword, "include") != 0 ||
	    !is_reached_first(e, &c->lines[i]))
		return SSHDCONF_BLOCK;
	e->lacks_folder = !has_folder(e->root);
	return e->lacks_folder ? SSHDCONF_BLOCK : SSHDCONF_DROPIN;
}

/*
 * Append raw to out as it shall be: a conflict commented out, or what is no
 * conflict any more restored.  0, or -1 with err.
 */
static int
raw_write(const struct editor *e, FILE *out, const char *raw, size_t len,
    struct err *err)
{
	struct err ignored = ERR_INIT;
	char *keyword = NULL;
	char *rest = NULL;
	bool is_conflict;
	int replaced, found;

	if ((replaced = sshdconf_raw_replaced(
		 raw, len, &keyword, &rest, err)) < 0)
		return -1;
	found = replaced == 1 ? 1 :
				sshdconf_raw_parse(raw, len, NO_PLACE,
				    &keyword, &rest, &ignored);
	if (found < 0 && ignored.code == ERR_MEMORY)
		return out_of_memory(err);
	is_conflict = found == 1 && e->n_directives > 0 &&
	    sshdconf_is_conflict(keyword, e->directives, e->n_directives);
	free(keyword);
	free(rest);
	if (replaced == 1 && !is_conflict) {
		raw += strlen(SSHDCONF_REPLACED);
		len -= strlen(SSHDCONF_REPLACED);
	} else if (replaced == 0 && is_conflict && e->with_replace)
		(void)fputs(SSHDCONF_REPLACED, out);
	(void)fwrite(raw, 1, len, out);
	return 0;
}

static void
block_write(const struct editor *e, FILE *out, const char *line_end)
{
	size_t i;

	(void)fprintf(out, "%s%s", SSHDCONF_BEGIN, line_end);
	for (i = 0; i < e->n_directives; i++)
		(void)fprintf(out, "%s%s", e->directives[i], line_end);
	(void)fprintf(out, "%s%s", SSHDCONF_END, line_end);
}

/* The line end of a file, its block left out: that of its first line. */
static const char *
line_end_of(const struct sshdconf_file *f, const struct sshdconf_block *b)
{
	size_t start = b->start == 0 ? b->end : 0;
	const char *end;

	if ((end = memchr(f->bytes + start, '\n', f->len - start)) != NULL &&
	    end > f->bytes + start && end[-1] == '\r')
		return "\r\n";
	return "\n";
}

/*
 * The new content of an administrator's file: b, the span of a block, is
 * left out, and with_block puts one in, where there is one already and
 * nothing stands before it, else at the top.
 */
static int
file_write(const struct editor *e, const struct sshdconf_file *f,
    const struct sshdconf_block *b, bool with_block, char **bytes, size_t *len,
    struct err *err)
{
	struct sshdconf_raw raw = { 0, 0, 0 };
	size_t at = b->end != 0 && b->is_first ? b->start : 0;
	char *made = NULL;
	size_t made_len = 0;
	FILE *out;
	int ret = 0;

	if ((out = open_memstream(&made, &made_len)) == NULL)
		return out_of_memory(err);
	if (with_block && at == 0)
		block_write(e, out, line_end_of(f, b));
	while (ret == 0 && sshdconf_raw_next(f->bytes, f->len, &raw)) {
		if (with_block && at != 0 && raw.offset == at)
			block_write(e, out, line_end_of(f, b));
		if (raw.offset < b->start || raw.offset >= b->end)
			ret = raw_write(
			    e, out, f->bytes + raw.offset, raw.len, err);
	}
	if (sshdconf_stream_end(out, err) < 0)
		ret = -1;
	if (ret < 0) {
		free(made);
		return -1;
	}
	*bytes = made;
	*len = made_len;
	return 0;
}

static int
dropin_write(
    const struct editor *e, char **bytes, size_t *len, struct err *err)
{
	char *made = NULL;
	size_t made_len = 0;
	size_t i;
	FILE *out;

	if ((out = open_memstream(&made, &made_len)) == NULL)
		return out_of_memory(err);
	(void)fprintf(out, "%s\n", SSHDCONF_HEADER);
	for (i = 0; i < e->n_directives; i++)
		(void)fprintf(out, "%s\n", e->directives[i]);
	if (sshdconf_stream_end(out, err) < 0) {
		free(made);
		return -1;
	}
	*bytes = made;
	*len = made_len;
	return 0;
}

/*
 * Note that path shall hold bytes, which are taken over.  f is what it holds
 * now, or NULL.  Files that do not change are left out but for the first.
 */
static int
change_add(struct editor *e, const char *path, const struct sshdconf_file *f,
    char *bytes, size_t len, struct err *err)
{
	struct sshdconf_change *grown, *change;
	bool is_changed = f == NULL ?
	    bytes != NULL :
	    bytes == NULL || f->len != len || memcmp(f->bytes, bytes, len) != 0;

	if (!is_changed && e->out->n_files > 0) {
		free(bytes);
		return 0;
	}
	if ((grown = sshdconf_grow(e->out->files, e->out->n_files,
		 sizeof(*grown), err)) == NULL) {
		free(bytes);
		return -1;
	}
	e->out->files = grown;
	change = &grown[e->out->n_files];
	change->bytes = bytes;
	change->len = len;
	change->old = f == NULL ? NULL : f->bytes;
	change->old_len = f == NULL ? 0 : f->len;
	change->is_changed = is_changed;
	e->out->n_files++;
	if ((change->path = strdup(path)) == NULL)
		return out_of_memory(err);
	return 0;
}

/* Our drop-in as it is on disk; NULL: there is none. */
static const struct sshdconf_file *
dropin_find(const struct sshdconf *c)
{
	size_t i;

	for (i = 0; i < c->n_files; i++)
		if (strcmp(c->files[i].path, SSHDCONF_DROPIN_PATH) == 0)
			return &c->files[i];
	return c->stray.path == NULL ? NULL : &c->stray;
}

static int
dropin_edit(struct editor *e, struct err *err)
{
	const struct sshdconf_file *f = dropin_find(e->c);
	bool is_wanted =
	    e->n_directives > 0 && e->out->where == SSHDCONF_DROPIN;
	char *bytes = NULL;
	size_t len = 0;

	if (f == NULL && !is_wanted)
		return 0;
	if (is_wanted && dropin_write(e, &bytes, &len, err) < 0)
		return -1;
	return change_add(e, SSHDCONF_DROPIN_PATH, f, bytes, len, err);
}

static int
main_edit(struct editor *e, struct err *err)
{
	const struct sshdconf_file *f = &e->c->files[0];
	char *bytes = NULL;
	size_t len = 0;

	if (file_write(e, f, &e->block,
		e->n_directives > 0 && e->out->where == SSHDCONF_BLOCK, &bytes,
		&len, err) < 0)
		return -1;
	return change_add(e, f->path, f, bytes, len, err);
}

/* Replaced and restored lines in the other files. */
static int
included_edit(struct editor *e, struct err *err)
{
	static const struct sshdconf_block none = { 0, 0, false };
	size_t i, len;
	char *bytes;

	for (i = 1; i < e->c->n_files; i++) {
		const struct sshdconf_file *f = &e->c->files[i];

		if (sshdconf_is_dropin(f))
			continue;
		if (file_write(e, f, &none, false, &bytes, &len, err) < 0 ||
		    change_add(e, f->path, f, bytes, len, err) < 0)
			return -1;
	}
	return 0;
}

/* Whether what is ours can be told from what is not. */
static int
ours_find(struct editor *e, struct err *err)
{
	const struct sshdconf_file *dropin = dropin_find(e->c);
	struct sshdconf_block b;
	size_t i;

	if (sshdconf_block_find(&e->c->files[0], &e->block, err) < 0)
		return -1;
	for (i = 1; i < e->c->n_files; i++) {
		if (sshdconf_block_find(&e->c->files[i], &b, err) < 0)
			return -1;
		if (b.end != 0)
			return err_set(err, ERR_MALFORMED,
			    SSHDCONF_AT(e->c->files[i].path, 0),
			    "certgate's block stands in an included file",
			    "certgate made it in the main file only",
			    "delete the block, or move it back");
	}
	/* One that is not ours is in the way only where ours shall stand. */
	if (dropin != NULL &&
	    (sshdconf_is_dropin(dropin) ||
		(e->n_directives > 0 && e->out->where == SSHDCONF_DROPIN)))
		return sshdconf_dropin_check(dropin, err);
	return 0;
}

static bool
is_vendors(const char *path)
{
	return strncmp(path, VENDOR_PREFIX, strlen(VENDOR_PREFIX)) == 0;
}

/* A vendor's main file leaves no place for ours: -1, with err. */
static int
no_place(const struct editor *e, struct err *err)
{
	char shown[240], why[280];
	const char *fix;

	if (e->lacks_folder) {
		(void)snprintf(why, sizeof(why),
		    "there is no folder " SSHDCONF_FOLDER);
		fix = "make it and apply again";
	} else if (e->earlier == NULL) {
		(void)snprintf(why, sizeof(why), "it includes none");
		fix = COPY_VENDORS;
	} else {
		(void)snprintf(why, sizeof(why), "%s is read before it",
		    sshdconf_describe(
			e->c, e->earlier, shown, sizeof(shown)));
		fix = e->earlier->file == 0 ? COPY_VENDORS :
					      "rename that file so that it "
					      "sorts behind 00-certgate.conf";
	}
	return err_set(err, ERR_REFUSED,
	    SSHDCONF_AT(e->c->files[0].path, 0),
	    "is the vendor's, so certgate's directives can only stand in a "
	    "drop-in",
	    why, fix);
}

/* What the places of this machine do not allow. */
static int
places_check(const struct editor *e, struct err *err)
{
	char shown[128];
	size_t i;

	if (e->n_directives > 0 && e->out->where == SSHDCONF_BLOCK &&
	    is_vendors(e->c->files[0].path))
		return no_place(e, err);
	for (i = 0; i < e->out->n_files; i++)
		if (e->out->files[i].is_changed &&
		    is_vendors(e->out->files[i].path))
			return err_setf(err, ERR_REFUSED,
			    "%s: would have to change, but is the vendor's and "
			    "comes back with the next update; override its "
			    "lines in a file of " SSHDCONF_FOLDER,
			    escape_text(
				shown, sizeof(shown), e->out->files[i].path));
	return 0;
}

static int
directives_check(
    const char *const *directives, size_t n_directives, struct err *err)
{
	char shown[128];
	size_t i;

	for (i = 0; i < n_directives; i++) {
		char *keyword = NULL;
		char *rest = NULL;
		bool is_fine;

		is_fine = strpbrk(directives[i], "\r\n") == NULL &&
		    sshdconf_raw_parse(directives[i], strlen(directives[i]),
			NO_PLACE, &keyword, &rest, NULL) == 1 &&
		    sshdconf_is_certgates(keyword);
		free(keyword);
		free(rest);
		if (!is_fine)
			return err_setf(err, ERR_REFUSED,
			    "\"%s\" is no line that certgate sets in sshd's "
			    "configuration",
			    escape_text(shown, sizeof(shown), directives[i]));
	}
	return 0;
}

int
sshdconf_edit(const struct sshdconf *c, const struct root *root,
    const char *const *directives, size_t n_directives, bool with_replace,
    struct sshdconf_edit *out, struct err *err)
{
	struct sshdconf_edit made = { SSHDCONF_BLOCK, NULL, 0 };
	struct editor e = { c, root, directives, n_directives, with_replace,
		{ 0, 0, false }, NULL, false, &made };
	const struct sshdconf_file *dropin = dropin_find(c);

	if (directives_check(directives, n_directives, err) < 0)
		return -1;
	if (n_directives > 0)
		made.where = place_find(&e);
	else if (dropin != NULL && sshdconf_is_dropin(dropin))
		made.where = SSHDCONF_DROPIN;
	if (ours_find(&e, err) < 0)
		goto fail;
	if (made.where == SSHDCONF_DROPIN) {
		if (dropin_edit(&e, err) < 0 || main_edit(&e, err) < 0)
			goto fail;
	} else {
		if (main_edit(&e, err) < 0)
			goto fail;
		if (dropin != NULL && sshdconf_is_dropin(dropin) &&
		    dropin_edit(&e, err) < 0)
			goto fail;
	}
	if (included_edit(&e, err) < 0 || places_check(&e, err) < 0)
		goto fail;
	*out = made;
	return 0;
fail:
	sshdconf_edit_clear(&made);
	return -1;
}

void
sshdconf_edit_clear(struct sshdconf_edit *e)
{
	size_t i;

	for (i = 0; i < e->n_files; i++) {
		free(e->files[i].path);
		free(e->files[i].bytes);
	}
	free(e->files);
	e->files = NULL;
	e->n_files = 0;
}
