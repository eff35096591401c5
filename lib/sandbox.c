#include "config.h"

#include "lib/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Landlock, from the kernel's include/uapi/linux/landlock.h.  Written out
 * here since the headers of a system are often older than the kernel that
 * the program meets.
 */
#define LL_CREATE_RULESET 444
#define LL_ADD_RULE 445
#define LL_RESTRICT_SELF 446
#define LL_VERSION 1U
#define LL_RULE_PATH 1
#define LL_RULE_PORT 2
#define LL_READ_FILE (1ULL << 2)
#define LL_READ_DIR (1ULL << 3)
/* All rights on files that the ABI knows: 13 in the first, then one more
 * each in the second (refer), third (truncate) and fifth (ioctl). */
#define LL_FS_FIRST ((1ULL << 13) - 1)
#define LL_FS_REFER (1ULL << 13)
#define LL_FS_TRUNCATE (1ULL << 14)
#define LL_FS_IOCTL (1ULL << 15)
#define LL_NET_BIND (1ULL << 0)
#define LL_NET_CONNECT (1ULL << 1)
#define LL_SCOPES 3ULL /* abstract sockets, signals */

struct ll_ruleset {
	uint64_t fs, net, scoped;
};
struct ll_path {
	uint64_t access;
	int32_t fd;
} __attribute__((packed));
struct ll_port {
	uint64_t access, port;
};

/* Most of it is reserved by the C library for threads, and never used. */
#define MEMORY_MAX (512UL * 1024 * 1024)
/* Standard output may be a file. */
#define FILE_MAX (128UL * 1024)
#define DESCRIPTORS_MAX 64
#define PROCESSOR_MAX_S 10

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW 1
#endif

static int
limit(int which, rlim_t value, struct err *err)
{
	struct rlimit l = { value, value };
	struct rlimit now;

	/* One that is tighter already stays, and needs no privilege. */
	if (getrlimit((__rlimit_resource_t)which, &now) == 0 &&
	    now.rlim_max < value)
		l.rlim_cur = l.rlim_max = now.rlim_max;
	if (setrlimit((__rlimit_resource_t)which, &l) == -1)
		return err_system(err, "sandbox: setrlimit");
	return 0;
}

static int
set_limits(struct err *err)
{
	if (limit(RLIMIT_CORE, 0, err) < 0 ||
	    limit(RLIMIT_FSIZE, FILE_MAX, err) < 0 ||
	    limit(RLIMIT_NOFILE, DESCRIPTORS_MAX, err) < 0 ||
	    limit(RLIMIT_CPU, PROCESSOR_MAX_S, err) < 0)
		return -1;
#ifndef HAS_SHADOW
	/* A sanitizer's shadow memory is larger than any limit. */
	if (limit(RLIMIT_AS, MEMORY_MAX, err) < 0)
		return -1;
#endif
	return 0;
}

static int
allow_path(int ruleset, const char *path, struct err *err)
{
	struct ll_path rule = { LL_READ_FILE, -1 };
	struct stat st;
	int ret = -1;

	/* Links are followed: /etc/resolv.conf mostly is one. */
	if ((rule.fd = open(path, O_PATH | O_CLOEXEC)) == -1)
		return 0;
	if (fstat(rule.fd, &st) == -1) {
		(void)err_system(err, "sandbox: %s", path);
		goto out;
	}
	if (S_ISDIR(st.st_mode))
		rule.access |= LL_READ_DIR;
	if (syscall(LL_ADD_RULE, ruleset, LL_RULE_PATH, &rule, 0U) == 0)
		ret = 0;
	else
		(void)err_system(err, "sandbox: Landlock: %s", path);
out:
	(void)close(rule.fd);
	return ret;
}

static int
allow_port(int ruleset, uint16_t port, struct err *err)
{
	struct ll_port rule = { LL_NET_CONNECT, port };

	if (syscall(LL_ADD_RULE, ruleset, LL_RULE_PORT, &rule, 0U) == -1)
		return err_system(err, "sandbox: Landlock: port");
	return 0;
}

/* What is handled is denied where no rule allows it. */
static struct ll_ruleset
rights_of(long abi, size_t *size)
{
	struct ll_ruleset r = { LL_FS_FIRST, 0, 0 };

	*size = sizeof(r.fs);
	if (abi >= 2)
		r.fs |= LL_FS_REFER;
	if (abi >= 3)
		r.fs |= LL_FS_TRUNCATE;
	if (abi >= 5)
		r.fs |= LL_FS_IOCTL;
	if (abi >= 4) {
		r.net = LL_NET_BIND | LL_NET_CONNECT;
		*size = sizeof(r.fs) + sizeof(r.net);
	}
	if (abi >= 6) {
		r.scoped = LL_SCOPES;
		*size = sizeof(r);
	}
	return r;
}

