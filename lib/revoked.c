#include "config.h"

#include "lib/revoked.h"

#include "lib/bucket.h"
#include "lib/keyblob.h"

/* Room for the blob of most keys; longer ones take the heap. */
#define KEY_ROOM 640
#define RANGE_SIZE 24
#define FIRST_SIZE 8
/* 's' and numbers: of the authority, the level, the page. */
#define KEY_MAX 12

static int
broken(struct err *err)
{
	return err_setf(err, ERR_MALFORMED,
	    "the index is damaged; run certgate apply to make it anew");
}

const char *
revoked_text(enum revoked_what what)
{
	static const char *const texts[] = {
		[REVOKED_CA_KEY] = "the authority's key is revoked",
		[REVOKED_KEY] = "its key is revoked",
		[REVOKED_SERIAL] = "its serial is revoked",
		[REVOKED_KEY_ID] = "its key ID is revoked",
	};

	return texts[what];
}

/* A page of what is revoked: never 0. */
static int
get_record(struct index *x, const struct wire *key, struct span *value,
    struct err *err)
{
	return index_page(x, span_of("r"), wire_span(key), value, err);
}

/* Look text up in a bucket.  1, 0, or -1: broken. */
static int
search_bucket(struct span bucket, struct span text, struct revoked *out)
{
	struct span one;
	uint32_t file, line;

	while (bucket.len != 0) {
		if (wire_get_string(&bucket, &one) < 0 ||
		    wire_get_u32(&bucket, &file) < 0 ||
		    wire_get_u32(&bucket, &line) < 0)
			return -1;
		if (!span_equal(one, text))
			continue;
		out->file = file;
		out->line = line;
		return 1;
	}
	return 0;
}

/* Look text up in the bucket that key names but for its number. */
static int
find_text(struct index *x, struct wire *key, uint32_t n_buckets,
    struct span text, struct revoked *out, struct err *err)
{
	struct cdbfile_mark mark = cdbfile_mark(&x->file);
	struct span bucket;
	int found;

	if (n_buckets == 0)
		return 0;
	if ((n_buckets & (n_buckets - 1)) != 0)
		return broken(err);
	wire_put_u32(key,
	    bucket_place(bucket_of(index_hash(INDEX_HASH, text), n_buckets)));
	if (get_record(x, key, &bucket, err) < 0)
		return -1;
	found = search_bucket(bucket, text, out);
	cdbfile_release(&x->file, mark);
	return found < 0 ? broken(err) : found;
}

int
revoked_key(
    struct index *x, struct span key, struct revoked *out, struct err *err)
{
	unsigned char room[KEY_MAX];
	struct wire record = WIRE_ON(room);

	wire_put_u8(&record, 'k');
	out->what = REVOKED_KEY;
	return find_text(x, &record, x->n_key_buckets, key, out, err);
}

int
revoked_key_id(struct index *x, const struct index_authority *a,
    struct span key_id, struct revoked *out, struct err *err)
{
	unsigned char room[KEY_MAX];
	struct wire record = WIRE_ON(room);

	wire_put_u8(&record, 'i');
	wire_put_u32(&record, a->number);
	out->what = REVOKED_KEY_ID;
	return find_text(x, &record, a->n_id_buckets, key_id, out, err);
}

static uint64_t
u64_at(struct span page, size_t at)
{
	struct span in = { page.p + at, FIRST_SIZE };
	uint64_t v = 0;

	(void)wire_get_u64(&in, &v);
	return v;
}

/* The last of a page's items that begins at serial or before; n: none. */
static size_t
find_item(struct span page, size_t size, size_t n, uint64_t serial)
{
	size_t low = 0, high = n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (u64_at(page, middle * size) <= serial)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? n : low - 1;
}

/* A page, which has *n items of size bytes. */
static int
get_page(struct index *x, const struct index_authority *a, uint8_t level,
    uint32_t number, struct span *page, size_t *n, struct err *err)
{
	unsigned char room[KEY_MAX];
	struct wire key = WIRE_ON(room);
	size_t size = level == 0 ? RANGE_SIZE : FIRST_SIZE;
	size_t most = level == 0 ? REVOKED_PAGE : REVOKED_FANOUT;

	wire_put_u8(&key, 's');
	wire_put_u32(&key, a->number);
	wire_put_u8(&key, level);
	wire_put_u32(&key, bucket_place(number));
	if (get_record(x, &key, page, err) < 0)
		return -1;
	*n = page->len / size;
	return *n == 0 || *n > most || page->len % size != 0 ? broken(err) : 0;
}

