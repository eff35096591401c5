/* Whoever runs this is a user with a group, and these are asked about. */
#include "config.h"

#include "pam/require.h"

#include "pam/nss.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

static char user[256], group[256], list[600];
static gid_t gid;
static struct err err;

static void
setup(void)
{
	struct passwd *pw = getpwuid(getuid());
	struct group *gr;

	ck_assert_ptr_nonnull(pw);
	(void)snprintf(user, sizeof(user), "%s", pw->pw_name);
	gid = pw->pw_gid;
	gr = getgrgid(gid);
	ck_assert_ptr_nonnull(gr);
	(void)snprintf(group, sizeof(group), "%s", gr->gr_name);
	err_clear(&err);
}

/* "%s" in a list is the user, or in groups the group. */
static const struct {
	bool requires_cert;
	const char *users, *groups, *except;
	int want;
	const char *message;
} rows[] = {
	{ false, NULL, NULL, NULL, 0, NULL },
	{ true, NULL, NULL, NULL, 1, NULL },
	{ true, NULL, NULL, "%s", 0, NULL },
	{ true, NULL, NULL, "nobody-else,%s", 0, NULL },
	{ true, NULL, NULL, "nobody-else", 1, NULL },
	{ true, "%s", NULL, NULL, 1, NULL },
	{ true, "nobody-else", NULL, NULL, 0, NULL },
	{ true, "%s", NULL, "%s", 0, NULL },
	{ true, NULL, "%s", NULL, 1, NULL },
	{ true, "nobody-else", "%s", NULL, 1, NULL },
	{ true, NULL, "%s", "%s", 0, NULL },
	{ true, NULL, "no-such-group-here", NULL, -1,
	    "option \"groups\": there is no group \"no-such-group-here\"" },
	/* Every one is looked up, until one fits. */
	{ true, NULL, "no-such-group-here,%s", NULL, -1,
	    "option \"groups\": there is no group \"no-such-group-here\"" },
	{ true, "%s", "no-such-group-here", NULL, 1, NULL },
	{ true, NULL, "no-such-group-here", "%s", 0, NULL },
};

static const char *
fill(char out[600], const char *pattern, const char *name)
{
	const char *at = pattern == NULL ? NULL : strstr(pattern, "%s");

	if (at == NULL)
		return pattern;
	(void)snprintf(out, 600, "%.*s%s%s", (int)(at - pattern), pattern,
	    name, at + 2);
	return out;
}

START_TEST(test_covers)
{
	char users[600], except[600];
	struct options o = { .requires_cert = rows[_i].requires_cert };

	o.users = fill(users, rows[_i].users, user);
	o.groups = fill(list, rows[_i].groups, group);
	o.except = fill(except, rows[_i].except, user);
	ck_assert_int_eq(require_covers(&o, user, gid, &err), rows[_i].want);
	ck_assert_str_eq(err.text,
	    rows[_i].message == NULL ? "" : rows[_i].message);
}
END_TEST

START_TEST(test_nss)
{
	uid_t uid = 1;
	gid_t found = 1;

	ck_assert_int_eq(nss_user(user, &uid, &found, &err), 1);
	ck_assert_uint_eq(uid, getuid());
	ck_assert_uint_eq(found, gid);
	ck_assert_int_eq(nss_group(group, &found, &err), 1);
	ck_assert_uint_eq(found, gid);
	uid = 77;
	ck_assert_int_eq(nss_user("no-such-user-here", &uid, &found, &err), 0);
	ck_assert_int_eq(nss_group("no-such-group-here", &found, &err), 0);
	/* Nothing is put where nothing was found. */
	ck_assert_uint_eq(uid, 77);
	ck_assert_uint_eq(found, gid);
	ck_assert_str_eq(err.text, "");
}
END_TEST

