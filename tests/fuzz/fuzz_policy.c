/*
 * policy: what loads without an error holds what policy.h promises, what is
 * refused says why in plain text, and a second time is like the first.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/krl.h"
#include "config-gen/policy.h"
#include "config-gen/policy_parse.h"
#include "lib/principal.h"
#include "tests/fuzz/scratch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
check_place(const struct policy *p, struct policy_place at)
{
	require(at.file < p->n_files && at.line != 0);
}

static void
check_name(const struct policy *p, const struct policy_name *name)
{
	check_place(p, name->at);
	require(principal_refusal(span_of(name->text)) == NULL);
	require(char_judge(name->text, strlen(name->text)) != CHAR_UNSEEN);
}

static bool
is_covered(
    const struct policy *p, const struct policy_rule *r, const char *identity)
{
	size_t i;

	for (i = 0; i < p->n_authorities; i++) {
		if (policy_rule_admits(p, r, i) &&
		    policy_authority_covers(&p->authorities[i], identity))
			return true;
	}
	return false;
}

static void
check_terms(const struct policy_terms *t)
{
	require(t->until > 0);
	require(t->options == NULL ||
	    principal_options_refusal(span_of(t->options)) == NULL);
}

static void
check_grant(const struct policy *p, const struct policy_rule *r,
    const struct policy_grant *g)
{
	size_t i;

	check_place(p, g->name.at);
	require(g->terms < p->n_terms);
	check_terms(&p->terms[g->terms]);
	switch ((enum grant_kind)g->kind) {
	case GRANT_IDENTITY:
		check_name(p, &g->name);
		require(is_covered(p, r, g->name.text));
		return;
	case GRANT_PRINCIPAL:
		check_name(p, &g->name);
		return;
	case GRANT_GROUP:
		require(g->group < p->n_groups);
		require(strcmp(p->groups[g->group].name, g->name.text) == 0);
		for (i = 0; i < p->groups[g->group].n_members; i++)
			require(is_covered(
			    p, r, p->groups[g->group].members[i].text));
		return;
	case GRANT_ANY:
	case GRANT_SAME_NAME:
		require(g->name.text == NULL);
		return;
	}
	abort();
}

static void
check_rules(const struct policy *p)
{
	bool has_everybody = false;
	size_t i, j;

	require(p->n_rules > 0 && p->n_terms > 0 && p->n_scopes > 0);
	for (i = 0; i < p->n_rules; i++) {
		const struct policy_rule *r = &p->rules[i];

		require(char_judge(r->user, strlen(r->user)) != CHAR_UNSEEN);
		check_place(p, r->at);
		require(r->user[0] != '\0' && strpbrk(r->user, "/: ") == NULL);
		require(r->n_grants > 0 && r->scope < p->n_scopes);
		for (j = 0; j < r->n_grants; j++)
			check_grant(p, r, &r->grants[j]);
		for (j = 0; j < i && i < 100; j++)
			require(strcmp(r->user, p->rules[j].user) != 0);
		if (strcmp(r->user, "*") == 0) {
			require(p->everybody == r);
			has_everybody = true;
		}
	}
	require(has_everybody || (p->everybody == NULL && p->min_uid == -1));
	for (i = 0; i < p->n_scopes; i++) {
		for (j = 0; j < p->scopes[i].n_authorities; j++)
			require(p->scopes[i].authorities[j] < p->n_authorities);
	}
}

/* Serials are in order, each in one range; all is counted. */
static void
check_revoked(const struct policy *p)
{
	size_t i, j, n = p->n_revoked_keys, n_unlistable = 0;

	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];
		const struct policy_serials *s = a->revoked_serials;

		n += a->n_revoked_serials + a->n_revoked_ids;
		for (j = 0; j < a->n_revoked_serials; j++) {
			check_place(p, s[j].at);
			require(s[j].first <= s[j].last);
			require(j == 0 || s[j - 1].last < s[j].first);
			n_unlistable +=
			    s[j].first == 0 || !krl_can_list_serials(a);
		}
		for (j = 0; j < a->n_revoked_ids; j++) {
			check_place(p, a->revoked_ids[j].at);
			require(a->revoked_ids[j].text[0] != '\0');
			n_unlistable += !krl_can_list(a->revoked_ids[j].text);
		}
		for (j = 0; j < a->n_keys; j++)
			require(p->n_revoked_keys != 0 ||
			    !policy_key_is_revoked(p, &a->keys[j]));
	}
	for (i = 0; i < p->n_revoked_keys; i++) {
		check_place(p, p->revoked_keys[i].at);
		require(strchr(p->revoked_keys[i].text, ' ') != NULL);
	}
	require(n == p->n_revoked && n_unlistable == p->n_unlistable);
}

static void
check_all(const struct policy *p)
{
	size_t i, j;

	require(p->n_authorities > 0);
	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		check_place(p, a->at);
		require(a->n_keys > 0);
		for (j = 0; j < a->n_keys; j++)
			require(pubkey_is_ca_type(&a->keys[j]));
	}
	for (i = 0; i < p->n_groups; i++) {
		check_place(p, p->groups[i].at);
		for (j = 0; j < p->groups[i].n_members; j++)
			check_name(p, &p->groups[i].members[j]);
	}
	for (i = 0; i < p->n_denied; i++)
		check_name(p, &p->denied[i]);
	check_revoked(p);
	check_rules(p);
}

/*
 * Everything that is said, which must be plain text.  Absolute names are
 * looked for in the policy's own folder.
 */
static char *
load(struct policy **p)
{
	struct diag_report r = DIAG_REPORT_INIT;
	char *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	*p = policy_load(scratch_path("policy.yaml"), scratch_folder(),
	    POLICY_MAX_BYTES, &r);
	require(f != NULL && !r.has_failed);
	require((*p == NULL) == (r.n_errors != 0));
	diag_print(&r, f, false);
	require(fclose(f) == 0);
	for (i = 0; i < len; i++)
		require(text[i] == '\n' || text[i] == '\t' ||
		    (text[i] >= ' ' && text[i] <= '~'));
	require((*p == NULL) <= (len != 0));
	diag_free(&r);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *p, *again;
	char *said, *said_again;

	scratch_put("policy.yaml", data, size);
	said = load(&p);
	said_again = load(&again);
	require(strcmp(said, said_again) == 0);
	require((p == NULL) == (again == NULL));
	if (p != NULL) {
		check_all(p);
		require(p->n_rules == again->n_rules &&
		    p->n_groups == again->n_groups &&
		    p->n_terms == again->n_terms &&
		    p->n_revoked == again->n_revoked &&
		    p->n_scopes == again->n_scopes);
	}
	policy_free(p);
	policy_free(again);
	free(said);
	free(said_again);
	return 0;
}
