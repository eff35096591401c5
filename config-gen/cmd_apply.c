#include "config.h"

#include <limits.h>
#include <stdio.h>

#include "config-gen/account.h"
#include "config-gen/cakeys.h"
#include "config-gen/cmd.h"
#include "config-gen/compile.h"
#include "config-gen/deploy.h"
#include "config-gen/policyedit.h"
#include "config-gen/rehearse.h"
#include "lib/escape.h"

struct apply {
	struct deploy d;
	struct policy *policy;
	struct cmd_also *also; /* NULL: nothing */
	unsigned long number; /* of the generation that it makes */
	bool is_new; /* false: the policy compiles to what is current */
	bool is_rehearsed;
	struct drift drift; /* of what was current */
	struct rehearsal rehearsals[REHEARSE_N];
};

/*
 * A command that only adds to the policy changes nothing of a machine that
 * does not go by it.
 */
static int
check_used(struct apply *a, struct cmd *c, struct err *err)
{
	bool is_unused = true;

	if (a->d.previous != 0 &&
	    drift_is_unused(&c->root, a->d.target.conf, &is_unused, err) < 0)
		return -1;
	if (!is_unused)
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "certgate is not in use here, so that nothing would be revoked; "
	    "write the entry by hand and run certgate apply");
}

/* Asked for, a rehearsal that could not be made is a reason to refuse. */
static int
apply_rehearse(
    struct apply *a, struct cmd *c, const char *folder, struct err *err)
{
	size_t i;

	if (c->has_no_rehearse || (!c->has_rehearse && a->d.previous != 0))
		return 0;
	if (rehearse(&a->d.target, &a->d.edit, a->policy, folder,
	        a->rehearsals, err) < 0)
		return -1;
	a->is_rehearsed = true;
	for (i = 0; i < REHEARSE_N && c->has_rehearse; i++) {
		if (a->rehearsals[i].state == REHEARSE_LEFT_OUT)
			return err_setf(err, ERR_REFUSED,
			    "--rehearse: the %s cannot be tried: %s",
			    a->rehearsals[i].mechanism, a->rehearsals[i].text);
	}
	return 0;
}

/* Shown before it is repaired: what was changed by hand is lost with that. */
static int
show_drift(struct apply *a, struct cmd *c, const char *folder, struct err *err)
{
	const struct sshdconf *conf = a->d.target.conf;
	bool is_unused;

	if (a->d.previous == 0 && !drift_has_ours(conf))
		return 0;
	if (drift_is_unused(&c->root, conf, &is_unused, err) < 0)
		return -1;
	if (is_unused)
		return 0;
	if (drift_look(&c->root, conf, folder, &a->drift, err) < 0)
		return -1;
	cmd_show_drift(c, &a->drift);
	return 0;
}

static int
prepare(struct apply *a, struct cmd *c, struct err *err)
{
	char current[PATH_MAX];
	const char *folder;

	if (deploy_open(&a->d, c, err) < 0 ||
	    (a->also != NULL && check_used(a, c, err) < 0) ||
	    account_lowest(&c->root, a->policy, &a->d.target.compile.uid_min,
	        err) < 0 ||
	    cakeys_check(&a->d.target, a->policy, err) < 0)
		return -1;
	a->d.also = a->also;
	target_revokes(&a->d.target, a->policy->n_revoked != 0);
	if (deploy_edit(&a->d, false, err) < 0)
		return -1;
	a->d.target.compile.before = root_path(&c->root, current, ROOT_CURRENT);
	if (generation_begin(a->d.store, &folder, &a->number, err) < 0 ||
	    compile_write(a->policy, &a->d.target.compile, folder, err) < 0 ||
	    show_drift(a, c, folder, err) < 0 ||
	    deploy_admit(&a->d, folder, err) < 0)
		return -1;
	if (deploy_probe(&a->d, a->policy, err) < 0)
		return -1;
	return apply_rehearse(a, c, folder, err);
}

static const char *const state_names[] = { "unneeded", "left out", "passed" };

