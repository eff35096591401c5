#include "config.h"

#include "config-gen/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"

#define PASSWD "/etc/passwd"
#define LOGIN_DEFS "/etc/login.defs"
#define UID_LARGEST 4294967294
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

static int
find_in_file(FILE *f, const char *name, struct account *out, struct err *err)
{
	const struct passwd *pw;

	while ((pw = fgetpwent(f)) != NULL) {
		if (strcmp(pw->pw_name, name) == 0) {
			*out = (struct account) { pw->pw_uid, pw->pw_gid };
			return 1;
		}
	}
	/* What stands behind a line that cannot be read is not known. */
	return ferror(f) ? err_system(err, PASSWD) : 0;
}

int
account_find(const struct root *root, const char *name, struct account *out,
    struct err *err)
{
	struct err why = ERR_INIT;
	char *path;
	FILE *f;
	int found;

	if (root_is_host(root))
		return find_on_host(name, out, err);
	if ((path = root_locate(root, PASSWD, &why)) == NULL)
		return why.code == ERR_NOT_FOUND
		    ? 0
		    : err_setf(err, why.code, "%s", why.text);
	f = fopen(path, "re");
	free(path);
	if (f == NULL)
		return errno == ENOENT ? 0 : err_system(err, PASSWD);
	found = find_in_file(f, name, out, err);
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

/*
 * What shadow's getdef.c takes a line for: a name, and all behind it but
 * quotes and blanks around it.  The value where the line is UID_MIN's, or
 * NULL.
 */
static char *
uid_min_value(char *line)
{
	static const char name[] = "UID_MIN";
	size_t len;
	char *value;

	line += strspn(line, " \t");
	if (strncmp(line, name, sizeof(name) - 1) != 0)
		return NULL;
	value = line + sizeof(name) - 1;
	if (strchr(" \t\r", *value) == NULL)
		return NULL;
	value += strspn(value, " \t\"");
	value[strcspn(value, "\"")] = '\0';
	for (len = strlen(value); len > 0; value[--len] = '\0') {
		if (strchr(" \t\r\v\f", value[len - 1]) == NULL)
			break;
	}
	return value;
}

/* As shadow reads numbers: 0x is hexadecimal, a 0 in front octal. */
static int
parse_uid(const char *text, uint32_t *out)
{
	unsigned long long n;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	n = strtoull(text, &end, 0);
	if (errno != 0 || *end != '\0' || n > UID_LARGEST)
		return -1;
	*out = (uint32_t)n;
	return 0;
}

/* 1: text says it; 0: it does not.  The last line counts, as for shadow. */
static int
find_uid_min(char *text, uint32_t *out, struct err *err)
{
	unsigned int number = 0;
	char *line, *end, *value;
	int found = 0;

	for (line = text; line != NULL; line = end) {
		if ((end = strchr(line, '\n')) != NULL)
			*end++ = '\0';
		number++;
		if ((value = uid_min_value(line)) == NULL)
			continue;
		if (parse_uid(value, out) < 0)
			return err_set(err, ERR_MALFORMED,
			    (struct place) { LOGIN_DEFS, number, 0 },
			    "UID_MIN is no user ID",
			    "nobody could tell which accounts \"*\" covers",
			    "write a number, or \"min_uid\" under \"*\" of "
			    "the policy");
		found = 1;
	}
	return found;
}

int
account_uid_min(const struct root *root, uint32_t *out, struct err *err)
{
	struct err mine = ERR_INIT;
	char *path;
	char *text = NULL;
	size_t len;
	int found = -1;

	*out = ACCOUNT_UID_MIN;
	if ((path = root_locate(root, LOGIN_DEFS, &mine)) == NULL ||
	    file_read(path, FILE_ANY, MAX_LOGIN_DEFS, &text, &len, &mine) < 0)
		found = mine.code == ERR_NOT_FOUND
		    ? 0
		    : err_setf(err, mine.code, "%s", mine.text);
	else if (strlen(text) != len)
		found = err_setf(
		    err, ERR_MALFORMED, LOGIN_DEFS ": a NUL byte in it");
	else
		found = find_uid_min(text, out, err);
	free(path);
	free(text);
	return found;
}

int
account_lowest(const struct root *root, const struct policy *p, uint32_t *out,
    struct err *err)
{
	uint32_t min;

	*out = UINT32_MAX;
	if (p->everybody == NULL)
		return 0;
	if (p->min_uid >= 0)
		min = (uint32_t)p->min_uid;
	else if (account_uid_min(root, &min, err) < 0)
		return -1;
	*out = min;
	return 0;
}

void
account_judge_lowest(const struct root *root, const struct policy *p,
    struct diag_report *report)
{
	char what[128];
	uint32_t min;
	int found;

	if (p->min_uid < 0)
		return;
	/* What cannot be read is refused only where it decides. */
	if ((found = account_uid_min(root, &min, NULL)) < 0)
		min = ACCOUNT_UID_MIN;
	if (p->min_uid >= min)
		return;
	(void)snprintf(what, sizeof(what),
	    "\"min_uid\" is below %lu%s", (unsigned long)min,
	    found == 1 ? ", which is UID_MIN of " LOGIN_DEFS : "");
	diag_add(report, DIAG_WARNING, policy_place(p, p->min_uid_at), NULL, 0,
	    what, "\"*\" would cover accounts of the system",
	    "leave it out, or give those users rules of their own");
}
