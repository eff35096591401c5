#include "config.h"

#include "config-gen/command.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct run_case {
	const char *name;
	const char *argv[4];
	int status;
	const char *out;
	const char *errors;
} run_cases[] = {
	{ "true", { "/bin/sh", "-c", "true", NULL }, 0, "", "" },
	{ "status", { "/bin/sh", "-c", "exit 7", NULL }, 7, "", "" },
	{ "both outputs", { "/bin/sh", "-c", "echo a; echo b >&2", NULL }, 0,
	    "a\n", "b\n" },
	{ "one argument, no shell", { "/bin/echo", "$HOME; *", NULL }, 0,
	    "$HOME; *\n", "" },
	{ "signal", { "/bin/sh", "-c", "kill -TERM $$", NULL }, 128 + SIGTERM,
	    "", "" },
	{ "SIGPIPE ends it", { "/bin/sh", "-c", "kill -PIPE $$", NULL },
	    128 + SIGPIPE, "", "" },
	{ "nothing to read", { "/bin/cat", NULL }, 0, "", "" },
	{ "environment", { "/usr/bin/env", NULL }, 0,
	    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
	    "/bin\nLC_ALL=C\n",
	    "" },
	{ "folder and umask", { "/bin/sh", "-c", "pwd; umask", NULL }, 0,
	    "/\n0022\n", "" },
	/* 3 is the folder that ls reads */
	{ "descriptors", { "/bin/ls", "/proc/self/fd", NULL }, 0,
	    "0\n1\n2\n3\n", "" },
	{ "own group",
	    { "/bin/sh", "-c",
		"read -r l </proc/$$/stat; set -- $l; [ $1 = $5 ]", NULL },
	    0, "", "" },
	{ "outputs closed early",
	    { "/bin/sh", "-c", "exec >&- 2>&-; sleep 0.05; exit 3", NULL }, 3,
	    "", "" },
};

START_TEST(test_run)
{
	const struct run_case *c = &run_cases[_i];
	struct command_result res;
	struct err err = ERR_INIT;
	int extra;

	/* what the child is not to inherit */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)umask(077);
	extra = open("/dev/null", O_RDONLY);
	ck_assert_int_gt(dup2(extra, 500), 0);
	ck_assert_msg(command_run(NULL, c->argv, 20, &res, &err) == 0, "%s: %s",
	    c->name, err.text);
	ck_assert_msg(res.status == c->status, "%s: %d", c->name, res.status);
	ck_assert_str_eq(res.out, c->out);
	ck_assert_str_eq(res.errors, c->errors);
	ck_assert_uint_eq(res.out_len, strlen(c->out));
	ck_assert_uint_eq(res.errors_len, strlen(c->errors));
	command_result_clear(&res);
	ck_assert_ptr_null(res.out);
}
END_TEST

static const struct error_case {
	const char *root;
	const char *argv[4];
	unsigned int timeout_s;
	enum err_code code;
	const char *text;
} error_cases[] = {
	{ NULL, { "/absent/program", NULL }, 20, ERR_SYSTEM,
	    "/absent/program: cannot be run: No such file or directory" },
	{ NULL, { "/etc/passwd", NULL }, 20, ERR_SYSTEM,
	    "/etc/passwd: cannot be run: Permission denied" },
	{ "/absent", { "/bin/true", NULL }, 20, ERR_SYSTEM,
	    "/bin/true: cannot be run: chroot: No such file or directory" },
	{ NULL, { "/bin/sh", "-c", "sleep 600", NULL }, 1, ERR_LIMIT,
	    "/bin/sh: not done after 1 seconds; ended" },
	{ NULL,
	    { "/bin/sh", "-c", "trap '' TERM; exec >&- 2>&-; sleep 600", NULL },
	    1, ERR_LIMIT, "/bin/sh: not done after 1 seconds; ended" },
	/* the shell ends, what it started holds the output */
	{ NULL, { "/bin/sh", "-c", "sleep 600 & exit 0", NULL }, 1, ERR_LIMIT,
	    "/bin/sh: not done after 1 seconds; ended" },
	{ NULL, { "/bin/cat", "/dev/zero", NULL }, 60, ERR_LIMIT,
	    "/bin/cat: says more than the 16777216 bytes allowed" },
	{ NULL, { "/bin/sh", "-c", "cat /dev/zero >&2", NULL }, 60, ERR_LIMIT,
	    "/bin/sh: says more than the 16777216 bytes allowed" },
};

START_TEST(test_errors)
{
	const struct error_case *c = &error_cases[_i];
	struct command_result res;
	struct err err = ERR_INIT;

	ck_assert_int_eq(
	    command_run(c->root, c->argv, c->timeout_s, &res, &err), -1);
	ck_assert_str_eq(err.text, c->text);
	ck_assert_int_eq(err.code, c->code);
}
END_TEST

