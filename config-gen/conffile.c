#include "config.h"

#include "config-gen/conffile.h"

#include "lib/escape.h"
#include "lib/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for a path in a message. */
#define SHOWN_SIZE 300

/* As much as is read of a configuration file. */
#define MAX_BYTES (16UL * 1024 * 1024)

int
conffile_path(struct generation_store *s, const char *inside,
    char out[STORE_PATH_SIZE], struct err *err)
{
	struct err own = ERR_INIT;
	char shown[SHOWN_SIZE];

	out[0] = '\0';
	if (root_resolve(s->root, inside, s->inside, &own) == -1) {
		if (own.code == ERR_NOT_FOUND)
			return 0;
		return err_setf(err, own.code, "%s", own.text);
	}
	(void)root_path(s->root, s->outside, s->inside);
	if (s->outside[0] == '\0' || strlen(s->outside) >= STORE_PATH_SIZE)
		return err_setf(err, ERR_LIMIT, "%s: too long a path",
		    escape_text(shown, sizeof(shown), inside));
	(void)strcpy(out, s->outside);
	return 0;
}

bool
conffile_is_link(struct generation_store *s, const char *inside)
{
	struct err ignored = ERR_INIT;
	const char *slash = strrchr(inside, '/');
	char folder[JOURNAL_PATH_SIZE];
	struct stat st;

	if (slash == NULL || (size_t)(slash - inside) >= sizeof(folder))
		return false;
	memcpy(folder, inside, (size_t)(slash - inside));
	folder[slash - inside] = '\0';
	/* The links of its folder, but not its own, are followed. */
	if (root_resolve(s->root, folder, s->inside, &ignored) == -1 ||
	    strlen(s->inside) + strlen(slash) >= sizeof(s->inside))
		return false;
	(void)strcat(s->inside, slash);
	return lstat(root_path(s->root, s->outside, s->inside), &st) == 0 &&
	    S_ISLNK(st.st_mode);
}

int
conffile_read(struct conffile *f, const char *path, struct err *err)
{
	char shown[SHOWN_SIZE];
	struct stat st;

	memset(f, 0, sizeof(*f));
	if (path[0] == '\0')
		return 0;
	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return 0;
		return err_system(
		    err, "%s", escape_text(shown, sizeof(shown), path));
	}
	if (file_read(path, FILE_ANY, MAX_BYTES, &f->bytes, &f->len, err) == -1)
		return -1;
	f->look.exists = true;
	f->look.mode = st.st_mode & 07777;
	f->look.uid = st.st_uid;
	f->look.gid = st.st_gid;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

void
conffile_clear(struct conffile *f)
{
	free(f->bytes);
	f->bytes = NULL;
}

bool
conffile_holds(const struct conffile *f, const char *bytes, size_t len)
{
	if (bytes == NULL || f->bytes == NULL)
		return bytes == NULL && f->bytes == NULL;
	return f->len == len && memcmp(f->bytes, bytes, len) == 0;
}

static int
take_away(char *path, struct err *err)
{
	char shown[SHOWN_SIZE];
	char *slash;

	if (unlink(path) == -1) {
		if (errno == ENOENT)
			return 0;
		return err_system(
		    err, "%s", escape_text(shown, sizeof(shown), path));
	}
	if ((slash = strrchr(path, '/')) != NULL)
		slash[slash == path ? 1 : 0] = '\0';
	return file_sync_folder(path, err);
}

/* Write it where it is; path is on this machine. */
static int
write_it(char *path, const struct journal_look *look, const char *bytes,
    size_t len, const char *like, struct err *err)
{
	if (!look->exists)
		return take_away(path, err);
	if (like == NULL)
		return file_replace(
		    path, bytes, len, look->mode, look->uid, look->gid, err);
	return file_restore(
	    path, bytes, len, look->mode, look->uid, look->gid, like, err);
}

static void
folder_of(const char *path, char folder[STORE_PATH_SIZE])
{
	char *slash;

	(void)snprintf(folder, STORE_PATH_SIZE, "%s", path);
	if ((slash = strrchr(folder, '/')) != NULL)
		slash[slash == folder ? 1 : 0] = '\0';
}

int
conffile_set(struct generation_store *s, const char *inside,
    const struct journal_look *look, const char *bytes, size_t len,
    const char *like, struct err *err)
{
	char path[STORE_PATH_SIZE], folder[STORE_PATH_SIZE];
	char shown[SHOWN_SIZE], shown_folder[SHOWN_SIZE];
	struct err own = ERR_INIT;

	if (conffile_path(s, inside, path, err) == -1)
		return -1;
	if (path[0] == '\0' && !look->exists)
		return 0;
	(void)escape_text(shown, sizeof(shown), inside);
	if (path[0] == '\0')
		return err_setf(
		    err, ERR_NOT_FOUND, "%s: %s", shown, strerror(ENOENT));
	folder_of(path, folder);
	if (write_it(path, look, bytes, len, like, &own) == 0)
		return 0;
	if (access(folder, W_OK) == -1 && errno == EROFS)
		return err_setf(err, ERR_REFUSED,
		    "%s: it is in %s, which is read-only here; a unit of "
		    "systemd's writes there with ReadWritePaths=%s under "
		    "[Service], see systemctl edit",
		    shown,
		    escape_text(shown_folder, sizeof(shown_folder), folder),
		    shown_folder);
	return err_setf(err, own.code, "%s", own.text);
}
