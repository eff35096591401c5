#include "config.h"

#include "lib/revoked.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/bucket.h"
#include "lib/decide.h"
#include "lib/indexmake.h"
#include "lib/revokedmake.h"
#include "tests/unit/certbuild.h"
#include "tests/unit/harness.h"

#define NOW 1000000

/* The authorities; each has one key, 32 bytes of its number. */
enum { NONE, SOME, MANY, REVOKED_CA, ENDED, GONE, N_AUTHORITIES };

/* Of MANY: every third serial from 30 on, and in turn the one behind it, so
 * that many buckets and three levels of ranges are needed. */
#define N_MANY 20000
#define N_MANY_IDS 1000

static const struct revoked_range some[] = {
	{ 0, 0, 0, 10 },
	{ 42, 42, 0, 11 },
	{ 100, 199, 1, 12 },
	{ 200, 200, 0, 13 },
	{ UINT64_MAX - 1, UINT64_MAX, 0, 14 },
};

static struct index idx;
static FILE *file;

static void
make_authority(struct index_make *m, uint32_t n, size_t n_serials,
    size_t n_ranges, size_t n_ids)
{
	struct index_authority a = { .number = n, .line = 5 + n,
		.is_revoked = n == REVOKED_CA };
	struct wire ca = WIRE_INIT;

	a.name = span_of("ca");
	if (n == ENDED)
		a.trust_until = NOW;
	a.n_serial_buckets = revoked_n_buckets(n_serials);
	a.n_range_levels = revoked_n_levels(n_ranges);
	a.n_id_buckets = revoked_n_buckets(n_ids);
	index_make_authority(m, &a);
	certbuild_ca_key(&ca, (uint8_t)n);
	index_make_key(m, wire_span(&ca), n, n == GONE ? NOW : 0);
	wire_free(&ca);
}

static void
make_many(struct index_make *m)
{
	struct revoked_range *ranges = calloc(N_MANY, sizeof(*ranges));
	struct revoked_item *items = calloc(N_MANY_IDS, sizeof(*items));
	char (*texts)[16] = calloc(N_MANY_IDS, sizeof(*texts));
	uint32_t i;

	ck_assert_ptr_nonnull(ranges);
	ck_assert_ptr_nonnull(items);
	ck_assert_ptr_nonnull(texts);
	for (i = 0; i < N_MANY; i++)
		ranges[i] = (struct revoked_range) { 30 + 3 * (uint64_t)i,
			30 + 3 * (uint64_t)i + i % 2, 0, i };
	for (i = 0; i < N_MANY_IDS; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "id%" PRIu32, i);
		items[i].text = span_of(texts[i]);
		items[i].line = i;
	}
	revoked_make_serials(m, MANY, ranges, N_MANY);
	revoked_make_key_ids(m, MANY, items, N_MANY_IDS);
	free(ranges);
	free(items);
	free(texts);
}

