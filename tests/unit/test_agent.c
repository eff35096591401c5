/*
 * The clock is this test's own, so that nobody waits: time passes when the
 * test says so.
 */
#include "config.h"

#include "pam/agent.h"

#include "lib/clock.h"
#include "pam/asuser.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int64_t now_ms;
static int64_t step_ms; /* that passes with each look at the clock */

int64_t
clock_now_ms(void)
{
	now_ms += step_ms;
	return now_ms;
}

/* Whether this process may become everybody, and whether it cannot. */
static bool is_anybody, is_nobody, is_stuck_before, is_stuck_after;

int __real_asuser_begin(
    struct asuser *u, uid_t uid, gid_t gid, struct err *e);
int __wrap_asuser_begin(
    struct asuser *u, uid_t uid, gid_t gid, struct err *e);
int __real_asuser_end(struct asuser *u, struct err *e);
int __wrap_asuser_end(struct asuser *u, struct err *e);

int
__wrap_asuser_begin(struct asuser *u, uid_t uid, gid_t gid, struct err *e)
{
	memset(u, 0, sizeof(*u));
	u->is_stuck = is_stuck_before;
	if (is_nobody || is_stuck_before)
		return err_setf(e, ERR_REFUSED, "nobody");
	return is_anybody ? 0 : __real_asuser_begin(u, uid, gid, e);
}

int
__wrap_asuser_end(struct asuser *u, struct err *e)
{
	if (is_stuck_after)
		return err_setf(e, ERR_SYSTEM, "stuck");
	return is_anybody ? 0 : __real_asuser_end(u, e);
}

static struct agent agent;
static int other = -1; /* the agent's end */
static struct agentmsg_keys keys;
static struct err err;

