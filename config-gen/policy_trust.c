/* When an authority, and each key of it, is trusted. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/certsig.h"
#include "lib/utc.h"

#include <stdlib.h>
#include <string.h>

/* A time as under `until`; a date begins, or ends, with its day.  -1: none. */
static int64_t
side_seconds(const char *text, size_t len, bool is_end)
{
	char copy[32];
	int64_t at;

	if (len == 0 || len >= sizeof(copy))
		return -1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if ((at = until_seconds(copy)) < 0)
		return -1;
	return is_end || strchr(copy, 'T') != NULL ? at : at - UTC_DAY_S;
}

void
read_authority_trust(struct policy_parse *p, void *into)
{
	static const char expected[] =
	    "two dates with .. between them, such as 2026-01-01..2027-06-30";
	struct policy_authority *a = into;
	const char *text, *dots;

	if (p->event.kind != EVENT_SCALAR ||
	    (dots = strstr(p->event.text, "..")) == NULL) {
		parse_unexpected(p, expected);
		return;
	}
	text = p->event.text;
	a->trust_at = place_pack(p, p->event.at);
	a->trust_from = side_seconds(text, (size_t)(dots - text), false);
	a->trust_until = side_seconds(dots + 2, strlen(dots + 2), true);
	if (a->trust_from < 0 || a->trust_until < 0)
		parse_unexpected(p, expected);
	else if (a->trust_from >= a->trust_until)
		parse_error(p, p->event.at, NULL, "write the earlier one first",
		    "\"%s\" ends before it begins", show(text).text);
}

/* One key of `retire`: p->event is its name, the next its date. */
static void
read_retired(struct policy_parse *p, struct policy_authority *a, size_t *room)
{
	struct policy_retired r = { .until = -1 };
	struct place at = p->event.at;
	size_t i;

	if (!certsig_is_fingerprint(p->event.text))
		parse_error(p, at, NULL,
		    "write SHA256: and 43 characters, as ssh-keygen -l prints "
		    "them",
		    "\"%s\" is no fingerprint of a key",
		    show(p->event.text).text);
	else
		r.fingerprint = parse_keep(p, p->event.text, p->event.len);
	r.at = place_pack(p, at);
	event_next(p);
	if (parse_until(p, &r.until) < 0 || r.fingerprint == NULL)
		return;
	for (i = 0; i < a->n_retired; i++) {
		if (strcmp(a->retired[i].fingerprint, r.fingerprint) != 0)
			continue;
		parse_error(p, at, NULL, "keep one of them",
		    "\"%s\" stands twice, first in line %u", r.fingerprint,
		    a->retired[i].at.line);
		return;
	}
	if (vector_grow((void **)&a->retired, room, a->n_retired,
		sizeof(*a->retired)) < 0)
		(void)parse_no_memory(p);
	else
		a->retired[a->n_retired++] = r;
}

void
read_authority_retire(struct policy_parse *p, void *into)
{
	struct policy_authority *a = into;
	size_t room = 0;

	if (p->event.kind != EVENT_MAPPING) {
		parse_unexpected(p,
		    "a mapping from fingerprints to the last day of each key");
		return;
	}
	while (key_next(p))
		read_retired(p, a, &room);
}

/* The number of the key that the fingerprint is of, or n_keys. */
static size_t
find_key(const struct policy_authority *a, const char *fingerprint)
{
	char text[FINGERPRINT_SIZE];
	size_t i;

	for (i = 0; i < a->n_keys; i++) {
		if (certsig_fingerprint(text,
			(struct span) {
			    a->keys[i].blob, a->keys[i].blob_len },
			NULL) == 0 &&
		    strcmp(text, fingerprint) == 0)
			break;
	}
	return i;
}

/* Tell each key when it goes. */
static int
resolve_retired(struct policy_parse *p, struct policy_authority *a)
{
	size_t i, k;

	a->key_until = calloc(a->n_keys + 1, sizeof(*a->key_until));
	if (a->key_until == NULL)
		return parse_no_memory(p);
	for (i = 0; i < a->n_keys; i++)
		a->key_until[i] = INT64_MAX;
	for (i = 0; i < a->n_retired; i++) {
		const struct policy_retired *r = &a->retired[i];

		if ((k = find_key(a, r->fingerprint)) < a->n_keys) {
			a->key_until[k] = r->until;
			continue;
		}
		parse_warning(p, policy_place(p->policy, r->at), NULL,
		    "take the line out",
		    "authority \"%s\" has no key %s", show(a->name).text,
		    r->fingerprint);
	}
	return 0;
}

/* What an administrator must know in time. */
static void
warn_of_end(struct policy_parse *p, const struct policy_authority *a)
{
	int64_t end = policy_authority_end(a);
	struct policy_place at = a->trust_until == end ? a->trust_at : a->at;
	const char *of = a->trust_until == end ? "trust" : "last key";
	char day[UTC_SIZE];

	if (a->trust_until != end && a->n_retired != 0)
		at = a->retired[a->n_retired - 1].at;
	if (end == INT64_MAX || end > p->now_at + POLICY_SOON_S)
		return;
	(void)utc_end_text(day, end);
	if (end <= p->now_at)
		parse_warning(p, policy_place(p->policy, at),
		    "nobody gets in by it",
		    "set another end, or take the authority out",
		    "the %s of authority \"%s\" ended with %s", of,
		    show(a->name).text, day);
	else
		parse_warning(p, policy_place(p->policy, at),
		    "then nobody gets in by it",
		    "add the authority's new key, or set another end",
		    "the %s of authority \"%s\" ends with %s", of,
		    show(a->name).text, day);
}

int
check_trust(struct policy_parse *p)
{
	size_t i;

	for (i = 0; i < p->policy->n_authorities; i++) {
		struct policy_authority *a = &p->policy->authorities[i];

		if (a->n_retired != 0 && resolve_retired(p, a) < 0)
			return -1;
		if (p->report->n_errors == 0)
			warn_of_end(p, a);
	}
	return 0;
}

int64_t
policy_key_end(const struct policy_authority *a, size_t k)
{
	int64_t end = a->key_until == NULL ? INT64_MAX : a->key_until[k];

	return end < a->trust_until ? end : a->trust_until;
}

int64_t
policy_authority_end(const struct policy_authority *a)
{
	int64_t end = 0;
	size_t k;

	for (k = 0; k < a->n_keys; k++) {
		if (policy_key_end(a, k) > end)
			end = policy_key_end(a, k);
	}
	return a->n_keys == 0 ? a->trust_until : end;
}

bool
policy_key_is_in_force(
    const struct policy_authority *a, size_t k, int64_t now_at)
{
	return now_at >= a->trust_from && now_at < policy_key_end(a, k);
}
