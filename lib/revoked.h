/*
 * revoked: the keys, serials and key IDs that an index revokes.
 *
 * A look-up takes as many reads for a million revocations as for ten, and
 * none for what an authority has none of.  All that it reads is a page of the
 * index, which must be there, so that damage denies: an index that lost one
 * is broken, and never one that does not revoke.
 *
 * Keys of the records, which are pages (lib/index.h).  A number N
 * stands there as bucket_place(N) (lib/bucket.h).
 *
 *  'r' 'i' u32 N        key IDs of an authority: bucket N, to the end: string
 *                       text, u32 file, u32 line
 *  'r' 'k' N            keys, as plain public key blobs, in the same way
 *  'r' 'n' u32 N        single serials of an authority, in the same way: each
 *                       text is a u64
 *  'r' 's' u32 u8 N     ranges of serials: level L, page N.  Level 0 holds
 *                       the ranges, in order, none touching another: each
 *                       u64 first, u64 last, u32 file, u32 line; up to
 *                       REVOKED_PAGE on a page.  A page of level L + 1 holds
 *                       the first serial (u64) of up to REVOKED_FANOUT pages
 *                       of level L: those from N times REVOKED_FANOUT on.
 *                       The highest level has one page; an authority says
 *                       how many levels there are (0: no range is revoked).
 *
 * Single serials, which mostly are all there are, take two short reads.
 * Ranges stand in a tree and not under their hash: one may hold 2^64 serials.
 * Cut into aligned blocks, which a hash could find, a range becomes up to 126
 * records and a look-up up to 64; the tree has one entry for each range, and
 * six levels are beyond what an index can hold.
 */
#ifndef LIB_REVOKED_H
#define LIB_REVOKED_H

#include <stdint.h>

#include "lib/cert.h"
#include "lib/err.h"
#include "lib/index.h"

/* So that what one read takes (lib/cdbfile) is a page, or a bucket. */
#define REVOKED_PAGE 20
#define REVOKED_FANOUT 62
#define REVOKED_MAX_LEVELS 7
/* Texts in a bucket, on the average at most. */
#define REVOKED_BUCKET 8

/* What of a certificate is revoked. */
enum revoked_what {
	REVOKED_CA_KEY,
	REVOKED_KEY,
	REVOKED_SERIAL,
	REVOKED_KEY_ID
};

struct revoked {
	enum revoked_what what;
	uint32_t file, line; /* of the entry */
};

/*
 * Whether x revokes the certificate c, which authority a signed; the first
 * of enum revoked_what that does.  1: *out says by what; 0; -1: the index is
 * broken, or there is no memory (err is set), which means deny.
 */
int revoked_find(struct index *x, const struct index_authority *a,
    const struct cert *c, struct revoked *out, struct err *err);

/* The single questions.  key is a plain public key blob (keyblob_put). */
int revoked_key(
    struct index *x, struct span key, struct revoked *out, struct err *err);
int revoked_serial(struct index *x, const struct index_authority *a,
    uint64_t serial, struct revoked *out, struct err *err);
int revoked_key_id(struct index *x, const struct index_authority *a,
    struct span key_id, struct revoked *out, struct err *err);

/* "its serial is revoked", …: for people. */
const char *revoked_text(enum revoked_what what);

#endif
