/*
 * Principals files: sshd reads them as the user who logs in, and with
 * StrictModes only where nobody but root and that user may change them.
 */
#include "config.h"

#include "config-gen/doctor_int.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config-gen/keysfile.h"

#define GENERATIONS ROOT_CERTGATE "/generations"

#define WHY_LIST                                                               \
	"sshd refuses to read the list, and everybody whom it should let in; " \
	"sshd -t does not look"

/*
 * One file or folder, inside: what is wrong with it, or NULL.  owner may own
 * it beside root; fix gets the cure.
 */
static const char *
fault_of(const struct stat *st, bool is_file, uid_t owner, bool is_strict,
    const char *inside, char *fix, size_t fix_len)
{
	if (is_file && !S_ISREG(st->st_mode)) {
		(void)snprintf(fix, fix_len, "remove %.400s", inside);
		return "the principals file is not a regular file";
	}
	if (is_strict && st->st_uid != 0 && st->st_uid != owner) {
		(void)snprintf(fix, fix_len, "chown root %.400s", inside);
		return is_file ? "the principals file is neither root's nor "
				 "the user's"
			       : "a folder above principals files that is "
				 "neither root's nor the user's";
	}
	if (is_strict && (st->st_mode & (S_IWGRP | S_IWOTH)) != 0) {
		(void)snprintf(fix, fix_len, "chmod go-w %.400s", inside);
		return is_file ? "others than its owner may write the "
				 "principals file"
			       : "others than its owner may write in a folder "
				 "above principals files";
	}
	if ((st->st_mode & (is_file ? S_IROTH : S_IXOTH)) == 0 &&
	    st->st_uid != owner) {
		(void)snprintf(fix, fix_len, "chmod o+%s %.400s",
		    is_file ? "r" : "x", inside);
		return is_file ? "the user, as whom sshd reads it, may not "
				 "read the principals file"
			       : "the user may not enter a folder above "
				 "principals files";
	}
	return NULL;
}

static bool
is_strict(const struct doctor *d)
{
	const struct sshd_settings *s = doctor_settings(d, NULL);
	const char *value = s == NULL ? NULL : sshd_setting(s, "strictmodes");

	return value == NULL || strcasecmp(value, "no") != 0;
}

static bool
is_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return strncmp(path, folder, n) == 0 &&
	    (path[n] == '/' || path[n] == '\0');
}

/*
 * The file at, whose links are resolved, and each folder above it up to home
 * (the last that sshd looks at) or /.  at is used up.  with_file: false
 * begins at its folder.
 */
static int
check_way(struct doctor *d, char *at, const struct person *p, bool is_ours,
    bool with_file, struct err *err)
{
	char fix[512];
	struct doctor_words w = { at, 0, NULL, WHY_LIST, fix, false };
	uid_t owner = p == NULL ? 0 : p->uid;
	struct stat st;
	char *slash;
	bool is_file = true;

	for (;;) {
		if ((with_file || !is_file) && doctor_stat(d, at, &st) == 0) {
			w.what = fault_of(&st, is_file, owner, is_strict(d), at,
			    fix, sizeof(fix));
			/* What lies in a generation an apply makes anew. */
			w.is_cured = is_ours && is_below(at, GENERATIONS) &&
			    strcmp(at, GENERATIONS) != 0;
			if (w.what != NULL &&
			    doctor_find(d, DOCTOR_FAILURE, &w, err) < 0)
				return -1;
		}
		if (strcmp(at, "/") == 0 ||
		    (p != NULL && strcmp(at, p->home) == 0))
			return 0;
		if ((slash = strrchr(at, '/')) == at)
			slash++;
		*slash = '\0';
		is_file = false;
	}
}

static int
check_list(struct doctor *d, const char *inside, const struct person *p,
    bool is_ours, struct err *err)
{
	char *at = doctor_resolve(d, inside);
	struct stat st;
	int ret = 0;

	if (at != NULL && doctor_stat(d, at, &st) == 0)
		ret = check_way(d, at, p, is_ours, true, err);
	free(at);
	return ret;
}

/* Every list of the current generation, whomever it is for. */
static int
check_our_lists(struct doctor *d, struct err *err)
{
	const char *folder = ROOT_CURRENT "/" COMPILE_LISTS;
	char *inside = NULL;
	const struct person *p;
	struct dirent *e;
	DIR *dir;
	int ret = 0;

	if (doctor_open_folder(d, folder, &dir, err) < 0)
		return -1;
	if (dir == NULL)
		return 0;
	/* The folders once, also where there is no list. */
	if ((inside = doctor_resolve(d, ROOT_CURRENT "/" COMPILE_LISTS "/x")) !=
	    NULL)
		ret = check_way(d, inside, NULL, true, false, err);
	free(inside);
	while (ret == 0) {
		errno = 0;
		if ((e = readdir(dir)) == NULL) {
			if (errno != 0)
				ret = err_system(err, "%s", folder);
			break;
		}
		if (e->d_name[0] == '.' ||
		    (p = people_find(&d->people, e->d_name)) == NULL ||
		    asprintf(&inside, "%s/%s", folder, e->d_name) < 0)
			continue;
		ret = check_list(d, inside, p, true, err);
		free(inside);
	}
	(void)closedir(dir);
	return ret;
}

/* Files that the administrator's own pattern names. */
static int
check_pattern(struct doctor *d, const char *pattern, struct err *err)
{
	const struct person *p;
	char inside[KEYSFILE_PATH_SIZE];
	size_t i, n = 0;

	for (i = 0; i < d->people.n_items && n < DOCTOR_MAX_PEOPLE; i++) {
		p = &d->people.items[i];
		if (!p->has_shell || keysfile_path(inside, pattern, p) < 0)
			continue;
		n++;
		if (check_list(d, inside, p, false, err) < 0)
			return -1;
	}
	return 0;
}

int
doctor_list_file(struct doctor *d, struct err *err)
{
	const struct sshdconf_line *line;
	size_t at = 0;
	char **args;
	int ret;

	if (check_our_lists(d, err) < 0)
		return -1;
	while ((line = doctor_next_line(d, "authorizedprincipalsfile", &at)) !=
	    NULL) {
		if (line->is_ours || line->match != 0)
			continue;
		if ((args = sshdconf_args(line->rest, NO_PLACE, err)) == NULL)
			return -1;
		ret = args[0] == NULL || doctor_is_none(args[0])
		    ? 0
		    : check_pattern(d, args[0], err);
		free(args);
		if (ret < 0)
			return -1;
	}
	return 0;
}
