#include "config.h"

#include "config-gen/policytext.h"

#include <stdlib.h>
#include <string.h>

#include "config-gen/policy.h"
#include "config-gen/policy_memory.h"
#include "config-gen/policytext_int.h"

/* Levels of a new entry, where nothing in the file shows another way. */
#define USUAL_INDENT 2

/* A file while its values are noted. */
struct reading {
	struct policytext *t;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	size_t n_events; /* read so far */
	/* libyaml counts characters: one place known both ways. */
	size_t index, offset;
	size_t depth;
};

/*
 * Whose children are noted in full.  Elsewhere only the last child of each
 * list and mapping is, so that a million users cost nothing.
 */
enum care { CARE_ALL, CARE_KEYS, CARE_LAST };

int
policytext_parser(yaml_parser_t *parser, const char *text, size_t len)
{
	if (!yaml_parser_initialize(parser))
		return -1;
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    parser, (const unsigned char *)text, len);
	return 0;
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The byte at which the character of that number stands. */
static size_t
offset_of(struct reading *r, size_t index)
{
	const struct policytext *t = r->t;

	while (r->index < index && r->offset < t->len) {
		r->offset++;
		while (r->offset < t->len && is_continuation(t->text[r->offset]))
			r->offset++;
		r->index++;
	}
	while (r->index > index) {
		r->offset--;
		while (is_continuation(t->text[r->offset]))
			r->offset--;
		r->index--;
	}
	return r->offset;
}

static int
next_event(struct reading *r, struct err *err)
{
	if (r->has_event)
		yaml_event_delete(&r->event);
	r->has_event = false;
	if (!yaml_parser_parse(&r->parser, &r->event))
		return err_setf(err, ERR_MALFORMED, "line %zu is no YAML",
		    r->parser.problem_mark.line + 1);
	r->has_event = true;
	r->n_events++;
	return 0;
}

static size_t
node_new(struct reading *r, struct err *err)
{
	struct policytext *t = r->t;
	struct policytext_node *node;

	if (vector_grow((void **)&t->nodes, &t->room, t->n_nodes,
	        sizeof(*t->nodes)) < 0) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return POLICYTEXT_NOWHERE;
	}
	node = &t->nodes[t->n_nodes];
	memset(node, 0, sizeof(*node));
	node->first = node->last = node->next = POLICYTEXT_NOWHERE;
	node->start = offset_of(r, r->event.start_mark.index);
	node->end = offset_of(r, r->event.end_mark.index);
	node->line = r->event.start_mark.line + 1;
	node->col = r->event.start_mark.column + 1;
	node->first_event = r->n_events - 1;
	node->end_event = r->n_events;
	return t->n_nodes++;
}

static char
quote_of(yaml_scalar_style_t style)
{
	switch (style) {
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		return '"';
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		return '\'';
	case YAML_LITERAL_SCALAR_STYLE:
	case YAML_FOLDED_SCALAR_STYLE:
		return '|';
	case YAML_ANY_SCALAR_STYLE:
	case YAML_PLAIN_SCALAR_STYLE:
		break;
	}
	return 0;
}

/* What the event itself says of its value. */
static int
describe(struct reading *r, size_t number, bool is_named, struct err *err)
{
	struct policytext_node *node = &r->t->nodes[number];
	const yaml_event_t *e = &r->event;

	switch (e->type) {
	case YAML_SCALAR_EVENT:
		node->kind = POLICYTEXT_SCALAR;
		node->has_anchor = e->data.scalar.anchor != NULL;
		node->quote = quote_of(e->data.scalar.style);
		if (is_named &&
		    (node->text = strdup((char *)e->data.scalar.value)) == NULL)
			return err_setf(err, ERR_MEMORY, "out of memory");
		break;
	case YAML_SEQUENCE_START_EVENT:
		node->kind = POLICYTEXT_LIST;
		node->has_anchor = e->data.sequence_start.anchor != NULL;
		node->is_flow = e->data.sequence_start.style ==
		    YAML_FLOW_SEQUENCE_STYLE;
		break;
	case YAML_MAPPING_START_EVENT:
		node->kind = POLICYTEXT_MAPPING;
		node->has_anchor = e->data.mapping_start.anchor != NULL;
		node->is_flow =
		    e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
		break;
	case YAML_ALIAS_EVENT:
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		node->kind = POLICYTEXT_ALIAS;
		break;
	}
	return 0;
}

static int
read_value(struct reading *r, enum care care, bool is_named, struct err *err);

/* Forget the nodes from first on. */
static void
nodes_drop(struct policytext *t, size_t first)
{
	while (t->n_nodes > first)
		free(t->nodes[--t->n_nodes].text);
}

/* How far new entries shall be indented: as the first value that shows it. */
static void
note_indent(struct policytext *t, size_t parent, size_t child)
{
	const struct policytext_node *p = &t->nodes[parent];
	const struct policytext_node *value = &t->nodes[child];
	size_t *step = value->kind == POLICYTEXT_LIST ? &t->dash : &t->level;
	size_t key_col;

	if (*step != POLICYTEXT_NOWHERE || value->is_flow ||
	    value->has_anchor || value->n == 0 ||
	    p->kind != POLICYTEXT_MAPPING || p->n % 2 == 0)
		return;
	key_col = t->nodes[p->last].col;
	if (value->col > key_col ||
	    (value->col == key_col && value->kind == POLICYTEXT_LIST))
		*step = value->col - key_col;
}

