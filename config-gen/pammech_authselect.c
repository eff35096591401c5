/*
 * authselect(8): a custom profile, made of the one that is selected, with our
 * lines in its templates (authselect-profiles(5)) for features of our own.
 * Its files are regenerated from the templates, and authselect refuses by
 * itself where they were changed by hand.
 */
#include "config.h"

#include "config-gen/pammech.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/tree.h"
#include "lib/file.h"

#define TOOL "/usr/bin/authselect"
#define NAME "certgate"
#define CONF "/etc/authselect/"
#define FOLDER CONF "custom/" NAME
#define FEATURE "with-certgate"
#define FEATURE_SUDO "with-certgate-sudo"
#define MAX_TEMPLATE (256UL * 1024)
#define MAX_WORDS 60

static const struct pamkeep_file files[] = {
	{ "authselect.conf", CONF "authselect.conf" },
	{ "system-auth", CONF "system-auth" },
	{ "password-auth", CONF "password-auth" },
	{ "fingerprint-auth", CONF "fingerprint-auth" },
	{ "smartcard-auth", CONF "smartcard-auth" },
	{ "postlogin", CONF "postlogin" },
	{ "nsswitch.conf", CONF "nsswitch.conf" },
	{ "dconf-db", CONF "dconf-db" },
	{ "dconf-locks", CONF "dconf-locks" },
};

/* What is selected: a profile, and features. */
struct selection {
	char text[PAMKEEP_TEXT_SIZE];
	const char *words[MAX_WORDS];
	size_t n;
};

/* Words of authselect's own, which become arguments of it. */
static int
parse(struct selection *s, const char *text, struct err *err)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+./-";
	char *rest, *word;

	s->n = 0;
	if ((size_t)snprintf(s->text, sizeof(s->text), "%s", text) >=
	    sizeof(s->text))
		return err_setf(
		    err, ERR_LIMIT, "authselect has too many features");
	for (word = strtok_r(s->text, " \t\n", &rest); word != NULL;
	     word = strtok_r(NULL, " \t\n", &rest)) {
		if (word[0] == '-' || word[strspn(word, good)] != '\0' ||
		    s->n == MAX_WORDS)
			return err_setf(err, ERR_UNSUPPORTED,
			    "authselect current --raw: its answer is not "
			    "understood");
		s->words[s->n++] = word;
	}
	if (s->n == 0)
		return err_setf(
		    err, ERR_NOT_FOUND, "authselect has no profile selected");
	return 0;
}

/* 1: something is selected, 0: nothing is, -1. */
static int
current(const struct root *root, char text[PAMKEEP_TEXT_SIZE],
    struct err *err)
{
	static const char *const argv[] = { TOOL, "current", "--raw", NULL };
	char said[PAMMECH_SAID_SIZE];
	char *out = NULL;
	int status = pammech_run(root, argv, &out, said, err), ret = 1;

	if (status == 0)
		(void)snprintf(text, PAMKEEP_TEXT_SIZE, "%.*s",
		    (int)strcspn(out, "\n"), out);
	else if (status == 2)
		ret = 0;
	else
		ret = status < 0 ? -1
				 : err_setf(err, ERR_REFUSED,
				       "authselect current: %s", said);
	free(out);
	return ret;
}

static int
is_there(const struct root *root, struct err *err)
{
	char text[PAMKEEP_TEXT_SIZE];
	char *path = root_locate(root, TOOL, NULL);
	bool has_tool = path != NULL && access(path, X_OK) == 0;

	free(path);
	return has_tool ? current(root, text, err) : 0;
}

static int
look(const struct root *root, char text[PAMKEEP_TEXT_SIZE], struct err *err)
{
	static const char *const argv[] = { TOOL, "check", NULL };
	struct selection s;
	char said[PAMMECH_SAID_SIZE];
	char *path;
	bool has_folder;
	int status;

	if ((status = current(root, text, err)) < 0)
		return -1;
	if (parse(&s, status == 0 ? "" : text, err) < 0)
		return -1;
	if (strcmp(s.words[0], "custom/" NAME) == 0)
		return err_setf(err, ERR_REFUSED,
		    "authselect has custom/" NAME " selected already, and "
		    "what was before is not known; select that first");
	if ((path = root_locate_file(root, FOLDER, NULL)) != NULL) {
		has_folder = access(path, F_OK) == 0;
		free(path);
		if (has_folder)
			return err_setf(err, ERR_REFUSED,
			    FOLDER ": there is such a profile already, and "
			    "certgate pam did not make it; give it another "
			    "name");
	}
	if ((status = pammech_run(root, argv, NULL, said, err)) < 0)
		return -1;
	if (status != 0)
		return err_setf(err, ERR_REFUSED,
		    "authselect check: %s; it looks after no files that were "
		    "changed by hand",
		    said);
	return 0;
}

