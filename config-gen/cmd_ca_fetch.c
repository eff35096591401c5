#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/cmd.h"
#include "config-gen/fetch.h"
#include "config-gen/fetched.h"
#include "config-gen/generation.h"
#include "config-gen/offer.h"
#include "lib/escape.h"
#include "lib/log.h"

#define LOCK_WAIT_S 60

/* One authority on its way. */
struct job {
	struct cmd *c;
	const struct policy *policy;
	const struct policy_authority *a;
	struct keyset served, had;
	bool was_fetched;
	struct offer offer;
	bool is_changed;
	bool is_unsure; /* it is, and nobody knows whether that will last */
};

/* What must not go unseen: to the user, the report and the system's log. */
static int
fail(struct job *j, json_t *o, const char *text)
{
	char line[LOG_LINE_MAX];

	(void)snprintf(line, sizeof(line), "authority \"%s\": %s%s",
	    j->a->name, text,
	    j->is_unsure ? "; what was fetched is kept, but may not be "
	                    "after a power failure"
	    : j->was_fetched ? "; the keys fetched before stay in force"
	                     : "");
	log_line(LOG_WARNING, "certgate", line, strlen(line));
	if (o != NULL)
		(void)json_object_set_new(o, "error", json_string(text));
	else
		(void)fprintf(stderr, "certgate: %s\n", line);
	return CMD_REFUSED;
}

static const char *
show_comment(char *out, size_t len, const struct offer_key *k)
{
	return escape_text(out, len, k->key->comment);
}

/* What is held back lets nothing go. */
static bool
is_unsaid(const struct job *j, const struct offer_key *k)
{
	return j->offer.n_taken == 0 &&
	    (k->state == OFFER_GONE || k->state == OFFER_RETIRING);
}

static void
print_keys(const struct job *j, FILE *out, const char *label)
{
	char comment[160];
	size_t i;

	for (i = 0; i < j->offer.n; i++) {
		const struct offer_key *k = &j->offer.keys[i];

		if (is_unsaid(j, k))
			continue;
		(void)fprintf(out, "%-11s %s %s \"%s\": %s%s\n", label,
		    k->fingerprint, pubkey_short_type(k->key),
		    show_comment(comment, sizeof(comment), k),
		    k->is_new ? "NEW, " : "", offer_state_text(k->state));
		label = "";
	}
}

static json_t *
keys_json(const struct job *j)
{
	json_t *list = json_array();
	char comment[160];
	size_t i;

	for (i = 0; i < j->offer.n; i++) {
		const struct offer_key *k = &j->offer.keys[i];

		if (is_unsaid(j, k))
			continue;
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:b}", "fingerprint",
			k->fingerprint, "type", pubkey_short_type(k->key),
			"comment", show_comment(comment, sizeof(comment), k),
			"state", offer_state_name(k->state), "is_new",
			k->is_new));
	}
	return list;
}

/*
 * Whether somebody at the terminal, not in a pipe, says yes to what waits.
 * Scripts have no terminal, and --format json is for programs.
 */
