/*
 * Reading: files, the order in which sshd evaluates their lines, and Match
 * scopes.  Source: servconf.c:parse_server_config_depth.
 */
#include "config.h"

#include "config-gen/sshdconf_int.h"

#include <sys/stat.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/file.h"

/* servconf.h:SERVCONF_MAX_DEPTH */
#define MAX_DEPTH 16

struct reader {
	struct sshdconf *c;
	const struct root *root; /* NULL: includes match nothing */
};

static int read_lines(struct reader *r, size_t file, size_t match,
    unsigned int depth, struct err *err);

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

/* Take path and bytes over, which are freed here if it fails. */
static int
file_add(struct reader *r, char *path, char *bytes, size_t len,
    size_t *index, struct err *err)
{
	struct sshdconf *c = r->c;
	struct sshdconf_file *grown;

	if (path == NULL || bytes == NULL) {
		(void)out_of_memory(err);
		goto fail;
	}
	if ((grown = sshdconf_grow(
		 c->files, c->n_files, sizeof(*grown), err)) == NULL)
		goto fail;
	c->files = grown;
	c->files[c->n_files].path = path;
	c->files[c->n_files].bytes = bytes;
	c->files[c->n_files].len = len;
	*index = c->n_files++;
	return 0;
fail:
	free(path);
	free(bytes);
	return -1;
}

/* What sshd would misread, or refuse in words that do not help. */
static int
file_check(const struct sshdconf_file *f, struct err *err)
{
	struct sshdconf_raw raw = { 0, 0, 0 };

	if (f->len >= 3 && memcmp(f->bytes, "\xef\xbb\xbf", 3) == 0)
		return err_set(err, ERR_MALFORMED, SSHDCONF_AT(f->path, 1),
		    "a byte order mark", "sshd does not start with it",
		    "save the file as UTF-8 without one");
	if (memchr(f->bytes, '\0', f->len) == NULL)
		return 0;
	while (sshdconf_raw_next(f->bytes, f->len, &raw))
		if (memchr(f->bytes + raw.offset, '\0', raw.len) != NULL)
			break;
	return err_set(err, ERR_MALFORMED, SSHDCONF_AT(f->path, raw.line),
	    "a NUL byte",
	    "sshd ignores the rest of the line and glues the next one on",
	    "delete the byte");
}

/*
 * Whether sshd reads path as empty: a folder, or /dev/null, by a link to
 * which drop-ins are masked.
 */
static bool
reads_empty(const char *path)
{
	struct stat st, null;

	return stat(path, &st) == 0 &&
	    (S_ISDIR(st.st_mode) ||
		(S_ISCHR(st.st_mode) && stat("/dev/null", &null) == 0 &&
		    st.st_rdev == null.st_rdev));
}

/* The bytes of path (inside the root); NULL with err. */
static char *
file_bytes(struct reader *r, const char *path, size_t *len, struct err *err)
{
	char *on_host;
	char *bytes = NULL;

	*len = 0;
	if ((on_host = sshdconf_resolve(r->root, path, err)) == NULL)
		return NULL;
	if (reads_empty(on_host)) {
		if ((bytes = strdup("")) == NULL)
			(void)out_of_memory(err);
	} else
		(void)file_read(
		    on_host, FILE_ANY, SSHDCONF_MAX_BYTES, &bytes, len, err);
	free(on_host);
	return bytes;
}

/* Load the file at path (inside the root), included at the place at. */
static int
file_load(struct reader *r, const char *path, struct place at, size_t *index,
    struct err *err)
{
	char shown[256], what[320];
	struct err why = ERR_INIT;
	char *bytes;
	size_t len;

