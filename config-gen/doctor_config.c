/*
 * Lines of sshd's configuration that do not mean what they say.
 *
 * Source: servconf.c and auth2-pubkey.c of OpenSSH 8.7 to 10.5; each was
 * seen with a real sshd.
 */
#include "config.h"

#include "config-gen/doctor_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * What sshd can hand on to the process that serves a login.  10.0 sends
 * 262,144 bytes (monitor_wrap.c:mm_request_receive), in which the public host
 * keys and both sides' greetings have their place, too: 261,996 were seen to
 * be left with one small key, some 261,000 with the usual three.
 */
#define SIZE_MAX_10_0 (262144UL - 2048UL)
#define SIZE_MAX_10_1 4128768UL
/* So near to it a few lines more are too many. */
#define SIZE_MARGIN 8192UL

int
doctor_sshd_version(struct doctor *d, struct err *err)
{
	const struct doctor_words w = { NULL, 0, d->t->no_sshd.text,
		"nothing of what sshd will do could be asked",
		"install OpenSSH 8.7 or newer, or name its sshd by --sshd",
		false };

	return d->t->no_sshd.code == ERR_NONE
	    ? 0
	    : doctor_find(d, DOCTOR_FAILURE, &w, err);
}

static bool
is_privsep(const struct doctor *d)
{
	return strstr(d->t->refused.text,
		   "Missing privilege separation directory") != NULL;
}

int
doctor_privsep_folder(struct doctor *d, struct err *err)
{
	const struct doctor_words w = { NULL, 0,
		"sshd's folder for privilege separation, mostly /run/sshd, is "
		"missing",
		"sshd does not start without it, and sshd -t can judge "
		"nothing",
		"start sshd by its unit, which makes it, or: mkdir -m 0755 "
		"/run/sshd",
		false };

	return is_privsep(d) ? doctor_find(d, DOCTOR_FAILURE, &w, err) : 0;
}

/* What no other check explains. */
int
doctor_config_refused(struct doctor *d, struct err *err)
{
	const struct err *why =
	    d->t->no_conf.code != ERR_NONE ? &d->t->no_conf : &d->t->refused;
	struct doctor_words w = { NULL, 0, why->text,
		"the sshd that runs keeps its old configuration until it is "
		"restarted or reloaded, and then is gone",
		"mend it, and look with sshd -t", false };

	/* The other reason to have no file is command-line's to tell. */
	if (why->code == ERR_NONE || is_privsep(d) ||
	    (d->t->config == NULL && why->code == ERR_REFUSED))
		return 0;
	return doctor_find(d, DOCTOR_FAILURE, &w, err);
}

/* Bytes that sshd keeps of a file: blanks before a line are dropped. */
static size_t
kept_bytes(const char *bytes, size_t len)
{
	size_t i, kept = 0;
	bool is_start = true;

	for (i = 0; i < len; i++) {
		if (is_start && strchr(" \t\r", bytes[i]) != NULL)
			continue;
		is_start = bytes[i] == '\n';
		kept++;
	}
	return kept;
}

/* All that is handed on: the main file, and each include with its names. */
static size_t
config_bytes(const struct sshdconf *c)
{
	size_t i, k, n;

	n = kept_bytes(c->files[0].bytes, c->files[0].len);
	for (i = 0; i < c->n_includes; i++) {
		const struct sshdconf_include *in = &c->includes[i];

		for (k = 0; k < i; k++) {
			if (c->includes[k].file == in->file &&
			    strcmp(c->includes[k].pattern, in->pattern) == 0)
				break;
		}
		if (k < i)
			continue;
		n += 3 * sizeof(uint32_t) + strlen(in->pattern);
		if (in->file != SIZE_MAX)
			n += strlen(c->files[in->file].path) +
			    kept_bytes(c->files[in->file].bytes,
				c->files[in->file].len);
	}
	return n;
}

int
doctor_config_size(struct doctor *d, struct err *err)
{
	char what[160];
	struct doctor_words w = { NULL, 0, what, NULL,
		"shorten it: many Match blocks for single users are what "
		"certgate's policy replaces",
		false };
	size_t i, n, max;

	if (d->t->conf == NULL || !doctor_is_since(d, 10, 0))
		return 0;
	max = doctor_is_since(d, 10, 1) ? SIZE_MAX_10_1 : SIZE_MAX_10_0;
	n = config_bytes(d->t->conf);
	for (i = 0; d->edit != NULL && i < d->edit->n_files; i++) {
		n += d->edit->files[i].len;
		n -= d->edit->files[i].old_len < n ? d->edit->files[i].old_len
						   : n;
	}
	if (n + SIZE_MARGIN <= max)
		return 0;
	(void)snprintf(what, sizeof(what),
	    "%zu bytes of configuration, where %s can hand on some %zu", n,
	    d->t->version.text, max);
	w.file = d->t->config;
	w.why = max == SIZE_MAX_10_0
	    ? "beyond that sshd -t is content and every connection dies "
	      "without a word in the log"
	    : "beyond that sshd does not start";
	return doctor_find(
	    d, n > max ? DOCTOR_FAILURE : DOCTOR_WARNING, &w, err);
}

