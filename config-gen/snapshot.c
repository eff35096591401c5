#include "config.h"

#include "config-gen/snapshot.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/hash.h"

#define SHOWN 1200

static uint64_t
digest_of(struct span s)
{
	return hash_add(HASH_INIT, s.p, s.len);
}

static void
put_text(struct wire *w, const char *text)
{
	wire_put_bytes(w, text, strlen(text));
}

static void
put_span(struct wire *w, struct span s)
{
	char shown[SHOWN];

	put_text(w, escape_bytes(shown, sizeof(shown), s.p, s.len));
}

static void
put_until(struct wire *w, int64_t until)
{
	time_t t = (time_t)until;
	char text[64];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(text, sizeof(text), "%" PRId64, until);
	put_text(w, text);
}

static void
put_terms(struct wire *w, const struct index_grant *g)
{
	const char *before = " (";
	struct span from = g->from, net;

	if (g->options.len != 0) {
		put_text(w, " (options ");
		put_span(w, g->options);
		before = ", ";
	}
	if (from.len != 0) {
		put_text(w, before);
		put_text(w, "from");
		before = ", ";
	}
	while (wire_get_string(&from, &net) == 0) {
		put_text(w, " ");
		put_span(w, net);
	}
	if (g->until != INT64_MAX) {
		put_text(w, before);
		put_text(w, "until ");
		put_until(w, g->until);
		before = ", ";
	}
	if (before[0] == ',')
		put_text(w, ")");
}

/* What a grant says, without its place; the same words for the same thing. */
static void
put_grant(struct snapshot *s, struct wire *w, const struct index_grant *g)
{
	struct span name;

	switch (g->kind) {
	case GRANT_IDENTITY:
		put_span(w, g->text);
		break;
	case GRANT_PRINCIPAL:
		put_text(w, "principal ");
		put_span(w, g->text);
		break;
	case GRANT_GROUP:
		if (index_set_name(&s->index, g->set, &name, NULL) == 1)
			put_span(w, name);
		break;
	case GRANT_ANY:
		put_text(w, "any");
		break;
	case GRANT_SAME_NAME:
		put_text(w, "same-name");
		break;
	}
	put_terms(w, g);
}

/* A member's digest: its name, and what its own grants say. */
static int
add_member(struct snapshot *s, struct span key, struct span value,
    struct wire *scratch)
{
	struct index_grant g;
	uint32_t set;
	int more;

	key.p++;
	key.len--;
	if (wire_get_u32(&key, &set) < 0 || set > s->index.n_sets ||
	    key.len == 0)
		return -1;
	if (key.p[0] == 'p')
		return 0; /* follows from the identities */
	wire_reset(scratch);
	wire_put_bytes(scratch, key.p, key.len);
	while ((more = index_grant_next(&value, &g)) == 1) {
		put_grant(s, scratch, &g);
		wire_put_bytes(scratch, g.options.p, g.options.len);
	}
	if (more < 0 || scratch->has_failed)
		return -1;
	s->sets[set].digest += digest_of(wire_span(scratch));
	s->sets[set].n_members++;
	return 0;
}

