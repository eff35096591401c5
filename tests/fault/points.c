/*
 * points: run a command again and again, each time with one fault.
 *
 *   points -l FOLDER [-l FOLDER]...        print the listing of folders
 *   points [OPTION...] -- COMMAND [ARG...] <POINTS
 *
 * A point is a line of three words:
 *
 *   SIGKILL NAME N    the command is killed before its Nth call of NAME
 *   EIO NAME N        its Nth call of NAME is not made and fails so (any errno)
 *   EIO child:NAME N  the same, but in each of its children, before exec
 *   EIO loader:NAME N as without "loader:", but it may crash: that is the
 *                     dynamic loader, before any code of the command's
 *   sshd KIND N       the Nth sshd that it runs does as same_sshd.c tells
 *
 *   -b FOLDER   the folders of -t are before each run as they are below it
 *   -t FOLDER   a folder that the command changes; several times: more
 *   -s FOLDER   where same_sshd is; its file said gets what the command said
 *   -S          by strace wherever it can (see below)
 *   -v PROGRAM  judges what is there afterwards; its arguments are how the
 *               command ended (done, failed or killed).  Exit status 0: good;
 *               3: good, but in between; else its output says what is wrong.
 *               It is asked once for each state of the folder and each end,
 *               however many points lead there.
 *   -x FILE     keeps the states, to be looked at
 *   -p PROGRAM  run before each run, with the argument wait while the folder
 *               is still as the last run left it, then with before
 *   -q PROGRAM  run after each run, with the same argument; judges as well
 *   -z          sleeps of the command end at once
 *   -c          the command may leave a process behind
 *
 * Ends with a line on standard output:
 *
 *   points TRIED failed FAILED states STATES between BETWEEN
 *
 * A point that the command does not come to (it made fewer such calls this
 * time) is not counted.  Faults are injected by inject.h, or with -S by
 * strace(1); by strace always into children, and never into close, since it
 * leaves the descriptor open.
 */
#include "config.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/fault/folder.h"
#include "tests/fault/inject.h"
#include "tests/fault/listing.h"

#define STRACE "strace"
#define SLEEP "clock_nanosleep"
#define MAX_SHOWN 40 /* failures that are told in full */
#define RUN_LIMIT_S 90 /* more than certgate waits for its lock */
#define SAID_SIZE 2000
#define MAX_TARGETS 4

enum end { END_DONE, END_FAILED, END_KILLED };
static const char *const end_names[] = { "done", "failed", "killed" };

struct point {
	char fault[16], name[40];
	unsigned int n;
};

/* A state that was judged. */
struct state {
	char *listing;
	enum end end;
	int verdict; /* exit status of the judge */
	char said[SAID_SIZE];
};

static struct options {
	const char *before, *targets[MAX_TARGETS], *sshd, *judge, *prepare,
	    *check, *keep;
	size_t n_targets;
	bool may_stay, never_sleeps, is_strace;
	char **command;
} o;

static struct state *states;
static size_t n_states, cap_states;
static unsigned long n_tried, n_failed, n_between;

static volatile sig_atomic_t is_late; /* a run took too long */

static char out_path[PATH_MAX], trace_path[PATH_MAX], mode_path[PATH_MAX],
    count_path[PATH_MAX], sshd_path[PATH_MAX], said_path[PATH_MAX];

static int
error_of(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} errors[] = { { "ENOSPC", ENOSPC }, { "EIO", EIO },
		{ "EACCES", EACCES }, { "EINTR", EINTR },
		{ "ENOMEM", ENOMEM } };
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].number;
	}
	errx(2, "%s: not a fault", name);
}

/* Processes that are our children, also those that we inherited. */
static size_t
children(pid_t *pids, size_t max)
{
	size_t n = 0;
	long pid;
	FILE *in = fopen("/proc/thread-self/children", "r");

	if (in == NULL)
		err(1, "/proc/thread-self/children");
	while (n < max && fscanf(in, "%ld", &pid) == 1)
		pids[n++] = (pid_t)pid;
	(void)fclose(in);
	return n;
}

/* End all that is left.  Whether there was any that had not ended. */
static bool
end_children(void)
{
	pid_t pids[64];
	bool found = false;
	size_t i, n;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	while ((n = children(pids, 64)) > 0) {
		found = true;
		for (i = 0; i < n; i++)
			(void)kill(pids[i], SIGKILL);
		(void)waitpid(-1, NULL, 0);
	}
	return found;
}

