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

/*
 * UID_MIN of the root's /etc/login.defs, where ordinary accounts begin;
 * 1000 where it does not say.
 */
uint32_t account_uid_min(const struct root *root);

#endif
