/*
 * download: one GET over https, by libcurl, with bounds on everything.
 *
 * The server may be anybody until its certificate has been verified, and is
 * not trusted then either.  MUST NOT speak anything but TLS 1.2 or later,
 * ask another host or port than the address names, also after a redirect,
 * take longer than DOWNLOAD_MAX_S in all, or keep more than
 * DOWNLOAD_MAX_BYTES of what comes, headers included.  The environment,
 * proxies, ~/.netrc and cookies play no part.
 */
#ifndef HELPERS_DOWNLOAD_H
#define HELPERS_DOWNLOAD_H

#include <stddef.h>

#include "lib/err.h"

#define DOWNLOAD_MAX_S 10
#define DOWNLOAD_MAX_BYTES 65536
#define DOWNLOAD_MAX_REDIRECTS 3

struct download {
	const char *url; /* as lib/url takes it */
	const char *token; /* for "Authorization: Bearer"; NULL: none */
	const char *ca_file; /* trusted CAs, PEM; NULL: the system's */
};

struct download_answer {
	long status; /* HTTP's */
	char *bytes; /* not terminated */
	size_t len;
};

/* Once, before the sandbox: what libcurl must set up. */
int download_init(struct err *err);

/*
 * Folders and files of trusted CAs that libcurl was built with (NULL where
 * it has none).  Borrowed.
 */
void download_trust(const char **file, const char **folder);

/*
 * Get it.  0: an answer came to its end, whatever its status, which
 * download_clear ends; -1 with err: no answer, or more than is allowed.
 */
int download_get(const struct download *d, struct download_answer *out,
    struct err *err);

void download_clear(struct download_answer *a);

#endif
