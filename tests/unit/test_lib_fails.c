/*
 * What lib/ says where there is no memory left, or libcrypto fails: each call
 * in turn, by each deed.  Nothing may be taken for good that was not looked
 * at, and nothing of what was built may be lost in silence.
 */
#include "config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/caanswer.h"
#include "lib/certsig.h"
#include "lib/index.h"
#include "lib/indexmake.h"
#include "lib/keyset.h"
#include "lib/pkey.h"
#include "lib/pubkey.h"
#include "lib/revoked.h"
#include "lib/revokedmake.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/sample.h"
#include "tests/unit/signer.h"

#define LINES KEY_A " a\n" KEY_B "\n"
#define ANSWER \
	"{\"userKey\":[\"AAAAC3NzaC1lZDI1NTE5AAAAIFUp65QF3J5Pe4C/V9y18r9Hi4jcC" \
	"dTA2K9xeY2/RZ0J\"]}"
#define N_RANGES 100
#define LONG_TEXT 40000

/* Room that is larger than what any record here needs by itself. */
static char long_text[LONG_TEXT + 1];
static unsigned char big_number[1024];
static FILE *file;

static void
setup(void)
{
	memset(long_text, 'x', LONG_TEXT);
	memset(big_number, 0x7f, sizeof(big_number));
	ck_assert_ptr_nonnull(file = tmpfile());
}

static void
teardown(void)
{
	ck_assert_int_eq(fclose(file), 0);
}

/* Deeds: 0, or -1 with err. */
static int
read_keys(struct err *err)
{
	struct keyset ks = KEYSET_INIT;
	int ret = keyset_read(&ks, LINES, strlen(LINES), NULL, err);

	(void)failing_stop();
	if (ret == 0)
		ck_assert_uint_eq(ks.n, 2);
	keyset_clear(&ks);
	return ret;
}

static int
parse_line(struct err *err)
{
	struct place at = { NULL, 0, 0 };
	struct pubkey k = { .type = NULL };
	int ret = pubkey_parse_line(&k, KEY_A " a", strlen(KEY_A " a"), at, err);

	(void)failing_stop();
	/* Left as it was, or whole. */
	if (ret == 1)
		ck_assert_str_eq(k.comment, "a");
	else
		ck_assert(k.type == NULL && k.blob == NULL && k.comment == NULL);
	pubkey_clear(&k);
	return ret == 1 ? 0 : -1;
}

static int
write_keys(struct err *err)
{
	struct keyset ks = KEYSET_INIT;
	struct wire w = WIRE_INIT;
	int ret = keyset_read(&ks, LINES, strlen(LINES), NULL, err);

	if (ret == 0) {
		keyset_write(&ks, &w);
		ret = w.has_failed ? err_setf(err, ERR_MEMORY, "out of memory")
				   : 0;
	}
	(void)failing_stop();
	if (ret == 0)
		ck_assert(span_is(wire_span(&w), LINES));
	wire_free(&w);
	keyset_clear(&ks);
	return ret;
}

static int
parse_answer(struct err *err)
{
	struct keyset ks = KEYSET_INIT;
	int ret = caanswer_parse(&ks, ANSWER, strlen(ANSWER), err);

	(void)failing_stop();
	if (ret == 0)
		ck_assert_uint_eq(ks.n, 1);
	keyset_clear(&ks);
	return ret;
}

static void
make_revoked(struct index_make *m)
{
	struct revoked_range ranges[2 * N_RANGES];
	struct revoked_item item = { .text = span_of("somebody") };
	uint64_t i;

	/* Every second one is a single serial. */
	for (i = 0; i < 2 * N_RANGES; i++)
		ranges[i] = (struct revoked_range) { .first = 10 * i,
			.last = 10 * i + i % 2 };
	revoked_make_serials(m, 0, ranges, 2 * N_RANGES);
	revoked_make_key_ids(m, 0, &item, 1);
	item.text = span_of("a key");
	revoked_make_keys(m, &item, 1);
}

