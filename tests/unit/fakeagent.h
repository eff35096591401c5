/*
 * fakeagent: an SSH agent for tests, right or hostile, in a process of its
 * own.
 */
#ifndef TESTS_UNIT_FAKEAGENT_H
#define TESTS_UNIT_FAKEAGENT_H

#include <stdint.h>
#include <sys/types.h>

#include "lib/sshwire.h"
#include "tests/unit/signer.h"

enum fakeagent_manner {
	FAKEAGENT_RIGHT,
	FAKEAGENT_REFUSES, /* lists, and signs nothing */
	FAKEAGENT_OTHER_KEY, /* signs with other's key */
	FAKEAGENT_OTHER_DATA, /* signs something else */
	FAKEAGENT_REPLAYS, /* always gives the first signature */
	FAKEAGENT_GARBAGE, /* a signature of 0xff */
	FAKEAGENT_ENDLESS, /* claims a list of 4 GiB and sends on */
	FAKEAGENT_MANY, /* 257 keys */
	FAKEAGENT_CLOSES, /* after the question */
	FAKEAGENT_HALF /* half an answer, then the end */
};

struct fakeagent {
	const char *path; /* of the socket */
	enum fakeagent_manner manner;
	const struct span *others; /* keys that it lists first */
	uint32_t n_others;
	struct span cert; /* that it lists; len 0: it lists no key */
	const struct signer *key;
	const struct signer *other;
	uint8_t flags; /* of a security key */
	pid_t pid;
};

/* Returns when the socket listens; ended by fakeagent_stop. */
void fakeagent_start(struct fakeagent *a);
void fakeagent_stop(struct fakeagent *a);

#endif
