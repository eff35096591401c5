#include "config.h"

#include "config-gen/policy_keys.h"

#include "config-gen/policy_parse.h"

#include <stdio.h>
#include <string.h>

/* More keys than any mapping has. */
#define KEYS_MAX 16

const struct policy_key policy_keys[] = {
	{ POLICY_TOP, "version", "the number 1", read_version },
	{ POLICY_TOP, "authorities", "a mapping from names to authorities",
	    read_authorities },
	{ POLICY_TOP, "users", "a mapping from user names, or \"*\", to rules",
	    read_users },
	{ POLICY_TOP, "groups", "a mapping from names to groups",
	    read_groups },
	{ POLICY_TOP, "deny", "an identity or a list of them",
	    read_deny },
	{ POLICY_TOP, "include", "a file name or glob, or a list of them",
	    read_include },
	{ POLICY_TOP, "revoked", "a list of revocations", read_revoked },

	{ POLICY_AUTHORITY, "keys", "a list of public-key lines",
	    read_authority_keys },
	{ POLICY_AUTHORITY, "file", "the name of a file of public-key lines",
	    read_authority_file },
	{ POLICY_AUTHORITY, "principals", "verbatim, email or email-prefix",
	    read_authority_principals },
	{ POLICY_AUTHORITY, "domains", "a domain or a list of them",
	    read_authority_domains },
	{ POLICY_AUTHORITY, "require", "a mapping of requirements",
	    read_authority_require },
	{ POLICY_AUTHORITY, "trust", "a span of days",
	    read_authority_trust },
	{ POLICY_AUTHORITY, "retire",
	    "a mapping from fingerprints to the last day of each key",
	    read_authority_retire },
	{ POLICY_AUTHORITY, "url", "the address of the CA's keys",
	    read_authority_url },
	{ POLICY_AUTHORITY, "pins", "a fingerprint or a list of them",
	    read_authority_pins },
	{ POLICY_AUTHORITY, "token_file", "the name of a file",
	    read_authority_token_file },
	{ POLICY_AUTHORITY, "ca_file", "the name of a file of certificates",
	    read_authority_ca_file },

	{ POLICY_REQUIRE, "max_validity", "a duration, as 16h or 1h30m",
	    read_require_max_validity },
	{ POLICY_REQUIRE, "key_id",
	    "the word identity, a glob or a list of globs",
	    read_require_key_id },
	{ POLICY_REQUIRE, "critical_options",
	    "a critical option or a list of them",
	    read_require_critical_options },
	{ POLICY_REQUIRE, "key_types", "a key type or a list of them",
	    read_require_key_types },

	{ POLICY_GROUP, "file", "the name of a file, one identity per line",
	    read_group_file },

	{ POLICY_RULE, "allow", "an entry or a list of them",
	    read_rule_allow },
	{ POLICY_RULE, "authorities", "an authority's name or a list of them",
	    read_rule_authorities },
	{ POLICY_RULE, "min_uid", "a number", read_rule_min_uid },
	{ POLICY_RULE, "dangerous", "true or false",
	    read_rule_dangerous },

	{ POLICY_ENTRY, "identity", "an identity", read_entry_identity },
	{ POLICY_ENTRY, "group", "a group's name", read_entry_group },
	{ POLICY_ENTRY, "principal", "a principal",
	    read_entry_principal },
	{ POLICY_ENTRY, "any", "true", read_entry_any },
	{ POLICY_ENTRY, "same-name", "true", read_entry_same_name },
	{ POLICY_ENTRY, "options", "options as in authorized_keys",
	    read_entry_options },
	{ POLICY_ENTRY, "from", "an address or network, or a list of them",
	    read_entry_from },
	{ POLICY_ENTRY, "until", "a date, or a date and time in UTC",
	    read_entry_until },

	{ POLICY_REVOKED, "authority", "an authority's name",
	    read_revoked_authority },
	{ POLICY_REVOKED, "serial", "a serial", read_revoked_serial },
	{ POLICY_REVOKED, "serials", "a range of serials, as 100-199",
	    read_revoked_serials },
	{ POLICY_REVOKED, "key_id", "a key ID", read_revoked_key_id },
	{ POLICY_REVOKED, "key", "a public key", read_revoked_key },

	{ POLICY_TOP, NULL, NULL, NULL }
};

