#include "config.h"

#include "lib/indexmake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cdb.h>

#include "lib/bucket.h"

/* Sizes of cdb's own parts: the table of tables, a record's two lengths, a
 * record's two hash slots of 8 bytes. */
#define CDB_HEAD 2048
#define CDB_RECORD 8
#define CDB_SLOTS 16

#define FIRST_HASHES 512

struct index_make {
	struct cdb_make cdb;
	int fd;
	struct wire key;
	struct wire value;
	uint64_t size; /* of the finished file */
	int failed_errno; /* the first failure; 0: none */
	/* Of the roll: the hash of each key so far. */
	uint64_t *hashes;
	size_t n_hashes, hashes_size;
	uint32_t n_roll_pages;
};

/* Add the record that stands in m->key and m->value. */
static void
add(struct index_make *m)
{
	if (m->failed_errno != 0)
		return;
	if (m->key.has_failed || m->value.has_failed) {
		m->failed_errno = ENOMEM;
		return;
	}
	m->size += CDB_RECORD + CDB_SLOTS + m->key.len + m->value.len;
	if (m->size > UINT32_MAX) {
		m->failed_errno = EFBIG;
		return;
	}
	if (cdb_make_add(&m->cdb, m->key.p, (unsigned int)m->key.len,
	        m->value.p, (unsigned int)m->value.len) < 0)
		m->failed_errno = errno == 0 ? EIO : errno;
}

static void
key_start(struct index_make *m, char tag)
{
	wire_reset(&m->key);
	wire_put_u8(&m->key, (uint8_t)tag);
	wire_reset(&m->value);
}

/* Add a seal to m->value; returns the hash of the key. */
static uint64_t
put_seal(struct index_make *m)
{
	uint64_t hash = index_hash(INDEX_HASH, wire_span(&m->key));

	wire_put_u64(&m->value, index_seal(hash, wire_span(&m->value)));
	return hash;
}

/* Put a key on the roll. */
static void
enroll(struct index_make *m, uint64_t hash)
{
	size_t size = m->hashes_size == 0 ? FIRST_HASHES : m->hashes_size * 2;
	uint64_t *more;

	if (m->n_hashes == m->hashes_size) {
		more = reallocarray(m->hashes, size, sizeof(*more));
		if (more == NULL) {
			index_make_fail(m);
			return;
		}
		m->hashes = more;
		m->hashes_size = size;
	}
	m->hashes[m->n_hashes++] = hash;
}

/* Add the record that stands in m->key and m->value, and seal it. */
static void
add_sealed(struct index_make *m)
{
	enroll(m, put_seal(m));
	add(m);
}

/* The header, in m->key and m->value: as many bytes whatever it says. */
static void
put_header(struct index_make *m, const struct index_counts *counts)
{
	struct wire *v = &m->value;

	key_start(m, 'h');
	wire_put_u32(v, INDEX_FORMAT);
	wire_put_u64(v, m->size);
	wire_put_u32(v, counts->min_uid);
	wire_put_u32(v, counts->n_authorities);
	wire_put_u64(v, counts->n_users);
	wire_put_u32(v, counts->n_sets);
	wire_put_u64(v, counts->n_revoked);
	wire_put_u32(v, counts->n_key_buckets);
	wire_put_u32(v, m->n_roll_pages);
	wire_put_u8(v, counts->has_denied);
	(void)put_seal(m);
}

