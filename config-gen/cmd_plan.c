#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/account.h"
#include "config-gen/admit.h"
#include "config-gen/cakeys.h"
#include "config-gen/cmd.h"
#include "config-gen/compile.h"
#include "config-gen/conflict.h"
#include "config-gen/setting.h"
#include "config-gen/snapshot.h"
#include "config-gen/target.h"
#include "config-gen/textdiff.h"
#include "lib/escape.h"
#include "lib/file.h"

/* Beyond so many users only those that change are shown, unless asked. */
#define MAX_SHOWN_USERS 1000
#define MAX_SHOWN_LINES 20
#define MAX_FILE (1024UL * 1024 * 1024 * 4)
#define MAX_TEXT (16UL * 1024 * 1024)

struct plan {
	struct cmd *c;
	struct policy *policy;
	struct target target;
	struct sshdconf_edit edit;
	char folder[PATH_MAX]; /* the new files, in a folder of their own */
	char stage[64]; /* a folder in it, as seen inside the root */
	char current[PATH_MAX];
	struct snapshot before, after;
	size_t n_changed_files;
	size_t n_changed_users;
	size_t n_changed_settings;
	json_t *files, *settings, *users; /* with --format json */
};

/* Read a file that may be missing: *out is then NULL. */
static int
read_if_there(const char *path, char **out, size_t *len, struct err *err)
{
	struct err mine = ERR_INIT;

	*out = NULL;
	*len = 0;
	if (file_read(path, FILE_ANY, MAX_FILE, out, len, &mine) == 0)
		return 0;
	if (mine.code == ERR_NOT_FOUND)
		return 0;
	return err_setf(err, mine.code, "%s", mine.text);
}

static void
report_file(struct plan *p, const char *shown, const char *change,
    const char *before, size_t before_len, const char *after, size_t after_len)
{
	p->n_changed_files++;
	if (p->c->is_json) {
		(void)json_array_append_new(p->files,
		    json_pack("{s:s, s:s}", "path", shown, "change", change));
		return;
	}
	(void)printf("  %-7s %s\n", change, shown);
	/* The index is not text; its users are shown below.  Nor is a KRL. */
	if (strstr(shown, COMPILE_INDEX) == NULL &&
	    strstr(shown, COMPILE_REVOKED) == NULL && before_len < MAX_TEXT &&
	    after_len < MAX_TEXT)
		textdiff_print(stdout, before == NULL ? "" : before, before_len,
		    after == NULL ? "" : after, after_len, MAX_SHOWN_LINES);
}

/* Compare one file of the generation; name is below both folders. */
static int
compare_file(struct plan *p, const char *name, struct err *err)
{
	char *paths[3] = { NULL };
	char *before = NULL, *after = NULL;
	size_t before_len, after_len;
	int ret = -1;

	if (asprintf(&paths[0], "%s/%s", p->current, name) < 0 ||
	    asprintf(&paths[1], "%s/%s", p->folder, name) < 0 ||
	    asprintf(&paths[2], "%s/%s", ROOT_CURRENT, name) < 0) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (read_if_there(paths[0], &before, &before_len, err) < 0 ||
	    read_if_there(paths[1], &after, &after_len, err) < 0)
		goto out;
	if (before == NULL && after != NULL)
		report_file(p, paths[2], "create", "", 0, after, after_len);
	else if (before != NULL && after == NULL)
		report_file(p, paths[2], "remove", before, before_len, "", 0);
	else if (before != NULL && after != NULL &&
	    (before_len != after_len ||
	        memcmp(before, after, after_len) != 0))
		report_file(p, paths[2], "change", before, before_len, after,
		    after_len);
	ret = 0;
out:
	free(paths[0]);
	free(paths[1]);
	free(paths[2]);
	free(before);
	free(after);
	return ret;
}

