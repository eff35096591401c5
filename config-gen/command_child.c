#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config-gen/command_int.h"

/* Descriptors are closed one by one up to here where close_range is missing. */
#define CLOSE_MAX 65536

const char *const command_steps[] = { "chroot", "descriptors", "exec",
	"session", "user" };

static int
close_others(void)
{
	struct rlimit limit;
	int fd, last = CLOSE_MAX;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, (unsigned int)FD_FIRST_FREE, UINT_MAX,
		0U) == 0)
		return 0;
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return -1;
	if (limit.rlim_cur < CLOSE_MAX)
		last = (int)limit.rlim_cur;
	for (fd = FD_FIRST_FREE; fd < last; fd++)
		(void)close(fd);
	return 0;
}

static void
default_signals(void)
{
	struct sigaction action;
	sigset_t none;
	int number;

	memset(&action, 0, sizeof(action));
	action.sa_handler = SIG_DFL;
	/* Not all numbers can be set, and those need not be. */
	for (number = 1; number <= SIGRTMAX; number++)
		(void)sigaction(number, &action, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void
child_fail(int fd, int step)
{
	struct command_failure f = { errno, step };
	ssize_t n = write(fd, &f, sizeof(f));

	_exit(n == (ssize_t)sizeof(f) ? 127 : 126);
}

/* A child of nobody's: of init's, once the one in between has ended. */
static void
child_detach(const struct command_start *s)
{
	pid_t pid;

	if (setsid() == -1 || (pid = fork()) == -1)
		child_fail(s->fds[FD_FAILURE], CHILD_SESSION);
	if (pid != 0)
		_exit(0);
	default_signals();
	(void)signal(SIGHUP, SIG_IGN);
}

static void
child_attach(const struct command_start *s)
{
	(void)setpgid(0, 0);
	default_signals();
	/* A program that outlived certgate would work behind the lock. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != s->parent)
		_exit(126);
}

/* Give up what the guest is not to have. */
static int
child_drop(const struct command_guest *g, pid_t parent)
{
	if (g->has_user &&
	    (setgroups(0, NULL) == -1 ||
		setresgid(g->gid, g->gid, g->gid) == -1 ||
		setresuid(g->uid, g->uid, g->uid) == -1))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	/* A change of user has taken this away. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	return 0;
}

/*
 * Between vfork and exec, mostly in the parent's memory: only what is safe
 * there, and nothing that the parent would miss.
 */
_Noreturn void
command_child_run(const struct command_start *s)
{
	static const char *const environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
		"/bin",
		"LC_ALL=C", NULL
	};
	int fd;

	if (s->is_detached)
		child_detach(s);
	else
		child_attach(s);
	for (fd = FD_STDIN; fd < FD_FIRST_FREE; fd++) {
		if (dup2(s->fds[fd], fd) == -1)
			child_fail(s->fds[FD_FAILURE], CHILD_DESCRIPTORS);
	}
	if (fcntl(FD_FAILURE, F_SETFD, FD_CLOEXEC) == -1 ||
	    close_others() == -1)
		child_fail(FD_FAILURE, CHILD_DESCRIPTORS);
	if (s->root != NULL && chroot(s->root) == -1)
		child_fail(FD_FAILURE, CHILD_CHROOT);
	if (chdir("/") == -1)
		child_fail(FD_FAILURE, CHILD_CHROOT);
	if (s->guest != NULL && child_drop(s->guest, s->parent) == -1)
		child_fail(FD_FAILURE, CHILD_USER);
	(void)umask(022);
	(void)execve(s->argv[0], (char *const *)(uintptr_t)s->argv,
	    (char *const *)(uintptr_t)environment);
	child_fail(FD_FAILURE, CHILD_EXEC);
}

/*
 * A child that shares our memory until it is another program: to copy what a
 * large policy takes would cost more than most programs that are run.  No
 * handler of ours may run in it, so signals wait until it has none.
 */
pid_t
command_child_start(const struct command_start *s)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_BLOCK, &all, &before) == -1)
		return -1;
	/* Memory of ours must not be in a process of somebody else's. */
	if ((pid = s->guest != NULL ? fork() : vfork()) == 0)
		command_child_run(s);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}
