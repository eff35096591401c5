/*
 * Records of an index that are whole as the file goes, seal and all, and yet
 * are not what they should be: cut at any byte, too long, with numbers that
 * mean nothing.  Whoever looks one up is told that it is broken.
 */
#include "config.h"

#include "lib/index.h"

#include <cdb.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/indexmake.h"
#include "tests/unit/harness.h"

#define DAMAGED "the index is damaged; run certgate apply to make it anew"
#define MAX_RECORDS 16
#define SEAL_LEN 8
#define HEADER_SIZE_AT 4 /* in the header's value, behind the format */

struct record {
	unsigned char key[64], value[512];
	size_t key_len, len; /* len: without the seal */
};

static struct record records[MAX_RECORDS];
static size_t n_records;
static const char tags[] = "hacfnu"; /* of those that are damaged */
static FILE *file;

static struct wire
list_of(const char *text)
{
	struct wire w = WIRE_INIT;

	wire_put_text(&w, text);
	wire_put_text(&w, "second");
	return w;
}

static void
put_all(struct index_make *m)
{
	struct wire list = list_of("example.com"), grants = WIRE_INIT;
	struct index_authority a = { .name = span_of("ca"), .line = 3,
		.domains = wire_span(&list), .key_ids = wire_span(&list),
		.critical_options = wire_span(&list),
		.key_types = wire_span(&list) };
	struct index_grant g = { .kind = GRANT_IDENTITY, .until = 99,
		.file = 1, .line = 8, .options = span_of("restrict"),
		.from = wire_span(&list), .text = span_of("jdoe@example.com") };
	struct index_rule rule = { .line = 7, .has_authorities = true,
		.authorities = { (const unsigned char *)"\0\0\0\0", 4 } };

	index_make_authority(m, &a);
	index_make_key(m, span_of("CA"), 0, 0);
	index_put_grant(&grants, &g);
	index_make_rule(m, "jdoe", &rule, wire_span(&grants));
	index_make_file(m, 0, "policy.yaml");
	index_make_set_name(m, 1, "group", "release");
	wire_free(&grants);
	wire_free(&list);
}

static void
setup(void)
{
	struct index_counts counts = { .n_authorities = 1, .n_sets = 1 };
	struct err err = ERR_INIT;
	struct index_make *m;
	struct span key, value;
	uint32_t cursor = 0;
	struct index x;

	ck_assert_ptr_nonnull(file = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(file), &err));
	put_all(m);
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&x, fileno(file), &err), 0);
	n_records = 0;
	while (index_walk(&x, &cursor, &key, &value, &err) == 1) {
		struct record *r = &records[n_records++];

		ck_assert_uint_le(n_records, MAX_RECORDS);
		ck_assert_uint_le(key.len, sizeof(r->key));
		ck_assert_uint_le(value.len + 1 + SEAL_LEN, sizeof(r->value));
		memcpy(r->key, key.p, r->key_len = key.len);
		memcpy(r->value, value.p, r->len = value.len);
	}
	ck_assert_str_eq(err.text, "");
	/* And a page of the roll. */
	ck_assert_uint_eq(n_records, sizeof(tags));
	index_close(&x);
}

static void
teardown(void)
{
	ck_assert_int_eq(fclose(file), 0);
}

static void
put_u64(unsigned char *p, uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		p[i] = (unsigned char)v;
}

/* Write all records; the header says the size that the file then has. */
static void
write_records(void)
{
	uint64_t size = 2048, seal;
	struct cdb_make cdb;
	size_t i;

	for (i = 0; i < n_records; i++)
		size += 24 + records[i].key_len + records[i].len + SEAL_LEN;
	if (records[0].len >= HEADER_SIZE_AT + 8)
		put_u64(records[0].value + HEADER_SIZE_AT, size);
	ck_assert_int_eq(ftruncate(fileno(file), 0), 0);
	ck_assert_int_eq(lseek(fileno(file), 0, SEEK_SET), 0);
	ck_assert_int_eq(cdb_make_start(&cdb, fileno(file)), 0);
	for (i = 0; i < n_records; i++) {
		struct record r = records[i];

		seal = index_seal(
		    index_hash(INDEX_HASH, (struct span) { r.key, r.key_len }),
		    (struct span) { r.value, r.len });
		put_u64(r.value + r.len, seal);
		ck_assert_int_eq(cdb_make_add(&cdb, r.key,
				     (unsigned int)r.key_len, r.value,
				     (unsigned int)(r.len + SEAL_LEN)), 0);
	}
	ck_assert_int_eq(cdb_make_finish(&cdb), 0);
}

