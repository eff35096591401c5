#include "config.h"

#include "config-gen/pamsetup.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

/* Not in PAM's own folders, where every file is a service. */
#define LOCK_FOLDER "/var/lib"
#define LOCK_NAME ".certgate-pam-lock"

static const struct pammech *const mechanisms[] = { &pammech_debian,
	&pammech_authselect };

/* Words of the kept line: its tool, what it was for, and the tool's own. */
#define WITH_SUDO "sudo"
#define WITHOUT_SUDO "session"

/* "TOOL sudo|session REST". */
struct kept {
	const struct pammech *mech;
	bool has_sudo;
	const char *rest;
};

static int
read_kept(const char *line, struct kept *out, struct err *err)
{
	char tool[64], what[16];
	size_t i;
	int n = 0;

	memset(out, 0, sizeof(*out));
	if (sscanf(line, "%63s %15s%n", tool, what, &n) != 2 ||
	    (strcmp(what, WITH_SUDO) != 0 && strcmp(what, WITHOUT_SUDO) != 0))
		return err_setf(err, ERR_MALFORMED,
		    PAMKEEP_FOLDER "/mechanism: not as certgate writes it");
	for (i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if (strcmp(mechanisms[i]->name, tool) == 0)
			out->mech = mechanisms[i];
	}
	if (out->mech == NULL)
		return err_setf(err, ERR_MALFORMED,
		    PAMKEEP_FOLDER "/mechanism: not as certgate writes it");
	out->has_sudo = strcmp(what, WITH_SUDO) == 0;
	out->rest = line + n + (line[n] == ' ');
	return 0;
}

/* --- begin ---------------------------------------------------------------- */

/* In a folder that is there anyway: nothing of ours stays behind. */
static int
lock(struct pamsetup *p, struct err *err)
{
	char *folder = root_locate(p->root, LOCK_FOLDER, err);
	char path[PATH_MAX];
	int n, ret;

	if (folder == NULL)
		return -1;
	n = snprintf(path, sizeof(path), "%s/" LOCK_NAME, folder);
	if (n < 0 || (size_t)n >= sizeof(path))
		ret = err_setf(err, ERR_LIMIT, "the root's path is too long");
	else
		ret = lockfile_take(&p->lock, path, 0, err);
	free(folder);
	return ret;
}

static int
find_mechanism(struct pamsetup *p, struct err *err)
{
	size_t i;
	int found;

	for (i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
		if ((found = mechanisms[i]->is_there(p->root, err)) < 0)
			return -1;
		if (found == 1) {
			p->mech = mechanisms[i];
			break;
		}
	}
	return 0;
}

/* Whether the file names us, so that it is not as somebody else made it. */
static bool
names_us(const struct root *root, const char *inside)
{
	char *path = root_locate(root, inside, NULL), *text = NULL;
	bool has_name = false;
	size_t len;

	if (path != NULL &&
	    file_read(path, FILE_ROOTS, PAMKEEP_MAX_FILE, &text, &len, NULL) ==
		0)
		has_name = strstr(text, "certgate") != NULL;
	free(text);
	free(path);
	return has_name;
}

static void
note_left(struct pamsetup *p, const char *path)
{
	size_t len = strlen(p->left);

	/* Its own notes change with every package. */
	if (strncmp(path, "/etc/", 5) != 0 ||
	    len + strlen(path) + 2 > sizeof(p->left))
		return;
	(void)snprintf(p->left + len, sizeof(p->left) - len, "%s%s",
	    len == 0 ? "" : " ", path);
}

/*
 * Have a change undone that did not come to its end: as the tool does it,
 * and then every file as it was.  Where that was another command's change,
 * others may have changed files since: then only those that still name us.
 */
static int
put_back(struct pamsetup *p, const struct kept *kept, bool is_own,
    struct err *err)
{
	struct err own = ERR_INIT;
	struct pamview v = { 0 };
	const struct pamview_stack *left;
	size_t i;
	int as, ret = -1;

