#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/cmd.h"
#include "config-gen/compile.h"
#include "config-gen/deploy.h"
#include "config-gen/generation.h"
#include "config-gen/manifest.h"
#include "config-gen/sshdconf.h"
#include "config-gen/target.h"
#include "lib/escape.h"
#include "lib/file.h"

struct status {
	struct cmd *c;
	size_t n_drifts;
	json_t *drifts; /* with --format json */
};

/* Something that is not as certgate made it: where, and what. */
static void
drifted(struct status *s, const char *where, const char *what)
{
	s->n_drifts++;
	if (s->c->is_json)
		(void)json_array_append_new(s->drifts,
		    json_pack("{s:s, s:s}", "where", where, "what", what));
	else
		cmd_say(s->c, "drift", "%s %s", where, what);
}

static void
drifted_file(void *ctx, const char *name, const char *what)
{
	char where[1024];

	(void)snprintf(where, sizeof(where), "%s/%s", ROOT_CURRENT, name);
	drifted(ctx, where, what);
}

/* Our directives in sshd's configuration: whole, first, and ours. */
static int
check_config(struct status *s, struct err *err)
{
	struct sshdconf_edit edit = { 0 };
	struct sshdconf *conf = NULL;
	const char *main_file;
	size_t i;
	int ret = -1;

	if ((main_file = sshdconf_main(&s->c->root, err)) == NULL ||
	    (conf = sshdconf_read(&s->c->root, main_file, err)) == NULL ||
	    sshdconf_edit(conf, &s->c->root, target_directives,
	        TARGET_N_DIRECTIVES, false, &edit, err) < 0)
		goto out;
	for (i = 0; i < edit.n_files; i++) {
		if (edit.files[i].is_changed)
			drifted(s, edit.files[i].path,
			    edit.files[i].old == NULL
			        ? "with certgate's directives is missing"
			        : "does not hold certgate's directives as "
			          "apply writes them");
	}
	ret = 0;
out:
	sshdconf_edit_clear(&edit);
	sshdconf_free(conf);
	return ret;
}

static int
check_files(struct status *s, struct err *err)
{
	char folder[PATH_MAX];

	return manifest_check(root_path(&s->c->root, folder, ROOT_CURRENT),
	           drifted_file, s, err) < 0
	    ? -1
	    : 0;
}

static int
list_authorities(struct status *s, struct err *err)
{
	char path[PATH_MAX], name[256];
	struct index_authority a;
	static struct index x;
	json_t *list = json_array();
	uint32_t i;
	int fd, found = 0;

	fd = file_open(
	    root_path(&s->c->root, path, ROOT_CURRENT "/" COMPILE_INDEX),
	    FILE_ROOTS, UINT32_MAX, NULL, err);
	if (fd < 0 || index_open(&x, fd, err) < 0) {
		if (fd >= 0)
			(void)close(fd);
		json_decref(list);
		return -1;
	}
	for (i = 0; i < x.n_authorities && found >= 0; i++) {
		found = index_authority_by_number(&x, i, &a, err);
		if (found != 1)
			continue;
		(void)escape_bytes(name, sizeof(name), a.name.p, a.name.len);
		cmd_say(s->c, "authority", "%s", name);
		(void)json_array_append_new(list, json_string(name));
	}
	cmd_say(s->c, "users", "%llu in the index",
	    (unsigned long long)x.n_users);
	if (s->c->is_json)
		(void)json_object_set(s->c->out, "authorities", list);
	json_decref(list);
	index_close(&x);
	(void)close(fd);
	return found < 0 ? -1 : 0;
}

/* What should have gone back by now does, before anything is reported. */
static void
take_back_overdue(struct status *s)
{
	struct err err = ERR_INIT;
	struct deploy *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return;
	if (deploy_lock(d, s->c, DEPLOY_LEAVE, &err) < 0)
		cmd_warn(s->c, "%s", err.text);
	deploy_close(d);
	free(d);
}

static int
check_pending(struct status *s, struct err *err)
{
	struct pending p;
	char previous[32] = "none";
	int64_t left_s;
	int found = pending_peek(&s->c->root, &p, err);

	if (found == 1 && pending_left_s(&p) == 0) {
		take_back_overdue(s);
		found = pending_peek(&s->c->root, &p, err);
	}
	if (found <= 0)
		return found;
	left_s = pending_left_s(&p);
	if (p.before != 0)
		(void)snprintf(previous, sizeof(previous), "%lu", p.before);
	cmd_say(s->c, "pending",
	    "generation %lu goes back to %s in %lld s unless certgate confirm "
	    "keeps it",
	    p.after, previous, (long long)left_s);
	if (s->c->is_json)
		(void)json_object_set_new(s->c->out, "pending",
		    json_pack("{s:I, s:I, s:I}", "generation",
			(json_int_t)p.after, "previous", (json_int_t)p.before,
			"seconds_left", (json_int_t)left_s));
	return 0;
}

static int
status(struct status *s, struct err *err)
{
	unsigned long number;

	if (check_pending(s, err) < 0 ||
	    generation_peek(&s->c->root, &number, err) < 0)
		return -1;
	if (s->c->is_json)
		(void)json_object_set_new(s->c->out, "generation",
		    json_integer((json_int_t)number));
	if (number == 0) {
		cmd_say(s->c, "generation", "none; nothing has been applied");
		return 0;
	}
	cmd_say(s->c, "generation", "%lu is current", number);
	if (list_authorities(s, err) < 0 || check_files(s, err) < 0 ||
	    check_config(s, err) < 0)
		return -1;
	cmd_say(s->c, "state", "%s",
	    s->n_drifts == 0 ? "in step"
	                     : "drifted; certgate apply makes it right");
	return 0;
}

int
cmd_status(struct cmd *c)
{
	struct status s = { .c = c };
	struct err err = ERR_INIT;

	if (c->is_json) {
		s.drifts = json_array();
		(void)json_object_set_new(c->out, "drift", s.drifts);
	}
	if (status(&s, &err) < 0)
		return cmd_fail(c, &err);
	return s.n_drifts == 0 ? CMD_DONE : CMD_DIFFERENCE;
}
