#include "config.h"

#include "config-gen/admit.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "config-gen/doctor.h"
#include "config-gen/stage.h"
#include "config-gen/wayin.h"

static bool
is_named(const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* Whether --despite names what can be overruled. */
static int
check_despite(const struct cmd *c, struct err *err)
{
	const struct doctor_check *check;
	size_t i;

	for (i = 0; i < c->n_despite; i++) {
		check = doctor_check_by_code(c->despite[i]);
		if (check == NULL || !check->may_be_overruled)
			return err_setf(err, ERR_REFUSED, "--despite: %s",
			    check == NULL
				? "no check has this code; certgate doctor "
				  "--verbose shows them"
				: "this one cannot be overruled; mend what it "
				  "found");
	}
	return 0;
}

static void
show_finding(const struct admit *a, const struct doctor_finding *f)
{
	json_t *list;

	if (!a->c->is_json) {
		doctor_print(f, a->is_plan ? stdout : stderr);
		return;
	}
	list = json_object_get(a->c->out, "in_the_way");
	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(a->c->out, "in_the_way", list);
	}
	(void)json_array_append_new(list, doctor_json(f));
}

static int
ask_doctor(const struct admit *a, struct err *err)
{
	struct doctor_report r;
	size_t i, n = 0;
	int ret;

	ret = doctor_run(a->t, a->edit, a->folder, &r, err);
	for (i = 0; ret == 0 && i < r.n_items; i++) {
		if (!doctor_is_in_the_way(
			&r.items[i], a->c->despite, a->c->n_despite))
			continue;
		if (n++ == 0 && a->is_plan && !a->c->is_json)
			(void)puts("in the way");
		show_finding(a, &r.items[i]);
	}
	if (n > 0)
		ret = err_setf(err, ERR_REFUSED,
		    "%zu thing%s in sshd's set-up %s in the way, as shown; "
		    "certgate doctor lists all it finds",
		    n, n == 1 ? "" : "s", n == 1 ? "stands" : "stand");
	doctor_report_clear(&r);
	return ret;
}

/* What stage_ask passes on. */
struct question {
	const struct admit *a;
	struct wayin *w;
};

static int
ask_after(void *ctx, const char *config, struct err *err)
{
	const struct question *q = ctx;

	return wayin_after(q->w, config, q->a->folder, err);
}

static void
show_person(const struct admit *a, const struct wayin_person *p, json_t *list)
{
	char before[WAYIN_WORDS_SIZE], after[WAYIN_WORDS_SIZE];

	(void)wayin_words(before, p->before);
	(void)wayin_words(after, p->after);
	if (a->c->is_json)
		(void)json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:b}", "user", p->person->name,
			"before", before, "after", after, "lost",
			wayin_is_lost(p)));
	else if (p->before != p->after || a->c->is_verbose)
		(void)printf("  %-16s %s -> %s%s\n", p->person->name, before,
		    after, wayin_is_lost(p) ? ": the last way in" : "");
}

static void
show_ways(const struct admit *a, const struct wayin *w)
{
	json_t *list = NULL;
	size_t i;

	if (a->c->is_json) {
		list = json_array();
		(void)json_object_set_new(a->c->out, "ways_in", list);
	} else {
		(void)puts("ways in for root and administrators");
	}
	for (i = 0; i < w->n_items; i++)
		show_person(a, &w->items[i], list);
}

static int
check_ways(const struct admit *a, const struct wayin *w, struct err *err)
{
	static const char and_more[] = " ...";
	char names[300] = "", before[WAYIN_WORDS_SIZE];
	size_t i, len, n = 0;

	for (i = 0; i < w->n_items; i++) {
		const struct wayin_person *p = &w->items[i];

		if (!wayin_is_lost(p))
			continue;
		(void)wayin_words(before, p->before);
		if (is_named(p->person->name, a->c->allow_lockout,
			a->c->n_allow_lockout)) {
			cmd_warn(a->c,
			    "%s has no way in any more (before: "
			    "%s), as --allow-lockout says",
			    p->person->name, before);
			continue;
		}
		len = strlen(names);
		if (len < 200)
			(void)snprintf(names + len,
			    sizeof(names) - len - strlen(and_more),
			    "%s%.64s (%s)", n == 0 ? "" : ", ", p->person->name,
			    before);
		else if (strstr(names, and_more) == NULL)
			(void)snprintf(
			    names + len, sizeof(names) - len, "%s", and_more);
		n++;
	}
	if (n == 0)
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "the last way in would go for %s; give each of them another (a "
	    "rule in the policy, a key, a password), or say --allow-lockout "
	    "NAME",
	    names);
}

static int
ask_ways(const struct admit *a, struct err *err)
{
	struct wayin w = { 0 };
	struct question q = { a, &w };
	char current[PATH_MAX];
	int ret = -1;

	if (!a->t->has_sshd)
		return 0;
	if (wayin_before(&w, a->t, root_path(a->t->root, current, ROOT_CURRENT),
		err) == 0 &&
	    stage_ask(a->t, a->edit, a->stage, ask_after, &q, err) == 0) {
		if (a->is_plan)
			show_ways(a, &w);
		if (w.is_cut)
			cmd_warn(a->c,
			    "there are more than %d administrators; "
			    "whether the others can still log in "
			    "was not looked at",
			    WAYIN_MAX);
		ret = check_ways(a, &w, err);
	}
	wayin_clear(&w);
	return ret;
}

int
admit_check(const struct admit *a, struct err *err)
{
	struct err later = ERR_INIT;
	int ret;

	if (check_despite(a->c, err) < 0)
		return -1;
	ret = a->is_removal ? 0 : ask_doctor(a, err);
	/* Both are shown: who mends one thing need not find the next. */
	if (ask_ways(a, ret < 0 ? &later : err) < 0) {
		if (ret < 0 && !a->c->is_json)
			(void)fprintf(stderr, "certgate: %s\n", later.text);
		ret = -1;
	}
	return ret;
}
