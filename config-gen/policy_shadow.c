/*
 * Entries that can never decide, since one before them in their rule fits
 * whatever they fit: whoever wrote `restrict` there believes that it holds.
 *
 * Linear in the policy but for identities that many groups of one rule hold:
 * those are looked for from the side that has fewer.
 */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How the authorities of a scope write identities. */
struct scope_forms {
	bool has_prefix, has_whole; /* some of them */
	bool has_key_id, has_domains;
};

/* A name that an entry of the rule fits, and the entry. */
struct fitted {
	const char *text;
	const struct policy_grant *grant;
};

struct fits {
	struct fitted *items;
	size_t n, room;
	struct name_table table;
};

/* A group that holds a wanted identity. */
struct holder {
	uint32_t wanted, group;
};

struct shadow {
	struct policy_parse *p;
	struct scope_forms *forms; /* by scope */

	/* Identities that stand behind a group, and the groups they are in. */
	struct words wanted;
	struct name_table wanted_table;
	struct holder *holders; /* sorted */
	size_t n_holders, holders_room;

	/* Of the rule that is looked at: what stood in it so far. */
	const struct policy_rule *rule;
	const struct policy_grant *any;
	struct fits principals; /* literal ones */
	struct fits identities; /* the principals that they become */
	const struct policy_grant **groups;
	size_t n_groups, groups_room;
	const struct policy_grant **by_group; /* where rule_of is the rule */
	const struct policy_rule **rule_of;
};

static bool
has_end(const struct policy *policy, const struct policy_grant *g)
{
	return policy->terms[g->terms].until != INT64_MAX;
}

static struct shown
entry_name(const struct policy_grant *g)
{
	static const char *const kinds[] = {
		[GRANT_IDENTITY] = "identity",
		[GRANT_GROUP] = "group",
		[GRANT_PRINCIPAL] = "principal",
		[GRANT_ANY] = "any",
		[GRANT_SAME_NAME] = "same-name",
	};
	struct shown s;

	(void)snprintf(s.text, sizeof(s.text), "%s%s%.150s%s", kinds[g->kind],
	    g->name.text == NULL ? "" : " \"",
	    g->name.text == NULL ? "" : show(g->name.text).text,
	    g->name.text == NULL ? "" : "\"");
	return s;
}

static void
report(struct policy_parse *p, const struct policy_grant *late,
    const struct policy_grant *early)
{
	static const char why[] = "the first that fits decides";
	static const char why_not[] =
	    "the first that fits decides, and what this one says beside the "
	    "name would never hold";
	static const char fix[] = "put it before that one, or remove it";
	struct place at = policy_place(p->policy, late->name.at);
	struct place first = policy_place(p->policy, early->name.at);

	if (late->terms != 0 && late->terms != early->terms)
		parse_error(p, at, why_not, fix,
		    "the entry %s comes too late: %s stands before it, at "
		    "%s:%zu",
		    entry_name(late).text, entry_name(early).text,
		    show(first.file).text, first.line);
	else
		parse_warning(p, at, why, fix,
		    "the entry %s comes too late: %s stands before it, at "
		    "%s:%zu",
		    entry_name(late).text, entry_name(early).text,
		    show(first.file).text, first.line);
}

/* --- what fits by its name ------------------------------------------------ */

static const struct policy_grant *
fits_find(const struct fits *f, const char *text, size_t len)
{
	uint32_t found = name_find(&f->table,
	    (struct name_array) { f->items, sizeof(*f->items) },
	    name_key_bytes(text, len));

	return found == NAME_NONE ? NULL : f->items[found].grant;
}

static int
fits_add(struct policy_parse *p, struct fits *f, const char *text, size_t len,
    const struct policy_grant *g)
{
	if (fits_find(f, text, len) != NULL)
		return 0;
	if (text[len] != '\0' && (text = parse_keep(p, text, len)) == NULL)
		return -1;
	if (vector_grow((void **)&f->items, &f->room, f->n,
		sizeof(*f->items)) < 0 ||
	    name_add(&f->table, name_key_bytes(text, len), (uint32_t)f->n) < 0)
		return parse_no_memory(p);
	f->items[f->n++] = (struct fitted) { text, g };
	return 0;
}

static void
fits_reset(struct fits *f)
{
	f->n = 0;
	name_table_reset(&f->table);
}

