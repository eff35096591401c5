/* The section `users`. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The longest name that an account may have here; NAME_MAX. */
#define USER_MAX 255
#define BYTES_PER_USER 32
#define UID_LARGEST 4294967294

/* A rule while it is read.  Its grants wait in p. */
struct rule_draft {
	struct policy_rule rule;
	struct name_key key; /* of the user */
	struct place at;
	bool is_everybody;
	bool is_privileged; /* `any` needs `dangerous`, whatever uid it has */
	bool has_allow;
	bool is_dangerous;
	struct place dangerous_at;
	int64_t min_uid; /* -1: none */
	struct place min_uid_at;
};

/* NULL, or why no account can be called so. */
static const char *
user_refusal(const char *name, size_t len)
{
	size_t i;

	if (len == 0)
		return "is empty";
	if (len > USER_MAX)
		return "is longer than 255 bytes";
	if (name[0] == '-')
		return "begins with -";
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return "is a folder's";
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= ' ' || c == 0x7f)
			return "holds white space or a control character";
		/* U+0080 to U+009F */
		if (c == 0xc2 && (unsigned char)name[i + 1] < 0xa0)
			return "holds a control character";
		if (c == '/' || c == ':')
			return "holds a / or :";
	}
	if (char_judge(name, len) == CHAR_UNSEEN)
		return CHAR_REFUSAL;
	return NULL;
}

static bool
user_is_good(struct policy_parse *p)
{
	const char *name = p->event.text;
	const char *refusal;

	if (is_everyday_name(name, p->event.len) || strcmp(name, "*") == 0)
		return true;
	if (strpbrk(name, "*?") != NULL) {
		parse_error(p, p->event.at, NULL,
		    "name each user, or all others by \"*\"",
		    "the user name \"%s\" is a pattern", show(name).text);
		return false;
	}
	refusal = user_refusal(name, p->event.len);
	if (refusal == NULL) {
		warn_foreign(p, name, p->event.len, p->event.at);
		return true;
	}
	parse_error(p, p->event.at, NULL, NULL, "the user name \"%s\" %s",
	    show(name).text, refusal);
	return false;
}

uint32_t
reference_of(struct policy_parse *p, const char *name, size_t len)
{
	struct name_key key = name_key_bytes(name, len);
	uint32_t number =
	    name_find(&p->references_table, words_array(&p->references), key);

	if (number != NAME_NONE)
		return number;
	number = (uint32_t)p->references.n;
	if (vector_grow((void **)&p->reference_marks, &p->marks_room, number,
		sizeof(*p->reference_marks)) < 0 ||
	    words_add(p, &p->references, parse_keep(p, name, len)) < 0 ||
	    name_add(&p->references_table, key, number) < 0) {
		(void)parse_no_memory(p);
		return NAME_NONE;
	}
	p->reference_marks[number] = 0;
	return number;
}

static void
read_scope_item(struct policy_parse *p, void *into)
{
	struct policy_mention m = { NAME_NONE, { 0, 0, 0 } };

	(void)into;
	if (parse_text(p, "an authority's name") == NULL)
		return;
	m.reference = reference_of(p, p->event.text, p->event.len);
	m.at = place_pack(p, p->event.at);
	if (m.reference == NAME_NONE)
		return;
	if (p->reference_marks[m.reference] > p->first_mention) {
		parse_warning(p, p->event.at, NULL, "remove one of them",
		    "authority \"%s\" stands twice", show(p->event.text).text);
		return;
	}
	if (vector_grow((void **)&p->mentions, &p->mentions_room, p->n_mentions,
		sizeof(m)) < 0)
		(void)parse_no_memory(p);
	else
		p->mentions[p->n_mentions++] = m;
	p->reference_marks[m.reference] = p->n_mentions;
}

/* Append the scope that was mentioned last; p->scratch holds its key. */
static uint32_t
scope_new(struct policy_parse *p)
{
	size_t n = p->n_mentions - p->first_mention;
	struct policy_scope s = { NULL, n };
	uint32_t number = (uint32_t)p->policy->n_scopes;
	const char *key = (const char *)p->scratch.p;
	uint32_t *references;
	size_t i;

	references =
	    policy_memory_array(p->policy->memory, n, sizeof(*references));
	if (references == NULL ||
	    vector_grow((void **)&p->policy->scopes, &p->scopes_room,
		p->policy->n_scopes, sizeof(s)) < 0 ||
	    words_add(p, &p->scope_keys, parse_keep(p, key, strlen(key))) < 0 ||
	    name_add(&p->scopes, name_key(key), number) < 0) {
		(void)parse_no_memory(p);
		return 0;
	}
	for (i = 0; i < n; i++)
		references[i] = p->mentions[p->first_mention + i].reference;
	s.authorities = references;
	p->policy->scopes[p->policy->n_scopes++] = s;
	return number;
}