const char *
policy_where_name(enum policy_where where)
{
	static const char *const names[] = {
		[POLICY_TOP] = "the policy",
		[POLICY_AUTHORITY] = "an authority",
		[POLICY_REQUIRE] = "\"require\"",
		[POLICY_GROUP] = "a group",
		[POLICY_RULE] = "a user's rule",
		[POLICY_ENTRY] = "an entry of \"allow\"",
		[POLICY_REVOKED] = "an entry of \"revoked\"",
	};

	return names[where];
}

/* Position of the key in the table, or -1. */
static int
find_key(enum policy_where where, const char *name)
{
	int i;

	for (i = 0; policy_keys[i].name != NULL; i++) {
		if (policy_keys[i].where == where &&
		    strcmp(policy_keys[i].name, name) == 0)
			return i;
	}
	return -1;
}

static int
first_key(enum policy_where where)
{
	int i = 0;

	while (policy_keys[i].where != where)
		i++;
	return i;
}

/* What to write instead of a key that where does not have. */
static struct shown
suggest_key(
    const struct policy_parse *p, enum policy_where where, const char *name)
{
	const char *words[KEYS_MAX + 1];
	struct shown s = { "" };
	size_t n = 0;
	int i;

	if (diag_is_full(p->report, DIAG_ERROR))
		return s;
	for (i = first_key(where); policy_keys[i].name != NULL &&
	     policy_keys[i].where == where && n < KEYS_MAX;
	     i++)
		words[n++] = policy_keys[i].name;
	words[n] = NULL;
	s = did_you_mean(name, words);
	for (i = 0; s.text[0] == '\0' && policy_keys[i].name != NULL; i++) {
		if (strcmp(policy_keys[i].name, name) == 0)
			(void)snprintf(s.text, sizeof(s.text),
			    "\"%s\" belongs into %s", name,
			    policy_where_name(policy_keys[i].where));
	}
	return s;
}

/*
 * A key of an included file that has shown none of a policy so far: what the
 * policy's author named may be any file of root's.
 */
static void
foreign_key(struct policy_parse *p)
{
	parse_error(p, p->event.at,
	    "this file seems to be no part of a policy, and what it holds is "
	    "not shown",
	    "begin it with a key such as version or users",
	    "unknown key in %s", policy_where_name(POLICY_TOP));
	yaml_stop(p);
}

static void
unknown_key(struct policy_parse *p, enum policy_where where, struct place at)
{
	struct shown fix = suggest_key(p, where, p->event.text);

	if (p->is_hidden && fix.text[0] == '\0') {
		foreign_key(p);
		return;
	}
	/* What stands behind it on the line may be a secret all the same. */
	p->is_hidden = p->file != 0 && where == POLICY_TOP;
	parse_error(p, at, NULL, or_null(fix.text),
	    "unknown key \"%s\" in %s", show(p->event.text).text,
	    policy_where_name(where));
	p->is_hidden = false;
	event_next(p);
	event_skip(p);
}

static void
read_key(struct policy_parse *p, enum policy_where where,
    struct place seen[KEYS_MAX], void *into)
{
	struct place at = p->event.at;
	const struct policy_key *key;
	int found, n;

	if ((found = find_key(where, p->event.text)) < 0) {
		unknown_key(p, where, at);
		return;
	}
	p->is_hidden = false;
	key = &policy_keys[found];
	n = found - first_key(where);
	event_next(p);
	if (seen[n].line != 0) {
		parse_error(p, at, NULL, "keep one of them",
		    "\"%s\" stands twice, first in line %zu", key->name,
		    seen[n].line);
		event_skip(p);
	} else {
		key->read(p, into);
	}
	if (seen[n].line == 0)
		seen[n] = at;
}

void
parse_mapping(struct policy_parse *p, enum policy_where where, void *into)
{
	struct place seen[KEYS_MAX];

	memset(seen, 0, sizeof(seen));
	if (p->event.kind != EVENT_MAPPING) {
		parse_unexpected(p, "a mapping");
		return;
	}
	while (key_next(p))
		read_key(p, where, seen, into);
}