/* Look the record up whose key begins with tag; err as it was said. */
static int
look_up(char tag, struct err *err)
{
	struct index_authority a = { .line = 4711 };
	struct index_rule rule;
	struct index_grant g;
	struct index x;
	struct span name;
	int r = -1;

	err_clear(err);
	if (index_open(&x, fileno(file), err) < 0)
		return -1;
	switch (tag) {
	case 'a':
		r = index_authority_by_number(&x, 0, &a, err);
		/* Untouched, or whole. */
		ck_assert_uint_eq(a.line, r == 1 ? 3 : 4711);
		break;
	case 'c':
		r = index_authority_by_key(&x, span_of("CA"), &a, err);
		break;
	case 'f':
		r = index_file(&x, 0, &name, err);
		break;
	case 'h':
		r = 1;
		break;
	case 'n':
		r = index_set_name(&x, 1, &name, err);
		break;
	case 'u':
		r = index_rule(&x, span_of("jdoe"), &rule, err);
		/* A rule that has lost all its entries lets nobody in. */
		if (r == 1 && rule.grants.len != 0)
			r = index_grant_next(&rule.grants, &g);
		if (r == -1 && err->text[0] == '\0')
			(void)err_setf(err, ERR_MALFORMED, DAMAGED);
		break;
	default:
		ck_abort_msg("no such record: %c", tag);
	}
	index_close(&x);
	return r;
}

static struct record *
find(char tag)
{
	size_t i;

	for (i = 0; i < n_records; i++)
		if (records[i].key[0] == tag)
			return &records[i];
	ck_abort_msg("no record %c", tag);
	return NULL;
}

/* As they are they are found. */
START_TEST(test_whole)
{
	struct err err = ERR_INIT;
	size_t i;

	write_records();
	for (i = 0; tags[i] != '\0'; i++) {
		ck_assert_msg(look_up(tags[i], &err) == 1, "%c: %s", tags[i],
		    err.text);
	}
}
END_TEST

/* Any number of bytes too few, or one too many. */
START_TEST(test_cut)
{
	struct record *r = find(tags[_i]);
	struct err err = ERR_INIT;
	size_t len = r->len, cut;
	int got;

	for (cut = 0; cut <= len + 1; cut++) {
		if (cut == len)
			continue;
		r->len = cut;
		write_records();
		got = look_up(tags[_i], &err);
		/* The rule itself is whole before its first entry. */
		if (tags[_i] == 'u' && got == 1 && cut < len) {
			ck_assert_uint_eq(cut, 1 + 4 + 4 + 4 + 4 + 4);
			continue;
		}
		/* A further entry, of which only the length has begun. */
		if (tags[_i] == 'u' && cut > len)
			continue;
		ck_assert_msg(got == -1, "%c cut at %zu of %zu: %d", tags[_i],
		    cut, len, got);
		ck_assert_str_ne(err.text, "");
	}
}
END_TEST

