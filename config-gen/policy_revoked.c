/* The section `revoked`. */
#include "config.h"

#include "config-gen/krl.h"
#include "config-gen/policy_parse.h"

#include "lib/base64.h"
#include "lib/keyblob.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A longer key ID fits no certificate. */
#define KEY_ID_MAX 262144

/* What an entry revokes; it must be one thing. */
enum what { WHAT_NONE, WHAT_SERIAL, WHAT_SERIALS, WHAT_KEY_ID, WHAT_KEY };

static const char *const what_names[] = { "", "serial", "serials", "key_id",
	"key" };

/* An entry while it is read. */
struct entry_draft {
	struct place at;
	bool has_authority;
	struct place authority_at;
	uint32_t reference; /* the authority; NAME_NONE: none that is good */
	struct policy_place mention;
	enum what what;
	struct policy_serials serials;
	struct wire text; /* the key ID, or the key's line; terminated */
};

/* What is revoked of one authority, until its name is resolved. */
struct policy_revocations {
	struct policy_serials *serials;
	size_t n_serials, serials_room;
	struct names key_ids;
};

/* --- entries -------------------------------------------------------------- */

void
read_revoked_authority(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;

	d->has_authority = true;
	d->authority_at = p->event.at;
	if (parse_text(p, "an authority's name") == NULL)
		return;
	d->reference = reference_of(p, p->event.text, p->event.len);
	d->mention = place_pack(p, p->event.at);
}

/* Note what the entry revokes; false where it is the second thing. */
static bool
begin_what(struct policy_parse *p, struct entry_draft *d, enum what what)
{
	if (d->what == WHAT_NONE) {
		d->what = what;
		return true;
	}
	parse_error(p, p->event.at,
	    "it would not be clear whether one of them is enough",
	    "write an entry for each", "\"%s\" and \"%s\" in one entry",
	    what_names[d->what], what_names[what]);
	event_skip(p);
	return false;
}

/*
 * Decimal digits up to 2^64-1, all of text; -1 for anything else.  010 would
 * be 8 to other YAML readers, and to ssh-keygen.
 */
static int
serial_of(const char *text, size_t len, uint64_t *out)
{
	uint64_t n = 0;
	size_t i;

	if (len == 0 || (text[0] == '0' && len > 1))
		return -1;
	for (i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)(text[i] - '0');

		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	*out = n;
	return 0;
}

void
read_revoked_serial(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	const struct policy_event *e = &p->event;

	if (!begin_what(p, d, WHAT_SERIAL))
		return;
	if (e->kind != EVENT_SCALAR || !e->is_plain ||
	    serial_of(e->text, e->len, &d->serials.first) < 0) {
		parse_unexpected(p,
		    "a serial, in decimal digits without zeros in front, as "
		    "ssh-keygen -L shows it");
		return;
	}
	d->serials.last = d->serials.first;
}

void
read_revoked_serials(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	const struct policy_event *e = &p->event;
	struct policy_serials *s = &d->serials;
	const char *dash = NULL;

	if (!begin_what(p, d, WHAT_SERIALS))
		return;
	if (e->kind == EVENT_SCALAR && e->is_plain)
		dash = strchr(e->text, '-');
	if (dash == NULL ||
	    serial_of(e->text, (size_t)(dash - e->text), &s->first) < 0 ||
	    serial_of(dash + 1, strlen(dash + 1), &s->last) < 0) {
		parse_unexpected(
		    p, "a range of serials such as 100-199, in decimal digits");
		return;
	}
	if (s->first > s->last)
		parse_error(p, e->at, NULL, "write the smaller serial first",
		    "the range \"%s\" ends before it begins",
		    show(e->text).text);
}

void
read_revoked_key_id(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	const char *text;

	if (!begin_what(p, d, WHAT_KEY_ID) ||
	    (text = parse_text(p, "a key ID")) == NULL)
		return;
	if (p->event.len > KEY_ID_MAX) {
		parse_error(p, p->event.at, "no certificate is that large",
		    NULL, "the key ID is longer than 262,144 bytes");
		return;
	}
	if (strpbrk(text, "*?") != NULL)
		parse_warning(p, p->event.at,
		    "what is revoked is compared byte for byte",
		    "write an entry for each key ID",
		    "\"%s\" is no pattern here", show(text).text);
	wire_put_bytes(&d->text, text, p->event.len + 1);
}

