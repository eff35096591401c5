#include "config.h"

#include "config-gen/offer.h"

#include "lib/escape.h"

#include <string.h>

static bool
is_same(const struct pubkey *a, const struct pubkey *b)
{
	return a->blob_len == b->blob_len &&
	    memcmp(a->blob, b->blob, a->blob_len) == 0;
}

static bool
has_key(const struct policy_authority *a, const struct pubkey *k)
{
	size_t i;

	for (i = 0; i < a->n_keys; i++) {
		if (is_same(&a->keys[i], k))
			return true;
	}
	return false;
}

/* The key that two authorities would have is a policy that is refused. */
static int
refuse_foreign(const struct offer_trust *t, const struct offer_key *k,
    struct err *err)
{
	const struct policy *p = t->policy;
	char name[80];
	size_t i;

	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		if (a != t->authority && has_key(a, k->key))
			return err_setf(err, ERR_REFUSED,
			    "the service sends the key %s, which authority "
			    "\"%s\" has already: one key would speak for two "
			    "authorities",
			    k->fingerprint,
			    escape_text(name, sizeof(name), a->name));
	}
	return 0;
}

static bool
is_named(const struct offer_trust *t, const char *fingerprint)
{
	size_t i;

	for (i = 0; i < t->n_pins; i++) {
		if (strcmp(t->pins[i], fingerprint) == 0)
			return true;
	}
	return false;
}

static enum offer_state
judge_key(const struct offer_trust *t, const struct offer_key *k)
{
	if (t->authority->n_pins != 0)
		return policy_is_pinned(t->authority, k->key) ? OFFER_PINNED :
							 OFFER_UNPINNED;
	/* Of an authority without pins all that was fetched is among these. */
	if (has_key(t->authority, k->key) || !k->is_new)
		return OFFER_KNOWN;
	return is_named(t, k->fingerprint) ? OFFER_CONFIRMED : OFFER_WAITS;
}

/*
 * Whether a key that is served no more stays: the policy says until when its
 * certificates count, for CAs whose service sends one key at a time.
 */
static bool
is_retiring(const struct offer_trust *t, const struct offer_key *k)
{
	const struct policy_authority *a = t->authority;
	size_t i;

	for (i = 0; i < a->n_retired; i++) {
		if (strcmp(a->retired[i].fingerprint, k->fingerprint) == 0)
			return a->retired[i].until > t->now_at &&
			    policy_is_pinned(a, k->key);
	}
	return false;
}

static bool
is_taken(enum offer_state state)
{
	return state == OFFER_PINNED || state == OFFER_KNOWN ||
	    state == OFFER_CONFIRMED;
}

static void
count(struct offer *o, bool was_fetched)
{
	size_t i;

	o->n_taken = o->n_waits = 0;
	o->differs = !was_fetched;
	for (i = 0; i < o->n; i++) {
		const struct offer_key *k = &o->keys[i];

		if (is_taken(k->state))
			o->n_taken++;
		if (k->state == OFFER_WAITS)
			o->n_waits++;
		if (k->state == OFFER_GONE || (is_taken(k->state) && k->is_new))
			o->differs = true;
	}
}

static int
add(struct offer *o, const struct pubkey *key, struct offer_key **out,
    struct err *err)
{
	struct offer_key *k = &o->keys[o->n];

	k->key = key;
	if (certsig_fingerprint(k->fingerprint,
		(struct span) { key->blob, key->blob_len }, err) < 0)
		return -1;
	o->n++;
	*out = k;
	return 0;
}

/* A --pin that fits nothing is a mistake, or not the service one thinks. */
static int
check_named(const struct offer *o, const struct offer_trust *t,
    struct err *err)
{
	size_t i, k;

	for (i = 0; i < t->n_pins; i++) {
		for (k = 0; k < o->n; k++) {
			if (strcmp(t->pins[i], o->keys[k].fingerprint) == 0)
				break;
		}
		if (k == o->n)
			return err_setf(err, ERR_REFUSED,
			    "the service sends no key %s", t->pins[i]);
	}
	return 0;
}

int
offer_judge(struct offer *o, const struct keyset *served,
    const struct offer_trust *t, struct err *err)
{
	struct offer_key *k;
	size_t i, n_retiring = 0;

	memset(o, 0, sizeof(*o));
	for (i = 0; i < served->n; i++) {
		if (add(o, &served->keys[i], &k, err) < 0 ||
		    refuse_foreign(t, k, err) < 0)
			return -1;
		k->is_new = t->had == NULL ||
		    keyset_find(t->had, k->key) == NULL;
		k->state = judge_key(t, k);
	}
	if (check_named(o, t, err) < 0)
		return -1;
	for (i = 0; t->had != NULL && i < t->had->n; i++) {
		const struct pubkey *had = &t->had->keys[i];

		if (keyset_find(served, had) != NULL &&
		    policy_is_pinned(t->authority, had))
			continue;
		if (add(o, had, &k, err) < 0)
			return -1;
		k->state = is_retiring(t, k) ? OFFER_RETIRING : OFFER_GONE;
		n_retiring += k->state == OFFER_RETIRING ? 1 : 0;
	}
	if (served->n + n_retiring > KEYSET_MAX_KEYS)
		return err_setf(err, ERR_LIMIT,
		    "more than %d keys, with those that retire",
		    KEYSET_MAX_KEYS);
	count(o, t->had != NULL);
	return 0;
}

void
offer_confirm(struct offer *o)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		if (o->keys[i].state == OFFER_WAITS)
			o->keys[i].state = OFFER_CONFIRMED;
	}
	count(o, !o->differs);
}

struct keyset
offer_taken(const struct offer *o, struct pubkey room[KEYSET_MAX_KEYS])
{
	struct keyset ks = { room, 0 };
	size_t i;

	for (i = 0; i < o->n; i++) {
		if (is_taken(o->keys[i].state) ||
		    o->keys[i].state == OFFER_RETIRING)
			room[ks.n++] = *o->keys[i].key;
	}
	return ks;
}

static const struct {
	const char *name, *text;
} states[] = {
	[OFFER_PINNED] = { "pinned", "pinned in the policy" },
	[OFFER_KNOWN] = { "known", "trusted before" },
	[OFFER_CONFIRMED] = { "confirmed", "confirmed now" },
	[OFFER_UNPINNED] = { "unpinned", "LEFT OUT, since it is not pinned" },
	[OFFER_WAITS] = { "waits", "LEFT OUT, since nobody vouched for it" },
	[OFFER_RETIRING] = { "retiring",
	    "no longer served, stays until its day under \"retire\"" },
	[OFFER_GONE] = { "gone", "goes: no longer served, or not pinned" },
};

const char *
offer_state_text(enum offer_state state)
{
	return states[state].text;
}

const char *
offer_state_name(enum offer_state state)
{
	return states[state].name;
}
