#include "config.h"

#include "lib/cdbfile.h"

#include "tests/unit/harness.h"

#include <cdb.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_RECORDS 2000

static const struct span none = { NULL, 0 };

/* Key and value of record i; some values are larger than any room. */
static size_t
make_key(char key[32], size_t i)
{
	return (size_t)snprintf(key, 32, "user%zu", i * 7919);
}

static size_t
value_len(size_t i)
{
	return i % 500 == 3 ? 40000 + i : i % 97 == 5 ? 900 : i % 60;
}

static void
make_value(unsigned char *value, size_t i)
{
	memset(value, (int)(i & 0xff), value_len(i));
}

/* A database of n records, as tinycdb writes it. */
static FILE *
make_file(size_t n)
{
	unsigned char *value = malloc(65536);
	struct cdb_make m;
	FILE *file = tmpfile();
	char key[32];
	size_t i;

	ck_assert_ptr_nonnull(value);
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(cdb_make_start(&m, fileno(file)), 0);
	for (i = 0; i < n; i++) {
		unsigned int key_len = (unsigned int)make_key(key, i);

		make_value(value, i);
		ck_assert_int_eq(cdb_make_add(&m, key, key_len, value,
		                     (unsigned int)value_len(i)),
		    0);
	}
	ck_assert_int_eq(cdb_make_finish(&m), 0);
	free(value);
	return file;
}

static void
expect_record(struct cdbfile *f, size_t i, size_t head_len)
{
	unsigned char *want = malloc(65536);
	struct span head, tail, value;
	char key[32];
	size_t len = make_key(key, i);

	ck_assert_ptr_nonnull(want);
	head = (struct span) { (unsigned char *)key, head_len };
	tail = (struct span) { (unsigned char *)key + head_len, len - head_len };
	ck_assert_int_eq(cdbfile_find(f, head, tail, &value), 1);
	make_value(want, i);
	ck_assert(span_equal(value, (struct span) { want, value_len(i) }));
	free(want);
}

static void
expect_all(struct cdbfile *f, size_t n)
{
	struct span value;
	char key[32];
	size_t i;

	for (i = 0; i < n; i++)
		expect_record(f, i, 1 + i % 4);
	for (i = 0; i < n; i++) {
		size_t len = make_key(key, i + n);
		struct span k = { (unsigned char *)key, len };

		ck_assert_int_eq(cdbfile_find(f, k, none, &value), 0);
	}
}

static const size_t sizes[] = { 0, 1, 2, 40, 300, N_RECORDS };

/* All that is there is found, and nothing else; read, and then mapped. */
START_TEST(test_find)
{
	size_t n = sizes[_i], n_walked = 0;
	FILE *file = make_file(n);
	struct cdbfile f;
	struct span key, value;
	uint32_t cursor = 0;
	char name[32];
	int more;

	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	expect_all(&f, n);
	while ((more = cdbfile_walk(&f, &cursor, &key, &value)) == 1) {
		(void)make_key(name, n_walked);
		ck_assert(span_is(key, name));
		ck_assert_uint_eq(value.len, value_len(n_walked));
		n_walked++;
	}
	ck_assert_int_eq(more, 0);
	ck_assert_uint_eq(n_walked, n);
	expect_all(&f, n);
	cdbfile_close(&f);
	(void)fclose(file);
}
END_TEST

/* Values stay what they are while others are looked up. */
START_TEST(test_values_live)
{
	FILE *file = make_file(300);
	static struct span values[300];
	struct cdbfile f;
	unsigned char *want = malloc(65536);
	char key[32];
	size_t i;

	ck_assert_ptr_nonnull(want);
	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	for (i = 0; i < 300; i++) {
		struct span k = { (unsigned char *)key, make_key(key, i) };

		ck_assert_int_eq(cdbfile_find(&f, k, none, &values[i]), 1);
	}
	for (i = 0; i < 300; i++) {
		make_value(want, i);
		ck_assert(span_equal(
		    values[i], (struct span) { want, value_len(i) }));
	}
	cdbfile_close(&f);
	free(want);
	(void)fclose(file);
}
END_TEST

/* What stands at the beginning of the file takes no room, however often. */
START_TEST(test_front_again)
{
	FILE *file = make_file(N_RECORDS);
	struct cdbfile f;
	int i;

	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	for (i = 0; i < 2000; i++)
		expect_record(&f, 2, 1);
	ck_assert_uint_eq(f.n_free, CDBFILE_ROOM);
	cdbfile_close(&f);
	(void)fclose(file);
}
END_TEST

