/*
 * pubkey: public-key lines, `type base64 [comment]`, one per line.
 *
 * The format of TrustedUserCAKeys and ~/.ssh/id_*.pub, see sshd(8)
 * "AUTHORIZED_KEYS FILE FORMAT".  Blank lines, lines of white space, lines
 * whose first character after blanks is `#`, tabs between fields, and CRLF
 * line ends are understood.  Options before the type are not: where a CA key
 * is asked for, `cert-authority ssh-…` stops sshd from reading on.
 */
#ifndef LIB_PUBKEY_H
#define LIB_PUBKEY_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/err.h"
#include "lib/sshwire.h"

struct pubkey {
	char *type; /* "ssh-ed25519"; also a certificate's type name */
	unsigned char *blob; /* the wire form */
	size_t blob_len;
	char *comment; /* "" where there is none */
	size_t line; /* from 1 in the text it was read from */
};

/*
 * Parse one line (without its line end).  Returns 1 and fills k, which the
 * caller ends by pubkey_clear; 0 for a line without a key (blank, comment);
 * -1 with err set and k untouched for anything else: unknown type, bad
 * base64, text type unlike the blob's, fields inside the blob that do not
 * add up, a private key, options before the type (named in the message).
 * A line of a private key is never quoted.  at is where the line begins; the
 * message names the column in it where at has one.  Of a certificate only
 * the type is looked at here; the rest is for cert_parse to judge.
 */
int pubkey_parse_line(struct pubkey *k, const char *line, size_t len,
    struct place at, struct err *err);

/* Whether k is a plain public key, of a type that sshd takes as a CA. */
bool pubkey_is_ca_type(const struct pubkey *k);

/* Whether k is a certificate (its type ends in -cert-v01@openssh.com). */
bool pubkey_is_cert(const struct pubkey *k);

/* Bits of an RSA key's modulus; 0 for other types. */
size_t pubkey_rsa_bits(const struct pubkey *k);

/* The type as ssh-keygen -l prints it: RSA, ED25519-SK, ECDSA-CERT … */
const char *pubkey_short_type(const struct pubkey *k);

void pubkey_clear(struct pubkey *k);

#endif