/* Nothing of the program is left once its time is over. */
START_TEST(test_checked)
{
	static const char *const good[] = { "/bin/echo", "yes", NULL };
	static const char *const bad[] = { "/bin/sh", "-c",
		"printf 'no \\033[1mway\\r\\nmore\\n' >&2; exit 3", NULL };
	static const char *const quiet[] = { "/bin/false", NULL };
	struct command_result res;
	struct err err = ERR_INIT, quiet_err = ERR_INIT;

	ck_assert_int_eq(command_run_checked(good, 10, "x", &res, &err), 0);
	ck_assert_str_eq(res.out, "yes\n");
	command_result_clear(&res);
	ck_assert_int_eq(command_run_checked(bad, 10, "the x", &res, &err), -1);
	ck_assert_int_eq(err.code, ERR_REFUSED);
	ck_assert_str_eq(err.text, "the x: no \\x1b[1mway");
	ck_assert_int_eq(
	    command_run_checked(quiet, 10, "the x", &res, &quiet_err), -1);
	ck_assert_str_eq(quiet_err.text, "the x: exit status 1");
}
END_TEST

START_TEST(test_timeout_ends_group)
{
	static const char *const argv[] = { "/bin/sh", "-c",
		"sleep 600 & echo $! >\"$0\"; wait", NULL, NULL };
	const char *with_path[5];
	char path[] = "/tmp/test_command.XXXXXX";
	struct command_result res;
	struct err err = ERR_INIT;
	struct timespec pause = { 0, 10000000 };
	FILE *f;
	int pid = 0;
	int fd = mkstemp(path);
	int i;

	ck_assert_int_ne(fd, -1);
	(void)close(fd);
	memcpy(with_path, argv, sizeof(with_path));
	with_path[3] = path;
	ck_assert_int_eq(command_run("/", with_path, 1, &res, &err), -1);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	(void)fclose(f);
	(void)unlink(path);
	/* it may be a zombie for a moment, until init takes it */
	for (i = 0; i < 500; i++) {
		char stat_path[64];
		char state = 'X';

		(void)snprintf(
		    stat_path, sizeof(stat_path), "/proc/%d/stat", pid);
		if ((f = fopen(stat_path, "r")) == NULL)
			return;
		if (fscanf(f, "%*d %*s %c", &state) != 1)
			state = 'X';
		(void)fclose(f);
		if (state == 'X' || state == 'Z')
			return;
		(void)nanosleep(&pause, NULL);
	}
	ck_abort_msg("process %d is still there", pid);
}
END_TEST

/* Much on both outputs at once must not block. */
START_TEST(test_much_output)
{
	static const char *const argv[] = { "/bin/sh", "-c",
		"head -c 1000000 /dev/zero; head -c 2000000 /dev/zero >&2",
		NULL };
	struct command_result res;
	struct err err = ERR_INIT;

	ck_assert_int_eq(command_run(NULL, argv, 60, &res, &err), 0);
	ck_assert_uint_eq(res.out_len, 1000000);
	ck_assert_uint_eq(res.errors_len, 2000000);
	command_result_clear(&res);
}
END_TEST

/* The caller may itself have been started without standard descriptors. */
START_TEST(test_closed_descriptors)
{
	static const char *const argv[] = { "/bin/sh", "-c",
		"cat; echo a; echo b >&2", NULL };
	struct command_result res;
	struct err err = ERR_INIT;
	int saved[3];
	int i, rc;

	for (i = 0; i < 3; i++) {
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 10);
		(void)close(i);
	}
	rc = command_run(NULL, argv, 20, &res, &err);
	for (i = 0; i < 3; i++)
		(void)dup2(saved[i], i);
	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_str_eq(res.out, "a\n");
	ck_assert_str_eq(res.errors, "b\n");
	command_result_clear(&res);
}
END_TEST

START_TEST(test_no_descriptor_lost)
{
	static const char *const argv[] = { "/bin/true", NULL };
	static const char *const absent[] = { "/absent", NULL };
	struct command_result res;
	struct err err = ERR_INIT;
	int before = dup(0);
	int after;

	ck_assert_int_eq(command_run(NULL, argv, 20, &res, &err), 0);
	command_result_clear(&res);
	ck_assert_int_eq(command_run(NULL, absent, 20, &res, &err), -1);
	after = dup(0);
	ck_assert_int_eq(after, before + 1);
}
END_TEST

