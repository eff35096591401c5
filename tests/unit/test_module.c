/*
 * The module as libpam runs it, by a service in a folder of our own: every
 * code that it returns, and that it leaves nothing behind.
 */
#include "config.h"

#include "lib/certsig.h"
#include "tests/unit/fakeagent.h"
#include "tests/unit/harness.h"
#include "tests/unit/pamfix.h"

#include <dlfcn.h>
#include <limits.h>
#include <pwd.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN
#endif

static struct signer ca, key, stranger;
static char user[256];
static char module[PATH_MAX + 32];
static char service[8 * PATH_MAX];
static int n_asked;

static int
converse(int n, const struct pam_message **messages,
    struct pam_response **answers, void *data)
{
	(void)n;
	(void)messages;
	(void)answers;
	(void)data;
	n_asked++;
	return PAM_CONV_ERR;
}

static const struct pam_conv conversation = { converse, NULL };

static void
setup(void)
{
	struct passwd *pw = getpwuid(getuid());

	ck_assert_ptr_nonnull(pw);
	(void)snprintf(user, sizeof(user), "%s", pw->pw_name);
	ck_assert_ptr_nonnull(getcwd(module, PATH_MAX));
	memcpy(module + strlen(module), "/pam/pam_certgate.so", 21);
	signer_init(&ca, CERT_KEY_ECDSA_P256);
	signer_init(&key, CERT_KEY_ED25519);
	signer_init(&stranger, CERT_KEY_ED25519);
	pamfix_make(user, &ca);
	n_asked = 0;
}

static void
teardown(void)
{
	ck_assert_int_eq(n_asked, 0);
	pamfix_remove();
	signer_clear(&ca);
	signer_clear(&key);
	signer_clear(&stranger);
}

/* Begin a transaction whose service has one line of each group. */
static pam_handle_t *
begin(const char *who, const char *options)
{
	static const char *const groups[] = { "auth", "account", "session" };
	pam_handle_t *h = NULL;
	int i, len = 0;

	for (i = 0; i < N_ROWS(groups); i++)
		len += snprintf(service + len, sizeof(service) - (size_t)len,
		    "%s required %s current=%s %s\n", groups[i], module,
		    pamfix_dir, options);
	pamfix_write("service", service);
	ck_assert_int_eq(pam_start_confdir(
	    "service", who, &conversation, pamfix_dir, &h), PAM_SUCCESS);
	return h;
}

static void
put_env(pam_handle_t *h, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 2;
	char *text = malloc(size);

	ck_assert_ptr_nonnull(text);
	(void)snprintf(text, size, "%s=%s", name, value);
	ck_assert_int_eq(pam_putenv(h, text), PAM_SUCCESS);
	free(text);
}

/* Let sshd have seen the certificate. */
static void
put_cert(pam_handle_t *h, const struct pamcert *c)
{
	struct wire w = WIRE_INIT;
	char *text, *line;
	size_t size;

	pamfix_cert(&w, c);
	text = pamfix_text(wire_span(&w));
	size = strlen(text) + 32;
	line = malloc(size);
	ck_assert_ptr_nonnull(line);
	(void)snprintf(line, size, "publickey %s\n", text);
	put_env(h, "SSH_AUTH_INFO_0", line);
	free(line);
	free(text);
	wire_free(&w);
}

static struct pamcert
a_cert(const char *principal)
{
	uint64_t now = (uint64_t)time(NULL);
	struct pamcert c = { .key = &key, .ca = &ca };

	c.principal = principal;
	c.serial = 42;
	c.valid_after = now - 60;
	c.valid_before = now + 600;
	return c;
}

/* What each group answers to one certificate. */
static void
expect(const struct pamcert *c, const char *options, int account, int session)
{
	pam_handle_t *h = begin(user, options);

	put_env(h, "SSH_CONNECTION", "198.51.100.7 1 198.51.100.1 22");
	put_cert(h, c);
	ck_assert_int_eq(pam_acct_mgmt(h, 0), account);
	ck_assert_int_eq(pam_open_session(h, 0), session);
	if (session == PAM_SUCCESS)
		ck_assert_int_eq(pam_close_session(h, 0), PAM_SUCCESS);
	ck_assert_int_eq(pam_end(h, 0), PAM_SUCCESS);
}

START_TEST(test_allowed)
{
	struct pamcert c = a_cert("jdoe@example.com");

	expect(&c, "", PAM_SUCCESS, PAM_SUCCESS);
	expect(&c, "debug on-error=ignore", PAM_SUCCESS, PAM_SUCCESS);
}
END_TEST

