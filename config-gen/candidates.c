#include "config.h"

#include "config-gen/candidates.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/account.h"
#include "config-gen/compile.h"
#include "config-gen/doctor.h"
#include "config-gen/generation.h"
#include "config-gen/people.h"
#include "config-gen/policy.h"
#include "lib/certsig.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/index.h"
#include "lib/utc.h"

#define ABOUT_SIZE 256

/* One run of candidates_list. */
struct search {
	const struct candidates_query *q;
	size_t n; /* offered so far */
	/* One of the two, or none. */
	struct policy *policy;
	struct index index;
	int index_fd;
};

/* Whether a shell can take it as one word of a list. */
static bool
is_word(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
			return false;
	}
	return len > 0;
}

static void
offer(struct search *s, const char *word, const char *about)
{
	size_t len = strlen(s->q->begin);

	if (s->n == CANDIDATES_MAX || !is_word(word, strlen(word)) ||
	    strncmp(word, s->q->begin, len) != 0)
		return;
	s->n++;
	s->q->found(s->q->ctx, word, about);
}

/* The same for bytes of the index. */
static void
offer_span(struct search *s, struct span name, const char *about)
{
	char word[256];

	if (name.len >= sizeof(word) ||
	    !is_word((const char *)name.p, name.len))
		return;
	memcpy(word, name.p, name.len);
	word[name.len] = '\0';
	offer(s, word, about);
}

/* Where it stands in the policy.  Returns out. */
static const char *
place_text(const struct search *s, struct policy_place at,
    char out[ABOUT_SIZE])
{
	struct place place = policy_place(s->policy, at);
	char file[ABOUT_SIZE - 32];

	(void)snprintf(out, ABOUT_SIZE, "%s:%zu",
	    escape_text(file, sizeof(file), place.file), place.line);
	return out;
}

static void
open_policy(struct search *s)
{
	struct diag_report report = DIAG_REPORT_INIT;
	const char *path = s->q->policy;
	char *of_root = NULL;

	if (path == NULL)
		path = of_root = root_locate_file(s->q->root, ROOT_POLICY, NULL);
	if (path != NULL)
		s->policy = policy_load_to_fetch(
		    path, s->q->root->dir, CANDIDATES_MAX_POLICY, &report);
	diag_free(&report);
	free(of_root);
}

static void
open_index(struct search *s)
{
	char path[PATH_MAX];

	(void)root_path(s->q->root, path, ROOT_CURRENT "/" COMPILE_INDEX);
	s->index_fd = file_open(path, FILE_ROOTS, UINT32_MAX, NULL, NULL);
	if (s->index_fd >= 0 && index_open(&s->index, s->index_fd, NULL) < 0) {
		(void)close(s->index_fd);
		s->index_fd = -1;
	}
}

/* Whoever names a policy wants no other's names. */
static void
search_open(struct search *s)
{
	open_policy(s);
	if (s->policy == NULL && s->q->policy == NULL)
		open_index(s);
}

static void
search_close(struct search *s)
{
	policy_free(s->policy);
	if (s->index_fd >= 0) {
		index_close(&s->index);
		(void)close(s->index_fd);
	}
}

static void
list_authorities(struct search *s)
{
	struct index_authority a;
	char about[ABOUT_SIZE];
	uint32_t i;

	for (i = 0; s->policy != NULL && i < s->policy->n_authorities; i++)
		offer(s, s->policy->authorities[i].name,
		    place_text(s, s->policy->authorities[i].at, about));
	for (i = 0; s->index_fd >= 0 && i < s->index.n_authorities; i++) {
		if (index_authority_by_number(&s->index, i, &a, NULL) != 1)
			return;
		offer_span(s, a.name, "applied");
	}
}

/* The index has keys as well, but commands take those of the policy. */
static void
list_keys(struct search *s)
{
	char fingerprint[FINGERPRINT_SIZE], place[ABOUT_SIZE];
	char about[ABOUT_SIZE + 64];
	size_t i, k;

	for (i = 0; s->policy != NULL && i < s->policy->n_authorities; i++) {
		const struct policy_authority *a = &s->policy->authorities[i];

		if (s->q->authority != NULL &&
		    strcmp(a->name, s->q->authority) != 0)
			continue;
		for (k = 0; k < a->n_keys; k++) {
			const struct pubkey *key = &a->keys[k];

			if (certsig_fingerprint(fingerprint,
				(struct span) { key->blob, key->blob_len },
				NULL) < 0)
				continue;
			(void)snprintf(about, sizeof(about), "%s, %s",
			    pubkey_short_type(key),
			    place_text(s, a->key_places[k], place));
			offer(s, fingerprint, about);
		}
	}
}

