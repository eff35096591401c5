#include "config.h"

#include "config-gen/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

#define DEFAULT_UID_MIN 1000
#define MAX_LOGIN_DEFS (1024UL * 1024)
/* Room for one entry, however many fields a directory service fills. */
#define PASSWD_BUFFER (256UL * 1024)

static int
find_on_host(const char *name, struct account *out, struct err *err)
{
	struct passwd pw, *found = NULL;
	char *buffer;
	int r;

	if ((buffer = malloc(PASSWD_BUFFER)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	r = getpwnam_r(name, &pw, buffer, PASSWD_BUFFER, &found);
	if (found != NULL)
		*out = (struct account) { pw.pw_uid, pw.pw_gid };
	free(buffer);
	if (found != NULL)
		return 1;
	/* What the libraries say for "not found", see getpwnam(3). */
	if (r == 0 || r == ENOENT || r == ESRCH)
		return 0;
	errno = r;
	return err_system(err, "account %s", name);
}

int
account_find(const struct root *root, const char *name, struct account *out,
    struct err *err)
{
	char path[PATH_MAX];
	const struct passwd *pw;
	FILE *f;
	int found = 0;

	if (root_is_host(root))
		return find_on_host(name, out, err);
	if ((f = fopen(root_path(root, path, "/etc/passwd"), "re")) == NULL)
		return errno == ENOENT ? 0 : err_system(err, "%s", path);
	while (!found && (pw = fgetpwent(f)) != NULL) {
		if (strcmp(pw->pw_name, name) == 0) {
			*out = (struct account) { pw->pw_uid, pw->pw_gid };
			found = 1;
		}
	}
	(void)fclose(f);
	return found;
}

static bool
has_shell(const struct passwd *pw)
{
	const char *name = strrchr(pw->pw_shell, '/');

	name = name == NULL ? pw->pw_shell : name + 1;
	return strcmp(name, "nologin") != 0 && strcmp(name, "false") != 0;
}

bool
account_first(uint32_t uid_min, bool (*fits)(void *ctx, const char *name),
    void *ctx, char *name, size_t name_len, struct account *out)
{
	const struct passwd *pw;
	bool found = false;
	size_t n = 0;

	setpwent();
	while (!found && n++ < ACCOUNT_MAX_LISTED &&
	    (pw = getpwent()) != NULL) {
		if (pw->pw_uid < uid_min || !has_shell(pw) ||
		    strlen(pw->pw_name) >= name_len || !fits(ctx, pw->pw_name))
			continue;
		(void)snprintf(name, name_len, "%s", pw->pw_name);
		*out = (struct account) { pw->pw_uid, pw->pw_gid };
		found = true;
	}
	endpwent();
	return found;
}

uint32_t
account_uid_min(const struct root *root)
{
	char path[PATH_MAX];
	char *text = NULL;
	char *line, *rest = NULL;
	uint32_t min = DEFAULT_UID_MIN;
	unsigned int value;
	size_t len;

	if (file_read(root_path(root, path, "/etc/login.defs"), FILE_ANY,
	        MAX_LOGIN_DEFS, &text, &len, NULL) < 0)
		return min;
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, " UID_MIN %u", &value) == 1)
			min = value;
	}
	free(text);
	return min;
}
