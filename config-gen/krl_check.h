/* krl_check: whether a list of revoked keys says what the policy does. */
#ifndef CONFIG_GEN_KRL_CHECK_H
#define CONFIG_GEN_KRL_CHECK_H

#include "config-gen/policy.h"
#include "lib/err.h"

/* Of more revocations (keys, then) only samples are looked at. */
#define KRL_CHECK_MAX 50000

/*
 * Ask ssh-keygen (keygen, an absolute path) what the list in folder (absolute) revokes:
 * just what p says and a list can say, nothing less and nothing more; and
 * whether it revokes a key of p's, and not those of its authorities.  work: a
 * folder for files on the way.  0, or -1 with the first difference.
 */
int krl_check(const struct policy *p, const char *keygen, const char *folder,
    const char *work, struct err *err);

/*
 * The same of what ssh-keygen said of it (-Q -l), text; only the comparison,
 * for up to KRL_CHECK_MAX.
 */
int krl_check_text(const struct policy *p, const char *text, struct err *err);

#endif