/* A literal principal before g that is what g's identity always becomes. */
static const struct policy_grant *
principal_before(const struct shadow *s, const struct policy_grant *g)
{
	const struct scope_forms *forms = &s->forms[s->rule->scope];
	struct span whole = span_of(g->name.text);
	struct span prefix = identity_prefix(whole);
	const struct policy_grant *found = NULL;

	/* A key ID that must be one of the two is not the other. */
	if (s->principals.n == 0 ||
	    (forms->has_key_id && prefix.len != whole.len))
		return NULL;
	if (forms->has_prefix)
		found = fits_find(
		    &s->principals, (const char *)prefix.p, prefix.len);
	if (forms->has_whole && (found != NULL || !forms->has_prefix))
		found = fits_find(&s->principals, g->name.text, whole.len);
	return found;
}

/* Note the principal that g's identity becomes, whoever writes it. */
static int
identity_note(struct shadow *s, const struct policy_grant *g)
{
	const struct scope_forms *forms = &s->forms[s->rule->scope];
	struct span whole = span_of(g->name.text);
	struct span name = identity_prefix(whole);

	if (name.len != whole.len &&
	    (forms->has_key_id || forms->has_domains ||
		(forms->has_prefix && forms->has_whole)))
		return 0;
	if (!forms->has_prefix)
		name = whole;
	return fits_add(s->p, &s->identities, (const char *)name.p, name.len, g);
}

/* --- groups --------------------------------------------------------------- */

static int
compare_holders(const void *left, const void *right)
{
	const struct holder *a = left, *b = right;

	if (a->wanted != b->wanted)
		return a->wanted < b->wanted ? -1 : 1;
	return (a->group > b->group) - (a->group < b->group);
}

/* The identities of r that stand behind a group. */
static int
collect_wanted(struct shadow *s, const struct policy_rule *r)
{
	bool is_behind = false;
	uint32_t i;

	for (i = 0; i < r->n_grants; i++) {
		const struct policy_grant *g = &r->grants[i];
		struct name_key key;

		if (g->kind == GRANT_GROUP)
			is_behind = true;
		if (!is_behind || g->kind != GRANT_IDENTITY)
			continue;
		key = name_key(g->name.text);
		if (name_find(&s->wanted_table, words_array(&s->wanted), key) !=
		    NAME_NONE)
			continue;
		if (name_add(&s->wanted_table, key, (uint32_t)s->wanted.n) < 0)
			return parse_no_memory(s->p);
		if (words_add(s->p, &s->wanted, g->name.text) < 0)
			return -1;
	}
	return 0;
}

static int
collect_holders(struct shadow *s)
{
	const struct policy *policy = s->p->policy;
	size_t i, j;

	for (i = 0; s->wanted.n != 0 && i < policy->n_groups; i++) {
		const struct policy_group *g = &policy->groups[i];

		for (j = 0; j < g->n_members; j++) {
			uint32_t n = name_find(&s->wanted_table,
			    words_array(&s->wanted),
			    name_key(g->members[j].text));

			if (n == NAME_NONE)
				continue;
			if (vector_grow((void **)&s->holders, &s->holders_room,
				s->n_holders, sizeof(*s->holders)) < 0)
				return parse_no_memory(s->p);
			s->holders[s->n_holders++] =
			    (struct holder) { n, (uint32_t)i };
		}
	}
	if (s->n_holders != 0)
		qsort(s->holders, s->n_holders, sizeof(*s->holders),
		    compare_holders);
	return 0;
}

