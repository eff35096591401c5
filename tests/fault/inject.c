#include "config.h"

#include "tests/fault/inject.h"

#include <elf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
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
	return false;
}

static void
trace(pid_t pid, int at, int fault, struct inject_result *res)
{
	long number, result;
	bool is_hit;

	while (go_on(pid, res)) {
		registers_read(pid, &number, &result);
		if (is_certain(number)) {
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

/* Wait for a child that has asked to be traced and stopped itself. */
static void
attach(pid_t pid, long options)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(intptr_t)options) ==
		-1) {
		(void)fprintf(stderr, "fault: ptrace: %s\n", strerror(errno));
		exit(1);
	}
}

void
inject_run(int (*act)(void), int at, int fault, struct inject_result *res)
{
	pid_t pid;

	memset(res, 0, sizeof(*res));
	res->number = -1;
	if ((pid = fork()) == -1)
		abort();
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(125);
		(void)raise(SIGSTOP);
		_exit(act());
	}
	attach(pid, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
	        PTRACE_O_EXITKILL);
	trace(pid, at, fault, res);
}

/* What programs call, as strace(1) writes it. */
#define CALL(name) { #name, SYS_##name }
static const struct call {
	const char *name;
	long number;
} calls[] = { CALL(accept4), CALL(bind), CALL(brk), CALL(clock_nanosleep),
	CALL(close), CALL(connect), CALL(faccessat), CALL(faccessat2),
	CALL(fchmod), CALL(fchmodat), CALL(fchown), CALL(fchownat),
	CALL(fcntl), CALL(fdatasync), CALL(fgetxattr), CALL(flistxattr),
	CALL(flock), CALL(fremovexattr), CALL(fsetxattr), CALL(fstatfs),
	CALL(fsync), CALL(ftruncate), CALL(futex), CALL(getdents64),
	CALL(getegid), CALL(geteuid), CALL(getgid), CALL(getpid),
	CALL(getppid), CALL(getrandom), CALL(getuid), CALL(getxattr),
	CALL(ioctl), CALL(kill), CALL(lgetxattr), CALL(linkat),
	CALL(listxattr), CALL(llistxattr), CALL(lseek), CALL(madvise),
	CALL(memfd_create), CALL(mkdirat), CALL(mmap), CALL(mprotect),
	CALL(mremap), CALL(munmap), CALL(newfstatat), CALL(openat),
	CALL(pipe2), CALL(ppoll), CALL(prctl), CALL(pread64),
	CALL(prlimit64), CALL(pwrite64), CALL(read), CALL(readlinkat),
	CALL(recvfrom), CALL(recvmsg), CALL(renameat), CALL(renameat2),
	CALL(rseq), CALL(rt_sigaction), CALL(rt_sigpending),
	CALL(rt_sigprocmask), CALL(sendmsg), CALL(sendto), CALL(setpgid),
	CALL(set_robust_list), CALL(setsockopt), CALL(set_tid_address),
	CALL(socket), CALL(symlinkat), CALL(umask), CALL(uname),
	CALL(unlinkat), CALL(utimensat), CALL(wait4), CALL(waitid),
	CALL(write), CALL(writev),
#if defined(__x86_64__)
	CALL(access), CALL(arch_prctl), CALL(chmod), CALL(chown),
	CALL(dup2), CALL(link), CALL(lstat), CALL(mkdir), CALL(open),
	CALL(poll), CALL(readlink), CALL(rename), CALL(rmdir), CALL(stat),
	CALL(symlink), CALL(unlink), CALL(vfork),
#endif
};
#undef CALL

static long
number_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(calls[i].name, name) == 0)
			return calls[i].number;
	}
	return -1;
}

bool
inject_knows(const char *name)
{
	return number_of(name) != -1;
}

/* What a stop says about the call that led to it. */
enum { NEWS_CALL = 1, NEWS_SLEEP };

/* Stop at no call but these; what is run from now on keeps that. */
static void
filter(long number, long sleep)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(
		    BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | NEWS_CALL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)sleep, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | NEWS_SLEEP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(code) / sizeof(code[0]), code };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == -1)
		_exit(125);
}

