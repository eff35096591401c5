#include "config.h"

#include "config-gen/setting.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "config-gen/policy_memory.h"
#include "lib/certsig.h"
#include "lib/escape.h"

#define SHOWN 600

struct reader {
	struct settings *out;
	struct snapshot *s;
	bool has_failed; /* no memory */
	bool is_broken;
};

static void add(struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct reader *r, const char *fmt, ...)
{
	struct settings *out = r->out;
	char *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&line, fmt, ap) < 0)
		line = NULL;
	va_end(ap);
	if (line == NULL || vector_grow((void **)&out->lines, &out->room,
	        out->n_lines, sizeof(*out->lines)) < 0) {
		free(line);
		r->has_failed = true;
		return;
	}
	out->lines[out->n_lines++] = line;
}

static void
add_list(struct reader *r, const char *name, const char *key,
    struct span list)
{
	char shown[SHOWN];
	struct span one;

	while (wire_get_string(&list, &one) == 0)
		add(r, "authority %s: %s %s", name, key,
		    escape_bytes(shown, sizeof(shown), one.p, one.len));
}

static const char *
show_time(char *out, size_t len, int64_t at)
{
	time_t t = (time_t)at;
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, len, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, len, "%" PRId64, at);
	return out;
}

static void
add_authority(struct reader *r, uint32_t number)
{
	static const char *const modes[] = {
		[PRINCIPALS_VERBATIM] = "verbatim",
		[PRINCIPALS_EMAIL] = "email",
		[PRINCIPALS_EMAIL_PREFIX] = "email-prefix",
	};
	struct index_authority a;
	char name[SHOWN], at[64];

	if (index_authority_by_number(&r->s->index, number, &a, NULL) != 1) {
		r->is_broken = true;
		return;
	}
	(void)escape_bytes(name, sizeof(name), a.name.p, a.name.len);
	add(r, "authority %s: principals %s", name, modes[a.principals]);
	add_list(r, name, "domain", a.domains);
	if (a.trust_from != 0)
		add(r, "authority %s: trust from %s", name,
		    show_time(at, sizeof(at), a.trust_from));
	if (a.trust_until != 0)
		add(r, "authority %s: trust until %s", name,
		    show_time(at, sizeof(at), a.trust_until));
	if (a.max_validity_s != 0)
		add(r, "authority %s: max_validity %" PRIu64 " s", name,
		    a.max_validity_s);
	if (a.key_id_identity)
		add(r, "authority %s: key_id: identity", name);
	add_list(r, name, "key_id", a.key_ids);
	add_list(r, name, "critical_option", a.critical_options);
	add_list(r, name, "key_type", a.key_types);
}

static void
add_key(struct reader *r, struct span blob)
{
	char name[SHOWN], fingerprint[FINGERPRINT_SIZE], at[64];
	struct index_authority a;

	if (index_authority_by_key(&r->s->index, blob, &a, NULL) != 1 ||
	    certsig_fingerprint(fingerprint, blob, NULL) < 0) {
		r->is_broken = true;
		return;
	}
	(void)escape_bytes(name, sizeof(name), a.name.p, a.name.len);
	add(r, "authority %s: key %s%s%s", name, fingerprint,
	    a.key_until == 0 ? "" : " until ",
	    a.key_until == 0 ? ""
	                     : show_time(at, sizeof(at), a.key_until));
}

/* Whether key is of a member of the denied, by its whole identity. */
static bool
is_denied(struct span *key)
{
	uint32_t set;

	key->p++;
	key->len--;
	if (wire_get_u32(key, &set) < 0 || set != INDEX_SET_DENY ||
	    key->len == 0 || key->p[0] != 'i')
		return false;
	key->p++;
	key->len--;
	return true;
}

static int
walk(struct reader *r, struct err *err)
{
	const struct snapshot_set *denied = &r->s->sets[INDEX_SET_DENY];
	struct span key, value;
	uint32_t cursor = 0;
	char shown[SHOWN];
	int more;

	while ((more = index_walk(
	            &r->s->index, &cursor, &key, &value, err)) == 1) {
		if (key.len == 0)
			continue;
		if (key.p[0] == 'c')
			add_key(r, (struct span) { key.p + 1, key.len - 1 });
		else if (key.p[0] == 's' &&
		    denied->n_members <= SETTING_MAX_DENIED && is_denied(&key))
			add(r, "deny %s",
			    escape_bytes(shown, sizeof(shown), key.p, key.len));
	}
	if (denied->n_members > SETTING_MAX_DENIED)
		add(r, "deny %" PRIu64 " identities (digest %016" PRIx64 ")",
		    denied->n_members, denied->digest);
	return more;
}

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
settings_read(struct settings *out, struct snapshot *s, struct err *err)
{
	struct reader r = { .out = out, .s = s };
	struct index_rule everybody;
	uint32_t i;

	memset(out, 0, sizeof(*out));
	if (s->is_empty)
		return 0;
	for (i = 0; i < s->index.n_authorities; i++)
		add_authority(&r, i);
	if (index_rule(&s->index, span_of("*"), &everybody, NULL) == 1)
		add(&r, "min_uid %" PRIu32, s->index.min_uid);
	if (walk(&r, err) < 0)
		return -1;
	if (r.is_broken)
		return err_setf(
		    err, ERR_MALFORMED, "%s: the index is damaged", s->folder);
	if (r.has_failed)
		return err_setf(err, ERR_MEMORY, "out of memory");
	qsort(out->lines, out->n_lines, sizeof(*out->lines), compare_lines);
	return 0;
}

void
settings_clear(struct settings *s)
{
	size_t i;

	for (i = 0; i < s->n_lines; i++)
		free(s->lines[i]);
	free(s->lines);
	memset(s, 0, sizeof(*s));
}

size_t
settings_compare(const struct settings *before, const struct settings *after,
    void (*report)(void *ctx, char sign, const char *line), void *ctx)
{
	size_t b = 0, a = 0, n = 0;

	while (b < before->n_lines || a < after->n_lines) {
		int order = b == before->n_lines ? 1
		    : a == after->n_lines
		    ? -1
		    : strcmp(before->lines[b], after->lines[a]);

		if (order != 0) {
			report(ctx, order < 0 ? '-' : '+',
			    order < 0 ? before->lines[b] : after->lines[a]);
			n++;
		}
		b += order <= 0 ? 1 : 0;
		a += order >= 0 ? 1 : 0;
	}
	return n;
}
