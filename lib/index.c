#include "config.h"

#include "lib/index.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "lib/bucket.h"
#include "lib/hash.h"

static const struct span no_tail = { NULL, 0 };

static int
broken(struct err *err)
{
	return err_setf(err, ERR_MALFORMED,
	    "the index is damaged; run certgate apply to make it anew");
}

static size_t
put_u32(unsigned char *p, uint32_t v)
{
	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
	return 4;
}

uint64_t
index_hash(uint64_t hash, struct span s)
{
	return hash_add(hash, s.p, s.len);
}

/* One step of FNV-1a over eight bytes; the shift brings what they do to the
 * highest bits down, where later steps spread it. */
static uint64_t
seal_add(uint64_t seal, uint64_t word)
{
	seal = (seal ^ word) * UINT64_C(0x100000001b3);
	return seal ^ seal >> 32;
}

uint64_t
index_seal(uint64_t key_hash, struct span value)
{
	uint64_t seal = seal_add(key_hash, value.len);
	uint64_t word;

	for (; value.len >= sizeof(word); value.len -= sizeof(word)) {
		memcpy(&word, value.p, sizeof(word));
		seal = seal_add(seal, le64toh(word));
		value.p += sizeof(word);
	}
	if (value.len == 0)
		return seal;
	word = 0;
	memcpy(&word, value.p, value.len);
	return seal_add(seal, le64toh(word));
}

/* The hash of a key, which is head and tail together. */
static uint64_t
hash_of(struct span head, struct span tail)
{
	return index_hash(index_hash(INDEX_HASH, head), tail);
}

/* Take the seal of a record whose key has that hash off its value. */
static int
unseal(uint64_t hash, struct span *value, struct err *err)
{
	struct span v = *value, end;
	uint64_t seal;

	if (v.len < sizeof(seal))
		return broken(err);
	v.len -= sizeof(seal);
	end = (struct span) { v.p + v.len, sizeof(seal) };
	(void)wire_get_u64(&end, &seal);
	if (seal != index_seal(hash, v))
		return broken(err);
	*value = v;
	return 1;
}

int
index_page(struct index *x, struct span head, struct span tail,
    struct span *value, struct err *err)
{
	if (cdbfile_find(&x->file, head, tail, value) != 1)
		return broken(err);
	return unseal(hash_of(head, tail), value, err);
}

static bool
has_hash(struct span page, uint64_t hash)
{
	uint64_t one;

	while (wire_get_u64(&page, &one) == 0) {
		if (one == hash)
			return true;
	}
	return false;
}

/* Whether the roll, too, has no key of that hash.  0, or -1: broken. */
static int
confirm_absent(struct index *x, uint64_t hash, struct err *err)
{
	struct cdbfile_mark mark = cdbfile_mark(&x->file);
	unsigned char number[4];
	struct span page;
	bool is_there;

	if (x->n_roll_pages == 0)
		return 0;
	(void)put_u32(number, bucket_place(bucket_of(hash, x->n_roll_pages)));
	if (index_page(x, span_of("b"),
	        (struct span) { number, sizeof(number) }, &page, err) < 0)
		return -1;
	is_there = has_hash(page, hash);
	cdbfile_release(&x->file, mark);
	return is_there ? broken(err) : 0;
}

/* Look head and tail up, together a key.  1: value set, 0, -1: broken. */
static int
find(struct index *x, struct span head, struct span tail, struct span *value,
    struct err *err)
{
	uint64_t hash = hash_of(head, tail);
	int r = cdbfile_find(&x->file, head, tail, value);

	if (r < 0)
		return broken(err);
	if (r == 0)
		return confirm_absent(x, hash, err);
	return unseal(hash, value, err);
}

/* Look up a record that is named by a number. */
static int
find_number(struct index *x, char tag, uint32_t n, struct span *value,
    struct err *err)
{
	unsigned char key[5];

	key[0] = (unsigned char)tag;
	(void)put_u32(key + 1, n);
	return find(
	    x, (struct span) { key, sizeof(key) }, no_tail, value, err);
}

/* What the header says behind its format. */
static int
parse_header(struct index *x, struct span h, uint64_t *size)
{
	uint8_t has_denied;

	if (wire_get_u64(&h, size) < 0 || wire_get_u32(&h, &x->min_uid) < 0 ||
	    wire_get_u32(&h, &x->n_authorities) < 0 ||
	    wire_get_u64(&h, &x->n_users) < 0 ||
	    wire_get_u32(&h, &x->n_sets) < 0 ||
	    wire_get_u64(&h, &x->n_revoked) < 0 ||
	    wire_get_u32(&h, &x->n_key_buckets) < 0 ||
	    wire_get_u32(&h, &x->n_roll_pages) < 0 ||
	    (x->n_roll_pages & (x->n_roll_pages - 1)) != 0 ||
	    wire_get_u8(&h, &has_denied) < 0 || h.len != 0)
		return -1;
	x->has_denied = has_denied != 0;
	return 0;
}