	if ((bytes = file_bytes(r, path, &len, &why)) == NULL) {
		/* Its name was found: that it is not there is a link's fault. */
		if (at.line == 0 ||
		    (why.code != ERR_NOT_FOUND && why.code != ERR_REFUSED))
			return err_setf(err, why.code, "%s", why.text);
		(void)snprintf(what, sizeof(what),
		    "includes \"%s\", a link that leads nowhere",
		    escape_text(shown, sizeof(shown), path));
		return err_set(err, ERR_MALFORMED, at, what,
		    "sshd does not start with it", "remove the link");
	}
	if (file_add(r, strdup(path), bytes, len, index, err) < 0)
		return -1;
	return file_check(&r->c->files[*index], err);
}

static int
file_find(struct reader *r, const char *path, struct place at, size_t *index,
    struct err *err)
{
	size_t i;

	for (i = 0; i < r->c->n_files; i++)
		if (strcmp(r->c->files[i].path, path) == 0) {
			*index = i;
			return 0;
		}
	return file_load(r, path, at, index, err);
}

/* A Match line in the scope outer of its file; *index is the new scope. */
static int
match_add(struct reader *r, const struct sshdconf_line *line, size_t outer,
    size_t *index, struct err *err)
{
	struct sshdconf *c = r->c;
	struct sshdconf_match *grown, *m;

	if ((grown = sshdconf_grow(
		 c->matches, c->n_matches, sizeof(*grown), err)) == NULL)
		return -1;
	c->matches = grown;
	m = &c->matches[c->n_matches];
	m->file = line->file;
	m->line = line->line;
	m->outer = outer;
	if ((m->criteria = strdup(line->rest)) == NULL)
		return out_of_memory(err);
	*index = c->n_matches++;
	return 0;
}

/* The absolute pattern of an Include argument, "//" and "/./" left out. */
static char *
pattern_make(const char *arg)
{
	char *out = NULL;
	char *from, *to;

	if (asprintf(&out, "%s%s",
		arg[0] == '/' ? "" : "/etc/ssh/", arg) < 0)
		return NULL;
	for (from = to = out; *from != '\0'; from++) {
		if (from[0] == '\\' && from[1] == '/')
			continue;
		if (from[0] == '/' && from[1] == '.' && from[2] == '/') {
			from++;
			continue;
		}
		if (from[0] == '/' && to > out && to[-1] == '/')
			continue;
		if (from[0] == '\\' && from[1] != '\0')
			*to++ = *from++;
		*to++ = *from;
	}
	*to = '\0';
	return out;
}

static int
include_add(struct reader *r, const char *pattern, size_t file,
    struct err *err)
{
	struct sshdconf *c = r->c;
	struct sshdconf_include *grown;
	char *copy;

	if ((grown = sshdconf_grow(
		 c->includes, c->n_includes, sizeof(*grown), err)) == NULL)
		return -1;
	c->includes = grown;
	if ((copy = strdup(pattern)) == NULL)
		return out_of_memory(err);
	c->includes[c->n_includes].pattern = copy;
	c->includes[c->n_includes].file = file;
	c->includes[c->n_includes].first_line = 0;
	c->includes[c->n_includes].n_lines = 0;
	c->n_includes++;
	return 0;
}

/* Find and load what one argument of an Include line names. */
static int
include_arg(
    struct reader *r, const char *arg, struct place at, struct err *err)
{
	char *pattern = NULL;
	char **paths = NULL;
	size_t n_paths = 0;
	size_t i, file;
	int ret = -1;

	if (*arg == '\0')
		return err_set(err, ERR_MALFORMED, at, "an empty Include",
		    "sshd does not start with it", NULL);
	if ((pattern = pattern_make(arg)) == NULL)
		return out_of_memory(err);
	/* sshd leaves "~" to glob(3), which looks in the current folder. */
	if (*arg != '~' &&
	    sshdconf_glob(r->root, pattern, &paths, &n_paths, err) < 0)
		goto out;
	if (n_paths == 0 && include_add(r, pattern, SIZE_MAX, err) < 0)
		goto out;
	for (i = 0; i < n_paths; i++)
		if (file_find(r, paths[i], at, &file, err) < 0 ||
		    include_add(r, pattern, file, err) < 0)
			goto out;
	ret = 0;
out:
	sshdconf_paths_free(paths, n_paths);
	free(pattern);
	return ret;
}

