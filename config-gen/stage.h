/*
 * stage: ask sshd about an edit of its configuration before it is made.
 */
#ifndef CONFIG_GEN_STAGE_H
#define CONFIG_GEN_STAGE_H

#include "config-gen/sshdconf.h"
#include "config-gen/target.h"
#include "lib/err.h"

/* For who holds the lock: no generation, and cleared away with the rest. */
#define STAGE_FOLDER ROOT_CERTGATE "/.stage"

/*
 * Write what the edit leads to into folder (inside the root; made, and
 * removed again), run sshd -t on it and then ask (NULL: nothing more), which
 * is told the main file, inside the root, for sshd's -f.  0 where sshd
 * accepts it and ask returned 0.
 */
int stage_ask(const struct target *t, const struct sshdconf_edit *edit,
    const char *folder,
    int (*ask)(void *ctx, const char *config, struct err *err), void *ctx,
    struct err *err);

/* stage_ask in STAGE_FOLDER with nothing more to ask. */
int stage_test(
    const struct target *t, const struct sshdconf_edit *edit, struct err *err);

#endif
