/*
 * escape: show bytes from outside without letting them act.
 *
 * Certificates, policies and agents are written by strangers; their text
 * must not move a terminal's cursor or forge a log line.
 */
#ifndef LIB_ESCAPE_H
#define LIB_ESCAPE_H

#include <stddef.h>

/*
 * Write src to out as printable ASCII: `"` and `\` get a backslash, newline,
 * tab and carriage return become \n \t \r, every other byte below 0x20 or
 * above 0x7e \xNN.  The result is always terminated; one that does not fit
 * is cut between two characters and ends in "...".  Returns out.
 * out_len is at least 8.
 */
char *escape_bytes(char *out, size_t out_len, const void *src, size_t len);

/* The same for a terminated string. */
char *escape_text(char *out, size_t out_len, const char *src);

#endif
