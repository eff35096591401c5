#include "config.h"

#include "config-gen/fetched.h"

#include "config-gen/root.h"
#include "lib/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is there on any system, and what is ours below. */
#define BASE "/var/lib"
#define BELOW "/certgate/ca"

static const mode_t file_mode = 0644, folder_mode = 0755;

char *
fetched_locate(const char *dir, const char *name, struct err *err)
{
	struct root root = { .dir = dir };
	char *inside = NULL, *path = NULL;

	if (asprintf(&inside, FETCHED_FOLDER "/%s.pub", name) < 0)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else
		path = root_locate_file(&root, inside, err);
	free(inside);
	return path;
}

int
fetched_read(struct keyset *ks, const char *dir, const char *name,
    struct err *err)
{
	struct err found = ERR_INIT;
	char *path = NULL, *text = NULL;
	size_t len;
	int ret = -1;

	if ((path = fetched_locate(dir, name, &found)) == NULL ||
	    file_read(path, FILE_ROOTS, FETCHED_MAX_BYTES, &text, &len,
		&found) < 0) {
		if (found.code == ERR_NOT_FOUND)
			ret = 0;
		else
			(void)err_set(err, found.code, NO_PLACE, found.text,
			    NULL, NULL);
		goto out;
	}
	ret = keyset_read(ks, text, len, path, err) < 0 ? -1 : 1;
out:
	free(path);
	free(text);
	return ret;
}

static int
make_folders(const char *dir, struct err *err)
{
	struct root root = { .dir = dir };
	char *base = NULL, *folder = NULL;
	int ret = -1;

	if ((base = root_locate(&root, BASE, err)) == NULL)
		goto out;
	if (asprintf(&folder, "%s" BELOW, base) < 0)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else
		ret = file_make_folders(folder, folder_mode, err);
out:
	free(base);
	free(folder);
	return ret;
}

static bool
holds(const char *path, const struct wire *w)
{
	char *text = NULL;
	size_t len;
	bool is_same;

	if (file_read(path, FILE_ROOTS, FETCHED_MAX_BYTES, &text, &len,
	        NULL) < 0)
		return false;
	is_same = len == w->len && memcmp(text, w->p, len) == 0;
	free(text);
	return is_same;
}

static void
put_text(struct wire *w, const char *text)
{
	wire_put_bytes(w, text, strlen(text));
}

int
fetched_write(const struct keyset *ks, const char *dir, const char *name,
    const char *url, bool *is_written, struct err *err)
{
	struct wire w = WIRE_INIT;
	char *path = NULL;
	int ret = -1;

	*is_written = false;
	/* As lib/url takes it: nothing in it ends a line. */
	put_text(&w, "# by certgate ca fetch, from ");
	put_text(&w, url);
	put_text(&w, "\n");
	keyset_write(ks, &w);
	if (w.has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (make_folders(dir, err) < 0 ||
	    (path = fetched_locate(dir, name, err)) == NULL ||
	    file_remove_temporaries(path, err) < 0)
		goto out;
	ret = file_replace(
	    path, w.p, w.len, file_mode, geteuid(), getegid(), err);
	*is_written = ret == 0 || holds(path, &w);
out:
	free(path);
	wire_free(&w);
	return ret;
}
