/*
 * policy: the YAML that people write, as checked data.
 *
 * The language is certgate-policy(5).  policy_load reports every error of
 * the policy and its included files at once; a policy that it returned
 * without errors holds no contradiction that later steps must look for.
 *
 * Built for a million users on a small machine: texts stand in one arena,
 * places are numbers, and what an entry rarely has lives in a table aside.
 */
#ifndef CONFIG_GEN_POLICY_H
#define CONFIG_GEN_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-gen/diag.h"
#include "lib/identity.h"
#include "lib/index.h"
#include "lib/pubkey.h"

/* The largest policy file. */
#define POLICY_MAX_BYTES (256UL * 1024 * 1024)
#define POLICY_MAX_DEPTH 32

/* More files than this, of all kinds, are an error. */
#define POLICY_MAX_FILES 65535

/*
 * A place: number of the file in policy.files; line and column from 1, the
 * column in characters.  line 0: the file as a whole; col 0: not known, or
 * beyond 65,535.
 */
struct policy_place {
	uint32_t line;
	uint16_t col;
	uint16_t file;
};

/* A name that somebody wrote, and where. */
struct policy_name {
	const char *text;
	struct policy_place at;
};

/* A key of an authority that goes. */
struct policy_retired {
	const char *fingerprint;
	int64_t until; /* UTC seconds, exclusive */
	struct policy_place at;
};

/* An authority that ends within this time is reported. */
#define POLICY_SOON_S (14 * 86400)

/* Serials that are revoked. */
struct policy_serials {
	uint64_t first, last;
	struct policy_place at; /* of the entry */
};

struct policy_authority {
	const char *name;
	struct policy_place at;
	struct pubkey *keys; /* no key twice in the whole policy */
	struct policy_place *key_places;
	size_t n_keys; /* at least one, but see policy_load_to_fetch */
	/* trust: and retire:, in UTC seconds, ends exclusive. */
	int64_t trust_from, trust_until; /* 0 and INT64_MAX: no limit */
	struct policy_place trust_at;
	int64_t *key_until; /* of each key; NULL: none goes */
	struct policy_retired *retired; /* as written */
	size_t n_retired;
	/* url: */
	const char *url; /* NULL: none */
	struct policy_place url_at;
	const char **pins; /* fingerprints; none: keys that were confirmed */
	size_t n_pins;
	const char *token_file, *ca_file; /* paths; NULL: none */
	enum principals_mode principals;
	const char **domains;
	size_t n_domains;
	/* require: */
	uint64_t max_validity_s; /* 0: any */
	bool key_id_identity;
	const char **key_ids; /* globs */
	size_t n_key_ids;
	const char **critical_options;
	size_t n_critical_options;
	const char **key_types; /* plain names */
	size_t n_key_types;
	/* revoked: */
	struct policy_serials *revoked_serials; /* in order, each in one */
	size_t n_revoked_serials;
	struct policy_name *revoked_ids; /* key IDs, no duplicates */
	size_t n_revoked_ids;
};

struct policy_group {
	const char *name;
	struct policy_place at;
	struct policy_name *members; /* identities, no duplicates */
	size_t n_members; /* may be 0 */
};

/* What a grant may carry beside whom it names.  Equal ones stand once. */
struct policy_terms {
	const char *options; /* NULL: none */
	const char **from; /* networks, as written */
	size_t n_from;
	int64_t until; /* UTC seconds, exclusive; INT64_MAX: no end */
};

struct policy_grant {
	struct policy_name name; /* identity, principal or group's name; the
				  * text is NULL for `any` and `same-name` */
	uint32_t group; /* index in policy.groups, for GRANT_GROUP */
	uint32_t terms : 28; /* index in policy.terms; 0: none */
	uint32_t kind : 4; /* enum grant_kind */
};

/* The authorities that a rule admits.  Equal ones stand once. */
struct policy_scope {
	uint32_t *authorities; /* indices; none: all are admitted */
	size_t n_authorities;
};

