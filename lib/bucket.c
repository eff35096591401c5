#include "config.h"

#include "lib/bucket.h"

uint32_t
bucket_count(size_t n_things, size_t per_bucket)
{
	uint32_t n = n_things != 0;

	while (n != 0 && n < UINT32_MAX / 2 &&
	    (size_t)n * per_bucket < n_things)
		n *= 2;
	return n;
}

uint32_t
bucket_of(uint64_t hash, uint32_t n_buckets)
{
	/* FNV leaves what serials that are all even have in common in its
	 * lowest bits; those in the middle depend on all. */
	return (uint32_t)((hash * 0x9e3779b97f4a7c15U) >> 32) &
	    (n_buckets - 1);
}

uint32_t
bucket_place(uint32_t number)
{
	/* 2^32 divided by the golden ratio; odd, so that none is lost. */
	return number * 0x9e3779b1U;
}
