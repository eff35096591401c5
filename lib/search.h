/*
 * search: which entry of a rule decides for a principal.  A part of decide.
 */
#ifndef LIB_SEARCH_H
#define LIB_SEARCH_H

#include <stdbool.h>

#include "lib/decide.h"
#include "lib/index.h"

/*
 * A search for the entry that decides.  is_named, is_unsafe and has_ended
 * remember how near an entry came that did not fit, for the reason given.
 */
struct search {
	const struct decide_request *r;
	struct decision *d;
	bool is_named; /* an entry fits but for the key ID */
	bool is_unsafe; /* `any` fits but for the uid, 0 */
	bool has_ended; /* an entry fits but for its end */
	struct index_grant ended;
	bool is_broken; /* the index does not add up */
};

/*
 * Leave the entry that decides for line->principal in line, and whom it
 * means; the grant's kind stays 0 where there is none.
 */
void search_entry(struct search *s, struct decide_line *line);

#endif