START_TEST(test_environment)
{
	struct pamcert c = a_cert("bwayne@example.com");
	char fingerprint[FINGERPRINT_SIZE];
	pam_handle_t *h;

	c.valid_before = UINT64_MAX;
	h = begin(user, "");
	put_cert(h, &c);
	ck_assert_int_eq(pam_open_session(h, 0), PAM_SUCCESS);
	ck_assert_str_eq(
	    pam_getenv(h, "CERTGATE_IDENTITY"), "bwayne@example.com");
	ck_assert_str_eq(
	    pam_getenv(h, "CERTGATE_PRINCIPAL"), "bwayne@example.com");
	ck_assert_str_eq(pam_getenv(h, "CERTGATE_SERIAL"), "42");
	ck_assert_str_eq(pam_getenv(h, "CERTGATE_VALID_UNTIL"), "forever");
	ck_assert_int_eq(
	    certsig_fingerprint(fingerprint, wire_span(&ca.blob), NULL), 0);
	ck_assert_str_eq(pam_getenv(h, "CERTGATE_CA"), fingerprint);
	ck_assert_int_eq(pam_close_session(h, 0), PAM_SUCCESS);
	pam_end(h, 0);
	/* As others write it, and one that no calendar has. */
	c.valid_before = 4102444800;
	h = begin(user, "");
	put_cert(h, &c);
	ck_assert_int_eq(pam_open_session(h, 0), PAM_SUCCESS);
	ck_assert_str_eq(
	    pam_getenv(h, "CERTGATE_VALID_UNTIL"), "2100-01-01T00:00:00Z");
	ck_assert_int_eq(pam_close_session(h, 0), PAM_SUCCESS);
	pam_end(h, 0);
	c.valid_before = UINT64_MAX - 1;
	h = begin(user, "");
	put_cert(h, &c);
	ck_assert_int_eq(pam_open_session(h, 0), PAM_SUCCESS);
	ck_assert_str_eq(pam_getenv(h, "CERTGATE_VALID_UNTIL"),
	    "@18446744073709551614");
	ck_assert_int_eq(pam_close_session(h, 0), PAM_SUCCESS);
	pam_end(h, 0);
	/* A refused session names nobody. */
	c.ca = &stranger;
	h = begin(user, "");
	put_cert(h, &c);
	ck_assert_int_eq(pam_open_session(h, 0), PAM_PERM_DENIED);
	ck_assert_ptr_null(pam_getenv(h, "CERTGATE_IDENTITY"));
	pam_end(h, 0);
}
END_TEST

START_TEST(test_denied)
{
	struct pamcert c = a_cert("mallory@example.com");

	expect(&c, "", PAM_PERM_DENIED, PAM_PERM_DENIED);
	c = a_cert("jdoe@example.com");
	c.ca = &stranger;
	expect(&c, "", PAM_PERM_DENIED, PAM_PERM_DENIED);
	c = a_cert("jdoe@example.com");
	c.valid_before = c.valid_after + 30;
	expect(&c, "", PAM_PERM_DENIED, PAM_PERM_DENIED);
	c = a_cert("jdoe@example.com");
	c.valid_after = c.valid_before - 1;
	expect(&c, "", PAM_PERM_DENIED, PAM_PERM_DENIED);
	c = a_cert("jdoe@example.com");
	c.is_host = true;
	/* A denial is no failure. */
	expect(&c, "on-error=ignore", PAM_PERM_DENIED, PAM_PERM_DENIED);
}
END_TEST

/* SSH_CONNECTION names the address; without it `from` cannot be held. */
START_TEST(test_address)
{
	struct pamcert c = a_cert("home@example.com");
	static const struct {
		const char *connection;
		int want;
	} rows[] = { { "192.0.2.9 1 198.51.100.1 22", PAM_SUCCESS },
		{ "198.51.100.7 1 198.51.100.1 22", PAM_PERM_DENIED },
		{ "UNKNOWN 65535 UNKNOWN 65535", PAM_PERM_DENIED },
		{ NULL, PAM_PERM_DENIED } };
	pam_handle_t *h;
	int i;

	for (i = 0; i < N_ROWS(rows); i++) {
		h = begin(user, "");
		if (rows[i].connection != NULL)
			put_env(h, "SSH_CONNECTION", rows[i].connection);
		put_cert(h, &c);
		ck_assert_int_eq(pam_open_session(h, 0), rows[i].want);
		pam_end(h, 0);
	}
	c = a_cert("jdoe@example.com");
	c.source_address = "192.0.2.0/24";
	for (i = 0; i < N_ROWS(rows); i++) {
		h = begin(user, "");
		if (rows[i].connection != NULL)
			put_env(h, "SSH_CONNECTION", rows[i].connection);
		put_cert(h, &c);
		ck_assert_int_eq(pam_open_session(h, 0), rows[i].want);
		pam_end(h, 0);
	}
}
END_TEST

