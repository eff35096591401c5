#include "config.h"

#include "config-gen/probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

/* A user whom no machine has: Match blocks for named users do not match. */
#define NOBODY "certgate-probe"

struct answer {
	const char *user;
	const struct sshd_settings *before; /* NULL: not asked */
	struct sshd_settings own;
};

struct probe {
	const struct target *t;
	struct answer *answers;
	size_t n_answers;
};

static bool
can_be_asked(const char *user)
{
	return sshd_can_ask(user) && strcmp(user, "*") != 0 &&
	    strcmp(user, "root") != 0;
}

static int
ask(const struct target *t, const char *user, struct sshd_settings *out,
    struct err *err)
{
	return sshd_effective_user(t->root, t->config, user, out, err);
}

/*
 * Note a user to ask about, and ask about the first ones at once.  Where
 * there is no Match, sshd gives all the same answer: one for all is then
 * what each is held against.
 */
static int
add(struct probe *probe, const char *user, struct err *err)
{
	struct answer *a = &probe->answers[probe->n_answers++];

	a->user = user;
	if (probe->n_answers > 1 && probe->t->conf->n_matches == 1) {
		a->before = &probe->answers[0].own;
		return 0;
	}
	if (probe->n_answers > PROBE_MAX_COMPARED)
		return 0;
	a->before = &a->own;
	return ask(probe->t, user, &a->own, err);
}

/* Every n-th user, so that at most PROBE_MAX_USERS are asked about. */
static int
add_users(struct probe *probe, const struct policy *p, struct err *err)
{
	size_t step = (p->n_rules + PROBE_MAX_USERS - 1) / PROBE_MAX_USERS;
	size_t i;

	for (i = 0; i < p->n_rules; i += step) {
		if (can_be_asked(p->rules[i].user) &&
		    add(probe, p->rules[i].user, err) < 0)
			return -1;
	}
	return 0;
}

struct probe *
probe_new(const struct target *t, const struct policy *p, struct err *err)
{
	struct probe *probe = NULL;
	struct probe *out = NULL;

	if ((probe = calloc(1, sizeof(*probe))) == NULL ||
	    (probe->answers = calloc(
	         PROBE_MAX_USERS + 2, sizeof(*probe->answers))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto done;
	}
	probe->t = t;
	if (add(probe, "root", err) < 0 || add(probe, NOBODY, err) < 0 ||
	    (p != NULL && add_users(probe, p, err) < 0))
		goto done;
	out = probe;
	probe = NULL;
done:
	probe_free(probe);
	return out;
}

size_t
probe_n_users(const struct probe *probe)
{
	return probe->n_answers;
}

const char *
probe_pid_file(const struct probe *probe)
{
	return sshd_setting(&probe->answers[0].own, "pidfile");
}

/* Of the n keywords of ours. */
static bool
is_ours(const char *keyword, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(keyword, target_keywords[i]) == 0)
			return true;
	}
	return false;
}

/*
 * How many of our keywords are ours in one of two answers: the last one may
 * be the administrator's in both, and is then no business of ours.
 */
static size_t
count_ours(const struct sshd_settings *before, const struct sshd_settings *now)
{
	const size_t last = TARGET_N_DIRECTIVES - 1;
	const char *a = sshd_setting(before, target_keywords[last]);
	const char *b = sshd_setting(now, target_keywords[last]);

	if ((a != NULL && strcmp(a, target_values[last]) == 0) ||
	    (b != NULL && strcmp(b, target_values[last]) == 0))
		return TARGET_N_DIRECTIVES;
	return last;
}

