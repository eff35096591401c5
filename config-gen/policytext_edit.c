#include "config.h"

#include "config-gen/policytext.h"

#include <stdlib.h>
#include <string.h>

#include "config-gen/policytext_int.h"

static const struct policytext_node *
node_at(const struct policytext *t, size_t number)
{
	return number == POLICYTEXT_NOWHERE ? NULL : &t->nodes[number];
}

static const struct policytext_node *
next_of(const struct policytext *t, const struct policytext_node *node)
{
	return node_at(t, node->next);
}

/* The key of that name in a mapping, or NULL. */
static const struct policytext_node *
find_key(const struct policytext *t, const struct policytext_node *mapping,
    const char *name)
{
	const struct policytext_node *key, *value;

	if (mapping->kind != POLICYTEXT_MAPPING)
		return NULL;
	for (key = node_at(t, mapping->first); key != NULL;
	     key = next_of(t, value)) {
		if (key->text != NULL && strcmp(key->text, name) == 0)
			return key;
		if ((value = next_of(t, key)) == NULL)
			break;
	}
	return NULL;
}

/* Where a path leads. */
struct spot {
	const struct policytext_node *parent; /* a mapping; NULL: none */
	const struct policytext_node *key; /* NULL: the document's value */
	const struct policytext_node *value; /* NULL: there is none */
	bool is_shared; /* something on the way has an anchor */
};

static struct spot
find(const struct policytext *t, const char *const *path)
{
	struct spot s = { NULL, NULL, node_at(t, 0), false };
	size_t i;

	for (i = 0; path[i] != NULL && s.value != NULL; i++) {
		s.parent = s.value;
		s.value = NULL;
		if ((s.key = find_key(t, s.parent, path[i])) == NULL)
			break;
		s.value = next_of(t, s.key);
		s.is_shared = s.is_shared || s.key->has_anchor ||
		    (s.value != NULL && s.value->has_anchor);
	}
	return s;
}

enum policytext_kind
policytext_kind(const struct policytext *t, const char *const *path)
{
	struct spot s = find(t, path);

	return s.value == NULL ? POLICYTEXT_NONE : s.value->kind;
}

size_t
policytext_count(const struct policytext *t, const char *const *path)
{
	struct spot s = find(t, path);

	if (s.value == NULL)
		return 0;
	return s.value->kind == POLICYTEXT_MAPPING ? s.value->n / 2
	                                           : s.value->n;
}

char
policytext_quote(const struct policytext *t, const char *const *path)
{
	struct spot s = find(t, path);
	const struct policytext_node *last =
	    s.value == NULL ? NULL : node_at(t, s.value->last);

	if (s.value != NULL && s.value->kind == POLICYTEXT_SCALAR)
		last = s.value;
	return last == NULL || last->quote == '|' ? 0 : last->quote;
}

long
policytext_item_at(const struct policytext *t, const char *const *path,
    size_t line, size_t col)
{
	struct spot s = find(t, path);
	const struct policytext_node *item;
	long n = 0;

	if (s.value == NULL || s.value->kind != POLICYTEXT_LIST)
		return -1;
	for (item = node_at(t, s.value->first); item != NULL;
	     item = next_of(t, item), n++) {
		if (item->line == line && item->col == col)
			return n;
	}
	return -1;
}

/* --- lines ---------------------------------------------------------------- */

static size_t
line_start(const struct policytext *t, size_t at)
{
	while (at > 0 && t->text[at - 1] != '\n')
		at--;
	return at;
}

/* Where the line after that of at begins, or the end of the text. */
static size_t
line_next(const struct policytext *t, size_t at)
{
	const char *eol = memchr(t->text + at, '\n', t->len - at);

	return eol == NULL ? t->len : (size_t)(eol - t->text) + 1;
}

/* Whether only blanks stand between from and to. */
static bool
is_blank(const struct policytext *t, size_t from, size_t to)
{
	for (; from < to; from++) {
		if (t->text[from] != ' ')
			return false;
	}
	return true;
}

/* The end of what was said, without the empty lines behind a block. */
static size_t
last_said(const struct policytext *t, const struct policytext_node *node)
{
	size_t end = node->end;

	while (end > node->start && strchr(" \t\r\n", t->text[end - 1]) != NULL)
		end--;
	return end;
}

/* Whether nothing but a comment follows in at's line. */
static bool
ends_line(const struct policytext *t, size_t at)
{
	size_t end = line_next(t, at);
	size_t i = at;

	while (i < end && strchr(" \t\r\n", t->text[i]) != NULL)
		i++;
	return i == end || (t->text[i] == '#' && i > at);
}

/* "\r\n" where the line before at, or at's own, ends so. */
static const char *
eol_at(const struct policytext *t, size_t at)
{
	size_t end = at > 0 && t->text[at - 1] == '\n' ? at : line_next(t, at);

	if (end == t->len && (end == 0 || t->text[end - 1] != '\n'))
		end = line_start(t, at);
	return end > 1 && t->text[end - 1] == '\n' && t->text[end - 2] == '\r'
	    ? "\r\n"
	    : "\n";
}

