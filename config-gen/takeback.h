/*
 * takeback: a change that was not confirmed goes back.
 *
 * With the journal and the proof of every change (config-gen/generation.h);
 * what happened is logged to authpriv, since often nobody watches.
 */
#ifndef CONFIG_GEN_TAKEBACK_H
#define CONFIG_GEN_TAKEBACK_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/generation.h"
#include "config-gen/pending.h"
#include "config-gen/root.h"
#include "lib/err.h"

struct takeback {
	bool was_made; /* false: there was nothing to take back */
	struct generation_link link;
	size_t n_edited; /* files edited since, now in the store as edited.N */
	char reloaded[256]; /* what became of sshd, in words */
	/*
	 * It went back, but sshd was not reloaded, or the record is still
	 * there: why, to be tried again.  "": all is done.
	 */
	char rest[256];
};

/*
 * Take back what p is about, reload sshd (unless has_no_reload) and remove
 * the record.  -1: nothing went back.  Then, and where out->rest is set, the
 * record stays: it can be tried again.
 */
int takeback_run(struct generation_store *s, const struct root *root,
    const struct pending *p, bool has_no_reload, struct takeback *out,
    struct err *err);

#endif
