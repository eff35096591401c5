/*
 * audit: records for the Linux audit system.
 *
 * The kernel adds the audit session and login uid of the process to each
 * (ses=, auid=), by which whatever auditd records of the session afterwards
 * is attributed.  Without libaudit these do nothing.
 */
#ifndef PAM_AUDIT_H
#define PAM_AUDIT_H

#include "pam/call.h"

/*
 * The fields that tie a certificate to a session: acct, identity, key_id,
 * serial, authority, ca.  Allocated, the caller frees; NULL: no memory.
 */
char *audit_fields(const struct call *c, const struct judge *j);

/*
 * Write a record of type TRUSTED_APP.  Where the kernel has no audit, or
 * takes none from a container, nothing happens; another failure is logged.
 */
void audit_write(const struct call *c, const char *op, const char *fields);

#endif
