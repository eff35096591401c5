/*
 * snapshot: a generation as it can be read back, to be set beside another.
 */
#ifndef CONFIG_GEN_SNAPSHOT_H
#define CONFIG_GEN_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/index.h"
#include "lib/sshwire.h"

/* A set's content, as a number that does not depend on order or places. */
struct snapshot_set {
	uint64_t digest;
	uint64_t n_members;
};

struct snapshot {
	char folder[4096]; /* the generation's; "" for none */
	int fd;
	struct index index;
	bool is_empty; /* no generation: nothing is in it */
	struct snapshot_set *sets; /* by number */
};

/*
 * Open the generation in folder; one that is not there is empty.  End by
 * snapshot_close, also after a failure.
 */
int snapshot_open(struct snapshot *s, const char *folder, struct err *err);
void snapshot_close(struct snapshot *s);

/* One user's rule. */
struct snapshot_user {
	bool is_there;
	bool has_list; /* served by a list; else by the helper */
	uint64_t digest; /* equal where the rule means the same */
};

/*
 * Look user up.  text (may be NULL) gets the rule in words, escaped: "any",
 * "jdoe@example.com, group release (options restrict)".
 */
int snapshot_user(struct snapshot *s, struct span user,
    struct snapshot_user *out, struct wire *text, struct err *err);

#endif
