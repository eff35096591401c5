/*
 * accepted: when sshd last let somebody in by which CA key, from its log.
 *
 * Evidence of completed logins only: sshd's line "Accepted publickey for …
 * CA TYPE SHA256:…", which it writes after the client proved that it holds
 * the key (auth.c:auth_log).  From the journal, of root's sshd alone, and from
 * /var/log/auth.log or secure with those that logrotate left, also packed by
 * gzip (run as a program, its output capped).  Text files MUST NOT
 * be trusted beyond this: any local user can have a line put there.
 */
#ifndef CONFIG_GEN_ACCEPTED_H
#define CONFIG_GEN_ACCEPTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-gen/root.h"
#include "lib/certsig.h"

/* Logins that the journal is asked for, the newest. */
#define ACCEPTED_MAX_LOGINS "10000"
/* Of a text file, its end. */
#define ACCEPTED_MAX_BYTES (32L * 1024 * 1024)
/* More CA keys than this were not used on one server. */
#define ACCEPTED_MAX_KEYS 256

struct accepted_key {
	char fingerprint[FINGERPRINT_SIZE]; /* of the CA */
	int64_t at; /* UTC seconds */
};

struct accepted {
	struct accepted_key keys[ACCEPTED_MAX_KEYS];
	size_t n;
	bool has_log; /* some log could be read */
};

/*
 * Take one line of a log, without its end.  Times as in "1732270000.1",
 * "2026-11-22T11:00:00.1+01:00", or "Nov 22 11:00:00" in local time, of the
 * year before written_at (UTC seconds: when the log was last written).  1
 * where it is such a login, and out is filled; else 0.
 */
int accepted_line(struct accepted_key *out, const char *line, size_t len,
    int64_t written_at);

/* Read root's logs; what cannot be read is left out. */
void accepted_read(struct accepted *a, const struct root *root);

/* When the key was last used; 0: not that we know. */
int64_t accepted_last(const struct accepted *a, const char *fingerprint);

#endif
