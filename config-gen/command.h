/*
 * command: run a program that OpenSSH or the system ships, and read what it
 * says.  No shell, a clean environment, output capped, time limited.
 */
#ifndef CONFIG_GEN_COMMAND_H
#define CONFIG_GEN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

/* More output than this is an error. */
#define COMMAND_MAX_OUTPUT (16UL * 1024 * 1024)

struct command_result {
	int status; /* exit status; 128 + N: ended by signal N */
	char *out; /* standard output, terminated */
	size_t out_len;
	char *errors; /* standard error, terminated */
	size_t errors_len;
};

/*
 * Run argv (argv[0] is the program's absolute path, NULL ends it) with
 * standard input closed, at most timeout_s seconds, PATH set to the system's
 * folders and LC_ALL=C, nothing else in the environment.  root: folder to
 * chroot into first; NULL or "/": none.  Returns 0 once the program ran and
 * ended, whatever its status; -1 with err where it could not be run, ran too
 * long (it is killed) or said too much.  End res by command_result_clear.
 */
int command_run(const char *root, const char *const *argv,
    unsigned int timeout_s, struct command_result *res, struct err *err);

/*
 * command_run on this machine, where any status but 0 is an error as well:
 * "WHAT: LINE", the first line of its standard error, escaped, or its status
 * where it says nothing.  res is to be cleared only where this returns 0.
 */
int command_run_checked(const char *const *argv, unsigned int timeout_s,
    const char *what, struct command_result *res, struct err *err);

/* For a program that is to have less than we do. */
struct command_guest {
	const void *in; /* its standard input */
	size_t in_len;
	bool has_user; /* it runs as uid and gid, in no other group; needs root */
	uid_t uid;
	gid_t gid;
	size_t max_output; /* of each of its two outputs */
};

/*
 * command_run on this machine, with these differences.  Before it is
 * executed the program has given up root, where has_user says so, and can
 * gain nothing by a set-user-ID program.
 */
int command_run_guest(const struct command_guest *g, const char *const *argv,
    unsigned int timeout_s, struct command_result *res, struct err *err);

/*
 * Start argv (as above) so that it outlives this process, its session and
 * its terminal: in a session of its own, in "/", with nothing open and
 * SIGHUP ignored.  Returns 0 once it runs; it is not waited for.
 */
int command_detach(const char *const *argv, struct err *err);

void command_result_clear(struct command_result *res);

/* A program that runs beside certgate, and never longer than it. */
struct command;

/*
 * Start argv as command_run does, with the descriptor fd (borrowed) as its
 * standard input and output; what it says on standard error is lost.  Once
 * this returns, argv[0] has been executed.  NULL with err where it was not.
 */
struct command *command_start(
    const char *const *argv, int fd, struct err *err);

bool command_is_running(const struct command *c);

/* Kill what still runs of it and of its process group.  NULL is fine. */
void command_end(struct command *c);

#endif
