#include "config.h"

#include "config-gen/pamready.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "config-gen/folder.h"
#include "config-gen/keysfile.h"
#include "config-gen/pamview.h"
#include "config-gen/people.h"
#include "config-gen/sshd.h"
#include "lib/escape.h"
#include "lib/file.h"

#define MODULE PAMDIR "/" PAMVIEW_MODULE
#define MAX_MODULE (64UL * 1024 * 1024)
#define CA_FILE ROOT_CURRENT "/" COMPILE_CA_FILE
#define INDEX ROOT_CURRENT "/" COMPILE_INDEX
#define SHOWN 200

struct ready {
	const struct root *root;
	pamready_warn_t *warn;
	void *ctx;
};

/*
 * Load it as libpam would, in a process of its own: what a broken file does
 * then, it does not do to us.
 */
static int
load_module(const char *path, struct err *err)
{
	char said[SHOWN] = "";
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_system(err, "pipe");
	if ((pid = fork()) == 0) {
		const char *text;

		if (dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL)
			_exit(0);
		text = dlerror();
		(void)!write(fds[1], text, strlen(text));
		_exit(1);
	}
	(void)close(fds[1]);
	if (pid < 0) {
		(void)close(fds[0]);
		return err_system(err, "fork");
	}
	do
		n = read(fds[0], said, sizeof(said) - 1);
	while (n < 0 && errno == EINTR);
	(void)close(fds[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_setf(err, ERR_REFUSED, "the module cannot be loaded: %s",
	    n > 0 ? said : "who loads it crashes");
}

/* libpam loads it into sshd and sudo, as root. */
static int
judge_module(const struct root *root, struct err *err)
{
	struct err own = ERR_INIT;
	char *path = root_locate(root, MODULE, &own);
	int fd = -1, ret = -1;

	if (path == NULL ||
	    (fd = file_open(path, FILE_ROOTS, MAX_MODULE, NULL, &own)) < 0 ||
	    folder_judge(path, &own) < 0)
		(void)err_setf(err, own.code,
		    "the module cannot be used: %.300s", own.text);
	else
		ret = root_is_host(root) ? load_module(path, err) : 0;
	if (fd >= 0)
		(void)close(fd);
	free(path);
	return ret;
}

static int
judge_generation(const struct root *root, struct err *err)
{
	static const char *const files[] = { CA_FILE, INDEX };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *path = root_locate(root, files[i], NULL);
		bool is_there = path != NULL && access(path, F_OK) == 0;

		free(path);
		if (!is_there)
			return err_setf(err, ERR_REFUSED,
			    "%s is missing: the module would refuse everybody "
			    "who comes with a certificate; certgate apply "
			    "comes first",
			    files[i]);
	}
	return 0;
}

/*
 * A CA of somebody's own authorized_keys is none of the policy's: its
 * certificates have no session any more.
 */
static void
warn_authority(const struct ready *r, const struct person *p,
    const struct sshd_settings *s)
{
	const char *words = sshd_setting(s, "authorizedkeysfile"), *word;
	char inside[KEYSFILE_PATH_SIZE], text[512], file[SHOWN], name[64];
	size_t len, bytes_len = 0, line;
	char *bytes = NULL;

	while (words != NULL &&
	    (word = keysfile_next_word(&words, &len)) != NULL) {
		if (keysfile_word_path(inside, word, len, p) != 1 ||
		    keysfile_read(r->root, inside, &bytes, &bytes_len) !=
			KEYSFILE_READ)
			continue;
		line = keysfile_find_authority(bytes, bytes_len);
		free(bytes);
		bytes = NULL;
		if (line == 0)
			continue;
		(void)snprintf(text, sizeof(text),
		    "%s:%zu lets %s in by certificates of a CA that the "
		    "policy does not know; their sessions are refused from "
		    "now on",
		    escape_text(file, sizeof(file), inside), line,
		    escape_text(name, sizeof(name), p->name));
		r->warn(r->ctx, text);
	}
}

/* Root's and the administrators' own doors. */
static int
look_at_people(const struct ready *r, struct err *err)
{
	struct sshd_settings s = { 0 };
	struct people people = { 0 };
	size_t i;
	int ret = people_load(&people, r->root, time(NULL), err);

	for (i = 0; i < people.n_items && ret == 0; i++) {
		const struct person *p = &people.items[i];

		if (!p->is_admin || !p->has_shell || !sshd_can_ask(p->name) ||
		    sshd_effective_user(r->root, ROOT_SSHD_CONFIG, p->name,
			&s, NULL) < 0)
			continue;
		warn_authority(r, p, &s);
		sshd_settings_clear(&s);
	}
	people_clear(&people);
	return ret;
}

static int
judge_sshd(const struct ready *r, struct err *err)
{
	struct sshd_settings s = { 0 };
	const char *value;
	char shown[SHOWN];
	int ret = -1;

	if (sshd_effective(r->root, ROOT_SSHD_CONFIG, NULL, &s, err) < 0)
		return -1;
	value = sshd_setting(&s, "trustedusercakeys");
	if (value == NULL || strcmp(value, CA_FILE) != 0) {
		(void)err_setf(err, ERR_REFUSED,
		    "sshd takes its CAs from %s and not from %s: the module "
		    "would refuse whom sshd lets in; certgate apply comes "
		    "first",
		    escape_text(shown, sizeof(shown),
			value == NULL ? "none" : value),
		    CA_FILE);
		goto out;
	}
	value = sshd_setting(&s, "pamservicename");
	if (value != NULL && strcmp(value, PAMVIEW_SSHD) != 0) {
		(void)err_setf(err, ERR_UNSUPPORTED,
		    "PAMServiceName %s: only sshd's usual service, \"sshd\", "
		    "is known here",
		    escape_text(shown, sizeof(shown), value));
		goto out;
	}
	value = sshd_setting(&s, "usepam");
	if (value == NULL || strcmp(value, "yes") != 0)
		r->warn(r->ctx,
		    "sshd does not use PAM: until sshd_config says UsePAM "
		    "yes, sessions are not looked at");
	ret = look_at_people(r, err);
out:
	sshd_settings_clear(&s);
	return ret;
}

int
pamready(const struct root *root, pamready_warn_t *warn, void *ctx,
    struct err *err)
{
	const struct ready r = { root, warn, ctx };
	char *path;
	bool has_sshd;

	if (judge_module(root, err) < 0 || judge_generation(root, err) < 0)
		return -1;
	path = root->sshd == NULL ? NULL : root_locate(root, root->sshd, NULL);
	has_sshd = path != NULL && access(path, X_OK) == 0;
	free(path);
	if (has_sshd)
		return judge_sshd(&r, err);
	warn(ctx, "there is no sshd here: what it would do is not known");
	return 0;
}