static void
open_world(bool with_many)
{
	struct index_counts counts = { .n_authorities = N_AUTHORITIES,
		.n_users = 1, .n_revoked = 9 };
	struct index_rule rule = { .line = 20 };
	struct index_grant any = { .kind = GRANT_ANY, .until = INT64_MAX,
		.line = 20 };
	struct revoked_item ids[] = { { span_of("jdoe"), 0, 15, 0 },
		{ span_of(" a#b "), 1, 16, 0 } };
	struct revoked_range serials[N_ROWS(some)];
	struct revoked_item keys[2] = { { .line = 17 }, { .line = 18 } };
	struct wire grants = WIRE_INIT, ca = WIRE_INIT, key = WIRE_INIT;
	struct err err = ERR_INIT;
	struct index_make *m;

	ck_assert_ptr_nonnull(file = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(file), &err));
	make_authority(m, NONE, 0, 0, 0);
	make_authority(m, SOME, N_ROWS(some) - 2, 2, N_ROWS(ids));
	make_authority(m, MANY, with_many ? N_MANY / 2 : 0,
	    with_many ? N_MANY / 2 : 0, with_many ? N_MANY_IDS : 0);
	make_authority(m, REVOKED_CA, 0, 0, 0);
	make_authority(m, ENDED, 0, 0, 0);
	make_authority(m, GONE, 0, 0, 0);
	memcpy(serials, some, sizeof(serials));
	revoked_make_serials(m, SOME, serials, N_ROWS(some));
	revoked_make_key_ids(m, SOME, ids, N_ROWS(ids));
	if (with_many)
		make_many(m);
	certbuild_ca_key(&ca, REVOKED_CA);
	certbuild_ca_key(&key, 'x');
	keys[0].text = wire_span(&ca);
	keys[1].text = wire_span(&key);
	revoked_make_keys(m, keys, N_ROWS(keys));
	counts.n_key_buckets = revoked_n_buckets(N_ROWS(keys));
	index_put_grant(&grants, &any);
	index_make_rule(m, "kiosk", &rule, wire_span(&grants));
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&idx, fileno(file), &err), 0);
	wire_free(&grants);
	wire_free(&ca);
	wire_free(&key);
}

static void
close_world(void)
{
	index_close(&idx);
	(void)fclose(file);
}

/* A certificate that the policy lets in but for what is revoked. */
struct row {
	const char *name;
	uint8_t ca;
	uint8_t key; /* 0: any */
	uint64_t serial;
	const char *key_id;
	enum reason reason;
	const char *detail;
	uint32_t file, line;
};

