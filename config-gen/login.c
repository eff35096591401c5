#include "config.h"

#include "config-gen/login.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "lib/escape.h"
#include "lib/file.h"

#define LOGIN_TIMEOUT_S 60
/* For sshd to notice that its client is gone, and PAM to close a session. */
#define END_TIMEOUT_S 10
#define MAX_LOG (1024UL * 1024)
#define MAX_STRANGERS 100
#define SAID_LINES 4
#define SHOWN_HALF 90

/* Lines of sshd's that do not say why. */
static const char *const asides[] = { "Connection from ", "Connection closed ",
	"Connection reset ", "Disconnected ", "Received disconnect ",
	"Postponed ", "Could not load host", "Unable to load host",
	"Deprecated option", "debug", NULL };

static const struct timespec pause_time = { 0, 10000000 };

static int64_t
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec;
}

/* Take the connection from client's own port, and no other's. */
static int
accept_own(int listener, const struct sockaddr_in *client)
{
	struct pollfd polled = { listener, POLLIN, 0 };
	struct sockaddr_in peer;
	socklen_t len;
	int fd, n;

	for (n = 0; n < MAX_STRANGERS; n++) {
		if (poll(&polled, 1, END_TIMEOUT_S * 1000) != 1)
			break;
		len = sizeof(peer);
		fd = accept4(listener, (struct sockaddr *)&peer, &len,
		    SOCK_CLOEXEC);
		if (fd != -1 && peer.sin_port == client->sin_port &&
		    peer.sin_addr.s_addr == client->sin_addr.s_addr)
			return fd;
		if (fd != -1)
			(void)close(fd);
	}
	errno = ETIMEDOUT;
	return -1;
}

/* A connection on 127.0.0.1, both ends: fds[0] is the server's. */
static int
connection_open(int fds[2], struct err *err)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct sockaddr_in own;
	socklen_t len = sizeof(to);
	int listener;
	int ret = -1;

	fds[0] = fds[1] = -1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener == -1 || fds[1] == -1 ||
	    bind(listener, (struct sockaddr *)&to, len) == -1 ||
	    listen(listener, 8) == -1 ||
	    getsockname(listener, (struct sockaddr *)&to, &len) == -1 ||
	    connect(fds[1], (struct sockaddr *)&to, len) == -1)
		goto out;
	len = sizeof(own);
	if (getsockname(fds[1], (struct sockaddr *)&own, &len) == -1 ||
	    (fds[0] = accept_own(listener, &own)) == -1)
		goto out;
	ret = 0;
out:
	if (ret == -1)
		(void)err_system(err, "a connection on 127.0.0.1");
	if (listener != -1)
		(void)close(listener);
	return ret;
}

