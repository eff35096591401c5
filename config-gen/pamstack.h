/*
 * pamstack: the modules that libpam runs for a service, as its files say it
 * (pam.d(5)), and which of them it can come to.
 *
 * Files are had from the caller, so that they may be those of any root.  MUST
 * NOT take a stack for better than it is: what libpam could read in another
 * way is an error.
 */
#ifndef CONFIG_GEN_PAMSTACK_H
#define CONFIG_GEN_PAMSTACK_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

enum pamstack_type {
	PAMSTACK_AUTH,
	PAMSTACK_ACCOUNT,
	PAMSTACK_PASSWORD,
	PAMSTACK_SESSION,
	PAMSTACK_N_TYPES
};

extern const char *const pamstack_types[PAMSTACK_N_TYPES];

/* Of one stack. */
#define PAMSTACK_MAX_NODES 4096
/* Files that include files; libpam's own limit is 32. */
#define PAMSTACK_MAX_DEPTH 32

/* What a module may return, in libpam's order: success is the first. */
#define PAMSTACK_N_CODES 32

/* What then is done; a number above 0: so many modules are left out. */
enum {
	PAMSTACK_IGNORE = 0,
	PAMSTACK_OK = -1,
	PAMSTACK_DONE = -2,
	PAMSTACK_BAD = -3,
	PAMSTACK_DIE = -4,
	PAMSTACK_RESET = -5
};

struct pamstack_node {
	char *file; /* its name, as it was asked for */
	size_t line; /* from 1 */
	unsigned int level; /* of substacks, from 0 */
	bool is_substack; /* the line of one: what follows is a level deeper */
	char *module; /* as written; of a substack, the file's name */
	char *args; /* divided by single blanks */
	short actions[PAMSTACK_N_CODES];
};

struct pamstack {
	char *service;
	enum pamstack_type type;
	struct pamstack_node *nodes;
	size_t n_nodes;
};

/*
 * Give the text of the file name ("sshd", "common-auth", or a path), which
 * the caller of pamstack_load frees.  1; 0: there is none; -1: err.
 */
typedef int pamstack_read_t(
    void *ctx, const char *name, char **text, size_t *len, struct err *err);

/*
 * Load the stack of one type.  1; 0: the service has no file; -1 with err:
 * "sshd:7: …" where a file is none that libpam would read without complaint.
 * End by pamstack_clear in every case.
 */
int pamstack_load(struct pamstack *s, const char *service,
    enum pamstack_type type, pamstack_read_t *read, void *ctx,
    struct err *err);
void pamstack_clear(struct pamstack *s);

/* Whether the node runs the module of this name, whatever its folder. */
bool pamstack_is(const struct pamstack_node *n, const char *module);

/*
 * The nodes that libpam can come to, whatever the modules answer; only of
 * pam_succeed_if.so with one condition on the service, pam_permit.so and
 * pam_deny.so the answer is known.  reached has room for n_nodes.
 */
void pamstack_reach(const struct pamstack *s, bool *reached);

/*
 * Whether the stack can come to a good end without this module being asked.
 * True also where it does not stand there.
 */
bool pamstack_avoids(const struct pamstack *s, const char *module);

#endif
