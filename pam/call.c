#include "config.h"

#include "pam/call.h"

#include "lib/certsig.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "pam/nss.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define IDENT "pam_certgate"
#define SHOWN 256

static void
put(struct wire *w, const char *text)
{
	wire_put_bytes(w, text, strlen(text));
}

static void
put_shown(struct wire *w, const char *before, struct span s)
{
	char shown[SHOWN];

	put(w, before);
	put(w, escape_bytes(shown, sizeof(shown), s.p, s.len));
}

static void
send_log(struct wire *w, int priority)
{
	if (!w->has_failed)
		(void)log_send(priority, IDENT, (const char *)w->p, w->len);
	wire_free(w);
}

/* What every line begins with. */
static void
put_begin(struct wire *w, const struct call *c, const char *verb)
{
	put(w, verb);
	put(w, " group=");
	put(w, c->group);
	put_shown(w, " service=\"", span_of(c->service));
	put_shown(w, "\" user=\"",
	    span_of(c->user == NULL ? "" : c->user));
	put(w, "\"");
}

void
call_log_text(const struct call *c, int priority, const char *verb,
    const char *reason, const char *text)
{
	unsigned char room[1024];
	struct wire w = WIRE_ON(room);

	put_begin(&w, c, verb);
	if (reason != NULL) {
		put(&w, " reason=");
		put(&w, reason);
	}
	put(&w, ": ");
	put(&w, text);
	send_log(&w, priority);
}

void
call_debug(const struct call *c, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (!c->options.has_debug)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* LOG_DEBUG is thrown away nearly everywhere; debug was asked for. */
	call_log_text(c, LOG_INFO, "debug", NULL, text);
}

int
call_failed(const struct call *c, const struct err *err)
{
	if (c->options.ignores_errors) {
		call_log_text(c, LOG_ERR, "ignore", "failed", err->text);
		return PAM_IGNORE;
	}
	call_log_text(c, LOG_ERR, "deny", "failed", err->text);
	return err->code == ERR_MEMORY ? PAM_BUF_ERR : PAM_SYSTEM_ERR;
}

/* The authority's key and the person's, by fingerprint. */
static void
put_keys(struct wire *w, const struct cert *cert)
{
	char fingerprint[FINGERPRINT_SIZE];

	if (certsig_cert_fingerprint(fingerprint, cert, NULL) == 0) {
		put(w, " key=");
		put(w, fingerprint);
	}
	if (certsig_fingerprint(fingerprint, cert->ca_key, NULL) == 0) {
		put(w, " ca=");
		put(w, fingerprint);
	}
}

static void
put_fields(struct wire *w, struct judge *j)
{
	const struct decision *d = judge_decision(j);
	bool is_read = d->reason != REASON_MALFORMED;
	struct span principal = { NULL, 0 }, identity = { NULL, 0 };
	char serial[24];

	if (d->n_lines > 0) {
		principal = d->lines[0].principal;
		identity = d->lines[0].identity;
	}
	(void)snprintf(serial, sizeof(serial), "%" PRIu64,
	    is_read ? d->cert.serial : 0);
	put(w, " reason=");
	put(w, reason_code(d->reason));
	put(w, " serial=");
	put(w, serial);
	put_shown(w, " authority=\"", d->authority.name);
	put_shown(w, "\" principal=\"", principal);
	put(w, "\" rule=\"");
	judge_put_rule(j, w);
	put_shown(w, "\" identity=\"", identity);
	if (is_read)
		put_shown(w, "\" key_id=\"", d->cert.key_id);
	put(w, "\"");
	if (is_read)
		put_keys(w, &d->cert);
	if (d->detail.code != ERR_NONE) {
		put(w, ": ");
		put(w, d->detail.text);
	}
}

void
call_log_decision(const struct call *c, int priority, const char *verb,
    struct judge *j)
{
	unsigned char room[1024];
	struct wire w = WIRE_ON(room);

	put_begin(&w, c, verb);
	put_fields(&w, j);
	send_log(&w, priority);
}

char *
call_decision_fields(struct judge *j)
{
	struct wire w = WIRE_INIT;

	put_fields(&w, j);
	wire_put_u8(&w, 0);
	if (w.has_failed) {
		wire_free(&w);
		return NULL;
	}
	return (char *)w.p;
}

void
call_log_fields(const struct call *c, int priority, const char *verb,
    const char *fields)
{
	unsigned char room[1024];
	struct wire w = WIRE_ON(room);

	put_begin(&w, c, verb);
	put(&w, fields);
	send_log(&w, priority);
}

int
call_find_user(const char *name, uid_t *uid, gid_t *gid, struct err *err)
{
	char shown[SHOWN];
	int found = nss_user(name, uid, gid, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	return err_setf(err, ERR_NOT_FOUND, "there is no account \"%s\"",
	    escape_text(shown, sizeof(shown), name));
}

/* "CLIENT PORT SERVER PORT"; sshd sets it, and no user gets at it. */
static void
find_address(struct call *c)
{
	const char *text = pam_getenv(c->pamh, "SSH_CONNECTION");
	struct span s;

	if (text == NULL)
		return;
	s = span_of(text);
	s.len = strcspn(text, " ");
	if (ipaddr_parse(&c->addr_room, s) == 0)
		c->addr = &c->addr_room;
}

int
call_begin(struct call *c, pam_handle_t *pamh, enum options_group group,
    int argc, const char **argv)
{
	static const char *const names[] = { [OPTIONS_AUTH] = "auth",
		[OPTIONS_ACCOUNT] = "account", [OPTIONS_SESSION] = "session" };
	struct err err = ERR_INIT;
	const void *item = NULL;

	memset(c, 0, sizeof(*c));
	c->pamh = pamh;
	c->group = names[group];
	c->service = "";
	if (pam_get_item(pamh, PAM_SERVICE, &item) == PAM_SUCCESS &&
	    item != NULL)
		c->service = item;
	item = NULL;
	if (pam_get_item(pamh, PAM_USER, &item) == PAM_SUCCESS)
		c->user = item;
	if (options_parse(&c->options, group, argc, argv, &err) < 0) {
		/* Whatever else the line says: it says something wrong. */
		call_log_text(c, LOG_ERR, "deny", "bad-option", err.text);
		return PAM_SERVICE_ERR;
	}
	if (c->user == NULL || c->user[0] == '\0') {
		(void)err_setf(&err, ERR_NOT_FOUND, "PAM names no user");
		(void)call_failed(c, &err);
		return PAM_USER_UNKNOWN;
	}
	if (call_find_user(c->user, &c->uid, &c->gid, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			return call_failed(c, &err);
		call_log_text(c, LOG_NOTICE, "deny", "no-such-user", err.text);
		return PAM_USER_UNKNOWN;
	}
	find_address(c);
	return PAM_SUCCESS;
}
