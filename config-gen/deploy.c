#include "config.h"

#include "config-gen/deploy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/admit.h"
#include "config-gen/conflict.h"
#include "config-gen/reload.h"
#include "config-gen/sshd.h"
#include "config-gen/stage.h"
#include "config-gen/waiter.h"

#define LOCK_WAIT_S 60

static void
say_taken_back(struct deploy *d, bool is_overdue)
{
	const struct takeback *b = &d->back;
	char current[64] = "no generation is current";

	if (b->link.before != 0)
		(void)snprintf(current, sizeof(current),
		    "generation %lu is current", b->link.before);
	cmd_warn(d->c,
	    "the last apply --confirm (generation %lu) was %s and was taken "
	    "back; %s; reload of sshd: %s",
	    b->link.after,
	    is_overdue ? "not confirmed in time" : "not confirmed", current,
	    b->reloaded);
	if (b->n_edited > 0)
		cmd_warn(d->c,
		    "%zu file%s of sshd's configuration edited since went back "
		    "as well; what was in it is in " ROOT_CERTGATE "/edited.N",
		    b->n_edited, b->n_edited == 1 ? "" : "s");
	if (b->rest[0] != '\0')
		cmd_warn(d->c,
		    "what is left to do after that failed, and the next "
		    "certgate command tries it again: %s",
		    b->rest);
}

static int
refuse_pending(const struct deploy *d, int64_t left_s, struct err *err)
{
	return err_setf(err, ERR_REFUSED,
	    "the last apply (generation %lu) still waits for confirmation, "
	    "%lld s are left; keep it by certgate confirm, or take it back by "
	    "certgate rollback",
	    d->pending->after, (long long)left_s);
}

/* Deal with a change that waits for confirmation. */
static int
settle(struct deploy *d, enum deploy_pending pending, struct err *err)
{
	struct generation_held held;
	int64_t left_s = 0;
	int found = pending_read(d->store, d->pending, err);

	if (found <= 0)
		return found;
	if (generation_held(d->store, &held, err) < 0)
		return -1;
	/* One that was interrupted before it was made has nobody waiting. */
	if (held.is_made &&
	    pending_left_s(d->pending, &left_s,
		pending == DEPLOY_TAKE_BACK ? NULL : err) < 0) {
		if (pending != DEPLOY_TAKE_BACK)
			return -1;
		left_s = 1; /* it goes back, over or not */
	}
	d->is_pending = left_s > 0;
	if (d->is_pending && pending == DEPLOY_REFUSE)
		return refuse_pending(d, left_s, err);
	if (d->is_pending && pending == DEPLOY_LEAVE)
		return 0;
	d->is_pending = false;
	if (takeback_run(d->store, &d->c->root, d->pending,
		d->c->has_no_reload, &d->back, err) < 0)
		return -1;
	d->has_settled = true;
	d->has_taken_back = d->back.was_made;
	if (d->has_taken_back)
		say_taken_back(d, left_s == 0);
	return 0;
}

int
deploy_lock(struct deploy *d, struct cmd *c, enum deploy_pending pending,
    struct err *err)
{
	bool recovered = false;

