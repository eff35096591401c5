/*
 * target: what certgate finds on the machine before it changes anything.
 *
 * Gathers sshd's version and configuration, the account that the helper runs
 * as, and what the policy needs of the root.
 */
#ifndef CONFIG_GEN_TARGET_H
#define CONFIG_GEN_TARGET_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/compile.h"
#include "config-gen/root.h"
#include "config-gen/sshd.h"
#include "config-gen/sshdconf.h"
#include "lib/err.h"

#define TARGET_N_DIRECTIVES 5

struct target {
	const struct root *root;
	bool has_sshd; /* false: an image without one; nothing is proved */
	struct sshd_version version; /* where has_sshd */
	const char *config; /* sshd's main file, inside the root */
	struct sshdconf *conf; /* its present content */
	bool has_command_user; /* else compile.index_group is the caller's */
	struct compile_settings compile;
	char *keygen; /* what compile.keygen is */
	size_t n_directives; /* of target_directives, see target_revokes */
	/* What target_open fails with; ERR_NONE: nothing. */
	struct err no_sshd; /* none to ask, or one that is too old */
	struct err no_conf; /* conf is NULL */
	struct err refused; /* sshd refuses its present configuration */
};

/*
 * The directives that certgate writes, whole lines, in this order.  The last
 * one names the list of what is revoked: only where something is, since an
 * administrator may have a list of his own.
 */
extern const char *const target_directives[TARGET_N_DIRECTIVES];

/* Their keywords, lower case, and values, as sshd -T shows them. */
extern const char *const target_keywords[TARGET_N_DIRECTIVES + 1];
extern const char *const target_values[TARGET_N_DIRECTIVES];

/*
 * Fill t, which target_clear ends also after a failure.  target_look goes on
 * where something is amiss and notes it; target_open fails with it.  Neither
 * judges the helper and its user: doctor does.
 */
int target_look(struct target *t, const struct root *root, struct err *err);
int target_open(struct target *t, const struct root *root, struct err *err);

/*
 * Say whether the generation that shall be current revokes something, and so
 * which directives it needs; before that none is taken to.  The second finds
 * it out of the generation in folder (on this machine).
 */
void target_revokes(struct target *t, bool is_something_revoked);
int target_follow(struct target *t, const char *folder, struct err *err);

/* The keywords of the directives that t needs, ended by NULL. */
void target_named(
    const struct target *t, const char *out[TARGET_N_DIRECTIVES + 1]);

/* How many directives that generation needs. */
int target_count(const char *folder, size_t *n, struct err *err);
void target_clear(struct target *t);

#endif
