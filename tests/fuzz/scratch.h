/*
 * scratch: a folder for targets of what is read by a file's name.  It is made
 * when it is first asked for, and gone when the target ends.  Whatever fails
 * here aborts, as a property does.
 */
#ifndef TESTS_FUZZ_SCRATCH_H
#define TESTS_FUZZ_SCRATCH_H

#include <stddef.h>

/* The folder, an absolute path. */
const char *scratch_folder(void);

/* name in the folder; ends with the next call. */
const char *scratch_path(const char *name);

/* Make a folder in it. */
void scratch_mkdir(const char *name);

/* Write a file in it, mode 0600: new ones at most SCRATCH_MAX. */
#define SCRATCH_MAX 8
void scratch_put(const char *name, const void *bytes, size_t len);

#endif
