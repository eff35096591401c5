/*
 * Include patterns, matched inside a root: glob(3) knows no root, and a link
 * in an image must not lead to the machine's own files.
 */
#include "config.h"

#include "config-gen/sshdconf_int.h"

#include "lib/escape.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
sshdconf_resolve(const struct root *root, const char *inside, struct err *err)
{
	char *real = NULL;
	char *out = NULL;

	/* The kernel does it for the machine's own root. */
	if (root_is_host(root)) {
		if ((out = strdup(inside)) == NULL)
			err_setf(err, ERR_MEMORY, "out of memory");
		return out;
	}
	if ((real = malloc(PATH_MAX)) == NULL) {
		err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	if (root_resolve(root, inside, real, err) == 0 &&
	    asprintf(&out, "%s%s", root->dir, real) < 0) {
		out = NULL;
		err_setf(err, ERR_MEMORY, "out of memory");
	}
	free(real);
	return out;
}

/* What is matched so far. */
struct found {
	const struct root *root;
	char **paths;
	size_t n_paths;
};

static int expand(struct found *f, const char *path, const char *pattern,
    struct err *err);

/*
 * fnmatch(3) as sshd's own glob has it, where "[^a]" is '^' or 'a'.  The
 * caller frees; NULL out of memory.
 */
static char *
fnmatch_pattern(const char *pattern)
{
	char *out;
	char *to;

	if ((to = out = malloc(strlen(pattern) * 2 + 1)) == NULL)
		return NULL;
	for (; *pattern != '\0'; pattern++) {
		*to++ = *pattern;
		if (pattern[0] == '\\' && pattern[1] != '\0')
			*to++ = *++pattern;
		else if (pattern[0] == '[' && pattern[1] == '^')
			*to++ = '\\';
	}
	*to = '\0';
	return out;
}

bool
sshdconf_covers_dropin(const char *pattern)
{
	char *own = fnmatch_pattern(pattern);
	bool ret = own != NULL &&
	    fnmatch(own, SSHDCONF_DROPIN_PATH, FNM_PATHNAME | FNM_PERIOD) == 0;

	free(own);
	return ret;
}

static int
found_add(struct found *f, const char *path, struct err *err)
{
	char **grown;

	if ((grown = sshdconf_grow(
		 f->paths, f->n_paths, sizeof(*grown), err)) == NULL)
		return -1;
	f->paths = grown;
	if ((f->paths[f->n_paths] = strdup(path)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	f->n_paths++;
	return 0;
}

static int
unreadable(const char *path, struct err *err)
{
	char shown[200];
	int saved = errno;

	(void)escape_text(shown, sizeof(shown), path);
	errno = saved;
	return err_system(err, "%s", shown);
}

/*
 * Only what is not there matches nothing.  Anything else that keeps us from
 * looking must not hide a file that sshd reads.
 */
static bool
is_nothing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* 0: *where (NULL: nothing is there) is path on this machine; -1. */
static int
locate(const struct root *root, const char *path, char **where,
    struct err *err)
{
	struct err own = ERR_INIT;

	*where = sshdconf_resolve(root, path, &own);
	if (*where != NULL || own.code == ERR_NOT_FOUND ||
	    own.code == ERR_REFUSED)
		return 0;
	return err_setf(err, own.code, "%s", own.text);
}

/*
 * Whether path exists, itself: a link that leads nowhere does.  Its folder
 * is resolved inside the root, its last component is not.  1, 0 or -1.
 */
static int
is_there(const struct root *root, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = NULL;
	char *where = NULL;
	char *on_host = NULL;
	struct stat st;
	int ret = -1;

	if (slash == NULL)
		return 0;
	if ((folder = strndup(path, (size_t)(slash - path) + 1)) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (locate(root, folder, &where, err) < 0)
		goto out;
	if (where == NULL) {
		ret = 0;
		goto out;
	}
	if (asprintf(&on_host, "%s%s", where, slash) < 0) {
		on_host = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (lstat(on_host, &st) == 0)
		ret = 1;
	else
		ret = is_nothing(errno) ? 0 : unreadable(on_host, err);
out:
	free(on_host);
	free(folder);
	free(where);
	return ret;
}

/* Go on with path and name joined. */
static int
descend(struct found *f, const char *path, const char *name,
    const char *pattern, struct err *err)
{
	char *joined = NULL;
	int ret;

	if (asprintf(&joined, "%s/%s", path, name) < 0)
		return err_setf(err, ERR_MEMORY, "out of memory");
	ret = expand(f, joined, pattern, err);
	free(joined);
	return ret;
}

/* All names in folder, which is path, that match own, fnmatch's pattern. */
static int
expand_names(struct found *f, DIR *folder, const char *path, const char *own,
    const char *pattern, struct err *err)
{
	struct dirent *entry;

	for (;;) {
		errno = 0;
		if ((entry = readdir(folder)) == NULL)
			break;
		if (fnmatch(own, entry->d_name, FNM_PERIOD) == 0 &&
		    descend(f, path, entry->d_name, pattern, err) < 0)
			return -1;
	}
	return errno == 0 ? 0 : unreadable(path, err);
}

/* All names in the folder path that match component. */
static int
expand_folder(struct found *f, const char *path, const char *component,
    const char *pattern, struct err *err)
{
	char *on_host = NULL;
	char *own = NULL;
	DIR *folder = NULL;
	int ret = -1;

	if ((own = fnmatch_pattern(component)) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (locate(f->root, path[0] == '\0' ? "/" : path, &on_host, err) < 0)
		goto out;
	if (on_host != NULL && (folder = opendir(on_host)) == NULL &&
	    !is_nothing(errno)) {
		(void)unreadable(on_host, err);
		goto out;
	}
	ret = folder == NULL
	    ? 0
	    : expand_names(f, folder, path, own, pattern, err);
out:
	if (folder != NULL)
		(void)closedir(folder);
	free(on_host);
	free(own);
	return ret;
}

/* Take the backslashes out of a component without wildcards. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

static int
expand(struct found *f, const char *path, const char *pattern,
    struct err *err)
{
	char *component;
	size_t len;
	int ret;

	pattern += strspn(pattern, "/");
	if (*pattern == '\0') {
		ret = is_there(f->root, path, err);
		return ret == 1 ? found_add(f, path, err) : ret;
	}
	len = strcspn(pattern, "/");
	if ((component = strndup(pattern, len)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	if (strpbrk(component, "*?[") != NULL)
		ret = expand_folder(f, path, component, pattern + len, err);
	else {
		unescape(component);
		ret = descend(f, path, component, pattern + len, err);
	}
	free(component);
	return ret;
}

static int
path_compare(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

int
sshdconf_glob(const struct root *root, const char *pattern, char ***paths,
    size_t *n_paths, struct err *err)
{
	struct found f = { root, NULL, 0 };

	size_t len = strlen(pattern);

	/*
	 * With a slash at its end it matches folders, which sshd reads as
	 * empty.  So long a path cannot exist, and expand() calls itself for
	 * each component.
	 */
	if (len == 0 || len >= PATH_MAX || pattern[len - 1] == '/')
		root = NULL;
	if (root != NULL && expand(&f, "", pattern, err) < 0) {
		sshdconf_paths_free(f.paths, f.n_paths);
		return -1;
	}
	if (f.n_paths > 1)
		qsort(f.paths, f.n_paths, sizeof(*f.paths), path_compare);
	*paths = f.paths;
	*n_paths = f.n_paths;
	return 0;
}

void
sshdconf_paths_free(char **paths, size_t n_paths)
{
	size_t i;

	for (i = 0; i < n_paths; i++)
		free(paths[i]);
	free(paths);
}
