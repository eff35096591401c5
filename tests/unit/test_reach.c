#include "config.h"

#include "config-gen/reach.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "config-gen/policy.h"
#include "lib/base64.h"
#include "tests/unit/certbuild.h"
#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

#define NOW 1000000000

static struct reach reach;

/* Compile a policy of two authorities and users to an index, and open it. */
static void
compile(const char *rest)
{
	struct diag_report report = DIAG_REPORT_INIT;
	struct err err = ERR_INIT;
	struct wire blob[2] = { WIRE_INIT, WIRE_INIT };
	char keys[2][128], text[2048], path[128];
	struct policy *p;
	uint8_t i;
	int fd;

	for (i = 0; i < 2; i++) {
		certbuild_ca_key(&blob[i], (uint8_t)(i + 1));
		base64_encode(keys[i], blob[i].p, blob[i].len);
		wire_free(&blob[i]);
	}
	(void)snprintf(text, sizeof(text),
	    "version: 1\nauthorities:\n"
	    "  one: {keys: [ssh-ed25519 %s], domains: [example.com]}\n"
	    "  two: {keys: [ssh-ed25519 %s]}\n%s",
	    keys[0], keys[1], rest);
	testroot_put("/policy.yaml", text);
	(void)snprintf(path, sizeof(path), "%s/policy.yaml", testroot_dir);
	ck_assert_int_eq(chmod(path, 0600), 0);
	p = policy_load(path, "", 1UL << 20, &report);
	if (p == NULL)
		diag_print(&report, stderr, false);
	ck_assert_ptr_nonnull(p);
	diag_free(&report);
	(void)snprintf(path, sizeof(path), "%s/" COMPILE_INDEX, testroot_dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(compile_index(p, 1000, fd, &err), 0);
	ck_assert_int_eq(close(fd), 0);
	policy_free(p);
	ck_assert_int_eq(reach_open(&reach, testroot_dir, &err), 0);
	ck_assert(!reach.is_empty);
}

static void
tear_down(void)
{
	reach_close(&reach);
	testroot_remove();
}

#define TWENTY_OUT                                                             \
	"[{identity: a0@x, until: 1999-01-01}, {identity: a1@x, until: "       \
	"1999-01-01}, {identity: a2@x, until: 1999-01-01}, {identity: a3@x, "  \
	"until: 1999-01-01}, {identity: a4@x, until: 1999-01-01}, {identity: " \
	"a5@x, until: 1999-01-01}, {identity: a6@x, until: 1999-01-01}, "      \
	"{identity: a7@x, until: 1999-01-01}, {identity: a8@x, until: "        \
	"1999-01-01}, {identity: a9@x, until: 1999-01-01}, {identity: b0@x, "  \
	"until: 1999-01-01}, {identity: b1@x, until: 1999-01-01}, {identity: " \
	"b2@x, until: 1999-01-01}, {identity: b3@x, until: 1999-01-01}, "      \
	"{identity: b4@x, until: 1999-01-01}, {identity: b5@x, until: "        \
	"1999-01-01}, {identity: b6@x, until: 1999-01-01}"

static const struct {
	const char *name, *rest;
	uid_t uid; /* of the user u */
	int covers, is_open;
} rows[] = {
	{ "no rule", "users: {v: any}", 1001, 0, 0 },
	{ "any", "users: {u: any}", 1001, 1, 1 },
	{ "an identity", "users: {u: a@example.com}", 1001, 1, 1 },
	{ "one without a domain", "users: {u: a}", 1001, 1, 1 },
	{ "denied", "users: {u: a@example.com}\ndeny: [a@example.com]", 1001, 1,
	    0 },
	{ "one of two is denied",
	    "users: {u: [a@example.com, b@example.com]}\n"
	    "deny: [a@example.com]",
	    1001, 1, 1 },
	{ "ended", "users: {u: {allow: [{identity: a@x, until: 1999-01-01}]}}",
	    1001, 1, 0 },
	{ "not yet",
	    "users: {u: {allow: [{identity: a@x, until: 2039-01-01}]}}", 1001,
	    1, 1 },
	{ "a principal", "users: {u: {allow: [{principal: p}]}}", 1001, 1, 1 },
	{ "a group",
	    "groups: {g: [a@example.com]}\nusers: {u: {allow: [{group: g}]}}",
	    1001, 1, 1 },
	{ "an empty group",
	    "groups: {g: []}\nusers: {u: {allow: [{group: g}]}}", 1001, 1, 0 },
	{ "a group of one who is denied",
	    "groups: {g: [a@example.com]}\nusers: {u: {allow: [{group: g}]}}\n"
	    "deny: [a@example.com]",
	    1001, 1, 0 },
	{ "another's group",
	    "groups: {g: [], h: [a@x]}\n"
	    "users: {u: {allow: [{group: g}]}, v: {allow: [{group: h}]}}",
	    1001, 1, 0 },
	{ "many that have ended", "users: {u: {allow: " TWENTY_OUT "]}}", 1001,
	    1, 0 },
	{ "one of many that has not",
	    "users: {u: {allow: " TWENTY_OUT ", {identity: c@x}]}}", 1001, 1,
	    1 },
	{ "everybody", "users: {\"*\": same-name}", 1001, 1, 1 },
	{ "everybody but root", "users: {\"*\": same-name}", 0, 0, 0 },
	{ "everybody but root, whatever min_uid says",
	    "users: {\"*\": {allow: same-name, min_uid: 0}}", 0, 0, 0 },
	{ "everybody but the system", "users: {\"*\": same-name}", 999, 0, 0 },
	{ "an own rule, not everybody's",
	    "groups: {g: []}\n"
	    "users: {u: {allow: [{group: g}]}, \"*\": same-name}",
	    1001, 1, 0 },
	{ "an authority for it",
	    "users: {u: {allow: [{identity: a@example.com}], "
	    "authorities: [one]}}",
	    1001, 1, 1 },
};

START_TEST(test_row)
{
	char user[] = "u";
	struct person p = { .name = user, .uid = rows[_i].uid };
	struct err err = ERR_INIT;

	testroot_make();
	compile(rows[_i].rest);
	ck_assert_msg(reach_covers(&reach, &p, &err) == rows[_i].covers,
	    "%s: %s", rows[_i].name, err.text);
	ck_assert_msg(reach_person(&reach, &p, NOW, &err) == rows[_i].is_open,
	    "%s: %s", rows[_i].name, err.text);
	tear_down();
}
END_TEST

START_TEST(test_none)
{
	char user[] = "u";
	struct person p = { .name = user, .uid = 1001 };
	struct err err = ERR_INIT;

	testroot_make();
	ck_assert_int_eq(reach_open(&reach, NULL, &err), 0);
	ck_assert_int_eq(reach_person(&reach, &p, NOW, &err), 0);
	reach_close(&reach);
	ck_assert_int_eq(reach_open(&reach, testroot_dir, &err), 0);
	ck_assert_int_eq(reach_covers(&reach, &p, &err), 0);
	reach_close(&reach);
	testroot_put("/" COMPILE_INDEX, "this is no index");
	ck_assert_int_eq(reach_open(&reach, testroot_dir, &err), -1);
	tear_down();
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("reach");

	tcase_add_loop_test(tc, test_row, 0, N_ROWS(rows));
	tcase_add_test(tc, test_none);
	return run_case("reach", tc);
}
