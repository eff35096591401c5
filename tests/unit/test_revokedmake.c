#include "config.h"

#include "lib/revokedmake.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/revoked.h"
#include "tests/unit/harness.h"

static const struct level_row {
	size_t n;
	uint8_t levels;
} level_rows[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 20, 1 },
	{ 21, 2 },
	{ 20 * 62, 2 },
	{ 20 * 62 + 1, 3 },
	{ 20 * 62 * 62, 3 },
	{ 20 * 62 * 62 + 1, 4 },
	/* More than an index of 4 GiB can hold. */
	{ 200000000, 5 },
};

START_TEST(test_levels)
{
	ck_assert_uint_eq(
	    revoked_n_levels(level_rows[_i].n), level_rows[_i].levels);
	ck_assert_uint_lt(level_rows[_i].levels, REVOKED_MAX_LEVELS);
}
END_TEST

static const struct bucket_row {
	size_t n;
	uint32_t buckets;
} bucket_rows[] = {
	{ 0, 0 },
	{ 1, 1 },
	{ 8, 1 },
	{ 9, 2 },
	{ 1000000, 131072 },
};

START_TEST(test_buckets)
{
	ck_assert_uint_eq(
	    revoked_n_buckets(bucket_rows[_i].n), bucket_rows[_i].buckets);
}
END_TEST

/* Of numbers of ranges around the pages' ends: each serial is found. */
static const size_t sizes[] = { 1, 2, 39, 40, 41, 42, 2479, 2480, 2481, 2482,
	5000 };

START_TEST(test_every_serial)
{
	size_t i, n = sizes[_i];
	struct index_authority a = { .number = 4 };
	struct index_counts counts = { 0 };
	struct revoked_range *ranges = calloc(n, sizeof(*ranges));
	FILE *f = tmpfile();
	struct err err = ERR_INIT;
	struct index_make *m;
	struct revoked by;
	struct index x;

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(ranges);
	for (i = 0; i < n; i++)
		/* Every second one is a single serial. */
		ranges[i] = (struct revoked_range) { 10 * i + 5,
			10 * i + 5 + 2 * (i % 2), 0, (uint32_t)i + 1 };
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(f), &err));
	revoked_make_serials(m, a.number, ranges, n);
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&x, fileno(f), &err), 0);
	a.n_serial_buckets = revoked_n_buckets(n - n / 2);
	a.n_range_levels = revoked_n_levels(n / 2);
	for (i = 0; i < 10 * n + 10; i++) {
		bool is = i < 10 * n && i % 10 >= 5 &&
		    i % 10 <= 5 + 2 * (i / 10 % 2);

		ck_assert_int_eq(
		    revoked_serial(&x, &a, i, &by, &err), is ? 1 : 0);
		if (is)
			ck_assert_uint_eq(by.line, i / 10 + 1);
	}
	index_close(&x);
	(void)fclose(f);
	free(ranges);
}
END_TEST

/* Buckets without an item are there; equal items are one of them. */
START_TEST(test_every_item)
{
	struct index_authority a = { .number = 2 };
	struct index_counts counts = { 0 };
	static struct revoked_item items[100];
	char texts[100][8];
	FILE *f = tmpfile();
	struct err err = ERR_INIT;
	struct index_make *m;
	struct revoked by;
	struct index x;
	size_t i;

	ck_assert_ptr_nonnull(f);
	for (i = 0; i < 100; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "k%zu", i / 2);
		items[i] = (struct revoked_item) { span_of(texts[i]), 0,
			(uint32_t)i + 1, 0 };
	}
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(f), &err));
	revoked_make_key_ids(m, a.number, items, 100);
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&x, fileno(f), &err), 0);
	a.n_id_buckets = revoked_n_buckets(100);
	for (i = 0; i < 50; i++) {
		(void)snprintf(texts[0], sizeof(texts[0]), "k%zu", i);
		ck_assert_int_eq(revoked_key_id(&x, &a, span_of(texts[0]),
		    &by, &err), 1);
		/* The one that stands first in the policy. */
		ck_assert_uint_eq(by.line, 2 * i + 1);
	}
	for (i = 50; i < 1000; i++) {
		(void)snprintf(texts[0], sizeof(texts[0]), "k%zu", i);
		ck_assert_int_eq(revoked_key_id(&x, &a, span_of(texts[0]),
		    &by, &err), 0);
	}
	index_close(&x);
	(void)fclose(f);
}
END_TEST

START_TEST(test_no_memory)
{
	struct index_counts counts = { 0 };
	struct err err = ERR_INIT;
	FILE *f = tmpfile();
	struct index_make *m;

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(f), &err));
	index_make_fail(m);
	ck_assert_int_eq(index_make_end(m, &counts, &err), -1);
	ck_assert_str_eq(err.text, "index: Cannot allocate memory");
	(void)fclose(f);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("revokedmake");

	tcase_add_loop_test(t, test_levels, 0, N_ROWS(level_rows));
	tcase_add_loop_test(t, test_buckets, 0, N_ROWS(bucket_rows));
	tcase_add_loop_test(t, test_every_serial, 0, N_ROWS(sizes));
	tcase_add_test(t, test_every_item);
	tcase_add_test(t, test_no_memory);
	return run_case("revokedmake", t);
}
