/*
 * unitfile: the syntax of systemd's units, of its command lines, and of the
 * environment files that units name.
 *
 * Source: systemd.syntax(7), systemd.service(5) "COMMAND LINES",
 * systemd.exec(5) "EnvironmentFile="; conf-parser.c, extract-word.c and
 * env-file.c of systemd 247 to 257.
 */
#ifndef CONFIG_GEN_UNITFILE_H
#define CONFIG_GEN_UNITFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

/* Larger files, and more words in a line, are errors. */
#define UNITFILE_MAX_BYTES (1024UL * 1024)
#define UNITFILE_MAX_WORDS 4096

/* One assignment; all are borrowed. */
struct unitfile_line {
	const char *section; /* "Service"; NULL: none, or no unit */
	const char *key;
	const char *value;
	size_t line; /* on which it begins, from 1 */
};

/*
 * Called for each assignment in turn; -1 with err ends the walk, which then
 * returns -1.
 */
typedef int unitfile_found(
    void *ctx, const struct unitfile_line *l, struct err *err);

/*
 * Walk through a unit: comments left out, lines joined that end in a
 * backslash.  What is no assignment is passed over, as systemd does.
 */
int unitfile_each(const char *text, size_t len, unitfile_found *found,
    void *ctx, struct err *err);

/* The same for an environment file, quotes and escapes resolved. */
int unitfile_each_env(const char *text, size_t len, unitfile_found *found,
    void *ctx, struct err *err);

/* Words, each allocated.  {NULL, 0} is an empty list. */
struct unitfile_words {
	char **items;
	size_t n_items;
};

/*
 * Split a value into words.  UNITFILE_COMMAND: quotes and C escapes, an
 * error where they are wrong, as in ExecStart= and Environment=;
 * UNITFILE_VARIABLE: what a variable stands for: quotes, a backslash takes
 * the next character as it is, nothing is wrong.
 */
enum unitfile_words_of { UNITFILE_COMMAND, UNITFILE_VARIABLE };
int unitfile_split(const char *value, enum unitfile_words_of of,
    struct unitfile_words *out, struct err *err);
void unitfile_words_clear(struct unitfile_words *w);

#endif
