/* pkey: a public key's fields as a key that libcrypto can verify with. */
#ifndef LIB_PKEY_H
#define LIB_PKEY_H

#include <openssl/evp.h>

#include "lib/err.h"
#include "lib/keyblob.h"

/*
 * Make a key of k; the caller ends it by EVP_PKEY_free.  NULL with err
 * (ERR_MALFORMED) where k is not sound, as a point that is not on its curve.
 * whose begins the message: "certificate: the key".
 */
EVP_PKEY *pkey_new(const struct keyblob *k, const char *whose,
    struct err *err);

#endif
