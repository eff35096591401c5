#include "config.h"

#include "lib/sandbox.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/harness.h"

/* A folder to read, with a file in it, and one beside it. */
static char inside[64], outside[64], file[96], hidden[96];
static uint16_t open_port, shut_port;
static int listeners[2];

static void
put(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	(void)close(fd);
}

static uint16_t
listen_somewhere(int *fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(*fd, 0);
	ck_assert_int_eq(bind(*fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(listen(*fd, 4), 0);
	ck_assert_int_eq(getsockname(*fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

static void
setup(void)
{
	(void)snprintf(inside, sizeof(inside), "/tmp/certgate-test-XXXXXX");
	(void)snprintf(outside, sizeof(outside), "/tmp/certgate-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(inside));
	ck_assert_ptr_nonnull(mkdtemp(outside));
	(void)snprintf(file, sizeof(file), "%s/file", inside);
	(void)snprintf(hidden, sizeof(hidden), "%s/file", outside);
	put(file);
	put(hidden);
	open_port = listen_somewhere(&listeners[0]);
	shut_port = listen_somewhere(&listeners[1]);
}

static void
teardown(void)
{
	(void)unlink(file);
	(void)unlink(hidden);
	ck_assert_int_eq(rmdir(inside), 0);
	ck_assert_int_eq(rmdir(outside), 0);
	(void)close(listeners[0]);
	(void)close(listeners[1]);
}

/* What is tried: 0 where it was possible, else errno. */
static int
result(long rc)
{
	return rc == -1 ? errno : 0;
}

static int
try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);
	int error = result(fd);

	if (fd != -1)
		(void)close(fd);
	return error;
}

static int
read_inside(void)
{
	return try_open(file, O_RDONLY);
}

static int
list_inside(void)
{
	return try_open(inside, O_RDONLY | O_DIRECTORY);
}

static int
read_outside(void)
{
	return try_open(hidden, O_RDONLY);
}

static int
write_inside(void)
{
	return try_open(file, O_WRONLY);
}

static int
read_write(void)
{
	return try_open(file, O_RDWR);
}

static int
truncate_open(void)
{
	return try_open(file, O_RDONLY | O_TRUNC);
}

static int
create_file(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/new", inside);
	return try_open(path, O_RDONLY | O_CREAT);
}

static int
nameless_file(void)
{
	return try_open(inside, O_TMPFILE | O_RDWR);
}

static int
open_by_openat2(void)
{
	uint64_t how[3] = { O_WRONLY, 0, 0 };

	return result(syscall(437, AT_FDCWD, file, how, sizeof(how)));
}

static int
remove_file(void)
{
	return result(unlink(file));
}

static int
rename_file(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/new", inside);
	return result(rename(file, path));
}

static int
make_folder(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/new", inside);
	return result(mkdir(path, 0700));
}

static int
change_mode(void)
{
	return result(chmod(file, 0666));
}

static int
cut_file(void)
{
	return result(truncate(file, 0));
}

static int
memory_file(void)
{
	return result(memfd_create("x", MFD_CLOEXEC));
}

static int
execute(void)
{
	char *argv[] = { NULL };

	return result(execve("/bin/true", argv, argv));
}

static int
fork_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(pid);
}

static void *
thread(void *done)
{
	*(bool *)done = true;
	return NULL;
}

static int
start_thread(void)
{
	bool is_done = false;
	pthread_t t;
	int rc = pthread_create(&t, NULL, thread, &is_done);

	if (rc == 0)
		rc = pthread_join(t, NULL);
	return rc != 0 ? rc : is_done ? 0 : EINVAL;
}

static int
trace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
signal_parent(void)
{
	return result(kill(getppid(), 0));
}

static int
new_namespace(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int
mount_something(void)
{
	return result(mount("none", inside, "tmpfs", 0, NULL));
}

static int
become(void)
{
	return result(setuid(getuid()));
}

static int
use_uring(void)
{
	char params[256] = { 0 };

	return result(syscall(425, 4U, params));
}

static int
try_socket(int family, int type)
{
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	int error = result(fd);

	if (fd != -1)
		(void)close(fd);
	return error;
}

static int
local_socket(void)
{
	return try_socket(AF_UNIX, SOCK_STREAM);
}

static int
datagram_socket(void)
{
	return try_socket(AF_INET6, SOCK_DGRAM);
}

static int
route_socket(void)
{
	return try_socket(AF_NETLINK, SOCK_RAW);
}

static int
packet_socket(void)
{
	return try_socket(AF_PACKET, SOCK_RAW);
}

static int
raw_socket(void)
{
	return try_socket(AF_INET, SOCK_RAW);
}

static int
crypto_socket(void)
{
	return try_socket(AF_ALG, SOCK_SEQPACKET);
}

static int
vsock_socket(void)
{
	return try_socket(AF_VSOCK, SOCK_STREAM);
}

static int
listen_on(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return result(listen(fd, 1));
}

static int
connect_to(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.sin_port = htons(port);
	return result(connect(fd, (struct sockaddr *)&a, sizeof(a)));
}

static int
connect_open(void)
{
	return connect_to(open_port);
}

static int
connect_shut(void)
{
	return connect_to(shut_port);
}

static int
dump_core(void)
{
	struct rlimit l;

	return getrlimit(RLIMIT_CORE, &l) == 0 && l.rlim_max == 0 ? EPERM : 0;
}

enum needs { SECCOMP, LANDLOCK, LANDLOCK_4, NOTHING };


static const struct attempt {
	const char *name;
	int (*try)(void);
	int want; /* errno; 0: still possible */
	enum needs needs;
} attempts[] = {
	{ "read a file inside", read_inside, 0, NOTHING },
	{ "list a folder inside", list_inside, 0, NOTHING },
	{ "read a file outside", read_outside, EACCES, LANDLOCK },
	{ "write", write_inside, EPERM, SECCOMP },
	{ "read and write", read_write, EPERM, SECCOMP },
	{ "truncate at opening", truncate_open, EPERM, SECCOMP },
	{ "create a file", create_file, EPERM, SECCOMP },
	{ "create a nameless file", nameless_file, EPERM, SECCOMP },
	{ "openat2", open_by_openat2, ENOSYS, SECCOMP },
	{ "unlink", remove_file, EPERM, SECCOMP },
	{ "rename", rename_file, EPERM, SECCOMP },
	{ "mkdir", make_folder, EPERM, SECCOMP },
	{ "chmod", change_mode, EPERM, SECCOMP },
	{ "truncate", cut_file, EPERM, SECCOMP },
	{ "memfd_create", memory_file, EPERM, SECCOMP },
	{ "execve", execute, EPERM, SECCOMP },
	{ "fork", fork_process, EPERM, SECCOMP },
	{ "a thread", start_thread, 0, NOTHING },
	{ "ptrace", trace, EPERM, SECCOMP },
	{ "kill", signal_parent, EPERM, SECCOMP },
	{ "unshare", new_namespace, EPERM, SECCOMP },
	{ "mount", mount_something, EPERM, SECCOMP },
	{ "setuid", become, EPERM, SECCOMP },
	{ "io_uring", use_uring, EPERM, SECCOMP },
	{ "a local socket", local_socket, 0, NOTHING },
	{ "a datagram socket", datagram_socket, 0, NOTHING },
	{ "a socket for routes", route_socket, 0, NOTHING },
	{ "a packet socket", packet_socket, EPERM, SECCOMP },
	{ "a raw socket", raw_socket, EPERM, SECCOMP },
	{ "a crypto socket", crypto_socket, EPERM, SECCOMP },
	{ "a socket of a virtual machine", vsock_socket, EPERM, SECCOMP },
	{ "listen", listen_on, EPERM, SECCOMP },
	{ "connect to the port", connect_open, 0, NOTHING },
	{ "connect to another port", connect_shut, EACCES, LANDLOCK_4 },
	{ "a core file", dump_core, EPERM, NOTHING },
};

static bool
is_enforced(const struct sandbox_state *s, enum needs needs)
{
	return needs == NOTHING || (needs == SECCOMP && s->has_seccomp) ||
	    (needs == LANDLOCK && s->landlock > 0) ||
	    (needs == LANDLOCK_4 && s->landlock >= 4);
}

/* A network namespace begins with its loopback down. */
static bool
has_loopback(const char *name)
{
	if (connect_open() == 0)
		return true;
	(void)fprintf(stderr, "skipped: %s: 127.0.0.1 cannot be reached\n",
	    name);
	return false;
}

/* In a child, since there is no way back. */
START_TEST(test_attempt)
{
	const struct attempt *a = &attempts[_i];
	const char *paths[] = { inside, "/absent", "/lib", "/usr", NULL };
	uint16_t ports[] = { open_port, 0 };
	struct sandbox s = { paths, ports };
	struct sandbox_state state = { false, 0 };
	struct err e = ERR_INIT;
	int status, got;
	pid_t pid;

	if (a->try == connect_open && !has_loopback(a->name))
		return;
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (sandbox_enter(&s, &state, &e) == -1)
			_exit(200);
		if (!is_enforced(&state, a->needs))
			_exit(201);
		got = a->try();
		_exit(got == a->want ? 0 : got == 0 ? 202 : got);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) &&
	        (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 201),
	    "%s: status %#x, wanted errno %d", a->name,
	    (unsigned int)status, a->want);
	/* nothing was changed whatever was tried */
	ck_assert_int_eq(access(file, F_OK), 0);
}
END_TEST

/* A limit that is tighter stays. */
START_TEST(test_tighter_limit)
{
	const char *paths[] = { inside, NULL };
	uint16_t ports[] = { 0 };
	struct sandbox s = { paths, ports };
	struct rlimit l = { 20, 20 };
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		_exit(setrlimit(RLIMIT_NOFILE, &l) != 0 ||
		    sandbox_enter(&s, NULL, NULL) != 0 ||
		    getrlimit(RLIMIT_NOFILE, &l) != 0 ||
		    l.rlim_cur != 20 || l.rlim_max != 20);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
END_TEST

/* What is refused by the sandbox would be possible without. */
START_TEST(test_without)
{
	const struct attempt *a = &attempts[_i];
	int status, got;
	pid_t pid;

	/* not possible, or not to be tried, on every machine */
	if (a->want == 0 || a->try == new_namespace ||
	    a->try == mount_something || a->try == packet_socket ||
	    a->try == raw_socket || a->try == crypto_socket ||
	    a->try == vsock_socket || a->try == use_uring ||
	    a->try == dump_core || a->try == nameless_file ||
	    a->try == open_by_openat2)
		return;
	if (a->try == connect_shut && !has_loopback(a->name))
		return;
	if ((pid = fork()) == 0) {
		if (a->try == execute) {
			(void)execute();
			_exit(1);
		}
		got = a->try();
		_exit(got);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "%s: status %#x", a->name, (unsigned int)status);
	/* for teardown */
	{
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/new", inside);
		(void)remove(path);
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("sandbox");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_attempt, 0, N_ROWS(attempts));
	tcase_add_loop_test(tc, test_without, 0, N_ROWS(attempts));
	tcase_add_test(tc, test_tighter_limit);
	return run_case("sandbox", tc);
}
