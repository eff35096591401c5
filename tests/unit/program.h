/*
 * program: a real program that a test starts, and all that it says.
 */
#ifndef TESTS_UNIT_PROGRAM_H
#define TESTS_UNIT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct program {
	/* What to start; [0] from the folder that the test was started in. */
	const char *const *argv;
	const void *input; /* standard input; NULL: /dev/null */
	size_t input_len;
	int in_fd, out_fd; /* instead, where not 0; -1: closed */
	void (*prepare)(void); /* in its process, before it is the program */
	int (*main)(int argc, char **argv); /* instead of a program: its main */

	/* What came of it. */
	pid_t pid;
	int status; /* exit status, or 128 and the signal */
	char *said, *errors; /* standard output and standard error, as texts */
	FILE *said_file, *errors_file;
};

/* First in main: where the programs are. */
void program_init(void);

void program_start(struct program *p);
void program_wait(struct program *p);
void program_clear(struct program *p);

/* Fail unless it ended with that status and said just that. */
void program_assert(const struct program *p, const char *name, int status,
    const char *said, const char *errors);

/*
 * For prepare.  The first: a user who is not root; where root runs the test,
 * in a namespace in which root has another number, so that the build's files
 * are still in reach.  The second: that folder is /dev, with a null in it.
 */
void program_be_nobody(void);
void program_have_dev(const char *folder);

/* Whether this machine lets us do that. */
bool program_may(void (*prepare)(void));

#endif