	memset(d, 0, sizeof(*d));
	d->c = c;
	if ((d->pending = calloc(1, sizeof(*d->pending))) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	/*
	 * The lock first: what an interrupted run left of sshd's
	 * configuration must be gone before that is read.
	 */
	d->store = generation_open(&c->root, LOCK_WAIT_S, &recovered, err);
	if (d->store == NULL)
		return -1;
	if (recovered)
		cmd_warn(c, "an earlier run was interrupted; what it had "
		            "begun was taken back first");
	if (settle(d, pending, err) < 0)
		return -1;
	if (d->has_taken_back) {
		d->previous = d->back.link.before;
		return 0;
	}
	return generation_current(d->store, &d->previous, err);
}

int
deploy_fail(const struct deploy *d, struct cmd *c, const struct err *err)
{
	/* That it went back was said. */
	return d->has_taken_back ? cmd_fail(c, err) : cmd_fail_unchanged(c, err);
}

int
deploy_look(struct deploy *d, struct err *err)
{
	/* Its record would be taken for that of the change to come. */
	if (d->back.rest[0] != '\0')
		return err_setf(err, ERR_REFUSED,
		    "what apply --confirm made has gone back, but a new change "
		    "must wait until all of it is done; run the command again");
	return target_open(&d->target, &d->c->root, err);
}

int
deploy_open(struct deploy *d, struct cmd *c, struct err *err)
{
	if (deploy_lock(d, c, DEPLOY_REFUSE, err) < 0)
		return -1;
	return deploy_look(d, err);
}

int
deploy_edit(struct deploy *d, bool is_removal, struct err *err)
{
	bool replace = d->c->has_replace_conflicts;
	size_t i;

	d->is_removal = is_removal;
	if (!is_removal && conflict_check(&d->target, replace, err) < 0)
		return -1;
	if (sshdconf_edit(d->target.conf, &d->c->root, target_directives,
	        is_removal ? 0 : d->target.n_directives, replace, &d->edit,
	        err) < 0)
		return -1;
	d->files = calloc(d->edit.n_files + 1, sizeof(*d->files));
	if (d->files == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	for (i = 0; i < d->edit.n_files; i++) {
		d->files[i].path = d->edit.files[i].path;
		d->files[i].bytes = d->edit.files[i].bytes;
		d->files[i].len = d->edit.files[i].len;
		d->files[i].was = d->edit.files[i].old;
		d->files[i].was_len = d->edit.files[i].old_len;
	}
	return d->target.has_sshd ? stage_test(&d->target, &d->edit, err) : 0;
}

int
deploy_admit(struct deploy *d, const char *folder, struct err *err)
{
	const struct admit a = { .c = d->c, .t = &d->target, .edit = &d->edit,
		.folder = folder, .stage = STAGE_FOLDER,
		.is_removal = d->is_removal };

	return admit_check(&a, err);
}

int
deploy_probe(struct deploy *d, const struct policy *policy, struct err *err)
{
	if (!d->target.has_sshd)
		return 0;
	d->probe = probe_new(&d->target, policy, err);
	return d->probe == NULL ? -1 : 0;
}

int
deploy_prove(void *ctx, struct err *err)
{
	const struct deploy *d = ctx;

	if (d->probe != NULL && probe_check(d->probe, d->is_removal, err) < 0)
		return -1;
	if (d->also == NULL || d->also->write == NULL)
		return 0;
	return d->also->write(d->also->ctx, &d->also->is_written, err);
}

#define MAX_FOLDERS 8

/* Where the change writes, links followed: what takes it back must, too. */
struct folders {
	char *paths[MAX_FOLDERS];
	const char *list[MAX_FOLDERS + 1]; /* the same, and NULL */
	size_t n;
};

static void
folders_clear(struct folders *f)
{
	while (f->n > 0)
		free(f->paths[--f->n]);
}

/* path: a folder's inside the root; freed by folders_clear, also then. */
static int
add_folder(struct folders *f, char *path, struct err *err)
{
	if (path == NULL)
		return -1;
	if (f->n == MAX_FOLDERS) {
		free(path);
		return err_setf(
		    err, ERR_LIMIT, "too many files of sshd's to change");
	}
	f->list[f->n] = path;
	f->paths[f->n++] = path;
	f->list[f->n] = NULL;
	return 0;
}

static int
find_folders(const struct deploy *d, struct folders *f, struct err *err)
{
	char *path, *slash;
	size_t i;

	memset(f, 0, sizeof(*f));
	if (add_folder(f, root_locate(&d->c->root, ROOT_CERTGATE, err), err) <
	    0)
		return -1;
	for (i = 0; i < d->edit.n_files; i++) {
		if (!d->edit.files[i].is_changed)
			continue;
		path = root_locate(&d->c->root, d->files[i].path, err);
		if (path != NULL && (slash = strrchr(path, '/')) != NULL)
			slash[slash == path ? 1 : 0] = '\0';
		if (add_folder(f, path, err) < 0)
			return -1;
	}
	return 0;
}

static int
start_waiter(struct deploy *d, struct err *err)
{
	struct folders f;
	enum waiter_boot boot;
	int ret = -1;

	if (find_folders(d, &f, err) < 0 ||
	    waiter_start(d->c->confirm_s, f.list, &boot, err) < 0)
		goto out;
	ret = 0;
	if (boot == WAITER_BOOT_YES || !waiter_has_systemd())
		goto out;
	cmd_warn(d->c,
	    "certgate-confirm.service %s: after a reboot only the next "
	    "certgate command takes back what was not confirmed",
	    boot == WAITER_BOOT_DISABLED
	        ? "is not enabled"
	        : "may not write where a file of sshd's is, outside of "
	          "/etc/ssh (systemctl edit certgate-confirm.service, "
	          "[Service], ReadWritePaths=FOLDER lets it)");
out:
	folders_clear(&f);
	return ret;
}

/*
 * In this order, so that an end at any point is made good: what is held, the
 * record, the waiter; then the change.  A record of a change that was never
 * made is removed by whoever finds it.
 */
static int
prepare_return(struct deploy *d, struct err *err)
{
	struct generation_link link;
	bool differs;

	if (pending_begin(d->pending, d->c->confirm_s, d->c->root.sshd, err) <
	    0)
		return -1;
	d->is_pending = true;
	if (generation_hold(d->store, d->files, d->edit.n_files, &link,
		&differs, err) < 0)
		return -1;
	d->is_pending = differs;
	if (!differs)
		return 0;
	d->pending->before = link.before;
	d->pending->after = link.after;
	if (pending_write(d->store, d->pending, err) < 0)
		return -1;
	return start_waiter(d, err);
}

static void
drop_pending(struct deploy *d)
{
	struct err ignored = ERR_INIT;

	d->is_pending = false;
	/* Else the waiter sees to it, or the next command. */
	if (pending_remove(d->store, NULL, &ignored) == 0)
		waiter_stop();
}

int
deploy_commit(struct deploy *d, bool *is_new, struct err *err)
{
	if ((d->c->confirm_s == 0 || prepare_return(d, err) == 0) &&
	    generation_commit(d->store, d->files, d->edit.n_files,
		deploy_prove, d, is_new, err) == 0)
		return 0;
	if (d->is_pending)
		drop_pending(d);
	return -1;
}

/* The time to confirm begins when there is something to try. */
static void
extend_pending(struct deploy *d)
{
	struct err err = ERR_INIT;

	if (pending_extend(d->pending, &err) < 0 ||
	    pending_write(d->store, d->pending, &err) < 0)
		cmd_warn(d->c,
		    "the time to confirm is shorter by what apply took: %s",
		    err.text);
}

/*
 * sshd reads ca.pub, the lists and the index anew at each login; only its
 * own configuration needs a reload.
 */
static void
reload(struct deploy *d)
{
	struct err err = ERR_INIT;
	enum reload_outcome outcome;
	const char *pid_file = NULL;

	if (!generation_reload_due(d->store)) {
		(void)snprintf(d->reloaded, sizeof(d->reloaded),
		    "not needed, sshd's configuration is as it was");
		return;
	}
	if (d->c->has_no_reload || !root_is_host(&d->c->root)) {
		(void)snprintf(d->reloaded, sizeof(d->reloaded),
		    "left out; sshd goes on as before until it is reloaded");
		return;
	}
	if (d->probe != NULL)
		pid_file = probe_pid_file(d->probe);
	/*
	 * Once more: whoever edited a file since the proof would end the
	 * listener, and not every unit asks sshd -t before it reloads.
	 */
	if ((d->target.has_sshd &&
		sshd_test(&d->c->root, d->target.config, &err) < 0) ||
	    reload_sshd(&d->c->root, pid_file,
	        &outcome, d->reloaded, sizeof(d->reloaded), &err) < 0 ||
	    generation_reload_done(d->store, &err) < 0) {
		cmd_warn(d->c, "all is written and proved, but sshd was not "
		               "reloaded: %s", err.text);
		(void)snprintf(d->reloaded, sizeof(d->reloaded), "failed");
	}
}

void
deploy_finish(struct deploy *d)
{
	struct err err = ERR_INIT;

	reload(d);
	if (d->is_pending)
		extend_pending(d);
	else if (d->previous != 0 &&
	    generation_set_removed(d->store, d->is_removal, &err) < 0)
		cmd_warn(d->c, "certgate status will not know of this: %s",
		    err.text);
	err_clear(&err);
	if (generation_prune(d->store, &err) < 0)
		cmd_warn(d->c, "old generations stay: %s", err.text);
}

void
deploy_say(const struct deploy *d)
{
	const struct sshdconf_change *f;
	size_t i;

	for (i = 0; i < d->edit.n_files; i++) {
		f = &d->edit.files[i];
		cmd_say(d->c, i == 0 ? "sshd_config" : "", "%s %s", f->path,
		    !f->is_changed           ? "is as it was"
		        : f->bytes == NULL   ? "removed"
		                             : "written");
	}
	if (d->probe == NULL)
		cmd_say(d->c, "proof",
		    "left out: this root has no sshd that could be asked");
	else
		cmd_say(d->c, "proof", "%s %s it for all %zu users asked",
		    d->target.version.text,
		    d->is_removal ? "no longer uses" : "uses",
		    probe_n_users(d->probe));
	cmd_say(d->c, "reload", "%s", d->reloaded);
	if (d->is_pending)
		cmd_say(d->c, "pending",
		    "all goes back in %u s unless confirmed: log in anew and "
		    "run certgate confirm there",
		    d->pending->wait_s);
	else if (d->c->confirm_s > 0)
		cmd_say(d->c, "pending",
		    "nothing was changed that could be confirmed");
}

json_t *
deploy_json(const struct deploy *d)
{
	json_t *files = json_array();
	json_t *o;
	size_t i;

	for (i = 0; i < d->edit.n_files; i++) {
		if (d->edit.files[i].is_changed)
			(void)json_array_append_new(
			    files, json_string(d->edit.files[i].path));
	}
	o = json_pack("{s:o, s:I, s:s}", "config_files", files,
	    "users_proved",
	    (json_int_t)(d->probe == NULL ? 0 : probe_n_users(d->probe)),
	    "reload", d->reloaded);
	if (d->is_pending)
		(void)json_object_set_new(o, "seconds_left",
		    json_integer((json_int_t)d->pending->wait_s));
	return o;
}

void
deploy_close(struct deploy *d)
{
	probe_free(d->probe);
	free(d->files);
	free(d->pending);
	sshdconf_edit_clear(&d->edit);
	target_clear(&d->target);
	generation_close(d->store);
}
