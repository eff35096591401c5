#include "config.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "lib/file.h"
#include "lib/utc.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define FP_A "SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZgtE3Ti4E"
#define FP_B "SHA256:goUbzlitflZX73wp4Fddy1z5FkhVOyrw19qWqfKreCE"
#define USERS "users: {jdoe: jdoe@example.com}\n"
#define WITH(more) \
	"version: 1\nauthorities:\n  ca:\n    keys:\n    - " KEY_A "\n" \
	"    - " KEY_B "\n" more USERS

struct row {
	const char *name, *policy, *want;
};

static const struct row rows[] = {
	{ "a span", WITH("    trust: 2026-01-01..2199-06-30\n"), "" },
	{ "a span of moments",
	    WITH("    trust: 2026-01-01T08:00Z..2199-06-30T18:00:30Z\n"), "" },
	{ "one day", WITH("    trust: 2026-02-28..2026-02-28\n"),
	    "policy.yaml:7:12: warning: the trust of authority \"ca\" ended "
	    "with 2026-02-28: nobody gets in by it; set another end, or take "
	    "the authority out\n" },
	{ "the wrong way round", WITH("    trust: 2199-06-30..2026-01-01\n"),
	    "policy.yaml:7:12: error: \"2199-06-30..2026-01-01\" ends before "
	    "it begins; write the earlier one first\n" },
	{ "one date only", WITH("    trust: 2199-06-30\n"),
	    "policy.yaml:7:12: error: expected two dates with .. between them, "
	    "such as 2026-01-01..2027-06-30, found \"2199-06-30\"\n" },
	{ "half a span", WITH("    trust: 2026-01-01..\n"),
	    "policy.yaml:7:12: error: expected two dates with .. between them, "
	    "such as 2026-01-01..2027-06-30, found \"2026-01-01..\"\n" },
	{ "no day", WITH("    trust: 2026-02-29..2199-01-01\n"),
	    "policy.yaml:7:12: error: expected two dates with .. between them, "
	    "such as 2026-01-01..2027-06-30, found "
	    "\"2026-02-29..2199-01-01\"\n" },
	{ "a list", WITH("    trust: [2026-02-01..2199-01-01]\n"),
	    "policy.yaml:7:12: error: expected two dates with .. between them, "
	    "such as 2026-01-01..2027-06-30, found a list\n" },

	{ "a key that retires", WITH("    retire: {\"" FP_A "\": 2199-01-31}\n"),
	    "" },
	{ "a key that is gone", WITH("    retire: {\"" FP_A "\": 2020-01-31}\n"),
	    "" },
	{ "all keys are gone",
	    WITH("    retire:\n      \"" FP_A "\": 2020-01-31\n      \"" FP_B
	         "\": 2020-02-01T12:00Z\n"),
	    "policy.yaml:9:7: warning: the last key of authority \"ca\" ended "
	    "with 2020-02-01T12:00:00Z: nobody gets in by it; set another end, "
	    "or take the authority out\n" },
	{ "no key of this authority",
	    WITH("    retire: {\"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	         "AAA\": 2199-01-31}\n"),
	    "policy.yaml:7:14: warning: authority \"ca\" has no key "
	    "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; take the line "
	    "out\n" },
	{ "no fingerprint", WITH("    retire: {\"SHA256:AAAA\": 2199-01-31}\n"),
	    "policy.yaml:7:14: error: \"SHA256:AAAA\" is no fingerprint of a "
	    "key; write SHA256: and 43 characters, as ssh-keygen -l prints "
	    "them\n" },
	{ "no date, no fingerprint", WITH("    retire: {a: b}\n"),
	    "policy.yaml:7:14: error: \"a\" is no fingerprint of a key; write "
	    "SHA256: and 43 characters, as ssh-keygen -l prints them\n"
	    "policy.yaml:7:17: error: expected a date such as 2027-01-31 or "
	    "2027-01-31T18:00Z (UTC), found \"b\"\n" },
	{ "the same twice",
	    WITH("    retire:\n      \"" FP_A "\": 2199-01-31\n      \"" FP_A
	         "\": 2199-02-01\n"),
	    "policy.yaml:9:7: error: \"" FP_A "\" stands twice, first in line "
	    "8; keep one of them\n" },
	{ "a list", WITH("    retire: [" FP_A "]\n"),
	    "policy.yaml:7:13: error: expected a mapping from fingerprints to "
	    "the last day of each key, found a list\n" },
};

START_TEST(said)
{
	policy_free(policyfix_load_text(rows[_i].policy, rows[_i].want));
}
END_TEST

static const struct policy_authority *
authority(const struct policy *p)
{
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->n_authorities, 1);
	return &p->authorities[0];
}