/* A program that is under way with what it has started. */
struct program {
	const struct inject_point *point;
	pid_t pid;
	unsigned int n; /* calls until now */
	bool is_hit;
	pid_t seen[64]; /* children, in a ring */
	size_t n_seen;
};

/* A child begins by a stop of its own, which it is not to notice. */
static bool
is_first_stop(struct program *p, pid_t pid)
{
	size_t i, n = sizeof(p->seen) / sizeof(p->seen[0]);

	for (i = 0; i < n; i++) {
		if (p->seen[i] == pid)
			return false;
	}
	p->seen[p->n_seen++ % n] = pid;
	return true;
}

/* The program is before a call that is looked for.  How it is to go on. */
static int
at_call(struct program *p)
{
	unsigned long news;
	long number, result;

	if (ptrace(PTRACE_GETEVENTMSG, p->pid, NULL, &news) == -1)
		return PTRACE_CONT;
	registers_read(p->pid, &number, &result);
	if (news == NEWS_CALL && ++p->n == p->point->n) {
		p->is_hit = true;
		if (p->point->fault == INJECT_KILL)
			(void)kill(p->pid, SIGKILL);
		else if (number == SYS_close)
			return PTRACE_SYSCALL;
		else
			registers_write(p->pid, -1,
			    number == SYS_brk ? 0 : -p->point->fault);
	} else if (news == NEWS_SLEEP || (p->point->never_sleeps &&
	    number == SYS_clock_nanosleep)) {
		registers_write(p->pid, -1, 0);
	}
	return PTRACE_CONT;
}

/* One of them has stopped.  Let it go on. */
static void
at_stop(struct program *p, pid_t pid, int status)
{
	long number, result;
	int request = PTRACE_CONT, pass = 0;

	if (status >> 16 == PTRACE_EVENT_SECCOMP) {
		if (pid == p->pid)
			request = at_call(p);
	} else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		registers_read(pid, &number, &result);
		registers_write(pid, number, -p->point->fault);
	} else if (status >> 16 == 0 &&
	    (WSTOPSIG(status) != SIGSTOP || pid == p->pid ||
		!is_first_stop(p, pid))) {
		pass = WSTOPSIG(status);
	}
	/* One that was killed is gone already. */
	(void)ptrace((enum __ptrace_request)request, pid, NULL,
	    (void *)(intptr_t)pass);
}

bool
inject_program(char *const *argv, void (*prepare)(void),
    const struct inject_point *point, const volatile sig_atomic_t *is_late,
    int *status)
{
	struct program p = { .point = point };
	long number = number_of(point->call);
	pid_t pid;

	if (number == -1 || (p.pid = fork()) == -1)
		abort();
	if (p.pid == 0) {
		prepare();
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(125);
		(void)raise(SIGSTOP);
		filter(number,
		    point->never_sleeps ? SYS_clock_nanosleep : number);
		(void)execv(argv[0], argv);
		_exit(125);
	}
	attach(p.pid, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
	        PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK |
	        PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE);
	(void)ptrace(PTRACE_CONT, p.pid, NULL, NULL);
	for (;;) {
		pid = waitpid(-1, status, __WALL);
		if (pid == -1 && errno != EINTR)
			abort();
		if (pid == -1 && *is_late)
			(void)kill(p.pid, SIGKILL);
		if (pid == -1)
			continue;
		if (WIFSTOPPED(*status))
			at_stop(&p, pid, *status);
		else if (pid == p.pid)
			return p.is_hit;
	}
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

bool
inject_knows(const char *name)
{
	(void)name;
	return false;
}

bool
inject_program(char *const *argv, void (*prepare)(void),
    const struct inject_point *point, const volatile sig_atomic_t *is_late,
    int *status)
{
	(void)argv;
	(void)prepare;
	(void)point;
	(void)is_late;
	(void)status;
	abort();
}

bool
inject_is_possible(void)
{
	return false;
}

#endif
