#include "config.h"

#include "config-gen/command.h"

#include "config-gen/command_int.h"
#include "lib/clock.h"
#include "lib/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Room for the program's name in a message. */
#define SHOWN_SIZE 300

struct capture {
	int fd; /* -1: at its end */
	char *bytes;
	size_t len, cap;
};

/* One run, seen from this side. */
struct run {
	const char *shown;
	pid_t pid; /* -1: there is no child to wait for */
	int failure_fd;
	struct capture captures[2]; /* standard output, standard error */
	int64_t deadline_ms;
	unsigned int timeout_s;
	size_t max_output;
};

static void
fd_close(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

/*
 * Descriptors that are not needed as 0 to 3 in the child: a caller that was
 * started with those closed would otherwise be given them here.
 */
static int
fd_move_up(int *fd)
{
	int moved;

	if (*fd >= FD_FIRST_FREE)
		return 0;
	if ((moved = fcntl(*fd, F_DUPFD_CLOEXEC, FD_FIRST_FREE)) == -1)
		return -1;
	(void)close(*fd);
	*fd = moved;
	return 0;
}

static int
pipe_open(int *read_end, int *write_end)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	*read_end = fds[0];
	*write_end = fds[1];
	if (fd_move_up(read_end) == -1 || fd_move_up(write_end) == -1)
		return -1;
	return 0;
}

/* What the guest reads: not a file that others could open. */
static int
guest_input(const struct command_guest *g)
{
	const char *at = g->in;
	size_t left = g->in_len;
	ssize_t n;
	int fd = memfd_create("input", MFD_CLOEXEC);

	while (fd != -1 && left > 0) {
		n = write(fd, at, left);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			goto fail;
		at += n;
		left -= (size_t)n;
	}
	if (fd == -1 || lseek(fd, 0, SEEK_SET) == -1)
		goto fail;
	return fd;
fail:
	if (fd != -1)
		(void)close(fd);
	return -1;
}

