#include "config.h"

#include "lib/authority.h"

#include <stddef.h>

bool
authority_has_domain(const struct index_authority *a, struct span name)
{
	struct span domain = identity_domain(name);

	return domain.p != NULL && wire_list_has(a->domains, domain);
}

bool
authority_covers(const struct index_authority *a, struct span identity)
{
	return identity_domain(identity).p == NULL || a->domains.len == 0 ||
	    authority_has_domain(a, identity);
}

bool
authority_writes(const struct index_authority *a, struct span principal,
    struct span identity)
{
	return authority_covers(a, identity) &&
	    span_equal(principal, identity_principal(identity, a->principals));
}
