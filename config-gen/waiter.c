#include "config.h"

#include "config-gen/waiter.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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
/* Made where that one does not serve, which keeps its name also then. */
#define UNIT_MADE UNIT "-made"
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

/* Whether a path as systemctl shows it is above folder, links followed. */
static bool
is_above(const char *path, size_t len, const char *folder)
{
	char text[PATH_MAX], *real;
	bool ret;

	/* "-": it may be missing; "+": in the unit's own root. */
	while (len > 0 && (*path == '-' || *path == '+')) {
		path++;
		len--;
	}
	if (len == 0 || len >= sizeof(text))
		return false;
	memcpy(text, path, len);
	text[len] = '\0';
	if ((real = realpath(text, NULL)) == NULL)
		return false;
	len = strlen(real);
	ret = strncmp(real, folder, len) == 0 &&
	    (folder[len] == '\0' || folder[len] == '/');
	free(real);
	return ret;
}

static bool
covers(const char *list, const char *folder)
{
	size_t len;

	for (; *list != '\0'; list += len) {
		list += strspn(list, " \n");
		len = strcspn(list, " \n");
		if (is_above(list, len, folder))
			return true;
	}
	return false;
}

/* Whether the service may write to all folders, as it is installed. */
static bool
can_write(const char *service, const char *const *folders)
{
	const char *const argv[] = { SYSTEMCTL, "show", "--value", "-p",
		"ReadWritePaths", service, NULL };
	struct err ignored = ERR_INIT;
	struct command_result res;
	bool ret = true;

	if (command_run(NULL, argv, TIMEOUT_S, &res, &ignored) < 0)
		return false;
	for (; *folders != NULL; folders++)
		ret = ret && covers(res.out, *folders);
	command_result_clear(&res);
	return ret;
}

/*
 * A second later, so that it need not wait itself.  The service that is
 * installed is locked up further than one that is made here.
 */
static int
start_timer(const char *self, unsigned int wait_s,
    const char *const *folders, struct err *err)
{
	char on_active[32];
	const char *const installed[] = { SYSTEMD_RUN, "--quiet",
		"--unit=" UNIT ".service", on_active,
		"--timer-property=AccuracySec=1s", NULL };
	const char *const made[] = { SYSTEMD_RUN, "--quiet", "--collect",
		"--unit=" UNIT_MADE, on_active, "--timer-property=AccuracySec=1s",
		"--property=Restart=on-failure", "--property=RestartSec=30",
		"--description=Take back what certgate apply --confirm made",
		"--", self, "confirm", "--expire", NULL };
	const char *const *argv =
	    has_service(self) && can_write(UNIT ".service", folders)
	    ? installed
	    : made;
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
waiter_start(unsigned int wait_s, const char *const *folders,
    enum waiter_boot *boot, struct err *err)
{
	const char *const stop[] = { SYSTEMCTL, "--quiet", "stop",
		UNIT ".timer", UNIT ".service", UNIT_MADE ".timer",
		UNIT_MADE ".service", NULL };
	char self[PATH_MAX];
	const char *const argv[] = { self, "confirm", "--expire", NULL };

	*boot = WAITER_BOOT_DISABLED;
	if (find_self(self, err) < 0)
		return -1;
	if (!waiter_has_systemd())
		return command_detach(argv, err);
	/* One of an earlier change would keep the name. */
	(void)ask(stop);
	if (has_boot_unit())
		*boot = can_write(BOOT_UNIT, folders) ? WAITER_BOOT_YES
		                                      : WAITER_BOOT_LOCKED_UP;
	return start_timer(self, wait_s, folders, err);
}

void
waiter_stop(void)
{
	const char *const stop[] = { SYSTEMCTL, "--quiet", "stop",
		UNIT ".timer", UNIT_MADE ".timer", NULL };

	if (waiter_has_systemd())
		(void)ask(stop);
}
