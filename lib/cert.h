/*
 * cert: OpenSSH user certificates, read from their wire form.
 *
 * Source: OpenSSH's PROTOCOL.certkeys ("New public key formats"), and what
 * sshd makes of it (sshkey.c:cert_parse, auth-options.c:cert_option_list).
 *
 * Runs in the login helper on bytes that anybody may have sent, before the
 * client proved anything.  MUST NOT read outside the blob, allocate, or
 * accept what sshd rejects.  What needs big numbers or a curve (point on
 * curve, signature) is lib/certsig's; sshd has done it before the helper runs.
 */
#ifndef LIB_CERT_H
#define LIB_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/err.h"
#include "lib/keyblob.h" /* enum cert_key_type and its names */
#include "lib/sshwire.h"

/* sshkey.c:SSHKEY_CERT_MAX_PRINCIPALS */
#define CERT_MAX_PRINCIPALS 256
/* The largest blob that sshd can pass on (10.1 and newer). */
#define CERT_MAX_BLOB 262144

/* The certificate's type field: 1 or 2. */
enum cert_type { CERT_USER = 1, CERT_HOST = 2 };

/* All spans point into the blob that was parsed, which must outlive this. */
struct cert {
	struct span blob; /* the whole certificate */
	struct span type_name; /* "ssh-ed25519-cert-v01@openssh.com" */
	enum cert_key_type key_type;
	struct span key_parts; /* the key's own fields, as in the blob */
	uint64_t serial;
	enum cert_type type;
	struct span key_id; /* may be empty */
	size_t n_principals; /* 0: an empty list */
	uint64_t valid_after; /* UTC seconds, inclusive */
	uint64_t valid_before; /* … exclusive; UINT64_MAX: for ever */
	struct span critical_options; /* packed; see cert_option_next */
	struct span extensions; /* packed */
	struct span ca_key; /* the CA's public key blob */
	struct span signed_bytes; /* what the signature covers */
	struct span signature; /* the signature blob */
	/* Critical options that OpenSSH knows; p is NULL where absent. */
	struct span force_command;
	struct span source_address;
	bool has_verify_required;
	/* Last: large, and only the first n_principals are ever touched. */
	struct span principals[CERT_MAX_PRINCIPALS];
};

/*
 * Parse blob into c.  Any other certificate than sshd accepts is an error
 * (ERR_MALFORMED; ERR_LIMIT over CERT_MAX_BLOB or CERT_MAX_PRINCIPALS):
 * truncated or trailing bytes, a key type that is not one of the above, a
 * wrong key length or curve name, an RSA modulus under 1,024 or over 16,384
 * bits, a type other than 1 or 2, a CA key that is a certificate or of no
 * known plain type, an unknown critical option, force-command or
 * source-address twice, a known option with wrong data, malformed packed
 * options.  The inside of the signature is lib/certsig's.
 *
 * Stricter than sshd: a NUL in the key ID, a principal, an option's name, or
 * a known option's text is an error even where it is the last byte (sshd
 * drops one trailing NUL), as is a NUL in a type or curve name; networks in
 * source-address are written in full (sshd takes 10.1 for 10.0.0.1 and
 * 010.0.0.1 for 8.0.0.1).
 *
 * Host certificates parse, whatever their options mean; the caller looks at
 * c->type.  The text in err names the field, and holds nothing of the
 * certificate unescaped.  After an error c holds nothing of use.
 */
int cert_parse(struct cert *c, const unsigned char *blob, size_t len,
    struct err *err);

/*
 * Take the next (name, data) pair from packed options.  Returns 1, or 0 at
 * the end, or -1 where they are malformed (never after cert_parse accepted).
 */
int cert_option_next(struct span *packed, struct span *name, struct span *data);

#endif