/* Different keys of one hash, the first of each pair in the file. */
static const char *const twins[][2] = {
	{ "uamsdkkis", "usxetrgdj" },
	{ "ujylvuykhd", "ubcxnunjmi" },
	{ "uwvsdtnmh", "uexflvfffn" },
	{ "uexflvfffn", "uwvsdtnmh" },
};

START_TEST(test_twins)
{
	FILE *file = tmpfile();
	static struct cdb_make m;
	struct cdbfile f;
	struct span u = BYTES("u"), value;
	struct span is_there = span_of(twins[_i][0] + 1);
	struct span is_not = span_of(twins[_i][1] + 1);

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(cdb_hash(twins[_i][0], (unsigned)is_there.len + 1),
	    cdb_hash(twins[_i][1], (unsigned)is_not.len + 1));
	ck_assert_int_eq(cdb_make_start(&m, fileno(file)), 0);
	ck_assert_int_eq(cdb_make_add(&m, twins[_i][0],
	                     (unsigned)is_there.len + 1, "value", 5),
	    0);
	ck_assert_int_eq(cdb_make_finish(&m), 0);
	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	ck_assert_int_eq(cdbfile_find(&f, u, is_not, &value), 0);
	ck_assert_int_eq(cdbfile_find(&f, u, is_there, &value), 1);
	ck_assert(span_is(value, "value"));
	cdbfile_close(&f);
	(void)fclose(file);
}
END_TEST

/* A file that is cut while it is open gives errors, and no signal. */
START_TEST(test_cut_while_open)
{
	FILE *file = make_file(300);
	struct cdbfile f;
	struct span value;
	char key[32];
	size_t i;
	int r;

	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	ck_assert_int_eq(ftruncate(fileno(file), 2048), 0);
	for (i = 0; i < 300; i++) {
		struct span k = { (unsigned char *)key, make_key(key, i) };

		/* The first three were read when it was opened. */
		r = cdbfile_find(&f, k, none, &value);
		ck_assert_int_eq(r, i < 3 ? 1 : -1);
	}
	cdbfile_close(&f);
	(void)fclose(file);
}
END_TEST

/* The record that was written first, and no other, is found without tables. */
START_TEST(test_first)
{
	FILE *file = make_file(300);
	struct cdbfile f;
	struct span value;
	char key[32];
	struct span k = { (unsigned char *)key, make_key(key, 0) };

	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	ck_assert_int_eq(ftruncate(fileno(file), 2048), 0);
	ck_assert_int_eq(cdbfile_first(&f, k, &value), 1);
	ck_assert_uint_eq(value.len, value_len(0));
	k.len = make_key(key, 1);
	ck_assert_int_eq(cdbfile_first(&f, k, &value), 0);
	cdbfile_close(&f);
	(void)fclose(file);
	file = make_file(0);
	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	ck_assert_int_eq(cdbfile_first(&f, k, &value), -1);
	cdbfile_close(&f);
	(void)fclose(file);
}
END_TEST

/* What a look-up took is given back, on the heap or not; the rest stays. */
START_TEST(test_mark)
{
	FILE *file = make_file(N_RECORDS);
	struct cdbfile f;
	struct cdbfile_mark mark;
	struct span kept, value;
	unsigned char *want = malloc(65536);
	char key[32];
	struct span k = { (unsigned char *)key, make_key(key, 700) };
	int i;

	ck_assert_ptr_nonnull(want);
	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	ck_assert_int_eq(cdbfile_find(&f, k, none, &kept), 1);
	mark = cdbfile_mark(&f);
	for (i = 0; i < 2000; i++) {
		k.len = make_key(key, (size_t)(i % 2 == 0 ? 701 : 503));
		ck_assert_int_eq(cdbfile_find(&f, k, none, &value), 1);
		cdbfile_release(&f, mark);
		ck_assert_ptr_eq(f.free, mark.free);
		ck_assert_uint_eq(f.n_free, mark.n_free);
		ck_assert_ptr_null(f.rooms);
	}
	make_value(want, 700);
	ck_assert(span_equal(kept, (struct span) { want, value_len(700) }));
	cdbfile_close(&f);
	free(want);
	(void)fclose(file);
}
END_TEST

/*
 * Any byte damaged, any length: a look-up finds the value, or something of
 * its size, or fails; it reads nothing outside.
 */