static int
enter_landlock(const struct sandbox *s, int *abi_out, struct err *err)
{
	long abi = syscall(LL_CREATE_RULESET, NULL, (size_t)0, LL_VERSION);
	struct ll_ruleset rights;
	size_t size, i;
	int ruleset = -1;
	int ret = -1;

	*abi_out = 0;
	/* Not in this kernel, or switched off. */
	if (abi < 1)
		return 0;
	rights = rights_of(abi, &size);
	ruleset = (int)syscall(LL_CREATE_RULESET, &rights, size, 0U);
	if (ruleset == -1) {
		(void)err_system(err, "sandbox: Landlock");
		goto out;
	}
	for (i = 0; s->paths[i] != NULL; i++) {
		if (allow_path(ruleset, s->paths[i], err) < 0)
			goto out;
	}
	for (i = 0; rights.net != 0 && s->ports[i] != 0; i++) {
		if (allow_port(ruleset, s->ports[i], err) < 0)
			goto out;
	}
	if (syscall(LL_RESTRICT_SELF, ruleset, 0U) == -1) {
		(void)err_system(err, "sandbox: Landlock");
		goto out;
	}
	*abi_out = (int)abi;
	ret = 0;
out:
	if (ruleset != -1)
		(void)close(ruleset);
	return ret;
}

#define NO SCMP_ACT_ERRNO(EPERM)

/* Calls that are refused whatever their arguments; those that this
 * architecture lacks have a number below 0. */
static const int refused[] = {
	/* other programs */
	SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork),
	SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
	SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd),
	SCMP_SYS(pidfd_send_signal), SCMP_SYS(kcmp), SCMP_SYS(kill),
	SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo),
	SCMP_SYS(rt_tgsigqueueinfo),
	/* files */
	SCMP_SYS(creat), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
	SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink),
	SCMP_SYS(symlinkat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	SCMP_SYS(truncate), SCMP_SYS(truncate64), SCMP_SYS(ftruncate),
	SCMP_SYS(ftruncate64), SCMP_SYS(fallocate), SCMP_SYS(chmod),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown),
	SCMP_SYS(chown32), SCMP_SYS(fchown), SCMP_SYS(fchown32),
	SCMP_SYS(fchownat), SCMP_SYS(lchown), SCMP_SYS(lchown32),
	SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr),
	SCMP_SYS(removexattr), SCMP_SYS(lremovexattr),
	SCMP_SYS(fremovexattr), SCMP_SYS(utime), SCMP_SYS(utimes),
	SCMP_SYS(utimensat), SCMP_SYS(futimesat), SCMP_SYS(memfd_create),
	SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at),
	/* mounts and namespaces */
	SCMP_SYS(mount), SCMP_SYS(umount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(open_tree),
	SCMP_SYS(move_mount), SCMP_SYS(fsopen), SCMP_SYS(fsconfig),
	SCMP_SYS(fsmount), SCMP_SYS(fspick), SCMP_SYS(mount_setattr),
	SCMP_SYS(unshare), SCMP_SYS(setns),
	/* who we are */
	SCMP_SYS(setuid), SCMP_SYS(setuid32), SCMP_SYS(setgid),
	SCMP_SYS(setgid32), SCMP_SYS(setreuid), SCMP_SYS(setreuid32),
	SCMP_SYS(setregid), SCMP_SYS(setregid32), SCMP_SYS(setresuid),
	SCMP_SYS(setresuid32), SCMP_SYS(setresgid), SCMP_SYS(setresgid32),
	SCMP_SYS(setgroups), SCMP_SYS(setgroups32), SCMP_SYS(setfsuid),
	SCMP_SYS(setfsuid32), SCMP_SYS(setfsgid), SCMP_SYS(setfsgid32),
	SCMP_SYS(capset), SCMP_SYS(setsid), SCMP_SYS(setpgid),
	/* the system */
	SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
	SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl),
	SCMP_SYS(settimeofday), SCMP_SYS(clock_settime),
	SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(sethostname),
	SCMP_SYS(setdomainname), SCMP_SYS(iopl), SCMP_SYS(ioperm),
	SCMP_SYS(syslog), SCMP_SYS(personality), SCMP_SYS(vhangup),
	SCMP_SYS(fanotify_init), SCMP_SYS(lookup_dcookie),
	/* these would do the above past this filter */
	SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
	SCMP_SYS(io_uring_register),
	/* servers */
	SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
};

/* What argument n must be for a rule to fit. */
static struct scmp_arg_cmp
arg_is(unsigned int n, enum scmp_compare op, scmp_datum_t a)
{
	return (struct scmp_arg_cmp) { n, op, a, 0 };
}

static struct scmp_arg_cmp
arg_bits(unsigned int n, scmp_datum_t mask, scmp_datum_t bits)
{
	return (struct scmp_arg_cmp) { n, SCMP_CMP_MASKED_EQ, mask, bits };
}

/* Add a rule; a call that this architecture lacks needs none. */
static int
deny(scmp_filter_ctx ctx, uint32_t action, int call, unsigned int n,
    const struct scmp_arg_cmp *args)
{
	int rc = seccomp_rule_add_array(ctx, action, call, n, args);

	return rc == -EDOM || rc == -EINVAL ? (call < 0 ? 0 : rc) : rc;
}

