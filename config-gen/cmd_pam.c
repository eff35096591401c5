/* pam: pam_certgate.so into the machine's PAM stacks, and out of them. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "config-gen/cmd.h"
#include "config-gen/pamready.h"
#include "config-gen/pamsetup.h"

static void
warn(void *ctx, const char *text)
{
	cmd_warn(ctx, "%s", text);
}

/* Where the module is asked, line by line, or as "asked" of the object. */
static json_t *
say_places(struct cmd *c, const struct pamview *v)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < v->n_items; i++) {
		const struct pamview_stack *s = &v->items[i];

		if (s->place == NULL)
			continue;
		cmd_say(c, pamstack_types[s->type], "%s, by %s", s->service,
		    s->place);
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s}", "type",
			pamstack_types[s->type], "service", s->service,
			"place", s->place));
	}
	return list;
}

static void
say(struct cmd *c, const struct pamsetup *p, const char *word)
{
	json_t *places;

	cmd_say(c, "pam", "%s%s, by %s", word, p->is_new ? "" : " already",
	    p->mech == NULL ? "nobody" : p->mech->name);
	places = say_places(c, &p->after);
	if (c->is_json)
		(void)json_object_set_new(c->out, "pam",
		    json_pack("{s:s, s:b, s:s?, s:s, s:o}", "state", word,
			"is_new", p->is_new, "mechanism",
			p->mech == NULL ? NULL : p->mech->name, "left",
			p->left, "asked", places));
	else
		json_decref(places);
}

/* The lines that an administrator writes where no tool does. */
static void
show_by_hand(const struct cmd *c)
{
	const char *module = pammech_module(&c->root);

	if (c->is_json)
		return;
	(void)fprintf(stderr,
	    "certgate: write by hand, in /etc/pam.d/sshd after the line of "
	    "pam_loginuid.so and before the other lines of type session:\n"
	    "    session required %s\n",
	    module);
	if (!c->has_no_sudo)
		(void)fprintf(stderr,
		    "certgate: and in /etc/pam.d/sudo before all others:\n"
		    "    auth sufficient %s\n",
		    module);
}

/* What an earlier command had left, and pamsetup_open undid. */
static void
say_recovered(struct cmd *c, struct pamsetup *p)
{
	if (!p->is_recovered)
		return;
	if (p->left[0] == '\0')
		cmd_warn(c, "an interrupted certgate pam was undone");
	else
		cmd_warn(c,
		    "an interrupted certgate pam was undone; these files are "
		    "not as they were before it, by its tool or by others: %s",
		    p->left);
	p->left[0] = '\0';
	if (c->is_json)
		(void)json_object_set_new(
		    c->out, "is_recovered", json_true());
}

int
cmd_pam_enable(struct cmd *c)
{
	struct pamsetup p;
	struct err err = ERR_INIT;
	int status = CMD_REFUSED;

	bool is_open = pamsetup_open(&p, &c->root, &err) == 0;

	say_recovered(c, &p);
	if (!is_open || pamready(&c->root, warn, c, &err) < 0 ||
	    pamsetup_enable(&p, !c->has_no_sudo, &err) < 0) {
		if (p.is_undone && !p.is_recovered)
			(void)cmd_fail_unchanged(c, &err);
		else
			(void)cmd_fail(c, &err);
		if (err.code == ERR_UNSUPPORTED && p.mech == NULL)
			show_by_hand(c);
	} else {
		say(c, &p, "enabled");
		status = CMD_DONE;
	}
	pamsetup_close(&p);
	return status;
}

int
cmd_pam_disable(struct cmd *c)
{
	struct pamsetup p;
	struct err err = ERR_INIT;
	int status = CMD_REFUSED;

	bool is_open = pamsetup_open(&p, &c->root, &err) == 0;

	say_recovered(c, &p);
	if (!is_open || pamsetup_disable(&p, &err) < 0) {
		(void)cmd_fail(c, &err);
	} else {
		say(c, &p, "disabled");
		if (p.left[0] != '\0')
			cmd_warn(c,
			    "changed by others since certgate pam enable, so "
			    "only the lines were taken out: %s",
			    p.left);
		if (pamview_ours(&p.after) != NULL)
			cmd_warn(c,
			    "%s is named by lines that certgate did not "
			    "write; they stay", PAMVIEW_MODULE);
		status = CMD_DONE;
	}
	pamsetup_close(&p);
	return status;
}
