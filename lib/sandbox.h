/*
 * sandbox: what a program that talks to the network gives up before it does.
 *
 * For a program that runs as an ordinary user, keeps its open descriptors,
 * resolves names and verifies TLS certificates, and needs nothing else:
 *
 *   no new privileges   set-user-ID programs and file capabilities count no
 *                       more
 *   limits              no core file, no file of more than 128 KiB, few
 *                       descriptors, little memory and processor time
 *   seccomp             system calls that start or inspect programs, change
 *                       files, mounts, owners or the system, listen for
 *                       connections, or open sockets of other families than
 *                       the Internet's, local ones and routing's, fail with
 *                       EPERM
 *   Landlock            reading of the given paths only, writing nowhere;
 *                       from ABI 4 (Linux 6.7) TCP connections to the given
 *                       ports only, from ABI 6 (6.12) no signals and no
 *                       abstract sockets to the outside
 *
 * A list of what is denied, not of what is allowed: the C library's name
 * services and OpenSSL differ too much from one system to the next.
 */
#ifndef LIB_SANDBOX_H
#define LIB_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

struct sandbox {
	/* Files and folders that stay readable; those missing are passed
	 * over.  NULL ends them. */
	const char *const *paths;
	const uint16_t *ports; /* for TCP; 0 ends them */
};

/* What the kernel had. */
struct sandbox_state {
	bool has_seccomp;
	int landlock; /* its ABI; 0: none */
};

/*
 * Enter it, for good.  0, or -1 where something failed that the kernel has;
 * what it lacks is left out and says so in *state (NULL: not asked for).
 */
int sandbox_enter(const struct sandbox *s, struct sandbox_state *state,
    struct err *err);

#endif
