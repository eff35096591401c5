/*
 * signer: keys made for one test, of every type, security keys in software.
 */
#ifndef TESTS_UNIT_SIGNER_H
#define TESTS_UNIT_SIGNER_H

#include <stdint.h>

#include <openssl/evp.h>

#include "lib/keyblob.h"
#include "lib/sshwire.h"

#define SIGNER_APPLICATION "ssh:"

struct signer {
	enum cert_key_type type;
	EVP_PKEY *pkey;
	struct wire blob; /* the public key */
};

/* Aborts where libcrypto fails; ended by signer_clear. */
void signer_init(struct signer *s, enum cert_key_type type);
void signer_clear(struct signer *s);

/*
 * Append a signature blob over data to out.  algorithm NULL: the key's
 * ("rsa-sha2-512" for RSA).  flags and counter are used by security keys.
 */
void signer_sign(const struct signer *s, const char *algorithm,
    struct span data, uint8_t flags, uint32_t counter, struct wire *out);

#endif