static void
write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	if (out == NULL || fputs(text, out) == EOF || fclose(out) == EOF)
		err(1, "%s", path);
}

static void
on_alarm(int number)
{
	(void)number;
	is_late = 1;
}

static void
move(const char *path, int flags, int to)
{
	int fd = open(path, flags, 0600);

	if (fd == -1 || dup2(fd, to) == -1)
		err(1, "%s", path);
	if (fd != to)
		(void)close(fd);
}

static void
redirect(void)
{
	move("/dev/null", O_RDONLY, 0);
	move(out_path, O_WRONLY | O_CREAT | O_TRUNC, 1);
	if (dup2(1, 2) == -1)
		err(1, "%s", out_path);
}

/* Start argv with its outputs in the file out_path; wait for its end. */
static int
run(const char *const *argv)
{
	int status;
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0) {
		redirect();
		(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
		err(1, "%s", argv[0]);
	}
	is_late = 0;
	(void)alarm(RUN_LIMIT_S);
	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR)
			err(1, "waitpid");
		if (is_late)
			(void)kill(pid, SIGKILL);
	}
	(void)alarm(0);
	return status;
}

static void
read_said(char *said)
{
	FILE *in = fopen(out_path, "r");
	size_t n = 0;

	if (in != NULL) {
		n = fread(said, 1, SAID_SIZE - 1, in);
		(void)fclose(in);
	}
	said[n] = '\0';
	while (n > 0 && said[n - 1] == '\n')
		said[--n] = '\0';
}

