/*
 * What is answered to a login through sshd, and the whole of what is logged:
 * by what sshd says of it, by the line in pam.d, and by who it is.
 */
#include "config.h"

#include "tests/unit/failing.h"
#include "tests/unit/harness.h"
#include "tests/unit/pamrun.h"

#include <stdio.h>

#define ACCOUNT " group=account service=\"service\" user=\"USER\""
#define SESSION " group=session service=\"service\" user=\"USER\""
#define KEYS " key=SHA256 ca=SHA256"
/* A key of the type x, in base64: "\0\0\0\1x". */
#define KEY_X "AAAAAXg="

static struct signer ca, key;

static void
setup(void)
{
	signer_init(&ca, CERT_KEY_ECDSA_P256);
	signer_init(&key, CERT_KEY_ED25519);
	pamrun_setup(&ca);
}

static void
teardown(void)
{
	pamrun_teardown();
	signer_clear(&ca);
	signer_clear(&key);
}

static struct pamcert
a_cert(const char *principal)
{
	return pamfix_lasting(&ca, &key, principal);
}

/* What sshd says is text; both functions must refuse it alike. */
static const struct {
	const char *text, *message;
} malformed[] = {
	{ "\npassword\n", "SSH_AUTH_INFO_0: a line names no method" },
	{ "publickey\n", "SSH_AUTH_INFO_0: a line of publickey names no key" },
	{ "password\r\n", "SSH_AUTH_INFO_0: a line holds control characters" },
	{ "publickey x-cert-v01@openssh.com " KEY_X "\n",
	    "SSH_AUTH_INFO_0: a key is not what its line says" },
	{ "publickey x-cert-v01@openssh.com !!!!\n",
	    "SSH_AUTH_INFO_0: a key is not what its line says" },
	/* Also behind what is right. */
	{ "password\npublickey ssh-rsa AAAA\npublickey\n",
	    "SSH_AUTH_INFO_0: a line of publickey names no key" },
};

START_TEST(test_malformed)
{
	static const char *const options[] = { "", "on-error=ignore" };
	pam_handle_t *h = pamrun_begin();
	char want[512];
	int i;

	pamrun_put_env(h, "SSH_AUTH_INFO_0", malformed[_i].text);
	for (i = 0; i < N_ROWS(options); i++) {
		ck_assert_int_eq(pamrun_call(pam_sm_acct_mgmt, h, options[i]),
		    PAM_PERM_DENIED);
		(void)snprintf(want, sizeof(want),
		    "5 deny" ACCOUNT " reason=malformed: %s",
		    malformed[_i].message);
		ck_assert_str_eq(pamrun_logged, want);
		ck_assert_int_eq(
		    pamrun_call(pam_sm_open_session, h, options[i]),
		    PAM_PERM_DENIED);
		(void)snprintf(want, sizeof(want),
		    "5 deny" SESSION " reason=malformed: %s",
		    malformed[_i].message);
		ck_assert_str_eq(pamrun_logged, want);
	}
	ck_assert_int_eq(pamrun_n_kept(), 0);
	pamrun_end(h);
}
END_TEST

/* No certificate: what require= says, and for whom. */
static const struct {
	const char *info, *options;
	int want;
	const char *logged;
} without[] = {
	{ NULL, "debug", PAM_SUCCESS,
	    "6 debug" SESSION ": no certificate, and none is required" },
	{ "password\n", "require=cert", PAM_PERM_DENIED,
	    "5 deny" SESSION " reason=no-certificate: require=cert: this "
	    "user's sessions need a certificate" },
	{ NULL, "require=cert on-error=ignore", PAM_PERM_DENIED,
	    "5 deny" SESSION " reason=no-certificate: require=cert: this "
	    "user's sessions need a certificate" },
	{ "publickey ssh-ed25519 AAAA\n", "require=cert users=nobody-else",
	    PAM_SUCCESS, "" },
	{ "", "require=cert groups=no-such-group-here", PAM_SYSTEM_ERR,
	    "3 deny" SESSION " reason=failed: option \"groups\": there is no "
	    "group \"no-such-group-here\"" },
	{ "", "require=cert groups=no-such-group-here on-error=ignore",
	    PAM_IGNORE,
	    "3 ignore" SESSION " reason=failed: option \"groups\": there is no "
	    "group \"no-such-group-here\"" },
	/* A line that is wrong is for nobody, whatever it says. */
	{ "", "requre=cert on-error=ignore", PAM_SERVICE_ERR,
	    "3 deny" SESSION " reason=bad-option: option \"requre=cert\": not "
	    "known; see pam_certgate(8)" },
	{ "", "groups=wheel", PAM_SERVICE_ERR,
	    "3 deny" SESSION " reason=bad-option: users=, groups= and except= "
	    "say for whom require=cert is, which is missing" },
	{ "", "users=jdoe", PAM_SERVICE_ERR,
	    "3 deny" SESSION " reason=bad-option: users=, groups= and except= "
	    "say for whom require=cert is, which is missing" },
	{ "", "except=jdoe", PAM_SERVICE_ERR,
	    "3 deny" SESSION " reason=bad-option: users=, groups= and except= "
	    "say for whom require=cert is, which is missing" },
};

