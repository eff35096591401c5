/*
 * failing: lets calls fail, one by one.
 *
 * For tests of what a module does where memory, a disk, a descriptor or the
 * kernel gives out.  The linker leads calls of the test program's own objects
 * here (--wrap; failing_ldflags in local.mk names them); those that libraries
 * make are not touched.  A test runs the same deed again and again, first with
 * the first call failing, then with the second, until none has failed:
 *
 *	for (nth = 1;; nth++) {
 *		failing_start(FAILING(read), nth, EIO);
 *		ret = deed();
 *		if (!failing_stop())
 *			break;
 *		... it failed as it should, and left nothing behind
 *	}
 *	... it worked, and nth > 1
 */
#ifndef TESTS_UNIT_FAILING_H
#define TESTS_UNIT_FAILING_H

#include <stdbool.h>
#include <stdint.h>

enum failing_call {
	FAILING_malloc,
	FAILING_calloc,
	FAILING_realloc,
	FAILING_strdup,
	FAILING_strndup,
	FAILING_asprintf,
	FAILING_access,
	FAILING_chmod,
	FAILING_close,
	FAILING_connect,
	FAILING_fchmod,
	FAILING_fchown,
	FAILING_fgetxattr,
	FAILING_flistxattr,
	FAILING_fremovexattr,
	FAILING_fsetxattr,
	FAILING_fstat,
	FAILING_fsync,
	FAILING_getrlimit,
	FAILING_mkdir,
	FAILING_mkostemp,
	FAILING_mmap,
	FAILING_open,
	FAILING_opendir,
	FAILING_prctl,
	FAILING_pread,
	FAILING_pwrite,
	FAILING_read,
	FAILING_readdir,
	FAILING_realpath,
	FAILING_rename,
	FAILING_sendmsg,
	FAILING_setrlimit,
	FAILING_setsockopt,
	FAILING_socket,
	FAILING_stat,
	FAILING_syscall,
	FAILING_unlinkat,
	FAILING_write,
	FAILING_crypto, /* those of libcrypto that lib/ calls */
	FAILING_seccomp, /* those of libseccomp */
	FAILING_dup2, /* from here on: for programs with pam_failing_ldflags */
	FAILING_fcntl,
	FAILING_getgrnam_r,
	FAILING_getgroups,
	FAILING_getgrouplist,
	FAILING_getpwnam_r,
	FAILING_getrandom,
	FAILING_getsockopt,
	FAILING_pam_get_item,
	FAILING_pam_putenv,
	FAILING_pam_set_data, /* wrapped by pamrun */
	FAILING_poll,
	FAILING_recv,
	FAILING_send,
	FAILING_clock, /* wrapped by test_ca_fetch_fails, as what follows */
	FAILING_curl,
	FAILING_memfd_create,
	FAILING_setopt,
	FAILING_sigaction,
	FAILING_version,
	N_FAILING
};

#define FAILING(call) (UINT64_C(1) << FAILING_##call)
/* Whatever takes memory. */
#define FAILING_MEMORY \
	(FAILING(malloc) | FAILING(calloc) | FAILING(realloc) | \
	    FAILING(strdup) | FAILING(strndup) | FAILING(asprintf))

/* In errno's place: read, pread, write and pwrite do one byte only. */
#define FAILING_SHORT (-1)

/*
 * From now on the nth (from 1) of the calls in set fails with that errno, the
 * others work; FAILING_ALL: each of them fails.  For libseccomp's it is
 * returned, negative.
 */
#define FAILING_ALL 0
void failing_start(uint64_t set, unsigned int nth, int number);

/* For a test's own wrapper: whether this call is the one that fails. */
bool failing_this(enum failing_call call);

/*
 * A function as the linker knows it, which fails as call does: __real_ is the
 * library's.
 */
#define WRAP_AS(call, type, name, params, args, failed) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ \
		if (failing_this(FAILING_##call)) \
			return failed; \
		return __real_##name args; \
	}

/* From now on all calls work.  Whether one has failed since. */
bool failing_stop(void);

/* What the kernel says that it has of Landlock; 0: what is true. */
extern long failing_landlock;

/* Whom SO_PEERCRED names; 0: who it is. */
extern unsigned int failing_peer;

/* For how many groups a getgrouplist that fails asks for room; 0: none. */
extern int failing_groups;

#endif
