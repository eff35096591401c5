#include "config.h"

#include "config-gen/diag.h"

#include "lib/escape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Characters of a source line that are shown, and those before the caret. */
#define WINDOW 72
#define WINDOW_BEFORE 48
/* Longer words are compared with nothing. */
#define NEAREST_MAX 64
#define FILE_SHOWN 512

static char *
copy_text(struct diag_report *r, const char *text)
{
	char *copy;

	if (text == NULL)
		return NULL;
	if ((copy = strdup(text)) == NULL)
		r->has_failed = true;
	return copy;
}

static char *
copy_source(struct diag_report *r, const char *source, size_t len)
{
	char *copy;

	if ((copy = malloc(len + 1)) == NULL) {
		r->has_failed = true;
		return NULL;
	}
	memcpy(copy, source, len);
	copy[len] = '\0';
	return copy;
}

static void
item_clear(struct diag *d)
{
	free(d->file);
	free(d->what);
	free(d->why);
	free(d->fix);
	free(d->source);
	memset(d, 0, sizeof(*d));
}

/* Forget the last warning, so that an error finds room. */
static bool
drop_warning(struct diag_report *r)
{
	size_t i;

	for (i = r->n_items; i > 0; i--) {
		if (r->items[i - 1].level != DIAG_WARNING)
			continue;
		item_clear(&r->items[i - 1]);
		memmove(&r->items[i - 1], &r->items[i],
		    (r->n_items - i) * sizeof(r->items[0]));
		r->n_items--;
		r->n_kept_warnings--;
		return true;
	}
	return false;
}

bool
diag_is_full(const struct diag_report *r, enum diag_level level)
{
	return r->n_items == DIAG_MAX &&
	    (level == DIAG_WARNING || r->n_kept_warnings == 0);
}

static struct diag *
item_new(struct diag_report *r, enum diag_level level)
{
	struct diag *items;

	if (r->n_items == DIAG_MAX &&
	    (level == DIAG_WARNING || !drop_warning(r)))
		return NULL;
	/* Room is made by 64. */
	if (r->n_items % 64 == 0) {
		items = realloc(r->items, (r->n_items + 64) * sizeof(*items));
		if (items == NULL) {
			r->has_failed = true;
			return NULL;
		}
		r->items = items;
	}
	return memset(&r->items[r->n_items++], 0, sizeof(*r->items));
}

static bool
is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Whether the same was said of the same place before. */
static bool
is_known(const struct diag_report *r, enum diag_level level, struct place at,
    const char *what)
{
	size_t i;

	for (i = 0; at.line != 0 && i < r->n_items; i++) {
		const struct diag *d = &r->items[i];

		if (d->line == at.line && d->col == at.col &&
		    d->level == level && is_same_text(d->file, at.file) &&
		    is_same_text(d->what, what))
			return true;
	}
	return false;
}

void
diag_add(struct diag_report *r, enum diag_level level, struct place at,
    const char *source, size_t source_len, const char *what, const char *why,
    const char *fix)
{
	struct diag *d;

	if (!diag_is_full(r, level) && is_known(r, level, at, what))
		return;
	if (level == DIAG_ERROR)
		r->n_errors++;
	else
		r->n_warnings++;
	if ((d = item_new(r, level)) == NULL)
		return;
	d->level = level;
	r->n_kept_warnings += level == DIAG_WARNING;
	d->file = copy_text(r, at.file);
	d->line = at.line;
	d->col = at.col;
	d->what = copy_text(r, what);
	d->why = copy_text(r, why);
	d->fix = copy_text(r, fix);
	d->is_unquotable = source != NULL && source_len == 0;
	if (source != NULL && source_len != 0)
		d->source = copy_source(r, source, source_len);
}

void
diag_add_err(struct diag_report *r, const struct err *e)
{
	if (e->code == ERR_MEMORY)
		r->has_failed = true;
	diag_add(r, DIAG_ERROR, NO_PLACE, NULL, 0, e->text, NULL, NULL);
}

