/* What no single line shows, checked once every file is read. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include <stdlib.h>
#include <string.h>

static struct place
where(const struct policy_parse *p, struct policy_place at)
{
	return policy_place(p->policy, at);
}

/* --- names that rules mention -------------------------------------------- */

/* For each reference the number of what is called so; allocated, or NULL. */
static uint32_t *
resolve(const struct policy_parse *p, const struct name_table *t,
    struct name_array names)
{
	uint32_t *numbers;
	size_t i;

	if ((numbers = calloc(p->references.n + 1, sizeof(*numbers))) == NULL)
		return NULL;
	for (i = 0; i < p->references.n; i++) {
		const char *name = p->references.items[i];

		numbers[i] = name_find(t, names, name_key(name));
	}
	return numbers;
}

static void
unknown_name(struct policy_parse *p, struct policy_place at, const char *what,
    uint32_t reference, struct name_array names, size_t n_names)
{
	const char *name = p->references.items[reference];

	if (diag_is_full(p->report, DIAG_ERROR))
		parse_error(p, where(p, at), NULL, NULL, "%s", what);
	else
		parse_error(p, where(p, at), NULL,
		    or_null(did_you_mean_in(p, name, names, n_names).text),
		    "there is no %s \"%s\"", what, show(name).text);
}

static int
resolve_authorities(struct policy_parse *p)
{
	struct policy *policy = p->policy;
	struct name_array names = { policy->authorities,
		sizeof(*policy->authorities) };
	uint32_t *numbers = resolve(p, &p->authorities, names);
	size_t i, j, n;

	if (numbers == NULL)
		return parse_no_memory(p);
	for (i = 0; i < p->n_mentions; i++) {
		if (numbers[p->mentions[i].reference] == NAME_NONE)
			unknown_name(p, p->mentions[i].at, "authority",
			    p->mentions[i].reference, names,
			    policy->n_authorities);
	}
	for (i = 0; i < policy->n_scopes; i++) {
		struct policy_scope *s = &policy->scopes[i];

		for (j = n = 0; j < s->n_authorities; j++) {
			if (numbers[s->authorities[j]] != NAME_NONE)
				s->authorities[n++] =
				    numbers[s->authorities[j]];
		}
		s->n_authorities = n;
	}
	free(numbers);
	return 0;
}

static int
resolve_groups(struct policy_parse *p)
{
	struct policy *policy = p->policy;
	struct name_array names = { policy->groups, sizeof(*policy->groups) };
	uint32_t *numbers = resolve(p, &p->groups, names);
	size_t i, j;

	if (numbers == NULL)
		return parse_no_memory(p);
	for (i = 0; i < policy->n_rules; i++) {
		for (j = 0; j < policy->rules[i].n_grants; j++) {
			struct policy_grant *g = &policy->rules[i].grants[j];

			if (g->kind != GRANT_GROUP)
				continue;
			if (numbers[g->group] == NAME_NONE)
				unknown_name(p, g->name.at, "group", g->group,
				    names, policy->n_groups);
			g->group = numbers[g->group];
		}
	}
	free(numbers);
	return 0;
}

/* An identity that is called like a group: that is what was meant. */
static void
check_no_group(struct policy_parse *p, const struct policy_name *name,
    const char *fix)
{
	struct name_array groups = { p->policy->groups,
		sizeof(*p->policy->groups) };

	if (strchr(name->text, '@') != NULL ||
	    name_find(&p->groups, groups, name_key(name->text)) == NAME_NONE)
		return;
	parse_error(p, where(p, name->at),
	    "an identity stands here, and nobody is called so", fix,
	    "\"%s\" is the name of a group", show(name->text).text);
}

static void
check_no_groups(struct policy_parse *p)
{
	const struct policy *policy = p->policy;
	size_t i, j;

	if (policy->n_groups == 0)
		return;
	for (i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *r = &policy->rules[i];

		for (j = 0; j < r->n_grants; j++) {
			if (r->grants[j].kind == GRANT_IDENTITY)
				check_no_group(p, &r->grants[j].name,
				    "write {group: NAME}");
		}
	}
	for (i = 0; i < policy->n_groups; i++) {
		for (j = 0; j < policy->groups[i].n_members; j++)
			check_no_group(p, &policy->groups[i].members[j],
			    "a group holds no groups; name its members");
	}
	for (i = 0; i < policy->n_denied; i++)
		check_no_group(p, &policy->denied[i],
		    "\"deny\" takes no groups; name the members");
}

static int
compare_uses(const void *left, const void *right)
{
	const struct group_use *a = left, *b = right;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	return (a->scope > b->scope) - (a->scope < b->scope);
}

