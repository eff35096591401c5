#include "config.h"

#include <string.h>

#include "config-gen/compile.h"
#include "config-gen/krl.h"

#define LIST_NAME_MAX 128

/*
 * A list's path is a glob pattern for sshd 10.0 and newer, and a file name:
 * other characters than these go to the helper.
 */
static bool
is_list_name(const char *user)
{
	return user[0] != '.' && policy_is_plain(user, LIST_NAME_MAX);
}

static bool
has_require(const struct policy_authority *a)
{
	return a->max_validity_s != 0 || a->key_id_identity ||
	    a->n_key_ids != 0 || a->n_critical_options != 0 ||
	    a->n_key_types != 0;
}

/* What a list cannot know, sshd's list of CA keys not to the second. */
static bool
has_dates(const struct policy_authority *a)
{
	return a->trust_from != 0 || a->trust_until != INT64_MAX ||
	    a->n_retired != 0;
}

/* Whether all authorities write the same principal for identity. */
static bool
is_same_everywhere(const struct policy *p, const char *identity)
{
	struct span first = { NULL, 0 };
	struct span here;
	size_t i;

	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		if (!policy_authority_covers(a, identity))
			return false;
		here = identity_principal(span_of(identity), a->principals);
		if (i > 0 && !span_equal(first, here))
			return false;
		first = here;
	}
	return true;
}

static const char *
group_needs_helper(const struct policy *p, const struct policy_group *g)
{
	size_t i;

	for (i = 0; i < g->n_members; i++) {
		if (!is_same_everywhere(p, g->members[i].text))
			return "the authorities name its people differently";
	}
	return NULL;
}

/* With `email`, same-name is one principal for each domain. */
static const char *
same_name_needs_helper(const struct policy *p)
{
	size_t i;

	for (i = 0; i < p->n_authorities; i++) {
		if (p->n_authorities > 1 &&
		    p->authorities[i].principals == PRINCIPALS_EMAIL)
			return "the authorities name its people differently";
	}
	return NULL;
}

static const char *
grant_needs_helper(const struct policy *p, const struct policy_grant *g)
{
	const struct policy_terms *terms = &p->terms[g->terms];

	if (terms->n_from != 0)
		return "its rule says `from`";
	if (terms->until != INT64_MAX)
		return "its rule says `until`";
	switch ((enum grant_kind)g->kind) {
	case GRANT_ANY:
		return "its rule says `any`";
	case GRANT_SAME_NAME:
		return same_name_needs_helper(p);
	case GRANT_GROUP:
		return group_needs_helper(p, &p->groups[g->group]);
	case GRANT_IDENTITY:
		return is_same_everywhere(p, g->name.text)
		    ? NULL
		    : "the authorities name its people differently";
	case GRANT_PRINCIPAL:
		break;
	}
	return NULL;
}

/* Principals lines that the rule's list would have. */
static size_t
count_lines(const struct policy *p, const struct policy_rule *r)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < r->n_grants; i++) {
		const struct policy_grant *g = &r->grants[i];

		if (g->kind == GRANT_GROUP)
			n += p->groups[g->group].n_members;
		else if (g->kind == GRANT_SAME_NAME &&
		    p->authorities[0].principals == PRINCIPALS_EMAIL)
			n += p->authorities[0].n_domains;
		else
			n++;
	}
	return n;
}

/* What holds for all rules of a policy alike. */
static const char *
policy_needs_helper(const struct policy *p)
{
	size_t i;

	if (p->n_rules > COMPILE_MAX_LIST_USERS)
		return "the policy has more than 1,000 users";
	if (p->n_denied != 0)
		return "the policy denies identities";
	if (p->n_unlistable != 0)
		return "sshd's list of what is revoked cannot hold all of it";
	if (!krl_has_certificates(p) && p->n_revoked > p->n_revoked_keys)
		return "the policy revokes more than 1,000 serials, key IDs "
		       "and keys";
	for (i = 0; i < p->n_authorities; i++) {
		if (has_dates(&p->authorities[i]))
			return "an authority, or a key of one, has an end";
		if (has_require(&p->authorities[i]))
			return "an authority says `require`";
	}
	return NULL;
}

const char *
compile_needs_helper(const struct policy *p, const struct policy_rule *r)
{
	const char *why;
	size_t i;

	if (strcmp(r->user, "*") == 0)
		return "it stands for every other user";
	if (r->waits)
		return "its list waits for the next apply";
	if ((why = policy_needs_helper(p)) != NULL)
		return why;
	if (!is_list_name(r->user))
		return "its name is no plain file name";
	if (r->scope != 0)
		return "its rule says `authorities`";
	if (count_lines(p, r) > COMPILE_MAX_LIST)
		return "its list would exceed 1,000 lines";
	for (i = 0; i < r->n_grants; i++) {
		if ((why = grant_needs_helper(p, &r->grants[i])) != NULL)
			return why;
	}
	return NULL;
}