/* One bit of the CA's signature, or of what it covers. */
START_TEST(test_forged)
{
	struct pamcert c = a_cert("jdoe@example.com");
	struct wire w = WIRE_INIT;
	char *text, line[4096];
	pam_handle_t *h;
	size_t at;

	pamfix_cert(&w, &c);
	for (at = 60; at < w.len; at += 37) {
		w.p[at] ^= 4;
		text = pamfix_text(wire_span(&w));
		(void)snprintf(line, sizeof(line), "publickey %s\n", text);
		h = begin(user, "on-error=ignore");
		put_env(h, "SSH_AUTH_INFO_0", line);
		ck_assert_int_eq(pam_open_session(h, 0), PAM_PERM_DENIED);
		pam_end(h, 0);
		free(text);
		w.p[at] ^= 4;
	}
	wire_free(&w);
}
END_TEST

START_TEST(test_no_certificate)
{
	static const struct {
		const char *info; /* NULL: not set */
		const char *options;
		int session;
	} rows[] = {
		{ NULL, "", PAM_SUCCESS },
		{ "", "", PAM_SUCCESS },
		{ "password\n", "", PAM_SUCCESS },
		{ "publickey ssh-ed25519 AAAA\n", "", PAM_SUCCESS },
		{ NULL, "require=cert", PAM_PERM_DENIED },
		{ "", "require=cert", PAM_PERM_DENIED },
		{ "password\n", "require=cert", PAM_PERM_DENIED },
		{ "password\n", "require=cert users=nobody-else",
		    PAM_SUCCESS },
		{ "password\n", "require=cert groups=no-such-group-here",
		    PAM_SYSTEM_ERR },
		{ "password\n",
		    "require=cert groups=no-such-group-here on-error=ignore",
		    PAM_IGNORE },
		{ "publickey\n", "on-error=ignore", PAM_PERM_DENIED },
	};
	pam_handle_t *h;
	int i;

	for (i = 0; i < N_ROWS(rows); i++) {
		h = begin(user, "");
		/* A stack of PAM_IGNORE alone has no answer of its own. */
		(void)snprintf(service, sizeof(service),
		    "account required %s current=%s\n"
		    "account required pam_permit.so\n"
		    "session [default=die success=ok ignore=ignore] "
		    "%s current=%s %s\nsession [default=bad] pam_deny.so\n",
		    module, pamfix_dir, module, pamfix_dir, rows[i].options);
		if (rows[i].session != PAM_IGNORE)
			*strstr(service, "session [default=bad]") = '\0';
		pam_end(h, 0);
		pamfix_write("service", service);
		ck_assert_int_eq(pam_start_confdir("service", user,
		    &conversation, pamfix_dir, &h), PAM_SUCCESS);
		if (rows[i].info != NULL)
			put_env(h, "SSH_AUTH_INFO_0", rows[i].info);
		if (rows[i].info == NULL || rows[i].info[0] != 'p' ||
		    rows[i].info[9] != '\n')
			ck_assert_int_eq(pam_acct_mgmt(h, 0), PAM_SUCCESS);
		ck_assert_int_eq(pam_open_session(h, 0),
		    rows[i].session == PAM_IGNORE ? PAM_SESSION_ERR
						  : rows[i].session);
		pam_end(h, 0);
	}
}
END_TEST

/* What is not known yet gets no verdict: pam_deny.so behind it decides. */
START_TEST(test_account_ignores)
{
	static const char *const infos[] = { NULL, "", "password\n" };
	pam_handle_t *h;
	int i;

	(void)snprintf(service, sizeof(service),
	    "account [ignore=ok default=die] %s current=%s\n", module,
	    pamfix_dir);
	pamfix_write("service", service);
	for (i = 0; i < N_ROWS(infos); i++) {
		ck_assert_int_eq(pam_start_confdir("service", user,
		    &conversation, pamfix_dir, &h), PAM_SUCCESS);
		if (infos[i] != NULL)
			put_env(h, "SSH_AUTH_INFO_0", infos[i]);
		ck_assert_int_eq(pam_acct_mgmt(h, 0), PAM_IGNORE);
		pam_end(h, 0);
	}
}
END_TEST

START_TEST(test_failures)
{
	struct pamcert c = a_cert("jdoe@example.com");
	pam_handle_t *h;

	expect(&c, "nonsense", PAM_SERVICE_ERR, PAM_SERVICE_ERR);
	expect(&c, "nonsense on-error=ignore", PAM_SERVICE_ERR,
	    PAM_SERVICE_ERR);
	h = begin("no-such-user-here", "");
	ck_assert_int_eq(pam_acct_mgmt(h, 0), PAM_USER_UNKNOWN);
	ck_assert_int_eq(pam_open_session(h, 0), PAM_USER_UNKNOWN);
	pam_end(h, 0);
	h = begin(NULL, "");
	ck_assert_int_eq(pam_acct_mgmt(h, 0), PAM_USER_UNKNOWN);
	ck_assert_int_eq(pam_open_session(h, 0), PAM_USER_UNKNOWN);
	pam_end(h, 0);
	pamfix_write("ca.pub", "not a key\n");
	expect(&c, "", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR);
	pamfix_write("policy.cdb", "");
	expect(&c, "", PAM_SYSTEM_ERR, PAM_SYSTEM_ERR);
}
END_TEST