static int
refuse(struct err *err, size_t line, const char *why)
{
	return err_setf(err, ERR_REFUSED, "line %zu: %s", line, why);
}

static int
no_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

/* --- putting in ------------------------------------------------------------ */

static size_t
column(const struct policytext *t, const struct policytext_node *node)
{
	return node->start - line_start(t, node->start);
}

/* The lines of block, from col on, without the last line's end. */
static void
put_block(const struct policytext *t, struct wire *out, const char *block,
    size_t col, const char *eol)
{
	const char *end;
	size_t i, levels, blanks;

	for (; *block != '\0'; block = end + 1) {
		levels = strspn(block, "\t");
		block += levels;
		end = strchr(block, '\n');
		blanks = col + levels * t->level;
		if (levels > 0 && strncmp(block, "- ", 2) == 0)
			blanks = blanks - t->level + t->dash;
		for (i = 0; i < blanks; i++)
			wire_put_bytes(out, " ", 1);
		wire_put_bytes(out, block, (size_t)(end - block));
		if (end[1] != '\0')
			wire_put_bytes(out, eol, strlen(eol));
	}
}

static int
append_block(const struct policytext *t, const struct policytext_node *into,
    const char *block, struct policytext_splice *s, struct err *err)
{
	size_t col = column(t, into);
	size_t at = last_said(t, into);
	size_t blanks;
	const char *eol;

	if (!is_blank(t, line_start(t, into->start), into->start))
		return refuse(err, into->line,
		    "something stands before it in its line");
	if (!ends_line(t, at))
		return refuse(
		    err, into->line, "something follows its last entry");
	/* Comments that are indented further belong to the last entry. */
	for (at = line_next(t, at); at < t->len; at = line_next(t, at)) {
		for (blanks = 0;
		     at + blanks < t->len && t->text[at + blanks] == ' ';
		     blanks++)
			;
		if (blanks <= col || at + blanks == t->len ||
		    t->text[at + blanks] != '#')
			break;
	}
	/* With a line feed behind it nobody could tell whose it was. */
	if (t->text[at - 1] == '\r')
		return refuse(err, into->line,
		    "the file ends with a carriage return alone");
	s->at = at;
	eol = eol_at(t, at);
	if (t->text[at - 1] != '\n')
		wire_put_bytes(&s->in, eol, strlen(eol));
	put_block(t, &s->in, block, col, eol);
	if (t->text[at - 1] == '\n')
		wire_put_bytes(&s->in, eol, strlen(eol));
	return 0;
}

/* Between brackets: on a line of its own where the last item has one. */
static void
append_flow(const struct policytext *t, const struct policytext_node *into,
    const char *flow, struct policytext_splice *s)
{
	const struct policytext_node *last = node_at(t, into->last);
	const struct policytext_node *key = NULL;
	const struct policytext_node *node;
	size_t start;

	if (last == NULL) {
		s->at = into->start + 1;
		wire_put_bytes(&s->in, flow, strlen(flow));
		return;
	}
	/* Of a mapping the last key begins the last item. */
	for (node = node_at(t, into->first);
	     into->kind == POLICYTEXT_MAPPING && node != last;
	     node = next_of(t, node))
		key = node;
	s->at = last->end;
	wire_put_bytes(&s->in, ",", 1);
	if (key == NULL)
		key = last;
	start = line_start(t, key->start);
	if (start > into->start && is_blank(t, start, key->start) &&
	    memchr(t->text + key->start, '\n', last->end - key->start) == NULL) {
		wire_put_bytes(
		    &s->in, eol_at(t, start), strlen(eol_at(t, start)));
		wire_put_bytes(&s->in, t->text + start, key->start - start);
	} else {
		wire_put_bytes(&s->in, " ", 1);
	}
	wire_put_bytes(&s->in, flow, strlen(flow));
}

/* Refuse what cannot be edited in one place for sure. */
static int
check_spot(const struct spot *s, struct err *err)
{
	if (s->value == NULL)
		return err_setf(err, ERR_REFUSED, "it is not in this file");
	if (s->is_shared)
		return refuse(err, s->key->line,
		    "an anchor (&) may repeat this elsewhere");
	if (s->value->kind == POLICYTEXT_ALIAS)
		return refuse(err, s->value->line,
		    "this repeats (*) what stands elsewhere");
	return 0;
}

int
policytext_append(const struct policytext *t, const char *const *path,
    const struct policytext_entry *entry, struct wire *out, struct err *err)
{
	struct policytext_splice s = { .meant = entry->flow };
	struct spot spot = find(t, path);
	int ret = -1;

	if (check_spot(&spot, err) < 0)
		return -1;
	if (spot.value->kind == POLICYTEXT_SCALAR)
		return refuse(
		    err, spot.value->line, "neither a list nor a mapping");
	s.is_mapping = spot.value->kind == POLICYTEXT_MAPPING;
	s.event_at = spot.value->end_event - 1;
	if (spot.value->is_flow)
		append_flow(t, spot.value, entry->flow, &s);
	else if (append_block(t, spot.value, entry->block, &s, err) < 0)
		goto out;
	ret = policytext_spliced(t, &s, spot.value->line, out, err);
out:
	wire_free(&s.in);
	return ret;
}

