#include "config.h"

#include "config-gen/reach.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "lib/file.h"

/* One question. */
struct search {
	struct index *x;
	const struct index_rule *rule;
	int64_t now_at;
	struct err *err;
};

int
reach_open(struct reach *r, const char *folder, struct err *err)
{
	char path[PATH_MAX];

	memset(r, 0, sizeof(*r));
	r->fd = -1;
	r->is_empty = true;
	if (folder == NULL)
		return 0;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder,
		COMPILE_INDEX) >= sizeof(path))
		return err_setf(err, ERR_LIMIT, "name too long");
	if (access(path, F_OK) < 0)
		return 0;
	r->fd = file_open(path, FILE_ROOTS, UINT32_MAX, NULL, err);
	if (r->fd < 0)
		return -1;
	if (index_open(&r->index, r->fd, err) < 0) {
		(void)close(r->fd);
		r->fd = -1;
		return -1;
	}
	r->is_empty = false;
	return 0;
}

void
reach_close(struct reach *r)
{
	if (!r->is_empty)
		index_close(&r->index);
	if (r->fd >= 0)
		(void)close(r->fd);
	r->fd = -1;
	r->is_empty = true;
}

/* As lib/decide finds it. */
static int
find_rule(struct reach *r, const struct person *p, struct index_rule *rule,
    struct err *err)
{
	int found = 0;

	if (r->is_empty)
		return 0;
	if (strcmp(p->name, "*") != 0)
		found = index_rule(&r->index, span_of(p->name), rule, err);
	if (found == 0 && p->uid != 0 && p->uid >= r->index.min_uid)
		found = index_rule(&r->index, span_of("*"), rule, err);
	return found;
}

int
reach_covers(struct reach *r, const struct person *p, struct err *err)
{
	struct index_rule rule;

	return find_rule(r, p, &rule, err);
}

static bool
is_in_domains(const struct index_authority *a, struct span identity)
{
	struct span domain = identity_domain(identity);
	struct span list = a->domains, one;

	if (a->domains.len == 0 || domain.p == NULL)
		return true;
	while (wire_get_string(&list, &one) == 0) {
		if (span_equal(one, domain))
			return true;
	}
	return false;
}

static bool
is_admitted(const struct search *s, uint32_t number)
{
	struct span list = s->rule->authorities;
	uint32_t admitted;

	if (!s->rule->has_authorities)
		return true;
	while (wire_get_u32(&list, &admitted) == 0) {
		if (admitted == number)
			return true;
	}
	return false;
}

/* Whether the authority is trusted now, and has a key left. */
static bool
is_in_force(const struct search *s, const struct index_authority *a)
{
	return !a->is_revoked && s->now_at >= a->trust_from &&
	    (a->keys_until == 0 || s->now_at < a->keys_until);
}

/* Whether any authority that the rule admits is.  1, 0, -1: broken. */
static int
has_authority(struct search *s)
{
	struct index_authority a;
	uint32_t i;
	int found;

	for (i = 0; i < s->x->n_authorities; i++) {
		found = index_authority_by_number(s->x, i, &a, s->err);
		if (found < 0)
			return -1;
		if (found == 1 && is_admitted(s, i) && is_in_force(s, &a))
			return 1;
	}
	return 0;
}

/* Whether identity is not denied, and some authority may vouch for it. */
static int
is_open(struct search *s, struct span identity)
{
	struct index_authority a;
	struct span value;
	uint32_t i;
	int found;

	found =
	    index_member(s->x, INDEX_SET_DENY, 'i', identity, &value, s->err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	for (i = 0; i < s->x->n_authorities; i++) {
		if (!is_admitted(s, i))
			continue;
		found = index_authority_by_number(s->x, i, &a, s->err);
		if (found < 0)
			return -1;
		if (found == 1 && is_in_force(s, &a) &&
		    is_in_domains(&a, identity))
			return 1;
	}
	return 0;
}

static bool
has_current(const struct search *s, struct span grants)
{
	struct index_grant g;

	while (index_grant_next(&grants, &g) == 1) {
		if (s->now_at < g.until)
			return true;
	}
	return false;
}

/*
 * Whether a set names somebody.  Only asked where nothing else in a rule
 * lets anybody in; ends at the first who does.
 */
static int
is_set_open(struct search *s, uint32_t set, bool has_grants)
{
	struct span key, value;
	unsigned int cursor = 0;
	uint32_t number;
	char kind;
	int more;

	while ((more = index_walk(s->x, &cursor, &key, &value, s->err)) == 1) {
		if (key.len < 6 || key.p[0] != 's')
			continue;
		key.p++;
		key.len--;
		if (wire_get_u32(&key, &number) < 0 || number != set)
			continue;
		kind = (char)key.p[0];
		key.p++;
		key.len--;
		if (kind == 'p' || (has_grants && !has_current(s, value)))
			continue;
		more = kind == 'l' ? has_authority(s) : is_open(s, key);
		if (more != 0)
			return more;
	}
	return more;
}

static int
is_grant_open(struct search *s, const struct index_grant *g)
{
	if (s->now_at >= g->until)
		return 0;
	if (g->kind == GRANT_PRINCIPAL || g->kind == GRANT_ANY ||
	    g->kind == GRANT_SAME_NAME)
		return has_authority(s);
	switch (g->kind) {
	case GRANT_IDENTITY:
		return is_open(s, g->text);
	case GRANT_GROUP:
		return is_set_open(s, g->set, false);
	case GRANT_PRINCIPAL:
	case GRANT_ANY:
	case GRANT_SAME_NAME:
		break;
	}
	return 0;
}

/* Groups last: they are the dear ones. */
static int
is_rule_open(struct search *s, bool with_groups)
{
	struct span grants = s->rule->grants;
	struct index_grant g;
	int more, is;

	while ((more = index_grant_next(&grants, &g)) == 1) {
		if ((g.kind == GRANT_GROUP) != with_groups)
			continue;
		if ((is = is_grant_open(s, &g)) != 0)
			return is;
	}
	if (more < 0)
		return err_setf(
		    s->err, ERR_MALFORMED, "the policy index is damaged");
	return 0;
}

int
reach_person(
    struct reach *r, const struct person *p, int64_t now_at, struct err *err)
{
	struct index_rule rule;
	struct search s = { &r->index, &rule, now_at, err };
	int found = find_rule(r, p, &rule, err);

	if (found != 1)
		return found;
	if ((found = is_rule_open(&s, false)) == 0)
		found = is_rule_open(&s, true);
	if (found == 0 && rule.set != 0)
		found = is_set_open(&s, rule.set, true);
	return found;
}
