/*
 * The clock is this test's own, so that nobody waits: time passes when the
 * test says so.
 */
#include "config.h"

#include "pam/agent.h"

#include "lib/clock.h"
#include "tests/unit/harness.h"

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
	{ RAW("\0\0\0\0"), ERR_MALFORMED, NULL },
	{ RAW("\0\0\0\x01\x0c"), ERR_MALFORMED, NULL },
	{ RAW("\0\0\0\x05\x0c\0\0\0\x01"), ERR_MALFORMED, NULL },
	{ RAW("\0\0\0\x05\x0c\0\0\x01\x01"), ERR_LIMIT, NULL },
	{ RAW("\0\0\0\x05\x0c\xff\xff\xff\xff"), ERR_LIMIT, NULL },
	{ RAW("\0\0\0\x09\x0c\0\0\0\x01\xff\xff\xff\xff"), ERR_MALFORMED,
	    NULL },
	{ RAW("\0\0\0\x06\x0c\0\0\0\0x"), ERR_MALFORMED, NULL },
	{ RAW("\0\0\0\x01\x05"), ERR_REFUSED, NULL },
};

START_TEST(test_hostile)
{
	answer(hostile[_i].bytes);
	ck_assert_int_eq(shutdown(other, SHUT_WR), 0);
	ck_assert_int_eq(agent_list(&agent, &keys, &err), -1);
	ck_assert_int_eq((int)err.code, (int)hostile[_i].code);
	if (hostile[_i].message != NULL)
		ck_assert_str_eq(err.text, hostile[_i].message);
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
	return run_case("agent", tc);
}
