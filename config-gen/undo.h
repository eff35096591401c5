/*
 * undo: from any step of a change back to before it.
 *
 * Only for change.c and held.c.
 */
#ifndef CONFIG_GEN_UNDO_H
#define CONFIG_GEN_UNDO_H

#include <limits.h>
#include <stddef.h>

#include "config-gen/journal.h"
#include "config-gen/store.h"
#include "lib/err.h"

/*
 * Where the old and the new bytes of the journal's file i stand, in a folder
 * of the store's.
 */
enum undo_bytes { UNDO_OLD, UNDO_NEW };
char *undo_path(const struct generation_store *s, char out[STORE_PATH_SIZE],
    const char *folder, size_t i, enum undo_bytes which);

/*
 * Put back what j says, see that it is back, and remove the journal.  May be
 * interrupted and done again.  A file that is neither what the change found
 * nor what it made was edited since: then nothing is touched.
 */
int undo_change(
    struct generation_store *s, const struct journal *j, struct err *err);

#endif
