/*
 * policytext_int: what the parts of policytext share.  Internal.
 */
#ifndef CONFIG_GEN_POLICYTEXT_INT_H
#define CONFIG_GEN_POLICYTEXT_INT_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "config-gen/policytext.h"

#define POLICYTEXT_NOWHERE ((size_t)-1)

/* A value of the file.  Numbers of nodes are places in policytext.nodes. */
struct policytext_node {
	enum policytext_kind kind;
	bool is_flow; /* a list or mapping in brackets */
	bool has_anchor;
	char quote; /* of a scalar: '"', '\'', '|' (a block), or 0 */
	size_t start, end; /* in bytes; of a block: the last value's end */
	size_t line, col; /* from 1, in characters */
	size_t first_event, end_event; /* numbers of events */
	size_t first, last, next; /* children, keys before values; next sibling */
	size_t n; /* children */
	char *text; /* of a key that can be named; else NULL */
};

struct policytext {
	const char *text;
	size_t len;
	struct policytext_node *nodes; /* [0] is the document's value */
	size_t n_nodes, room;
	/* How far below its key a mapping, and a list's dash, is indented. */
	size_t level, dash;
};

/* Which bytes, and which events, are replaced. */
struct policytext_splice {
	size_t at, n_out; /* bytes */
	struct wire in; /* the bytes put there */
	size_t event_at, n_events_out;
	const char *meant; /* what is put in, as a list's or mapping's inside */
	bool is_mapping; /* meant is a mapping's */
};

/*
 * The whole text after the splice, to out, if its events are those meant
 * (policytext_check.c).  line is for the message.
 */
int policytext_spliced(const struct policytext *t,
    const struct policytext_splice *s, size_t line, struct wire *out,
    struct err *err);

/* Begin to parse as the policy's own reader does.  0 or -1: no memory. */
int policytext_parser(yaml_parser_t *parser, const char *text, size_t len);

#endif
