/*
 * diag: all errors and warnings about files people write, shown in one go.
 *
 * Each carries its place, what is wrong, why that matters where it is not
 * obvious, and what to write instead:
 *
 *   policy.yaml:14:7: error: unknown key "princpals"; did you mean "principals"?
 *      14 |       princpals: email
 *         |       ^
 *
 * Columns count characters, not bytes.
 */
#ifndef CONFIG_GEN_DIAG_H
#define CONFIG_GEN_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/err.h"

enum diag_level { DIAG_WARNING, DIAG_ERROR };

/* One finding.  Texts are owned by the report, already escaped. */
struct diag {
	enum diag_level level;
	char *file; /* NULL: none */
	size_t line, col; /* from 1; 0: none */
	char *what;
	char *why; /* NULL: obvious */
	char *fix; /* NULL: obvious */
	char *source; /* the line it is about, raw; NULL: none (yet) */
	bool is_unquotable; /* source may not be shown */
};

/* Everything found so far.  Start as DIAG_REPORT_INIT, end by diag_free. */
struct diag_report {
	struct diag *items;
	size_t n_items;
	size_t n_errors; /* counted on past the cap of kept ones */
	size_t n_warnings;
	size_t n_kept_warnings; /* of the items */
	bool has_failed; /* out of memory: treated as an error */
};

#define DIAG_REPORT_INIT { NULL, 0, 0, 0, 0, false }

/*
 * Findings kept at most; further ones are only counted.  An error takes the
 * place of the last warning.
 */
#define DIAG_MAX 1000

/*
 * Add a finding.  what, why and fix are copied; why and fix may be NULL.
 * source (source_len bytes, may be NULL) is the text of the line at.line;
 * an empty one says that the line may not be shown, now or later.  What was
 * said of a place already is not added again.
 */
void diag_add(struct diag_report *r, enum diag_level level, struct place at,
    const char *source, size_t source_len, const char *what, const char *why,
    const char *fix);

/* Add a struct err as an error without a place of its own. */
void diag_add_err(struct diag_report *r, const struct err *e);

/* Whether a further finding of that level would only be counted. */
bool diag_is_full(const struct diag_report *r, enum diag_level level);

bool diag_has_errors(const struct diag_report *r);

/*
 * Give all findings at that line of file, which have none yet, the text of
 * the line: for a parser that does not keep the file in memory.  source NULL:
 * the line is not to be shown.
 */
void diag_quote(struct diag_report *r, const char *file, size_t line,
    const char *source, size_t source_len);

/*
 * Print all findings in the order of file, line and column, with the source
 * line and a caret, then nothing else.  Tabs before the caret are kept, so it
 * stands right; control characters are escaped; long lines are windowed
 * around the caret.  Colour where has_colour.
 */
void diag_print(const struct diag_report *r, FILE *out, bool has_colour);

/* [{"level", "file", "line", "column", "what", "why", "fix"}, …]; new. */
json_t *diag_json(const struct diag_report *r);

void diag_free(struct diag_report *r);

/*
 * The word of words (NULL-terminated list) that name was meant to be, or
 * NULL where none is near (another case of letters, or edit distance over 2 or over a third of it).
 */
const char *diag_nearest(const char *name, const char *const *words);

#endif
