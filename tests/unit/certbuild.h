/*
 * certbuild: certificates for tests, field by field, without a signature
 * that holds.  What libcrypto must accept is made by ssh-keygen instead.
 */
#ifndef TESTS_UNIT_CERTBUILD_H
#define TESTS_UNIT_CERTBUILD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/sshwire.h"

struct certbuild {
	uint8_t ca; /* the CA's key is 32 bytes of this */
	uint8_t key; /* the certified key likewise; 0: of 'k' */
	uint64_t serial;
	uint32_t type; /* 1 user, 2 host */
	const char *key_id;
	const struct span *principals;
	size_t n_principals;
	uint64_t valid_after, valid_before;
	const char *force_command; /* NULL: none */
	const char *source_address; /* NULL: none */
};

/* The blob of the CA key that `ca` stands for. */
void certbuild_ca_key(struct wire *out, uint8_t ca);

/* The certificate's blob; an Ed25519 key. */
void certbuild_write(struct wire *out, const struct certbuild *b);

#endif
