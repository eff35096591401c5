/*
 * session-end: ends an SSH session when its certificate has expired.
 *
 * pam_certgate.so starts one for each session with end-at-expiry:
 *
 *   session-end PID UID END     descriptor 3: a pidfd of PID
 *
 * PID is the process of sshd that the session hangs on, UID its user's, END
 * the time in UTC seconds.  MUST end with the session; MUST NOT signal a
 * process that it cannot prove is the session's.  The proof: the pidfd is
 * PID's, so PID's number stands for it as long as it lives; a process whose
 * parent is one of the session's is one too, if that is still so after a
 * pidfd of it was taken.  Whoever left the tree before is not looked for.
 */
#include "config.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"

#define IDENT "session-end"
#define PIDFD 3
#define MAX_PROCESSES 4096
/* The clock may be set: look at it again after so long. */
#define STEP_S 10
/* From the first signal to the one that cannot be caught. */
#define PATIENCE_MS 5000
/* Unix98 terminals: linux/major.h, UNIX98_PTY_SLAVE_MAJOR, eight of them. */
#define PTS_MAJOR 136

/* Seconds before the end at which the user is told, ended by 0. */
static const int64_t warn_at[] = { 300, 60, 10, 0 };

struct process {
	pid_t pid;
	int pidfd;
	unsigned int tty; /* as /proc/PID/stat has it; 0: none */
};

struct session {
	uid_t uid;
	int64_t end_at;
	size_t n; /* [0] is sshd's */
	struct process processes[MAX_PROCESSES];
};

static bool
is_alive(const struct process *p)
{
	struct pollfd fd = { .fd = p->pidfd, .events = POLLIN };

	return poll(&fd, 1, 0) == 0;
}

/* Parent and terminal of a process, from /proc/PID/stat. */
static int
read_stat(pid_t pid, pid_t *parent, unsigned int *tty)
{
	char path[64], text[1024];
	const char *p;
	long ppid, tty_nr;
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	/* A process chooses its own name, which may hold anything. */
	p = strrchr(text, ')');
	if (p == NULL ||
	    sscanf(p + 1, " %*c %ld %*d %*d %ld", &ppid, &tty_nr) != 2)
		return -1;
	*parent = (pid_t)ppid;
	*tty = (unsigned int)tty_nr;
	return 0;
}

static const struct process *
find(const struct session *s, pid_t pid)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->processes[i].pid == pid)
			return &s->processes[i];
	return NULL;
}

/* Add pid where it is proven to be the session's. */
static bool
add(struct session *s, pid_t pid)
{
	const struct process *parent_process;
	struct process p = { .pid = pid };
	pid_t parent;

	if (s->n == MAX_PROCESSES || find(s, pid) != NULL ||
	    read_stat(pid, &parent, &p.tty) < 0 ||
	    (parent_process = find(s, parent)) == NULL)
		return false;
	p.pidfd = (int)syscall(SYS_pidfd_open, (long)pid, 0L);
	if (p.pidfd < 0)
		return false;
	/* Now the number is held; is it still whom it was? */
	if (read_stat(pid, &parent, &p.tty) < 0 ||
	    parent != parent_process->pid || !is_alive(parent_process) ||
	    !is_alive(&p)) {
		(void)close(p.pidfd);
		return false;
	}
	s->processes[s->n++] = p;
	return true;
}

/* Drop what has ended: its number may be another's by now. */
static void
drop_dead(struct session *s)
{
	size_t i, kept = 1;

	for (i = 1; i < s->n; i++) {
		if (is_alive(&s->processes[i]))
			s->processes[kept++] = s->processes[i];
		else
			(void)close(s->processes[i].pidfd);
	}
	s->n = kept;
}

/* Take in all processes of the session, level by level. */
static void
collect(struct session *s)
{
	struct dirent *entry;
	bool has_grown = true;
	DIR *proc;

	drop_dead(s);
	if ((proc = opendir("/proc")) == NULL)
		return;
	while (has_grown) {
		has_grown = false;
		rewinddir(proc);
		while ((entry = readdir(proc)) != NULL)
			if (isdigit((unsigned char)entry->d_name[0]) &&
			    add(s, (pid_t)atol(entry->d_name)))
				has_grown = true;
	}
	(void)closedir(proc);
}

/* Whether an earlier process has the same terminal. */
static bool
is_seen(const struct session *s, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (s->processes[i].tty == s->processes[at].tty)
			return true;
	return false;
}

/* Write to a terminal of the session's user, without waiting for it. */
static void
tell(const struct session *s, unsigned int tty, const char *text)
{
	unsigned int tty_major = tty >> 8 & 0xfff;
	unsigned int tty_minor = (tty & 0xff) | (tty >> 12 & 0xfff00);
	char path[64];
	struct stat st;
	int fd;

	if (tty_major < PTS_MAJOR || tty_major >= PTS_MAJOR + 8)
		return;
	(void)snprintf(path, sizeof(path), "/dev/pts/%u",
	    (tty_major - PTS_MAJOR) * 256 + tty_minor);
	fd = open(path,
	    O_WRONLY | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) &&
	    st.st_uid == s->uid)
		(void)!write(fd, text, strlen(text));
	(void)close(fd);
}