/* Opening to write, in any of the ways to say so. */
static int
deny_writing(scmp_filter_ctx ctx)
{
	static const scmp_datum_t bits[] = { O_WRONLY, O_RDWR, O_CREAT,
		O_TRUNC, O_APPEND, O_TMPFILE & ~O_DIRECTORY };
	struct scmp_arg_cmp a;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < sizeof(bits) / sizeof(bits[0]); i++) {
		a = arg_bits(1, bits[i], bits[i]);
		rc = deny(ctx, NO, SCMP_SYS(open), 1, &a);
		a = arg_bits(2, bits[i], bits[i]);
		if (rc == 0)
			rc = deny(ctx, NO, SCMP_SYS(openat), 1, &a);
	}
	/* Its flags are in memory, which no filter sees. */
	return rc != 0 ? rc :
			 deny(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0,
			     NULL);
}

/* Threads, which look up names, but no processes and no namespaces. */
static int
deny_processes(scmp_filter_ctx ctx)
{
#if defined(__s390__)
	struct scmp_arg_cmp a = arg_bits(1, CLONE_THREAD, 0);
#else
	struct scmp_arg_cmp a = arg_bits(0, CLONE_THREAD, 0);
#endif
	int rc = deny(ctx, NO, SCMP_SYS(clone), 1, &a);

	/* The C library then takes clone, whose flags can be seen. */
	return rc != 0 ? rc :
			 deny(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0,
			     NULL);
}

/* A family between or above those that are needed. */
static int
deny_sockets(scmp_filter_ctx ctx)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6,
		AF_NETLINK };
	struct scmp_arg_cmp a[2];
	size_t i, n = sizeof(families) / sizeof(families[0]);
	int rc;

	a[0] = arg_is(0, SCMP_CMP_LT, (scmp_datum_t)families[0]);
	rc = deny(ctx, NO, SCMP_SYS(socket), 1, a);
	for (i = 0; rc == 0 && i + 1 < n; i++) {
		int between;

		for (between = families[i] + 1;
		     rc == 0 && between < families[i + 1]; between++) {
			a[0] = arg_is(
			    0, SCMP_CMP_EQ, (scmp_datum_t)between);
			rc = deny(ctx, NO, SCMP_SYS(socket), 1, a);
		}
	}
	a[0] = arg_is(0, SCMP_CMP_GT, (scmp_datum_t)families[n - 1]);
	if (rc == 0)
		rc = deny(ctx, NO, SCMP_SYS(socket), 1, a);
	for (i = 0; rc == 0 && i < 2; i++) {
		/* Raw packets. */
		a[0] = arg_is(0, SCMP_CMP_EQ,
		    (scmp_datum_t)(i == 0 ? AF_INET : AF_INET6));
		a[1] = arg_bits(1, 0xf, SOCK_RAW);
		rc = deny(ctx, NO, SCMP_SYS(socket), 2, a);
	}
	return rc;
}

/* Typing for whoever sits at the terminal. */
static int
deny_terminal(scmp_filter_ctx ctx)
{
	struct scmp_arg_cmp a =
	    arg_bits(1, 0xffffffff, TIOCSTI);
	int rc = deny(ctx, NO, SCMP_SYS(ioctl), 1, &a);

	a = arg_bits(1, 0xffffffff, TIOCLINUX);
	return rc != 0 ? rc : deny(ctx, NO, SCMP_SYS(ioctl), 1, &a);
}

static int
enter_seccomp(bool *has_seccomp, struct err *err)
{
	scmp_filter_ctx ctx = NULL;
	size_t i;
	int rc = -ENOMEM;
	int ret = -1;

	/* EFAULT: the kernel looked for the filter, so it knows filters. */
	*has_seccomp = prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, NULL,
			   0, 0) == -1 &&
	    errno == EFAULT;
	if (!*has_seccomp)
		return 0;
	/* A call of another architecture's kind ends the program. */
	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		goto out;
	rc = 0;
	for (i = 0; rc == 0 && i < sizeof(refused) / sizeof(refused[0]); i++)
		rc = deny(ctx, NO, refused[i], 0, NULL);
	if (rc == 0)
		rc = deny_writing(ctx);
	if (rc == 0)
		rc = deny_processes(ctx);
	if (rc == 0)
		rc = deny_sockets(ctx);
	if (rc == 0)
		rc = deny_terminal(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
out:
	if (rc == 0) {
		ret = 0;
	} else {
		errno = -rc;
		(void)err_system(err, "sandbox: seccomp");
	}
	if (ctx != NULL)
		seccomp_release(ctx);
	return ret;
}

int
sandbox_enter(
    const struct sandbox *s, struct sandbox_state *state, struct err *err)
{
	struct sandbox_state got = { false, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return err_system(err, "sandbox: no new privileges");
	/* Nor may others of the same user look into it. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return err_system(err, "sandbox: prctl");
	if (set_limits(err) < 0 ||
	    enter_landlock(s, &got.landlock, err) < 0 ||
	    enter_seccomp(&got.has_seccomp, err) < 0)
		return -1;
	if (state != NULL)
		*state = got;
	return 0;
}