static int
make_index(struct err *err)
{
	struct index_counts counts = { .n_authorities = 1, .n_users = 1,
		.n_sets = 1 };
	struct index_authority a = { .name = span_of("ca"),
		.n_serial_buckets = revoked_n_buckets(N_RANGES),
		.n_range_levels = revoked_n_levels(N_RANGES),
		.n_id_buckets = 1 };
	struct index_grant g = { .kind = GRANT_IDENTITY, .until = INT64_MAX,
		.options = span_of("restrict"), .text = span_of(long_text) };
	struct index_rule rule = { .line = 7 };
	struct wire grants = WIRE_INIT;
	struct index_make *m;

	if (ftruncate(fileno(file), 0) < 0 ||
	    lseek(fileno(file), 0, SEEK_SET) < 0)
		return err_system(err, "temporary file");
	if ((m = index_make_begin(fileno(file), err)) == NULL)
		return -1;
	index_make_file(m, 0, "policy.yaml");
	index_make_authority(m, &a);
	index_make_key(m, span_of("CA"), 0, 0);
	index_put_grant(&grants, &g);
	if (grants.has_failed)
		index_make_fail(m);
	index_make_rule(m, "jdoe", &rule, wire_span(&grants));
	index_make_set_name(m, 1, "group", long_text);
	index_make_member(m, 1, 'i', span_of("jdoe"), span_of(""));
	make_revoked(m);
	wire_free(&grants);
	return index_make_end(m, &counts, err);
}

/* Look up what does not fit into the room that an index has. */
static int
read_index(struct err *err)
{
	struct err ignored = ERR_INIT;
	struct index_grant g;
	struct index_rule rule;
	struct index x;
	struct span name;
	int ret = -1;

	if (index_open(&x, fileno(file), err) < 0)
		return -1;
	if (index_rule(&x, span_of("jdoe"), &rule, err) == 1 &&
	    index_set_name(&x, 1, &name, err) == 1)
		ret = 0;
	(void)failing_stop();
	if (ret == 0) {
		ck_assert_int_eq(index_grant_next(&rule.grants, &g), 1);
		ck_assert(span_is(g.text, long_text));
		ck_assert_uint_eq(name.len, strlen("group:") + LONG_TEXT);
	} else {
		/* One that was not there would say so without an error. */
		ck_assert_int_eq(
		    index_rule(&x, span_of("nobody"), &rule, &ignored), 0);
	}
	index_close(&x);
	return ret;
}

static int
walk_index(struct err *err)
{
	struct span key, value;
	uint32_t cursor = 0;
	struct index x;
	int ret;

	if (index_open(&x, fileno(file), err) < 0)
		return -1;
	while ((ret = index_walk(&x, &cursor, &key, &value, err)) == 1)
		;
	index_close(&x);
	return ret;
}

static struct cert cert;

/* A key that does not fit into the room either. */
static int
find_revoked(struct err *err)
{
	struct index_authority none = { .number = 0 };
	struct index_counts counts = { .n_key_buckets = 1 };
	struct wire parts = WIRE_INIT, ca = WIRE_INIT;
	struct revoked_item item = { .line = 3 };
	static struct cert revoked_cert;
	struct index_make *m;
	struct revoked by;
	struct index x;
	int ret = -1;

	wire_put_string(&parts, span_of("\1"));
	wire_put_string(&parts, (struct span) { big_number, 1024 });
	wire_put_text(&ca, "ssh-rsa");
	wire_put_bytes(&ca, parts.p, parts.len);
	item.text = wire_span(&ca);
	revoked_cert.ca_key = wire_span(&ca);
	revoked_cert.key_type = CERT_KEY_RSA;
	revoked_cert.key_parts = wire_span(&parts);
	if (parts.has_failed || ca.has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	} else if (ftruncate(fileno(file), 0) < 0 ||
	    lseek(fileno(file), 0, SEEK_SET) < 0) {
		(void)err_system(err, "temporary file");
	} else if ((m = index_make_begin(fileno(file), err)) != NULL) {
		revoked_make_keys(m, &item, 1);
		if (index_make_end(m, &counts, err) == 0 &&
		    index_open(&x, fileno(file), err) == 0) {
			ret = revoked_find(&x, &none, &revoked_cert, &by, err);
			index_close(&x);
		}
	}
	(void)failing_stop();
	/* Never that it is not revoked. */
	ck_assert_int_ne(ret, 0);
	wire_free(&parts);
	wire_free(&ca);
	return ret == 1 ? 0 : -1;
}

