#include "config.h"

#include "lib/revokedmake.h"

#include <stdlib.h>

#include "lib/bucket.h"
#include "lib/revoked.h"

/* How many pages of so many items. */
static size_t
n_pages(size_t n, size_t per_page)
{
	return n / per_page + (n % per_page != 0);
}

uint8_t
revoked_n_levels(size_t n_ranges)
{
	size_t n = n_pages(n_ranges, REVOKED_PAGE);
	uint8_t levels = n_ranges != 0;

	for (; n > 1; levels++)
		n = n_pages(n, REVOKED_FANOUT);
	return levels;
}

uint32_t
revoked_n_buckets(size_t n_items)
{
	return bucket_count(n_items, REVOKED_BUCKET);
}

/* The key of a page. */
static void
page_start(
    struct wire *key, uint32_t authority, uint8_t level, uint32_t number)
{
	wire_reset(key);
	wire_put_bytes(key, "rs", 2);
	wire_put_u32(key, authority);
	wire_put_u8(key, level);
	wire_put_u32(key, bucket_place(number));
}

/* Add the record, or let the making fail where there was no memory for it. */
static void
add(struct index_make *m, const struct wire *key, const struct wire *value)
{
	if (key->has_failed || value->has_failed)
		index_make_fail(m);
	else
		index_make_page(m, wire_span(key), wire_span(value));
}

/* The pages of a level; each item stands for so many ranges. */
static void
put_level(struct index_make *m, uint32_t authority, uint8_t level,
    size_t ranges_per_item, const struct revoked_range *ranges, size_t n)
{
	size_t per_page = level == 0 ? REVOKED_PAGE : REVOKED_FANOUT;
	size_t n_items = n_pages(n, ranges_per_item);
	struct wire key = WIRE_INIT, value = WIRE_INIT;
	size_t i, k;

	for (i = 0; i < n_items; i += per_page) {
		page_start(&key, authority, level, (uint32_t)(i / per_page));
		wire_reset(&value);
		for (k = i; k < n_items && k < i + per_page; k++) {
			const struct revoked_range *r =
			    &ranges[k * ranges_per_item];

			wire_put_u64(&value, r->first);
			if (level > 0)
				continue;
			wire_put_u64(&value, r->last);
			wire_put_u32(&value, r->file);
			wire_put_u32(&value, r->line);
		}
		add(m, &key, &value);
	}
	wire_free(&key);
	wire_free(&value);
}

static void
put_ranges(struct index_make *m, uint32_t authority,
    const struct revoked_range *ranges, size_t n)
{
	uint8_t level, n_levels = revoked_n_levels(n);
	size_t ranges_per_item = 1;

	for (level = 0; level < n_levels; level++) {
		put_level(m, authority, level, ranges_per_item, ranges, n);
		ranges_per_item *= level == 0 ? REVOKED_PAGE : REVOKED_FANOUT;
	}
}

static int
compare_items(const void *a, const void *b)
{
	const struct revoked_item *x = a, *y = b;

	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	/* Else what stands first may depend on the C library. */
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->line > y->line) - (x->line < y->line);
}

/* prefix: the record's key but for the bucket's number. */
static void
put_buckets(struct index_make *m, struct span prefix,
    struct revoked_item *items, size_t n)
{
	uint32_t bucket, n_buckets = revoked_n_buckets(n);
	struct wire key = WIRE_INIT, value = WIRE_INIT;
	size_t i;

	for (i = 0; i < n; i++)
		items[i].bucket = bucket_of(
		    index_hash(INDEX_HASH, items[i].text), n_buckets);
	if (n > 1)
		qsort(items, n, sizeof(*items), compare_items);
	/* Those without an item, too: a look-up must find its bucket. */
	for (bucket = 0, i = 0; bucket < n_buckets; bucket++) {
		wire_reset(&key);
		wire_reset(&value);
		wire_put_bytes(&key, prefix.p, prefix.len);
		wire_put_u32(&key, bucket_place(bucket));
		for (; i < n && items[i].bucket == bucket; i++) {
			wire_put_string(&value, items[i].text);
			wire_put_u32(&value, items[i].file);
			wire_put_u32(&value, items[i].line);
		}
		add(m, &key, &value);
	}
	wire_free(&key);
	wire_free(&value);
}

/* The buckets of an authority's, which kind says of what. */
static void
put_authority_buckets(struct index_make *m, char kind, uint32_t authority,
    struct revoked_item *items, size_t n)
{
	struct wire prefix = WIRE_INIT;

	wire_put_u8(&prefix, 'r');
	wire_put_u8(&prefix, (uint8_t)kind);
	wire_put_u32(&prefix, authority);
	if (prefix.has_failed)
		index_make_fail(m);
	else
		put_buckets(m, wire_span(&prefix), items, n);
	wire_free(&prefix);
}

/* Take the single serials out of ranges, which then are that many less. */
static size_t
take_singles(
    struct revoked_range *ranges, size_t n, struct revoked_item *items,
    struct wire *serials)
{
	size_t i, n_wide = 0, n_items = 0;

	for (i = 0; i < n; i++) {
		if (ranges[i].first != ranges[i].last) {
			ranges[n_wide++] = ranges[i];
			continue;
		}
		/* The wire has room for all and stays where it is. */
		items[n_items].text = (struct span) {
			serials->p + serials->len, sizeof(uint64_t) };
		items[n_items].file = ranges[i].file;
		items[n_items++].line = ranges[i].line;
		wire_put_u64(serials, ranges[i].first);
	}
	return n_wide;
}

static size_t
count_singles(const struct revoked_range *ranges, size_t n)
{
	size_t i, n_singles = 0;

	for (i = 0; i < n; i++)
		n_singles += ranges[i].first == ranges[i].last;
	return n_singles;
}

void
revoked_make_serials(struct index_make *m, uint32_t authority,
    struct revoked_range *ranges, size_t n)
{
	size_t n_singles = count_singles(ranges, n);
	struct revoked_item *items = NULL;
	struct wire serials = WIRE_INIT;

	if (n_singles != 0) {
		items = calloc(n_singles, sizeof(*items));
		serials.p = malloc(n_singles * sizeof(uint64_t));
		serials.size = n_singles * sizeof(uint64_t);
		if (items == NULL || serials.p == NULL) {
			index_make_fail(m);
			goto out;
		}
		n = take_singles(ranges, n, items, &serials);
		put_authority_buckets(m, 'n', authority, items, n_singles);
	}
	put_ranges(m, authority, ranges, n);
out:
	free(items);
	wire_free(&serials);
}

void
revoked_make_key_ids(struct index_make *m, uint32_t authority,
    struct revoked_item *items, size_t n)
{
	put_authority_buckets(m, 'i', authority, items, n);
}

void
revoked_make_keys(
    struct index_make *m, struct revoked_item *items, size_t n)
{
	put_buckets(m, span_of("rk"), items, n);
}