/* Put our lines into a template of the new profile. */
static int
edit(const struct root *root, const char *name, const char *type,
    const char *lines, struct err *err)
{
	struct err own = ERR_INIT;
	char *inside = NULL, *path = NULL, *text = NULL, *edited = NULL;
	size_t len;
	int ret = -1;

	if (asprintf(&inside, FOLDER "/%s", name) < 0) {
		inside = NULL;
		(void)err_setf(&own, ERR_MEMORY, "out of memory");
	} else if ((path = root_locate_file(root, inside, &own)) != NULL &&
	    file_read(path, FILE_ROOTS, MAX_TEMPLATE, &text, &len, &own) ==
		0 &&
	    (edited = pammech_insert(text, type, lines, &own)) != NULL)
		ret = file_replace(path, edited, strlen(edited), 0644,
		    geteuid(), getegid(), &own);
	if (ret < 0)
		(void)err_setf(err, own.code, "authselect's template %s: %s",
		    name, own.text);
	free(edited);
	free(text);
	free(path);
	free(inside);
	return ret;
}

static int
edit_all(const struct root *root, struct err *err)
{
	const char *module = pammech_module(root);
	char *session = NULL, *auth = NULL;
	int ret = -1;

	if (asprintf(&session,
		"session     [success=1 default=ignore] " PAMMECH_CONDITION
		" {include if \"" FEATURE "\"}\n"
		"session     required %s {include if \"" FEATURE "\"}\n",
		PAMMECH_SESSION, module) < 0) {
		session = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	} else if (asprintf(&auth,
		       "auth        [success=1 default=ignore] "
		       PAMMECH_CONDITION
		       " {include if \"" FEATURE_SUDO "\"}\n"
		       "auth        sufficient %s {include if \"" FEATURE_SUDO
		       "\"}\n",
		       PAMMECH_AUTH, module) < 0) {
		auth = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	} else if (edit(root, "password-auth", "session", session, err) == 0) {
		ret = edit(root, "system-auth", "auth", auth, err);
	}
	free(session);
	free(auth);
	return ret;
}

static int
run(const struct root *root, const char *const *argv, struct err *err)
{
	char said[PAMMECH_SAID_SIZE];
	int status = pammech_run(root, argv, NULL, said, err);

	if (status < 0)
		return -1;
	if (status != 0)
		return err_setf(
		    err, ERR_REFUSED, "authselect %s: %s", argv[1], said);
	return 0;
}

static int
put(const struct root *root, const char *text, bool has_sudo, struct err *err)
{
	const char *argv[MAX_WORDS + 8] = { TOOL, "create-profile", NAME,
		"--base-on", NULL, "--symlink-meta", "--symlink-nsswitch",
		NULL };
	struct selection s;
	size_t n = 0, i;

	if (parse(&s, text, err) < 0)
		return -1;
	argv[4] = s.words[0];
	if (run(root, argv, err) < 0 || edit_all(root, err) < 0)
		return -1;
	argv[++n] = "select";
	argv[++n] = "custom/" NAME;
	for (i = 1; i < s.n; i++)
		argv[++n] = s.words[i];
	argv[++n] = FEATURE;
	if (has_sudo)
		argv[++n] = FEATURE_SUDO;
	argv[++n] = "--quiet";
	argv[++n] = NULL;
	return run(root, argv, err);
}

/* Select what was before, with the features that are selected now. */
static int
select_before(const struct root *root, const char *before,
    const struct selection *now, struct err *err)
{
	const char *argv[MAX_WORDS + 4] = { TOOL, "select" };
	struct selection s;
	size_t n = 1, i;

	if (parse(&s, before, err) < 0)
		return -1;
	argv[++n] = s.words[0];
	for (i = 1; i < now->n; i++) {
		if (strcmp(now->words[i], FEATURE) != 0 &&
		    strcmp(now->words[i], FEATURE_SUDO) != 0)
			argv[++n] = now->words[i];
	}
	argv[++n] = "--quiet";
	argv[++n] = NULL;
	return run(root, argv, err);
}

static int
take(const struct root *root, const char *text, struct err *err)
{
	char now[PAMKEEP_TEXT_SIZE];
	struct selection s;
	char *path;
	int ret;

	if ((ret = current(root, now, err)) < 0 ||
	    (ret == 1 && parse(&s, now, err) < 0))
		return -1;
	/* Else another profile was selected since: ours is not in use. */
	if (ret == 1 && strcmp(s.words[0], "custom/" NAME) == 0 &&
	    select_before(root, text, &s, err) < 0)
		return -1;
	if ((path = root_locate_file(root, FOLDER, err)) == NULL)
		return -1;
	ret = tree_remove(path, err);
	free(path);
	return ret;
}

const struct pammech pammech_authselect = { "authselect", files,
	sizeof(files) / sizeof(files[0]), is_there, look, put, take };
