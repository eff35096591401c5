#include "config.h"

#include "config-gen/rehearse.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "config-gen/login.h"
#include "config-gen/rehearse_int.h"
#include "config-gen/service.h"
#include "config-gen/stage.h"
#include "config-gen/tree.h"
#include "lib/decide.h"
#include "lib/escape.h"
#include "lib/file.h"

#define MAX_CA_FILE (64UL * 1024 * 1024)
#define MAX_CERT_FILE (64UL * 1024)

struct rehearser {
	const struct target *t;
	const struct policy *p;
	const char *begun; /* "/NAME", the begun generation */
	char *ssh;
	struct rehearse_subject subjects[REHEARSE_N];
	enum rehearse_kind refused[REHEARSE_N]; /* the one that must not */
	int index_fd;
	struct rehearsal *out;
};

static const char *const mechanisms[REHEARSE_N] = { "list", "helper" };

static int
leave_out(struct rehearser *r, size_t n, const char *why)
{
	r->subjects[n].is_found = false;
	r->out[n].state = REHEARSE_LEFT_OUT;
	(void)snprintf(r->out[n].text, sizeof(r->out[n].text), "%s", why);
	return 0;
}

/* The begun generation's ca.pub, and the throw-away keys. */
static int
ca_write(const struct rehearser *r, struct err *err)
{
	char *text = NULL;
	char *one = NULL;
	char path[REHEARSE_PATH];
	struct wire w = WIRE_INIT;
	size_t len, n;
	int ret = -1;

	(void)snprintf(path, sizeof(path),
	    REHEARSE_GENERATIONS "%s/" COMPILE_CA_FILE, r->begun);
	if (file_read(path, FILE_ROOTS, MAX_CA_FILE, &text, &len, err) < 0)
		return -1;
	wire_put_bytes(&w, text, len);
	for (n = 0; n < REHEARSE_N; n++) {
		if (!r->subjects[n].is_found)
			continue;
		(void)snprintf(path, sizeof(path),
		    REHEARSE_FOLDER "/%s-ca.pub", r->subjects[n].ca_prefix);
		free(one);
		one = NULL;
		if (file_read(path, FILE_ROOTS, MAX_CERT_FILE, &one, &len,
		        err) < 0)
			goto out;
		wire_put_bytes(&w, one, len);
	}
	ret = w.has_failed
	    ? err_setf(err, ERR_MEMORY, "out of memory")
	    : file_create(REHEARSE_CA, w.p, w.len, 0644, r->t->compile.owner,
	          r->t->compile.group, err);
out:
	free(one);
	free(text);
	wire_free(&w);
	return ret;
}

/* The authorities as they are, each with the keys made for it. */
static struct policy_authority *
authorities_copy(const struct rehearser *r)
{
	const struct policy *p = r->p;
	struct policy_authority *copy;
	struct pubkey *keys;
	size_t n;

	copy = calloc(p->n_authorities + 1, sizeof(*copy));
	if (copy == NULL)
		return NULL;
	memcpy(copy, p->authorities, p->n_authorities * sizeof(*copy));
	for (n = 0; n < REHEARSE_N; n++) {
		struct policy_authority *a =
		    &copy[r->subjects[n].authority];

		if (!r->subjects[n].is_found)
			continue;
		keys = calloc(a->n_keys + 1, sizeof(*keys));
		if (keys == NULL)
			break;
		memcpy(keys, a->keys, a->n_keys * sizeof(*keys));
		keys[a->n_keys++] = r->subjects[n].ca;
		/* The key made for this has no end. */
		a->key_until = NULL;
		if (a->keys != p->authorities[r->subjects[n].authority].keys)
			free(a->keys);
		a->keys = keys;
	}
	return copy;
}

static void
authorities_free(const struct policy *p, struct policy_authority *copy)
{
	size_t i;

	for (i = 0; copy != NULL && i < p->n_authorities; i++) {
		if (copy[i].keys != p->authorities[i].keys)
			free(copy[i].keys);
	}
	free(copy);
}

