/*
 * Records of a large rule, of a group and of the denied that do not add up,
 * and reads that fail: nobody gets in by one, and it is not taken for "nobody
 * of that name".
 */
#include "config.h"

#include "lib/search.h"

#include <errno.h>
#include <stdio.h>

#include "lib/indexmake.h"
#include "tests/unit/certbuild.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"

#define NOW 1000000
#define DENY INDEX_SET_DENY
#define GROUP 1
#define BIG 2
/* More than what is read with the file's beginning. */
#define FILLER 20000

static FILE *file;
static struct decision d;

/* A grant as a record of a set holds it; cut: bytes that it lost. */
static void
put_member(struct index_make *m, uint32_t set, char kind, const char *name,
    enum grant_kind grant, const char *text, size_t cut)
{
	struct index_grant g = { .kind = grant, .until = INT64_MAX,
		.line = 9, .text = span_of(text) };
	struct wire value = WIRE_INIT;

	index_put_grant(&value, &g);
	value.len -= cut;
	index_make_member(m, set, kind, span_of(name), wire_span(&value));
	wire_free(&value);
}

static void
put_prefix(struct index_make *m, uint32_t set, const char *prefix,
    const char *identity)
{
	struct wire list = WIRE_INIT;

	wire_put_text(&list, identity);
	index_make_member(m, set, 'p', span_of(prefix), wire_span(&list));
	wire_free(&list);
}

/* "big" has a set of its own, "team" an entry that names a group. */
static void
put_rules(struct index_make *m)
{
	struct index_grant group = { .kind = GRANT_GROUP, .line = 8,
		.until = INT64_MAX, .set = GROUP };
	struct index_rule big = { .line = 7, .set = BIG };
	struct index_rule team = { .line = 8 }, cut = { .line = 9 };
	struct wire grants = WIRE_INIT;

	index_make_rule(m, "big", &big, (struct span) { NULL, 0 });
	index_put_grant(&grants, &group);
	index_make_rule(m, "team", &team, wire_span(&grants));
	grants.len--;
	index_make_rule(m, "cut", &cut, wire_span(&grants));
	wire_free(&grants);
}

static void
put_members(struct index_make *m)
{
	put_member(m, BIG, 'i', "good@example.com", GRANT_IDENTITY,
	    "good@example.com", 0);
	put_prefix(m, BIG, "good", "good@example.com");
	put_member(m, BIG, 'l', "lit", GRANT_PRINCIPAL, "lit", 0);
	/* Entries of somebody else, of another kind, and cut ones. */
	put_member(m, BIG, 'i', "other@example.com", GRANT_IDENTITY,
	    "good@example.com", 0);
	put_prefix(m, BIG, "other", "other@example.com");
	put_member(m, BIG, 'i', "kind@example.com", GRANT_PRINCIPAL,
	    "kind@example.com", 0);
	put_prefix(m, BIG, "kind", "kind@example.com");
	put_member(m, BIG, 'i', "cut@example.com", GRANT_IDENTITY,
	    "cut@example.com", 1);
	put_prefix(m, BIG, "cut", "cut@example.com");
	put_member(m, BIG, 'l', "lit-cut", GRANT_PRINCIPAL, "lit-cut", 20);
	put_member(m, BIG, 'l', "lit-other", GRANT_PRINCIPAL, "lit", 0);
	index_make_member(m, GROUP, 'i', span_of("good@example.com"),
	    (struct span) { NULL, 0 });
	put_prefix(m, GROUP, "good", "good@example.com");
	put_member(m, DENY, 'i', "mallory@example.com", GRANT_IDENTITY,
	    "mallory@example.com", 0);
	put_prefix(m, DENY, "mallory", "mallory@example.com");
	/* Who is denied, but where is lost. */
	put_member(m, DENY, 'i', "trudy@example.com", GRANT_IDENTITY,
	    "trudy@example.com", 1);
}

