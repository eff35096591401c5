/*
 * fuzz_index: a policy index that somebody else wrote.
 *
 * Each file is asked as it is, and once more with its size and all seals put
 * right, since else a reader gets to see little of what it holds.
 *
 * Properties, whatever the file holds: nothing is read outside of it (the
 * sanitizers see to that), the same question has the same answer, every line
 * for sshd names a principal of the certificate that a line can carry, none
 * twice, and a certificate whose time is over, or that is revoked or may be,
 * never gets one.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/decide.h"
#include "lib/index.h"
#include "lib/principal.h"
#include "lib/revoked.h"
#include "tests/unit/certbuild.h"

#define NOW 1000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_lines(const struct decision *d)
{
	size_t i, k;

	check(d->reason == REASON_ALLOWED || d->n_lines == 0);
	check(d->reason != REASON_ALLOWED || d->n_lines > 0);
	for (i = 0; i < d->n_lines; i++) {
		struct span p = d->lines[i].principal;
		bool is_there = false;

		check(principal_refusal(p) == NULL);
		for (k = 0; k < d->cert.n_principals; k++)
			is_there |= span_equal(p, d->cert.principals[k]);
		check(is_there);
		for (k = 0; k < i; k++)
			check(!span_equal(p, d->lines[k].principal));
	}
}

/* What is allowed is not revoked, by no single question; and vice versa. */
static void
check_revoked(struct index *x, const struct decision *d)
{
	struct revoked by;

	if (!d->has_authority)
		return;
	if (d->reason == REASON_ALLOWED) {
		check(revoked_serial(x, &d->authority, d->cert.serial, &by,
			  NULL) == 0);
		check(revoked_key_id(x, &d->authority, d->cert.key_id, &by,
			  NULL) == 0);
	}
	check((d->reason == REASON_REVOKED) ==
	    (revoked_find(x, &d->authority, &d->cert, &by, NULL) == 1));
	check(d->reason != REASON_REVOKED ||
	    (d->line == by.line && d->file == by.file));
}

static void
ask(struct index *x, uint8_t ca, uint64_t serial, uint64_t valid_before,
    bool may_pass)
{
	static struct decision first, second;
	struct span principals[] = { span_of("jdoe"), span_of("a#b"),
		span_of("jdoe@example.com"), span_of("jdoe") };
	struct certbuild b = { .ca = ca, .serial = serial, .type = 1,
		.key_id = "jdoe@example.com", .principals = principals,
		.n_principals = 4, .valid_before = valid_before };
	struct decide_request r = { .index = x, .uid = 1000, .now_at = NOW };
	struct wire blob = WIRE_INIT, lines = WIRE_INIT;
	size_t i;

	certbuild_write(&blob, &b);
	r.user = span_of("jdoe");
	r.cert = wire_span(&blob);
	(void)decide(&r, &first);
	(void)decide(&r, &second);
	check(first.reason == second.reason);
	check(first.n_lines == second.n_lines);
	check(may_pass || first.reason != REASON_ALLOWED);
	check_lines(&first);
	check_revoked(x, &first);
	for (i = 0; i < first.n_lines; i++)
		decide_render_line(&first, i, true, &lines);
	wire_free(&lines);
	wire_free(&blob);
}

static void
walk(struct index *x)
{
	struct span key, value;
	unsigned int cursor = 0;

	while (index_walk(x, &cursor, &key, &value, NULL) == 1) {
		check(key.len == 0 || key.p != NULL);
		check(value.len == 0 || value.p != NULL);
	}
}

static void
put_u64(uint8_t *p, uint64_t v)
{
	int i;

	for (i = 7; i >= 0; i--, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint32_t
cdb_number(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

/* Put the header's size, and every seal, right; up to what is no record. */
static void
seal_all(uint8_t *data, size_t size)
{
	/* cdb: the records begin here; a record's two lengths. */
	const size_t records = 2048, lengths = 8;
	size_t at, end, value_len, seal_len = sizeof(uint64_t);
	struct span key, value;

	if (size < records)
		return;
	end = cdb_number(data) < size ? cdb_number(data) : size;
	for (at = records; at < end && end - at >= lengths;
	     at += lengths + key.len + value_len) {
		key = (struct span) { data + at + lengths,
			cdb_number(data + at) };
		value_len = cdb_number(data + at + 4);
		if (key.len > end - at - lengths ||
		    value_len > end - at - lengths - key.len)
			return;
		if (value_len < seal_len)
			continue;
		value = (struct span) { key.p + key.len,
			value_len - seal_len };
		if (at == records && value.len >= 12)
			put_u64(data + (value.p - data) + 4, size);
		put_u64(data + (value.p - data) + value.len,
		    index_seal(index_hash(INDEX_HASH, key), value));
	}
}

static void
ask_file(const uint8_t *data, size_t size)
{
	struct index x;
	int fd = memfd_create("index", MFD_CLOEXEC);

	check(fd >= 0);
	if (size > 0)
		check(write(fd, data, size) == (ssize_t)size);
	if (index_open(&x, fd, NULL) == 0) {
		ask(&x, 1, 0, UINT64_MAX, true);
		ask(&x, 1, 150, UINT64_MAX, true);
		ask(&x, 1, UINT64_MAX, UINT64_MAX, true);
		ask(&x, 1, 0, NOW, false);
		ask(&x, 2, 0, UINT64_MAX, true);
		walk(&x);
		index_close(&x);
	}
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *sealed = malloc(size == 0 ? 1 : size);

	check(sealed != NULL);
	if (size > 0)
		memcpy(sealed, data, size);
	ask_file(data, size);
	seal_all(sealed, size);
	ask_file(sealed, size);
	free(sealed);
	return 0;
}
