/*
 * What the PAM module answers and logs where memory, libcrypto, libpam, the
 * user database or the kernel gives out: each call in turn, by each function.
 * Nobody may come in by that who could not, unless what failed is the log's
 * alone, and nothing that was begun may be left.
 */
#include "config.h"

#include "tests/unit/failing.h"
#include "tests/unit/fakeagent.h"
#include "tests/unit/harness.h"
#include "tests/unit/pamrun.h"

#include <errno.h>
#include <stdio.h>

static struct signer ca, key;
static struct fakeagent agent;
static struct wire agent_cert;
static char agent_path[128];

static struct pamcert
a_cert(const char *principal)
{
	return pamfix_lasting(&ca, &key, principal);
}

static void
setup(void)
{
	struct pamcert c;

	signer_init(&ca, CERT_KEY_ECDSA_P256);
	signer_init(&key, CERT_KEY_ED25519);
	pamrun_setup(&ca);
	c = a_cert("jdoe@example.com");
	(void)snprintf(agent_path, sizeof(agent_path), "%s/agent", pamfix_dir);
	agent_cert = (struct wire)WIRE_INIT;
	pamfix_cert(&agent_cert, &c);
	agent = (struct fakeagent) { .path = agent_path, .key = &key,
		.cert = wire_span(&agent_cert) };
	fakeagent_start(&agent);
	(void)setenv("SSH_AUTH_SOCK", agent_path, 1);
}

static void
teardown(void)
{
	fakeagent_stop(&agent);
	wire_free(&agent_cert);
	pamrun_teardown();
	signer_clear(&ca);
	signer_clear(&key);
}


enum function { SESSION, ACCOUNT, AUTH, N_FUNCTIONS };

static const struct {
	pamrun_function *call;
	const char *group, *verb;
} functions[] = {
	[SESSION] = { pam_sm_open_session, "session", "open" },
	[ACCOUNT] = { pam_sm_acct_mgmt, "account", "allow" },
	[AUTH] = { pam_sm_authenticate, "auth", "allow" },
};

/* What fails, and how. */
enum what { MEMORY, CRYPTO, OPEN, STAT, READ, USER, ITEM, PUTENV, KEEP, AGENT,
	RANDOM, N_WHATS };

static const struct {
	uint64_t set;
	int number;
} whats[] = {
	[MEMORY] = { FAILING_MEMORY, ENOMEM },
	[CRYPTO] = { FAILING(crypto), 0 },
	[OPEN] = { FAILING(open), EACCES },
	[STAT] = { FAILING(fstat), EIO },
	[READ] = { FAILING(read) | FAILING(pread), EIO },
	[USER] = { FAILING(getpwnam_r), EIO },
	[ITEM] = { FAILING(pam_get_item), 0 },
	[PUTENV] = { FAILING(pam_putenv), 0 },
	[KEEP] = { FAILING(pam_set_data), 0 },
	[AGENT] = { FAILING(socket) | FAILING(connect) | FAILING(getsockopt) |
		FAILING(send) | FAILING(recv), EIO },
	[RANDOM] = { FAILING(getrandom), EIO },
};

/* How a line begins, and what is answered; the row's text follows. */
enum begin {
	GRANTED,
	NO_SERVICE, /* the same, where libpam did not say for what */
	FAILED,
	NO_BUFFER, /* the same, for PAM_BUF_ERR */
	MALFORMED,
	NO_PROOF,
	SKIPPED,
	NO_USER,
	SILENT
};

#define ON(function) (1U << (function))
#define ALL (ON(SESSION) | ON(ACCOUNT) | ON(AUTH))
/* By sshd's certificates, of which there are two. */
#define LOGINS (ON(SESSION) | ON(ACCOUNT))

