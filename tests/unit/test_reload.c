#include "config.h"

#include "config-gen/reload.h"

#include "tests/unit/harness.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[64];
static char pid_file[128];
static char sshd[128]; /* this very program, under that name */
static struct reload_system parts;
static char systemd[128], systemctl[128];
static const struct root host = { .dir = "", .sshd = NULL };

static void
run(const char *command)
{
	ck_assert_msg(system(command) == 0, "%s", command);
}

static void
put(const char *path, const char *text, mode_t mode)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static void
setup(void)
{
	char command[256];

	(void)umask(022);
	(void)snprintf(dir, sizeof(dir), "/tmp/test_reload.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	(void)snprintf(pid_file, sizeof(pid_file), "%s/pid", dir);
	(void)snprintf(sshd, sizeof(sshd), "%s/sshd", dir);
	(void)snprintf(systemd, sizeof(systemd), "%s/systemd", dir);
	(void)snprintf(systemctl, sizeof(systemctl), "%s/systemctl", dir);
	parts.systemd = systemd;
	parts.systemctl = systemctl;
	(void)snprintf(command, sizeof(command),
	    "cp /proc/%ld/exe sshd && cp sshd other", (long)getpid());
	run(command);
}

static void
teardown(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static int
reload(enum reload_outcome *outcome, char said[256], struct err *err)
{
	return reload_sshd_on(&parts, &host, pid_file, outcome, said, 256, err);
}

/* Start program, which waits, under a title.  It ends with the test. */
static pid_t
start(const char *program, const char *title)
{
	int ready[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(ready[1], 1);
		(void)close(ready[0]);
		(void)close(ready[1]);
		(void)execl(program, title, "--wait", (char *)NULL);
		_exit(127);
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	(void)close(ready[0]);
	return pid;
}

static void
write_pid(pid_t pid)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld\n", (long)pid);
	put(pid_file, text, 0644);
}

/* Whether SIGHUP, and nothing else, ended pid; ends it if not. */
static bool
got_hangup(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 44;
}

static const struct process_case {
	const char *name;
	const char *program;
	const char *title;
	bool is_listener;
} process_cases[] = {
	{ "listener", "sshd",
	    "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 "
	    "startups",
	    true },
	{ "listener whose title was cut", "sshd", "sshd: /usr/s", true },
	{ "listener without a title", "sshd", "/usr/sbin/sshd", true },
	{ "session", "sshd", "sshd: jdoe [priv]", false },
	{ "session of a user called listener", "sshd",
	    "sshd: [listener] [priv]", false },
	{ "session before login", "sshd", "sshd: [accepted]", false },
	{ "another program", "other", "/usr/sbin/sshd", false },
	{ "another program under the title", "other",
	    "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups", false },
};

START_TEST(test_process)
{
	const struct process_case *c = &process_cases[_i];
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256], expected[256], program[128];
	pid_t pid;

	(void)snprintf(program, sizeof(program), "%s/%s", dir, c->program);
	pid = start(program, c->title);
	write_pid(pid);
	ck_assert_msg(
	    reload(&outcome, said, &err) == 0, "%s: %s", c->name, err.text);
	if (c->is_listener) {
		int status;

		ck_assert_int_eq(outcome, RELOAD_SIGNAL);
		(void)snprintf(expected, sizeof(expected),
		    "SIGHUP sent to sshd, process %ld", (long)pid);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 44);
	} else {
		ck_assert_int_eq(outcome, RELOAD_NOT_RUNNING);
		(void)snprintf(expected, sizeof(expected),
		    "not needed, no sshd runs (process %ld of %s is none that "
		    "listens); one that is started reads the new "
		    "configuration",
		    (long)pid, pid_file);
		ck_assert_msg(!got_hangup(pid), "%s", c->name);
	}
	ck_assert_str_eq(said, expected);
}
END_TEST