bool
diag_has_errors(const struct diag_report *r)
{
	return r->n_errors != 0 || r->has_failed;
}

void
diag_quote(struct diag_report *r, const char *file, size_t line,
    const char *source, size_t source_len)
{
	size_t i;

	for (i = 0; i < r->n_items; i++) {
		struct diag *d = &r->items[i];

		if (d->line == line && d->source == NULL && !d->is_unquotable &&
		    d->file != NULL && strcmp(d->file, file) == 0) {
			if (source != NULL)
				d->source = copy_source(r, source, source_len);
			d->is_unquotable = d->source == NULL;
		}
	}
}

/* Bytes of the UTF-8 character at s; a stray byte is a character. */
static size_t
char_len(const char *s)
{
	size_t len = 1;

	while (((unsigned char)s[len] & 0xc0) == 0x80)
		len++;
	return len;
}

/* Print the character at s so that it cannot act; its width in columns. */
static int
print_char(FILE *out, const char *s, size_t len)
{
	int width = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\t' || (c >= 0x20 && c < 0x7f))
			width += fprintf(out, "%c", c);
		else
			width += fprintf(out, "\\x%02x", c);
	}
	return width;
}

static void
print_source(FILE *out, const struct diag *d, bool has_colour)
{
	char blanks[3 + (WINDOW_BEFORE + 1) * 16 + 1];
	size_t first = d->col > WINDOW ? d->col - WINDOW_BEFORE : 1;
	size_t n_blanks = 0;
	size_t col = 1;
	const char *s;

	fprintf(out, "%5zu | ", d->line);
	if (first > 1) {
		fputs("...", out);
		memset(blanks, ' ', 3);
		n_blanks = 3;
	}
	for (s = d->source; *s != '\0'; s += char_len(s), col++) {
		int width;

		if (col < first)
			continue;
		if (col >= first + WINDOW) {
			fputs("...", out);
			break;
		}
		width = print_char(out, s, char_len(s));
		if (col >= d->col || n_blanks + (size_t)width >= sizeof(blanks))
			continue;
		memset(
		    blanks + n_blanks, *s == '\t' ? '\t' : ' ', (size_t)width);
		n_blanks += (size_t)width;
	}
	fputc('\n', out);
	if (d->col != 0)
		fprintf(out, "      | %.*s%s^%s\n", (int)n_blanks, blanks,
		    has_colour ? "\033[1;32m" : "", has_colour ? "\033[m" : "");
}

static void
print_item(FILE *out, const struct diag *d, bool has_colour)
{
	const char *level = d->level == DIAG_ERROR ? "error" : "warning";
	const char *on = d->level == DIAG_ERROR ? "\033[1;31m" : "\033[1;35m";
	char file[FILE_SHOWN];

	if (d->file != NULL)
		fprintf(out, "%s:", escape_text(file, sizeof(file), d->file));
	if (d->file != NULL && d->line != 0)
		fprintf(out, "%zu:", d->line);
	if (d->file != NULL && d->line != 0 && d->col != 0)
		fprintf(out, "%zu:", d->col);
	fprintf(out, "%s%s%s:%s %s", d->file != NULL ? " " : "",
	    has_colour ? on : "", level, has_colour ? "\033[m" : "",
	    d->what != NULL ? d->what : "out of memory");
	if (d->why != NULL)
		fprintf(out, ": %s", d->why);
	if (d->fix != NULL)
		fprintf(out, "; %s", d->fix);
	fputc('\n', out);
	if (d->source != NULL && d->line != 0)
		print_source(out, d, has_colour);
}

static int
compare_items(const void *left, const void *right)
{
	const struct diag *a = *(const struct diag *const *)left;
	const struct diag *b = *(const struct diag *const *)right;
	int files;

	if (a->file == NULL || b->file == NULL)
		files = (a->file != NULL) - (b->file != NULL);
	else
		files = strcmp(a->file, b->file);
	if (files != 0)
		return files;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->col != b->col)
		return a->col < b->col ? -1 : 1;
	/* Both point into one array: what was found first comes first. */
	return a < b ? -1 : a > b;
}

