/*
 * What pam_sm_authenticate answers, and the whole of what it logs: by whom it
 * is called, what the agent has and does, and what the policy says.
 */
#include "config.h"

#include "tests/unit/fakeagent.h"
#include "tests/unit/harness.h"
#include "tests/unit/pamrun.h"

#include "pam/asuser.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define BEGIN " group=auth service=\"service\" user=\"USER\" "
#define BEGIN_DEBUG " group=auth service=\"service\" user=\"USER\""
#define MAX_OTHERS 6

/* --- who the process is, and whether it can become it again ----------------- */

static uid_t faked_uid; /* 0: as it is */
static bool is_stuck;

uid_t __real_getuid(void);
uid_t __wrap_getuid(void);
int __real_asuser_end(struct asuser *u, struct err *err);
int __wrap_asuser_end(struct asuser *u, struct err *err);

uid_t
__wrap_getuid(void)
{
	return faked_uid != 0 ? faked_uid : __real_getuid();
}

int
__wrap_asuser_end(struct asuser *u, struct err *err)
{
	int ret = __real_asuser_end(u, err);

	if (!is_stuck)
		return ret;
	errno = EPERM;
	return err_system(err, "becoming uid 0 again");
}

/* --- scenes ----------------------------------------------------------------- */

static struct signer ca, key, stranger;
static struct wire others[MAX_OTHERS], cert;
static char path[128];

static void
setup(void)
{
	signer_init(&ca, CERT_KEY_ECDSA_P256);
	signer_init(&key, CERT_KEY_ED25519);
	signer_init(&stranger, CERT_KEY_ED25519);
	pamrun_setup(&ca);
	(void)snprintf(path, sizeof(path), "%s/agent", pamfix_dir);
	(void)setenv("SSH_AUTH_SOCK", path, 1);
}

static void
teardown(void)
{
	pamrun_teardown();
	signer_clear(&ca);
	signer_clear(&key);
	signer_clear(&stranger);
}

static void
put_cert(struct wire *out, const char *principal)
{
	uint64_t now = (uint64_t)time(NULL);
	struct pamcert c = { .key = &key, .ca = &ca, .serial = 42 };

	c.principal = principal;
	c.valid_after = now - 60;
	c.valid_before = now + 600;
	wire_reset(out);
	pamfix_cert(out, &c);
}

/* Ask for caller; NULL: nobody calls. */
static int
ask(const char *caller, const char *options)
{
	pam_handle_t *h = pamrun_begin();
	int ret;

	if (caller != NULL)
		ck_assert_int_eq(
		    pam_set_item(h, PAM_RUSER, caller), PAM_SUCCESS);
	ret = pamrun_call(pam_sm_authenticate, h, options);
	pamrun_end(h);
	return ret;
}

/*
 * Ask an agent of that manner, which has first a key that is no certificate,
 * then n_refused certificates that the policy does not know, then principal's.
 */
static int
ask_agent(enum fakeagent_manner manner, uint32_t n_refused,
    const char *principal, const char *options)
{
	struct fakeagent a = { .path = path, .manner = manner, .key = &key,
		.other = &stranger };
	struct span spans[MAX_OTHERS];
	uint32_t i;
	int ret;

	wire_reset(&others[0]);
	wire_put_bytes(&others[0], key.blob.p, key.blob.len);
	for (i = 0; i <= n_refused; i++) {
		if (i > 0)
			put_cert(&others[i], "mallory@example.com");
		spans[i] = wire_span(&others[i]);
	}
	put_cert(&cert, principal);
	a.others = spans;
	a.n_others = n_refused + 1;
	a.cert = wire_span(&cert);
	fakeagent_start(&a);
	ret = ask(pamrun_user, options);
	fakeagent_stop(&a);
	return ret;
}

#define ALLOWED "6 allow" BEGIN "reason=allowed serial=42 authority=\"corp\" "
#define KEYS " key=SHA256 ca=SHA256"
#define ONE_COMMAND \
	"5 deny" BEGIN "reason=forced-command: certificate or rule allow one " \
	"command only, through sshd"
#define UNKNOWN_PRINCIPAL \
	"5 deny" BEGIN "reason=no-matching-principal serial=42 " \
	"authority=\"corp\" principal=\"\" rule=\"/etc/certgate/policy.yaml" \
	":10\" identity=\"\" key_id=\"mallory@example.com\"" KEYS

