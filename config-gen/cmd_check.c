#include "config.h"

#include "config-gen/cmd.h"
#include "lib/escape.h"

int
cmd_check(struct cmd *c)
{
	char file[1024];
	struct policy *p;

	if ((p = cmd_load_policy(c, c->args[0])) == NULL)
		return CMD_REFUSED;
	(void)escape_text(file, sizeof(file), p->files[0]);
	cmd_say(c, "policy", "%s: %zu authorit%s, %zu group%s, %zu user%s",
	    file, p->n_authorities, p->n_authorities == 1 ? "y" : "ies",
	    p->n_groups, p->n_groups == 1 ? "" : "s", p->n_rules,
	    p->n_rules == 1 ? "" : "s");
	if (c->is_json)
		(void)json_object_set_new(c->out, "policy",
		    json_pack("{s:s, s:I, s:I, s:I}", "file", file,
		        "authorities", (json_int_t)p->n_authorities, "groups",
		        (json_int_t)p->n_groups, "users",
		        (json_int_t)p->n_rules));
	policy_free(p);
	return CMD_DONE;
}
