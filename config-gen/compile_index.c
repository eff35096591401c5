#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "config-gen/progress.h"
#include "lib/base64.h"
#include "lib/indexmake.h"
#include "lib/revokedmake.h"

/*
 * Up to so many identities and principals stand in the rule's own record;
 * more become a set, one record each, so that a login never reads a long
 * list.
 */
#define MAX_INLINE 16

/* Users whose records are written at once. */
#define SHORT_LIST 20000

/* An index of policy under way. */
struct writer {
	const struct policy *p;
	struct index_make *m;
	bool has_prefixes; /* some authority uses email-prefix */
	uint32_t n_sets;
	struct wire grants, value, list; /* scratch, kept for its memory */
	bool has_failed; /* out of memory */
};

/* Which text of a set stands where; sorted to bring equal keys together. */
struct member {
	struct span key;
	uint32_t at; /* index of the identity or grant */
};

static int
compare_members(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	size_t len = x->key.len < y->key.len ? x->key.len : y->key.len;
	int r = memcmp(x->key.p, y->key.p, len);

	if (r != 0)
		return r;
	if (x->key.len != y->key.len)
		return x->key.len < y->key.len ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static void
sort_members(struct member *members, size_t n)
{
	size_t i;

	for (i = 1; i < n; i++) {
		if (compare_members(&members[i - 1], &members[i]) > 0) {
			qsort(members, n, sizeof(*members), compare_members);
			return;
		}
	}
}

/* Pack a list of strings into out. */
static struct span
pack(struct wire *out, const char *const *texts, size_t n)
{
	size_t i;

	wire_reset(out);
	for (i = 0; i < n; i++)
		wire_put_text(out, texts[i]);
	return wire_span(out);
}

/* An end as the index has it. */
static int64_t
end_of(int64_t until)
{
	return until == INT64_MAX ? 0 : until;
}

/* Whether all keys of the authority are. */
static bool
is_revoked(const struct policy *p, const struct policy_authority *a)
{
	size_t i;

	for (i = 0; i < a->n_keys; i++) {
		if (!policy_key_is_revoked(p, &a->keys[i]))
			return false;
	}
	return true;
}

/*
 * When the last of its keys goes.  One that is revoked lets nobody in and is
 * waited for no more; where all are, as if none was.
 */
static int64_t
keys_end(const struct policy *p, const struct policy_authority *a)
{
	int64_t end = 0;
	size_t i;

	for (i = 0; i < a->n_keys; i++) {
		if (!policy_key_is_revoked(p, &a->keys[i]) &&
		    policy_key_end(a, i) > end)
			end = policy_key_end(a, i);
	}
	return end == 0 ? policy_authority_end(a) : end;
}

/* Of the revoked serials, those that stand alone. */
static size_t
count_singles(const struct policy_authority *a)
{
	size_t i, n = 0;

	for (i = 0; i < a->n_revoked_serials; i++)
		n += a->revoked_serials[i].first ==
		    a->revoked_serials[i].last;
	return n;
}

static void
write_authority(struct writer *w, uint32_t number)
{
	const struct policy_authority *a = &w->p->authorities[number];
	struct wire domains = WIRE_INIT, key_ids = WIRE_INIT;
	struct wire options = WIRE_INIT, types = WIRE_INIT;
	struct index_authority record = { 0 };
	size_t i, n_singles = count_singles(a);

	record.number = number;
	record.name = span_of(a->name);
	record.principals = a->principals;
	record.key_id_identity = a->key_id_identity;
	record.max_validity_s = a->max_validity_s;
	record.trust_from = a->trust_from;
	record.trust_until = end_of(a->trust_until);
	record.keys_until = end_of(keys_end(w->p, a));
	record.domains = pack(&domains, a->domains, a->n_domains);
	record.key_ids = pack(&key_ids, a->key_ids, a->n_key_ids);
	record.critical_options =
	    pack(&options, a->critical_options, a->n_critical_options);
	record.key_types = pack(&types, a->key_types, a->n_key_types);
	record.file = a->at.file;
	record.line = a->at.line;
	record.is_revoked = is_revoked(w->p, a);
	record.n_serial_buckets = revoked_n_buckets(n_singles);
	record.n_range_levels =
	    revoked_n_levels(a->n_revoked_serials - n_singles);
	record.n_id_buckets = revoked_n_buckets(a->n_revoked_ids);
	if (domains.has_failed || key_ids.has_failed || options.has_failed ||
	    types.has_failed)
		w->has_failed = true;
	else
		index_make_authority(w->m, &record);
	wire_free(&domains);
	wire_free(&key_ids);
	wire_free(&options);
	wire_free(&types);

	for (i = 0; i < a->n_keys; i++)
		index_make_key(w->m,
		    (struct span) { a->keys[i].blob, a->keys[i].blob_len },
		    number,
		    a->key_until == NULL ? 0 : end_of(a->key_until[i]));
}

/*
 * Write what email-prefix makes of a set's identities: for each prefix the
 * identities that it may stand for.  members[].key is the whole identity.
 */
static void
write_prefixes(
    struct writer *w, uint32_t set, struct member *members, size_t n)
{
	struct span *wholes;
	size_t i, n_addresses = 0;

	if (!w->has_prefixes || n == 0)
		return;
	if ((wholes = calloc(n, sizeof(*wholes))) == NULL) {
		w->has_failed = true;
		return;
	}
	for (i = 0; i < n; i++) {
		if (identity_domain(members[i].key).p == NULL)
			continue;
		wholes[n_addresses] = members[i].key;
		members[n_addresses].key = identity_prefix(members[i].key);
		members[n_addresses].at = (uint32_t)n_addresses;
		n_addresses++;
	}
	sort_members(members, n_addresses);
	wire_reset(&w->list);
	for (i = 0; i < n_addresses; i++) {
		wire_put_string(&w->list, wholes[members[i].at]);
		if (i + 1 < n_addresses &&
		    span_equal(members[i].key, members[i + 1].key))
			continue;
		w->has_failed = w->has_failed || w->list.has_failed;
		index_make_member(w->m, set, 'p', members[i].key,
		    wire_span(&w->list));
		wire_reset(&w->list);
	}
	free(wholes);
}

/*
 * Groups and denied people: a set of identities without terms.  The place
 * of a denied one is kept, as one grant.
 */
static void
write_identities(struct writer *w, uint32_t set,
    const struct policy_name *names, size_t n)
{
	struct index_grant g = { .kind = GRANT_IDENTITY, .until = INT64_MAX };
	struct member *members;
	size_t i;

	if (n == 0)
		return;
	if ((members = calloc(n, sizeof(*members))) == NULL) {
		w->has_failed = true;
		return;
	}
	for (i = 0; i < n; i++) {
		members[i].key = span_of(names[i].text);
		members[i].at = (uint32_t)i;
		wire_reset(&w->value);
		if (set == INDEX_SET_DENY) {
			g.file = names[i].at.file;
			g.line = names[i].at.line;
			g.text = members[i].key;
			index_put_grant(&w->value, &g);
		}
		w->has_failed = w->has_failed || w->value.has_failed;
		index_make_member(w->m, set, 'i', members[i].key,
		    wire_span(&w->value));
	}
	write_prefixes(w, set, members, n);
	free(members);
}

static void
put_grant(struct writer *w, struct wire *out, const struct policy_rule *r,
    size_t ordinal)
{
	const struct policy_grant *from = &r->grants[ordinal];
	const struct policy_terms *terms = &w->p->terms[from->terms];
	struct index_grant g = { 0 };

	g.kind = (enum grant_kind)from->kind;
	g.ordinal = (uint32_t)ordinal;
	g.file = from->name.at.file;
	g.line = from->name.at.line;
	g.until = terms->until;
	if (terms->options != NULL)
		g.options = span_of(terms->options);
	if (terms->n_from != 0)
		g.from = pack(&w->list, terms->from, terms->n_from);
	if (from->name.text != NULL)
		g.text = span_of(from->name.text);
	/* Set 0 is the denied; groups follow it in the policy's order. */
	g.set = from->group + 1;
	index_put_grant(out, &g);
	w->has_failed = w->has_failed || w->list.has_failed;
}

/* A large rule's identities, or its literal principals, as a set. */
static void
write_rule_set(struct writer *w, uint32_t set, const struct policy_rule *r,
    enum grant_kind kind)
{
	struct member *members;
	size_t i, n = 0, n_distinct = 0;

	if ((members = calloc(r->n_grants, sizeof(*members))) == NULL) {
		w->has_failed = true;
		return;
	}
	for (i = 0; i < r->n_grants; i++) {
		if (r->grants[i].kind != kind)
			continue;
		members[n].key = span_of(r->grants[i].name.text);
		members[n++].at = (uint32_t)i;
	}
	sort_members(members, n);
	wire_reset(&w->value);
	for (i = 0; i < n; i++) {
		put_grant(w, &w->value, r, members[i].at);
		if (i + 1 < n && span_equal(members[i].key, members[i + 1].key))
			continue;
		w->has_failed = w->has_failed || w->value.has_failed;
		index_make_member(w->m, set,
		    kind == GRANT_PRINCIPAL ? 'l' : 'i', members[i].key,
		    wire_span(&w->value));
		members[n_distinct++] = members[i];
		wire_reset(&w->value);
	}
	if (kind == GRANT_IDENTITY)
		write_prefixes(w, set, members, n_distinct);
	free(members);
}

static bool
is_named(const struct policy_grant *g)
{
	return g->kind == GRANT_IDENTITY || g->kind == GRANT_PRINCIPAL;
}

static void
write_rule(struct writer *w, const struct policy_rule *r)
{
	const struct policy_scope *scope = &w->p->scopes[r->scope];
	struct wire admitted = WIRE_INIT;
	struct index_rule record = { 0 };
	size_t i, n_named = 0;

	for (i = 0; i < r->n_grants; i++)
		n_named += is_named(&r->grants[i]) ? 1 : 0;
	record.file = r->at.file;
	record.line = r->at.line;
	record.set = n_named > MAX_INLINE ? ++w->n_sets : 0;
	record.is_dangerous = r->is_dangerous;
	record.has_authorities = r->scope != 0;
	for (i = 0; i < scope->n_authorities; i++)
		wire_put_u32(&admitted, scope->authorities[i]);
	record.authorities = wire_span(&admitted);

	wire_reset(&w->grants);
	for (i = 0; i < r->n_grants; i++) {
		if (record.set == 0 || !is_named(&r->grants[i]))
			put_grant(w, &w->grants, r, i);
	}
	if (w->grants.has_failed || admitted.has_failed)
		w->has_failed = true;
	else
		index_make_rule(
		    w->m, r->user, &record, wire_span(&w->grants));
	wire_free(&admitted);
	if (record.set == 0)
		return;
	index_make_set_name(w->m, record.set, "user", r->user);
	write_rule_set(w, record.set, r, GRANT_IDENTITY);
	write_rule_set(w, record.set, r, GRANT_PRINCIPAL);
}

/* Under its whole name, wherever certgate was started. */
static void
write_file(struct writer *w, size_t number)
{
	const char *name = w->p->files[number];
	char here[PATH_MAX];
	char *path = NULL;

	if (name[0] != '/' && getcwd(here, sizeof(here)) != NULL) {
		while (strncmp(name, "./", 2) == 0)
			name += 2 + strspn(name + 2, "/");
		if (asprintf(&path, "%s/%s", strcmp(here, "/") == 0 ? "" : here,
		        name) < 0) {
			path = NULL;
			w->has_failed = true;
		}
	}
	index_make_file(
	    w->m, (uint32_t)number, path != NULL ? path : name);
	free(path);
}

static void
write_revoked_serials(
    struct writer *w, uint32_t number, const struct policy_authority *a)
{
	struct revoked_range *ranges;
	size_t i, n = a->n_revoked_serials;

	if (n == 0)
		return;
	if ((ranges = calloc(n, sizeof(*ranges))) == NULL) {
		w->has_failed = true;
		return;
	}
	for (i = 0; i < n; i++) {
		const struct policy_serials *s = &a->revoked_serials[i];

		ranges[i] = (struct revoked_range) { s->first, s->last,
			s->at.file, s->at.line };
	}
	revoked_make_serials(w->m, number, ranges, n);
	free(ranges);
}

static void
write_revoked_ids(
    struct writer *w, uint32_t number, const struct policy_authority *a)
{
	struct revoked_item *items;
	size_t i, n = a->n_revoked_ids;

	if (n == 0)
		return;
	if ((items = calloc(n, sizeof(*items))) == NULL) {
		w->has_failed = true;
		return;
	}
	for (i = 0; i < n; i++) {
		const struct policy_name *id = &a->revoked_ids[i];

		items[i].text = span_of(id->text);
		items[i].file = id->at.file;
		items[i].line = id->at.line;
	}
	revoked_make_key_ids(w->m, number, items, n);
	free(items);
}

/* The keys' blobs, one after the other: memory that items point into. */
static int
decode_keys(const struct policy *p, struct revoked_item *items,
    unsigned char *blobs)
{
	const char *base64;
	size_t i;
	long len;

	for (i = 0; i < p->n_revoked_keys; i++) {
		const struct policy_name *key = &p->revoked_keys[i];

		base64 = strchr(key->text, ' ') + 1;
		if ((len = base64_decode(blobs, base64, strlen(base64))) < 0)
			return -1;
		items[i].text = (struct span) { blobs, (size_t)len };
		items[i].file = key->at.file;
		items[i].line = key->at.line;
		blobs += len;
	}
	return 0;
}

static void
write_revoked_keys(struct writer *w)
{
	const struct policy *p = w->p;
	size_t i, size = 0, n = p->n_revoked_keys;
	struct revoked_item *items;
	unsigned char *blobs;

	if (n == 0)
		return;
	for (i = 0; i < n; i++)
		size += BASE64_DECODED_MAX(strlen(p->revoked_keys[i].text));
	items = calloc(n, sizeof(*items));
	blobs = malloc(size);
	if (items == NULL || blobs == NULL || decode_keys(p, items, blobs) < 0)
		w->has_failed = true;
	else
		revoked_make_keys(w->m, items, n);
	free(items);
	free(blobs);
}

static void
write_revoked(struct writer *w)
{
	size_t i;

	for (i = 0; i < w->p->n_authorities; i++) {
		write_revoked_serials(
		    w, (uint32_t)i, &w->p->authorities[i]);
		write_revoked_ids(w, (uint32_t)i, &w->p->authorities[i]);
	}
	write_revoked_keys(w);
}

static void
write_all(struct writer *w)
{
	const struct policy *p = w->p;
	size_t i;

	for (i = 0; i < p->n_files; i++)
		write_file(w, i);
	for (i = 0; i < p->n_authorities; i++) {
		if (p->authorities[i].principals == PRINCIPALS_EMAIL_PREFIX)
			w->has_prefixes = true;
		write_authority(w, (uint32_t)i);
	}
	if (p->n_denied != 0)
		index_make_set_name(w->m, INDEX_SET_DENY, "deny", "");
	write_identities(w, INDEX_SET_DENY, p->denied, p->n_denied);
	for (i = 0; i < p->n_groups; i++) {
		w->n_sets++;
		index_make_set_name(
		    w->m, w->n_sets, "group", p->groups[i].name);
		write_identities(w, w->n_sets, p->groups[i].members,
		    p->groups[i].n_members);
	}
	for (i = 0; i < p->n_rules; i++) {
		if (p->n_rules > SHORT_LIST)
			progress_show("writing the index", i, p->n_rules);
		write_rule(w, &p->rules[i]);
	}
	progress_end();
	write_revoked(w);
}

int
compile_index(const struct policy *p, uint32_t uid_min, int fd, struct err *err)
{
	struct writer w = { .p = p };
	struct index_counts counts = { 0 };
	int ret = -1;

	if ((w.m = index_make_begin(fd, err)) == NULL)
		return -1;
	write_all(&w);
	counts.min_uid = p->min_uid < 0 ? uid_min : (uint32_t)p->min_uid;
	counts.n_authorities = (uint32_t)p->n_authorities;
	counts.n_users = p->n_rules;
	counts.n_sets = w.n_sets;
	counts.n_revoked = p->n_revoked;
	counts.n_key_buckets = revoked_n_buckets(p->n_revoked_keys);
	counts.has_denied = p->n_denied != 0;
	if (w.has_failed) {
		index_make_abandon(w.m);
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	} else {
		ret = index_make_end(w.m, &counts, err);
	}
	wire_free(&w.grants);
	wire_free(&w.value);
	wire_free(&w.list);
	return ret;
}
