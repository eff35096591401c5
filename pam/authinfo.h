/*
 * authinfo: SSH_AUTH_INFO_0, where sshd tells PAM how somebody got in.
 *
 * One line for each method that was completed, in order, ended by a newline:
 * `method[/submethod]`, and for publickey ` TYPE BASE64` and perhaps more
 * words (a security key's counter).  Source: auth2.c:
 * auth2_update_session_info.  sshd sets it in PAM's environment, where no
 * user gets at it; the certificate in it is a stranger's.
 */
#ifndef PAM_AUTHINFO_H
#define PAM_AUTHINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/sshwire.h"

/* sshd allows certificates of 256 KiB, and 20 methods. */
#define AUTHINFO_MAX 8388608

/* One line; spans point into the text. */
struct authinfo {
	struct span method; /* "publickey", "keyboard-interactive/pam" */
	struct span type; /* the key's; p is NULL where there is none */
	struct span base64;
};

/*
 * Take the next line from text.  1, or 0 at the end, or -1 with err where it
 * is none that sshd writes.
 */
int authinfo_next(struct span *text, struct authinfo *line, struct err *err);

/* Whether the line's key is a certificate. */
bool authinfo_is_cert(const struct authinfo *line);

/*
 * The wire form of the line's key, allocated; the caller frees it.  NULL with
 * err: no strict base64, another type inside than the line says, no memory.
 */
unsigned char *authinfo_blob(
    const struct authinfo *line, size_t *len, struct err *err);

#endif
