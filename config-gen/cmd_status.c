#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/cmd.h"
#include "config-gen/compile.h"
#include "config-gen/deploy.h"
#include "config-gen/generation.h"
#include "config-gen/sshdconf.h"
#include "config-gen/standing.h"

struct status {
	struct cmd *c;
	unsigned long current; /* 0: no generation */
	unsigned long held; /* what is not confirmed goes back to; 0: none */
	struct sshdconf *conf; /* sshd's, as it is */
	bool is_unused; /* certgate remove took our directives out */
	bool is_lost; /* our directives are there, a current generation not */
	struct drift drift;
	int64_t now_at;
	bool has_end; /* an authority's is near, or past */
	bool is_due; /* ca.pub is to change since time went on */
};

static void
say_authority(struct status *s, const struct standing *a, json_t *list)
{
	char text[128];
	json_t *o;

	(void)standing_text(a, s->now_at, text, sizeof(text));
	cmd_say(s->c, "authority", "%s%s%s", a->name, *text == '\0' ? "" : ", ",
	    text);
	o = json_pack("{s:s, s:b}", "name", a->name, "trusted",
	    s->now_at >= a->from && s->now_at < a->until && !a->is_revoked);
	if (a->until != INT64_MAX)
		(void)json_object_set_new(o, "days_left",
		    json_integer(standing_days_left(a->until, s->now_at)));
	(void)json_array_append_new(list, o);
	if (standing_ends_soon(a->until, s->now_at))
		s->has_end = true;
	/* The first day of its trust needs an apply. */
	if (a->from != 0 && s->now_at >= a->from && s->now_at < a->until &&
	    !a->is_in_ca_file && !a->is_revoked)
		s->is_due = true;
}

static int
list_authorities(struct status *s, struct err *err)
{
	struct standing *all = NULL;
	json_t *list = json_array();
	uint64_t n_users, n_revoked;
	size_t i, n;

	if (standing_list(&s->c->root, s->now_at, &all, &n, &n_users,
		&n_revoked, &s->is_due, err) < 0) {
		json_decref(list);
		return -1;
	}
	for (i = 0; i < n; i++)
		say_authority(s, &all[i], list);
	cmd_say(s->c, "users", "%llu in the index",
	    (unsigned long long)n_users);
	if (n_revoked != 0)
		cmd_say(s->c, "revoked", "%llu keys, serials and key IDs",
		    (unsigned long long)n_revoked);
	if (s->c->is_json) {
		(void)json_object_set(s->c->out, "authorities", list);
		(void)json_object_set_new(s->c->out, "revoked",
		    json_integer((json_int_t)n_revoked));
	}
	json_decref(list);
	free(all);
	return 0;
}

/* What should have gone back by now does, before anything is reported. */
static void
take_back_overdue(struct status *s)
{
	struct err err = ERR_INIT;
	struct deploy *d;

	if ((d = calloc(1, sizeof(*d))) == NULL)
		return;
	if (deploy_lock(d, s->c, DEPLOY_LEAVE, &err) < 0)
		cmd_warn(s->c, "%s", err.text);
	deploy_close(d);
	free(d);
}

static int
check_pending(struct status *s, struct err *err)
{
	struct pending p;
	char previous[32] = "none";
	int64_t left_s;
	int found = pending_peek(&s->c->root, &p, err);

	if (found == 1 && pending_left_s(&p, &left_s, err) < 0)
		return -1;
	if (found == 1 && left_s == 0) {
		take_back_overdue(s);
		found = pending_peek(&s->c->root, &p, err);
	}
	if (found <= 0)
		return found;
	s->held = p.before;
	if (p.before != 0)
		(void)snprintf(previous, sizeof(previous), "%lu", p.before);
	cmd_say(s->c, "pending",
	    "generation %lu goes back to %s in %lld s unless certgate confirm "
	    "keeps it",
	    p.after, previous, (long long)left_s);
	if (s->c->is_json)
		(void)json_object_set_new(s->c->out, "pending",
		    json_pack("{s:I, s:I, s:I}", "generation",
			(json_int_t)p.after, "previous", (json_int_t)p.before,
			"seconds_left", (json_int_t)left_s));
	return 0;
}

static int
read_config(struct status *s, struct err *err)
{
	struct err why = ERR_INIT;
	const char *path = sshdconf_main(&s->c->root, &why);

	/* Where nothing was applied there need be no sshd. */
	if (path == NULL && s->current == 0 && why.code == ERR_NOT_FOUND)
		return 0;
	if (path == NULL)
		return err_setf(err, why.code, "%s", why.text);
	if ((s->conf = sshdconf_read(&s->c->root, path, err)) == NULL)
		return -1;
	s->is_lost = s->current == 0 && drift_has_ours(s->conf);
	return s->current == 0
	    ? 0
	    : drift_is_unused(&s->c->root, s->conf, &s->is_unused, err);
}

