/*
 * listing: all of a folder as one text, to be compared.
 */
#ifndef TESTS_FAULT_LISTING_H
#define TESTS_FAULT_LISTING_H

/*
 * One line per file under path, in order: name, type, mode, owner, extended
 * attributes, and the whole content or the link's target.  What is chosen at
 * random or by the clock (names of temporary files, times and processes in
 * the record of a change to be confirmed) is left out, so that two runs of a
 * command give the same text.  without (a path below; NULL: nothing) is left
 * out with all in it.  Ends the process where it cannot be read.  The caller
 * frees.
 */
char *listing(const char *path, const char *without);

#endif
