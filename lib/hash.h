/*
 * hash: FNV-1a, for tables and for telling texts apart; no defence against
 * who chooses them.
 *
 * Source: draft-eastlake-fnv.
 */
#ifndef LIB_HASH_H
#define LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Where hash_add begins. */
#define HASH_INIT UINT64_C(0xcbf29ce484222325)

/* hash, continued over len bytes.  Inline: it runs for every name. */
static inline uint64_t
hash_add(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;
	size_t i;

	for (i = 0; i < len; i++)
		hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