/* --- taking out ------------------------------------------------------------ */

/* The lines from first's to last's, where they hold nothing else. */
static int
remove_block(const struct policytext *t, const struct policytext_node *first,
    const struct policytext_node *last, bool is_item,
    struct policytext_splice *s, struct err *err)
{
	size_t start = line_start(t, first->start);
	size_t before = first->start;
	size_t end = last_said(t, last);

	if (is_item) {
		while (before > start && t->text[before - 1] == ' ')
			before--;
		if (before == start || t->text[--before] != '-')
			return refuse(err, first->line,
			    "the item does not stand behind its \"-\"");
	}
	if (!is_blank(t, start, before) || !ends_line(t, end))
		return refuse(err, first->line,
		    "something else stands in the same line");
	end = line_next(t, end);
	/* A file without a last line end shall stay so. */
	if (end == t->len && t->text[end - 1] != '\n' && start > 0) {
		start--;
		if (start > 0 && t->text[start - 1] == '\r')
			start--;
	}
	s->at = start;
	s->n_out = end - start;
	return 0;
}

/* Between brackets: with the comma before it, or the one behind it. */
static void
remove_flow(const struct policytext_node *before,
    const struct policytext_node *first, const struct policytext_node *last,
    const struct policytext_node *after, struct policytext_splice *s)
{
	s->at = before == NULL ? first->start : before->end;
	s->n_out = (before == NULL ? after->start : last->end) - s->at;
}

/* Take the values from first to last (one item, or a key and its value) out. */
static int
remove_from(const struct policytext *t, const struct policytext_node *from,
    const struct policytext_node *first, const struct policytext_node *last,
    struct wire *out, struct err *err)
{
	struct policytext_splice s = { .meant = "" };
	const struct policytext_node *before = NULL;
	const struct policytext_node *node;

	if (first->has_anchor || last->has_anchor)
		return refuse(err, first->line,
		    "an anchor (&) may repeat this elsewhere");
	for (node = node_at(t, from->first); node != NULL && node != first;
	     node = next_of(t, node))
		before = node;
	if (before == NULL && next_of(t, last) == NULL)
		return refuse(err, first->line, "nothing would be left");
	s.is_mapping = from->kind == POLICYTEXT_MAPPING;
	s.event_at = first->first_event;
	s.n_events_out = last->end_event - first->first_event;
	if (from->is_flow)
		remove_flow(before, first, last, next_of(t, last), &s);
	else if (remove_block(t, first, last, from->kind == POLICYTEXT_LIST,
	             &s, err) < 0)
		return -1;
	return policytext_spliced(t, &s, first->line, out, err);
}

int
policytext_remove_item(const struct policytext *t, const char *const *path,
    size_t item, struct wire *out, struct err *err)
{
	struct spot spot = find(t, path);
	const struct policytext_node *node;

	if (check_spot(&spot, err) < 0)
		return -1;
	node = spot.value->kind == POLICYTEXT_LIST
	    ? node_at(t, spot.value->first)
	    : NULL;
	while (node != NULL && item-- > 0)
		node = next_of(t, node);
	if (node == NULL)
		return refuse(err, spot.value->line, "no such item");
	return remove_from(t, spot.value, node, node, out, err);
}

int
policytext_remove_key(const struct policytext *t, const char *const *path,
    struct wire *out, struct err *err)
{
	struct spot spot = find(t, path);

	/* What the value repeats stays where it stands. */
	if (spot.value == NULL || spot.key == NULL ||
	    spot.value->kind != POLICYTEXT_ALIAS || spot.is_shared) {
		if (check_spot(&spot, err) < 0)
			return -1;
	}
	return remove_from(t, spot.parent, spot.key, spot.value, out, err);
}

int
policytext_set(const struct policytext *t, const char *const *path,
    const char *value, struct wire *out, struct err *err)
{
	struct policytext_splice s = { .n_events_out = 1 };
	struct wire meant = WIRE_INIT;
	struct spot spot = find(t, path);
	char quote;
	int ret = -1;

	if (check_spot(&spot, err) < 0)
		return -1;
	quote = spot.value->quote;
	if (spot.value->kind != POLICYTEXT_SCALAR || quote == '|')
		return refuse(err, spot.value->line, "no text of one line");
	s.at = spot.value->start;
	s.n_out = spot.value->end - spot.value->start;
	s.event_at = spot.value->first_event;
	policytext_put_scalar(&s.in, value, quote);
	policytext_put_scalar(&meant, value, '"');
	wire_put_u8(&meant, 0);
	if (meant.has_failed) {
		(void)no_memory(err);
	} else {
		s.meant = (const char *)meant.p;
		ret = policytext_spliced(t, &s, spot.value->line, out, err);
	}
	wire_free(&meant);
	wire_free(&s.in);
	return ret;
}