START_TEST(test_damaged)
{
	static const unsigned char flips[] = { 0x01, 0x80, 0xff };
	FILE *file = make_file(5);
	static unsigned char bytes[8192];
	ssize_t len = pread(fileno(file), bytes, sizeof(bytes), 0);
	struct cdbfile f;
	struct span key, value;
	unsigned char bad;
	char name[32];
	uint32_t cursor;
	ssize_t i;
	size_t k;
	int r;

	ck_assert_int_gt(len, 2048);
	for (i = 0; i < len * 3; i++) {
		bad = bytes[i / 3] ^ flips[i % 3];
		ck_assert_int_eq(pwrite(fileno(file), &bad, 1, i / 3), 1);
		ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
		for (k = 0; k < 5; k++) {
			key = (struct span) { (unsigned char *)name,
				make_key(name, k) };
			r = cdbfile_find(&f, key, none, &value);
			ck_assert_int_ge(r, -1);
			ck_assert(r < 1 || value.len <= f.size);
		}
		cursor = 0;
		while (cdbfile_walk(&f, &cursor, &key, &value) == 1) {
			ck_assert(value.p >= f.map);
			ck_assert(value.p + value.len <= f.map + f.size);
		}
		cdbfile_close(&f);
		ck_assert_int_eq(
		    pwrite(fileno(file), &bytes[i / 3], 1, i / 3), 1);
	}
	(void)fclose(file);
}
END_TEST

/* Every position and length that a number of the file can name. */
static const struct {
	const char *name;
	off_t at; /* of the number that is put there */
	uint32_t number;
} wild[] = {
	{ "table beyond the file", 0, 0x7fffffff },
	{ "table with too many slots", 4, 0x7fffffff },
	{ "table that wraps around", 0, 0xfffffff8 },
	{ "key length", 2048, 0xffffffff },
	{ "value length", 2052, 0xffffffff },
	{ "value one too long", 2052, 1 },
};

START_TEST(test_wild)
{
	/* The tables are asked for what does not stand at the beginning. */
	off_t at = wild[_i].at;
	FILE *file = make_file(at < 2048 ? 5 : 1);
	struct span key, value;
	unsigned char bytes[8];
	uint32_t cursor = 0, hash = 5381;
	uint32_t number = wild[_i].number;
	struct cdbfile f;
	char name[32];
	size_t i;
	struct stat st;

	key = (struct span) { (unsigned char *)name,
		make_key(name, at < 2048 ? 4 : 0) };
	for (i = 0; i < key.len; i++)
		hash = (hash * 33) ^ key.p[i];
	if (at < 2048)
		at += hash % 256 * 8;
	if (number == 1) {
		/* to the end of the file, and one more */
		ck_assert_int_eq(fstat(fileno(file), &st), 0);
		number = (uint32_t)st.st_size - 2048 - 8 -
		    (uint32_t)key.len + 1;
	}
	for (i = 0; i < 4; i++)
		bytes[i] = (unsigned char)(number >> 8 * i & 0xff);
	ck_assert_int_eq(pwrite(fileno(file), bytes, 4, at), 4);

	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), 0);
	ck_assert_msg(cdbfile_find(&f, key, none, &value) == -1, "%s: found",
	    wild[_i].name);
	if (wild[_i].at >= 2048)
		ck_assert_int_eq(
		    cdbfile_walk(&f, &cursor, &key, &value), -1);
	cdbfile_close(&f);
	(void)fclose(file);
}
END_TEST

static const off_t short_sizes[] = { 0, 1, 2047 };

START_TEST(test_too_short)
{
	FILE *file = make_file(3);
	struct cdbfile f;

	ck_assert_int_eq(ftruncate(fileno(file), short_sizes[_i]), 0);
	errno = 0;
	ck_assert_int_eq(cdbfile_open(&f, fileno(file)), -1);
	ck_assert_int_eq(errno, EIO);
	(void)fclose(file);
}
END_TEST

START_TEST(test_no_descriptor)
{
	struct cdbfile f;

	ck_assert_int_eq(cdbfile_open(&f, -1), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("cdbfile");

	tcase_add_loop_test(tc, test_find, 0, N_ROWS(sizes));
	tcase_add_test(tc, test_values_live);
	tcase_add_test(tc, test_front_again);
	tcase_add_loop_test(tc, test_twins, 0, N_ROWS(twins));
	tcase_add_test(tc, test_cut_while_open);
	tcase_add_test(tc, test_first);
	tcase_add_test(tc, test_mark);
	tcase_add_test(tc, test_damaged);
	tcase_add_loop_test(tc, test_wild, 0, N_ROWS(wild));
	tcase_add_loop_test(tc, test_too_short, 0, N_ROWS(short_sizes));
	tcase_add_test(tc, test_no_descriptor);
	return run_case("cdbfile", tc);
}
