/*
 * listing: all of a folder as one text, to be compared.
 */
#ifndef TESTS_FAULT_LISTING_H
#define TESTS_FAULT_LISTING_H

/*
 * One line per file under path, in order: name, type, mode, owner, and the
 * whole content or the link's target.  Ends the process where it cannot be
 * read.  The caller frees.
 */
char *listing(const char *path);

#endif
