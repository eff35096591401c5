/*
 * leash: a session ends with its certificate.
 *
 * Two means, both always used: pam_systemd's limit for the session's scope,
 * for a line of pam_systemd.so that comes later in the stack (PAM data
 * systemd.runtime_max_sec, see pam_systemd(8)); and a process of ours,
 * helpers/session-end, which warns the user, and ends the session also where
 * there is no logind.
 */
#ifndef PAM_LEASH_H
#define PAM_LEASH_H

#include <stdint.h>

#include "lib/err.h"
#include "pam/call.h"

/*
 * Limit this process's session to valid_before (UTC seconds; UINT64_MAX: no
 * limit) and the line's grace.  0, or -1 with err where nothing would hold
 * the limit.
 */
int leash_put(const struct call *c, uint64_t valid_before, struct err *err);

#endif