/* Why a generation is kept; before: the one that rollback goes to. */
static const char *
reason_of(const struct status *s, const struct generation_info *g,
    unsigned long before)
{
	if (g->is_current)
		return s->is_unused ? "was current" : "current";
	if (s->held != 0 && g->number == s->held)
		return "what is not confirmed goes back to it";
	if (g->number == before)
		return "certgate rollback goes back to it";
	return g->number > s->current && !s->is_lost
	    ? "newer, before a rollback"
	    : "one of the last";
}

static int
list_generations(struct status *s, struct err *err)
{
	struct generation_info *list = NULL;
	json_t *out = json_array();
	unsigned long before = 0;
	char when[32];
	struct tm tm;
	size_t i, n = 0;
	int ret;

	ret = generation_peek_list(&s->c->root, &list, &n, err);
	for (i = 0; i < n && list[i].number < s->current; i++)
		before = list[i].number;
	for (i = n; i > 0; i--) {
		const struct generation_info *g = &list[i - 1];
		const char *reason = reason_of(s, g, before);

		if (gmtime_r(&g->made_at, &tm) == NULL ||
		    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm) ==
			0)
			(void)snprintf(when, sizeof(when), "%lld",
			    (long long)g->made_at);
		cmd_say(s->c, i == n ? "generations" : "", "%lu, made %s, %s",
		    g->number, when, reason);
		(void)json_array_append_new(out,
		    json_pack("{s:I, s:s, s:b, s:s}", "number",
			(json_int_t)g->number, "made", when, "is_current",
			g->is_current && !s->is_unused, "reason", reason));
	}
	free(list);
	if (s->c->is_json)
		(void)json_object_set(s->c->out, "generations", out);
	json_decref(out);
	return ret;
}

/*
 * What the authorities are and what has drifted: all that can be told, also
 * where a part of it cannot.
 */
static int
say_drift(struct status *s, struct err *err)
{
	struct err why = ERR_INIT, unread = ERR_INIT;
	int looked, listed;

	looked = drift_look(&s->c->root, s->conf, NULL, &s->drift, &why);
	listed = s->is_lost ? 0 : list_authorities(s, &unread);
	/* Who may not read it, or cannot, is not told that it has drifted. */
	if (listed < 0 &&
	    (s->drift.n_items == 0 || unread.code == ERR_SYSTEM))
		return err_setf(err, unread.code, "%s", unread.text);
	cmd_show_drift(s->c, &s->drift);
	if (looked < 0)
		return err_setf(err, why.code, "%s", why.text);
	/* An index that is gone or changed has just been named. */
	if (listed < 0)
		cmd_warn(s->c, "%s", unread.text);
	if (s->has_end)
		cmd_say(s->c, "end",
		    "an authority has 14 days or less; certgate ca list shows "
		    "its keys");
	if (s->is_due)
		cmd_say(s->c, "due", "the authorities' keys as of today; "
				     "certgate apply brings ca.pub up to date");
	if (s->c->is_json)
		(void)json_object_update_new(s->c->out,
		    json_pack("{s:b, s:b}", "has_end", s->has_end, "is_due",
			s->is_due));
	cmd_say(s->c, "state", "%s",
	    s->drift.n_items == 0 ? "in step"
				  : "drifted; certgate apply makes it right");
	return 0;
}

static void
say_current(struct status *s)
{
	if (s->c->is_json)
		(void)json_object_update_new(s->c->out,
		    json_pack("{s:[], s:I, s:b}", "drift", "generation",
			(json_int_t)s->current, "is_in_use",
			s->is_lost || (s->current != 0 && !s->is_unused)));
	if (s->is_lost)
		cmd_say(s->c, "generation",
		    "none is current, so that nobody gets in by certificate");
	else if (s->current == 0)
		cmd_say(s->c, "generation", "none; nothing has been applied");
	else
		cmd_say(s->c, "generation", "%lu %s current", s->current,
		    s->is_unused ? "was" : "is");
}

static int
status(struct status *s, struct err *err)
{
	if (check_pending(s, err) < 0 ||
	    generation_peek(&s->c->root, &s->current, err) < 0)
		return -1;
	if (read_config(s, err) < 0)
		return -1;
	say_current(s);
	if (list_generations(s, err) < 0)
		return -1;
	if (s->is_lost || (s->current != 0 && !s->is_unused))
		return say_drift(s, err);
	if (s->is_unused)
		cmd_say(s->c, "state",
		    "not in use: certgate remove took its directives out; "
		    "certgate apply puts them in again");
	return 0;
}

int
cmd_status(struct cmd *c)
{
	struct status s = { .c = c, .now_at = (int64_t)time(NULL) };
	struct err err = ERR_INIT;
	int ret;

	if (status(&s, &err) < 0)
		ret = cmd_fail(c, &err);
	else
		ret = s.drift.n_items == 0 && !s.has_end && !s.is_due
		    ? CMD_DONE
		    : CMD_DIFFERENCE;
	drift_clear(&s.drift);
	sshdconf_free(s.conf);
	return ret;
}