static void
fd_end(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/* sshd takes the first of two options: ours stand before the service's. */
static struct command *
sshd_start(const struct login *l, int fd, struct err *err)
{
	const char *const own[] = { l->sshd, "-i", "-f", l->config, "-E",
		l->log, "-o", "LogLevel VERBOSE" };
	size_t n_own = sizeof(own) / sizeof(own[0]), i;
	const char **argv = calloc(n_own + l->n_args + 1, sizeof(*argv));
	struct command *c;

	if (argv == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	memcpy(argv, own, sizeof(own));
	for (i = 0; i < l->n_args; i++)
		argv[n_own + i] = l->args[i];
	c = command_start(argv, fd, err);
	free(argv);
	return c;
}

static struct command *
ssh_start(const struct login *l, int fd, struct err *err)
{
	struct command *c;
	char *cert;
	const char *argv[] = { l->ssh, "-F", "/dev/null", "-N", "-T", "-a",
		"-x", "-o", "ProxyCommand=-", "-o", "BatchMode=yes", "-o",
		"StrictHostKeyChecking=no", "-o",
		"UserKnownHostsFile=/dev/null", "-o",
		"GlobalKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes",
		"-o", "IdentityAgent=none", "-o",
		"PreferredAuthentications=publickey", "-o",
		"ClearAllForwardings=yes", "-i", l->key, "-o", NULL, "-l",
		l->user, "127.0.0.1", NULL };
	size_t n = sizeof(argv) / sizeof(argv[0]);

	if (asprintf(&cert, "CertificateFile=%s", l->cert) < 0) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	argv[n - 5] = cert;
	c = command_start(argv, fd, err);
	free(cert);
	return c;
}

static const char *
line_find(const char *log, const char *start, const char *user)
{
	size_t start_len = strlen(start);
	size_t user_len = strlen(user);

	for (; log != NULL && *log != '\0'; log = strchr(log, '\n')) {
		if (*log == '\n' && *++log == '\0')
			break;
		if (strncmp(log, start, start_len) == 0 &&
		    strncmp(log + start_len, user, user_len) == 0 &&
		    log[start_len + user_len] == ' ')
			return log;
	}
	return NULL;
}

bool
login_was_accepted(const char *log, const char *user)
{
	return line_find(log, "Accepted publickey for ", user) != NULL ||
	    line_find(log, "Partial publickey for ", user) != NULL;
}

static bool
is_aside(const char *line, size_t len)
{
	size_t i;

	for (i = 0; asides[i] != NULL; i++) {
		if (strncmp(line, asides[i], strlen(asides[i])) == 0)
			return true;
	}
	return len == 0;
}

/* Keys and fingerprints are in the middle of sshd's lines, reasons are not. */
static void
line_shorten(char *out, size_t out_len, const char *line, size_t len)
{
	char head[SHOWN_HALF], tail[SHOWN_HALF];
	size_t half = sizeof(head) - 12;

	if (len <= 2 * half) {
		(void)escape_bytes(out, out_len, line, len);
		return;
	}
	(void)snprintf(out, out_len, "%s...%s",
	    escape_bytes(head, sizeof(head), line, half),
	    escape_bytes(tail, sizeof(tail), line + len - 40, 40));
}

/* PAM's word comes last, behind what went well. */
static bool
is_verdict(const char *line)
{
	return strncmp(line, "Access denied for user ", 23) == 0;
}

char *
login_reasons(const char *log, char *out, size_t out_len)
{
	char shown[200];
	const char *line;
	size_t used = 0, n = 0, len;
	int pass;

	out[0] = '\0';
	/* Verdicts first, so that no others leave no room for them. */
	for (pass = 0; pass < 2; pass++) {
		for (line = log; *line != '\0' && n < SAID_LINES;) {
			len = strcspn(line, "\r\n");
			if (!is_aside(line, len) &&
			    is_verdict(line) == (pass == 0)) {
				line_shorten(shown, sizeof(shown), line, len);
				(void)snprintf(out + used, out_len - used,
				    "%s%s", n++ == 0 ? "" : " / ", shown);
				used = strlen(out);
			}
			line += len;
			line += strspn(line, "\r\n");
		}
	}
	if (n == 0)
		(void)snprintf(out, out_len, "nothing");
	return out;
}

/* Wait until sshd took the key, or one of the two gave up. */
static int
outcome_wait(const struct login *l, const struct command *sshd,
    const struct command *ssh, struct err *err)
{
	int64_t until = now_s() + LOGIN_TIMEOUT_S;
	char *log = NULL;
	size_t len;
	bool is_over;

	for (;;) {
		is_over = !command_is_running(sshd);
		if (file_read(l->log, FILE_ANY, MAX_LOG, &log, &len, err) < 0)
			return -1;
		if (is_over || login_was_accepted(log, l->user))
			break;
		free(log);
		if (now_s() >= until)
			return err_setf(err, ERR_LIMIT,
			    "not done after %d seconds", LOGIN_TIMEOUT_S);
		/* sshd goes on until it has seen that its client ended. */
		if (!command_is_running(ssh) &&
		    until > now_s() + END_TIMEOUT_S)
			until = now_s() + END_TIMEOUT_S;
		(void)nanosleep(&pause_time, NULL);
	}
	free(log);
	return 0;
}

/* Let it come to its own end first: it has sessions of PAM's to close. */
static void
sshd_end(struct command *sshd)
{
	int64_t until = now_s() + END_TIMEOUT_S;

	while (sshd != NULL && command_is_running(sshd) && now_s() < until)
		(void)nanosleep(&pause_time, NULL);
	command_end(sshd);
}

int
login_try(const struct login *l, bool *is_in, char **said, struct err *err)
{
	struct command *sshd = NULL;
	struct command *ssh = NULL;
	int fds[2];
	size_t len;
	int ret = -1;

	if (connection_open(fds, err) < 0 ||
	    file_create(l->log, "", 0, 0600, geteuid(), getegid(), err) < 0 ||
	    (sshd = sshd_start(l, fds[0], err)) == NULL)
		goto out;
	fd_end(&fds[0]);
	if ((ssh = ssh_start(l, fds[1], err)) == NULL)
		goto out;
	fd_end(&fds[1]);
	ret = outcome_wait(l, sshd, ssh, err);
out:
	fd_end(&fds[0]);
	fd_end(&fds[1]);
	command_end(ssh);
	sshd_end(sshd);
	if (ret == 0 &&
	    (ret = file_read(l->log, FILE_ANY, MAX_LOG, said, &len, err)) == 0)
		*is_in = login_was_accepted(*said, l->user);
	return ret;
}
