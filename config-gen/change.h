/*
 * change: switch the link and replace configuration files as one step, and
 * bring one that was interrupted to an end.
 *
 * In this order, each step on disk before the next:
 *  1. the old and the new bytes of the files are put aside in .undo;
 *  2. the journal is written: from here on whoever finds it goes back;
 *  3. the generation gets its name, `current` is switched, the files are
 *     replaced, all is proved;
 *  4. the journal is renamed or removed: the change is made.
 *
 * Only for generation.c and held.c.
 */
#ifndef CONFIG_GEN_CHANGE_H
#define CONFIG_GEN_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/generation.h"
#include "config-gen/store.h"
#include "lib/err.h"

struct change_link {
	unsigned long before, after; /* generations; the same: stays */
	bool is_made; /* after is staged, and goes again with the change */
};

/* Make a change, proved; where that fails, all is as before. */
int change_run(struct generation_store *s, const struct change_link *link,
    const struct generation_file *files, size_t n_files,
    int (*prove)(void *ctx, struct err *err), void *ctx, struct err *err);

/*
 * Write down, in the folder STORE_HELD, what change_run would change, as it
 * does for itself in STORE_UNDO: a journal, and old and new bytes.
 */
int change_hold(struct generation_store *s, const struct change_link *link,
    const struct generation_file *files, size_t n_files, bool *differs,
    struct err *err);

/* Undo what an interrupted command did; *found: there was something. */
int change_recover(struct generation_store *s, bool *found, struct err *err);

#endif