static const struct row rows[] = {
	{ "nothing is revoked", NONE, 0, 42, "jdoe", REASON_ALLOWED, "", 0,
	    20 },
	{ "serial 0", SOME, 0, 0, "k", REASON_REVOKED,
	    "its serial is revoked", 0, 10 },
	{ "serial 0's neighbour", SOME, 0, 1, "k", REASON_ALLOWED, "", 0, 20 },
	{ "another authority's serial 0", MANY, 0, 0, "k", REASON_ALLOWED, "",
	    0, 20 },
	{ "a serial", SOME, 0, 42, "k", REASON_REVOKED,
	    "its serial is revoked", 0, 11 },
	{ "the one before", SOME, 0, 41, "k", REASON_ALLOWED, "", 0, 20 },
	{ "the one after", SOME, 0, 43, "k", REASON_ALLOWED, "", 0, 20 },
	{ "before a range", SOME, 0, 99, "k", REASON_ALLOWED, "", 0, 20 },
	{ "a range's first", SOME, 0, 100, "k", REASON_REVOKED,
	    "its serial is revoked", 1, 12 },
	{ "in a range", SOME, 0, 150, "k", REASON_REVOKED,
	    "its serial is revoked", 1, 12 },
	{ "a range's last", SOME, 0, 199, "k", REASON_REVOKED,
	    "its serial is revoked", 1, 12 },
	{ "the entry that follows the range", SOME, 0, 200, "k",
	    REASON_REVOKED, "its serial is revoked", 0, 13 },
	{ "after it", SOME, 0, 201, "k", REASON_ALLOWED, "", 0, 20 },
	{ "before the last range", SOME, 0, UINT64_MAX - 2, "k",
	    REASON_ALLOWED, "", 0, 20 },
	{ "the largest serial", SOME, 0, UINT64_MAX, "k", REASON_REVOKED,
	    "its serial is revoked", 0, 14 },
	{ "a key ID", SOME, 0, 7, "jdoe", REASON_REVOKED,
	    "its key ID is revoked", 0, 15 },
	{ "a longer key ID", SOME, 0, 7, "jdoe2", REASON_ALLOWED, "", 0, 20 },
	{ "another case", SOME, 0, 7, "JDoe", REASON_ALLOWED, "", 0, 20 },
	{ "an empty key ID", SOME, 0, 7, "", REASON_ALLOWED, "", 0, 20 },
	{ "blanks and a #", SOME, 0, 7, " a#b ", REASON_REVOKED,
	    "its key ID is revoked", 1, 16 },
	{ "up to the #", SOME, 0, 7, "a", REASON_ALLOWED, "", 0, 20 },
	{ "without the blanks", SOME, 0, 7, "a#b", REASON_ALLOWED, "", 0, 20 },
	{ "another authority's key ID", MANY, 0, 7, "jdoe", REASON_ALLOWED,
	    "", 0, 20 },
	{ "a key", NONE, 'x', 7, "k", REASON_REVOKED, "its key is revoked", 0,
	    18 },
	{ "a neighbour of the key", NONE, 'y', 7, "k", REASON_ALLOWED, "", 0,
	    20 },
	{ "the authority's key", REVOKED_CA, 0, 7, "k", REASON_REVOKED,
	    "the authority's key is revoked", 0, 17 },
	{ "the authority's key comes first", REVOKED_CA, 'x', 7, "k",
	    REASON_REVOKED, "the authority's key is revoked", 0, 17 },
	{ "the key comes before the serial", SOME, 'x', 42, "jdoe",
	    REASON_REVOKED, "its key is revoked", 0, 18 },
	{ "the serial comes before the key ID", SOME, 0, 42, "jdoe",
	    REASON_REVOKED, "its serial is revoked", 0, 11 },
	{ "many: the first", MANY, 0, 30, "k", REASON_REVOKED,
	    "its serial is revoked", 0, 0 },
	{ "many: before the first", MANY, 0, 29, "k", REASON_ALLOWED, "", 0,
	    20 },
	{ "many: the last", MANY, 0, 30 + 3 * (N_MANY - 1), "k",
	    REASON_REVOKED, "its serial is revoked", 0, N_MANY - 1 },
	{ "many: the end of the last", MANY, 0, 31 + 3 * (N_MANY - 1), "k",
	    REASON_REVOKED, "its serial is revoked", 0, N_MANY - 1 },
	{ "many: after the last", MANY, 0, 32 + 3 * (N_MANY - 1), "k",
	    REASON_ALLOWED, "", 0, 20 },
	{ "many: a single one", MANY, 0, 30 + 3 * 10000, "k", REASON_REVOKED,
	    "its serial is revoked", 0, 10000 },
	{ "many: after a single one", MANY, 0, 31 + 3 * 10000, "k",
	    REASON_ALLOWED, "", 0, 20 },
	/* Range N is entry 2 * N + 1. */
	{ "many: the last of a page", MANY, 0,
	    31 + 3 * (2 * (REVOKED_PAGE - 1) + 1), "k", REASON_REVOKED,
	    "its serial is revoked", 0, 2 * (REVOKED_PAGE - 1) + 1 },
	{ "many: between pages", MANY, 0,
	    32 + 3 * (2 * (REVOKED_PAGE - 1) + 1), "k", REASON_ALLOWED, "", 0,
	    20 },
	{ "many: the first of a page", MANY, 0,
	    30 + 3 * (2 * REVOKED_PAGE + 1), "k", REASON_REVOKED,
	    "its serial is revoked", 0, 2 * REVOKED_PAGE + 1 },
	{ "many: the first of a page of pages", MANY, 0,
	    30 + 3 * (2 * REVOKED_PAGE * REVOKED_FANOUT + 1), "k",
	    REASON_REVOKED, "its serial is revoked", 0,
	    2 * REVOKED_PAGE * REVOKED_FANOUT + 1 },
	{ "many: a key ID", MANY, 0, 7, "id999", REASON_REVOKED,
	    "its key ID is revoked", 0, 999 },
	{ "many: none of the key IDs", MANY, 0, 7, "id1000", REASON_ALLOWED,
	    "", 0, 20 },
};

