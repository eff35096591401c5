#include "config.h"

#include "lib/log.h"

#include "lib/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define LOG_WAIT_MS 500
#define HEAD_SIZE 64

static const struct sockaddr_un log_socket = {
	.sun_family = AF_UNIX,
	.sun_path = "/dev/log",
};

/*
 * Wait for room on a full socket, but not for long: a line is worth no login
 * that hangs.  Of many who wait, one gets the room that one line leaves.
 */
static int
send_again(int fd, const struct msghdr *line)
{
	int64_t until = clock_now_ms() + LOG_WAIT_MS;
	struct msghdr parts = *line;
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int64_t left;

	/* Only a connected socket waits for the room that others leave. */
	if (connect(fd, (const struct sockaddr *)&log_socket,
	        sizeof(log_socket)) < 0)
		return -1;
	parts.msg_name = NULL;
	parts.msg_namelen = 0;
	while ((left = until - clock_now_ms()) > 0) {
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -1;
		if (sendmsg(fd, &parts, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
	}
	return -1;
}

/* One datagram of two parts, which is sent as a whole or not at all. */
static int
send_line(struct iovec *parts)
{
	struct sockaddr_un to = log_socket;
	struct msghdr line = { .msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = parts, .msg_iovlen = 2 };
	int fd, ret = 0;

	/* Where nobody ever listened, a socket would be made for nothing. */
	if (access(log_socket.sun_path, F_OK) < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (sendmsg(fd, &line, MSG_NOSIGNAL) < 0)
		ret = errno == EAGAIN || errno == EINTR
		    ? send_again(fd, &line)
		    : -1;
	(void)close(fd);
	return ret;
}

/* Put a line's beginning into head; its length, or -1. */
static int
make_head(char head[HEAD_SIZE], int priority, const char *ident)
{
	int len = snprintf(head, HEAD_SIZE, "<%d>%s[%ld]: ",
	    LOG_AUTHPRIV | priority, ident, (long)getpid());

	return len < 0 || len >= HEAD_SIZE ? -1 : len;
}

int
log_send(int priority, const char *ident, const char *text, size_t len)
{
	char head[HEAD_SIZE];
	struct iovec parts[2];
	int head_len = make_head(head, priority, ident);

	if (head_len < 0)
		return -1;
	parts[0] = (struct iovec) { head, (size_t)head_len };
	parts[1] = (struct iovec) { (void *)(uintptr_t)text,
		len > LOG_LINE_MAX ? LOG_LINE_MAX : len };
	return send_line(parts);
}

void
log_line(int priority, const char *ident, const char *text, size_t len)
{
	char head[HEAD_SIZE];
	struct iovec parts[3];

	if (log_send(priority, ident, text, len) == 0 ||
	    make_head(head, priority, ident) < 0)
		return;
	if (len > LOG_LINE_MAX)
		len = LOG_LINE_MAX;
	parts[0].iov_base = strchr(head, '>') + 1;
	parts[0].iov_len = strlen(parts[0].iov_base);
	parts[1] = (struct iovec) { (void *)(uintptr_t)text, len };
	parts[2] = (struct iovec) { (void *)(uintptr_t) "\n", 1 };
	(void)!writev(STDERR_FILENO, parts, 3);
}