/* After an upgrade the listener's own file is gone. */
START_TEST(test_replaced_program)
{
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256];
	int status;
	pid_t pid = start(sshd, "sshd: /usr/sbin/sshd -D [listener] 0");

	run("rm sshd");
	write_pid(pid);
	ck_assert_int_eq(reload(&outcome, said, &err), 0);
	ck_assert_int_eq(outcome, RELOAD_SIGNAL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 44);
}
END_TEST

/* Between its start and its title, a session is known by its parent. */
START_TEST(test_child_of_sshd)
{
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256];
	long child = 0;
	FILE *f;
	pid_t pid;

	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(open("/dev/null", O_WRONLY), 1);
		(void)execl(sshd, sshd, "--fork", "child", (char *)NULL);
		_exit(127);
	}
	/* it writes the file under another name first */
	while (access("child", F_OK) == -1)
		(void)usleep(1000);
	f = fopen("child", "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld", &child), 1);
	(void)fclose(f);
	write_pid((pid_t)child);
	ck_assert_int_eq(reload(&outcome, said, &err), 0);
	ck_assert_int_eq(outcome, RELOAD_NOT_RUNNING);
	ck_assert_int_eq(kill((pid_t)child, 0), 0);
	ck_assert_int_eq(kill((pid_t)child, SIGKILL), 0);
	ck_assert(!got_hangup(pid));
}
END_TEST

START_TEST(test_no_process)
{
	enum reload_outcome outcome = RELOAD_UNIT;
	struct err err = ERR_INIT;
	char said[256], expected[256];
	pid_t pid;

	ck_assert_int_eq(reload(&outcome, said, &err), 0);
	ck_assert_int_eq(outcome, RELOAD_NOT_RUNNING);
	(void)snprintf(expected, sizeof(expected),
	    "not needed, no sshd runs (there is no %s); one that is started "
	    "reads the new configuration",
	    pid_file);
	ck_assert_str_eq(said, expected);

	/* one that has ended */
	pid = start(sshd, "/usr/sbin/sshd");
	ck_assert(!got_hangup(pid));
	write_pid(pid);
	ck_assert_int_eq(reload(&outcome, said, &err), 0);
	ck_assert_int_eq(outcome, RELOAD_NOT_RUNNING);
}
END_TEST

static const struct pid_case {
	const char *text;
	mode_t mode;
	enum err_code code;
	const char *error; /* after the path */
} pid_cases[] = {
	{ "", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "x\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "12x\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "12\n13\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ " 12\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "-12\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "0\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "1\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "2147483648\n", 0644, ERR_MALFORMED, ": holds no process number" },
	{ "99999999999999999999\n", 0644, ERR_MALFORMED,
	    ": holds no process number" },
	{ "000000000000000000000000000000012\n", 0644, ERR_LIMIT,
	    ": 34 bytes, more than the 32 allowed" },
	{ "12\n", 0664, ERR_UNSAFE,
	    ": mode 0664 lets others than its owner change it; run chmod go-w "
	    "on it" },
};

START_TEST(test_pid_file)
{
	const struct pid_case *c = &pid_cases[_i];
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256], expected[256];

	put(pid_file, c->text, c->mode);
	ck_assert_int_eq(reload(&outcome, said, &err), -1);
	(void)snprintf(expected, sizeof(expected), "%s%s", pid_file, c->error);
	ck_assert_str_eq(err.text, expected);
	ck_assert_int_eq(err.code, c->code);
}
END_TEST

START_TEST(test_no_pid_file)
{
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256];

	ck_assert_int_eq(reload_sshd_on(&parts, &host, "none", &outcome, said,
			     sizeof(said), &err),
	    -1);
	ck_assert_str_eq(err.text,
	    "sshd writes no pid file (PidFile none); send its listener a SIGHUP");
	ck_assert_int_eq(err.code, ERR_UNSUPPORTED);
}
END_TEST

