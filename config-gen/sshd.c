#include "config.h"

#include "config-gen/sshd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "config-gen/service.h"
#include "lib/escape.h"

/* Match Group may ask a slow directory. */
#define TIMEOUT_S 60

/* More settings than any sshd prints, with room for long lists. */
#define MAX_SETTINGS 100000

/* Of sshd's complaints, as many are passed on as fit. */
#define SAID_LINES 3

/* Lines of sshd's that do not say why it fails. */
static const char *const asides[] = { "Deprecated option",
	"Unsupported option", "terminating,", "Could not load host",
	"Unable to load host", NULL };

static const struct cure {
	const char *said;
	const char *cure;
} cures[] = {
	{ "Missing privilege separation directory",
	    "it is made when sshd starts for the first time since boot; start "
	    "sshd, or make the folder (root's, mode 0755)" },
	{ "no hostkeys available", "make host keys with ssh-keygen -A" },
};

static bool
has_sshd(const struct root *root, struct err *err)
{
	char shown[128];

	if (root->sshd != NULL)
		return true;
	err_setf(err, ERR_NOT_FOUND, "there is no sshd in \"%s\"",
	    escape_text(shown, sizeof(shown), root->dir));
	return false;
}

/* "OpenSSH_9.2p1 Debian-2, OpenSSL …", somewhere in text. */
static bool
version_parse(const char *text, struct sshd_version *out)
{
	char word[40];
	size_t len;
	int end = 0;

	if ((text = strstr(text, "OpenSSH_")) == NULL ||
	    sscanf(text, "OpenSSH_%3u.%3u%n", &out->major, &out->minor, &end) !=
		2)
		return false;
	len = strcspn(text, ", \t\r\n");
	(void)snprintf(word, sizeof(word), "%.*s",
	    len < sizeof(word) ? (int)len : (int)sizeof(word) - 1, text);
	(void)escape_text(out->text, sizeof(out->text), word);
	return true;
}

int
sshd_version(
    const struct root *root, struct sshd_version *out, struct err *err)
{
	const char *argv[] = { root->sshd, "-V", NULL };
	struct command_result res = { 0 };
	struct sshd_version v = { 0, 0, "" };
	char shown[128], what[160];
	int ret = -1;

	if (!has_sshd(root, err) ||
	    command_run(root->dir, argv, TIMEOUT_S, &res, err) < 0)
		return -1;
	/* Old ones do not know -V, and show the version with the usage. */
	if (!version_parse(res.errors, &v) && !version_parse(res.out, &v)) {
		err_setf(err, ERR_UNSUPPORTED,
		    "%s: no version of OpenSSH in what it says of itself",
		    escape_text(shown, sizeof(shown), root->sshd));
		goto out;
	}
	if (v.major < 8 || (v.major == 8 && v.minor < 7)) {
		(void)snprintf(what, sizeof(what),
		    "%s is older than OpenSSH 8.7", v.text);
		err_set(err, ERR_UNSUPPORTED, NO_PLACE, what,
		    "it reads quotes and comments of its configuration in "
		    "another way, so that our lines could mean something else",
		    "upgrade OpenSSH");
		goto out;
	}
	*out = v;
	ret = 0;
out:
	command_result_clear(&res);
	return ret;
}

