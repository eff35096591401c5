/*
 * reload: make a running sshd read its configuration again.
 *
 * Only after sshd -t accepted it: a SIGHUP with a broken file ends the
 * listener for good in every version.
 */
#ifndef CONFIG_GEN_RELOAD_H
#define CONFIG_GEN_RELOAD_H

#include <stddef.h>

#include "config-gen/root.h"
#include "lib/err.h"

enum reload_outcome {
	RELOAD_UNIT, /* systemd reloaded ssh.service or sshd.service */
	RELOAD_SIGNAL, /* SIGHUP by pid file */
	RELOAD_ON_CONNECT, /* socket-activated: read at the next connection */
	RELOAD_NOT_RUNNING /* nothing to reload */
};

/*
 * Reload the machine's sshd.  pid_file is sshd -T's value of pidfile (NULL:
 * not known, so the usual one).  A pid is signalled only where /proc says
 * that it is an sshd that listens.  said (said_len bytes) gets one line for
 * people on what was done.
 *
 * ERR_SYSTEM and the like: sshd runs, and goes on with what it has read.
 * ERR_UNSUPPORTED: sshd writes no pid file, so nobody can tell.
 */
int reload_sshd(const struct root *root, const char *pid_file,
    enum reload_outcome *outcome, char *said, size_t said_len, struct err *err);

/* The parts of the system that reload_sshd asks. */
struct reload_system {
	const char *systemd; /* a folder that is there where systemd runs */
	const char *systemctl;
};

/* reload_sshd, but on these parts. */
int reload_sshd_on(const struct reload_system *system, const struct root *root,
    const char *pid_file, enum reload_outcome *outcome, char *said,
    size_t said_len, struct err *err);

#endif
