/*
 * Whatever single thing happens to an index, nobody gets in by it: a login is
 * decided as by the whole one, to the letter, or denied because the index is
 * damaged.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cdb.h>

#include "config-gen/compile.h"
#include "lib/decide.h"
#include "tests/unit/certbuild.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

/* 2990-11-22T11:00:00Z: what the policies call past is none yet. */
#define NOW 32216266800ULL
#define MAX_QUESTIONS 20
#define ANSWER_SIZE 512
/* The bytes are taken in turns, so that no test takes long. */
#define N_PARTS 4

/* cdb: where the records begin, a record's two lengths, a slot. */
#define RECORDS 2048
#define LENGTHS 8
#define SLOT 8

/* What certbuild_ca_key makes of 1 and 2, and of 'x' as a person's. */
#define CA_1 \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
#define CA_2 \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
#define PERSON_X \
	"ssh-ed25519 " \
	"AAAAC3NzaC1lZDI1NTE5AAAAIHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"

#define AUTHORITIES(one, two) \
	"version: 1\n" \
	"authorities:\n" \
	"  one: {keys: [\"" CA_1 "\"], principals: email-prefix, " one "}\n" \
	"  two: {keys: [\"" CA_2 "\"]" two "}\n"

/* One login.  What is 0 or NULL is as in an ordinary certificate. */
struct question {
	const char *user;
	uint8_t ca;
	const char *principal;
	const char *key_id;
	const char *addr; /* NULL: not known */
	enum reason reason; /* by the whole index */
	uint64_t serial;
	uint8_t key;
	bool is_root;
};

struct world {
	const char *name;
	const char *policy;
	struct question questions[MAX_QUESTIONS]; /* to the first without user */
};

#define IN "192.0.2.1"
#define OUT "198.51.100.1"

