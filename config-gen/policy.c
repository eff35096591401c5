#include "config.h"

#include "config-gen/policy.h"

#include "config-gen/policy_input.h"
#include "config-gen/policy_parse.h"

#include "lib/file.h"
#include "lib/identity.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void
policy_authority_clear(struct policy_authority *a)
{
	size_t i;

	for (i = 0; i < a->n_keys; i++)
		pubkey_clear(&a->keys[i]);
	free(a->keys);
	free(a->key_places);
	free(a->key_until);
	free(a->retired);
	a->keys = NULL;
	a->key_until = NULL;
	a->retired = NULL;
	a->n_retired = 0;
	a->key_places = NULL;
	a->n_keys = 0;
	free(a->revoked_serials);
	free(a->revoked_ids);
	a->revoked_serials = NULL;
	a->revoked_ids = NULL;
}

void
policy_free(struct policy *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < p->n_authorities; i++)
		policy_authority_clear(&p->authorities[i]);
	free(p->authorities);
	free(p->groups);
	free(p->rules);
	free(p->denied);
	free(p->revoked_keys);
	free(p->terms);
	free(p->scopes);
	free(p->files);
	policy_memory_free(p->memory);
	free(p);
}

static struct policy *
policy_new(void)
{
	struct policy *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->min_uid = -1;
	if ((p->memory = policy_memory_new()) == NULL) {
		policy_free(p);
		return NULL;
	}
	return p;
}

/* Number 0 of the terms and scopes: nothing but what is usual. */
static int
add_usual(struct policy_parse *p)
{
	struct policy *policy = p->policy;

	if (vector_grow((void **)&policy->terms, &p->terms_room, 0,
		sizeof(*policy->terms)) < 0 ||
	    vector_grow((void **)&policy->scopes, &p->scopes_room, 0,
		sizeof(*policy->scopes)) < 0)
		return parse_no_memory(p);
	policy->terms[policy->n_terms++] =
	    (struct policy_terms) { NULL, NULL, 0, INT64_MAX };
	policy->scopes[policy->n_scopes++] = (struct policy_scope) { NULL, 0 };
	/* Their keys are never looked for. */
	if (words_add(p, &p->term_keys, "") < 0 ||
	    words_add(p, &p->scope_keys, "") < 0)
		return -1;
	return 0;
}

void
read_version(struct policy_parse *p, void *into)
{
	struct place at = p->event.at;
	int64_t version;

	(void)into;
	p->has_version = true;
	if (parse_number(p, INT32_MAX, &version) == 0 && version != 1)
		parse_error(p, at, NULL, "write version: 1",
		    "this certgate does not know version %d of the language",
		    (int)version);
}

int
read_file(struct policy_parse *p, int fd, size_t size)
{
	size_t n_errors = p->report->n_errors;
	struct place whole = { p->policy->files[p->file], 0, 0 };

	if (input_look(p, fd) < 0 || input_rewind(p, fd) < 0) {
		p->is_incomplete = true;
		(void)close(fd);
		return -1;
	}
	if (yaml_open(p, fd, size) < 0)
		return -1;
	p->has_version = false;
	/* Who runs us named the policy; what it includes may be any file. */
	p->is_hidden = p->file != 0;
	event_next(p);
	if (p->event.kind == EVENT_STOP ||
	    (p->event.kind == EVENT_SCALAR && p->event.len == 0)) {
		p->is_incomplete = true;
		if (p->report->n_errors == n_errors)
			parse_error(p, whole, NULL,
			    p->file == 0 ? "begin with \"version: 1\""
					 : "write what it shall add to the "
					   "policy, or remove it",
			    "the file is empty");
	} else if (p->event.kind != EVENT_MAPPING) {
		p->is_incomplete = true;
		parse_unexpected(p,
		    "a mapping with version, authorities and "
		    "users");
		if (p->is_hidden)
			yaml_stop(p);
	} else {
		parse_mapping(p, POLICY_TOP, NULL);
		if (p->file == 0 && !p->has_version && !p->is_incomplete)
			parse_error(p, whole, NULL, "begin with \"version: 1\"",
			    "\"version\" is missing");
	}
	while (p->event.kind != EVENT_STOP)
		event_next(p);
	p->is_hidden = false;
	yaml_close(p);
	return 0;
}

/* All is read: hand over what the policy keeps, free what checks need not. */
static void
finish(struct policy_parse *p)
{
	struct policy *policy = p->policy;
	struct name_array users = { policy->rules, sizeof(*policy->rules) };
	uint32_t everybody = name_find(&p->users, users, name_key("*"));

	if (everybody != NAME_NONE)
		policy->everybody = &policy->rules[everybody];
	policy->denied = p->denied.items;
	policy->n_denied = p->denied.n;
	p->denied.items = NULL;
	names_free(&p->denied);
	names_free(&p->members);
	name_table_free(&p->users);
}

