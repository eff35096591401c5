/*
 * starts: how long programs take from their start to their end.
 *
 *   starts [-r] ROUNDS NAME WANT PROGRAM [ARGUMENT...] [+ NAME WANT ...]
 *
 * Each round starts every program once and reads all that it prints, through
 * a pipe; its standard error goes to /dev/null, as under sshd.  The order
 * differs from round to round, so that none always follows the one that
 * leaves the caches cold.  An argument @FILE is replaced by line N of FILE
 * in round N, from the first again after the last.  WANT is what the program
 * must print, without the last newline, and may be @FILE too; "-": anything.
 *
 * With -r all of it runs in real time, where that is allowed: for programs of
 * less than a millisecond, so that nothing else comes between.
 *
 * Prints per program: NAME MEDIAN P99, in microseconds.  Exit status 1 where
 * a program failed or printed anything else.
 */
#include "config.h"

#include <sys/wait.h>

#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_PROGRAMS 32
#define MAX_WORDS 16
#define MAX_OUTPUT 65536
/* Rounds before those that count, at most: files are read into memory. */
#define WARM_UP 20

/* A word of a command line: the same always, or a line of a file. */
struct word {
	char **lines;
	size_t n_lines;
};

struct program {
	const char *name;
	struct word want;
	struct word words[MAX_WORDS];
	size_t n_words;
	int64_t *took; /* ns, per round */
};

static char search_path[] = "PATH=/usr/bin:/bin";
static char *const environment[] = { search_path, NULL };

static void
read_lines(struct word *w, const char *path)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *in;

	if ((in = fopen(path, "re")) == NULL)
		err(2, "%s", path);
	while ((len = getline(&line, &size, in)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		w->lines = reallocarray(
		    w->lines, w->n_lines + 1, sizeof(*w->lines));
		if (w->lines == NULL ||
		    (w->lines[w->n_lines++] = strdup(line)) == NULL)
			err(2, "%s", path);
	}
	if (w->n_lines == 0)
		errx(2, "%s: empty", path);
	free(line);
	(void)fclose(in);
}

static void
word_set(struct word *w, char *text)
{
	if (text[0] == '@') {
		read_lines(w, text + 1);
		return;
	}
	if ((w->lines = calloc(1, sizeof(*w->lines))) == NULL)
		err(2, NULL);
	w->lines[0] = text;
	w->n_lines = 1;
}

static char *
word_get(const struct word *w, size_t round)
{
	return w->lines[round % w->n_lines];
}

/* Take one program from argv; returns what is left of it. */
static char **
take_program(struct program *p, char **argv, size_t n_rounds)
{
	if (argv[0] == NULL || argv[1] == NULL || argv[2] == NULL)
		errx(2, "NAME WANT PROGRAM expected");
	p->name = argv[0];
	word_set(&p->want, argv[1]);
	for (argv += 2; *argv != NULL && strcmp(*argv, "+") != 0; argv++) {
		if (p->n_words == MAX_WORDS - 1)
			errx(2, "%s: too many arguments", p->name);
		word_set(&p->words[p->n_words++], *argv);
	}
	if ((p->took = calloc(n_rounds, sizeof(*p->took))) == NULL)
		err(2, NULL);
	return *argv == NULL ? argv : argv + 1;
}

static int64_t
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static pid_t
start(char *const *args, int null, const int ends[2])
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int failed;

	if ((failed = posix_spawn_file_actions_init(&actions)) != 0 ||
	    (failed = posix_spawn_file_actions_adddup2(
		 &actions, null, STDIN_FILENO)) != 0 ||
	    (failed = posix_spawn_file_actions_adddup2(
		 &actions, ends[1], STDOUT_FILENO)) != 0 ||
	    (failed = posix_spawn_file_actions_adddup2(
		 &actions, null, STDERR_FILENO)) != 0 ||
	    (failed = posix_spawn(
		 &pid, args[0], &actions, NULL, args, environment)) != 0)
		errx(1, "%s: %s", args[0], strerror(failed));
	(void)posix_spawn_file_actions_destroy(&actions);
	return pid;
}

static size_t
read_all(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = read(fd, buf + len, size - len)) > 0)
		len += (size_t)n;
	return len;
}

static void
judge(const struct program *p, size_t round, int status, const char *output,
    size_t len)
{
	const char *want = word_get(&p->want, round);

	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s: wait status %d", p->name, status);
	if (len != 0 && output[len - 1] == '\n')
		len--;
	if (strcmp(want, "-") != 0 &&
	    (len != strlen(want) || memcmp(output, want, len) != 0))
		errx(1, "%s: printed \"%.*s\", not \"%s\"", p->name,
		    (int)len, output, want);
}

/* One start, from before it to after its end; in ns. */
static int64_t
measure(const struct program *p, size_t round, int null)
{
	static char output[MAX_OUTPUT];
	char *args[MAX_WORDS] = { NULL };
	int64_t began_at, took;
	int ends[2];
	int status;
	size_t i, len;
	pid_t pid;

	for (i = 0; i < p->n_words; i++)
		args[i] = word_get(&p->words[i], round);
	if (pipe2(ends, O_CLOEXEC) < 0)
		err(1, "pipe");

	began_at = now_ns();
	pid = start(args, null, ends);
	(void)close(ends[1]);
	len = read_all(ends[0], output, sizeof(output));
	if (waitpid(pid, &status, 0) != pid)
		err(1, "wait");
	took = now_ns() - began_at;

	(void)close(ends[0]);
	judge(p, round, status, output, len);
	return took;
}

static void
shuffle(struct program **order, size_t n)
{
	struct program *p;
	size_t i, k;

	for (i = n; i > 1; i--) {
		k = (size_t)random() % i;
		p = order[i - 1];
		order[i - 1] = order[k];
		order[k] = p;
	}
}

static int
compare_times(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
report(struct program *p, size_t n_rounds)
{
	qsort(p->took, n_rounds, sizeof(*p->took), compare_times);
	printf("%s %.1f %.1f\n", p->name,
	    (double)p->took[n_rounds / 2] / 1000,
	    (double)p->took[n_rounds * 99 / 100] / 1000);
}

int
main(int argc, char **argv)
{
	static struct program programs[MAX_PROGRAMS];
	struct program *order[MAX_PROGRAMS];
	const struct sched_param lowest = { .sched_priority = 1 };
	size_t n = 0, n_rounds, n_warm, round, i;
	int null;

	if (argc > 1 && strcmp(argv[1], "-r") == 0) {
		(void)sched_setscheduler(0, SCHED_FIFO, &lowest);
		argc--;
		argv++;
	}
	if (argc < 2 || (n_rounds = strtoul(argv[1], NULL, 10)) == 0)
		errx(2, "usage: starts [-r] ROUNDS NAME WANT PROGRAM ... [+ ...]");
	for (argv += 2; *argv != NULL; n++) {
		if (n == MAX_PROGRAMS)
			errx(2, "too many programs");
		order[n] = &programs[n];
		argv = take_program(&programs[n], argv, n_rounds);
	}
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0)
		err(1, "/dev/null");

	n_warm = n_rounds < WARM_UP ? n_rounds : WARM_UP;
	for (round = 0; round < n_warm + n_rounds; round++) {
		shuffle(order, n);
		for (i = 0; i < n; i++) {
			struct program *p = order[i];
			int64_t took = measure(p, round, null);

			if (round >= n_warm)
				p->took[round - n_warm] = took;
		}
	}
	for (i = 0; i < n; i++)
		report(&programs[i], n_rounds);
	return 0;
}