/* What pam_authenticate answers for that agent. */
static int
ask_auth(const char *options, const char *sock, bool has_caller)
{
	pam_handle_t *h = begin(user, options);
	int ret;

	if (sock == NULL)
		(void)unsetenv("SSH_AUTH_SOCK");
	else
		(void)setenv("SSH_AUTH_SOCK", sock, 1);
	if (has_caller)
		ck_assert_int_eq(
		    pam_set_item(h, PAM_RUSER, user), PAM_SUCCESS);
	ret = pam_authenticate(h, 0);
	if (ret == PAM_SUCCESS)
		ck_assert_int_eq(pam_setcred(h, PAM_ESTABLISH_CRED), 0);
	pam_end(h, 0);
	(void)unsetenv("SSH_AUTH_SOCK");
	return ret;
}

/* The same for an agent of that manner, which has that certificate. */
static int
ask_agent(const struct pamcert *c, enum fakeagent_manner manner,
    uint8_t flags, const char *options)
{
	struct fakeagent a = { .manner = manner, .flags = flags };
	struct wire w = WIRE_INIT;
	char path[128];
	int ret;

	(void)snprintf(path, sizeof(path), "%s/agent", pamfix_dir);
	if (c != NULL) {
		pamfix_cert(&w, c);
		a.key = c->key;
	}
	a.cert = wire_span(&w);
	a.other = &stranger;
	a.path = path;
	fakeagent_start(&a);
	ret = ask_auth(options, path, true);
	if (manner == FAKEAGENT_REPLAYS)
		ret = ask_auth(options, path, true);
	fakeagent_stop(&a);
	wire_free(&w);
	return ret;
}

START_TEST(test_auth_key_types)
{
	struct pamcert c = a_cert("jdoe@example.com");
	struct signer other;

	signer_init(&other, (enum cert_key_type)_i);
	c.key = &other;
	ck_assert_int_eq(
	    ask_agent(&c, FAKEAGENT_RIGHT, SK_USER_PRESENT, ""), PAM_SUCCESS);
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, 0, ""),
	    cert_key_type_is_sk(other.type) ? PAM_AUTH_ERR : PAM_SUCCESS);
	c.verify_required = true;
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT,
	    SK_USER_PRESENT | SK_USER_VERIFIED, ""),
	    cert_key_type_is_sk(other.type) ? PAM_SUCCESS : PAM_AUTH_ERR);
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, SK_USER_PRESENT, ""),
	    PAM_AUTH_ERR);
	c = a_cert("touch@example.com");
	c.key = &other;
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, SK_USER_PRESENT, ""),
	    PAM_AUTH_ERR);
	signer_clear(&other);
}
END_TEST

START_TEST(test_auth_denied)
{
	struct pamcert c = a_cert("mallory@example.com");

	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, 0, ""), PAM_AUTH_ERR);
	c = a_cert("home@example.com");
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, 0, ""), PAM_AUTH_ERR);
	c = a_cert("forced@example.com");
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, 0, ""), PAM_AUTH_ERR);
	c = a_cert("jdoe@example.com");
	c.force_command = "/bin/true";
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, 0, ""), PAM_AUTH_ERR);
	c = a_cert("jdoe@example.com");
	c.ca = &stranger;
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_RIGHT, 0, ""), PAM_AUTH_ERR);
	c = a_cert("jdoe@example.com");
	c.valid_before = c.valid_after + 1;
	ck_assert_int_eq(ask_agent(
	    &c, FAKEAGENT_RIGHT, 0, "on-error=ignore"), PAM_AUTH_ERR);
	c = a_cert("jdoe@example.com");
	ck_assert_int_eq(ask_agent(
	    &c, FAKEAGENT_RIGHT, 0, "as=no-such-user-here"), PAM_SYSTEM_ERR);
	ck_assert_int_eq(
	    ask_agent(&c, FAKEAGENT_RIGHT, 0, "nonsense"), PAM_SERVICE_ERR);
	pamfix_write("policy.cdb", "");
	ck_assert_int_eq(
	    ask_agent(&c, FAKEAGENT_RIGHT, 0, ""), PAM_SYSTEM_ERR);
	/* An agent without a certificate needs no policy. */
	ck_assert_int_eq(
	    ask_agent(NULL, FAKEAGENT_RIGHT, 0, ""), PAM_AUTHINFO_UNAVAIL);
}
END_TEST

