/*
 * identity: how a person's name at the identity provider becomes a principal.
 *
 * Each authority puts one of three forms into its certificates; see
 * certgate-policy(5), "principals".
 */
#ifndef LIB_IDENTITY_H
#define LIB_IDENTITY_H

#include <stdbool.h>

#include "lib/sshwire.h"

enum principals_mode {
	PRINCIPALS_VERBATIM, /* the identity as it is */
	PRINCIPALS_EMAIL, /* the identity as it is, known to be an address */
	PRINCIPALS_EMAIL_PREFIX /* what stands before the last '@' */
};

/* What stands before the last '@'; all of it where there is none. */
struct span identity_prefix(struct span identity);

/* What stands after the last '@'; p is NULL where there is none. */
struct span identity_domain(struct span identity);

/* The principal that stands for identity under that mode; borrows. */
struct span identity_principal(
    struct span identity, enum principals_mode mode);

#endif
