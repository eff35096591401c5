/*
 * conffile: one configuration file of sshd's, by its name inside a root.
 *
 * Only for change.c, undo.c and held.c.
 */
#ifndef CONFIG_GEN_CONFFILE_H
#define CONFIG_GEN_CONFFILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config-gen/journal.h"
#include "config-gen/store.h"
#include "lib/err.h"

/* A file as it is. */
struct conffile {
	struct journal_look look;
	dev_t dev;
	ino_t ino;
	char *bytes; /* NULL: there is none */
	size_t len;
};

/*
 * Path on this machine of what inside leads to, links followed; "" where its
 * folder is missing.
 */
int conffile_path(struct generation_store *s, const char *inside,
    char out[STORE_PATH_SIZE], struct err *err);

/* Whether inside itself is a symbolic link. */
bool conffile_is_link(struct generation_store *s, const char *inside);

/* Read the file at a path of this machine; one that is missing is no error. */
int conffile_read(struct conffile *f, const char *path, struct err *err);
void conffile_clear(struct conffile *f);

/* Whether f holds these bytes; NULL: whether there is no file. */
bool conffile_holds(const struct conffile *f, const char *bytes, size_t len);

/*
 * Replace inside by bytes, or take it away where look says so.  like: the
 * file (a path of this machine) whose extended attributes it gets, NULL:
 * those that it has.
 */
int conffile_set(struct generation_store *s, const char *inside,
    const struct journal_look *look, const char *bytes, size_t len,
    const char *like, struct err *err);

#endif
