/*
 * root: the machine, image or chroot that certgate works on, and where its
 * files are.  "/" unless --root says otherwise.
 */
#ifndef CONFIG_GEN_ROOT_H
#define CONFIG_GEN_ROOT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"

/* Names as sshd and the helper see them, from inside the root. */
#define ROOT_POLICY "/etc/certgate/policy.yaml"
#define ROOT_SSHD_CONFIG "/etc/ssh/sshd_config"
#define ROOT_CERTGATE "/etc/ssh/certgate"
#define ROOT_CURRENT ROOT_CERTGATE "/current"
#define ROOT_HELPER PKGLIBEXECDIR "/authorized-principals"

struct service;

struct root {
	const char *dir; /* "" for "/", else an absolute path, no final slash */
	const char *sshd; /* sshd as seen inside; NULL: this root has none */
	const struct service *service; /* how it starts; NULL: not known */
};

/* Prefix an inside path by the root's folder.  Returns out. */
char *root_path(
    const struct root *r, char out[PATH_MAX], const char *inside);

bool root_is_host(const struct root *r);

/*
 * Follow the symbolic links of inside as a program inside the root would: an
 * absolute one starts at the root's folder again, and .. does not leave it.
 * out is the inside path of the file itself, which may be missing.  A link
 * that leads nowhere and a loop are ERR_REFUSED, a missing folder on the way
 * ERR_NOT_FOUND.
 */
int root_resolve(const struct root *r, const char *inside, char out[PATH_MAX],
    struct err *err);

/*
 * Where the file that root_resolve finds is on this machine: allocated, the
 * caller frees; NULL with err.
 */
char *root_locate(
    const struct root *r, const char *inside, struct err *err);

/*
 * The same for a file that may be a link itself: only its folder's links are
 * followed.
 */
char *root_locate_file(
    const struct root *r, const char *inside, struct err *err);

#endif
