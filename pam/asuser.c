#include "config.h"

#include "pam/asuser.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Plain system calls change this thread alone; the C library's functions
 * change all threads of a program that is not ours.
 */
#ifdef SYS_setresuid32
#define SETRESUID SYS_setresuid32
#define SETRESGID SYS_setresgid32
#define SETGROUPS SYS_setgroups32
#else
#define SETRESUID SYS_setresuid
#define SETRESGID SYS_setresgid
#define SETGROUPS SYS_setgroups
#endif

static int
set_groups(int n, const gid_t *groups)
{
	return (int)syscall(SETGROUPS, (long)n, groups);
}

static int
set_egid(gid_t gid)
{
	return (int)syscall(SETRESGID, -1L, (long)gid, -1L);
}

static int
set_euid(uid_t uid)
{
	return (int)syscall(SETRESUID, -1L, (long)uid, -1L);
}

static int
save(struct asuser *u, struct err *err)
{
	int n = getgroups(0, NULL);

	if (n < 0)
		return err_system(err, "getgroups");
	u->groups = calloc((size_t)n + 1, sizeof(*u->groups));
	if (u->groups == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	u->n_groups = getgroups(n, u->groups);
	if (u->n_groups < 0)
		return err_system(err, "getgroups");
	u->euid = geteuid();
	u->egid = getegid();
	u->dumpable = prctl(PR_GET_DUMPABLE);
	if (prctl(PR_GET_PDEATHSIG, &u->death_signal) < 0)
		u->death_signal = 0;
	return 0;
}

int
asuser_begin(struct asuser *u, uid_t uid, gid_t gid, struct err *err)
{
	memset(u, 0, sizeof(*u));
	if (geteuid() == uid)
		return 0;
	if (geteuid() != 0)
		return err_setf(err, ERR_REFUSED,
		    "only root can ask another user's agent");
	if (save(u, err) < 0) {
		free(u->groups);
		u->groups = NULL;
		return -1;
	}
	u->is_changed = true;
	if (set_groups(0, NULL) < 0 || set_egid(gid) < 0 ||
	    set_euid(uid) < 0) {
		(void)err_system(
		    err, "becoming uid %lu", (unsigned long)uid);
		(void)asuser_end(u, NULL);
		return -1;
	}
	return 0;
}

int
asuser_end(struct asuser *u, struct err *err)
{
	int ret = 0;

	if (!u->is_changed)
		return 0;
	if (set_euid(u->euid) < 0 || set_egid(u->egid) < 0 ||
	    set_groups(u->n_groups, u->groups) < 0)
		ret = err_system(err, "becoming uid %lu again",
		    (unsigned long)u->euid);
	if (u->dumpable == 0 || u->dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, u->dumpable);
	if (u->death_signal != 0)
		(void)prctl(PR_SET_PDEATHSIG, u->death_signal);
	free(u->groups);
	memset(u, 0, sizeof(*u));
	u->is_stuck = ret < 0;
	return ret;
}