/* Evaluate the Include line lines[n], in the scope match. */
static int
include_read(struct reader *r, size_t n, size_t match, unsigned int depth,
    struct err *err)
{
	struct sshdconf *c = r->c;
	size_t first = c->n_includes;
	struct place at = SSHDCONF_AT(
	    c->files[c->lines[n].file].path, c->lines[n].line);
	char **args;
	size_t i;

	if ((args = sshdconf_args(c->lines[n].rest, at, err)) == NULL)
		return -1;
	for (i = 0; args[i] != NULL; i++)
		if (include_arg(r, args[i], at, err) < 0) {
			free(args);
			return -1;
		}
	free(args);
	c->lines[n].include = first;
	c->lines[n].n_includes = c->n_includes - first;
	if (i == 0)
		return err_set(err, ERR_MALFORMED, at, "an empty Include",
		    "sshd does not start with it", NULL);
	for (i = first; i < first + c->lines[n].n_includes; i++) {
		size_t file = c->includes[i].file;

		if (file == SIZE_MAX)
			continue;
		if (depth == MAX_DEPTH)
			return err_set(err, ERR_MALFORMED, at,
			    "includes nest more than 16 deep",
			    "sshd does not start with it",
			    "look for a file that includes itself");
		c->includes[i].first_line = c->n_lines;
		if (read_lines(r, file, match, depth + 1, err) < 0)
			return -1;
		c->includes[i].n_lines = c->n_lines - c->includes[i].first_line;
	}
	return 0;
}

/* Append the raw line if it is a directive: 1, else 0. */
static int
line_add(struct reader *r, size_t file, const struct sshdconf_raw *raw,
    size_t match, struct err *err)
{
	struct sshdconf *c = r->c;
	const struct sshdconf_file *f = &c->files[file];
	const char *text = f->bytes + raw->offset;
	struct place at = SSHDCONF_AT(f->path, raw->line);
	struct sshdconf_line *grown;
	struct sshdconf_line line = { .file = file, .line = raw->line,
		.offset = raw->offset, .len = raw->len, .match = match };
	int found;

	if ((found = sshdconf_raw_replaced(text, raw->len, &line.keyword,
		 &line.rest, err)) == 1)
		line.is_replaced = true;
	else if (found == 0)
		found = sshdconf_raw_parse(text, raw->len, at, &line.keyword,
		    &line.rest, err);
	if (found != 1)
		return found;
	if (c->n_lines >= SSHDCONF_MAX_LINES)
		(void)err_set(err, ERR_LIMIT, at,
		    "more than 1000000 directives", NULL, NULL);
	else if ((grown = sshdconf_grow(
		      c->lines, c->n_lines, sizeof(*grown), err)) != NULL) {
		c->lines = grown;
		c->lines[c->n_lines++] = line;
		return 1;
	}
	free(line.keyword);
	free(line.rest);
	return -1;
}

static int
read_lines(struct reader *r, size_t file, size_t match, unsigned int depth,
    struct err *err)
{
	struct sshdconf *c = r->c;
	struct sshdconf_block block = { 0, 0, false };
	struct sshdconf_raw raw = { 0, 0, 0 };
	size_t scope = match;
	bool is_dropin = sshdconf_is_dropin(&c->files[file]);

	/* A damaged one is nobody's yet: sshdconf_edit complains. */
	if (file == 0)
		(void)sshdconf_block_find(&c->files[0], &block, NULL);
	/* files may move while included ones are added. */
	while (sshdconf_raw_next(
	    c->files[file].bytes, c->files[file].len, &raw)) {
		size_t n = c->n_lines;
		int found;

		if ((found = line_add(r, file, &raw, scope, err)) < 0)
			return -1;
		if (found == 0)
			continue;
		c->lines[n].is_ours = is_dropin ||
		    (raw.offset >= block.start && raw.offset < block.end);
		if (strcmp(c->lines[n].keyword, "match") == 0 &&
		    match_add(r, &c->lines[n], match, &scope, err) < 0)
			return -1;
		if (strcmp(c->lines[n].keyword, "include") == 0 &&
		    include_read(r, n, scope, depth, err) < 0)
			return -1;
	}
	return 0;
}