/* Note which groups are used by rules of which scopes. */
static int
collect_uses(struct policy_parse *p, struct checks *c)
{
	const struct policy *policy = p->policy;
	struct group_use use = { NAME_NONE, 0 };
	size_t i, j, n;

	for (i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *r = &policy->rules[i];

		for (j = 0; j < r->n_grants; j++) {
			const struct policy_grant *g = &r->grants[j];

			/* Mostly one rule is like the one before it. */
			if (g->kind != GRANT_GROUP || g->group == NAME_NONE ||
			    (g->group == use.group && r->scope == use.scope))
				continue;
			use = (struct group_use) { g->group, r->scope };
			if (vector_grow((void **)&c->uses, &c->uses_room,
				c->n_uses, sizeof(use)) < 0)
				return parse_no_memory(p);
			c->uses[c->n_uses++] = use;
		}
	}
	if (c->n_uses == 0)
		return 0;
	qsort(c->uses, c->n_uses, sizeof(use), compare_uses);
	for (i = n = 1; i < c->n_uses; i++) {
		if (compare_uses(&c->uses[i], &c->uses[i - 1]) != 0)
			c->uses[n++] = c->uses[i];
	}
	c->n_uses = n;
	return 0;
}

/* --- keys ----------------------------------------------------------------- */

struct key_ref {
	struct pubkey *key;
	struct policy_place at;
	uint32_t authority;
};

static int
compare_blobs(const struct pubkey *a, const struct pubkey *b)
{
	if (a->blob_len != b->blob_len)
		return a->blob_len < b->blob_len ? -1 : 1;
	return memcmp(a->blob, b->blob, a->blob_len);
}

static int
compare_keys(const void *left, const void *right)
{
	const struct key_ref *a = left, *b = right;
	int blobs = compare_blobs(a->key, b->key);

	if (blobs != 0)
		return blobs;
	if (a->authority != b->authority)
		return a->authority < b->authority ? -1 : 1;
	/* Keys of one authority stand in one array. */
	return (a->key > b->key) - (a->key < b->key);
}

static void
report_key(struct policy_parse *p, const struct key_ref *first,
    const struct key_ref *again)
{
	const struct policy *policy = p->policy;
	struct place other = where(p, first->at);

	if (first->authority == again->authority)
		parse_warning(p, where(p, again->at), NULL,
		    "remove one of them",
		    "authority \"%s\" has this key twice, first at %s:%zu",
		    policy->authorities[again->authority].name,
		    show(other.file).text, other.line);
	else
		parse_error(p, where(p, again->at),
		    "nobody could tell whose rules a certificate falls under",
		    "keep one of them",
		    "authority \"%s\" has this key as well, at %s:%zu",
		    policy->authorities[first->authority].name,
		    show(other.file).text, other.line);
}

/* Close the gaps that cleared keys left. */
static void
compact_keys(struct policy_authority *a)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < a->n_keys; i++) {
		if (a->keys[i].blob == NULL)
			continue;
		a->keys[n] = a->keys[i];
		a->key_places[n++] = a->key_places[i];
	}
	a->n_keys = n;
}

static int
check_keys(struct policy_parse *p)
{
	struct policy *policy = p->policy;
	struct key_ref *keys;
	size_t first = 0;
	size_t n = 0;
	size_t i, j;

	for (i = 0; i < policy->n_authorities; i++)
		n += policy->authorities[i].n_keys;
	if ((keys = calloc(n + 1, sizeof(*keys))) == NULL)
		return parse_no_memory(p);
	for (i = n = 0; i < policy->n_authorities; i++) {
		struct policy_authority *a = &policy->authorities[i];

		for (j = 0; j < a->n_keys; j++)
			keys[n++] = (struct key_ref) { &a->keys[j],
				a->key_places[j], (uint32_t)i };
	}
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (i = 1; i < n; i++) {
		if (compare_blobs(keys[i].key, keys[first].key) == 0)
			report_key(p, &keys[first], &keys[i]);
		else
			first = i;
	}
	/* Backwards, so that each is compared with one that is whole. */
	for (i = n; i > 1; i--) {
		if (keys[i - 1].authority == keys[i - 2].authority &&
		    compare_blobs(keys[i - 1].key, keys[i - 2].key) == 0)
			pubkey_clear(keys[i - 1].key);
	}
	for (i = 0; i < policy->n_authorities; i++)
		compact_keys(&policy->authorities[i]);
	free(keys);
	return 0;
}

/* --- authorities ---------------------------------------------------------- */

/* What the rules of one scope make of it. */
struct scope_use {
	bool is_used;
	const struct policy_grant *any;
	const struct policy_grant *same_name;
};

