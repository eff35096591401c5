/*
 * A change of a policy's text MUST NOT change anything that was not meant,
 * whatever libyaml's marks and our arithmetic say: events decide.
 */
#include "config.h"

#include "config-gen/policytext_int.h"

#include <stdbool.h>
#include <string.h>

/* One of the streams of events that are compared. */
struct stream {
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_parser, has_event;
	size_t n; /* the number of the event */
};

static int
stream_open(struct stream *s, const char *text, size_t len)
{
	memset(s, 0, sizeof(*s));
	if (policytext_parser(&s->parser, text, len) < 0)
		return -1;
	s->has_parser = true;
	return 0;
}

static void
stream_close(struct stream *s)
{
	if (s->has_event)
		yaml_event_delete(&s->event);
	if (s->has_parser)
		yaml_parser_delete(&s->parser);
}

/* 1, 0 behind the end, -1: no YAML. */
static int
stream_next(struct stream *s)
{
	if (s->has_event) {
		if (s->event.type == YAML_STREAM_END_EVENT)
			return 0;
		yaml_event_delete(&s->event);
		s->n++;
	}
	s->has_event = yaml_parser_parse(&s->parser, &s->event) != 0;
	return s->has_event ? 1 : -1;
}

static bool
is_same_text(const yaml_char_t *a, const yaml_char_t *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp((const char *)a, (const char *)b) == 0;
}

static bool
is_same_scalar(const yaml_event_t *a, const yaml_event_t *b, bool with_style)
{
	return a->data.scalar.length == b->data.scalar.length &&
	    memcmp(a->data.scalar.value, b->data.scalar.value,
	        a->data.scalar.length) == 0 &&
	    is_same_text(a->data.scalar.anchor, b->data.scalar.anchor) &&
	    is_same_text(a->data.scalar.tag, b->data.scalar.tag) &&
	    (!with_style || a->data.scalar.style == b->data.scalar.style);
}

/* with_style: also quotes and brackets are those of the other. */
static bool
is_same_event(const yaml_event_t *a, const yaml_event_t *b, bool with_style)
{
	if (a->type != b->type)
		return false;
	if (a->type == YAML_SCALAR_EVENT)
		return is_same_scalar(a, b, with_style);
	if (a->type == YAML_ALIAS_EVENT)
		return is_same_text(a->data.alias.anchor, b->data.alias.anchor);
	if (a->type == YAML_SEQUENCE_START_EVENT)
		return is_same_text(a->data.sequence_start.anchor,
		           b->data.sequence_start.anchor) &&
		    is_same_text(a->data.sequence_start.tag,
		        b->data.sequence_start.tag) &&
		    (!with_style ||
		        a->data.sequence_start.style ==
		            b->data.sequence_start.style);
	if (a->type == YAML_MAPPING_START_EVENT)
		return is_same_text(a->data.mapping_start.anchor,
		           b->data.mapping_start.anchor) &&
		    is_same_text(a->data.mapping_start.tag,
		        b->data.mapping_start.tag) &&
		    (!with_style ||
		        a->data.mapping_start.style ==
		            b->data.mapping_start.style);
	return true;
}

/* Step over the events of the old text that were taken out. */
static int
skip(struct stream *s, size_t n)
{
	while (n-- > 0) {
		if (stream_next(s) != 1)
			return -1;
	}
	return 0;
}

/*
 * The events that were put in are those of meant, [..] or {..}, but for the
 * three before its inside and the three behind it.  The first of them, and
 * at the end the first that was not put in, is new's.
 */
