/*
 * policytext: a policy's text, changed at one place and nowhere else.
 *
 * People write comments, order and quotes for a reason, so a change is one
 * piece of bytes put in, taken out or replaced; line ends (LF or CRLF), the
 * indentation around it and a missing last line end are taken over.
 *
 * libyaml says where things stand.  The new text is read again by libyaml,
 * and its events MUST be those of the old one but for the piece that was
 * meant; else the change is refused, as it is where an anchor, an alias or
 * an unusual form makes one place stand for several.  Whether the policy is
 * a good one then is for policy_load to say.
 *
 * A place is named by the keys that lead to it, ended by NULL:
 * { "authorities", "vault", "keys", NULL }.  Below other top-level keys than
 * "authorities" only the list or mapping itself can be named.
 */
#ifndef CONFIG_GEN_POLICYTEXT_H
#define CONFIG_GEN_POLICYTEXT_H

#include <stddef.h>

#include "lib/err.h"
#include "lib/sshwire.h"

struct policytext;

enum policytext_kind {
	POLICYTEXT_NONE, /* not there, or not to be found by keys */
	POLICYTEXT_SCALAR,
	POLICYTEXT_LIST,
	POLICYTEXT_MAPPING,
	POLICYTEXT_ALIAS
};

/*
 * What is put in: an item of a list ("- " first), or a key with its value.
 * The two forms say the same, one of them for lists and mappings in brackets.
 */
struct policytext_entry {
	const char *block; /* lines end in \n, each level begins with a \t */
	const char *flow; /* in one line */
};

/*
 * Read len bytes of text, which is borrowed and outlives the result.  NULL
 * with ERR_MALFORMED where it is no YAML, ERR_LIMIT where it nests too deep.
 */
struct policytext *policytext_new(
    const char *text, size_t len, struct err *err);
void policytext_free(struct policytext *t);

enum policytext_kind policytext_kind(
    const struct policytext *t, const char *const *path);

/* How many items or keys stand there; 0 where it is no list or mapping. */
size_t policytext_count(const struct policytext *t, const char *const *path);

/*
 * The quote that the last scalar there begins with, to write the next one
 * alike: '"', '\'', or 0.
 */
char policytext_quote(const struct policytext *t, const char *const *path);

/*
 * The number of the list's item that stands at line and col (from 1, in
 * characters), or -1.
 */
long policytext_item_at(const struct policytext *t, const char *const *path,
    size_t line, size_t col);

/*
 * Each makes the whole new text in out, which is reset.  0, or -1 with
 * ERR_REFUSED (the text says why, with the line) or ERR_MEMORY.
 *
 * Put an entry behind the last one of the list or mapping at path.
 */
int policytext_append(const struct policytext *t, const char *const *path,
    const struct policytext_entry *entry, struct wire *out, struct err *err);

/* Take out a list's item, or the key that path ends with; not the last one. */
int policytext_remove_item(const struct policytext *t, const char *const *path,
    size_t item, struct wire *out, struct err *err);
int policytext_remove_key(const struct policytext *t, const char *const *path,
    struct wire *out, struct err *err);

/* Replace the scalar at path; its quotes stay. */
int policytext_set(const struct policytext *t, const char *const *path,
    const char *value, struct wire *out, struct err *err);

/*
 * Append value as a scalar: as it is where it can be, and between quotes
 * (quote: the kind preferred) where not.  A date or a number stays one.
 */
void policytext_put_scalar(struct wire *out, const char *value, char quote);

#endif