static const struct world worlds[] = {
	{ "people",
	    AUTHORITIES("domains: [example.com]", "")
	    "groups:\n"
	    "  team: [alice@example.com, bob@example.com]\n"
	    "deny: [mallory@example.com, evil, trudy@example.com]\n"
	    "users:\n"
	    "  deploy:\n"
	    "    allow:\n"
	    "      - {group: team, from: 192.0.2.0/24, options: restrict}\n"
	    "      - any: true\n"
	    "  jdoe:\n"
	    "    authorities: [one]\n"
	    "    allow:\n"
	    "      - {identity: jdoe@example.com, until: 2990-11-01}\n"
	    "      - {identity: bob@example.com, until: 2990-12-01}\n"
	    "  backup:\n"
	    "    allow:\n"
	    "      - {principal: backup, options: 'command=\"/bin/d x\"'}\n"
	    "  \"*\":\n"
	    "    dangerous: true\n"
	    "    allow: [any: true]\n",
	    { { "deploy", 1, "alice", "k", IN, REASON_ALLOWED, 0, 0, false },
	        { "deploy", 1, "alice", "k", OUT, REASON_SOURCE_ADDRESS, 0, 0,
	            false },
	        { "deploy", 2, "bob@example.com", "k", NULL, REASON_ALLOWED, 0,
	            0, false },
	        { "deploy", 1, "carol", "k", OUT, REASON_ALLOWED, 0, 0,
	            false },
	        { "deploy", 1, "mallory", "k", NULL, REASON_DENIED_IDENTITY, 0,
	            0, false },
	        { "deploy", 2, "mallory@example.com", "k", NULL,
	            REASON_DENIED_IDENTITY, 0, 0, false },
	        { "other", 2, "evil", "k", NULL, REASON_DENIED_IDENTITY, 0, 0,
	            false },
	        { "other", 2, "x", "trudy@example.com", NULL,
	            REASON_DENIED_IDENTITY, 0, 0, false },
	        { "jdoe", 1, "jdoe", "k", NULL, REASON_NO_MATCHING_PRINCIPAL,
	            0, 0, false },
	        { "jdoe", 1, "bob", "k", NULL, REASON_ALLOWED, 0, 0, false },
	        { "jdoe", 1, "x", "k", NULL, REASON_NO_MATCHING_PRINCIPAL, 0,
	            0, false },
	        { "jdoe", 2, "bob@example.com", "k", NULL,
	            REASON_AUTHORITY_NOT_ALLOWED_HERE, 0, 0, false },
	        { "other", 1, "x", "k", NULL, REASON_ALLOWED, 0, 0, false },
	        { "other", 3, "x", "k", NULL, REASON_UNKNOWN_AUTHORITY, 0, 0,
	            false },
	        { "root", 1, "x", "k", NULL, REASON_NO_RULE, 0, 0, true },
	        { "backup", 2, "backup", "k", NULL, REASON_ALLOWED, 0, 0,
	            false },
	        { "backup", 2, "x", "k", NULL, REASON_NO_MATCHING_PRINCIPAL, 0,
	            0, false } } },
	{ "a large rule",
	    AUTHORITIES("domains: [example.com], require: {key_id: identity}",
	        ", principals: email-prefix, domains: [example.com]")
	    "users:\n"
	    "  big:\n"
	    "    allow:\n"
	    "      - {identity: m00@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m01@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m02@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m03@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m04@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m05@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m06@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m07@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m08@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m09@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m10@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m11@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m12@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m13@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m14@example.com, from: 192.0.2.0/24}\n"
	    "      - {identity: m15@example.com, from: 192.0.2.0/24}\n"
	    "      - {principal: lit, from: 192.0.2.0/24}\n"
	    "      - any: true\n",
	    { { "big", 2, "m03", "k", IN, REASON_ALLOWED, 0, 0, false },
	        { "big", 2, "m03", "k", OUT, REASON_SOURCE_ADDRESS, 0, 0,
	            false },
	        { "big", 2, "lit", "k", OUT, REASON_SOURCE_ADDRESS, 0, 0,
	            false },
	        { "big", 2, "x", "k", OUT, REASON_ALLOWED, 0, 0, false },
	        { "big", 1, "m15", "m15@example.com", OUT,
	            REASON_SOURCE_ADDRESS, 0, 0, false },
	        { "big", 1, "m15", "m14@example.com", IN,
	            REASON_KEY_ID_MISMATCH, 0, 0, false },
	        { "other", 2, "m03", "k", IN, REASON_NO_RULE, 0, 0, false } } },
	{ "what is revoked, required and trusted",
	    AUTHORITIES(
	        "trust: 1990-01-01..2990-12-31, "
	        "require: {max_validity: 1h, key_id: \"*@example.com\"}",
	        ", trust: 1990-01-01..2990-11-21")
	    "revoked:\n"
	    "  - {authority: one, serial: 7}\n"
	    "  - {authority: one, serials: 100-199}\n"
	    "  - {authority: one, key_id: jdoe@example.com}\n"
	    "  - {key: \"" PERSON_X "\"}\n"
	    "users:\n"
	    "  kiosk: any\n",
	    { { "kiosk", 1, "x", "a@example.com", NULL, REASON_ALLOWED, 8, 0,
	            false },
	        { "kiosk", 1, "x", "a@example.com", NULL, REASON_REVOKED, 7, 0,
	            false },
	        { "kiosk", 1, "x", "a@example.com", NULL, REASON_REVOKED, 150,
	            0, false },
	        { "kiosk", 1, "x", "jdoe@example.com", NULL, REASON_REVOKED, 8,
	            0, false },
	        { "kiosk", 1, "x", "a@example.com", NULL, REASON_REVOKED, 8,
	            'x', false },
	        { "kiosk", 1, "x", "a@example.org", NULL,
	            REASON_KEY_ID_MISMATCH, 8, 0, false },
	        { "kiosk", 2, "x", "k", NULL, REASON_AUTHORITY_OUT_OF_TRUST, 8,
	            0, false } } },
};

