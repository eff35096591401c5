#include "config.h"

#include "config-gen/doctor_int.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/escape.h"

/* A user whom no machine has: Match blocks for named users do not match. */
#define NOBODY "certgate-probe"

/* The longest text of a finding. */
#define SHOWN_SIZE 1024

const struct doctor_check doctor_checks[] = {
	{ "sshd-version", "an sshd that is missing or too old", false,
	    doctor_sshd_version },
	{ "privsep-folder", "the folder without which sshd does not start",
	    false, doctor_privsep_folder },
	{ "command-line",
	    "options on sshd's command line, which win over every file", false,
	    doctor_command_line },
	{ "dangling-link", "a link in the drop-in folder that leads nowhere",
	    false, doctor_dangling_link },
	{ "config-refused", "a configuration that sshd does not start with",
	    false, doctor_config_refused },
	{ "config-size",
	    "more configuration than this sshd can hand on to a login", false,
	    doctor_config_size },
	{ "command-user", "a command whose user is missing", false,
	    doctor_command_user },
	{ "helper", "a login helper that sshd refuses to run, or cannot run",
	    false, doctor_helper },
	{ "ca-elsewhere", "CA keys and principals set outside certgate's lines",
	    false, doctor_ca_elsewhere },
	{ "ca-file", "a line at which sshd stops to read CA keys", false,
	    doctor_ca_file },
	{ "list-file",
	    "a principals file that sshd refuses for its mode or owner", false,
	    doctor_list_file },
	{ "revoked-keys", "a RevokedKeys file for which sshd refuses every key",
	    false, doctor_revoked_keys },
	{ "keys-command-first",
	    "an AuthorizedKeysCommand for which 8.7 to 9.3 drop ours", false,
	    doctor_keys_command_first },
	{ "command-twice",
	    "several principals commands, of which one is ignored", false,
	    doctor_command_twice },
	{ "command-comment",
	    "a comment on a command line, which becomes arguments", false,
	    doctor_command_comment },
	{ "command-token", "a % token that this sshd does not know and dies of",
	    false, doctor_command_token },
	{ "none-in-match", "`none` where it is a file's name, or refuses all",
	    false, doctor_none_in_match },
	{ "pubkey-off", "logins for which PubkeyAuthentication is off", false,
	    doctor_pubkey_off },
	{ "more-methods",
	    "AuthenticationMethods that ask for more than a certificate", true,
	    doctor_more_methods },
	{ "keys-authority", "cert-authority lines in authorized_keys files",
	    true, doctor_keys_authority },
	{ "source-penalties",
	    "PerSourcePenalties that shut out everybody behind one address",
	    false, doctor_source_penalties },
	{ "pam-environment",
	    "a PAM stack in which users say themselves how they got in", false,
	    doctor_pam_environment },
};

const size_t doctor_n_checks = sizeof(doctor_checks) / sizeof(doctor_checks[0]);

const struct doctor_check *
doctor_check_by_code(const char *code)
{
	size_t i;

	for (i = 0; i < doctor_n_checks; i++) {
		if (strcmp(doctor_checks[i].code, code) == 0)
			return &doctor_checks[i];
	}
	return NULL;
}

static void
finding_clear(struct doctor_finding *f)
{
	free(f->file);
	free(f->what);
	free(f->why);
	free(f->fix);
}

static bool
is_noted(const struct doctor *d, const struct doctor_finding *f)
{
	size_t i;

	for (i = 0; i < d->report->n_items; i++) {
		const struct doctor_finding *old = &d->report->items[i];

		if (old->check == f->check && old->line == f->line &&
		    (old->file == NULL) == (f->file == NULL) &&
		    (f->file == NULL || strcmp(old->file, f->file) == 0) &&
		    strcmp(old->what, f->what) == 0)
			return true;
	}
	return false;
}

/* Escaped for a terminal; quotes may stand as they are. */
static char *
copy_shown(const char *text)
{
	char shown[SHOWN_SIZE];
	char *p, *to;

	(void)escape_text(shown, sizeof(shown), text);
	for (p = to = shown; *p != '\0'; p++) {
		if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
			p++;
		*to++ = *p;
	}
	*to = '\0';
	return strdup(shown);
}

