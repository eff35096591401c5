/*
 * reach: whom a generation lets in, whatever certificates may come.
 *
 * No decision: decide() takes those, of a certificate.  This only tells an
 * account that somebody could reach from one that nobody can.
 */
#ifndef CONFIG_GEN_REACH_H
#define CONFIG_GEN_REACH_H

#include <stdbool.h>
#include <stdint.h>

#include "config-gen/people.h"
#include "lib/err.h"
#include "lib/index.h"

struct reach {
	int fd;
	bool is_empty; /* no generation: nobody gets in */
	struct index index;
};

/*
 * Open the generation in folder (on this machine; NULL: there is none).  End
 * by reach_close, also after a failure.
 */
int reach_open(struct reach *r, const char *folder, struct err *err);
void reach_close(struct reach *r);

/* Whether a rule is about p: its own, or "*".  1 or 0, -1 where broken. */
int reach_covers(struct reach *r, const struct person *p, struct err *err);

/*
 * Whether that rule has an entry that has not ended at now_at (UTC seconds)
 * and names somebody who is not denied and for whom an authority may vouch
 * that is trusted then.
 */
int reach_person(
    struct reach *r, const struct person *p, int64_t now_at, struct err *err);

#endif