	p->keep.files = kept->mech->files;
	p->keep.n_files = kept->mech->n_files;
	p->is_undone = false;
	/* It may be what broke; what counts is what is there afterwards. */
	(void)kept->mech->take(p->root, kept->rest, &own);
	for (i = 0; i < p->keep.n_files; i++) {
		if ((as = pamkeep_is_as(&p->keep, i, PAMKEEP_BEFORE, err)) < 0)
			return -1;
		if (as == 1)
			continue;
		if (!is_own && !names_us(p->root, p->keep.files[i].path))
			note_left(p, p->keep.files[i].path);
		else if (pamkeep_restore(&p->keep, i, err) < 0)
			return -1;
	}
	if (pamview_load(&v, p->root, err) < 0)
		goto out;
	if ((left = pamview_ours(&v)) != NULL)
		(void)err_setf(err, ERR_REFUSED,
		    "what an interrupted certgate pam did cannot be put back: "
		    "%s still names the module%s%s",
		    left->place, own.code == ERR_NONE ? "" : ": ", own.text);
	else
		ret = pamkeep_forget(&p->keep, err);
	p->is_undone = ret == 0;
out:
	pamview_clear(&v);
	return ret;
}

int
pamsetup_open(struct pamsetup *p, const struct root *root, struct err *err)
{
	struct kept kept;

	memset(p, 0, sizeof(*p));
	p->root = root;
	p->lock = (struct lockfile)LOCKFILE_INIT;
	p->is_undone = true;
	if (lock(p, err) < 0 ||
	    pamkeep_look(&p->keep, root, &p->state, p->mechanism, err) < 0)
		return -1;
	if (p->state == PAMKEEP_HALF) {
		if (read_kept(p->mechanism, &kept, err) < 0 ||
		    put_back(p, &kept, false, err) < 0)
			return -1;
		p->state = PAMKEEP_NONE;
		p->is_recovered = true;
	}
	if (find_mechanism(p, err) < 0)
		return -1;
	return pamview_load(&p->before, root, err);
}

void
pamsetup_close(struct pamsetup *p)
{
	pamview_clear(&p->before);
	pamview_clear(&p->after);
	lockfile_drop(&p->lock);
}

/* --- enable ---------------------------------------------------------------- */

static int
judge(struct pamsetup *p, bool has_sudo, struct err *err)
{
	pamview_clear(&p->after);
	if (pamview_load(&p->after, p->root, err) < 0 ||
	    pamview_same_others(&p->before, &p->after, err) < 0)
		return -1;
	return pamview_judge(&p->after, has_sudo, err);
}

static int
change(struct pamsetup *p, const char *text, bool has_sudo, struct err *err)
{
	char line[PAMKEEP_TEXT_SIZE];
	struct err own = ERR_INIT, undo = ERR_INIT;
	struct kept kept = { p->mech, has_sudo, text };

	if (snprintf(line, sizeof(line), "%s %s %s", p->mech->name,
		has_sudo ? WITH_SUDO : WITHOUT_SUDO, text) >=
	    (int)sizeof(line))
		return err_setf(
		    err, ERR_LIMIT, "%s: too long a state", p->mech->name);
	p->keep.files = p->mech->files;
	p->keep.n_files = p->mech->n_files;
	if (pamkeep_begin(&p->keep, line, err) < 0) {
		(void)pamkeep_forget(&p->keep, &undo);
		return -1;
	}
	if (p->mech->put(p->root, text, has_sudo, &own) == 0 &&
	    judge(p, has_sudo, &own) == 0 &&
	    pamkeep_end(&p->keep, &own) == 0) {
		p->is_new = true;
		return 0;
	}
	if (put_back(p, &kept, true, &undo) < 0)
		return err_setf(err, own.code,
		    "%.200s; and putting back what was failed: %.200s",
		    own.text, undo.text);
	return err_setf(err, own.code, "%s", own.text);
}

/* It is in already, by us: as it is wanted now? */
static int
look_again(struct pamsetup *p, bool has_sudo, struct err *err)
{
	struct kept kept;

	if (read_kept(p->mechanism, &kept, err) < 0)
		return -1;
	if (kept.has_sudo != has_sudo)
		return err_setf(err, ERR_REFUSED,
		    "it is enabled already, %s sudo; certgate pam disable "
		    "comes first",
		    kept.has_sudo ? "with" : "without");
	return judge(p, has_sudo, err);
}

/* --- disable --------------------------------------------------------------- */