/* An index of those rules only that are asked for: it is made at once. */
static int
index_write(struct rehearser *r, struct err *err)
{
	struct policy p = *r->p;
	struct policy_rule rules[REHEARSE_N];
	int ret = -1;
	size_t n;

	p.rules = rules;
	p.n_rules = 0;
	p.everybody = NULL;
	for (n = 0; n < REHEARSE_N; n++) {
		if (!r->subjects[n].is_found)
			continue;
		rules[p.n_rules] = *r->subjects[n].rule;
		if (r->subjects[n].is_anybody)
			p.everybody = &rules[p.n_rules];
		p.n_rules++;
	}
	if ((p.authorities = authorities_copy(r)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	r->index_fd = open(REHEARSE_INDEX,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->index_fd == -1)
		(void)err_system(err, "%s", REHEARSE_INDEX);
	else if (compile_index(&p, r->t->compile.uid_min, r->index_fd, err) ==
	    0)
		ret = 0;
	if (ret == 0 &&
	    (fchown(r->index_fd, r->t->compile.owner,
	         r->t->compile.index_group) < 0 ||
	        fchmod(r->index_fd, 0640) < 0))
		ret = err_system(err, "%s", REHEARSE_INDEX);
	authorities_free(r->p, p.authorities);
	return ret;
}

/* What the policy says of a certificate. */
static int
ask(struct rehearser *r, struct index *index, size_t n,
    enum rehearse_kind kind, enum reason *reason, struct err *err)
{
	const struct rehearse_subject *s = &r->subjects[n];
	struct decide_request request = { .index = index,
		.user = span_of(s->user), .uid = (uint32_t)s->account.uid,
		.now_at = (int64_t)time(NULL) };
	struct decision *d = NULL;
	struct pubkey key = { 0 };
	char path[REHEARSE_PATH];
	char *text = NULL;
	size_t len;
	int ret = -1;

	rehearse_cert_path(s, kind, path, sizeof(path));
	if (file_read(path, FILE_ROOTS, MAX_CERT_FILE, &text, &len, err) < 0 ||
	    pubkey_parse_line(&key, text, strcspn(text, "\r\n"),
	        (struct place) { path, 1, 0 }, err) != 1)
		goto out;
	if ((d = calloc(1, sizeof(*d))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	request.cert = (struct span) { key.blob, key.blob_len };
	(void)decide(&request, d);
	*reason = d->reason;
	ret = 0;
out:
	free(d);
	pubkey_clear(&key);
	free(text);
	return ret;
}

/*
 * The certificates were made after the policy; what they show is still what
 * the decision says, so that sshd is held against nothing else.
 */
static int
expect(struct rehearser *r, struct index *index, size_t n, struct err *err)
{
	enum reason reason = REASON_MALFORMED;
	char why[128];
	size_t kind;

	if (ask(r, index, n, REHEARSE_IN, &reason, err) < 0)
		return -1;
	if (reason != REASON_ALLOWED) {
		(void)snprintf(why, sizeof(why),
		    "no certificate for %s could be made: %s",
		    r->out[n].user, reason_text(reason));
		return leave_out(r, n, why);
	}
	for (kind = REHEARSE_STRANGER; kind < REHEARSE_N_KINDS; kind++) {
		r->refused[n] = (enum rehearse_kind)kind;
		if (ask(r, index, n, r->refused[n], &reason, err) < 0)
			return -1;
		if (reason != REASON_ALLOWED)
			return 0;
	}
	return leave_out(r, n, "the policy lets in whoever tries");
}

static int
expect_all(struct rehearser *r, struct err *err)
{
	struct index index;
	size_t n;
	int ret = 0;

	if (index_open(&index, r->index_fd, err) < 0)
		return -1;
	for (n = 0; n < REHEARSE_N && ret == 0; n++) {
		if (r->subjects[n].is_found)
			ret = expect(r, &index, n, err);
	}
	index_close(&index);
	return ret;
}

/* "Stop", said meanwhile: waits until all is cleared away. */
static const int stop_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
#define N_STOP_SIGNALS (sizeof(stop_signals) / sizeof(stop_signals[0]))

static bool
is_stopped(void)
{
	sigset_t pending;
	size_t i;

	(void)sigemptyset(&pending);
	(void)sigpending(&pending);
	for (i = 0; i < N_STOP_SIGNALS; i++) {
		if (sigismember(&pending, stop_signals[i]) == 1)
			return true;
	}
	return false;
}

/* -1: sshd did otherwise than the policy says. */
static int
judge(struct rehearser *r, size_t n, bool should, bool is_in, const char *said,
    struct err *err)
{
	struct rehearsal *out = &r->out[n];
	char reasons[320];

	if (is_in == should)
		return 0;
	(void)login_reasons(said, reasons, sizeof(reasons));
	if (should && r->subjects[n].is_anybody &&
	    strstr(said, " not allowed because ") != NULL) {
		/* Not the policy, but we have chosen that account. */
		(void)snprintf(out->text, sizeof(out->text), "%.250s",
		    reasons);
		out->state = REHEARSE_LEFT_OUT;
		return 0;
	}
	return err_setf(err, ERR_REFUSED,
	    "rehearsal: sshd %s %s with a certificate that the policy %s "
	    "(%s); it said: %s",
	    should ? "refused" : "let in", out->user,
	    should ? "lets in" : "refuses", out->mechanism, reasons);
}

/*
 * The main file of a login: the staged one with our directives changed for
 * the user.  A Match of its own does that, since before OpenSSH 9.4 the last
 * command of a scope counts, so that an -o would not; it stands first, and
 * ends with its file.
 */
static int
config_write(const struct rehearser *r, const char *config, size_t n,
    bool should, const char *path, struct err *err)
{
	char match[REHEARSE_PATH + sizeof(".match")];
	char text[2048];
	bool names_revoked = r->t->n_directives == TARGET_N_DIRECTIVES;

	(void)snprintf(match, sizeof(match), "%s.match", path);
	(void)snprintf(text, sizeof(text),
	    "Match all\n"
	    "TrustedUserCAKeys " REHEARSE_CA "\n"
	    "AuthorizedPrincipalsFile " REHEARSE_GENERATIONS
	    "%s/" COMPILE_LISTS "/%%u\n"
	    "AuthorizedPrincipalsCommand %s\n"
	    "AuthorizedPrincipalsCommandUser " COMMAND_USER "\n"
	    "%s%s%s"
	    "LogLevel VERBOSE\n",
	    r->begun,
	    /* A list that sshd cannot use must not be made up for. */
	    n == REHEARSE_LIST && should
	        ? "none"
	        : ROOT_HELPER " -i " REHEARSE_INDEX " -- %u %U %k",
	    names_revoked ? "RevokedKeys " REHEARSE_GENERATIONS : "",
	    names_revoked ? r->begun : "",
	    names_revoked ? "/" COMPILE_REVOKED "\n" : "");
	if (file_create(match, text, strlen(text), 0600, geteuid(), getegid(),
	        err) < 0)
		return -1;
	(void)snprintf(
	    text, sizeof(text), "Include %s\nInclude %s\n", match, config);
	return file_create(
	    path, text, strlen(text), 0600, geteuid(), getegid(), err);
}

static int
try_one(struct rehearser *r, const char *staged, size_t n, bool should,
    struct err *err)
{
	const struct rehearse_subject *s = &r->subjects[n];
	char config[REHEARSE_PATH], key[REHEARSE_PATH], cert[REHEARSE_PATH];
	char log[REHEARSE_PATH];
	const struct service *service = r->t->root->service;
	const struct login l = { r->t->root->sshd, r->ssh, config, s->user,
		key, cert, log, service == NULL ? NULL : service->args,
		service == NULL ? 0 : service->n_args };
	struct err own = ERR_INIT;
	bool is_in = false;
	char *said = NULL;
	int ret;

	rehearse_key_path(s, key, sizeof(key));
	rehearse_cert_path(s, should ? REHEARSE_IN : r->refused[n], cert,
	    sizeof(cert));
	(void)snprintf(log, sizeof(log), REHEARSE_FOLDER "/%s-%s.log",
	    s->ca_prefix, should ? "in" : "out");
	(void)snprintf(config, sizeof(config), REHEARSE_FOLDER "/%s-%s.conf",
	    s->ca_prefix, should ? "in" : "out");
	if (is_stopped())
		return err_setf(err, ERR_REFUSED, "interrupted");
	if (config_write(r, staged, n, should, config, err) < 0)
		return -1;
	if (login_try(&l, &is_in, &said, &own) < 0)
		return err_setf(err, own.code,
		    "rehearsal: no login could be tried: %.400s", own.text);
	ret = judge(r, n, should, is_in, said, err);
	free(said);
	return ret;
}

/* For stage_ask: config is the main file that sshd will have. */
static int
try_all(void *ctx, const char *config, struct err *err)
{
	struct rehearser *r = ctx;
	size_t n;

	for (n = 0; n < REHEARSE_N; n++) {
		if (!r->subjects[n].is_found)
			continue;
		r->out[n].state = REHEARSE_PASSED;
		(void)snprintf(r->out[n].text, sizeof(r->out[n].text),
		    "%s is let in with a certificate that the policy lets "
		    "in, and not with %s", r->out[n].user,
		    r->refused[n] == REHEARSE_EXPIRED ? "an expired one"
						      : "a stranger's");
		if (try_one(r, config, n, true, err) < 0 ||
		    try_one(r, config, n, false, err) < 0)
			return -1;
	}
	return 0;
}

static int
certs_make(struct rehearser *r, struct err *err)
{
	char why[256];
	size_t n;
	int made;

	for (n = 0; n < REHEARSE_N; n++) {
		if (!r->subjects[n].is_found)
			continue;
		made = rehearse_certs_make(r->t->compile.keygen, r->p, &r->subjects[n],
		    why, sizeof(why), err);
		if (made < 0)
			return -1;
		if (made == 0)
			(void)leave_out(r, n, why);
	}
	return 0;
}

static int
in_folder(struct rehearser *r, const struct sshdconf_edit *edit,
    struct err *err)
{
	/*
	 * Users' logins read lists through here, as theirs; names cannot be
	 * listed, and keys are 0600.
	 */
	if (mkdir(REHEARSE_FOLDER, 0711) < 0 ||
	    chmod(REHEARSE_FOLDER, 0711) < 0)
		return err_system(err, "%s", REHEARSE_FOLDER);
	if (certs_make(r, err) < 0 || ca_write(r, err) < 0 ||
	    index_write(r, err) < 0 || expect_all(r, err) < 0)
		return -1;
	return stage_ask(
	    r->t, edit, REHEARSE_FOLDER "/stage", try_all, r, err);
}

static int
run(struct rehearser *r, const struct sshdconf_edit *edit, struct err *err)
{
	struct err own = ERR_INIT;
	sigset_t held, before;
	size_t i;
	int ret;

	(void)sigemptyset(&held);
	for (i = 0; i < N_STOP_SIGNALS; i++)
		(void)sigaddset(&held, stop_signals[i]);
	(void)sigprocmask(SIG_BLOCK, &held, &before);
	ret = in_folder(r, edit, err);
	if (r->index_fd != -1)
		(void)close(r->index_fd);
	if (tree_remove(REHEARSE_FOLDER, &own) < 0)
		ret = err_setf(err, own.code, "%s", own.text);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

/* NULL where logins can be tried here. */
static const char *
obstacle(struct rehearser *r)
{
	if (!root_is_host(r->t->root))
		return "this root is not the machine itself";
	if (!r->t->has_sshd)
		return "there is no sshd";
	if (geteuid() != 0)
		return "sshd takes logins of others only from root";
	if (r->t->compile.keygen == NULL)
		return "there is no ssh-keygen on this machine";
	if ((r->ssh = sshd_companion(r->t->root, "ssh")) == NULL)
		return "there is no ssh on this machine";
	return NULL;
}

int
rehearse(const struct target *t, const struct sshdconf_edit *edit,
    const struct policy *p, const char *folder,
    struct rehearsal out[REHEARSE_N], struct err *err)
{
	struct rehearser *r;
	const char *why;
	bool is_due = false;
	size_t n;
	int ret = 0;

	if ((r = calloc(1, sizeof(*r))) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	r->t = t;
	r->p = p;
	r->begun = strrchr(folder, '/');
	r->out = out;
	r->index_fd = -1;
	why = obstacle(r);
	for (n = 0; n < REHEARSE_N && ret == 0; n++) {
		memset(&out[n], 0, sizeof(out[n]));
		out[n].mechanism = mechanisms[n];
		(void)snprintf(r->subjects[n].ca_prefix,
		    sizeof(r->subjects[n].ca_prefix), "%s", mechanisms[n]);
		if (why != NULL)
			(void)leave_out(r, n, why);
		else
			ret = rehearse_choose(
			    t, p, n, &r->subjects[n], &out[n], err);
		is_due = is_due || r->subjects[n].is_found;
	}
	if (ret == 0 && is_due)
		ret = run(r, edit, err);
	for (n = 0; n < REHEARSE_N; n++)
		pubkey_clear(&r->subjects[n].ca);
	free(r->ssh);
	free(r);
	return ret;
}
