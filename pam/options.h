/*
 * options: what stands behind pam_certgate.so in a file of pam.d.
 *
 * Parsed strictly: an option that is not known, is malformed, stands twice,
 * or means nothing in that management group is an error, since a slip in
 * `require=cert` must not open a door.  pam_certgate(8) lists them.
 */
#ifndef PAM_OPTIONS_H
#define PAM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/err.h"

/* The folder with ca.pub and policy.cdb, unless current= names another. */
#define OPTIONS_CURRENT "/etc/ssh/certgate/current"

/* The longest GRACE of end-at-expiry: a week. */
#define OPTIONS_MAX_GRACE_S 604800

enum options_group {
	OPTIONS_AUTH = 1,
	OPTIONS_ACCOUNT = 2,
	OPTIONS_SESSION = 4
};

/* Texts are borrowed from the arguments; NULL where not given. */
struct options {
	bool has_debug;
	bool ignores_errors; /* on-error=ignore */
	bool requires_cert; /* require=cert */
	const char *users; /* lists, divided by commas */
	const char *groups;
	const char *except;
	const char *as; /* whose rule is asked for, instead of PAM_USER's */
	const char *current; /* never NULL */
	bool ends_at_expiry;
	uint32_t grace_s;
};

/*
 * Parse the arguments of a line of that group.  0, or -1 with err
 * (ERR_MALFORMED, ERR_UNSUPPORTED), which quotes the option; debug is known
 * afterwards even so.
 */
int options_parse(struct options *o, enum options_group group, int argc,
    const char *const *argv, struct err *err);

/* Whether name is one of list's words. */
bool options_list_has(const char *list, const char *name);

/*
 * Take the next word of a list, divided by commas, into out.  False at the
 * end; no word is empty, or longer than OPTIONS_MAX_WORD.
 */
#define OPTIONS_MAX_WORD 255
bool options_list_next(const char **list, char out[OPTIONS_MAX_WORD + 1]);

#endif
