/*
 * same_sshd: stands between certgate and the real sshd in the fault matrix.
 *
 * certgate asks sshd some fifteen times per run, and the matrix runs certgate
 * a hundred thousand times, mostly on the same files.  What sshd answers
 * (-t, -T, -V) depends on its arguments and on what is below /etc/ssh, but
 * for certgate's own files, which it only opens at a login (inside.sh holds
 * it to that); so the real one is asked once for each, and its answer kept.
 *
 * In its own folder:
 *
 *   real        a symbolic link to the real sshd
 *   answers/    what the real one said, by a hash of what it depends on;
 *               where it is missing, the real one is asked each time
 *   mode        "KIND N": at the Nth call do not answer but
 *                 kill     die by SIGKILL
 *                 crash    die by SIGSEGV
 *                 fail     exit 1 without a word
 *                 mute     exit 0 without a word
 *                 half     say only the first half of the answer, exit 0
 *                 gone     (from there on) not be executable
 *   count       one byte for each call, where there is a mode
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/listing.h"

static char folder[PATH_MAX]; /* our own */
static char real[PATH_MAX];

/* FNV-1a, continued. */
static void
hash_add(uint64_t *hash, const char *text)
{
	do {
		*hash ^= (unsigned char)*text;
		*hash *= UINT64_C(1099511628211);
	} while (*text++ != '\0');
}

static void
find_folder(void)
{
	ssize_t n = readlink("/proc/self/exe", folder, sizeof(folder) - 1);

	if (n == -1)
		err(255, "/proc/self/exe");
	folder[n] = '\0';
	*strrchr(folder, '/') = '\0';
	if (chdir(folder) == -1)
		err(255, "%s", folder);
	if ((n = readlink("real", real, sizeof(real) - 1)) == -1)
		err(255, "%s/real", folder);
	real[n] = '\0';
}

/* The mode, where it is this call's turn; "" else. */
static const char *
turn(void)
{
	static char kind[16];
	struct stat st;
	unsigned int at;
	FILE *in = fopen("mode", "r");
	int fd;

	if (in == NULL)
		return "";
	if (fscanf(in, "%15s %u", kind, &at) != 2)
		errx(255, "mode: not KIND N");
	(void)fclose(in);
	fd = open("count", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, "+", 1) != 1 || fstat(fd, &st) == -1)
		err(255, "count");
	(void)close(fd);
	/* Not executable the next time, that is. */
	if (strcmp(kind, "gone") == 0 && st.st_size + 1 == (off_t)at &&
	    chmod("sshd", 0644) == -1)
		err(255, "sshd");
	return st.st_size == (off_t)at ? kind : "";
}

static int
open_answer(const char *name, const char *end, int flags)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "answers/%s%s", name, end);
	return open(path, flags | O_CLOEXEC, 0600);
}

/* Run the real one; where out is not -1 its outputs go there. */
static int
ask(char **argv, int out, int errors)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		err(255, "fork");
	if (pid == 0) {
		if (chdir("/") == -1 ||
		    (out != -1 && (dup2(out, 1) == -1 || dup2(errors, 2) == -1)))
			err(255, "sshd");
		argv[0] = real;
		(void)execv(real, argv);
		err(255, "%s", real);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		errx(255, "%s: it did not end by itself", real);
	return WEXITSTATUS(status);
}

/* Several may do that at a time: the status, which counts, comes last. */
static void
keep_answer(char **argv, const char *name)
{
	char mine[32], text[8], from[64], to[64];
	static const char *const ends[] = { ".out", ".err", ".status" };
	int fds[3];
	size_t i;
	ssize_t n;

	(void)snprintf(mine, sizeof(mine), "tmp%ld", (long)getpid());
	for (i = 0; i < 3; i++) {
		fds[i] =
		    open_answer(mine, ends[i], O_WRONLY | O_CREAT | O_TRUNC);
		if (fds[i] == -1)
			err(255, "answers");
	}
	n = snprintf(text, sizeof(text), "%d", ask(argv, fds[0], fds[1]));
	if (write(fds[2], text, (size_t)n) != n)
		err(255, "answers");
	for (i = 0; i < 3; i++) {
		(void)close(fds[i]);
		(void)snprintf(from, sizeof(from), "answers/%s%s", mine, ends[i]);
		(void)snprintf(to, sizeof(to), "answers/%s%s", name, ends[i]);
		if (rename(from, to) == -1)
			err(255, "%s", to);
	}
}

static void
say(const char *name, const char *end, int to, bool is_half)
{
	static char bytes[65536];
	ssize_t n;
	int fd = open_answer(name, end, O_RDONLY);

	if (fd == -1)
		err(255, "answers/%s%s", name, end);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
		if (is_half)
			n /= 2;
		if (write(to, bytes, (size_t)n) != n)
			_exit(255);
	}
	(void)close(fd);
}

/* What certgate wants sshd to judge before it is in force. */
#define OURS "/etc/ssh/certgate"
#define STAGED OURS "/.stage"

static void
find_name(char **argv, char *name, size_t name_size)
{
	uint64_t one = UINT64_C(14695981039346656037);
	uint64_t two = UINT64_C(0x9e3779b97f4a7c15);
	struct stat st;
	char *files = listing("/etc/ssh", OURS);
	char *staged = stat(STAGED, &st) == 0 ? listing(STAGED, NULL) : NULL;
	char look[32];

	(void)snprintf(look, sizeof(look), "%o",
	    stat("/run/sshd", &st) == 0 ? st.st_mode : 0);
	hash_add(&one, files);
	hash_add(&two, look);
	for (; *argv != NULL; argv++) {
		hash_add(&one, *argv);
		hash_add(&two, *argv);
	}
	hash_add(&two, files);
	if (staged != NULL) {
		hash_add(&one, staged);
		hash_add(&two, staged);
	}
	free(files);
	free(staged);
	(void)snprintf(name, name_size, "%016" PRIx64 "%016" PRIx64, one, two);
}

int
main(int argc, char **argv)
{
	char name[40], text[8] = "";
	const char *kind;
	struct stat st;
	int fd;

	(void)argc;
	find_folder();
	kind = turn();
	if (strcmp(kind, "kill") == 0)
		(void)kill(getpid(), SIGKILL);
	if (strcmp(kind, "crash") == 0)
		(void)kill(getpid(), SIGSEGV);
	if (strcmp(kind, "fail") == 0)
		return 1;
	if (strcmp(kind, "mute") == 0)
		return 0;
	if (stat("answers", &st) == -1)
		return ask(argv, -1, -1);
	find_name(argv + 1, name, sizeof(name));
	if ((fd = open_answer(name, ".status", O_RDONLY)) == -1) {
		keep_answer(argv, name);
		fd = open_answer(name, ".status", O_RDONLY);
	}
	if (fd == -1 || read(fd, text, sizeof(text) - 1) < 1)
		err(255, "answers/%s.status", name);
	(void)close(fd);
	say(name, ".out", 1, strcmp(kind, "half") == 0);
	say(name, ".err", 2, false);
	return strcmp(kind, "half") == 0 ? 0 : atoi(text);
}