/* A file's name, as pam.d includes it. */
static const char *
base_name(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* Whether a line of ours stands in a file that the tool writes. */
static const struct pamview_stack *
in_tools_files(const struct pammech *mech, const struct pamview *v)
{
	const char *name;
	size_t i, k, len;

	for (i = 0; mech != NULL && i < v->n_items; i++) {
		if (v->items[i].place == NULL)
			continue;
		for (k = 0; k < mech->n_files; k++) {
			name = base_name(mech->files[k].path);
			len = strlen(name);
			if (strncmp(v->items[i].place, name, len) == 0 &&
			    v->items[i].place[len] == ':')
				return &v->items[i];
		}
	}
	return NULL;
}

static int
take(struct pamsetup *p, const struct kept *kept, struct err *err)
{
	const struct pamview_stack *left;

	if (kept->mech->take(p->root, kept->rest, err) < 0)
		return -1;
	pamview_clear(&p->after);
	if (pamview_load(&p->after, p->root, err) < 0)
		return -1;
	if ((left = in_tools_files(kept->mech, &p->after)) != NULL)
		return err_setf(err, ERR_REFUSED,
		    "%s left %s as it is, since it was changed by hand; take "
		    "the lines with %s and its condition out of it by hand",
		    kept->mech->name, left->place, PAMVIEW_MODULE);
	return 0;
}

/*
 * The tool takes out what it put in.  What nobody else has touched becomes
 * what it was, to the byte; elsewhere others' changes stay.
 */
static int
undo(struct pamsetup *p, const struct kept *kept, struct err *err)
{
	bool is_untouched[PAMKEEP_MAX_FILES] = { false };
	size_t i;
	int before, after;

	p->keep.files = kept->mech->files;
	p->keep.n_files = kept->mech->n_files;
	for (i = 0; i < p->keep.n_files; i++) {
		before = pamkeep_is_as(&p->keep, i, PAMKEEP_BEFORE, err);
		after = pamkeep_is_as(&p->keep, i, PAMKEEP_AFTER, err);
		if (before < 0 || after < 0)
			return -1;
		is_untouched[i] = before == 1 || after == 1;
		if (!is_untouched[i])
			note_left(p, p->keep.files[i].path);
	}
	if (take(p, kept, err) < 0)
		return -1;
	for (i = 0; i < p->keep.n_files; i++) {
		before = pamkeep_is_as(&p->keep, i, PAMKEEP_BEFORE, err);
		if (before < 0 ||
		    (before == 0 && is_untouched[i] &&
			pamkeep_restore(&p->keep, i, err) < 0))
			return -1;
	}
	pamview_clear(&p->after);
	if (pamview_load(&p->after, p->root, err) < 0)
		return -1;
	return pamkeep_forget(&p->keep, err);
}

/* --- the commands ---------------------------------------------------------- */

int
pamsetup_enable(struct pamsetup *p, bool has_sudo, struct err *err)
{
	const struct pamview_stack *ours = pamview_ours(&p->before);
	const struct pamview_stack *sshd;
	struct kept kept;
	char text[PAMKEEP_TEXT_SIZE] = "";

	if (p->state == PAMKEEP_WHOLE && ours != NULL)
		return look_again(p, has_sudo, err);
	/* The tool itself took it out since: what is left of it goes first. */
	if (p->state == PAMKEEP_WHOLE) {
		if (read_kept(p->mechanism, &kept, err) < 0 ||
		    undo(p, &kept, err) < 0)
			return -1;
		p->state = PAMKEEP_NONE;
		pamview_clear(&p->before);
		if (pamview_load(&p->before, p->root, err) < 0)
			return -1;
		ours = pamview_ours(&p->before);
	}
	if (ours != NULL)
		return err_setf(err, ERR_REFUSED,
		    "%s names the module already, and certgate did not write "
		    "that; take the line out first, or leave it at that",
		    ours->place);
	if (p->mech == NULL)
		return err_setf(err, ERR_UNSUPPORTED,
		    "neither pam-auth-update nor authselect looks after PAM "
		    "here");
	sshd = pamview_find(&p->before, PAMVIEW_SSHD, PAMSTACK_SESSION);
	if (sshd != NULL && sshd->broken != NULL)
		return err_setf(err, ERR_REFUSED,
		    "the service \"sshd\" cannot be judged: %s",
		    sshd->broken);
	if (p->mech->look(p->root, text, err) < 0)
		return -1;
	return change(p, text, has_sudo, err);
}

int
pamsetup_disable(struct pamsetup *p, struct err *err)
{
	struct kept kept = { p->mech, false, "" };

	if (p->state == PAMKEEP_WHOLE) {
		if (read_kept(p->mechanism, &kept, err) < 0 ||
		    undo(p, &kept, err) < 0)
			return -1;
		p->is_new = true;
		return 0;
	}
	/* By the tool itself, perhaps: its profile outlives a copy of ours. */
	if (in_tools_files(p->mech, &p->before) != NULL) {
		if (take(p, &kept, err) < 0)
			return -1;
		p->is_new = true;
		return 0;
	}
	return pamview_load(&p->after, p->root, err);
}
