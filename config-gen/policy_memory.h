/*
 * policy_memory: what the parts of a policy live in, and tables of names.
 *
 * A million names cost one malloc per megabyte, and all go at once.  Whoever
 * runs out of memory gets NULL or -1 and says so to the report.
 */
#ifndef CONFIG_GEN_POLICY_MEMORY_H
#define CONFIG_GEN_POLICY_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct policy_memory;

struct policy_memory *policy_memory_new(void);
void policy_memory_free(struct policy_memory *m);

/* A terminated copy of len bytes; NULL without memory. */
char *policy_memory_text(
    struct policy_memory *m, const char *text, size_t len);

/* n things of size bytes, for which no alignment over 8 is needed. */
void *policy_memory_array(struct policy_memory *m, size_t n, size_t size);

/*
 * Make room in *items (malloc'ed, n of *room things of size bytes in use)
 * for one more.  0 or -1.
 */
int vector_grow(void **items, size_t *room, size_t n, size_t size);

/*
 * A hash table from a name to its number in an array whose elements begin
 * with a const char * to the name.  Starts as NAME_TABLE_INIT.
 */
struct name_table {
	struct name_slot *slots;
	size_t n_slots; /* 0 or a power of 2 */
	size_t n_used;
};

#define NAME_TABLE_INIT { NULL, 0, 0 }
#define NAME_NONE UINT32_MAX

/* An array as name_find looks at it. */
struct name_array {
	const void *first;
	size_t stride;
};

/* A name to look up; borrows. */
struct name_key {
	const char *text; /* not always terminated */
	size_t len;
	uint32_t hash;
};

struct name_key name_key(const char *name);
struct name_key name_key_bytes(const char *name, size_t len);

/* The number under which the name stands, or NAME_NONE. */
uint32_t name_find(const struct name_table *t, struct name_array in,
    struct name_key key);

/* Begin to fetch what name_find will look at: memory is slow, YAML too. */
void name_expect(const struct name_table *t, struct name_key key);

/* Add a name, which is not there, as number.  0 or -1. */
int name_add(struct name_table *t, struct name_key key, uint32_t number);

/*
 * Make room for n names, so that adding them moves nothing.  Room that is
 * not used costs addresses, no memory.  0 or -1.
 */
int name_reserve(struct name_table *t, size_t n);

/* Forget all names, keep the memory. */
void name_table_reset(struct name_table *t);
void name_table_free(struct name_table *t);

#endif
