/* As root it is tried; as anybody else, that it is refused. */
#include "config.h"

#include "pam/asuser.h"

#include "tests/unit/harness.h"

#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOBODY 65534U

static struct err err;

START_TEST(test_oneself)
{
	struct asuser u;

	ck_assert_int_eq(asuser_begin(&u, geteuid(), getegid(), &err), 0);
	ck_assert(!u.is_changed);
	ck_assert_int_eq(asuser_end(&u, &err), 0);
}
END_TEST

START_TEST(test_other)
{
	struct asuser u;
	gid_t mine[] = { 0, 4, 20 }, now[8];
	int signal_no = 0;

	if (geteuid() != 0) {
		ck_assert_int_eq(
		    asuser_begin(&u, geteuid() + 1, getegid(), &err), -1);
		assert_err(&err, ERR_REFUSED,
		    "only root can ask another user's agent");
		return;
	}
	ck_assert_int_eq(setgroups(3, mine), 0);
	ck_assert_int_eq(prctl(PR_SET_PDEATHSIG, SIGUSR1), 0);
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0);
	ck_assert_int_eq(asuser_begin(&u, NOBODY, NOBODY, &err), 0);
	ck_assert_uint_eq(geteuid(), NOBODY);
	ck_assert_uint_eq(getegid(), NOBODY);
	ck_assert_int_eq(getgroups(8, now), 0);
	ck_assert_uint_eq(getuid(), 0);
	ck_assert_int_eq(asuser_end(&u, &err), 0);
	ck_assert_uint_eq(geteuid(), 0);
	ck_assert_uint_eq(getegid(), 0);
	ck_assert_int_eq(getgroups(8, now), 3);
	ck_assert_mem_eq(now, mine, sizeof(mine));
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 1);
	ck_assert_int_eq(prctl(PR_GET_PDEATHSIG, &signal_no), 0);
	ck_assert_int_eq(signal_no, SIGUSR1);
	/* A second end is none. */
	ck_assert_int_eq(asuser_end(&u, &err), 0);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("asuser");

	tcase_add_test(tc, test_oneself);
	tcase_add_test(tc, test_other);
	return run_case("asuser", tc);
}
