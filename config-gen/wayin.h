/*
 * wayin: who of those who look after the machine can still log in, and how.
 *
 * For root and the members of the admin groups, before a change and after
 * it, from what sshd says it will do for them.  A change that takes the last
 * way in from one of them is refused.  Who has none before is left alone.
 */
#ifndef CONFIG_GEN_WAYIN_H
#define CONFIG_GEN_WAYIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-gen/people.h"
#include "config-gen/sshd.h"
#include "config-gen/target.h"
#include "lib/err.h"

/* Of more people than these it is not worked out. */
#define WAYIN_MAX 500

/* Ways in, as bits. */
enum { WAYIN_KEY = 1, WAYIN_PASSWORD = 2, WAYIN_CERTIFICATE = 4 };

struct wayin_person {
	const struct person *person;
	unsigned int before, after;
};

struct wayin {
	const struct target *t;
	int64_t now_at;
	struct people people;
	struct wayin_person *items;
	size_t n_items;
	bool is_cut; /* there are more than WAYIN_MAX */
};

/*
 * The ways in for p under settings.  has_key, has_certificate: whether p has
 * a key that sshd looks up, and whether some certificate would be accepted
 * for p where public keys are at all.  A second factor that p has not closes
 * a way; one by other means than password or key counts as not there.
 */
unsigned int wayin_ways(const struct person *p, const struct sshd_settings *s,
    bool has_key, bool has_certificate);

/*
 * Work out the ways in as sshd is configured now.  folder: the current
 * generation (on this machine; NULL: none).  End by wayin_clear, also after
 * a failure.
 */
int wayin_before(struct wayin *w, const struct target *t, const char *folder,
    struct err *err);

/*
 * The same for what shall be: sshd's main file config (inside the root) and
 * the generation in folder.
 */
int wayin_after(
    struct wayin *w, const char *config, const char *folder, struct err *err);
void wayin_clear(struct wayin *w);

/* Whether p had a way in and has none any more. */
bool wayin_is_lost(const struct wayin_person *p);

/* "key, certificate"; "none".  Room for WAYIN_WORDS_SIZE bytes. */
#define WAYIN_WORDS_SIZE 40
char *wayin_words(char out[WAYIN_WORDS_SIZE], unsigned int ways);

#endif