static bool
has_rule(struct search *s, const char *user)
{
	struct index_rule rule;
	size_t i;

	for (i = 0; s->policy != NULL && i < s->policy->n_rules; i++) {
		if (strcmp(s->policy->rules[i].user, user) == 0)
			return true;
	}
	return s->index_fd >= 0 &&
	    index_rule(&s->index, span_of(user), &rule, NULL) == 1;
}

/* Accounts that only "*" covers. */
static void
list_everybody(struct search *s)
{
	uint32_t lowest = UINT32_MAX;
	struct people people;
	size_t i;

	if (s->index_fd >= 0)
		lowest = s->index.min_uid;
	else if (s->policy == NULL ||
	    account_lowest(s->q->root, s->policy, &lowest, NULL) < 0)
		return;
	if (lowest == UINT32_MAX)
		return;
	/* Without root it ends at /etc/shadow, which is not needed here. */
	(void)people_load(&people, s->q->root, 0, NULL);
	for (i = 0; i < people.n_items; i++) {
		const struct person *p = &people.items[i];

		if (p->has_shell && p->uid >= lowest && !has_rule(s, p->name))
			offer(s, p->name, "as everybody");
	}
	people_clear(&people);
}

static void
list_users(struct search *s)
{
	char about[ABOUT_SIZE];
	struct span key, value;
	uint32_t cursor = 0;
	size_t i;

	for (i = 0; s->policy != NULL && i < s->policy->n_rules; i++) {
		const struct policy_rule *r = &s->policy->rules[i];

		if (strcmp(r->user, "*") != 0)
			offer(s, r->user, place_text(s, r->at, about));
	}
	for (i = 0; s->index_fd >= 0 && i < CANDIDATES_MAX_RECORDS &&
	     s->n < CANDIDATES_MAX &&
	     index_walk(&s->index, &cursor, &key, &value, NULL) == 1;
	     i++) {
		if (key.len > 1 && key.p[0] == 'u' &&
		    !(key.len == 2 && key.p[1] == '*'))
			offer_span(s,
			    (struct span) { key.p + 1, key.len - 1 },
			    "applied");
	}
	list_everybody(s);
}

static void
list_admins(struct search *s)
{
	struct people people;
	size_t i, g;

	(void)people_load(&people, s->q->root, 0, NULL);
	for (i = 0; i < people.n_items; i++) {
		const struct person *p = &people.items[i];
		bool is_admin = p->uid == 0;

		/* is_admin of people_load needs /etc/shadow. */
		for (g = 0; people_admin_groups[g] != NULL; g++)
			is_admin |= person_is_in(p, people_admin_groups[g]);
		if (is_admin)
			offer(s, p->name, p->uid == 0 ? "root" : "may be root");
	}
	people_clear(&people);
}

static void
list_generations(struct search *s)
{
	struct generation_info *list = NULL;
	char number[32], when[UTC_SIZE], about[ABOUT_SIZE];
	size_t i, n = 0;

	if (generation_peek_list(s->q->root, &list, &n, NULL) < 0)
		return;
	for (i = n; i > 0; i--) {
		(void)snprintf(
		    number, sizeof(number), "%lu", list[i - 1].number);
		(void)snprintf(about, sizeof(about), "made %s%s",
		    utc_text(when, list[i - 1].made_at),
		    list[i - 1].is_current ? ", current" : "");
		offer(s, number, about);
	}
	free(list);
}

static void
list_checks(struct search *s)
{
	size_t i;

	for (i = 0; i < doctor_n_checks; i++) {
		if (doctor_checks[i].may_be_overruled)
			offer(s, doctor_checks[i].code,
			    doctor_checks[i].about);
	}
}

void
candidates_list(const struct candidates_query *q, enum candidates_kind kind)
{
	struct search s = { .q = q, .index_fd = -1 };

	switch (kind) {
	case CANDIDATES_NONE:
	case CANDIDATES_TEXT:
	case CANDIDATES_FILE:
	case CANDIDATES_FOLDER:
		return;
	case CANDIDATES_ADMIN:
		list_admins(&s);
		return;
	case CANDIDATES_GENERATION:
		list_generations(&s);
		return;
	case CANDIDATES_CHECK:
		list_checks(&s);
		return;
	case CANDIDATES_FORMAT:
		offer(&s, "text", "for people");
		offer(&s, "json", "for programs");
		return;
	case CANDIDATES_USER:
	case CANDIDATES_AUTHORITY:
	case CANDIDATES_KEY:
		break;
	}
	search_open(&s);
	if (kind == CANDIDATES_USER)
		list_users(&s);
	else if (kind == CANDIDATES_AUTHORITY)
		list_authorities(&s);
	else
		list_keys(&s);
	search_close(&s);
}
