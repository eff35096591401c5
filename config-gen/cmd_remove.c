#include "config.h"

#include "config-gen/cmd.h"
#include "config-gen/deploy.h"

/*
 * Only sshd's configuration goes back to what it was.  The generations stay:
 * a sshd that has not been reloaded still reads the current one.
 */
int
cmd_remove(struct cmd *c)
{
	struct deploy d = { 0 };
	struct err err = ERR_INIT;
	int status = CMD_REFUSED;
	bool is_new;

	if (deploy_lock(&d, c, DEPLOY_TAKE_BACK, &err) < 0 ||
	    deploy_look(&d, &err) < 0 || deploy_edit(&d, true, &err) < 0 ||
	    deploy_admit(&d, NULL, &err) < 0 ||
	    deploy_probe(&d, NULL, &err) < 0 ||
	    generation_commit(d.store, d.files, d.edit.n_files, deploy_prove,
	        &d, &is_new, &err) < 0) {
		(void)deploy_fail(&d, c, &err);
	} else {
		deploy_finish(&d);
		deploy_say(&d);
		if (c->is_json)
			(void)json_object_set_new(
			    c->out, "remove", deploy_json(&d));
		status = CMD_DONE;
	}
	deploy_close(&d);
	return status;
}
