/*
 * As root it is tried; as anybody else, that it is refused.  What happens where
 * the kernel refuses, and in what order it is asked, is tried with a kernel of
 * the test's own, which knows root's rights over user and groups.
 */
#include "config.h"

#include "pam/asuser.h"

#include "tests/unit/harness.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534U

static struct err err;

/* --- a kernel --------------------------------------------------------------- */

/* Which of the kernel's calls these are: as in asuser.c. */
#ifdef SYS_setresuid32
#define SETRESUID SYS_setresuid32
#define SETRESGID SYS_setresgid32
#define SETGROUPS SYS_setgroups32
#else
#define SETRESUID SYS_setresuid
#define SETRESGID SYS_setresgid
#define SETGROUPS SYS_setgroups
#endif

#define FAKE_GROUPS 3
static const gid_t fake_groups[FAKE_GROUPS] = { 4, 20, 21 };

static struct kernel {
	bool is_on;
	uid_t euid;
	gid_t egid;
	int n_groups;
	int dumpable, death_signal;
	/* Which calls fail, from 1: those that ask and those that change. */
	int failing_question, failing_change, failing_undo;
	int n_questions, n_changes;
	char changes[256];
} k;

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
uid_t __real_geteuid(void);
uid_t __wrap_geteuid(void);
gid_t __real_getegid(void);
gid_t __wrap_getegid(void);
int __real_getgroups(int n, gid_t *groups);
int __wrap_getgroups(int n, gid_t *groups);
int __wrap___getgroups_chk(int n, gid_t *groups, size_t room);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

