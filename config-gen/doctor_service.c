/*
 * What stands on sshd's command line, where no file can win.
 *
 * Source: sshd.c:main, which takes each -o before the first line of its file;
 * seen with a real sshd.
 */
#include "config.h"

#include "config-gen/doctor_int.h"

#include <stdio.h>
#include <string.h>

#include "config-gen/journal.h"
#include "config-gen/process.h"
#include "config-gen/service.h"

#define LINE_SIZE 4096

static int
find_option(struct doctor *d, const struct service_option *o, const char *why,
    const char *fix, struct err *err)
{
	char what[300];
	const struct doctor_words w = { o->file, o->line, what, why, fix,
		false };

	(void)snprintf(what, sizeof(what),
	    "-o %.40s=%.150s stands on sshd's command line", o->keyword,
	    o->value);
	return doctor_find(d, DOCTOR_FAILURE, &w, err);
}

/* Those that win over our lines, and one that 8.7 to 9.3 drop ours for. */
static int
check_options(struct doctor *d, const struct service *s, struct err *err)
{
	static const char *const keys[] = { "authorizedkeyscommand", NULL };
	const char *named[TARGET_N_DIRECTIVES + 1];
	const struct service_option *o;
	size_t at = 0;

	target_named(d->t, named);
	while ((o = service_next_option(s, named, &at)) != NULL) {
		if (find_option(d, o,
			"sshd takes it before every file, so that certgate's "
			"lines do not hold",
			"remove it there, move what it does into the policy, "
			"and restart sshd",
			err) < 0)
			return -1;
	}
	if (!d->t->has_sshd || doctor_is_since(d, 9, 4))
		return 0;
	at = 0;
	while ((o = service_next_option(s, keys, &at)) != NULL) {
		if (find_option(d, o,
			"sshd 8.7 to 9.3 drop an AuthorizedPrincipalsCommand "
			"that follows it, and every one in a file does",
			"move it into sshd_config, and restart sshd",
			err) < 0)
			return -1;
	}
	return 0;
}

static int
check_config(struct doctor *d, const struct service *s, struct err *err)
{
	struct doctor_words w = { s->config_file, s->config_line,
		"sshd is started with -f and a file that is neither below "
		"/etc/ssh nor below /usr/etc/ssh",
		"certgate changes no others, and what it would write "
		"elsewhere sshd does not read",
		"move the file to " ROOT_SSHD_CONFIG ", leave out the -f, and "
		"restart sshd",
		false };

	if (s->config == NULL || journal_allows(s->config))
		return 0;
	return doctor_find(d, DOCTOR_FAILURE, &w, err);
}

static int
check_unclear(struct doctor *d, const struct service *s, struct err *err)
{
	char what[400];
	const struct doctor_words w = { s->unit, 0, what,
		"what stands on sshd's command line wins over every file, and "
		"is not taken into account",
		"see that the unit starts sshd itself, and by no other "
		"sshd_config",
		false };

	if (s->unclear[0] == '\0')
		return 0;
	(void)snprintf(what, sizeof(what),
	    "how sshd is started cannot be told: %s", s->unclear);
	return doctor_find(d, DOCTOR_WARNING, &w, err);
}

/* SIGHUP starts sshd anew with the options that it had. */
static int
check_running(struct doctor *d, const struct service *s, struct err *err)
{
	const struct sshd_settings *settings = doctor_settings(d, NULL);
	const char *pid_file =
	    settings == NULL ? NULL : sshd_setting(settings, "pidfile");
	char line[LINE_SIZE], what[400];
	const struct doctor_words w = { s->unit, 0, what,
		"a reload keeps the options that sshd was started with; what "
		"certgate proves, it proves with those of the unit",
		"restart sshd by its unit; open sessions stay", false };
	bool differs;
	pid_t pid;

	if (pid_file == NULL || !root_is_host(d->t->root) || s->unit == NULL ||
	    s->unclear[0] != '\0' ||
	    process_pid_file(pid_file, &pid, NULL) < 0 || pid == 0 ||
	    process_listener_line(pid, line, sizeof(line)) < 0)
		return 0;
	if (service_differs(s, line, &differs, err) < 0)
		return -1;
	if (!differs)
		return 0;
	(void)snprintf(what, sizeof(what),
	    "the sshd that runs, process %ld, has other options than its unit "
	    "gives it: \"%.200s\"",
	    (long)pid, line);
	return doctor_find(d, DOCTOR_WARNING, &w, err);
}

int
doctor_command_line(struct doctor *d, struct err *err)
{
	const struct service *s = d->t->root->service;

	if (s == NULL)
		return 0;
	if (check_options(d, s, err) < 0 || check_config(d, s, err) < 0 ||
	    check_unclear(d, s, err) < 0)
		return -1;
	return check_running(d, s, err);
}
