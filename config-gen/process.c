#include "config.h"

#include "config-gen/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name in it is 16 bytes at most, the numbers 52. */
#define MAX_STAT 2048
/* Enough of a command line to know what it is. */
#define TITLE_SIZE 512

/* Read what fits of a file of /proc; terminated.  -1 where it is empty. */
static int
read_proc(pid_t pid, const char *name, char *out, size_t out_len)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return -1;
	do
		n = read(fd, out, out_len - 1);
	while (n < 0 && errno == EINTR);
	(void)close(fd);
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
	if (read_proc(pid, "stat", text, sizeof(text)) < 0 ||
	    (p = strrchr(text, ')')) == NULL ||
	    sscanf(p + 1,
		" %*c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
		"%*d %*d %*d %*d %llu",
		&parent, &session, &out->start) != 3)
		return -1;
	out->parent = parent;
	out->session = session;
	return 0;
}

/* Whether pid runs a program called sshd, also one replaced since. */
static bool
is_sshd(pid_t pid)
{
	static const char deleted[] = " (deleted)";
	char path[64], exe[PATH_MAX];
	const char *name;
	size_t tail = sizeof(deleted) - 1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%ld/exe", (long)pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) == -1)
		return false;
	exe[n] = '\0';
	if ((size_t)n > tail && strcmp(exe + (size_t)n - tail, deleted) == 0)
		exe[(size_t)n - tail] = '\0';
	name = strrchr(exe, '/');
	return name != NULL && strcmp(name + 1, "sshd") == 0;
}

bool
process_is_listener(pid_t pid)
{
	static const char prefix[] = "sshd: /";
	char title[TITLE_SIZE], path[64];
	struct process look;
	struct stat st;

	(void)snprintf(path, sizeof(path), "/proc/%ld", (long)pid);
	if (stat(path, &st) == -1 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()) || !is_sshd(pid) ||
	    read_proc(pid, "cmdline", title, sizeof(title)) == -1)
		return false;
	if (strncmp(title, prefix, sizeof(prefix) - 1) == 0)
		return true;
	return title[0] == '/' && process_look(pid, &look) == 0 &&
	    !is_sshd(look.parent);
}