START_TEST(test_auth_hostile)
{
	struct pamcert c = a_cert("jdoe@example.com");
	static const struct {
		enum fakeagent_manner manner;
		int want;
	} rows[] = { { FAKEAGENT_REFUSES, PAM_AUTH_ERR },
		{ FAKEAGENT_OTHER_KEY, PAM_AUTH_ERR },
		{ FAKEAGENT_OTHER_DATA, PAM_AUTH_ERR },
		{ FAKEAGENT_REPLAYS, PAM_AUTH_ERR },
		{ FAKEAGENT_GARBAGE, PAM_AUTH_ERR },
		{ FAKEAGENT_ENDLESS, PAM_AUTHINFO_UNAVAIL },
		{ FAKEAGENT_MANY, PAM_AUTHINFO_UNAVAIL },
		{ FAKEAGENT_CLOSES, PAM_AUTHINFO_UNAVAIL },
		{ FAKEAGENT_HALF, PAM_AUTHINFO_UNAVAIL } };
	int i;

	for (i = 0; i < N_ROWS(rows); i++)
		ck_assert_int_eq(ask_agent(&c, rows[i].manner, 0,
		    "on-error=ignore"), rows[i].want);
}
END_TEST

START_TEST(test_auth_unavailable)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/agent", pamfix_dir);
	ck_assert_int_eq(ask_auth("", NULL, true), PAM_AUTHINFO_UNAVAIL);
	ck_assert_int_eq(ask_auth("", "", true), PAM_AUTHINFO_UNAVAIL);
	ck_assert_int_eq(ask_auth("", path, true), PAM_AUTHINFO_UNAVAIL);
	ck_assert_int_eq(
	    ask_auth("", "relative/agent", true), PAM_AUTHINFO_UNAVAIL);
	ck_assert_int_eq(ask_auth("", pamfix_dir, true), PAM_AUTHINFO_UNAVAIL);
}
END_TEST

/* Whoever knocks at sshd does not call: its own agent is not his. */
START_TEST(test_auth_no_caller)
{
	struct fakeagent a = { .manner = FAKEAGENT_RIGHT };
	struct pamcert c = a_cert("jdoe@example.com");
	struct wire w = WIRE_INIT;
	char path[128];
	pam_handle_t *h;

	(void)snprintf(path, sizeof(path), "%s/agent", pamfix_dir);
	pamfix_cert(&w, &c);
	a.cert = wire_span(&w);
	a.key = &key;
	a.path = path;
	fakeagent_start(&a);
	ck_assert_int_eq(ask_auth("", path, true), PAM_SUCCESS);
	ck_assert_int_eq(ask_auth("", path, false), PAM_AUTHINFO_UNAVAIL);
	h = begin(user, "");
	(void)setenv("SSH_AUTH_SOCK", path, 1);
	ck_assert_int_eq(pam_set_item(h, PAM_RUSER, user), PAM_SUCCESS);
	put_env(h, "SSH_CONNECTION", "192.0.2.9 1 198.51.100.1 22");
	ck_assert_int_eq(pam_authenticate(h, 0), PAM_AUTHINFO_UNAVAIL);
	pam_end(h, 0);
	(void)unsetenv("SSH_AUTH_SOCK");
	fakeagent_stop(&a);
	wire_free(&w);
}
END_TEST

/* Each function, and each code that pam_certgate(8) gives it. */
enum function { ACCOUNT, OPEN, CLOSE, AUTH };
enum scene {
	LET_IN,
	REFUSED,
	NO_CERT, /* of sshd's; an agent without one */
	NO_AGENT,
	BROKEN, /* an index that is none */
	NO_MEMORY,
	NO_USER,
	NO_SUCH_USER
};

