/*
 * Identities that look alike in certificates: an authority with
 * `principals: email-prefix` writes "jdoe" for jdoe@example.com and for
 * jdoe@example.org, so each could log in as the other.
 *
 * First all prefixes pass through one hash table, 9 bytes a slot.  Only those
 * that two identities share, mostly none, are looked at by authority.
 */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/hash.h"
#include "lib/identity.h"

#include <stdlib.h>
#include <string.h>

enum { SLOT_USED = 0x80, SLOT_SHARED = 0x40, SLOT_TAG = 0x3f };

/* One identity that shares its prefix, and the rule it stands in. */
struct sharer {
	const struct policy_name *name;
	size_t slot;
	size_t order;
	uint32_t scope;
	bool is_denied;
};

/* Identities whose slots are on the way from memory. */
#define BATCH 32

struct collisions {
	struct policy_parse *p;
	const struct policy_name **names; /* the first of each prefix */
	unsigned char *marks;
	size_t n_slots; /* a power of 2 */
	bool has_shared;
	bool has_failed;
	struct {
		const struct policy_name *name;
		uint64_t hash;
	} batch[BATCH];
	size_t n_batch;

	struct sharer *sharers;
	size_t n_sharers, sharers_room;

	/* By authority, while one prefix is looked at. */
	const struct sharer **with_domain, **without_domain;
	/* Identities that were reported. */
	struct words reported;
	struct name_table reported_table;
};

/* Call visit with each identity that a rule, a used group or deny names. */
static void
visit_all(struct collisions *c, const struct checks *checks,
    void (*visit)(struct collisions *c, const struct sharer *s))
{
	const struct policy *policy = c->p->policy;
	struct sharer s = { NULL, 0, 0, 0, false };
	size_t i, j;

	for (i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *r = &policy->rules[i];

		s.scope = r->scope;
		for (j = 0; j < r->n_grants; j++) {
			s.name = &r->grants[j].name;
			if (r->grants[j].kind == GRANT_IDENTITY)
				visit(c, &s);
		}
	}
	for (i = 0; i < checks->n_uses; i++) {
		const struct policy_group *g =
		    &policy->groups[checks->uses[i].group];

		s.scope = checks->uses[i].scope;
		for (j = 0; j < g->n_members; j++) {
			s.name = &g->members[j];
			visit(c, &s);
		}
	}
	s.scope = 0;
	s.is_denied = true;
	for (i = 0; i < policy->n_denied; i++) {
		s.name = &policy->denied[i];
		visit(c, &s);
	}
}

/* More than visit_all visits. */
static size_t
count_all(const struct policy *policy, const struct checks *checks)
{
	size_t n = policy->n_denied;
	size_t i;

	for (i = 0; i < policy->n_rules; i++)
		n += policy->rules[i].n_grants;
	for (i = 0; i < checks->n_uses; i++)
		n += policy->groups[checks->uses[i].group].n_members;
	return n;
}

static struct span
prefix_of(const struct policy_name *name)
{
	return identity_prefix(span_of(name->text));
}

static uint64_t
prefix_hash(const struct policy_name *name)
{
	struct span prefix = prefix_of(name);
	uint64_t hash = hash_add(HASH_INIT, prefix.p, prefix.len);

	return hash ^ hash >> 32;
}

static unsigned char
mark_of(uint64_t hash)
{
	return (unsigned char)(SLOT_USED | (hash >> 58 & SLOT_TAG));
}

/* The slot where the prefix of name stands or belongs. */
static size_t
find_slot(
    const struct collisions *c, const struct policy_name *name, uint64_t hash)
{
	size_t i;

	for (i = (size_t)hash;; i++) {
		size_t slot = i & (c->n_slots - 1);

		if (c->marks[slot] == 0)
			return slot;
		if (((c->marks[slot] ^ mark_of(hash)) & SLOT_TAG) == 0 &&
		    span_equal(prefix_of(c->names[slot]), prefix_of(name)))
			return slot;
	}
}

