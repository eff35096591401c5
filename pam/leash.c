#include "config.h"

#include "pam/leash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HELPER PKGLIBEXECDIR "/session-end"
/* What helpers/session-end is given: the process to watch. */
#define PIDFD_AT 3
#define REPORT_AT 4
#define NUMBER_SIZE 24

static void
free_text(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh;
	(void)status;
	free(data);
}

static int
tell_systemd(const struct call *c, uint64_t left_s, struct err *err)
{
	char *text = malloc(NUMBER_SIZE);

	if (text == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	(void)snprintf(text, NUMBER_SIZE, "%" PRIu64 "s", left_s);
	if (pam_set_data(c->pamh, "systemd.runtime_max_sec", text,
		free_text) != PAM_SUCCESS) {
		free(text);
		return err_setf(err, ERR_MEMORY,
		    "PAM does not keep the session's limit");
	}
	return 0;
}

/* A process that nobody is sent SIGCHLD for: the program's own are its. */
static pid_t
fork_silently(void)
{
	return (pid_t)syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
}

static void
become_daemon(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t none;
	int fd, i;

	for (i = 1; i < NSIG; i++)
		(void)sigaction(i, &plain, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	(void)!chdir("/");
	if ((fd = open("/dev/null", O_RDWR)) >= 0)
		for (i = 0; i < PIDFD_AT; i++)
			(void)dup2(fd, i);
}

static void
close_from(int from)
{
	int fd;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (long)from, (long)INT_MAX, 0L) == 0)
		return;
#endif
	for (fd = from; fd < 4096; fd++)
		(void)close(fd);
}

static void
report_and_exit(int report)
{
	int error = errno;

	(void)!write(report, &error, sizeof(error));
	_exit(1);
}

/* In the new process: only what a signal handler may call. */
static void
run_helper(int pidfd, int report, char *const argv[])
{
	static char *const no_environment[] = { NULL };
	pid_t second = fork_silently();
	int high_report;

	/* The first one ends at once, so that nobody has to wait for it. */
	if (second > 0)
		_exit(0);
	if (second < 0)
		report_and_exit(report);
	/* Out of the way of 0 to 4, then to their places. */
	pidfd = fcntl(pidfd, F_DUPFD, 10);
	high_report = fcntl(report, F_DUPFD, 10);
	/* By the one that is there: silence would mean that all is well. */
	if (pidfd < 0 || high_report < 0)
		report_and_exit(report);
	report = high_report;
	become_daemon();
	if (dup2(pidfd, PIDFD_AT) < 0 ||
	    dup3(report, REPORT_AT, O_CLOEXEC) < 0)
		report_and_exit(report);
	/* What sshd has open is not the helper's. */
	close_from(REPORT_AT + 1);
	(void)execve(HELPER, argv, no_environment);
	report_and_exit(REPORT_AT);
}

/* Wait for the exec: the pipe ends without a word where it worked. */
static int
wait_for_exec(int report, pid_t child, struct err *err)
{
	int error = 0;
	ssize_t n;

	do
		n = read(report, &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	while (waitpid(child, NULL, __WALL) < 0 && errno == EINTR)
		;
	if (n == 0)
		return 0;
	errno = n == sizeof(error) ? error : EIO;
	return err_system(err, "%s", HELPER);
}

static int
start_helper(const struct call *c, uint64_t end_at, struct err *err)
{
	char end[NUMBER_SIZE], pid[NUMBER_SIZE], uid[NUMBER_SIZE];
	char name[] = "session-end";
	char *const argv[] = { name, pid, uid, end, NULL };
	int report[2] = { -1, -1 };
	int pidfd, ret = -1;
	pid_t child;

	(void)snprintf(end, sizeof(end), "%" PRIu64, end_at);
	(void)snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	(void)snprintf(uid, sizeof(uid), "%lu", (unsigned long)c->uid);
	pidfd = (int)syscall(SYS_pidfd_open, (long)getpid(), 0L);
	if (pidfd < 0)
		return err_system(err, "pidfd_open");
	if (pipe2(report, O_CLOEXEC) < 0) {
		(void)err_system(err, "pipe");
		goto out;
	}
	if ((child = fork_silently()) == 0)
		run_helper(pidfd, report[1], argv);
	(void)close(report[1]);
	if (child < 0)
		(void)err_system(err, "clone");
	else
		ret = wait_for_exec(report[0], child, err);
	(void)close(report[0]);
out:
	(void)close(pidfd);
	return ret;
}

int
leash_put(const struct call *c, uint64_t valid_before, struct err *err)
{
	uint64_t now = (uint64_t)time(NULL), end_at;

	if (!c->options.ends_at_expiry || valid_before > INT64_MAX / 2)
		return 0;
	end_at = valid_before + c->options.grace_s;
	/* 0 would be no limit. */
	if (end_at <= now)
		end_at = now + 1;
	if (tell_systemd(c, end_at - now, err) < 0)
		return -1;
	call_debug(c, "the session ends in %" PRIu64 " s", end_at - now);
	return start_helper(c, end_at, err);
}
