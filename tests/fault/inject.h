/*
 * inject: run a function or a program in a child, and make one of its system
 * calls fail, or kill it before that call.
 *
 * By ptrace(2): what strace(1) does by its option -e inject, but without a
 * stop at each of the other calls, which would take most of the time.
 */
#ifndef TESTS_FAULT_INJECT_H
#define TESTS_FAULT_INJECT_H

#include <signal.h>
#include <stdbool.h>

#define INJECT_NOTHING 0
#define INJECT_KILL (-1)

struct inject_result {
	long number; /* of the system call that was hit; -1: none was left */
	bool is_killed;
	int status;  /* the child's exit status, where it was not killed */
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

struct inject_point {
	const char *call; /* as strace writes it */
	unsigned int n; /* which one, from 1 */
	int fault; /* INJECT_KILL or an errno */
	bool never_sleeps; /* its sleeps end at once */
};

/* Whether inject_program has a number for call (never for execve). */
bool inject_knows(const char *call);

/*
 * The same for a program, argv[0] of which is a path; needs root.  Only calls
 * of the program itself count, not those of its children.  prepare is called
 * in the child before.  Where *is_late is set by a signal's handler, it is
 * killed.  *status is as wait(2) gives it.  Returns whether the point was
 * reached.  The program's children that still run are traced by this process
 * then, and stop at such calls: the caller ends them.
 */
bool inject_program(char *const *argv, void (*prepare)(void),
    const struct inject_point *point, const volatile sig_atomic_t *is_late,
    int *status);

#endif
