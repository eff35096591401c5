/*
 * auth: somebody who calls sudo or su proves by the agent that a certificate
 * is his, and the decision lets it in.
 *
 * What the agent does wrong is the user's affair: the answer is "no
 * certificate" and the stack goes on, to a password perhaps.  It never makes
 * this module fail in a way that on-error=ignore would excuse.
 */
#include "config.h"

#include "lib/escape.h"
#include "pam/agent.h"
#include "pam/call.h"
#include "pam/challenge.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define CERT_SUFFIX "-cert-v01@openssh.com"

/* Who called, and whose rule is asked for. */
struct request {
	const struct call *c;
	const char *caller;
	uid_t caller_uid;
	gid_t caller_gid;
	const char *user;
	uid_t uid;
	struct agent agent;
	struct agentmsg_keys keys;
	struct wire list; /* the agent's answer that keys point into */
	struct judge *judge;
	size_t n_certs;
};

/*
 * The agent's socket.  Not by getenv: sudo replaces that for its plugins by
 * the environment of the command, from which SSH_AUTH_SOCK is gone.
 */
static const char *
find_socket(void)
{
	static const char name[] = "SSH_AUTH_SOCK=";
	char **e;

	for (e = environ; e != NULL && *e != NULL; e++)
		if (strncmp(*e, name, sizeof(name) - 1) == 0)
			return *e + sizeof(name) - 1;
	return NULL;
}

/*
 * Who calls: the kernel's word where it has one; for root's, that of sudo and
 * su, who set PAM_RUSER.  1, 0 where nobody calls (sshd, login: whatever
 * agent is in their environment is not of who knocks), -1 with err.
 */
static int
find_caller(struct request *r, struct err *err)
{
	const void *item = NULL;

	if (pam_get_item(r->c->pamh, PAM_RUSER, &item) != PAM_SUCCESS ||
	    item == NULL || *(const char *)item == '\0' ||
	    pam_getenv(r->c->pamh, "SSH_CONNECTION") != NULL)
		return 0;
	r->caller = item;
	if (call_find_user(r->caller, &r->caller_uid, &r->caller_gid, err) < 0)
		return -1;
	if (getuid() != 0 && getuid() != r->caller_uid)
		return err_setf(err, ERR_REFUSED,
		    "PAM_RUSER is uid %lu, but uid %lu calls",
		    (unsigned long)r->caller_uid, (unsigned long)getuid());
	return 1;
}

static int
find_users(struct request *r, struct err *err)
{
	gid_t gid;

	r->user = r->c->user;
	r->uid = r->c->uid;
	if (r->c->options.as == NULL)
		return 0;
	r->user = r->c->options.as;
	return call_find_user(r->user, &r->uid, &gid, err);
}

static bool
is_cert(struct span blob)
{
	size_t len = strlen(CERT_SUFFIX);
	struct span type;

	return wire_get_string(&blob, &type) == 0 && type.len > len &&
	    memcmp(type.p + type.len - len, CERT_SUFFIX, len) == 0;
}

/* Whether the option's name stands among options, as sshd reads them. */
static bool
has_option(struct span options, const char *name)
{
	size_t len = strlen(name), i, begin = 0;
	bool is_quoted = false;

	for (i = 0; i <= options.len; i++) {
		if (i < options.len && options.p[i] == '"' &&
		    (i == 0 || options.p[i - 1] != '\\'))
			is_quoted = !is_quoted;
		if (i < options.len && (is_quoted || options.p[i] != ','))
			continue;
		if (i - begin >= len &&
		    strncasecmp((const char *)options.p + begin, name, len) ==
			0 &&
		    (i - begin == len || options.p[begin + len] == '='))
			return true;
		begin = i + 1;
	}
	return false;
}

/*
 * What may only run one command through sshd must not become a way to run
 * all of them through sudo.
 */
static bool
is_limited_to_command(const struct decision *d)
{
	return d->cert.force_command.p != NULL ||
	    has_option(d->lines[0].grant.options, "command");
}

static bool
needs_verification(const struct decision *d)
{
	return d->cert.has_verify_required ||
	    has_option(d->lines[0].grant.options, "verify-required");
}

/* Have the certificate's key sign a fresh challenge. */
static int
prove(struct request *r, struct span blob, struct err *err)
{
	const struct decision *d = judge_decision(r->judge);
	struct challenge who = { r->c->service, r->user, r->caller };
	struct wire data = WIRE_INIT;
	struct span signature;
	int ret = -1;

	if (challenge_make(&data, &who, &d->cert, err) == 0 &&
	    agent_sign(&r->agent, blob, cert_key_type_is_sk(d->cert.key_type),
		wire_span(&data), &signature, err) == 0 &&
	    challenge_verify(&d->cert, signature, wire_span(&data),
		needs_verification(d), err) == 0)
		ret = 0;
	wire_free(&data);
	return ret;
}

