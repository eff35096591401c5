/*
 * setting: what a generation says for all users alike, one line each: of its
 * authorities, of whom it denies, of "*".  For plan, which shows what of it
 * comes and goes.
 */
#ifndef CONFIG_GEN_SETTING_H
#define CONFIG_GEN_SETTING_H

#include <stddef.h>

#include "config-gen/snapshot.h"
#include "lib/err.h"

/* Denied identities beyond these are one line, with a digest. */
#define SETTING_MAX_DENIED 1000

/* Sorted lines, escaped, no two alike.  Starts zeroed. */
struct settings {
	char **lines;
	size_t n_lines;
	size_t room;
};

/* Read them from s; none where it is empty.  End by settings_clear. */
int settings_read(struct settings *out, struct snapshot *s, struct err *err);
void settings_clear(struct settings *s);

/*
 * Call report with each line that only before (sign '-') or only after ('+')
 * has, in their order.  Returns how many there were.
 */
size_t settings_compare(const struct settings *before,
    const struct settings *after,
    void (*report)(void *ctx, char sign, const char *line), void *ctx);

#endif
