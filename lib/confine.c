#include "config.h"

#include "lib/confine.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The kernel's numbers are written out here: the headers of the C library
 * that the helper is linked with mostly lack them.
 *
 * Landlock, from include/uapi/linux/landlock.h.
 */
#define LL_CREATE_RULESET 444
#define LL_RESTRICT_SELF 446
#define LL_VERSION 1U
/* All rights on files of an ABI: 13 in the first, then one more each in the
 * second (refer), third (truncate) and fifth (ioctl). */
#define LL_FS_FIRST ((1ULL << 13) - 1)
#define LL_FS_REFER (1ULL << 13)
#define LL_FS_TRUNCATE (1ULL << 14)
#define LL_FS_IOCTL (1ULL << 15)
#define LL_NET 3ULL /* bind, connect */
#define LL_SCOPES 3ULL /* abstract sockets, signals */

struct ll_ruleset {
	uint64_t fs, net, scoped;
};

/* seccomp, from seccomp.h, filter.h and audit.h beside it. */
#define MODE_FILTER 2
#define RET_ALLOW 0x7fff0000U
#define RET_ERRNO 0x00050000U
#define LOAD 0x20 /* BPF_LD | BPF_W | BPF_ABS */
#define IS 0x15 /* BPF_JMP | BPF_JEQ | BPF_K */
#define HAS_BITS 0x45 /* BPF_JMP | BPF_JSET | BPF_K */
#define RETURN 0x06 /* BPF_RET | BPF_K */
#define AT_NUMBER 0 /* of struct seccomp_data */
#define AT_ARCH 4
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define AT_ARG(n) (16 + 8 * (n) + 4)
#else
#define AT_ARG(n) (16 + 8 * (n))
#endif

#if defined(__x86_64__)
#define ARCH 0xc000003eU
#elif defined(__aarch64__)
#define ARCH 0xc00000b7U
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCH 0xc00000f3U
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define ARCH 0xc0000015U
#elif defined(__s390x__)
#define ARCH 0x80000016U
#endif

/* All that the ABI knows is denied, since no rule allows any of it. */
static int
enter_landlock(void)
{
	struct ll_ruleset r = { LL_FS_FIRST, 0, 0 };
	size_t size = sizeof(r.fs);
	long abi, ruleset, failed;

	abi = syscall(LL_CREATE_RULESET, NULL, (size_t)0, LL_VERSION);
	if (abi < 1)
		return -1;
	if (abi >= 2)
		r.fs |= LL_FS_REFER;
	if (abi >= 3)
		r.fs |= LL_FS_TRUNCATE;
	if (abi >= 5)
		r.fs |= LL_FS_IOCTL;
	if (abi >= 4) {
		r.net = LL_NET;
		size = sizeof(r.fs) + sizeof(r.net);
	}
	if (abi >= 6) {
		r.scoped = LL_SCOPES;
		size = sizeof(r);
	}
	if ((ruleset = syscall(LL_CREATE_RULESET, &r, size, 0U)) < 0)
		return -1;
	failed = syscall(LL_RESTRICT_SELF, (int)ruleset, 0U);
	(void)close((int)ruleset);
	return failed == 0 ? 0 : -1;
}

#ifdef ARCH
struct instruction {
	uint16_t code;
	uint8_t yes, no; /* how many to pass over */
	uint32_t value;
};

struct filter {
	unsigned short len;
	const struct instruction *list;
};

/* A system call that is allowed whatever its arguments. */
#define MAY(number) { IS, 0, 1, number }, { RETURN, 0, 0, RET_ALLOW }

static int
enter_seccomp(void)
{
	static const struct instruction list[] = {
		{ LOAD, 0, 0, AT_ARCH },
		{ IS, 1, 0, ARCH },
		{ RETURN, 0, 0, RET_ERRNO | EPERM },
		{ LOAD, 0, 0, AT_NUMBER },
		MAY(SYS_pread64),
		MAY(SYS_sendmsg),
		MAY(SYS_write),
		MAY(SYS_writev),
		MAY(SYS_exit_group),
		MAY(SYS_exit),
		/* The heap, for what is larger than most. */
		MAY(SYS_brk),
		MAY(SYS_munmap),
		MAY(SYS_mremap),
		{ IS, 1, 0, SYS_mmap },
		{ RETURN, 0, 0, RET_ERRNO | EPERM },
		{ LOAD, 0, 0, AT_ARG(2) },
		{ HAS_BITS, 0, 1, PROT_EXEC },
		{ RETURN, 0, 0, RET_ERRNO | EPERM },
		{ RETURN, 0, 0, RET_ALLOW },
	};
	const struct filter filter = { sizeof(list) / sizeof(list[0]), list };

	return prctl(PR_SET_SECCOMP, MODE_FILTER, &filter, 0, 0);
}
#else
static int
enter_seccomp(void)
{
	return -1;
}
#endif

enum confined
confine_enter(void)
{
	static const struct rlimit none;
	enum confined by = CONFINED_BY_LIMITS;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	/* It takes a descriptor for a moment, which the limits forbid. */
	if (enter_landlock() == 0)
		by = CONFINED_BY_LANDLOCK;
	(void)setrlimit(RLIMIT_NOFILE, &none);
	(void)setrlimit(RLIMIT_NPROC, &none);
	if (by == CONFINED_BY_LIMITS && enter_seccomp() == 0)
		by = CONFINED_BY_SECCOMP;
	return by;
}
