#include "config.h"

#include "config-gen/pamview.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/file.h"
#include "lib/sshwire.h"

#define SHOWN 128
#define CONDITION "pam_succeed_if.so"

/* Where libpam looks, in this order. */
static const char *const folders[] = { "/etc/pam.d", "/usr/lib/pam.d" };
#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

/* 1, 0 where there is no such file, -1. */
static int
read_inside(const struct root *root, const char *inside, char **text,
    size_t *len, struct err *err)
{
	struct err own = ERR_INIT;
	char *path = root_locate(root, inside, &own);
	int ret = -1;

	if (path != NULL)
		ret = file_read(
		    path, FILE_ROOTS, PAMVIEW_MAX_FILE, text, len, &own);
	free(path);
	if (ret == 0)
		return 1;
	if (own.code == ERR_NOT_FOUND)
		return 0;
	return err_setf(err, own.code, "%s", own.text);
}

static int
read_file(void *ctx, const char *name, char **text, size_t *len,
    struct err *err)
{
	const struct root *root = ctx;
	char inside[PATH_MAX];
	size_t i;
	int n, ret = 0;

	if (name[0] == '/')
		return read_inside(root, name, text, len, err);
	for (i = 0; i < N_FOLDERS && ret == 0; i++) {
		n = snprintf(inside, sizeof(inside), "%s/%s", folders[i], name);
		if (n < 0 || (size_t)n >= sizeof(inside))
			return err_setf(err, ERR_LIMIT,
			    "a file's name in pam.d is too long");
		ret = read_inside(root, inside, text, len, err);
	}
	return ret;
}

/* --- one stack ----------------------------------------------------------- */

/* The condition that stands before our line is ours as well. */
static bool
is_ours(const struct pamstack *s, size_t i)
{
	if (pamstack_is(&s->nodes[i], PAMVIEW_MODULE))
		return true;
	return i + 1 < s->n_nodes &&
	    pamstack_is(&s->nodes[i], CONDITION) &&
	    pamstack_is(&s->nodes[i + 1], PAMVIEW_MODULE) &&
	    strncmp(s->nodes[i].args, "service notin ", 14) == 0;
}

/* Whether users write to PAM's environment by this module: pam_env(8). */
static bool
is_forger(const struct pamstack_node *n)
{
	static const char option[] = "user_readenv=";
	const char *p = n->args;
	bool is_on = false;

	if (!pamstack_is(n, "pam_env.so"))
		return false;
	/* The last one counts, and any number but 0 is yes. */
	while ((p = strstr(p, option)) != NULL) {
		p += sizeof(option) - 1;
		is_on = atoi(p) != 0;
	}
	return is_on;
}

/* Note in *place, once, where the node stands. */
static int
note_place(char **place, const struct pamstack_node *n, struct err *err)
{
	char shown[SHOWN];

	if (*place != NULL)
		return 0;
	if (asprintf(place, "%s:%zu",
		escape_text(shown, sizeof(shown), n->file), n->line) >= 0)
		return 0;
	*place = NULL;
	return out_of_memory(err);
}

static int
describe(struct pamview_stack *out, const struct pamstack *s,
    const bool *reached, struct err *err)
{
	struct wire w = WIRE_INIT;
	char shown[SHOWN];
	int ret = 0;
	size_t i;

	for (i = 0; i < s->n_nodes && ret == 0; i++) {
		const struct pamstack_node *n = &s->nodes[i];

		if (!reached[i])
			continue;
		if (!is_ours(s, i)) {
			(void)escape_text(shown, sizeof(shown), n->module);
			wire_put_bytes(&w, shown, strlen(shown));
			wire_put_u8(&w, ' ');
			if (out->place == NULL && is_forger(n))
				ret = note_place(&out->forger, n, err);
		} else if (pamstack_is(n, PAMVIEW_MODULE)) {
			ret = note_place(&out->place, n, err);
		}
	}
	wire_put_u8(&w, 0);
	if (w.has_failed || ret < 0) {
		wire_free(&w);
		return out_of_memory(err);
	}
	out->others = (char *)w.p;
	out->is_avoided = pamstack_avoids(s, PAMVIEW_MODULE);
	return 0;
}

/* Look at one stack; what cannot be read is noted. */
static int
look(struct pamview_stack *out, const struct root *root, const char *service,
    enum pamstack_type type, struct err *err)
{
	struct pamstack s = { 0 };
	struct err own = ERR_INIT;
	bool *reached = NULL;
	union {
		const struct root *constant;
		void *plain;
	} ctx = { root };
	int ret = -1;

