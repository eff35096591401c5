#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/escape.h"
#include "lib/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For all suggestions so many names are compared at most: some 0.3 s. */
#define SUGGEST_MAX 50000UL
/* Bytes of a line that are kept for showing. */
#define LINE_KEPT (64UL * 1024)

struct shown
show_bytes(const char *text, size_t len)
{
	struct shown s;
	size_t i;

	/* Mostly there is nothing to escape, and there may be millions. */
	for (i = 0; i < len && i < sizeof(s.text) - 1; i++) {
		if (text[i] <= ' ' || text[i] > '~' || text[i] == '"' ||
		    text[i] == '\\')
			break;
		s.text[i] = text[i];
	}
	s.text[i] = '\0';
	if (i < len)
		(void)escape_bytes(s.text, sizeof(s.text), text, len);
	return s;
}

struct shown
show(const char *text)
{
	return show_bytes(text, strlen(text));
}

static void add(struct policy_parse *p, enum diag_level level, struct place at,
    const char *why, const char *fix, const char *fmt, va_list ap)
    __attribute__((format(printf, 6, 0)));

static void
add(struct policy_parse *p, enum diag_level level, struct place at,
    const char *why, const char *fix, const char *fmt, va_list ap)
{
	char what[1024] = "";

	/* A million warnings shall not cost a million texts. */
	if (!diag_is_full(p->report, level))
		(void)vsnprintf(what, sizeof(what), fmt, ap);
	diag_add(p->report, level, at, p->is_hidden ? "" : NULL, 0, what, why,
	    fix);
}

void
parse_error(struct policy_parse *p, struct place at, const char *why,
    const char *fix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(p, DIAG_ERROR, at, why, fix, fmt, ap);
	va_end(ap);
}

void
parse_warning(struct policy_parse *p, struct place at, const char *why,
    const char *fix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(p, DIAG_WARNING, at, why, fix, fmt, ap);
	va_end(ap);
}

void
parse_error_unquoted(struct policy_parse *p, struct place at, const char *what)
{
	diag_add(p->report, DIAG_ERROR, at, "", 0, what, NULL, NULL);
}

void
parse_warning_unquoted(
    struct policy_parse *p, struct place at, const char *what)
{
	diag_add(p->report, DIAG_WARNING, at, "", 0, what, NULL, NULL);
}

void
report_twice(struct policy_parse *p, struct place at, struct policy_place first,
    const char *what, const char *name)
{
	struct place other = policy_place(p->policy, first);

	parse_error(p, at, NULL, "keep one of them, or merge them",
	    "%s \"%s\" stands twice, first at %s:%zu", what, show(name).text,
	    show(other.file).text, other.line);
}

int
parse_no_memory(struct policy_parse *p)
{
	p->report->has_failed = true;
	return -1;
}

const char *
or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

struct shown
did_you_mean(const char *name, const char *const *words)
{
	struct shown s = { "" };
	const char *nearest = diag_nearest(name, words);

	if (nearest != NULL)
		(void)snprintf(s.text, sizeof(s.text),
		    "did you mean \"%.100s\"?", show(nearest).text);
	return s;
}

bool
may_compare(struct policy_parse *p, size_t n)
{
	if (n > SUGGEST_MAX - p->n_compared)
		return false;
	p->n_compared += n;
	return true;
}

struct shown
did_you_mean_in(struct policy_parse *p, const char *name,
    struct name_array names, size_t n_names)
{
	struct shown s = { "" };
	const char **words;
	size_t i;

	if (!may_compare(p, n_names) ||
	    (words = calloc(n_names + 1, sizeof(*words))) == NULL)
		return s;
	for (i = 0; i < n_names; i++)
		memcpy(&words[i], (const char *)names.first + i * names.stride,
		    sizeof(words[i]));
	s = did_you_mean(name, words);
	free(words);
	return s;
}

/* --- private keys ------------------------------------------------------- */

/* How private keys begin: PEM and OpenSSH's own, RFC 4716's kin, PuTTY's. */
static const char *const armours[] = { "PRIVATE KEY-----", "PRIVATE KEY ----",
	"PuTTY-User-Key-File-", NULL };

