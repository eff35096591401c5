#include "config.h"

#include "config-gen/lockfile.h"

#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define LOCK ".it.lock"

START_TEST(nobody_else_can_open_it)
{
	struct lockfile l = LOCKFILE_INIT;
	struct err err = ERR_INIT;
	struct stat st;

	ck_assert_int_eq(lockfile_take(&l, LOCK, 0, &err), 0);
	ck_assert_int_eq(lstat(LOCK, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	lockfile_drop(&l);
	ck_assert_int_eq(access(LOCK, F_OK), -1);
	lockfile_drop(&l);
}
END_TEST

START_TEST(one_at_a_time)
{
	struct lockfile l = LOCKFILE_INIT, other = LOCKFILE_INIT;
	struct err err = ERR_INIT;

	ck_assert_int_eq(lockfile_take(&l, LOCK, 0, &err), 0);
	ck_assert_int_eq(lockfile_take(&other, LOCK, 0, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "another certgate is at work and holds " LOCK "; try again when it "
	    "has ended");
	lockfile_drop(&other);
	ck_assert_int_eq(access(LOCK, F_OK), 0);
	lockfile_drop(&l);
	err_clear(&err);
	ck_assert_int_eq(lockfile_take(&other, LOCK, 0, &err), 0);
	lockfile_drop(&other);
}
END_TEST

/* Of one who was killed. */
START_TEST(left_behind)
{
	struct lockfile l = LOCKFILE_INIT;
	struct err err = ERR_INIT;

	policyfix_write_text(LOCK, "");
	ck_assert_int_eq(lockfile_take(&l, LOCK, 0, &err), 0);
	lockfile_drop(&l);
	ck_assert_int_eq(access(LOCK, F_OK), -1);
}
END_TEST

/* Who waited has the file that is there, not the one that was removed. */
START_TEST(waited)
{
	const struct timespec pause = { 0, 200L * 1000 * 1000 };
	struct lockfile l = LOCKFILE_INIT, other = LOCKFILE_INIT;
	struct err err = ERR_INIT;
	struct stat st;
	pid_t pid;
	int status;

	ck_assert_int_eq(lockfile_take(&l, LOCK, 0, &err), 0);
	if ((pid = fork()) == 0) {
		(void)nanosleep(&pause, NULL);
		lockfile_drop(&l);
		_exit(0);
	}
	(void)close(l.fd);
	l.fd = -1;
	ck_assert_int_eq(lockfile_take(&other, LOCK, 10, &err), 0);
	ck_assert_int_eq(fstat(other.fd, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	lockfile_drop(&other);
	lockfile_drop(&l);
}
END_TEST

static const struct row {
	const char *make, *text;
	enum err_code code;
} rows[] = {
	{ ": >" LOCK "; chmod 644 " LOCK,
	    LOCK ": not a lock that certgate made; move it away", ERR_UNSAFE },
	{ "umask 077; echo x >" LOCK,
	    LOCK ": not a lock that certgate made; move it away", ERR_UNSAFE },
	{ "umask 077; mkfifo " LOCK,
	    LOCK ": not a lock that certgate made; move it away", ERR_UNSAFE },
	{ "ln -s elsewhere " LOCK, LOCK ": Too many levels of symbolic links",
	    ERR_SYSTEM },
	{ "mkdir " LOCK, LOCK ": Is a directory", ERR_SYSTEM },
};

/* It is as it was afterwards. */
START_TEST(not_ours)
{
	const struct row *r = &rows[_i];
	struct lockfile l = LOCKFILE_INIT;
	struct err err = ERR_INIT;
	struct stat st;

	ck_assert_int_eq(system(r->make), 0);
	ck_assert_int_eq(lockfile_take(&l, LOCK, 0, &err), -1);
	assert_err(&err, r->code, r->text);
	lockfile_drop(&l);
	ck_assert_int_eq(lstat(LOCK, &st), 0);
	ck_assert_int_eq(access("elsewhere", F_OK), -1);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("lockfile");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_test(tc, nobody_else_can_open_it);
	tcase_add_test(tc, one_at_a_time);
	tcase_add_test(tc, left_behind);
	tcase_add_test(tc, waited);
	tcase_add_loop_test(tc, not_ours, 0, sizeof(rows) / sizeof(rows[0]));
	return run_case("lockfile", tc);
}