	out->type = type;
	out->is_avoided = true;
	if ((out->service = strdup(service)) == NULL)
		return out_of_memory(err);
	if (pamstack_load(&s, service, type, read_file, ctx.plain, &own) < 0) {
		out->broken = own.code == ERR_MEMORY ? NULL
						     : strdup(own.text);
		ret = out->broken == NULL ? out_of_memory(err) : 0;
		goto out;
	}
	if ((reached = calloc(s.n_nodes + 1, sizeof(*reached))) == NULL) {
		(void)out_of_memory(err);
		goto out;
	}
	pamstack_reach(&s, reached);
	ret = describe(out, &s, reached, err);
out:
	free(reached);
	pamstack_clear(&s);
	return ret;
}

/* --- all of them --------------------------------------------------------- */

const struct pamview_stack *
pamview_find(
    const struct pamview *v, const char *service, enum pamstack_type type)
{
	size_t i;

	for (i = 0; i < v->n_items; i++) {
		if (v->items[i].type == type &&
		    strcmp(v->items[i].service, service) == 0)
			return &v->items[i];
	}
	return NULL;
}

const struct pamview_stack *
pamview_ours(const struct pamview *v)
{
	size_t i;

	for (i = 0; i < v->n_items; i++) {
		if (v->items[i].place != NULL)
			return &v->items[i];
	}
	return NULL;
}

const struct pamview_stack *
pamview_forged(const struct pamview *v)
{
	/* Of auth sshd runs the part that sets credentials, before sessions. */
	static const enum pamstack_type types[] = { PAMSTACK_AUTH,
		PAMSTACK_SESSION };
	const struct pamview_stack *s =
	    pamview_find(v, PAMVIEW_SSHD, PAMSTACK_SESSION);
	size_t i;

	if (s == NULL || s->place == NULL)
		return NULL;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		s = pamview_find(v, PAMVIEW_SSHD, types[i]);
		if (s != NULL && s->forger != NULL)
			return s;
	}
	return NULL;
}

static int
add_service(struct pamview *v, const struct root *root, const char *service,
    struct err *err)
{
	struct pamview_stack *bigger;
	int type;

	if (pamview_find(v, service, PAMSTACK_AUTH) != NULL)
		return 0;
	if (v->n_items == PAMVIEW_MAX_SERVICES * PAMSTACK_N_TYPES)
		return err_setf(err, ERR_LIMIT, "pam.d: over %d services",
		    PAMVIEW_MAX_SERVICES);
	bigger = reallocarray(
	    v->items, v->n_items + PAMSTACK_N_TYPES, sizeof(*bigger));
	if (bigger == NULL)
		return out_of_memory(err);
	v->items = bigger;
	memset(&v->items[v->n_items], 0, PAMSTACK_N_TYPES * sizeof(*bigger));
	for (type = 0; type < PAMSTACK_N_TYPES; type++) {
		v->n_items++;
		if (look(&v->items[v->n_items - 1], root, service,
			(enum pamstack_type)type, err) < 0)
			return -1;
	}
	return 0;
}

/* Editors' and packages' files are none of anybody's services. */
static bool
is_service(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && d->d_name[len - 1] != '~' &&
	    d->d_type != DT_DIR;
}

static int
load_folder(struct pamview *v, const struct root *root, const char *folder,
    struct err *err)
{
	struct err own = ERR_INIT;
	char *path = root_locate(root, folder, &own);
	struct dirent *d;
	DIR *dir = NULL;
	int ret = 0;

	if (path != NULL && (dir = opendir(path)) == NULL)
		(void)err_setf(&own,
		    errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "%s: %s",
		    path, strerror(errno));
	free(path);
	if (dir == NULL)
		return own.code == ERR_NOT_FOUND
		    ? 0
		    : err_setf(err, own.code, "%s", own.text);
	while (ret == 0 && (d = readdir(dir)) != NULL) {
		if (is_service(d))
			ret = add_service(v, root, d->d_name, err);
	}
	(void)closedir(dir);
	return ret;
}

int
pamview_load(struct pamview *v, const struct root *root, struct err *err)
{
	size_t i;

	memset(v, 0, sizeof(*v));
	for (i = 0; i < N_FOLDERS; i++) {
		if (load_folder(v, root, folders[i], err) < 0)
			return -1;
	}
	return 0;
}

int
pamview_load_service(struct pamview *v, const struct root *root,
    const char *service, struct err *err)
{
	memset(v, 0, sizeof(*v));
	return add_service(v, root, service, err);
}

