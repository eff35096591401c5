/* The entries of a rule: whom it lets in, and on which terms. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/ipaddr.h"
#include "lib/principal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* An entry while it is read.  Options and networks wait in p. */
struct entry_draft {
	struct policy_grant grant;
	const char *kind; /* the key that says whom; NULL: none so far */
	bool has_from;
	int64_t until;
};

static void
grant_add(struct policy_parse *p, const struct policy_grant *g)
{
	if (vector_grow((void **)&p->grants, &p->grants_room, p->n_grants,
		sizeof(*g)) < 0)
		(void)parse_no_memory(p);
	else
		p->grants[p->n_grants++] = *g;
}

/* Fill g with a name that p->event holds; false without memory. */
static bool
grant_name(struct policy_parse *p, struct policy_grant *g, enum grant_kind kind)
{
	g->name.at = place_pack(p, p->event.at);
	g->name.text = parse_keep(p, p->event.text, p->event.len);
	if (g->name.text == NULL)
		return false;
	g->kind = kind & 0xf;
	return true;
}

/* An entry of one word: `any`, `same-name`, or an identity. */
static void
read_short_entry(struct policy_parse *p)
{
	struct policy_grant g = { { NULL, place_pack(p, p->event.at) },
		NAME_NONE, 0, 0 };
	const char *text;

	if ((text = parse_text(p, "an identity, any or same-name")) == NULL)
		return;
	if (strcmp(text, "any") == 0)
		g.kind = GRANT_ANY;
	else if (strcmp(text, "same-name") == 0)
		g.kind = GRANT_SAME_NAME;
	else if (!identity_is_good(p, text, p->event.len, p->event.at) ||
	    !grant_name(p, &g, GRANT_IDENTITY))
		return;
	grant_add(p, &g);
}

/* Note that the key named so says whom the entry lets in; false: the 2nd. */
static bool
entry_kind(struct policy_parse *p, struct entry_draft *d, const char *kind)
{
	if (d->kind != NULL) {
		parse_error(p, p->event.at, NULL,
		    "make a list item of each of them",
		    "\"%s\" and \"%s\" in one entry", d->kind, kind);
		event_skip(p);
		return false;
	}
	d->kind = kind;
	return true;
}

void
read_entry_identity(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	const char *text;

	if (entry_kind(p, d, "identity") &&
	    (text = parse_text(p, "an identity")) != NULL &&
	    identity_is_good(p, text, p->event.len, p->event.at))
		(void)grant_name(p, &d->grant, GRANT_IDENTITY);
}

void
read_entry_principal(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	const char *text;

	if (entry_kind(p, d, "principal") &&
	    (text = parse_text(p, "a principal")) != NULL &&
	    principal_is_good(p, text, p->event.len, p->event.at))
		(void)grant_name(p, &d->grant, GRANT_PRINCIPAL);
}

void
read_entry_group(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	struct policy_grant *g = &d->grant;

	if (!entry_kind(p, d, "group") ||
	    parse_text(p, "a group's name") == NULL)
		return;
	g->name.at = place_pack(p, p->event.at);
	g->group = reference_of(p, p->event.text, p->event.len);
	if (g->group == NAME_NONE)
		return;
	g->kind = GRANT_GROUP;
	g->name.text = p->references.items[g->group];
}

static void
read_entry_word(struct policy_parse *p, struct entry_draft *d, const char *word,
    enum grant_kind kind)
{
	struct place at = p->event.at;
	bool is_true = false;

	if (!entry_kind(p, d, word) || parse_bool(p, &is_true) < 0)
		return;
	if (!is_true)
		parse_error(p, at, NULL, "write true, or leave it out",
		    "\"%s: false\" says nothing", word);
	d->grant.kind = kind & 0xf;
	d->grant.name.at = place_pack(p, at);
}

void
read_entry_any(struct policy_parse *p, void *into)
{
	read_entry_word(p, into, "any", GRANT_ANY);
}

void
read_entry_same_name(struct policy_parse *p, void *into)
{
	read_entry_word(p, into, "same-name", GRANT_SAME_NAME);
}

void
read_entry_options(struct policy_parse *p, void *into)
{
	const char *refusal, *fix;
	struct span options;

	(void)into;
	if (parse_text(p, "options as in authorized_keys") == NULL)
		return;
	options = span_of(p->event.text);
	if ((refusal = principal_options_refusal(options)) == NULL) {
		wire_put_bytes(&p->options, options.p, options.len);
		return;
	}
	/* Some say what to write instead. */
	fix = strstr(refusal, "; ");
	parse_error(p, p->event.at,
	    fix == NULL ? "sshd would drop the line that carries them" : NULL,
	    fix == NULL ? NULL : fix + 2, "the options %.*s",
	    fix == NULL ? (int)strlen(refusal) : (int)(fix - refusal), refusal);
}

