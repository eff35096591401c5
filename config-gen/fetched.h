/*
 * fetched: the keys that certgate ca fetch took for an authority.
 *
 *   /var/lib/certgate/ca/NAME.pub    public-key lines, comments allowed
 *
 * Written by certgate ca fetch alone, read with the policy, so that loading a
 * policy needs no network.  Not below /etc/ssh/certgate: a rollback of a
 * generation must not forget who is trusted.
 */
#ifndef CONFIG_GEN_FETCHED_H
#define CONFIG_GEN_FETCHED_H

#include <stdbool.h>

#include "lib/err.h"
#include "lib/keyset.h"

#define FETCHED_FOLDER "/var/lib/certgate/ca"

/* A comment line, and what a set of keys takes. */
#define FETCHED_MAX_BYTES (KEYSET_MAX_BYTES + 8192UL)

/*
 * Where the file of the authority name, which is a plain name, is on this
 * machine, in the root whose folder is dir ("" for the machine itself); no
 * link leads out of the root.  Allocated, the caller frees; NULL with err,
 * ERR_NOT_FOUND where the folder is missing.
 */
char *fetched_locate(const char *dir, const char *name, struct err *err);

/* Add its keys to ks.  1: read; 0: nothing was ever fetched; -1: err. */
int fetched_read(struct keyset *ks, const char *dir, const char *name,
    struct err *err);

/*
 * Make it hold ks, with url in a comment; the folders below /var/lib are made
 * where they are missing.  A file that holds just that is not touched, and
 * what a writer that was killed left beside it goes: the caller has the lock
 * of the root's store.  *is_written: the file says it now, also where this
 * failed and nobody knows whether that will last.
 */
int fetched_write(const struct keyset *ks, const char *dir, const char *name,
    const char *url, bool *is_written, struct err *err);

#endif
