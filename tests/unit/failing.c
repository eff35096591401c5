#include "config.h"

#include "tests/unit/failing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

/* Sanitizers that are part of the program call these before they are ready. */
#ifdef __clang__
#pragma clang attribute push(                                                  \
    __attribute__((no_sanitize("address", "memory", "undefined"))),            \
    apply_to = function)
#endif

static uint64_t set_now;
static unsigned int left;
static bool do_all_fail;
static int number_now;
static bool has_failed;
long failing_landlock;

void
failing_start(uint64_t set, unsigned int nth, int number)
{
	set_now = set;
	left = nth;
	do_all_fail = nth == FAILING_ALL;
	number_now = number;
	has_failed = false;
}

bool
failing_stop(void)
{
	set_now = 0;
	return has_failed;
}

bool
failing_this(enum failing_call call)
{
	if ((set_now >> call & 1) == 0 ||
	    (!do_all_fail && (left == 0 || --left > 0)))
		return false;
	has_failed = true;
	if (number_now != FAILING_SHORT)
		errno = number_now;
	return true;
}

#define WRAP(type, name, params, args, failed) \
	WRAP_AS(name, type, name, params, args, failed)
/* One that moves len bytes. */
#define WRAP_BYTES(name, params, args, short_args) \
	ssize_t __real_##name params; \
	ssize_t __wrap_##name params; \
	ssize_t __wrap_##name params \
	{ \
		if (!failing_this(FAILING_##name)) \
			return __real_##name args; \
		return number_now == FAILING_SHORT ? \
		    __real_##name short_args : -1; \
	}

WRAP(void *, malloc, (size_t len), (len), NULL)
WRAP(void *, calloc, (size_t n, size_t len), (n, len), NULL)
WRAP(void *, realloc, (void *p, size_t len), (p, len), NULL)
WRAP_AS(realloc, void *, reallocarray, (void *p, size_t n, size_t len),
    (p, n, len), NULL)
WRAP(char *, strdup, (const char *s), (s), NULL)
WRAP(char *, strndup, (const char *s, size_t len), (s, len), NULL)
WRAP(int, access, (const char *path, int mode), (path, mode), -1)
WRAP(int, chmod, (const char *path, mode_t mode), (path, mode), -1)
WRAP(int, connect, (int fd, const struct sockaddr *a, socklen_t len),
    (fd, a, len), -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), -1)
WRAP(int, fchown, (int fd, uid_t uid, gid_t gid), (fd, uid, gid), -1)
WRAP(ssize_t, fgetxattr, (int fd, const char *name, void *p, size_t len),
    (fd, name, p, len), -1)
WRAP(ssize_t, flistxattr, (int fd, char *p, size_t len), (fd, p, len), -1)
WRAP(int, fremovexattr, (int fd, const char *name), (fd, name), -1)
WRAP(int, fsetxattr,
    (int fd, const char *name, const void *p, size_t len, int flags),
    (fd, name, p, len, flags), -1)
WRAP(int, fstat, (int fd, struct stat *st), (fd, st), -1)
WRAP(int, fsync, (int fd), (fd), -1)
WRAP(int, getrlimit, (__rlimit_resource_t which, struct rlimit *l), (which, l),
    -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), -1)
WRAP(int, mkostemp, (char *path, int flags), (path, flags), -1)
WRAP(void *, mmap,
    (void *p, size_t len, int prot, int flags, int fd, off_t at),
    (p, len, prot, flags, fd, at), MAP_FAILED)
WRAP(DIR *, opendir, (const char *path), (path), NULL)
WRAP(struct dirent *, readdir, (DIR *d), (d), NULL)
WRAP(char *, realpath, (const char *path, char *out), (path, out), NULL)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags),
    (fd, m, flags), -1)
WRAP(int, setrlimit, (__rlimit_resource_t which, const struct rlimit *l),
    (which, l), -1)
WRAP(int, setsockopt,
    (int fd, int level, int name, const void *p, socklen_t len),
    (fd, level, name, p, len), -1)
WRAP(int, socket, (int family, int type, int protocol),
    (family, type, protocol), -1)
WRAP(int, stat, (const char *path, struct stat *st), (path, st), -1)
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags),
    -1)

WRAP_BYTES(read, (int fd, void *p, size_t len), (fd, p, len), (fd, p, 1))
WRAP_BYTES(write, (int fd, const void *p, size_t len), (fd, p, len),
    (fd, p, 1))
WRAP_BYTES(pread, (int fd, void *p, size_t len, off_t at), (fd, p, len, at),
    (fd, p, 1, at))
WRAP_BYTES(pwrite, (int fd, const void *p, size_t len, off_t at),
    (fd, p, len, at), (fd, p, 1, at))

