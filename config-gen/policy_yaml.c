/*
 * The policy may come from a repository that many write to: libyaml's events
 * MUST NOT expand beyond the size of the file (aliases) or nest without end.
 */
#include "config.h"

#include "config-gen/policy_input.h"
#include "config-gen/policy_parse.h"
#include "config-gen/progress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <yaml.h>

/* What was said inside an anchored value, to be said again by its aliases. */
struct record {
	struct policy_event event;
	bool is_alias; /* of the records first to end */
	size_t first, end;
};

#define STILL_OPEN SIZE_MAX

struct anchor {
	const char *name;
	size_t first, end; /* of the records; end may be STILL_OPEN */
};

struct open_anchor {
	size_t anchor;
	size_t depth;
};

struct replay {
	size_t next, end;
	bool is_begun;
	struct place at; /* of the alias */
};

/* What became of the next event. */
enum step { STEP_DONE, STEP_REPLAYED, STEP_NONE, STEP_AGAIN, STEP_STOPPED };

struct yaml_reader {
	yaml_parser_t parser;
	bool has_parser;
	yaml_event_t event;
	bool has_event;
	bool has_stopped;
	bool has_document;
	size_t depth;
	struct policy_input input;

	struct policy_memory *memory;
	struct record *records;
	size_t n_records, records_room;
	struct anchor *anchors;
	size_t n_anchors, anchors_room;
	struct name_table anchors_table;
	struct open_anchor open[POLICY_MAX_DEPTH + 1];
	size_t n_open;
	struct replay replays[POLICY_MAX_DEPTH + 1];
	size_t n_replays;
	size_t n_replayed;
};

/* An error was reported: the rest of the file is not read. */
static enum step
stop(struct policy_parse *p)
{
	p->reader->has_stopped = true;
	p->is_incomplete = true;
	return STEP_STOPPED;
}

void
yaml_stop(struct policy_parse *p)
{
	(void)stop(p);
}

static enum step
no_memory(struct policy_parse *p)
{
	(void)parse_no_memory(p);
	return stop(p);
}

