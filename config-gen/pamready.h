/*
 * pamready: whether a root is ready for pam_certgate.so: the module is there
 * and loads, a generation is current, and sshd takes its CAs from it.
 *
 * The module refuses sessions whose certificate the policy does not know, and
 * where it cannot be asked; so who comes in today must come in then.
 */
#ifndef CONFIG_GEN_PAMREADY_H
#define CONFIG_GEN_PAMREADY_H

#include "config-gen/root.h"
#include "lib/err.h"

/* Something to know that is no reason to refuse. */
typedef void pamready_warn_t(void *ctx, const char *text);

/*
 * 0, or -1 with err.  Where root has no sshd to ask, that is left out, and
 * warn says so.
 */
int pamready(const struct root *root, pamready_warn_t *warn, void *ctx,
    struct err *err);

#endif