int __real_close(int fd);
int __wrap_close(int fd);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap___open_2(const char *path, int flags);
ssize_t __wrap___read_chk(int fd, void *p, size_t len, size_t room);
ssize_t __wrap___pread_chk(int fd, void *p, size_t len, off_t at, size_t room);
int __wrap_asprintf(char **out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int __wrap___asprintf_chk(char **out, int flag, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_prctl(int option, ...);
int __wrap_prctl(int option, ...);

/* As Linux does it: the descriptor is closed whatever close says. */
int
__wrap_close(int fd)
{
	int ret = __real_close(fd);

	return failing_this(FAILING_close) ? -1 : ret;
}

int
__wrap_open(const char *path, int flags, ...)
{
	mode_t mode;
	va_list args;

	if (failing_this(FAILING_open))
		return -1;
	va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	return __real_open(path, flags, mode);
}

/* What the C library's headers make of some of them with _FORTIFY_SOURCE. */
int
__wrap___open_2(const char *path, int flags)
{
	return __wrap_open(path, flags);
}

ssize_t
__wrap___read_chk(int fd, void *p, size_t len, size_t room)
{
	return len <= room ? __wrap_read(fd, p, len) : -1;
}

ssize_t
__wrap___pread_chk(int fd, void *p, size_t len, off_t at, size_t room)
{
	return len <= room ? __wrap_pread(fd, p, len, at) : -1;
}

int
__wrap_asprintf(char **out, const char *format, ...)
{
	va_list args;
	int ret = -1;

	if (failing_this(FAILING_asprintf))
		return -1;
	va_start(args, format);
	ret = vasprintf(out, format, args);
	va_end(args);
	return ret;
}

int
__wrap___asprintf_chk(char **out, int flag, const char *format, ...)
{
	va_list args;
	int ret = -1;

	(void)flag;
	if (failing_this(FAILING_asprintf))
		return -1;
	va_start(args, format);
	ret = vasprintf(out, format, args);
	va_end(args);
	return ret;
}

#define TAKE(n, values, last) \
	do { \
		va_list args; \
		int i; \
		va_start(args, last); \
		for (i = 0; i < (n); i++) \
			(values)[i] = va_arg(args, long); \
		va_end(args); \
	} while (0)

/* As many arguments as there can be are taken, whether they were given or
 * not: the C library does the same. */
__attribute__((no_sanitize("address"))) long
__wrap_syscall(long number, ...)
{
	long v[6];

	if (failing_this(FAILING_syscall))
		return -1;
	TAKE(6, v, number);
	/* landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) */
	if (number == 444 && v[0] == 0 && failing_landlock != 0)
		return failing_landlock;
	return __real_syscall(number, v[0], v[1], v[2], v[3], v[4], v[5]);
}

__attribute__((no_sanitize("address"))) int
__wrap_prctl(int option, ...)
{
	long v[4];

	if (failing_this(FAILING_prctl))
		return -1;
	TAKE(4, v, option);
	return __real_prctl(option, v[0], v[1], v[2], v[3]);
}

/* libseccomp says its errors by what it returns. */
WRAP_AS(seccomp, scmp_filter_ctx, seccomp_init, (uint32_t action), (action),
    NULL)
WRAP_AS(seccomp, int, seccomp_load, (const scmp_filter_ctx ctx), (ctx),
    -number_now)
WRAP_AS(seccomp, int, seccomp_rule_add_array,
    (scmp_filter_ctx ctx, uint32_t action, int call, unsigned int n,
        const struct scmp_arg_cmp *a),
    (ctx, action, call, n, a), -number_now)

WRAP_AS(crypto, BIGNUM *, BN_bin2bn,
    (const unsigned char *p, int len, BIGNUM *out), (p, len, out), NULL)
WRAP_AS(crypto, BIGNUM *, BN_dup, (const BIGNUM *n), (n), NULL)
WRAP_AS(crypto, BIGNUM *, BN_new, (void), (), NULL)
WRAP_AS(crypto, int, BN_sub_word, (BIGNUM * n, BN_ULONG w), (n, w), 0)
WRAP_AS(crypto, EC_GROUP *, EC_GROUP_new_by_curve_name, (int nid), (nid), NULL)
WRAP_AS(crypto, ECDSA_SIG *, ECDSA_SIG_new, (void), (), NULL)
WRAP_AS(crypto, int, ECDSA_SIG_set0, (ECDSA_SIG * sig, BIGNUM *r, BIGNUM *s),
    (sig, r, s), 0)
WRAP_AS(crypto, int, i2d_ECDSA_SIG, (const ECDSA_SIG *sig, unsigned char **out),
    (sig, out), -1)
WRAP_AS(crypto, int, EVP_Digest,
    (const void *p, size_t len, unsigned char *out, unsigned int *out_len,
        const EVP_MD *md, ENGINE *e),
    (p, len, out, out_len, md, e), 0)
WRAP_AS(crypto, EVP_MD_CTX *, EVP_MD_CTX_new, (void), (), NULL)
WRAP_AS(crypto, int, EVP_DigestVerifyInit,
    (EVP_MD_CTX * ctx, EVP_PKEY_CTX **out, const EVP_MD *md, ENGINE *e,
        EVP_PKEY *pkey),
    (ctx, out, md, e, pkey), 0)
WRAP_AS(crypto, EVP_PKEY_CTX *, EVP_PKEY_CTX_new_from_name,
    (OSSL_LIB_CTX * lib, const char *name, const char *query),
    (lib, name, query), NULL)
WRAP_AS(crypto, int, EVP_PKEY_fromdata_init, (EVP_PKEY_CTX * ctx), (ctx), 0)
WRAP_AS(crypto, int, EVP_PKEY_fromdata,
    (EVP_PKEY_CTX * ctx, EVP_PKEY **out, int what, OSSL_PARAM *params),
    (ctx, out, what, params), 0)
WRAP_AS(crypto, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_new, (void), (), NULL)
WRAP_AS(crypto, OSSL_PARAM *, OSSL_PARAM_BLD_to_param, (OSSL_PARAM_BLD * b),
    (b), NULL)
WRAP_AS(crypto, int, OSSL_PARAM_BLD_push_BN,
    (OSSL_PARAM_BLD * b, const char *name, const BIGNUM *n), (b, name, n), 0)
WRAP_AS(crypto, int, OSSL_PARAM_BLD_push_utf8_string,
    (OSSL_PARAM_BLD * b, const char *name, const char *p, size_t len),
    (b, name, p, len), 0)
WRAP_AS(crypto, int, OSSL_PARAM_BLD_push_octet_string,
    (OSSL_PARAM_BLD * b, const char *name, const void *p, size_t len),
    (b, name, p, len), 0)

#ifdef __clang__
#pragma clang attribute pop
#endif