static const struct {
	enum function function;
	enum scene scene;
	const char *options;
	int want;
} code_rows[] = {
	{ ACCOUNT, LET_IN, "", PAM_SUCCESS },
	{ ACCOUNT, NO_CERT, "", PAM_IGNORE },
	{ ACCOUNT, BROKEN, "on-error=ignore", PAM_IGNORE },
	{ ACCOUNT, REFUSED, "", PAM_PERM_DENIED },
	{ ACCOUNT, REFUSED, "on-error=ignore", PAM_PERM_DENIED },
	{ ACCOUNT, LET_IN, "nonsense", PAM_SERVICE_ERR },
	{ ACCOUNT, BROKEN, "", PAM_SYSTEM_ERR },
	{ ACCOUNT, NO_MEMORY, "", PAM_BUF_ERR },
	{ ACCOUNT, NO_MEMORY, "on-error=ignore", PAM_IGNORE },
	{ ACCOUNT, NO_USER, "", PAM_USER_UNKNOWN },
	{ ACCOUNT, NO_USER, "on-error=ignore", PAM_USER_UNKNOWN },
	{ ACCOUNT, NO_SUCH_USER, "", PAM_USER_UNKNOWN },
	{ OPEN, LET_IN, "", PAM_SUCCESS },
	{ OPEN, NO_CERT, "", PAM_SUCCESS },
	{ OPEN, BROKEN, "on-error=ignore", PAM_IGNORE },
	{ OPEN, REFUSED, "", PAM_PERM_DENIED },
	{ OPEN, NO_CERT, "require=cert", PAM_PERM_DENIED },
	{ OPEN, NO_CERT, "require=cert on-error=ignore", PAM_PERM_DENIED },
	{ OPEN, LET_IN, "requre=cert on-error=ignore", PAM_SERVICE_ERR },
	{ OPEN, BROKEN, "", PAM_SYSTEM_ERR },
	{ OPEN, NO_MEMORY, "", PAM_BUF_ERR },
	{ OPEN, NO_MEMORY, "on-error=ignore", PAM_IGNORE },
	{ OPEN, NO_USER, "", PAM_USER_UNKNOWN },
	{ OPEN, NO_SUCH_USER, "on-error=ignore", PAM_USER_UNKNOWN },
	/* What was refused is closed all the same. */
	{ CLOSE, LET_IN, "", PAM_SUCCESS },
	{ CLOSE, REFUSED, "", PAM_SUCCESS },
	{ CLOSE, BROKEN, "", PAM_SUCCESS },
	{ CLOSE, LET_IN, "nonsense", PAM_SERVICE_ERR },
	{ CLOSE, NO_USER, "", PAM_USER_UNKNOWN },
	{ CLOSE, NO_SUCH_USER, "", PAM_USER_UNKNOWN },
	{ AUTH, LET_IN, "", PAM_SUCCESS },
	{ AUTH, BROKEN, "on-error=ignore", PAM_IGNORE },
	{ AUTH, REFUSED, "", PAM_AUTH_ERR },
	{ AUTH, REFUSED, "on-error=ignore", PAM_AUTH_ERR },
	{ AUTH, NO_CERT, "", PAM_AUTHINFO_UNAVAIL },
	{ AUTH, NO_AGENT, "", PAM_AUTHINFO_UNAVAIL },
	{ AUTH, NO_AGENT, "on-error=ignore", PAM_AUTHINFO_UNAVAIL },
	{ AUTH, LET_IN, "require=cert", PAM_SERVICE_ERR },
	{ AUTH, BROKEN, "", PAM_SYSTEM_ERR },
	{ AUTH, NO_MEMORY, "", PAM_BUF_ERR },
	{ AUTH, NO_USER, "", PAM_USER_UNKNOWN },
	{ AUTH, NO_SUCH_USER, "", PAM_USER_UNKNOWN },
};

/*
 * Leave no memory for what is as large as an open generation: pieces of 30 kB
 * are taken until there are none, so that what is smaller is still there.
 */
static void *taken;

static void
limit_memory(void)
{
	struct rlimit r;
	void *piece;
	int i;

	for (i = 0; i < 64; i++)
		free(malloc(8192));
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &r), 0);
	r.rlim_cur = 1;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &r), 0);
	for (taken = NULL; (piece = malloc(30000)) != NULL; taken = piece)
		memcpy(piece, &taken, sizeof(taken));
}

static void
unlimit_memory(void)
{
	struct rlimit r;
	void *next;

	for (; taken != NULL; taken = next) {
		memcpy(&next, taken, sizeof(next));
		free(taken);
	}
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &r), 0);
	r.rlim_cur = r.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &r), 0);
}

static pam_handle_t *
begin_row(int row)
{
	static const char *const groups[] = { "account", "session", "session",
		"auth" };
	const char *who = user;
	pam_handle_t *h = NULL;

	if (code_rows[row].scene == NO_USER)
		who = NULL;
	else if (code_rows[row].scene == NO_SUCH_USER)
		who = "no-such-user-here";
	/* So that libpam hands each code on as it is. */
	(void)snprintf(service, sizeof(service),
	    "%s [success=ok ignore=ok default=die] %s current=%s %s\n",
	    groups[code_rows[row].function], module, pamfix_dir,
	    code_rows[row].options);
	pamfix_write("service", service);
	ck_assert_int_eq(pam_start_confdir(
	    "service", who, &conversation, pamfix_dir, &h), PAM_SUCCESS);
	return h;
}

static int
call(pam_handle_t *h, enum function function)
{
	switch (function) {
	case ACCOUNT:
		return pam_acct_mgmt(h, 0);
	case OPEN:
		return pam_open_session(h, 0);
	case CLOSE:
		return pam_close_session(h, 0);
	case AUTH:
	default:
		return pam_authenticate(h, 0);
	}
}

