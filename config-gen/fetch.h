/*
 * fetch: ask the service of an authority for its keys.
 *
 * The network is ca-fetch(8)'s: it runs as an ordinary user without the
 * policy, and MUST be believed in nothing.  What it prints is bounded, parsed
 * again, and then judged by config-gen/offer.
 */
#ifndef CONFIG_GEN_FETCH_H
#define CONFIG_GEN_FETCH_H

#include "config-gen/policy.h"
#include "lib/err.h"
#include "lib/keyset.h"

#define FETCH_PROGRAM PKGLIBEXECDIR "/ca-fetch"

/* The user it runs as where the system has no COMMAND_USER. */
#define FETCH_USER "nobody"

/* It ends itself after 11 seconds. */
#define FETCH_TIMEOUT_S 15

/*
 * Add the keys that a's `url` serves, at least one, to ks; -1 with err.  The
 * files that the authority names, its token among them, are opened here;
 * program is FETCH_PROGRAM but in tests.
 */
int fetch_keys(const struct policy_authority *a, const char *program,
    struct keyset *ks, struct err *err);

#endif
