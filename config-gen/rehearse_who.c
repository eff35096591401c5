/* Who rehearses, and in whose name. */
#include "config.h"

#include "config-gen/rehearse_int.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "config-gen/compile.h"
#include "lib/escape.h"
#include "lib/glob.h"

/* Longer than a rehearsal takes. */
#define REHEARSAL_S 600

/* A directory service may take its time for each. */
#define MAX_LOOK_UPS 1000

static bool
is_denied(const struct policy *p, const char *identity)
{
	size_t i;

	for (i = 0; i < p->n_denied; i++) {
		if (strcmp(p->denied[i].text, identity) == 0)
			return true;
	}
	return false;
}

/* NAME@DOMAIN, where the authority's people have one. */
static void
address_make(const struct policy_authority *a, const char *name, char *out)
{
	if (a->principals == PRINCIPALS_VERBATIM)
		(void)snprintf(out, REHEARSE_ID, "%s", name);
	else
		(void)snprintf(out, REHEARSE_ID, "%s@%s", name,
		    a->n_domains == 0 ? "example.com" : a->domains[0]);
}

/* An identity that grant g names; false where there is none to be used. */
static bool
identity_make(const struct policy *p, const struct policy_grant *g,
    const struct rehearse_subject *s, char *out)
{
	const struct policy_authority *a = &p->authorities[s->authority];
	const char *name = g->name.text;
	size_t i;

	switch ((enum grant_kind)g->kind) {
	case GRANT_ANY:
		address_make(a, "certgate-rehearsal", out);
		return true;
	case GRANT_SAME_NAME:
		address_make(a, s->user, out);
		return !is_denied(p, out);
	case GRANT_GROUP:
		name = NULL;
		for (i = 0; i < p->groups[g->group].n_members; i++) {
			name = p->groups[g->group].members[i].text;
			if (!is_denied(p, name) &&
			    policy_authority_covers(a, name))
				break;
			name = NULL;
		}
		break;
	case GRANT_IDENTITY:
		if (is_denied(p, name) || !policy_authority_covers(a, name))
			name = NULL;
		break;
	case GRANT_PRINCIPAL:
		break;
	}
	return name != NULL && strlen(name) < REHEARSE_ID &&
	    snprintf(out, REHEARSE_ID, "%s", name) > 0;
}

/* A key ID that the authority's `require` takes. */
static void
key_id_make(const struct policy_authority *a, const char *identity, char *out)
{
	size_t i;
	char *to = out;
	const char *glob;

	(void)snprintf(out, REHEARSE_ID, "%s", identity);
	for (i = 0; i < a->n_key_ids; i++) {
		if (glob_match(span_of(a->key_ids[i]), span_of(identity)))
			return;
	}
	if (a->key_id_identity || a->n_key_ids == 0)
		return;
	for (glob = a->key_ids[0]; *glob != '\0' &&
	     to < out + REHEARSE_ID - 1; glob++) {
		if (*glob != '*')
			*to++ = *glob == '?' ? 'x' : *glob;
	}
	*to = '\0';
}

static bool
is_revoked(const struct policy_authority *a, const char *key_id)
{
	size_t i;

	for (i = 0; i < a->n_revoked_ids; i++) {
		if (strcmp(a->revoked_ids[i].text, key_id) == 0)
			return true;
	}
	return false;
}

static bool
grant_fits(const struct policy *p, const struct policy_grant *g,
    struct rehearse_subject *s)
{
	const struct policy_authority *a = &p->authorities[s->authority];
	const struct policy_terms *terms = &p->terms[g->terms];
	char identity[REHEARSE_ID];
	struct span principal;

	/* A rehearsal comes from 127.0.0.1. */
	if (terms->n_from != 0 || terms->until <= (int64_t)time(NULL) ||
	    !identity_make(p, g, s, identity))
		return false;
	principal = g->kind == GRANT_PRINCIPAL
	    ? span_of(identity)
	    : identity_principal(span_of(identity), a->principals);
	(void)snprintf(s->principal, sizeof(s->principal), "%.*s",
	    (int)principal.len, (const char *)principal.p);
	key_id_make(a, identity, s->key_id);
	return !is_revoked(a, s->key_id);
}

/* Whether its trust has begun, and lasts longer than a rehearsal. */
static bool
is_trusted(const struct policy_authority *a)
{
	int64_t now_at = (int64_t)time(NULL);

	return now_at >= a->trust_from &&
	    policy_authority_end(a) > now_at + REHEARSAL_S;
}

/* Find a grant and an authority of s->rule for s->user. */
static bool
subject_fill(const struct policy *p, struct rehearse_subject *s)
{
	size_t i;

	for (s->authority = 0; s->authority < p->n_authorities;
	     s->authority++) {
		if (!policy_rule_admits(p, s->rule, s->authority) ||
		    !is_trusted(&p->authorities[s->authority]))
			continue;
		for (i = 0; i < s->rule->n_grants; i++) {
			if (grant_fits(p, &s->rule->grants[i], s))
				return true;
		}
	}
	return false;
}

static bool
is_unnamed(void *ctx, const char *name)
{
	const struct policy *p = ctx;
	size_t i;

	for (i = 0; i < p->n_rules; i++) {
		if (strcmp(p->rules[i].user, name) == 0)
			return false;
	}
	return policy_is_plain(name, REHEARSE_NAME - 1);
}

/* Somebody of this machine whom only "*" covers. */
static bool
anybody_find(const struct target *t, struct policy *p,
    struct rehearse_subject *s)
{
	uint32_t min = p->min_uid < 0 ? t->compile.uid_min
				      : (uint32_t)p->min_uid;

	s->rule = p->everybody;
	s->is_anybody = true;
	return s->rule != NULL &&
	    account_first(min, is_unnamed, p, s->user, sizeof(s->user),
	        &s->account) &&
	    subject_fill(p, s);
}

int
rehearse_choose(const struct target *t, const struct policy *p,
    size_t mechanism, struct rehearse_subject *s, struct rehearsal *out,
    struct err *err)
{
	struct policy borrowed = *p;
	const char *why = "no user that it serves is on this machine";
	size_t i, n = 0;
	int found;

	out->state = REHEARSE_UNNEEDED;
	for (i = 0; i < p->n_rules && n < MAX_LOOK_UPS; i++) {
		const struct policy_rule *r = &p->rules[i];
		bool is_list = compile_needs_helper(p, r) == NULL;

		if (is_list != (mechanism == REHEARSE_LIST))
			continue;
		out->state = REHEARSE_LEFT_OUT;
		if (!policy_is_plain(r->user, REHEARSE_NAME - 1))
			continue;
		n++;
		found = account_find(t->root, r->user, &s->account, err);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		s->rule = r;
		(void)snprintf(s->user, sizeof(s->user), "%s", r->user);
		if ((s->is_found = subject_fill(p, s)))
			break;
		why = "no entry of its users' can be used now from 127.0.0.1";
	}
	if (!s->is_found && mechanism == REHEARSE_HELPER)
		s->is_found = anybody_find(t, &borrowed, s);
	if (out->state == REHEARSE_UNNEEDED)
		why = "it serves nobody";
	if (s->is_found)
		(void)escape_text(out->user, sizeof(out->user), s->user);
	else
		(void)snprintf(out->text, sizeof(out->text), "%s", why);
	return 0;
}