size_t
private_key_line(const char *text, size_t len)
{
	const char *found, *at;
	size_t line = 1;
	size_t i;

	for (i = 0; armours[i] != NULL; i++) {
		found = memmem(text, len, armours[i], strlen(armours[i]));
		if (found == NULL)
			continue;
		for (at = text; (at = memchr(at, '\n',
				     (size_t)(found - at))) != NULL;
		     at++)
			line++;
		return line;
	}
	return 0;
}

void
report_private_key(struct policy_parse *p, const char *path, size_t line)
{
	struct place at = { path, line, 0 };

	diag_add(p->report, DIAG_ERROR, at, "", 0, "this is a private key",
	    NULL, "give the public one, mostly the file that ends in .pub");
}

/* --- source lines ------------------------------------------------------- */

/*
 * A line of a private key without what stands around it: messages end up in
 * tickets.
 */
static bool
is_secret(const char *line)
{
	/* base64 of "openssh-key-v1" */
	return strstr(line, "b3BlbnNzaC1rZXk") != NULL;
}

/* The first line of file that a finding waits for; 0: none. */
static size_t
next_unquoted(const struct diag_report *r, const char *file)
{
	size_t next = 0;
	size_t i;

	for (i = 0; i < r->n_items; i++) {
		const struct diag *d = &r->items[i];

		if (d->file != NULL && d->source == NULL && !d->is_unquotable &&
		    d->line != 0 && (next == 0 || d->line < next) &&
		    strcmp(d->file, file) == 0)
			next = d->line;
	}
	return next;
}

static FILE *
open_quoted(const struct policy_parse *p, const char *path)
{
	size_t size;
	FILE *f;
	int fd;

	if ((fd = open_policy_file(p, path, SIZE_MAX / 2, &size, NULL)) < 0)
		return NULL;
	if ((f = fdopen(fd, "r")) == NULL)
		(void)close(fd);
	return f;
}

/* A NUL would end the line. */
#define NUL_SHOWN "\\x00"

static void
quote_line(struct diag_report *report, const char *path, size_t number,
    const char *line, size_t len)
{
	size_t bom = number == 1 ? bom_len(line, len) : 0;
	const char *nul;
	char *shown;

	line += bom;
	len -= bom;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len > LINE_KEPT)
		len = LINE_KEPT;
	nul = memchr(line, '\0', len);
	if (nul == NULL || (shown = malloc(len + sizeof(NUL_SHOWN))) == NULL) {
		diag_quote(report, path, number, line, strnlen(line, len));
		return;
	}
	/* The caret is there: what follows does not matter. */
	memcpy(shown, line, (size_t)(nul - line));
	(void)strcpy(shown + (nul - line), NUL_SHOWN);
	diag_quote(report, path, number, shown, strlen(shown));
	free(shown);
}

static void
quote_file(const struct policy_parse *p, const char *path)
{
	struct diag_report *report = p->report;
	size_t wanted = next_unquoted(report, path);
	FILE *f = open_quoted(p, path);
	char *line = NULL;
	size_t room = 0;
	size_t n = 0;
	ssize_t len = 0;

	while (wanted != 0) {
		bool is_hidden = false;

		while (n < wanted && f != NULL &&
		    (len = getline(&line, &room, f)) > 0) {
			n++;
			is_hidden = is_secret(line);
		}
		if (n < wanted || is_hidden) {
			diag_quote(report, path, wanted, NULL, 0);
		} else {
			quote_line(report, path, wanted, line, (size_t)len);
		}
		wanted = next_unquoted(report, path);
	}
	free(line);
	if (f != NULL)
		(void)fclose(f);
}

void
report_quote(struct policy_parse *p)
{
	struct diag_report *r = p->report;
	size_t i;

	for (i = 0; i < r->n_items; i++) {
		const struct diag *d = &r->items[i];

		if (d->file != NULL && d->line != 0 && d->source == NULL &&
		    !d->is_unquotable)
			quote_file(p, d->file);
	}
}
