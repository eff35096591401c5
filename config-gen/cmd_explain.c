#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/account.h"
#include "config-gen/certfile.h"
#include "config-gen/cmd.h"
#include "config-gen/compile.h"
#include "config-gen/drift.h"
#include "config-gen/people.h"
#include "config-gen/sshd.h"
#include "config-gen/sshdconf.h"
#include "config-gen/wayin.h"
#include "lib/certsig.h"
#include "lib/decide.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/ipaddr.h"
#include "lib/principal.h"
#include "lib/pubkey.h"
#include "lib/utc.h"

#define SHOWN 1024
#define TIME_SIZE 32

/* What explain asks about, and what came out. */
struct explain {
	struct cmd *c;
	struct pubkey key; /* the certificate's line */
	int index_fd;
	char path[PATH_MAX]; /* scratch */
	struct index index;
	bool has_index;
	bool would_have_list; /* of a policy that is not applied: the user */
	struct err index_err; /* why there is none */
	struct ipaddr addr;
	struct decide_request request;
	struct decision d; /* large; the whole is allocated */
	const char *code; /* the reason, or one that only sshd has */
	const char *text;
	bool is_refused; /* by sshd, whatever the decision says */
};

static int
parse_number(const char *text, uint64_t max, uint64_t *out)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *out <= max ? 0 : -1;
}

static int
parse_time(const char *text, int64_t *out, struct err *err)
{
	struct tm tm = { 0 };
	struct tm asked;
	uint64_t seconds;
	const char *end;

	if (parse_number(text, INT64_MAX, &seconds) == 0) {
		*out = (int64_t)seconds;
		return 0;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL || *end != '\0')
		return err_setf(err, ERR_USAGE,
		    "--at is no time; write 2027-01-31T18:00:00Z, or UTC "
		    "seconds");
	asked = tm;
	*out = (int64_t)timegm(&tm);
	/* A day that the month does not have would become another. */
	if (tm.tm_mday != asked.tm_mday || tm.tm_hour != asked.tm_hour ||
	    tm.tm_min != asked.tm_min || tm.tm_sec != asked.tm_sec)
		return err_setf(
		    err, ERR_USAGE, "--at: there is no such day or time");
	return 0;
}

/* An index of a policy that is not applied, in memory. */
static int
compile_policy(struct explain *e, struct err *err)
{
	struct policy *p;
	uint32_t lowest;
	size_t i;
	int ret;

	if ((p = cmd_load_policy(e->c, e->c->policy)) == NULL)
		return err_setf(
		    err, ERR_REFUSED, "the policy cannot be used");
	if ((ret = account_lowest(&e->c->root, p, &lowest, err)) == 0) {
		e->index_fd = memfd_create("policy.cdb", MFD_CLOEXEC);
		ret = e->index_fd < 0 ? err_system(err, "policy.cdb")
		    : compile_index(p, lowest, e->index_fd, err);
	}
	for (i = 0; i < p->n_rules && ret == 0; i++) {
		if (strcmp(p->rules[i].user, e->c->args[0]) == 0)
			e->would_have_list =
			    compile_needs_helper(p, &p->rules[i]) == NULL;
	}
	policy_free(p);
	return ret;
}

/* We are root and read all; the helper is not. */
static int
check_readable(struct explain *e, struct err *err)
{
	struct account user;
	struct stat st;

	if (fstat(e->index_fd, &st) < 0)
		return err_system(err, "%s", e->path);
	if ((st.st_mode & S_IROTH) ||
	    account_find(&e->c->root, COMMAND_USER, &user, NULL) != 1 ||
	    ((st.st_mode & S_IRGRP) && st.st_gid == user.gid) ||
	    ((st.st_mode & S_IRUSR) && st.st_uid == user.uid))
		return 0;
	return err_setf(err, ERR_UNSAFE,
	    "%s: cannot be read by " COMMAND_USER "; run certgate apply",
	    e->path);
}

/* The index that logins use, as the helper would open it. */
static int
open_current(struct explain *e, struct err *err)
{
	(void)root_path(
	    &e->c->root, e->path, ROOT_CURRENT "/" COMPILE_INDEX);
	e->index_fd =
	    file_open(e->path, FILE_ROOTS, UINT32_MAX, NULL, err);
	if (e->index_fd < 0 || check_readable(e, err) < 0 ||
	    index_open(&e->index, e->index_fd, err) < 0)
		return -1;
	e->has_index = true;
	return 0;
}

/*
 * 0, or -1 where the question itself is wrong.  An index that logins cannot
 * use denies, as it does at a login.
 */