/* Hang the node behind the parent's last one, or in its place. */
static void
adopt(struct policytext *t, size_t parent, size_t child, enum care care)
{
	struct policytext_node *p = &t->nodes[parent];

	note_indent(t, parent, child);
	p->n++;
	if (!p->is_flow && t->nodes[child].end > p->end)
		p->end = t->nodes[child].end;
	if (care == CARE_LAST && p->first != POLICYTEXT_NOWHERE) {
		free(t->nodes[p->first].text);
		t->nodes[p->first] = t->nodes[child];
		t->nodes[child].text = NULL;
		child = p->first;
	} else if (p->first == POLICYTEXT_NOWHERE) {
		p->first = child;
	} else {
		t->nodes[p->last].next = child;
	}
	p->last = child;
	if (care == CARE_LAST) {
		t->nodes[child].first = t->nodes[child].last =
		    POLICYTEXT_NOWHERE;
		nodes_drop(t, child + 1);
	}
}

/* How much of a value counts, by the key before it. */
static enum care
care_for(const struct policytext *t, size_t parent, enum care care)
{
	const struct policytext_node *p = &t->nodes[parent];
	const char *key;

	if (care != CARE_KEYS)
		return care;
	if (p->n % 2 == 0 || p->kind != POLICYTEXT_MAPPING)
		return CARE_LAST;
	key = t->nodes[p->last].text;
	return key != NULL && strcmp(key, "authorities") == 0 ? CARE_ALL
	                                                      : CARE_LAST;
}

static int
read_children(
    struct reading *r, size_t parent, enum care care, struct err *err)
{
	struct policytext *t = r->t;
	bool is_mapping = t->nodes[parent].kind == POLICYTEXT_MAPPING;
	bool is_key;
	size_t child;

	for (;;) {
		if (next_event(r, err) < 0)
			return -1;
		if (r->event.type == YAML_SEQUENCE_END_EVENT ||
		    r->event.type == YAML_MAPPING_END_EVENT)
			break;
		is_key = is_mapping && t->nodes[parent].n % 2 == 0;
		child = t->n_nodes;
		if (read_value(r, care_for(t, parent, care),
		        is_key && care != CARE_LAST, err) < 0)
			return -1;
		adopt(t, parent, child, care);
	}
	if (t->nodes[parent].is_flow)
		t->nodes[parent].end = offset_of(r, r->event.end_mark.index);
	t->nodes[parent].end_event = r->n_events;
	return 0;
}

/* The value whose first event is r->event becomes a new node. */
static int
read_value(struct reading *r, enum care care, bool is_named, struct err *err)
{
	struct policytext *t = r->t;
	size_t number;
	int ret;

	if ((number = node_new(r, err)) == POLICYTEXT_NOWHERE ||
	    describe(r, number, is_named, err) < 0)
		return -1;
	if (t->nodes[number].kind != POLICYTEXT_LIST &&
	    t->nodes[number].kind != POLICYTEXT_MAPPING)
		return 0;
	if (++r->depth > POLICY_MAX_DEPTH)
		return err_setf(err, ERR_LIMIT,
		    "nested deeper than %d levels", POLICY_MAX_DEPTH);
	/* libyaml ends a block's first event at its first character. */
	if (!t->nodes[number].is_flow)
		t->nodes[number].end = t->nodes[number].start;
	ret = read_children(r, number, care, err);
	r->depth--;
	return ret;
}

static int
read_document(struct reading *r, struct err *err)
{
	do {
		if (next_event(r, err) < 0)
			return -1;
		if (r->event.type == YAML_STREAM_END_EVENT)
			return err_setf(
			    err, ERR_MALFORMED, "the file is empty");
	} while (r->event.type != YAML_DOCUMENT_START_EVENT);
	if (next_event(r, err) < 0 ||
	    read_value(r, CARE_KEYS, false, err) < 0)
		return -1;
	do {
		if (next_event(r, err) < 0)
			return -1;
		if (r->event.type == YAML_DOCUMENT_START_EVENT)
			return err_setf(
			    err, ERR_MALFORMED, "a second YAML document");
	} while (r->event.type != YAML_STREAM_END_EVENT);
	return 0;
}

struct policytext *
policytext_new(const char *text, size_t len, struct err *err)
{
	struct reading r = { 0 };
	struct policytext *t = NULL;
	int ret;

	if ((t = calloc(1, sizeof(*t))) == NULL ||
	    policytext_parser(&r.parser, text, len) < 0) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		free(t);
		return NULL;
	}
	t->text = text;
	t->len = len;
	t->level = t->dash = POLICYTEXT_NOWHERE;
	r.t = t;
	ret = read_document(&r, err);
	if (r.has_event)
		yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	if (ret < 0) {
		policytext_free(t);
		return NULL;
	}
	if (t->level == POLICYTEXT_NOWHERE)
		t->level = USUAL_INDENT;
	if (t->dash == POLICYTEXT_NOWHERE)
		t->dash = USUAL_INDENT;
	return t;
}

void
policytext_free(struct policytext *t)
{
	if (t == NULL)
		return;
	nodes_drop(t, 0);
	free(t->nodes);
	free(t);
}