/* The world under test, and what its whole index says. */
static const struct world *world;
static size_t n_questions;
static struct wire certs[MAX_QUESTIONS];
static char answers[MAX_QUESTIONS][ANSWER_SIZE];
static unsigned char *whole;
static size_t n_bytes;
/* The index that is asked. */
static int fd;
static size_t n_refused, n_unreadable, n_same;

static void
write_whole(void)
{
	ck_assert_int_eq(ftruncate(fd, (off_t)n_bytes), 0);
	ck_assert_int_eq(pwrite(fd, whole, n_bytes, 0), (ssize_t)n_bytes);
}

static void
damage(size_t at, const void *bytes, size_t len)
{
	ck_assert_uint_le(at + len, n_bytes);
	ck_assert_int_eq(pwrite(fd, bytes, len, (off_t)at), (ssize_t)len);
}

static void
repair(size_t at, size_t len)
{
	damage(at, whole + at, len);
}

static void
ask(struct index *x, size_t i, struct decision *d)
{
	const struct question *q = &world->questions[i];
	struct decide_request r = { .index = x, .now_at = NOW };
	struct ipaddr addr;

	r.user = span_of(q->user);
	r.uid = q->is_root ? 0 : 1000;
	r.cert = wire_span(&certs[i]);
	if (q->addr != NULL) {
		ck_assert_int_eq(ipaddr_parse(&addr, span_of(q->addr)), 0);
		r.addr = &addr;
	}
	(void)decide(&r, d);
}

/* All that sshd and the log are told; a name that cannot be read is none. */
static void
write_answer(const struct decision *d, char out[ANSWER_SIZE])
{
	struct wire lines = WIRE_INIT;
	size_t i;

	for (i = 0; i < d->n_lines; i++)
		decide_render_line(d, i, true, &lines);
	wire_put_u8(&lines, 0);
	ck_assert_int_lt(
	    snprintf(out, ANSWER_SIZE, "%s %u:%u %s%s", reason_code(d->reason),
	        d->file, d->line, d->is_retiring ? "retiring " : "",
	        (const char *)lines.p),
	    ANSWER_SIZE);
	wire_free(&lines);
}

/* Judge what the damaged index says. */
static void
judge(const char *what, size_t at, size_t value)
{
	static struct decision d;
	char answer[ANSWER_SIZE];
	struct err err = ERR_INIT;
	struct index x;
	struct span name;
	size_t i;

	if (index_open(&x, fd, &err) < 0) {
		ck_assert_str_ne(err.text, "");
		n_refused++;
		return;
	}
	for (i = 0; i < n_questions; i++) {
		ask(&x, i, &d);
		if (d.reason == REASON_INDEX_UNREADABLE) {
			ck_assert_uint_eq(d.n_lines, 0);
			ck_assert_str_eq(d.detail.text, "the index is damaged;"
			    " run certgate apply to make it anew");
			n_unreadable++;
			continue;
		}
		write_answer(&d, answer);
		ck_assert_msg(strcmp(answer, answers[i]) == 0,
		    "%s, %s %zu, %zu: question %zu: \"%s\", not \"%s\"",
		    world->name, what, at, value, i, answer, answers[i]);
		n_same++;
	}
	ck_assert_int_ne(index_file(&x, 0, &name, NULL), 0);
	index_close(&x);
}

static void
ask_whole(void)
{
	struct decision *d = malloc(sizeof(*d));
	const struct question *q;
	struct err err = ERR_INIT;
	struct certbuild b;
	struct span principal;
	struct index x;

	ck_assert_ptr_nonnull(d);
	ck_assert_int_eq(index_open(&x, fd, &err), 0);
	for (q = world->questions; q->user != NULL; q++, n_questions++) {
		principal = span_of(q->principal);
		b = (struct certbuild) { .ca = q->ca, .key = q->key,
			.serial = q->serial, .type = 1, .key_id = q->key_id,
			.principals = &principal, .n_principals = 1,
			.valid_after = NOW - 60, .valid_before = NOW + 60 };
		certbuild_write(&certs[n_questions], &b);
		ask(&x, n_questions, d);
		ck_assert_msg(d->reason == q->reason, "%s, question %zu: %s",
		    world->name, n_questions, reason_code(d->reason));
		write_answer(d, answers[n_questions]);
	}
	index_close(&x);
	free(d);
}