static bool
fails(void)
{
	if (!k.is_on || ++k.n_questions != k.failing_question)
		return false;
	errno = ENOMEM;
	return true;
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

uid_t
__wrap_geteuid(void)
{
	return k.is_on ? k.euid : __real_geteuid();
}

gid_t
__wrap_getegid(void)
{
	return k.is_on ? k.egid : __real_getegid();
}

int
__wrap_getgroups(int n, gid_t *groups)
{
	if (fails())
		return -1;
	if (!k.is_on)
		return __real_getgroups(n, groups);
	if (n != 0)
		memcpy(groups, fake_groups, sizeof(fake_groups));
	return FAKE_GROUPS;
}

int
__wrap___getgroups_chk(int n, gid_t *groups, size_t room)
{
	return room < (size_t)n * sizeof(*groups) ? -1
						  : __wrap_getgroups(n, groups);
}

int
__wrap_prctl(int option, ...)
{
	int *out = NULL, value = 0;
	va_list args;

	va_start(args, option);
	if (option == PR_GET_PDEATHSIG)
		out = va_arg(args, int *);
	else if (option != PR_GET_DUMPABLE)
		value = va_arg(args, int);
	va_end(args);
	if (!k.is_on)
		return out != NULL ? __real_prctl(option, out)
				   : __real_prctl(option, value);
	switch (option) {
	case PR_GET_PDEATHSIG:
		if (fails())
			return -1;
		*out = k.death_signal;
		return 0;
	case PR_SET_PDEATHSIG:
		k.death_signal = value;
		return 0;
	case PR_SET_DUMPABLE:
		k.dumpable = value;
		return 0;
	default:
		return k.dumpable;
	}
}

/* Root may change all; who was root only the user, back to root. */
static long
change(const char *what, long id, bool is_user)
{
	size_t len = strlen(k.changes);

	(void)snprintf(k.changes + len, sizeof(k.changes) - len, " %s:%ld",
	    what, id);
	k.n_changes++;
	if (k.n_changes == k.failing_change || k.n_changes == k.failing_undo ||
	    (!is_user && k.euid != 0)) {
		errno = EPERM;
		return -1;
	}
	if (!is_user)
		return 0;
	k.euid = (uid_t)id;
	k.dumpable = k.dumpable == 2 ? 2 : 0;
	k.death_signal = 0;
	return 0;
}

long
__wrap_syscall(long number, ...)
{
	long first, second;
	const gid_t *groups;
	va_list args;

	va_start(args, number);
	first = va_arg(args, long);
	if (number == SETGROUPS) {
		groups = va_arg(args, const gid_t *);
		va_end(args);
		if (!k.is_on)
			return __real_syscall(number, first, groups);
		if (change("groups", first, false) < 0)
			return -1;
		ck_assert(first == 0 || (first == FAKE_GROUPS &&
		    memcmp(groups, fake_groups, sizeof(fake_groups)) == 0));
		k.n_groups = (int)first;
		return 0;
	}
	second = va_arg(args, long);
	ck_assert_int_eq(va_arg(args, long), -1);
	va_end(args);
	ck_assert_int_eq(first, -1);
	if (!k.is_on)
		return __real_syscall(number, first, second, -1L);
	if (number == SETRESUID)
		return change("uid", second, true);
	ck_assert_int_eq(number, SETRESGID);
	if (change("gid", second, false) < 0)
		return -1;
	k.egid = (gid_t)second;
	return 0;
}

static struct kernel
a_kernel(void)
{
	struct kernel fresh = { .is_on = true, .n_groups = FAKE_GROUPS,
		.dumpable = 1, .death_signal = SIGUSR1 };

	return fresh;
}

static void
assert_as_before(void)
{
	ck_assert_uint_eq(k.euid, 0);
	ck_assert_uint_eq(k.egid, 0);
	ck_assert_int_eq(k.n_groups, FAKE_GROUPS);
	ck_assert_int_eq(k.dumpable, 1);
	ck_assert_int_eq(k.death_signal, SIGUSR1);
}

/* --- the tests -------------------------------------------------------------- */

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

START_TEST(test_order)
{
	struct asuser u;

	k = a_kernel();
	ck_assert_int_eq(asuser_begin(&u, 4711, 4712, &err), 0);
	ck_assert_str_eq(k.changes, " groups:0 gid:4712 uid:4711");
	ck_assert_int_eq(asuser_end(&u, &err), 0);
	ck_assert_str_eq(k.changes,
	    " groups:0 gid:4712 uid:4711 uid:0 gid:0 groups:3");
	assert_as_before();
	/* What was undumpable for its rights stays so. */
	k = a_kernel();
	k.dumpable = 2;
	k.death_signal = 0;
	ck_assert_int_eq(asuser_begin(&u, 4711, 4712, &err), 0);
	ck_assert_int_eq(asuser_end(&u, &err), 0);
	ck_assert_int_eq(k.dumpable, 2);
	ck_assert_int_eq(k.death_signal, 0);
	k.is_on = false;
}
END_TEST

START_TEST(test_not_root)
{
	struct asuser u;

	k = a_kernel();
	k.euid = 1000;
	ck_assert_int_eq(asuser_begin(&u, 4711, 4711, &err), -1);
	assert_err(&err, ERR_REFUSED, "only root can ask another user's agent");
	ck_assert(!u.is_stuck);
	ck_assert_str_eq(k.changes, "");
	k.is_on = false;
}
END_TEST

static const struct {
	int question, change, undo;
	bool is_stuck;
	enum err_code code;
	const char *message, *changes;
} refusals[] = {
	{ 1, 0, 0, false, ERR_SYSTEM, "getgroups: Cannot allocate memory", "" },
	{ 2, 0, 0, false, ERR_MEMORY, "out of memory", "" },
	{ 3, 0, 0, false, ERR_SYSTEM, "getgroups: Cannot allocate memory", "" },
	{ 0, 1, 0, false, ERR_SYSTEM,
	    "becoming uid 4711: Operation not permitted",
	    " groups:0 uid:0 gid:0 groups:3" },
	{ 0, 2, 0, false, ERR_SYSTEM,
	    "becoming uid 4711: Operation not permitted",
	    " groups:0 gid:4711 uid:0 gid:0 groups:3" },
	{ 0, 3, 0, false, ERR_SYSTEM,
	    "becoming uid 4711: Operation not permitted",
	    " groups:0 gid:4711 uid:4711 uid:0 gid:0 groups:3" },
	/* Nor is what was changed until then undone. */
	{ 0, 3, 4, true, ERR_SYSTEM,
	    "becoming uid 4711: Operation not permitted",
	    " groups:0 gid:4711 uid:4711 uid:0" },
	{ 0, 3, 6, true, ERR_SYSTEM,
	    "becoming uid 4711: Operation not permitted",
	    " groups:0 gid:4711 uid:4711 uid:0 gid:0 groups:3" },
};

START_TEST(test_refused)
{
	struct asuser u;

	k = a_kernel();
	k.failing_question = refusals[_i].question;
	k.failing_change = refusals[_i].change;
	k.failing_undo = refusals[_i].undo;
	ck_assert_int_eq(asuser_begin(&u, 4711, 4711, &err), -1);
	assert_err(&err, refusals[_i].code, refusals[_i].message);
	ck_assert_str_eq(k.changes, refusals[_i].changes);
	ck_assert(u.is_stuck == refusals[_i].is_stuck);
	if (!u.is_stuck)
		assert_as_before();
	/* Nothing is left to be ended. */
	ck_assert_int_eq(asuser_end(&u, &err), 0);
	ck_assert_str_eq(k.changes, refusals[_i].changes);
	k.is_on = false;
}
END_TEST

/* Each of the three ways back. */
START_TEST(test_stuck)
{
	struct asuser u;

	k = a_kernel();
	k.failing_change = 4 + _i;
	ck_assert_int_eq(asuser_begin(&u, 4711, 4711, &err), 0);
	ck_assert_int_eq(asuser_end(&u, &err), -1);
	assert_err(&err, ERR_SYSTEM,
	    "becoming uid 0 again: Operation not permitted");
	ck_assert(u.is_stuck);
	k.is_on = false;
}
END_TEST

/* A kernel that does not tell of the signal has none to be set again. */
START_TEST(test_no_signal)
{
	struct asuser u;

	k = a_kernel();
	k.failing_question = 4;
	ck_assert_int_eq(asuser_begin(&u, 4711, 4711, &err), 0);
	ck_assert_int_eq(asuser_end(&u, &err), 0);
	ck_assert_int_eq(k.death_signal, 0);
	ck_assert_int_eq(k.dumpable, 1);
	k.is_on = false;
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("asuser");

	tcase_add_test(tc, test_oneself);
	tcase_add_test(tc, test_other);
	tcase_add_test(tc, test_order);
	tcase_add_test(tc, test_not_root);
	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(refusals));
	tcase_add_loop_test(tc, test_stuck, 0, 3);
	tcase_add_test(tc, test_no_signal);
	return run_case("asuser", tc);
}