/* Lines beside ours that map certificates. */
int
doctor_ca_elsewhere(struct doctor *d, struct err *err)
{
	const struct sshdconf *c = d->t->conf;
	char what[256];
	bool has_ours = false;
	size_t i, k;

	for (i = 0; c != NULL && i < c->n_lines; i++)
		has_ours = has_ours || c->lines[i].is_ours;
	for (i = 0; c != NULL && i < c->n_lines; i++) {
		const struct sshdconf_line *line = &c->lines[i];

		for (k = 0; k < d->t->n_directives; k++) {
			if (strcmp(line->keyword, target_keywords[k]) == 0)
				break;
		}
		if (line->is_ours || line->is_replaced ||
		    k == d->t->n_directives)
			continue;
		(void)snprintf(what, sizeof(what), "%s is set here%s%s",
		    line->keyword, has_ours ? ", beside certgate's" : "",
		    line->match == 0 ? "" : ", in a Match block");
		if (doctor_find_line(d,
			has_ours ? DOCTOR_FAILURE : DOCTOR_WARNING, line, what,
			"it and certgate's lines cannot both hold: one of the "
			"two is ignored, and who gets in is not what the "
			"policy says",
			"move it into the policy, and let certgate apply "
			"--replace-conflicts comment it out",
			err) < 0)
			return -1;
	}
	return 0;
}

/* Whether this sshd shares one parser for both commands, with its faults. */
static bool
has_old_commands(const struct doctor *d)
{
	return d->t->has_sshd && !doctor_is_since(d, 9, 4);
}

/* The first so many lines of a kind; more are hardly written by hand. */
struct seen {
	const struct sshdconf_line *lines[256];
	size_t n;
};

/* Whether sshd takes both lines for one login, as far as the text tells. */
static bool
may_meet(const struct sshdconf *c, const struct sshdconf_line *a,
    const struct sshdconf_line *b)
{
	const char *x = c->matches[a->match].criteria;
	const char *y = c->matches[b->match].criteria;

	if (a->match == 0 || b->match == 0)
		return a->match == b->match;
	return strcasecmp(x, "all") == 0 || strcasecmp(y, "all") == 0 ||
	    strcmp(x, y) == 0;
}

static const struct sshdconf_line *
seen_before(const struct sshdconf *c, const struct seen *s,
    const struct sshdconf_line *line)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (may_meet(c, s->lines[i], line))
			return s->lines[i];
	}
	return NULL;
}

static void
see(struct seen *s, const struct sshdconf_line *line)
{
	if (s->n < sizeof(s->lines) / sizeof(s->lines[0]))
		s->lines[s->n++] = line;
}

int
doctor_keys_command_first(struct doctor *d, struct err *err)
{
	const struct sshdconf *c = d->t->conf;
	const struct sshdconf_line *line, *keys;
	struct seen seen = { .n = 0 };
	char what[512];
	size_t i;

	for (i = 0; c != NULL && has_old_commands(d) && i < c->n_lines; i++) {
		line = &c->lines[i];
		if (line->is_replaced)
			continue;
		if (strcmp(line->keyword, "authorizedkeyscommand") == 0)
			see(&seen, line);
		if (strcmp(line->keyword, "authorizedprincipalscommand") != 0 ||
		    (keys = seen_before(c, &seen, line)) == NULL)
			continue;
		(void)snprintf(what, sizeof(what),
		    "%s drops this AuthorizedPrincipalsCommand, for the "
		    "AuthorizedKeysCommand in %.200s:%zu stands before it",
		    d->t->version.text, c->files[keys->file].path, keys->line);
		if (doctor_find_line(d, DOCTOR_FAILURE, line, what,
			"nothing asks the command then, and whoever has the "
			"user's name in a certificate gets in; sshd -t does "
			"not say so",
			"put the AuthorizedPrincipalsCommand first; certgate "
			"apply does so with its own",
			err) < 0)
			return -1;
	}
	return 0;
}

int
doctor_command_twice(struct doctor *d, struct err *err)
{
	const struct sshdconf *c = d->t->conf;
	const struct sshdconf_line *line, *other;
	struct seen seen = { .n = 0 };
	char what[512];
	size_t i;

	for (i = 0; c != NULL && i < c->n_lines; i++) {
		line = &c->lines[i];
		if (line->is_replaced ||
		    strcmp(line->keyword, "authorizedprincipalscommand") != 0)
			continue;
		other = seen_before(c, &seen, line);
		see(&seen, line);
		if (other == NULL)
			continue;
		(void)snprintf(what, sizeof(what),
		    "a second AuthorizedPrincipalsCommand beside that in "
		    "%.200s:%zu; of both this sshd uses the %s",
		    c->files[other->file].path, other->line,
		    has_old_commands(d) ? "last" : "first");
		if (doctor_find_line(d, DOCTOR_FAILURE, line, what,
			"8.7 to 9.3 use the last one, all others the first: an "
			"upgrade changes who gets in",
			"keep one; certgate apply --replace-conflicts "
			"comments them out",
			err) < 0)
			return -1;
	}
	return 0;
}

