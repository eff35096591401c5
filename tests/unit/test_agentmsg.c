#include "config.h"

#include "pam/agentmsg.h"

#include "tests/unit/harness.h"

static struct agentmsg_keys keys;

START_TEST(test_questions)
{
	struct wire w = WIRE_INIT;

	agentmsg_put_list(&w);
	ck_assert_uint_eq(w.len, 1);
	ck_assert_mem_eq(w.p, "\x0b", 1);
	wire_reset(&w);
	agentmsg_put_sign(&w, BYTES("KEY"), BYTES("DATA"));
	ck_assert_uint_eq(w.len, 20);
	ck_assert_mem_eq(w.p, "\x0d\0\0\0\3KEY\0\0\0\4DATA\0\0\0\4", 20);
	wire_free(&w);
}
END_TEST

START_TEST(test_keys)
{
	struct err e = ERR_INIT;

	ck_assert_int_eq(agentmsg_get_keys(BYTES("\x0c\0\0\0\2"
						 "\0\0\0\2K1\0\0\0\1c"
						 "\0\0\0\2K2\0\0\0\0"),
			     &keys, &e),
	    0);
	ck_assert_uint_eq(keys.n, 2);
	ck_assert(span_is(keys.blobs[0], "K1") && span_is(keys.blobs[1], "K2"));
	ck_assert_int_eq(
	    agentmsg_get_keys(BYTES("\x0c\0\0\0\0"), &keys, &e), 0);
	ck_assert_uint_eq(keys.n, 0);
}
END_TEST

static const struct {
	const char *name;
	struct span answer;
	enum err_code code;
	const char *want;
} bad_keys[] = {
	{ "empty", RAW(""), ERR_MALFORMED, "the agent's answer is empty" },
	{ "failure", RAW("\x05"), ERR_REFUSED, "the agent lists no keys" },
	{ "old failure", RAW("\x1e"), ERR_REFUSED, "the agent lists no keys" },
	{ "other type", RAW("\x0e\0\0\0\0"), ERR_MALFORMED,
	    "the agent's answer is of type 14 instead of 12" },
	{ "no number", RAW("\x0c\0\0"), ERR_MALFORMED,
	    "the agent's list of keys is cut short" },
	{ "fewer than said", RAW("\x0c\0\0\0\2\0\0\0\1K\0\0\0\0"),
	    ERR_MALFORMED, "the agent's list of keys is cut short" },
	{ "no comment", RAW("\x0c\0\0\0\1\0\0\0\1K"), ERR_MALFORMED,
	    "the agent's list of keys is cut short" },
	{ "a length too far", RAW("\x0c\0\0\0\1\xff\xff\xff\xffK\0\0\0\0"),
	    ERR_MALFORMED, "the agent's list of keys is cut short" },
	{ "more than said", RAW("\x0c\0\0\0\0x"), ERR_MALFORMED,
	    "the agent's list of keys has bytes after its end" },
	{ "257", RAW("\x0c\0\0\1\1"), ERR_LIMIT,
	    "the agent has 257 keys, more than the 256 that are looked at" },
	{ "endless", RAW("\x0c\xff\xff\xff\xff"), ERR_LIMIT,
	    "the agent has 4294967295 keys, more than the 256 that are "
	    "looked at" },
};

START_TEST(test_bad_keys)
{
	struct err e = ERR_INIT;

	ck_assert_int_eq(
	    agentmsg_get_keys(bad_keys[_i].answer, &keys, &e), -1);
	assert_err(&e, bad_keys[_i].code, bad_keys[_i].want);
	ck_assert_uint_eq(keys.n, 0);
}
END_TEST

START_TEST(test_signature)
{
	struct err e = ERR_INIT;
	struct span s;

	ck_assert_int_eq(agentmsg_get_signature(
	    BYTES("\x0e\0\0\0\3SIG"), &s, &e), 0);
	ck_assert(span_is(s, "SIG"));
	ck_assert_int_eq(agentmsg_get_signature(
	    BYTES("\x0e\0\0\0\4SIG"), &s, &e), -1);
	assert_err(&e, ERR_MALFORMED, "the agent's signature is cut short");
	err_clear(&e);
	ck_assert_int_eq(agentmsg_get_signature(
	    BYTES("\x0e\0\0\0\3SIGx"), &s, &e), -1);
	assert_err(&e, ERR_MALFORMED,
	    "the agent's signature has bytes after its end");
	err_clear(&e);
	ck_assert_int_eq(agentmsg_get_signature(BYTES("\x05"), &s, &e), -1);
	assert_err(&e, ERR_REFUSED,
	    "the agent refuses to sign (as it does for a key that is limited "
	    "to destinations, ssh-add -h, or not confirmed)");
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("agentmsg");

	tcase_add_test(tc, test_questions);
	tcase_add_test(tc, test_keys);
	tcase_add_loop_test(tc, test_bad_keys, 0, N_ROWS(bad_keys));
	tcase_add_test(tc, test_signature);
	return run_case("agentmsg", tc);
}
