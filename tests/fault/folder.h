/*
 * folder: put a whole folder back as it was.
 */
#ifndef TESTS_FAULT_FOLDER_H
#define TESTS_FAULT_FOLDER_H

/*
 * Make what is in the folder to exactly what is in from: files with mode,
 * owner and extended attributes, links, and files of several names.  The
 * folder to itself stays, with its look.  Ends the process where that fails.
 */
void folder_restore(const char *from, const char *to);

#endif