/* Ask a judge about what is there.  Its exit status. */
static int
ask(const char *judge, const char *word, char *said)
{
	const char *const argv[] = { judge, word, NULL };
	int status = run(argv);

	read_said(said);
	(void)end_children();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static bool
is_child(const struct point *p)
{
	return strncmp(p->name, "child:", 6) == 0;
}

static const char *
call_of(const struct point *p)
{
	const char *colon = strchr(p->name, ':');

	return colon == NULL ? p->name : colon + 1;
}

/* Whether the fault came to pass, as strace tells. */
static bool
was_hit(const struct point *p)
{
	char call[64], *line = NULL;
	bool is_kill = strcmp(p->fault, "SIGKILL") == 0;
	bool hit = false;
	size_t size = 0;
	FILE *in = fopen(trace_path, "r");

	(void)snprintf(call, sizeof(call), "%s(", call_of(p));
	if (in == NULL)
		err(1, "%s", trace_path);
	while (!hit && getline(&line, &size, in) != -1)
		hit = is_kill ? strstr(line, "killed by SIGKILL") != NULL
			      : strstr(line, call) != NULL &&
			    strstr(line, "(INJECTED)") != NULL;
	free(line);
	(void)fclose(in);
	return hit;
}

/* Run the command under strace: trace call, with some options up to NULL. */
static int
run_strace(const char *call, const char *const *what)
{
	const char *argv[64];
	char trace[80];
	bool is_awake = o.never_sleeps && strcmp(call, SLEEP) != 0;
	size_t i, n = 0;

	(void)snprintf(trace, sizeof(trace), "trace=%s%s", call,
	    is_awake ? "," SLEEP : "");
	argv[n++] = STRACE;
	argv[n++] = "-o";
	argv[n++] = trace_path;
	argv[n++] = "-e";
	argv[n++] = trace;
	/* To decode what is of no interest takes longer than the command. */
	argv[n++] = "-eraw=all";
	if (is_awake)
		argv[n++] = "-einject=" SLEEP ":retval=0";
	for (i = 0; what[i] != NULL; i++)
		argv[n++] = what[i];
	for (i = 0; o.command[i] != NULL && n < 63; i++)
		argv[n++] = o.command[i];
	argv[n] = NULL;
	return run(argv);
}

/* Run the command with the fault.  false: it did not come to it. */
static bool
run_traced(const struct point *p, int *status)
{
	char inject[128];
	const char *const what[] = { "-e", inject,
		is_child(p) ? "-f" : NULL, "-b", "execve", NULL };
	bool is_kill = strcmp(p->fault, "SIGKILL") == 0;
	/* It says no by an address below the one asked for. */
	bool is_brk = !is_kill && strcmp(call_of(p), "brk") == 0;

	/* The error is for the call to be left out; nobody lives to see it. */
	(void)snprintf(inject, sizeof(inject), "inject=%s:%s%s%s:when=%u",
	    call_of(p), is_brk ? "retval=" : "error=",
	    is_brk      ? "0"
	        : is_kill ? "EIO"
	                  : p->fault,
	    is_kill ? ":signal=KILL" : "", p->n);
	*status = run_strace(call_of(p), what);
	return was_hit(p);
}

/* The same without strace. */
static bool
run_injected(const struct point *p, int *status)
{
	bool is_kill = strcmp(p->fault, "SIGKILL") == 0, is_hit;
	const struct inject_point point = { call_of(p), p->n,
		is_kill ? INJECT_KILL : error_of(p->fault), o.never_sleeps };

	is_late = 0;
	(void)alarm(RUN_LIMIT_S);
	is_hit = inject_program(o.command, redirect, &point, &is_late, status);
	(void)alarm(0);
	return is_hit;
}

/* The same with a sshd that fails. */
static bool
run_with_sshd(const struct point *p, int *status)
{
	static const char *const nothing[] = { NULL };
	char mode[64];
	struct stat st = { .st_size = 0 };
	bool is_gone = strcmp(p->name, "gone") == 0;

	(void)snprintf(mode, sizeof(mode), "%s %u\n", p->name, p->n);
	write_text(mode_path, mode);
	(void)unlink(count_path);
	if (is_gone && p->n == 1 && chmod(sshd_path, 0644) == -1)
		err(1, "%s", sshd_path);
	*status = o.never_sleeps || o.is_strace
	    ? run_strace("exit_group", nothing)
	    : run((const char *const *)o.command);
	(void)unlink(mode_path);
	if (chmod(sshd_path, 0755) == -1)
		err(1, "%s", sshd_path);
	(void)stat(count_path, &st);
	return (unsigned int)st.st_size + (is_gone ? 1 : 0) >= p->n;
}

static bool
run_point(const struct point *p, int *status)
{
	if (strcmp(p->fault, "sshd") == 0)
		return run_with_sshd(p, status);
	/* strace leaves a descriptor open that was to be closed. */
	if (!is_child(p) && inject_knows(call_of(p)) &&
	    (!o.is_strace || strcmp(call_of(p), "close") == 0))
		return run_injected(p, status);
	return run_traced(p, status);
}

/* All of the folders that the command changes. */
static char *
list_targets(void)
{
	char *all = NULL, *one, *both;
	size_t i;

	for (i = 0; i < o.n_targets; i++) {
		one = listing(o.targets[i], NULL);
		if (asprintf(&both, "%s%s", all == NULL ? "" : all, one) == -1)
			err(1, NULL);
		free(all);
		free(one);
		all = both;
	}
	return all;
}

static void
restore_targets(void)
{
	static char before[PATH_MAX];
	size_t i;

	for (i = 0; i < o.n_targets; i++) {
		(void)snprintf(
		    before, sizeof(before), "%s%s", o.before, o.targets[i]);
		folder_restore(before, o.targets[i]);
	}
}

/* The state that is there now, judged. */
static const struct state *
judge(enum end end)
{
	char *now = list_targets();
	struct state *s;
	size_t i;

	for (i = 0; i < n_states; i++) {
		if (states[i].end == end &&
		    strcmp(states[i].listing, now) == 0) {
			free(now);
			return &states[i];
		}
	}
	if (n_states == cap_states) {
		cap_states = cap_states == 0 ? 64 : cap_states * 2;
		states = reallocarray(states, cap_states, sizeof(*states));
		if (states == NULL)
			err(1, NULL);
	}
	s = &states[n_states++];
	s->listing = now;
	s->end = end;
	s->verdict = ask(o.judge, end_names[end], s->said);
	return s;
}

static void
tell(const struct point *p, const char *what)
{
	if (++n_failed <= MAX_SHOWN)
		(void)printf(
		    "FAILED %s %s %u: %s\n", p->fault, p->name, p->n, what);
}

/*
 * The C library gives up on an error that the kernel never gives, and its
 * loader crashes where it gets no memory.
 */
static bool
is_theirs(const struct point *p, int status)
{
	return (WTERMSIG(status) == SIGABRT &&
		   strcmp(p->name, "futex") == 0) ||
	    strncmp(p->name, "loader:", 7) == 0;
}

static void
prepare(const char *word)
{
	char said[SAID_SIZE];

	if (o.prepare != NULL && ask(o.prepare, word, said) != 0)
		errx(1, "%s %s: %s", o.prepare, word, said);
}

static void
try_point(const struct point *p)
{
	const struct state *s;
	char said[SAID_SIZE], checked[SAID_SIZE] = "";
	int status, rc = 0;
	bool is_left, hangs;
	enum end end = END_KILLED;

	prepare("wait");
	restore_targets();
	prepare("before");
	if (!run_point(p, &status)) {
		(void)end_children();
		return;
	}
	n_tried++;
	hangs = is_late != 0;
	read_said(said);
	if (WIFEXITED(status))
		end = WEXITSTATUS(status) == 0 ? END_DONE : END_FAILED;
	is_left = end_children();
	write_text(said_path, said);
	if (o.check != NULL)
		rc = ask(o.check, end_names[end], checked);
	s = judge(end);
	n_between += s->verdict == 3 ? 1 : 0;
	if (hangs)
		tell(p, "it does not end");
	else if (end == END_KILLED && WTERMSIG(status) != SIGKILL &&
	    !is_theirs(p, status))
		tell(p, strsignal(WTERMSIG(status)));
	else if (end != END_KILLED && is_left && !o.may_stay)
		tell(p, "a process is left");
	else if (s->verdict != 0 && s->verdict != 3)
		tell(p, s->said);
	else if (rc != 0)
		tell(p, checked);
	else
		return;
	if (n_failed <= MAX_SHOWN)
		(void)printf("  it said: %s\n", said);
	(void)fflush(stdout);
}

static void
keep_states(void)
{
	FILE *out = fopen(o.keep, "w");
	size_t i;

	if (out == NULL)
		err(1, "%s", o.keep);
	for (i = 0; i < n_states; i++)
		(void)fprintf(out, "== %s, verdict %d %s\n%s",
		    end_names[states[i].end], states[i].verdict,
		    states[i].said, states[i].listing);
	if (fclose(out) == EOF)
		err(1, "%s", o.keep);
}

static void
name_files(void)
{
	(void)snprintf(out_path, PATH_MAX, "%s/out", o.sshd);
	(void)snprintf(trace_path, PATH_MAX, "%s/trace", o.sshd);
	(void)snprintf(mode_path, PATH_MAX, "%s/mode", o.sshd);
	(void)snprintf(count_path, PATH_MAX, "%s/count", o.sshd);
	(void)snprintf(said_path, PATH_MAX, "%s/said", o.sshd);
	(void)snprintf(sshd_path, PATH_MAX, "%s/sshd", o.sshd);
}

static void
parse(int argc, char **argv)
{
	bool is_listed = false;
	int letter;

	while ((letter = getopt(argc, argv, "b:cl:p:q:Ss:t:v:x:z")) != -1) {
		switch (letter) {
		case 'b':
			o.before = optarg;
			break;
		case 'c':
			o.may_stay = true;
			break;
		case 'l':
			(void)fputs(listing(optarg, NULL), stdout);
			is_listed = true;
			break;
		case 'p':
			o.prepare = optarg;
			break;
		case 'q':
			o.check = optarg;
			break;
		case 'S':
			o.is_strace = true;
			break;
		case 's':
			o.sshd = optarg;
			break;
		case 't':
			if (o.n_targets == MAX_TARGETS)
				errx(2, "too many -t");
			o.targets[o.n_targets++] = optarg;
			break;
		case 'v':
			o.judge = optarg;
			break;
		case 'x':
			o.keep = optarg;
			break;
		case 'z':
			o.never_sleeps = true;
			break;
		default:
			exit(2);
		}
	}
	if (is_listed)
		exit(0);
	o.command = argv + optind;
	if (o.before == NULL || o.n_targets == 0 || o.sshd == NULL ||
	    o.judge == NULL || *o.command == NULL)
		errx(2, "-b, -t, -s, -v and a command are needed");
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct point p;

	parse(argc, argv);
	name_files();
	/* Without SA_RESTART, so that waiting ends. */
	(void)sigaction(SIGALRM, &action, NULL);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) == -1)
		err(1, "prctl");
	while (scanf("%15s %39s %u", p.fault, p.name, &p.n) == 3)
		try_point(&p);
	if (o.keep != NULL)
		keep_states();
	(void)printf("points %lu failed %lu states %zu between %lu\n", n_tried,
	    n_failed, n_states, n_between);
	return n_failed == 0 ? 0 : 1;
}