int
doctor_find(struct doctor *d, enum doctor_severity severity,
    const struct doctor_words *w, struct err *err)
{
	struct doctor_report *r = d->report;
	struct doctor_finding *grown;
	struct doctor_finding f = { .check = d->check,
		.severity = severity,
		.line = w->line,
		.is_cured = w->is_cured };

	f.file = w->file == NULL ? NULL : copy_shown(w->file);
	f.what = copy_shown(w->what);
	f.why = copy_shown(w->why);
	f.fix = copy_shown(w->fix);
	if ((w->file != NULL && f.file == NULL) || f.what == NULL ||
	    f.why == NULL || f.fix == NULL)
		goto memory;
	if (is_noted(d, &f)) {
		finding_clear(&f);
		return 0;
	}
	if (severity == DOCTOR_FAILURE)
		r->n_failures++;
	else
		r->n_warnings++;
	if (r->n_items == DOCTOR_MAX) {
		finding_clear(&f);
		return 0;
	}
	grown = realloc(r->items, (r->n_items + 1) * sizeof(*grown));
	if (grown == NULL)
		goto memory;
	r->items = grown;
	r->items[r->n_items++] = f;
	return 0;
memory:
	finding_clear(&f);
	return err_setf(err, ERR_MEMORY, "out of memory");
}

int
doctor_find_line(struct doctor *d, enum doctor_severity severity,
    const struct sshdconf_line *line, const char *what, const char *why,
    const char *fix, struct err *err)
{
	struct doctor_words w = { d->t->conf->files[line->file].path,
		line->line, what, why, fix, line->is_ours };
	size_t i;

	for (i = 0; i < d->t->n_directives; i++) {
		if (strcmp(line->keyword, target_keywords[i]) == 0)
			w.is_cured = true;
	}
	return doctor_find(d, severity, &w, err);
}

int
doctor_stat(const struct doctor *d, const char *inside, struct stat *st)
{
	char path[PATH_MAX];

	return stat(root_path(d->t->root, path, inside), st);
}

char *
doctor_resolve(const struct doctor *d, const char *inside)
{
	char *out = malloc(PATH_MAX);

	if (out != NULL && root_resolve(d->t->root, inside, out, NULL) < 0) {
		free(out);
		out = NULL;
	}
	return out;
}

int
doctor_open_folder(const struct doctor *d, const char *inside, DIR **out,
    struct err *err)
{
	struct err own = ERR_INIT;
	char *path;

	*out = NULL;
	if ((path = root_locate(d->t->root, inside, &own)) == NULL) {
		if (own.code == ERR_NOT_FOUND || own.code == ERR_REFUSED)
			return 0;
		return err_setf(err, own.code, "%s", own.text);
	}
	*out = opendir(path);
	free(path);
	if (*out == NULL && errno != ENOENT && errno != ENOTDIR)
		return err_system(err, "%s", inside);
	return 0;
}

bool
doctor_is_since(const struct doctor *d, unsigned int major, unsigned int minor)
{
	const struct sshd_version *v = &d->t->version;

	return d->t->has_sshd &&
	    (v->major > major || (v->major == major && v->minor >= minor));
}

/* Whether an earlier line of the same scope is what sshd takes. */
static bool
is_beaten(const struct sshdconf *c, size_t n)
{
	const struct sshdconf_line *line = &c->lines[n];
	size_t i;

	/* Scopes count upwards: a lower one stands before line's began. */
	for (i = n; i-- > 0 && c->lines[i].match >= line->match;) {
		if (c->lines[i].match == line->match &&
		    !c->lines[i].is_replaced &&
		    strcmp(c->lines[i].keyword, line->keyword) == 0)
			return true;
	}
	return false;
}

const struct sshdconf_line *
doctor_next_line(const struct doctor *d, const char *keyword, size_t *at)
{
	const struct sshdconf *c = d->t->conf;

	while (c != NULL && *at < c->n_lines) {
		size_t n = (*at)++;

		if (!c->lines[n].is_replaced &&
		    strcmp(c->lines[n].keyword, keyword) == 0 &&
		    !is_beaten(c, n))
			return &c->lines[n];
	}
	return NULL;
}

const struct sshd_settings *
doctor_settings(const struct doctor *d, const struct person *p)
{
	size_t i;

	for (i = 1; i < d->n_logins; i++) {
		if (d->logins[i].person == p)
			return &d->logins[i].settings;
	}
	return d->n_logins == 0 ? NULL : &d->logins[0].settings;
}

bool
doctor_is_none(const char *value)
{
	char quote = value[0];

	if (quote != '"' && quote != '\'')
		return strcasecmp(value, "none") == 0;
	return strncasecmp(value + 1, "none", 4) == 0 && value[5] == quote;
}

/* Settings that checks ask of single users; elsewhere all get the same. */
static bool
differs_by_user(const struct sshdconf *c)
{
	static const char *const keywords[] = { "authenticationmethods",
		"authorizedkeysfile", "authorizedprincipalsfile",
		"pubkeyauthentication", "revokedkeys", "trustedusercakeys",
		NULL };
	size_t i, k;

	for (i = 0; i < c->n_lines; i++) {
		for (k = 0; c->lines[i].match != 0 && keywords[k] != NULL; k++)
			if (strcmp(c->lines[i].keyword, keywords[k]) == 0)
				return true;
	}
	return false;
}

