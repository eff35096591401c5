#include "config.h"

#include "config-gen/policy_memory.h"

#include "lib/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (1024UL * 1024)
#define FIRST_BLOCK_SIZE (16UL * 1024)
/* Slots of a table that is used again. */
#define RESET_MAX 1024

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(8) unsigned char bytes[];
};

/* Texts stand apart, so that nothing is lost to alignment. */
struct policy_memory {
	struct block *texts;
	struct block *arrays;
};

struct policy_memory *
policy_memory_new(void)
{
	return calloc(1, sizeof(struct policy_memory));
}

static void
blocks_free(struct block *b)
{
	struct block *next;

	for (; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
}

void
policy_memory_free(struct policy_memory *m)
{
	if (m == NULL)
		return;
	blocks_free(m->texts);
	blocks_free(m->arrays);
	free(m);
}

static void *
block_take(struct block **list, size_t len)
{
	struct block *b = *list;
	size_t size;

	if (b == NULL || b->size - b->used < len) {
		size = b == NULL ? FIRST_BLOCK_SIZE : BLOCK_SIZE;
		if (len > SIZE_MAX / 2)
			return NULL;
		if (size < len)
			size = len;
		if ((b = malloc(sizeof(*b) + size)) == NULL)
			return NULL;
		b->next = *list;
		b->used = 0;
		b->size = size;
		*list = b;
	}
	b->used += len;
	return b->bytes + b->used - len;
}

char *
policy_memory_text(struct policy_memory *m, const char *text, size_t len)
{
	char *copy;

	if ((copy = block_take(&m->texts, len + 1)) == NULL)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

void *
policy_memory_array(struct policy_memory *m, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / 2 / size)
		return NULL;
	return block_take(&m->arrays, (n * size + 7) / 8 * 8);
}

int
vector_grow(void **items, size_t *room, size_t n, size_t size)
{
	size_t wanted = *room == 0 ? 16 : *room * 2;
	void *bigger;

	if (n < *room)
		return 0;
	if (wanted > SIZE_MAX / 2 / size ||
	    (bigger = realloc(*items, wanted * size)) == NULL)
		return -1;
	*items = bigger;
	*room = wanted;
	return 0;
}

struct name_slot {
	uint32_t hash;
	uint32_t next_number; /* the number and 1; 0: free */
};

struct name_key
name_key_bytes(const char *name, size_t len)
{
	uint64_t hash = hash_add(HASH_INIT, name, len);

	return (struct name_key) { name, len, (uint32_t)(hash ^ hash >> 32) };
}

struct name_key
name_key(const char *name)
{
	return name_key_bytes(name, strlen(name));
}

static const char *
name_at(struct name_array in, uint32_t number)
{
	const char *name;

	memcpy(
	    &name, (const char *)in.first + number * in.stride, sizeof(name));
	return name;
}

uint32_t
name_find(const struct name_table *t, struct name_array in, struct name_key key)
{
	const struct name_slot *slot;
	const char *other;
	size_t i;

	for (i = key.hash; t->n_slots != 0; i++) {
		slot = &t->slots[i & (t->n_slots - 1)];
		if (slot->next_number == 0)
			break;
		if (slot->hash != key.hash)
			continue;
		other = name_at(in, slot->next_number - 1);
		if (strncmp(other, key.text, key.len) == 0 &&
		    other[key.len] == '\0')
			return slot->next_number - 1;
	}
	return NAME_NONE;
}

void
name_expect(const struct name_table *t, struct name_key key)
{
	if (t->n_slots != 0)
		__builtin_prefetch(&t->slots[key.hash & (t->n_slots - 1)], 1);
}

static void
slot_set(struct name_table *t, struct name_slot value)
{
	size_t i = value.hash;

	while (t->slots[i & (t->n_slots - 1)].next_number != 0)
		i++;
	t->slots[i & (t->n_slots - 1)] = value;
}

static int
table_resize(struct name_table *t, size_t n_slots)
{
	struct name_table bigger = NAME_TABLE_INIT;
	size_t i;

	if ((bigger.slots = calloc(n_slots, sizeof(*bigger.slots))) == NULL)
		return -1;
	bigger.n_slots = n_slots;
	bigger.n_used = t->n_used;
	for (i = 0; i < t->n_slots; i++) {
		if (t->slots[i].next_number != 0)
			slot_set(&bigger, t->slots[i]);
	}
	free(t->slots);
	*t = bigger;
	return 0;
}

/* At most three quarters are full. */
static bool
is_full(size_t n_slots, size_t n_used)
{
	return n_used >= n_slots / 4 * 3;
}

int
name_reserve(struct name_table *t, size_t n)
{
	size_t n_slots = t->n_slots == 0 ? 16 : t->n_slots;

	while (is_full(n_slots, n))
		n_slots *= 2;
	return n_slots == t->n_slots ? 0 : table_resize(t, n_slots);
}

int
name_add(struct name_table *t, struct name_key key, uint32_t number)
{
	if (is_full(t->n_slots, t->n_used) && name_reserve(t, t->n_used) < 0)
		return -1;
	slot_set(t, (struct name_slot) { key.hash, number + 1 });
	t->n_used++;
	return 0;
}

void
name_table_reset(struct name_table *t)
{
	/* A large table would make each later reset slow. */
	if (t->n_slots > RESET_MAX) {
		name_table_free(t);
		return;
	}
	if (t->n_used != 0)
		memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
	t->n_used = 0;
}

void
name_table_free(struct name_table *t)
{
	free(t->slots);
	*t = (struct name_table)NAME_TABLE_INIT;
}
