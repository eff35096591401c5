#include "config.h"

#include "lib/identity.h"

#include <stddef.h>

/* Index of the last '@', or -1. */
static ptrdiff_t
last_at(struct span s)
{
	size_t i;

	for (i = s.len; i > 0; i--) {
		if (s.p[i - 1] == '@')
			return (ptrdiff_t)(i - 1);
	}
	return -1;
}

struct span
identity_prefix(struct span identity)
{
	ptrdiff_t at = last_at(identity);

	if (at < 0)
		return identity;
	return (struct span) { identity.p, (size_t)at };
}

struct span
identity_domain(struct span identity)
{
	ptrdiff_t at = last_at(identity);

	if (at < 0)
		return (struct span) { NULL, 0 };
	return (struct span) { identity.p + at + 1,
		identity.len - (size_t)at - 1 };
}

struct span
identity_principal(struct span identity, enum principals_mode mode)
{
	if (mode == PRINCIPALS_EMAIL_PREFIX)
		return identity_prefix(identity);
	return identity;
}
