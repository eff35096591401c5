#include "config.h"

#include "pam/nss.h"

#include "lib/escape.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>

#define SHOWN 256
/* A group's record holds all of its members. */
#define MAX_RECORD (64UL << 20)

struct question {
	const char *name;
	const char *what; /* "account", "group" */
	/* One look-up into room; *is_found says whether there is one. */
	int (*ask)(struct question *q, char *room, size_t size);
	bool is_found;
	uid_t uid;
	gid_t gid;
};

static int
ask_user(struct question *q, char *room, size_t size)
{
	struct passwd pw, *found = NULL;
	int rc = getpwnam_r(q->name, &pw, room, size, &found);

	if ((q->is_found = found != NULL)) {
		q->uid = pw.pw_uid;
		q->gid = pw.pw_gid;
	}
	return rc;
}

static int
ask_group(struct question *q, char *room, size_t size)
{
	struct group gr, *found = NULL;
	int rc = getgrnam_r(q->name, &gr, room, size, &found);

	if ((q->is_found = found != NULL))
		q->gid = gr.gr_gid;
	return rc;
}

/* Ask with more and more room. */
static int
look_up(struct question *q, struct err *err)
{
	char *room = NULL, *bigger;
	char shown[SHOWN];
	size_t size = 4096;
	int rc, ret = -1;

	do {
		if ((bigger = realloc(room, size)) == NULL) {
			(void)err_setf(err, ERR_MEMORY, "out of memory");
			goto out;
		}
		room = bigger;
		rc = q->ask(q, room, size);
		size *= 2;
	} while (rc == EINTR || (rc == ERANGE && size <= MAX_RECORD));
	if (q->is_found) {
		ret = 1;
	} else if (rc == 0 || rc == ENOENT || rc == ESRCH) {
		ret = 0;
	} else {
		errno = rc;
		(void)err_system(err, "the %s \"%s\"", q->what,
		    escape_text(shown, sizeof(shown), q->name));
	}
out:
	free(room);
	return ret;
}

int
nss_user(const char *name, uid_t *uid, gid_t *gid, struct err *err)
{
	struct question q = { name, "account", ask_user, false, 0, 0 };
	int ret = look_up(&q, err);

	if (ret == 1) {
		*uid = q.uid;
		*gid = q.gid;
	}
	return ret;
}

int
nss_group(const char *name, gid_t *gid, struct err *err)
{
	struct question q = { name, "group", ask_group, false, 0, 0 };
	int ret = look_up(&q, err);

	if (ret == 1)
		*gid = q.gid;
	return ret;
}
