#include "config.h"

#include "config-gen/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "certgate journal 1"
#define STATE_LINE "state swapping"
#define LAST_LINE "end"

/* "0644:4294967295:4294967295" or "-", with its end. */
#define LOOK_SIZE 32
#define LINE_SIZE (JOURNAL_PATH_SIZE + 2 * LOOK_SIZE + 16)

static const char *const folders[] = { "/etc/ssh/", "/usr/etc/ssh/" };
static const char store[] = "/etc/ssh/certgate";

/* A text that is being read. */
struct reader {
	const char *name;
	const char *at;
	size_t left;
	size_t line_number;
	char line[LINE_SIZE]; /* the last one read, without its end */
};

bool
journal_allows(const char *path)
{
	const char *p = NULL;
	size_t i, len;

	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		len = strlen(folders[i]);
		if (strncmp(path, folders[i], len) == 0)
			p = path + len;
	}
	if (p == NULL || strlen(path) >= JOURNAL_PATH_SIZE)
		return false;
	len = sizeof(store) - 1;
	if (strncmp(path, store, len) == 0 &&
	    (path[len] == '/' || path[len] == '\0'))
		return false;
	for (;; p++) {
		len = strcspn(p, "/");
		if (len == 0 || strncmp(p, ".", len) == 0 ||
		    (len == 2 && strncmp(p, "..", len) == 0))
			return false;
		for (i = 0; i < len; i++) {
			if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
				return false;
		}
		p += len;
		if (*p == '\0')
			return true;
	}
}

static void
look_format(char out[LOOK_SIZE], const struct journal_look *look)
{
	if (!look->exists)
		(void)snprintf(out, LOOK_SIZE, "-");
	else
		(void)snprintf(out, LOOK_SIZE, "%04o:%lu:%lu",
		    (unsigned int)look->mode, (unsigned long)look->uid,
		    (unsigned long)look->gid);
}

static void
link_format(char out[LINE_SIZE], const struct journal *j)
{
	(void)snprintf(out, LINE_SIZE, "link %lu %lu %s", j->before, j->after,
	    j->is_made ? "made" : "kept");
}

static void
file_format(char out[LINE_SIZE], const struct journal_file *f)
{
	char before[LOOK_SIZE], after[LOOK_SIZE];

	look_format(before, &f->before);
	look_format(after, &f->after);
	(void)snprintf(out, LINE_SIZE, "file %s %s %s", before, after, f->path);
}

int
journal_format(
    const struct journal *j, char **text, size_t *len, struct err *err)
{
	char line[LINE_SIZE];
	char *out = NULL;
	FILE *f;
	size_t i;
	int rc;

	if ((f = open_memstream(&out, len)) == NULL)
		return err_system(err, "journal");
	link_format(line, j);
	(void)fprintf(f, FIRST_LINE "\n" STATE_LINE "\n%s\n", line);
	for (i = 0; i < j->n_files; i++) {
		file_format(line, &j->files[i]);
		(void)fprintf(f, "%s\n", line);
	}
	(void)fprintf(f, LAST_LINE "\n");
	rc = ferror(f);
	if (fclose(f) == EOF || rc != 0) {
		free(out);
		return err_setf(err, ERR_MEMORY, "journal: out of memory");
	}
	*text = out;
	return 0;
}

static int
malformed(const struct reader *r, const char *what, struct err *err)
{
	return err_set(err, ERR_MALFORMED,
	    (struct place){ r->name, r->line_number, 0 }, what,
	    "certgate did not write this, so it cannot tell what to undo",
	    "see that sshd's configuration is in order, then remove the "
	    "journal");
}

static int
next_line(struct reader *r, struct err *err)
{
	const char *end = memchr(r->at, '\n', r->left);
	size_t len;

	r->line_number++;
	if (end == NULL)
		return malformed(r, "the journal ends too early", err);
	len = (size_t)(end - r->at);
	if (len >= sizeof(r->line) || memchr(r->at, '\0', len) != NULL)
		return malformed(r, "not a line of a journal", err);
	memcpy(r->line, r->at, len);
	r->line[len] = '\0';
	r->at += len + 1;
	r->left -= len + 1;
	return 0;
}