/* The number of the scope that was mentioned last; equal ones are one. */
static uint32_t
scope_of(struct policy_parse *p)
{
	char number[16];
	uint32_t found;
	size_t i;

	wire_reset(&p->scratch);
	for (i = p->first_mention; i < p->n_mentions; i++) {
		(void)snprintf(number, sizeof(number), "%" PRIu32 ",",
		    p->mentions[i].reference);
		wire_put_bytes(&p->scratch, number, strlen(number));
	}
	wire_put_u8(&p->scratch, '\0');
	if (p->scratch.has_failed) {
		(void)parse_no_memory(p);
		return 0;
	}
	found = name_find(&p->scopes, words_array(&p->scope_keys),
	    name_key((const char *)p->scratch.p));
	return found != NAME_NONE ? found : scope_new(p);
}

void
read_rule_authorities(struct policy_parse *p, void *into)
{
	struct rule_draft *d = into;
	struct place at = p->event.at;

	p->first_mention = p->n_mentions;
	if (parse_list(p, "an authority's name", read_scope_item, d) == 0)
		parse_error(p, at, "no certificate would be taken",
		    "name authorities, or leave the key out for all",
		    "\"authorities\" is empty");
	if (p->n_mentions != p->first_mention)
		d->rule.scope = scope_of(p);
}

void
read_rule_allow(struct policy_parse *p, void *into)
{
	struct rule_draft *d = into;

	d->has_allow = true;
	(void)parse_list(p, "an identity, any or same-name", read_entry, d);
}

void
read_rule_min_uid(struct policy_parse *p, void *into)
{
	struct rule_draft *d = into;

	d->min_uid_at = p->event.at;
	if (parse_number(p, UID_LARGEST, &d->min_uid) == 0 && !d->is_everybody)
		parse_error(p, d->min_uid_at, "a user named here is served whatever uid",
		    "move it to the rule of \"*\"",
		    "\"min_uid\" under another user than \"*\"");
}

void
read_rule_dangerous(struct policy_parse *p, void *into)
{
	struct rule_draft *d = into;

	d->dangerous_at = p->event.at;
	/* An error here shall not be one of `any` as well. */
	if (parse_bool(p, &d->is_dangerous) < 0)
		d->is_dangerous = true;
}

/* Whether entry i has terms that the first of its name hides. */
static bool
is_lost(const struct policy_parse *p, size_t i, uint32_t first)
{
	const struct policy_grant *late = &p->grants[i];
	const struct policy_grant *early = &p->grants[first];

	return late->terms != 0 && late->terms != early->terms &&
	    p->policy->terms[early->terms].until == INT64_MAX;
}

/* What of the rule's grants stands twice never comes into play. */
static void
check_repeated(struct policy_parse *p, enum grant_kind kind, const char *word)
{
	struct name_array names = { p->grants, sizeof(*p->grants) };
	uint32_t last = NAME_NONE;
	size_t i;

	name_table_reset(&p->grants_table);
	for (i = 0; i < p->n_grants; i++) {
		const struct policy_name *name = &p->grants[i].name;
		/* `any` and `same-name` have no text, and all are alike. */
		const char *text = name->text != NULL ? name->text : word;
		struct name_key key = name_key(text);
		uint32_t first;

		if (p->grants[i].kind != kind)
			continue;
		first = name->text != NULL
			? name_find(&p->grants_table, names, key)
			: last;
		if (first == NAME_NONE)
			last = (uint32_t)i;
		if (first != NAME_NONE && is_lost(p, i, first))
			parse_error(p, policy_place(p->policy, name->at),
			    "the first decides, and what this one says beside "
			    "the name would never hold",
			    "remove one of them",
			    "\"%s\" stands twice in one rule",
			    show(text).text);
		else if (first != NAME_NONE)
			parse_warning(p, policy_place(p->policy, name->at),
			    "the first decides", "remove one of them",
			    "\"%s\" stands twice in one rule",
			    show(text).text);
		else if (name->text != NULL &&
		    name_add(&p->grants_table, key, (uint32_t)i) < 0)
			(void)parse_no_memory(p);
	}
}

