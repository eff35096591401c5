/*
 * revokedmake: write what an index revokes (lib/revoked.h has the format).
 */
#ifndef LIB_REVOKEDMAKE_H
#define LIB_REVOKEDMAKE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/indexmake.h"
#include "lib/sshwire.h"

struct revoked_range {
	uint64_t first, last;
	uint32_t file, line; /* of the entry */
};

struct revoked_item {
	struct span text; /* a key ID, or a key's blob */
	uint32_t file, line;
	uint32_t bucket; /* scratch */
};

/*
 * Levels, and buckets, for so many: what the authority or header says.  A
 * range of one serial counts as an item, not as a range.
 */
uint8_t revoked_n_levels(size_t n_ranges);
uint32_t revoked_n_buckets(size_t n_items);

/*
 * Ranges are in order, and no serial is in two of them.  They are overwritten
 * here.
 */
void revoked_make_serials(struct index_make *m, uint32_t authority,
    struct revoked_range *ranges, size_t n);

/* Items are sorted here.  Of those that are equal any may be found. */
void revoked_make_key_ids(struct index_make *m, uint32_t authority,
    struct revoked_item *items, size_t n);
void revoked_make_keys(
    struct index_make *m, struct revoked_item *items, size_t n);

#endif
