/*
 * Audit records, as they would reach the kernel: libaudit's two functions
 * that speak with it are replaced here.
 */
#include "config.h"

#include "pam/audit.h"

#include "lib/certsig.h"
#include "tests/unit/harness.h"
#include "tests/unit/pamfix.h"

#include <errno.h>
#include <fcntl.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_AUDIT
#include <libaudit.h>

static char seen[8192];
static int opened, fails_with;

int
audit_open(void)
{
	if (fails_with != 0) {
		errno = fails_with;
		return -1;
	}
	opened = open("/dev/null", O_RDWR | O_CLOEXEC);
	return opened;
}

int
audit_log_user_message(int fd, int type, const char *message,
    const char *host, const char *addr, const char *tty, int result)
{
	ck_assert_int_eq(fd, opened);
	(void)snprintf(seen, sizeof(seen), "%d %s host=%s addr=%s tty=%s %d",
	    type, message, host, addr == NULL ? "-" : addr, tty, result);
	return 1;
}

static struct signer ca, key;
static struct call c;

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **answers, void *data)
{
	(void)n;
	(void)messages;
	(void)answers;
	(void)data;
	return PAM_CONV_ERR;
}

static void
setup(void)
{
	static const struct pam_conv conversation = { converse, NULL };
	pam_handle_t *h = NULL;

	signer_init(&ca, CERT_KEY_ED25519);
	signer_init(&key, CERT_KEY_ED25519);
	pamfix_make("vmuser", &ca);
	pamfix_write("service", "session required pam_permit.so\n");
	ck_assert_int_eq(pam_start_confdir("service", "vmuser",
	    &conversation, pamfix_dir, &h), PAM_SUCCESS);
	ck_assert_int_eq(pam_set_item(h, PAM_TTY, "ssh"), PAM_SUCCESS);
	ck_assert_int_eq(
	    pam_set_item(h, PAM_RHOST, "192.0.2.7"), PAM_SUCCESS);
	memset(&c, 0, sizeof(c));
	c.pamh = h;
	c.group = "session";
	c.service = "sshd";
	c.user = "vmuser";
	c.uid = 5000;
	seen[0] = '\0';
	opened = -1;
	fails_with = 0;
}

static void
teardown(void)
{
	(void)pam_end(c.pamh, 0);
	pamfix_remove();
	signer_clear(&ca);
	signer_clear(&key);
}

/* The fields for jdoe's certificate; key ID and principal are the same. */
static char *
fields(void)
{
	uint64_t now = (uint64_t)time(NULL);
	struct pamcert cert = { .key = &key, .ca = &ca, .serial = 42 };
	struct judge_question q = { .user = "vmuser" };
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;
	struct judge *j;
	char *text;

	cert.principal = "jdoe@example.com";
	cert.valid_after = now - 60;
	cert.valid_before = now + 60;
	pamfix_cert(&w, &cert);
	q.uid = 5000;
	q.cert = wire_span(&w);
	q.now_at = (int64_t)now;
	j = judge_open(pamfix_dir, &e);
	ck_assert_msg(j != NULL, "%s", e.text);
	ck_assert_int_eq(judge_ask(j, &q, &e), VERDICT_ALLOWED);
	text = audit_fields(&c, j);
	ck_assert_ptr_nonnull(text);
	judge_close(j);
	wire_free(&w);
	return text;
}

START_TEST(test_record)
{
	char *text = fields(), fingerprint[FINGERPRINT_SIZE];
	char want[1024];

	ck_assert_int_eq(
	    certsig_fingerprint(fingerprint, wire_span(&ca.blob), NULL), 0);
	(void)snprintf(want, sizeof(want),
	    "%d op=certgate:session-open acct=\"vmuser\" "
	    "identity=\"jdoe@example.com\" key_id=\"jdoe@example.com\" "
	    "serial=42 authority=\"corp\" ca=\"%s\" "
	    "host=192.0.2.7 addr=- tty=ssh 1",
	    AUDIT_TRUSTED_APP, fingerprint);
	audit_write(&c, "session-open", text);
	ck_assert_str_eq(seen, want);
	/* The descriptor is closed. */
	ck_assert_int_eq(fcntl(opened, F_GETFD), -1);
	free(text);
}
END_TEST

/* A user's name that could forge a field is written in hexadecimal. */
START_TEST(test_encoded)
{
	char *text;

	c.user = "a\" res=failed";
	text = fields();
	ck_assert_ptr_nonnull(
	    strstr(text, " acct=6122207265733D6661696C6564 identity="));
	free(text);
	c.user = "vmuser";
}
END_TEST

/* No audit in the kernel, or none for a container, is no failure. */
START_TEST(test_absent)
{
	char *text = fields();

	fails_with = EPROTONOSUPPORT;
	audit_write(&c, "session-open", text);
	ck_assert_str_eq(seen, "");
	free(text);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("audit");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_record);
	tcase_add_test(tc, test_encoded);
	tcase_add_test(tc, test_absent);
	return run_case("audit", tc);
}

#else

int
main(void)
{
	return 77;
}
#endif