static const struct {
	enum fakeagent_manner manner;
	const char *principal;
	int want;
	const char *logged;
} rows[] = {
	{ FAKEAGENT_RIGHT, "jdoe@example.com", PAM_SUCCESS,
	    ALLOWED "principal=\"jdoe@example.com\" "
	    "rule=\"/etc/certgate/policy.yaml:11\" "
	    "identity=\"jdoe@example.com\" "
	    "key_id=\"jdoe@example.com\"" KEYS },
	{ FAKEAGENT_RIGHT, "mallory@example.com", PAM_AUTH_ERR,
	    UNKNOWN_PRINCIPAL },
	{ FAKEAGENT_RIGHT, "forced@example.com", PAM_AUTH_ERR, ONE_COMMAND },
	{ FAKEAGENT_RIGHT, "capitals@example.com", PAM_AUTH_ERR, ONE_COMMAND },
	{ FAKEAGENT_RIGHT, "quoted@example.com", PAM_SUCCESS,
	    ALLOWED "principal=\"quoted@example.com\" "
	    "rule=\"/etc/certgate/policy.yaml:17\" "
	    "identity=\"quoted@example.com\" "
	    "key_id=\"quoted@example.com\"" KEYS },
	{ FAKEAGENT_RIGHT, "touch@example.com", PAM_AUTH_ERR,
	    "5 deny" BEGIN "reason=no-proof: verify-required: the key did not "
	    "verify who touched it" },
	{ FAKEAGENT_REFUSES, "jdoe@example.com", PAM_AUTH_ERR,
	    "5 deny" BEGIN "reason=no-proof: the agent refuses to sign (as it "
	    "does for a key that is limited to destinations, ssh-add -h, or "
	    "not confirmed)" },
	{ FAKEAGENT_OTHER_KEY, "jdoe@example.com", PAM_AUTH_ERR,
	    "5 deny" BEGIN "reason=no-proof: the signature does not hold" },
	{ FAKEAGENT_OTHER_DATA, "jdoe@example.com", PAM_AUTH_ERR,
	    "5 deny" BEGIN "reason=no-proof: the signature does not hold" },
	{ FAKEAGENT_MANY, "jdoe@example.com", PAM_AUTHINFO_UNAVAIL,
	    "5 skip" BEGIN "reason=no-agent: the agent has 258 keys, more than "
	    "the 256 that are looked at" },
	{ FAKEAGENT_ENDLESS, "jdoe@example.com", PAM_AUTHINFO_UNAVAIL,
	    "5 skip" BEGIN "reason=no-agent: the agent's answer has 4294967295 "
	    "bytes, more than the 256 KiB allowed" },
	{ FAKEAGENT_CLOSES, "jdoe@example.com", PAM_AUTHINFO_UNAVAIL,
	    "5 skip" BEGIN "reason=no-agent: the agent closes the connection" },
};

START_TEST(test_agent)
{
	int ret = ask_agent(rows[_i].manner, 0, rows[_i].principal, "");

	ck_assert_str_eq(pamrun_logged, rows[_i].logged);
	ck_assert_int_eq(ret, rows[_i].want);
	/* None of this is a failure of ours. */
	ck_assert_int_eq(ask_agent(rows[_i].manner, 0, rows[_i].principal,
	    "on-error=ignore"), rows[_i].want);
	ck_assert_str_eq(pamrun_logged, rows[_i].logged);
}
END_TEST

/* One that is refused hides none behind it, and many fill no log. */
START_TEST(test_many)
{
	ck_assert_int_eq(
	    ask_agent(FAKEAGENT_RIGHT, 5, "jdoe@example.com", ""), PAM_SUCCESS);
	ck_assert_int_eq(pamrun_count(UNKNOWN_PRINCIPAL "\n"), 4);
	ck_assert_int_eq(pamrun_count(ALLOWED), 1);
	ck_assert_int_eq(ask_agent(FAKEAGENT_RIGHT, 5, "mallory@example.com",
	    "debug"), PAM_AUTH_ERR);
	ck_assert_int_eq(pamrun_count(UNKNOWN_PRINCIPAL "\n"), 6);
	ck_assert_int_eq(pamrun_count("allow"), 0);
}
END_TEST

/* What is no certificate by its type is passed over, and what has none. */
START_TEST(test_odd_keys)
{
	struct fakeagent a = { .path = path, .key = &key };
	struct signer sk;
	struct span keys[3];

	signer_init(&sk, CERT_KEY_SK_ED25519);
	keys[0] = wire_span(&sk.blob);
	keys[1] = BYTES("\xff\xff\xff\xff-cert-v01@openssh.com");
	keys[2] = BYTES("");
	a.others = keys;
	a.n_others = N_ROWS(keys);
	fakeagent_start(&a);
	ck_assert_int_eq(ask(pamrun_user, "debug"), PAM_AUTHINFO_UNAVAIL);
	fakeagent_stop(&a);
	ck_assert_str_eq(pamrun_logged, "6 debug" BEGIN_DEBUG
	    ": the agent has 3 keys and no certificate");
	/* Before one that is right. */
	put_cert(&cert, "jdoe@example.com");
	a.cert = wire_span(&cert);
	fakeagent_start(&a);
	ck_assert_int_eq(ask(pamrun_user, ""), PAM_SUCCESS);
	fakeagent_stop(&a);
	ck_assert_int_eq(pamrun_count("deny"), 0);
	signer_clear(&sk);
}
END_TEST

