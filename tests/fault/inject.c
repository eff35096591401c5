#include "config.h"

#include "tests/fault/inject.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* The two registers that matter, for the architectures that we know. */
#if defined(__x86_64__)
static void
registers_read(pid_t pid, long *number, long *result)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &r) == -1)
		abort();
	*number = (long)r.orig_rax;
	*result = (long)r.rax;
}

static void
registers_write(pid_t pid, long number, long result)
{
	struct user_regs_struct r;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &r) == -1)
		abort();
	r.orig_rax = (unsigned long)number;
	r.rax = (unsigned long)result;
	if (ptrace(PTRACE_SETREGS, pid, NULL, &r) == -1)
		abort();
}
#define HAVE_REGISTERS 1
#elif defined(__aarch64__)
static void
set_get(pid_t pid, int request, int set, void *p, size_t len)
{
	struct iovec v = { p, len };

	if (ptrace((enum __ptrace_request)request, pid, (void *)(intptr_t)set,
		&v) == -1)
		abort();
}

static void
registers_read(pid_t pid, long *number, long *result)
{
	struct user_regs_struct r;

	set_get(pid, PTRACE_GETREGSET, NT_PRSTATUS, &r, sizeof(r));
	*number = (long)r.regs[8];
	*result = (long)r.regs[0];
}

static void
registers_write(pid_t pid, long number, long result)
{
	struct user_regs_struct r;
	int call = (int)number;

	set_get(pid, PTRACE_GETREGSET, NT_PRSTATUS, &r, sizeof(r));
	if (number == -1) {
		set_get(pid, PTRACE_SETREGSET, 0x404, &call, sizeof(call));
		return;
	}
	r.regs[0] = (unsigned long)result;
	set_get(pid, PTRACE_SETREGSET, NT_PRSTATUS, &r, sizeof(r));
}
#define HAVE_REGISTERS 1
#endif

#ifdef HAVE_REGISTERS

/* These cannot fail, so nobody looks whether they did. */
static bool
is_certain(long number)
{
	static const long certain[] = { SYS_exit, SYS_exit_group, SYS_getpid,
		SYS_getppid, SYS_gettid, SYS_getuid, SYS_geteuid, SYS_getgid,
		SYS_getegid, SYS_umask, SYS_rt_sigreturn };
	size_t i;

	for (i = 0; i < sizeof(certain) / sizeof(certain[0]); i++) {
		if (certain[i] == number)
			return true;
	}
	return false;
}

/* Let it go on to the next stop at a system call; false: it is gone. */
static bool
go_on(pid_t pid, struct inject_result *res)
{
	int status, pass = 0;

	for (;;) {
		/* One that was killed is gone already. */
		if (ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)pass) ==
			-1 &&
		    errno != ESRCH)
			abort();
		if (waitpid(pid, &status, 0) != pid)
			abort();
		if (WIFEXITED(status) || WIFSIGNALED(status))
			break;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			return true;
		/* Not a signal, but the news that it is another program. */
		pass = status >> 16 != 0 ? 0 : WSTOPSIG(status);
	}
	res->is_killed = WIFSIGNALED(status);
	res->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	res->wait_status = status;
	return false;
}

static void
trace(pid_t pid, long only, int at, int fault, struct inject_result *res)
{
	long number, result;
	bool is_hit;

	while (go_on(pid, res)) {
		registers_read(pid, &number, &result);
		if (is_certain(number) || (only != -1 && number != only)) {
			if (!go_on(pid, res))
				return;
			continue;
		}
		is_hit = res->n_calls++ == at && fault != INJECT_NOTHING;
		if (is_hit) {
			res->number = number;
			if (fault == INJECT_KILL)
				(void)kill(pid, SIGKILL);
			else if (number != SYS_close)
				registers_write(pid, -1, result);
		}
		/* the call's end */
		if (!go_on(pid, res))
			return;
		if (is_hit && fault > 0)
			registers_write(pid, number, -fault);
	}
}

static void
inject(int (*act)(void), char *const *argv, long only, int at, int fault,
    struct inject_result *res)
{
	int status;
	pid_t pid;

	memset(res, 0, sizeof(*res));
	res->number = -1;
	if ((pid = fork()) == -1)
		abort();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(125);
		(void)raise(SIGSTOP);
		if (act != NULL)
			_exit(act());
		(void)execv(argv[0], argv);
		_exit(125);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL,
		(void *)(intptr_t)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
		    PTRACE_O_EXITKILL)) == -1) {
		(void)fprintf(stderr, "fault: ptrace: %s\n", strerror(errno));
		exit(1);
	}
	trace(pid, only, at, fault, res);
}

void
inject_run(int (*act)(void), int at, int fault, struct inject_result *res)
{
	inject(act, NULL, -1, at, fault, res);
}

void
inject_close(
    char *const *argv, int at, int fault, struct inject_result *res)
{
	inject(NULL, argv, SYS_close, at, fault, res);
}

static int
nothing(void)
{
	return 42;
}

bool
inject_is_possible(void)
{
	struct inject_result res;
	int status;
	pid_t pid = fork();

	/* In a child, since inject_run ends the process where it is not. */
	if (pid == 0) {
		inject_run(nothing, 0, INJECT_NOTHING, &res);
		_exit(res.status == 42 ? 0 : 1);
	}
	return pid != -1 && waitpid(pid, &status, 0) == pid && status == 0;
}

#else

void
inject_run(int (*act)(void), int at, int fault, struct inject_result *res)
{
	(void)act;
	(void)at;
	(void)fault;
	(void)res;
	abort();
}

void
inject_close(
    char *const *argv, int at, int fault, struct inject_result *res)
{
	(void)argv;
	(void)at;
	(void)fault;
	(void)res;
	abort();
}

bool
inject_is_possible(void)
{
	return false;
}

#endif
