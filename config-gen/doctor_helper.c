/*
 * The login helper and the users that sshd runs commands as.
 *
 * Source: misc.c:safe_path and auth2-pubkey.c:match_principals_command.  The
 * Debian patch that lets a private group write is not relied upon.
 */
#include "config.h"

#include "config-gen/doctor_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/account.h"

#define WHY_HELPER                                                             \
	"sshd does not run the helper then, and everybody whom it serves is "  \
	"refused"

static int
find_helper(struct doctor *d, const char *path, const char *what,
    const char *fix, struct err *err)
{
	struct doctor_words w = { path, 0, what, WHY_HELPER, fix, false };

	return doctor_find(d, DOCTOR_FAILURE, &w, err);
}

/* One step of the way to the helper: inside is a folder or itself. */
static int
check_step(
    struct doctor *d, const char *inside, bool is_folder, struct err *err)
{
	char fix[512];
	struct stat st;

	if (doctor_stat(d, inside, &st) < 0)
		return find_helper(
		    d, inside, strerror(errno), "look at what it is", err);
	if (st.st_uid != 0) {
		(void)snprintf(fix, sizeof(fix), "chown root %.400s", inside);
		if (find_helper(d, inside,
			"on the way to the login helper, and not root's", fix,
			err) < 0)
			return -1;
	}
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		(void)snprintf(fix, sizeof(fix), "chmod go-w %.400s", inside);
		if (find_helper(d, inside,
			"on the way to the login helper, and others than root "
			"may write it",
			fix, err) < 0)
			return -1;
	}
	/* The user is neither its owner nor, mostly, in its group. */
	if ((st.st_mode & S_IXOTH) == 0 &&
	    ((st.st_mode & S_IXGRP) == 0 || !d->t->has_command_user ||
		st.st_gid != d->t->compile.index_group)) {
		(void)snprintf(fix, sizeof(fix), "chmod 755 %.400s", inside);
		return find_helper(d, inside,
		    is_folder ? "the user " COMMAND_USER
				" may not enter it to reach the login helper"
			      : "the user " COMMAND_USER
				" may not execute the login helper",
		    fix, err);
	}
	return 0;
}

/* at, whose links are resolved, and each folder above it; at is used up. */
static int
check_steps(struct doctor *d, char *at, struct err *err)
{
	bool is_folder = false;
	char *slash;

	for (;;) {
		if (check_step(d, at, is_folder, err) < 0)
			return -1;
		if (strcmp(at, "/") == 0)
			return 0;
		if ((slash = strrchr(at, '/')) == at)
			slash++;
		*slash = '\0';
		is_folder = true;
	}
}

int
doctor_helper(struct doctor *d, struct err *err)
{
	char *at = doctor_resolve(d, ROOT_HELPER);
	struct stat st;
	int ret;

	if (at == NULL || doctor_stat(d, at, &st) < 0)
		ret =
		    find_helper(d, ROOT_HELPER, "the login helper is not there",
			"install certgate in this root", err);
	else if (!S_ISREG(st.st_mode))
		ret = find_helper(d, ROOT_HELPER,
		    "the login helper is not a regular file",
		    "install certgate anew", err);
	else
		ret = check_steps(d, at, err);
	free(at);
	return ret;
}

/* Whether there is an account of that name; -1: could not be asked. */
static int
has_account(const struct doctor *d, const char *name, struct err *err)
{
	struct account account;

	if (people_find(&d->people, name) != NULL)
		return 1;
	return account_find(d->t->root, name, &account, err);
}

/* The users of commands that are the administrator's. */
static int
check_user_lines(struct doctor *d, const char *keyword,
    enum doctor_severity severity, const char *why, struct err *err)
{
	const struct sshdconf_line *line;
	char what[256], fix[256];
	size_t at = 0;
	char **args;
	int found;

	while ((line = doctor_next_line(d, keyword, &at)) != NULL) {
		if (line->is_ours)
			continue;
		args = sshdconf_args(line->rest, NO_PLACE, err);
		if (args == NULL)
			return -1;
		found = 1;
		if (args[0] != NULL && strchr(args[0], '%') == NULL &&
		    !doctor_is_none(args[0]))
			found = has_account(d, args[0], err);
		(void)snprintf(what, sizeof(what),
		    "there is no user %.100s to run the command as",
		    args[0] == NULL ? "" : args[0]);
		(void)snprintf(fix, sizeof(fix),
		    "add the user %.100s, or name another one here",
		    args[0] == NULL ? "" : args[0]);
		free(args);
		if (found < 0 ||
		    (found == 0 &&
			doctor_find_line(
			    d, severity, line, what, why, fix, err) < 0))
			return -1;
	}
	return 0;
}

int
doctor_command_user(struct doctor *d, struct err *err)
{
	const struct doctor_words w = { NULL, 0,
		"there is no user " COMMAND_USER
		", as whom sshd runs the login helper",
		"sshd refuses everybody whom the helper serves then",
		"useradd --system --user-group --no-create-home --home-dir "
		"/nonexistent --shell /usr/sbin/nologin " COMMAND_USER,
		false };

	if (!d->t->has_command_user &&
	    doctor_find(d, DOCTOR_FAILURE, &w, err) < 0)
		return -1;
	if (check_user_lines(d, "authorizedprincipalscommanduser",
		DOCTOR_FAILURE,
		"sshd refuses every certificate then; sshd -t does not look",
		err) < 0)
		return -1;
	return check_user_lines(d, "authorizedkeyscommanduser", DOCTOR_WARNING,
	    "the keys that the command would give are not accepted then; "
	    "sshd -t does not look",
	    err);
}