/* "TYPE BASE64" of a plain key, in the one form that all writings have. */
static int
put_key_line(struct wire *out, const struct pubkey *k, struct err *err)
{
	struct wire blob = WIRE_INIT;
	struct keyblob parts;
	size_t at, room;
	int ret = -1;

	if (keyblob_parse(&parts, (struct span) { k->blob, k->blob_len },
		"the key", err) < 0)
		return -1;
	keyblob_put(&parts, &blob);
	room = BASE64_ENCODED_SIZE(blob.len);
	wire_put_bytes(out, k->type, strlen(k->type));
	wire_put_u8(out, ' ');
	at = out->len;
	/* Room first: base64_encode writes to its end. */
	while (!out->has_failed && out->len < at + room)
		wire_put_u8(out, '\0');
	if (blob.has_failed || out->has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	base64_encode((char *)out->p + at, blob.p, blob.len);
	out->len = at + strlen((const char *)out->p + at) + 1;
	ret = 0;
out:
	wire_free(&blob);
	return ret;
}

void
read_revoked_key(struct policy_parse *p, void *into)
{
	struct entry_draft *d = into;
	struct place at = p->event.at;
	size_t len = p->event.len;
	struct err err = ERR_INIT;
	struct pubkey k;
	const char *line;
	int found;

	if (!begin_what(p, d, WHAT_KEY))
		return;
	/* It may be half of a private key. */
	p->is_hidden = true;
	line = parse_text(p, "a public key, as in a .pub file");
	p->is_hidden = false;
	if (line == NULL)
		return;
	while (len > 0 && line[len - 1] == '\n')
		len--;
	if ((found = pubkey_parse_line(&k, line, len, NO_PLACE, &err)) < 0) {
		parse_error_unquoted(p, at, err.text);
		return;
	}
	if (found == 0) {
		parse_error_unquoted(
		    p, at, "no key; write it as in a .pub file");
		return;
	}
	if (pubkey_is_cert(&k))
		parse_error_unquoted(p, at,
		    "this is a certificate; give the plain key, which revokes "
		    "every certificate for it, or revoke this one by "
		    "its serial");
	else if (put_key_line(&d->text, &k, &err) < 0)
		parse_error_unquoted(p, at, err.text);
	pubkey_clear(&k);
}

/* Whether what belongs together in an entry is there. */
static bool
check_entry(struct policy_parse *p, const struct entry_draft *d)
{
	if (d->what == WHAT_NONE) {
		parse_error(p, d->at, NULL,
		    "add \"serial\", \"serials\", \"key_id\" or \"key\"",
		    "this entry revokes nothing");
		return false;
	}
	if (d->what == WHAT_KEY && d->has_authority) {
		parse_error(p, d->authority_at,
		    "a revoked key is refused whoever signed for it",
		    "remove \"authority\"",
		    "\"authority\" beside \"key\"");
		return false;
	}
	if (d->what != WHAT_KEY && !d->has_authority) {
		parse_error(p, d->at,
		    d->what == WHAT_KEY_ID
			? "every CA writes key IDs of its own"
			: "every CA counts serials of its own",
		    "add \"authority\"", "\"%s\" without \"authority\"",
		    what_names[d->what]);
		return false;
	}
	return true;
}

/* The drafts of the authority; NULL without memory (reported). */
static struct policy_revocations *
revocations_of(struct policy_parse *p, uint32_t reference)
{
	struct policy_revocations *bigger;
	size_t n = (size_t)reference + 1;

	if (n > p->n_revocations) {
		bigger = realloc(p->revocations, n * sizeof(*bigger));
		if (bigger == NULL) {
			(void)parse_no_memory(p);
			return NULL;
		}
		memset(bigger + p->n_revocations, 0,
		    (n - p->n_revocations) * sizeof(*bigger));
		p->revocations = bigger;
		p->n_revocations = n;
	}
	return &p->revocations[reference];
}

/* One that stands further down, or nowhere: to be resolved with the rules'. */
static void
mention_authority(struct policy_parse *p, const struct entry_draft *d)
{
	const char *name = p->references.items[d->reference];
	struct policy_mention m = { d->reference, d->mention };

	if (name_find(&p->authorities,
		(struct name_array) { p->policy->authorities,
		    sizeof(*p->policy->authorities) },
		name_key(name)) != NAME_NONE)
		return;
	if (vector_grow((void **)&p->mentions, &p->mentions_room,
		p->n_mentions, sizeof(m)) < 0)
		(void)parse_no_memory(p);
	else
		p->mentions[p->n_mentions++] = m;
}

static void
keep_entry(struct policy_parse *p, struct entry_draft *d)
{
	const char *text = (const char *)d->text.p;
	struct policy_revocations *r;

	if (d->what == WHAT_KEY) {
		(void)names_add(p, &p->revoked_keys, text, d->text.len - 1,
		    d->at, "\"revoked\"");
		return;
	}
	if (d->reference == NAME_NONE ||
	    (r = revocations_of(p, d->reference)) == NULL)
		return;
	mention_authority(p, d);
	if (d->what == WHAT_KEY_ID) {
		(void)names_add(p, &r->key_ids, text, d->text.len - 1, d->at,
		    "\"revoked\"");
		return;
	}
	d->serials.at = place_pack(p, d->at);
	if (vector_grow((void **)&r->serials, &r->serials_room, r->n_serials,
		sizeof(*r->serials)) < 0)
		(void)parse_no_memory(p);
	else
		r->serials[r->n_serials++] = d->serials;
}

static void
read_revocation(struct policy_parse *p, void *into)
{
	struct entry_draft d = { .at = p->event.at, .reference = NAME_NONE,
		.text = p->scratch };
	size_t n_errors = p->report->n_errors;

	(void)into;
	if (p->event.kind != EVENT_MAPPING) {
		parse_unexpected(p,
		    "an entry such as {authority: NAME, serial: 42}");
		return;
	}
	wire_reset(&d.text);
	parse_mapping(p, POLICY_REVOKED, &d);
	if (d.text.has_failed)
		(void)parse_no_memory(p);
	else if (p->report->n_errors == n_errors && check_entry(p, &d))
		keep_entry(p, &d);
	/* Its memory serves the next one. */
	p->scratch = d.text;
	p->scratch.has_failed = false;
}

void
read_revoked(struct policy_parse *p, void *into)
{
	(void)parse_list(p, "a list of revocations", read_revocation, into);
}

/* --- once all is read ------------------------------------------------------ */

static int
compare_places(struct policy_place a, struct policy_place b)
{
	if (a.file != b.file)
		return a.file < b.file ? -1 : 1;
	if (a.line != b.line)
		return a.line < b.line ? -1 : 1;
	return (a.col > b.col) - (a.col < b.col);
}

static int
compare_serials(const void *left, const void *right)
{
	const struct policy_serials *a = left, *b = right;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return compare_places(a->at, b->at);
}

/* Serials of an entry that another one revokes already. */
static void
report_serials(struct policy_parse *p, const struct policy_serials *first,
    const struct policy_serials *again, uint64_t from, uint64_t to)
{
	struct place other = policy_place(p->policy, first->at);
	struct place at = policy_place(p->policy, again->at);
	char range[64];

	if (from == to)
		(void)snprintf(range, sizeof(range), "serial %" PRIu64 " is",
		    from);
	else
		(void)snprintf(range, sizeof(range),
		    "serials %" PRIu64 "-%" PRIu64 " are", from, to);
	parse_warning(p, at, NULL, "remove one of them",
	    "%s revoked already, at %s:%zu", range, show(other.file).text,
	    other.line);
}

/*
 * Bring the ranges in order and cut off what an earlier one holds, so that
 * no serial is in two.
 */
static void
settle_serials(struct policy_parse *p, struct policy_revocations *r)
{
	struct policy_serials *s = r->serials;
	size_t i, n = 0;

	for (i = 1; i < r->n_serials; i++) {
		if (compare_serials(&s[i - 1], &s[i]) <= 0)
			continue;
		qsort(s, r->n_serials, sizeof(*s), compare_serials);
		break;
	}
	for (i = 0; i < r->n_serials; i++) {
		struct policy_serials *before = n == 0 ? NULL : &s[n - 1];

		if (before != NULL && s[i].first <= before->last) {
			bool is_whole = s[i].last <= before->last;

			report_serials(p, before, &s[i], s[i].first,
			    is_whole ? s[i].last : before->last);
			if (is_whole)
				continue;
			s[i].first = before->last + 1;
		}
		s[n++] = s[i];
	}
	r->n_serials = n;
}

static size_t
count_unlistable(const struct policy_authority *a)
{
	size_t i, n = 0;

	if (!krl_can_list_serials(a))
		n = a->n_revoked_serials;
	else if (a->n_revoked_serials != 0 && a->revoked_serials[0].first == 0)
		n = 1;
	for (i = 0; i < a->n_revoked_ids; i++) {
		if (!krl_can_list(a->revoked_ids[i].text))
			n++;
	}
	return n;
}

bool
policy_key_is_revoked(const struct policy *p, const struct pubkey *k)
{
	struct wire line = WIRE_INIT;
	bool is_revoked = false;
	size_t i;

	/* What cannot be compared is not trusted. */
	if (p->n_revoked_keys != 0 && put_key_line(&line, k, NULL) < 0)
		is_revoked = true;
	for (i = 0; i < p->n_revoked_keys && !is_revoked; i++)
		is_revoked = strcmp(p->revoked_keys[i].text,
				 (const char *)line.p) == 0;
	wire_free(&line);
	return is_revoked;
}

static void
warn_of_keys(struct policy_parse *p, const struct policy_authority *a)
{
	size_t i;

	for (i = 0; i < a->n_keys; i++) {
		if (policy_key_is_revoked(p->policy, &a->keys[i]))
			parse_warning(p,
			    policy_place(p->policy, a->key_places[i]),
			    "every certificate that it signed is refused",
			    NULL, "this key of authority \"%s\" is revoked",
			    show(a->name).text);
	}
}

void
settle_revoked(struct policy_parse *p)
{
	struct policy *policy = p->policy;
	struct name_array names = { policy->authorities,
		sizeof(*policy->authorities) };
	size_t i;

	policy->revoked_keys = p->revoked_keys.items;
	policy->n_revoked_keys = p->revoked_keys.n;
	policy->n_revoked = p->revoked_keys.n;
	p->revoked_keys.items = NULL;
	for (i = 0; i < p->n_revocations; i++) {
		struct policy_revocations *r = &p->revocations[i];
		uint32_t number = name_find(&p->authorities, names,
		    name_key(p->references.items[i]));
		struct policy_authority *a;

		/* Unknown ones have been reported. */
		if (number == NAME_NONE)
			continue;
		a = &policy->authorities[number];
		settle_serials(p, r);
		a->revoked_serials = r->serials;
		a->n_revoked_serials = r->n_serials;
		a->revoked_ids = r->key_ids.items;
		a->n_revoked_ids = r->key_ids.n;
		r->serials = NULL;
		r->key_ids.items = NULL;
		policy->n_revoked += a->n_revoked_serials + a->n_revoked_ids;
		policy->n_unlistable += count_unlistable(a);
	}
	for (i = 0; i < policy->n_authorities; i++)
		warn_of_keys(p, &policy->authorities[i]);
}

void
revocations_free(struct policy_parse *p)
{
	size_t i;

	for (i = 0; i < p->n_revocations; i++) {
		free(p->revocations[i].serials);
		names_free(&p->revocations[i].key_ids);
	}
	free(p->revocations);
	p->revocations = NULL;
	p->n_revocations = 0;
	names_free(&p->revoked_keys);
}