static bool
ask(const struct job *j)
{
	char answer[16] = "";
	FILE *tty;
	bool is_yes;
	int fd;

	if (j->c->is_json ||
	    (fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1)
		return false;
	if ((tty = fdopen(fd, "r+")) == NULL) {
		(void)close(fd);
		return false;
	}
	(void)fprintf(tty, "%s sends:\n", j->a->url);
	print_keys(j, tty, j->a->name);
	if (j->was_fetched && j->offer.n_taken == 0)
		(void)fputs("None of the keys trusted so far is among them: "
			    "those would go.\n", tty);
	(void)fputs("Whoever holds such a key can log in as everybody. "
		    "Compare the fingerprint with\nwhat the CA's "
		    "administrators say, not with what the service says.\n"
		    "Trust the keys that nobody vouched for? Type yes: ",
	    tty);
	(void)fflush(tty);
	is_yes = fgets(answer, sizeof(answer), tty) != NULL &&
	    strcmp(answer, "yes\n") == 0;
	(void)fclose(tty);
	return is_yes;
}

static bool
is_same_set(const struct keyset *a, const struct keyset *b)
{
	size_t i;

	for (i = 0; a->n == b->n && i < a->n; i++) {
		if (keyset_find(b, &a->keys[i]) == NULL)
			return false;
	}
	return a->n == b->n;
}

/* Write what was taken, if nobody else wrote meanwhile. */
static int
keep(struct job *j, struct err *err)
{
	struct pubkey room[KEYSET_MAX_KEYS];
	struct keyset taken = offer_taken(&j->offer, room);
	struct keyset now = KEYSET_INIT;
	struct generation_store *store;
	const char *dir = j->c->root.dir;
	bool recovered = false;
	int found, ret = -1;

	if (!j->offer.differs)
		return 0;
	store = generation_open(&j->c->root, LOCK_WAIT_S, &recovered, err);
	if (store == NULL)
		return -1;
	if (recovered)
		cmd_warn(j->c, "an earlier run was interrupted; what it had "
			       "begun was taken back first");
	if ((found = fetched_read(&now, dir, j->a->name, err)) < 0)
		goto out;
	if ((found == 1) != j->was_fetched || !is_same_set(&now, &j->had)) {
		(void)err_setf(err, ERR_REFUSED,
		    "another certgate fetched meanwhile; run this one again");
		goto out;
	}
	ret = fetched_write(&taken, dir, j->a->name, j->a->url,
	    &j->is_changed, err);
	j->is_unsure = ret < 0 && j->is_changed;
out:
	generation_close(store);
	keyset_clear(&now);
	return ret;
}

/* After all was judged and perhaps asked: what is left to complain of. */
static int
conclude(struct job *j, json_t *o)
{
	char text[700];

	if (j->offer.n_taken == 0 && j->a->n_pins != 0)
		return fail(j, o,
		    "HELD BACK: the service sends none of the keys that the "
		    "policy pins");
	if (j->offer.n_waits == 0)
		return CMD_DONE;
	(void)snprintf(text, sizeof(text),
	    "%s: compare each fingerprint with what the CA's administrators "
	    "say, then run certgate ca fetch %s at a terminal, give --pin "
	    "FINGERPRINT, or write it under \"pins\"",
	    j->offer.n_taken != 0 ?
		"the service sends new keys that nobody vouched for, LEFT "
		"OUT" :
		j->was_fetched ?
		"HELD BACK: the service sends none of the keys trusted so "
		"far, but others" :
		"nothing was ever fetched, and nobody vouched for what the "
		"service sends",
	    j->a->name);
	return fail(j, o, text);
}

static int
fetch_one(struct job *j, json_t *o)
{
	struct offer_trust trust = { j->policy, j->a, NULL, j->c->pins,
		j->c->n_pins, (int64_t)time(NULL) };
	struct err err = ERR_INIT;
	int found;

	if ((found = fetched_read(
		 &j->had, j->c->root.dir, j->a->name, &err)) < 0)
		return fail(j, o, err.text);
	j->was_fetched = found == 1;
	trust.had = j->was_fetched ? &j->had : NULL;
	if (fetch_keys(j->a, FETCH_PROGRAM, &j->served, &err) < 0 ||
	    offer_judge(&j->offer, &j->served, &trust, &err) < 0)
		return fail(j, o, err.text);
	if (j->offer.n_waits != 0 && ask(j))
		offer_confirm(&j->offer);
	if (j->offer.n_taken != 0 && keep(j, &err) < 0)
		return fail(j, o, err.text);
	if (o != NULL)
		(void)json_object_set_new(o, "keys", keys_json(j));
	else
		print_keys(j, stdout, j->a->name);
	cmd_say(j->c, "", "%s",
	    j->is_changed ? "changed" : "nothing was changed");
	return conclude(j, o);
}

/* One authority, and its entry in the report. */
static int
run_job(struct cmd *c, const struct policy *p,
    const struct policy_authority *a, bool *is_changed)
{
	struct job j = { .c = c, .policy = p, .a = a };
	json_t *o = NULL;
	int status;

	if (c->is_json)
		o = json_pack("{s:s, s:s}", "authority", a->name, "url", a->url);
	status = fetch_one(&j, o);
	if (o != NULL) {
		(void)json_object_set_new(
		    o, "is_changed", json_boolean(j.is_changed));
		(void)json_array_append_new(
		    json_object_get(c->out, "fetched"), o);
	}
	*is_changed = *is_changed || j.is_changed;
	keyset_clear(&j.served);
	keyset_clear(&j.had);
	return status;
}

/* What is wrong with the arguments, before anything is asked. */
static int
check_args(const struct cmd *c, const struct policy *p, struct err *err)
{
	const struct policy_authority *a = NULL;
	char name[80];
	size_t i, n = 0;

	for (i = 0; i < p->n_authorities; i++) {
		n += p->authorities[i].url != NULL ? 1 : 0;
		if (c->n_args > 0 &&
		    strcmp(p->authorities[i].name, c->args[0]) == 0)
			a = &p->authorities[i];
	}
	/* A timer applies whatever the policy is. */
	if (n == 0 && (c->n_args > 0 || !c->has_apply))
		return err_setf(err, ERR_NOT_FOUND,
		    "no authority of the policy has a \"url\" to fetch from");
	if (c->n_args > 0 && a == NULL)
		return err_setf(err, ERR_NOT_FOUND,
		    "the policy has no authority \"%s\"; certgate ca list "
		    "shows them",
		    escape_text(name, sizeof(name), c->args[0]));
	if (a != NULL && a->url == NULL)
		return err_setf(err, ERR_NOT_FOUND,
		    "authority \"%s\" has no \"url\" to fetch from",
		    escape_text(name, sizeof(name), a->name));
	if (c->n_pins != 0 && a == NULL)
		return err_setf(err, ERR_REFUSED,
		    "--pin vouches for a key of one authority; name it");
	if (c->n_pins != 0 && a->n_pins != 0)
		return err_setf(err, ERR_REFUSED,
		    "authority \"%s\" has \"pins\" in the policy; write the "
		    "fingerprint there, --pin adds none",
		    escape_text(name, sizeof(name), a->name));
	for (i = 0; i < c->n_pins; i++) {
		if (!certsig_is_fingerprint(c->pins[i]))
			return err_setf(err, ERR_USAGE,
			    "--pin takes SHA256: and 43 characters, as "
			    "ssh-keygen -l prints them");
	}
	return 0;
}

static int
fetch_all(struct cmd *c, const struct policy *p)
{
	bool is_changed = false;
	int status = CMD_DONE;
	size_t i;

	if (c->is_json)
		(void)json_object_set_new(c->out, "fetched", json_array());
	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		if (a->url == NULL ||
		    (c->n_args > 0 && strcmp(a->name, c->args[0]) != 0))
			continue;
		if (run_job(c, p, a, &is_changed) != CMD_DONE)
			status = CMD_REFUSED;
	}
	if (is_changed && !c->has_apply)
		cmd_say(c, "next", "certgate apply");
	return status;
}

int
cmd_ca_fetch(struct cmd *c)
{
	struct err err = ERR_INIT;
	struct policy *p;
	int status;

	if ((p = cmd_load_policy_to_fetch(c, c->policy)) == NULL)
		return CMD_REFUSED;
	if (check_args(c, p, &err) < 0) {
		policy_free(p);
		return cmd_fail_unchanged(c, &err);
	}
	status = fetch_all(c, p);
	policy_free(p);
	if (!c->has_apply)
		return status;
	/* Also where nothing came: days of `trust` may have passed. */
	c->n_args = c->policy == NULL ? 0 : 1;
	c->args[0] = c->policy;
	return cmd_apply(c) == CMD_DONE ? status : CMD_REFUSED;
}