static int
is_name(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* Compare one list, unless it is in the folder other too (NULL: none). */
static int
compare_list(struct plan *p, const char *user, const char *other,
    struct err *err)
{
	char *name = NULL, *path = NULL;
	int ret = -1;

	if (asprintf(&name, "%s/%s", COMPILE_LISTS, user) < 0 ||
	    asprintf(&path, "%s/%s", other == NULL ? "" : other, name) < 0)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else if (other != NULL && access(path, F_OK) == 0)
		ret = 0;
	else
		ret = compare_file(p, name, err);
	free(name);
	free(path);
	return ret;
}

/* Compare the lists of one folder, without those that other has too. */
static int
compare_lists(struct plan *p, const char *folder, const char *other,
    struct err *err)
{
	struct dirent **entries = NULL;
	char *path = NULL;
	int i, n, ret = 0;

	if (asprintf(&path, "%s/%s", folder, COMPILE_LISTS) < 0)
		return err_setf(err, ERR_MEMORY, "out of memory");
	n = scandir(path, &entries, is_name, alphasort);
	if (n < 0 && errno != ENOENT)
		ret = err_system(err, "%s", path);
	free(path);
	for (i = 0; i < n; i++) {
		if (ret == 0)
			ret = compare_list(p, entries[i]->d_name, other, err);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

static int
compare_files(struct plan *p, struct err *err)
{
	size_t i;

	if (!p->c->is_json)
		(void)puts("files");
	if (compare_file(p, COMPILE_CA_FILE, err) < 0 ||
	    compare_lists(p, p->folder, NULL, err) < 0 ||
	    compare_lists(p, p->current, p->folder, err) < 0 ||
	    compare_file(p, COMPILE_INDEX, err) < 0 ||
	    compare_file(p, COMPILE_REVOKED, err) < 0)
		return -1;
	for (i = 0; i < p->edit.n_files; i++) {
		const struct sshdconf_change *f = &p->edit.files[i];

		if (f->is_changed)
			report_file(p, f->path,
			    f->old == NULL         ? "create"
			        : f->bytes == NULL ? "remove"
			                           : "change",
			    f->old, f->old == NULL ? 0 : f->old_len, f->bytes,
			    f->bytes == NULL ? 0 : f->len);
	}
	if (p->n_changed_files == 0 && !p->c->is_json)
		(void)puts("  nothing changes");
	return 0;
}

static const char *
change_of(
    const struct snapshot_user *before, const struct snapshot_user *after)
{
	if (!before->is_there)
		return "add";
	if (!after->is_there)
		return "remove";
	if (before->digest != after->digest ||
	    before->has_list != after->has_list)
		return "change";
	return "none";
}

static const char *
sign_of(const char *change)
{
	return strcmp(change, "add") == 0  ? "+"
	    : strcmp(change, "remove") == 0 ? "-"
	    : strcmp(change, "change") == 0 ? "~"
	                                    : " ";
}

static void
report_user(struct plan *p, const char *user, const char *change,
    const struct snapshot_user *before, const struct snapshot_user *after,
    const char *was, const char *is)
{
	const char *served = after->is_there
	    ? (after->has_list ? "list" : "helper")
	    : "";

	if (p->c->is_json) {
		(void)json_array_append_new(p->users,
		    json_pack("{s:s, s:s, s:s, s:s, s:s}", "user", user,
		        "change", change, "served_by", served, "was", was,
		        "is", is));
		return;
	}
	if (strcmp(change, "change") == 0)
		(void)printf("  - %-16s %-7s %s\n", user,
		    before->has_list ? "list" : "helper", was);
	(void)printf("  %s %-16s %-7s %s\n",
	    strcmp(change, "change") == 0 ? "+" : sign_of(change), user,
	    served, after->is_there ? is : was);
}

static int
compare_user(struct plan *p, struct span user, struct err *err)
{
	struct snapshot_user before, after;
	struct wire was = WIRE_INIT, is = WIRE_INIT;
	const char *change;
	char shown[512];
	int ret = -1;

	if (snapshot_user(&p->before, user, &before, &was, err) < 0 ||
	    snapshot_user(&p->after, user, &after, &is, err) < 0)
		goto out;
	wire_put_u8(&was, 0);
	wire_put_u8(&is, 0);
	if (was.has_failed || is.has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	change = change_of(&before, &after);
	if (strcmp(change, "none") != 0)
		p->n_changed_users++;
	if (strcmp(change, "none") != 0 || p->c->is_verbose ||
	    p->policy->n_rules <= MAX_SHOWN_USERS)
		report_user(p,
		    escape_bytes(shown, sizeof(shown), user.p, user.len),
		    change, &before, &after, (char *)was.p, (char *)is.p);
	ret = 0;
out:
	wire_free(&was);
	wire_free(&is);
	return ret;
}

/* Users that the current generation has and the policy has not. */
static int
compare_removed_users(struct plan *p, struct err *err)
{
	struct snapshot_user after;
	struct span key, value;
	unsigned int cursor = 0;
	int more;

	if (p->before.is_empty)
		return 0;
	while ((more = index_walk(
	            &p->before.index, &cursor, &key, &value, err)) == 1) {
		if (key.len == 0 || key.p[0] != 'u')
			continue;
		key.p++;
		key.len--;
		if (snapshot_user(&p->after, key, &after, NULL, err) < 0)
			return -1;
		if (!after.is_there && compare_user(p, key, err) < 0)
			return -1;
	}
	return more;
}

static void
report_setting(void *ctx, char sign, const char *line)
{
	struct plan *p = ctx;

	if (p->c->is_json)
		(void)json_array_append_new(p->settings,
		    json_pack("{s:s, s:s}", "change",
		        sign == '-' ? "remove" : "add", "setting", line));
	else
		(void)printf("  %c %s\n", sign, line);
}

/* What holds for all users: a change of it may be one for each of them. */
static int
compare_settings(struct plan *p, struct err *err)
{
	struct settings before = { 0 }, after = { 0 };
	int ret = -1;

	if (settings_read(&before, &p->before, err) == 0 &&
	    settings_read(&after, &p->after, err) == 0) {
		if (!p->c->is_json)
			(void)puts("for all users");
		p->n_changed_settings =
		    settings_compare(&before, &after, report_setting, p);
		if (p->n_changed_settings == 0 && !p->c->is_json)
			(void)puts("  nothing changes");
		ret = 0;
	}
	settings_clear(&before);
	settings_clear(&after);
	return ret;
}

static int
compare_users(struct plan *p, struct err *err)
{
	size_t i;

	if (!p->c->is_json)
		(void)puts("users");
	for (i = 0; i < p->policy->n_rules; i++) {
		if (compare_user(p, span_of(p->policy->rules[i].user), err) < 0)
			return -1;
	}
	if (compare_removed_users(p, err) < 0)
		return -1;
	if (!p->c->is_json)
		(void)printf("plan        %zu file%s, %zu setting%s for all "
		             "users and %zu user%s would change\n",
		    p->n_changed_files, p->n_changed_files == 1 ? "" : "s",
		    p->n_changed_settings,
		    p->n_changed_settings == 1 ? "" : "s", p->n_changed_users,
		    p->n_changed_users == 1 ? "" : "s");
	return 0;
}

/* In the root's /tmp, so that its sshd can be asked about what is there. */
static int
make_folder(struct plan *p, struct err *err)
{
	(void)root_path(
	    &p->c->root, p->folder, "/tmp/certgate-plan-XXXXXX");
	if (mkdtemp(p->folder) == NULL) {
		(void)err_system(err, "%s", p->folder);
		p->folder[0] = '\0';
		return -1;
	}
	(void)snprintf(p->stage, sizeof(p->stage), "/tmp%s/stage",
	    strrchr(p->folder, '/'));
	return 0;
}

/* What would make apply refuse, and who would log in otherwise. */
static int
admit(struct plan *p, struct err *err)
{
	const struct admit a = { .c = p->c, .t = &p->target,
		.edit = &p->edit, .folder = p->folder, .stage = p->stage,
		.is_plan = true };

	return admit_check(&a, err);
}

static int
prepare(struct plan *p, struct err *err)
{
	struct compile_settings *s = &p->target.compile;

	if (target_open(&p->target, &p->c->root, err) < 0 ||
	    account_lowest(&p->c->root, p->policy, &s->uid_min, err) < 0 ||
	    cakeys_check(&p->target, p->policy, err) < 0)
		return -1;
	target_revokes(&p->target, p->policy->n_revoked != 0);
	if (conflict_check(&p->target, p->c->has_replace_conflicts, err) < 0 ||
	    sshdconf_edit(p->target.conf, &p->c->root, target_directives,
	        p->target.n_directives, p->c->has_replace_conflicts, &p->edit,
	        err) < 0)
		return -1;
	if (make_folder(p, err) < 0)
		return -1;
	s->index_group = s->group;
	s->before = root_path(&p->c->root, p->current, ROOT_CURRENT);
	if (compile_write(p->policy, s, p->folder, err) < 0 ||
	    snapshot_open(&p->after, p->folder, err) < 0 ||
	    snapshot_open(&p->before, p->current, err) < 0)
		return -1;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static int
plan(struct plan *p)
{
	struct err err = ERR_INIT;

	if (prepare(p, &err) < 0 || compare_files(p, &err) < 0 ||
	    compare_settings(p, &err) < 0 || compare_users(p, &err) < 0 || admit(p, &err) < 0)
		return cmd_fail(p->c, &err);
	return p->n_changed_files == 0 ? CMD_DONE : CMD_DIFFERENCE;
}

/* Plan, and leave nothing behind, whoever wants it to end. */
int
cmd_plan(struct cmd *c)
{
	struct err err = ERR_INIT;
	sigset_t held, before;
	struct plan *p;
	int status = CMD_REFUSED;

	if ((p = calloc(1, sizeof(*p))) == NULL) {
		(void)err_setf(&err, ERR_MEMORY, "out of memory");
		return cmd_fail(c, &err);
	}
	/* A program that is running for us gets them, and ends at once. */
	(void)sigemptyset(&held);
	(void)sigaddset(&held, SIGHUP);
	(void)sigaddset(&held, SIGINT);
	(void)sigaddset(&held, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &held, &before);
	p->c = c;
	p->before.fd = p->after.fd = -1;
	if (c->is_json) {
		p->files = json_array();
		p->settings = json_array();
		p->users = json_array();
		(void)json_object_set_new(c->out, "files", p->files);
		(void)json_object_set_new(c->out, "settings", p->settings);
		(void)json_object_set_new(c->out, "users", p->users);
	}
	if ((p->policy = cmd_load_policy(c, c->args[0])) != NULL) {
		cmd_warn_users(c, p->policy);
		status = plan(p);
	}
	snapshot_close(&p->before);
	snapshot_close(&p->after);
	if (p->folder[0] != '\0')
		(void)nftw(p->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	sshdconf_edit_clear(&p->edit);
	target_clear(&p->target);
	policy_free(p->policy);
	free(p);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
