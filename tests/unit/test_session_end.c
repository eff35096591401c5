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
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define HELPER "helpers/session-end"
#define PIDFD 3

/* Start it with pidfd as descriptor 3, or none where that is -1. */
static pid_t
start_for(int pidfd, const char *pid, const char *uid, const char *end)
{
	pid_t child = fork();
	int sink;

	ck_assert_int_ge(child, 0);
	if (child != 0)
		return child;
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

static pid_t
start(int pidfd, const char *pid, const char *end)
{
	char uid[24];

	(void)snprintf(uid, sizeof(uid), "%lu", (unsigned long)getuid());
	return start_for(pidfd, pid, uid, end);
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

/* No process of a test outlives the one that started it. */
static void
sleep_for_ever(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		(void)pause();
}

static pid_t
start_sleeper(void)
{
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		sleep_for_ever();
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
	ck_assert_int_eq(status_of(start(-1, pid, "")), 2);
	ck_assert_int_eq(status_of(start(-1, pid, "4611686018427387904")), 2);
	ck_assert_int_eq(status_of(start(-1, pid, "9223372036854775808")), 2);
	ck_assert_int_eq(status_of(start(-1, "2147483648", "1")), 2);
	ck_assert_int_eq(status_of(start_for(-1, pid, "4294967296", "1")), 2);
}
END_TEST

/* Its word for a process is the pidfd, not the number. */
START_TEST(test_no_proof)
{
	pid_t mine = start_sleeper(), other = start_sleeper();
	int fd = open_pidfd(mine), other_fd = open_pidfd(other);
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char pid[24];

	text_of(pid, (long)other);
	ck_assert_int_eq(status_of(start(-1, pid, "1")), 1);
	ck_assert_int_eq(status_of(start(fd, pid, "1")), 1);
	/* A descriptor, but of no process. */
	ck_assert_int_ge(null, 0);
	ck_assert_int_eq(status_of(start(null, pid, "1")), 1);
	(void)close(null);
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
		/* One that ends when it is asked to. */
		(void)start_sleeper();
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

/* Until the helper has begun to wait: it sleeps nowhere else. */
static void
wait_until_it_waits(pid_t helper)
{
	const struct timespec pause_ms = { 0, 1000000 };
	char path[64], text[256];
	bool waits = false;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)helper);
	while (!waits) {
		ck_assert_ptr_nonnull(f = fopen(path, "r"));
		waits = fgets(text, sizeof(text), f) != NULL &&
		    strstr(text, " (session-end) S ") != NULL;
		(void)fclose(f);
		(void)nanosleep(&pause_ms, NULL);
	}
}

/* It ends with its session, however far the end is. */
START_TEST(test_ends_with_session)
{
	pid_t leader = start_sleeper(), helper;
	int fd = open_pidfd(leader);
	char pid[24], end[24];

	helper = start(fd, text_of(pid, (long)leader),
	    text_of(end, (long)time(NULL) + 100000));
	wait_until_it_waits(helper);
	(void)kill(leader, SIGKILL);
	(void)waitpid(leader, NULL, 0);
	ck_assert_int_eq(status_of(helper), 0);
	/* Nor is there anything to do for one that is over. */
	ck_assert_int_eq(status_of(start(fd, pid, end)), 0);
	(void)close(fd);
}
END_TEST

/* Whatever the process calls itself. */
START_TEST(test_odd_name)
{
	int leader_fd, child_fd, report[2];
	pid_t leader, child;
	char pid[24];

	ck_assert_int_eq(pipe(report), 0);
	leader = fork();
	ck_assert_int_ge(leader, 0);
	if (leader == 0) {
		(void)signal(SIGTERM, SIG_DFL);
		child = fork();
		if (child == 0) {
			(void)prctl(PR_SET_NAME, "x) S 1 1 1 (");
			child = getpid();
			(void)!write(report[1], &child, sizeof(child));
		}
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(report[0], &child, sizeof(child)),
	    sizeof(child));
	leader_fd = open_pidfd(leader);
	child_fd = open_pidfd(child);
	ck_assert_int_eq(
	    status_of(start(leader_fd, text_of(pid, (long)leader), "1")), 0);
	ck_assert(has_ended(leader_fd, 20000));
	ck_assert(has_ended(child_fd, 20000));
	(void)waitpid(leader, NULL, 0);
	(void)close(leader_fd);
	(void)close(child_fd);
	(void)close(report[0]);
	(void)close(report[1]);
}
END_TEST

/* A process of its own at the terminal, with another one at it. */
static void
sit_at(const char *terminal, int report)
{
	int fd;

	if (fork() != 0)
		return;
	(void)setsid();
	fd = open(terminal, O_RDWR);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fork() != 0)
		(void)!write(report, fd < 0 ? "-" : "+", 1);
	sleep_for_ever();
}