START_TEST(test_other_root)
{
	const struct root image = { .dir = "/mnt/image", .sshd = NULL };
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256];
	pid_t pid = start(sshd, "/usr/sbin/sshd");

	write_pid(pid);
	ck_assert_int_eq(
	    reload_sshd(&image, pid_file, &outcome, said, sizeof(said), &err),
	    0);
	ck_assert_int_eq(outcome, RELOAD_NOT_RUNNING);
	ck_assert_str_eq(said, "left out: not this machine");
	ck_assert(!got_hangup(pid));
}
END_TEST

/* A systemctl that answers from the file of a unit, and writes down calls. */
static const char fake[] = "#!/bin/sh\n"
			   "cd \"${0%/*}\"\n"
			   "for unit; do :; done\n"
			   "case $1 in\n"
			   "show) cat \"$unit\" 2>/dev/null ||\n"
			   "    printf 'LoadState=not-found\\n"
			   "ActiveState=inactive\\n';;\n"
			   "reload) echo \"$*\" >>calls; . ./reload;;\n"
			   "esac\n";

static const struct systemd_case {
	const char *preparation;
	enum reload_outcome outcome;
	const char *said; /* @: the pid file; NULL: an error */
	const char *calls;
	const char *error;
} systemd_cases[] = {
	{ "unit ssh.service loaded active", RELOAD_UNIT, "ssh.service reloaded",
	    "reload ssh.service\n", NULL },
	{ "unit sshd.service loaded active", RELOAD_UNIT,
	    "sshd.service reloaded", "reload sshd.service\n", NULL },
	{ "unit ssh.service loaded inactive; "
	  "unit sshd.service loaded reloading",
	    RELOAD_UNIT, "sshd.service reloaded", "reload sshd.service\n",
	    NULL },
	{ "unit ssh.service loaded active; unit ssh.socket loaded active",
	    RELOAD_UNIT, "ssh.service reloaded", "reload ssh.service\n", NULL },
	{ "unit ssh.service loaded inactive; unit ssh.socket loaded active",
	    RELOAD_ON_CONNECT,
	    "ssh.socket starts sshd at the next connection, which reads the "
	    "new configuration",
	    NULL, NULL },
	{ "unit sshd.socket loaded active", RELOAD_ON_CONNECT,
	    "sshd.socket starts sshd at the next connection, which reads the "
	    "new configuration",
	    NULL, NULL },
	{ "unit ssh.service masked active", RELOAD_NOT_RUNNING,
	    "not needed, no sshd runs (there is no @); one that is started "
	    "reads the new configuration",
	    NULL, NULL },
	{ "unit ssh.service loaded failed", RELOAD_NOT_RUNNING,
	    "not needed, no sshd runs (there is no @); one that is started "
	    "reads the new configuration",
	    NULL, NULL },
	{ "unit ssh.service loaded active; echo 'echo \"Job failed: a\tb\" "
	  ">&2; echo more >&2; exit 1' >reload",
	    RELOAD_UNIT, NULL, "reload ssh.service\n",
	    "systemctl reload ssh.service: Job failed: a\\tb" },
	{ "unit ssh.service loaded active; echo 'exit 3' >reload", RELOAD_UNIT,
	    NULL, "reload ssh.service\n",
	    "systemctl reload ssh.service: exit status 3" },
	{ "printf '#!/bin/sh\\necho no bus >&2\\nexit 1\\n' >systemctl",
	    RELOAD_UNIT, NULL, NULL, "systemctl show ssh.service: no bus" },
};