START_TEST(test_codes)
{
	enum scene scene = code_rows[_i].scene;
	struct pamcert c = a_cert(scene == REFUSED ? "mallory@example.com"
						   : "jdoe@example.com");
	struct fakeagent a = { .manner = FAKEAGENT_RIGHT };
	struct wire w = WIRE_INIT;
	char path[128];
	pam_handle_t *h;
	int got;

#ifdef HAS_ASAN
	if (scene == NO_MEMORY)
		return;
#endif
	if (scene == NO_MEMORY && getenv("MODULE_ROUNDS") != NULL)
		return;
	if (scene == BROKEN)
		pamfix_write("policy.cdb", "");
	h = begin_row(_i);
	(void)snprintf(path, sizeof(path), "%s/agent", pamfix_dir);
	if (code_rows[_i].function == AUTH && scene != NO_AGENT) {
		pamfix_cert(&w, &c);
		a.key = &key;
		a.other = &stranger;
		if (scene != NO_CERT)
			a.cert = wire_span(&w);
		a.path = path;
		fakeagent_start(&a);
	}
	if (code_rows[_i].function == AUTH) {
		(void)setenv("SSH_AUTH_SOCK", path, 1);
		ck_assert_int_eq(
		    pam_set_item(h, PAM_RUSER, user), PAM_SUCCESS);
	} else if (scene != NO_CERT) {
		put_cert(h, &c);
	}
	if (scene == NO_MEMORY)
		limit_memory();
	got = call(h, code_rows[_i].function);
	if (scene == NO_MEMORY)
		unlimit_memory();
	ck_assert_msg(got == code_rows[_i].want, "row %d: %s, not %s", _i,
	    pam_strerror(h, got), pam_strerror(h, code_rows[_i].want));
	pam_end(h, 0);
	(void)unsetenv("SSH_AUTH_SOCK");
	if (a.path != NULL)
		fakeagent_stop(&a);
	wire_free(&w);
}
END_TEST

/* Nothing is set, so that this is always well. */
START_TEST(test_setcred)
{
	static const char *const options[] = { "", "nonsense", "debug" };
	pam_handle_t *h;
	int i;

	for (i = 0; i < N_ROWS(options); i++) {
		h = begin(user, options[i]);
		ck_assert_int_eq(
		    pam_setcred(h, PAM_ESTABLISH_CRED), PAM_SUCCESS);
		ck_assert_int_eq(pam_setcred(h, PAM_DELETE_CRED), PAM_SUCCESS);
		pam_end(h, 0);
	}
}
END_TEST

/* What a process has that a module could leave changed. */
struct state {
	char folder[PATH_MAX];
	sigset_t mask;
	struct sigaction actions[NSIG];
	mode_t umask;
	uid_t uid, euid;
	gid_t gid, egid;
	int n_groups;
	gid_t groups[256];
	int n_descriptors;
	struct stat out, error;
};

static void
look(struct state *s)
{
	int i;

	memset(s, 0, sizeof(*s));
	ck_assert_ptr_nonnull(getcwd(s->folder, sizeof(s->folder)));
	(void)sigprocmask(SIG_SETMASK, NULL, &s->mask);
	for (i = 1; i < NSIG; i++)
		(void)sigaction(i, NULL, &s->actions[i]);
	s->umask = umask(0);
	(void)umask(s->umask);
	s->uid = getuid();
	s->euid = geteuid();
	s->gid = getgid();
	s->egid = getegid();
	s->n_groups = getgroups(256, s->groups);
	s->n_descriptors = count_descriptors();
	/* Size and time would tell of anything printed to a file. */
	(void)fstat(STDOUT_FILENO, &s->out);
	(void)fstat(STDERR_FILENO, &s->error);
}