/* The sample, parsed; its blob, which the caller frees. */
static unsigned char *
get_sample(int number)
{
	struct err err = ERR_INIT;
	unsigned char *blob;
	size_t len;

	blob = sample_blob(&samples[number], &len);
	ck_assert_int_eq(cert_parse(&cert, blob, len, &err), 0);
	return blob;
}

static int
take_fingerprints(struct err *err)
{
	char out[FINGERPRINT_SIZE];

	if (certsig_cert_fingerprint(out, &cert, err) < 0)
		return -1;
	return certsig_fingerprint(out, cert.ca_key, err);
}

static int
take_plain_key(struct err *err)
{
	struct wire w = WIRE_INIT;
	int ret = certsig_plain_key(&cert, &w, err);

	wire_free(&w);
	return ret;
}

static int
verify_cert(struct err *err)
{
	return certsig_verify(&cert, err);
}

static struct signer security_key;
static struct wire signature;

static int
verify_data(struct err *err)
{
	struct sk_details details = { .counter = 99 };
	int ret = certsig_verify_data(wire_span(&security_key.blob),
	    wire_span(&signature), span_of("data"), &details, err);

	(void)failing_stop();
	ck_assert_uint_eq(details.counter, ret == 0 ? 5 : 99);
	return ret;
}

#define MEMORY "out of memory"
#define LIBCRYPTO "libcrypto failed"
#define DAMAGED "the index is damaged; run certgate apply to make it anew"

/* What a deed may say; the messages of one that fails end in one of these. */
static const struct row {
	const char *name;
	int (*deed)(struct err *);
	uint64_t calls;
	int number;
	unsigned int n_least; /* calls that are made in all, at least */
	const char *want[3];
} rows[] = {
	{ "keys are read", read_keys, FAILING_MEMORY, ENOMEM, 8, { MEMORY } },
	{ "a key is parsed", parse_line, FAILING_MEMORY, ENOMEM, 3,
	    { MEMORY } },
	{ "keys are written", write_keys, FAILING_MEMORY, ENOMEM, 10,
	    { MEMORY } },
	{ "an answer is parsed", parse_answer, FAILING_MEMORY, ENOMEM, 6,
	    { MEMORY } },
	{ "an index is made", make_index, FAILING_MEMORY, ENOMEM, 10,
	    { MEMORY, "index: Cannot allocate memory" } },
	{ "an index's header", make_index, FAILING(pwrite), ENOSPC, 1,
	    { "index: No space left on device" } },
	{ "an index's header, again", make_index, FAILING(pwrite), EINTR, 1,
	    { NULL } },
	{ "an index's header, short", make_index, FAILING(pwrite),
	    FAILING_SHORT, 1, { NULL } },
	{ "an index is read", read_index, FAILING_MEMORY, ENOMEM, 2,
	    { DAMAGED } },
	{ "an index is read from disk", read_index, FAILING(pread), EIO, 3,
	    { "the index is not one, or was cut short; run certgate apply",
	        DAMAGED } },
	{ "an index is read, again", read_index, FAILING(pread), EINTR, 3,
	    { NULL } },
	{ "an index is read, short", read_index, FAILING(pread), FAILING_SHORT,
	    3, { NULL } },
	{ "an index's size", read_index, FAILING(fstat), EACCES, 1,
	    { "index: Permission denied" } },
	{ "a key is looked for", find_revoked, FAILING_MEMORY, ENOMEM, 5,
	    { MEMORY, "index: Cannot allocate memory", DAMAGED } },
	{ "an index is walked", walk_index, FAILING(mmap), ENOMEM, 1,
	    { DAMAGED } },
};

/* NULL: the deed works in spite of it. */
static bool
is_wanted(const char *const want[3], const char *said)
{
	size_t i, len, tail;

	if (want[0] == NULL)
		return said[0] == '\0';
	len = strlen(said);
	for (i = 0; i < 3 && want[i] != NULL; i++) {
		tail = strlen(want[i]);
		if (len >= tail && strcmp(said + len - tail, want[i]) == 0)
			return true;
	}
	return false;
}