/* cat has the descriptor as its input and output, and ends with it. */
START_TEST(test_start)
{
	static const char *const argv[] = { "/bin/cat", NULL };
	static const char *const absent[] = { "/absent", NULL };
	const struct timespec pause = { 0, 10000000 };
	struct err err = ERR_INIT;
	struct command *c;
	char got[8] = "";
	int fds[2];
	int n = 0;

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	ck_assert_ptr_null(command_start(absent, fds[0], &err));
	ck_assert_str_eq(
	    err.text, "/absent: cannot be run: No such file or directory");
	ck_assert_ptr_nonnull(c = command_start(argv, fds[0], NULL));
	ck_assert_int_eq(write(fds[1], "hello", 5), 5);
	ck_assert_int_eq(recv(fds[1], got, 5, MSG_WAITALL), 5);
	ck_assert_str_eq(got, "hello");
	ck_assert(command_is_running(c));
	ck_assert_int_eq(shutdown(fds[1], SHUT_WR), 0);
	while (command_is_running(c) && n++ < 2000)
		(void)nanosleep(&pause, NULL);
	ck_assert(!command_is_running(c));
	command_end(c);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* What it started is ended as well, also once it has ended itself. */
START_TEST(test_end_ends_group)
{
	static const char *const lasting[] = { "/bin/sh", "-c",
		"sleep 1000 & sleep 1000", NULL };
	static const char *const ending[] = { "/bin/sh", "-c",
		"sleep 1000 & exit 0", NULL };
	const struct timespec pause = { 0, 10000000 };
	struct command *c;
	char end;
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	c = command_start(_i == 0 ? lasting : ending, fds[0], NULL);
	ck_assert_ptr_nonnull(c);
	(void)close(fds[0]);
	while (_i == 1 && command_is_running(c))
		(void)nanosleep(&pause, NULL);
	command_end(c);
	/* The last of the group has closed its end. */
	ck_assert_int_eq(read(fds[1], &end, 1), 0);
}
END_TEST

/* A guest reads what it is given, and no more comes from it than allowed. */
START_TEST(test_guest)
{
	static const char *const argv[] = { "/bin/sh", "-c",
		"cat; grep NoNewPrivs /proc/self/status >&2", NULL };
	struct command_guest g = { NULL, 300000, false, 0, 0, 300000 };
	struct command_result res;
	struct err err = ERR_INIT;
	char *in = malloc(g.in_len);

	ck_assert_ptr_nonnull(in);
	memset(in, 'x', g.in_len);
	g.in = in;
	ck_assert_msg(
	    command_run_guest(&g, argv, 20, &res, &err) == 0, "%s", err.text);
	ck_assert_int_eq(res.status, 0);
	ck_assert_uint_eq(res.out_len, g.in_len);
	ck_assert_mem_eq(res.out, in, g.in_len);
	ck_assert_str_eq(res.errors, "NoNewPrivs:\t1\n");
	command_result_clear(&res);
	g.max_output--;
	ck_assert_int_eq(command_run_guest(&g, argv, 20, &res, &err), -1);
	ck_assert_str_eq(
	    err.text, "/bin/sh: says more than the 299999 bytes allowed");
	free(in);
}
END_TEST

/* By root it is run as somebody else, with nothing of root's left. */
START_TEST(test_guest_user)
{
	static const char *const argv[] = { "/bin/sh", "-c",
		"id -u; id -g; id -G; "
		"grep -E '^(Uid|Gid|Groups|Cap(Prm|Eff|Amb)):' "
		"/proc/self/status",
		NULL };
	const struct command_guest g = { "", 0, true, 4711, 4712, 4096 };
	struct command_result res;
	struct err err = ERR_INIT;
	int rc = command_run_guest(&g, argv, 20, &res, &err);

	if (geteuid() != 0) {
		ck_assert_int_eq(rc, -1);
		ck_assert_str_eq(err.text,
		    "/bin/sh: cannot be run: user: Operation not permitted");
		return;
	}
	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_str_eq(res.out,
	    "4711\n4712\n4712\n"
	    "Uid:\t4711\t4711\t4711\t4711\n"
	    "Gid:\t4712\t4712\t4712\t4712\n"
	    "Groups:\t \n"
	    "CapPrm:\t0000000000000000\n"
	    "CapEff:\t0000000000000000\n"
	    "CapAmb:\t0000000000000000\n");
	command_result_clear(&res);
	ck_assert_int_eq(geteuid(), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("command");
	TCase *tc = tcase_create("command");
	SRunner *r;
	int n_failed;

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(
	    tc, test_run, 0, (int)(sizeof(run_cases) / sizeof(run_cases[0])));
	tcase_add_loop_test(tc, test_errors, 0,
	    (int)(sizeof(error_cases) / sizeof(error_cases[0])));
	tcase_add_test(tc, test_checked);
	tcase_add_test(tc, test_timeout_ends_group);
	tcase_add_test(tc, test_much_output);
	tcase_add_test(tc, test_closed_descriptors);
	tcase_add_test(tc, test_no_descriptor_lost);
	tcase_add_test(tc, test_start);
	tcase_add_loop_test(tc, test_end_ends_group, 0, 2);
	tcase_add_test(tc, test_guest);
	tcase_add_test(tc, test_guest_user);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
