#include "config.h"

#include "config-gen/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

#define UNIT "/usr/lib/systemd/system/ssh.service"
#define LOCAL "/etc/systemd/system/"
#define START "[Service]\nExecStart=/usr/sbin/sshd -D "

static struct root root;

static void
set_up(void)
{
	testroot_make();
	root = (struct root) { .dir = testroot_dir };
}

/* "UNIT: ARGUMENT|… OPTION@FILE:LINE … config=FILE@FILE:LINE", or why not. */
static void
show(char *out, size_t len)
{
	struct service s;
	struct err err = ERR_INIT;
	size_t i;
	FILE *f = fmemopen(out, len, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(service_read(&root, &s, &err), 0);
	(void)fprintf(f, "%s:", s.unit == NULL ? "none" : s.unit);
	for (i = 0; i < s.n_args; i++)
		(void)fprintf(f, " %s", s.args[i]);
	ck_assert(s.n_args == 0 || s.args[s.n_args] == NULL);
	for (i = 0; i < s.n_options; i++)
		(void)fprintf(f, "; %s=%s@%s:%zu", s.options[i].keyword,
		    s.options[i].value, s.options[i].file, s.options[i].line);
	if (s.config != NULL)
		(void)fprintf(f, "; -f %s@%s:%zu", s.config, s.config_file,
		    s.config_line);
	if (s.unclear[0] != '\0')
		(void)fprintf(f, "; unclear: %s", s.unclear);
	ck_assert_int_eq(fclose(f), 0);
	service_clear(&s);
}

static const struct {
	const char *name;
	struct testroot_file files[6];
	const char *shown;
} rows[] = {
	{ "nothing", { { NULL, NULL } }, "none:" },
	{ "debian",
	    { { UNIT,
		  "[Unit]\nExecStart=/no\n[Service]\n"
		  "EnvironmentFile=-/etc/default/ssh\n"
		  "ExecStartPre=/usr/sbin/sshd -t\n"
		  "ExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n" },
		{ "/etc/default/ssh",
		    "# x\nSSHD_OPTS=\"-o 'A b' -p 22\"\n" } },
	    UNIT ": -o A b -p 22; a=b@/etc/default/ssh:2" },
	{ "no settings", { { UNIT, START "$SSHD_OPTS\n" } }, UNIT ":" },
	{ "letters",
	    { { UNIT,
		START "-e4 -D -oA=1 -obX=\"2 3\" -o \"C  = d\" -E /log "
		      "-h /k -u0 -g 9 -- -o No=1\n" } },
	    UNIT ": -4 -o A=1 -o bX=2 3 -o C  = d -h /k -u 0 -g 9; "
		 "a=1@" UNIT ":2; bx=2 3@" UNIT ":2; c=d@" UNIT ":2" },
	{ "-f, the last one", { { UNIT, START "-f/a -Df etc/b\n" } },
	    UNIT ":; -f /etc/b@" UNIT ":2" },
	{ "variables",
	    { { UNIT,
		"[Service]\nEnvironment=A=1 \"B=x y\" 'C=-o D=$A'\n"
		"Environment=A=2\nEnvironmentFile=/env\n"
		"ExecStart=/usr/sbin/sshd -o E=${A}$$ -o F=${B} $C $NO "
		"-o X$A%%\n" },
		{ "/env", "A=3\n" } },
	    UNIT ": -o E=3$ -o F=x y -o D=$A -o X$A%; e=3$@/env:1; "
		 "f=x y@" UNIT ":2; d=$A@" UNIT ":2; x$a%=@" UNIT ":5" },
	{ "no variables", { { UNIT, "[Service]\nExecStart=:/sbin/sshd -oA=$B\n" } },
	    UNIT ": -o A=$B; a=$B@" UNIT ":2" },
	{ "argv[0]", { { UNIT, "[Service]\nExecStart=-@/sbin/sshd -oX=1 -oA=2\n" } },
	    UNIT ": -o A=2; a=2@" UNIT ":2" },
	{ "drop-ins in the order of names, the first folder's",
	    { { UNIT, START "-oA=1\n" },
		{ LOCAL "ssh.service.d/20.conf",
		    "[Service]\nExecStart=\nExecStart=/sbin/sshd -oA=20\n" },
		{ "/usr/lib/systemd/system/ssh.service.d/20.conf",
		    "[Service]\nExecStart=/sbin/sshd -oA=21\n" },
		{ "/usr/lib/systemd/system/ssh.service.d/10.conf",
		    "[Service]\nExecStart=/sbin/sshd -oA=10\n" } },
	    UNIT ": -o A=20; a=20@" LOCAL "ssh.service.d/20.conf:3" },
	{ "a drop-in masked, one that is none, one for all services",
	    { { UNIT, START "$X\n" },
		{ LOCAL "ssh.service.d/10.conf", "-> /dev/null" },
		{ "/usr/lib/systemd/system/ssh.service.d/10.conf",
		    "[Service]\nEnvironment=X=-oA=1\n" },
		{ LOCAL "ssh.service.d/20", "[Service]\nEnvironment=X=-oA=2\n" },
		{ LOCAL "service.d/30.conf",
		    "[Service]\nEnvironment=X=-oA=3\n" } },
	    UNIT ": -o A=3; a=3@" LOCAL "service.d/30.conf:2" },
	{ "another one in /etc", { { UNIT, START "-oA=1\n" },
		{ LOCAL "ssh.service", START "-oA=2\n" } },
	    LOCAL "ssh.service: -o A=2; a=2@" LOCAL "ssh.service:2" },
	{ "masked", { { UNIT, START "-oA=1\n" },
		{ LOCAL "ssh.service", "-> /dev/null" } }, "none:" },
	{ "an alias and its drop-ins", { { UNIT, START "$X\n" },
		{ LOCAL "sshd.service", "-> " UNIT },
		{ LOCAL "sshd.service.d/a.conf",
		    "[Service]\nEnvironment=X=-oA=1\n" } },
	    UNIT ": -o A=1; a=1@" LOCAL "sshd.service.d/a.conf:2" },
	{ "red hat", { { "/usr/lib/systemd/system/sshd.service",
		"[Service]\nEnvironmentFile=-/etc/sysconfig/sshd\n"
		"ExecStart=/usr/sbin/sshd -D $OPTIONS\n" },
		{ "/etc/sysconfig/sshd", "OPTIONS=\"-u0\"\n" } },
	    "/usr/lib/systemd/system/sshd.service: -u 0" },
	{ "two, and the second one is enabled", { { UNIT, START "-oA=1\n" },
		{ LOCAL "sshd.service", START "-oA=2\n" },
		{ LOCAL "multi-user.target.wants/sshd.service",
		    "-> ../sshd.service" } },
	    LOCAL "sshd.service: -o A=2; a=2@" LOCAL "sshd.service:2" },
	{ "an instance for each connection",
	    { { UNIT, START "-oA=1\n" },
		{ LOCAL "ssh.socket", "[Socket]\nListenStream=22\nAccept=yes\n" },
		{ LOCAL "ssh@.service",
		    "[Service]\nExecStart=-/sbin/sshd -i -oA=2\n" },
		{ LOCAL "sockets.target.wants/ssh.socket", "-> ../ssh.socket" } },
	    LOCAL "ssh@.service: -o A=2; a=2@" LOCAL "ssh@.service:2" },
	{ "one sshd for all", { { UNIT, START "-oA=1\n" },
		{ LOCAL "ssh.socket", "[Socket]\nAccept=no\n" },
		{ LOCAL "ssh@.service", START "-oA=2\n" },
		{ LOCAL "sockets.target.wants/ssh.socket", "-> ../ssh.socket" } },
	    UNIT ": -o A=1; a=1@" UNIT ":2" },
	{ "a wrapper", { { UNIT, "[Service]\nExecStart=/bin/sh -c 'sshd -oA=1'\n" } },
	    UNIT ":; unclear: " UNIT ": its ExecStart= is no sshd but a "
	    "program that may start one" },
	{ "a specifier", { { UNIT, START "-oA=%H -oB=1\n" } },
	    UNIT ":; unclear: " UNIT
	    ": its ExecStart= has a specifier of systemd's" },
	{ "an open quote", { { UNIT, START "-oA=1 \"-oB\n" } },
	    UNIT ":; unclear: " UNIT ": holds a quote that does not end" },
	{ "a pattern", { { UNIT, "[Service]\nEnvironmentFile=/e*\n"
		"ExecStart=/sbin/sshd\n" } },
	    UNIT ":; unclear: " UNIT ": its EnvironmentFile= is a pattern" },
	{ "no command", { { UNIT, "[Service]\nType=notify\n" } },
	    UNIT ":; unclear: " UNIT ": it has no ExecStart=" },
	{ "an unknown letter", { { UNIT, START "-oA=1 -Z\n" } },
	    UNIT ":; unclear: it has an option that sshd does not know" },
	{ "no value", { { UNIT, START "-oA=1 -p\n" } },
	    UNIT ":; unclear: its last option lacks a value" },
	{ "drop-ins that cannot be looked for", { { UNIT, START "-oA=1\n" },
		{ LOCAL "ssh.service.d", "-> ssh.service.d" } },
	    UNIT ":; unclear: " LOCAL "ssh.service.d: cannot be read" },
	{ "a file in the place of their folder", { { UNIT, START "-oA=1\n" },
		{ LOCAL "ssh.service.d", "" } }, UNIT ": -o A=1; a=1@" UNIT ":2" },
	{ "a folder", { { UNIT, START "\n" },
		{ LOCAL "ssh.service.d/a.conf/", NULL } }, UNIT ":" },
	{ "debian's script", { { "/etc/init.d/ssh", "#!/bin/sh\n" },
		{ "/etc/default/ssh", "SSHD_OPTS=-oA=1\n" } },
	    "/etc/init.d/ssh: -o A=1; a=1@/etc/default/ssh:1" },
	{ "gentoo's and alpine's script",
	    { { "/etc/init.d/sshd", "#!/sbin/openrc-run\n" },
		{ "/etc/conf.d/sshd",
		    "SSHD_CONFIG=/etc/ssh/x\nSSHD_OPTS='-4'\n" } },
	    "/etc/init.d/sshd: -4; -f /etc/ssh/x@/etc/conf.d/sshd:1" },
	{ "red hat's script", { { "/etc/init.d/sshd", "#!/bin/sh\n" },
		{ "/etc/sysconfig/sshd", "OPTIONS=\"-4 -p 22\"\n" } },
	    "/etc/init.d/sshd: -4 -p 22" },
};

START_TEST(test_read)
{
	char shown[1024] = "";
	size_t i;

	for (i = 0; i < 6 && rows[_i].files[i].path != NULL; i++)
		testroot_put(rows[_i].files[i].path, rows[_i].files[i].text);
	show(shown, sizeof(shown));
	ck_assert_msg(strcmp(shown, rows[_i].shown) == 0, "%s: %s",
	    rows[_i].name, shown);
}
END_TEST

static const struct {
	const char *exec, *line;
	bool differs;
} lines[] = {
	{ "", "", false },
	{ "", "-D", false },
	{ "", "-D -f /etc/ssh/sshd_config -E /log", false },
	{ "", "-f /etc/ssh/other", true },
	{ "-f /etc/ssh/other", "-D", true },
	{ "-o \"A b\"", "-D -o A b", false },
	{ "-o \"A b\"", "-D -oA=b", true },
	{ "-oA=b", "-o A=b", false },
	{ "-oA=b -oC=d", "-D -oA=b", true },
	{ "-p 22", "-D -p 23", true },
};

START_TEST(test_differs)
{
	struct service s;
	struct err err = ERR_INIT;
	char text[256];
	bool differs = !lines[_i].differs;

	(void)snprintf(text, sizeof(text), "%s%s\n", START, lines[_i].exec);
	testroot_put(UNIT, text);
	ck_assert_int_eq(service_read(&root, &s, &err), 0);
	ck_assert_int_eq(service_differs(&s, lines[_i].line, &differs, &err), 0);
	ck_assert_msg(differs == lines[_i].differs, "row %d", _i);
	service_clear(&s);
}
END_TEST

START_TEST(test_describe)
{
	const struct service_option o = { (char *)(uintptr_t) "a\n",
		(char *)(uintptr_t) "b\033", "/x", 7 };
	char shown[100];

	ck_assert_str_eq(service_describe(&o, shown, sizeof(shown)),
	    "/x:7: -o a\\n=b\\x1b");
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("service");

	tcase_add_checked_fixture(t, set_up, testroot_remove);
	tcase_add_loop_test(t, test_read, 0, N_ROWS(rows));
	tcase_add_loop_test(t, test_differs, 0, N_ROWS(lines));
	tcase_add_test(t, test_describe);
	return run_case("service", t);
}