/* Let each call fail in turn; how many there are. */
static unsigned int
try_each(const char *name, int (*deed)(struct err *), uint64_t calls,
    int number, const char *const want[3])
{
	struct err err = ERR_INIT;
	unsigned int nth;
	int ret;

	for (nth = 1;; nth++) {
		err_clear(&err);
		failing_start(calls, nth, number);
		ret = deed(&err);
		if (!failing_stop())
			break;
		ck_assert_msg(is_wanted(want, err.text), "%s: call %u: \"%s\"",
		    name, nth, err.text);
		ck_assert_msg(ret == (want[0] == NULL ? 0 : -1),
		    "%s: call %u: %d", name, nth, ret);
	}
	ck_assert_msg(ret == 0, "%s: %s", name, err.text);
	return nth - 1;
}

START_TEST(test_each)
{
	const struct row *r = &rows[_i];
	struct err err = ERR_INIT;
	unsigned int n;

	ck_assert_int_eq(make_index(&err), 0);
	n = try_each(r->name, r->deed, r->calls, r->number, r->want);
	ck_assert_msg(n >= r->n_least, "%s: only %u calls", r->name, n);
}
END_TEST

/* A certificate of every kind of key: never does one hold by a failure. */
START_TEST(test_cert)
{
	static const char *const memory[3] = { MEMORY,
		/* Of a key that could not be built. */
		" is not sound: its point is not one of the curve",
		" is not sound" };
	static const char *const crypto[3] = { LIBCRYPTO,
		" is not sound: its point is not one of the curve",
		" is not sound" };
	const char *name = samples[_i].name;
	unsigned char *blob = get_sample(_i);
	unsigned int n;

	if (_i != SAMPLE_SHA1) {
		n = try_each(name, verify_cert, FAILING(crypto), 0, crypto);
		ck_assert_uint_ge(n, 10);
		(void)try_each(
		    name, verify_cert, FAILING_MEMORY, ENOMEM, memory);
	}
	n = try_each(name, take_fingerprints, FAILING(crypto), 0, crypto);
	ck_assert_uint_eq(n, 2);
	n = try_each(name, take_fingerprints, FAILING_MEMORY, ENOMEM, memory);
	ck_assert_uint_ge(n, 2);
	n = try_each(name, take_plain_key, FAILING_MEMORY, ENOMEM, memory);
	ck_assert_uint_ge(n, 1);
	free(blob);
}
END_TEST

/* What a security key signs is put together from digests. */
START_TEST(test_security_key)
{
	static const char *const want[3] = { LIBCRYPTO, MEMORY,
		"the key is not sound" };
	unsigned int n;

	signer_init(&security_key,
	    _i == 0 ? CERT_KEY_SK_ED25519 : CERT_KEY_SK_ECDSA_P256);
	signature = (struct wire)WIRE_INIT;
	signer_sign(
	    &security_key, NULL, span_of("data"), 1, 5, &signature);
	n = try_each("security key", verify_data, FAILING(crypto), 0,
	    _i == 0 ? want
	            : (const char *const[3]) { LIBCRYPTO, MEMORY,
			    "its point is not one of the curve" });
	ck_assert_uint_ge(n, 8);
	n = try_each("security key", verify_data, FAILING_MEMORY, ENOMEM, want);
	ck_assert_uint_ge(n, 2);
	wire_free(&signature);
	signer_clear(&security_key);
}
END_TEST

/* An index that was given up leaves no memory behind, and is none. */
START_TEST(test_abandon)
{
	struct err err = ERR_INIT;
	struct index_make *m = index_make_begin(fileno(file), &err);
	struct index x;

	ck_assert_ptr_nonnull(m);
	index_make_file(m, 0, "policy.yaml");
	index_make_abandon(m);
	ck_assert_int_eq(index_open(&x, fileno(file), &err), -1);
	assert_err(&err, ERR_MALFORMED,
	    "the index has 2182 bytes and should have 2048; run certgate "
	    "apply to make it anew");
	index_make_abandon(NULL);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("lib_fails");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_each, 0, N_ROWS(rows));
	tcase_add_loop_test(tc, test_cert, 0, SAMPLE_COUNT);
	tcase_add_loop_test(tc, test_security_key, 0, 2);
	tcase_add_test(tc, test_abandon);
	return run_case("lib_fails", tc);
}
