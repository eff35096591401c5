/*
 * lockfile: a file that is there while one command is at work, so that
 * another one waits.
 *
 * The file is made for it, with mode 0600: flock(2) asks for no more than
 * that somebody can open a file, so that a lock on one that all may read is
 * anybody's to take, and to keep.
 */
#ifndef CONFIG_GEN_LOCKFILE_H
#define CONFIG_GEN_LOCKFILE_H

#include "lib/err.h"

struct lockfile {
	int fd; /* -1: not taken */
	char *path;
};

#define LOCKFILE_INIT { -1, NULL }

/*
 * Take the lock at path, whose folder only the caller may write to.  One that
 * another command holds is waited for at most wait_s seconds.  0, or -1 with
 * err: ERR_REFUSED it is still held, ERR_UNSAFE what is at path is no lock of
 * ours.
 */
int lockfile_take(struct lockfile *l, const char *path, unsigned int wait_s,
    struct err *err);

/* Let it go; the file goes, too.  l may be one that was never taken. */
void lockfile_drop(struct lockfile *l);

#endif
