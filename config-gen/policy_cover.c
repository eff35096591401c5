/* Identities that no authority may vouch for: mostly slips of the pen. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether the authorities of some scope have this domain. */
struct verdict {
	const char *domain;
	uint32_t scope;
	bool is_covered;
};

struct cover {
	struct policy_parse *p;
	bool *covers_all; /* by scope: an authority that names no domains */
	struct verdict *verdicts; /* the last one of each domain */
	size_t n_verdicts, verdicts_room;
	struct name_table by_domain;
};

/* Authority i of the scope, of n. */
static const struct policy_authority *
scope_authority(const struct policy *p, uint32_t scope, size_t i)
{
	const struct policy_scope *s = &p->scopes[scope];

	return &p->authorities[s->n_authorities == 0 ? i : s->authorities[i]];
}

static size_t
scope_size(const struct policy *p, uint32_t scope)
{
	size_t n = p->scopes[scope].n_authorities;

	return n == 0 ? p->n_authorities : n;
}

static bool
scope_covers(const struct policy *p, uint32_t scope, const char *identity)
{
	size_t i;

	for (i = 0; i < scope_size(p, scope); i++) {
		if (policy_authority_covers(
			scope_authority(p, scope, i), identity))
			return true;
	}
	return false;
}

/* scope_covers, which is slow with many domains, asked once per domain. */
static bool
is_covered(struct cover *c, uint32_t scope, const char *identity)
{
	struct name_array domains = { c->verdicts, sizeof(*c->verdicts) };
	const char *at = strrchr(identity, '@');
	struct verdict *v;
	uint32_t number;

	if (c->covers_all[scope] || at == NULL)
		return true;
	number = name_find(&c->by_domain, domains, name_key(at + 1));
	if (number == NAME_NONE) {
		number = (uint32_t)c->n_verdicts;
		if (vector_grow((void **)&c->verdicts, &c->verdicts_room,
			number, sizeof(*c->verdicts)) < 0 ||
		    name_add(&c->by_domain, name_key(at + 1), number) < 0) {
			(void)parse_no_memory(c->p);
			return true;
		}
		c->verdicts[number] =
		    (struct verdict) { at + 1, NAME_NONE, false };
		c->n_verdicts++;
	}
	v = &c->verdicts[number];
	if (v->scope != scope) {
		v->scope = scope;
		v->is_covered = scope_covers(c->p->policy, scope, identity);
	}
	return v->is_covered;
}

/* The identity with the domain that is nearest to its own. */
static struct shown
suggest_identity(
    struct policy_parse *parse, uint32_t scope, const char *identity)
{
	const struct policy *p = parse->policy;
	const char *domain = strrchr(identity, '@') + 1;
	struct words words = WORDS_INIT;
	struct shown s = { "" };
	const char *nearest;
	size_t i, j;

	for (i = 0; i < scope_size(p, scope); i++) {
		const struct policy_authority *a = scope_authority(p, scope, i);

		for (j = 0; j < a->n_domains; j++) {
			if (vector_grow((void **)&words.items, &words.room,
				words.n + 1, sizeof(*words.items)) < 0)
				goto out;
			words.items[words.n++] = a->domains[j];
		}
	}
	words.items[words.n] = NULL;
	if (!may_compare(parse, words.n))
		goto out;
	if ((nearest = diag_nearest(domain, words.items)) != NULL)
		(void)snprintf(s.text, sizeof(s.text),
		    "did you mean \"%.90s%.60s\"?",
		    show_bytes(identity, (size_t)(domain - identity)).text,
		    show(nearest).text);
out:
	words_free(&words);
	return s;
}

static void
report_uncovered(struct cover *c, const struct policy_name *name,
    uint32_t scope, enum diag_level level)
{
	static const char none[] = "no authority of this policy may vouch for "
				   "the domain of";
	static const char none_here[] = "no authority that the rule admits "
					"may vouch for the domain of";
	const struct policy *policy = c->p->policy;
	struct place at = policy_place(policy, name->at);
	struct shown fix = { "" };

	if (!diag_is_full(c->p->report, level))
		fix = suggest_identity(c->p, scope, name->text);
	if (fix.text[0] == '\0')
		(void)snprintf(fix.text, sizeof(fix.text),
		    "add \"%.100s\" to \"domains\" of the right one",
		    show(strrchr(name->text, '@') + 1).text);
	if (level == DIAG_ERROR)
		parse_error(c->p, at, NULL, fix.text, "%s \"%s\"",
		    scope == 0 ? none : none_here, show(name->text).text);
	else
		parse_warning(c->p, at, NULL, fix.text, "%s \"%s\"", none,
		    show(name->text).text);
}

static void
cover_rules(struct cover *c)
{
	const struct policy *policy = c->p->policy;
	size_t i, j;

	for (i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *r = &policy->rules[i];

		for (j = 0; j < r->n_grants; j++) {
			if (r->grants[j].kind == GRANT_IDENTITY &&
			    !is_covered(c, r->scope, r->grants[j].name.text))
				report_uncovered(c, &r->grants[j].name,
				    r->scope, DIAG_ERROR);
		}
	}
}

/* A member that one of n uses (at least one) does not cover. */
static void
cover_member(struct cover *c, const struct policy_name *member,
    const struct group_use *uses, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is_covered(c, uses[i].scope, member->text)) {
			report_uncovered(c, member, uses[i].scope, DIAG_ERROR);
			return;
		}
	}
}

static void
cover_groups(struct cover *c, const struct checks *checks)
{
	const struct policy *policy = c->p->policy;
	size_t use = 0;
	uint32_t group;
	size_t n, i;

	for (group = 0; group < policy->n_groups; group++) {
		const struct policy_group *g = &policy->groups[group];
		/* A group that no rule uses may be of any authority. */
		const struct group_use unused = { group, 0 };
		size_t first = use;

		for (n = 0;
		     use < checks->n_uses && checks->uses[use].group == group;
		     n++)
			use++;
		for (i = 0; i < g->n_members; i++)
			cover_member(c, &g->members[i],
			    n == 0 ? &unused : &checks->uses[first],
			    n == 0 ? 1 : n);
	}
}

void
check_cover(struct policy_parse *p, const struct checks *checks)
{
	const struct policy *policy = p->policy;
	struct cover c = { p, NULL, NULL, 0, 0, NAME_TABLE_INIT };
	uint32_t scope;
	size_t i;

	c.covers_all = calloc(policy->n_scopes, sizeof(*c.covers_all));
	if (c.covers_all == NULL) {
		(void)parse_no_memory(p);
		return;
	}
	for (scope = 0; scope < policy->n_scopes; scope++) {
		for (i = 0; i < scope_size(policy, scope); i++) {
			if (scope_authority(policy, scope, i)->n_domains == 0)
				c.covers_all[scope] = true;
		}
	}
	cover_rules(&c);
	cover_groups(&c, checks);
	for (i = 0; i < policy->n_denied; i++) {
		if (!is_covered(&c, 0, policy->denied[i].text))
			report_uncovered(
			    &c, &policy->denied[i], 0, DIAG_WARNING);
	}
	free(c.covers_all);
	free(c.verdicts);
	name_table_free(&c.by_domain);
}
