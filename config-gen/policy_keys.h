/*
 * policy_keys: every key that a policy may hold, in one table.
 *
 * The parser reads by it; the manual page and the JSON schema are held
 * against it by the tests.
 */
#ifndef CONFIG_GEN_POLICY_KEYS_H
#define CONFIG_GEN_POLICY_KEYS_H

#include <stdbool.h>

/* The mappings whose keys the language fixes. */
enum policy_where {
	POLICY_TOP,
	POLICY_AUTHORITY, /* authorities.NAME */
	POLICY_REQUIRE, /* authorities.NAME.require */
	POLICY_GROUP, /* groups.NAME, where it is a mapping */
	POLICY_RULE, /* users.NAME, where it is a mapping */
	POLICY_ENTRY, /* an entry of users.NAME.allow, where it is a mapping */
	POLICY_REVOKED /* an entry of revoked */
};

struct policy_parse;

struct policy_key {
	enum policy_where where;
	const char *name;
	const char *type; /* in words: "one or a list of: identity" */
	/* The parser's own: read the value into what stands for the mapping. */
	void (*read)(struct policy_parse *p, void *into);
};

/* Ends with an entry whose name is NULL. */
extern const struct policy_key policy_keys[];

/* "the policy", "an authority", …: where, in words. */
const char *policy_where_name(enum policy_where where);

#endif
