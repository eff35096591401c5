/*
 * fetchreq: what certgate asks of ca-fetch(8), on its standard input.
 *
 *   url https://ca.example.com/v1/ssh/public_key
 *   token hvs.CAES...                (may be missing)
 *                                    (an empty line; may be missing with
 *   -----BEGIN CERTIFICATE-----       what follows: the CAs to trust, PEM;
 *   ...                               without it the system's)
 *
 * By a descriptor, since arguments and environment can be read by others.
 */
#ifndef LIB_FETCHREQ_H
#define LIB_FETCHREQ_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/sshwire.h"

/* The largest file of CAs: more than all that a system trusts. */
#define FETCHREQ_MAX_CA (1024UL * 1024)
/* The longest token; a JSON web token may have some thousand bytes. */
#define FETCHREQ_MAX_TOKEN 8192
#define FETCHREQ_MAX_BYTES (FETCHREQ_MAX_CA + FETCHREQ_MAX_TOKEN + 4096)

/* Points into the bytes it was read from. */
struct fetchreq {
	const char *url; /* as lib/url takes it */
	const char *token; /* NULL: none */
	struct span ca; /* empty: the system's */
};

/*
 * Whether text, without a line end, can be a token: printable ASCII without
 * blanks, so that it cannot become a second header.
 */
int fetchreq_check_token(const char *text, size_t len, struct err *err);

/* Append the request. */
void fetchreq_write(const struct fetchreq *r, struct wire *out);

/*
 * Read len bytes, in which line ends become NUL.  Errors quote nothing.
 */
int fetchreq_parse(
    struct fetchreq *r, char *bytes, size_t len, struct err *err);

#endif