static void
open_world(size_t n)
{
	struct err err = ERR_INIT;
	struct policy *p;

	world = &worlds[n];
	n_questions = n_refused = n_unreadable = n_same = 0;
	policyfix_setup();
	p = policyfix_load_text(world->policy, "");
	ck_assert_ptr_nonnull(p);
	fd = memfd_create("index", MFD_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(compile_index(p, 1000, fd, &err), 0);
	policy_free(p);
	policyfix_teardown();
	n_bytes = (size_t)lseek(fd, 0, SEEK_END);
	ck_assert_ptr_nonnull(whole = malloc(n_bytes));
	ck_assert_int_eq(pread(fd, whole, n_bytes, 0), (ssize_t)n_bytes);
	ask_whole();
}

/* A test in which nothing was judged would show nothing. */
static void
close_world(void)
{
	size_t i;

	ck_assert_uint_gt(n_refused + n_unreadable, 0);
	for (i = 0; i < n_questions; i++)
		wire_free(&certs[i]);
	memset(certs, 0, sizeof(certs));
	free(whole);
	(void)close(fd);
}

static uint32_t
number_at(size_t at)
{
	return (uint32_t)whole[at] | (uint32_t)whole[at + 1] << 8 |
	    (uint32_t)whole[at + 2] << 16 | (uint32_t)whole[at + 3] << 24;
}

/* Where the hash tables, of slots, begin; they end the file. */
static size_t
slots_at(void)
{
	return number_at(0);
}

/* The bytes of the record at position at. */
static size_t
record_len(size_t at)
{
	return LENGTHS + number_at(at) + number_at(at + 4);
}

START_TEST(test_bytes)
{
	unsigned int bit;
	unsigned char bad;
	size_t i;

	open_world((size_t)_i / N_PARTS);
	for (i = (size_t)_i % N_PARTS; i < n_bytes; i += N_PARTS) {
		for (bit = 1; bit < 256; bit <<= 1) {
			bad = (unsigned char)(whole[i] ^ bit);
			damage(i, &bad, 1);
			judge("bit of byte", i, bit);
		}
		bad = 0;
		damage(i, &bad, 1);
		judge("byte", i, bad);
		bad = 0xff;
		damage(i, &bad, 1);
		judge("byte", i, bad);
		repair(i, 1);
	}
	ck_assert_uint_gt(n_unreadable, 0);
	ck_assert_uint_gt(n_same, 0);
	close_world();
}
END_TEST

/* Slots that are lost, lead to any record, or stand in another's place. */
START_TEST(test_slots)
{
	static const unsigned char nothing[SLOT];
	size_t slot, other, at;

	open_world((size_t)_i);
	for (slot = slots_at(); slot < n_bytes; slot += SLOT) {
		damage(slot, nothing, SLOT);
		judge("lost slot", slot, 0);
		for (at = RECORDS; at < slots_at(); at += record_len(at)) {
			const unsigned char to[] = { (unsigned char)at,
				(unsigned char)(at >> 8),
				(unsigned char)(at >> 16),
				(unsigned char)(at >> 24) };

			repair(slot, SLOT);
			damage(slot + 4, to, sizeof(to));
			judge("redirected slot", slot, at);
		}
		for (other = slot; other < n_bytes; other += SLOT) {
			damage(slot, whole + other, SLOT);
			damage(other, whole + slot, SLOT);
			judge("swapped slot", slot, other);
			repair(other, SLOT);
		}
		repair(slot, SLOT);
	}
	ck_assert_uint_gt(n_unreadable, 0);
	close_world();
}
END_TEST

/* Pieces as a disk or a crash leaves them: of zeros, alone or to the end. */
START_TEST(test_pieces)
{
	static const size_t sizes[] = { 16, 64, 512 };
	unsigned char *zeros = calloc(1, 65536);
	size_t i, at, len;

	ck_assert_ptr_nonnull(zeros);
	open_world((size_t)_i);
	ck_assert_uint_le(n_bytes, 65536);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (at = 0; at < n_bytes; at += sizes[i]) {
			len = n_bytes - at < sizes[i] ? n_bytes - at
						      : sizes[i];
			damage(at, zeros, len);
			judge("zeros", at, len);
			repair(at, len);
		}
	}
	for (at = RECORDS; at < slots_at(); at += record_len(at)) {
		damage(at, zeros, record_len(at));
		judge("zeros for the record", at, record_len(at));
		repair(at, record_len(at));
	}
	for (at = 0; at < n_bytes; at++) {
		damage(at, zeros, n_bytes - at);
		judge("zeros to the end", at, 0);
		repair(at, n_bytes - at);
	}
	for (at = n_bytes; at-- > 0;) {
		ck_assert_int_eq(ftruncate(fd, (off_t)at), 0);
		judge("cut", at, 0);
	}
	write_whole();
	free(zeros);
	close_world();
}
END_TEST

