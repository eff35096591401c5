/*
 * login: the certificates by which somebody came in through sshd, as PAM is
 * told of them (pam/authinfo), each put before the judge.
 */
#ifndef PAM_LOGIN_H
#define PAM_LOGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pam/call.h"

struct login {
	struct judge *judge; /* after the last question; NULL: none asked */
	unsigned char *blob; /* what it was asked about */
	size_t n_methods; /* that sshd says were completed */
	size_t n_certs; /* certificates among them */
	uint64_t valid_before; /* the earliest end of those let in */
};

/*
 * Judge every certificate; all must be let in.  Returns VERDICT_ALLOWED also
 * where there is none (n_certs is 0).  The judge keeps the answer about the
 * first certificate where all were allowed, else about the one that was
 * refused.  Ended by login_clear in every case.
 */
enum verdict login_judge(
    struct login *l, const struct call *c, struct err *err);

/*
 * Log why v is not VERDICT_ALLOWED, with login_judge's err; what to return
 * for it.
 */
int login_refuse(const struct login *l, const struct call *c, enum verdict v,
    const struct err *err);

void login_clear(struct login *l);

#endif