static void
setup(void)
{
	struct index_counts counts = { .n_authorities = 1, .n_users = 3,
		.n_sets = 2, .has_denied = true };
	struct index_authority a = { .name = span_of("ca"), .line = 3,
		.principals = PRINCIPALS_EMAIL_PREFIX };
	struct wire ca = WIRE_INIT;
	struct err err = ERR_INIT;
	static char filler[FILLER + 1];
	struct index_make *m;

	memset(filler, 'x', FILLER);
	ck_assert_ptr_nonnull(file = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(file), &err));
	index_make_file(m, 0, filler);
	index_make_authority(m, &a);
	certbuild_ca_key(&ca, 1);
	index_make_key(m, wire_span(&ca), 0, 0);
	wire_free(&ca);
	put_rules(m);
	put_members(m);
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
}

static void
teardown(void)
{
	ck_assert_int_eq(fclose(file), 0);
}

/* Decide, on an index that is opened anew. */
static enum reason
ask(const char *user, const char *principal, uint64_t calls, unsigned int nth)
{
	struct span principals[] = { span_of(principal) };
	struct certbuild b = { .ca = 1, .type = 1, .key_id = "k",
		.principals = principals, .n_principals = 1,
		.valid_before = NOW + 1 };
	static struct index x;
	struct decide_request r = { .index = &x, .user = span_of(user),
		.uid = 1000, .now_at = NOW };
	struct wire cert = WIRE_INIT;
	struct err err = ERR_INIT;
	bool is_allowed;

	certbuild_write(&cert, &b);
	r.cert = wire_span(&cert);
	ck_assert_msg(
	    index_open(&x, fileno(file), &err) == 0, "%s", err.text);
	failing_start(calls, nth, EIO);
	is_allowed = decide(&r, &d);
	(void)failing_stop();
	ck_assert(is_allowed == (d.reason == REASON_ALLOWED));
	ck_assert_uint_eq(d.n_lines, is_allowed ? 1 : 0);
	index_close(&x);
	wire_free(&cert);
	return d.reason;
}

#define BROKEN REASON_INDEX_UNREADABLE
static const struct row {
	const char *user, *principal;
	enum reason reason;
} rows[] = {
	{ "big", "good", REASON_ALLOWED },
	{ "big", "lit", REASON_ALLOWED },
	{ "big", "nobody", REASON_NO_MATCHING_PRINCIPAL },
	{ "big", "other", BROKEN },
	{ "big", "kind", BROKEN },
	{ "big", "cut", BROKEN },
	{ "big", "lit-cut", BROKEN },
	{ "big", "lit-other", BROKEN },
	{ "team", "good", REASON_ALLOWED },
	{ "team", "nobody", REASON_NO_MATCHING_PRINCIPAL },
	{ "team", "mallory", REASON_DENIED_IDENTITY },
	{ "team", "trudy@example.com", BROKEN },
	{ "cut", "good", BROKEN },
};

START_TEST(test_row)
{
	const struct row *r = &rows[_i];

	ck_assert_msg(ask(r->user, r->principal, 0, 1) == r->reason,
	    "%s as %s: %s", r->principal, r->user, reason_code(d.reason));
}
END_TEST

/* Whichever read fails: denied, and not for another reason. */
START_TEST(test_reads)
{
	const struct row *r = &rows[_i];
	enum reason got;
	unsigned int nth;

	for (nth = 1;; nth++) {
		got = ask(r->user, r->principal, FAILING(pread), nth);
		if (!failing_stop())
			break;
		ck_assert_msg(got == BROKEN, "%s as %s, read %u: %s",
		    r->principal, r->user, nth, reason_code(got));
	}
	ck_assert_msg(got == r->reason, "%s", reason_code(got));
	ck_assert_uint_gt(nth, 5);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("search");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_row, 0, N_ROWS(rows));
	tcase_add_loop_test(tc, test_reads, 0, N_ROWS(rows));
	return run_case("search", tc);
}
