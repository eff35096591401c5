/*
 * judge: a certificate that was shown to PAM, checked against the current
 * generation: its authority's key is in ca.pub, its signature holds, and the
 * decision (lib/decide) lets it in.
 *
 * MUST NOT let in what sshd would not: sshd checks the signature before it
 * asks the login helper; here nobody has.  MUST NOT take a failure of its own
 * for an answer.
 */
#ifndef PAM_JUDGE_H
#define PAM_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/decide.h"
#include "lib/err.h"
#include "lib/index.h"
#include "lib/ipaddr.h"
#include "lib/sshwire.h"

struct judge; /* an open generation; some 45 kB */

enum verdict {
	VERDICT_FAILED = -1, /* could not be asked; err says why */
	VERDICT_DENIED = 0,
	VERDICT_ALLOWED = 1
};

struct judge_question {
	const char *user;
	uint32_t uid;
	struct span cert; /* wire form; lives until the next question */
	int64_t now_at; /* UTC seconds */
	const struct ipaddr *addr; /* the client's; NULL: not known */
};

/*
 * Open the generation in folder; NULL with err.  The files must be root's (or
 * the caller's own), and writable by nobody else.
 */
struct judge *judge_open(const char *folder, struct err *err);
void judge_close(struct judge *j);

/*
 * Decide.  Where the client's address is not known and rule or certificate
 * limit addresses, the answer is no: nobody behind us could enforce it.
 */
enum verdict judge_ask(
    struct judge *j, const struct judge_question *q, struct err *err);

/* What came out of the last question. */
const struct decision *judge_decision(const struct judge *j);

/* Append "FILE:LINE" of the line that decided, escaped, or "-". */
void judge_put_rule(struct judge *j, struct wire *w);

/*
 * Whom the certificate stands for: the identity that the rule names, or,
 * where it names nobody, the key ID.  After VERDICT_ALLOWED.
 */
struct span judge_identity(const struct judge *j);

#endif
