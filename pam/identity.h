/*
 * identity: who stands behind a session, for the session itself and for the
 * records about it.
 *
 * On a shared account the user's name tells nobody apart.  What comes from a
 * certificate is escaped (lib/escape.h) before it goes anywhere.
 */
#ifndef PAM_IDENTITY_H
#define PAM_IDENTITY_H

#include "lib/err.h"
#include "pam/call.h"

/*
 * Put CERTGATE_IDENTITY, _PRINCIPAL, _SERIAL, _CA and _VALID_UNTIL into PAM's
 * environment, which becomes the session's.  j has just said yes.
 */
int identity_put_env(
    const struct call *c, const struct judge *j, struct err *err);

/*
 * Write the session's record on open, to audit and to the log, and keep for
 * the one on close what it needs (pam_set_data).
 */
int identity_record_open(
    const struct call *c, struct judge *j, struct err *err);

/* Write the record on close, where there was one on open. */
void identity_record_close(const struct call *c);

#endif
