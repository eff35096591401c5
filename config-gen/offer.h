/*
 * offer: the keys that a CA's service sent, held against those that somebody
 * vouched for.
 *
 * Who holds a key that sshd trusts as a CA is everybody, so MUST NOT take a
 * key because a service sent it: a service that was broken into sends its own
 * key next to the right one.  A key is taken where a person has vouched for
 * it: by a pin in the policy, by --pin, by "yes" at the terminal, now or when
 * it was fetched before.  An offer that holds no such key is not even taken to
 * say which keys are no longer served: it is held back as a whole.
 */
#ifndef CONFIG_GEN_OFFER_H
#define CONFIG_GEN_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/policy.h"
#include "lib/certsig.h"
#include "lib/err.h"
#include "lib/keyset.h"

enum offer_state {
	OFFER_PINNED, /* taken: the policy pins it */
	OFFER_KNOWN, /* taken: fetched before, or written in the policy */
	OFFER_CONFIRMED, /* taken: by --pin, or at the terminal */
	OFFER_UNPINNED, /* left out: there are pins, and it is none of them */
	OFFER_WAITS, /* left out: nobody vouched for it yet */
	OFFER_RETIRING, /* kept though not served: its day has not come */
	OFFER_GONE /* fetched before, and not served or not pinned now */
};

struct offer_key {
	const struct pubkey *key; /* borrowed */
	enum offer_state state;
	bool is_new; /* it was not fetched before */
	char fingerprint[FINGERPRINT_SIZE];
};

struct offer {
	struct offer_key keys[2 * KEYSET_MAX_KEYS]; /* those not served come last */
	size_t n;
	size_t n_taken; /* of those served */
	size_t n_waits;
	bool differs; /* what would be kept is not what is */
};

/* What an offer is held against. */
struct offer_trust {
	const struct policy *policy;
	const struct policy_authority *authority; /* of it */
	const struct keyset *had; /* fetched before; NULL: nothing ever was */
	const char *const *pins; /* by --pin, fingerprints */
	size_t n_pins;
	int64_t now_at; /* UTC seconds: which keys under `retire` stay */
};

/*
 * Judge what was served; o borrows from served and t->had.  -1 with
 * ERR_REFUSED where a key is another authority's already, or a --pin fits no
 * key; ERR_LIMIT where more than KEYSET_MAX_KEYS would be kept.
 */
int offer_judge(struct offer *o, const struct keyset *served,
    const struct offer_trust *t, struct err *err);

/* Take those that wait: a person has vouched for them. */
void offer_confirm(struct offer *o);

/*
 * The keys to keep, borrowed from what the offer borrows from; the array is
 * room's.
 */
struct keyset offer_taken(
    const struct offer *o, struct pubkey room[KEYSET_MAX_KEYS]);

/* "pinned in the policy", "no longer served", …: one state in words. */
const char *offer_state_text(enum offer_state state);
/* The same as a word for JSON: "pinned". */
const char *offer_state_name(enum offer_state state);

#endif