char *
sshd_companion(const struct root *root, const char *name)
{
	const char *slash =
	    root->sshd == NULL ? NULL : strrchr(root->sshd, '/');
	char *path;

	if (slash != NULL &&
	    asprintf(&path, "%.*s/../bin/%s", (int)(slash - root->sshd),
		root->sshd, name) >= 0) {
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	if (asprintf(&path, "/usr/bin/%s", name) < 0)
		return NULL;
	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return NULL;
}

static bool
is_aside(const char *line, size_t len)
{
	size_t i;

	for (i = 0; asides[i] != NULL; i++)
		if (memmem(line, len, asides[i], strlen(asides[i])) != NULL)
			return true;
	return len == 0;
}

/*
 * The lines of text that say why, escaped and joined; with_asides: all.
 * Returns how many there are.
 */
static size_t
reasons_join(
    const char *text, bool with_asides, char *out, size_t out_len)
{
	char shown[200];
	size_t n = 0;
	size_t used = 0;

	out[0] = '\0';
	while (*text != '\0' && n < SAID_LINES) {
		size_t len = strcspn(text, "\r\n");

		if (len > 0 && (with_asides || !is_aside(text, len))) {
			(void)snprintf(out + used, out_len - used, "%s%s",
			    n == 0 ? "" : " / ",
			    escape_bytes(shown, sizeof(shown), text, len));
			used = strlen(out);
			n++;
		}
		text += len;
		text += strspn(text, "\r\n");
	}
	return n;
}

/* Tell why sshd did not accept config.  Always returns -1. */
static int
refused(const char *config, const struct command_result *res, struct err *err)
{
	char said[384], shown[128];
	const char *cure = NULL;
	size_t i;

	for (i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
		if (strstr(res->errors, cures[i].said) != NULL)
			cure = cures[i].cure;
	if (reasons_join(res->errors, false, said, sizeof(said)) == 0 &&
	    reasons_join(res->errors, true, said, sizeof(said)) == 0)
		(void)snprintf(said, sizeof(said),
		    "it exits with status %d and says nothing", res->status);
	/* The cure must not be what a long text cuts off. */
	if (cure != NULL)
		said[200] = '\0';
	return err_setf(err, ERR_REFUSED, "sshd refuses %s: %s%s%s",
	    escape_text(shown, sizeof(shown), config), said,
	    cure == NULL ? "" : "; ", cure == NULL ? "" : cure);
}

int
sshd_run(const struct root *root, const char *const *args,
    struct command_result *res, struct err *err)
{
	const struct service *s = root->service;
	size_t n = s == NULL ? 0 : s->n_args;
	const char **argv;
	size_t i = 0, k;
	int ret;

	if (!has_sshd(root, err))
		return -1;
	while (args[i] != NULL)
		i++;
	if ((argv = calloc(n + i + 2, sizeof(*argv))) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	argv[0] = root->sshd;
	for (k = 0; k < n; k++)
		argv[1 + k] = s->args[k];
	for (k = 0; k < i; k++)
		argv[1 + n + k] = args[k];
	ret = command_run(root->dir, argv, TIMEOUT_S, res, err);
	free(argv);
	return ret;
}

int
sshd_test(const struct root *root, const char *config, struct err *err)
{
	const char *args[] = { "-t", "-f", config, NULL };
	struct command_result res = { 0 };
	int ret = 0;

	if (sshd_run(root, args, &res, err) < 0)
		return -1;
	if (res.status != 0)
		ret = refused(config, &res, err);
	command_result_clear(&res);
	return ret;
}

int
sshd_effective(const struct root *root, const char *config,
    const char *connection, struct sshd_settings *out, struct err *err)
{
	const char *args[] = { "-T", "-f", config,
		connection == NULL ? NULL : "-C", connection, NULL };
	struct command_result res = { 0 };
	int ret;

	if (sshd_run(root, args, &res, err) < 0)
		return -1;
	if (res.status != 0 || res.out_len == 0)
		ret = refused(config, &res, err);
	else
		ret = sshd_settings_parse(out, res.out, res.out_len, err);
	command_result_clear(&res);
	return ret;
}

bool
sshd_can_ask(const char *user)
{
	return user[0] != '\0' && user[strcspn(user, ", \t\"'\\")] == '\0';
}

int
sshd_effective_user(const struct root *root, const char *config,
    const char *user, struct sshd_settings *out, struct err *err)
{
	char connection[1024];

	/* sshd refuses to answer where a Match asks for what is not given. */
	if ((size_t)snprintf(connection, sizeof(connection),
	        "user=%s,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,"
	        "lport=22,rdomain=", user) >= sizeof(connection))
		return err_setf(err, ERR_LIMIT, "user name too long");
	return sshd_effective(root, config, connection, out, err);
}

/* One line of sshd -T's, without its line end. */
static int
setting_add(struct sshd_settings *s, const char *line, size_t len,
    struct err *err)
{
	struct sshd_setting *grown;
	char *keyword = NULL;
	char *value = NULL;
	char shown[80];
	size_t keyword_len, skip, i;

	for (keyword_len = 0; keyword_len < len; keyword_len++) {
		char ch = line[keyword_len];

		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			(ch >= '0' && ch <= '9')))
			break;
	}
	skip = keyword_len < len && line[keyword_len] == ' ' ? 1 : 0;
	if (keyword_len == 0 || (skip == 0 && keyword_len < len) ||
	    memchr(line, '\0', len) != NULL)
		return err_setf(err, ERR_MALFORMED,
		    "sshd -T: \"%s\" is not a keyword and its value",
		    escape_bytes(shown, sizeof(shown), line, len));
	if (s->n_items >= MAX_SETTINGS)
		return err_setf(err, ERR_LIMIT,
		    "sshd -T: more than %d settings", MAX_SETTINGS);
	if ((s->n_items & (s->n_items - 1)) == 0) {
		size_t room = s->n_items == 0 ? 1 : s->n_items * 2;

		if ((grown = realloc(s->items, room * sizeof(*grown))) == NULL)
			return err_setf(err, ERR_MEMORY, "out of memory");
		s->items = grown;
	}
	keyword = strndup(line, keyword_len);
	value = strndup(line + keyword_len + skip, len - keyword_len - skip);
	if (keyword == NULL || value == NULL) {
		free(keyword);
		free(value);
		return err_setf(err, ERR_MEMORY, "out of memory");
	}
	for (i = 0; i < keyword_len; i++)
		if (keyword[i] >= 'A' && keyword[i] <= 'Z')
			keyword[i] = (char)(keyword[i] - 'A' + 'a');
	s->items[s->n_items].keyword = keyword;
	s->items[s->n_items++].value = value;
	return 0;
}

int
sshd_settings_parse(
    struct sshd_settings *out, const char *text, size_t len, struct err *err)
{
	struct sshd_settings s = { NULL, 0 };

	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = end == NULL ? len : (size_t)(end - text);
		size_t used = end == NULL ? len : line_len + 1;

		if (line_len > 0 && text[line_len - 1] == '\r')
			line_len--;
		if (line_len > 0 &&
		    setting_add(&s, text, line_len, err) < 0) {
			sshd_settings_clear(&s);
			return -1;
		}
		text += used;
		len -= used;
	}
	*out = s;
	return 0;
}

const char *
sshd_setting(const struct sshd_settings *s, const char *keyword)
{
	size_t i;

	for (i = 0; i < s->n_items; i++)
		if (strcmp(s->items[i].keyword, keyword) == 0)
			return s->items[i].value;
	return NULL;
}

void
sshd_settings_clear(struct sshd_settings *s)
{
	size_t i;

	for (i = 0; i < s->n_items; i++) {
		free(s->items[i].keyword);
		free(s->items[i].value);
	}
	free(s->items);
	s->items = NULL;
	s->n_items = 0;
}
