#include "config.h"

#include "pam/agentmsg.h"

enum {
	AGENT_FAILURE = 5,
	AGENT_REQUEST_IDENTITIES = 11,
	AGENT_IDENTITIES_ANSWER = 12,
	AGENT_SIGN_REQUEST = 13,
	AGENT_SIGN_RESPONSE = 14,
	AGENT_OTHER_FAILURE = 30, /* old ones, as authfd.c has them */
	AGENT_COM_FAILURE = 102,

	FLAG_RSA_SHA2_512 = 4 /* without it RSA keys sign with SHA-1 */
};

void
agentmsg_put_list(struct wire *out)
{
	wire_put_u8(out, AGENT_REQUEST_IDENTITIES);
}

void
agentmsg_put_sign(struct wire *out, struct span key, struct span data)
{
	wire_put_u8(out, AGENT_SIGN_REQUEST);
	wire_put_string(out, key);
	wire_put_string(out, data);
	wire_put_u32(out, FLAG_RSA_SHA2_512);
}

/* Take the type, which must be wanted. */
static int
take_type(struct span *in, uint8_t wanted, const char *refusal,
    struct err *err)
{
	uint8_t type;

	if (wire_get_u8(in, &type) < 0)
		return err_setf(err, ERR_MALFORMED,
		    "the agent's answer is empty");
	if (type == AGENT_FAILURE || type == AGENT_OTHER_FAILURE ||
	    type == AGENT_COM_FAILURE)
		return err_setf(err, ERR_REFUSED, "%s", refusal);
	if (type != wanted)
		return err_setf(err, ERR_MALFORMED,
		    "the agent's answer is of type %u instead of %u", type,
		    wanted);
	return 0;
}

int
agentmsg_get_keys(
    struct span answer, struct agentmsg_keys *keys, struct err *err)
{
	struct span comment;
	uint32_t n, i;

	keys->n = 0;
	if (take_type(&answer, AGENT_IDENTITIES_ANSWER,
		"the agent lists no keys", err) < 0)
		return -1;
	if (wire_get_u32(&answer, &n) < 0)
		return err_setf(err, ERR_MALFORMED,
		    "the agent's list of keys is cut short");
	if (n > AGENTMSG_MAX_KEYS)
		return err_setf(err, ERR_LIMIT,
		    "the agent has %u keys, more than the %d that are looked "
		    "at",
		    n, AGENTMSG_MAX_KEYS);
	for (i = 0; i < n; i++) {
		if (wire_get_string(&answer, &keys->blobs[i]) < 0 ||
		    wire_get_string(&answer, &comment) < 0)
			return err_setf(err, ERR_MALFORMED,
			    "the agent's list of keys is cut short");
	}
	if (answer.len != 0)
		return err_setf(err, ERR_MALFORMED,
		    "the agent's list of keys has bytes after its end");
	keys->n = n;
	return 0;
}

int
agentmsg_get_signature(
    struct span answer, struct span *signature, struct err *err)
{
	if (take_type(&answer, AGENT_SIGN_RESPONSE,
		"the agent refuses to sign (as it does for a key that is "
		"limited to destinations, ssh-add -h, or not confirmed)",
		err) < 0)
		return -1;
	if (wire_get_string(&answer, signature) < 0)
		return err_setf(err, ERR_MALFORMED,
		    "the agent's signature is cut short");
	if (answer.len != 0)
		return err_setf(err, ERR_MALFORMED,
		    "the agent's signature has bytes after its end");
	return 0;
}
