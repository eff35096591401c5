/*
 * bucket: in which of an index's records a thing stands that was put there
 * by its hash, and under which key that record is found.
 */
#ifndef LIB_BUCKET_H
#define LIB_BUCKET_H

#include <stddef.h>
#include <stdint.h>

/*
 * How many buckets for so many things, where on the average each holds at
 * most per_bucket: a power of 2; 0 for none.
 */
uint32_t bucket_count(size_t n_things, size_t per_bucket);

/* The bucket, from 0, of a thing with that FNV-1a hash (index_hash). */
uint32_t bucket_of(uint64_t hash, uint32_t n_buckets);

/*
 * A number as it stands in a record's key; no two have the same.  cdb puts
 * keys that differ in their last bytes only side by side, and a look-up there
 * reads all that lies between the first and its own: numbers that count up
 * made one of any record cost dozens of reads.
 */
uint32_t bucket_place(uint32_t number);

#endif
