/*
 * deploy: one change of the machine, from looking at it to the reload.
 *
 * What apply, rollback and remove have in common: look (target), edit
 * sshd's configuration aside and let sshd judge it (stage), ask what sshd
 * does for a sample of users (probe), change all behind a journal
 * (generation) with the proof that sshd now does as it should, reload.
 */
#ifndef CONFIG_GEN_DEPLOY_H
#define CONFIG_GEN_DEPLOY_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/cmd.h"
#include "config-gen/generation.h"
#include "config-gen/pending.h"
#include "config-gen/probe.h"
#include "config-gen/takeback.h"
#include "config-gen/target.h"
#include "lib/err.h"

struct deploy {
	struct cmd *c;
	struct target target;
	struct generation_store *store;
	struct sshdconf_edit edit;
	struct generation_file *files; /* the edit's, for generation_commit */
	struct probe *probe; /* NULL: the root has no sshd to ask */
	unsigned long previous; /* generation at first; 0: none */
	bool is_pending; /* a change waits for confirmation: */
	struct pending *pending;
	bool has_settled; /* there was a record of one, never made or over: */
	bool has_taken_back; /* it was made, and was taken back first: */
	struct takeback back;
	bool is_removal;
	struct cmd_also *also; /* what must succeed, too; NULL: nothing */
	char reloaded[256]; /* what became of sshd, in words */
};

/* What becomes of a change that waits for confirmation and is not overdue. */
enum deploy_pending { DEPLOY_LEAVE, DEPLOY_REFUSE, DEPLOY_TAKE_BACK };

/*
 * Take the lock.  What an interrupted run had begun, and what was not
 * confirmed in time, is taken back, and said.  Ended by deploy_close, also
 * after a failure.
 */
int deploy_lock(struct deploy *d, struct cmd *c, enum deploy_pending pending,
    struct err *err);

/*
 * Say why the command failed, as cmd_fail_unchanged does; but where something
 * was taken back, not that nothing was changed.
 */
int deploy_fail(
    const struct deploy *d, struct cmd *c, const struct err *err);

/* After deploy_lock: look at the machine. */
int deploy_look(struct deploy *d, struct err *err);

/* deploy_lock with DEPLOY_REFUSE, and deploy_look. */
int deploy_open(struct deploy *d, struct cmd *c, struct err *err);

/*
 * Work out the edit that makes our directives win, or, with is_removal, the
 * one that takes them out again; sshd must accept it.  Nothing is changed.
 */
int deploy_edit(struct deploy *d, bool is_removal, struct err *err);

/*
 * Whether the change may be made, with the generation in folder (on this
 * machine; NULL: none) current: see admit.h.
 */
int deploy_admit(struct deploy *d, const char *folder, struct err *err);

/* Ask sshd, before the change, about policy's users (NULL: root only). */
int deploy_probe(
    struct deploy *d, const struct policy *policy, struct err *err);

/*
 * For generation_commit and generation_rollback: a struct deploy is ctx.
 * Where all is proved, also is written, as the last step that may fail.
 */
int deploy_prove(void *ctx, struct err *err);

/*
 * Make the edit and the begun generation last, as generation_commit does.
 * With --confirm it is written down first how to go back, and what does so
 * if nobody confirms is started.
 */
int deploy_commit(struct deploy *d, bool *is_new, struct err *err);

/*
 * Reload sshd where its configuration changed, and clear old generations
 * away.  What fails here is warned about: the change itself stands.
 */
void deploy_finish(struct deploy *d);

/* The lines of the report that all commands share. */
void deploy_say(const struct deploy *d);
json_t *deploy_json(const struct deploy *d);

void deploy_close(struct deploy *d);

#endif
