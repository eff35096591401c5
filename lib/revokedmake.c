#include "config.h"

#include "lib/revokedmake.h"

#include <stdlib.h>

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
	uint32_t n = n_items != 0;

	while (n != 0 && n < UINT32_MAX / 2 &&
	    (size_t)n * REVOKED_BUCKET < n_items)
		n *= 2;
	return n;
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
	wire_put_u32(key, number);
}

/* Add the record, or let the making fail where there was no memory for it. */
static void
add(struct index_make *m, const struct wire *key, const struct wire *value)
{
	if (key->has_failed || value->has_failed)
		index_make_fail(m);
	else
		index_make_sealed(m, wire_span(key), wire_span(value));
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

void
revoked_make_serials(struct index_make *m, uint32_t authority,
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
		items[i].bucket = revoked_bucket(items[i].text, n_buckets);
	if (n > 1)
		qsort(items, n, sizeof(*items), compare_items);
	/* Those without an item, too: a look-up must find its bucket. */
	for (bucket = 0, i = 0; bucket < n_buckets; bucket++) {
		wire_reset(&key);
		wire_reset(&value);
		wire_put_bytes(&key, prefix.p, prefix.len);
		wire_put_u32(&key, bucket);
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

void
revoked_make_key_ids(struct index_make *m, uint32_t authority,
    struct revoked_item *items, size_t n)
{
	struct wire prefix = WIRE_INIT;

	wire_put_bytes(&prefix, "ri", 2);
	wire_put_u32(&prefix, authority);
	if (prefix.has_failed)
		index_make_fail(m);
	else
		put_buckets(m, wire_span(&prefix), items, n);
	wire_free(&prefix);
}

void
revoked_make_keys(
    struct index_make *m, struct revoked_item *items, size_t n)
{
	put_buckets(m, span_of("rk"), items, n);
}
