#include "config.h"

#include "config-gen/reload.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "config-gen/process.h"
#include "lib/escape.h"

/* Room for a path, or what a program said, in a message. */
#define SHOWN_SIZE 300

#define SYSTEMCTL_TIMEOUT_S 90
#define DEFAULT_PID_FILE "/run/sshd.pid"

static const struct reload_system usual = { "/run/systemd/system",
	"/usr/bin/systemctl" };

/* Debian's and Ubuntu's names first, then everybody else's. */
static const char *const services[] = { "ssh.service", "sshd.service" };
static const char *const sockets[] = { "ssh.socket", "sshd.socket" };

/* As sd_booted(3). */
static bool
is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* What a failed systemctl said, or else its status, to err. */
static int
systemctl_failed(const struct command_result *res, const char *what,
    const char *unit, struct err *err)
{
	char shown[SHOWN_SIZE];
	size_t len = strcspn(res->errors, "\n");

	if (len == 0)
		return err_setf(err, ERR_SYSTEM,
		    "systemctl %s %s: exit status %d", what, unit, res->status);
	return err_setf(err, ERR_SYSTEM, "systemctl %s %s: %s", what, unit,
	    escape_bytes(shown, sizeof(shown), res->errors, len));
}

/* Whether text has the line NAME=VALUE. */
static bool
has_property(const char *text, const char *line)
{
	size_t len = strlen(line);
	const char *p;

	for (p = text; p != NULL; p = strchr(p, '\n')) {
		if (*p == '\n')
			p++;
		if (strncmp(p, line, len) == 0 &&
		    (p[len] == '\n' || p[len] == '\0'))
			return true;
	}
	return false;
}

/* Whether unit runs: a service that is being reloaded does, too. */
static int
unit_is_active(
    const char *systemctl, const char *unit, bool *is_active, struct err *err)
{
	const char *argv[] = { systemctl, "show", "-p", "LoadState", "-p",
		"ActiveState", unit, NULL };
	struct command_result res;
	int ret = 0;

	if (command_run(NULL, argv, SYSTEMCTL_TIMEOUT_S, &res, err) == -1)
		return -1;
	*is_active = has_property(res.out, "LoadState=loaded") &&
	    (has_property(res.out, "ActiveState=active") ||
		has_property(res.out, "ActiveState=reloading"));
	if (res.status != 0)
		ret = systemctl_failed(&res, "show", unit, err);
	command_result_clear(&res);
	return ret;
}

/* The first of two units that runs; NULL: none. */
static int
find_active(const char *systemctl, const char *const units[2], const char **out,
    struct err *err)
{
	bool is_active;
	size_t i;

	*out = NULL;
	for (i = 0; i < 2; i++) {
		if (unit_is_active(systemctl, units[i], &is_active, err) == -1)
			return -1;
		if (is_active) {
			*out = units[i];
			break;
		}
	}
	return 0;
}

static int
unit_reload(const char *systemctl, const char *unit, struct err *err)
{
	const char *argv[] = { systemctl, "reload", unit, NULL };
	struct command_result res;
	int ret = 0;

	if (command_run(NULL, argv, SYSTEMCTL_TIMEOUT_S, &res, err) == -1)
		return -1;
	if (res.status != 0)
		ret = systemctl_failed(&res, "reload", unit, err);
	command_result_clear(&res);
	return ret;
}

/* Descriptor of a process; -1 with ENOSYS where there is no such thing. */
static int
process_open(pid_t pid)
{
#ifdef SYS_pidfd_open
	return (int)syscall(SYS_pidfd_open, pid, 0U);
#else
	(void)pid;
	errno = ENOSYS;
	return -1;
#endif
}

static int
process_hangup(pid_t pid, int fd)
{
#ifdef SYS_pidfd_send_signal
	if (fd != -1)
		return (int)syscall(
		    SYS_pidfd_send_signal, fd, SIGHUP, NULL, 0U);
#else
	(void)fd;
#endif
	return kill(pid, SIGHUP);
}

