#include "config.h"

#include "config-gen/session.h"

#include "config-gen/process.h"
#include "tests/unit/harness.h"

#include <check.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct same_case {
	const char *name;
	struct session a, b;
	bool is_same;
} same_cases[] = {
	{ "one audit session",
	    { true, 7, { { 10, 1 } }, 1 }, { true, 7, { { 11, 1 } }, 1 }, true },
	{ "two audit sessions",
	    { true, 7, { { 10, 1 } }, 1 }, { true, 8, { { 11, 1 } }, 1 },
	    false },
	{ "two audit sessions, one ancestor",
	    { true, 7, { { 10, 1 } }, 1 }, { true, 8, { { 10, 1 } }, 1 }, true },
	{ "no audit, numbers left over",
	    { false, 7, { { 10, 1 } }, 1 }, { false, 7, { { 11, 1 } }, 1 },
	    false },
	{ "one ancestor among several",
	    { false, 0, { { 10, 1 }, { 12, 3 }, { 13, 4 } }, 3 },
	    { false, 0, { { 11, 1 }, { 13, 4 } }, 2 }, true },
	{ "a number used again",
	    { false, 0, { { 10, 1 } }, 1 }, { false, 0, { { 10, 2 } }, 1 },
	    false },
	{ "one that is gone by now",
	    { false, 0, { { 10, 1 } }, 1 }, { false, 0, { { 10, 0 } }, 1 },
	    true },
	{ "outside of the namespace",
	    { false, 0, { { 0, 0 } }, 1 }, { false, 0, { { 0, 0 } }, 1 },
	    true },
	{ "nothing known",
	    { false, 0, { { 0, 0 } }, 0 }, { false, 0, { { 0, 0 } }, 0 },
	    false },
};

START_TEST(test_same)
{
	const struct same_case *t = &same_cases[_i];

	ck_assert_msg(
	    session_is_same(&t->a, &t->b) == t->is_same, "%s", t->name);
	ck_assert_msg(
	    session_is_same(&t->b, &t->a) == t->is_same, "%s", t->name);
}
END_TEST

/* A child in a POSIX session of its own, as sudo makes one. */
START_TEST(test_child)
{
	struct session mine, its;
	struct err err = ERR_INIT;
	int status;
	pid_t pid;

	ck_assert_msg(session_find(&mine, &err) == 0, "%s", err.text);
	ck_assert_uint_ge(mine.n_processes, 2);
	if ((pid = fork()) == 0) {
		if (setsid() == -1 || fork() != 0)
			_exit(wait(&status) == -1 ? 2 : WEXITSTATUS(status));
		_exit(session_find(&its, &err) == 0 &&
		    its.processes[0].pid != mine.processes[0].pid &&
		    session_is_same(&mine, &its) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(test_process)
{
	struct process look;

	ck_assert_int_eq(process_look(getpid(), &look), 0);
	ck_assert_int_eq(look.parent, getppid());
	ck_assert_int_eq(look.session, getsid(0));
	ck_assert_uint_gt(look.start, 0);
	ck_assert_int_eq(process_is_listener(getpid()), 0);
	ck_assert_int_eq(process_look(0x7ffffff0, &look), -1);
	ck_assert_int_eq(process_is_listener(0x7ffffff0), 0);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("session");

	tcase_add_loop_test(tc, test_same, 0, N_ROWS(same_cases));
	tcase_add_test(tc, test_child);
	tcase_add_test(tc, test_process);
	return run_case("session", tc);
}