static void
ask(const struct row *row, struct wire *blob, struct decision *d)
{
	struct span principal = span_of("x");
	struct certbuild b = { .ca = row->ca, .key = row->key,
		.serial = row->serial, .type = 1, .key_id = row->key_id,
		.principals = &principal, .n_principals = 1,
		.valid_before = UINT64_MAX };
	struct decide_request r = { .index = &idx, .uid = 1000,
		.now_at = NOW };

	wire_reset(blob);
	certbuild_write(blob, &b);
	r.user = span_of("kiosk");
	r.cert = wire_span(blob);
	(void)decide(&r, d);
}

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct decision *d = malloc(sizeof(*d));
	struct wire blob = WIRE_INIT;

	ck_assert_ptr_nonnull(d);
	open_world(true);
	ask(row, &blob, d);
	ck_assert_msg(d->reason == row->reason, "%s: %s", row->name,
	    reason_code(d->reason));
	ck_assert_msg(strcmp(d->detail.text, row->detail) == 0, "%s: \"%s\"",
	    row->name, d->detail.text);
	ck_assert_msg(d->file == row->file && d->line == row->line,
	    "%s: %u:%u", row->name, d->file, d->line);
	ck_assert(d->has_authority);
	ck_assert_uint_eq(d->n_lines, row->reason == REASON_ALLOWED);
	wire_free(&blob);
	free(d);
	close_world();
}
END_TEST

/* A stranger's certificate is unknown, whatever of it is revoked. */
START_TEST(test_stranger)
{
	static const struct row stranger = { "", 99, 'x', 42, "jdoe",
		REASON_UNKNOWN_AUTHORITY, "", 0, 0 };
	struct decision *d = malloc(sizeof(*d));
	struct wire blob = WIRE_INIT;

	ck_assert_ptr_nonnull(d);
	open_world(false);
	ask(&stranger, &blob, d);
	ck_assert_int_eq(d->reason, REASON_UNKNOWN_AUTHORITY);
	wire_free(&blob);
	free(d);
	close_world();
}
END_TEST

/* What is revoked by each kind, or over, for which no damage may open a way. */
static const struct row revoked_rows[] = {
	{ "serial", SOME, 0, 42, "k", REASON_REVOKED, "", 0, 0 },
	{ "range", SOME, 0, 150, "k", REASON_REVOKED, "", 0, 0 },
	{ "key ID", SOME, 0, 7, "jdoe", REASON_REVOKED, "", 0, 0 },
	{ "key", NONE, 'x', 7, "k", REASON_REVOKED, "", 0, 0 },
	{ "authority", REVOKED_CA, 0, 7, "k", REASON_REVOKED, "", 0, 0 },
	{ "ended authority", ENDED, 0, 7, "k",
	    REASON_AUTHORITY_OUT_OF_TRUST, "", 0, 0 },
	{ "gone key", GONE, 0, 7, "k", REASON_AUTHORITY_OUT_OF_TRUST, "", 0,
	    0 },
};

/* Whatever byte of the whole index is damaged, these stay out. */
START_TEST(test_damaged)
{
	const struct row *row = &revoked_rows[_i];
	struct decision *d = malloc(sizeof(*d));
	struct wire blob = WIRE_INIT;
	unsigned char *bytes;
	struct err err;
	FILE *whole;
	size_t n_opened = 0;
	long len, i;
	unsigned int bit;

	ck_assert_ptr_nonnull(d);
	open_world(false);
	ask(row, &blob, d);
	ck_assert_int_eq(d->reason, row->reason);
	whole = file;
	index_close(&idx);
	ck_assert_int_eq(fseek(whole, 0, SEEK_END), 0);
	len = ftell(whole);
	ck_assert_ptr_nonnull(bytes = malloc((size_t)len));
	ck_assert_int_eq(pread(fileno(whole), bytes, (size_t)len, 0), len);
	for (i = 0; i < len; i++) {
		for (bit = 1; bit < 256; bit <<= 1) {
			unsigned char bad = (unsigned char)(bytes[i] ^ bit);

			ck_assert_int_eq(
			    pwrite(fileno(whole), &bad, 1, i), 1);
			err_clear(&err);
			if (index_open(&idx, fileno(whole), &err) == 0) {
				ask(row, &blob, d);
				ck_assert_msg(d->reason != REASON_ALLOWED,
				    "%s: byte %ld, bit %u", row->name, i,
				    bit);
				n_opened++;
				index_close(&idx);
			}
		}
		ck_assert_int_eq(pwrite(fileno(whole), &bytes[i], 1, i), 1);
	}
	ck_assert_uint_gt(n_opened, 0);
	free(bytes);
	wire_free(&blob);
	free(d);
	(void)fclose(whole);
}
END_TEST

