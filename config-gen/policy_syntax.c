/* What libyaml's errors mean to somebody who writes a policy. */
#include "config.h"

#include "config-gen/policy_parse.h"

#include <stdio.h>
#include <string.h>

/* Words of libyaml 0.2, and ours.  "%zu" is the line that context began. */
static const struct wording {
	const char *problem;
	const char *context; /* NULL: any */
	unsigned char found; /* the character there; 0: any */
	const char *what;
	const char *fix;
} wordings[] = { { "cannot start any token", NULL, '\t',
		     "a tab before the text", "indent with spaces" },
	{ "cannot start any token", NULL, '@',
	    "a text that begins with @ without quotes", "put it in quotes" },
	{ "cannot start any token", NULL, '`',
	    "a text that begins with ` without quotes", "put it in quotes" },
	{ "cannot start any token", NULL, '%',
	    "a text that begins with % without quotes", "put it in quotes" },
	{ "tab character", NULL, 0, "a tab before the text",
	    "indent with spaces" },
	{ "alphabetic or numeric character", "alias", 0,
	    "a * without quotes, which in YAML repeats a value",
	    "put the text in quotes, as in \"*\"" },
	{ "alphabetic or numeric character", "anchor", 0,
	    "a & without quotes, which in YAML marks a value",
	    "put the text in quotes" },
	{ "could not find expected ':'", NULL, 0,
	    "the key that begins in line %zu has no \": \" after it",
	    "write \"key: value\"" },
	{ "mapping values are not allowed", NULL, 0,
	    "a \": \" where no key can stand",
	    "put a text that holds \": \" in quotes, or check the "
	    "indentation" },
	{ "mapping keys are not allowed", NULL, 0, "a key where none can stand",
	    "check the indentation" },
	{ "block sequence entries are not allowed", NULL, 0,
	    "a list item where none can stand",
	    "begin a new line for it, or put a text that begins with \"- \" "
	    "in quotes" },
	{ "expected key", NULL, 0,
	    "this does not fit the mapping that begins in line %zu",
	    "indent its keys alike, and put nothing after a text in quotes" },
	{ "expected '-' indicator", NULL, 0,
	    "this does not fit the list that begins in line %zu",
	    "begin each item with \"- \", all indented alike" },
	{ "expected ',' or ']'", NULL, 0,
	    "the list that begins with [ in line %zu does not end",
	    "write \",\" between its items and \"]\" after the last" },
	{ "expected ',' or '}'", NULL, 0,
	    "the mapping that begins with { in line %zu does not end",
	    "write \",\" between its keys and \"}\" after the last" },
	{ "expected node content", NULL, 0, "nothing where a value belongs",
	    NULL },
	{ "unexpected end of stream", NULL, 0,
	    "the quotes that begin in line %zu do not end", NULL },
	{ "unexpected document indicator", NULL, 0,
	    "the quotes that begin in line %zu do not end", NULL },
	{ "unknown escape character", NULL, 0,
	    "an escape that YAML does not know in double quotes",
	    "write \\\\ for a backslash, or use single quotes" },
	{ "hexdecimal number", NULL, 0,
	    "an escape without its hexadecimal digits",
	    "write \\\\ for a backslash, or use single quotes" },
	{ "character escape code", NULL, 0,
	    "an escape that is no Unicode character", NULL },
	{ "expected <document start>", NULL, 0,
	    "text after the end of the policy", NULL },
	{ "undefined tag handle", NULL, 0, "a tag",
	    "put a text that begins with ! in quotes" },
	{ "incompatible YAML document", NULL, 0,
	    "a version of YAML that is not 1.1 or 1.2",
	    "take the %YAML line out" },
	{ NULL, NULL, 0, NULL, NULL } };

static const struct wording *
wording_of(const struct syntax_error *e)
{
	const struct wording *w;

	for (w = wordings; w->problem != NULL; w++) {
		if (strstr(e->problem, w->problem) == NULL)
			continue;
		if (w->context != NULL &&
		    (e->context == NULL ||
			strstr(e->context, w->context) == NULL))
			continue;
		if (w->found == 0 || w->found == e->found)
			return w;
	}
	return NULL;
}

/* text with the line in the place of "%zu". */
static void
fill_line(char *out, size_t out_len, const char *text, size_t line)
{
	const char *mark = strstr(text, "%zu");

	if (mark == NULL)
		(void)snprintf(out, out_len, "%s", text);
	else
		(void)snprintf(out, out_len, "%.*s%zu%s", (int)(mark - text),
		    text, line, mark + 3);
}

void
syntax_error(struct policy_parse *p, const struct syntax_error *e)
{
	const struct wording *w = wording_of(e);
	char what[200];

	if (w == NULL) {
		parse_error(p, e->at, NULL, NULL, "broken YAML: %s%s%s",
		    e->context != NULL ? e->context : "",
		    e->context != NULL ? ", " : "", e->problem);
		return;
	}
	fill_line(what, sizeof(what), w->what,
	    e->context_line != 0 ? e->context_line : e->at.line);
	parse_error(p, e->at, NULL, w->fix, "%s", what);
}
