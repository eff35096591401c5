/*
 * account: the Unix accounts of a root.
 *
 * On the machine itself by getpwnam(3), so that directory services count;
 * for an image or chroot by its own /etc/passwd.
 */
#ifndef CONFIG_GEN_ACCOUNT_H
#define CONFIG_GEN_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config-gen/diag.h"
#include "config-gen/policy.h"
#include "config-gen/root.h"
#include "lib/err.h"

struct account {
	uid_t uid;
	gid_t gid;
};

/* 1: found, 0: no such account, -1: could not be asked (err). */
int account_find(const struct root *root, const char *name,
    struct account *out, struct err *err);

/*
 * The machine's first account of at least uid_min whom fits() takes, and who
 * has a shell to log in to.  At most ACCOUNT_MAX_LISTED are looked at.
 * True, with its name and numbers, where there is one.
 */
#define ACCOUNT_MAX_LISTED 1000
bool account_first(uint32_t uid_min,
    bool (*fits)(void *ctx, const char *name), void *ctx, char *name,
    size_t name_len, struct account *out);

/* Where ordinary accounts begin, unless a machine says otherwise. */
#define ACCOUNT_UID_MIN 1000

/*
 * UID_MIN of the root's /etc/login.defs, where ordinary accounts begin.
 * Numbers are read as shadow's tools read them: also hexadecimal and octal.
 * 1: it is said there; 0: it is not, *out is ACCOUNT_UID_MIN; -1: the file
 * or its UID_MIN cannot be read (err).
 */
int account_uid_min(const struct root *root, uint32_t *out, struct err *err);

/*
 * The lowest uid that "*" of p covers there: the policy's min_uid, or
 * account_uid_min; UINT32_MAX where p has no "*".  0 or -1.
 */
int account_lowest(const struct root *root, const struct policy *p,
    uint32_t *out, struct err *err);

/* Warn where p's min_uid lets "*" cover accounts of the system. */
void account_judge_lowest(const struct root *root, const struct policy *p,
    struct diag_report *report);

#endif
