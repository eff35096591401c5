/*
 * url: addresses of https services, taken strictly: what this accepts has
 * one meaning for every program that reads it.
 *
 * MUST NOT accept another scheme, a user name or password, a fragment, or a
 * host that some program would read as another one (127.1, 0x7f000001).
 * RFC 3986; names beyond ASCII are written as xn--.
 */
#ifndef LIB_URL_H
#define LIB_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/sshwire.h"

/* The longest address. */
#define URL_MAX 2000
/* DNS's limit, RFC 1035. */
#define URL_HOST_MAX 253

struct url {
	struct span host; /* in the text; IPv6 without its brackets */
	bool is_ip6;
	uint16_t port; /* 443 where none is written */
	struct span path; /* "" or from the first / or ? to the end */
};

/*
 * Take text apart; out points into it.  The error begins as err_set does at
 * NO_PLACE and never quotes the text, which may hold a secret.
 */
int url_parse(struct url *out, struct span text, struct err *err);

/* Whether both name the same host (in any case) and port. */
bool url_same_server(const struct url *a, const struct url *b);

#endif
