/*
 * session: the certificate of a login, decided about once more, now that
 * sshd shows it.
 *
 * sshd runs no command, opens no subsystem and forwards nothing where this
 * fails.  It calls this once for a connection, whatever number of sessions
 * then share it.
 */
#include "config.h"

#include "pam/call.h"
#include "pam/identity.h"
#include "pam/leash.h"
#include "pam/login.h"
#include "pam/require.h"

#include <syslog.h>

/* A session without a certificate: require=cert decides. */
static int
without_cert(const struct call *c, struct err *err)
{
	int covers = require_covers(&c->options, c->user, c->gid, err);

	if (covers < 0)
		return call_failed(c, err);
	if (covers == 0) {
		call_debug(c, "no certificate, and none is required");
		return PAM_SUCCESS;
	}
	call_log_text(c, LOG_NOTICE, "deny", "no-certificate",
	    "require=cert: this user's sessions need a certificate");
	return PAM_PERM_DENIED;
}

static int
open_session(const struct call *c, struct login *l)
{
	struct err err = ERR_INIT;
	enum verdict v = login_judge(l, c, &err);

	if (v != VERDICT_ALLOWED)
		return login_refuse(l, c, v, &err);
	if (l->n_certs == 0)
		return without_cert(c, &err);
	if (leash_put(c, l->valid_before, &err) < 0 ||
	    identity_put_env(c, l->judge, &err) < 0 ||
	    identity_record_open(c, l->judge, &err) < 0)
		return call_failed(c, &err);
	return PAM_SUCCESS;
}

PAM_ENTRY int
pam_sm_open_session(
    pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct login l = { 0 };
	struct call c;
	int ret;

	(void)flags;
	if ((ret = call_begin(&c, pamh, OPTIONS_SESSION, argc, argv)) !=
	    PAM_SUCCESS)
		return ret;
	ret = open_session(&c, &l);
	login_clear(&l);
	return ret;
}

PAM_ENTRY int
pam_sm_close_session(
    pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct call c;
	int ret;

	(void)flags;
	if ((ret = call_begin(&c, pamh, OPTIONS_SESSION, argc, argv)) !=
	    PAM_SUCCESS)
		return ret;
	identity_record_close(&c);
	return PAM_SUCCESS;
}
