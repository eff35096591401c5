#include "config.h"

#include "lib/decide.h"

#include <stddef.h>
#include <string.h>

#include "lib/authority.h"
#include "lib/glob.h"
#include "lib/principal.h"
#include "lib/revoked.h"
#include "lib/search.h"

static enum reason
broken_index(struct decision *d)
{
	(void)err_setf(&d->detail, ERR_MALFORMED,
	    "the index is damaged; run certgate apply to make it anew");
	return REASON_INDEX_UNREADABLE;
}

/* Whether the authority, and its key, are trusted now. */
static enum reason
check_trust(const struct decide_request *r, struct decision *d)
{
	const struct index_authority *a = &d->authority;
	const char *why = NULL;

	if (r->now_at < a->trust_from)
		why = "its trust has not begun (`trust`)";
	else if (a->trust_until != 0 && r->now_at >= a->trust_until)
		why = "its trust has ended (`trust`)";
	else if (a->key_until != 0 && r->now_at >= a->key_until)
		why = "this key of it is gone (`retire`)";
	if (why != NULL) {
		(void)err_setf(&d->detail, ERR_REFUSED, "%s", why);
		return REASON_AUTHORITY_OUT_OF_TRUST;
	}
	d->is_retiring = a->key_until != 0;
	return REASON_ALLOWED;
}

static enum reason
check_validity(const struct decide_request *r, struct decision *d)
{
	const struct cert *c = &d->cert;
	uint64_t now = r->now_at < 0 ? 0 : (uint64_t)r->now_at;
	uint64_t max = d->authority.max_validity_s;

	if (now < c->valid_after)
		return REASON_NOT_YET_VALID;
	if (now >= c->valid_before)
		return REASON_EXPIRED;
	if (max != 0 && c->valid_before - c->valid_after > max)
		return REASON_VALIDITY_TOO_LONG;
	return REASON_ALLOWED;
}

/*
 * With `key_id: identity` the key ID must at least be a name of one of the
 * principals; which of the rule's identities it is, the search finds out.
 */
static bool
key_id_names_principal(const struct decision *d)
{
	const struct cert *c = &d->cert;
	size_t i;

	for (i = 0; i < c->n_principals; i++) {
		if (authority_writes(&d->authority, c->principals[i], c->key_id) ||
		    span_equal(c->principals[i], c->key_id))
			return true;
	}
	return false;
}

static bool
key_id_fits(const struct decision *d)
{
	struct span globs = d->authority.key_ids;
	struct span glob;

	if (d->authority.key_id_identity)
		return key_id_names_principal(d);
	if (globs.len == 0)
		return true;
	while (wire_get_string(&globs, &glob) == 0) {
		if (glob_match(glob, d->cert.key_id))
			return true;
	}
	return false;
}

static bool
has_required_options(const struct decision *d)
{
	struct span required = d->authority.critical_options;
	struct span wanted, packed, name, data;
	bool is_there;

	while (wire_get_string(&required, &wanted) == 0) {
		packed = d->cert.critical_options;
		is_there = false;
		while (!is_there &&
		    cert_option_next(&packed, &name, &data) == 1)
			is_there = span_equal(name, wanted);
		if (!is_there)
			return false;
	}
	return true;
}

static bool
key_type_fits(const struct decision *d)
{
	const char *name = cert_key_type_name(d->cert.key_type);

	return d->authority.key_types.len == 0 ||
	    wire_list_has(d->authority.key_types, span_of(name));
}

/* Note where the denied identity is written; its record is one grant. */
static int
denied_hit(struct decision *d, struct span value)
{
	struct index_grant g;

	if (index_grant_next(&value, &g) != 1)
		return -1;
	d->file = g.file;
	d->line = g.line;
	return 1;
}

/* Whether identity is in the denied set.  1, 0, or -1: broken. */
static int
is_denied(const struct decide_request *r, struct decision *d,
    struct span identity)
{
	struct span value;
	int found = index_member(
	    r->index, INDEX_SET_DENY, 'i', identity, &value, &d->detail);

	return found == 1 ? denied_hit(d, value) : found;
}

/*
 * Whether principal p stands for a denied identity.  A principal that equals
 * one byte for byte is denied under every form, to be on the safe side.
 */
