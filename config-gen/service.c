#include "config.h"

#include "config-gen/service_int.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/file.h"

#define ENABLED "/etc/systemd/system/multi-user.target.wants/"
#define ENABLED_SOCKET "/etc/systemd/system/sockets.target.wants/"
#define MAX_DROPINS 1000

/* Of the names above, or of a drop-in (NAME_MAX) in their folders. */
#define UNIT_PATH_SIZE 512

/* In systemd's order; the first that has a file of a name wins. */
static const char *const folders[] = { "/etc/systemd/system",
	"/run/systemd/system", "/run/systemd/generator",
	"/usr/local/lib/systemd/system", "/usr/lib/systemd/system",
	"/lib/systemd/system" };
#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

/* Debian's and Ubuntu's names first, then everybody else's, as in reload.c. */
static const struct names {
	const char *service, *socket, *instance;
} names[] = {
	{ "ssh.service", "ssh.socket", "ssh@.service" },
	{ "sshd.service", "sshd.socket", "sshd@.service" },
};

/* Without systemd: what the init scripts read. */
static const struct script {
	const char *script, *settings, *options, *config;
} scripts[] = {
	{ "/etc/init.d/ssh", "/etc/default/ssh", "SSHD_OPTS", NULL },
	{ "/etc/init.d/sshd", "/etc/conf.d/sshd", "SSHD_OPTS", "SSHD_CONFIG" },
	{ "/etc/init.d/sshd", "/etc/sysconfig/sshd", "OPTIONS", NULL },
};

/* 1: read; 0: there is no such file; -1. */
static int
read_text(struct service_reader *r, const char *inside, char **text, size_t *len,
    struct err *err)
{
	struct err why = ERR_INIT;
	char **grown;
	char *path = root_locate(r->root, inside, &why);
	struct unitfile_words *files = &r->s->files;
	int rc = -1;

	if (path != NULL)
		rc = file_read(path, FILE_ANY, UNITFILE_MAX_BYTES, text, len,
		    &why);
	free(path);
	if (rc < 0 && why.code == ERR_MEMORY)
		return service_no_memory(err);
	if (rc < 0 && why.code == ERR_NOT_FOUND)
		return 0;
	if (rc < 0) {
		service_unclear(r, inside, "cannot be read");
		return 0;
	}
	grown = reallocarray(files->items, files->n_items + 1, sizeof(*grown));
	if (grown != NULL)
		files->items = grown;
	if (grown == NULL ||
	    (grown[files->n_items] = strdup(inside)) == NULL) {
		free(*text);
		return service_no_memory(err);
	}
	r->file = grown[files->n_items++];
	return 1;
}

/* A file of either syntax; found gets r.  What is wrong in it is noted. */
static int
read_file(struct service_reader *r, const char *inside, bool is_unit,
    unitfile_found *found, struct err *err)
{
	struct err why = ERR_INIT;
	char *text = NULL;
	size_t len;
	int rc = read_text(r, inside, &text, &len, err);

	if (rc <= 0)
		return rc;
	rc = is_unit ? unitfile_each(text, len, found, r, &why)
		     : unitfile_each_env(text, len, found, r, &why);
	free(text);
	if (rc == 0)
		return 0;
	if (why.code == ERR_MEMORY)
		return service_no_memory(err);
	service_unclear(r, inside, why.text);
	return 0;
}

/* Environment=: words, each KEY=VALUE. */
static int
add_variables(struct service_reader *r, const struct unitfile_line *l, struct err *err)
{
	struct unitfile_words words = { NULL, 0 };
	size_t i;
	int ret = -1;

	if (unitfile_split(l->value, UNITFILE_COMMAND, &words, err) < 0)
		return -1;
	for (i = 0; i < words.n_items; i++) {
		const char *equals = strchr(words.items[i], '=');

		if (equals != NULL &&
		    service_settings_add(&r->variables, words.items[i],
			(size_t)(equals - words.items[i]), equals + 1, r->file,
			l->line, err) < 0)
			goto out;
	}
	ret = 0;
out:
	unitfile_words_clear(&words);
	return ret;
}

static int
found_in_unit(void *ctx, const struct unitfile_line *l, struct err *err)
{
	struct service_reader *r = ctx;

	if (strcmp(l->section, "Service") != 0)
		return 0;
	if (strcmp(l->key, "ExecStart") == 0) {
		free(r->exec.value);
		r->exec = (struct service_setting) { NULL, NULL, r->file, l->line };
		if (l->value[0] != '\0' &&
		    (r->exec.value = strdup(l->value)) == NULL)
			return service_no_memory(err);
	} else if (strcmp(l->key, "Environment") == 0) {
		if (l->value[0] != '\0')
			return add_variables(r, l, err);
		service_settings_clear(&r->variables);
	} else if (strcmp(l->key, "EnvironmentFile") == 0) {
		if (l->value[0] != '\0')
			return service_settings_add(&r->env_files, "", 0, l->value,
			    r->file, l->line, err);
		service_settings_clear(&r->env_files);
	}
	return 0;
}

