/*
 * login: one login, by the real ssh at the real sshd.
 */
#ifndef CONFIG_GEN_LOGIN_H
#define CONFIG_GEN_LOGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

struct login {
	const char *sshd, *ssh; /* absolute paths */
	const char *config; /* sshd's main file */
	const char *user;
	const char *key, *cert; /* files of the client's */
	const char *log; /* for what sshd says; made anew */
	char *const *args; /* more options of sshd's, those of its service */
	size_t n_args;
};

/*
 * Log in over a connection on 127.0.0.1 that nobody else can take: sshd -i is
 * given its one end, ssh -N the other.  No session is opened, so no shell and
 * no forced command runs; PAM's account and session modules do.
 *
 * 0: *is_in says whether sshd took the certificate, and *said (the caller
 * frees it) is its log at LogLevel VERBOSE.  -1: it could not be tried.
 * Nothing of it runs any more in either case.
 */
int login_try(
    const struct login *l, bool *is_in, char **said, struct err *err);

/*
 * Whether sshd's log says that user's key was accepted, be it that another
 * method is asked for as well (also a test's).
 */
bool login_was_accepted(const char *log, const char *user);

/*
 * The lines of log that say why, escaped and joined by " / "; those of
 * connections that come and go are left out, and the middle of long ones.
 * Returns out.
 */
char *login_reasons(const char *log, char *out, size_t out_len);

#endif
