/*
 * asuser: be another user for a moment, to open what is his.
 *
 * Root may open every socket; whoever calls sudo must not be able to lend
 * himself another user's agent by that.  Only the calling thread changes.
 */
#ifndef PAM_ASUSER_H
#define PAM_ASUSER_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/err.h"

struct asuser {
	bool is_changed;
	bool is_stuck; /* after -1: it is not as before */
	uid_t euid;
	gid_t egid;
	int n_groups;
	gid_t *groups;
	int dumpable, death_signal; /* what the kernel resets on a change */
};

/*
 * Take effective uid and gid, and no other groups.  0, or -1 with err and
 * everything as before, unless is_stuck.
 */
int asuser_begin(struct asuser *u, uid_t uid, gid_t gid, struct err *err);

/* Back to how it was; -1 with err where the kernel does not let us. */
int asuser_end(struct asuser *u, struct err *err);

#endif
