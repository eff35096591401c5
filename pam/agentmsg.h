/*
 * agentmsg: the messages that an SSH agent is sent and answers, without the
 * length in front of each.
 *
 * Source: draft-ietf-sshm-ssh-agent, sections 3.5 and 3.6, and OpenSSH's
 * PROTOCOL.agent.  An answer may come from anybody's program: it is read with
 * bounds, to its last byte.
 */
#ifndef PAM_AGENTMSG_H
#define PAM_AGENTMSG_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/sshwire.h"

/* authfd.c:MAX_AGENT_REPLY_LEN and MAX_AGENT_IDENTITIES are 256 KiB, 2,048. */
#define AGENTMSG_MAX (256UL * 1024)
#define AGENTMSG_MAX_KEYS 256

/* Spans point into the answer. */
struct agentmsg_keys {
	size_t n;
	struct span blobs[AGENTMSG_MAX_KEYS];
};

/* Append the question for the keys, or for a signature by key over data. */
void agentmsg_put_list(struct wire *out);
void agentmsg_put_sign(
    struct wire *out, struct span key, struct span data);

/*
 * Read the answer.  0, or -1 with err: ERR_REFUSED where the agent says that
 * it will not, ERR_LIMIT over AGENTMSG_MAX_KEYS, else ERR_MALFORMED.
 */
int agentmsg_get_keys(
    struct span answer, struct agentmsg_keys *keys, struct err *err);
int agentmsg_get_signature(
    struct span answer, struct span *signature, struct err *err);

#endif