/* Bytes of a record that are put in the place of others. */
static const struct row {
	const char *name;
	char tag;
	size_t at;
	const char *bytes;
	size_t len;
} rows[] = {
#define PUT(text) text, sizeof(text) - 1
	/* string "ca", mode, flags, u64 validity, from, until, keys until */
	{ "mode", 'a', 6, PUT("\x63") },
	{ "flags", 'a', 7, PUT("\x80") },
	{ "trusted from beyond all time", 'a', 16, PUT("\xff") },
	{ "trusted until beyond all time", 'a', 24, PUT("\xff") },
	{ "keys until beyond all time", 'a', 32, PUT("\xff") },
	/* four lists of 4 + 25 bytes each; the length of the first text */
	{ "domains are no list", 'a', 44 + 3, PUT("\x0c") },
	{ "key IDs are no list", 'a', 44 + 29 + 3, PUT("\x0c") },
	{ "critical options are no list", 'a', 44 + 58 + 3, PUT("\x0c") },
	{ "key types are no list", 'a', 44 + 87 + 3, PUT("\x0c") },
	{ "authority that there is none of", 'c', 0, PUT("\0\0\0\1") },
	{ "key until beyond all time", 'c', 4, PUT("\xff") },
	/* flags, u32 file, line, set, string authorities, grants */
	{ "rule's flags", 'u', 0, PUT("\x81") },
	{ "rule's set that there is none of", 'u', 9, PUT("\0\0\0\2") },
	{ "rule's authorities are no numbers", 'u', 13,
	    PUT("\0\0\0\3") },
	{ "rule's authorities are too long", 'u', 13, PUT("\1\0\0\4") },
	/* string: kind, flags, u32 ordinal, line, file, u64 until, … */
	{ "entry's kind is 0", 'u', 25, PUT("\0") },
	{ "entry's kind is unknown", 'u', 25, PUT("\6") },
	{ "entry's flags", 'u', 26, PUT("\x1f") },
	{ "entry until beyond all time", 'u', 39, PUT("\xff") },
	{ "entry's options are empty, and more", 'u', 47, PUT("\0\0\0\0") },
	{ "entry's group, and more", 'u', 25, PUT("\3") },
	{ "entry that is for anybody, and more", 'u', 25, PUT("\4") },
	{ "file's name is too long", 'f', 0, PUT("\1") },
};

START_TEST(test_damaged)
{
	const struct row *row = &rows[_i];
	struct record *r = find(row->tag);
	struct err err = ERR_INIT;

	ck_assert_uint_le(row->at + row->len, r->len);
	ck_assert_int_ne(memcmp(r->value + row->at, row->bytes, row->len), 0);
	memcpy(r->value + row->at, row->bytes, row->len);
	write_records();
	ck_assert_msg(look_up(row->tag, &err) == -1, "%s", row->name);
	assert_err(&err, ERR_MALFORMED, DAMAGED);
}
END_TEST

/* One grant that is the whole list. */
static int
take_grant(const struct wire *body)
{
	struct wire list = WIRE_INIT;
	struct index_grant g;
	struct span in;
	int r;

	wire_put_string(&list, wire_span(body));
	in = wire_span(&list);
	r = index_grant_next(&in, &g);
	wire_free(&list);
	return r;
}

/* A limit that is there but says nothing would be none. */
START_TEST(test_empty_limits)
{
	static const struct {
		uint8_t kind, flags;
		const char *text;
		int want;
	} grants[] = {
		{ GRANT_ANY, 0, "", 1 },
		{ GRANT_ANY, 0, "x", -1 },
		{ GRANT_SAME_NAME, 0, "", 1 },
		{ GRANT_SAME_NAME, 0, "x", -1 },
		{ GRANT_IDENTITY, 0, "x", 1 },
		{ GRANT_IDENTITY, 0, "", -1 },
		{ GRANT_PRINCIPAL, 0, "x", 1 },
		{ GRANT_PRINCIPAL, 0, "", -1 },
		{ GRANT_GROUP, 0, "\1\1\1\1", 1 },
		{ GRANT_GROUP, 0, "\1\1\1", -1 },
		{ GRANT_GROUP, 0, "\1\1\1\1\1", -1 },
		/* an empty string, and then the identity */
		{ GRANT_IDENTITY, GRANT_HAS_OPTIONS, "", -1 },
		{ GRANT_IDENTITY, GRANT_HAS_FROM, "", -1 },
	};
	struct wire body = WIRE_INIT;

	wire_put_u8(&body, grants[_i].kind);
	wire_put_u8(&body, grants[_i].flags);
	wire_put_u32(&body, 0);
	wire_put_u32(&body, 8);
	if (grants[_i].flags != 0) {
		wire_put_u32(&body, 0);
		wire_put_text(&body, "jdoe");
	}
	wire_put_bytes(&body, grants[_i].text, strlen(grants[_i].text));
	ck_assert_int_eq(take_grant(&body), grants[_i].want);
	wire_free(&body);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("index_cut");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_whole);
	tcase_add_loop_test(tc, test_cut, 0, (int)sizeof(tags) - 1);
	tcase_add_loop_test(tc, test_damaged, 0, N_ROWS(rows));
	tcase_add_loop_test(tc, test_empty_limits, 0, 13);
	return run_case("index_cut", tc);
}