/* The global scope, then everything from the main file on. */
static int
read_all(struct reader *r, struct err *err)
{
	struct sshdconf *c = r->c;

	if ((c->matches = sshdconf_grow(NULL, 0, sizeof(*c->matches), err)) ==
	    NULL)
		return -1;
	memset(&c->matches[0], 0, sizeof(c->matches[0]));
	if ((c->matches[0].criteria = strdup("")) == NULL)
		return out_of_memory(err);
	c->n_matches = 1;
	return read_lines(r, 0, 0, 0, err);
}

/* Our drop-in, where it is there and nothing includes it. */
static int
read_stray(struct reader *r, struct err *err)
{
	struct sshdconf *c = r->c;
	struct err why = ERR_INIT;
	size_t i;

	for (i = 0; i < c->n_files; i++)
		if (strcmp(c->files[i].path, SSHDCONF_DROPIN_PATH) == 0)
			return 0;
	c->stray.bytes = file_bytes(
	    r, SSHDCONF_DROPIN_PATH, &c->stray.len, &why);
	if (c->stray.bytes == NULL)
		return why.code == ERR_NOT_FOUND || why.code == ERR_REFUSED ?
		    0 :
		    err_setf(err, why.code, "%s", why.text);
	if ((c->stray.path = strdup(SSHDCONF_DROPIN_PATH)) == NULL)
		return out_of_memory(err);
	return 0;
}

struct sshdconf *
sshdconf_read(const struct root *root, const char *path, struct err *err)
{
	struct reader r = { NULL, root };
	size_t index;

	if ((r.c = calloc(1, sizeof(*r.c))) == NULL) {
		(void)out_of_memory(err);
		return NULL;
	}
	if (file_load(&r, path, SSHDCONF_AT(path, 0), &index, err) == 0 &&
	    read_all(&r, err) == 0 && read_stray(&r, err) == 0)
		return r.c;
	sshdconf_free(r.c);
	return NULL;
}

struct sshdconf *
sshdconf_parse(
    const char *path, const char *bytes, size_t len, struct err *err)
{
	struct reader r = { NULL, NULL };
	char *copy;
	size_t index;

	if ((r.c = calloc(1, sizeof(*r.c))) == NULL) {
		(void)out_of_memory(err);
		return NULL;
	}
	if ((copy = malloc(len + 1)) != NULL) {
		memcpy(copy, bytes, len);
		copy[len] = '\0';
	}
	if (file_add(&r, strdup(path), copy, len, &index, err) == 0 &&
	    file_check(&r.c->files[0], err) == 0 && read_all(&r, err) == 0)
		return r.c;
	sshdconf_free(r.c);
	return NULL;
}

void
sshdconf_files_free(struct sshdconf_file *files, size_t n_files)
{
	size_t i;

	for (i = 0; files != NULL && i < n_files; i++) {
		free(files[i].path);
		free(files[i].bytes);
	}
	free(files);
}

void
sshdconf_free(struct sshdconf *c)
{
	size_t i;

	if (c == NULL)
		return;
	sshdconf_files_free(c->files, c->n_files);
	for (i = 0; i < c->n_lines; i++) {
		free(c->lines[i].keyword);
		free(c->lines[i].rest);
	}
	free(c->lines);
	for (i = 0; i < c->n_matches; i++)
		free(c->matches[i].criteria);
	free(c->matches);
	for (i = 0; i < c->n_includes; i++)
		free(c->includes[i].pattern);
	free(c->includes);
	free(c->stray.path);
	free(c->stray.bytes);
	free(c);
}
