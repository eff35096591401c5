#include "config.h"

#include "config-gen/root.h"

#include "lib/escape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

/* As many links as the kernel follows. */
#define MAX_LINKS 40

/* A path that is being resolved: done has no link, rest is still to go. */
struct walk {
	const struct root *root;
	const char *shown;
	size_t n_links;
	bool is_linked; /* a link stood where the path ends */
	char done[PATH_MAX];
	char rest[PATH_MAX];
	char scratch[PATH_MAX];
};

char *
root_path(const struct root *r, char out[PATH_MAX], const char *inside)
{
	int n = snprintf(
	    out, PATH_MAX, "%s%s", root_is_host(r) ? "" : r->dir, inside);

	/* A path that is cut would be another file's. */
	if (n < 0 || n >= PATH_MAX)
		out[0] = '\0';
	return out;
}

bool
root_is_host(const struct root *r)
{
	return r->dir[0] == '\0' || strcmp(r->dir, "/") == 0;
}

static int
too_long(const struct walk *w, struct err *err)
{
	return err_setf(err, ERR_LIMIT, "%s: too long a path", w->shown);
}

/* Drop the last component of what is done. */
static void
step_back(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* Put the target of the link at done, on disk scratch, in front of rest. */
static int
follow(struct walk *w, struct err *err)
{
	char link[PATH_MAX];
	ssize_t n;

	n = readlink(
	    root_path(w->root, w->scratch, w->done), link, sizeof(link) - 1);
	if (n == -1)
		return err_system(err, "%s", w->shown);
	link[n] = '\0';
	if (++w->n_links > MAX_LINKS)
		return err_setf(
		    err, ERR_REFUSED, "%s: a loop of symbolic links", w->shown);
	if (w->rest[0] == '\0')
		w->is_linked = true;
	if (link[0] == '/')
		w->done[0] = '\0';
	else
		step_back(w);
	if ((size_t)n + 1 + strlen(w->rest) >= sizeof(w->scratch))
		return too_long(w, err);
	(void)stpcpy(stpcpy(stpcpy(w->scratch, link), "/"), w->rest);
	(void)strcpy(w->rest, w->scratch);
	return 0;
}

/* Take the next component from rest to done. */
static int
step(struct walk *w, struct err *err)
{
	struct stat st;
	size_t done_len = strlen(w->done);
	size_t len = strcspn(w->rest, "/");
	bool is_back = len == 2 && memcmp(w->rest, "..", 2) == 0;
	bool is_here = len == 1 && w->rest[0] == '.';

	if (!is_back && !is_here && len > 0) {
		if (done_len + 1 + len >= sizeof(w->done))
			return too_long(w, err);
		w->done[done_len] = '/';
		memcpy(w->done + done_len + 1, w->rest, len);
		w->done[done_len + 1 + len] = '\0';
	}
	len += strspn(w->rest + len, "/");
	memmove(w->rest, w->rest + len, strlen(w->rest + len) + 1);
	if (is_back)
		step_back(w);
	if (strlen(w->done) <= done_len)
		return 0;
	if (root_path(w->root, w->scratch, w->done)[0] == '\0')
		return too_long(w, err);
	if (lstat(w->scratch, &st) == -1) {
		if (errno != ENOENT)
			return err_system(err, "%s", w->shown);
		if (w->rest[0] != '\0')
			return err_setf(err, ERR_NOT_FOUND, "%s: %s", w->shown,
			    strerror(errno));
		if (w->is_linked)
			return err_setf(err, ERR_REFUSED,
			    "%s: a symbolic link that leads nowhere", w->shown);
		return 0;
	}
	return S_ISLNK(st.st_mode) ? follow(w, err) : 0;
}

int
root_resolve(const struct root *r, const char *inside, char out[PATH_MAX],
    struct err *err)
{
	char shown[SHOWN_SIZE];
	struct walk *w;
	int ret = -1;

	(void)escape_text(shown, sizeof(shown), inside);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return err_setf(err, ERR_MEMORY, "%s: out of memory", shown);
	w->root = r;
	w->shown = shown;
	if (strlen(inside) >= sizeof(w->rest)) {
		(void)too_long(w, err);
		goto out;
	}
	(void)strcpy(w->rest, inside);
	while (w->rest[0] != '\0') {
		if (step(w, err) == -1)
			goto out;
	}
	(void)strcpy(out, w->done[0] == '\0' ? "/" : w->done);
	ret = 0;
out:
	free(w);
	return ret;
}

char *
root_locate(const struct root *r, const char *inside, struct err *err)
{
	char *resolved = NULL, *path = NULL, *out = NULL;

	if ((resolved = malloc(PATH_MAX)) == NULL ||
	    (path = malloc(PATH_MAX)) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (root_resolve(r, inside, resolved, err) == -1)
		goto out;
	if (root_path(r, path, resolved)[0] == '\0') {
		(void)err_setf(err, ERR_LIMIT, "too long a path");
		goto out;
	}
	out = path;
	path = NULL;
out:
	free(resolved);
	free(path);
	return out;
}

char *
root_locate_file(const struct root *r, const char *inside, struct err *err)
{
	const char *slash = strrchr(inside, '/');
	char *folder, *resolved, *out = NULL;

	if (slash == NULL) {
		(void)err_setf(err, ERR_MALFORMED, "not an absolute path");
		return NULL;
	}
	if (strcmp(slash, "/..") == 0) {
		(void)err_setf(err, ERR_MALFORMED, "a folder's name");
		return NULL;
	}
	folder = strndup(inside, (size_t)(slash - inside) + 1);
	resolved = folder == NULL ? NULL : root_locate(r, folder, err);
	free(folder);
	if (resolved == NULL)
		return NULL;
	/* The root's own folder has its slash already. */
	if (asprintf(&out, "%s%s", resolved,
		resolved[strlen(resolved) - 1] == '/' ? slash + 1 : slash) < 0)
		out = NULL;
	free(resolved);
	return out;
}
