/*
 * once: the time and the memory that one run of a program takes.
 *
 *   once [-w LINK] PROGRAM [ARGUMENT...]
 *
 * Prints: seconds, seconds of processor time, those of its child processes,
 * peak memory in kB, seconds of the whole run.  With -w all but the last are
 * up to the moment when something is renamed to LINK.  The program's standard
 * output goes to /dev/null.  Exit status 1 where it failed, or LINK was not
 * replaced.
 */
#include "config.h"

#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How often the program is looked for while nothing is renamed. */
#define LOOK_MS 2

struct watch {
	int fd; /* -1: nothing to wait for */
	char name[NAME_MAX + 1];
};

static double
now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
watch_open(struct watch *w, const char *link)
{
	const char *slash = strrchr(link, '/');
	char folder[PATH_MAX];

	if (slash == NULL || strlen(slash + 1) > NAME_MAX ||
	    (size_t)(slash - link) >= sizeof(folder))
		errx(2, "%s: not an absolute path", link);
	memcpy(folder, link, (size_t)(slash - link));
	folder[slash - link] = '\0';
	(void)snprintf(w->name, sizeof(w->name), "%s", slash + 1);
	if ((w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) < 0 ||
	    inotify_add_watch(w->fd, folder, IN_MOVED_TO) < 0)
		err(1, "%s", folder);
}

/* Whether the link was replaced; waits LOOK_MS for it. */
static bool
watch_saw(const struct watch *w)
{
	_Alignas(struct inotify_event) char buf[4096];
	struct pollfd p = { .fd = w->fd, .events = POLLIN };
	const struct inotify_event *e;
	ssize_t len, at;

	if (poll(&p, 1, LOOK_MS) <= 0 ||
	    (len = read(w->fd, buf, sizeof(buf))) <= 0)
		return false;
	for (at = 0; at < len; at += (ssize_t)(sizeof(*e) + e->len)) {
		e = (const struct inotify_event *)(const void *)(buf + at);
		if (e->len != 0 && strcmp(e->name, w->name) == 0)
			return true;
	}
	return false;
}

/* What a process took so far. */
struct taken {
	double seconds;
	double cpu_s;
	double children_cpu_s; /* of those that it waited for */
	long peak_kb;
};

static FILE *
open_proc(pid_t pid, const char *name)
{
	char path[64];
	FILE *in;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	if ((in = fopen(path, "re")) == NULL)
		err(1, "%s", path);
	return in;
}

static void
take(struct taken *t, pid_t pid)
{
	double ticks_per_s = (double)sysconf(_SC_CLK_TCK);
	unsigned long user = 0, kernel = 0;
	long children_user = 0, children_kernel = 0;
	char line[1024];
	const char *after;
	FILE *in;

	in = open_proc(pid, "stat");
	if (fgets(line, sizeof(line), in) == NULL ||
	    (after = strrchr(line, ')')) == NULL ||
	    sscanf(after + 2,
		"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld",
		&user, &kernel, &children_user, &children_kernel) != 4)
		errx(1, "/proc/%ld/stat: not understood", (long)pid);
	(void)fclose(in);
	t->cpu_s = (double)(user + kernel) / ticks_per_s;
	t->children_cpu_s =
	    (double)(children_user + children_kernel) / ticks_per_s;

	in = open_proc(pid, "status");
	while (fgets(line, sizeof(line), in) != NULL)
		(void)sscanf(line, "VmHWM: %ld", &t->peak_kb);
	(void)fclose(in);
}

static double
seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static bool
has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) <
	    0 || info.si_pid == pid;
}

static pid_t
start(char **args)
{
	pid_t pid = fork();
	int null;

	if (pid != 0)
		return pid;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (null >= 0)
		(void)dup2(null, STDOUT_FILENO);
	(void)execv(args[0], args);
	err(127, "%s", args[0]);
}

int
main(int argc, char **argv)
{
	struct watch watch = { .fd = -1 };
	struct taken taken = { .seconds = -1 };
	double began_at, all_s;
	struct rusage usage;
	int status, c;
	pid_t pid;

	while ((c = getopt(argc, argv, "+w:")) != -1) {
		if (c != 'w')
			return 2;
		watch_open(&watch, optarg);
	}
	if (argv[optind] == NULL)
		errx(2, "usage: once [-w LINK] PROGRAM [ARGUMENT...]");

	began_at = now_s();
	if ((pid = start(argv + optind)) < 0)
		err(1, "fork");
	while (watch.fd >= 0 && taken.seconds < 0 && !has_ended(pid)) {
		if (watch_saw(&watch)) {
			taken.seconds = now_s() - began_at;
			take(&taken, pid);
		}
	}
	if (wait4(pid, &status, 0, &usage) != pid)
		err(1, "wait");
	all_s = now_s() - began_at;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s: wait status %d", argv[optind], status);
	if (watch.fd >= 0 && taken.seconds < 0)
		errx(1, "%s: %s was not replaced", argv[optind], watch.name);
	if (watch.fd < 0) {
		taken.seconds = all_s;
		taken.cpu_s = seconds_of(usage.ru_utime) +
		    seconds_of(usage.ru_stime);
		taken.peak_kb = usage.ru_maxrss;
	}
	printf("%.3f %.3f %.3f %ld %.3f\n", taken.seconds, taken.cpu_s,
	    taken.children_cpu_s, taken.peak_kb, all_s);
	return 0;
}
