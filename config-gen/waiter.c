#include "config.h"

#include "config-gen/waiter.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/command.h"

/* As sd_booted(3). */
#define SYSTEMD_RUNS "/run/systemd/system"
#define SYSTEMCTL "/usr/bin/systemctl"
#define SYSTEMD_RUN "/usr/bin/systemd-run"
#define TIMEOUT_S 30

#define UNIT "certgate-expire"
#define BOOT_UNIT "certgate-confirm.service"

bool
waiter_has_systemd(void)
{
	struct stat st;

	return lstat(SYSTEMD_RUNS, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Run a program of systemd's.  Whether it said yes. */
static bool
ask(const char *const *argv)
{
	struct err ignored = ERR_INIT;
	struct command_result res;
	bool is_yes;

	if (command_run(NULL, argv, TIMEOUT_S, &res, &ignored) < 0)
		return false;
	is_yes = res.status == 0;
	command_result_clear(&res);
	return is_yes;
}

static int
find_self(char path[PATH_MAX], struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (n < 0)
		return err_system(err, "/proc/self/exe");
	path[n] = '\0';
	if (access(path, X_OK) < 0)
		return err_system(err,
		    "certgate's own program, which would be run to take the "
		    "change back");
	return 0;
}

/*
 * Whether systemd knows the service that is installed with us, and that it
 * runs this very program.
 */
static bool
has_service(const char *self)
{
	const char *const argv[] = { SYSTEMCTL, "show", "-p", "ExecStart",
		UNIT ".service", NULL };
	static const char arguments[] = " confirm --expire ;";
	struct err ignored = ERR_INIT;
	struct command_result res;
	size_t len = strlen(self);
	const char *p;
	bool ret;

	if (command_run(NULL, argv, TIMEOUT_S, &res, &ignored) < 0)
		return false;
	p = strstr(res.out, " argv[]=");
	if (p != NULL)
		p += strlen(" argv[]=");
	ret = p != NULL && strncmp(p, self, len) == 0 &&
	    strncmp(p + len, arguments, strlen(arguments)) == 0;
	command_result_clear(&res);
	return ret;
}

/*
 * A second later, so that it need not wait itself.  The service that is
 * installed is locked up further than one that is made here.
 */
static int
start_timer(const char *self, unsigned int wait_s, struct err *err)
{
	char on_active[32];
	const char *const installed[] = { SYSTEMD_RUN, "--quiet",
		"--unit=" UNIT ".service", on_active,
		"--timer-property=AccuracySec=1s", NULL };
	const char *const made[] = { SYSTEMD_RUN, "--quiet", "--collect",
		"--unit=" UNIT, on_active, "--timer-property=AccuracySec=1s",
		"--property=Restart=on-failure", "--property=RestartSec=30",
		"--description=Take back what certgate apply --confirm made",
		"--", self, "confirm", "--expire", NULL };
	const char *const *argv = has_service(self) ? installed : made;
	struct command_result res;
	int ret = 0;

	(void)snprintf(
	    on_active, sizeof(on_active), "--on-active=%u", wait_s + 1);
	if (command_run(NULL, argv, TIMEOUT_S, &res, err) < 0)
		return -1;
	if (res.status != 0)
		ret = err_setf(err, ERR_REFUSED,
		    "systemd-run starts no timer that would take the change "
		    "back: %.200s",
		    res.errors);
	command_result_clear(&res);
	return ret;
}

/* Enabled, and a unit that systemd can use: the one says not the other. */
static bool
has_boot_unit(void)
{
	const char *const is_enabled[] = { SYSTEMCTL, "--quiet", "is-enabled",
		BOOT_UNIT, NULL };
	const char *const show[] = { SYSTEMCTL, "show", "-p", "LoadState",
		BOOT_UNIT, NULL };
	struct err ignored = ERR_INIT;
	struct command_result res;
	bool is_loaded;

	if (!ask(is_enabled) ||
	    command_run(NULL, show, TIMEOUT_S, &res, &ignored) < 0)
		return false;
	is_loaded = strcmp(res.out, "LoadState=loaded\n") == 0;
	command_result_clear(&res);
	return is_loaded;
}

int
waiter_start(unsigned int wait_s, bool *at_boot, struct err *err)
{
	const char *const stop[] = { SYSTEMCTL, "--quiet", "stop",
		UNIT ".timer", UNIT ".service", NULL };
	char self[PATH_MAX];
	const char *const argv[] = { self, "confirm", "--expire", NULL };

	*at_boot = false;
	if (find_self(self, err) < 0)
		return -1;
	if (!waiter_has_systemd())
		return command_detach(argv, err);
	/* One of an earlier change would keep the name. */
	(void)ask(stop);
	*at_boot = has_boot_unit();
	return start_timer(self, wait_s, err);
}

void
waiter_stop(void)
{
	const char *const stop[] = { SYSTEMCTL, "--quiet", "stop",
		UNIT ".timer", NULL };

	if (waiter_has_systemd())
		(void)ask(stop);
}
