/*
 * rehearse: real logins before a change, with what it would bring.
 *
 * sshd is started with the staged configuration and the begun generation, but
 * with authorities of its own beside the policy's: made for this, in a folder
 * of this, for which a certificate can be signed.  What the policy lets in
 * must get in, what it refuses must not.  The CA's private key is gone before
 * sshd starts, its public key is in no file that the real sshd reads, and the
 * folder is removed at the end, by the next command at the latest.
 */
#ifndef CONFIG_GEN_REHEARSE_H
#define CONFIG_GEN_REHEARSE_H

#include "config-gen/policy.h"
#include "config-gen/sshdconf.h"
#include "config-gen/target.h"
#include "lib/err.h"

enum { REHEARSE_LIST, REHEARSE_HELPER, REHEARSE_N };

/* For one mechanism. */
struct rehearsal {
	enum rehearse_state {
		REHEARSE_UNNEEDED, /* it serves nobody */
		REHEARSE_LEFT_OUT, /* for the reason in text */
		REHEARSE_PASSED
	} state;
	const char *mechanism; /* "list", "helper" */
	char user[64]; /* escaped; "" before one was found */
	char text[256]; /* for people */
};

/*
 * Rehearse the edit with the begun generation in folder, whose name is that
 * of a folder in ROOT_CERTGATE/generations.  The lock must be held.  0 where
 * sshd did as the policy says wherever it could be tried; -1 with what sshd
 * said where it did not, or where the rehearsal itself broke.
 */
int rehearse(const struct target *t, const struct sshdconf_edit *edit,
    const struct policy *p, const char *folder,
    struct rehearsal out[REHEARSE_N], struct err *err);

#endif
