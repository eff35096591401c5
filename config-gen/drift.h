/*
 * drift: what somebody changed by hand of what certgate made: a file of the
 * current generation, or our directives in sshd's configuration.
 */
#ifndef CONFIG_GEN_DRIFT_H
#define CONFIG_GEN_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "config-gen/root.h"
#include "config-gen/sshdconf.h"
#include "lib/err.h"

struct drift_item {
	char *where; /* a path inside the root, escaped */
	const char *what; /* goes on from there: "was changed" */
	char *lines; /* "    -is so\n    +goes to this\n", escaped; or "" */
};

struct drift {
	struct drift_item *items;
	size_t n_items;
};

/*
 * Whether certgate remove took our directives out and nobody put them back:
 * then certgate is not in use, and nothing has drifted.
 */
int drift_is_unused(const struct root *root, const struct sshdconf *conf,
    bool *is_unused, struct err *err);

/*
 * Whether conf has directives of ours.  Where there is no current generation
 * they lead nowhere, and sshd lets nobody in by certificate.
 */
bool drift_has_ours(const struct sshdconf *conf);

/*
 * Look at the current generation of root, and at conf, sshd's configuration;
 * one of the two must be there.  folder (on this machine; NULL: there is
 * none) is a generation just made, for the lines in which a text differs from
 * what it goes to; those of sshd's configuration are always told.  0, also
 * where it finds something; -1 where it could not look at all, with what it
 * found in out all the same.  End by drift_clear.
 */
int drift_look(const struct root *root, const struct sshdconf *conf,
    const char *folder, struct drift *out, struct err *err);
void drift_clear(struct drift *d);

/* [{"where", "what", "lines": ["-…", "+…"]}, …]; new. */
json_t *drift_json(const struct drift *d);

#endif