int
index_open(struct index *x, int fd, struct err *err)
{
	struct span h, v;
	uint64_t size;
	uint32_t format;
	int r;

	if (cdbfile_open(&x->file, fd) < 0) {
		if (errno != EIO)
			return err_system(err, "index");
		if (x->file.size == 0)
			return err_setf(err, ERR_MALFORMED,
			    "the index is empty; run certgate apply");
		return err_setf(err, ERR_MALFORMED,
		    "the index is not one, or was cut short; "
		    "run certgate apply");
	}

	if ((r = cdbfile_first(&x->file, span_of("h"), &h)) < 0)
		(void)broken(err);
	if (r == 0)
		(void)err_setf(err, ERR_MALFORMED,
		    "the index has no header; run certgate apply");
	if (r <= 0)
		goto fail;
	v = h;
	if (wire_get_u32(&v, &format) < 0) {
		(void)broken(err);
		goto fail;
	}
	if (format != INDEX_FORMAT) {
		(void)err_setf(err, ERR_UNSUPPORTED,
		    "the index has format %u, this program reads %u; run "
		    "certgate apply of the same version",
		    format, (unsigned int)INDEX_FORMAT);
		goto fail;
	}
	if (unseal(hash_of(span_of("h"), no_tail), &h, err) < 0)
		goto fail;
	(void)wire_get_u32(&h, &format);
	if (parse_header(x, h, &size) < 0) {
		(void)broken(err);
		goto fail;
	}
	if (size != x->file.size) {
		(void)err_setf(err, ERR_MALFORMED,
		    "the index has %lu bytes and should have %llu; run "
		    "certgate apply to make it anew",
		    (unsigned long)x->file.size, (unsigned long long)size);
		goto fail;
	}
	return 0;

fail:
	index_close(x);
	return -1;
}

void
index_close(struct index *x)
{
	cdbfile_close(&x->file);
}

static int
get_time(struct span *in, int64_t *out)
{
	uint64_t at;

	if (wire_get_u64(in, &at) < 0 || at > INT64_MAX)
		return -1;
	*out = (int64_t)at;
	return 0;
}

int
index_authority_by_key(struct index *x, struct span ca_key,
    struct index_authority *out, struct err *err)
{
	struct span v;
	uint32_t number;
	int64_t key_until;
	int r;

	if ((r = find(x, span_of("c"), ca_key, &v, err)) <= 0)
		return r;
	if (wire_get_u32(&v, &number) < 0 || get_time(&v, &key_until) < 0 ||
	    v.len != 0)
		return broken(err);
	if ((r = index_authority_by_number(x, number, out, err)) == 0)
		return broken(err);
	if (r == 1)
		out->key_until = key_until;
	return r;
}

int
index_authority_by_number(struct index *x, uint32_t number,
    struct index_authority *out, struct err *err)
{
	struct index_authority a;
	uint8_t mode, flags;
	struct span v;
	int r;

	if (number >= x->n_authorities)
		return 0;
	if ((r = find_number(x, 'a', number, &v, err)) <= 0)
		return r;
	memset(&a, 0, sizeof(a));
	a.number = number;
	if (wire_get_string(&v, &a.name) < 0 || wire_get_u8(&v, &mode) < 0 ||
	    wire_get_u8(&v, &flags) < 0 ||
	    wire_get_u64(&v, &a.max_validity_s) < 0 ||
	    get_time(&v, &a.trust_from) < 0 ||
	    get_time(&v, &a.trust_until) < 0 ||
	    get_time(&v, &a.keys_until) < 0 ||
	    wire_get_string(&v, &a.domains) < 0 ||
	    wire_get_string(&v, &a.key_ids) < 0 ||
	    wire_get_string(&v, &a.critical_options) < 0 ||
	    wire_get_string(&v, &a.key_types) < 0 ||
	    wire_get_u32(&v, &a.file) < 0 || wire_get_u32(&v, &a.line) < 0 ||
	    wire_get_u32(&v, &a.n_serial_buckets) < 0 ||
	    wire_get_u8(&v, &a.n_range_levels) < 0 ||
	    wire_get_u32(&v, &a.n_id_buckets) < 0 || v.len != 0 ||
	    !wire_is_list(a.domains) ||
	    !wire_is_list(a.key_ids) || !wire_is_list(a.critical_options) ||
	    !wire_is_list(a.key_types) || mode > PRINCIPALS_EMAIL_PREFIX ||
	    (flags & ~(AUTHORITY_KEY_ID_IDENTITY | AUTHORITY_REVOKED)) != 0)
		return broken(err);
	a.principals = (enum principals_mode)mode;
	a.key_id_identity = (flags & AUTHORITY_KEY_ID_IDENTITY) != 0;
	a.is_revoked = (flags & AUTHORITY_REVOKED) != 0;
	*out = a;
	return 1;
}

