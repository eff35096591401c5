/*
 * inject: run a function in a child, and make one of its system calls fail,
 * or kill it before that call.
 *
 * By ptrace, so that it works without root and without other programs.
 */
#ifndef TESTS_FAULT_INJECT_H
#define TESTS_FAULT_INJECT_H

#include <stdbool.h>

#define INJECT_NOTHING 0
#define INJECT_KILL (-1)

struct inject_result {
	long number; /* of the system call that was hit; -1: none was left */
	bool is_killed;
	int status;  /* the child's exit status, where it was not killed */
	int wait_status; /* as wait(2) gives it */
	int n_calls; /* that it made */
};

/* Whether this machine lets us do that at all. */
bool inject_is_possible(void);

/*
 * Run act in a child, which exits with what act returns.  Its call number at,
 * from 0, is hit: fault is INJECT_NOTHING, INJECT_KILL or an errno.  Calls
 * that cannot fail (getpid …) are not counted.  A call that is to fail is not
 * made, but for close: Linux closes the descriptor, whatever it then says.
 */
void inject_run(int (*act)(void), int at, int fault, struct inject_result *res);

/*
 * The same for a program, argv[0] of which is a path, and its calls of close
 * only.  strace cannot do that: it leaves the descriptor open.
 */
void inject_close(
    char *const *argv, int at, int fault, struct inject_result *res);

#endif