/* A session of four at two terminals and one at none. */
static pid_t
start_session(const char *one, const char *other)
{
	pid_t leader;
	int report[2], i;
	char sign;

	ck_assert_int_eq(pipe(report), 0);
	leader = fork();
	ck_assert_int_ge(leader, 0);
	if (leader == 0) {
		(void)signal(SIGTERM, SIG_DFL);
		/* Not at the terminal of whoever runs the test. */
		(void)setsid();
		sit_at(one, report[1]);
		sit_at(other, report[1]);
		(void)start_sleeper();
		sleep_for_ever();
	}
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(read(report[0], &sign, 1), 1);
		ck_assert_int_eq(sign, '+');
	}
	(void)close(report[0]);
	(void)close(report[1]);
	return leader;
}

/* A terminal that changes nothing of what is written to it. */
static int
open_terminal(char name[64])
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), side;
	struct termios t;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(grantpt(fd), 0);
	ck_assert_int_eq(unlockpt(fd), 0);
	ck_assert_int_eq(ptsname_r(fd, name, 64), 0);
	side = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(side, 0);
	ck_assert_int_eq(tcgetattr(side, &t), 0);
	cfmakeraw(&t);
	ck_assert_int_eq(tcsetattr(side, TCSANOW, &t), 0);
	(void)close(side);
	return fd;
}

static const struct {
	int seconds_left, at_most;
	const char *unit;
} warnings[] = {
	/* Some seconds to begin in, on a machine that has much to do. */
	{ 305, 5, " minutes" },
	{ 15, 10, " seconds" },
};

/* Each terminal of the session is told once. */
START_TEST(test_warning)
{
	static const char before[] =
	    "\r\ncertgate: this session ends in ";
	char names[2][64], pid[24], end[24], text[256], want[256];
	struct pollfd terminals[2];
	pid_t leader, helper;
	int fd, i, left;
	ssize_t n;

	for (i = 0; i < 2; i++)
		terminals[i] = (struct pollfd) {
			.fd = open_terminal(names[i]), .events = POLLIN };
	leader = start_session(names[0], names[1]);
	fd = open_pidfd(leader);
	helper = start(fd, text_of(pid, (long)leader),
	    text_of(end, (long)time(NULL) + warnings[_i].seconds_left));
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(poll(&terminals[i], 1, 60000), 1);
		n = read(terminals[i].fd, text, sizeof(text) - 1);
		ck_assert_int_gt(n, 0);
		text[n] = '\0';
		ck_assert_uint_gt((size_t)n, strlen(before));
		left = atoi(text + strlen(before));
		ck_assert(left > 0 && left <= warnings[_i].at_most);
		(void)snprintf(want, sizeof(want),
		    "%s%d%s, with its certificate.\r\n", before, left,
		    warnings[_i].unit);
		ck_assert_str_eq(text, want);
	}
	wait_until_it_waits(helper);
	ck_assert_int_eq(poll(terminals, 2, 0), 0);
	(void)kill(leader, SIGKILL);
	(void)waitpid(leader, NULL, 0);
	ck_assert_int_eq(status_of(helper), 0);
	(void)close(fd);
	(void)close(terminals[0].fd);
	(void)close(terminals[1].fd);
}
END_TEST

/* A terminal that is another user's by now is not written to. */
START_TEST(test_no_warning)
{
	char names[2][64], pid[24], uid[24], end[24];
	struct pollfd terminals[2];
	pid_t leader, helper;
	int fd, i;

	for (i = 0; i < 2; i++)
		terminals[i] = (struct pollfd) {
			.fd = open_terminal(names[i]), .events = POLLIN };
	leader = start_session(names[0], names[1]);
	fd = open_pidfd(leader);
	(void)snprintf(
	    uid, sizeof(uid), "%lu", (unsigned long)getuid() + 1);
	helper = start_for(fd, text_of(pid, (long)leader), uid,
	    text_of(end, (long)time(NULL) + 13));
	/* It warns, and then ends the session. */
	ck_assert_int_eq(status_of(helper), 0);
	ck_assert(has_ended(fd, 20000));
	for (i = 0; i < 2; i++) {
		/* Hung up, since nobody is left. */
		ck_assert_int_eq(poll(&terminals[i], 1, 20000), 1);
		ck_assert_int_eq(terminals[i].revents, POLLHUP);
		(void)close(terminals[i].fd);
	}
	(void)waitpid(leader, NULL, 0);
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
	tcase_add_test(tc, test_odd_name);
	tcase_add_loop_test(tc, test_warning, 0, N_ROWS(warnings));
	tcase_add_test(tc, test_no_warning);
	return run_case("session-end", tc);
}