/* Tell everybody at a terminal of the session. */
static void
warn_user(struct session *s, int64_t left_s)
{
	char text[128];
	size_t i;

	(void)snprintf(text, sizeof(text),
	    "\r\ncertgate: this session ends in %lld %s, with its "
	    "certificate.\r\n",
	    (long long)(left_s > 90 ? (left_s + 30) / 60 : left_s),
	    left_s > 90 ? "minutes" : "seconds");
	collect(s);
	for (i = 1; i < s->n; i++)
		if (s->processes[i].tty != 0 && !is_seen(s, i))
			tell(s, s->processes[i].tty, text);
}

static void
signal_all(struct session *s, size_t from, int signal)
{
	size_t i;

	for (i = from; i < s->n; i++)
		(void)syscall(SYS_pidfd_send_signal,
		    (long)s->processes[i].pidfd, (long)signal, 0L, 0L);
}

/* Wait until all have ended, or for a while. */
static bool
all_end(struct session *s)
{
	struct timespec pause = { 0, 50000000 };
	int waited_ms;
	size_t i;

	for (waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 50) {
		for (i = 0; i < s->n && !is_alive(&s->processes[i]); i++)
			;
		if (i == s->n)
			return true;
		(void)nanosleep(&pause, NULL);
	}
	return false;
}

static void
log_end(const struct session *s, const char *what)
{
	char text[160];
	int len = snprintf(text, sizeof(text),
	    "end pid=%ld uid=%lu processes=%zu: %s",
	    (long)s->processes[0].pid, (unsigned long)s->uid, s->n, what);

	log_line(LOG_NOTICE, IDENT, text, (size_t)len);
}

/* First as a lost connection does it, then without mercy. */
static void
end_session(struct session *s)
{
	collect(s);
	log_end(s, "the certificate has expired");
	signal_all(s, 0, SIGTERM);
	signal_all(s, 1, SIGHUP);
	/* A shell that reads from a terminal ignores SIGTERM. */
	if (all_end(s))
		return;
	collect(s);
	signal_all(s, 0, SIGKILL);
	if (!all_end(s))
		log_end(s, "some processes do not end");
}

/* Until the session or its time is over; false: it ended by itself. */
static bool
watch(struct session *s)
{
	struct pollfd fd = { .fd = PIDFD, .events = POLLIN };
	size_t next = 0;
	int64_t left_s, wait_s;

	while (warn_at[next] != 0 &&
	    s->end_at - (int64_t)time(NULL) < warn_at[next])
		next++;
	for (;;) {
		left_s = s->end_at - (int64_t)time(NULL);
		if (left_s <= 0)
			return is_alive(&s->processes[0]);
		if (warn_at[next] != 0 && left_s <= warn_at[next]) {
			warn_user(s, left_s);
			next++;
		}
		wait_s = left_s - warn_at[next];
		if (wait_s > STEP_S || wait_s <= 0)
			wait_s = wait_s <= 0 ? 1 : STEP_S;
		if (poll(&fd, 1, (int)wait_s * 1000) > 0)
			return false;
	}
}

static int
parse_number(const char *text, int64_t max, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return isdigit((unsigned char)text[0]) && errno == 0 &&
		*end == '\0' && *out <= max
	    ? 0
	    : -1;
}

/* Whose pidfd descriptor 3 is; -1: of one that has ended, 0: none at all. */
static long
pid_of_pidfd(void)
{
	char text[1024];
	const char *line;
	ssize_t n;
	int fd = open("/proc/self/fdinfo/3", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	line = strstr(text, "\nPid:");
	return line == NULL ? 0 : atol(line + 5);
}

int
main(int argc, char **argv)
{
	static struct session s;
	int64_t pid, uid;
	long found;

	if (argc != 4 || parse_number(argv[1], INT32_MAX, &pid) < 0 ||
	    parse_number(argv[2], UINT32_MAX, &uid) < 0 ||
	    parse_number(argv[3], INT64_MAX / 2, &s.end_at) < 0) {
		(void)fputs("usage: session-end PID UID END 3<PIDFD\n"
			    "Started by pam_certgate.so; see "
			    "pam_certgate(8).\n",
		    stderr);
		return 2;
	}
	if ((found = pid_of_pidfd()) == -1)
		return 0;
	if (found == 0 || found != (long)pid) {
		(void)fputs("session-end: descriptor 3 is no pidfd of that "
			    "process\n",
		    stderr);
		return 1;
	}
	s.uid = (uid_t)uid;
	s.processes[0].pid = (pid_t)pid;
	s.processes[0].pidfd = PIDFD;
	s.n = 1;
	if (watch(&s))
		end_session(&s);
	return 0;
}
