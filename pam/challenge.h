/*
 * challenge: what an agent is given to sign, so that somebody proves now to
 * hold a certificate's key.
 *
 * The format is SSHSIG (OpenSSH's PROTOCOL.sshsig) with a namespace of our
 * own: agents know it, and sign it also with security keys that they keep
 * from web sites; no verifier of files takes the signature, as its namespace
 * is another; and it cannot be a login's, as what sshd has signed begins with
 * the length of a session ID, and "SSHS" would be one of 1.4 GB.
 *
 * The signed text is fresh, and names host, service, both users and the
 * certificate.  A host to which an agent is forwarded could still pass
 * another host's challenge on to it; that is what forwarding an agent means.
 */
#ifndef PAM_CHALLENGE_H
#define PAM_CHALLENGE_H

#include <stdbool.h>

#include "lib/cert.h"
#include "lib/err.h"
#include "lib/sshwire.h"

#define CHALLENGE_NAMESPACE "auth@pam_certgate"

struct challenge {
	const char *service; /* PAM's: "sudo" */
	const char *user; /* whose rule is asked for */
	const char *caller; /* who called sudo */
};

/* Append what is to be signed to out: new random bytes every time. */
int challenge_make(struct wire *out, const struct challenge *c,
    const struct cert *cert, struct err *err);

/*
 * Whether signature is one by cert's key over data, which challenge_make
 * made.  A security key must say that it was touched, and where
 * needs_verification that it knew who did.  0, or -1 with err.
 */
int challenge_verify(const struct cert *cert, struct span signature,
    struct span data, bool needs_verification, struct err *err);

#endif
