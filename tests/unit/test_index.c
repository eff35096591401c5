#include "config.h"

#include "lib/index.h"

#include <cdb.h>
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/indexmake.h"
#include "tests/unit/harness.h"

static FILE *
make_index(uint32_t n_sets)
{
	struct index_counts counts = { .min_uid = 1000, .n_users = 1,
		.n_sets = n_sets, .n_revoked = 12, .n_key_buckets = 4 };
	struct index_rule rule = { .line = 7 };
	struct index_grant g = { .kind = GRANT_IDENTITY, .until = INT64_MAX };
	struct wire grants = WIRE_INIT;
	struct err err = ERR_INIT;
	struct index_make *m;
	FILE *f;

	ck_assert_ptr_nonnull(f = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(f), &err));
	g.text = span_of("jdoe@example.com");
	g.line = 8;
	index_put_grant(&grants, &g);
	index_make_rule(m, "jdoe", &rule, wire_span(&grants));
	index_make_file(m, 0, "/etc/certgate/policy.yaml");
	index_make_set_name(m, 1, "group", "release");
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	wire_free(&grants);
	return f;
}

START_TEST(test_round_trip)
{
	FILE *f = make_index(1);
	struct err err = ERR_INIT;
	struct index_grant g;
	struct index_rule rule;
	struct index x;
	struct span name;

	ck_assert_int_eq(index_open(&x, fileno(f), &err), 0);
	ck_assert_uint_eq(x.min_uid, 1000);
	ck_assert_uint_eq(x.n_users, 1);
	ck_assert_uint_eq(x.n_revoked, 12);
	ck_assert_uint_eq(x.n_key_buckets, 4);
	ck_assert_int_eq(index_rule(&x, span_of("jdoe"), &rule, &err), 1);
	ck_assert_uint_eq(rule.line, 7);
	ck_assert_int_eq(index_grant_next(&rule.grants, &g), 1);
	ck_assert(span_is(g.text, "jdoe@example.com"));
	ck_assert_uint_eq(g.line, 8);
	ck_assert(g.until == INT64_MAX);
	ck_assert_int_eq(index_grant_next(&rule.grants, &g), 0);
	ck_assert_int_eq(index_rule(&x, span_of("jdo"), &rule, &err), 0);
	ck_assert_int_eq(index_file(&x, 0, &name, &err), 1);
	ck_assert(span_is(name, "/etc/certgate/policy.yaml"));
	ck_assert_int_eq(index_set_name(&x, 1, &name, &err), 1);
	ck_assert(span_is(name, "group:release"));
	ck_assert_int_eq(index_authority_by_key(
	    &x, span_of("no key"), &(struct index_authority) { 0 }, &err), 0);
	index_close(&x);
	(void)fclose(f);
}
END_TEST

START_TEST(test_grant_fields)
{
	struct index_grant in = { .kind = GRANT_GROUP, .ordinal = 3,
		.file = 2, .line = 9, .until = 77, .set = 5 };
	struct index_grant out;
	struct wire w = WIRE_INIT;
	struct span grants;

	in.options = span_of("restrict");
	in.from = span_of("\0\0\0\1x");
	in.from.len = 5;
	index_put_grant(&w, &in);
	grants = wire_span(&w);
	ck_assert_int_eq(index_grant_next(&grants, &out), 1);
	ck_assert_uint_eq(out.ordinal, 3);
	ck_assert_uint_eq(out.file, 2);
	ck_assert_uint_eq(out.line, 9);
	ck_assert_int_eq(out.until, 77);
	ck_assert_uint_eq(out.set, 5);
	ck_assert(span_equal(out.options, in.options));
	ck_assert(span_equal(out.from, in.from));
	ck_assert_uint_eq(grants.len, 0);
	/* Whatever is cut off, it is refused. */
	while (w.len > 1) {
		w.len--;
		grants = wire_span(&w);
		ck_assert_int_eq(index_grant_next(&grants, &out), -1);
	}
	wire_free(&w);
}
END_TEST

