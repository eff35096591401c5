/*
 * index: the policy as the login helper reads it, a tinycdb file.
 *
 * One write pass makes it (lib/indexmake), a constant number of reads
 * answers a login.  The file is root's, but a reader treats it as hostile:
 * every record is parsed with bounds, every number that points elsewhere is
 * checked, and whatever does not add up is an error, which means deny.
 *
 * Keys begin with one letter; values are SSH wire fields (lib/sshwire), and
 * end with a seal.
 * "set N" is a group's members, a large rule's entries, or the denied
 * identities (set 0).
 *
 *  key             value
 *  'h'             the first record of the file: u32 INDEX_FORMAT, u64 size
 *                  of the whole file in bytes (a cut file is seen at once),
 *                  u32 min_uid for "*", u32 number of authorities, u64
 *                  number of users, u32 number of sets, u64 number of
 *                  revocations, u32 number of buckets of revoked keys, u32
 *                  number of pages of the roll, u8 whether anybody is denied
 *  'f' u32         string: name of policy file N (0: the policy itself)
 *  'c' CA blob     u32: the authority that this key belongs to, u64: until
 *                  when (as in struct index_authority)
 *  'a' u32         an authority: string name, u8 principals mode, u8 flags,
 *                  u64 max_validity in seconds (0: any), u64 trusted from,
 *                  u64 trusted until, u64 until its last key goes, then four lists:
 *                  domains, key ID globs, critical options, key types; u32
 *                  file, u32 line, u32 buckets of its revoked serials, u8
 *                  levels of its revoked ranges of serials, u32 buckets
 *                  of its revoked key IDs.  A list is a string of packed
 *                  strings.
 *  'u' user        a rule: u8 flags, u32 file, u32 line, u32 set of its own
 *                  (0: none), string of packed u32 authorities (only with
 *                  that flag), then grants to the end, each a string
 *  's' u32 'i' ID  membership of an identity in a set: grants to the end of
 *                  the value, each a string (rules); empty for groups
 *  's' u32 'l' P   the same for a literal principal
 *  's' u32 'p' P   packed strings: the identities of that set whose
 *                  prefix is P; only where an authority needs it
 *  'n' u32         string: name of set N, "group:NAME" or "user:NAME"
 *  'b' N           page N of the roll, where N stands as bucket_place(N)
 *                  (lib/bucket.h): u64, to the end, of the keys in that
 *                  bucket
 *  'r' …           what is revoked: lib/revoked.h
 *
 * A seal is a hash (64 bits) of the record's key, of its value before it and of
 * that value's length: the key by FNV-1a, then, in FNV-1a's manner but eight
 * bytes at a time (little endian, the last ones filled up with zeros), the
 * length and the value; an apply makes one for each of millions of records.
 * The roll has the FNV-1a hash of each key but the header's and those of
 * the pages, 'b' and 'r'.  Pages must be there.  Together: what is found but
 * does not fit its seal is an error, and what is not found is believed to be
 * absent only where its page of the roll does not have it.  So no damaged
 * byte, lost record or lost slot of cdb's tables can take somebody off the
 * denied, out of a group, or away from the rule that restricts him.  All this
 * is no protection against who can write the file.
 *
 * A grant: u8 kind, u8 flags, u32 ordinal in its rule (from 0), u32 line,
 * then by flag u32 file, u64 until, string options, string of packed
 * networks; then by kind string text (identity, principal) or u32 set.
 */
#ifndef LIB_INDEX_H
#define LIB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/cdbfile.h"
#include "lib/err.h"
#include "lib/identity.h"
#include "lib/sshwire.h"

#define INDEX_FORMAT 4
/* Keys on a page of the roll, on the average at most: so that one read
 * (lib/cdbfile) takes it. */
#define INDEX_ROLL_PAGE 40
/* The set of `deny`. */
#define INDEX_SET_DENY 0

enum grant_kind {
	GRANT_IDENTITY = 1,
	GRANT_PRINCIPAL = 2,
	GRANT_GROUP = 3,
	GRANT_ANY = 4,
	GRANT_SAME_NAME = 5
};

enum {
	GRANT_HAS_FILE = 1, /* not of the policy's first file */
	GRANT_HAS_UNTIL = 2,
	GRANT_HAS_OPTIONS = 4,
	GRANT_HAS_FROM = 8,