/* 2026-01-01 and 2199-07-01; 2199-02-01. */
#define FROM 1767225600
#define UNTIL 7242220800
#define RETIRED 7229260800

START_TEST(times)
{
	struct policy *p = policyfix_load_text(
	    WITH("    trust: 2026-01-01..2199-06-30\n"
	         "    retire: {'" FP_B "': 2199-01-31}\n"), "");
	const struct policy_authority *a = authority(p);

	ck_assert_int_eq(a->trust_from, FROM);
	ck_assert_int_eq(a->trust_until, UNTIL);
	ck_assert_int_eq(policy_key_end(a, 0), UNTIL);
	ck_assert_int_eq(policy_key_end(a, 1), RETIRED);
	ck_assert_int_eq(policy_authority_end(a), UNTIL);
	ck_assert(!policy_key_is_in_force(a, 0, FROM - 1));
	ck_assert(policy_key_is_in_force(a, 0, FROM));
	ck_assert(policy_key_is_in_force(a, 1, FROM));
	ck_assert(policy_key_is_in_force(a, 1, RETIRED - 1));
	ck_assert(!policy_key_is_in_force(a, 1, RETIRED));
	ck_assert(policy_key_is_in_force(a, 0, UNTIL - 1));
	ck_assert(!policy_key_is_in_force(a, 0, UNTIL));
	ck_assert_str_eq(compile_needs_helper(p, &p->rules[0]),
	    "an authority, or a key of one, has an end");
	policy_free(p);
}
END_TEST

START_TEST(no_times)
{
	struct policy *p = policyfix_load_text(WITH(""), "");
	const struct policy_authority *a = authority(p);

	ck_assert_int_eq(policy_authority_end(a), INT64_MAX);
	ck_assert(policy_key_is_in_force(a, 1, 0));
	ck_assert_ptr_null(compile_needs_helper(p, &p->rules[0]));
	policy_free(p);
}
END_TEST

/* What ca.pub holds when made at now_at, as lines of comments' names. */
static void
assert_ca_file(struct policy *p, int64_t now_at, const char *want)
{
	const struct compile_settings s = { .now_at = now_at,
		.uid_min = 1000, .owner = getuid(), .group = getgid(),
		.index_group = getgid() };
	struct err err = ERR_INIT;
	char name[32], *text;
	size_t len;

	(void)snprintf(name, sizeof(name), "%lld", (long long)now_at);
	ck_assert_int_eq(mkdir(name, 0755), 0);
	ck_assert_int_eq(compile_write(p, &s, name, &err), 0);
	(void)strcat(name, "/ca.pub");
	ck_assert_int_eq(
	    file_read(name, FILE_ROOTS, 4096, &text, &len, &err), 0);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(ca_file)
{
	struct policy *p = policyfix_load_text(
	    WITH("    trust: 2026-01-01..2199-06-30\n"
	         "    retire: {'" FP_B "': 2199-01-31}\n"), "");

	ck_assert_ptr_nonnull(p);
	assert_ca_file(p, FROM - 1, "");
	assert_ca_file(p, FROM, KEY_A " ca\n" KEY_B " ca\n");
	assert_ca_file(p, RETIRED - 1, KEY_A " ca\n" KEY_B " ca\n");
	assert_ca_file(p, RETIRED, KEY_A " ca\n");
	assert_ca_file(p, UNTIL, "");
	policy_free(p);
}
END_TEST

/* days from today, and a word on it or none. */
static const struct {
	int days;
	const char *verb;
} soon[] = { { -1, "ended" }, { 1, "ends" }, { 12, "ends" }, { 15, NULL } };

START_TEST(ends_soon)
{
	int64_t day = (int64_t)time(NULL) / UTC_DAY_S + soon[_i].days;
	char date[UTC_SIZE], policy[1024], want[256] = "";

	(void)utc_end_text(date, (day + 1) * UTC_DAY_S);
	(void)snprintf(policy, sizeof(policy),
	    WITH("    trust: 2020-01-01..%s\n"), date);
	if (soon[_i].verb != NULL)
		(void)snprintf(want, sizeof(want),
		    "policy.yaml:7:12: warning: the trust of authority \"ca\" "
		    "%s with %s: %s\n",
		    soon[_i].verb, date,
		    soon[_i].days < 0
		        ? "nobody gets in by it; set another end, or take the "
		          "authority out"
		        : "then nobody gets in by it; add the authority's new "
		          "key, or set another end");
	policy_free(policyfix_load_text(policy, want));
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_trust");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, said, 0, N_ROWS(rows));
	tcase_add_test(tc, times);
	tcase_add_test(tc, no_times);
	tcase_add_test(tc, ca_file);
	tcase_add_loop_test(tc, ends_soon, 0, N_ROWS(soon));
	return run_case("policy_trust", tc);
}