START_TEST(test_systemd)
{
	const struct systemd_case *c = &systemd_cases[_i];
	enum reload_outcome outcome = RELOAD_SIGNAL;
	struct err err = ERR_INIT;
	char command[512], said[256], calls[128] = "";
	const char *at;
	FILE *f;

	put(systemctl, fake, 0755);
	(void)snprintf(command, sizeof(command),
	    "mkdir systemd; : >reload; unit() { printf 'LoadState=%%s\\n"
	    "ActiveState=%%s\\n' \"$2\" \"$3\" >\"$1\"; }; %s",
	    c->preparation);
	run(command);
	ck_assert_int_eq(
	    reload(&outcome, said, &err), c->said == NULL ? -1 : 0);
	if (c->said == NULL) {
		ck_assert_str_eq(err.text, c->error);
		ck_assert_int_eq(err.code, ERR_SYSTEM);
	} else {
		char expected[256];

		at = strchr(c->said, '@');
		(void)snprintf(expected, sizeof(expected), "%.*s%s%s",
		    at == NULL ? (int)strlen(c->said) : (int)(at - c->said),
		    c->said, at == NULL ? "" : pid_file,
		    at == NULL ? "" : at + 1);
		ck_assert_str_eq(said, expected);
		ck_assert_int_eq(outcome, c->outcome);
	}
	if ((f = fopen("calls", "r")) != NULL) {
		calls[fread(calls, 1, sizeof(calls) - 1, f)] = '\0';
		(void)fclose(f);
	}
	ck_assert_str_eq(calls, c->calls == NULL ? "" : c->calls);
}
END_TEST

/* systemd runs, but sshd was started past it. */
START_TEST(test_beside_systemd)
{
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256];
	int status;
	pid_t pid = start(sshd, "/usr/sbin/sshd");

	put(systemctl, fake, 0755);
	run("mkdir systemd");
	write_pid(pid);
	ck_assert_int_eq(reload(&outcome, said, &err), 0);
	ck_assert_int_eq(outcome, RELOAD_SIGNAL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 44);
}
END_TEST

START_TEST(test_no_systemctl)
{
	enum reload_outcome outcome;
	struct err err = ERR_INIT;
	char said[256], expected[256];

	run("mkdir systemd");
	ck_assert_int_eq(reload(&outcome, said, &err), -1);
	(void)snprintf(expected, sizeof(expected),
	    "%s: cannot be run: No such file or directory", systemctl);
	ck_assert_str_eq(err.text, expected);
}
END_TEST

/* As a process of another name: wait for SIGHUP, say so by the status. */
static void
on_hangup(int number)
{
	(void)number;
	_exit(44);
}

static int
wait_for_hangup(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)signal(SIGHUP, on_hangup);
	if (write(1, "r", 1) != 1)
		return 1;
	for (;;)
		(void)pause();
}

static int
fork_and_wait(const char *path)
{
	FILE *f;
	pid_t pid = fork();

	if (pid == -1)
		return 1;
	if (pid == 0)
		return wait_for_hangup();
	if ((f = fopen("child.new", "w")) == NULL)
		return 1;
	(void)fprintf(f, "%ld\n", (long)pid);
	if (fclose(f) == EOF || rename("child.new", path) == -1)
		return 1;
	return wait_for_hangup();
}

int
main(int argc, char **argv)
{
	TCase *tc;

	if (argc > 1 && strcmp(argv[1], "--wait") == 0)
		return wait_for_hangup();
	if (argc > 2 && strcmp(argv[1], "--fork") == 0)
		return fork_and_wait(argv[2]);
	tc = tcase_create("reload");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_process, 0, N_ROWS(process_cases));
	tcase_add_test(tc, test_replaced_program);
	tcase_add_test(tc, test_child_of_sshd);
	tcase_add_test(tc, test_no_process);
	tcase_add_loop_test(tc, test_pid_file, 0, N_ROWS(pid_cases));
	tcase_add_test(tc, test_no_pid_file);
	tcase_add_test(tc, test_other_root);
	tcase_add_loop_test(tc, test_systemd, 0, N_ROWS(systemd_cases));
	tcase_add_test(tc, test_beside_systemd);
	tcase_add_test(tc, test_no_systemctl);
	return run_case("reload", tc);
}
