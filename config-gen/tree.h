/*
 * tree: a folder with all that is in it.  Links are never followed.
 */
#ifndef CONFIG_GEN_TREE_H
#define CONFIG_GEN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/err.h"

/* Deeper folders are an error. */
#define TREE_MAX_DEPTH 16

/* Remove path, folder or file, with all in it; none there is no error. */
int tree_remove(const char *path, struct err *err);

/* fsync every file and folder of path, itself the last. */
int tree_sync(const char *path, struct err *err);

/*
 * Compare the tree fresh with the tree old and share what is equal: a file
 * of fresh that has the same bytes, mode and owner as the file of that name
 * in old becomes a hard link to it.  *is_same: both trees hold the same
 * names with the same bytes, modes and owners, and nothing else.
 *
 * Where old is missing nothing is the same.  Where a link cannot be made
 * fresh keeps its own file.
 */
int tree_share(
    const char *fresh, const char *old, bool *is_same, struct err *err);

/* Files that were counted: each one once, whatever its number of names. */
struct tree_count {
	struct tree_file {
		dev_t dev;
		ino_t ino;
		uint64_t bytes;
	} * files; /* in order of dev and ino */
	size_t n_files, cap;
	uint64_t bytes; /* their sizes together */
};

/* Count the files of path, too. */
int tree_count(struct tree_count *c, const char *path, struct err *err);
void tree_count_clear(struct tree_count *c);

#endif
