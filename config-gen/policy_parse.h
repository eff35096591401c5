/*
 * policy_parse: what the parts of the policy parser share.  Internal.
 *
 * A policy is read event by event: no tree is built, and a section of a
 * million lines takes no more memory than its result.  A function that reads
 * a value finds its first event in p->event and leaves its last one there.
 * Each error is reported where it is found and reading goes on, so that one
 * run shows all; only after broken YAML does a file end early, when every
 * further event is EVENT_STOP.
 */
#ifndef CONFIG_GEN_POLICY_PARSE_H
#define CONFIG_GEN_POLICY_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config-gen/diag.h"
#include "config-gen/policy.h"
#include "config-gen/policy_keys.h"
#include "config-gen/policy_memory.h"
#include "lib/err.h"
#include "lib/sshwire.h"

/* The largest file of public keys. */
#define POLICY_MAX_KEY_FILE (1024UL * 1024)

enum event_kind {
	EVENT_STOP, /* the file is over, or broken from here on */
	EVENT_BAD, /* a value of which an error was reported already */
	EVENT_SCALAR,
	EVENT_LIST,
	EVENT_LIST_END,
	EVENT_MAPPING,
	EVENT_MAPPING_END
};

struct policy_event {
	enum event_kind kind;
	/* Scalars: no NUL inside; gone with the next event. */
	const char *text;
	size_t len;
	bool is_plain; /* without quotes */
	struct place at;
};

/* A name of an authority or group that may be defined further down. */
struct policy_mention {
	uint32_t reference;
	struct policy_place at;
};

/* A list of texts that grows. */
struct words {
	const char **items;
	size_t n, room;
};

#define WORDS_INIT { NULL, 0, 0 }

/* A list of names that grows, none twice. */
struct names {
	struct policy_name *items;
	size_t n, room;
	struct name_table table;
};

#define NAMES_INIT { NULL, 0, 0, NAME_TABLE_INIT }

struct policy_parse {
	struct policy *policy;
	struct diag_report *report;
	const char *root;
	size_t max_bytes;
	const struct policy_instead *instead; /* NULL: all files as they are */
	int64_t now_at;
	bool is_to_fetch; /* see policy_load_to_fetch */

	/* The YAML file being read. */
	uint16_t file;
	struct yaml_reader *reader;
	struct policy_event event;

	size_t n_compared; /* names, for suggestions */

	/* Some file could not be read to its end: what is missing is not. */
	bool is_incomplete;
	bool has_authority_errors;
	bool has_users;
	bool has_authorities;
	bool has_version; /* the file being read has it */
	/* The file being read is a list of identities, or an included one that
	 * has shown no key of a policy so far: it may be anything, and findings
	 * MUST NOT show what it holds. */
	bool is_hidden;

	/* Room in the policy's arrays, and their tables by name. */
	size_t files_room, authorities_room, groups_room, rules_room;
	size_t terms_room, scopes_room;
	struct name_table authorities, groups, users;
	struct names denied;
	struct names revoked_keys;
	/* By the number of the authority's name as a reference. */
	struct policy_revocations *revocations;
	size_t n_revocations;

	/* Texts by which equal terms and scopes are found: as many as these. */
	struct words term_keys, scope_keys;
	struct name_table terms, scopes;

	/* Names that rules mention. */
	struct words references;
	struct name_table references_table;
	size_t *reference_marks; /* behind its last mention; 0: none */
	size_t marks_room;
	struct policy_mention *mentions; /* of authorities */
	size_t n_mentions, mentions_room;
	size_t first_mention; /* of the rule being read */

	char *judged; /* the folder that was judged last; NULL: none */
	struct words unsafe; /* what was said of folders so far */

	/* What `include` names, and the paths that were read for it. */
	struct words includes, included;
	struct place *include_places;
	size_t include_places_room;
	struct name_table included_table;

	/* Reused from rule to rule and from group to group. */
	struct policy_grant *grants;
	size_t n_grants, grants_room;
	struct name_table grants_table;
	struct names members;
	struct wire scratch, options, from; /* from: joined by commas */
};

