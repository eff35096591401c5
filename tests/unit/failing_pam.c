/* Calls that only pam/ makes; whoever lets them fail links libpam. */
#include "config.h"

#include "tests/unit/failing.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <security/pam_modules.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

/* As in failing.c. */
#ifdef __clang__
#pragma clang attribute push(                                                  \
    __attribute__((no_sanitize("address", "memory", "undefined"))),            \
    apply_to = function)
#endif

#define WRAP(type, name, params, args) \
	WRAP_AS(name, type, name, params, args, -1)
/* These return their error. */
#define WRAP_ERROR(name, params, args) \
	WRAP_AS(name, int, name, params, args, errno)

WRAP(int, dup2, (int from, int to), (from, to))
WRAP(int, getgroups, (int n, gid_t *groups), (n, groups))
WRAP(ssize_t, getrandom, (void *p, size_t len, unsigned int flags),
    (p, len, flags))
WRAP(int, poll, (struct pollfd *p, nfds_t n, int ms), (p, n, ms))
WRAP(ssize_t, recv, (int fd, void *p, size_t len, int flags),
    (fd, p, len, flags))
WRAP(ssize_t, send, (int fd, const void *p, size_t len, int flags),
    (fd, p, len, flags))

WRAP_ERROR(getgrnam_r,
    (const char *name, struct group *g, char *room, size_t size,
        struct group **found),
    (name, g, room, size, found))
WRAP_ERROR(getpwnam_r,
    (const char *name, struct passwd *pw, char *room, size_t size,
        struct passwd **found),
    (name, pw, room, size, found))

WRAP_AS(pam_get_item, int, pam_get_item,
    (const pam_handle_t *pamh, int which, const void **item),
    (pamh, which, item), PAM_BUF_ERR)
WRAP_AS(pam_putenv, int, pam_putenv, (pam_handle_t * pamh, const char *text),
    (pamh, text), PAM_BUF_ERR)

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);

/* All that pam/ has done by it takes a number. */
int
__wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	int value;

	if (failing_this(FAILING_fcntl))
		return -1;
	va_start(args, command);
	value = va_arg(args, int);
	va_end(args);
	return __real_fcntl(fd, command, value);
}

int failing_groups;

int __real_getgrouplist(
    const char *user, gid_t gid, gid_t *groups, int *n);
int __wrap_getgrouplist(
    const char *user, gid_t gid, gid_t *groups, int *n);

int
__wrap_getgrouplist(const char *user, gid_t gid, gid_t *groups, int *n)
{
	if (!failing_this(FAILING_getgrouplist))
		return __real_getgrouplist(user, gid, groups, n);
	if (failing_groups != 0)
		*n = failing_groups;
	return -1;
}

unsigned int failing_peer;

int __real_getsockopt(int fd, int level, int name, void *p, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *p, socklen_t *len);

int
__wrap_getsockopt(int fd, int level, int name, void *p, socklen_t *len)
{
	int ret;

	if (failing_this(FAILING_getsockopt))
		return -1;
	ret = __real_getsockopt(fd, level, name, p, len);
	if (ret == 0 && name == SO_PEERCRED && failing_peer != 0)
		((struct ucred *)p)->uid = failing_peer;
	return ret;
}

/* What the C library's headers make of some of them with _FORTIFY_SOURCE. */
int __wrap___getgroups_chk(int n, gid_t *groups, size_t room);
int __wrap___poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room);
ssize_t __wrap___recv_chk(
    int fd, void *p, size_t len, size_t room, int flags);

int
__wrap___getgroups_chk(int n, gid_t *groups, size_t room)
{
	return (size_t)n * sizeof(*groups) <= room ? __wrap_getgroups(n, groups)
						   : -1;
}

int
__wrap___poll_chk(struct pollfd *p, nfds_t n, int ms, size_t room)
{
	return n * sizeof(*p) <= room ? __wrap_poll(p, n, ms) : -1;
}

ssize_t
__wrap___recv_chk(int fd, void *p, size_t len, size_t room, int flags)
{
	return len <= room ? __wrap_recv(fd, p, len, flags) : -1;
}

#ifdef __clang__
#pragma clang attribute pop
#endif