static void
needs_domains(struct policy_parse *p, const struct policy_authority *a,
    const struct policy_grant *g, const char *because)
{
	struct place use = where(p, g->name.at);

	parse_error(p, where(p, a->at), because,
	    "say in \"domains\" for which domains it may vouch",
	    "authority \"%s\" has no \"domains\", but %s:%zu says %s", a->name,
	    show(use.file).text, use.line,
	    g->kind == GRANT_ANY ? "any" : "same-name");
}

/* Check authority a against the rules of one scope that admits it. */
static bool
check_use(struct policy_parse *p, const struct policy_authority *a,
    const struct scope_use *u)
{
	static const char by_key_id[] =
	    "with key_id: identity the key ID's domain decides there";
	static const char by_email[] =
	    "with principals: email the domain decides there who is meant";

	if (a->n_domains != 0)
		return false;
	if (a->key_id_identity && u->any != NULL)
		needs_domains(p, a, u->any, by_key_id);
	else if (a->key_id_identity && u->same_name != NULL)
		needs_domains(p, a, u->same_name, by_key_id);
	else if (a->principals == PRINCIPALS_EMAIL && u->same_name != NULL)
		needs_domains(p, a, u->same_name, by_email);
	else
		return false;
	return true;
}

static struct scope_use *
collect_scope_uses(const struct policy *policy)
{
	struct scope_use *uses;
	size_t i, j;

	if ((uses = calloc(policy->n_scopes, sizeof(*uses))) == NULL)
		return NULL;
	for (i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *r = &policy->rules[i];
		struct scope_use *u = &uses[r->scope];

		u->is_used = true;
		for (j = 0; j < r->n_grants; j++) {
			if (r->grants[j].kind == GRANT_ANY && u->any == NULL)
				u->any = &r->grants[j];
			if (r->grants[j].kind == GRANT_SAME_NAME &&
			    u->same_name == NULL)
				u->same_name = &r->grants[j];
		}
	}
	return uses;
}

enum { IS_USED = 1, IS_REPORTED = 2 };

static int
check_authorities(struct policy_parse *p)
{
	const struct policy *policy = p->policy;
	struct scope_use *uses = collect_scope_uses(policy);
	unsigned char *marks = calloc(policy->n_authorities + 1, 1);
	size_t i, j;

	if (uses == NULL || marks == NULL) {
		free(uses);
		free(marks);
		return parse_no_memory(p);
	}
	for (i = 0; i < policy->n_scopes; i++) {
		const struct policy_scope *s = &policy->scopes[i];
		bool is_all = s->n_authorities == 0;
		size_t n = is_all ? policy->n_authorities : s->n_authorities;

		for (j = 0; uses[i].is_used && j < n; j++) {
			size_t a = is_all ? j : s->authorities[j];

			marks[a] |= IS_USED;
			if ((marks[a] & IS_REPORTED) == 0 &&
			    check_use(p, &policy->authorities[a], &uses[i]))
				marks[a] |= IS_REPORTED;
		}
	}
	for (i = 0; i < policy->n_authorities; i++) {
		if ((marks[i] & IS_USED) == 0 && p->report->n_errors == 0)
			parse_warning(p, where(p, policy->authorities[i].at),
			    NULL,
			    "name it in \"authorities\" of a rule, or "
			    "remove it",
			    "no rule admits authority \"%s\"",
			    policy->authorities[i].name);
	}
	free(uses);
	free(marks);
	return 0;
}

/* Rules all of whose groups are empty. */
static void
check_empty_rules(struct policy_parse *p)
{
	const struct policy *policy = p->policy;
	size_t i, j;

	for (i = 0; i < policy->n_rules; i++) {
		const struct policy_rule *r = &policy->rules[i];

		for (j = 0; j < r->n_grants; j++) {
			if (r->grants[j].kind != GRANT_GROUP ||
			    policy->groups[r->grants[j].group].n_members != 0)
				break;
		}
		if (j == r->n_grants)
			parse_warning(p, where(p, r->at),
			    "all groups that it names are empty", NULL,
			    "the rule of \"%s\" lets nobody in",
			    show(r->user).text);
	}
}

void
check_policy(struct policy_parse *p)
{
	struct checks c = { NULL, 0, 0 };

	if (resolve_authorities(p) < 0 || resolve_groups(p) < 0 ||
	    collect_uses(p, &c) < 0 || check_keys(p) < 0 ||
	    check_trust(p) < 0)
		goto out;
	check_no_groups(p);
	settle_revoked(p);
	/* A broken authority or reference would only lead to more messages. */
	if (!p->has_authority_errors && p->policy->n_authorities != 0 &&
	    check_authorities(p) == 0) {
		check_shadows(p);
		check_cover(p, &c);
		check_collisions(p, &c);
	}
	if (p->report->n_errors == 0)
		check_empty_rules(p);
out:
	free(c.uses);
}
