/* random: numbers that a seed repeats, for tests of many random inputs. */
#ifndef TESTS_DIFFERENTIAL_RANDOM_H
#define TESTS_DIFFERENTIAL_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state; /* the seed */
};

/* splitmix64, by Sebastiano Vigna: public domain, any seed will do. */
static inline uint64_t
random_u64(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

/* Below n, which is not 0. */
static inline size_t
random_below(struct random *r, size_t n)
{
	return (size_t)(random_u64(r) % n);
}

/* True once in n. */
static inline bool
random_once_in(struct random *r, size_t n)
{
	return random_below(r, n) == 0;
}

#endif