static int
found_variable(void *ctx, const struct unitfile_line *l, struct err *err)
{
	struct service_reader *r = ctx;

	return service_settings_add(&r->variables, l->key, strlen(l->key), l->value,
	    r->file, l->line, err);
}

static int
found_in_socket(void *ctx, const struct unitfile_line *l, struct err *err)
{
	struct service_reader *r = ctx;

	(void)err;
	if (strcmp(l->section, "Socket") == 0 && strcmp(l->key, "Accept") == 0)
		r->is_accepting = l->value[0] != '\0' &&
		    (strchr("yYtT1", l->value[0]) != NULL ||
			strcmp(l->value, "on") == 0);
	return 0;
}

/* What mostly is not there is not worth a walk along its path. */
static bool
is_missing(const struct root *root, const char *inside)
{
	struct stat st;

	return root_is_host(root) && lstat(inside, &st) == -1 &&
	    errno == ENOENT;
}

/* Whether what just failed says that nothing is there. */
static bool
is_nothing(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/*
 * Whether root has something at inside, links followed; 2: an empty one.
 * What cannot be looked at is there: to read it says why not.
 */
static int
look_at(const struct root *root, const char *inside)
{
	char outside[PATH_MAX];
	struct stat st;
	char *path;
	int ret = 0;

	if (is_missing(root, inside))
		return 0;
	path = root_locate(root, inside, NULL);
	if (path != NULL && stat(path, &st) == 0)
		ret = S_ISREG(st.st_mode) && st.st_size > 0 ? 1 : 2;
	else if (lstat(root_path(root, outside, inside), &st) == 0)
		ret = 2; /* an image may have no /dev/null */
	else if (!is_nothing(errno))
		ret = 1;
	free(path);
	return ret;
}

/* The unit's file.  An empty one or a link to /dev/null masks the others. */
static bool
find_unit(const struct root *root, const char *name, char path[UNIT_PATH_SIZE])
{
	size_t i;
	int there;

	for (i = 0; i < N_FOLDERS; i++) {
		(void)snprintf(path, UNIT_PATH_SIZE, "%s/%s", folders[i], name);
		if ((there = look_at(root, path)) != 0)
			return there == 1;
	}
	return false;
}

static bool
is_enabled(struct service_reader *r, const char *folder, const char *name)
{
	char path[UNIT_PATH_SIZE], outside[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s%s", folder, name);
	if (lstat(root_path(r->root, outside, path), &st) == 0)
		return true;
	if (!is_nothing(errno))
		service_unclear(r, path, "cannot be read");
	return false;
}

static bool
is_same_file(const struct root *root, const char *a, const char *b)
{
	char *x = root_locate(root, a, NULL);
	char *y = root_locate(root, b, NULL);
	bool ret = x != NULL && y != NULL && strcmp(x, y) == 0;

	free(x);
	free(y);
	return ret;
}

/* Which unit starts sshd: name, and its path; also its other name, if any. */
static int
choose_unit(struct service_reader *r, const char **name, const char **alias,
    char path[UNIT_PATH_SIZE], struct err *err)
{
	char other[UNIT_PATH_SIZE];
	bool first, second;
	size_t i;

	*name = *alias = NULL;
	for (i = 0; i < 2; i++) {
		if (!is_enabled(r, ENABLED_SOCKET, names[i].socket) ||
		    !find_unit(r->root, names[i].socket, path))
			continue;
		if (read_file(r, path, true, found_in_socket, err) < 0)
			return -1;
		if (r->is_accepting &&
		    find_unit(r->root, names[i].instance, path)) {
			*name = names[i].instance;
			return 0;
		}
	}
	first = find_unit(r->root, names[0].service, path);
	second = find_unit(r->root, names[1].service, other);
	if (first && second && is_same_file(r->root, path, other)) {
		*alias = names[1].service;
	} else if (second &&
	    (!first ||
		(is_enabled(r, ENABLED, names[1].service) &&
		    !is_enabled(r, ENABLED, names[0].service)))) {
		(void)strcpy(path, other);
		*name = names[1].service;
		return 0;
	}
	*name = first ? names[0].service : NULL;
	return 0;
}

static int
is_conf(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > 5 &&
	    strcmp(e->d_name + len - 5, ".conf") == 0;
}

/* Add the drop-ins of a folder whose names are not there yet. */
static int
add_dropins(struct service_reader *r, struct service_settings *found, const char *folder,
    struct err *err)
{
	struct dirent **entries = NULL;
	struct err why = ERR_INIT;
	char *path;
	int i, n, ret = 0;

	if (is_missing(r->root, folder))
		return 0;
	path = root_locate(r->root, folder, &why);
	n = path == NULL ? -1 : scandir(path, &entries, is_conf, alphasort);
	if (path == NULL ? why.code != ERR_NOT_FOUND
	                 : n == -1 && !is_nothing(errno))
		service_unclear(r, folder, "cannot be read");
	free(path);
	for (i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;

		if (ret == 0 && found->n_items < MAX_DROPINS &&
		    service_settings_find(found, name, strlen(name)) == NULL)
			ret = service_settings_add(found, name, strlen(name), folder,
			    NULL, 0, err);
		free(entries[i]);
	}
	free(entries);
	return ret;
}

static int
order(const void *a, const void *b)
{
	return strcmp(((const struct service_setting *)a)->key,
	    ((const struct service_setting *)b)->key);
}

/* Those for name, for its alias (NULL: none) and for all services. */
static int
read_dropins(struct service_reader *r, const char *name, const char *alias,
    struct err *err)
{
	const char *const of[] = { name, alias, "service" };
	struct service_settings found = { NULL, 0 };
	char path[UNIT_PATH_SIZE];
	size_t i, k;
	int ret = -1;

	for (i = 0; i < N_FOLDERS; i++) {
		for (k = 0; k < sizeof(of) / sizeof(of[0]); k++) {
			if (of[k] == NULL)
				continue;
			(void)snprintf(path, sizeof(path), "%s/%s.d",
			    folders[i], of[k]);
			if (add_dropins(r, &found, path, err) < 0)
				goto out;
		}
	}
	if (found.n_items > 0)
		qsort(found.items, found.n_items, sizeof(*found.items), order);
	for (i = 0; i < found.n_items; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s",
		    found.items[i].value, found.items[i].key);
		if (look_at(r->root, path) == 1 &&
		    read_file(r, path, true, found_in_unit, err) < 0)
			goto out;
	}
	ret = 0;
out:
	service_settings_clear(&found);
	return ret;
}

/* They win over Environment=. */
static int
read_env_files(struct service_reader *r, struct err *err)
{
	size_t i;

	for (i = 0; i < r->env_files.n_items; i++) {
		const char *path = r->env_files.items[i].value;

		path += path[0] == '-' ? 1 : 0;
		if (strpbrk(path, "*?[%") != NULL)
			service_unclear(r, r->env_files.items[i].file,
			    "its EnvironmentFile= is a pattern");
		else if (path[0] == '/' &&
		    read_file(r, path, false, found_variable, err) < 0)
			return -1;
	}
	return 0;
}

/* 1: there is a unit; 0: there is none; -1. */
static int
read_systemd(struct service_reader *r, struct err *err)
{
	const char *name, *alias;
	char path[UNIT_PATH_SIZE];

	if (choose_unit(r, &name, &alias, path, err) < 0)
		return -1;
	if (name == NULL)
		return 0;
	if ((r->s->unit = strdup(path)) == NULL)
		return service_no_memory(err);
	if (read_file(r, path, true, found_in_unit, err) < 0 ||
	    read_dropins(r, name, alias, err) < 0 ||
	    read_env_files(r, err) < 0 || service_expand(r, err) < 0)
		return -1;
	return 1;
}

static int
read_scripts(struct service_reader *r, struct err *err)
{
	const struct service_setting *v;
	const struct script *at = NULL;
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]) && at == NULL; i++)
		if (look_at(r->root, scripts[i].script) == 1 &&
		    look_at(r->root, scripts[i].settings) == 1)
			at = &scripts[i];
	if (at == NULL)
		return 0;
	if ((r->s->unit = strdup(at->script)) == NULL)
		return service_no_memory(err);
	if (read_file(r, at->settings, false, found_variable, err) < 0)
		return -1;
	if (at->config != NULL &&
	    (v = service_settings_find(&r->variables, at->config,
		 strlen(at->config))) != NULL &&
	    (service_add_word(r, "-f", v, err) < 0 ||
		service_add_word(r, v->value, v, err) < 0))
		return -1;
	return service_add_words(r,
	    service_settings_find(&r->variables, at->options, strlen(at->options)),
	    err);
}

int
service_read(const struct root *root, struct service *out, struct err *err)
{
	struct service_reader r = { .root = root, .s = out };
	int ret = -1;
	int found;

	memset(out, 0, sizeof(*out));
	if ((found = read_systemd(&r, err)) < 0 ||
	    (found == 0 && read_scripts(&r, err) < 0) ||
	    service_parse(out, err) < 0)
		goto out;
	/* Half a command line would pass for a whole one. */
	if (out->unclear[0] != '\0')
		service_forget(out);
	ret = 0;
out:
	free(r.exec.value);
	service_settings_clear(&r.variables);
	service_settings_clear(&r.env_files);
	return ret;
}
