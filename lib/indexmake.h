/*
 * indexmake: write a policy index (lib/index.h describes the format).
 *
 * One pass: records are handed over in any order, each once, and land in the
 * file at once; memory grows by 8 bytes a record (tinycdb's hash entries)
 * and 8 more (the roll's), at the end for a moment by 16.
 * The first failure sticks and comes out of index_make_end, so calls in
 * between need no test.
 */
#ifndef LIB_INDEXMAKE_H
#define LIB_INDEXMAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/index.h"
#include "lib/sshwire.h"

struct index_make;

/* Begin on descriptor fd: empty, open for reading and writing; not closed. */
struct index_make *index_make_begin(int fd, struct err *err);

void index_make_file(struct index_make *m, uint32_t file, const char *name);
/* until: as index_authority.key_until. */
void index_make_key(struct index_make *m, struct span ca_key,
    uint32_t authority, int64_t until);
void index_make_set_name(
    struct index_make *m, uint32_t set, const char *kind, const char *name);

/* Lists are packed strings, made by wire_put_text on a wire of their own. */
void index_make_authority(
    struct index_make *m, const struct index_authority *a);

/* grants: what index_put_grant wrote, one after the other. */
void index_make_rule(struct index_make *m, const char *user,
    const struct index_rule *r, struct span grants);

/* kind: 'i', 'l' or 'p', as in lib/index.h. */
void index_make_member(struct index_make *m, uint32_t set, char kind,
    struct span name, struct span value);

/* A page (lib/index.h): a record that is sealed, and not on the roll. */
void index_make_page(struct index_make *m, struct span key, struct span value);

/* Let index_make_end fail: the caller has no memory for a record. */
void index_make_fail(struct index_make *m);

/* Append one grant, as a string, to w. */
void index_put_grant(struct wire *w, const struct index_grant *g);

/* What the header says, beside the file's size, which is counted. */
struct index_counts {
	uint32_t min_uid;
	uint32_t n_authorities;
	uint64_t n_users;
	uint32_t n_sets;
	uint64_t n_revoked;
	uint32_t n_key_buckets;
	bool has_denied;
};

/*
 * Write the hash tables and the header, and end m in any case.  Errors: no
 * space, no memory, over the 4 GiB that a cdb file can hold.
 */
int index_make_end(
    struct index_make *m, const struct index_counts *counts, struct err *err);

/* End m without a usable file.  NULL is fine. */
void index_make_abandon(struct index_make *m);

#endif
