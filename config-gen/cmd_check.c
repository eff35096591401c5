#include "config.h"

#include "config-gen/cmd.h"

int
cmd_check(struct cmd *c)
{
	struct policy *p;

	if ((p = cmd_load_policy(c, c->args[0])) == NULL)
		return CMD_REFUSED;
	cmd_say(c, "policy", "%s: %zu authorit%s, %zu group%s, %zu user%s",
	    p->files[0], p->n_authorities, p->n_authorities == 1 ? "y" : "ies",
	    p->n_groups, p->n_groups == 1 ? "" : "s", p->n_rules,
	    p->n_rules == 1 ? "" : "s");
	if (c->is_json)
		(void)json_object_set_new(c->out, "policy",
		    json_pack("{s:s, s:I, s:I, s:I}", "file", p->files[0],
		        "authorities", (json_int_t)p->n_authorities, "groups",
		        (json_int_t)p->n_groups, "users",
		        (json_int_t)p->n_rules));
	policy_free(p);
	return CMD_DONE;
}