/* Networks that are no list would be none, and so no limit. */
START_TEST(test_damaged_networks)
{
	struct index_grant in = { .kind = GRANT_ANY, .until = INT64_MAX };
	struct index_grant out;
	struct wire w = WIRE_INIT;
	struct span grants;

	in.from = (struct span) { (const unsigned char *)"\0\0\0\2x", 5 };
	index_put_grant(&w, &in);
	grants = wire_span(&w);
	ck_assert_int_eq(index_grant_next(&grants, &out), -1);
	wire_free(&w);
}
END_TEST

/* Whoever is there is found, and whoever is not is not, in many pages. */
START_TEST(test_many)
{
	enum { N = 5000 };
	struct index_counts counts = { .n_users = N };
	struct index_rule rule = { .line = 7 };
	struct span nothing = { NULL, 0 }, key, value;
	struct err err = ERR_INIT;
	FILE *f = tmpfile();
	struct index_make *m;
	struct index x;
	uint32_t i, cursor = 0, n_rules = 0, n_pages = 0;
	char name[32];

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(f), &err));
	for (i = 0; i < N; i++) {
		(void)snprintf(name, sizeof(name), "user%u", i * 2);
		index_make_rule(m, name, &rule, nothing);
	}
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&x, fileno(f), &err), 0);
	ck_assert_uint_gt(x.n_roll_pages, 1);
	for (i = 0; i < 2 * N; i++) {
		(void)snprintf(name, sizeof(name), "user%u", i);
		ck_assert_int_eq(
		    index_rule(&x, span_of(name), &rule, &err), i % 2 == 0);
	}
	while (index_walk(&x, &cursor, &key, &value, &err) == 1) {
		n_rules += key.p[0] == 'u';
		n_pages += key.p[0] == 'b';
		ck_assert(key.p[0] != 'u' || value.len == 13);
	}
	ck_assert_str_eq(err.text, "");
	ck_assert_uint_eq(n_rules, N);
	ck_assert_uint_eq(n_pages, x.n_roll_pages);
	index_close(&x);
	(void)fclose(f);
}
END_TEST

static void
expect_open_fails(FILE *f, const char *text)
{
	struct err err = ERR_INIT;
	struct index x;

	ck_assert_int_eq(index_open(&x, fileno(f), &err), -1);
	ck_assert_str_eq(err.text, text);
	(void)fclose(f);
}

START_TEST(test_empty)
{
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	expect_open_fails(f, "the index is empty; run certgate apply");
}
END_TEST

START_TEST(test_not_an_index)
{
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs("users:\n  jdoe: jdoe\n", f), 0);
	ck_assert_int_eq(fflush(f), 0);
	expect_open_fails(f, "the index is not one, or was cut short; "
	                     "run certgate apply");
}
END_TEST

/* However much is cut off, it is seen when the index is opened. */
START_TEST(test_cut)
{
	FILE *f = make_index(1);
	struct stat st;
	struct index x;
	off_t len;

	ck_assert_int_eq(fstat(fileno(f), &st), 0);
	for (len = st.st_size - 1; len >= 0; len--) {
		struct err err = ERR_INIT;

		ck_assert_int_eq(ftruncate(fileno(f), len), 0);
		ck_assert_int_eq(index_open(&x, fileno(f), &err), -1);
		ck_assert_str_ne(err.text, "");
	}
	(void)fclose(f);
}
END_TEST

START_TEST(test_longer)
{
	FILE *f = make_index(1);
	struct stat st;
	char text[128];

	ck_assert_int_eq(fstat(fileno(f), &st), 0);
	ck_assert_int_eq(ftruncate(fileno(f), st.st_size + 3), 0);
	(void)snprintf(text, sizeof(text),
	    "the index has %ld bytes and should have %ld; run certgate "
	    "apply to make it anew",
	    (long)st.st_size + 3, (long)st.st_size);
	expect_open_fails(f, text);
}
END_TEST