static void
count_batch(struct collisions *c)
{
	size_t i;

	for (i = 0; i < c->n_batch; i++) {
		const struct policy_name *name = c->batch[i].name;
		size_t slot = find_slot(c, name, c->batch[i].hash);

		if (c->marks[slot] == 0) {
			c->marks[slot] = mark_of(c->batch[i].hash);
			c->names[slot] = name;
		} else if (strcmp(c->names[slot]->text, name->text) != 0) {
			c->marks[slot] |= SLOT_SHARED;
			c->has_shared = true;
		}
	}
	c->n_batch = 0;
}

/* First pass: does another identity have this prefix? */
static void
visit_count(struct collisions *c, const struct sharer *s)
{
	uint64_t hash = prefix_hash(s->name);
	size_t slot = (size_t)hash & (c->n_slots - 1);

	__builtin_prefetch(&c->marks[slot], 1);
	__builtin_prefetch(&c->names[slot], 1);
	c->batch[c->n_batch].name = s->name;
	c->batch[c->n_batch++].hash = hash;
	if (c->n_batch == BATCH)
		count_batch(c);
}

/* Second pass: keep those whose prefix is shared. */
static void
visit_keep(struct collisions *c, const struct sharer *s)
{
	size_t slot = find_slot(c, s->name, prefix_hash(s->name));
	struct sharer *kept;

	if ((c->marks[slot] & SLOT_SHARED) == 0 || c->has_failed)
		return;
	if (vector_grow((void **)&c->sharers, &c->sharers_room, c->n_sharers,
		sizeof(*c->sharers)) < 0) {
		c->has_failed = true;
		return;
	}
	kept = &c->sharers[c->n_sharers];
	*kept = *s;
	kept->slot = slot;
	kept->order = c->n_sharers++;
}

