#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define FIRST ": the first that fits decides; put it before that one, or " \
	"remove it\n"
#define LOST ": the first that fits decides, and what this one says beside " \
	"the name would never hold; put it before that one, or remove it\n"
#define PREFIX "principals: email-prefix"
#define GROUPS "groups: {g: [a@y, c@y], h: [e@y]}\n"

/* One rule, for an authority with these settings. */
static const struct shadow_row {
	const char *name;
	const char *authority;
	const char *allow;
	const char *want;
} shadow_rows[] = {
	{ "any before an identity", PREFIX, "[any, x@y]",
	    "policy.yaml:3:18: warning: the entry identity \"x@y\" comes too "
	    "late: any stands before it, at policy.yaml:3" FIRST },
	{ "any before all kinds", PREFIX,
	    "[any, {group: g}, {principal: x}, same-name, any]",
	    "policy.yaml:3:26: warning: the entry group \"g\" comes too late: "
	    "any stands before it, at policy.yaml:3" FIRST
	    "policy.yaml:3:42: warning: the entry principal \"x\" comes too "
	    "late: any stands before it, at policy.yaml:3" FIRST
	    "policy.yaml:3:46: warning: the entry same-name comes too late: "
	    "any stands before it, at policy.yaml:3" FIRST
	    "policy.yaml:3:57: warning: \"any\" stands twice in one rule: the "
	    "first decides; remove one of them\n" },
	{ "restrict behind any", PREFIX,
	    "[any, {identity: x@y, options: restrict}]",
	    "policy.yaml:3:29: error: the entry identity \"x@y\" comes too "
	    "late: any stands before it, at policy.yaml:3" LOST },
	{ "from behind a group", PREFIX,
	    "[{group: g}, {identity: c@y, from: 192.0.2.1}]",
	    "policy.yaml:3:36: error: the entry identity \"c@y\" comes too "
	    "late: group \"g\" stands before it, at policy.yaml:3" LOST },
	{ "until behind a principal", PREFIX,
	    "[{principal: x}, {identity: x@y, until: 2100-01-01}]",
	    "policy.yaml:3:40: error: the entry identity \"x@y\" comes too "
	    "late: principal \"x\" stands before it, at policy.yaml:3" LOST },
	{ "the same terms", PREFIX,
	    "[{any: true, options: restrict}, {identity: x@y, options: "
	    "restrict}]",
	    "policy.yaml:3:56: warning: the entry identity \"x@y\" comes too "
	    "late: any stands before it, at policy.yaml:3" FIRST },
	{ "any with a network decides as well", PREFIX,
	    "[{any: true, from: 192.0.2.1}, x@y]",
	    "policy.yaml:3:43: warning: the entry identity \"x@y\" comes too "
	    "late: any stands before it, at policy.yaml:3" FIRST },
	{ "any that ends", PREFIX,
	    "[{any: true, until: 2100-01-01}, x@y, {group: g}]", "" },
	{ "a group that ends", PREFIX,
	    "[{group: g, until: 2100-01-01}, a@y]", "" },
	{ "another group", PREFIX, "[{group: h}, a@y]", "" },
	{ "the second group", PREFIX, "[{group: h}, {group: g}, a@y]",
	    "policy.yaml:3:37: warning: the entry identity \"a@y\" comes too "
	    "late: group \"g\" stands before it, at policy.yaml:3" FIRST },
	{ "the narrower one first", PREFIX,
	    "[{identity: a@y, options: restrict}, {group: g}, any]", "" },
	{ "an identity before its principal", PREFIX,
	    "[x@y, {principal: x}]",
	    "policy.yaml:3:30: warning: the entry principal \"x\" comes too "
	    "late: identity \"x@y\" stands before it, at policy.yaml:3" FIRST },
	{ "an identity of one domain", PREFIX ", domains: [y]",
	    "[x@y, {principal: x}]", "" },
	{ "verbatim", "principals: verbatim",
	    "[{principal: x}, x@y, {principal: x@y}]",
	    "policy.yaml:3:46: warning: the entry principal \"x@y\" comes too "
	    "late: identity \"x@y\" stands before it, at policy.yaml:3" FIRST },
	{ "the key ID as identity", PREFIX
	    ", domains: [y], require: {key_id: identity}",
	    "[any, {principal: x}, x@y]", "" },
	{ "a name without domain", PREFIX ", domains: [y], require: {key_id: "
	    "identity}", "[x, {principal: x}]",
	    "policy.yaml:3:28: warning: the entry principal \"x\" comes too "
	    "late: identity \"x\" stands before it, at policy.yaml:3" FIRST },
	{ "twice, the second narrower", PREFIX,
	    "[x@y, {identity: x@y, options: restrict}]",
	    "policy.yaml:3:29: error: \"x@y\" stands twice in one rule: the "
	    "first decides, and what this one says beside the name would "
	    "never hold; remove one of them\n" },
	{ "twice, the first ends", PREFIX,
	    "[{identity: x@y, until: 2100-01-01}, {identity: x@y, options: "
	    "restrict}]",
	    "policy.yaml:3:60: warning: \"x@y\" stands twice in one rule: the "
	    "first decides; remove one of them\n" },
};

START_TEST(says)
{
	const struct shadow_row *row = &shadow_rows[_i];
	char text[1024];

	(void)snprintf(text, sizeof(text),
	    "version: 1\n"
	    "authorities: {ca: {keys: [\"" KEY_A "\"], %s}}\n"
	    "users: {u: %s}\n" GROUPS,
	    row->authority, row->allow);
	policy_free(policyfix_load_text(text, row->want));
}
END_TEST

/* An authority of the rule that writes it otherwise leaves it something. */
START_TEST(two_authorities)
{
	static const char both[] =
	    "version: 1\n"
	    "authorities: {ca: {keys: [\"" KEY_A "\"]},\n"
	    "  cb: {keys: [\"" KEY_B "\"], " PREFIX "}}\n"
	    "users:\n"
	    "  u: [{principal: x}, x@y]\n"
	    "  v: [x@y, {principal: x}]\n"
	    "  w: [{principal: x}, {principal: x@y}, x@y]\n";

	policy_free(policyfix_load_text(both,
	    "policy.yaml:7:41: warning: the entry identity \"x@y\" comes too "
	    "late: principal \"x@y\" stands before it, at policy.yaml:7" FIRST));
}
END_TEST

/* Many rules, groups and members: looked at in one go. */
START_TEST(many)
{
	struct diag_report r = DIAG_REPORT_INIT;
	FILE *f = fopen("policy.yaml", "w");
	int i, k;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	(void)fputs(HEAD "groups:\n", f);
	for (i = 0; i < 100; i++) {
		(void)fprintf(f, "  g%d: [m%d@x", i, i);
		for (k = 0; k < 300; k++)
			(void)fprintf(f, ", n%d@x", k);
		(void)fputs("]\n", f);
	}
	(void)fputs("users:\n", f);
	for (i = 0; i < 1000; i++) {
		(void)fprintf(f, "  u%d: [", i);
		for (k = 0; k < 20; k++)
			(void)fprintf(f, "{group: g%d}, ", (i + k) % 100);
		(void)fprintf(f, "m%d@x, z@x]\n", i % 100);
	}
	ck_assert_int_eq(fclose(f), 0);
	policy_free(policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r));
	ck_assert_uint_eq(r.n_errors, 0);
	ck_assert_uint_eq(r.n_warnings, 1000);
	diag_free(&r);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_shadow");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(shadow_rows));
	tcase_add_test(tc, two_authorities);
	tcase_add_test(tc, many);
	return run_case("policy_shadow", tc);
}
