/*
 * file: open with care, write so that nobody ever sees half a file.
 *
 * Files are judged by their descriptor, after opening (O_NOFOLLOW |
 * O_CLOEXEC | O_NONBLOCK), never by their name before it.
 */
#ifndef LIB_FILE_H
#define LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/err.h"

enum file_care {
	FILE_ANY = 0, /* a regular file, whoever's; links are followed */
	FILE_ROOTS, /* root's (or the caller's own), not group- or
		     * world-writable; the last component is no link */
	FILE_SECRET /* the same, and nobody else may read it either */
};

/*
 * Read a whole regular file of at most max bytes into *out (allocated, one
 * NUL byte after the *len bytes; the caller frees).  Errors: ERR_NOT_FOUND,
 * ERR_UNSAFE, ERR_LIMIT, ERR_SYSTEM, ERR_MEMORY; the text names path.
 */
int file_read(const char *path, enum file_care care, size_t max, char **out,
    size_t *len, struct err *err);

/*
 * Open path to read, judged as file_read does.  Returns the descriptor,
 * which the caller closes, or -1.  *size is set where size is not NULL.
 */
int file_open(const char *path, enum file_care care, size_t max, size_t *size,
    struct err *err);

/*
 * Replace path by len bytes: written beside it under a temporary name,
 * synced, given mode, owner and group, renamed, and the folder synced.
 * A file that holds these bytes, mode and owner already is not touched.  A
 * symbolic link at path is kept and its target replaced.  Extended
 * attributes (ACL, SELinux label) of an existing file are carried over.
 *
 * Where it fails nothing is left behind and path is as it was, but for one
 * case: the last sync failed, and path is new without being sure to last.
 */
int file_replace(const char *path, const void *p, size_t len, mode_t mode,
    uid_t uid, gid_t gid, struct err *err);

/*
 * file_replace, but for the extended attributes: those of the file like are
 * given to path.  Brings back a file that was put aside in this way.
 */
int file_restore(const char *path, const void *p, size_t len, mode_t mode,
    uid_t uid, gid_t gid, const char *like, struct err *err);

/*
 * Remove the temporary files that a file_replace of path left beside it
 * because it was killed.  Only where no other one may be at work.
 */
int file_remove_temporaries(const char *path, struct err *err);

/*
 * Create path anew (it must not exist) with len bytes, synced.  Its folder
 * is not: the caller does that once for many.
 */
int file_create(const char *path, const void *p, size_t len, mode_t mode,
    uid_t uid, gid_t gid, struct err *err);

/* fsync a folder, so that renames in it last. */
int file_sync_folder(const char *path, struct err *err);

/*
 * mkdir -p of path, with exactly mode (whatever the umask) for what is
 * missing; an existing folder is left as it is, but must be a folder.
 */
int file_make_folders(const char *path, mode_t mode, struct err *err);

#endif
