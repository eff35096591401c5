/*
 * require: for whom require=cert of a session line is meant.
 */
#ifndef PAM_REQUIRE_H
#define PAM_REQUIRE_H

#include <sys/types.h>

#include "lib/err.h"
#include "pam/options.h"

/*
 * Whether a session of user (whose primary group is gid) needs a
 * certificate: users= or groups= names it, or neither is given, and except=
 * does not name it.  1, 0, or -1 with err where a group cannot be looked up,
 * or is none of this machine's: a slip there would open a door.
 */
int require_covers(const struct options *o, const char *user, gid_t gid,
    struct err *err);

#endif
