/*
 * helpers/session-end, run on processes of the test's own: it ends the tree
 * that it is given, and nobody else.
 */
#include "config.h"

#include "tests/unit/harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HELPER "helpers/session-end"
#define PIDFD 3

/* Start it with pidfd as descriptor 3, or none where that is -1. */
static pid_t
start(int pidfd, const char *pid, const char *end)
{
	pid_t child = fork();
	char uid[24];
	int sink;

	ck_assert_int_ge(child, 0);
	if (child != 0)
		return child;
	(void)snprintf(uid, sizeof(uid), "%lu", (unsigned long)getuid());
	sink = open("/dev/null", O_RDWR);
	(void)dup2(sink, STDERR_FILENO);
	if (pidfd >= 0)
		(void)dup2(pidfd, PIDFD);
	else
		(void)close(PIDFD);
	if (end == NULL)
		(void)execl(HELPER, HELPER, (char *)NULL);
	else
		(void)execl(HELPER, HELPER, pid, uid, end, (char *)NULL);
	_exit(99);
}

static int
status_of(pid_t child)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
open_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, (long)pid, 0L);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static pid_t
start_sleeper(void)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		for (;;)
			(void)pause();
	return child;
}

static bool
has_ended(int pidfd, int wait_ms)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };

	return poll(&fd, 1, wait_ms) == 1;
}

static const char *
text_of(char out[24], long v)
{
	(void)snprintf(out, 24, "%ld", v);
	return out;
}

START_TEST(test_usage)
{
	char pid[24];

	text_of(pid, (long)getpid());
	ck_assert_int_eq(status_of(start(-1, pid, NULL)), 2);
	ck_assert_int_eq(status_of(start(-1, "x", "1")), 2);
	ck_assert_int_eq(status_of(start(-1, "-1", "1")), 2);
	ck_assert_int_eq(status_of(start(-1, pid, "1 ")), 2);
}
END_TEST

/* Its word for a process is the pidfd, not the number. */
START_TEST(test_no_proof)
{
	pid_t mine = start_sleeper(), other = start_sleeper();
	int fd = open_pidfd(mine), other_fd = open_pidfd(other);
	char pid[24];

	text_of(pid, (long)other);
	ck_assert_int_eq(status_of(start(-1, pid, "1")), 1);
	ck_assert_int_eq(status_of(start(fd, pid, "1")), 1);
	ck_assert(!has_ended(fd, 0) && !has_ended(other_fd, 0));
	(void)kill(mine, SIGKILL);
	(void)kill(other, SIGKILL);
	(void)waitpid(mine, NULL, 0);
	(void)waitpid(other, NULL, 0);
	(void)close(fd);
	(void)close(other_fd);
}
END_TEST

/* A leader with a child that ignores all it can; a sibling that is spared. */
START_TEST(test_ends_tree_only)
{
	pid_t leader, grandchild, sibling = start_sleeper();
	int report[2], leader_fd, grandchild_fd, sibling_fd;
	char pid[24], end[24];

	ck_assert_int_eq(pipe(report), 0);
	leader = fork();
	ck_assert_int_ge(leader, 0);
	if (leader == 0) {
		pid_t child;

		/* Check's handler would end the whole test. */
		(void)signal(SIGTERM, SIG_DFL);
		child = fork();
		if (child == 0) {
			(void)signal(SIGTERM, SIG_IGN);
			(void)signal(SIGHUP, SIG_IGN);
			(void)setsid();
			child = getpid();
			(void)!write(report[1], &child, sizeof(child));
		}
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(report[0], &grandchild, sizeof(grandchild)),
	    sizeof(grandchild));
	leader_fd = open_pidfd(leader);
	grandchild_fd = open_pidfd(grandchild);
	sibling_fd = open_pidfd(sibling);
	ck_assert_int_eq(status_of(start(leader_fd, text_of(pid, (long)leader),
	    text_of(end, (long)time(NULL) + 1))), 0);
	ck_assert(has_ended(leader_fd, 20000));
	ck_assert(has_ended(grandchild_fd, 20000));
	ck_assert(!has_ended(sibling_fd, 0));
	(void)kill(sibling, SIGKILL);
	(void)waitpid(sibling, NULL, 0);
	(void)waitpid(leader, NULL, 0);
	(void)close(leader_fd);
	(void)close(grandchild_fd);
	(void)close(sibling_fd);
	(void)close(report[0]);
	(void)close(report[1]);
}
END_TEST

/* It ends with its session, however far the end is. */
START_TEST(test_ends_with_session)
{
	pid_t leader = start_sleeper(), helper;
	int fd = open_pidfd(leader);
	char pid[24], end[24];

	helper = start(fd, text_of(pid, (long)leader),
	    text_of(end, (long)time(NULL) + 100000));
	(void)kill(leader, SIGKILL);
	(void)waitpid(leader, NULL, 0);
	ck_assert_int_eq(status_of(helper), 0);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("session-end");

	tcase_add_test(tc, test_usage);
	tcase_add_test(tc, test_no_proof);
	tcase_add_test(tc, test_ends_tree_only);
	tcase_add_test(tc, test_ends_with_session);
	return run_case("session-end", tc);
}
