/*
 * call: one call of libpam into the module: whom it is about, what its line
 * in pam.d says, and the log.
 *
 * The module runs inside sshd, sudo and su, as root.  It MUST NOT print,
 * exit, keep anything between two calls but PAM's own data, or leave
 * descriptors, signals, working folder, umask or uid otherwise than it found
 * them.  Log lines go to /dev/log alone.
 */
#ifndef PAM_CALL_H
#define PAM_CALL_H

#include <security/pam_modules.h>

#include <sys/types.h>

#include "lib/err.h"
#include "lib/ipaddr.h"
#include "lib/sshwire.h"
#include "pam/judge.h"
#include "pam/options.h"

/* What libpam calls is all that the module shows. */
#define PAM_ENTRY __attribute__((visibility("default")))

struct call {
	pam_handle_t *pamh;
	const char *group; /* "session", for the log */
	struct options options;
	const char *service; /* PAM_SERVICE; "" where not set */
	const char *user; /* PAM_USER */
	uid_t uid;
	gid_t gid;
	struct ipaddr addr_room;
	const struct ipaddr *addr; /* the ssh client's; NULL: not known */
};

/*
 * Begin: parse the options, look PAM_USER up, read SSH_CONNECTION of PAM's
 * environment.  PAM_SUCCESS, or what the caller must return, logged already.
 */
int call_begin(struct call *c, pam_handle_t *pamh, enum options_group group,
    int argc, const char **argv);

/* Log a failure of our own; what to return for it (on-error=). */
int call_failed(const struct call *c, const struct err *err);

/* Log a step, where the line says debug. */
void call_debug(const struct call *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Log what j decided, with verb ("allow", "deny") in front, at priority. */
void call_log_decision(const struct call *c, int priority, const char *verb,
    struct judge *j);

/*
 * The fields of such a line from " reason=" on, as one text: allocated, the
 * caller frees; NULL where there is no memory.  For call_log_fields, which
 * puts the beginning before it.
 */
char *call_decision_fields(struct judge *j);
void call_log_fields(const struct call *c, int priority, const char *verb,
    const char *fields);

/* Log a line of another kind; reason may be NULL. */
void call_log_text(const struct call *c, int priority, const char *verb,
    const char *reason, const char *text);

/*
 * Look up an account.  0, or -1 with err: ERR_NOT_FOUND where there is none.
 */
int call_find_user(
    const char *name, uid_t *uid, gid_t *gid, struct err *err);

#endif
