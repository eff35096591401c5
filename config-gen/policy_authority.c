#include "config.h"

#include "config-gen/policy_parse.h"

#include "config-gen/fetched.h"
#include "lib/file.h"
#include "lib/keyblob.h"
#include "lib/principal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Shorter RSA keys are taken, as sshd takes them, with a warning. */
#define RSA_GOOD_BITS 2048

/* An authority while it is read; other files take the first member alone. */
struct authority_draft {
	struct policy_authority a;
	size_t keys_room, places_room;
	struct words domains, key_ids, critical_options, key_types;
};

/* A key of the authority, from one line of text. */
static void
add_key(struct policy_parse *p, struct authority_draft *d, struct pubkey *k,
    struct place at)
{
	char what[160];

	if (pubkey_is_cert(k)) {
		parse_error_unquoted(p, at,
		    "this is a certificate; give the CA's own public key");
		pubkey_clear(k);
		return;
	}
	if (pubkey_rsa_bits(k) != 0 && pubkey_rsa_bits(k) < RSA_GOOD_BITS) {
		(void)snprintf(what, sizeof(what),
		    "this RSA key has %zu bits: under %d are too few today; "
		    "have the CA make a longer one",
		    pubkey_rsa_bits(k), RSA_GOOD_BITS);
		parse_warning_unquoted(p, at, what);
	}
	if (vector_grow((void **)&d->a.keys, &d->keys_room, d->a.n_keys,
		sizeof(*d->a.keys)) < 0 ||
	    vector_grow((void **)&d->a.key_places, &d->places_room, d->a.n_keys,
		sizeof(*d->a.key_places)) < 0) {
		pubkey_clear(k);
		(void)parse_no_memory(p);
		return;
	}
	d->a.keys[d->a.n_keys] = *k;
	d->a.key_places[d->a.n_keys++] = place_pack(p, at);
}

/* 1: a key was read; 0: a blank line; -1: an error was reported. */
static int
read_key_line(struct policy_parse *p, struct authority_draft *d,
    const char *line, size_t len, struct place at)
{
	struct err err = ERR_INIT;
	struct pubkey k;
	int found = pubkey_parse_line(&k, line, len, NO_PLACE, &err);

	if (found < 0)
		parse_error_unquoted(p, at, err.text);
	if (found > 0)
		add_key(p, d, &k, at);
	return found;
}

static void
read_key_item(struct policy_parse *p, void *into)
{
	struct place at = p->event.at;
	size_t len = p->event.len;
	const char *line;

	/* It may be half of a private key. */
	p->is_hidden = true;
	line = parse_text(p, "a public-key line");
	p->is_hidden = false;
	if (line == NULL)
		return;
	while (len > 0 && line[len - 1] == '\n')
		len--;
	if (memchr(line, '\n', len) != NULL)
		parse_error_unquoted(
		    p, at, "more than one line; write one key per list item");
	else if (read_key_line(p, into, line, len, at) == 0)
		parse_error_unquoted(
		    p, at, "no key; write it as in a .pub file");
}

void
read_authority_keys(struct policy_parse *p, void *into)
{
	struct place at = p->event.at;

	if (p->event.kind == EVENT_SCALAR) {
		parse_error_unquoted(p, at,
		    "expected a list of public-key lines; begin each with "
		    "\"- \"");
		return;
	}
	if (parse_list(p, "a list of public-key lines", read_key_item, into) ==
	    0)
		parse_error(p, at, NULL, NULL, "\"keys\" is empty");
}

/*
 * Read the lines of a key file that is in memory; false where no line had a
 * key and nothing was reported.
 */
static bool
read_key_lines(struct policy_parse *p, struct authority_draft *d,
    const char *path, const char *text, size_t len)
{
	struct place at = { path, 0, 0 };
	const char *end = text + len;
	uint16_t yaml_file = p->file;
	size_t bom = bom_len(text, len);
	bool has_key = false;
	const char *eol;

	if ((at.line = private_key_line(text, len)) != 0) {
		report_private_key(p, path, at.line);
		return true;
	}
	if (file_add(p, path, &p->file) < 0)
		return true;
	for (text += bom; text < end; text = eol + 1) {
		at.line++;
		if ((eol = memchr(text, '\n', (size_t)(end - text))) == NULL)
			eol = end;
		if (read_key_line(p, d, text, (size_t)(eol - text), at) != 0)
			has_key = true;
	}
	p->file = yaml_file;
	return has_key;
}

