#include "config.h"

#include "config-gen/cmd.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/account.h"
#include "lib/escape.h"

/* A directory service may take its time for each. */
#define MAX_LOOK_UPS 1000

void
cmd_say(const struct cmd *c, const char *label, const char *fmt, ...)
{
	va_list ap;

	if (c->is_json)
		return;
	(void)printf("%-11s ", label);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

void
cmd_show_drift(struct cmd *c, const struct drift *d)
{
	size_t i;

	if (c->is_json)
		(void)json_object_set_new(c->out, "drift", drift_json(d));
	for (i = 0; i < d->n_items && !c->is_json; i++) {
		cmd_say(c, "drift", "%s %s", d->items[i].where,
		    d->items[i].what);
		(void)fputs(d->items[i].lines, stdout);
	}
}

void
cmd_warn(struct cmd *c, const char *fmt, ...)
{
	char text[1024];
	json_t *list;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!c->is_json) {
		(void)fprintf(stderr, "certgate: warning: %s\n", text);
		return;
	}
	if ((list = json_object_get(c->out, "warnings")) == NULL) {
		list = json_array();
		(void)json_object_set_new(c->out, "warnings", list);
	}
	(void)json_array_append_new(list, json_string(text));
}

int
cmd_fail(struct cmd *c, const struct err *err)
{
	if (c->is_json)
		(void)json_object_set_new(
		    c->out, "error", json_string(err->text));
	else
		(void)fprintf(stderr, "certgate: %s\n", err->text);
	return err->code == ERR_USAGE ? CMD_USAGE : CMD_REFUSED;
}

int
cmd_fail_unchanged(struct cmd *c, const struct err *err)
{
	int status = cmd_fail(c, err);

	if (!c->is_json)
		(void)fprintf(stderr, "certgate: nothing was changed\n");
	return status;
}

void
cmd_show_findings(struct cmd *c, const struct diag_report *report)
{
	if (c->is_json)
		(void)json_object_set_new(
		    c->out, "findings", diag_json(report));
	else
		diag_print(report, stderr, c->has_colour);
}

static struct policy *
load_policy(struct cmd *c, const char *path,
    struct policy *(*load)(const char *, const char *, size_t,
	struct diag_report *))
{
	struct diag_report report = DIAG_REPORT_INIT;
	struct err err = ERR_INIT;
	struct policy *policy;
	char *of_root = NULL;

	if (path == NULL)
		path = of_root = root_locate_file(&c->root, ROOT_POLICY, &err);
	if (path == NULL) {
		(void)cmd_fail_unchanged(c, &err);
		return NULL;
	}
	policy = load(path, c->root.dir, POLICY_MAX_BYTES, &report);
	if (policy != NULL)
		account_judge_lowest(&c->root, policy, &report);
	cmd_show_findings(c, &report);
	if (policy == NULL && !c->is_json)
		(void)fprintf(stderr,
		    "certgate: %zu error%s; nothing was changed\n",
		    report.n_errors, report.n_errors == 1 ? "" : "s");
	diag_free(&report);
	free(of_root);
	return policy;
}

struct policy *
cmd_load_policy(struct cmd *c, const char *path)
{
	return load_policy(c, path, policy_load);
}

struct policy *
cmd_load_policy_to_fetch(struct cmd *c, const char *path)
{
	return load_policy(c, path, policy_load_to_fetch);
}

/* The decision lets nobody in by such an `any`. */
static void
warn_any_as_root(struct cmd *c, const struct policy_rule *r, uid_t uid)
{
	char name[64];
	size_t i;

	if (uid != 0 || r->is_dangerous)
		return;
	for (i = 0; i < r->n_grants; i++) {
		if (r->grants[i].kind != GRANT_ANY)
			continue;
		cmd_warn(c,
		    "%s has user ID 0 here: \"any\" lets nobody in as such a "
		    "user; name identities, or add dangerous: true",
		    escape_text(name, sizeof(name), r->user));
		return;
	}
}

void
cmd_warn_users(struct cmd *c, const struct policy *p)
{
	struct account account;
	char names[512] = "";
	char name[64];
	size_t i, len = 0, n = 0;
	int found;

	if (p->n_rules > MAX_LOOK_UPS)
		return;
	for (i = 0; i < p->n_rules; i++) {
		const char *user = p->rules[i].user;

		if (strcmp(user, "*") == 0 ||
		    (found = account_find(&c->root, user, &account, NULL)) < 0)
			continue;
		if (found == 1) {
			warn_any_as_root(c, &p->rules[i], account.uid);
			continue;
		}
		n++;
		(void)escape_text(name, sizeof(name), user);
		if (len + strlen(name) + 3 < sizeof(names))
			len += (size_t)snprintf(names + len,
			    sizeof(names) - len, "%s%s",
			    len == 0 ? "" : ", ", name);
	}
	if (n != 0)
		cmd_warn(c,
		    "%zu user%s of the policy %s not on this machine: %s", n,
		    n == 1 ? "" : "s", n == 1 ? "is" : "are", names);
}