	AUTHORITY_KEY_ID_IDENTITY = 1,
	AUTHORITY_REVOKED = 2, /* all of its keys are */

	RULE_HAS_AUTHORITIES = 1,
	RULE_IS_DANGEROUS = 2
};

/* Spans live as long as the index is open. */
struct index_grant {
	enum grant_kind kind;
	uint32_t ordinal; /* place in the rule, from 0; the lowest decides */
	uint32_t file;
	uint32_t line;
	int64_t until; /* UTC seconds, exclusive; INT64_MAX: no end */
	struct span options; /* empty: none */
	struct span from; /* packed networks; empty: from anywhere */
	struct span text; /* identity or principal */
	uint32_t set; /* of a group */
};

struct index_authority {
	uint32_t number;
	struct span name;
	enum principals_mode principals;
	bool key_id_identity;
	uint64_t max_validity_s; /* 0: any */
	/* In UTC seconds, ends exclusive; 0: no such limit. */
	int64_t trust_from;
	int64_t trust_until;
	int64_t keys_until; /* when the last of its keys goes */
	int64_t key_until; /* when the key goes by which it was found */
	struct span domains; /* packed strings, as the next three */
	struct span key_ids;
	struct span critical_options;
	struct span key_types;
	uint32_t file;
	uint32_t line;
	bool is_revoked; /* all of its keys are, so that nobody gets in by it */
	uint32_t n_serial_buckets; /* for lib/revoked, as the next two */
	uint8_t n_range_levels;
	uint32_t n_id_buckets;
};

struct index_rule {
	uint32_t file;
	uint32_t line;
	uint32_t set; /* 0: none */
	bool is_dangerous; /* `any` may let people in with uid 0 */
	bool has_authorities;
	struct span authorities; /* packed u32 */
	struct span grants; /* for index_grant_next */
};

struct index {
	struct cdbfile file;
	uint32_t min_uid;
	uint32_t n_authorities;
	uint64_t n_users;
	uint32_t n_sets;
	uint64_t n_revoked;
	uint32_t n_key_buckets; /* for lib/revoked */
	uint32_t n_roll_pages;
	bool has_denied;
};

/*
 * Open the index on descriptor fd, which the caller keeps open until
 * index_close and closes itself.  Errors say what an administrator can do:
 * empty, truncated, not an index, of another format.
 */
int index_open(struct index *x, int fd, struct err *err);
void index_close(struct index *x);

/*
 * Look-ups.  1: found, 0: not there, which the roll confirms; -1: broken file
 * (err is set).
 */
int index_authority_by_key(struct index *x, struct span ca_key,
    struct index_authority *out, struct err *err);
int index_authority_by_number(struct index *x, uint32_t number,
    struct index_authority *out, struct err *err);
int index_rule(struct index *x, struct span user, struct index_rule *out,
    struct err *err);
/* kind is 'i', 'l' or 'p'; value is the record. */
int index_member(struct index *x, uint32_t set, char kind, struct span name,
    struct span *value, struct err *err);
int index_file(
    struct index *x, uint32_t file, struct span *name, struct err *err);
int index_set_name(
    struct index *x, uint32_t set, struct span *name, struct err *err);

/*
 * A page, whose key is head and tail together; value is without the seal.
 * 1, or -1: one that is not there is broken, too.
 */
int index_page(struct index *x, struct span head, struct span tail,
    struct span *value, struct err *err);

/* FNV-1a: what INDEX_HASH becomes by the bytes of s. */
#define INDEX_HASH 0xcbf29ce484222325U
uint64_t index_hash(uint64_t hash, struct span s);

/* The seal of a record whose key has that hash. */
uint64_t index_seal(uint64_t key_hash, struct span value);

/*
 * Walk over all records, in no order that means anything.  *cursor begins
 * at 0; key and value are the record's, without the seal.  1, 0 at the end,
 * -1 where broken.
 */
int index_walk(struct index *x, uint32_t *cursor, struct span *key,
    struct span *value, struct err *err);

/* Parse the value of a 'u' record.  0, or -1 where malformed. */
int index_rule_parse(
    const struct index *x, struct span value, struct index_rule *out);

/* Take the next grant.  1, 0 at the end, -1 where malformed. */
int index_grant_next(struct span *grants, struct index_grant *out);

#endif