static void
read_network(struct policy_parse *p, void *into)
{
	char masked[IPADDR_TEXT_SIZE];
	char fix[IPADDR_TEXT_SIZE + 32];
	struct ipaddr a;
	struct span text;

	(void)into;
	if (parse_text(p, "an address or a network") == NULL)
		return;
	text = span_of(p->event.text);
	if (ipaddr_parse(&a, text) == 0 && ipaddr_is_mapped(&a)) {
		parse_error(p, p->event.at,
		    "a client over IPv4 counts as IPv4, so nobody comes from "
		    "there",
		    "write the IPv4 address or network",
		    "\"%s\" is an IPv4 address in the form of IPv6",
		    show(p->event.text).text);
	} else if (ipaddr_parse(&a, text) == 0) {
		if (p->from.len != 0)
			wire_put_u8(&p->from, ',');
		wire_put_bytes(&p->from, text.p, text.len);
	} else if (ipaddr_mask(masked, text) == 0) {
		(void)snprintf(fix, sizeof(fix), "write %s", masked);
		parse_error(p, p->event.at,
		    "sshd refuses a list with such a network", fix,
		    "\"%s\" has bits set behind its prefix",
		    show(p->event.text).text);
	} else {
		parse_error(p, p->event.at,
		    "who gets in is decided without asking for names",
		    "write one in numbers, as 192.0.2.0/24 or 2001:db8::1",
		    "\"%s\" is no address or network",
		    show(p->event.text).text);
	}
}

void
read_entry_from(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	struct place at = p->event.at;

	d->has_from = true;
	if (parse_list(p, "an address or a network", read_network, d) == 0)
		parse_error(p, at, "nobody could come from there",
		    "name networks, or leave the key out for all",
		    "\"from\" is empty");
}

void
read_entry_until(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	struct place at = p->event.at;

	if (parse_until(p, &d->until) == 0 && d->until <= p->now_at)
		parse_warning(p, at, NULL, "remove the entry, or set another",
		    "the end \"%s\" is past: the entry lets nobody in",
		    show(p->event.text).text);
}

/* The networks as a list in the policy's memory. */
static int
keep_networks(struct policy_parse *p, struct policy_terms *t)
{
	struct words from = WORDS_INIT;
	const char *text = (const char *)p->from.p;
	const char *end, *comma;

	if (p->from.len == 0)
		return 0;
	end = text + p->from.len;
	for (; text <= end; text = comma + 1) {
		comma = memchr(text, ',', (size_t)(end - text));
		if (comma == NULL)
			comma = end;
		if (words_add(p, &from,
			parse_keep(p, text, (size_t)(comma - text))) < 0) {
			words_free(&from);
			return -1;
		}
	}
	return words_move(p, &from, &t->from, &t->n_from);
}

/* Append terms of which p->scratch holds the key. */
static uint32_t
terms_new(struct policy_parse *p, int64_t until)
{
	struct policy_terms t = { NULL, NULL, 0, until };
	uint32_t number = (uint32_t)p->policy->n_terms;
	const char *key = (const char *)p->scratch.p;

	if (p->options.len != 0 &&
	    (t.options = parse_keep(
		 p, (const char *)p->options.p, p->options.len)) == NULL)
		return 0;
	if (keep_networks(p, &t) < 0)
		return 0;
	if (number >= 1U << 28 ||
	    vector_grow((void **)&p->policy->terms, &p->terms_room,
		p->policy->n_terms, sizeof(t)) < 0 ||
	    words_add(p, &p->term_keys, parse_keep(p, key, strlen(key))) < 0 ||
	    name_add(&p->terms, name_key(key), number) < 0) {
		(void)parse_no_memory(p);
		return 0;
	}
	p->policy->terms[p->policy->n_terms++] = t;
	return number;
}

/* The number of these terms; equal ones are kept once. */
static uint32_t
terms_of(struct policy_parse *p, int64_t until)
{
	char number[32];
	uint32_t found;

	/* An error was reported: these are not all. */
	if (p->report->n_errors != 0)
		return 0;
	if (until == INT64_MAX && p->options.len == 0 && p->from.len == 0)
		return 0;
	(void)snprintf(number, sizeof(number), "%" PRId64 "\n", until);
	wire_reset(&p->scratch);
	wire_put_bytes(&p->scratch, number, strlen(number));
	wire_put_bytes(&p->scratch, p->options.p, p->options.len);
	wire_put_u8(&p->scratch, '\n');
	wire_put_bytes(&p->scratch, p->from.p, p->from.len);
	wire_put_u8(&p->scratch, '\0');
	if (p->scratch.has_failed || p->options.has_failed ||
	    p->from.has_failed) {
		(void)parse_no_memory(p);
		return 0;
	}
	found = name_find(&p->terms, words_array(&p->term_keys),
	    name_key((const char *)p->scratch.p));
	return found != NAME_NONE ? found : terms_new(p, until);
}

static void
read_long_entry(struct policy_parse *p)
{
	size_t n_errors = p->report->n_errors;
	struct place at = p->event.at;
	struct entry_draft d = { .until = INT64_MAX };

	d.grant.group = NAME_NONE;
	wire_reset(&p->options);
	wire_reset(&p->from);
	parse_mapping(p, POLICY_ENTRY, &d);
	if (d.kind == NULL && p->report->n_errors == n_errors)
		parse_error(p, at, NULL,
		    "add one of identity, group, principal, any and same-name",
		    "the entry does not say whom it lets in");
	if (d.grant.kind == 0)
		return;
	d.grant.terms = terms_of(p, d.until) & 0xfffffff;
	grant_add(p, &d.grant);
}

void
read_entry(struct policy_parse *p, void *into)
{
	(void)into;
	if (p->event.kind == EVENT_MAPPING)
		read_long_entry(p);
	else
		read_short_entry(p);
}