void
read_authority_file(struct policy_parse *p, void *into)
{
	struct place at = p->event.at;
	struct place whole = { NULL, 0, 0 };
	struct err err = ERR_INIT;
	char *path = NULL;
	char *text = NULL;
	size_t len;

	if (parse_text(p, "a file name") == NULL ||
	    (path = path_resolve(p, p->event.text, at)) == NULL)
		goto out;
	path_judge(p, path, at);
	if (file_read(
		path, FILE_ROOTS, POLICY_MAX_KEY_FILE, &text, &len, &err) < 0)
		path_error(p, at, path, &err);
	else if (!read_key_lines(p, into, path, text, len)) {
		whole.file = path;
		parse_error(p, whole, NULL, NULL, "the file holds no key");
	}
out:
	free(text);
	free(path);
}

static bool
is_same_key(const struct pubkey *a, const struct pubkey *b)
{
	return a->blob_len == b->blob_len &&
	    memcmp(a->blob, b->blob, a->blob_len) == 0;
}

/*
 * Take those of the keys from number first on out that are not pinned, and
 * those that stand in the policy as well.
 */
static void
drop_fetched(struct policy_parse *p, struct policy_authority *a, size_t first)
{
	size_t i, k, n = first;

	for (i = first; i < a->n_keys; i++) {
		for (k = 0; k < n; k++) {
			if (is_same_key(&a->keys[k], &a->keys[i]))
				break;
		}
		if (k < n || !policy_is_pinned(a, &a->keys[i])) {
			if (k == n)
				parse_warning(p,
				    policy_place(p->policy, a->key_places[i]),
				    "only pinned keys count",
				    "pin it, or run certgate ca fetch",
				    "a fetched key of authority \"%s\" is not "
				    "pinned and left out",
				    show(a->name).text);
			pubkey_clear(&a->keys[i]);
			continue;
		}
		a->keys[n] = a->keys[i];
		a->key_places[n++] = a->key_places[i];
	}
	a->n_keys = n;
}

/* The keys that certgate ca fetch has left for an authority with a `url`. */
static void
read_fetched(struct policy_parse *p, struct authority_draft *d)
{
	struct place at = policy_place(p->policy, d->a.url_at);
	size_t first = d->a.n_keys;
	struct err err = ERR_INIT;
	char *path = NULL, *text = NULL;
	char fix[128];
	size_t len;

	(void)snprintf(fix, sizeof(fix), "run certgate ca fetch %s", d->a.name);
	if ((path = fetched_locate(p->root, d->a.name, &err)) == NULL ||
	    file_read(path, FILE_ROOTS, FETCHED_MAX_BYTES, &text, &len, &err) <
		0) {
		if (err.code != ERR_NOT_FOUND)
			path_error(p, at, path == NULL ? "" : path, &err);
		else if (!p->is_to_fetch)
			parse_error(p, at, NULL, fix,
			    "the keys of authority \"%s\" were never fetched",
			    show(d->a.name).text);
		goto out;
	}
	path_judge(p, path, at);
	(void)read_key_lines(p, d, path, text, len);
	drop_fetched(p, &d->a, first);
	if (d->a.n_keys == 0 && !p->is_to_fetch)
		parse_error(p, at, NULL, fix,
		    "no key that was fetched for authority \"%s\" is %s",
		    show(d->a.name).text,
		    d->a.n_pins == 0 ? "left" : "pinned");
out:
	free(path);
	free(text);
}

void
read_authority_principals(struct policy_parse *p, void *into)
{
	static const char *const modes[] = {
		[PRINCIPALS_VERBATIM] = "verbatim",
		[PRINCIPALS_EMAIL] = "email",
		[PRINCIPALS_EMAIL_PREFIX] = "email-prefix",
		NULL,
	};
	static const enum principals_mode values[] = { PRINCIPALS_VERBATIM,
		PRINCIPALS_EMAIL, PRINCIPALS_EMAIL_PREFIX };
	struct authority_draft *d = into;
	const char *text;
	size_t i;

	if ((text = parse_text(p, "verbatim, email or email-prefix")) == NULL)
		return;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(text, modes[values[i]]) == 0) {
			d->a.principals = values[i];
			return;
		}
	}
	parse_error(p, p->event.at, NULL,
	    or_null(did_you_mean(text, modes).text),
	    "\"%s\" is none of verbatim, email and email-prefix",
	    show(text).text);
}