/* An authority that says there is more than there is. */
START_TEST(test_missing_records)
{
	struct index_authority a = { .number = NONE, .n_range_levels = 1 };
	struct err err = ERR_INIT;
	struct revoked by;

	open_world(false);
	ck_assert_int_eq(revoked_serial(&idx, &a, 7, &by, &err), -1);
	assert_err(&err, ERR_MALFORMED,
	    "the index is damaged; run certgate apply to make it anew");
	a.n_range_levels = 2;
	ck_assert_int_eq(revoked_serial(&idx, &a, 7, &by, NULL), -1);
	a.n_range_levels = REVOKED_MAX_LEVELS + 1;
	ck_assert_int_eq(revoked_serial(&idx, &a, 7, &by, NULL), -1);
	a.n_range_levels = 0;
	ck_assert_int_eq(revoked_serial(&idx, &a, 7, &by, NULL), 0);
	a.n_serial_buckets = 1;
	ck_assert_int_eq(revoked_serial(&idx, &a, 7, &by, NULL), -1);
	a.n_serial_buckets = 0;
	ck_assert_int_eq(
	    revoked_key_id(&idx, &a, span_of("k"), &by, NULL), 0);
	a.n_id_buckets = 1;
	ck_assert_int_eq(
	    revoked_key_id(&idx, &a, span_of("k"), &by, NULL), -1);
	/* One that is there, and a number of buckets that none has. */
	a.number = SOME;
	ck_assert_int_eq(
	    revoked_key_id(&idx, &a, span_of("jdoe"), &by, NULL), 1);
	a.n_id_buckets = 3;
	ck_assert_int_eq(
	    revoked_key_id(&idx, &a, span_of("jdoe"), &by, NULL), -1);
	close_world();
}
END_TEST

/* Records that are sealed and yet not in order. */
static const struct bad {
	const char *key;
	size_t key_len;
	struct span value;
} bads[] = {
	{ "s\0\0\0\0\0\0\0\0\0", 10, RAW("") },
	{ "s\0\0\0\0\0\0\0\0\0", 10, RAW("only 23 bytes, not 24..") },
	{ "n\0\0\0\0\0\0\0\0", 9, RAW("\0\0\0\10abc") },
	{ "i\0\0\0\0\0\0\0\0", 9, RAW("\0\0\0\4abc") },
	{ "i\0\0\0\0\0\0\0\0", 9, RAW("\0\0\0\3abc\0\0\0\0\0\0\0") },
};

START_TEST(test_bad_record)
{
	const struct bad *bad = &bads[_i];
	struct index_counts counts = { .n_authorities = 1 };
	struct index_authority a = { .n_id_buckets = 1,
		.n_serial_buckets = bad->key[0] == 'n',
		.n_range_levels = bad->key[0] == 's' };
	struct wire key = WIRE_INIT;
	struct err err = ERR_INIT;
	struct index_make *m;
	struct revoked by;

	ck_assert_ptr_nonnull(file = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(file), &err));
	wire_put_u8(&key, 'r');
	wire_put_bytes(&key, bad->key, bad->key_len);
	index_make_page(m, wire_span(&key), bad->value);
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&idx, fileno(file), &err), 0);
	ck_assert_int_eq(bad->key[0] != 'i'
		? revoked_serial(&idx, &a, 7, &by, &err)
		: revoked_key_id(&idx, &a, span_of("k"), &by, &err),
	    -1);
	assert_err(&err, ERR_MALFORMED,
	    "the index is damaged; run certgate apply to make it anew");
	wire_free(&key);
	close_world();
}
END_TEST