void
pamview_clear(struct pamview *v)
{
	size_t i;

	for (i = 0; i < v->n_items; i++) {
		free(v->items[i].service);
		free(v->items[i].others);
		free(v->items[i].place);
		free(v->items[i].forger);
		free(v->items[i].broken);
	}
	free(v->items);
	memset(v, 0, sizeof(*v));
}

/* --- what came of it ------------------------------------------------------ */

static int
differs(const struct pamview_stack *s, const char *what, const char *was,
    const char *is, struct err *err)
{
	char service[SHOWN];

	return err_setf(err, ERR_REFUSED,
	    "%s of service \"%s\": %s (%.120s, before: %.120s)",
	    pamstack_types[s->type],
	    escape_text(service, sizeof(service), s->service), what,
	    *is == '\0' ? "none" : is, *was == '\0' ? "none" : was);
}

int
pamview_same_others(const struct pamview *before,
    const struct pamview *after, struct err *err)
{
	const struct pamview_stack *was, *is;
	size_t i;

	for (i = 0; i < before->n_items; i++) {
		was = &before->items[i];
		is = pamview_find(after, was->service, was->type);
		if (is == NULL)
			return differs(
			    was, "the service is gone", "there", "", err);
		if (was->broken != NULL)
			continue;
		if (is->broken != NULL)
			return differs(was, "it cannot be read any more",
			    "readable", is->broken, err);
		if (strcmp(was->others, is->others) != 0)
			return differs(was, "it comes to other modules",
			    was->others, is->others, err);
	}
	return 0;
}

static bool
is_meant(const struct pamview_stack *s, bool has_sudo)
{
	if (s->type == PAMSTACK_SESSION)
		return strcmp(s->service, PAMVIEW_SSHD) == 0;
	return has_sudo && s->type == PAMSTACK_AUTH &&
	    (strcmp(s->service, PAMVIEW_SUDO) == 0 ||
		strcmp(s->service, PAMVIEW_SUDO_I) == 0);
}

/* Whether service asks ours as it should. */
static int
judge_one(const struct pamview *v, const char *service,
    enum pamstack_type type, bool is_sure, struct err *err)
{
	const struct pamview_stack *s = pamview_find(v, service, type);

	if (s == NULL)
		return err_setf(err, ERR_REFUSED,
		    "there is no service \"%s\" in pam.d", service);
	if (s->broken != NULL)
		return err_setf(err, ERR_REFUSED,
		    "the service \"%s\" cannot be judged: %s", service,
		    s->broken);
	if (s->place == NULL)
		return err_setf(err, ERR_REFUSED,
		    "%s of service \"%s\" does not come to %s: it does not "
		    "include the common files, or ends before them",
		    pamstack_types[type], service, PAMVIEW_MODULE);
	if (is_sure && s->is_avoided)
		return err_setf(err, ERR_REFUSED,
		    "%s of service \"%s\" can end well without %s (%s): a "
		    "line before it ends the stack or jumps over it",
		    pamstack_types[type], service, PAMVIEW_MODULE, s->place);
	return 0;
}

static int
judge_forged(const struct pamview *v, struct err *err)
{
	const struct pamview_stack *s = pamview_forged(v);

	if (s == NULL)
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "%s of service \"%s\": pam_env.so with user_readenv=1 (%s) runs "
	    "before %s, so that users could write in ~/.pam_environment how "
	    "they got in (SSH_AUTH_INFO_0) and from where (SSH_CONNECTION); "
	    "take user_readenv=1 out, or put that line behind the common files",
	    pamstack_types[s->type], PAMVIEW_SSHD, s->forger, PAMVIEW_MODULE);
}

int
pamview_judge(const struct pamview *v, bool has_sudo, struct err *err)
{
	char service[SHOWN];
	size_t i;

	if (judge_one(v, PAMVIEW_SSHD, PAMSTACK_SESSION, true, err) < 0 ||
	    judge_forged(v, err) < 0)
		return -1;
	if (has_sudo && pamview_find(v, PAMVIEW_SUDO, PAMSTACK_AUTH) != NULL &&
	    judge_one(v, PAMVIEW_SUDO, PAMSTACK_AUTH, false, err) < 0)
		return -1;
	for (i = 0; i < v->n_items; i++) {
		const struct pamview_stack *s = &v->items[i];

		if (s->place != NULL && !is_meant(s, has_sudo))
			return err_setf(err, ERR_REFUSED,
			    "%s of service \"%s\" would come to %s too (%s)",
			    pamstack_types[s->type],
			    escape_text(service, sizeof(service), s->service),
			    PAMVIEW_MODULE, s->place);
	}
	return 0;
}
