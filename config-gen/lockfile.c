#include "config.h"

#include "config-gen/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/escape.h"

#define PAUSE_NS (20L * 1000 * 1000)

/* Nobody else may have it open, and it is nothing but a lock. */
static int
judge(const struct stat *st, const char *shown, struct err *err)
{
	if (S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    (st->st_mode & 0177) == 0 && st->st_size == 0)
		return 0;
	return err_setf(err, ERR_UNSAFE,
	    "%s: not a lock that certgate made; move it away", shown);
}

static int
wait_for(int fd, int64_t deadline_ms, const char *shown, struct err *err)
{
	const struct timespec pause = { 0, PAUSE_NS };

	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return err_system(err, "%s", shown);
		if (clock_now_ms() >= deadline_ms)
			return err_setf(err, ERR_REFUSED,
			    "another certgate is at work and holds %s; try "
			    "again when it has ended",
			    shown);
		(void)nanosleep(&pause, NULL);
	}
	return 0;
}

/* *is_gone: who had the lock removed its file, and it locks nothing. */
static int
take(struct lockfile *l, int64_t deadline_ms, bool *is_gone, struct err *err)
{
	char shown[256];
	struct stat st;

	*is_gone = false;
	(void)escape_text(shown, sizeof(shown), l->path);
	l->fd = open(l->path,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (l->fd == -1 || fstat(l->fd, &st) == -1)
		return err_system(err, "%s", shown);
	if (judge(&st, shown, err) == -1 ||
	    wait_for(l->fd, deadline_ms, shown, err) == -1)
		return -1;
	if (fstat(l->fd, &st) == -1)
		return err_system(err, "%s", shown);
	*is_gone = st.st_nlink == 0;
	return 0;
}

static void
forget(struct lockfile *l)
{
	if (l->fd != -1)
		(void)close(l->fd);
	free(l->path);
	l->fd = -1;
	l->path = NULL;
}

int
lockfile_take(struct lockfile *l, const char *path, unsigned int wait_s,
    struct err *err)
{
	int64_t deadline_ms = clock_now_ms() + (int64_t)wait_s * 1000;
	bool is_gone;

	l->fd = -1;
	if ((l->path = strdup(path)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	do {
		if (l->fd != -1)
			(void)close(l->fd);
		if (take(l, deadline_ms, &is_gone, err) == -1) {
			forget(l);
			return -1;
		}
	} while (is_gone);
	return 0;
}

void
lockfile_drop(struct lockfile *l)
{
	/* While it is locked: who waits for it looks whether it is gone. */
	if (l->fd != -1)
		(void)unlink(l->path);
	forget(l);
}
