/*
 * Audit records, as they would reach the kernel: libaudit's two functions
 * that speak with it are replaced here.
 */
#include "config.h"

#include "pam/audit.h"

#include "lib/certsig.h"
#include "tests/unit/failing.h"
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
static int refuses_with; /* what the kernel makes of the record */
static unsigned int encoded, encodes; /* of so many fields */

char *__real_audit_encode_nv_string(
    const char *name, const char *value, unsigned int len);
char *__wrap_audit_encode_nv_string(
    const char *name, const char *value, unsigned int len);

char *
__wrap_audit_encode_nv_string(
    const char *name, const char *value, unsigned int len)
{
	return ++encoded == encodes
	    ? NULL
	    : __real_audit_encode_nv_string(name, value, len);
}

static char logged[1024];

int __wrap_log_send(
    int priority, const char *ident, const char *text, size_t len);

int
__wrap_log_send(int priority, const char *ident, const char *text, size_t len)
{
	ck_assert_str_eq(ident, "pam_certgate");
	(void)snprintf(logged, sizeof(logged), "%d %.*s", priority, (int)len,
	    text);
	return 0;
}

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
	if (refuses_with != 0) {
		errno = refuses_with;
		return -1;
	}
	(void)snprintf(seen, sizeof(seen), "%d %s host=%s addr=%s tty=%s %d",
	    type, message, host == NULL ? "-" : host, addr == NULL ? "-" : addr,
	    tty == NULL ? "-" : tty, result);
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
	fails_with = refuses_with = 0;
	encodes = encoded = 0;
	logged[0] = '\0';
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
	judge_close(j);
	wire_free(&w);
	return text;
}

START_TEST(test_record)
{
	char *text = fields(), fingerprint[FINGERPRINT_SIZE];
	char want[1024];

	ck_assert_ptr_nonnull(text);
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

/* What libpam does not know, or tell, is not in the record. */
START_TEST(test_no_items)
{
	failing_start(FAILING(pam_get_item), FAILING_ALL, 0);
	audit_write(&c, "session-open", " serial=42");
	ck_assert(failing_stop());
	ck_assert_str_eq(strstr(seen, "op="), "op=certgate:session-open "
	    "serial=42 host=- addr=- tty=- 1");
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

/* One that is too long is cut, one that is empty has no value. */
START_TEST(test_lengths)
{
	char name[600], want[600], *text;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(want, sizeof(want), " acct=\"%.512s\" identity=", name);
	c.user = name;
	text = fields();
	ck_assert_mem_eq(text, want, strlen(want));
	free(text);
	c.user = "";
	text = fields();
	ck_assert_ptr_nonnull(strstr(text, " identity=\"jdoe@example.com\""));
	ck_assert_ptr_null(strstr(text, "xxx"));
	free(text);
	c.user = "vmuser";
}
END_TEST

/* Each of the five fields; half a record is none. */
START_TEST(test_no_memory)
{
	encodes = (unsigned int)_i;
	ck_assert_ptr_null(fields());
}
END_TEST

/* No audit in the kernel, or none for a container, is no failure. */
static const struct {
	int error;
	const char *text;
} absent[] = {
	{ EPROTONOSUPPORT, "Protocol not supported" },
	{ EAFNOSUPPORT, "Address family not supported by protocol" },
	{ EINVAL, "Invalid argument" },
	{ EPERM, "Operation not permitted" },
	{ ECONNREFUSED, "Connection refused" },
};

START_TEST(test_absent)
{
	char want[256];
	int *fails[] = { &fails_with, &refuses_with };
	int i;

	for (i = 0; i < N_ROWS(fails); i++) {
		logged[0] = '\0';
		*fails[i] = absent[_i].error;
		c.options.has_debug = false;
		audit_write(&c, "session-open", " serial=42");
		ck_assert_str_eq(logged, "");
		c.options.has_debug = true;
		audit_write(&c, "session-open", " serial=42");
		(void)snprintf(want, sizeof(want),
		    "6 debug group=session service=\"sshd\" user=\"vmuser\": "
		    "no audit record: %s", absent[_i].text);
		ck_assert_str_eq(logged, want);
		*fails[i] = 0;
	}
	ck_assert_str_eq(seen, "");
}
END_TEST

/* Any other failure is said: a session without its record. */
START_TEST(test_refused)
{
	fails_with = EMFILE;
	audit_write(&c, "session-open", " serial=42");
	ck_assert_str_eq(logged, "4 warn group=session service=\"sshd\" "
	    "user=\"vmuser\" reason=no-audit-record: Too many open files");
	fails_with = 0;
	refuses_with = ENOBUFS;
	audit_write(&c, "session-open", " serial=42");
	ck_assert_str_eq(logged, "4 warn group=session service=\"sshd\" "
	    "user=\"vmuser\" reason=no-audit-record: "
	    "No buffer space available");
	ck_assert_int_eq(fcntl(opened, F_GETFD), -1);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("audit");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_record);
	tcase_add_test(tc, test_encoded);
	tcase_add_test(tc, test_no_items);
	tcase_add_test(tc, test_lengths);
	tcase_add_loop_test(tc, test_no_memory, 1, 6);
	tcase_add_loop_test(tc, test_absent, 0, N_ROWS(absent));
	tcase_add_test(tc, test_refused);
	return run_case("audit", tc);
}

#else

int
main(void)
{
	return 77;
}
#endif