/* All that may come out, and all of it does. */
static const struct {
	unsigned int functions;
	enum what what;
	enum begin begin;
	const char *text;
} rows[] = {
	{ ALL, MEMORY, NO_BUFFER, "out of memory" },
	{ ALL, MEMORY, NO_BUFFER, "DIR/ca.pub: out of memory" },
	{ ALL, MEMORY, NO_BUFFER, "DIR/ca.pub:1: out of memory" },
	{ LOGINS, MEMORY, FAILED,
	    "the index is damaged; run certgate apply to make it anew" },
	{ ON(AUTH), MEMORY, SKIPPED, "out of memory" },
	{ ON(AUTH), MEMORY, NO_PROOF, "out of memory" },
	/* A fingerprint is missing in the line; in audit's, the third. */
	{ ALL, MEMORY, GRANTED, " ca=SHA256" },
	{ ALL, MEMORY, GRANTED, " key=SHA256" },
	{ ON(SESSION), MEMORY, GRANTED, " key=SHA256 ca=SHA256" },

	{ ALL, CRYPTO, NO_BUFFER, "libcrypto failed" },
	{ ALL, CRYPTO, MALFORMED,
	    "11\" identity=\"\": certificate: the key is not sound" },
	{ ALL, CRYPTO, MALFORMED,
	    "11\" identity=\"\": certificate: the CA key is not sound: its "
	    "point is not one of the curve" },
	{ LOGINS, CRYPTO, MALFORMED,
	    "12\" identity=\"\": certificate: the key is not sound" },
	{ LOGINS, CRYPTO, MALFORMED,
	    "12\" identity=\"\": certificate: the CA key is not sound: its "
	    "point is not one of the curve" },
	{ ON(AUTH), CRYPTO, NO_PROOF, "libcrypto failed" },
	{ ON(AUTH), CRYPTO, NO_PROOF, "the key is not sound" },
	{ ALL, CRYPTO, GRANTED, " ca=SHA256" },
	{ ALL, CRYPTO, GRANTED, " key=SHA256" },
	{ ON(SESSION), CRYPTO, GRANTED, " key=SHA256 ca=SHA256" },

	{ ALL, OPEN, FAILED, "DIR/ca.pub: Permission denied" },
	{ ALL, OPEN, FAILED, "DIR/policy.cdb: Permission denied" },
	{ ON(AUTH), OPEN, SKIPPED, "DIR/agent: Permission denied" },
	{ ALL, STAT, FAILED, "DIR/ca.pub: Input/output error" },
	{ ALL, STAT, FAILED, "DIR/policy.cdb: Input/output error" },
	{ ALL, STAT, FAILED, "the index is empty; run certgate apply" },
	{ ON(AUTH), STAT, SKIPPED, "DIR/agent: Input/output error" },
	{ ALL, READ, FAILED, "DIR/ca.pub: Input/output error" },
	{ ALL, READ, FAILED,
	    "the index is not one, or was cut short; run certgate apply" },
	{ ALL, READ, FAILED,
	    "the index is damaged; run certgate apply to make it anew" },

	{ ALL, USER, FAILED, "the account \"USER\": Input/output error" },
	{ ON(AUTH), USER, SKIPPED, "the account \"USER\": Input/output error" },
	{ ALL, ITEM, NO_SERVICE, " key=SHA256 ca=SHA256" },
	{ ALL, ITEM, NO_USER, "PAM names no user" },
	/* Nobody calls, as far as libpam says. */
	{ ON(AUTH), ITEM, SILENT, "" },
	{ ON(SESSION), PUTENV, NO_BUFFER,
	    "CERTGATE_IDENTITY cannot be put into PAM's environment" },
	{ ON(SESSION), PUTENV, NO_BUFFER,
	    "CERTGATE_PRINCIPAL cannot be put into PAM's environment" },
	{ ON(SESSION), PUTENV, NO_BUFFER,
	    "CERTGATE_SERIAL cannot be put into PAM's environment" },
	{ ON(SESSION), PUTENV, NO_BUFFER,
	    "CERTGATE_CA cannot be put into PAM's environment" },
	{ ON(SESSION), PUTENV, NO_BUFFER,
	    "CERTGATE_VALID_UNTIL cannot be put into PAM's environment" },
	{ ON(SESSION), KEEP, NO_BUFFER,
	    "PAM does not keep the session's record" },

	{ ON(AUTH), AGENT, SKIPPED, "socket: Input/output error" },
	{ ON(AUTH), AGENT, SKIPPED, "DIR/agent: Input/output error" },
	{ ON(AUTH), AGENT, SKIPPED, "the agent: Input/output error" },
	{ ON(AUTH), AGENT, NO_PROOF, "the agent: Input/output error" },
	{ ON(AUTH), RANDOM, NO_PROOF, "getrandom: Input/output error" },
};

/* The row's line, as it is logged; what is answered with it. */
static int
expect(int row, enum function function, char out[PAMRUN_SHOWN])
{
	const char *group = functions[function].group;
	const char *text = rows[row].text;
	const char *service = rows[row].begin == NO_SERVICE ? "" : "service";
	int ret = function == AUTH ? PAM_AUTH_ERR : PAM_PERM_DENIED;

	switch (rows[row].begin) {
	case NO_SERVICE:
	case GRANTED:
		(void)snprintf(out, PAMRUN_SHOWN,
		    "6 %s group=%s service=\"%s\" user=\"USER\" "
		    "reason=allowed serial=42 authority=\"corp\" "
		    "principal=\"jdoe@example.com\" "
		    "rule=\"/etc/certgate/policy.yaml:11\" "
		    "identity=\"jdoe@example.com\" "
		    "key_id=\"jdoe@example.com\"%s",
		    functions[function].verb, group, service, text);
		return PAM_SUCCESS;
	case MALFORMED:
		(void)snprintf(out, PAMRUN_SHOWN,
		    "5 deny group=%s service=\"service\" user=\"USER\" "
		    "reason=malformed serial=0 authority=\"corp\" "
		    "principal=\"\" rule=\"/etc/certgate/policy.yaml:%s",
		    group, text);
		return ret;
	case FAILED:
	case NO_BUFFER:
		(void)snprintf(out, PAMRUN_SHOWN,
		    "3 deny group=%s service=\"service\" user=\"USER\" "
		    "reason=failed: %s", group, text);
		return rows[row].begin == FAILED ? PAM_SYSTEM_ERR : PAM_BUF_ERR;
	case NO_PROOF:
		(void)snprintf(out, PAMRUN_SHOWN,
		    "5 deny group=%s service=\"service\" user=\"USER\" "
		    "reason=no-proof: %s", group, text);
		return ret;
	case SKIPPED:
		(void)snprintf(out, PAMRUN_SHOWN,
		    "5 skip group=%s service=\"service\" user=\"USER\" "
		    "reason=no-agent: %s", group, text);
		return PAM_AUTHINFO_UNAVAIL;
	case NO_USER:
		(void)snprintf(out, PAMRUN_SHOWN,
		    "3 deny group=%s service=\"service\" user=\"\" "
		    "reason=failed: %s", group, text);
		return PAM_USER_UNKNOWN;
	case SILENT:
	default:
		out[0] = '\0';
		return PAM_AUTHINFO_UNAVAIL;
	}
}