/* One certificate: PAM_SUCCESS, PAM_AUTH_ERR, or a failure's code. */
static int
try_cert(struct request *r, struct span blob)
{
	const struct call *c = r->c;
	struct judge_question q = { 0 };
	struct err err = ERR_INIT;
	enum verdict v;

	q.user = r->user;
	q.uid = (uint32_t)r->uid;
	q.cert = blob;
	q.now_at = (int64_t)time(NULL);
	v = judge_ask(r->judge, &q, &err);
	if (v == VERDICT_FAILED)
		return call_failed(c, &err);
	if (v == VERDICT_DENIED) {
		/* More than a few lines would be a way to fill the log. */
		if (r->n_certs <= 4 || c->options.has_debug)
			call_log_decision(c, LOG_NOTICE, "deny", r->judge);
		return PAM_AUTH_ERR;
	}
	if (is_limited_to_command(judge_decision(r->judge))) {
		call_log_text(c, LOG_NOTICE, "deny", "forced-command",
		    "certificate or rule allow one command only, through sshd");
		return PAM_AUTH_ERR;
	}
	if (prove(r, blob, &err) < 0) {
		call_log_text(c, LOG_NOTICE, "deny", "no-proof", err.text);
		return PAM_AUTH_ERR;
	}
	call_log_decision(c, LOG_INFO, "allow", r->judge);
	return PAM_SUCCESS;
}

/* Try the certificates in the agent's order. */
static int
try_keys(struct request *r)
{
	struct err err = ERR_INIT;
	int ret = PAM_AUTHINFO_UNAVAIL, code;
	size_t i;

	for (i = 0; i < r->keys.n; i++) {
		if (!is_cert(r->keys.blobs[i]))
			continue;
		if (r->n_certs++ == 0 &&
		    (r->judge = judge_open(r->c->options.current, &err)) ==
			NULL)
			return call_failed(r->c, &err);
		code = try_cert(r, r->keys.blobs[i]);
		if (code != PAM_AUTH_ERR)
			return code;
		ret = code;
	}
	if (ret == PAM_AUTHINFO_UNAVAIL)
		call_debug(r->c, "the agent has %zu keys and no certificate",
		    r->keys.n);
	return ret;
}

/* No way to a certificate, for a reason that is the user's. */
static int
unavailable(const struct call *c, const struct err *err)
{
	call_log_text(c, LOG_NOTICE, "skip", "no-agent", err->text);
	return PAM_AUTHINFO_UNAVAIL;
}

static int
ask_agent(struct request *r, const char *path)
{
	struct err err = ERR_INIT;
	bool is_stuck;
	int ret;

	if (agent_open(&r->agent, path, r->caller_uid, r->caller_gid,
		&is_stuck, &err) < 0) {
		if (!is_stuck)
			return unavailable(r->c, &err);
		call_log_text(r->c, LOG_CRIT, "deny", "failed", err.text);
		return PAM_SYSTEM_ERR;
	}
	if (agent_list(&r->agent, &r->keys, &err) < 0) {
		ret = unavailable(r->c, &err);
	} else {
		/* The next answer must not overwrite this one. */
		r->list = r->agent.message;
		r->agent.message = (struct wire)WIRE_INIT;
		ret = try_keys(r);
		wire_free(&r->list);
	}
	agent_close(&r->agent);
	return ret;
}

static int
authenticate(struct request *r)
{
	const char *path = find_socket();
	struct err err = ERR_INIT;
	int found = find_caller(r, &err);

	if (found < 0)
		return unavailable(r->c, &err);
	if (found == 0 || path == NULL || path[0] == '\0') {
		call_debug(r->c, "%s",
		    found == 0 ? "nobody calls (PAM_RUSER), so there is no "
				 "agent to ask"
			       : "SSH_AUTH_SOCK is not set");
		return PAM_AUTHINFO_UNAVAIL;
	}
	if (find_users(r, &err) < 0)
		return call_failed(r->c, &err);
	return ask_agent(r, path);
}

PAM_ENTRY int
pam_sm_authenticate(
    pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct request *r = NULL;
	struct err err = ERR_INIT;
	struct call c;
	int ret;

	(void)flags;
	if ((ret = call_begin(&c, pamh, OPTIONS_AUTH, argc, argv)) !=
	    PAM_SUCCESS)
		return ret;
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		(void)err_setf(&err, ERR_MEMORY, "out of memory");
		return call_failed(&c, &err);
	}
	r->c = &c;
	ret = authenticate(r);
	judge_close(r->judge);
	free(r);
	return ret;
}

/* There are no credentials to set. */
PAM_ENTRY int
pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
