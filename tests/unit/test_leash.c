/*
 * pam/leash.c, built to start this program, which then writes down what it
 * was given, and in what state; session-end itself has a test of its own.
 */
#include "config.h"

#include "pam/leash.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HELPER PKGLIBEXECDIR "/session-end"
#define REPORT PKGLIBEXECDIR "/report"

/* --- in place of libpam, which takes this from modules only ----------------- */

static char *kept;
static void (*kept_cleanup)(pam_handle_t *, void *, int);
static int kept_result;

int
pam_set_data(pam_handle_t *pamh, const char *name, void *data,
    void (*cleanup)(pam_handle_t *pamh, void *data, int status))
{
	(void)pamh;
	ck_assert_str_eq(name, "systemd.runtime_max_sec");
	if (kept_result == PAM_SUCCESS) {
		kept = data;
		kept_cleanup = cleanup;
	}
	return kept_result;
}

/* --- in place of session-end ------------------------------------------------ */

static void
report_descriptors(FILE *out)
{
	char name[64], target[256];
	ssize_t n;
	int fd;

	for (fd = 0; fd < 1024; fd++) {
		if (fd == fileno(out))
			continue;
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		n = readlink(name, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = '\0';
		(void)fprintf(out, "fd %d %s\n", fd, target);
	}
}

/* Whom descriptor 3 stands for. */
static void
report_pidfd(FILE *out)
{
	FILE *in = fopen("/proc/self/fdinfo/3", "re");
	char line[128];

	while (in != NULL && fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "Pid:", 4) == 0)
			(void)fprintf(out, "pidfd %ld\n", atol(line + 4));
	if (in != NULL)
		(void)fclose(in);
}

static int
be_helper(int argc, char *const argv[])
{
	FILE *out = fopen(REPORT ".new", "we");
	struct sigaction action;
	sigset_t blocked;
	char folder[256];
	int i, n = 0;

	if (out == NULL)
		return 1;
	for (i = 0; i < argc; i++)
		(void)fprintf(out, "%s%s", i == 0 ? "" : " ", argv[i]);
	(void)fprintf(out, "\n");
	for (i = 0; environ[i] != NULL; i++)
		n++;
	(void)fprintf(out, "environment %d\n", n);
	(void)fprintf(out, "in %s, %s\n", getcwd(folder, sizeof(folder)),
	    getsid(0) == getpid() ? "leads a session" : "leads none");
	(void)sigprocmask(SIG_SETMASK, NULL, &blocked);
	(void)sigaction(SIGPIPE, NULL, &action);
	(void)fprintf(out, "SIGUSR1 %s, SIGPIPE %s\n",
	    sigismember(&blocked, SIGUSR1) ? "blocked" : "open",
	    action.sa_handler == SIG_DFL ? "default" : "changed");
	report_descriptors(out);
	report_pidfd(out);
	return fclose(out) != 0 || rename(REPORT ".new", REPORT) != 0;
}

/* --- the tests -------------------------------------------------------------- */

static struct call call;
static int n_children;

static void
note_child(int signal)
{
	(void)signal;
	n_children++;
}

static void
setup(void)
{
	char program[256];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	ck_assert_int_gt(n, 0);
	program[n] = '\0';
	(void)mkdir(PKGLIBEXECDIR, 0755);
	(void)unlink(HELPER);
	(void)unlink(REPORT);
	ck_assert_int_eq(symlink(program, HELPER), 0);
	memset(&call, 0, sizeof(call));
	/* Ours is libpam here, and looks at it no further. */
	call.pamh = (pam_handle_t *)&call;
	call.uid = 4711;
	call.options.ends_at_expiry = true;
	kept_result = PAM_SUCCESS;
}

static void
teardown(void)
{
	if (kept != NULL)
		kept_cleanup(NULL, kept, 0);
	kept = NULL;
	(void)unlink(HELPER);
	(void)unlink(REPORT);
	(void)rmdir(PKGLIBEXECDIR);
}

/* What the helper wrote, in out. */
static void
read_report(char *out, size_t size)
{
	size_t n;
	FILE *f;
	int i;

	for (i = 0; (f = fopen(REPORT, "re")) == NULL && i < 6000; i++)
		(void)usleep(10000);
	ck_assert_ptr_nonnull(f);
	n = fread(out, 1, size - 1, f);
	out[n] = '\0';
	(void)fclose(f);
}