static int
open_index(struct explain *e, struct err *err)
{
	if (e->c->policy == NULL) {
		(void)open_current(e, &e->index_err);
		return 0;
	}
	if (compile_policy(e, err) < 0 ||
	    index_open(&e->index, e->index_fd, err) < 0)
		return -1;
	e->has_index = true;
	return 0;
}

/* The account's uid; 0 where there is no such account, and none is named. */
static int
find_uid(struct explain *e, const char *user, struct err *err)
{
	struct account account;
	uint64_t uid;
	int found;

	if (e->c->uid != NULL) {
		if (parse_number(e->c->uid, UINT32_MAX - 1, &uid) < 0)
			return err_setf(
			    err, ERR_USAGE, "--uid is no number");
		e->request.uid = (uint32_t)uid;
		return 1;
	}
	found = account_find(&e->c->root, user, &account, err);
	if (found == 1)
		e->request.uid = (uint32_t)account.uid;
	return found;
}

static int
fill_request(struct explain *e, struct err *err)
{
	struct decide_request *r = &e->request;

	r->index = &e->index;
	r->user = span_of(e->c->args[0]);
	r->cert = (struct span) { e->key.blob, e->key.blob_len };
	r->now_at = (int64_t)time(NULL);
	if (e->c->at != NULL && parse_time(e->c->at, &r->now_at, err) < 0)
		return -1;
	if (e->c->from != NULL) {
		if (strchr(e->c->from, '/') != NULL ||
		    ipaddr_parse(&e->addr, span_of(e->c->from)) < 0)
			return err_setf(err, ERR_USAGE,
			    "--from is no address; write one such as "
			    "192.0.2.7 or 2001:db8::7");
		r->addr = &e->addr;
	}
	return 0;
}

/*
 * What sshd does with a login that the decision allows: of two forced
 * commands, the certificate's and the entry's, it takes neither.  The first
 * line counts, as in sshd.
 */
static void
refuse_two_commands(struct explain *e)
{
	if (e->d.reason != REASON_ALLOWED ||
	    !principal_options_differ(
		e->d.lines[0].grant.options, e->d.cert.force_command))
		return;
	e->is_refused = true;
	e->code = "forced-commands-differ";
	e->text = "the certificate forces one command and the policy's entry "
		  "another, which sshd refuses";
}

/*
 * Decide as the helper does, and before that what sshd does before it runs
 * the helper: the account must be there, the CA's signature must hold.
 */
static int
ask(struct explain *e, struct err *err)
{
	int has_account = find_uid(e, e->c->args[0], err);

	if (has_account < 0)
		return -1;
	if (e->has_index) {
		(void)decide(&e->request, &e->d);
	} else {
		e->d.reason = REASON_INDEX_UNREADABLE;
		e->d.detail = e->index_err;
	}
	if (e->has_index && e->d.reason != REASON_MALFORMED &&
	    certsig_verify(&e->d.cert, &e->d.detail) < 0) {
		e->d.reason = REASON_MALFORMED;
		e->d.n_lines = 0;
	}
	e->code = reason_code(e->d.reason);
	e->text = reason_text(e->d.reason);
	if (has_account == 0) {
		e->d.n_lines = 0;
		e->d.line = 0;
		e->d.reason = REASON_NO_RULE;
		e->code = "no-such-user";
		e->text = "this machine has no such account; --uid asks as if "
		          "it had";
	}
	refuse_two_commands(e);
	return 0;
}

static bool
is_allowed(const struct explain *e)
{
	return e->d.reason == REASON_ALLOWED && !e->is_refused;
}

static const char *
shown(char out[SHOWN], struct span s)
{
	return escape_bytes(out, SHOWN, s.p, s.len);
}

static void
format_time(char out[TIME_SIZE], uint64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (at == UINT64_MAX)
		(void)snprintf(out, TIME_SIZE, "for ever");
	else if (at > INT64_MAX / 2 || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, TIME_SIZE, "%" PRIu64, at);
}

/* "FILE:LINE" of what decided, or "" where no line of the policy did. */
static void
format_rule(struct explain *e, char *out, size_t out_len)
{
	struct span name;
	char file[SHOWN];

	out[0] = '\0';
	if (e->d.line != 0 &&
	    index_file(&e->index, e->d.file, &name, NULL) == 1)
		(void)snprintf(
		    out, out_len, "%s:%u", shown(file, name), e->d.line);
}

