/*
 * session: who holds the other end of this process, to tell one login from
 * another.
 *
 * The kernel's audit session where there is one (pam_loginuid sets it, sudo
 * and su keep it), and the processes that this one descends from, up to the
 * sshd that listens: the shell, sudo, the sshd of the connection.  The POSIX
 * session alone would not do: sudo makes one for each call.  No proof
 * against root, who may do as he likes: it prevents a mistake.
 */
#ifndef CONFIG_GEN_SESSION_H
#define CONFIG_GEN_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"

#define SESSION_MAX 64

struct session_process {
	long pid; /* 0: one that this namespace does not see */
	unsigned long long start; /* clock ticks since boot; 0: not known */
};

struct session {
	bool has_audit;
	uint32_t audit;
	/* [0]: the leader of the POSIX session; then the ancestors */
	struct session_process processes[SESSION_MAX];
	size_t n_processes;
};

/* The session of this process. */
int session_find(struct session *out, struct err *err);

/* Whether both are, as far as can be told, of one login. */
bool session_is_same(const struct session *a, const struct session *b);

#endif
