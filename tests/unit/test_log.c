/*
 * The log's socket is everybody's, at a fixed place: access(), connect() and
 * their like are led to one of the test's own.
 */
#include "config.h"

#include "lib/log.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "tests/unit/harness.h"

enum failing { NOTHING, ABSENT, SOCKET, OPTION, CONNECT, SEND };

static enum failing failing;
static int send_errno, n_sends_failing;
static struct sockaddr_un server;
static socklen_t server_len;
static int server_fd;

int __wrap_access(const char *path, int mode);
int __real_socket(int family, int type, int protocol);
int __wrap_socket(int family, int type, int protocol);
int __real_setsockopt(
    int fd, int level, int name, const void *p, socklen_t len);
int __wrap_setsockopt(
    int fd, int level, int name, const void *p, socklen_t len);
int __real_connect(int fd, const struct sockaddr *a, socklen_t len);
int __wrap_connect(int fd, const struct sockaddr *a, socklen_t len);
ssize_t __real_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *m, int flags);

static int
failed_by(int number)
{
	errno = number;
	return -1;
}

int
__wrap_access(const char *path, int mode)
{
	ck_assert_str_eq(path, "/dev/log");
	ck_assert_int_eq(mode, F_OK);
	return failing == ABSENT ? failed_by(ENOENT) : 0;
}

int
__wrap_socket(int family, int type, int protocol)
{
	return failing == SOCKET ? failed_by(EMFILE)
				 : __real_socket(family, type, protocol);
}

int
__wrap_setsockopt(int fd, int level, int name, const void *p, socklen_t len)
{
	return failing == OPTION ? failed_by(ENOMEM)
				 : __real_setsockopt(fd, level, name, p, len);
}

int
__wrap_connect(int fd, const struct sockaddr *a, socklen_t len)
{
	(void)len;
	ck_assert_str_eq(((const struct sockaddr_un *)a)->sun_path, "/dev/log");
	if (failing == CONNECT)
		return failed_by(ECONNREFUSED);
	return __real_connect(
	    fd, (const struct sockaddr *)&server, server_len);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	if (failing == SEND && n_sends_failing-- > 0)
		return failed_by(send_errno);
	return __real_sendmsg(fd, m, flags);
}

static void
setup(void)
{
	server = (struct sockaddr_un) { .sun_family = AF_UNIX };
	server_len = sizeof(sa_family_t);
	failing = NOTHING;
	server_fd = __real_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(server_fd, 0);
	/* The kernel chooses an abstract name. */
	ck_assert_int_eq(bind(server_fd, (const struct sockaddr *)&server,
			     server_len), 0);
	server_len = sizeof(server);
	ck_assert_int_eq(getsockname(server_fd, (struct sockaddr *)&server,
			     &server_len), 0);
}

static void
teardown(void)
{
	ck_assert_int_eq(close(server_fd), 0);
}

/* What the log got; "" for nothing. */
static const char *
received(void)
{
	static char text[2 * LOG_LINE_MAX];
	ssize_t n = recv(server_fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static char wanted[2 * LOG_LINE_MAX];

/* A line as it is sent (priority -1: as it is written), of len times 'x'. */
static const char *
line(int priority, size_t len)
{
	size_t at = 0;

	if (priority != -1)
		at = (size_t)snprintf(wanted, sizeof(wanted), "<%d>",
		    LOG_AUTHPRIV | priority);
	at += (size_t)snprintf(wanted + at, sizeof(wanted) - at,
	    "tester[%ld]: ", (long)getpid());
	memset(wanted + at, 'x', len);
	wanted[at + len] = '\0';
	return wanted;
}

static char text[2 * LOG_LINE_MAX];

/* A longer line is cut. */
START_TEST(test_line)
{
	static const size_t lens[] = { 0, 1, 100, LOG_LINE_MAX,
		LOG_LINE_MAX + 1, 2 * LOG_LINE_MAX };
	static const int priorities[] = { LOG_EMERG, LOG_ERR, LOG_NOTICE,
		LOG_INFO, LOG_DEBUG, LOG_INFO };
	size_t cut = lens[_i] < LOG_LINE_MAX ? lens[_i] : LOG_LINE_MAX;

	memset(text, 'x', sizeof(text));
	log_line(priorities[_i], "tester", text, lens[_i]);
	ck_assert_str_eq(received(), line(priorities[_i], cut));
	ck_assert_str_eq(received(), "");
	ck_assert_int_eq(
	    log_send(priorities[_i], "tester", text, lens[_i]), 0);
	ck_assert_str_eq(received(), line(priorities[_i], cut));
}
END_TEST

/* Standard error's, while text is logged. */
static const char *
written(int len)
{
	static char got[2 * LOG_LINE_MAX];
	int saved = dup(STDERR_FILENO), ends[2];
	ssize_t n;

	ck_assert_int_ge(saved, 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	(void)close(ends[1]);
	log_line(LOG_INFO, "tester", text, (size_t)len);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	(void)close(saved);
	n = read(ends[0], got, sizeof(got) - 1);
	(void)close(ends[0]);
	ck_assert_int_ge(n, 0);
	got[n] = '\0';
	return got;
}

static const struct {
	enum failing failing;
	int number, n_times; /* of sendmsg */
	bool is_sent;
} ways[] = {
	{ NOTHING, 0, 0, true },
	{ ABSENT, 0, 0, false },
	{ SOCKET, 0, 0, false },
	{ OPTION, 0, 0, false },
	{ CONNECT, 0, 0, false },
	{ SEND, EAGAIN, 1, false },
	{ SEND, EINTR, 2, true },
	/* Signals without end: no login waits for that. */
	{ SEND, EINTR, 3, false },
};

/* Where nobody listens the line goes to standard error, for sshd's sake. */
START_TEST(test_fails)
{
	char want[2 * LOG_LINE_MAX + 1];

	memset(text, 'x', sizeof(text));
	failing = ways[_i].failing;
	send_errno = ways[_i].number;
	n_sends_failing = ways[_i].n_times;
	(void)snprintf(want, sizeof(want), "%s%s",
	    ways[_i].is_sent ? "" : line(-1, 10),
	    ways[_i].is_sent ? "" : "\n");
	ck_assert_str_eq(written(10), want);
	ck_assert_str_eq(
	    received(), ways[_i].is_sent ? line(LOG_INFO, 10) : "");

	/* log_send says it instead. */
	n_sends_failing = ways[_i].n_times;
	ck_assert_int_eq(log_send(LOG_INFO, "tester", text, 10),
	    ways[_i].is_sent ? 0 : -1);
	ck_assert_str_eq(
	    received(), ways[_i].is_sent ? line(LOG_INFO, 10) : "");
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("log");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_line, 0, 6);
	tcase_add_loop_test(tc, test_fails, 0, N_ROWS(ways));
	return run_case("log", tc);
}