static int
compare_sharers(const void *left, const void *right)
{
	const struct sharer *a = left, *b = right;

	if (a->slot != b->slot)
		return a->slot < b->slot ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static void
report(struct collisions *c, const struct policy_authority *a,
    const struct sharer *first, const struct sharer *s, bool is_error)
{
	struct policy_parse *p = c->p;
	struct place at = policy_place(p->policy, s->name->at);
	struct place other = policy_place(p->policy, first->name->at);
	struct span prefix = prefix_of(s->name);

	if (is_error)
		parse_error(p, at,
		    s->is_denied || first->is_denied
			? "its certificates hold only what stands before the "
			  "@, so nobody could tell who is denied"
			: "its certificates hold only what stands before the "
			  "@, so each could log in as the other",
		    "write key_id: identity under \"require\" of that "
		    "authority, if its key IDs are identities",
		    "\"%s\" and \"%s\" (%s:%zu) are the same principal "
		    "\"%.80s\" to authority \"%s\"",
		    show(s->name->text).text, show(first->name->text).text,
		    show(other.file).text, other.line,
		    show_bytes((const char *)prefix.p, prefix.len).text,
		    a->name);
	else
		parse_warning(p, at,
		    "its certificates hold only what stands before the @",
		    "write the same identity in both places",
		    "\"%s\" and \"%s\" (%s:%zu) are the same principal to "
		    "authority \"%s\"",
		    show(s->name->text).text, show(first->name->text).text,
		    show(other.file).text, other.line, a->name);
}

/* Whether identities of s and other differ, and it matters. */
static bool
is_clash(const struct sharer *s, const struct sharer *other)
{
	return other != NULL && !(s->is_denied && other->is_denied) &&
	    strcmp(s->name->text, other->name->text) != 0;
}

/* Compare s with those of its prefix that authority number saw before. */
static bool
meet(struct collisions *c, size_t number, const struct sharer *s)
{
	const struct policy_authority *a = &c->p->policy->authorities[number];
	const struct sharer *full = c->with_domain[number];
	const struct sharer *bare = c->without_domain[number];
	bool is_full = strchr(s->name->text, '@') != NULL;

	if (a->principals != PRINCIPALS_EMAIL_PREFIX || a->key_id_identity ||
	    !policy_authority_covers(a, s->name->text))
		return false;
	if (is_full && full == NULL)
		c->with_domain[number] = s;
	if (!is_full && bare == NULL)
		c->without_domain[number] = s;
	if (is_clash(s, full)) {
		report(c, a, full, s, is_full);
		return true;
	}
	if (is_full && is_clash(s, bare)) {
		report(c, a, bare, s, false);
		return true;
	}
	return false;
}

/* Compare s with others by each authority that may vouch for it. */
static void
meet_all(struct collisions *c, const struct sharer *s)
{
	const struct policy_scope *scope = &c->p->policy->scopes[s->scope];
	bool is_all = scope->n_authorities == 0;
	size_t n = is_all ? c->p->policy->n_authorities : scope->n_authorities;
	const char *text = s->name->text;
	size_t i;

	if (name_find(&c->reported_table, words_array(&c->reported),
		name_key(text)) != NAME_NONE)
		return;
	for (i = 0; i < n; i++) {
		if (!meet(c, is_all ? i : scope->authorities[i], s))
			continue;
		/* Once is enough, whatever rules it stands in. */
		if (words_add(c->p, &c->reported, text) < 0 ||
		    name_add(&c->reported_table, name_key(text),
			(uint32_t)(c->reported.n - 1)) < 0)
			c->has_failed = true;
		return;
	}
}

static void
compare_all(struct collisions *c)
{
	size_t n_authorities = c->p->policy->n_authorities;
	size_t i;

	c->with_domain = calloc(n_authorities, sizeof(*c->with_domain));
	c->without_domain = calloc(n_authorities, sizeof(*c->with_domain));
	if (c->with_domain == NULL || c->without_domain == NULL ||
	    c->has_failed) {
		c->has_failed = true;
		return;
	}
	qsort(c->sharers, c->n_sharers, sizeof(*c->sharers), compare_sharers);
	for (i = 0; i < c->n_sharers; i++) {
		if (i > 0 && c->sharers[i].slot != c->sharers[i - 1].slot) {
			memset(c->with_domain, 0,
			    n_authorities * sizeof(*c->with_domain));
			memset(c->without_domain, 0,
			    n_authorities * sizeof(*c->without_domain));
		}
		meet_all(c, &c->sharers[i]);
	}
}

static bool
has_prefix_authority(const struct policy *policy)
{
	size_t i;

	for (i = 0; i < policy->n_authorities; i++) {
		if (policy->authorities[i].principals ==
			PRINCIPALS_EMAIL_PREFIX &&
		    !policy->authorities[i].key_id_identity)
			return true;
	}
	return false;
}

void
check_collisions(struct policy_parse *p, const struct checks *checks)
{
	struct collisions c = { .p = p, .n_slots = 16 };
	size_t n = count_all(p->policy, checks);

	if (!has_prefix_authority(p->policy))
		return;
	while (c.n_slots / 4 * 3 <= n)
		c.n_slots *= 2;
	c.names = malloc(c.n_slots * sizeof(*c.names));
	c.marks = calloc(c.n_slots, 1);
	if (c.names == NULL || c.marks == NULL) {
		c.has_failed = true;
		goto out;
	}
	visit_all(&c, checks, visit_count);
	count_batch(&c);
	if (c.has_shared) {
		visit_all(&c, checks, visit_keep);
		compare_all(&c);
	}
out:
	if (c.has_failed)
		(void)parse_no_memory(p);
	free(c.names);
	free(c.marks);
	free(c.sharers);
	free(c.with_domain);
	free(c.without_domain);
	words_free(&c.reported);
	name_table_free(&c.reported_table);
}