int
yaml_open(struct policy_parse *p, int fd, size_t size)
{
	struct yaml_reader *y;

	if ((y = calloc(1, sizeof(*y))) == NULL) {
		(void)close(fd);
		return parse_no_memory(p);
	}
	y->input.fd = fd;
	y->input.max_bytes = p->max_bytes;
	y->input.size = size;
	p->reader = y;
	if ((y->memory = policy_memory_new()) == NULL ||
	    !yaml_parser_initialize(&y->parser)) {
		yaml_close(p);
		return parse_no_memory(p);
	}
	y->has_parser = true;
	/* Otherwise libyaml would read UTF-16 as well. */
	yaml_parser_set_encoding(&y->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input(&y->parser, input_feed, &y->input);
	return 0;
}

void
yaml_close(struct policy_parse *p)
{
	struct yaml_reader *y = p->reader;

	if (y == NULL)
		return;
	if (y->has_event)
		yaml_event_delete(&y->event);
	if (y->has_parser)
		yaml_parser_delete(&y->parser);
	(void)close(y->input.fd);
	progress_end();
	policy_memory_free(y->memory);
	free(y->records);
	free(y->anchors);
	name_table_free(&y->anchors_table);
	free(y);
	p->reader = NULL;
}

size_t
yaml_size(const struct policy_parse *p)
{
	return p->reader->input.size;
}

/* Keep p->event, or what an alias stands for, for later aliases. */
static int
record_add(struct policy_parse *p, const struct record *r)
{
	struct yaml_reader *y = p->reader;
	struct record *kept;

	if (vector_grow((void **)&y->records, &y->records_room, y->n_records,
		sizeof(*y->records)) < 0)
		return -1;
	kept = &y->records[y->n_records];
	*kept = *r;
	if (r->event.text != NULL &&
	    (kept->event.text = policy_memory_text(
		 y->memory, r->event.text, r->event.len)) == NULL)
		return -1;
	y->n_records++;
	return 0;
}

static struct name_array
anchor_names(const struct yaml_reader *y)
{
	return (struct name_array) { y->anchors, sizeof(*y->anchors) };
}

/* Begin to record the value that carries this anchor. */
static int
anchor_open(struct yaml_reader *y, const char *name)
{
	struct name_key key = name_key(name);
	uint32_t number = name_find(&y->anchors_table, anchor_names(y), key);

	if (number == NAME_NONE) {
		if (vector_grow((void **)&y->anchors, &y->anchors_room,
			y->n_anchors, sizeof(*y->anchors)) < 0)
			return -1;
		number = (uint32_t)y->n_anchors;
		y->anchors[number].name =
		    policy_memory_text(y->memory, name, key.len);
		if (y->anchors[number].name == NULL ||
		    name_add(&y->anchors_table, key, number) < 0)
			return -1;
		y->n_anchors++;
	}
	y->anchors[number].first = y->n_records;
	y->anchors[number].end = STILL_OPEN;
	y->open[y->n_open++] = (struct open_anchor) { number, y->depth };
	return 0;
}

/* A value ended at this depth: so do the anchors that it carried. */
static void
anchors_close(struct yaml_reader *y)
{
	while (y->n_open > 0 && y->open[y->n_open - 1].depth == y->depth) {
		y->anchors[y->open[y->n_open - 1].anchor].end = y->n_records;
		y->n_open--;
	}
}

static enum step
replay_begin(struct policy_parse *p, const struct record *r)
{
	struct yaml_reader *y = p->reader;

	/* Each level of aliases has a level of values around it. */
	if (y->n_replays > POLICY_MAX_DEPTH) {
		parse_error(p, r->event.at, NULL, NULL,
		    "aliases (*) nested deeper than %d levels",
		    POLICY_MAX_DEPTH);
		return stop(p);
	}
	y->replays[y->n_replays++] =
	    (struct replay) { r->first, r->end, false, r->event.at };
	return STEP_AGAIN;
}

/* An alias in the file. */
static enum step
alias_read(struct policy_parse *p)
{
	struct yaml_reader *y = p->reader;
	const char *name = (const char *)y->event.data.alias.anchor;
	uint32_t number =
	    name_find(&y->anchors_table, anchor_names(y), name_key(name));
	struct record r = { p->event, true, 0, 0 };

	r.event.kind = p->event.kind = EVENT_BAD;
	if (number == NAME_NONE) {
		parse_error(p, p->event.at,
		    "a word that begins with * repeats the value marked &",
		    or_null(did_you_mean_in(
			p, name, anchor_names(y), y->n_anchors)
				.text),
		    "no value is marked \"&%s\" above",
		    p->is_hidden ? "..." : show(name).text);
		return STEP_DONE;
	}
	r.first = y->anchors[number].first;
	r.end = y->anchors[number].end;
	if (r.end == STILL_OPEN) {
		parse_error(p, p->event.at, NULL, NULL,
		    "\"*%s\" stands inside the value that it repeats",
		    show(name).text);
		return STEP_DONE;
	}
	if (y->n_open != 0 && record_add(p, &r) < 0)
		return no_memory(p);
	return replay_begin(p, &r);
}

/* What the event's value is marked with, and whether it has a tag. */
static const char *
event_properties(const yaml_event_t *e, bool *has_tag)
{
	*has_tag = false;
	if (e->type == YAML_SCALAR_EVENT) {
		*has_tag = e->data.scalar.tag != NULL ||
		    (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
			!e->data.scalar.plain_implicit);
		return (const char *)e->data.scalar.anchor;
	}
	if (e->type == YAML_SEQUENCE_START_EVENT) {
		*has_tag = e->data.sequence_start.tag != NULL;
		return (const char *)e->data.sequence_start.anchor;
	}
	if (e->type == YAML_MAPPING_START_EVENT) {
		*has_tag = e->data.mapping_start.tag != NULL;
		return (const char *)e->data.mapping_start.anchor;
	}
	return NULL;
}

/* The kind of a value's event; EVENT_STOP for those that are none. */
static enum event_kind
event_kind_of(const yaml_event_t *e)
{
	if (e->type == YAML_SCALAR_EVENT)
		return EVENT_SCALAR;
	if (e->type == YAML_SEQUENCE_START_EVENT)
		return EVENT_LIST;
	if (e->type == YAML_SEQUENCE_END_EVENT)
		return EVENT_LIST_END;
	if (e->type == YAML_MAPPING_START_EVENT)
		return EVENT_MAPPING;
	if (e->type == YAML_MAPPING_END_EVENT)
		return EVENT_MAPPING_END;
	return EVENT_STOP;
}

static void
scalar_read(struct policy_parse *p, const yaml_event_t *e)
{
	p->event.text = (const char *)e->data.scalar.value;
	p->event.len = e->data.scalar.length;
	p->event.is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	if (memchr(p->event.text, '\0', p->event.len) == NULL)
		return;
	parse_error(p, p->event.at, NULL, NULL, "a NUL character in a text");
	p->event.kind = EVENT_BAD;
	p->event.text = NULL;
	p->event.len = 0;
}

/* Turn libyaml's event, which is a value's, into ours. */
static enum step
value_read(struct policy_parse *p)
{
	struct yaml_reader *y = p->reader;
	struct record r = { .is_alias = false };
	const char *anchor;
	bool has_tag;

	p->event =
	    (struct policy_event) { event_kind_of(&y->event), NULL, 0, false,
		    { p->policy->files[p->file], y->event.start_mark.line + 1,
			y->event.start_mark.column + 1 } };
	if (y->event.type == YAML_ALIAS_EVENT)
		return alias_read(p);
	anchor = event_properties(&y->event, &has_tag);
	if (has_tag)
		parse_error(p, p->event.at,
		    "a policy has no types beside what a value looks like",
		    "take out what begins with !", "a tag");
	/* One value too deep: depth_step ends the file. */
	if (anchor != NULL && y->n_open <= POLICY_MAX_DEPTH &&
	    anchor_open(y, anchor) < 0)
		return no_memory(p);
	if (p->event.kind == EVENT_SCALAR)
		scalar_read(p, &y->event);
	if (y->n_open == 0)
		return STEP_DONE;
	r.event = p->event;
	return record_add(p, &r) < 0 ? no_memory(p) : STEP_DONE;
}

static enum step
second_document(struct policy_parse *p)
{
	const yaml_mark_t *mark = &p->reader->event.start_mark;

	parse_error(p,
	    (struct place) {
		p->policy->files[p->file], mark->line + 1, mark->column + 1 },
	    NULL,
	    "put all into one document, or into files that \"include\" names",
	    "a second YAML document");
	return stop(p);
}

/* The next event of the file that is a value's. */
static enum step
parser_next(struct policy_parse *p)
{
	struct yaml_reader *y = p->reader;

	for (;;) {
		if (y->has_event)
			yaml_event_delete(&y->event);
		y->has_event = false;
		if (!yaml_parser_parse(&y->parser, &y->event)) {
			input_report(p, &y->input, &y->parser);
			return stop(p);
		}
		y->has_event = true;
		if (y->event.type == YAML_STREAM_END_EVENT) {
			y->has_stopped = true;
			return STEP_STOPPED;
		}
		if (y->event.type == YAML_DOCUMENT_START_EVENT) {
			if (y->has_document)
				return second_document(p);
			y->has_document = true;
		} else if (y->event.type != YAML_STREAM_START_EVENT &&
		    y->event.type != YAML_DOCUMENT_END_EVENT) {
			return value_read(p);
		}
	}
}

/* The next event of the innermost alias. */
static enum step
replay_next(struct policy_parse *p)
{
	struct yaml_reader *y = p->reader;
	const struct record *r;
	struct replay *top;

	for (; y->n_replays > 0; y->n_replays--) {
		top = &y->replays[y->n_replays - 1];
		if (top->next == top->end)
			continue;
		r = &y->records[top->next++];
		y->n_replayed += 1 + r->event.len;
		if (y->n_replayed > y->input.size) {
			parse_error(p, r->event.at,
			    "they may repeat no more than the size of the "
			    "file",
			    "put what is repeated into a group",
			    "aliases (*) repeat this too often");
			return stop(p);
		}
		if (r->is_alias)
			return replay_begin(p, r);
		/* Whether a value belongs there is asked of the alias. */
		p->event = r->event;
		if (!top->is_begun)
			p->event.at = top->at;
		top->is_begun = true;
		return STEP_REPLAYED;
	}
	return STEP_NONE;
}

/* Keep count of how deep values nest. */
static enum step
depth_step(struct policy_parse *p)
{
	struct yaml_reader *y = p->reader;
	enum event_kind kind = p->event.kind;

	if (kind == EVENT_LIST_END || kind == EVENT_MAPPING_END)
		y->depth--;
	if ((kind == EVENT_LIST || kind == EVENT_MAPPING) &&
	    ++y->depth > POLICY_MAX_DEPTH) {
		parse_error(p, p->event.at, NULL, NULL,
		    "nested deeper than %d levels", POLICY_MAX_DEPTH);
		return stop(p);
	}
	return STEP_DONE;
}

void
event_next(struct policy_parse *p)
{
	struct yaml_reader *y = p->reader;
	enum step step = STEP_STOPPED;
	bool is_replayed;

	do {
		if (y->has_stopped)
			break;
		if ((step = replay_next(p)) == STEP_NONE)
			step = parser_next(p);
	} while (step == STEP_AGAIN);
	if (step == STEP_DONE || step == STEP_REPLAYED) {
		is_replayed = step == STEP_REPLAYED;
		step = depth_step(p);
		if (!is_replayed)
			anchors_close(y);
	}
	if (step == STEP_STOPPED)
		p->event.kind = EVENT_STOP;
}

void
event_skip(struct policy_parse *p)
{
	size_t depth = 0;

	for (;;) {
		if (p->event.kind == EVENT_LIST ||
		    p->event.kind == EVENT_MAPPING)
			depth++;
		if (p->event.kind == EVENT_LIST_END ||
		    p->event.kind == EVENT_MAPPING_END)
			depth--;
		if (depth == 0 || p->event.kind == EVENT_STOP)
			return;
		event_next(p);
	}
}

bool
item_next(struct policy_parse *p)
{
	event_next(p);
	return p->event.kind != EVENT_LIST_END && p->event.kind != EVENT_STOP;
}

bool
key_next(struct policy_parse *p)
{
	for (;;) {
		event_next(p);
		if (p->event.kind == EVENT_STOP ||
		    p->event.kind == EVENT_MAPPING_END)
			return false;
		if (p->event.kind == EVENT_SCALAR && p->event.is_plain &&
		    strcmp(p->event.text, "<<") == 0)
			parse_error(p, p->event.at, NULL,
			    "write the keys out, or repeat a whole value by "
			    "its alias",
			    "merge keys (<<) are not part of the language");
		else if (p->event.kind == EVENT_SCALAR && is_yaml_word(p))
			parse_error(p, p->event.at,
			    "YAML takes this for no name, but for nothing or "
			    "for true or false",
			    "put it in quotes if it is a name",
			    "the key %s",
			    p->event.len == 0 ? "is empty" : p->event.text);
		else if (p->event.kind == EVENT_SCALAR &&
		    p->event.len > POLICY_MAX_KEY)
			parse_long_key(p);
		else if (p->event.kind == EVENT_SCALAR)
			return true;
		else if (p->event.kind != EVENT_BAD)
			parse_error(p, p->event.at, NULL, NULL,
			    "a key must be a name, not a list or mapping");
		event_skip(p);
		event_next(p);
		event_skip(p);
	}
}
