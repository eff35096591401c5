#include "config.h"

#include "pam/agent.h"

#include "lib/clock.h"
#include "lib/escape.h"
#include "pam/asuser.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SHOWN 200
#define RETRY_MS 20

static int
time_is_up(struct err *err)
{
	return err_setf(err, ERR_SYSTEM, "the agent does not answer in time");
}

/* Wait for the descriptor; fd -1: only for some time to pass. */
static int
wait_until(struct agent *a, int fd, short events, int at_most_ms,
    struct err *err)
{
	struct pollfd p = { .fd = fd, .events = events };
	int64_t left = a->until_ms - clock_now_ms();

	if (left <= 0)
		return time_is_up(err);
	if (left > at_most_ms)
		left = at_most_ms;
	if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
		return err_system(err, "waiting for the agent");
	return 0;
}

/* Judged by descriptor: a path may lead elsewhere a moment later. */
static int
judge_socket(int fd, uid_t uid, const char *shown, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_system(err, "%s", shown);
	if (!S_ISSOCK(st.st_mode))
		return err_setf(err, ERR_UNSAFE, "%s: not a socket", shown);
	if (st.st_uid != uid)
		return err_setf(err, ERR_UNSAFE,
		    "%s: the socket is of uid %lu, not of uid %lu", shown,
		    (unsigned long)st.st_uid, (unsigned long)uid);
	return 0;
}

/* Who called listen; the kernel says so. */
static int
judge_peer(int fd, uid_t uid, const char *shown, struct err *err)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return err_system(err, "%s", shown);
	if (peer.uid != uid)
		return err_setf(err, ERR_UNSAFE,
		    "%s: uid %lu listens there, not uid %lu", shown,
		    (unsigned long)peer.uid, (unsigned long)uid);
	return 0;
}

/* Connect to what path_fd, opened with O_PATH, stands for. */
static int
connect_to(struct agent *a, int path_fd, const char *shown, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path),
	    "/proc/self/fd/%d", path_fd);
	a->fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd < 0)
		return err_system(err, "socket");
	while (connect(a->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		/* EAGAIN: too many wait already; nothing tells of room. */
		if (errno != EAGAIN && errno != EINTR)
			return err_system(err, "%s", shown);
		if (wait_until(a, -1, 0, RETRY_MS, err) < 0)
			return -1;
	}
	return 0;
}

static int
open_as_user(
    struct agent *a, const char *path, uid_t uid, struct err *err)
{
	char shown[SHOWN];
	int path_fd, ret = -1;

	(void)escape_text(shown, sizeof(shown), path);
	path_fd = open(path, O_PATH | O_CLOEXEC);
	if (path_fd < 0)
		return err_system(err, "%s", shown);
	if (judge_socket(path_fd, uid, shown, err) == 0 &&
	    connect_to(a, path_fd, shown, err) == 0 &&
	    judge_peer(a->fd, uid, shown, err) == 0)
		ret = 0;
	(void)close(path_fd);
	return ret;
}

int
agent_open(struct agent *a, const char *path, uid_t uid, gid_t gid,
    bool *is_stuck, struct err *err)
{
	struct wire empty = WIRE_INIT;
	struct asuser u;
	int ret;

	memset(a, 0, sizeof(*a));
	a->message = empty;
	a->fd = -1;
	a->begun_ms = clock_now_ms();
	a->until_ms = a->begun_ms + AGENT_LIMIT_MS;
	*is_stuck = false;
	if (path[0] != '/')
		return err_setf(err, ERR_UNSAFE,
		    "SSH_AUTH_SOCK is not an absolute path");
	if (asuser_begin(&u, uid, gid, err) < 0) {
		*is_stuck = u.is_stuck;
		return -1;
	}
	ret = open_as_user(a, path, uid, err);
	if (asuser_end(&u, err) < 0) {
		*is_stuck = true;
		ret = -1;
	}
	if (ret < 0)
		agent_close(a);
	return ret;
}

void
agent_close(struct agent *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	a->fd = -1;
	wire_free(&a->message);
}

static int
send_all(struct agent *a, struct span s, struct err *err)
{
	ssize_t n;

	while (s.len > 0) {
		n = send(a->fd, s.p, s.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_system(err, "the agent");
		if (n < 0) {
			if (wait_until(a, a->fd, POLLOUT, AGENT_TOUCH_MS,
				err) < 0)
				return -1;
			continue;
		}
		s.p += n;
		s.len -= (size_t)n;
	}
	return 0;
}

/* Append len bytes from the agent to its message. */
static int
receive_all(struct agent *a, size_t len, struct err *err)
{
	unsigned char part[4096];
	ssize_t n;

	while (len > 0) {
		/* Before the read: an agent that trickles is not waited for. */
		if (clock_now_ms() >= a->until_ms)
			return time_is_up(err);
		n = recv(a->fd, part, len < sizeof(part) ? len : sizeof(part),
		    MSG_DONTWAIT);
		if (n == 0)
			return err_setf(err, ERR_SYSTEM,
			    "the agent closes the connection");
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return err_system(err, "the agent");
		if (n < 0) {
			if (wait_until(
				a, a->fd, POLLIN, AGENT_TOUCH_MS, err) < 0)
				return -1;
			continue;
		}
		wire_put_bytes(&a->message, part, (size_t)n);
		len -= (size_t)n;
	}
	if (a->message.has_failed)
		return err_setf(err, ERR_MEMORY, "out of memory");
	return 0;
}

/* Send question, with its length before it; the answer is in a->message. */
static int
ask(struct agent *a, const struct wire *question, struct err *err)
{
	struct wire packet = WIRE_INIT;
	struct span head;
	uint32_t len = 0;
	int ret = -1;

	wire_put_string(&packet, wire_span(question));
	if (question->has_failed || packet.has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (send_all(a, wire_span(&packet), err) < 0)
		goto out;
	wire_reset(&a->message);
	if (receive_all(a, 4, err) < 0)
		goto out;
	head = wire_span(&a->message);
	(void)wire_get_u32(&head, &len);
	if (len > AGENTMSG_MAX) {
		(void)err_setf(err, ERR_LIMIT,
		    "the agent's answer has %u bytes, more than the 256 KiB "
		    "allowed",
		    len);
		goto out;
	}
	wire_reset(&a->message);
	ret = receive_all(a, len, err);
out:
	wire_free(&packet);
	return ret;
}

int
agent_list(struct agent *a, struct agentmsg_keys *keys, struct err *err)
{
	struct wire question = WIRE_INIT;
	int ret;

	agentmsg_put_list(&question);
	ret = ask(a, &question, err);
	wire_free(&question);
	if (ret < 0)
		return -1;
	return agentmsg_get_keys(wire_span(&a->message), keys, err);
}

int
agent_sign(struct agent *a, struct span key, bool needs_touch,
    struct span data, struct span *signature, struct err *err)
{
	struct wire question = WIRE_INIT;
	int ret;

	if (needs_touch)
		a->until_ms = a->begun_ms + AGENT_TOUCH_MS;
	agentmsg_put_sign(&question, key, data);
	ret = ask(a, &question, err);
	wire_free(&question);
	if (ret < 0)
		return -1;
	return agentmsg_get_signature(
	    wire_span(&a->message), signature, err);
}