struct policy_rule {
	const char *user; /* "*" for everybody else */
	struct policy_place at;
	struct policy_grant *grants; /* in the order written */
	uint32_t n_grants; /* at least one */
	uint32_t scope; /* index in policy.scopes; 0: all authorities */
	bool is_dangerous; /* `any` holds for uid 0 too */
	bool waits; /* its list does, see overlap.h: set by compile_write */
};

struct policy {
	/* 0: the policy itself; then included, key and group files. */
	const char **files;
	size_t n_files;
	struct policy_authority *authorities;
	size_t n_authorities;
	struct policy_group *groups;
	size_t n_groups;
	struct policy_rule *rules; /* "*" among them */
	size_t n_rules;
	const struct policy_rule *everybody; /* the rule of "*"; NULL: none */
	int64_t min_uid; /* as written under "*"; -1: not written */
	struct policy_place min_uid_at;
	struct policy_name *denied; /* identities, no duplicates */
	size_t n_denied;
	struct policy_name *revoked_keys; /* "TYPE BASE64", no duplicates */
	size_t n_revoked_keys;
	size_t n_revoked; /* all: keys, and serials and key IDs of authorities */
	size_t n_unlistable; /* of these, what sshd's list has no form for */
	struct policy_terms *terms; /* [0] is "none" */
	size_t n_terms;
	struct policy_scope *scopes; /* [0] is "all" */
	size_t n_scopes;
	struct policy_memory *memory; /* what all of the above lives in */
};

/*
 * Load path (shown as it is written here in messages) and the files that it
 * includes.  Errors and warnings go to report; where there is an error the
 * result is NULL.  Relative names in the policy are relative to the folder
 * of the file they stand in; root ("" for none) is put before absolute ones.
 * max_bytes caps each file (POLICY_MAX_BYTES; tests use less).
 */
struct policy *policy_load(const char *path, const char *root,
    size_t max_bytes, struct diag_report *report);

/*
 * A file of the policy as it shall become: text stands for what the file of
 * that name (as policy.files has it) holds.
 */
struct policy_instead {
	const char *file;
	const void *text;
	size_t len;
};

/* policy_load, with one file's text replaced. */
struct policy *policy_load_instead(const char *path, const char *root,
    size_t max_bytes, const struct policy_instead *instead,
    struct diag_report *report);

/*
 * policy_load for who is about to fetch keys: an authority with a `url` whose
 * keys were never fetched, or of whose fetched keys none is pinned, is no
 * error, and may have no key.
 */
struct policy *policy_load_to_fetch(const char *path, const char *root,
    size_t max_bytes, struct diag_report *report);

void policy_free(struct policy *p);

/*
 * Whether authority a may vouch for identity: it has no domain, the
 * authority names no domains, or its domain is one of them.
 */
bool policy_authority_covers(
    const struct policy_authority *a, const char *identity);

/* Whether k is one of a's pins; true where it has none. */
bool policy_is_pinned(
    const struct policy_authority *a, const struct pubkey *k);

/* Whether rule r of p admits certificates by p->authorities[n]. */
bool policy_rule_admits(
    const struct policy *p, const struct policy_rule *r, size_t n);

/*
 * When key k of a is no more trusted, and when the last key is not (UTC
 * seconds, exclusive; INT64_MAX: never), and whether k is trusted now.
 */
int64_t policy_key_end(const struct policy_authority *a, size_t k);
int64_t policy_authority_end(const struct policy_authority *a);
bool policy_key_is_in_force(
    const struct policy_authority *a, size_t k, int64_t now_at);

/*
 * Whether name, a user's or other, has 1 to max letters, digits and
 * characters of ._@+- and does not begin with -: nothing that a path, a glob
 * or a command line takes otherwise.
 */
bool policy_is_plain(const char *name, size_t max);

/* Whether k, a plain public key, is one that p revokes. */
bool policy_key_is_revoked(const struct policy *p, const struct pubkey *k);

/* at as the rest of the program says it; file is p's. */
struct place policy_place(const struct policy *p, struct policy_place at);

#endif
