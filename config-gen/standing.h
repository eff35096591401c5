/*
 * standing: how an authority, or a key of one, stands at a moment.
 */
#ifndef CONFIG_GEN_STANDING_H
#define CONFIG_GEN_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-gen/root.h"
#include "lib/err.h"

enum standing_state {
	STANDING_EARLY, /* not trusted yet */
	STANDING_ACTIVE,
	STANDING_RETIRING, /* accepted, but somebody wrote when it goes */
	STANDING_GONE
};

/* "not yet", "active", "retiring", "gone". */
const char *standing_word(enum standing_state state);

/* Whole days until then, 0 behind it. */
int64_t standing_days_left(int64_t until, int64_t now_at);

/* Whether that is 14 days or less. */
bool standing_ends_soon(int64_t until, int64_t now_at);

/* An authority of a generation. */
struct standing {
	char name[256]; /* escaped */
	int64_t from; /* UTC seconds; 0: since ever */
	int64_t until; /* exclusive; INT64_MAX: no end */
	bool is_in_ca_file; /* ca.pub holds a key of it */
	bool is_revoked; /* all of its keys are */
};

/*
 * The authorities of the current generation of root, which there must be;
 * *n_users and *n_revoked are what its index counts.  *list is allocated.  *has_gone is
 * whether ca.pub holds a key that is not trusted at now_at.
 */
int standing_list(const struct root *root, int64_t now_at,
    struct standing **list, size_t *n, uint64_t *n_users,
    uint64_t *n_revoked, bool *has_gone, struct err *err);

/* "revoked", "trusted until 2027-06-30, 12 days left", …; "" where there is
 * no limit. */
char *standing_text(
    const struct standing *s, int64_t now_at, char *out, size_t out_len);

#endif