/* The first holder of that wanted identity, or n_holders. */
static size_t
first_holder(const struct shadow *s, uint32_t wanted)
{
	size_t low = 0, high = s->n_holders;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->holders[middle].wanted < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A group before g that holds g's identity. */
static const struct policy_grant *
group_before(const struct shadow *s, const struct policy_grant *g)
{
	struct holder h = { 0, 0 };
	size_t first, i;

	if (s->n_groups == 0 || s->n_holders == 0)
		return NULL;
	h.wanted = name_find(&s->wanted_table, words_array(&s->wanted),
	    name_key(g->name.text));
	first = first_holder(s, h.wanted);
	for (i = first; i < s->n_holders && s->holders[i].wanted == h.wanted &&
	     i - first <= s->n_groups;
	     i++) {
		uint32_t group = s->holders[i].group;

		if (s->rule_of[group] == s->rule)
			return s->by_group[group];
	}
	if (i - first <= s->n_groups)
		return NULL;
	for (i = 0; i < s->n_groups; i++) {
		h.group = s->groups[i]->group;
		if (bsearch(&h, s->holders, s->n_holders, sizeof(h),
			compare_holders) != NULL)
			return s->groups[i];
	}
	return NULL;
}

static int
group_note(struct shadow *s, const struct policy_grant *g)
{
	/* One that is not there was reported. */
	if (g->group == NAME_NONE || s->rule_of[g->group] == s->rule)
		return 0;
	if (vector_grow((void **)&s->groups, &s->groups_room, s->n_groups,
		sizeof(const struct policy_grant *)) < 0)
		return parse_no_memory(s->p);
	s->groups[s->n_groups++] = g;
	s->rule_of[g->group] = s->rule;
	s->by_group[g->group] = g;
	return 0;
}

/* --- rules ---------------------------------------------------------------- */

/* The entry before g that leaves nothing for it; NULL: none. */
static const struct policy_grant *
entry_before(const struct shadow *s, const struct policy_grant *g)
{
	const struct policy_grant *found = NULL;

	/* That it stands twice was said. */
	if (s->any != NULL)
		return g->kind == GRANT_ANY ? NULL : s->any;
	if (g->kind == GRANT_PRINCIPAL)
		return fits_find(
		    &s->identities, g->name.text, strlen(g->name.text));
	if (g->kind == GRANT_IDENTITY &&
	    (found = principal_before(s, g)) == NULL)
		found = group_before(s, g);
	return found;
}

static int
entry_note(struct shadow *s, const struct policy_grant *g)
{
	/* When it has ended, later ones decide. */
	if (has_end(s->p->policy, g))
		return 0;
	if (g->kind == GRANT_GROUP)
		return group_note(s, g);
	if (g->kind == GRANT_IDENTITY)
		return identity_note(s, g);
	if (g->kind == GRANT_PRINCIPAL)
		return fits_add(s->p, &s->principals, g->name.text,
		    strlen(g->name.text), g);
	/* With key_id: identity it does not fit each principal. */
	if (g->kind == GRANT_ANY && !s->forms[s->rule->scope].has_key_id)
		s->any = g;
	return 0;
}

static int
check_rule(struct shadow *s, const struct policy_rule *r)
{
	const struct policy_grant *early;
	uint32_t i;

	s->rule = r;
	s->any = NULL;
	s->n_groups = 0;
	fits_reset(&s->principals);
	fits_reset(&s->identities);
	for (i = 0; i < r->n_grants; i++) {
		if ((early = entry_before(s, &r->grants[i])) != NULL)
			report(s->p, &r->grants[i], early);
		if (entry_note(s, &r->grants[i]) < 0)
			return -1;
	}
	return 0;
}

/* Mostly a rule is a list of identities, of which none hides another. */
static bool
is_mixed(const struct policy_rule *r)
{
	uint32_t i;

	for (i = 0; r->n_grants > 1 && i < r->n_grants; i++) {
		if (r->grants[i].kind != GRANT_IDENTITY)
			return true;
	}
	return false;
}

static void
collect_forms(struct shadow *s)
{
	const struct policy *policy = s->p->policy;
	size_t i, j;

	for (i = 0; i < policy->n_scopes; i++) {
		const struct policy_scope *scope = &policy->scopes[i];
		struct scope_forms *f = &s->forms[i];
		bool is_all = scope->n_authorities == 0;
		size_t n =
		    is_all ? policy->n_authorities : scope->n_authorities;

		for (j = 0; j < n; j++) {
			const struct policy_authority *a =
			    &policy->authorities[is_all
				    ? j
				    : scope->authorities[j]];

			if (a->principals == PRINCIPALS_EMAIL_PREFIX)
				f->has_prefix = true;
			else
				f->has_whole = true;
			f->has_key_id |= a->key_id_identity;
			f->has_domains |= a->n_domains != 0;
		}
	}
}

void
check_shadows(struct policy_parse *p)
{
	const struct policy *policy = p->policy;
	struct shadow s = { .p = p };
	size_t i;

	s.forms = calloc(policy->n_scopes, sizeof(*s.forms));
	s.by_group = calloc(
	    policy->n_groups + 1, sizeof(const struct policy_grant *));
	s.rule_of =
	    calloc(policy->n_groups + 1, sizeof(const struct policy_rule *));
	if (s.forms == NULL || s.by_group == NULL || s.rule_of == NULL) {
		(void)parse_no_memory(p);
		goto out;
	}
	collect_forms(&s);
	for (i = 0; i < policy->n_rules; i++) {
		if (is_mixed(&policy->rules[i]) &&
		    collect_wanted(&s, &policy->rules[i]) < 0)
			goto out;
	}
	if (collect_holders(&s) < 0)
		goto out;
	for (i = 0; i < policy->n_rules; i++) {
		if (is_mixed(&policy->rules[i]) &&
		    check_rule(&s, &policy->rules[i]) < 0)
			goto out;
	}
out:
	free(s.forms);
	free(s.by_group);
	free(s.rule_of);
	free(s.groups);
	free(s.holders);
	words_free(&s.wanted);
	name_table_free(&s.wanted_table);
	free(s.principals.items);
	name_table_free(&s.principals.table);
	free(s.identities.items);
	name_table_free(&s.identities.table);
}
