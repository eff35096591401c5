/*
 * sshdconf_int: what the sshdconf_*.c files share among themselves.
 */
#ifndef CONFIG_GEN_SSHDCONF_INT_H
#define CONFIG_GEN_SSHDCONF_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config-gen/root.h"
#include "config-gen/sshdconf.h"
#include "lib/err.h"

/* The lines by which ours are known, without their line ends. */
#define SSHDCONF_BEGIN "# BEGIN certgate (made by certgate apply; do not edit)"
#define SSHDCONF_END "# END certgate"
#define SSHDCONF_HEADER \
	"# written by certgate; do not edit: `certgate apply` makes it anew"
/* Stands before an administrator's line that ours replace. */
#define SSHDCONF_REPLACED "# certgate replaced: "

/* A place in sshd's configuration, for err_set. */
#define SSHDCONF_AT(path, line) ((struct place) { (path), (line), 0 })

/* A raw line of a file.  Start as { 0, 0, 0 }. */
struct sshdconf_raw {
	size_t offset, len; /* with its line end */
	size_t line; /* from 1 */
};

/* Step to the next line; false where there is none. */
bool sshdconf_raw_next(
    const char *bytes, size_t len, struct sshdconf_raw *raw);

/* Whether a raw line is text, line end and blanks around left out. */
bool sshdconf_raw_is(const char *raw, size_t len, const char *text);

/* Whether a raw line begins with text, after blanks. */
bool sshdconf_raw_begins(const char *raw, size_t len, const char *text);

/*
 * Take a raw line without a NUL byte apart as sshd does.  Returns 1 and sets
 * *keyword (lower case) and *rest, which the caller frees; 0 where sshd
 * ignores it (blank, a comment, a keyword with an open quote); -1 where sshd
 * refuses it.  at is the line's place.
 */
int sshdconf_raw_parse(const char *raw, size_t len, struct place at,
    char **keyword, char **rest, struct err *err);

/*
 * As sshdconf_raw_parse for a line that we commented out: 1 where raw is
 * one, else 0; -1 only out of memory.
 */
int sshdconf_raw_replaced(const char *raw, size_t len, char **keyword,
    char **rest, struct err *err);

/* Whether keyword (lower case) is one that certgate may write. */
bool sshdconf_is_certgates(const char *keyword);

/*
 * Whether a line with that keyword is a conflict where directives are ours;
 * keyword is lower case.
 */
bool sshdconf_is_conflict(const char *keyword, const char *const *directives,
    size_t n_directives);

/* The span of our block in a file: 0, 0 where there is none. */
struct sshdconf_block {
	size_t start, end;
	bool is_first; /* no directive stands before it */
};

/*
 * Find our block.  -1: it, or what is left of it, was damaged by hand; the
 * text names FILE:LINE and the cure.
 */
int sshdconf_block_find(const struct sshdconf_file *f,
    struct sshdconf_block *out, struct err *err);

/* Whether f is our drop-in: its path is, and its first line. */
bool sshdconf_is_dropin(const struct sshdconf_file *f);

/* Whether f is our drop-in and holds nothing else; -1 as above. */
int sshdconf_dropin_check(const struct sshdconf_file *f, struct err *err);

/*
 * The paths inside the root that pattern (absolute) matches, as sshd's
 * glob(3) finds and sorts them.  *paths is a list that the caller ends by
 * sshdconf_paths_free; root may be NULL: nothing matches.
 */
int sshdconf_glob(const struct root *root, const char *pattern, char ***paths,
    size_t *n_paths, struct err *err);
void sshdconf_paths_free(char **paths, size_t n_paths);

/*
 * Where an inside path is on this machine, links resolved inside the root.
 * Allocated, or NULL with err; in the machine's own root the kernel resolves,
 * so that what leads nowhere is found out later.
 */
char *sshdconf_resolve(
    const struct root *root, const char *inside, struct err *err);

/* Whether an Include pattern matches the path of our drop-in. */
bool sshdconf_covers_dropin(const char *pattern);

/* Close a memory stream: 0, or -1 with err where it ran out of memory. */
int sshdconf_stream_end(FILE *stream, struct err *err);

/* Make room for one more item behind n; NULL with err out of memory. */
void *sshdconf_grow(void *items, size_t n, size_t size, struct err *err);

#endif
