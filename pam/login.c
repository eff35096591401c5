#include "config.h"

#include "pam/login.h"

#include "lib/escape.h"
#include "pam/authinfo.h"

#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

static enum verdict
ask(struct login *l, const struct call *c, const struct authinfo *line,
    struct err *err)
{
	struct judge_question q = { 0 };
	enum verdict v;
	size_t len;

	free(l->blob);
	l->blob = authinfo_blob(line, &len, err);
	if (l->blob == NULL)
		return err->code == ERR_MEMORY ? VERDICT_FAILED
					       : VERDICT_DENIED;
	q.user = c->user;
	q.uid = (uint32_t)c->uid;
	q.cert = (struct span) { l->blob, len };
	q.now_at = (int64_t)time(NULL);
	q.addr = c->addr;
	v = judge_ask(l->judge, &q, err);
	if (v == VERDICT_ALLOWED &&
	    judge_decision(l->judge)->cert.valid_before < l->valid_before)
		l->valid_before =
		    judge_decision(l->judge)->cert.valid_before;
	call_debug(c, "certificate %zu of SSH_AUTH_INFO_0 (%zu bytes): %s",
	    l->n_certs, len,
	    v == VERDICT_FAILED
		? err->text
		: reason_code(judge_decision(l->judge)->reason));
	return v;
}

/* Go through the lines; first takes the first certificate's. */
static enum verdict
ask_each(struct login *l, const struct call *c, struct span text,
    struct authinfo *first, struct err *err)
{
	struct authinfo line;
	enum verdict v;
	int more;

	while ((more = authinfo_next(&text, &line, err)) == 1) {
		char shown[64];

		l->n_methods++;
		call_debug(c, "sshd completed the method %s",
		    escape_bytes(shown, sizeof(shown), line.method.p,
			line.method.len));
		if (!authinfo_is_cert(&line))
			continue;
		if (l->n_certs++ == 0)
			*first = line;
		if (l->judge == NULL &&
		    (l->judge = judge_open(c->options.current, err)) == NULL)
			return VERDICT_FAILED;
		if ((v = ask(l, c, &line, err)) != VERDICT_ALLOWED)
			return v;
	}
	return more < 0 ? VERDICT_DENIED : VERDICT_ALLOWED;
}

enum verdict
login_judge(struct login *l, const struct call *c, struct err *err)
{
	const char *text = pam_getenv(c->pamh, "SSH_AUTH_INFO_0");
	struct authinfo first = { .type = { NULL, 0 } };
	enum verdict v;

	memset(l, 0, sizeof(*l));
	l->valid_before = UINT64_MAX;
	if (text == NULL || text[0] == '\0') {
		call_debug(c, "SSH_AUTH_INFO_0 is %s",
		    text == NULL ? "not set" : "empty");
		return VERDICT_ALLOWED;
	}
	v = ask_each(l, c, span_of(text), &first, err);
	if (v == VERDICT_ALLOWED && l->n_certs > 1)
		v = ask(l, c, &first, err);
	return v;
}

int
login_refuse(const struct login *l, const struct call *c, enum verdict v,
    const struct err *err)
{
	if (v == VERDICT_FAILED)
		return call_failed(c, err);
	/* What sshd shows is none; there was nothing to decide. */
	if (err->code != ERR_NONE)
		call_log_text(c, LOG_NOTICE, "deny", "malformed", err->text);
	else
		call_log_decision(c, LOG_NOTICE, "deny", l->judge);
	return PAM_PERM_DENIED;
}

void
login_clear(struct login *l)
{
	judge_close(l->judge);
	free(l->blob);
	memset(l, 0, sizeof(*l));
}