/* Whether sshd finds a list for the user before it asks the helper. */
static bool
has_list(const struct explain *e)
{
	char *path = NULL;
	bool is_there;

	if (e->c->policy != NULL)
		return e->would_have_list;
	if (strchr(e->c->args[0], '/') != NULL)
		return false;
	if (asprintf(&path, "%s%s/%s/%s", e->c->root.dir, ROOT_CURRENT,
	        COMPILE_LISTS, e->c->args[0]) < 0)
		return false;
	is_there = access(path, F_OK) == 0;
	free(path);
	return is_there;
}

static void
say_certificate(struct explain *e)
{
	const struct cert *cert = &e->d.cert;
	char a[SHOWN], b[SHOWN], ca[FINGERPRINT_SIZE] = "";
	char after[TIME_SIZE], before[TIME_SIZE], retiring[64] = "";
	size_t i;

	(void)certsig_fingerprint(ca, cert->ca_key, NULL);
	cmd_say(e->c, "certificate", "key ID \"%s\", serial %" PRIu64 ", %s",
	    shown(a, cert->key_id), cert->serial,
	    cert_key_type_name(cert->key_type));
	if (e->d.is_retiring)
		(void)snprintf(retiring, sizeof(retiring),
		    ", retiring until %s",
		    utc_end_text(after, e->d.authority.key_until));
	cmd_say(e->c, "authority", "%s%s%s%s",
	    e->d.has_authority ? shown(b, e->d.authority.name) : "unknown",
	    ca[0] == '\0' ? "" : ", ", ca, retiring);
	format_time(after, cert->valid_after);
	format_time(before, cert->valid_before);
	cmd_say(e->c, "valid", "%s to %s", after, before);
	for (i = 0; i < cert->n_principals && i < 10; i++)
		cmd_say(e->c, i == 0 ? "principals" : "", "\"%s\"",
		    shown(a, cert->principals[i]));
	if (cert->n_principals > 10)
		cmd_say(e->c, "", "and %zu more", cert->n_principals - 10);
	if (cert->n_principals == 0)
		cmd_say(e->c, "principals", "none");
}

static void
say_terms(struct explain *e)
{
	struct wire w = WIRE_INIT;
	char line[SHOWN];

	cmd_say(e->c, "served by", has_list(e) ? "a list" : "the helper");
	decide_render_line(&e->d, 0, true, &w);
	if (!w.has_failed && w.len > 0)
		cmd_say(e->c, "sshd reads", "%s",
		    shown(line, (struct span) { w.p, w.len - 1 }));
	wire_free(&w);
}

static void
report_text(struct explain *e)
{
	char rule[SHOWN + 16], principal[SHOWN], user[SHOWN];

	if (e->c->is_json)
		return;
	format_rule(e, rule, sizeof(rule));
	(void)escape_text(user, sizeof(user), e->c->args[0]);
	if (is_allowed(e))
		(void)printf("allow: %s as %s by %s\n", user,
		    shown(principal, e->d.lines[0].principal), rule);
	else
		(void)printf("deny: %s: %s%s%s%s%s\n", e->code, e->text,
		    e->d.detail.code != ERR_NONE ? ": " : "", e->d.detail.text,
		    rule[0] == '\0' ? "" : ": ", rule);
	if (e->d.reason != REASON_MALFORMED && e->has_index)
		say_certificate(e);
	if (!e->has_index && has_list(e))
		cmd_say(e->c, "note", "sshd itself reads this user's list, "
		                      "and may let in whom it names");
	if (e->d.reason == REASON_ALLOWED)
		say_terms(e);
}

static void
set_text(json_t *o, const char *key, struct span s)
{
	char text[SHOWN];

	if (s.p != NULL)
		(void)json_object_set_new(o, key, json_string(shown(text, s)));
}

