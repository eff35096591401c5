#include "config.h"

#include "config-gen/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/escape.h"
#include "lib/file.h"

/* The name in it is 16 bytes at most, the numbers 52. */
#define MAX_STAT 2048
/* Enough of a command line to know what it is. */
#define TITLE_SIZE 512
/* Enough for all of it. */
#define LINE_SIZE 4096
#define PID_FILE_MAX 32

/*
 * Read what fits of a file of /proc; terminated.  -1 with errno, ENOENT also
 * where it is empty: that of a process which has just ended.
 */
static int
read_proc(pid_t pid, const char *name, char *out, size_t out_len)
{
	char path[64];
	ssize_t n;
	int fd, saved;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return -1;
	do
		n = read(fd, out, out_len - 1);
	while (n < 0 && errno == EINTR);
	saved = n == 0 ? ENOENT : errno;
	(void)close(fd);
	errno = saved;
	if (n <= 0)
		return -1;
	out[n] = '\0';
	return 0;
}

int
process_look(pid_t pid, struct process *out)
{
	char text[MAX_STAT];
	const char *p;
	int parent, session;

	/* The name, in brackets, may hold brackets and blanks itself. */
	if (read_proc(pid, "stat", text, sizeof(text)) < 0)
		return -1;
	errno = EIO;
	if ((p = strrchr(text, ')')) == NULL ||
	    sscanf(p + 1,
		" %*c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
		"%*d %*d %*d %*d %llu",
		&parent, &session, &out->start) != 3)
		return -1;
	out->parent = parent;
	out->session = session;
	return 0;
}

/* What has ended is no listener; what cannot be looked at might be one. */
static int
not_seen(void)
{
	return errno == ENOENT || errno == ESRCH ? 0 : -1;
}

/* Whether pid runs a program called sshd, also one replaced since; -1. */
static int
is_sshd(pid_t pid)
{
	static const char deleted[] = " (deleted)";
	char path[64], exe[PATH_MAX];
	const char *name;
	size_t tail = sizeof(deleted) - 1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) == -1)
		return not_seen();
	exe[n] = '\0';
	if ((size_t)n > tail && strcmp(exe + (size_t)n - tail, deleted) == 0)
		exe[(size_t)n - tail] = '\0';
	name = strrchr(exe, '/');
	return name != NULL && strcmp(name + 1, "sshd") == 0 ? 1 : 0;
}

int
process_is_listener(pid_t pid)
{
	static const char prefix[] = "sshd: /";
	char title[TITLE_SIZE], path[64];
	struct process look;
	struct stat st;
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	if (stat(path, &st) == -1)
		return not_seen();
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return 0;
	if ((rc = is_sshd(pid)) != 1)
		return rc;
	if (read_proc(pid, "cmdline", title, sizeof(title)) == -1)
		return not_seen();
	if (strncmp(title, prefix, sizeof(prefix) - 1) == 0)
		return 1;
	if (title[0] != '/')
		return 0;
	if (process_look(pid, &look) == -1)
		return not_seen();
	rc = is_sshd(look.parent);
	return rc == -1 ? -1 : !rc;
}

int
process_listener_line(pid_t pid, char *out, size_t out_len)
{
	char title[LINE_SIZE];
	char *start, *end;

	if (process_is_listener(pid) != 1 ||
	    read_proc(pid, "cmdline", title, sizeof(title)) == -1 ||
	    strncmp(title, "sshd: ", 6) != 0 ||
	    (end = strstr(title, " [listener]")) == NULL)
		return -1;
	*end = '\0';
	start = title + 6 + strcspn(title + 6, " ");
	(void)snprintf(out, out_len, "%s", start + (*start == ' ' ? 1 : 0));
	return strlen(start) < out_len ? 0 : -1;
}

int
process_pid_file(const char *path, pid_t *pid, struct err *err)
{
	struct err own = ERR_INIT;
	char shown[300];
	char *text = NULL, *end;
	size_t len;
	long n;
	int ret = 0;

	*pid = 0;
	if (file_read(path, FILE_ROOTS, PID_FILE_MAX, &text, &len, &own) ==
	    -1) {
		if (own.code == ERR_NOT_FOUND)
			return 0;
		return err_setf(err, own.code, "%s", own.text);
	}
	n = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || n <= 1 || n > INT_MAX ||
	    (*end != '\0' && strcmp(end, "\n") != 0) || strlen(text) != len)
		ret =
		    err_setf(err, ERR_MALFORMED, "%s: holds no process number",
			escape_text(shown, sizeof(shown), path));
	else
		*pid = (pid_t)n;
	free(text);
	return ret;
}