static int
run_start(struct run *r, const char *root, const char *const *argv,
    const struct command_guest *guest, struct err *err)
{
	struct command_start s = { root, argv, { -1, -1, -1, -1 }, getpid(), false,
		guest };
	size_t i;
	int ret = -1;

	/* Ignored, perhaps by who started us, it would reap our child. */
	(void)signal(SIGCHLD, SIG_DFL);
	s.fds[FD_STDIN] = guest != NULL ?
	    guest_input(guest) :
	    open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (s.fds[FD_STDIN] == -1 || fd_move_up(&s.fds[FD_STDIN]) == -1 ||
	    pipe_open(&r->captures[0].fd, &s.fds[FD_STDOUT]) == -1 ||
	    pipe_open(&r->captures[1].fd, &s.fds[FD_STDERR]) == -1 ||
	    pipe_open(&r->failure_fd, &s.fds[FD_FAILURE]) == -1 ||
	    fcntl(r->captures[0].fd, F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(r->captures[1].fd, F_SETFL, O_NONBLOCK) == -1) {
		(void)err_system(err, "%s: cannot be run", r->shown);
		goto out;
	}
	if ((r->pid = command_child_start(&s)) == -1) {
		(void)err_system(err, "%s: cannot be run", r->shown);
		goto out;
	}
	/* In both processes: either may be the first to need the group. */
	(void)setpgid(r->pid, r->pid);
	ret = 0;
out:
	for (i = 0; i < FD_FIRST_FREE; i++)
		fd_close(&s.fds[i]);
	return ret;
}

/* Wait for the exec.  0: the program runs. */
static int
run_started(struct run *r, struct err *err)
{
	struct command_failure f;
	ssize_t n;

	do
		n = read(r->failure_fd, &f, sizeof(f));
	while (n == -1 && errno == EINTR);
	fd_close(&r->failure_fd);
	if (n == 0)
		return 0;
	if (n != (ssize_t)sizeof(f)) {
		if (n != -1)
			errno = EIO;
		return err_system(err, "%s: cannot be run", r->shown);
	}
	errno = f.error;
	if (f.step == CHILD_EXEC)
		return err_system(err, "%s: cannot be run", r->shown);
	return err_system(
	    err, "%s: cannot be run: %s", r->shown, command_steps[f.step]);
}

/* Take what there is. */
static int
capture_read(
    struct capture *c, const char *shown, size_t max, struct err *err)
{
	char *bigger;
	ssize_t n;

	if (c->cap - c->len < 4096) {
		c->cap = c->cap == 0 ? 8192 : c->cap * 2;
		if ((bigger = realloc(c->bytes, c->cap + 1)) == NULL)
			return err_setf(
			    err, ERR_MEMORY, "%s: out of memory", shown);
		c->bytes = bigger;
	}
	n = read(c->fd, c->bytes + c->len, c->cap - c->len);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (n == -1)
		return err_system(err, "%s: cannot be read", shown);
	if (n == 0)
		fd_close(&c->fd);
	c->len += (size_t)n;
	c->bytes[c->len] = '\0';
	if (c->len > max)
		return err_setf(err, ERR_LIMIT,
		    "%s: says more than the %zu bytes allowed", shown, max);
	return 0;
}

static int
too_long(const struct run *r, struct err *err)
{
	return err_setf(err, ERR_LIMIT, "%s: not done after %u seconds; ended",
	    r->shown, r->timeout_s);
}

static int
run_read(struct run *r, struct err *err)
{
	struct pollfd polled[2];
	int64_t left_ms;
	size_t i;

	while (r->captures[0].fd != -1 || r->captures[1].fd != -1) {
		left_ms = r->deadline_ms - clock_now_ms();
		if (left_ms <= 0)
			return too_long(r, err);
		for (i = 0; i < 2; i++) {
			polled[i].fd = r->captures[i].fd;
			polled[i].events = POLLIN;
			polled[i].revents = 0;
		}
		if (poll(polled, 2, left_ms < 60000 ? (int)left_ms : 60000) ==
			-1 &&
		    errno != EINTR)
			return err_system(err, "%s: poll", r->shown);
		for (i = 0; i < 2; i++) {
			if (polled[i].revents != 0 &&
			    capture_read(&r->captures[i], r->shown,
				r->max_output, err) == -1)
				return -1;
		}
	}
	return 0;
}

/*
 * Wait for the end.  Both outputs are at theirs, so this is mostly at once;
 * only a program that closed them and goes on is looked at now and then.
 */
static int
run_wait(struct run *r, int *status, struct err *err)
{
	struct timespec pause = { 0, 100000 };
	pid_t pid;

	for (;;) {
		pid = waitpid(r->pid, status, WNOHANG);
		if (pid == r->pid)
			break;
		if (pid == -1 && errno != EINTR)
			return err_system(err, "%s: waitpid", r->shown);
		if (clock_now_ms() >= r->deadline_ms)
			return too_long(r, err);
		(void)nanosleep(&pause, NULL);
		if (pause.tv_nsec < 20000000)
			pause.tv_nsec *= 2;
	}
	r->pid = -1;
	*status = WIFSIGNALED(*status) ? 128 + WTERMSIG(*status)
				       : WEXITSTATUS(*status);
	return 0;
}

static void
run_clear(struct run *r)
{
	int status;

	if (r->pid != -1) {
		(void)kill(-r->pid, SIGKILL);
		(void)kill(r->pid, SIGKILL);
		while (waitpid(r->pid, &status, 0) == -1 && errno == EINTR)
			;
	}
	fd_close(&r->failure_fd);
	fd_close(&r->captures[0].fd);
	fd_close(&r->captures[1].fd);
	free(r->captures[0].bytes);
	free(r->captures[1].bytes);
}

static int
run(const char *root, const char *const *argv,
    const struct command_guest *guest, unsigned int timeout_s,
    struct command_result *res, struct err *err)
{
	char shown[SHOWN_SIZE];
	struct run r;
	int status;
	int ret = -1;

	memset(&r, 0, sizeof(r));
	r.shown = escape_text(shown, sizeof(shown), argv[0]);
	r.pid = r.failure_fd = r.captures[0].fd = r.captures[1].fd = -1;
	r.timeout_s = timeout_s;
	r.max_output = guest != NULL ? guest->max_output : COMMAND_MAX_OUTPUT;
	r.deadline_ms = clock_now_ms() + (int64_t)timeout_s * 1000;
	if (root != NULL && (root[0] == '\0' || strcmp(root, "/") == 0))
		root = NULL;
	if (run_start(&r, root, argv, guest, err) == -1 ||
	    run_started(&r, err) == -1 || run_read(&r, err) == -1 ||
	    run_wait(&r, &status, err) == -1)
		goto out;
	res->status = status;
	res->out = r.captures[0].bytes;
	res->out_len = r.captures[0].len;
	res->errors = r.captures[1].bytes;
	res->errors_len = r.captures[1].len;
	r.captures[0].bytes = NULL;
	r.captures[1].bytes = NULL;
	ret = 0;
out:
	run_clear(&r);
	return ret;
}

int
command_run(const char *root, const char *const *argv, unsigned int timeout_s,
    struct command_result *res, struct err *err)
{
	return run(root, argv, NULL, timeout_s, res, err);
}

int
command_run_guest(const struct command_guest *g, const char *const *argv,
    unsigned int timeout_s, struct command_result *res, struct err *err)
{
	return run(NULL, argv, g, timeout_s, res, err);
}

int
command_detach(const char *const *argv, struct err *err)
{
	struct command_start s = { NULL, argv, { -1, -1, -1, -1 }, getpid(), true,
		NULL };
	char shown[SHOWN_SIZE];
	struct run r;
	size_t i;
	int status;
	int ret = -1;

	memset(&r, 0, sizeof(r));
	r.shown = escape_text(shown, sizeof(shown), argv[0]);
	r.pid = r.failure_fd = r.captures[0].fd = r.captures[1].fd = -1;
	(void)signal(SIGCHLD, SIG_DFL);
	for (i = FD_STDIN; i <= FD_STDERR; i++) {
		s.fds[i] = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (s.fds[i] == -1 || fd_move_up(&s.fds[i]) == -1)
			goto fail;
	}
	if (pipe_open(&r.failure_fd, &s.fds[FD_FAILURE]) == -1 ||
	    /* No vfork: this child forks itself. */
	    (r.pid = fork()) == -1)
		goto fail;
	if (r.pid == 0)
		command_child_run(&s);
	fd_close(&s.fds[FD_FAILURE]);
	while (waitpid(r.pid, &status, 0) == -1 && errno == EINTR)
		;
	r.pid = -1;
	ret = run_started(&r, err);
	goto out;
fail:
	(void)err_system(err, "%s: cannot be run", r.shown);
out:
	for (i = 0; i < FD_FIRST_FREE; i++)
		fd_close(&s.fds[i]);
	run_clear(&r);
	return ret;
}

int
command_run_checked(const char *const *argv, unsigned int timeout_s,
    const char *what, struct command_result *res, struct err *err)
{
	char shown[200];
	size_t len;

	if (command_run(NULL, argv, timeout_s, res, err) < 0)
		return -1;
	if (res->status == 0)
		return 0;
	if ((len = strcspn(res->errors, "\r\n")) > 0)
		(void)err_setf(err, ERR_REFUSED, "%s: %s", what,
		    escape_bytes(shown, sizeof(shown), res->errors, len));
	else
		(void)err_setf(
		    err, ERR_REFUSED, "%s: exit status %d", what, res->status);
	command_result_clear(res);
	return -1;
}

void
command_result_clear(struct command_result *res)
{
	free(res->out);
	free(res->errors);
	memset(res, 0, sizeof(*res));
}

struct command {
	struct run run;
	char shown[SHOWN_SIZE];
};

static int
command_fork(
    struct command *c, const char *const *argv, int fd, struct err *err)
{
	struct command_start s = { NULL, argv, { -1, -1, -1, -1 }, getpid(), false,
		NULL };
	size_t i;
	int ret = -1;

	(void)signal(SIGCHLD, SIG_DFL);
	s.fds[FD_STDIN] = fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST_FREE);
	s.fds[FD_STDOUT] = fcntl(fd, F_DUPFD_CLOEXEC, FD_FIRST_FREE);
	s.fds[FD_STDERR] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (s.fds[FD_STDIN] == -1 || s.fds[FD_STDOUT] == -1 ||
	    s.fds[FD_STDERR] == -1 || fd_move_up(&s.fds[FD_STDERR]) == -1 ||
	    pipe_open(&c->run.failure_fd, &s.fds[FD_FAILURE]) == -1 ||
	    (c->run.pid = command_child_start(&s)) == -1) {
		(void)err_system(err, "%s: cannot be run", c->shown);
		goto out;
	}
	(void)setpgid(c->run.pid, c->run.pid);
	ret = 0;
out:
	for (i = 0; i < FD_FIRST_FREE; i++)
		fd_close(&s.fds[i]);
	return ret;
}

struct command *
command_start(const char *const *argv, int fd, struct err *err)
{
	struct command *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	c->run.shown = escape_text(c->shown, sizeof(c->shown), argv[0]);
	c->run.pid = c->run.failure_fd = -1;
	c->run.captures[0].fd = c->run.captures[1].fd = -1;
	if (command_fork(c, argv, fd, err) == -1 ||
	    run_started(&c->run, err) == -1) {
		command_end(c);
		return NULL;
	}
	return c;
}

/* It is not reaped here: its number keeps the group's from being reused. */
bool
command_is_running(const struct command *c)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	return waitid(P_PID, (id_t)c->run.pid, &info,
	           WEXITED | WNOHANG | WNOWAIT) == 0 &&
	    info.si_pid == 0;
}

void
command_end(struct command *c)
{
	if (c == NULL)
		return;
	run_clear(&c->run);
	free(c);
}
