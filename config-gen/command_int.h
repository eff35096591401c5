/*
 * command_int: what config-gen/command.c and the child that it starts say to
 * each other.  Only for these two.
 */
#ifndef CONFIG_GEN_COMMAND_INT_H
#define CONFIG_GEN_COMMAND_INT_H

#include <stdbool.h>
#include <sys/types.h>

#include "config-gen/command.h"

/* In the child; the first three are where every program expects them. */
enum { FD_STDIN, FD_STDOUT, FD_STDERR, FD_FAILURE, FD_FIRST_FREE };

/* What the child writes to FD_FAILURE where it could not become the program. */
struct command_failure {
	int error;
	int step; /* index in command_steps */
};
enum {
	CHILD_CHROOT,
	CHILD_DESCRIPTORS,
	CHILD_EXEC,
	CHILD_SESSION,
	CHILD_USER
};
extern const char *const command_steps[];

/* What the child needs. */
struct command_start {
	const char *root; /* to chroot into; NULL: none */
	const char *const *argv;
	int fds[FD_FIRST_FREE]; /* in the order of the enum, none below its end */
	pid_t parent;
	bool is_detached;
	const struct command_guest *guest; /* NULL: none */
};

/*
 * Fork and run the program: the child's process ID, or -1 with errno.  Once
 * this returns for who is no guest, the program has been executed or the
 * child has said why not.
 */
pid_t command_child_start(const struct command_start *s);

/* What the child does, for who has forked by itself. */
_Noreturn void command_child_run(const struct command_start *s);

#endif
