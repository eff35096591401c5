/*
 * overlap: a login that sshd decides while the generation changes.
 *
 * sshd opens revoked.krl, ca.pub and the user's list one after the other, so
 * that it may go by the old ones of the first two and by a new list.  Where
 * the change takes a key away or revokes something, a certificate could then
 * get in with a principal that the same change adds to the list, although
 * neither the old policy nor the new one lets it in.  A list that is not
 * there cannot do that: the helper is asked, which goes by one index alone
 * and gives the same answer.  So such a list waits for the next apply.
 *
 * What is there before and is none of our files (a folder) counts as a change,
 * and as a list that is new.
 */
#ifndef CONFIG_GEN_OVERLAP_H
#define CONFIG_GEN_OVERLAP_H

#include <stddef.h>

#include "lib/err.h"

/*
 * 1: the generation in the folder before has a key in its ca.pub that after
 * has not, or another list of what is revoked; 0: neither, or before is NULL;
 * -1: it cannot be read (err).
 */
int overlap_takes_away(
    const char *before, const char *after, struct err *err);

/* 1: the user's list in before lacks a line of list; 0; -1. */
int overlap_adds(const char *before, const char *user, const void *list,
    size_t len, struct err *err);

#endif