/*
 * Signal pid if it is a listening sshd.  What is judged by its number is
 * signalled by a descriptor opened before, so that another process which
 * gets the number in between is not hit.
 */
static int
signal_listener(pid_t pid, bool *is_done, struct err *err)
{
	int fd, is_listener;
	int ret = -1;

	*is_done = false;
	if ((fd = process_open(pid)) == -1 && errno == ESRCH)
		return 0;
	if (fd == -1 && errno != ENOSYS && errno != EPERM)
		return err_system(err, "process %ld", (long)pid);
	if ((is_listener = process_is_listener(pid)) == -1) {
		(void)err_system(
		    err, "process %ld: cannot tell whether it is sshd",
		    (long)pid);
	} else if (!is_listener) {
		ret = 0;
	} else if (process_hangup(pid, fd) == 0) {
		*is_done = true;
		ret = 0;
	} else if (errno == ESRCH) {
		ret = 0;
	} else {
		(void)err_system(err, "sshd (process %ld): SIGHUP", (long)pid);
	}
	if (fd != -1)
		(void)close(fd);
	return ret;
}

static int
reload_by_pid(const char *pid_file, enum reload_outcome *outcome, char *said,
    size_t said_len, struct err *err)
{
	char shown[SHOWN_SIZE];
	bool is_done = false;
	pid_t pid;

	if (pid_file == NULL)
		pid_file = DEFAULT_PID_FILE;
	if (strcmp(pid_file, "none") == 0)
		return err_setf(err, ERR_UNSUPPORTED,
		    "sshd writes no pid file (PidFile none); send its "
		    "listener a SIGHUP");
	if (process_pid_file(pid_file, &pid, err) == -1)
		return -1;
	if (pid != 0 && signal_listener(pid, &is_done, err) == -1)
		return -1;
	(void)escape_text(shown, sizeof(shown), pid_file);
	*outcome = is_done ? RELOAD_SIGNAL : RELOAD_NOT_RUNNING;
	if (is_done)
		(void)snprintf(said, said_len,
		    "SIGHUP sent to sshd, process %ld", (long)pid);
	else if (pid == 0)
		(void)snprintf(said, said_len,
		    "not needed, no sshd runs (there is no %s); one that is "
		    "started reads the new configuration",
		    shown);
	else
		(void)snprintf(said, said_len,
		    "not needed, no sshd runs (process %ld of %s is none that "
		    "listens); one that is started reads the new "
		    "configuration",
		    (long)pid, shown);
	return 0;
}

int
reload_sshd_on(const struct reload_system *system, const struct root *root,
    const char *pid_file, enum reload_outcome *outcome, char *said,
    size_t said_len, struct err *err)
{
	const char *unit;

	if (!root_is_host(root)) {
		*outcome = RELOAD_NOT_RUNNING;
		(void)snprintf(said, said_len, "left out: not this machine");
		return 0;
	}
	if (!is_folder(system->systemd))
		return reload_by_pid(pid_file, outcome, said, said_len, err);
	if (find_active(system->systemctl, services, &unit, err) == -1)
		return -1;
	if (unit != NULL) {
		if (unit_reload(system->systemctl, unit, err) == -1)
			return -1;
		*outcome = RELOAD_UNIT;
		(void)snprintf(said, said_len, "%s reloaded", unit);
		return 0;
	}
	if (find_active(system->systemctl, sockets, &unit, err) == -1)
		return -1;
	if (unit != NULL) {
		*outcome = RELOAD_ON_CONNECT;
		(void)snprintf(said, said_len,
		    "%s starts sshd at the next connection, which reads the "
		    "new configuration",
		    unit);
		return 0;
	}
	/* One that was started by hand, past systemd. */
	return reload_by_pid(pid_file, outcome, said, said_len, err);
}

int
reload_sshd(const struct root *root, const char *pid_file,
    enum reload_outcome *outcome, char *said, size_t said_len, struct err *err)
{
	return reload_sshd_on(
	    &usual, root, pid_file, outcome, said, said_len, err);
}
