#include "config.h"

#include "lib/bucket.h"

#include <check.h>
#include <stdlib.h>

#include "lib/index.h"
#include "tests/unit/harness.h"

static const struct {
	size_t n_things, per_bucket;
	uint32_t n;
} counts[] = {
	{ 0, 8, 0 },
	{ 1, 8, 1 },
	{ 8, 8, 1 },
	{ 9, 8, 2 },
	{ 16, 8, 2 },
	{ 17, 8, 4 },
	{ 1000000, 40, 32768 },
	{ SIZE_MAX, 1, (uint32_t)1 << 31 },
};

START_TEST(test_count)
{
	ck_assert_uint_eq(
	    bucket_count(counts[_i].n_things, counts[_i].per_bucket),
	    counts[_i].n);
}
END_TEST

/* Numbers that have much in common do not share their buckets. */
START_TEST(test_spread)
{
	const uint32_t n_buckets = 256, n = 256 * 8;
	uint32_t i, in[256] = { 0 };
	unsigned char bytes[8] = { 0 };

	for (i = 0; i < n; i++) {
		uint32_t bucket;

		bytes[5] = (unsigned char)(i >> 7);
		bytes[6] = (unsigned char)(i << 1);
		bucket = bucket_of(index_hash(INDEX_HASH,
				       (struct span) { bytes, sizeof(bytes) }),
		    n_buckets);
		ck_assert_uint_lt(bucket, n_buckets);
		in[bucket]++;
	}
	for (i = 0; i < n_buckets; i++)
		ck_assert_uint_le(in[i], 40);
	ck_assert_uint_eq(bucket_of(UINT64_MAX, 1), 0);
}
END_TEST

static int
compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

START_TEST(test_places)
{
	enum { N = 100000 };
	uint32_t i, *places = calloc(N, sizeof(*places));

	ck_assert_ptr_nonnull(places);
	for (i = 0; i < N; i++)
		places[i] = bucket_place(i);
	qsort(places, N, sizeof(*places), compare);
	for (i = 1; i < N; i++)
		ck_assert_uint_lt(places[i - 1], places[i]);
	free(places);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("bucket");

	tcase_add_loop_test(t, test_count, 0, N_ROWS(counts));
	tcase_add_test(t, test_spread);
	tcase_add_test(t, test_places);
	return run_case("bucket", t);
}
