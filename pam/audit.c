#include "config.h"

#include "pam/audit.h"

#include "lib/certsig.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#ifdef HAVE_AUDIT
#include <libaudit.h>

/* auditd's own limit of a message is 8,970 bytes; a key ID may be longer. */
#define MAX_FIELD 512

/* Append " name=value", the value in hexadecimal where it could mislead. */
static void
put_field(struct wire *w, const char *name, struct span value)
{
	char text[MAX_FIELD + 1], *field;
	size_t len = value.len < MAX_FIELD ? value.len : MAX_FIELD;

	if (len != 0)
		memcpy(text, value.p, len);
	text[len] = '\0';
	field = audit_encode_nv_string(name, text, (unsigned int)len);
	if (field == NULL) {
		w->has_failed = true;
		return;
	}
	wire_put_bytes(w, " ", 1);
	wire_put_bytes(w, field, strlen(field));
	free(field);
}

char *
audit_fields(const struct call *c, const struct judge *j)
{
	const struct decision *d = judge_decision(j);
	char serial[40], ca[FINGERPRINT_SIZE] = "";
	struct wire w = WIRE_INIT;

	(void)certsig_fingerprint(ca, d->cert.ca_key, NULL);
	(void)snprintf(
	    serial, sizeof(serial), " serial=%" PRIu64, d->cert.serial);
	put_field(&w, "acct", span_of(c->user));
	put_field(&w, "identity", judge_identity(j));
	put_field(&w, "key_id", d->cert.key_id);
	wire_put_bytes(&w, serial, strlen(serial));
	put_field(&w, "authority", d->authority.name);
	put_field(&w, "ca", span_of(ca));
	wire_put_u8(&w, 0);
	if (w.has_failed) {
		wire_free(&w);
		return NULL;
	}
	return (char *)w.p;
}

/* Whether the kernel says that there is no audit here. */
static bool
is_absent(int error)
{
	return error == EINVAL || error == EPROTONOSUPPORT ||
	    error == EAFNOSUPPORT || error == EPERM || error == ECONNREFUSED;
}

static const char *
item(const struct call *c, int which)
{
	const void *text = NULL;

	if (pam_get_item(c->pamh, which, &text) != PAM_SUCCESS)
		return NULL;
	return text;
}

void
audit_write(const struct call *c, const char *op, const char *fields)
{
	char text[4096 + 256];
	int fd, rc = -1, error;

	(void)snprintf(text, sizeof(text), "op=certgate:%s%s", op, fields);
	fd = audit_open();
	if (fd >= 0)
		rc = audit_log_user_message(fd, AUDIT_TRUSTED_APP, text,
		    item(c, PAM_RHOST), NULL, item(c, PAM_TTY), 1);
	error = errno;
	if (fd >= 0)
		(void)close(fd);
	if (rc > 0)
		return;
	if (is_absent(error))
		call_debug(c, "no audit record: %s", strerror(error));
	else
		call_log_text(c, LOG_WARNING, "warn", "no-audit-record",
		    strerror(error));
}

#else /* no libaudit */

char *
audit_fields(const struct call *c, const struct judge *j)
{
	(void)c;
	(void)j;
	return calloc(1, 1);
}

void
audit_write(const struct call *c, const char *op, const char *fields)
{
	(void)c;
	(void)op;
	(void)fields;
}

#endif