static void
assert_nothing_started(void)
{
	ck_assert_int_eq(access(REPORT, F_OK), -1);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

/* The helper has what it needs, and nothing of the caller's. */
START_TEST(test_helper)
{
	uint64_t end_at = (uint64_t)time(NULL) + 1000;
	char report[4096], want[1024];
	struct err err = ERR_INIT;
	long left_s;
	char *end;
	int fd;

	/* What sshd has open is often not marked close-on-exec. */
	fd = open("/etc/passwd", O_RDONLY);
	ck_assert_int_eq(dup2(fd, 40), 40);
	call.options.grace_s = 100;
	ck_assert_msg(leash_put(&call, end_at, &err) == 0, "%s", err.text);
	read_report(report, sizeof(report));
	(void)snprintf(want, sizeof(want),
	    "session-end %ld 4711 %llu\n"
	    "environment 0\n"
	    "in /, leads a session\n"
	    "SIGUSR1 open, SIGPIPE default\n"
	    "fd 0 /dev/null\n"
	    "fd 1 /dev/null\n"
	    "fd 2 /dev/null\n"
	    "fd 3 anon_inode:[pidfd]\n"
	    "pidfd %ld\n",
	    (long)getpid(), (unsigned long long)(end_at + 100),
	    (long)getpid());
	/* Newer kernels have a file system for them. */
	if ((end = strstr(report, "pidfd:[")) != NULL) {
		memmove(end + strlen("anon_inode:[pidfd]"),
		    end + strcspn(end, "\n"),
		    strlen(end + strcspn(end, "\n")) + 1);
		memcpy(end, "anon_inode:[pidfd]", strlen("anon_inode:[pidfd]"));
	}
	ck_assert_str_eq(report, want);

	/* pam_systemd(8) reads seconds. */
	ck_assert_ptr_nonnull(kept);
	left_s = strtol(kept, &end, 10);
	ck_assert_str_eq(end, "s");
	ck_assert(left_s > 0 && left_s <= 1100);
	(void)close(40);
	(void)close(fd);
}
END_TEST

/* Whoever calls is as before, and hears of no child. */
START_TEST(test_caller)
{
	struct sigaction note = { .sa_handler = note_child }, action;
	char before[256], after[256], report[4096];
	struct err err = ERR_INIT;
	sigset_t mask;
	int n_before;

	(void)sigaction(SIGCHLD, &note, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGUSR1);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	(void)umask(0031);
	ck_assert_ptr_nonnull(getcwd(before, sizeof(before)));
	n_before = count_descriptors();

	ck_assert_msg(leash_put(&call, (uint64_t)time(NULL) + 9, &err) == 0,
	    "%s", err.text);
	read_report(report, sizeof(report));
	ck_assert_ptr_nonnull(
	    strstr(report, "SIGUSR1 open, SIGPIPE default\n"));

	ck_assert_int_eq(count_descriptors(), n_before);
	ck_assert_str_eq(getcwd(after, sizeof(after)), before);
	ck_assert_int_eq((int)umask(0), 0031);
	(void)sigprocmask(SIG_SETMASK, NULL, &mask);
	ck_assert(sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM));
	(void)sigaction(SIGPIPE, NULL, &action);
	ck_assert(action.sa_handler == SIG_IGN);
	ck_assert_int_eq(waitpid(-1, NULL, __WALL), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(n_children, 0);
}
END_TEST

START_TEST(test_no_limit)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(leash_put(&call, UINT64_MAX, &err), 0);
	call.options.ends_at_expiry = false;
	ck_assert_int_eq(leash_put(&call, 1, &err), 0);
	ck_assert_ptr_null(kept);
	assert_nothing_started();
}
END_TEST

/* 0 seconds would be no limit to systemd. */
START_TEST(test_over)
{
	uint64_t before = (uint64_t)time(NULL), end_at;
	struct err err = ERR_INIT;
	char report[4096];
	const char *last;

	ck_assert_int_eq(leash_put(&call, 0, &err), 0);
	ck_assert_str_eq(kept, "1s");
	read_report(report, sizeof(report));
	report[strcspn(report, "\n")] = '\0';
	ck_assert_ptr_nonnull(last = strrchr(report, ' '));
	end_at = strtoull(last, NULL, 10);
	ck_assert_uint_gt(end_at, before);
	ck_assert_uint_le(end_at, (uint64_t)time(NULL) + 1);
}
END_TEST

/* A session that nothing would end does not open. */
START_TEST(test_no_helper)
{
	struct err err = ERR_INIT;

	ck_assert_int_eq(unlink(HELPER), 0);
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	assert_err(&err, ERR_SYSTEM, HELPER ": No such file or directory");
	assert_nothing_started();
	kept_cleanup(NULL, kept, 0);
	kept = NULL;

	err_clear(&err);
	ck_assert_int_eq(symlink("/etc/passwd", HELPER), 0);
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	assert_err(&err, ERR_SYSTEM, HELPER ": Permission denied");
	assert_nothing_started();
	kept_cleanup(NULL, kept, 0);
	kept = NULL;

	/* It says so where each descriptor was closed by itself, too. */
	err_clear(&err);
	failing_start(FAILING(syscall), 4, ENOSYS);
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	(void)failing_stop();
	assert_err(&err, ERR_SYSTEM, HELPER ": Permission denied");
	assert_nothing_started();
}
END_TEST

START_TEST(test_no_data)
{
	struct err err = ERR_INIT;

	kept_result = PAM_BUF_ERR;
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	assert_err(&err, ERR_MEMORY, "PAM does not keep the session's limit");
	assert_nothing_started();
}
END_TEST

