/* ca add, remove, retire: the policy's text, edited in place. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/cmd.h"
#include "config-gen/policyedit.h"
#include "lib/certsig.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/keyset.h"

#define MAX_KEY_FILE (64UL * 1024)

/* Where a key file is read from standard input. */
static const char standard_input[] = "-";

static int
read_standard_input(char **text, size_t *len, struct err *err)
{
	char *made = malloc(MAX_KEY_FILE + 1);
	size_t n;

	if (made == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	n = fread(made, 1, MAX_KEY_FILE + 1, stdin);
	if (ferror(stdin)) {
		free(made);
		return err_system(err, "standard input");
	}
	if (n > MAX_KEY_FILE) {
		free(made);
		return err_setf(err, ERR_LIMIT,
		    "standard input: more than %lu bytes", MAX_KEY_FILE);
	}
	*text = made;
	*len = n;
	return 0;
}

/* The only key in the file, as one line, terminated, and its fingerprint. */
static int
read_key(const char *path, struct wire *line,
    char fingerprint[FINGERPRINT_SIZE], struct err *err)
{
	bool is_standard = strcmp(path, standard_input) == 0;
	struct keyset keys = KEYSET_INIT;
	char *text = NULL;
	size_t len;
	int ret = -1;

	if (is_standard ? read_standard_input(&text, &len, err) < 0
	                : file_read(path, FILE_ANY, MAX_KEY_FILE, &text, &len,
	                      err) < 0)
		return -1;
	path = is_standard ? "standard input" : path;
	if (keyset_read(&keys, text, len, path, err) < 0)
		goto out;
	if (keys.n != 1) {
		(void)err_set(err, ERR_REFUSED, (struct place) { path, 0, 0 },
		    keys.n == 0 ? "no key in it" : "more than one key", NULL,
		    keys.n == 0 ? NULL : "add them one by one");
		goto out;
	}
	keyset_write(&keys, line);
	if (line->has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	line->p[line->len - 1] = '\0';
	ret = certsig_fingerprint(fingerprint,
	    (struct span) { keys.keys[0].blob, keys.keys[0].blob_len }, err);
out:
	keyset_clear(&keys);
	free(text);
	return ret;
}

/* The authority that argument 0 names, or NULL. */
static const struct policy_authority *
find_authority(
    const struct cmd *c, const struct policy *p, struct err *err)
{
	const char **names = calloc(p->n_authorities + 1, sizeof(*names));
	const struct policy_authority *a = NULL;
	const char *nearest = NULL;
	char shown[128];
	size_t i;

	for (i = 0; i < p->n_authorities; i++) {
		if (strcmp(p->authorities[i].name, c->args[0]) == 0)
			a = &p->authorities[i];
		if (names != NULL)
			names[i] = p->authorities[i].name;
	}
	if (names != NULL)
		nearest = diag_nearest(c->args[0], names);
	if (a == NULL && err != NULL)
		(void)err_setf(err, ERR_NOT_FOUND,
		    "the policy has no authority \"%s\"%s%s%s",
		    escape_text(shown, sizeof(shown), c->args[0]),
		    nearest == NULL ? "" : "; did you mean \"",
		    nearest == NULL ? "" : nearest,
		    nearest == NULL ? "" : "\"?");
	free(names);
	return a;
}

/* The key of a with that fingerprint. */
static int
find_key(const struct policy_authority *a, const char *wanted, size_t *number,
    struct err *err)
{
	char fingerprint[FINGERPRINT_SIZE], shown[128];
	size_t i;

	for (i = 0; i < a->n_keys; i++) {
		if (certsig_fingerprint(fingerprint,
		        (struct span) {
		            a->keys[i].blob, a->keys[i].blob_len },
		        err) < 0)
			return -1;
		if (strcmp(fingerprint, wanted) != 0)
			continue;
		*number = i;
		return 0;
	}
	return err_setf(err, ERR_NOT_FOUND,
	    "authority \"%s\" has no key %s; certgate ca list shows its keys",
	    a->name, escape_text(shown, sizeof(shown), wanted));
}

static void
say_done(struct cmd *c, const struct policyedit *e, const char *what,
    const char *fingerprint)
{
	char file[512];

	(void)escape_text(file, sizeof(file), e->file);
	if (c->is_json)
		(void)json_object_update_new(c->out,
		    json_pack("{s:s, s:s, s:s*}", "authority", c->args[0],
		        "file", file, "fingerprint", fingerprint));
	cmd_say(c, "policy", "%s: %s", file, what);
	if (fingerprint != NULL)
		cmd_say(c, "key", "%s", fingerprint);
	cmd_say(c, "next", "certgate apply makes it so");
}

/* Make the change, write it, and say so. */
static int
edit(struct cmd *c, const struct policy *p,
    const struct policyedit_change *change, const char *what,
    const char *fingerprint)
{
	struct diag_report report = DIAG_REPORT_INIT;
	struct policyedit e = POLICYEDIT_INIT;
	struct err err = ERR_INIT;
	bool is_written;
	int status = CMD_DONE;

	if (policyedit_make(&e, p, c->root.dir, change, &report, &err) < 0) {
		cmd_show_findings(c, &report);
		status = cmd_fail_unchanged(c, &err);
		if (e.by_hand.p[0] != '\0' && e.policy == NULL &&
		    report.n_errors == 0) {
			if (c->is_json)
				(void)json_object_set_new(c->out, "by_hand",
				    json_string((char *)e.by_hand.p));
			else
				(void)fprintf(stderr, "certgate: write it by "
				    "hand, %s", (char *)e.by_hand.p);
		}
	} else if (policyedit_write(&e, &is_written, &err) < 0) {
		status = is_written ? cmd_fail(c, &err)
		                    : cmd_fail_unchanged(c, &err);
		if (is_written)
			cmd_warn(c, "the policy says it now, but may not do so "
			            "after a power failure");
	} else {
		say_done(c, &e, what, fingerprint);
	}
	policyedit_clear(&e);
	diag_free(&report);
	return status;
}

/* A key twice would be one that ca remove cannot take out. */
static int
check_new(const struct policy *p, const struct policy_authority *a,
    const char *fingerprint, struct err *err)
{
	struct err none = ERR_INIT;
	struct place at;
	char file[256];
	size_t number;

	if (a == NULL || find_key(a, fingerprint, &number, &none) < 0)
		return none.code == ERR_NONE || none.code == ERR_NOT_FOUND
		    ? 0
		    : err_setf(err, none.code, "%s", none.text);
	at = policy_place(p, a->key_places[number]);
	return err_setf(err, ERR_REFUSED,
	    "authority \"%s\" has the key %s already, at %s:%zu", a->name,
	    fingerprint, escape_text(file, sizeof(file), at.file), at.line);
}

int
cmd_ca_add(struct cmd *c)
{
	struct policyedit_change change = { .kind = POLICYEDIT_ADD_KEY,
		.authority = c->args[0] };
	char fingerprint[FINGERPRINT_SIZE];
	struct wire line = WIRE_INIT;
	struct err err = ERR_INIT;
	const struct policy_authority *a;
	struct policy *p = NULL;
	int status = CMD_REFUSED;

	if (read_key(c->args[1], &line, fingerprint, &err) < 0) {
		status = cmd_fail_unchanged(c, &err);
	} else if ((p = cmd_load_policy(c, c->policy)) != NULL) {
		a = find_authority(c, p, NULL);
		change.key = (const char *)line.p;
		status = check_new(p, a, fingerprint, &err) < 0
		    ? cmd_fail_unchanged(c, &err)
		    : edit(c, p, &change,
		          a == NULL ? "a new authority, with one key"
		                    : "one key more",
		          fingerprint);
	}
	policy_free(p);
	wire_free(&line);
	return status;
}

/* Rules that name the authority would be left with a name of nothing. */
static int
check_unnamed(
    const struct policy *p, const struct policy_authority *a, struct err *err)
{
	uint32_t number = (uint32_t)(a - p->authorities);
	char where[300] = "", file[128];
	size_t i, k, len = 0, n = 0;

	for (i = 0; i < p->n_rules; i++) {
		const struct policy_scope *s = &p->scopes[p->rules[i].scope];
		struct place at = policy_place(p, p->rules[i].at);

		for (k = 0; k < s->n_authorities &&
		     s->authorities[k] != number;
		     k++)
			;
		if (k == s->n_authorities)
			continue;
		n++;
		(void)escape_text(file, sizeof(file), at.file);
		if (len + strlen(file) + 24 < sizeof(where))
			len += (size_t)snprintf(where + len,
			    sizeof(where) - len, "%s%s:%zu",
			    len == 0 ? "" : ", ", file, at.line);
	}
	if (n == 0)
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "%zu rule%s still name%s authority \"%s\": %s", n,
	    n == 1 ? "" : "s", n == 1 ? "s" : "", a->name, where);
}

/* Whether c's removal of *change leaves a policy that anybody wants. */
static int
check_removal(const struct cmd *c, const struct policy *p,
    struct policyedit_change *change, struct err *err)
{
	const struct policy_authority *a = find_authority(c, p, err);

	if (a == NULL)
		return -1;
	if (c->n_args == 2) {
		change->kind = POLICYEDIT_REMOVE_KEY;
		if (find_key(a, c->args[1], &change->number, err) < 0)
			return -1;
		if (a->n_keys == 1)
			return err_setf(err, ERR_REFUSED,
			    "it is the last key of authority \"%s\"; add the "
			    "new one first, or take out the authority by "
			    "certgate ca remove %s",
			    a->name, a->name);
		return 0;
	}
	if (p->n_authorities == 1)
		return err_setf(err, ERR_REFUSED,
		    "\"%s\" is the last authority: nobody could log in by "
		    "certificate; certgate remove takes certgate out of use",
		    a->name);
	return check_unnamed(p, a, err);
}

int
cmd_ca_remove(struct cmd *c)
{
	struct policyedit_change change = { .kind = POLICYEDIT_REMOVE_AUTHORITY,
		.authority = c->args[0] };
	struct err err = ERR_INIT;
	struct policy *p;
	int status;

	if ((p = cmd_load_policy(c, c->policy)) == NULL)
		return CMD_REFUSED;
	if (check_removal(c, p, &change, &err) < 0)
		status = cmd_fail_unchanged(c, &err);
	else
		status = edit(c, p, &change,
		    c->n_args == 2 ? "one key less" : "one authority less",
		    c->n_args == 2 ? c->args[1] : NULL);
	policy_free(p);
	return status;
}

int
cmd_ca_retire(struct cmd *c)
{
	struct policyedit_change change = { .kind = POLICYEDIT_RETIRE_KEY,
		.authority = c->args[0],
		.key = c->args[1],
		.date = c->args[2] };
	const struct policy_authority *a;
	struct err err = ERR_INIT;
	struct policy *p;
	int status;

	if ((p = cmd_load_policy(c, c->policy)) == NULL)
		return CMD_REFUSED;
	if ((a = find_authority(c, p, &err)) == NULL ||
	    find_key(a, c->args[1], &change.number, &err) < 0)
		status = cmd_fail_unchanged(c, &err);
	else
		status = edit(c, p, &change, "a key that goes", c->args[1]);
	policy_free(p);
	return status;
}
