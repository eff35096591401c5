/*
 * nss: users and groups by their names, as the system's libraries know them.
 */
#ifndef PAM_NSS_H
#define PAM_NSS_H

#include <sys/types.h>

#include "lib/err.h"

/* 1: found, 0: there is none, -1 with err (ERR_MEMORY, ERR_SYSTEM). */
int nss_user(const char *name, uid_t *uid, gid_t *gid, struct err *err);
int nss_group(const char *name, gid_t *gid, struct err *err);

#endif