static int
add_login(struct doctor *d, const struct person *p, struct err *err)
{
	struct doctor_login *login = &d->logins[d->n_logins];
	int covered = p == NULL ? 0 : reach_covers(&d->reach, p, err);

	if (covered < 0 ||
	    sshd_effective_user(d->t->root, d->t->config,
		p == NULL ? NOBODY : p->name, &login->settings, err) < 0)
		return -1;
	login->person = p;
	login->is_covered = covered > 0;
	d->n_logins++;
	return 0;
}

/*
 * Ask sshd about nobody in particular and about root; about others, those
 * first whom the policy covers, where that can make a difference.
 */
static int
add_logins(struct doctor *d, struct err *err)
{
	const struct person *p;
	size_t i;
	int covered, pass;

	d->logins = calloc(DOCTOR_MAX_LOGINS + 2, sizeof(*d->logins));
	if (d->logins == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	if (!d->t->has_sshd || d->t->conf == NULL ||
	    d->t->refused.code != ERR_NONE)
		return 0;
	if (add_login(d, NULL, err) < 0)
		return -1;
	if ((p = people_find(&d->people, "root")) != NULL &&
	    add_login(d, p, err) < 0)
		return -1;
	for (pass = 1; pass >= 0 && differs_by_user(d->t->conf); pass--) {
		for (i = 0; i < d->people.n_items; i++) {
			p = &d->people.items[i];
			if (d->n_logins > DOCTOR_MAX_LOGINS)
				return 0;
			if (!p->has_shell || strcmp(p->name, "root") == 0 ||
			    !sshd_can_ask(p->name))
				continue;
			covered = reach_covers(&d->reach, p, err);
			if (covered < 0 ||
			    (covered == pass && add_login(d, p, err) < 0))
				return -1;
		}
	}
	return 0;
}

static void
doctor_clear(struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->n_logins; i++)
		sshd_settings_clear(&d->logins[i].settings);
	free(d->logins);
	reach_close(&d->reach);
	people_clear(&d->people);
}

int
doctor_run(const struct target *t, const struct sshdconf_edit *edit,
    const char *folder, struct doctor_report *out, struct err *err)
{
	struct doctor d = { .t = t, .edit = edit, .report = out };
	size_t i;
	int ret = -1;

	memset(out, 0, sizeof(*out));
	out->has_no_sshd = !t->has_sshd;
	/* A damaged index is `status`'s to report: nobody counts. */
	if (reach_open(&d.reach, folder, &out->no_index) < 0)
		reach_close(&d.reach);
	if (people_load(&d.people, t->root, time(NULL), err) < 0 ||
	    add_logins(&d, err) < 0)
		goto out;
	for (i = 0; i < doctor_n_checks; i++) {
		d.check = &doctor_checks[i];
		if (d.check->run(&d, err) < 0)
			goto out;
	}
	ret = 0;
out:
	doctor_clear(&d);
	return ret;
}

void
doctor_report_clear(struct doctor_report *r)
{
	size_t i;

	for (i = 0; i < r->n_items; i++)
		finding_clear(&r->items[i]);
	free(r->items);
	memset(r, 0, sizeof(*r));
}

bool
doctor_is_in_the_way(
    const struct doctor_finding *f, const char *const *overruled, size_t n)
{
	size_t i;

	if (f->severity != DOCTOR_FAILURE || f->is_cured)
		return false;
	for (i = 0; i < n; i++) {
		if (strcmp(overruled[i], f->check->code) == 0)
			return false;
	}
	return true;
}

static const char *
severity_word(const struct doctor_finding *f)
{
	return f->severity == DOCTOR_FAILURE ? "failure" : "warning";
}

void
doctor_print(const struct doctor_finding *f, FILE *out)
{
	if (f->file != NULL && f->line != 0)
		(void)fprintf(out, "%s:%zu: ", f->file, f->line);
	else if (f->file != NULL)
		(void)fprintf(out, "%s: ", f->file);
	(void)fprintf(out, "%s: %s [%s]\n    %s\n    do: %s\n",
	    severity_word(f), f->what, f->check->code, f->why, f->fix);
}

json_t *
doctor_json(const struct doctor_finding *f)
{
	return json_pack("{s:s, s:s, s:s?, s:I, s:s, s:s, s:s, s:b}", "code",
	    f->check->code, "severity", severity_word(f), "file", f->file,
	    "line", (json_int_t)f->line, "what", f->what, "why", f->why, "fix",
	    f->fix, "cured", f->is_cured);
}
