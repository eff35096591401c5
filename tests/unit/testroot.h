/*
 * testroot: a root of files in a folder of its own, for tests.
 */
#ifndef TESTS_UNIT_TESTROOT_H
#define TESTS_UNIT_TESTROOT_H

#include <stdbool.h>

/*
 * One file; a folder where path ends in "/"; a link where text begins with
 * "-> ".
 */
struct testroot_file {
	const char *path; /* absolute, inside the root */
	const char *text;
};

/* The root's folder while there is one. */
extern char testroot_dir[64];

void testroot_make(void);
void testroot_remove(void);

/* Write one file, with the folders that it needs. */
void testroot_put(const char *path, const char *text);
void testroot_delete(const char *path);

/* Fail unless path holds text; NULL: unless there is no such file. */
void testroot_assert(const char *name, const char *path, const char *text);

#endif
