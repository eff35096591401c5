/*
 * principal: which names a principals line can carry.
 *
 * Source: sshd's auth2-pubkeyfile.c (auth_process_principals): a line is cut
 * at '#' and at NUL, and its last blank divides options from the name; there
 * is no quoting.  So `alice#x` on a line authorises alice.
 */
#ifndef LIB_PRINCIPAL_H
#define LIB_PRINCIPAL_H

#include <stdbool.h>

#include "lib/sshwire.h"

#define PRINCIPAL_MAX 1024
#define PRINCIPAL_OPTIONS_MAX 8192

/*
 * NULL where a principals line can carry name, else what stands in the way,
 * as words to follow "the principal": "is empty", "is longer than 1,024
 * bytes", "holds white space", "holds a #", "holds a quote", "holds a
 * control character".
 */
const char *principal_refusal(struct span name);

/*
 * NULL where options (authorized_keys style, as in sshd(8)) may stand before
 * a principal, else what is wrong, as words to follow "the options": "hold an
 * option that sshd does not know", "end inside quotes".  Refused is what sshd
 * 8.7 to 10.5 would refuse there or read otherwise than it looks: blanks
 * outside quotes, a '#', control characters, command= twice, cert-authority,
 * principals=, values that sshd's parser refuses, over
 * PRINCIPAL_OPTIONS_MAX bytes, nothing at all.  Also refused are environment=,
 * which sshd ignores by default, a port by name, which depends on the server,
 * and from= and expiry-time=: the policy has `from` and `until`, which the
 * decision knows about.  Names are compared without case, as sshd does.
 */
const char *principal_options_refusal(struct span options);

/*
 * Whether options (those that principal_options_refusal passes) force another
 * command than command, a certificate's force-command (p NULL: it has none):
 * sshd refuses such a login (auth-options.c:sshauthopt_merge).
 */
bool principal_options_differ(struct span options, struct span command);

#endif
