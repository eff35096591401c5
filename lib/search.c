#include "config.h"

#include "lib/search.h"

#include <stddef.h>

#include "lib/authority.h"

/*
 * Take g, which fits principal as identity, as the line's entry where it has
 * not ended and stands before what is there.
 */
static void
offer(struct search *s, struct decide_line *line, const struct index_grant *g,
    struct span identity)
{
	if (s->r->now_at >= g->until) {
		s->has_ended = true;
		s->ended = *g;
		return;
	}
	if (line->grant.kind != 0 && line->grant.ordinal <= g->ordinal)
		return;
	line->grant = *g;
	line->identity = identity;
}

/* Whether the key ID allows that this certificate is identity's. */
static bool
is_by_key_id(struct search *s, struct span identity)
{
	const struct decision *d = s->d;

	if (!d->authority.key_id_identity ||
	    span_equal(d->cert.key_id, identity))
		return true;
	s->is_named = true;
	return false;
}

/*
 * For `any` and `same-name`, which name nobody: with `key_id: identity` the
 * key ID must be an identity of the authority's domains behind principal.
 */
static bool
key_id_vouches(struct search *s, struct span principal)
{
	const struct decision *d = s->d;

	if (!d->authority.key_id_identity)
		return true;
	if (authority_has_domain(&d->authority, d->cert.key_id) &&
	    authority_writes(&d->authority, principal, d->cert.key_id))
		return true;
	s->is_named = true;
	return false;
}

static bool
is_same_name(const struct search *s, struct span principal)
{
	const struct index_authority *a = &s->d->authority;

	if (a->principals == PRINCIPALS_EMAIL)
		return span_equal(identity_prefix(principal), s->r->user) &&
		    authority_has_domain(a, principal);
	return span_equal(principal, s->r->user);
}

/* An entry of a large rule's own set: the record holds its grants. */
static void
offer_members(struct search *s, struct decide_line *line, struct span value,
    enum grant_kind kind, struct span identity)
{
	struct index_grant g;
	int more;

	while ((more = index_grant_next(&value, &g)) == 1) {
		if (g.kind != kind || !span_equal(g.text, identity)) {
			s->is_broken = true;
			return;
		}
		offer(s, line, &g, identity);
	}
	if (more < 0)
		s->is_broken = true;
}

/*
 * Look identity up in a set, where the line's principal stands for it.
 * group is the entry that names the set, NULL for a rule's own.
 */
static void
try_member(struct search *s, struct decide_line *line, uint32_t set,
    const struct index_grant *group, struct span identity)
{
	struct span value;
	int found;

	if (!authority_writes(&s->d->authority, line->principal, identity))
		return;
	found = index_member(
	    s->r->index, set, 'i', identity, &value, &s->d->detail);
	if (found < 0)
		s->is_broken = true;
	if (found != 1 || !is_by_key_id(s, identity))
		return;
	if (group != NULL)
		offer(s, line, group, identity);
	else
		offer_members(s, line, value, GRANT_IDENTITY, identity);
}

/* Look up, in a set, everybody whom the line's principal may stand for. */
static void
try_set(struct search *s, struct decide_line *line, uint32_t set,
    const struct index_grant *group)
{
	struct span list, identity;
	int found;

	try_member(s, line, set, group, line->principal);
	if (s->d->authority.principals != PRINCIPALS_EMAIL_PREFIX)
		return;
	found = index_member(
	    s->r->index, set, 'p', line->principal, &list, &s->d->detail);
	if (found < 0)
		s->is_broken = true;
	if (found != 1)
		return;
	if (s->d->authority.key_id_identity) {
		/* Only the key ID's own can fit; look that one up. */
		s->is_named = true;
		try_member(s, line, set, group, s->d->cert.key_id);
		return;
	}
	while (wire_get_string(&list, &identity) == 0)
		try_member(s, line, set, group, identity);
	if (list.len != 0)
		s->is_broken = true;
}

/* The literal principals of a large rule. */
static void
try_literals(struct search *s, struct decide_line *line, uint32_t set)
{
	struct span value;
	int found = index_member(s->r->index, set, 'l', line->principal,
	    &value, &s->d->detail);

	if (found < 0)
		s->is_broken = true;
	if (found == 1 && is_by_key_id(s, line->principal))
		offer_members(
		    s, line, value, GRANT_PRINCIPAL, line->principal);
}

/* The whole server would rest on the CA alone; a rule must say that it may. */
static bool
is_any_safe(struct search *s)
{
	if (s->r->uid != 0 || s->d->rule.is_dangerous)
		return true;
	s->is_unsafe = true;
	return false;
}

static void
try_grant(
    struct search *s, struct decide_line *line, const struct index_grant *g)
{
	struct span nobody = { NULL, 0 };

	if (s->d->authority.key_id_identity)
		nobody = s->d->cert.key_id;

	switch (g->kind) {
	case GRANT_IDENTITY:
		if (authority_writes(&s->d->authority, line->principal, g->text) &&
		    is_by_key_id(s, g->text))
			offer(s, line, g, g->text);
		break;
	case GRANT_PRINCIPAL:
		if (span_equal(line->principal, g->text) &&
		    is_by_key_id(s, g->text))
			offer(s, line, g, nobody);
		break;
	case GRANT_GROUP:
		try_set(s, line, g->set, g);
		break;
	case GRANT_ANY:
		if (is_any_safe(s) && key_id_vouches(s, line->principal))
			offer(s, line, g, nobody);
		break;
	case GRANT_SAME_NAME:
		if (is_same_name(s, line->principal) &&
		    key_id_vouches(s, line->principal))
			offer(s, line, g, nobody);
		break;
	}
}

void
search_entry(struct search *s, struct decide_line *line)
{
	struct span grants = s->d->rule.grants;
	struct index_grant g;
	int more;

	while ((more = index_grant_next(&grants, &g)) == 1)
		try_grant(s, line, &g);
	if (more < 0)
		s->is_broken = true;
	if (s->d->rule.set != 0) {
		try_set(s, line, s->d->rule.set, NULL);
		try_literals(s, line, s->d->rule.set);
	}
}