static int
read_sets(struct snapshot *s, struct err *err)
{
	struct wire scratch = WIRE_INIT;
	struct span key, value;
	unsigned int cursor = 0;
	int more, ret = 0;

	s->sets = calloc((size_t)s->index.n_sets + 1, sizeof(*s->sets));
	if (s->sets == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	while (ret == 0 &&
	    (more = index_walk(&s->index, &cursor, &key, &value, err)) != 0) {
		if (more < 0)
			ret = -1;
		else if (key.len > 0 && key.p[0] == 's' &&
		    add_member(s, key, value, &scratch) < 0)
			ret = err_setf(err, ERR_MALFORMED,
			    "%s: the index is damaged", s->folder);
	}
	wire_free(&scratch);
	return ret;
}

int
snapshot_open(struct snapshot *s, const char *folder, struct err *err)
{
	char path[PATH_MAX];

	memset(s, 0, sizeof(*s));
	s->fd = -1;
	if ((size_t)snprintf(s->folder, sizeof(s->folder), "%s", folder) >=
	        sizeof(s->folder) ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s", folder,
	        COMPILE_INDEX) >= sizeof(path))
		return err_setf(err, ERR_LIMIT, "name too long");
	if (access(folder, F_OK) < 0) {
		s->is_empty = true;
		return 0;
	}
	s->fd = file_open(path, FILE_ROOTS, UINT32_MAX, NULL, err);
	if (s->fd < 0)
		return -1;
	if (index_open(&s->index, s->fd, err) < 0) {
		(void)close(s->fd);
		s->fd = -1;
		return -1;
	}
	return read_sets(s, err);
}

void
snapshot_close(struct snapshot *s)
{
	if (s->fd >= 0) {
		index_close(&s->index);
		(void)close(s->fd);
	}
	free(s->sets);
	memset(s, 0, sizeof(*s));
	s->fd = -1;
}

static bool
has_list(const struct snapshot *s, struct span user)
{
	char path[PATH_MAX];

	if (user.len > 255 || memchr(user.p, '/', user.len) != NULL ||
	    (size_t)snprintf(path, sizeof(path), "%s/%s/%.*s", s->folder,
	        COMPILE_LISTS, (int)user.len, (const char *)user.p) >=
	        sizeof(path))
		return false;
	return access(path, F_OK) == 0;
}

static void
put_authorities(
    struct snapshot *s, struct wire *w, const struct index_rule *rule)
{
	struct span list = rule->authorities;
	struct index_authority a;
	uint32_t number;

	if (!rule->has_authorities)
		return;
	put_text(w, "; only by");
	while (wire_get_u32(&list, &number) == 0) {
		put_text(w, " ");
		if (index_authority_by_number(&s->index, number, &a, NULL) == 1)
			put_span(w, a.name);
	}
}

/* The rule in words, and the digests of the sets that it rests on. */
static int
put_rule(struct snapshot *s, struct wire *w, const struct index_rule *rule,
    uint64_t *digest)
{
	struct span grants = rule->grants;
	struct index_grant g;
	char text[64];
	size_t start = w->len;
	int more;

	while ((more = index_grant_next(&grants, &g)) == 1) {
		put_text(w, w->len == start ? "" : ", ");
		put_grant(s, w, &g);
		/* The words may be cut short. */
		*digest = hash_add(*digest, g.options.p, g.options.len);
		if (g.kind == GRANT_GROUP && g.set <= s->index.n_sets)
			*digest += s->sets[g.set].digest;
	}
	if (rule->set != 0) {
		(void)snprintf(text, sizeof(text), "%s%" PRIu64 " entries",
		    w->len == start ? "" : ", ", s->sets[rule->set].n_members);
		put_text(w, text);
		*digest += s->sets[rule->set].digest;
	}
	put_authorities(s, w, rule);
	if (w->has_failed)
		return -1;
	*digest += hash_add(0, w->p + start, w->len - start);
	return more;
}

int
snapshot_user(struct snapshot *s, struct span user, struct snapshot_user *out,
    struct wire *text, struct err *err)
{
	struct wire scratch = WIRE_INIT;
	struct index_rule rule;
	int found = 0;

	memset(out, 0, sizeof(*out));
	if (!s->is_empty)
		found = index_rule(&s->index, user, &rule, err);
	if (found <= 0)
		return found;
	out->is_there = true;
	out->has_list = has_list(s, user);
	if (put_rule(s, text == NULL ? &scratch : text, &rule, &out->digest) <
	    0)
		found = err_setf(err, ERR_MALFORMED,
		    "%s: the index is damaged", s->folder);
	wire_free(&scratch);
	return found < 0 ? -1 : 0;
}