static void
read_all(struct policy_parse *p, const char *path)
{
	struct place whole = { path, 0, 0 };
	struct err err = ERR_INIT;
	size_t size;
	int fd;

	if (add_usual(p) < 0 || file_add(p, path, &p->file) < 0)
		return;
	if ((fd = open_policy_file(
		 p, path, p->max_bytes, &size, &err)) < 0) {
		path_error(p, whole, path, &err);
		return;
	}
	path_judge(p, path, whole);
	if (read_file(p, fd, size) < 0)
		p->is_incomplete = true;
	else
		read_included(p);
	/* What is missing may stand where nothing could be read. */
	if (p->is_incomplete) {
		if (!diag_has_errors(p->report))
			parse_error(
			    p, whole, NULL, NULL, "it could not be read whole");
		return;
	}
	if (!p->has_authorities)
		parse_error(p, whole, "nobody could log in",
		    "name the CAs to trust", "\"authorities\" is missing");
	if (!p->has_users)
		parse_error(p, whole, "nobody could log in",
		    "say who may log in as whom", "\"users\" is missing");
	if (!p->has_authorities || !p->has_users || p->report->has_failed)
		return;
	finish(p);
	check_policy(p);
}

static void
parse_clear(struct policy_parse *p)
{
	yaml_close(p);
	name_table_free(&p->authorities);
	name_table_free(&p->groups);
	name_table_free(&p->users);
	names_free(&p->denied);
	revocations_free(p);
	words_free(&p->term_keys);
	words_free(&p->scope_keys);
	name_table_free(&p->terms);
	name_table_free(&p->scopes);
	words_free(&p->references);
	name_table_free(&p->references_table);
	free(p->reference_marks);
	free(p->mentions);
	free(p->judged);
	words_free(&p->unsafe);
	words_free(&p->includes);
	words_free(&p->included);
	free(p->include_places);
	name_table_free(&p->included_table);
	free(p->grants);
	name_table_free(&p->grants_table);
	names_free(&p->members);
	wire_free(&p->scratch);
	wire_free(&p->options);
	wire_free(&p->from);
	free(p);
}

static struct policy *
load(const char *path, const char *root, size_t max_bytes,
    const struct policy_instead *instead, bool is_to_fetch,
    struct diag_report *report)
{
	struct policy_parse *p = NULL;
	struct policy *policy = NULL;

	if ((p = calloc(1, sizeof(*p))) == NULL ||
	    (policy = policy_new()) == NULL) {
		report->has_failed = true;
		free(p);
		return NULL;
	}
	p->policy = policy;
	p->report = report;
	p->root = root;
	p->max_bytes = max_bytes;
	p->instead = instead;
	p->is_to_fetch = is_to_fetch;
	p->now_at = (int64_t)time(NULL);
	read_all(p, path);
	report_quote(p);
	parse_clear(p);
	if (diag_has_errors(report)) {
		policy_free(policy);
		return NULL;
	}
	return policy;
}

struct policy *
policy_load(const char *path, const char *root, size_t max_bytes,
    struct diag_report *report)
{
	return load(path, root, max_bytes, NULL, false, report);
}

struct policy *
policy_load_instead(const char *path, const char *root, size_t max_bytes,
    const struct policy_instead *instead, struct diag_report *report)
{
	return load(path, root, max_bytes, instead, false, report);
}

struct policy *
policy_load_to_fetch(const char *path, const char *root, size_t max_bytes,
    struct diag_report *report)
{
	return load(path, root, max_bytes, NULL, true, report);
}

bool
policy_authority_covers(const struct policy_authority *a, const char *identity)
{
	const char *at = strrchr(identity, '@');
	size_t i;

	if (at == NULL || a->n_domains == 0)
		return true;
	for (i = 0; i < a->n_domains; i++) {
		if (strcmp(a->domains[i], at + 1) == 0)
			return true;
	}
	return false;
}

bool
policy_rule_admits(
    const struct policy *p, const struct policy_rule *r, size_t n)
{
	const struct policy_scope *s = &p->scopes[r->scope];
	size_t i;

	for (i = 0; i < s->n_authorities; i++) {
		if (s->authorities[i] == n)
			return true;
	}
	return s->n_authorities == 0;
}

struct place
policy_place(const struct policy *p, struct policy_place at)
{
	return (struct place) { p->files[at.file], at.line, at.col };
}