/* --- policy_report.c: findings ------------------------------------------ */

/* A text from outside, fit for a message. */
struct shown {
	char text[200];
};
struct shown show(const char *text);
struct shown show_bytes(const char *text, size_t len);

/* why and fix may be NULL.  The format makes what is wrong. */
void parse_error(struct policy_parse *p, struct place at, const char *why,
    const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
void parse_warning(struct policy_parse *p, struct place at, const char *why,
    const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* The same of lines that may hold a secret: never quoted. */
void parse_error_unquoted(
    struct policy_parse *p, struct place at, const char *what);
void parse_warning_unquoted(
    struct policy_parse *p, struct place at, const char *what);

/* That what (a "user", a "group") has been defined before. */
void report_twice(struct policy_parse *p, struct place at,
    struct policy_place first, const char *what, const char *name);

/* There is no memory: -1, for the caller to pass on. */
int parse_no_memory(struct policy_parse *p);

/* `did you mean "NAME"?`, or an empty text. */
struct shown did_you_mean(const char *name, const char *const *words);
struct shown did_you_mean_in(struct policy_parse *p, const char *name,
    struct name_array names, size_t n_names);

/*
 * Whether another n names may be compared for a suggestion: of many errors
 * in a large policy only the first get one.
 */
bool may_compare(struct policy_parse *p, size_t n);

/* NULL for an empty text, which err and diag take for none. */
const char *or_null(const char *text);

/* The line, from 1, on which a private key begins in text; 0: none. */
size_t private_key_line(const char *text, size_t len);

/* Report that path holds a private key there, as one error for all of it. */
void report_private_key(
    struct policy_parse *p, const char *path, size_t line);

/* Add the source lines to all findings that lack them. */
void report_quote(struct policy_parse *p);

/* --- policy_yaml.c: events ---------------------------------------------- */

/* Begin on descriptor fd (closed by yaml_close) of size bytes.  0 or -1. */
int yaml_open(struct policy_parse *p, int fd, size_t size);
void yaml_close(struct policy_parse *p);

/* The rest of the file is not read: an error was reported. */
void yaml_stop(struct policy_parse *p);

/* Bytes of the file. */
size_t yaml_size(const struct policy_parse *p);

void event_next(struct policy_parse *p);

/* Step over the value whose first event is p->event. */
void event_skip(struct policy_parse *p);

/*
 * Step to the next item of a list, or key of a mapping; false at the end.
 * Keys that are no names are reported and left out, with their values.
 */
bool item_next(struct policy_parse *p);
bool key_next(struct policy_parse *p);

/* What libyaml's error means (policy_syntax.c). */
struct syntax_error {
	const char *problem; /* libyaml's words */
	const char *context; /* NULL: none */
	struct place at;
	size_t context_line; /* 0: none */
	unsigned char found; /* the character there; 0: none */
};
void syntax_error(struct policy_parse *p, const struct syntax_error *e);

/* --- policy_value.c: scalars -------------------------------------------- */

/* Read p->event as a mapping with the keys that the table has for where. */
void parse_mapping(
    struct policy_parse *p, enum policy_where where, void *into);

/*
 * Call item for p->event, or for each of its items where it is a list.
 * what names one of them, as "a domain".  Returns how many.
 */
size_t parse_list(struct policy_parse *p, const char *what,
    void (*item)(struct policy_parse *p, void *into), void *into);

/* Report a key, or what looks like one, over POLICY_MAX_KEY; reading ends. */
#define POLICY_MAX_KEY 1024
void parse_long_key(struct policy_parse *p);

/* Report that p->event is no WHAT, and step over it. */
void parse_unexpected(struct policy_parse *p, const char *what);

/* Whether p->event is a word that YAML takes for nothing or true or false. */
bool is_yaml_word(const struct policy_parse *p);

/* p->event's text, or NULL where it is no text (reported). */
const char *parse_text(struct policy_parse *p, const char *what);

/* 0, or -1 where it is none (reported). */
int parse_bool(struct policy_parse *p, bool *out);
int parse_number(struct policy_parse *p, int64_t max, int64_t *out);
int parse_duration(struct policy_parse *p, uint64_t *out);
int parse_until(struct policy_parse *p, int64_t *out);

/* UTC seconds of a date or time, written as under `until`; -1: none. */
int64_t until_seconds(const char *text);

/* Bytes of the byte order mark that text begins with: 3 or 0. */
size_t bom_len(const char *text, size_t len);

/* Whether text is UTF-8 without NUL. */
bool is_utf8(const char *text, size_t len);

/* Names of authorities and groups: letters, digits and a few marks. */
bool is_plain_name(const char *name);

struct policy_place place_pack(const struct policy_parse *p, struct place at);

/* A copy in the policy's memory, or NULL (reported). */
const char *parse_keep(struct policy_parse *p, const char *text, size_t len);

/* 0, or -1 without memory (reported). */
int words_add(struct policy_parse *p, struct words *w, const char *text);
/* Move the items to the policy's memory; w is empty then. */
int words_move(struct policy_parse *p, struct words *w, const char ***out,
    size_t *n_out);
void words_free(struct words *w);
struct name_array words_array(const struct words *w);

/* --- policy_char.c: characters ------------------------------------------ */

enum char_kind {
	CHAR_ASCII, /* no others */
	CHAR_OTHER, /* others as well, which may look like ASCII */
	CHAR_UNSEEN /* one that nobody sees, or that turns the text round */
};

/* The worst kind in text, which is UTF-8 (libyaml's, or is_utf8). */
enum char_kind char_judge(const char *text, size_t len);

/* What is wrong with CHAR_UNSEEN, to follow "the user name X". */
#define CHAR_REFUSAL "holds a character that cannot be seen"

/* --- policy_name.c: identities, and files of them ----------------------- */

/* Whether nothing can be wrong with text as a user's name: a quick look. */
bool is_everyday_name(const char *text, size_t len);

/* What makes a text no identity, in the parts of a message. */
struct identity_fault {
	bool is_named; /* `the identity "X"` stands before what, not "X" */
	const char *what; /* as "holds white space" */
	const char *why, *fix; /* may be NULL */
};

/* Whether text can be an identity; *f says what is wrong where not. */
bool identity_judge(const char *text, size_t len, struct identity_fault *f);

/* The same, reported. */
bool identity_is_good(
    struct policy_parse *p, const char *text, size_t len, struct place at);
bool principal_is_good(
    struct policy_parse *p, const char *text, size_t len, struct place at);

/* Warn of CHAR_OTHER in a name. */
void warn_foreign(
    struct policy_parse *p, const char *text, size_t len, struct place at);

/* Add to names; one that is there gets a warning.  in: "group \"x\"". */
int names_add(struct policy_parse *p, struct names *names, const char *text,
    size_t len, struct place at, const char *in);
void names_reset(struct names *names);
void names_free(struct names *names);

/* Free what does not live in the policy's memory. */
void policy_authority_clear(struct policy_authority *a);

/* --- sections ------------------------------------------------------------ */

/* What keys read; into is what stands for the mapping, see policy_keys.c. */
void read_version(struct policy_parse *p, void *into);
void read_authorities(struct policy_parse *p, void *into);
void read_users(struct policy_parse *p, void *into);
void read_groups(struct policy_parse *p, void *into);
void read_deny(struct policy_parse *p, void *into);
void read_include(struct policy_parse *p, void *into);
void read_revoked(struct policy_parse *p, void *into);

void read_authority_keys(struct policy_parse *p, void *into);
void read_authority_file(struct policy_parse *p, void *into);
void read_authority_trust(struct policy_parse *p, void *into);
void read_authority_retire(struct policy_parse *p, void *into);
void read_authority_url(struct policy_parse *p, void *into);
void read_authority_pins(struct policy_parse *p, void *into);
void read_authority_token_file(struct policy_parse *p, void *into);
void read_authority_ca_file(struct policy_parse *p, void *into);
void read_authority_principals(struct policy_parse *p, void *into);
void read_authority_domains(struct policy_parse *p, void *into);
void read_authority_require(struct policy_parse *p, void *into);
void read_require_max_validity(struct policy_parse *p, void *into);
void read_require_key_id(struct policy_parse *p, void *into);
void read_require_critical_options(struct policy_parse *p, void *into);
void read_require_key_types(struct policy_parse *p, void *into);

/* One entry of a rule, to p->grants. */
void read_entry(struct policy_parse *p, void *into);

void read_group_file(struct policy_parse *p, void *into);

void read_rule_allow(struct policy_parse *p, void *into);
void read_rule_authorities(struct policy_parse *p, void *into);
void read_rule_min_uid(struct policy_parse *p, void *into);
void read_rule_dangerous(struct policy_parse *p, void *into);

void read_entry_identity(struct policy_parse *p, void *into);
void read_entry_group(struct policy_parse *p, void *into);
void read_entry_principal(struct policy_parse *p, void *into);
void read_entry_any(struct policy_parse *p, void *into);
void read_entry_same_name(struct policy_parse *p, void *into);
void read_entry_options(struct policy_parse *p, void *into);
void read_entry_from(struct policy_parse *p, void *into);
void read_entry_until(struct policy_parse *p, void *into);

void read_revoked_authority(struct policy_parse *p, void *into);
void read_revoked_serial(struct policy_parse *p, void *into);
void read_revoked_serials(struct policy_parse *p, void *into);
void read_revoked_key_id(struct policy_parse *p, void *into);
void read_revoked_key(struct policy_parse *p, void *into);

/*
 * Hand over to the policy what is revoked, in order, once all authorities are
 * known.  revocations_free ends what is left.
 */
void settle_revoked(struct policy_parse *p);
void revocations_free(struct policy_parse *p);
/* What stands beside `url`, or instead of it, once all is read. */
void check_url(struct policy_parse *p, const struct policy_authority *a,
    const struct place *at);

/* The number of a name that a rule mentions, or NAME_NONE (reported). */
uint32_t reference_of(struct policy_parse *p, const char *name, size_t len);

/*
 * The path of a file that the one being read names at that place; the caller
 * frees.  NULL: there is none (reported).  With a root it does not lead out
 * of it, nor out of the folder of a policy that is not in it.
 */
char *path_resolve(
    struct policy_parse *p, const char *name, struct place at);

/* The policy file or an included one that stands open; 0 or -1. */
int read_file(struct policy_parse *p, int fd, size_t size);

/* Read what `include` named (policy_include.c). */
void read_included(struct policy_parse *p);

/* Report where others than root may write in the folder of path. */
void path_judge(struct policy_parse *p, const char *path, struct place at);

/* Report why a file that is named at at could not be opened or read. */
void path_error(struct policy_parse *p, struct place at, const char *path,
    const struct err *err);

/*
 * Open a YAML file of the policy to read, or what p->instead puts in its
 * place.  The descriptor, which the caller closes, or -1.
 */
int open_policy_file(const struct policy_parse *p, const char *path,
    size_t max, size_t *size, struct err *err);

/* A number for path; -1 where there are too many (reported). */
int file_add(struct policy_parse *p, const char *path, uint16_t *number);

/* --- policy_check.c, policy_cover.c, policy_collide.c -------------------- */

/* A group and the scope of a rule that names it. */
struct group_use {
	uint32_t group;
	uint32_t scope;
};

/* What the checks know beside the policy. */
struct checks {
	struct group_use *uses; /* sorted, no duplicates */
	size_t n_uses, uses_room;
};

/* All that no single line shows, once every file is read. */
void check_policy(struct policy_parse *p);

/* When authorities and their keys end; 0, or -1 without memory (reported). */
int check_trust(struct policy_parse *p);

/* Identities that no authority may vouch for. */
void check_cover(struct policy_parse *p, const struct checks *c);

/* Entries that one before them in their rule leaves nothing. */
void check_shadows(struct policy_parse *p);

/* Identities that look alike in certificates. */
void check_collisions(struct policy_parse *p, const struct checks *c);

#endif