/* Write the header over what stood in its place; 0, or why not. */
static int
write_header(struct index_make *m, const struct index_counts *counts)
{
	const off_t at = CDB_HEAD + CDB_RECORD + 1;
	size_t done = 0;
	ssize_t n;

	put_header(m, counts);
	if (m->value.has_failed)
		return ENOMEM;
	while (done < m->value.len) {
		n = pwrite(m->fd, m->value.p + done, m->value.len - done,
		    at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		done += (size_t)n;
	}
	return 0;
}

struct index_make *
index_make_begin(int fd, struct err *err)
{
	static const struct index_counts nothing;
	struct index_make *m = NULL;

	if ((m = calloc(1, sizeof(*m))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	if (cdb_make_start(&m->cdb, fd) < 0) {
		(void)err_system(err, "index");
		free(m);
		return NULL;
	}
	m->fd = fd;
	m->size = CDB_HEAD;
	/* Its place; what it says is known at the end. */
	put_header(m, &nothing);
	add(m);
	return m;
}

void
index_make_page(struct index_make *m, struct span key, struct span value)
{
	wire_reset(&m->key);
	wire_reset(&m->value);
	wire_put_bytes(&m->key, key.p, key.len);
	wire_put_bytes(&m->value, value.p, value.len);
	(void)put_seal(m);
	add(m);
}

void
index_make_fail(struct index_make *m)
{
	if (m->failed_errno == 0)
		m->failed_errno = ENOMEM;
}

void
index_make_file(struct index_make *m, uint32_t file, const char *name)
{
	key_start(m, 'f');
	wire_put_u32(&m->key, file);
	wire_put_text(&m->value, name);
	add_sealed(m);
}

void
index_make_key(struct index_make *m, struct span ca_key, uint32_t authority,
    int64_t until)
{
	key_start(m, 'c');
	wire_put_bytes(&m->key, ca_key.p, ca_key.len);
	wire_put_u32(&m->value, authority);
	wire_put_u64(&m->value, (uint64_t)until);
	add_sealed(m);
}

void
index_make_set_name(
    struct index_make *m, uint32_t set, const char *kind, const char *name)
{
	key_start(m, 'n');
	wire_put_u32(&m->key, set);
	wire_put_u32(&m->value, (uint32_t)(strlen(kind) + 1 + strlen(name)));
	wire_put_bytes(&m->value, kind, strlen(kind));
	wire_put_u8(&m->value, ':');
	wire_put_bytes(&m->value, name, strlen(name));
	add_sealed(m);
}

void
index_make_authority(struct index_make *m, const struct index_authority *a)
{
	struct wire *v = &m->value;
	uint8_t flags = 0;

	if (a->key_id_identity)
		flags |= AUTHORITY_KEY_ID_IDENTITY;
	if (a->is_revoked)
		flags |= AUTHORITY_REVOKED;
	key_start(m, 'a');
	wire_put_u32(&m->key, a->number);
	wire_put_string(v, a->name);
	wire_put_u8(v, (uint8_t)a->principals);
	wire_put_u8(v, flags);
	wire_put_u64(v, a->max_validity_s);
	wire_put_u64(v, (uint64_t)a->trust_from);
	wire_put_u64(v, (uint64_t)a->trust_until);
	wire_put_u64(v, (uint64_t)a->keys_until);
	wire_put_string(v, a->domains);
	wire_put_string(v, a->key_ids);
	wire_put_string(v, a->critical_options);
	wire_put_string(v, a->key_types);
	wire_put_u32(v, a->file);
	wire_put_u32(v, a->line);
	wire_put_u32(v, a->n_serial_buckets);
	wire_put_u8(v, a->n_range_levels);
	wire_put_u32(v, a->n_id_buckets);
	add_sealed(m);
}

void
index_make_rule(struct index_make *m, const char *user,
    const struct index_rule *r, struct span grants)
{
	struct wire *v = &m->value;
	int flags = (r->has_authorities ? RULE_HAS_AUTHORITIES : 0) |
	    (r->is_dangerous ? RULE_IS_DANGEROUS : 0);

	key_start(m, 'u');
	wire_put_bytes(&m->key, user, strlen(user));
	wire_put_u8(v, (uint8_t)flags);
	wire_put_u32(v, r->file);
	wire_put_u32(v, r->line);
	wire_put_u32(v, r->set);
	if (r->has_authorities)
		wire_put_string(v, r->authorities);
	wire_put_bytes(v, grants.p, grants.len);
	add_sealed(m);
}

void
index_make_member(struct index_make *m, uint32_t set, char kind,
    struct span name, struct span value)
{
	key_start(m, 's');
	wire_put_u32(&m->key, set);
	wire_put_u8(&m->key, (uint8_t)kind);
	wire_put_bytes(&m->key, name.p, name.len);
	wire_put_bytes(&m->value, value.p, value.len);
	add_sealed(m);
}

static bool
grant_has_text(enum grant_kind kind)
{
	return kind == GRANT_IDENTITY || kind == GRANT_PRINCIPAL;
}

void
index_put_grant(struct wire *w, const struct index_grant *g)
{
	uint8_t flags = 0;
	size_t start = w->len;
	size_t len;

	if (g->file != 0)
		flags |= GRANT_HAS_FILE;
	if (g->until != INT64_MAX)
		flags |= GRANT_HAS_UNTIL;
	if (g->options.len != 0)
		flags |= GRANT_HAS_OPTIONS;
	if (g->from.len != 0)
		flags |= GRANT_HAS_FROM;

	wire_put_u32(w, 0);
	wire_put_u8(w, (uint8_t)g->kind);
	wire_put_u8(w, flags);
	wire_put_u32(w, g->ordinal);
	wire_put_u32(w, g->line);
	if (flags & GRANT_HAS_FILE)
		wire_put_u32(w, g->file);
	if (flags & GRANT_HAS_UNTIL)
		wire_put_u64(w, (uint64_t)g->until);
	if (flags & GRANT_HAS_OPTIONS)
		wire_put_string(w, g->options);
	if (flags & GRANT_HAS_FROM)
		wire_put_string(w, g->from);
	if (grant_has_text(g->kind))
		wire_put_bytes(w, g->text.p, g->text.len);
	else if (g->kind == GRANT_GROUP)
		wire_put_u32(w, g->set);
	if (w->has_failed)
		return;
	len = w->len - start - 4;
	w->p[start] = (unsigned char)(len >> 24);
	w->p[start + 1] = (unsigned char)(len >> 16);
	w->p[start + 2] = (unsigned char)(len >> 8);
	w->p[start + 3] = (unsigned char)len;
}

/*
 * Bring the roll's hashes into the order of their pages; ends[i] becomes
 * where page i ends in sorted.
 */
static void
sort_hashes(const struct index_make *m, uint64_t *sorted, uint32_t *ends)
{
	uint32_t page, end = 0;
	size_t i;

	for (i = 0; i < m->n_hashes; i++)
		ends[bucket_of(m->hashes[i], m->n_roll_pages)]++;
	for (page = 0; page < m->n_roll_pages; page++) {
		end += ends[page];
		ends[page] = end - ends[page];
	}
	for (i = 0; i < m->n_hashes; i++)
		sorted[ends[bucket_of(m->hashes[i], m->n_roll_pages)]++] =
		    m->hashes[i];
}

/* Write the roll, whose pages are not on it. */
static void
put_roll(struct index_make *m)
{
	uint32_t page, *ends;
	uint64_t *sorted;
	size_t i = 0;

	/* A key takes more than a byte, and 4 GiB is where add gave up. */
	if (m->failed_errno != 0 || m->n_hashes == 0)
		return;
	m->n_roll_pages = bucket_count(m->n_hashes, INDEX_ROLL_PAGE);
	ends = calloc(m->n_roll_pages, sizeof(*ends));
	sorted = calloc(m->n_hashes, sizeof(*sorted));
	if (ends == NULL || sorted == NULL) {
		index_make_fail(m);
	} else {
		sort_hashes(m, sorted, ends);
		for (page = 0; page < m->n_roll_pages; page++) {
			key_start(m, 'b');
			wire_put_u32(&m->key, bucket_place(page));
			while (i < ends[page])
				wire_put_u64(&m->value, sorted[i++]);
			(void)put_seal(m);
			add(m);
		}
	}
	free(ends);
	free(sorted);
}

static void
make_free(struct index_make *m)
{
	wire_free(&m->key);
	wire_free(&m->value);
	free(m->hashes);
	free(m);
}

int
index_make_end(
    struct index_make *m, const struct index_counts *counts, struct err *err)
{
	int failed;

	put_roll(m);
	failed = m->failed_errno;
	errno = 0;
	if (cdb_make_finish(&m->cdb) < 0 && failed == 0)
		failed = errno == 0 ? EIO : errno;
	if (failed == 0)
		failed = write_header(m, counts);
	make_free(m);
	if (failed == EFBIG)
		return err_setf(err, ERR_LIMIT,
		    "the index would exceed 4 GiB, the most that its format "
		    "can hold; use groups, which are stored once");
	if (failed != 0) {
		errno = failed;
		return err_system(err, "index");
	}
	return 0;
}

void
index_make_abandon(struct index_make *m)
{
	if (m == NULL)
		return;
	(void)cdb_make_finish(&m->cdb);
	make_free(m);
}