static void
setup(void)
{
	struct wire empty = WIRE_INIT;
	int fds[2];

	ck_assert_int_eq(socketpair(
	    AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	memset(&agent, 0, sizeof(agent));
	agent.message = empty;
	agent.fd = fds[0];
	other = fds[1];
	now_ms = 1000;
	step_ms = 0;
	agent.begun_ms = now_ms;
	agent.until_ms = now_ms + AGENT_LIMIT_MS;
	err_clear(&err);
}

static void
teardown(void)
{
	agent_close(&agent);
	if (other >= 0)
		(void)close(other);
	other = -1;
}

static void
answer(struct span s)
{
	ck_assert_int_eq(write(other, s.p, s.len), (ssize_t)s.len);
}

/* "ssh-ed25519" as the key, its comment "c". */
#define ONE_KEY \
	"\0\0\0\x0f\x0c\0\0\0\x01\0\0\0\x01k\0\0\0\x01""c"
#define SIGNATURE "\0\0\0\x0e\x0e\0\0\0\x09signature"

START_TEST(test_list)
{
	answer(BYTES(ONE_KEY));
	ck_assert_msg(
	    agent_list(&agent, &keys, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(keys.n, 1);
	ck_assert(span_is(keys.blobs[0], "k"));
	/* What it was asked: SSH_AGENTC_REQUEST_IDENTITIES. */
	{
		unsigned char question[8];

		ck_assert_int_eq(read(other, question, 8), 5);
		ck_assert_mem_eq(question, "\0\0\0\x01\x0b", 5);
	}
}
END_TEST

#define CUT_SHORT "the agent's list of keys is cut short"

/* The agent's end is closed behind these, so that none waits. */
static const struct {
	struct span bytes;
	enum err_code code;
	const char *message;
} hostile[] = {
	{ RAW(""), ERR_SYSTEM, "the agent closes the connection" },
	{ RAW("\0\0\0"), ERR_SYSTEM, "the agent closes the connection" },
	{ RAW("\0\0\0\x05\x0c"), ERR_SYSTEM,
	    "the agent closes the connection" },
	{ RAW("\0\x04\0\x01\x0c"), ERR_LIMIT,
	    "the agent's answer has 262145 bytes, more than the 256 KiB "
	    "allowed" },
	{ RAW("\xff\xff\xff\xff\x0c"), ERR_LIMIT,
	    "the agent's answer has 4294967295 bytes, more than the 256 KiB "
	    "allowed" },
	{ RAW("\0\0\0\0"), ERR_MALFORMED, "the agent's answer is empty" },
	{ RAW("\0\0\0\x01\x0c"), ERR_MALFORMED, CUT_SHORT },
	{ RAW("\0\0\0\x05\x0c\0\0\0\x01"), ERR_MALFORMED, CUT_SHORT },
	{ RAW("\0\0\0\x05\x0c\0\0\x01\x01"), ERR_LIMIT,
	    "the agent has 257 keys, more than the 256 that are looked at" },
	{ RAW("\0\0\0\x05\x0c\xff\xff\xff\xff"), ERR_LIMIT,
	    "the agent has 4294967295 keys, more than the 256 that are looked "
	    "at" },
	{ RAW("\0\0\0\x09\x0c\0\0\0\x01\xff\xff\xff\xff"), ERR_MALFORMED,
	    CUT_SHORT },
	{ RAW("\0\0\0\x06\x0c\0\0\0\0x"), ERR_MALFORMED,
	    "the agent's list of keys has bytes after its end" },
	{ RAW("\0\0\0\x01\x0e"), ERR_MALFORMED,
	    "the agent's answer is of type 14 instead of 12" },
	{ RAW("\0\0\0\x01\x05"), ERR_REFUSED, "the agent lists no keys" },
	{ RAW("\0\0\0\x01\x1e"), ERR_REFUSED, "the agent lists no keys" },
	{ RAW("\0\0\0\x01\x66"), ERR_REFUSED, "the agent lists no keys" },
};

START_TEST(test_hostile)
{
	answer(hostile[_i].bytes);
	ck_assert_int_eq(shutdown(other, SHUT_WR), 0);
	ck_assert_int_eq(agent_list(&agent, &keys, &err), -1);
	assert_err(&err, hostile[_i].code, hostile[_i].message);
}
END_TEST

/* Silent, and trickling, to the end of its time and not beyond. */
START_TEST(test_silent)
{
	now_ms += AGENT_LIMIT_MS - 5;
	step_ms = 5;
	ck_assert_int_eq(agent_list(&agent, &keys, &err), -1);
	assert_err(&err, ERR_SYSTEM, "the agent does not answer in time");
}
END_TEST

START_TEST(test_trickling)
{
	static const unsigned char endless[4096] = { 0, 3, 0xff, 0xff };

	answer((struct span) { endless, sizeof(endless) });
	/* Each look takes a second: it is not read to its end. */
	step_ms = 1000;
	ck_assert_int_eq(agent_list(&agent, &keys, &err), -1);
	assert_err(&err, ERR_SYSTEM, "the agent does not answer in time");
	ck_assert_int_le(now_ms, 1000 + AGENT_LIMIT_MS + 2 * 1000);
}
END_TEST

/* Who has to touch a key has half a minute, from the beginning on. */
START_TEST(test_touch)
{
	struct span signature;

	now_ms += AGENT_LIMIT_MS + 1;
	answer(BYTES(SIGNATURE));
	ck_assert_msg(agent_sign(&agent, BYTES("k"), true, BYTES("data"),
	    &signature, &err) == 0, "%s", err.text);
	ck_assert(span_is(signature, "signature"));
	/* Not a key of another kind. */
	teardown();
	setup();
	now_ms += AGENT_LIMIT_MS + 1;
	answer(BYTES(SIGNATURE));
	ck_assert_int_eq(agent_sign(&agent, BYTES("k"), false, BYTES("data"),
	    &signature, &err), -1);
	assert_err(&err, ERR_SYSTEM, "the agent does not answer in time");
	teardown();
	setup();
	now_ms += AGENT_TOUCH_MS - 1;
	answer(BYTES(SIGNATURE));
	ck_assert_int_eq(agent_sign(&agent, BYTES("k"), true, BYTES("data"),
	    &signature, &err), 0);
	teardown();
	setup();
	now_ms += AGENT_TOUCH_MS;
	answer(BYTES(SIGNATURE));
	ck_assert_int_eq(agent_sign(&agent, BYTES("k"), true, BYTES("data"),
	    &signature, &err), -1);
	assert_err(&err, ERR_SYSTEM, "the agent does not answer in time");
}
END_TEST

/* The limits are the manual's. */
START_TEST(test_limits)
{
	ck_assert_int_eq(AGENT_LIMIT_MS, 5000);
	ck_assert_int_eq(AGENT_TOUCH_MS, 30000);
	ck_assert_uint_eq(AGENTMSG_MAX, 262144);
	ck_assert_uint_eq(AGENTMSG_MAX_KEYS, 256);
}
END_TEST

static void
refused(const char *path, uid_t uid, enum err_code code, const char *message)
{
	struct agent a;
	bool is_stuck = true;

	err_clear(&err);
	ck_assert_int_eq(
	    agent_open(&a, path, uid, getgid(), &is_stuck, &err), -1);
	assert_err(&err, code, message);
	ck_assert(!is_stuck);
	ck_assert_int_eq(a.fd, -1);
}

START_TEST(test_open)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/agent.XXXXXX", path[64], want[256];
	struct agent a;
	bool is_stuck = true;
	FILE *f;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	refused("agent", getuid(), ERR_UNSAFE,
	    "SSH_AUTH_SOCK is not an absolute path");
	(void)snprintf(path, sizeof(path), "%s/none", folder);
	(void)snprintf(
	    want, sizeof(want), "%s: No such file or directory", path);
	refused(path, getuid(), ERR_SYSTEM, want);
	(void)snprintf(path, sizeof(path), "%s/plain", folder);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	(void)fclose(f);
	(void)snprintf(want, sizeof(want), "%s: not a socket", path);
	refused(path, getuid(), ERR_UNSAFE, want);
	(void)unlink(path);
	/* A socket that nobody listens to, and one that is right. */
	(void)snprintf(path, sizeof(path), "%s/sock", folder);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	(void)snprintf(want, sizeof(want), "%s: Connection refused", path);
	refused(path, getuid(), ERR_SYSTEM, want);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(agent_open(
	    &a, path, getuid(), getgid(), &is_stuck, &err), 0);
	ck_assert(!is_stuck && a.fd >= 0);
	ck_assert_int_eq(a.until_ms - a.begun_ms, AGENT_LIMIT_MS);
	agent_close(&a);
	ck_assert_int_eq(a.fd, -1);
	if (getuid() != 0)
		refused(path, getuid() + 1, ERR_REFUSED,
		    "only root can ask another user's agent");
	(void)close(fd);
	(void)unlink(path);
	(void)rmdir(folder);
}
END_TEST

/* --- where calls fail ------------------------------------------------------- */

static int
list(void)
{
	return agent_list(&agent, &keys, &err);
}

/* What is only interrupted goes on. */
START_TEST(test_interrupted)
{
	static const struct {
		uint64_t set;
		int number;
	} rows[] = {
		{ FAILING(send), EINTR },
		{ FAILING(send), EAGAIN },
		{ FAILING(recv), EINTR },
		{ FAILING(recv), EAGAIN },
		{ FAILING(poll) | FAILING(recv), EINTR },
	};

	answer(BYTES(ONE_KEY));
	failing_start(rows[_i].set, 1, rows[_i].number);
	ck_assert_msg(list() == 0, "%s", err.text);
	ck_assert(failing_stop());
	ck_assert_uint_eq(keys.n, 1);
}
END_TEST

static const struct {
	uint64_t set;
	unsigned int nth;
	int number;
	int64_t step_ms;
	enum err_code code;
	const char *message;
} breaks[] = {
	{ FAILING(send), 1, EPIPE, 0, ERR_SYSTEM, "the agent: Broken pipe" },
	{ FAILING(recv), 1, ECONNRESET, 0, ERR_SYSTEM,
	    "the agent: Connection reset by peer" },
	/* In the middle of the answer. */
	{ FAILING(recv), 2, ECONNRESET, 0, ERR_SYSTEM,
	    "the agent: Connection reset by peer" },
	/* It takes nothing, or is never there when it is asked for. */
	{ FAILING(send), FAILING_ALL, EAGAIN, 1000, ERR_SYSTEM,
	    "the agent does not answer in time" },
	{ FAILING(recv), FAILING_ALL, EAGAIN, 999, ERR_SYSTEM,
	    "the agent does not answer in time" },
	{ FAILING(recv) | FAILING(poll), FAILING_ALL, EINTR, 1000, ERR_SYSTEM,
	    "the agent does not answer in time" },
	{ FAILING(recv), FAILING_ALL, EAGAIN, 1001, ERR_SYSTEM,
	    "the agent does not answer in time" },
	{ FAILING_MEMORY, 1, ENOMEM, 0, ERR_MEMORY, "out of memory" },
	{ FAILING_MEMORY, 2, ENOMEM, 0, ERR_MEMORY, "out of memory" },
	{ FAILING_MEMORY, 3, ENOMEM, 0, ERR_MEMORY, "out of memory" },
};

START_TEST(test_broken)
{
	answer(BYTES(ONE_KEY));
	step_ms = breaks[_i].step_ms;
	failing_start(breaks[_i].set, breaks[_i].nth, breaks[_i].number);
	ck_assert_int_eq(list(), -1);
	ck_assert(failing_stop());
	assert_err(&err, breaks[_i].code, breaks[_i].message);
	ck_assert_int_le(now_ms, 1000 + AGENT_LIMIT_MS + 2 * step_ms);
}
END_TEST

/* The agent says nothing, and then the kernel no more. */
START_TEST(test_poll)
{
	failing_start(FAILING(poll), 1, ENOMEM);
	ck_assert_int_eq(list(), -1);
	ck_assert(failing_stop());
	assert_err(&err, ERR_SYSTEM,
	    "waiting for the agent: Cannot allocate memory");
}
END_TEST

/* An agent's socket, at path, at which n may wait; removed by hang_up. */
static char socket_folder[32], path[64];
static int socket_fd;

static void
listen_for(int n)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	(void)snprintf(
	    socket_folder, sizeof(socket_folder), "/tmp/agent.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(socket_folder));
	(void)snprintf(path, sizeof(path), "%s/sock", socket_folder);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(socket_fd, 0);
	ck_assert_int_eq(
	    bind(socket_fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(socket_fd, n), 0);
}

static void
hang_up(void)
{
	(void)close(socket_fd);
	(void)unlink(path);
	(void)rmdir(socket_folder);
}

static const struct {
	uint64_t set;
	int number;
	const char *message; /* after the path, or, with a blank, all of it */
} opens[] = {
	{ FAILING(open), EACCES, ": Permission denied" },
	{ FAILING(fstat), EIO, ": Input/output error" },
	{ FAILING(socket), EMFILE, " socket: Too many open files" },
	{ FAILING(connect), EACCES, ": Permission denied" },
	{ FAILING(getsockopt), ENOPROTOOPT, ": Protocol not available" },
};

START_TEST(test_open_fails)
{
	char want[256];
	const char *message = opens[_i].message;
	int n_before;

	listen_for(1);
	n_before = count_descriptors();
	failing_start(opens[_i].set, 1, opens[_i].number);
	(void)snprintf(want, sizeof(want), "%s%s",
	    message[0] == ' ' ? "" : path, message + (message[0] == ' '));
	refused(path, getuid(), ERR_SYSTEM, want);
	ck_assert(failing_stop());
	ck_assert_int_eq(count_descriptors(), n_before);
	hang_up();
}
END_TEST

/* Too many wait to be accepted already: until time is up, and no longer. */
START_TEST(test_busy)
{
	struct agent first;
	bool is_stuck;

	listen_for(0);
	ck_assert_int_eq(agent_open(
	    &first, path, getuid(), getgid(), &is_stuck, &err), 0);
	step_ms = 1000;
	now_ms = 1000;
	refused(path, getuid(), ERR_SYSTEM,
	    "the agent does not answer in time");
	ck_assert_int_le(now_ms, 1000 + AGENT_LIMIT_MS + 2 * step_ms);
	agent_close(&first);
	hang_up();
}
END_TEST

/* Whose socket it is, and who listens: both must be the caller. */
START_TEST(test_strangers)
{
	char want[256];
	unsigned long me = getuid();
	struct agent a;
	bool is_stuck;

	listen_for(4);
	is_anybody = true;
	(void)snprintf(want, sizeof(want),
	    "%s: the socket is of uid %lu, not of uid %lu", path, me, me + 1);
	refused(path, getuid() + 1, ERR_UNSAFE, want);
	failing_peer = getuid() + 1;
	(void)snprintf(want, sizeof(want),
	    "%s: uid %lu listens there, not uid %lu", path, me + 1, me);
	refused(path, getuid(), ERR_UNSAFE, want);
	failing_peer = 0;
	ck_assert_int_eq(agent_open(
	    &a, path, getuid(), getgid(), &is_stuck, &err), 0);
	agent_close(&a);
	is_anybody = false;
	hang_up();
}
END_TEST

/* A process that is not itself again goes no further. */
START_TEST(test_stuck)
{
	struct agent a;
	bool is_stuck;

	listen_for(4);
	is_nobody = true;
	refused(path, getuid(), ERR_REFUSED, "nobody");
	is_nobody = false;
	is_stuck_before = true;
	err_clear(&err);
	ck_assert_int_eq(agent_open(
	    &a, path, getuid(), getgid(), &is_stuck, &err), -1);
	ck_assert(is_stuck);
	is_stuck_before = false;
	is_stuck_after = true;
	err_clear(&err);
	ck_assert_int_eq(agent_open(
	    &a, path, getuid(), getgid(), &is_stuck, &err), -1);
	assert_err(&err, ERR_SYSTEM, "stuck");
	ck_assert(is_stuck);
	ck_assert_int_eq(a.fd, -1);
	is_stuck_after = false;
	hang_up();
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("agent");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_list);
	tcase_add_loop_test(tc, test_hostile, 0, N_ROWS(hostile));
	tcase_add_test(tc, test_silent);
	tcase_add_test(tc, test_trickling);
	tcase_add_test(tc, test_touch);
	tcase_add_test(tc, test_limits);
	tcase_add_test(tc, test_open);
	tcase_add_loop_test(tc, test_interrupted, 0, 5);
	tcase_add_loop_test(tc, test_broken, 0, N_ROWS(breaks));
	tcase_add_test(tc, test_poll);
	tcase_add_loop_test(tc, test_open_fails, 0, N_ROWS(opens));
	tcase_add_test(tc, test_busy);
	tcase_add_test(tc, test_strangers);
	tcase_add_test(tc, test_stuck);
	return run_case("agent", tc);
}
