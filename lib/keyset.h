/*
 * keyset: the public keys of one authority, as lines.
 *
 * What a service sent and what was kept of it: few keys, none twice, each of
 * them sound (lib/pkey: sshd stops reading a list at a key that is not), no
 * certificate, comments of printable ASCII.  Lines are lib/pubkey's; keyset_
 * write's are canonical: type, one blank, base64, one blank and the comment
 * where there is one.
 */
#ifndef LIB_KEYSET_H
#define LIB_KEYSET_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/pubkey.h"
#include "lib/sshwire.h"

/* More keys than any CA has at a time. */
#define KEYSET_MAX_KEYS 32
/* A longer comment is cut. */
#define KEYSET_MAX_COMMENT 128
/* More bytes than that many keys take, the largest RSA keys among them. */
#define KEYSET_MAX_BYTES 65536

/* Starts as KEYSET_INIT, ended by keyset_clear. */
struct keyset {
	struct pubkey *keys;
	size_t n;
};

#define KEYSET_INIT { NULL, 0 }

/*
 * Add the key of one line.  1: added, or there already; 0: a line without a
 * key; -1 with err: no key, an unsound one, one that cannot be a CA's, one
 * too many.  The set is then as it was.
 */
int keyset_add_line(struct keyset *ks, const char *line, size_t len,
    struct place at, struct err *err);

/*
 * Add the keys of all lines of text; file (NULL: none) is named in errors.
 * After the first bad line the set holds what stood before it: do not use it.
 */
int keyset_read(struct keyset *ks, const char *text, size_t len,
    const char *file, struct err *err);

/* The key with the same blob, or NULL. */
const struct pubkey *keyset_find(
    const struct keyset *ks, const struct pubkey *k);

/* Append all as lines. */
void keyset_write(const struct keyset *ks, struct wire *out);

void keyset_clear(struct keyset *ks);

#endif
