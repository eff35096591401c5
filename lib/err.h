/*
 * err: one error, carried to whoever can show it; never allocates.
 *
 * Whatever can fail returns 0 or -1 and takes a struct err * last.  lib/
 * fills it and never prints, logs or exits.  The first error wins: a second
 * err_set on the same struct changes nothing, so a caller may add context
 * without hiding the cause.
 *
 * Texts are lower case, without a full stop; what was refused is quoted and
 * escaped (lib/escape.h) by whoever sets it; never a secret, not even a
 * malformed one.
 */
#ifndef LIB_ERR_H
#define LIB_ERR_H

#include <stddef.h>

enum err_code {
	ERR_NONE = 0,
	ERR_SYSTEM, /* a system call failed; the text ends in strerror */
	ERR_MEMORY,
	ERR_MALFORMED, /* bytes from outside are not what they should be */
	ERR_UNSUPPORTED, /* well-formed, but not for this program */
	ERR_LIMIT, /* larger than we accept */
	ERR_UNSAFE, /* a file that others could have written */
	ERR_NOT_FOUND,
	ERR_USAGE, /* the command line asks for what makes no sense */
	ERR_REFUSED /* possible, but not done, for the reason given */
};

/* A place in a text.  line and col count from 1; 0: not known. */
struct place {
	const char *file; /* borrowed; NULL: none */
	size_t line;
	size_t col; /* in bytes */
};

struct err {
	enum err_code code;
	char text[512];
};

#define ERR_INIT { ERR_NONE, "" }
#define NO_PLACE ((struct place) { NULL, 0, 0 })

/*
 * Set e to "FILE:LINE:COL: WHAT: WHY; FIX", leaving out what is NULL or 0.
 * e may be NULL.  Too long a text is cut.  Always returns -1.
 */
int err_set(struct err *e, enum err_code code, struct place at,
    const char *what, const char *why, const char *fix);

/* Set e to a formatted text.  Always returns -1. */
int err_setf(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Set e to "TEXT: strerror(errno)" with ERR_SYSTEM.  Always returns -1. */
int err_system(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Make e empty again, to be used for another call. */
void err_clear(struct err *e);

#endif
