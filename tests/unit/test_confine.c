/*
 * What the two sandboxes (lib/confine, lib/sandbox) do on kernels that have
 * more, or less, than this one, and where one of their calls fails.  Each try
 * is in a child, since there is no way back.
 */
#include "config.h"

#include "lib/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/sandbox.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

/* Of the kernel's Landlock; 0: none. */
static long abi;
static char dir[64];

/* What a child found. */
static struct report {
	int ret; /* sandbox_enter's, or enum confined */
	int open_errno, mkdir_errno; /* 0: that worked */
	bool has_failed; /* a call, as it should */
	struct sandbox_state state;
	struct err err;
} *report;

static void
setup(void)
{
	abi = syscall(444, NULL, (size_t)0, 1U);
	if (abi < 0)
		abi = 0;
	failing_landlock = 0;
	(void)snprintf(dir, sizeof(dir), "/tmp/test_confine.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(report != MAP_FAILED);
}

static void
teardown(void)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/made", dir);
	(void)rmdir(path);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(munmap(report, sizeof(*report)), 0);
}

/* In a child: what can be done now. */
static void
look(void)
{
	char path[80];

	report->has_failed = failing_stop();
	(void)snprintf(path, sizeof(path), "%s/made", dir);
	report->open_errno = open("/etc/passwd", O_RDONLY) == -1 ? errno : 0;
	report->mkdir_errno = mkdir(path, 0700) == -1 ? errno : 0;
}

static void
wait_for(pid_t pid)
{
	int status;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", (unsigned int)status);
}

static void
confine(uint64_t calls, unsigned int nth, int number)
{
	pid_t pid = fork();

	if (pid == 0) {
		failing_start(calls, nth, number);
		report->ret = (int)confine_enter();
		look();
		_exit(0);
	}
	wait_for(pid);
}

#ifndef __SANITIZE_ADDRESS__
/* As the kernel says of itself, and as one says that knows less or more. */
START_TEST(test_confine_abi)
{
	enum confined want = CONFINED_BY_SECCOMP;

	failing_landlock = _i;
	if (_i == 0 ? abi > 0 : _i <= abi)
		want = CONFINED_BY_LANDLOCK;
	confine(0, 1, 0);
	ck_assert_int_eq(report->ret, (int)want);
	ck_assert_int_eq(report->mkdir_errno,
	    want == CONFINED_BY_LANDLOCK ? EACCES : EPERM);
	ck_assert_int_eq(report->open_errno,
	    want == CONFINED_BY_LANDLOCK ? EMFILE : EPERM);
}
END_TEST

/* Landlock fails at any step: the filter takes its place. */
START_TEST(test_confine_landlock_fails)
{
	unsigned int nth;

	if (abi == 0)
		return;
	for (nth = 1; nth <= 3; nth++) {
		confine(FAILING(syscall), nth, EOPNOTSUPP);
		ck_assert(report->has_failed);
		ck_assert_int_eq(report->ret, CONFINED_BY_SECCOMP);
		ck_assert_int_eq(report->mkdir_errno, EPERM);
		ck_assert_int_eq(report->open_errno, EPERM);
	}
}
END_TEST

#endif

/* A kernel that has neither: the limits hold, and a login is served. */
START_TEST(test_confine_neither)
{
	confine(FAILING(syscall) | FAILING(prctl), FAILING_ALL, EINVAL);
	ck_assert(report->has_failed);
	ck_assert_int_eq(report->ret, CONFINED_BY_LIMITS);
	ck_assert_int_eq(report->open_errno, EMFILE);
	ck_assert_int_eq(report->mkdir_errno, 0);
}
END_TEST

static void
enter(uint64_t calls, unsigned int nth, int number)
{
	const char *const paths[] = { "/etc", "/no/such/path", NULL };
	const uint16_t ports[] = { 443, 0 };
	const struct sandbox s = { paths, ports };
	pid_t pid = fork();

	if (pid == 0) {
		err_clear(&report->err);
		memset(&report->state, 0, sizeof(report->state));
		failing_start(calls, nth, number);
		report->ret = sandbox_enter(&s, &report->state, &report->err);
		look();
		_exit(0);
	}
	wait_for(pid);
}

