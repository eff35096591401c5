#include "config.h"

#include "tests/unit/pamrun.h"

#include <errno.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "tests/unit/failing.h"

#define MAX_KEPT 4
#define MAX_OPTIONS 8
#define MUST(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

typedef void cleanup_function(pam_handle_t *, void *, int);

int __wrap_audit_open(void);
int __wrap_log_send(
    int priority, const char *ident, const char *text, size_t len);
int __wrap_pam_get_data(
    const pam_handle_t *pamh, const char *name, const void **data);
int __wrap_pam_set_data(pam_handle_t *pamh, const char *name, void *data,
    cleanup_function *cleanup);

char pamrun_user[256];
char pamrun_logged[PAMRUN_SHOWN];

/* --- in place of libpam, which takes these from modules only ---------------- */

static struct {
	const char *name;
	void *data;
	cleanup_function *cleanup;
} kept[MAX_KEPT];

int
__wrap_pam_get_data(
    const pam_handle_t *pamh, const char *name, const void **data)
{
	int i;

	(void)pamh;
	for (i = 0; i < MAX_KEPT; i++) {
		if (kept[i].data != NULL && strcmp(kept[i].name, name) == 0) {
			*data = kept[i].data;
			return PAM_SUCCESS;
		}
	}
	return PAM_NO_MODULE_DATA;
}

static void
drop(int i)
{
	if (kept[i].data != NULL && kept[i].cleanup != NULL)
		kept[i].cleanup(NULL, kept[i].data, 0);
	kept[i].data = NULL;
}

int
__wrap_pam_set_data(pam_handle_t *pamh, const char *name, void *data,
    cleanup_function *cleanup)
{
	int i, at = -1;

	(void)pamh;
	if (failing_this(FAILING_pam_set_data))
		return PAM_BUF_ERR;
	for (i = 0; i < MAX_KEPT; i++)
		if (kept[i].data != NULL && strcmp(kept[i].name, name) == 0)
			drop(i);
	for (i = 0; i < MAX_KEPT && at < 0; i++)
		if (kept[i].data == NULL)
			at = i;
	MUST(at >= 0);
	kept[at].name = name;
	kept[at].data = data;
	kept[at].cleanup = cleanup;
	return PAM_SUCCESS;
}

int
pamrun_n_kept(void)
{
	int i, n = 0;

	for (i = 0; i < MAX_KEPT; i++)
		n += kept[i].data != NULL;
	return n;
}

/* --- in place of libaudit: a kernel without audit --------------------------- */

int
__wrap_audit_open(void)
{
	errno = EPROTONOSUPPORT;
	return -1;
}

/* --- in place of the log ---------------------------------------------------- */

static char all[65536];

/* Whatever begins with what and is len bytes long becomes with. */
static void
replace(const char *what, size_t len, const char *with)
{
	char out[PAMRUN_SHOWN];
	const char *in = pamrun_logged, *at;
	size_t n = 0;

	while ((at = strstr(in, what)) != NULL) {
		MUST(strlen(at) >= len);
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%.*s%s",
		    (int)(at - in), in, with);
		MUST(n < sizeof(out));
		in = at + len;
	}
	MUST((size_t)snprintf(out + n, sizeof(out) - n, "%s", in) <
	    sizeof(out) - n);
	memcpy(pamrun_logged, out, sizeof(out));
}

int
__wrap_log_send(int priority, const char *ident, const char *text, size_t len)
{
	char quoted[sizeof(pamrun_user) + 2];
	size_t n = strlen(all);

	MUST(strcmp(ident, "pam_certgate") == 0);
	MUST((size_t)snprintf(pamrun_logged, sizeof(pamrun_logged), "%d %.*s",
		 priority, (int)len, text) < sizeof(pamrun_logged));
	(void)snprintf(quoted, sizeof(quoted), "\"%s\"", pamrun_user);
	replace(quoted, strlen(quoted), "\"USER\"");
	replace(pamfix_dir, strlen(pamfix_dir), "DIR");
	replace("SHA256:", strlen("SHA256:") + 43, "SHA256");
	MUST((size_t)snprintf(all + n, sizeof(all) - n, "%s\n",
		 pamrun_logged) < sizeof(all) - n);
	return 0;
}

int
pamrun_count(const char *text)
{
	const char *at = all;
	int n = 0;

	for (; (at = strstr(at, text)) != NULL; at += strlen(text))
		n++;
	return n;
}

/* --- transactions ----------------------------------------------------------- */

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **answers, void *data)
{
	(void)n;
	(void)messages;
	(void)answers;
	(void)data;
	abort();
}

void
pamrun_setup(const struct signer *ca)
{
	struct passwd *pw = getpwuid(getuid());

	MUST(pw != NULL && strlen(pw->pw_name) < sizeof(pamrun_user));
	(void)snprintf(pamrun_user, sizeof(pamrun_user), "%s", pw->pw_name);
	pamfix_make(pamrun_user, ca);
	pamfix_write("service", "auth required pam_deny.so\n");
}

void
pamrun_teardown(void)
{
	pamfix_remove();
}

pam_handle_t *
pamrun_begin(void)
{
	static const struct pam_conv conversation = { converse, NULL };
	pam_handle_t *h = NULL;

	MUST(pam_start_confdir("service", pamrun_user, &conversation,
		 pamfix_dir, &h) == PAM_SUCCESS);
	pamrun_logged[0] = all[0] = '\0';
	return h;
}

void
pamrun_end(pam_handle_t *h)
{
	int i;

	for (i = 0; i < MAX_KEPT; i++)
		drop(i);
	MUST(pam_end(h, 0) == PAM_SUCCESS);
}

void
pamrun_put_env(pam_handle_t *h, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 2;
	char *text = malloc(size);

	MUST(text != NULL);
	(void)snprintf(text, size, "%s=%s", name, value);
	MUST(pam_putenv(h, text) == PAM_SUCCESS);
	free(text);
}

void
pamrun_put_certs(pam_handle_t *h, const struct pamcert *certs, size_t n)
{
	struct wire lines = WIRE_INIT, cert = WIRE_INIT;
	char *text;
	size_t i;

	for (i = 0; i < n; i++) {
		wire_reset(&cert);
		pamfix_cert(&cert, &certs[i]);
		text = pamfix_text(wire_span(&cert));
		wire_put_bytes(&lines, "publickey ", 10);
		wire_put_bytes(&lines, text, strlen(text));
		wire_put_u8(&lines, '\n');
		free(text);
	}
	wire_put_u8(&lines, 0);
	pamrun_put_env(h, "SSH_AUTH_INFO_0", (const char *)lines.p);
	wire_free(&lines);
	wire_free(&cert);
}

int
pamrun_call(
    pamrun_function *function, pam_handle_t *h, const char *options)
{
	char text[1024], *rest = text, *word;
	const char *argv[MAX_OPTIONS];
	int argc = 0;

	MUST((size_t)snprintf(text, sizeof(text), "current=%s %s", pamfix_dir,
		 options) < sizeof(text));
	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		MUST(argc < MAX_OPTIONS);
		argv[argc++] = word;
	}
	return function(h, 0, argc, argv);
}
