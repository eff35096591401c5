/*
 * agent: the SSH agent of the user who calls sudo or su.
 *
 * Threat model: the path, the socket and whatever answers there are the
 * user's, who may want to hang, crash or mislead a root process.  MUST connect
 * with his rights, only to a socket that is his, listened to by him; MUST end
 * in AGENT_LIMIT_MS, or AGENT_TOUCH_MS once somebody has to touch a security
 * key, whatever the agent does; MUST NOT believe a length.
 */
#ifndef PAM_AGENT_H
#define PAM_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"
#include "lib/sshwire.h"
#include "pam/agentmsg.h"

#define AGENT_LIMIT_MS 5000
#define AGENT_TOUCH_MS 30000

struct agent {
	int fd;
	int64_t begun_ms; /* CLOCK_MONOTONIC */
	int64_t until_ms;
	struct wire message; /* the last answer */
};

/*
 * Connect.  0, or -1 with err and nothing to close; ERR_UNSAFE where the
 * socket is not that user's.  is_stuck is set where the process could not
 * become what it was before: then it must not go on.
 */
int agent_open(struct agent *a, const char *path, uid_t uid, gid_t gid,
    bool *is_stuck, struct err *err);
void agent_close(struct agent *a);

/* Ask; spans live until the next question.  Errors as agentmsg's, and
 * ERR_SYSTEM where the connection breaks or time is up. */
int agent_list(
    struct agent *a, struct agentmsg_keys *keys, struct err *err);
int agent_sign(struct agent *a, struct span key, bool needs_touch,
    struct span data, struct span *signature, struct err *err);

#endif
