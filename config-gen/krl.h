/*
 * krl: sshd's own list of what is revoked, the file of RevokedKeys, as
 * ssh-keygen makes it (KEY REVOCATION LISTS in ssh-keygen(1), PROTOCOL.krl).
 *
 * sshd reads it for every key that is offered, twice for a certificate, so
 * that it holds all revoked keys, but serials and key IDs only while they are
 * few.  Where the file is missing, or anything else than such a list, sshd
 * refuses every key of everybody; where it is empty, nothing is revoked.
 * Therefore every generation has one, and its bytes are read back before
 * sshd sees them.
 */
#ifndef CONFIG_GEN_KRL_H
#define CONFIG_GEN_KRL_H

#include <stdbool.h>

#include "config-gen/compile.h"
#include "config-gen/policy.h"
#include "lib/err.h"

/* A list that revokes nothing has so many bytes; fewer are none. */
#define KRL_EMPTY_SIZE 44

/*
 * Whether a list can revoke that key ID.  ssh-keygen cuts it at # and takes
 * blanks off its ends; others than printable ASCII are shown in other ways by
 * other versions, so that they could not be read back.
 */
bool krl_can_list(const char *key_id);

/*
 * Whether a list can revoke the authority's serials.  ssh-keygen writes those
 * that lie close together as a bitmap, of any size, and neither it nor sshd
 * reads one of more than 16,384 serials: it is too large a number to them
 * (sshbuf-getput-basic.c:sshbuf_get_bignum2_bytes_direct).  sshd then refuses
 * every key of everybody.
 */
bool krl_can_list_serials(const struct policy_authority *a);

/* Whether the list of p holds its serials and key IDs, where it can. */
bool krl_has_certificates(const struct policy *p);

/*
 * Write COMPILE_REVOKED into folder (an absolute path), for what p revokes and a list can say.
 * It has no date, so that the same policy makes the same bytes.  Errors: no
 * ssh-keygen where one is needed, its words where it refused, or what the
 * list says and should not.
 */
int krl_write(const struct policy *p, const struct compile_settings *s,
    const char *folder, struct err *err);

#endif