static void
read_domain(struct policy_parse *p, void *into)
{
	struct words *domains = into;
	const char *text, *refusal;
	const char *c;

	if ((text = parse_text(p, "a domain")) == NULL)
		return;
	refusal = principal_refusal(span_of(text));
	if (refusal == NULL && char_judge(text, p->event.len) == CHAR_UNSEEN)
		refusal = CHAR_REFUSAL;
	if (refusal != NULL) {
		parse_error(p, p->event.at, NULL, NULL, "the domain \"%s\" %s",
		    show(text).text, refusal);
		return;
	}
	if (strpbrk(text, "@*") != NULL) {
		parse_error(p, p->event.at,
		    "a domain is what stands after the @ of an identity",
		    "name each domain in full", "the domain \"%s\" holds a %c",
		    show(text).text, *strpbrk(text, "@*"));
		return;
	}
	for (c = text; *c != '\0' && !(*c >= 'A' && *c <= 'Z'); c++)
		;
	if (*c != '\0')
		parse_warning(p, p->event.at,
		    "names are compared byte for byte, as sshd does",
		    "make sure that identities have it in this very form",
		    "\"%s\" holds upper-case letters", show(text).text);
	warn_foreign(p, text, p->event.len, p->event.at);
	(void)words_add(p, domains, parse_keep(p, text, p->event.len));
}

void
read_authority_domains(struct policy_parse *p, void *into)
{
	struct authority_draft *d = into;
	struct place at = p->event.at;

	if (parse_list(p, "a domain", read_domain, &d->domains) == 0)
		parse_error(p, at,
		    "the authority could vouch for nobody with an @",
		    "name domains, or leave the key out for all",
		    "\"domains\" is empty");
}

void
read_authority_require(struct policy_parse *p, void *into)
{
	parse_mapping(p, POLICY_REQUIRE, into);
}

void
read_require_max_validity(struct policy_parse *p, void *into)
{
	struct authority_draft *d = into;

	(void)parse_duration(p, &d->a.max_validity_s);
}

/* What other globs have, and ours takes as it is. */
static void
warn_glob(struct policy_parse *p, const char *text)
{
	const char *odd = strpbrk(text, "[]{},");

	if (odd != NULL)
		parse_warning(p, p->event.at,
		    "only * and ? have a meaning in a glob",
		    *odd == ',' ? "write a list, as [A, B]"
				: "write a list of globs",
		    "\"%s\" matches key IDs with a %c in them only",
		    show(text).text, *odd);
}

static void
read_key_id_glob(struct policy_parse *p, void *into)
{
	struct words *globs = into;
	const char *text;

	if ((text = parse_text(p, "a glob for the key ID")) == NULL)
		return;
	if (strcmp(text, "identity") == 0)
		parse_error(p, p->event.at, NULL,
		    "write key_id: identity, without a list",
		    "the word identity in a list of globs");
	else if (strcasecmp(text, "identity") == 0)
		parse_error(p, p->event.at, NULL,
		    "write key_id: identity, or a glob that holds a *",
		    "\"%s\" as a glob matches no key ID but itself",
		    show(text).text);
	else {
		warn_glob(p, text);
		(void)words_add(p, globs, parse_keep(p, text, p->event.len));
	}
}

void
read_require_key_id(struct policy_parse *p, void *into)
{
	struct authority_draft *d = into;
	struct place at = p->event.at;

	if (p->event.kind == EVENT_SCALAR &&
	    strcmp(p->event.text, "identity") == 0)
		d->a.key_id_identity = true;
	else if (parse_list(p, "identity, a glob or a list of globs",
		     read_key_id_glob, &d->key_ids) == 0)
		parse_error(p, at, NULL, NULL, "\"key_id\" is empty");
}

static void
read_critical_option(struct policy_parse *p, void *into)
{
	static const char *const known[] = { "force-command", "source-address",
		"verify-required", NULL };
	struct words *options = into;
	const char *text;
	size_t i = 0;

	if ((text = parse_text(p, "a critical option")) == NULL)
		return;
	while (known[i] != NULL && strcmp(known[i], text) != 0)
		i++;
	if (known[i] != NULL) {
		(void)words_add(p, options, known[i]);
		return;
	}
	parse_error(p, p->event.at,
	    "sshd refuses certificates with any other than force-command, "
	    "source-address and verify-required",
	    or_null(did_you_mean(text, known).text),
	    "critical option \"%s\" is not known", show(text).text);
}

void
read_require_critical_options(struct policy_parse *p, void *into)
{
	struct authority_draft *d = into;
	struct place at = p->event.at;

	if (parse_list(p, "a critical option", read_critical_option,
		&d->critical_options) == 0)
		parse_error(p, at, NULL, NULL, "\"critical_options\" is empty");
}

