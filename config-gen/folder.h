/*
 * folder: whether others than root decide what a folder holds.
 *
 * A file that only root may write is no better than the folder it stands in:
 * who may write that takes the file away, or puts another one of root's in
 * its place.  Judged as sshd's StrictModes does, all the way up.
 */
#ifndef CONFIG_GEN_FOLDER_H
#define CONFIG_GEN_FOLDER_H

#include "lib/err.h"

/*
 * 0 where path and each folder above it, also above a link on the way, is
 * root's or the caller's own and not group- or world-writable; -1 with
 * ERR_UNSAFE where not.  Above it a sticky folder such as /tmp will do, since
 * others cannot rename there what is not theirs.  Of a path that is not
 * there, what there is of it is judged.  "" is the working folder.
 */
int folder_judge(const char *path, struct err *err);

#endif