/* A header of another format, in an index that is sound otherwise. */
START_TEST(test_other_format)
{
	FILE *f = make_index(1);
	unsigned char bytes[4096];
	const unsigned char header[] = { 'h', 0, 0, 0, INDEX_FORMAT };
	unsigned char *at;
	ssize_t len = pread(fileno(f), bytes, sizeof(bytes), 0);

	ck_assert_int_gt(len, 0);
	at = memmem(bytes, (size_t)len, header, sizeof(header));
	ck_assert_ptr_nonnull(at);
	at[4] = 9;
	ck_assert_int_eq(pwrite(fileno(f), bytes, (size_t)len, 0), len);
	expect_open_fails(f, "the index has format 9, this program reads 4; "
	                     "run certgate apply of the same version");
}
END_TEST

static uint64_t
seal_of(const uint8_t *value, size_t len)
{
	return index_seal(
	    index_hash(INDEX_HASH, span_of("h")), (struct span) { value, len });
}

/* The last word is filled up with zeros: only the length tells them apart. */
START_TEST(test_seal_length)
{
	static const uint8_t value[32] = { 1 };
	size_t i, k;

	for (i = 0; i <= sizeof(value); i++) {
		for (k = 0; k < i; k++)
			ck_assert_msg(seal_of(value, i) != seal_of(value, k),
			    "%zu bytes and %zu", i, k);
	}
}
END_TEST

/*
 * Any two bits, of the same word or not: the highest ones would undo each other
 * if a seal were FNV-1a's steps alone, as a product's high bits come from low
 * ones only.
 */
START_TEST(test_seal_bits)
{
	uint8_t value[24];
	const size_t n_bits = sizeof(value) * 8;
	uint64_t seal;
	size_t i, k;

	for (i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)(i * 37);
	seal = seal_of(value, sizeof(value));
	for (i = 0; i < n_bits; i++) {
		value[i / 8] ^= (uint8_t)(1 << i % 8);
		ck_assert_msg(
		    seal_of(value, sizeof(value)) != seal, "bit %zu", i);
		for (k = 0; k < i; k++) {
			value[k / 8] ^= (uint8_t)(1 << k % 8);
			ck_assert_msg(seal_of(value, sizeof(value)) != seal,
			    "bits %zu and %zu", i, k);
			value[k / 8] ^= (uint8_t)(1 << k % 8);
		}
		value[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}
END_TEST

/* What is found as the header, and is too short for its format. */
START_TEST(test_short_header)
{
	struct cdb_make make;
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(cdb_make_start(&make, fileno(f)), 0);
	ck_assert_int_eq(cdb_make_add(&make, "h", 1, "abc", 3), 0);
	ck_assert_int_eq(cdb_make_finish(&make), 0);
	expect_open_fails(
	    f, "the index is damaged; run certgate apply to make it anew");
}
END_TEST

/* A disk that is full at the end, or while records are added. */
START_TEST(test_full_disk)
{
	static char name[10001];
	struct index_counts counts = { .n_sets = 100 };
	struct err err = ERR_INIT;
	struct index_make *m;
	int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
	uint32_t i;

	ck_assert_int_ge(fd, 0);
	memset(name, 'x', sizeof(name) - 1);
	ck_assert_ptr_nonnull(m = index_make_begin(fd, &err));
	for (i = 0; i < (_i == 0 ? 1 : 100); i++)
		index_make_set_name(m, i, "group", _i == 0 ? "x" : name);
	ck_assert_int_eq(index_make_end(m, &counts, &err), -1);
	assert_err(&err, ERR_SYSTEM, "index: No space left on device");
	ck_assert_int_eq(close(fd), 0);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("index");

	tcase_add_test(t, test_round_trip);
	tcase_add_test(t, test_grant_fields);
	tcase_add_test(t, test_damaged_networks);
	tcase_add_test(t, test_many);
	tcase_add_test(t, test_empty);
	tcase_add_test(t, test_not_an_index);
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_longer);
	tcase_add_test(t, test_other_format);
	tcase_add_test(t, test_seal_length);
	tcase_add_test(t, test_seal_bits);
	tcase_add_test(t, test_short_header);
	tcase_add_loop_test(t, test_full_disk, 0, 2);
	return run_case("index", t);
}
