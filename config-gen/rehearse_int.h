/* rehearse_int: only for rehearse*.c. */
#ifndef CONFIG_GEN_REHEARSE_INT_H
#define CONFIG_GEN_REHEARSE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-gen/account.h"
#include "config-gen/rehearse.h"
#include "lib/pubkey.h"

/* A name of an account that programs get as an argument. */
#define REHEARSE_NAME 64
#define REHEARSE_ID 512
/* Of a file in REHEARSE_FOLDER. */
#define REHEARSE_PATH 256

/* Beside the generations, where what an interrupted run left is cleared. */
#define REHEARSE_GENERATIONS ROOT_CERTGATE "/generations"
#define REHEARSE_FOLDER REHEARSE_GENERATIONS "/.rehearsal"
#define REHEARSE_CA REHEARSE_FOLDER "/ca.pub"
#define REHEARSE_INDEX REHEARSE_FOLDER "/policy.cdb"

/* Who logs in, and what the certificate must say. */
struct rehearse_subject {
	bool is_found;
	bool is_anybody; /* chosen by us for "*" */
	const struct policy_rule *rule;
	size_t authority; /* index in the policy's */
	char user[REHEARSE_NAME];
	struct account account;
	char principal[REHEARSE_ID];
	char key_id[REHEARSE_ID];
	char ca_prefix[32]; /* of the files, in REHEARSE_FOLDER */
	struct pubkey ca; /* the throw-away one, once made */
};

/*
 * The first user of the mechanism that this machine has, with a grant that a
 * certificate can be made for.  Else s->is_found is false and why says what
 * there was, state what that means.
 */
int rehearse_choose(const struct target *t, const struct policy *p,
    size_t mechanism, struct rehearse_subject *s, struct rehearsal *out,
    struct err *err);

/* Which certificate. */
enum rehearse_kind { REHEARSE_IN, REHEARSE_STRANGER, REHEARSE_EXPIRED };
#define REHEARSE_N_KINDS 3

/*
 * Make a CA, a key and certificates of all kinds, and forget the CA's private
 * key.  1; 0 where a certificate that the authority takes cannot be made
 * (why); -1 with err.
 */
int rehearse_certs_make(const char *keygen, const struct policy *p,
    struct rehearse_subject *s, char *why, size_t why_len, struct err *err);

/* The file of the user's key, or with kind that of a certificate. */
void rehearse_key_path(
    const struct rehearse_subject *s, char *out, size_t out_len);
void rehearse_cert_path(const struct rehearse_subject *s,
    enum rehearse_kind kind, char *out, size_t out_len);

#endif