/* The first descriptor is missing, then the second. */
START_TEST(test_no_descriptors)
{
	static const char *const want[] = {
		"pidfd_open: Too many open files",
		"pipe: Too many open files",
		"pipe: Too many open files",
	};
	struct rlimit before, limit;
	struct err err = ERR_INIT;
	int next = dup(0);

	ck_assert_int_ge(next, 0);
	(void)close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)(next + _i);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	assert_err(&err, ERR_SYSTEM, want[_i]);
	assert_nothing_started();
	ck_assert_int_eq(dup(0), _i == 0 ? -1 : next);
	/* A sanitizer opens files when the process ends. */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

/* Calls that fail, here or in the processes on the way to the helper. */
static const struct {
	uint64_t set;
	unsigned int nth;
	int number;
	const char *want;
} failures[] = {
	{ FAILING_MEMORY, 1, ENOMEM, "out of memory" },
	{ FAILING(syscall), 1, ENOSYS, "pidfd_open: Function not implemented" },
	{ FAILING(syscall), 2, EAGAIN,
	    "clone: Resource temporarily unavailable" },
	/* The second process, by the first one. */
	{ FAILING(syscall), 3, EAGAIN,
	    HELPER ": Resource temporarily unavailable" },
	{ FAILING(fcntl), 1, EMFILE, HELPER ": Too many open files" },
	{ FAILING(fcntl), 2, EMFILE, HELPER ": Too many open files" },
	/* After standard input, output and error. */
	{ FAILING(dup2), 4, EMFILE, HELPER ": Too many open files" },
};

START_TEST(test_failures)
{
	struct err err = ERR_INIT;
	int n_before = count_descriptors();

	failing_start(failures[_i].set, failures[_i].nth, failures[_i].number);
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	(void)failing_stop();
	assert_err(&err, failures[_i].number == ENOMEM ? ERR_MEMORY : ERR_SYSTEM,
	    failures[_i].want);
	assert_nothing_started();
	ck_assert_int_eq(count_descriptors(), n_before);
}
END_TEST

/* The first process has room for its descriptors, the second for no copy. */
START_TEST(test_no_copies)
{
	struct rlimit before, limit;
	struct err err = ERR_INIT;
	int next;

	while ((next = dup(0)) < 40)
		ck_assert_int_ge(next, 0);
	(void)close(next);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)(next + 3 + _i);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_err(&err, ERR_SYSTEM, HELPER ": Too many open files");
	assert_nothing_started();
}
END_TEST

/* What does not keep the helper from its work, nor the caller from hearing. */
START_TEST(test_weathered)
{
	static const struct {
		uint64_t set;
		unsigned int nth;
		int number;
	} rows[] = {
		{ FAILING(read), 1, EINTR },
		/* close_range, on a kernel before 5.9. */
		{ FAILING(syscall), 4, ENOSYS },
	};
	char report[4096];
	struct err err = ERR_INIT;
	int fd = open("/etc/passwd", O_RDONLY);

	ck_assert_int_eq(dup2(fd, 40), 40);
	failing_start(rows[_i].set, rows[_i].nth, rows[_i].number);
	ck_assert_msg(leash_put(&call, (uint64_t)time(NULL) + 9, &err) == 0,
	    "%s", err.text);
	(void)failing_stop();
	read_report(report, sizeof(report));
	ck_assert_ptr_nonnull(strstr(report, "\nfd 0 /dev/null\nfd 1 /dev/null\n"
	    "fd 2 /dev/null\nfd 3 "));
	ck_assert_ptr_null(strstr(report, "/etc/passwd"));
	(void)close(40);
	(void)close(fd);
}
END_TEST

/* Whether it runs is not known, so that the session does not open. */
START_TEST(test_no_answer)
{
	char report[4096];
	struct err err = ERR_INIT;

	failing_start(FAILING(read), 1, EIO);
	ck_assert_int_eq(leash_put(&call, 1, &err), -1);
	ck_assert(failing_stop());
	assert_err(&err, ERR_SYSTEM, HELPER ": Input/output error");
	read_report(report, sizeof(report));
}
END_TEST

int
main(int argc, char *argv[])
{
	TCase *tc;

	if (strcmp(argv[0], "session-end") == 0)
		return be_helper(argc, argv);
	tc = tcase_create("leash");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_helper);
	tcase_add_test(tc, test_caller);
	tcase_add_test(tc, test_no_limit);
	tcase_add_test(tc, test_over);
	tcase_add_test(tc, test_no_helper);
	tcase_add_test(tc, test_no_data);
	tcase_add_loop_test(tc, test_no_descriptors, 0, 3);
	tcase_add_loop_test(tc, test_failures, 0, N_ROWS(failures));
	tcase_add_loop_test(tc, test_no_copies, 0, 2);
	tcase_add_loop_test(tc, test_weathered, 0, 2);
	tcase_add_test(tc, test_no_answer);
	return run_case("leash", tc);
}