/* The findings in the order of printing, or NULL without memory. */
static const struct diag **
sorted_items(const struct diag_report *r)
{
	const struct diag **sorted;
	size_t i;

	if ((sorted = calloc(r->n_items + 1, sizeof(*sorted))) == NULL)
		return NULL;
	for (i = 0; i < r->n_items; i++)
		sorted[i] = &r->items[i];
	qsort(sorted, r->n_items, sizeof(*sorted), compare_items);
	return sorted;
}

void
diag_print(const struct diag_report *r, FILE *out, bool has_colour)
{
	const struct diag **sorted = sorted_items(r);
	size_t i;

	for (i = 0; i < r->n_items; i++)
		print_item(
		    out, sorted != NULL ? sorted[i] : &r->items[i], has_colour);
	free(sorted);
	if (r->has_failed)
		fputs("error: out of memory\n", out);
}

/* A text of ours, which is ASCII, or null. */
static json_t *
json_text(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static json_t *
json_file(const char *file)
{
	char shown[FILE_SHOWN];
	json_t *name = json_text(file);

	/* Not UTF-8. */
	if (name == NULL)
		name = json_string(escape_text(shown, sizeof(shown), file));
	return name;
}

static json_t *
json_count(size_t n)
{
	return n == 0 ? json_null() : json_integer((json_int_t)n);
}

json_t *
diag_json(const struct diag_report *r)
{
	const struct diag **sorted = sorted_items(r);
	json_t *list = json_array();
	size_t i;

	for (i = 0; sorted != NULL && list != NULL && i < r->n_items; i++) {
		const struct diag *d = sorted[i];

		(void)json_array_append_new(list,
		    json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "level",
			d->level == DIAG_ERROR ? "error" : "warning", "file",
			json_file(d->file), "line", json_count(d->line),
			"column", json_count(d->col), "what",
			json_text(d->what), "why", json_text(d->why), "fix",
			json_text(d->fix)));
	}
	free(sorted);
	return list;
}

void
diag_free(struct diag_report *r)
{
	size_t i;

	for (i = 0; i < r->n_items; i++)
		item_clear(&r->items[i]);
	free(r->items);
	*r = (struct diag_report)DIAG_REPORT_INIT;
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * Edits between a and b, or more than limit where they are more than that;
 * two neighbours that changed places are one.  Only what lies within limit
 * of the diagonal is worked out.
 */
static size_t
edit_distance(
    const char *a, size_t a_len, const char *b, size_t b_len, size_t limit)
{
	size_t rows[3][NEAREST_MAX + 2];
	size_t *before = rows[0], *above = rows[1], *row = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b_len; j++)
		above[j] = j;
	for (i = 1; i <= a_len; i++) {
		size_t first = i > limit ? i - limit : 1;
		size_t last = i + limit < b_len ? i + limit : b_len;
		size_t least = limit + 1;

		row[first - 1] = first == 1 ? i : limit + 1;
		row[last + 1] = limit + 1;
		for (j = first; j <= last; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
			    above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
			least = row[j] < least ? row[j] : least;
		}
		if (least > limit && row[first - 1] > limit)
			return limit + 1;
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

const char *
diag_nearest(const char *name, const char *const *words)
{
	size_t name_len = strlen(name);
	size_t limit = name_len / 3 < 2 ? name_len / 3 : 2;
	size_t best = limit + 1;
	const char *nearest = NULL;
	size_t i;

	if (name_len > NEAREST_MAX)
		return NULL;
	for (i = 0; words[i] != NULL; i++) {
		if (strcasecmp(words[i], name) == 0)
			return words[i];
	}
	for (; *words != NULL; words++) {
		size_t len = strlen(*words);
		size_t distance;

		if (len > name_len + limit || name_len > len + limit ||
		    len > NEAREST_MAX)
			continue;
		distance = edit_distance(name, name_len, *words, len, limit);
		if (distance < best) {
			best = distance;
			nearest = *words;
		}
	}
	return nearest;
}