/* What to write for a key type that is none. */
static struct shown
suggest_key_type(const char *text)
{
	const char *names[CERT_KEY_SK_ED25519 + 2];
	struct shown s = { "write one of" };
	struct shown near;
	enum cert_key_type type;
	size_t len;
	int i;

	for (i = 0; i <= CERT_KEY_SK_ED25519; i++)
		names[i] = cert_key_type_name((enum cert_key_type)i);
	names[i] = NULL;
	if (cert_key_type_by_cert_name(span_of(text), &type))
		near = did_you_mean(cert_key_type_name(type), names);
	else
		near = did_you_mean(text, names);
	if (near.text[0] != '\0')
		return near;
	for (i = 0; names[i] != NULL; i++) {
		len = strlen(s.text);
		(void)snprintf(s.text + len, sizeof(s.text) - len, "%s %s",
		    i == 0 ? "" : ",", names[i]);
	}
	return s;
}

static void
read_key_type(struct policy_parse *p, void *into)
{
	struct words *types = into;
	enum cert_key_type type;
	const char *text;

	if ((text = parse_text(p, "a key type")) == NULL)
		return;
	if (cert_key_type_by_name(text, &type))
		(void)words_add(p, types, cert_key_type_name(type));
	else
		parse_error(p, p->event.at, NULL, suggest_key_type(text).text,
		    "key type \"%s\" is not known", show(text).text);
}

void
read_require_key_types(struct policy_parse *p, void *into)
{
	struct authority_draft *d = into;
	struct place at = p->event.at;

	if (parse_list(p, "a key type", read_key_type, &d->key_types) == 0)
		parse_error(p, at, NULL, NULL, "\"key_types\" is empty");
}

/* Put the authority where it belongs; takes over what d holds. */
static void
keep_authority(struct policy_parse *p, struct authority_draft *d)
{
	struct policy *policy = p->policy;

	(void)words_move(p, &d->domains, &d->a.domains, &d->a.n_domains);
	(void)words_move(p, &d->key_ids, &d->a.key_ids, &d->a.n_key_ids);
	(void)words_move(p, &d->critical_options, &d->a.critical_options,
	    &d->a.n_critical_options);
	(void)words_move(p, &d->key_types, &d->a.key_types, &d->a.n_key_types);
	if (vector_grow((void **)&policy->authorities, &p->authorities_room,
		policy->n_authorities, sizeof(d->a)) < 0 ||
	    name_add(&p->authorities, name_key(d->a.name),
		(uint32_t)policy->n_authorities) < 0) {
		policy_authority_clear(&d->a);
		(void)parse_no_memory(p);
		return;
	}
	policy->authorities[policy->n_authorities++] = d->a;
}

/* The key is p->event: an authority's name. */
static void
read_authority(struct policy_parse *p)
{
	struct policy *policy = p->policy;
	size_t n_errors = p->report->n_errors;
	struct authority_draft d = { .a = { .trust_until = INT64_MAX } };
	struct place at = p->event.at;
	uint32_t other;

	if (!is_plain_name(p->event.text))
		parse_error(p, at, NULL,
		    "use letters, digits and ._@+-, at most 64, not - first",
		    "\"%s\" cannot be an authority's name",
		    show(p->event.text).text);
	other = name_find(&p->authorities,
	    (struct name_array) {
		policy->authorities, sizeof(*policy->authorities) },
	    name_key(p->event.text));
	if (other != NAME_NONE) {
		report_twice(p, at, policy->authorities[other].at, "authority",
		    p->event.text);
		event_next(p);
		event_skip(p);
		return;
	}
	d.a.at = place_pack(p, at);
	if ((d.a.name = parse_keep(p, p->event.text, p->event.len)) == NULL) {
		event_skip(p);
		return;
	}
	event_next(p);
	parse_mapping(p, POLICY_AUTHORITY, &d);
	check_url(p, &d.a, &at);
	if (d.a.url != NULL && p->report->n_errors == n_errors)
		read_fetched(p, &d);
	else if (d.a.n_keys == 0 && p->report->n_errors == n_errors)
		parse_error(p, at, NULL,
		    "give \"keys\", a \"file\" or a \"url\"",
		    "authority \"%s\" has no key", show(d.a.name).text);
	keep_authority(p, &d);
}

void
read_authorities(struct policy_parse *p, void *into)
{
	size_t n_errors = p->report->n_errors;
	struct place at = p->event.at;
	bool is_empty = true;

	(void)into;
	p->has_authorities = true;
	if (p->event.kind != EVENT_MAPPING) {
		parse_unexpected(p, "a mapping of authorities");
	} else {
		for (; key_next(p); is_empty = false)
			read_authority(p);
		if (is_empty && p->report->n_errors == n_errors)
			parse_error(p, at, "nobody could log in", NULL,
			    "\"authorities\" is empty");
	}
	if (p->report->n_errors != n_errors)
		p->has_authority_errors = true;
}
