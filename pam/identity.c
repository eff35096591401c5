#include "config.h"

#include "pam/identity.h"

#include "lib/certsig.h"
#include "lib/escape.h"
#include "pam/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define DATA_NAME "certgate_session"
#define MAX_VALUE 1024
#define TIME_SIZE 32

/* What the record on close says once more. */
struct record {
	char *log; /* fields of the log line */
	char *audit; /* of the audit record */
};

static int
put_env(const struct call *c, const char *name, const char *value,
    struct err *err)
{
	char text[MAX_VALUE + 64];

	(void)snprintf(text, sizeof(text), "CERTGATE_%s=%s", name, value);
	if (pam_putenv(c->pamh, text) != PAM_SUCCESS)
		return err_setf(err, ERR_MEMORY,
		    "CERTGATE_%s cannot be put into PAM's environment", name);
	return 0;
}

static int
put_env_span(const struct call *c, const char *name, struct span value,
    struct err *err)
{
	char shown[MAX_VALUE];

	return put_env(c, name,
	    escape_bytes(shown, sizeof(shown), value.p, value.len), err);
}

static void
format_time(char out[TIME_SIZE], uint64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (at == UINT64_MAX)
		(void)snprintf(out, TIME_SIZE, "forever");
	else if (at > INT64_MAX / 2 || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, TIME_SIZE, "@%" PRIu64, at);
}

int
identity_put_env(const struct call *c, const struct judge *j, struct err *err)
{
	const struct decision *d = judge_decision(j);
	char serial[24], until[TIME_SIZE], ca[FINGERPRINT_SIZE];

	(void)snprintf(serial, sizeof(serial), "%" PRIu64, d->cert.serial);
	format_time(until, d->cert.valid_before);
	if (certsig_fingerprint(ca, d->cert.ca_key, err) < 0 ||
	    put_env_span(c, "IDENTITY", judge_identity(j), err) < 0 ||
	    put_env_span(c, "PRINCIPAL", d->lines[0].principal, err) < 0 ||
	    put_env(c, "SERIAL", serial, err) < 0 ||
	    put_env(c, "CA", ca, err) < 0 ||
	    put_env(c, "VALID_UNTIL", until, err) < 0)
		return -1;
	return 0;
}

static void
free_record(pam_handle_t *pamh, void *data, int status)
{
	struct record *r = data;

	(void)pamh;
	(void)status;
	if (r == NULL)
		return;
	free(r->log);
	free(r->audit);
	free(r);
}

int
identity_record_open(const struct call *c, struct judge *j, struct err *err)
{
	struct record *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL || (r->log = call_decision_fields(j)) == NULL ||
	    (r->audit = audit_fields(c, j)) == NULL) {
		free_record(NULL, r, 0);
		return err_setf(err, ERR_MEMORY, "out of memory");
	}
	/* A second line of ours in the stack takes the first one's place. */
	rc = pam_set_data(c->pamh, DATA_NAME, r, free_record);
	if (rc != PAM_SUCCESS) {
		free_record(NULL, r, 0);
		return err_setf(err, ERR_MEMORY,
		    "PAM does not keep the session's record");
	}
	call_log_fields(c, LOG_INFO, "open", r->log);
	audit_write(c, "session-open", r->audit);
	return 0;
}

void
identity_record_close(const struct call *c)
{
	const void *data = NULL;
	const struct record *r;

	if (pam_get_data(c->pamh, DATA_NAME, &data) != PAM_SUCCESS ||
	    data == NULL)
		return;
	r = data;
	call_log_fields(c, LOG_INFO, "close", r->log);
	audit_write(c, "session-close", r->audit);
	(void)pam_set_data(c->pamh, DATA_NAME, NULL, NULL);
}