/* Name the line that won: one that sets keyword to what sshd now uses. */
static int
fail_lost(struct probe *probe, const char *user, size_t directive,
    const char *value, struct err *err)
{
	const char *keywords[2] = { target_keywords[directive], NULL };
	const struct sshdconf_line *found[8];
	struct sshdconf *now = NULL;
	char winner[200] = "something in sshd's configuration";
	char user_s[64], value_s[128];
	size_t i, n;

	now = sshdconf_read(probe->t->root, probe->t->config, NULL);
	n = now == NULL ? 0 : sshdconf_find(now, keywords, found, 8);
	for (i = 0; i < n && i < 8; i++) {
		if (i == 0 || strcmp(found[i]->rest, value) == 0)
			(void)sshdconf_describe(
			    now, found[i], winner, sizeof(winner));
	}
	(void)err_setf(err, ERR_REFUSED,
	    "for user %s sshd would use %s \"%s\" instead of certgate's: "
	    "%s wins; remove it, or let --replace-conflicts comment it out",
	    escape_text(user_s, sizeof(user_s), user),
	    target_keywords[directive],
	    escape_text(value_s, sizeof(value_s), value), winner);
	sshdconf_free(now);
	return -1;
}

static int
check_ours(struct probe *probe, const char *user,
    const struct sshd_settings *now, struct err *err)
{
	const char *value;
	size_t i;

	for (i = 0; i < probe->t->n_directives; i++) {
		value = sshd_setting(now, target_keywords[i]);
		if (value == NULL || strcmp(value, target_values[i]) != 0)
			return fail_lost(probe, user, i,
			    value == NULL ? "none" : value, err);
	}
	return 0;
}

/* The next setting from *i on that is not ours, or NULL. */
static const struct sshd_setting *
next_foreign(const struct sshd_settings *s, size_t n_ours, size_t *i)
{
	while (*i < s->n_items) {
		const struct sshd_setting *item = &s->items[(*i)++];

		if (!is_ours(item->keyword, n_ours))
			return item;
	}
	return NULL;
}

static int
check_foreign(const char *user, const struct sshd_settings *before,
    const struct sshd_settings *now, struct err *err)
{
	const struct sshd_setting *a, *b;
	size_t n_ours = count_ours(before, now);
	size_t i = 0, k = 0;
	char user_s[64], keyword_s[64];

	for (;;) {
		a = next_foreign(before, n_ours, &i);
		b = next_foreign(now, n_ours, &k);
		if (a == NULL && b == NULL)
			return 0;
		if (a == NULL || b == NULL ||
		    strcmp(a->keyword, b->keyword) != 0 ||
		    strcmp(a->value, b->value) != 0)
			break;
	}
	return err_setf(err, ERR_REFUSED,
	    "for user %s sshd's %s would change, which certgate must not "
	    "touch; please report this",
	    escape_text(user_s, sizeof(user_s), user),
	    escape_text(keyword_s, sizeof(keyword_s),
	        a != NULL ? a->keyword : b->keyword));
}

/* After a removal no value of ours may be left. */
static int
check_gone(const char *user, const struct sshd_settings *now, struct err *err)
{
	const char *value;
	char user_s[64];
	size_t i;

	for (i = 0; i < TARGET_N_DIRECTIVES; i++) {
		value = sshd_setting(now, target_keywords[i]);
		if (value != NULL && strcmp(value, target_values[i]) == 0)
			return err_setf(err, ERR_REFUSED,
			    "for user %s sshd would still use certgate's %s: "
			    "a line outside certgate's own sets it",
			    escape_text(user_s, sizeof(user_s), user),
			    target_keywords[i]);
	}
	return 0;
}

static int
check_answer(struct probe *probe, const struct answer *a, bool is_removal,
    struct err *err)
{
	struct sshd_settings now = { 0 };
	int ret;

	if (ask(probe->t, a->user, &now, err) < 0)
		return -1;
	ret = is_removal ? check_gone(a->user, &now, err)
	                 : check_ours(probe, a->user, &now, err);
	if (ret == 0 && a->before != NULL)
		ret = check_foreign(a->user, a->before, &now, err);
	sshd_settings_clear(&now);
	return ret;
}

int
probe_check(struct probe *probe, bool is_removal, struct err *err)
{
	size_t i;

	for (i = 0; i < probe->n_answers; i++) {
		if (check_answer(
		        probe, &probe->answers[i], is_removal, err) < 0)
			return -1;
	}
	return 0;
}

void
probe_free(struct probe *probe)
{
	size_t i;

	if (probe == NULL)
		return;
	for (i = 0; i < probe->n_answers; i++)
		sshd_settings_clear(&probe->answers[i].own);
	free(probe->answers);
	free(probe);
}