/* Whether the row is about that; those about nothing are not looked for. */
static bool
is_about(int row, enum function function, enum what what)
{
	return rows[row].what == what &&
	    (rows[row].functions & ON(function)) != 0;
}

static bool
is_failure(int row)
{
	return rows[row].begin == FAILED || rows[row].begin == NO_BUFFER;
}

/* PAM_IGNORE stands for whatever a failure is answered with. */
static int
find_row(enum function function, enum what what, int ret)
{
	char want[PAMRUN_SHOWN];
	int i, answer;

	for (i = 0; i < N_ROWS(rows); i++) {
		if (!is_about(i, function, what))
			continue;
		answer = expect(i, function, want);
		if (ret == (ret == PAM_IGNORE && is_failure(i) ? PAM_IGNORE
							       : answer) &&
		    strcmp(want, pamrun_logged) == 0)
			return i;
	}
	ck_abort_msg("%s: answered %d, logged: %s",
	    functions[function].group, ret, pamrun_logged);
	return -1;
}

/* Let the nth call fail; whether there was one. */
static bool
run(enum function function, enum what what, unsigned int nth,
    const char *options, int *ret)
{
	struct pamcert c[2] = { a_cert("jdoe@example.com"),
		a_cert("bwayne@example.com") };
	pam_handle_t *h = pamrun_begin();
	int n_before = count_descriptors();
	bool has_failed;

	if (function == AUTH)
		ck_assert_int_eq(
		    pam_set_item(h, PAM_RUSER, pamrun_user), PAM_SUCCESS);
	else
		pamrun_put_certs(h, c, 2);
	failing_start(whats[what].set, nth, whats[what].number);
	*ret = pamrun_call(functions[function].call, h, options);
	has_failed = failing_stop();
	ck_assert_int_eq(count_descriptors(), n_before);
	ck_assert_int_eq(pamrun_n_kept(),
	    function == SESSION && *ret == PAM_SUCCESS ? 1 : 0);
	pamrun_end(h);
	return has_failed;
}

START_TEST(test_each)
{
	enum function function = (enum function)(_i / N_WHATS);
	enum what what = (enum what)(_i % N_WHATS);
	bool is_seen[N_ROWS(rows)] = { false };
	unsigned int nth;
	int ret, i;

	for (nth = 1; run(function, what, nth, "", &ret); nth++)
		is_seen[find_row(function, what, ret)] = true;
	/* Nothing has failed in the last round. */
	ck_assert_int_eq(ret, PAM_SUCCESS);
	for (i = 0; i < N_ROWS(rows); i++)
		ck_assert_msg(is_seen[i] == is_about(i, function, what),
		    "%s: nothing led to: %s", functions[function].group,
		    rows[i].text);
}
END_TEST

/* on-error=ignore is for failures alone, and makes no "allow" of them. */
START_TEST(test_ignored)
{
	enum function function = (enum function)(_i / N_WHATS);
	enum what what = (enum what)(_i % N_WHATS);
	static const char ignore[] = "3 ignore ", deny[] = "3 deny ";
	unsigned int nth;
	int ret, row;

	for (nth = 1; run(function, what, nth, "on-error=ignore", &ret); nth++) {
		if (strncmp(pamrun_logged, ignore, strlen(ignore)) != 0) {
			row = find_row(function, what, ret);
			ck_assert(!is_failure(row));
			continue;
		}
		memmove(pamrun_logged + strlen(deny),
		    pamrun_logged + strlen(ignore),
		    strlen(pamrun_logged + strlen(ignore)) + 1);
		memcpy(pamrun_logged, deny, strlen(deny));
		row = find_row(function, what, ret);
		ck_assert_int_eq(ret, rows[row].begin == NO_USER
		    ? PAM_USER_UNKNOWN
		    : PAM_IGNORE);
	}
	ck_assert_int_eq(ret, PAM_SUCCESS);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pam_fails");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_each, 0, N_FUNCTIONS * N_WHATS);
	tcase_add_loop_test(tc, test_ignored, 0, N_FUNCTIONS * N_WHATS);
	return run_case("pam_fails", tc);
}