static int
same_as_meant(struct stream *new, const struct policytext_splice *splice)
{
	struct wire text = WIRE_INIT;
	struct stream meant = { 0 };
	int depth = 0;
	int ret = -1;

	wire_put_bytes(&text, splice->is_mapping ? "{" : "[", 1);
	wire_put_bytes(&text, splice->meant, strlen(splice->meant));
	wire_put_bytes(&text, splice->is_mapping ? "}" : "]", 1);
	if (text.has_failed ||
	    stream_open(&meant, (const char *)text.p, text.len) < 0 ||
	    skip(&meant, 3) < 0)
		goto out;
	for (;;) {
		if (stream_next(&meant) != 1)
			goto out;
		if (meant.event.type == YAML_SEQUENCE_START_EVENT ||
		    meant.event.type == YAML_MAPPING_START_EVENT)
			depth++;
		if ((meant.event.type == YAML_SEQUENCE_END_EVENT ||
		        meant.event.type == YAML_MAPPING_END_EVENT) &&
		    depth-- == 0)
			break;
		if (!is_same_event(&new->event, &meant.event, false) ||
		    stream_next(new) != 1)
			goto out;
	}
	/* And nothing behind the bracket. */
	if (stream_next(&meant) == 1 &&
	    meant.event.type == YAML_DOCUMENT_END_EVENT)
		ret = 0;
out:
	stream_close(&meant);
	wire_free(&text);
	return ret;
}

static int
compare(struct stream *old, struct stream *new,
    const struct policytext_splice *s)
{
	int more_old, more_new;

	for (;;) {
		if ((more_old = stream_next(old)) < 0 ||
		    (more_new = stream_next(new)) < 0)
			return -1;
		if (more_old == 0 || more_new == 0)
			return more_old == more_new ? 0 : -1;
		if (old->n == s->event_at &&
		    (same_as_meant(new, s) < 0 ||
		        skip(old, s->n_events_out) < 0))
			return -1;
		if (!is_same_event(&old->event, &new->event, true))
			return -1;
	}
}

int
policytext_spliced(const struct policytext *t,
    const struct policytext_splice *s, size_t line, struct wire *out,
    struct err *err)
{
	struct stream old = { 0 }, new = { 0 };
	int ret = -1;

	wire_reset(out);
	wire_put_bytes(out, t->text, s->at);
	wire_put_bytes(out, s->in.p, s->in.len);
	wire_put_bytes(
	    out, t->text + s->at + s->n_out, t->len - s->at - s->n_out);
	if (s->in.has_failed || out->has_failed ||
	    stream_open(&old, t->text, t->len) < 0 ||
	    stream_open(&new, (const char *)out->p, out->len) < 0)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else if (compare(&old, &new, s) < 0)
		(void)err_setf(err, ERR_REFUSED,
		    "line %zu: written in a way that cannot be edited without "
		    "changing something else",
		    line);
	else
		ret = 0;
	stream_close(&old);
	stream_close(&new);
	return ret;
}

/* --- scalars --------------------------------------------------------------- */

/* What no YAML takes for anything but a part of a plain text. */
static bool
is_plain(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                            "0123456789.+/=@_- ";
	size_t len = strlen(text);

	return len != 0 && text[strspn(text, plain)] == '\0' &&
	    strchr(" -.=@+/", text[0]) == NULL && text[len - 1] != ' ';
}

/* Whether single quotes, which know no escapes, can hold it. */
static bool
is_printable(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	}
	return true;
}

static void
put_single_quoted(struct wire *out, const char *value)
{
	wire_put_bytes(out, "'", 1);
	for (; *value != '\0'; value++)
		wire_put_bytes(out, *value == '\'' ? "''" : value,
		    *value == '\'' ? 2 : 1);
	wire_put_bytes(out, "'", 1);
}

void
policytext_put_scalar(struct wire *out, const char *value, char quote)
{
	static const char hex[] = "0123456789abcdef";
	const char *c;

	if (quote == 0 && is_plain(value)) {
		wire_put_bytes(out, value, strlen(value));
		return;
	}
	if (quote == '\'' && is_printable(value)) {
		put_single_quoted(out, value);
		return;
	}
	wire_put_bytes(out, "\"", 1);
	for (c = value; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			wire_put_bytes(out, "\\", 1);
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			wire_put_bytes(out, "\\x", 2);
			wire_put_bytes(out, &hex[(unsigned char)*c >> 4], 1);
			wire_put_bytes(out, &hex[*c & 15], 1);
		} else {
			wire_put_bytes(out, c, 1);
		}
	}
	wire_put_bytes(out, "\"", 1);
}
