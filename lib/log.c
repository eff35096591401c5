#include "config.h"

#include "lib/log.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define LOG_WAIT_MS 500
/* How often a signal may break in before the line is given up. */
#define LOG_TRIES 3
#define HEAD_SIZE 96

static const struct sockaddr_un log_socket = {
	.sun_family = AF_UNIX,
	.sun_path = "/dev/log",
};

void
log_open(struct log *l)
{
	struct timeval wait = { 0, LOG_WAIT_MS * 1000 };

	l->pid = getpid();
	l->fd = -1;
	/* Where nobody ever listened, a socket would be made for nothing. */
	if (access(log_socket.sun_path, F_OK) < 0)
		return;
	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd < 0)
		return;
	/*
	 * A line is worth no login that hangs: on a full socket one waits for
	 * the room that others leave, but not for long.  Only a connected
	 * socket waits for that at all.
	 */
	if (setsockopt(
	        l->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) < 0 ||
	    connect(l->fd, (const struct sockaddr *)&log_socket,
	        sizeof(log_socket)) < 0)
		log_close(l);
}

void
log_close(struct log *l)
{
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = -1;
}

/* Text before p, which goes down as it is filled from its end. */
static char *
before(char *p, const char *text)
{
	size_t len = strlen(text);

	return memcpy(p - len, text, len);
}

static char *
number_before(char *p, unsigned long v)
{
	do
		*--p = (char)('0' + v % 10);
	while ((v /= 10) != 0);
	return p;
}

/*
 * A line's beginning, "<PRIORITY>IDENT[PID]: ", to the end of head; *ident is
 * where the part behind the priority begins.  Without printf, whose first use
 * costs the login helper more than the rest of the line.
 */
static char *
make_head(char head[HEAD_SIZE], const struct log *l, int priority,
    const char *name, char **ident)
{
	char *p = before(head + HEAD_SIZE, "]: ");

	p = before(number_before(p, (unsigned long)l->pid), "[");
	*ident = before(p, name);
	p = before(*ident, ">");
	p = number_before(p, (unsigned int)(LOG_AUTHPRIV | priority));
	return before(p, "<");
}

static struct iovec
part(const char *text, size_t len)
{
	return (struct iovec) { (void *)(uintptr_t)text, len };
}

/* One datagram of two parts, which is sent as a whole or not at all. */
static int
send_parts(const struct log *l, struct iovec *parts)
{
	struct msghdr line = { .msg_iov = parts, .msg_iovlen = 2 };
	int i;

	if (l->fd < 0)
		return -1;
	for (i = 0; i < LOG_TRIES; i++) {
		if (sendmsg(l->fd, &line, MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EINTR)
			break;
	}
	return -1;
}

void
log_put(const struct log *l, int priority, const char *ident, const char *text,
    size_t len)
{
	char head[HEAD_SIZE];
	struct iovec parts[3];
	char *start, *name;

	start = make_head(head, l, priority, ident, &name);
	if (len > LOG_LINE_MAX)
		len = LOG_LINE_MAX;
	parts[0] = part(start, (size_t)(head + HEAD_SIZE - start));
	parts[1] = part(text, len);
	if (send_parts(l, parts) == 0)
		return;
	parts[0] = part(name, (size_t)(head + HEAD_SIZE - name));
	parts[2] = part("\n", 1);
	(void)!writev(STDERR_FILENO, parts, 3);
}

void
log_line(int priority, const char *ident, const char *text, size_t len)
{
	struct log l;

	log_open(&l);
	log_put(&l, priority, ident, text, len);
	log_close(&l);
}

int
log_send(int priority, const char *ident, const char *text, size_t len)
{
	char head[HEAD_SIZE];
	struct iovec parts[2];
	char *start, *name;
	struct log l;
	int ret;

	log_open(&l);
	start = make_head(head, &l, priority, ident, &name);
	parts[0] = part(start, (size_t)(head + HEAD_SIZE - start));
	parts[1] = part(text, len > LOG_LINE_MAX ? LOG_LINE_MAX : len);
	ret = send_parts(&l, parts);
	log_close(&l);
	return ret;
}