static int
is_denied_principal(
    const struct decide_request *r, struct decision *d, struct span p)
{
	struct span list, identity;
	int found;

	if ((found = is_denied(r, d, p)) != 0)
		return found;
	if (d->authority.principals != PRINCIPALS_EMAIL_PREFIX ||
	    d->authority.key_id_identity)
		return 0;
	found = index_member(
	    r->index, INDEX_SET_DENY, 'p', p, &list, &d->detail);
	if (found != 1)
		return found;
	while (wire_get_string(&list, &identity) == 0) {
		if (!authority_writes(&d->authority, p, identity))
			continue;
		if ((found = is_denied(r, d, identity)) != 0)
			return found;
	}
	/* A list cut short may have lost the one that is denied. */
	return list.len == 0 ? 0 : -1;
}

static enum reason
check_denied(const struct decide_request *r, struct decision *d)
{
	size_t i;
	int found;

	if (!r->index->has_denied)
		return REASON_ALLOWED;
	found = is_denied(r, d, d->cert.key_id);
	for (i = 0; i < d->cert.n_principals && found == 0; i++)
		found = is_denied_principal(r, d, d->cert.principals[i]);
	if (found < 0)
		return broken_index(d);
	return found == 1 ? REASON_DENIED_IDENTITY : REASON_ALLOWED;
}

/* Whether the certificate is revoked; notes the entry that does it. */
static enum reason
check_revoked(const struct decide_request *r, struct decision *d)
{
	struct revoked by;
	int found = revoked_find(
	    r->index, &d->authority, &d->cert, &by, &d->detail);

	if (found < 0)
		return REASON_INDEX_UNREADABLE;
	if (found == 0)
		return REASON_ALLOWED;
	d->file = by.file;
	d->line = by.line;
	(void)err_setf(
	    &d->detail, ERR_REFUSED, "%s", revoked_text(by.what));
	return REASON_REVOKED;
}

/* What the certificate and its authority say, whoever wants to log in. */
static enum reason
check_certificate(const struct decide_request *r, struct decision *d)
{
	enum reason reason;
	int found;

	if (cert_parse(&d->cert, r->cert.p, r->cert.len, &d->detail) < 0)
		return REASON_MALFORMED;
	if (d->cert.type != CERT_USER)
		return REASON_NOT_A_USER_CERTIFICATE;
	found = index_authority_by_key(
	    r->index, d->cert.ca_key, &d->authority, &d->detail);
	if (found < 0)
		return REASON_INDEX_UNREADABLE;
	if (found == 0)
		return REASON_UNKNOWN_AUTHORITY;
	d->has_authority = true;
	d->file = d->authority.file;
	d->line = d->authority.line;

	if ((reason = check_revoked(r, d)) != REASON_ALLOWED ||
	    (reason = check_trust(r, d)) != REASON_ALLOWED ||
	    (reason = check_validity(r, d)) != REASON_ALLOWED)
		return reason;
	if (!key_id_fits(d))
		return REASON_KEY_ID_MISMATCH;
	if (!has_required_options(d))
		return REASON_MISSING_CRITICAL_OPTION;
	if (!key_type_fits(d))
		return REASON_KEY_TYPE_REFUSED;
	return check_denied(r, d);
}

/* The rule that serves the user, and whether it takes the authority. */
static enum reason
check_rule(const struct decide_request *r, struct decision *d)
{
	struct span list;
	uint32_t number;
	int found = 0;

	d->file = 0;
	d->line = 0;
	d->rule_user = r->user;
	if (!span_is(r->user, "*"))
		found = index_rule(r->index, r->user, &d->rule, &d->detail);
	if (found == 0 && r->uid != 0 && r->uid >= r->index->min_uid) {
		d->rule_user = span_of("*");
		found = index_rule(
		    r->index, d->rule_user, &d->rule, &d->detail);
	}
	if (found < 0)
		return REASON_INDEX_UNREADABLE;
	if (found == 0)
		return REASON_NO_RULE;
	d->has_rule = true;
	d->file = d->rule.file;
	d->line = d->rule.line;

	if (!d->rule.has_authorities)
		return REASON_ALLOWED;
	list = d->rule.authorities;
	while (wire_get_u32(&list, &number) == 0) {
		if (number == d->authority.number)
			return REASON_ALLOWED;
	}
	return REASON_AUTHORITY_NOT_ALLOWED_HERE;
}

/* The certificate's own source-address option, where the address is known. */
static enum reason
check_source_address(const struct decide_request *r, const struct decision *d)
{
	if (r->addr == NULL || d->cert.source_address.p == NULL)
		return REASON_ALLOWED;
	if (ipaddr_list_contains(d->cert.source_address, r->addr) == 1)
		return REASON_ALLOWED;
	return REASON_SOURCE_ADDRESS;
}