/* Whether text, split as sshd does, has a word that begins with #. */
static bool
has_comment(const char *text)
{
	char quote = '\0';
	bool is_start = true;

	for (; *text != '\0'; text++) {
		if (quote == '\0' && is_start && *text == '#')
			return true;
		is_start = quote == '\0' && (*text == ' ' || *text == '\t');
		if (*text == '\\' && text[1] != '\0' &&
		    strchr("\\\"' ", text[1]) != NULL)
			text++;
		else if (quote != '\0' && *text == quote)
			quote = '\0';
		else if (quote == '\0' && (*text == '"' || *text == '\''))
			quote = *text;
	}
	return false;
}

int
doctor_command_comment(struct doctor *d, struct err *err)
{
	static const char *const keywords[] = { "authorizedprincipalscommand",
		"authorizedkeyscommand", NULL };
	const struct sshdconf_line *line;
	size_t at, k;

	for (k = 0; keywords[k] != NULL; k++) {
		at = 0;
		while ((line = doctor_next_line(d, keywords[k], &at)) != NULL) {
			if (has_comment(line->rest) &&
			    doctor_find_line(d, DOCTOR_FAILURE, line,
				"a comment at the end of a command line",
				"sshd passes # and all that follows to the "
				"command, as arguments",
				"put the comment on a line of its own",
				err) < 0)
				return -1;
		}
	}
	return 0;
}

/* The first % in text that is not followed by one of known, or NULL. */
static const char *
unknown_token(const char *text, const char *known)
{
	while ((text = strchr(text, '%')) != NULL) {
		if (text[1] == '\0' ||
		    (text[1] != '%' && strchr(known, text[1]) == NULL))
			return text;
		text += 2;
	}
	return NULL;
}

int
doctor_command_token(struct doctor *d, struct err *err)
{
	/* since_9_4: those of before, and the new ones. */
	static const struct {
		const char *keyword, *known, *since_9_4;
		bool is_command;
	} rows[] = {
		{ "authorizedprincipalscommand", "uhtTfFkKisU", "uhtTfFkKisUCD",
		    true },
		{ "authorizedkeyscommand", "uhtfkU", "uhtfkUCD", true },
		{ "authorizedprincipalsfile", "uhU", "uhU", false },
		{ "authorizedkeysfile", "uhU", "uhU", false },
		{ "authorizedprincipalscommanduser", "u", "u", false },
		{ "authorizedkeyscommanduser", "u", "u", false },
	};
	const struct sshdconf_line *line;
	const char *known, *text, *token;
	char what[128];
	size_t at, i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at = 0;
		known = doctor_is_since(d, 9, 4) ? rows[i].since_9_4
						 : rows[i].known;
		while ((line = doctor_next_line(d, rows[i].keyword, &at)) !=
		    NULL) {
			text = line->rest;
			/* The program's own path is taken as it is. */
			if (rows[i].is_command)
				text += strcspn(text, " \t");
			if ((token = unknown_token(text, known)) == NULL)
				continue;
			(void)snprintf(what, sizeof(what),
			    "%s does not know the token %.2s of %s",
			    d->t->has_sshd ? d->t->version.text : "sshd", token,
			    line->keyword);
			if (doctor_find_line(d, DOCTOR_FAILURE, line, what,
				"the process that serves a login dies of it, "
				"for everybody who comes as far as this line; "
				"sshd -t does not look",
				"remove it; for a percent sign write %%",
				err) < 0)
				return -1;
		}
	}
	return 0;
}

int
doctor_none_in_match(struct doctor *d, struct err *err)
{
	static const struct {
		const char *keyword, *what, *fix;
		bool is_global_too;
		enum doctor_severity severity;
	} rows[] = {
		{ "revokedkeys",
		    "`RevokedKeys none` in a Match block is a file that cannot "
		    "be read: sshd refuses every key and certificate of these "
		    "users",
		    "name an empty file instead", false, DOCTOR_FAILURE },
		{ "authorizedprincipalsfile",
		    "`AuthorizedPrincipalsFile none` in a Match block is the "
		    "file none in the user's home, which the user may write",
		    "name a file of root's, or leave the line out", false,
		    DOCTOR_FAILURE },
		{ "authorizedprincipalscommand",
		    "`AuthorizedPrincipalsCommand none` is not off: sshd "
		    "refuses every certificate",
		    "leave the line out", true, DOCTOR_FAILURE },
		{ "trustedusercakeys",
		    "`TrustedUserCAKeys none` in a Match block is a file of "
		    "that name, wherever sshd was started",
		    "leave the line out", false, DOCTOR_WARNING },
	};
	const struct sshdconf_line *line;
	size_t at, i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		at = 0;
		while ((line = doctor_next_line(d, rows[i].keyword, &at)) !=
		    NULL) {
			if (!doctor_is_none(line->rest) ||
			    (line->match == 0 && !rows[i].is_global_too))
				continue;
			if (doctor_find_line(d, rows[i].severity, line,
				rows[i].what,
				"in a Match block `none` is a value like any "
				"other, in every version",
				rows[i].fix, err) < 0)
				return -1;
		}
	}
	return 0;
}