int
index_rule_parse(
    const struct index *x, struct span value, struct index_rule *out)
{
	struct index_rule rule;
	uint8_t flags;

	memset(&rule, 0, sizeof(rule));
	if (wire_get_u8(&value, &flags) < 0 ||
	    wire_get_u32(&value, &rule.file) < 0 ||
	    wire_get_u32(&value, &rule.line) < 0 ||
	    wire_get_u32(&value, &rule.set) < 0 || rule.set > x->n_sets ||
	    (flags & ~(RULE_HAS_AUTHORITIES | RULE_IS_DANGEROUS)) != 0)
		return -1;
	rule.is_dangerous = (flags & RULE_IS_DANGEROUS) != 0;
	rule.has_authorities = (flags & RULE_HAS_AUTHORITIES) != 0;
	if (rule.has_authorities &&
	    (wire_get_string(&value, &rule.authorities) < 0 ||
	        rule.authorities.len % 4 != 0))
		return -1;
	rule.grants = value;
	*out = rule;
	return 0;
}

int
index_rule(struct index *x, struct span user, struct index_rule *out,
    struct err *err)
{
	struct span value;
	int r = find(x, span_of("u"), user, &value, err);

	if (r <= 0)
		return r;
	return index_rule_parse(x, value, out) < 0 ? broken(err) : 1;
}

int
index_walk(struct index *x, uint32_t *cursor, struct span *key,
    struct span *value, struct err *err)
{
	int r = cdbfile_walk(&x->file, cursor, key, value);

	if (r < 0)
		return broken(err);
	return r == 0 ? 0 : unseal(hash_of(*key, no_tail), value, err);
}

int
index_member(struct index *x, uint32_t set, char kind, struct span name,
    struct span *value, struct err *err)
{
	unsigned char prefix[6];

	prefix[0] = 's';
	(void)put_u32(prefix + 1, set);
	prefix[5] = (unsigned char)kind;
	return find(
	    x, (struct span) { prefix, sizeof(prefix) }, name, value, err);
}

/* A record that holds one string. */
static int
find_string(struct index *x, char tag, uint32_t n, struct span *out,
    struct err *err)
{
	struct span v;
	int r;

	if ((r = find_number(x, tag, n, &v, err)) <= 0)
		return r;
	if (wire_get_string(&v, out) < 0 || v.len != 0)
		return broken(err);
	return 1;
}

int
index_file(struct index *x, uint32_t file, struct span *name, struct err *err)
{
	return find_string(x, 'f', file, name, err);
}

int
index_set_name(
    struct index *x, uint32_t set, struct span *name, struct err *err)
{
	return find_string(x, 'n', set, name, err);
}

int
index_grant_next(struct span *grants, struct index_grant *out)
{
	struct index_grant g;
	struct span v;
	uint64_t until = INT64_MAX;
	uint8_t kind, flags;

	if (grants->len == 0)
		return 0;
	memset(&g, 0, sizeof(g));
	if (wire_get_string(grants, &v) < 0 || wire_get_u8(&v, &kind) < 0 ||
	    wire_get_u8(&v, &flags) < 0 || wire_get_u32(&v, &g.ordinal) < 0 ||
	    wire_get_u32(&v, &g.line) < 0)
		return -1;
	if ((flags & ~(GRANT_HAS_FILE | GRANT_HAS_UNTIL | GRANT_HAS_OPTIONS |
	        GRANT_HAS_FROM)) != 0 ||
	    kind < GRANT_IDENTITY || kind > GRANT_SAME_NAME)
		return -1;
	if (((flags & GRANT_HAS_FILE) && wire_get_u32(&v, &g.file) < 0) ||
	    ((flags & GRANT_HAS_UNTIL) && wire_get_u64(&v, &until) < 0) ||
	    ((flags & GRANT_HAS_OPTIONS) &&
	        wire_get_string(&v, &g.options) < 0) ||
	    ((flags & GRANT_HAS_FROM) && wire_get_string(&v, &g.from) < 0) ||
	    until > INT64_MAX)
		return -1;
	/* A flagged field that is empty would turn a limit into none. */
	if (((flags & GRANT_HAS_OPTIONS) && g.options.len == 0) ||
	    ((flags & GRANT_HAS_FROM) && g.from.len == 0) ||
	    !wire_is_list(g.from))
		return -1;
	g.kind = (enum grant_kind)kind;
	g.until = (int64_t)until;
	if (g.kind == GRANT_GROUP) {
		if (wire_get_u32(&v, &g.set) < 0 || v.len != 0)
			return -1;
	} else if (g.kind == GRANT_IDENTITY || g.kind == GRANT_PRINCIPAL) {
		if (v.len == 0)
			return -1;
		g.text = v;
	} else if (v.len != 0) {
		return -1;
	}
	*out = g;
	return 1;
}
