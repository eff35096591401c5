/*
 * process: what /proc says about one process.
 */
#ifndef CONFIG_GEN_PROCESS_H
#define CONFIG_GEN_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

struct process {
	pid_t parent; /* 0: none, or none that this namespace sees */
	pid_t session;
	unsigned long long start; /* clock ticks since boot */
};

/* -1 where there is no such process or /proc cannot be read. */
int process_look(pid_t pid, struct process *out);

/*
 * Whether pid is an sshd that listens: "sshd: /usr/sbin/sshd … [listener]",
 * or one that has not yet named itself and is not another sshd's child.
 * Before 9.8 the sessions are sshd, too: "sshd: jdoe [priv]".  1, 0, or -1
 * with errno where that cannot be told; one that has ended is 0.
 */
int process_is_listener(pid_t pid);

/*
 * The words that a listening sshd was started with, joined by blanks, its
 * program left out.  -1 where pid is none, or does not show them all.
 */
int process_listener_line(pid_t pid, char *out, size_t out_len);

/*
 * The process that a pid file names; 0: there is no such file.  -1: it is no
 * pid file, or not root's.
 */
int process_pid_file(const char *path, pid_t *pid, struct err *err);

#endif