/* The header's value says the file's size, which is then another. */
static void
put_header(struct wire *value, size_t size)
{
	struct span v = { whole + RECORDS + LENGTHS + 1, number_at(RECORDS + 4) };
	const size_t size_at = 4, seal_len = 8;

	wire_put_bytes(value, v.p, size_at);
	wire_put_u64(value, size);
	wire_put_bytes(value, v.p + value->len, v.len - value->len - seal_len);
	wire_put_u64(value,
	    index_seal(
	        index_hash(INDEX_HASH, span_of("h")), wire_span(value)));
	ck_assert(!value->has_failed);
	ck_assert_uint_eq(value->len, v.len);
}

/* Write the index without the record at position lost. */
static void
write_without(size_t lost)
{
	struct wire header = WIRE_INIT;
	struct cdb_make m;
	const unsigned char *value;
	size_t at;

	put_header(&header, n_bytes - record_len(lost) - (size_t)2 * SLOT);
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(cdb_make_start(&m, fd), 0);
	for (at = RECORDS; at < slots_at(); at += record_len(at)) {
		value = whole + at + LENGTHS + number_at(at);
		if (at != lost)
			ck_assert_int_eq(
			    cdb_make_add(&m, whole + at + LENGTHS,
			        number_at(at), at == RECORDS ? header.p : value,
			        number_at(at + 4)),
			    0);
	}
	ck_assert_int_eq(cdb_make_finish(&m), 0);
	wire_free(&header);
}

/* An index in which all adds up, but for one record that is not there. */
START_TEST(test_records)
{
	size_t at;

	open_world((size_t)_i);
	for (at = RECORDS + record_len(RECORDS); at < slots_at();
	     at += record_len(at)) {
		size_t was_refused = n_refused;

		write_without(at);
		judge("lost record", at, whole[at + LENGTHS]);
		ck_assert_uint_eq(n_refused, was_refused);
	}
	ck_assert_uint_gt(n_unreadable, 0);
	close_world();
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("damage");

	tcase_add_loop_test(t, test_bytes, 0, N_ROWS(worlds) * N_PARTS);
	tcase_add_loop_test(t, test_slots, 0, N_ROWS(worlds));
	tcase_add_loop_test(t, test_pieces, 0, N_ROWS(worlds));
	tcase_add_loop_test(t, test_records, 0, N_ROWS(worlds));
	return run_case("damage", t);
}
