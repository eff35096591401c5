#include "config.h"

#include "config-gen/policy_memory.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"

#define MANY 5000

START_TEST(texts)
{
	struct policy_memory *m = policy_memory_new();
	static char *all[MANY];
	char text[32];
	int i;

	ck_assert_ptr_nonnull(m);
	for (i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof(text), "text %d", i);
		all[i] = policy_memory_text(m, text, strlen(text));
		ck_assert_ptr_nonnull(all[i]);
	}
	for (i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof(text), "text %d", i);
		ck_assert_str_eq(all[i], text);
	}
	ck_assert_str_eq(policy_memory_text(m, "abc", 2), "ab");
	ck_assert_str_eq(policy_memory_text(m, "", 0), "");
	policy_memory_free(m);
	policy_memory_free(NULL);
}
END_TEST

START_TEST(arrays)
{
	struct policy_memory *m = policy_memory_new();
	unsigned char *big;
	uint64_t *one;
	int i;

	ck_assert_ptr_nonnull(m);
	for (i = 0; i < MANY; i++) {
		one = policy_memory_array(m, (size_t)i % 7, sizeof(*one));
		ck_assert_ptr_nonnull(one);
		ck_assert_uint_eq((uintptr_t)one % 8, 0);
		memset(one, 0xff, (size_t)i % 7 * sizeof(*one));
		ck_assert_ptr_nonnull(policy_memory_array(m, 3, 1));
	}
	/* Larger than any block. */
	big = policy_memory_array(m, 3, 1024UL * 1024);
	ck_assert_ptr_nonnull(big);
	memset(big, 1, 3 * 1024UL * 1024);
	ck_assert_ptr_null(policy_memory_array(m, SIZE_MAX / 4, 8));
	ck_assert_ptr_null(policy_memory_text(m, "x", SIZE_MAX - 8));
	policy_memory_free(m);
}
END_TEST

START_TEST(vector)
{
	uint32_t *items = NULL;
	size_t room = 0;
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		ck_assert_int_eq(
		    vector_grow((void **)&items, &room, i, sizeof(*items)), 0);
		ck_assert_uint_gt(room, i);
		items[i] = i;
	}
	for (i = 0; i < MANY; i++)
		ck_assert_uint_eq(items[i], i);
	room = SIZE_MAX / 4;
	ck_assert_int_eq(
	    vector_grow((void **)&items, &room, room, sizeof(*items)), -1);
	free(items);
}
END_TEST

/* An element as a table sees it: the name comes first. */
struct element {
	const char *name;
	int other;
};

static struct element elements[MANY];
static char element_names[MANY][16];

static void
fill(struct name_table *t)
{
	uint32_t i;

	for (i = 0; i < MANY; i++) {
		(void)snprintf(
		    element_names[i], sizeof(element_names[i]), "name %u", i);
		elements[i].name = element_names[i];
		ck_assert_int_eq(name_add(t, name_key(elements[i].name), i), 0);
	}
}

START_TEST(names)
{
	const struct name_array in = { elements, sizeof(elements[0]) };
	struct name_table t = NAME_TABLE_INIT;
	uint32_t i;

	ck_assert_uint_eq(name_find(&t, in, name_key("name 0")), NAME_NONE);
	name_expect(&t, name_key("name 0"));
	if (_i == 1)
		ck_assert_int_eq(name_reserve(&t, MANY), 0);
	fill(&t);
	for (i = 0; i < MANY; i++)
		ck_assert_uint_eq(
		    name_find(&t, in, name_key(elements[i].name)), i);
	ck_assert_uint_eq(name_find(&t, in, name_key("name")), NAME_NONE);
	ck_assert_uint_eq(name_find(&t, in, name_key("name 00")), NAME_NONE);
	ck_assert_uint_eq(name_find(&t, in, name_key("")), NAME_NONE);
	/* Not terminated where it ends. */
	ck_assert_uint_eq(
	    name_find(&t, in, name_key_bytes("name 12345", 7)), 12);
	ck_assert_uint_eq(t.n_used, MANY);
	name_table_reset(&t);
	ck_assert_uint_eq(name_find(&t, in, name_key("name 7")), NAME_NONE);
	ck_assert_int_eq(name_add(&t, name_key("name 7"), 7), 0);
	ck_assert_uint_eq(name_find(&t, in, name_key("name 7")), 7);
	name_table_reset(&t);
	ck_assert_uint_eq(name_find(&t, in, name_key("name 7")), NAME_NONE);
	name_table_free(&t);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_memory");

	tcase_add_test(tc, texts);
	tcase_add_test(tc, arrays);
	tcase_add_test(tc, vector);
	tcase_add_loop_test(tc, names, 0, 2);
	return run_case("policy_memory", tc);
}