/* The kernel's word for who calls, where it has one. */
START_TEST(test_caller)
{
	char want[256];

	ck_assert_int_eq(ask("no-such-user-here", ""), PAM_AUTHINFO_UNAVAIL);
	ck_assert_str_eq(pamrun_logged, "5 skip" BEGIN "reason=no-agent: there "
	    "is no account \"no-such-user-here\"");
	faked_uid = __real_getuid() + 1;
	(void)snprintf(want, sizeof(want), "5 skip" BEGIN "reason=no-agent: "
	    "PAM_RUSER is uid %lu, but uid %lu calls",
	    (unsigned long)__real_getuid(), (unsigned long)faked_uid);
	ck_assert_int_eq(ask_agent(FAKEAGENT_RIGHT, 0, "jdoe@example.com", ""),
	    PAM_AUTHINFO_UNAVAIL);
	ck_assert_str_eq(pamrun_logged, want);
	faked_uid = 0;
	ck_assert_int_eq(ask(NULL, "debug"), PAM_AUTHINFO_UNAVAIL);
	ck_assert_str_eq(pamrun_logged, "6 debug" BEGIN_DEBUG
	    ": nobody calls (PAM_RUSER), so there is no agent to ask");
	ck_assert_int_eq(ask("", "debug"), PAM_AUTHINFO_UNAVAIL);
	ck_assert_str_eq(pamrun_logged, "6 debug" BEGIN_DEBUG
	    ": nobody calls (PAM_RUSER), so there is no agent to ask");
}
END_TEST

/* What SSH_AUTH_SOCK says, in the process's environment, however odd. */
START_TEST(test_socket)
{
	static char before[] = "XSSH_AUTH_SOCK=/nowhere", relative[] =
	    "SSH_AUTH_SOCK=agent", empty[] = "SSH_AUTH_SOCK=";
	static const struct {
		char *env[3];
		const char *logged;
	} envs[] = {
		{ { before, NULL }, "6 debug" BEGIN_DEBUG
		    ": SSH_AUTH_SOCK is not set" },
		{ { NULL }, "6 debug" BEGIN_DEBUG
		    ": SSH_AUTH_SOCK is not set" },
		{ { before, empty, NULL }, "6 debug" BEGIN_DEBUG
		    ": SSH_AUTH_SOCK is not set" },
		{ { before, relative, NULL }, "5 skip" BEGIN
		    "reason=no-agent: SSH_AUTH_SOCK is not an absolute path" },
	};
	char **old = environ, *copy[3];
	int i, ret;

	for (i = -1; i < N_ROWS(envs); i++) {
		if (i >= 0)
			memcpy(copy, envs[i].env, sizeof(copy));
		environ = i < 0 ? NULL : copy;
		ret = ask(pamrun_user, "debug");
		environ = old;
		ck_assert_int_eq(ret, PAM_AUTHINFO_UNAVAIL);
		ck_assert_str_eq(pamrun_logged, envs[i < 0 ? 0 : i].logged);
	}
}
END_TEST

/* A process that is stuck as somebody else lets nobody in, whatever is said. */
START_TEST(test_stuck)
{
	is_stuck = true;
	ck_assert_int_eq(ask_agent(FAKEAGENT_RIGHT, 0, "jdoe@example.com",
	    "on-error=ignore"), PAM_SYSTEM_ERR);
	ck_assert_str_eq(pamrun_logged, "2 deny" BEGIN "reason=failed: "
	    "becoming uid 0 again: Operation not permitted");
	is_stuck = false;
}
END_TEST

/* Our own failures: deny, or what on-error= says. */
START_TEST(test_failed)
{
	static const struct {
		const char *ca, *options;
		const char *text;
	} failures[] = {
		{ "not a key\n", "", "DIR/ca.pub:1: this is not a public key; "
		    "write it as in a .pub file: type, base64, comment" },
		{ NULL, "as=no-such-user-here",
		    "there is no account \"no-such-user-here\"" },
	};
	char options[64], want[512];
	int i, j, ret;

	for (i = 0; i < N_ROWS(failures); i++) {
		if (failures[i].ca != NULL)
			pamfix_write("ca.pub", failures[i].ca);
		for (j = 0; j < 2; j++) {
			(void)snprintf(options, sizeof(options), "%s %s",
			    failures[i].options, j == 0 ? "" : "on-error=ignore");
			ret = ask_agent(FAKEAGENT_RIGHT, 0, "jdoe@example.com",
			    options);
			(void)snprintf(want, sizeof(want),
			    "3 %s" BEGIN "reason=failed: %s",
			    j == 0 ? "deny" : "ignore", failures[i].text);
			ck_assert_str_eq(pamrun_logged, want);
			ck_assert_int_eq(
			    ret, j == 0 ? PAM_SYSTEM_ERR : PAM_IGNORE);
		}
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("auth");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_agent, 0, N_ROWS(rows));
	tcase_add_test(tc, test_many);
	tcase_add_test(tc, test_odd_keys);
	tcase_add_test(tc, test_caller);
	tcase_add_test(tc, test_socket);
	tcase_add_test(tc, test_stuck);
	tcase_add_test(tc, test_failed);
	return run_case("auth", tc);
}
