#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "group \"NAME\"", for messages, and what was read of it. */
struct group_label {
	char text[128];
	bool has_file;
};

static void
read_member(struct policy_parse *p, void *into)
{
	const struct group_label *label = into;
	const char *text;

	if ((text = parse_text(p, "an identity")) != NULL &&
	    identity_is_good(p, text, p->event.len, p->event.at))
		(void)names_add(p, &p->members, text, p->event.len, p->event.at,
		    label->text);
}

/* One line of a group's file; false where it is no identity. */
static bool
read_member_line(struct policy_parse *p, const char *line, size_t len,
    struct place at, const char *label)
{
	const char *from = line;
	size_t i;

	for (i = 0; i < len; i++) {
		if (line[i] == '#' &&
		    (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
			len = i;
	}
	while (len > 0 && strchr(" \t\r", from[len - 1]) != NULL)
		len--;
	for (; len > 0 && (*from == ' ' || *from == '\t'); len--)
		from++;
	if (len == 0)
		return true;
	at.col = (size_t)(from - line) + 1;
	if (memchr(from, '\0', len) != NULL)
		parse_error(p, at, NULL, NULL, "a NUL byte");
	else if (!is_utf8(from, len))
		parse_error(p, at, NULL, "save the file as UTF-8 text",
		    "bytes that are not UTF-8");
	else if (identity_is_good(p, from, len, at))
		return names_add(p, &p->members, from, len, at, label) == 0;
	return false;
}

/*
 * The policy's author may have named any file of root's: at the first line
 * that is no identity reading ends, and no line is ever shown.
 */
static void
read_member_lines(struct policy_parse *p, const char *path, const char *text,
    size_t len, const char *label)
{
	struct place at = { path, 0, 0 };
	const char *end = text + len;
	size_t bom = bom_len(text, len);
	uint16_t yaml_file = p->file;
	bool was_hidden = p->is_hidden;
	const char *eol;

	if ((at.line = private_key_line(text, len)) != 0) {
		report_private_key(p, path, at.line);
		return;
	}
	if (file_add(p, path, &p->file) < 0)
		return;
	p->is_hidden = true;
	at.file = p->policy->files[p->file];
	for (text += bom; text < end; text = eol + 1) {
		at.line++;
		if ((eol = memchr(text, '\n', (size_t)(end - text))) == NULL)
			eol = end;
		if (!read_member_line(
			p, text, (size_t)(eol - text), at, label))
			break;
	}
	p->is_hidden = was_hidden;
	p->file = yaml_file;
}

void
read_group_file(struct policy_parse *p, void *into)
{
	struct group_label *label = into;
	struct place at = p->event.at;
	struct err err = ERR_INIT;
	char *path = NULL;
	char *text = NULL;
	size_t len;

	label->has_file = true;
	if (parse_text(p, "a file name") == NULL ||
	    (path = path_resolve(p, p->event.text, at)) == NULL)
		goto out;
	path_judge(p, path, at);
	if (file_read(path, FILE_ROOTS, p->max_bytes, &text, &len, &err) < 0)
		path_error(p, at, path, &err);
	else
		read_member_lines(p, path, text, len, label->text);
out:
	free(text);
	free(path);
}

static void
read_group_value(struct policy_parse *p, struct group_label *label)
{
	size_t n_errors = p->report->n_errors;
	struct place at;

	event_next(p);
	at = p->event.at;
	if (p->event.kind == EVENT_SCALAR) {
		parse_unexpected(p, "a list of identities, or {file: NAME}");
	} else if (p->event.kind == EVENT_MAPPING) {
		parse_mapping(p, POLICY_GROUP, label);
		if (!label->has_file && p->report->n_errors == n_errors)
			parse_error(p, at, NULL,
			    "write a list, or {file: NAME}",
			    "%s has no \"file\"", label->text);
	} else {
		(void)parse_list(p, "an identity", read_member, label);
	}
	if (p->members.n == 0 && p->report->n_errors == n_errors)
		parse_warning(p, at, NULL, NULL, "%s is empty", label->text);
}

/* The key is p->event: a group's name. */
static void
read_group(struct policy_parse *p)
{
	struct policy *policy = p->policy;
	struct policy_group g = { NULL, place_pack(p, p->event.at), NULL, 0 };
	struct group_label label = { "", false };
	uint32_t other;

	if (!is_plain_name(p->event.text))
		parse_error(p, p->event.at, NULL,
		    "use letters, digits and ._@+-, at most 64, not - first",
		    "\"%s\" cannot be a group's name",
		    show(p->event.text).text);
	other = name_find(&p->groups,
	    (struct name_array) { policy->groups, sizeof(*policy->groups) },
	    name_key(p->event.text));
	if (other != NAME_NONE) {
		report_twice(p, p->event.at, policy->groups[other].at, "group",
		    p->event.text);
		event_next(p);
		event_skip(p);
		return;
	}
	if ((g.name = parse_keep(p, p->event.text, p->event.len)) == NULL)
		return;
	(void)snprintf(label.text, sizeof(label.text), "group \"%.100s\"",
	    show(g.name).text);
	names_reset(&p->members);
	read_group_value(p, &label);
	g.n_members = p->members.n;
	g.members = policy_memory_array(
	    policy->memory, g.n_members, sizeof(*g.members));
	if (g.members == NULL ||
	    vector_grow((void **)&policy->groups, &p->groups_room,
		policy->n_groups, sizeof(g)) < 0 ||
	    name_add(&p->groups, name_key(g.name), (uint32_t)policy->n_groups) <
		0) {
		(void)parse_no_memory(p);
		return;
	}
	if (g.n_members != 0)
		memcpy(g.members, p->members.items,
		    g.n_members * sizeof(*g.members));
	policy->groups[policy->n_groups++] = g;
}

void
read_groups(struct policy_parse *p, void *into)
{
	(void)into;
	if (p->event.kind != EVENT_MAPPING) {
		parse_unexpected(p, "a mapping of groups");
		return;
	}
	while (key_next(p))
		read_group(p);
}

static void
read_denied(struct policy_parse *p, void *into)
{
	const char *text;

	(void)into;
	if ((text = parse_text(p, "an identity")) != NULL &&
	    identity_is_good(p, text, p->event.len, p->event.at))
		(void)names_add(
		    p, &p->denied, text, p->event.len, p->event.at, "\"deny\"");
}

void
read_deny(struct policy_parse *p, void *into)
{
	(void)parse_list(p, "an identity", read_denied, into);
}