START_TEST(test_without)
{
	pam_handle_t *h = pamrun_begin();

	if (without[_i].info != NULL)
		pamrun_put_env(h, "SSH_AUTH_INFO_0", without[_i].info);
	ck_assert_int_eq(pamrun_call(pam_sm_open_session, h,
	    without[_i].options), without[_i].want);
	ck_assert_str_eq(pamrun_logged, without[_i].logged);
	ck_assert_ptr_null(pam_getenv(h, "CERTGATE_IDENTITY"));
	pamrun_end(h);
}
END_TEST

/* Of several certificates each must be let in; the first one is named. */
START_TEST(test_several)
{
	struct pamcert c[3] = { a_cert("bwayne@example.com"),
		a_cert("jdoe@example.com"), a_cert("mallory@example.com") };
	pam_handle_t *h = pamrun_begin();

	pamrun_put_certs(h, c, 3);
	ck_assert_int_eq(
	    pamrun_call(pam_sm_open_session, h, ""), PAM_PERM_DENIED);
	ck_assert_str_eq(pamrun_logged, "5 deny" SESSION
	    " reason=no-matching-principal serial=42 authority=\"corp\" "
	    "principal=\"\" rule=\"/etc/certgate/policy.yaml:10\" identity=\"\" "
	    "key_id=\"mallory@example.com\"" KEYS);
	ck_assert_ptr_null(pam_getenv(h, "CERTGATE_IDENTITY"));
	pamrun_end(h);

	h = pamrun_begin();
	pamrun_put_certs(h, c, 2);
	ck_assert_int_eq(pamrun_call(pam_sm_open_session, h, ""), PAM_SUCCESS);
	ck_assert_str_eq(pamrun_logged, "6 open" SESSION
	    " reason=allowed serial=42 authority=\"corp\" "
	    "principal=\"bwayne@example.com\" "
	    "rule=\"/etc/certgate/policy.yaml:12\" "
	    "identity=\"bwayne@example.com\" "
	    "key_id=\"bwayne@example.com\"" KEYS);
	ck_assert_str_eq(
	    pam_getenv(h, "CERTGATE_IDENTITY"), "bwayne@example.com");
	ck_assert_int_eq(pamrun_n_kept(), 1);
	/* Closed once, and logged once. */
	ck_assert_int_eq(pamrun_call(pam_sm_close_session, h, ""), PAM_SUCCESS);
	ck_assert_int_eq(pamrun_call(pam_sm_close_session, h, ""), PAM_SUCCESS);
	ck_assert_int_eq(pamrun_count("6 close" SESSION
	    " reason=allowed serial=42 authority=\"corp\" "
	    "principal=\"bwayne@example.com\" "), 1);
	ck_assert_int_eq(pamrun_n_kept(), 0);
	pamrun_end(h);
}
END_TEST

/* A session with an end that nothing would bring about does not open. */
START_TEST(test_no_leash)
{
	struct pamcert c = a_cert("jdoe@example.com");
	pam_handle_t *h = pamrun_begin();
	int ret;

	pamrun_put_certs(h, &c, 1);
	failing_start(FAILING(pam_set_data), 1, 0);
	ret = pamrun_call(pam_sm_open_session, h, "end-at-expiry");
	ck_assert(failing_stop());
	ck_assert_int_eq(ret, PAM_BUF_ERR);
	ck_assert_str_eq(pamrun_logged, "3 deny" SESSION
	    " reason=failed: PAM does not keep the session's limit");
	ck_assert_ptr_null(pam_getenv(h, "CERTGATE_IDENTITY"));
	ck_assert_int_eq(pamrun_n_kept(), 0);
	pamrun_end(h);
}
END_TEST

/* Whom PAM names. */
START_TEST(test_user)
{
	static const struct {
		const char *user;
		const char *logged;
	} users[] = {
		{ NULL, "3 deny group=session service=\"service\" user=\"\" "
		    "reason=failed: PAM names no user" },
		{ "", "3 deny group=session service=\"service\" user=\"\" "
		    "reason=failed: PAM names no user" },
		{ "no-such-user-here", "5 deny group=session "
		    "service=\"service\" user=\"no-such-user-here\" "
		    "reason=no-such-user: there is no account "
		    "\"no-such-user-here\"" },
		{ "a\"b\n", "5 deny group=session service=\"service\" "
		    "user=\"a\\\"b\\n\" reason=no-such-user: there is no account "
		    "\"a\\\"b\\n\"" },
	};
	struct pamcert c = a_cert("jdoe@example.com");
	pam_handle_t *h = pamrun_begin();

	pamrun_put_certs(h, &c, 1);
	ck_assert_int_eq(
	    pam_set_item(h, PAM_USER, users[_i].user), PAM_SUCCESS);
	ck_assert_int_eq(
	    pamrun_call(pam_sm_open_session, h, ""), PAM_USER_UNKNOWN);
	ck_assert_str_eq(pamrun_logged, users[_i].logged);
	pamrun_end(h);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pam_login");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_malformed, 0, N_ROWS(malformed));
	tcase_add_loop_test(tc, test_without, 0, N_ROWS(without));
	tcase_add_test(tc, test_several);
	tcase_add_test(tc, test_no_leash);
	tcase_add_loop_test(tc, test_user, 0, 4);
	return run_case("pam_login", tc);
}