/* How often in all may be the kernel's to say; the messages go round. */
static const struct row {
	const char *name;
	uint64_t calls;
	int number;
	bool needs_landlock;
	unsigned int n_least;
	const char *want[4]; /* by call; the last one for all further ones */
} rows[] = {
	{ "prctl", FAILING(prctl), EPERM, false, 2,
	    { "sandbox: no new privileges: Operation not permitted",
	        "sandbox: prctl: Operation not permitted", "" } },
	{ "setrlimit", FAILING(setrlimit), EPERM, false, 4,
	    { "sandbox: setrlimit: Operation not permitted" } },
	/* Then the limit is set without a look at what it was. */
	{ "getrlimit", FAILING(getrlimit), EPERM, false, 4, { "" } },
	{ "path", FAILING(fstat), EIO, true, 1,
	    { "sandbox: /etc: Input/output error" } },
	{ "path is missing", FAILING(open), EACCES, true, 2, { "" } },
	{ "Landlock", FAILING(syscall), E2BIG, true, 4,
	    { "", "sandbox: Landlock: Argument list too long",
	        "sandbox: Landlock: /etc: Argument list too long",
	        "sandbox: Landlock: Argument list too long" } },
	{ "seccomp", FAILING(seccomp), ENOMEM, false, 100,
	    { "sandbox: seccomp: Cannot allocate memory" } },
};

START_TEST(test_sandbox)
{
	const struct row *r = &rows[_i];
	const char *want = r->want[0];
	unsigned int nth;

	if (r->needs_landlock && abi == 0)
		return;
	for (nth = 1;; nth++) {
		enter(r->calls, nth, r->number);
		if (!report->has_failed)
			break;
		if (nth <= 4 && r->want[nth - 1] != NULL)
			want = r->want[nth - 1];
		/* The port's rule comes between, from ABI 4. */
		if (abi >= 4 && r->calls == FAILING(syscall) && nth == 4)
			want = "sandbox: Landlock: port: Argument list too long";
		if (abi >= 4 && r->calls == FAILING(syscall) && nth == 5)
			want = "sandbox: Landlock: Argument list too long";
		ck_assert_msg(strcmp(report->err.text, want) == 0,
		    "%s: call %u: \"%s\"", r->name, nth, report->err.text);
		ck_assert_int_eq(report->ret, want[0] == '\0' ? 0 : -1);
	}
	ck_assert_int_eq(report->ret, 0);
	ck_assert_msg(nth > r->n_least, "%s: only %u calls", r->name, nth - 1);
}
END_TEST

/* What the kernel has is said, and is enforced. */
START_TEST(test_sandbox_abi)
{
	failing_landlock = _i;
	enter(0, 1, 0);
	if (_i > abi) {
		ck_assert_int_eq(report->ret, -1);
		ck_assert_int_eq((int)report->err.code, ERR_SYSTEM);
		return;
	}
	ck_assert_msg(report->ret == 0, "%s", report->err.text);
	ck_assert_int_eq(report->state.landlock, _i == 0 ? (int)abi : _i);
	ck_assert(report->state.has_seccomp);
	ck_assert_int_eq(report->mkdir_errno, EPERM);
	ck_assert_int_eq(report->open_errno, 0);
}
END_TEST

/* Neither is in the kernel: said so, and no failure. */
START_TEST(test_sandbox_neither)
{
	enter(FAILING(syscall), 1, ENOSYS);
	ck_assert(report->has_failed);
	ck_assert_int_eq(report->ret, 0);
	ck_assert_int_eq(report->state.landlock, 0);
	enter(FAILING(prctl), 3, EINVAL);
	ck_assert(report->has_failed);
	ck_assert_int_eq(report->ret, 0);
	ck_assert(!report->state.has_seccomp);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("confine");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_confine_neither);
	/* Its own calls are refused by the filter, too. */
#ifndef __SANITIZE_ADDRESS__
	tcase_add_loop_test(tc, test_confine_abi, 0, 8);
	tcase_add_test(tc, test_confine_landlock_fails);
#endif
	tcase_add_loop_test(tc, test_sandbox, 0, N_ROWS(rows));
	tcase_add_loop_test(tc, test_sandbox_abi, 0, 8);
	tcase_add_test(tc, test_sandbox_neither);
	return run_case("confine", tc);
}
