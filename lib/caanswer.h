/*
 * caanswer: what a CA's service answers when it is asked for its keys.
 *
 * The bytes come from the network and may be anybody's.  MUST be bounded in
 * time and memory whatever they are; MUST NOT show them unescaped; MUST NOT
 * yield anything that lib/keyset would not take.
 *
 * The form is found from the content, so that a service that sends another
 * one than expected gains nothing: each form yields keys, which are judged
 * by who vouched for them (config-gen/offer.h), never by where they stood.
 *
 *   public-key lines          HashiCorp Vault, GET /v1/MOUNT/public_key
 *   {"userKey": [BASE64...]}  step-ca, GET /ssh/roots and /ssh/federation:
 *                             key blobs without a type in front
 *                             (smallstep/certificates, api/ssh.go)
 *   {"success": true, "result": {"public_key": LINE}}
 *                             Cloudflare, GET .../access/apps/APP/ca; result
 *                             is a list for .../access/apps/ca
 */
#ifndef LIB_CAANSWER_H
#define LIB_CAANSWER_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/keyset.h"

/* A longer answer is not read. */
#define CAANSWER_MAX_BYTES 65536
/* JSON is not nested deeper; what services send is 4. */
#define CAANSWER_MAX_DEPTH 8
/* Room for what a service says of a failure, escaped. */
#define CAANSWER_REASON_SIZE 200

/* Add the keys of an answer to ks, at least one, or -1 with err. */
int caanswer_parse(
    struct keyset *ks, const char *answer, size_t len, struct err *err);

/*
 * What the service says went wrong, escaped and without quotes around it:
 * {"errors": [{"message": TEXT}]} (Cloudflare), {"errors": [TEXT]} (Vault),
 * {"message": TEXT} (step-ca).  "" where it says nothing of that kind.
 * Returns out.
 */
char *caanswer_reason(
    char out[CAANSWER_REASON_SIZE], const char *answer, size_t len);

#endif