/* What `any` and `dangerous` have to do with each other. */
static void
check_dangerous(struct policy_parse *p, struct rule_draft *d)
{
	const struct policy_grant *any = NULL;
	size_t i;

	for (i = 0; i < p->n_grants && any == NULL; i++) {
		if (p->grants[i].kind == GRANT_ANY)
			any = &p->grants[i];
	}
	if (any != NULL && d->is_privileged && !d->is_dangerous)
		parse_error(p, policy_place(p->policy, any->name.at),
		    d->is_everybody
			? "whoever gets a certificate, for whatever principal, "
			  "could log in as every user without a rule, and the "
			  "whole server would rest on the CA alone"
			: "whoever gets a certificate, for whatever principal, "
			  "could log in as root, and the whole server would "
			  "rest on the CA alone",
		    "name identities, or add dangerous: true to the rule",
		    "the rule of \"%s\" says any", d->rule.user);
	if (d->is_dangerous && any == NULL)
		parse_warning(p, d->dangerous_at, NULL, "remove it",
		    "\"dangerous\" has no effect but on any");
	d->rule.is_dangerous = d->is_dangerous;
}

/* Put the rule where it belongs, with its grants. */
static void
keep_rule(struct policy_parse *p, struct rule_draft *d)
{
	struct policy *policy = p->policy;

	d->rule.grants = policy_memory_array(
	    policy->memory, p->n_grants, sizeof(*p->grants));
	if (d->rule.grants == NULL ||
	    vector_grow((void **)&policy->rules, &p->rules_room,
		policy->n_rules, sizeof(d->rule)) < 0 ||
	    name_add(&p->users, d->key, (uint32_t)policy->n_rules) < 0) {
		(void)parse_no_memory(p);
		return;
	}
	d->rule.n_grants = (uint32_t)p->n_grants;
	if (p->n_grants != 0)
		memcpy(d->rule.grants, p->grants,
		    p->n_grants * sizeof(*p->grants));
	policy->rules[policy->n_rules++] = d->rule;
	if (d->min_uid >= 0) {
		policy->min_uid = d->min_uid;
		policy->min_uid_at = place_pack(p, d->min_uid_at);
	}
}

/*
 * Read the rule's value and check what belongs together in it.  n_errors:
 * how many there were before.
 */
static void
read_rule(struct policy_parse *p, struct rule_draft *d, size_t n_errors)
{
	p->n_grants = 0;
	event_next(p);
	if (p->event.kind != EVENT_MAPPING) {
		d->has_allow = true;
		(void)parse_list(
		    p, "an identity, any or same-name", read_entry, d);
	} else {
		parse_mapping(p, POLICY_RULE, d);
	}
	if (p->report->n_errors == n_errors && p->n_grants == 0)
		parse_error(p, d->at, NULL,
		    d->has_allow
			? "name somebody, or remove the rule; the user falls "
			  "under \"*\" then"
			: "add \"allow\"",
		    "the rule of \"%s\" lets nobody in",
		    show(d->rule.user).text);
	if (p->n_grants > 1) {
		check_repeated(p, GRANT_IDENTITY, "");
		check_repeated(p, GRANT_PRINCIPAL, "");
		check_repeated(p, GRANT_GROUP, "");
		check_repeated(p, GRANT_ANY, "any");
		check_repeated(p, GRANT_SAME_NAME, "same-name");
	}
	if (p->n_grants != 0)
		check_dangerous(p, d);
}

/* The key is p->event: a user's name. */
static void
read_user(struct policy_parse *p)
{
	const struct policy *policy = p->policy;
	struct rule_draft d = { .at = p->event.at, .min_uid = -1 };
	size_t n_errors = p->report->n_errors;
	bool is_good = user_is_good(p);
	size_t len = p->event.len;
	uint32_t other;

	d.rule.at = place_pack(p, d.at);
	if ((d.rule.user = parse_keep(p, p->event.text, len)) == NULL)
		return;
	d.key = name_key_bytes(d.rule.user, len);
	name_expect(&p->users, d.key);
	d.is_everybody = len == 1 && d.rule.user[0] == '*';
	d.is_privileged = d.is_everybody || strcmp(d.rule.user, "root") == 0;
	read_rule(p, &d, n_errors);
	other = name_find(&p->users,
	    (struct name_array) { policy->rules, sizeof(*policy->rules) },
	    d.key);
	if (other != NAME_NONE)
		report_twice(
		    p, d.at, policy->rules[other].at, "user", d.rule.user);
	else if (is_good)
		keep_rule(p, &d);
}

void
read_users(struct policy_parse *p, void *into)
{
	size_t n_errors = p->report->n_errors;
	struct place at = p->event.at;
	bool is_empty = true;

	(void)into;
	p->has_users = true;
	if (p->event.kind != EVENT_MAPPING) {
		parse_unexpected(p, "a mapping of users");
		return;
	}
	/* A guess: most policies are a list of short lines. */
	if (p->users.n_used == 0 &&
	    name_reserve(&p->users, yaml_size(p) / BYTES_PER_USER) < 0)
		(void)parse_no_memory(p);
	for (; key_next(p); is_empty = false)
		read_user(p);
	if (is_empty && p->report->n_errors == n_errors)
		parse_error(
		    p, at, "nobody could log in", NULL, "\"users\" is empty");
}