/* The page of level 0 that could hold serial.  1, 0: none can, -1. */
static int
find_page(struct index *x, const struct index_authority *a, uint64_t serial,
    struct span *page, size_t *n, struct err *err)
{
	uint32_t number = 0;
	uint8_t level;
	size_t i;

	for (level = (uint8_t)(a->n_range_levels - 1); level > 0; level--) {
		if (get_page(x, a, level, number, page, n, err) < 0)
			return -1;
		if ((i = find_item(*page, FIRST_SIZE, *n, serial)) == *n)
			return 0;
		if (number > (UINT32_MAX - i) / REVOKED_FANOUT)
			return broken(err);
		number = number * REVOKED_FANOUT + (uint32_t)i;
	}
	return get_page(x, a, 0, number, page, n, err) < 0 ? -1 : 1;
}

static int
find_range(struct index *x, const struct index_authority *a, uint64_t serial,
    struct revoked *out, struct err *err)
{
	struct cdbfile_mark mark = cdbfile_mark(&x->file);
	struct span page;
	size_t i, n;
	int found;

	if (a->n_range_levels == 0)
		return 0;
	if (a->n_range_levels > REVOKED_MAX_LEVELS)
		return broken(err);
	if ((found = find_page(x, a, serial, &page, &n, err)) < 0)
		return -1;
	if (found == 1 &&
	    ((i = find_item(page, RANGE_SIZE, n, serial)) == n ||
	        u64_at(page, i * RANGE_SIZE + FIRST_SIZE) < serial))
		found = 0;
	if (found == 1) {
		page.p += i * RANGE_SIZE + 2 * FIRST_SIZE;
		page.len = RANGE_SIZE - 2 * FIRST_SIZE;
		(void)wire_get_u32(&page, &out->file);
		(void)wire_get_u32(&page, &out->line);
	}
	cdbfile_release(&x->file, mark);
	return found;
}

int
revoked_serial(struct index *x, const struct index_authority *a,
    uint64_t serial, struct revoked *out, struct err *err)
{
	unsigned char room[KEY_MAX], text_room[FIRST_SIZE];
	struct wire record = WIRE_ON(room), text = WIRE_ON(text_room);
	int found;

	wire_put_u8(&record, 'n');
	wire_put_u32(&record, a->number);
	wire_put_u64(&text, serial);
	out->what = REVOKED_SERIAL;
	found = find_text(
	    x, &record, a->n_serial_buckets, wire_span(&text), out, err);
	return found != 0 ? found : find_range(x, a, serial, out, err);
}

/* Numbers in a certificate may have zeros in front that no list has. */
static int
find_key(struct index *x, const struct keyblob *k, struct revoked *out,
    struct err *err)
{
	unsigned char room[KEY_ROOM];
	struct wire blob = WIRE_ON(room);
	int found;

	keyblob_put(k, &blob);
	found = blob.has_failed ? err_setf(err, ERR_MEMORY, "out of memory")
				: revoked_key(x, wire_span(&blob), out, err);
	wire_free(&blob);
	return found;
}

static int
find_keys(struct index *x, const struct cert *c, struct revoked *out,
    struct err *err)
{
	struct span parts = c->key_parts;
	struct keyblob k;
	int found;

	if (keyblob_parse(&k, c->ca_key, "the CA key", err) < 0 ||
	    (found = find_key(x, &k, out, err)) < 0)
		return -1;
	out->what = REVOKED_CA_KEY;
	if (found == 1)
		return 1;
	if (keyblob_get_fields(&k, c->key_type, &parts, "the key", err) < 0)
		return -1;
	return find_key(x, &k, out, err);
}

int
revoked_find(struct index *x, const struct index_authority *a,
    const struct cert *c, struct revoked *out, struct err *err)
{
	int found = 0;

	if (x->n_key_buckets != 0)
		found = find_keys(x, c, out, err);
	if (found == 0)
		found = revoked_serial(x, a, c->serial, out, err);
	if (found == 0)
		found = revoked_key_id(x, a, c->key_id, out, err);
	return found;
}
