/*
 * account: decides where an earlier method's certificate is visible.
 *
 * sshd calls this before it records the method that has just succeeded: in
 * an ordinary login SSH_AUTH_INFO_0 is empty here, which means "not known
 * yet" and never "no certificate".
 */
#include "config.h"

#include "pam/call.h"
#include "pam/login.h"

#include <syslog.h>

static int
answer(const struct call *c, struct login *l)
{
	struct err err = ERR_INIT;
	enum verdict v = login_judge(l, c, &err);

	if (v != VERDICT_ALLOWED)
		return login_refuse(l, c, v, &err);
	if (l->n_certs == 0)
		return PAM_IGNORE;
	call_log_decision(c, LOG_INFO, "allow", l->judge);
	return PAM_SUCCESS;
}

PAM_ENTRY int
pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login l = { 0 };
	struct call c;
	int ret;

	(void)flags;
	if ((ret = call_begin(&c, pamh, OPTIONS_ACCOUNT, argc, argv)) !=
	    PAM_SUCCESS)
		return ret;
	ret = answer(&c, &l);
	login_clear(&l);
	return ret;
}
