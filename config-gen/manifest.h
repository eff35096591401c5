/*
 * manifest: what the files of a generation were when certgate made them.
 *
 * A line per file, "SHA256-IN-HEX MODE NAME", so that a change by hand is
 * seen.  No protection: who can write the files can write the manifest.
 */
#ifndef CONFIG_GEN_MANIFEST_H
#define CONFIG_GEN_MANIFEST_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

#define MANIFEST_FILE "manifest"

/* Write folder/manifest, for all files below folder. */
int manifest_write(const char *folder, uid_t owner, gid_t group,
    struct err *err);

/*
 * Compare a generation with its manifest.  found is called for each
 * difference, with the file's name in the folder, escaped, and what is wrong
 * with it: "was changed", "is missing", "was added", "has another mode",
 * "belongs to somebody else" (than root and the caller), "cannot be read".
 * Returns how many there are, or -1 where it could not be done.
 */
int manifest_check(const char *folder,
    void (*found)(void *ctx, const char *name, const char *what), void *ctx,
    struct err *err);

#endif
