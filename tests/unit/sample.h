/*
 * sample: certificates that ssh-keygen made, and others built field by field.
 */
#ifndef TESTS_UNIT_SAMPLE_H
#define TESTS_UNIT_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/cert.h"
#include "lib/sshwire.h"

/* Begin and end of validity of most samples: 2026-01-01, 2036-01-01. */
#define SAMPLE_VALID_AFTER 1767225600ULL
#define SAMPLE_VALID_BEFORE 2082758400ULL

enum sample_number {
	SAMPLE_ED25519,
	SAMPLE_RSA_SHA512, /* with all critical options */
	SAMPLE_RSA_SHA256, /* with nothing, for ever */
	SAMPLE_P256,
	SAMPLE_P384,
	SAMPLE_P521,
	SAMPLE_HOST,
	SAMPLE_SHA1, /* signed by ssh-rsa, which nobody accepts any more */
	SAMPLE_COUNT
};

struct sample {
	const char *name;
	const char *type_name;
	enum cert_key_type key_type;
	const char *base64;
	const char *fingerprint; /* by ssh-keygen -l */
	const char *ca_fingerprint;
};

extern const struct sample samples[SAMPLE_COUNT];

/* The blob of a sample, just as long as needed; the caller frees. */
unsigned char *sample_blob(const struct sample *s, size_t *len);

/* Decode base64 likewise. */
unsigned char *sample_decode(const char *base64, size_t *len);

/* Which field of a built certificate to put other bytes into. */
enum sample_field {
	FIELD_NONE,
	FIELD_TYPE_NAME,
	FIELD_NONCE,
	FIELD_KEY, /* raw: no length is put before it */
	FIELD_SERIAL, /* raw */
	FIELD_TYPE, /* raw */
	FIELD_KEY_ID,
	FIELD_PRINCIPALS,
	FIELD_VALIDITY, /* raw, both ends */
	FIELD_CRITICAL,
	FIELD_EXTENSIONS,
	FIELD_RESERVED,
	FIELD_CA_KEY,
	FIELD_SIGNATURE,
	FIELD_TAIL, /* raw, after the signature */
	FIELD_COUNT
};

/*
 * Write a sound ed25519 user certificate (its signature is of zeros) with
 * one field replaced.  A type name other than ed25519's asks for another
 * FIELD_KEY too, which is why two can be given.
 */
void sample_build(struct wire *out, enum sample_field field,
    struct span bytes, enum sample_field field2, struct span bytes2);

#endif