/* Whether principal n of the certificate stands before there already. */
static bool
is_repeated(const struct cert *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (span_equal(c->principals[i], c->principals[n]))
			return true;
	}
	return false;
}

/* Keep the lines in the order of the rule's entries. */
static void
insert_line(struct decision *d, const struct decide_line *line)
{
	size_t i = d->n_lines++;

	while (i > 0 &&
	    d->lines[i - 1].grant.ordinal > line->grant.ordinal) {
		d->lines[i] = d->lines[i - 1];
		i--;
	}
	d->lines[i] = *line;
}

static enum reason
nothing_fits(const struct search *s)
{
	if (s->is_named)
		return REASON_KEY_ID_MISMATCH;
	if (s->is_unsafe)
		(void)err_setf(&s->d->detail, ERR_REFUSED,
		    "for uid 0 `any` counts only with `dangerous: true`");
	if (s->has_ended) {
		s->d->file = s->ended.file;
		s->d->line = s->ended.line;
		(void)err_setf(&s->d->detail, ERR_REFUSED,
		    "the entry that names this principal has ended (`until`)");
	}
	return REASON_NO_MATCHING_PRINCIPAL;
}

/* Whether the deciding entry's networks hold the client's address. */
static enum reason
check_from(const struct decide_request *r, const struct index_grant *g)
{
	struct span from = g->from;
	struct span text;
	struct ipaddr net;

	if (r->addr == NULL || from.len == 0)
		return REASON_ALLOWED;
	while (wire_get_string(&from, &text) == 0) {
		if (ipaddr_parse(&net, text) == 0 &&
		    ipaddr_contains(&net, r->addr))
			return REASON_ALLOWED;
	}
	return REASON_SOURCE_ADDRESS;
}

static enum reason
check_principals(const struct decide_request *r, struct decision *d)
{
	struct search s = { .r = r, .d = d };
	struct decide_line line;
	size_t i;

	for (i = 0; i < d->cert.n_principals; i++) {
		memset(&line, 0, sizeof(line));
		line.principal = d->cert.principals[i];
		/* What a line cannot carry would authorise another name. */
		if (principal_refusal(line.principal) != NULL ||
		    is_repeated(&d->cert, i))
			continue;
		search_entry(&s, &line);
		if (line.grant.kind != 0)
			insert_line(d, &line);
	}
	if (s.is_broken)
		return broken_index(d);
	if (d->n_lines == 0)
		return nothing_fits(&s);
	d->file = d->lines[0].grant.file;
	d->line = d->lines[0].grant.line;
	return check_from(r, &d->lines[0].grant);
}

bool
decide(const struct decide_request *r, struct decision *d)
{
	/* Not the lines; cert_parse clears what is before the principals. */
	memset(d, 0, offsetof(struct decision, cert.principals));
	d->reason = check_certificate(r, d);
	if (d->reason == REASON_ALLOWED)
		d->reason = check_rule(r, d);
	if (d->reason == REASON_ALLOWED)
		d->reason = check_source_address(r, d);
	if (d->reason == REASON_ALLOWED)
		d->reason = check_principals(r, d);
	if (d->reason != REASON_ALLOWED)
		d->n_lines = 0;
	return d->reason == REASON_ALLOWED;
}

void
decide_render_line(
    const struct decision *d, size_t i, bool with_from, struct wire *w)
{
	const struct decide_line *line = &d->lines[i];
	struct span from = line->grant.from;
	struct span net;
	const char *before = "";
	size_t start = w->len;

	wire_put_bytes(w, line->grant.options.p, line->grant.options.len);
	if (line->grant.options.len != 0)
		before = ",";
	if (!with_from)
		from.len = 0;
	if (from.len != 0) {
		wire_put_bytes(w, before, strlen(before));
		before = "from=\"";
		while (wire_get_string(&from, &net) == 0) {
			wire_put_bytes(w, before, strlen(before));
			wire_put_bytes(w, net.p, net.len);
			before = ",";
		}
		wire_put_bytes(w, "\"", 1);
	}
	if (w->len != start)
		wire_put_bytes(w, " ", 1);
	wire_put_bytes(w, line->principal.p, line->principal.len);
	wire_put_bytes(w, "\n", 1);
}
