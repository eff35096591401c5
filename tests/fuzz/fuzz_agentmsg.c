/*
 * agentmsg: the input is an agent's answer.  What is taken as a list of keys
 * or as a signature is the whole answer: put together again it is the same.
 */
#include "config.h"

#include "pam/agentmsg.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
check_keys(struct span answer, const struct agentmsg_keys *keys)
{
	const unsigned char *at = answer.p + 5;
	size_t i;

	require(keys->n <= AGENTMSG_MAX_KEYS && answer.len >= 5);
	for (i = 0; i < keys->n; i++) {
		/* Each where the one before it, and its comment, end. */
		require(keys->blobs[i].p >= at + 4);
		at = keys->blobs[i].p + keys->blobs[i].len;
		require(at + 4 <= answer.p + answer.len);
	}
	if (keys->n == 0)
		require(answer.len == 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct agentmsg_keys keys;
	struct span answer = { data, size }, signature;
	struct err err = ERR_INIT;
	struct wire again = WIRE_INIT;

	if (agentmsg_get_keys(answer, &keys, &err) == 0)
		check_keys(answer, &keys);
	else
		require(err.code != ERR_NONE && keys.n == 0);
	err_clear(&err);
	if (agentmsg_get_signature(answer, &signature, &err) == 0) {
		wire_put_u8(&again, 14);
		wire_put_string(&again, signature);
		require(span_equal(wire_span(&again), answer));
		wire_free(&again);
	} else {
		require(err.code != ERR_NONE);
	}
	return 0;
}