static void
report_json(struct explain *e)
{
	json_t *o = e->c->out;
	char rule[SHOWN + 16], until[UTC_SIZE];

	(void)json_object_set_new(o, "allowed", json_boolean(is_allowed(e)));
	(void)json_object_set_new(o, "reason", json_string(e->code));
	(void)json_object_set_new(o, "text", json_string(e->text));
	if (e->d.detail.code != ERR_NONE)
		(void)json_object_set_new(
		    o, "detail", json_string(e->d.detail.text));
	format_rule(e, rule, sizeof(rule));
	if (rule[0] != '\0') {
		*strrchr(rule, ':') = '\0';
		(void)json_object_set_new(o, "rule",
		    json_pack("{s:s, s:I}", "file", rule, "line",
		        (json_int_t)e->d.line));
	}
	if (e->d.has_authority)
		set_text(o, "authority", e->d.authority.name);
	if (e->d.is_retiring)
		(void)json_object_set_new(o, "retiring_until",
		    json_string(utc_text(until, e->d.authority.key_until)));
	if (e->d.reason == REASON_MALFORMED || !e->has_index)
		return;
	set_text(o, "key_id", e->d.cert.key_id);
	/* As text: a serial does not fit JSON's numbers. */
	(void)json_object_set_new(
	    o, "serial", json_sprintf("%" PRIu64, e->d.cert.serial));
	if (e->d.reason != REASON_ALLOWED)
		return;
	set_text(o, "principal", e->d.lines[0].principal);
	set_text(o, "identity", e->d.lines[0].identity);
	if (e->d.lines[0].grant.options.len != 0)
		set_text(o, "options", e->d.lines[0].grant.options);
	(void)json_object_set_new(o, "served_by",
	    json_string(has_list(e) ? "list" : "helper"));
}

/* sshd's settings for the login; -1 where they are not to be had. */
static int
ask_sshd(const struct explain *e, const char *config, struct sshd_settings *out)
{
	const char *user = e->c->args[0];
	const char *from = e->c->from == NULL ? "127.0.0.1" : e->c->from;
	struct err why = ERR_INIT;
	char *connection = NULL;
	int ret;

	if (!sshd_can_ask(user) ||
	    asprintf(&connection,
	        "user=%s,host=%s,addr=%s,laddr=127.0.0.1,lport=22,rdomain=",
	        user, from, from) < 0)
		return -1;
	ret = sshd_effective(&e->c->root, config, connection, out, &why);
	free(connection);
	return ret;
}

/*
 * What sshd forbids by itself is sshd's to say, and may hang on what is not
 * known here, as a second factor: a warning, not another decision.
 */
static void
warn_kept_out(struct explain *e, const char *config)
{
	struct sshd_settings settings = { 0 };
	struct people people = { 0 };
	const struct person *found;
	struct person p;

	if (people_load(&people, &e->c->root, e->request.now_at, NULL) == 0 &&
	    (found = people_find(&people, e->c->args[0])) != NULL &&
	    ask_sshd(e, config, &settings) == 0) {
		p = *found;
		/* internal-sftp needs none. */
		p.has_shell = true;
		if (wayin_ways(&p, &settings, false, true) == 0)
			cmd_warn(e->c,
			    "sshd's own settings for this user (AllowUsers, "
			    "DenyGroups, PermitRootLogin, "
			    "PubkeyAuthentication, AuthenticationMethods and "
			    "the like), or the state of the account, do not "
			    "let a certificate alone in; sshd -T -C shows them");
	}
	sshd_settings_clear(&settings);
	people_clear(&people);
}

/* The decision is the policy's; whether sshd comes to it is another thing. */
static void
warn_of_sshd(struct explain *e)
{
	struct sshdconf *conf = NULL;
	const char *path;

	if (e->c->policy != NULL || !is_allowed(e))
		return;
	if ((path = sshdconf_main(&e->c->root, NULL)) != NULL)
		conf = sshdconf_read(&e->c->root, path, NULL);
	if (conf != NULL && !drift_has_ours(conf))
		cmd_warn(e->c,
		    "sshd's configuration has no directives of certgate's, so "
		    "that sshd does not go by this; certgate status says more");
	else if (conf != NULL)
		warn_kept_out(e, path);
	sshdconf_free(conf);
}

static int
explain(struct explain *e)
{
	struct err err = ERR_INIT;

	if (certfile_read(&e->key, e->c->args[1], &err) < 0 ||
	    fill_request(e, &err) < 0 || open_index(e, &err) < 0 ||
	    ask(e, &err) < 0)
		return cmd_fail(e->c, &err);
	warn_of_sshd(e);
	report_text(e);
	if (e->c->is_json)
		report_json(e);
	return is_allowed(e) ? CMD_DONE : CMD_REFUSED;
}

int
cmd_explain(struct cmd *c)
{
	struct err err = ERR_INIT;
	struct explain *e;
	int status;

	if ((e = calloc(1, sizeof(*e))) == NULL) {
		(void)err_setf(&err, ERR_MEMORY, "out of memory");
		return cmd_fail(c, &err);
	}
	e->c = c;
	e->index_fd = -1;
	status = explain(e);
	if (e->has_index)
		index_close(&e->index);
	if (e->index_fd >= 0)
		(void)close(e->index_fd);
	pubkey_clear(&e->key);
	free(e);
	return status;
}
