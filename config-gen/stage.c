#include "config.h"

#include "config-gen/stage.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

/* path is scratch of PATH_MAX bytes, as in remove_files. */
static int
write_files(const struct target *t, const struct sshdconf_file *files,
    size_t n_files, char *path, struct err *err)
{
	size_t i;

	for (i = 0; i < n_files; i++) {
		if (file_create(root_path(t->root, path, files[i].path),
			files[i].bytes, files[i].len, 0600, geteuid(),
			getegid(), err) < 0)
			return -1;
	}
	return 0;
}

static void
remove_files(const struct target *t, const struct sshdconf_file *files,
    size_t n_files, const char *folder, char *path)
{
	size_t i;

	for (i = 0; i < n_files; i++)
		(void)unlink(root_path(t->root, path, files[i].path));
	(void)rmdir(root_path(t->root, path, folder));
}

int
stage_ask(const struct target *t, const struct sshdconf_edit *edit,
    const char *folder,
    int (*ask)(void *ctx, const char *config, struct err *err), void *ctx,
    struct err *err)
{
	struct sshdconf_file *files = NULL;
	char path[PATH_MAX];
	size_t n_files = 0;
	int ret = -1;

	if (sshdconf_stage(t->conf, edit, folder, &files, &n_files, err) < 0)
		return -1;
	if (mkdir(root_path(t->root, path, folder), 0700) < 0) {
		(void)err_system(err, "%s", path);
		goto out;
	}
	if (write_files(t, files, n_files, path, err) == 0 &&
	    sshd_test(t->root, files[0].path, err) == 0 &&
	    (ask == NULL || ask(ctx, files[0].path, err) == 0))
		ret = 0;
	remove_files(t, files, n_files, folder, path);
out:
	sshdconf_files_free(files, n_files);
	return ret;
}

int
stage_test(
    const struct target *t, const struct sshdconf_edit *edit, struct err *err)
{
	return stage_ask(t, edit, STAGE_FOLDER, NULL, NULL, err);
}
