/*
 * keyblob: the public key inside a key blob or a certificate, field by field.
 *
 * Source: RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709, OpenSSH's
 * PROTOCOL.u2f; lengths and limits are those of sshkey.c and
 * sshbuf-getput-crypto.c.  What needs big numbers or a curve (whether a point
 * lies on it) is lib/certsig's.
 */
#ifndef LIB_KEYBLOB_H
#define LIB_KEYBLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/sshwire.h"

/* sshkey.h:SSH_RSA_MINIMUM_MODULUS_SIZE, sshbuf.h:SSHBUF_MAX_BIGNUM */
#define KEYBLOB_RSA_MIN_BITS 1024
#define KEYBLOB_RSA_MAX_BITS 16384

enum cert_key_type {
	CERT_KEY_RSA,
	CERT_KEY_ECDSA_P256,
	CERT_KEY_ECDSA_P384,
	CERT_KEY_ECDSA_P521,
	CERT_KEY_ED25519,
	CERT_KEY_SK_ECDSA_P256,
	CERT_KEY_SK_ED25519
};

/* Spans point into the bytes that were read; those not of the type are
 * empty. */
struct keyblob {
	enum cert_key_type type;
	struct span e, n; /* RSA; big-endian, no leading zeros */
	struct span point; /* ECDSA: 4, x, y.  Ed25519: the 32 bytes. */
	struct span application; /* of a security key, without NUL */
};

/*
 * Take the fields of a key of that type, without its type name, from in.
 * whose begins the messages: "certificate: the key".
 */
int keyblob_get_fields(struct keyblob *k, enum cert_key_type type,
    struct span *in, const char *whose, struct err *err);

/* Parse a plain public key blob, type name first, to its last byte. */
int keyblob_parse(struct keyblob *k, struct span blob, const char *whose,
    struct err *err);

/*
 * Append k as a plain public key blob to out, numbers without superfluous
 * zeros: the bytes that sshd takes a fingerprint of.
 */
void keyblob_put(const struct keyblob *k, struct wire *out);

/*
 * Take a number (mpint, RFC 4251) as sshd does: not negative, of at most
 * KEYBLOB_RSA_MAX_BITS; superfluous zeros in front are dropped.
 */
int keyblob_get_number(struct span *in, struct span *out, const char *whose,
    const char *field, struct err *err);

/* Bits of the modulus; 0 where k is no RSA key. */
size_t keyblob_rsa_bits(const struct keyblob *k);

/* The plain type's name: "ssh-ed25519" for CERT_KEY_ED25519. */
const char *cert_key_type_name(enum cert_key_type type);

/* As ssh-keygen -l prints it: "ED25519", and "ED25519-CERT". */
const char *cert_key_type_short_name(enum cert_key_type type);
const char *cert_key_type_short_cert_name(enum cert_key_type type);

/* The curve's name in the blob: "nistp256"; NULL for others than ECDSA. */
const char *cert_key_type_curve(enum cert_key_type type);

/* Whether keys of that type live in a security key. */
bool cert_key_type_is_sk(enum cert_key_type type);

/* Whether name is the plain name of a key type above; out may be NULL. */
bool cert_key_type_by_name(const char *name, enum cert_key_type *out);

/* The same for names that are not terminated. */
bool cert_key_type_by_span(struct span name, enum cert_key_type *out);

/* The same for "ssh-ed25519-cert-v01@openssh.com". */
bool cert_key_type_by_cert_name(struct span name, enum cert_key_type *out);

#endif