START_TEST(test_leaves_all_as_found)
{
	struct pamcert c = a_cert("jdoe@example.com");
	static struct state before, after;
	FILE *sink = tmpfile();
	int out, error, i;

	ck_assert_ptr_nonnull(sink);
	expect(&c, "", PAM_SUCCESS, PAM_SUCCESS);
	(void)fflush(NULL);
	out = dup(STDOUT_FILENO);
	error = dup(STDERR_FILENO);
	(void)dup2(fileno(sink), STDOUT_FILENO);
	(void)dup2(fileno(sink), STDERR_FILENO);
	look(&before);
	expect(&c, "debug", PAM_SUCCESS, PAM_SUCCESS);
	expect(&c, "debug nonsense", PAM_SERVICE_ERR, PAM_SERVICE_ERR);
	ck_assert_int_eq(
	    ask_agent(&c, FAKEAGENT_RIGHT, 0, "debug"), PAM_SUCCESS);
	ck_assert_int_eq(
	    ask_agent(&c, FAKEAGENT_GARBAGE, 0, "debug"), PAM_AUTH_ERR);
	ck_assert_int_eq(ask_agent(&c, FAKEAGENT_CLOSES, 0, "debug"),
	    PAM_AUTHINFO_UNAVAIL);
	c.ca = &stranger;
	expect(&c, "debug", PAM_PERM_DENIED, PAM_PERM_DENIED);
	look(&after);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(error, STDERR_FILENO);
	(void)close(out);
	(void)close(error);
	ck_assert_int_eq(after.out.st_size, 0);
	(void)fclose(sink);
	ck_assert_str_eq(before.folder, after.folder);
	ck_assert_mem_eq(&before.mask, &after.mask, sizeof(before.mask));
	for (i = 1; i < NSIG; i++) {
		ck_assert(before.actions[i].sa_handler ==
		    after.actions[i].sa_handler);
		ck_assert_int_eq(
		    before.actions[i].sa_flags, after.actions[i].sa_flags);
	}
	ck_assert_uint_eq(before.umask, after.umask);
	ck_assert(before.uid == after.uid && before.euid == after.euid &&
	    before.gid == after.gid && before.egid == after.egid);
	ck_assert_int_eq(before.n_groups, after.n_groups);
	ck_assert_mem_eq(before.groups, after.groups, sizeof(before.groups));
	ck_assert_int_eq(before.n_descriptors, after.n_descriptors);
}
END_TEST

/*
 * MODULE_ROUNDS: as often instead, for whoever looks for leaks by other
 * means, which keep pages of their own and take their time.
 */
static int
rounds(int usual)
{
	const char *text = getenv("MODULE_ROUNDS");

	return text == NULL ? usual : atoi(text);
}

/*
 * Pages of memory that are the process's own, from /proc/self/statm.  0 under
 * a sanitizer, which keeps freed memory and each library's shadow, and looks
 * for leaks by itself.
 */
static long
resident_pages(void)
{
#ifdef HAS_ASAN
	return 0;
#else
	FILE *f = fopen("/proc/self/statm", "r");
	long total, resident, shared;

	if (getenv("MODULE_ROUNDS") != NULL) {
		(void)fclose(f);
		return 0;
	}

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(
	    fscanf(f, "%ld %ld %ld", &total, &resident, &shared), 3);
	(void)fclose(f);
	return resident - shared;
#endif
}

/* Loaded and unloaded 10,000 times: not a page more, nor a descriptor. */
START_TEST(test_loaded_often)
{
	int first = rounds(100), n_before = 0, i;
	long before = 0;
	void *h;

	for (i = 0; i < first + rounds(10000); i++) {
		if (i == first) {
			before = resident_pages();
			n_before = count_descriptors();
		}
		h = dlopen(module, RTLD_NOW);
		ck_assert_msg(h != NULL, "%s", dlerror());
		ck_assert_ptr_nonnull(dlsym(h, "pam_sm_open_session"));
		ck_assert_int_eq(dlclose(h), 0);
		ck_assert_ptr_null(dlopen(module, RTLD_NOW | RTLD_NOLOAD));
	}
	ck_assert_int_eq(count_descriptors(), n_before);
	ck_assert_int_le(resident_pages(), before + 16);
}
END_TEST

/* The same with a whole transaction each. */
START_TEST(test_used_often)
{
	struct pamcert c = a_cert("jdoe@example.com");
	int first = rounds(100), n_before = 0, i;
	long before = 0;

	for (i = 0; i < first + rounds(500); i++) {
		if (i == first) {
			before = resident_pages();
			n_before = count_descriptors();
		}
		expect(&c, "", PAM_SUCCESS, PAM_SUCCESS);
	}
	ck_assert_int_eq(count_descriptors(), n_before);
	ck_assert_int_le(resident_pages(), before + 16);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("module");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_allowed);
	tcase_add_test(tc, test_environment);
	tcase_add_test(tc, test_denied);
	tcase_add_test(tc, test_address);
	tcase_add_test(tc, test_forged);
	tcase_add_test(tc, test_no_certificate);
	tcase_add_test(tc, test_account_ignores);
	tcase_add_test(tc, test_failures);
	tcase_add_loop_test(
	    tc, test_auth_key_types, CERT_KEY_RSA, CERT_KEY_SK_ED25519 + 1);
	tcase_add_test(tc, test_auth_denied);
	tcase_add_test(tc, test_auth_hostile);
	tcase_add_test(tc, test_auth_unavailable);
	tcase_add_test(tc, test_auth_no_caller);
	tcase_add_loop_test(tc, test_codes, 0, N_ROWS(code_rows));
	tcase_add_test(tc, test_setcred);
	tcase_add_test(tc, test_leaves_all_as_found);
	tcase_add_test(tc, test_loaded_often);
	tcase_add_test(tc, test_used_often);
	return run_case("module", tc);
}
