#include "config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "config-gen/cmd.h"
#include "config-gen/deploy.h"
#include "config-gen/manifest.h"

#define FIRST_SIZE 300

/* A generation's number as people write it; 0: the one before. */
static int
parse_generation(const struct cmd *c, unsigned long *number, struct err *err)
{
	char *end;

	*number = 0;
	if (c->n_args == 0)
		return 0;
	errno = 0;
	if (c->args[0][0] >= '1' && c->args[0][0] <= '9')
		*number = strtoul(c->args[0], &end, 10);
	if (*number == 0 || errno != 0 || *end != '\0')
		return err_setf(err, ERR_USAGE,
		    "GENERATION is a number from 1 on, as certgate status "
		    "shows it");
	return 0;
}

/* The first difference, "NAME WHAT". */
static void
note_first(void *ctx, const char *name, const char *what)
{
	char *first = ctx;

	if (first[0] == '\0')
		(void)snprintf(first, FIRST_SIZE, "%s %s", name, what);
}

/*
 * Unchanged files are one file in several generations: who edits the current
 * one edits those as well.
 */
static int
check_whole(const char *folder, unsigned long number, struct err *err)
{
	char first[FIRST_SIZE] = "";
	struct err why = ERR_INIT;

	if (manifest_check(folder, note_first, first, &why) < 0)
		(void)snprintf(first, sizeof(first), "%.250s", why.text);
	if (first[0] == '\0')
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "generation %lu is not as certgate made it: %s; go back to "
	    "another one, or run certgate apply with the policy of then",
	    number, first);
}

/*
 * What was not confirmed went back, now or at an earlier try of which this
 * is the rest; that was the rollback.
 */
static int
report_taken_back(struct cmd *c, struct deploy *d)
{
	if (!d->has_taken_back)
		cmd_say(c, "generation",
		    "what apply --confirm made was back already, or was never "
		    "made");
	else if (d->previous == 0)
		cmd_say(c, "generation", "none is current, before it was %lu",
		    d->back.link.after);
	else
		cmd_say(c, "generation", "%lu is current, before it was %lu",
		    d->previous, d->back.link.after);
	cmd_say(c, "reload", "%s", d->back.reloaded);
	if (!c->is_json)
		return CMD_DONE;
	(void)snprintf(d->reloaded, sizeof(d->reloaded), "%s",
	    d->back.reloaded);
	(void)json_object_set_new(c->out, "rollback", deploy_json(d));
	(void)json_object_set_new(
	    c->out, "generation", json_integer((json_int_t)d->previous));
	return CMD_DONE;
}

int
cmd_rollback(struct cmd *c)
{
	struct deploy d = { 0 };
	struct err err = ERR_INIT;
	char folder[PATH_MAX];
	unsigned long number;
	int status = CMD_REFUSED;

	if (parse_generation(c, &number, &err) < 0)
		return cmd_fail_unchanged(c, &err);
	if (deploy_lock(&d, c, DEPLOY_TAKE_BACK, &err) < 0) {
		(void)deploy_fail(&d, c, &err);
	} else if (number == 0 && d.has_settled) {
		status = report_taken_back(c, &d);
	} else if (deploy_look(&d, &err) < 0 ||
	    generation_find(d.store, &number, folder, &err) < 0 ||
	    check_whole(folder, number, &err) < 0 ||
	    target_follow(&d.target, folder, &err) < 0 ||
	    deploy_edit(&d, false, &err) < 0 ||
	    deploy_admit(&d, folder, &err) < 0 ||
	    deploy_probe(&d, NULL, &err) < 0 ||
	    generation_rollback(d.store, &number, d.files, d.edit.n_files,
	        deploy_prove, &d, &err) < 0) {
		(void)deploy_fail(&d, c, &err);
	} else {
		deploy_finish(&d);
		cmd_say(c, "generation", "%lu is current, before it was %lu",
		    number, d.previous);
		deploy_say(&d);
		if (c->is_json) {
			(void)json_object_set_new(
			    c->out, "rollback", deploy_json(&d));
			(void)json_object_set_new(c->out, "generation",
			    json_integer((json_int_t)number));
		}
		status = CMD_DONE;
	}
	deploy_close(&d);
	return status;
}