static void
say_rehearsals(const struct apply *a, struct cmd *c)
{
	const struct rehearsal *r;
	size_t i;

	for (i = 0; i < REHEARSE_N && a->is_rehearsed; i++) {
		r = &a->rehearsals[i];
		cmd_say(c, i == 0 ? "rehearsal" : "", "%s: %s%s",
		    r->mechanism,
		    r->state == REHEARSE_LEFT_OUT ? "left out: " : "",
		    r->text);
	}
}

static json_t *
rehearsals_json(const struct apply *a)
{
	json_t *list = json_array();
	const struct rehearsal *r;
	size_t i;

	for (i = 0; i < REHEARSE_N && a->is_rehearsed; i++) {
		r = &a->rehearsals[i];
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s}", "mechanism",
		        r->mechanism, "state", state_names[r->state], "user",
		        r->user, "text", r->text));
	}
	return list;
}

static size_t
count_waiting(const struct policy *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n_rules; i++)
		n += p->rules[i].waits ? 1 : 0;
	return n;
}

static size_t
count_lists(const struct policy *p)
{
	size_t i, n = 0;

	for (i = 0; i < p->n_rules; i++)
		n += compile_needs_helper(p, &p->rules[i]) == NULL ? 1 : 0;
	return n;
}

static void
report(const struct apply *a, struct cmd *c)
{
	const struct policy *p = a->policy;
	size_t n_lists = count_lists(p);
	size_t n_waiting = count_waiting(p);
	char file[1024];
	json_t *o;

	(void)escape_text(file, sizeof(file), p->files[0]);
	cmd_say(c, "policy",
	    "%s: %zu user%s, %zu served by a list, %zu by the helper",
	    file, p->n_rules, p->n_rules == 1 ? "" : "s", n_lists,
	    p->n_rules - n_lists);
	if (n_waiting > 0)
		cmd_say(c, "",
		    "%zu list%s for the next apply, since this one also takes "
		    "keys or certificates away; the helper serves until then",
		    n_waiting, n_waiting == 1 ? " waits" : "s wait");
	if (a->is_new)
		cmd_say(c, "generation", "%lu is current", a->number);
	else
		cmd_say(c, "generation", "%lu stays current, nothing differs",
		    a->d.previous);
	say_rehearsals(a, c);
	deploy_say(&a->d);
	if (!c->is_json)
		return;
	o = deploy_json(&a->d);
	(void)json_object_update_new(o,
	    json_pack("{s:s, s:I, s:b, s:{s:I, s:I, s:I}}", "policy", file,
	        "generation",
	        (json_int_t)(a->is_new ? a->number : a->d.previous),
	        "is_new", a->is_new, "users", "list", (json_int_t)n_lists,
	        "helper", (json_int_t)(p->n_rules - n_lists), "waiting",
	        (json_int_t)n_waiting));
	(void)json_object_set_new(o, "rehearsal", rehearsals_json(a));
	(void)json_object_set_new(c->out, "apply", o);
}

int
cmd_apply_policy(
    struct cmd *c, struct policy *policy, struct cmd_also *also)
{
	struct apply a = { .policy = policy, .also = also };
	struct err err = ERR_INIT;
	int status = CMD_REFUSED;

	cmd_warn_users(c, policy);
	if (prepare(&a, c, &err) == 0 &&
	    deploy_commit(&a.d, &a.is_new, &err) == 0) {
		deploy_finish(&a.d);
		policyedit_tidy(policy);
		report(&a, c);
		status = CMD_DONE;
	} else if (also != NULL && also->is_written) {
		(void)cmd_fail(c, &err);
	} else {
		(void)deploy_fail(&a.d, c, &err);
	}
	deploy_close(&a.d);
	drift_clear(&a.drift);
	return status;
}

int
cmd_apply(struct cmd *c)
{
	struct err err = ERR_INIT;
	struct policy *policy;
	int status;

	if (c->confirm_s > 0 && !root_is_host(&c->root)) {
		(void)err_setf(&err, ERR_REFUSED,
		    "--confirm is for the machine itself: nothing would take "
		    "back in time what is changed with --root");
		return cmd_fail_unchanged(c, &err);
	}
	if ((policy = cmd_load_policy(c, c->args[0])) == NULL)
		return CMD_REFUSED;
	status = cmd_apply_policy(c, policy, NULL);
	policy_free(policy);
	return status;
}
