/*
 * pam-auth-update(8): a profile in /usr/share/pam-configs, which it merges
 * with those of the packages into /etc/pam.d/common-*.  What it made last it
 * keeps in /var/lib/pam, to tell an administrator's changes; where those go
 * beyond options it leaves the files alone, and its exit status is 0.
 */
#include "config.h"

#include "config-gen/pammech.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"

#define TOOL "/usr/sbin/pam-auth-update"
#define PROFILE_NAME "certgate"
#define PROFILE "/usr/share/pam-configs/" PROFILE_NAME
#define COMMON "/etc/pam.d/common-"
#define SAVED "/var/lib/pam/"
#define MAX_PROFILE 65536
#define TITLE "Name: SSH certificates, by certgate pam enable\n"

static const struct pamkeep_file files[] = {
	{ "common-auth", COMMON "auth" },
	{ "common-account", COMMON "account" },
	{ "common-password", COMMON "password" },
	{ "common-session", COMMON "session" },
	{ "common-session-noninteractive", COMMON "session-noninteractive" },
	{ "saved-auth", SAVED "auth" },
	{ "saved-account", SAVED "account" },
	{ "saved-password", SAVED "password" },
	{ "saved-session", SAVED "session" },
	{ "saved-session-noninteractive", SAVED "session-noninteractive" },
	{ "saved-seen", SAVED "seen" },
	{ "profile", PROFILE },
};

static bool
has(const struct root *root, const char *inside, int how)
{
	char *path = root_locate(root, inside, NULL);
	bool has_it = path != NULL && access(path, how) == 0;

	free(path);
	return has_it;
}

static int
is_there(const struct root *root, struct err *err)
{
	(void)err;
	return has(root, TOOL, X_OK) && has(root, COMMON "session", F_OK) &&
	    has(root, SAVED "session", F_OK);
}

/* Session comes after pam_loginuid.so of sshd, and before pam_systemd.so. */
static char *
profile_text(const struct root *root, bool has_sudo, struct err *err)
{
	const char *module = pammech_module(root);
	char *auth = NULL, *text = NULL;

	if (has_sudo &&
	    asprintf(&auth,
		"Auth-Type: Primary\n"
		"Auth:\n"
		"\t[success=1 default=ignore]\t" PAMMECH_CONDITION "\n"
		"\t[success=end default=ignore]\t%s\n",
		PAMMECH_AUTH, module) < 0)
		auth = NULL;
	if ((has_sudo && auth == NULL) ||
	    asprintf(&text,
		TITLE
		"Default: no\n"
		"Priority: 1024\n"
		"%s"
		"Session-Interactive-Only: yes\n"
		"Session-Type: Additional\n"
		"Session:\n"
		"\t[success=1 default=ignore]\t" PAMMECH_CONDITION "\n"
		"\trequired\t\t\t%s\n",
		has_sudo ? auth : "", PAMMECH_SESSION, module) < 0) {
		text = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	}
	free(auth);
	return text;
}

/* A profile of that name that is none of ours is not written over. */
static int
judge_profile(const char *path, struct err *err)
{
	struct err own = ERR_INIT;
	char *old = NULL;
	size_t len;
	int ret = 0;

	if (file_read(path, FILE_ROOTS, MAX_PROFILE, &old, &len, &own) < 0)
		return own.code == ERR_NOT_FOUND
		    ? 0
		    : err_setf(err, own.code, "%s", own.text);
	if (strncmp(old, TITLE, sizeof(TITLE) - 1) != 0)
		ret = err_setf(err, ERR_REFUSED,
		    PROFILE ": there is a profile of this name already, and "
		    "it is not certgate's");
	free(old);
	return ret;
}

static int
look(const struct root *root, char text[PAMKEEP_TEXT_SIZE], struct err *err)
{
	const char *module = pammech_module(root);
	char *path;
	int ret;

	text[0] = '\0';
	/* It replaces this word by a number, wherever it stands in a line. */
	if (strstr(module, "end") != NULL || strpbrk(module, " \t[]") != NULL)
		return err_setf(err, ERR_UNSUPPORTED,
		    "%s: pam-auth-update cannot write a path with \"end\" or "
		    "blanks in it",
		    module);
	if ((path = root_locate(root, PROFILE, err)) == NULL)
		return -1;
	ret = judge_profile(path, err);
	free(path);
	return ret;
}

static int
put_profile(const struct root *root, bool has_sudo, struct err *err)
{
	char *text = profile_text(root, has_sudo, err);
	char *path = NULL;
	int ret = -1;

	if (text != NULL && (path = root_locate(root, PROFILE, err)) != NULL)
		ret = file_replace(path, text, strlen(text), 0644, geteuid(),
		    getegid(), err);
	free(path);
	free(text);
	return ret;
}

static int
run(const struct root *root, const char *option, struct err *err)
{
	const char *const argv[] = { "/usr/bin/env",
		"DEBIAN_FRONTEND=noninteractive", TOOL, "--package", option,
		PROFILE_NAME, NULL };
	char said[PAMMECH_SAID_SIZE];
	int status = pammech_run(root, argv, NULL, said, err);

	if (status < 0)
		return -1;
	/* Local modifications: it says so, and that is all. */
	if (status != 0 || strstr(said, "not updating") != NULL)
		return err_setf(err, ERR_REFUSED,
		    "pam-auth-update %s: %s; see pam-auth-update(8)", option,
		    said);
	return 0;
}

static int
put(const struct root *root, const char *text, bool has_sudo, struct err *err)
{
	(void)text;
	if (put_profile(root, has_sudo, err) < 0)
		return -1;
	return run(root, "--enable", err);
}

static int
take(const struct root *root, const char *text, struct err *err)
{
	(void)text;
	return run(root, "--remove", err);
}

const struct pammech pammech_debian = { "pam-auth-update", files,
	sizeof(files) / sizeof(files[0]), is_there, look, put, take };