/* A group that the user is not in. */
START_TEST(test_other_group)
{
	struct options o = { .requires_cert = true };
	gid_t gids[256];
	int n = N_ROWS(gids), i;
	struct group *gr;
	char other[256];

	ck_assert_int_ge(getgrouplist(user, gid, gids, &n), 0);
	setgrent();
	do {
		ck_assert_ptr_nonnull(gr = getgrent());
		for (i = 0; i < n && gids[i] != gr->gr_gid; i++)
			;
	} while (i < n);
	(void)snprintf(other, sizeof(other), "%s", gr->gr_name);
	endgrent();
	o.groups = other;
	ck_assert_int_eq(require_covers(&o, user, gid, &err), 0);
	(void)snprintf(list, sizeof(list), "%s,%s", other, group);
	o.groups = list;
	ck_assert_int_eq(require_covers(&o, user, gid, &err), 1);
	ck_assert_str_eq(err.text, "");
}
END_TEST

/*
 * Whether somebody needs a certificate is asked once more, answered, or
 * failed; never taken for "no".
 */
static const struct {
	uint64_t set;
	unsigned int nth;
	int number, groups;
	int want;
	enum err_code code;
	const char *message; /* "%s": the group */
} group_fails[] = {
	{ FAILING_MEMORY, 1, ENOMEM, 0, -1, ERR_MEMORY, "out of memory" },
	{ FAILING_MEMORY, 2, ENOMEM, 0, -1, ERR_MEMORY, "out of memory" },
	{ FAILING(getgrnam_r), 1, EIO, 0, -1, ERR_SYSTEM,
	    "the group \"%s\": Input/output error" },
	{ FAILING(getgrnam_r), FAILING_ALL, ERANGE, 0, -1, ERR_SYSTEM,
	    "the group \"%s\": Numerical result out of range" },
	{ FAILING(getgrnam_r), 1, ENOENT, 0, -1, ERR_NOT_FOUND,
	    "option \"groups\": there is no group \"%s\"" },
	{ FAILING(getgrnam_r), 1, ESRCH, 0, -1, ERR_NOT_FOUND,
	    "option \"groups\": there is no group \"%s\"" },
	{ FAILING(getgrnam_r), 1, ERANGE, 0, 1, ERR_NONE, "" },
	{ FAILING(getgrnam_r), 1, EINTR, 0, 1, ERR_NONE, "" },
	/* The C library says how much room, or, once, not. */
	{ FAILING(getgrouplist), 1, 0, 1000, 1, ERR_NONE, "" },
	{ FAILING(getgrouplist), 1, 0, 0, 1, ERR_NONE, "" },
	{ FAILING(getgrouplist), 1, 0, 65536, 1, ERR_NONE, "" },
	{ FAILING(getgrouplist), 1, 0, 65537, -1, ERR_LIMIT,
	    "the user is in over 65,536 groups" },
	{ FAILING(getgrouplist), FAILING_ALL, 0, 0, -1, ERR_LIMIT,
	    "the user is in over 65,536 groups" },
};

START_TEST(test_group_fails)
{
	struct options o = { .requires_cert = true, .groups = group };
	const char *at = strstr(group_fails[_i].message, "%s");
	char want[600];
	int ret;

	(void)snprintf(want, sizeof(want), "%s", group_fails[_i].message);
	if (at != NULL)
		(void)fill(want, group_fails[_i].message, group);
	failing_groups = group_fails[_i].groups;
	failing_start(group_fails[_i].set, group_fails[_i].nth,
	    group_fails[_i].number);
	ret = require_covers(&o, user, gid, &err);
	ck_assert(failing_stop());
	ck_assert_int_eq(ret, group_fails[_i].want);
	assert_err(&err, group_fails[_i].code, want);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("require");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, test_covers, 0, N_ROWS(rows));
	tcase_add_test(tc, test_nss);
	tcase_add_test(tc, test_other_group);
	tcase_add_loop_test(tc, test_group_fails, 0, N_ROWS(group_fails));
	return run_case("require", tc);
}
