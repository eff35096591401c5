/*
 * certsig: what of a certificate needs libcrypto.
 *
 * Not in the login helper: sshd has verified the certificate before it runs
 * AuthorizedPrincipalsCommand.  Used by explain and by PAM, which read a
 * certificate from a file or an environment.
 *
 * Source: sshkey.c:sshkey_verify and the ssh-*.c files of OpenSSH; MUST NOT
 * accept a signature or a key that these reject.
 */
#ifndef LIB_CERTSIG_H
#define LIB_CERTSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cert.h"
#include "lib/err.h"
#include "lib/sshwire.h"

/* Room for "SHA256:" and 43 characters of unpadded base64. */
#define FINGERPRINT_SIZE 52

/* sshkey.h:SSH_KEY_MAX_SIGN_DATA_SIZE; data over this is ERR_LIMIT. */
#define CERTSIG_MAX_DATA (1UL << 20)

/* What a security key says about how it signed; see PROTOCOL.u2f. */
struct sk_details {
	bool is_sk; /* false: not a security key, the rest is 0 */
	uint8_t flags;
	uint32_t counter;
};

/* Bits of sk_details.flags. */
#define SK_USER_PRESENT 0x01 /* somebody touched it */
#define SK_USER_VERIFIED 0x04 /* … and gave a PIN or a finger */

/*
 * "SHA256:…" of a plain public key blob, as ssh-keygen -l prints it.  Fails
 * where the blob is none.
 */
int certsig_fingerprint(char out[FINGERPRINT_SIZE], struct span key_blob,
    struct err *err);

/* Whether text is such a fingerprint, of whatever key. */
bool certsig_is_fingerprint(const char *text);

/* certsig_fingerprint of the plain key inside a certificate. */
int certsig_cert_fingerprint(char out[FINGERPRINT_SIZE], const struct cert *c,
    struct err *err);

/* Append the plain key inside c, as a public key blob, to out. */
int certsig_plain_key(
    const struct cert *c, struct wire *out, struct err *err);

/*
 * Whether signature (a signature blob, algorithm first) is one of the key
 * key_blob (plain, not a certificate) over data.  Algorithms:
 * ecdsa-sha2-nistp256/384/521, ssh-ed25519, rsa-sha2-256 and -512, and both
 * security-key types; never SHA-1 (ssh-rsa), nor webauthn.
 *
 * A security key's flags are covered by the signature but not judged here:
 * whoever challenges somebody must look at details, where a touch
 * (SK_USER_PRESENT) or more is asked for.  details may be NULL and is set on
 * success only.
 *
 * Returns 0 where the signature holds, else -1 with err: ERR_REFUSED, it does
 * not hold; ERR_UNSUPPORTED, an algorithm not accepted; ERR_MALFORMED, key or
 * signature do not add up or are of different types; ERR_LIMIT.
 */
int certsig_verify_data(struct span key_blob, struct span signature,
    struct span data, struct sk_details *details, struct err *err);

/*
 * Whether c's keys are sound (an EC point on its curve) and its CA's
 * signature holds, as certsig_verify_data says.  These are the algorithms of
 * sshd's default CASignatureAlgorithms.  Like sshd, this does not ask whether
 * somebody touched a CA key that lives in a security key.
 */
int certsig_verify(const struct cert *c, struct err *err);

#endif
