/*
 * decide: who gets in.  Nothing else in certgate decides.
 *
 * Called by the login helper, by PAM and by explain.  It checks in the order
 * of enum reason and stops at the first that fails.  A rule's entries are
 * tried in the order in which they are written; the first that fits the
 * certificate and has not ended decides, with its options and networks, just
 * as the first fitting line of a principals list does for sshd.
 */
#ifndef LIB_DECIDE_H
#define LIB_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cert.h"
#include "lib/err.h"
#include "lib/index.h"
#include "lib/ipaddr.h"
#include "lib/reason.h"
#include "lib/sshwire.h"

struct decide_request {
	struct index *index;
	struct span user; /* the Unix account */
	uint32_t uid; /* its uid, from whoever looked it up */
	struct span cert; /* the certificate's wire form */
	int64_t now_at; /* UTC seconds */
	const struct ipaddr *addr; /* the client's; NULL: not known */
};

/* One line for sshd: `[options ]principal`. */
struct decide_line {
	struct span principal;
	struct span identity; /* whom the policy means; p is NULL: nobody named */
	struct index_grant grant;
};

/*
 * Spans point into the certificate and the index.  The lines stand in the
 * order in which sshd must see them: the first decides there as here.
 */
struct decision {
	enum reason reason;
	struct index_authority authority;
	bool has_authority; /* the check came as far as knowing it */
	/* Its key goes at authority.key_until: each use is worth a word. */
	bool is_retiring;
	struct index_rule rule;
	bool has_rule;
	struct span rule_user; /* the user's name or "*" */
	size_t n_lines; /* 0 unless allowed */
	uint32_t file; /* number of the policy file that decided (index_file) */
	uint32_t line; /* its line; 0: no line of the policy did */
	struct err detail; /* why, in words, where there is more to say */
	/* Large, and mostly never touched. */
	struct cert cert; /* parsed; valid unless malformed */
	struct decide_line lines[CERT_MAX_PRINCIPALS];
};

/*
 * Decide.  Always fills d; returns true where d->reason is REASON_ALLOWED.
 * struct decision is large (some 40 kB): keep one, not one per frame.
 */
bool decide(const struct decide_request *r, struct decision *d);

/*
 * Write line i as sshd reads it, with a newline, to w: options, from="…"
 * where the address was not known to decide(), the principal.
 */
void decide_render_line(
    const struct decision *d, size_t i, bool with_from, struct wire *w);

#endif
