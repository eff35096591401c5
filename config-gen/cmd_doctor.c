#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/cmd.h"
#include "config-gen/doctor.h"

/* What a check found, or that it found nothing. */
static void
show_check(const struct cmd *c, const struct doctor_check *check,
    const struct doctor_report *r, json_t *list)
{
	size_t i, n = 0;

	for (i = 0; i < r->n_items; i++) {
		if (r->items[i].check != check)
			continue;
		n++;
		if (c->is_json)
			(void)json_array_append_new(
			    list, doctor_json(&r->items[i]));
		else
			doctor_print(&r->items[i], stdout);
	}
	if (n == 0 && c->is_verbose)
		cmd_say(c, "fine", "%s [%s]", check->about, check->code);
}

static void
show(struct cmd *c, const struct doctor_report *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < doctor_n_checks; i++)
		show_check(c, &doctor_checks[i], r, list);
	if (r->has_no_sshd)
		cmd_warn(c,
		    "no sshd could be asked: what only it can tell "
		    "was left out");
	if (r->no_index.code != ERR_NONE)
		cmd_warn(c, "the current generation cannot be read: %s",
		    r->no_index.text);
	cmd_say(c, "doctor", "%zu checks: %zu failure%s, %zu warning%s",
	    doctor_n_checks, r->n_failures, r->n_failures == 1 ? "" : "s",
	    r->n_warnings, r->n_warnings == 1 ? "" : "s");
	if (!c->is_json) {
		json_decref(list);
		return;
	}
	/* "warnings" are those of the command, as everywhere. */
	(void)json_object_update_new(c->out,
	    json_pack("{s:o, s:I, s:I, s:I}", "findings", list, "checks",
		(json_int_t)doctor_n_checks, "failures",
		(json_int_t)r->n_failures, "warned",
		(json_int_t)r->n_warnings));
}

int
cmd_doctor(struct cmd *c)
{
	struct doctor_report r = { 0 };
	struct target t = { 0 };
	struct err err = ERR_INIT;
	char current[PATH_MAX];
	int status;

	(void)root_path(&c->root, current, ROOT_CURRENT);
	if (target_look(&t, &c->root, &err) == 0)
		/* An index that cannot be read is one of the findings. */
		(void)target_follow(&t, current, NULL);
	if (err.code != ERR_NONE ||
	    doctor_run(&t, NULL, current, &r, &err) < 0) {
		status = cmd_fail(c, &err);
	} else {
		show(c, &r);
		status = r.n_failures == 0 ? CMD_DONE : CMD_REFUSED;
	}
	doctor_report_clear(&r);
	target_clear(&t);
	return status;
}
