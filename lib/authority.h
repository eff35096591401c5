/*
 * authority: for whom an authority of the index vouches, and under which
 * principal; see certgate-policy(5), "domains" and "principals".
 */
#ifndef LIB_AUTHORITY_H
#define LIB_AUTHORITY_H

#include <stdbool.h>

#include "lib/index.h"
#include "lib/sshwire.h"

/* Whether name has a domain, and it is one of the authority's. */
bool authority_has_domain(const struct index_authority *a, struct span name);

/*
 * Whether the authority may vouch for identity: one without a domain, any
 * where the authority names no domains, else one of those domains.
 */
bool authority_covers(const struct index_authority *a, struct span identity);

/* Whether principal is what the authority writes for identity. */
bool authority_writes(const struct index_authority *a, struct span principal,
    struct span identity);

#endif
