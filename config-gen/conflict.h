/*
 * conflict: what of the administrator's own configuration would silently
 * lose to ours, or win over it.
 */
#ifndef CONFIG_GEN_CONFLICT_H
#define CONFIG_GEN_CONFLICT_H

#include <stdbool.h>

#include "config-gen/target.h"
#include "lib/err.h"

/*
 * 0 where no line outside ours sets a directive of ours, or replace is set;
 * else -1 and err names the lines (FILE:LINE, for whom) and the cure.  An -o
 * on sshd's command line wins over any file: nothing can replace that here.
 */
int conflict_check(const struct target *t, bool replace, struct err *err);

#endif
