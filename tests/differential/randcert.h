/*
 * randcert: random certificates, good and bad in every field, signed by keys
 * of every type, and mutants of them.
 */
#ifndef TESTS_DIFFERENTIAL_RANDCERT_H
#define TESTS_DIFFERENTIAL_RANDCERT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/sshwire.h"
#include "tests/differential/random.h"
#include "tests/unit/signer.h"

#define RANDCERT_N_TYPES 7

struct randcert {
	struct random random;
	struct signer keys[RANDCERT_N_TYPES], cas[RANDCERT_N_TYPES];
	/* What is mutated, and how far that is. */
	struct wire base; /* up to the signature */
	struct wire base_signature;
	const struct signer *base_ca;
	size_t at;        /* the next byte */
	unsigned int how; /* to do to it */
};

/* Makes the keys, which no seed repeats: they are printed where they matter. */
void randcert_init(struct randcert *r, uint64_t seed);
void randcert_clear(struct randcert *r);

/* Append a certificate whose fields are mostly good. */
void randcert_make(struct randcert *r, struct wire *out);

/*
 * Append the next mutant: each byte of a certificate in turn, in each of
 * several ways, signed again every other time; then those of another one.
 */
void randcert_mutate(struct randcert *r, struct wire *out);

#endif
