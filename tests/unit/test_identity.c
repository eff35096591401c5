#include "config.h"

#include "lib/identity.h"

#include <check.h>
#include <stdlib.h>

#include "lib/glob.h"
#include "tests/unit/harness.h"

static const struct {
	const char *identity, *prefix, *domain; /* NULL: none */
} rows[] = {
	{ "jdoe@example.com", "jdoe", "example.com" },
	{ "jdoe", "jdoe", NULL },
	{ "a@b@example.com", "a@b", "example.com" },
	{ "@example.com", "", "example.com" },
	{ "jdoe@", "jdoe", "" },
	{ "", "", NULL },
};

START_TEST(test_row)
{
	struct span identity = span_of(rows[_i].identity);
	struct span domain = identity_domain(identity);

	ck_assert(span_is(identity_prefix(identity), rows[_i].prefix));
	ck_assert_int_eq(domain.p == NULL, rows[_i].domain == NULL);
	if (rows[_i].domain != NULL)
		ck_assert(span_is(domain, rows[_i].domain));
	ck_assert(span_is(
	    identity_principal(identity, PRINCIPALS_EMAIL_PREFIX),
	    rows[_i].prefix));
	ck_assert(span_equal(
	    identity_principal(identity, PRINCIPALS_EMAIL), identity));
	ck_assert(span_equal(
	    identity_principal(identity, PRINCIPALS_VERBATIM), identity));
}
END_TEST

static const struct {
	const char *pattern, *text;
	bool fits;
} globs[] = {
	{ "*@example.com", "jdoe@example.com", true },
	{ "*@example.com", "@example.com", true },
	{ "*@example.com", "jdoe@example.com.evil", false },
	{ "*@example.com", "jdoe@exampleXcom", false },
	{ "*", "", true },
	{ "", "", true },
	{ "", "a", false },
	{ "?", "", false },
	{ "?", "a", true },
	{ "a?c", "abc", true },
	{ "a*b*c", "a-b-b-c", true },
	{ "a*b*c", "a-c-b", false },
	{ "**", "x", true },
	{ "a*", "b", false },
	{ "[ab]", "a", false },
	{ "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaa", false },
};

START_TEST(test_glob)
{
	ck_assert_int_eq(
	    glob_match(span_of(globs[_i].pattern), span_of(globs[_i].text)),
	    globs[_i].fits);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("identity");

	tcase_add_loop_test(
	    t, test_row, 0, N_ROWS(rows));
	tcase_add_loop_test(
	    t, test_glob, 0, N_ROWS(globs));
	return run_case("identity", t);
}
