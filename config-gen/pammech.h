/*
 * pammech: how a distribution has its PAM stacks changed, so that its own
 * tools know of the change and keep it: pam-auth-update(8) of Debian's family,
 * authselect(8) of Red Hat's.
 *
 * In the stacks that all services share the module stands behind a condition
 * on the service.  The other services jump over it: a module that is broken,
 * or gone, shuts nobody out of the console.
 */
#ifndef CONFIG_GEN_PAMMECH_H
#define CONFIG_GEN_PAMMECH_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/pamkeep.h"
#include "config-gen/root.h"
#include "lib/err.h"

/* Stands before the module; it is jumped over unless the service is named. */
#define PAMMECH_CONDITION "pam_succeed_if.so service notin %s quiet use_uid"
#define PAMMECH_SESSION "sshd"
#define PAMMECH_AUTH "sudo:sudo-i"

struct pammech {
	const char *name;
	/* What it changes, PAMKEEP_MAX_FILES at most; put back in order. */
	const struct pamkeep_file *files;
	size_t n_files;
	/* 1 where it looks after root's PAM, 0, or -1 with err. */
	int (*is_there)(const struct root *root, struct err *err);
	/*
	 * What has to be known to undo it, words in one line; -1 with err
	 * where the change must not be made.
	 */
	int (*look)(const struct root *root, char text[PAMKEEP_TEXT_SIZE],
	    struct err *err);
	/* Have the lines put in; text is look's. */
	int (*put)(const struct root *root, const char *text, bool has_sudo,
	    struct err *err);
	/* Have them taken out; text is look's, "" where that is not known. */
	int (*take)(const struct root *root, const char *text,
	    struct err *err);
};

extern const struct pammech pammech_debian, pammech_authselect;

/* The module as it is written in pam.d: its name, or its path. */
const char *pammech_module(const struct root *root);

/*
 * Run one of their tools inside root.  Its exit status, its standard output
 * in *out (the caller frees it; may be NULL); -1 with err where it did not
 * run.  said (SIZE bytes) gets what it said on standard error, escaped.
 */
#define PAMMECH_SAID_SIZE 256
int pammech_run(const struct root *root, const char *const *argv, char **out,
    char said[PAMMECH_SAID_SIZE], struct err *err);

/*
 * Copy text with lines, each "TYPE …" and ended by a newline, before its
 * first line of that type; NULL with err where it has none.  Allocated.
 */
char *pammech_insert(const char *text, const char *type, const char *lines,
    struct err *err);

#endif