/* Pages that lead to a page beyond all numbers. */
START_TEST(test_far_page)
{
	static const unsigned char zeros[8 * REVOKED_FANOUT];
	struct index_authority a = { .n_range_levels = REVOKED_MAX_LEVELS };
	struct index_counts counts = { .n_authorities = 1 };
	struct wire key = WIRE_INIT;
	struct err err = ERR_INIT;
	struct index_make *m;
	struct revoked by;
	uint32_t number = 0;
	uint8_t level;

	ck_assert_ptr_nonnull(file = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(file), &err));
	for (level = REVOKED_MAX_LEVELS - 1; level > 0; level--) {
		wire_reset(&key);
		wire_put_bytes(&key, "rs\0\0\0\0", 6);
		wire_put_u8(&key, level);
		wire_put_u32(&key, bucket_place(number));
		index_make_page(m, wire_span(&key),
		    (struct span) { zeros, sizeof(zeros) });
		number = number * REVOKED_FANOUT + REVOKED_FANOUT - 1;
	}
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&idx, fileno(file), &err), 0);
	ck_assert_int_eq(revoked_serial(&idx, &a, 7, &by, &err), -1);
	assert_err(&err, ERR_MALFORMED,
	    "the index is damaged; run certgate apply to make it anew");
	wire_free(&key);
	close_world();
}
END_TEST

/* An RSA modulus with a zero too many in front is the same key. */
START_TEST(test_other_form)
{
	struct index_authority a = { .number = 0 };
	struct index_counts counts = { .n_key_buckets = 1 };
	struct revoked_item item = { .line = 3 };
	struct wire number = WIRE_INIT, parts = WIRE_INIT, blob = WIRE_INIT;
	struct wire ca = WIRE_INIT;
	struct cert *c = calloc(1, sizeof(*c));
	struct err err = ERR_INIT;
	struct index_make *m;
	struct revoked by;
	size_t i;

	ck_assert_ptr_nonnull(c);
	for (i = 0; i < 130; i++)
		wire_put_u8(&number, i < 2 ? 0 : 0xff);
	wire_put_text(&blob, "ssh-rsa");
	wire_put_string(&blob, span_of("\1"));
	wire_put_string(
	    &blob, (struct span) { number.p + 1, number.len - 1 });
	wire_put_string(&parts, span_of("\1"));
	wire_put_string(&parts, wire_span(&number));
	item.text = wire_span(&blob);
	ck_assert_ptr_nonnull(file = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(file), &err));
	revoked_make_keys(m, &item, 1);
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&idx, fileno(file), &err), 0);
	certbuild_ca_key(&ca, 1);
	c->ca_key = wire_span(&ca);
	c->key_type = CERT_KEY_RSA;
	c->key_parts = wire_span(&parts);
	ck_assert_int_eq(revoked_find(&idx, &a, c, &by, &err), 1);
	ck_assert_int_eq(by.what, REVOKED_KEY);
	ck_assert_uint_eq(by.line, 3);
	/* What is no key is not one that is not revoked. */
	c->key_parts.len--;
	ck_assert_int_eq(revoked_find(&idx, &a, c, &by, &err), -1);
	free(c);
	wire_free(&number);
	wire_free(&parts);
	wire_free(&blob);
	wire_free(&ca);
	close_world();
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("revoked");

	tcase_add_loop_test(t, test_row, 0, N_ROWS(rows));
	tcase_add_test(t, test_stranger);
	tcase_add_loop_test(t, test_damaged, 0, N_ROWS(revoked_rows));
	tcase_add_test(t, test_missing_records);
	tcase_add_loop_test(t, test_bad_record, 0, N_ROWS(bads));
	tcase_add_test(t, test_far_page);
	tcase_add_test(t, test_other_form);
	return run_case("revoked", t);
}
