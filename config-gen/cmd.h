/*
 * cmd: what a subcommand gets, and the subcommands.
 *
 * Results go to standard output, messages to standard error.  With --format
 * json a command says everything in the one object `out`, which main prints.
 */
#ifndef CONFIG_GEN_CMD_H
#define CONFIG_GEN_CMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "config-gen/diag.h"
#include "config-gen/drift.h"
#include "config-gen/policy.h"
#include "config-gen/root.h"
#include "lib/err.h"

/* Exit status, for all commands. */
enum {
	CMD_DONE = 0, /* done, or allowed */
	CMD_REFUSED = 1, /* refused, denied, or failed with nothing changed */
	CMD_USAGE = 2,
	CMD_DIFFERENCE = 3 /* plan or status found one */
};

/* So often an option that may be repeated may be given. */
#define CMD_MAX_REPEATED 64

/* No command but complete takes more than these. */
#define CMD_MAX_ARGS 3

struct cmd {
	struct root root;
	const char *args[CMD_MAX_ARGS]; /* what follows the options */
	const char *const *words; /* the same, all of it */
	size_t n_args;
	bool is_json;
	bool has_colour;
	bool has_no_reload;
	bool has_replace_conflicts;
	bool has_rehearse;
	bool has_no_rehearse;
	bool has_no_sudo; /* pam enable */
	bool is_verbose;
	unsigned int confirm_s; /* apply: seconds to confirm in; 0: for good */
	bool is_same_session; /* confirm: from the one that applied */
	bool is_expire; /* confirm: wait, and take back */
	const char *allow_lockout[CMD_MAX_REPEATED]; /* users */
	size_t n_allow_lockout;
	const char *despite[CMD_MAX_REPEATED]; /* codes of doctor's */
	size_t n_despite;
	const char *from; /* the client's address; NULL: not known */
	const char *at; /* a time; NULL: now */
	const char *uid; /* the user's uid; NULL: looked up */
	const char *pins[CMD_MAX_REPEATED]; /* ca fetch: fingerprints */
	size_t n_pins;
	bool has_apply; /* ca fetch: apply afterwards */
	const char *policy; /* --policy; NULL: the root's */
	const char *authority, *serial, *key_id; /* revoke; NULL: not given */
	json_t *out; /* with --format json; else NULL */
};

int cmd_apply(struct cmd *c);
int cmd_ca_add(struct cmd *c);
int cmd_ca_fetch(struct cmd *c);
int cmd_ca_list(struct cmd *c);
int cmd_ca_remove(struct cmd *c);
int cmd_ca_retire(struct cmd *c);
int cmd_check(struct cmd *c);
int cmd_client_config(struct cmd *c);
int cmd_complete(struct cmd *c);
int cmd_confirm(struct cmd *c);
int cmd_doctor(struct cmd *c);
int cmd_explain(struct cmd *c);
int cmd_pam_disable(struct cmd *c);
int cmd_pam_enable(struct cmd *c);
int cmd_plan(struct cmd *c);
int cmd_remove(struct cmd *c);
int cmd_revoke(struct cmd *c);
int cmd_rollback(struct cmd *c);
int cmd_status(struct cmd *c);

/* Show all that was found in a policy: standard error, or "findings". */
void cmd_show_findings(struct cmd *c, const struct diag_report *report);

/*
 * What apply is to write once all is proved, for a command that adds to the
 * policy (write may be NULL: nothing).  is_written: it was, also where apply
 * failed after that.
 */
struct cmd_also {
	int (*write)(void *ctx, bool *is_written, struct err *err);
	void *ctx;
	bool is_written;
};

/*
 * Apply policy and report it.  With also (NULL for apply itself) only where
 * certgate is in use on the machine.
 */
int cmd_apply_policy(
    struct cmd *c, struct policy *policy, struct cmd_also *also);

/*
 * Load the policy at path, by default (NULL) the root's, and show all that
 * was found in it.  NULL where it cannot be used: the command ends with
 * CMD_REFUSED.
 */
struct policy *cmd_load_policy(struct cmd *c, const char *path);

/* The same by policy_load_to_fetch. */
struct policy *cmd_load_policy_to_fetch(struct cmd *c, const char *path);

/*
 * Warn of users whom the policy names and the machine does not know (one
 * policy may serve many machines), and of `any` for a user with user ID 0 that
 * is not dangerous.  Beyond 1,000 users nobody is looked up.
 */
void cmd_warn_users(struct cmd *c, const struct policy *p);

/* Show why the command failed.  CMD_REFUSED, or CMD_USAGE for ERR_USAGE. */
int cmd_fail(struct cmd *c, const struct err *err);

/* The same, and say that nothing was changed. */
int cmd_fail_unchanged(struct cmd *c, const struct err *err);

/* One line of a result, "label  text", unless JSON is asked for. */
void cmd_say(const struct cmd *c, const char *label, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* What was changed by hand, with the lines; in JSON as "drift". */
void cmd_show_drift(struct cmd *c, const struct drift *d);

/* Something to know that is no failure: standard error, or "warnings". */
void cmd_warn(struct cmd *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
