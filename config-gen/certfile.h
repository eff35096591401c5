/*
 * certfile: a certificate in a file, as ssh-keygen writes it.
 */
#ifndef CONFIG_GEN_CERTFILE_H
#define CONFIG_GEN_CERTFILE_H

#include "lib/err.h"
#include "lib/pubkey.h"

/*
 * The first certificate of the file at path, which the caller ends by
 * pubkey_clear.  0, or -1: ERR_NOT_FOUND where there is no key in it,
 * ERR_UNSUPPORTED where the first is no certificate; the text has the line.
 */
int certfile_read(struct pubkey *k, const char *path, struct err *err);

#endif
