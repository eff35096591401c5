/*
 * candidates: what could stand at a place of the command line, for the
 * shells' completion.
 *
 * It only looks: takes no lock, changes nothing, starts no program.  Names
 * come from the policy; where that is large, or cannot be used or read, from
 * the index of the current generation, else there are none.
 */
#ifndef CONFIG_GEN_CANDIDATES_H
#define CONFIG_GEN_CANDIDATES_H

#include "config-gen/root.h"

/* A policy whose files are larger is not read each time somebody types. */
#define CANDIDATES_MAX_POLICY (1024UL * 1024)
/* More are of no use to anybody who chooses. */
#define CANDIDATES_MAX 10000
/* Records of an index that are looked at. */
#define CANDIDATES_MAX_RECORDS 1000000

/* What kind of thing stands there. */
enum candidates_kind {
	CANDIDATES_NONE, /* nothing can */
	CANDIDATES_TEXT, /* anything: there is no list of it */
	CANDIDATES_FILE, /* the shell knows these two */
	CANDIDATES_FOLDER,
	CANDIDATES_USER, /* with a rule, and the accounts that "*" covers */
	CANDIDATES_ADMIN, /* accounts whose way in apply watches */
	CANDIDATES_AUTHORITY,
	CANDIDATES_KEY, /* fingerprints of an authority's keys */
	CANDIDATES_GENERATION,
	CANDIDATES_CHECK, /* of doctor, that may be overruled */
	CANDIDATES_FORMAT
};

struct candidates_query {
	const struct root *root;
	const char *policy; /* its path; NULL: the root's */
	const char *authority; /* whose keys; NULL: everybody's */
	const char *begin; /* only what begins so */
	/* word and about (a few words, may be "") are lent for the call. */
	void (*found)(void *ctx, const char *word, const char *about);
	void *ctx;
};

/*
 * Call found for each of that kind, at most CANDIDATES_MAX times, each word
 * once.  A word has no blank and no control character, about no control
 * character.  What cannot be read gives none.
 */
void candidates_list(
    const struct candidates_query *q, enum candidates_kind kind);

#endif