static int
expect_line(struct reader *r, const char *text, struct err *err)
{
	if (next_line(r, err) == -1)
		return -1;
	if (strcmp(r->line, text) == 0)
		return 0;
	if (strcmp(text, FIRST_LINE) == 0 &&
	    strncmp(r->line, "certgate journal ", 17) == 0)
		return err_set(err, ERR_UNSUPPORTED,
		    (struct place){ r->name, r->line_number, 0 },
		    "a journal of another version of certgate",
		    "this one cannot tell what to undo",
		    "run the certgate that wrote it");
	return malformed(r, "not a line of a journal", err);
}

static void
link_parse(struct journal *j, const char *line)
{
	char kind[8] = "";

	if (sscanf(line, "link %18lu %18lu %7s", &j->before, &j->after, kind) !=
	    3)
		j->before = j->after = 0;
	j->is_made = strcmp(kind, "made") == 0;
}

static void
look_parse(struct journal_look *look, const char *word)
{
	unsigned int mode, uid, gid;

	memset(look, 0, sizeof(*look));
	if (sscanf(word, "%4o:%10u:%10u", &mode, &uid, &gid) != 3)
		return;
	look->exists = true;
	look->mode = mode & 07777;
	look->uid = uid;
	look->gid = gid;
}

static bool
file_parse(struct journal_file *f, const char *line)
{
	char before[LOOK_SIZE], after[LOOK_SIZE];
	int used = 0;

	if (sscanf(line, "file %31s %31s %n", before, after, &used) != 2 ||
	    used == 0 || strlen(line + used) >= sizeof(f->path))
		return false;
	look_parse(&f->before, before);
	look_parse(&f->after, after);
	(void)strcpy(f->path, line + used);
	return journal_allows(f->path);
}

static int
files_parse(struct journal *j, struct reader *r, struct err *err)
{
	char again[LINE_SIZE];
	struct journal_file *f;
	size_t i;

	for (;;) {
		if (next_line(r, err) == -1)
			return -1;
		if (strcmp(r->line, LAST_LINE) == 0)
			return 0;
		if (j->n_files == JOURNAL_MAX_FILES)
			return malformed(r, "too many files", err);
		f = &j->files[j->n_files];
		if (!file_parse(f, r->line))
			return malformed(r, "not a line of a journal", err);
		file_format(again, f);
		if (strcmp(again, r->line) != 0)
			return malformed(r, "not a line of a journal", err);
		for (i = 0; i < j->n_files; i++) {
			if (strcmp(j->files[i].path, f->path) == 0)
				return malformed(r, "the same file twice", err);
		}
		j->n_files++;
	}
}

int
journal_parse(struct journal *out, const char *text, size_t len,
    const char *name, struct err *err)
{
	struct reader r;
	struct journal j;
	char again[LINE_SIZE];
	int ret = -1;

	memset(&j, 0, sizeof(j));
	r.name = name;
	r.at = text;
	r.left = len;
	r.line_number = 0;
	j.files = calloc(JOURNAL_MAX_FILES, sizeof(*j.files));
	if (j.files == NULL)
		return err_setf(err, ERR_MEMORY, "%s: out of memory", name);
	if (expect_line(&r, FIRST_LINE, err) == -1 ||
	    expect_line(&r, STATE_LINE, err) == -1 || next_line(&r, err) == -1)
		goto out;
	link_parse(&j, r.line);
	link_format(again, &j);
	/* What is read must be written the same: nothing lenient gets by. */
	if (strcmp(again, r.line) != 0 || (j.is_made && j.before == j.after)) {
		(void)malformed(&r, "not a line of a journal", err);
		goto out;
	}
	if (files_parse(&j, &r, err) == -1)
		goto out;
	if (r.left != 0) {
		r.line_number++;
		(void)malformed(&r, "the journal goes on after its end", err);
		goto out;
	}
	*out = j;
	j.files = NULL;
	ret = 0;
out:
	journal_clear(&j);
	return ret;
}

void
journal_clear(struct journal *j)
{
	free(j->files);
	j->files = NULL;
	j->n_files = 0;
}
