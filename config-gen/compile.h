/*
 * compile: a checked policy becomes the files of a generation.
 *
 *   ca.pub           the authorities' keys that are in force, one per line
 *   principals/USER  principals lines, for users whom a list serves
 *   policy.cdb       the index (lib/index.h), for the decision
 *   revoked.krl      sshd's own list of what is revoked (krl.h); always there
 *   manifest         what these files were when they were made
 *
 * All users are in the index, those with a list too: where a list has no
 * line for a certificate, sshd goes on to the helper, which must then give
 * the same answer.  A list that would be unsafe beside the generation in
 * force waits for the next time (overlap.h): the helper serves that user.
 */
#ifndef CONFIG_GEN_COMPILE_H
#define CONFIG_GEN_COMPILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config-gen/policy.h"
#include "lib/err.h"
#include "lib/pubkey.h"
#include "lib/sshwire.h"

#define COMPILE_CA_FILE "ca.pub"
#define COMPILE_INDEX "policy.cdb"
#define COMPILE_LISTS "principals"
#define COMPILE_REVOKED "revoked.krl"

/* Beyond these a user's, or every user's, principals are the helper's. */
#define COMPILE_MAX_LIST 1000
#define COMPILE_MAX_LIST_USERS 1000
/* Beyond these revocations, serials and key IDs are the index's alone. */
#define COMPILE_MAX_REVOKED 1000

struct compile_settings {
	int64_t now_at; /* of which keys are in force; UTC seconds */
	uint32_t uid_min; /* for "*" where the policy has no min_uid */
	uid_t owner; /* of all files */
	gid_t group; /* of all files but the index */
	gid_t index_group; /* that of the helper's user, which reads it */
	const char *keygen; /* ssh-keygen of this machine; NULL: none */
	const char *before; /* folder of the generation in force; NULL: none */
};

/*
 * Whether a plain list serves rule r: only where it gives the same answer as
 * the decision for every certificate of every authority.  NULL where it
 * does, else why the helper is needed, in words: "its rule says `any`".
 */
const char *compile_needs_helper(
    const struct policy *p, const struct policy_rule *r);

/* Append "TYPE BASE64" of a key to w. */
void compile_put_key(struct wire *w, const struct pubkey *k);

/*
 * Write the files into folder (absolute), which is empty.  Each is synced.
 * Rules whose list waits for the next time are marked in p.
 */
int compile_write(struct policy *p, const struct compile_settings *s,
    const char *folder, struct err *err);

/* Write only the index, to a descriptor: empty, open to read and write. */
int compile_index(
    const struct policy *p, uint32_t uid_min, int fd, struct err *err);

#endif
