/*
 * policytext: whatever the file, what is put in is there and can be taken out
 * again, byte for byte; what is refused leaves nothing; and a scalar is read
 * as what was written.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "config-gen/policytext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static struct policytext *
parse(struct span text)
{
	struct err err = ERR_INIT;
	struct policytext *t =
	    policytext_new((const char *)text.p, text.len, &err);

	require((t == NULL) == (err.code != ERR_NONE));
	return t;
}

/* What is there now, read again. */
static struct policytext *
parse_made(const struct wire *w)
{
	struct policytext *t = parse(wire_span(w));

	require(t != NULL);
	return t;
}

static bool
is_as_before(const struct wire *w, struct span before)
{
	return span_equal(wire_span(w), before);
}

/* An item, put into a list and taken out again. */
static void
check_list(const struct policytext *t, struct span before,
    const char *const *path)
{
	static const struct policytext_entry entry = { "- a: b\n", "{a: b}" };
	struct wire made = WIRE_INIT, back = WIRE_INIT;
	struct err err = ERR_INIT;
	size_t n = policytext_count(t, path);
	struct policytext *with;

	if (policytext_append(t, path, &entry, &made, &err) < 0) {
		require(err.code == ERR_REFUSED);
		goto out;
	}
	with = parse_made(&made);
	require(policytext_kind(with, path) == POLICYTEXT_LIST);
	require(policytext_count(with, path) == n + 1);
	/* Below other keys single items are not noted; nor is the last one. */
	if (n > 0 && strcmp(path[0], "authorities") == 0) {
		require(policytext_remove_item(with, path, n, &back, &err) ==
		    0);
		require(is_as_before(&back, before));
	}
	policytext_free(with);
out:
	wire_free(&made);
	wire_free(&back);
}

/* The same with a key of a mapping, and its value changed on the way. */
static void
check_mapping(const struct policytext *t, struct span before,
    const char *const *path, const char *const *below)
{
	static const struct policytext_entry entry = {
		"new.key:\n\tkeys:\n\t\t- a, b\n\tx: 'y'\n",
		"new.key: {keys: [\"a, b\"], x: 'y'}"
	};
	const char *x[5] = { NULL };
	struct wire made = WIRE_INIT, back = WIRE_INIT;
	struct err err = ERR_INIT;
	struct policytext *with;
	size_t i;

	if (policytext_kind(t, below) != POLICYTEXT_NONE)
		return;
	if (policytext_append(t, path, &entry, &made, &err) < 0) {
		require(err.code == ERR_REFUSED);
		goto out;
	}
	with = parse_made(&made);
	require(policytext_kind(with, below) == POLICYTEXT_MAPPING);
	require(policytext_count(with, path) == policytext_count(t, path) + 1);
	if (policytext_count(t, path) > 0) {
		require(policytext_remove_key(with, below, &back, &err) == 0);
		require(is_as_before(&back, before));
	}
	if (strcmp(below[0], "authorities") == 0) {
		for (i = 0; below[i] != NULL; i++)
			x[i] = below[i];
		x[i] = "x";
		require(policytext_set(with, x, "it's", &back, &err) == 0);
		require(memmem(back.p, back.len, "'it''s'", 7) != NULL);
	}
	policytext_free(with);
out:
	wire_free(&made);
	wire_free(&back);
}

static void
check_text(const struct policytext *t, struct span text)
{
	static const char *const top[] = { NULL };
	static const char *const top_new[] = { "new.key", NULL };
	static const char *const all[] = { "authorities", NULL };
	static const char *const all_new[] = { "authorities", "new.key", NULL };
	static const char *const ca[] = { "authorities", "ca", NULL };
	static const char *const ca_new[] = { "authorities", "ca", "new.key",
		NULL };
	static const char *const keys[] = { "authorities", "ca", "keys", NULL };
	static const char *const revoked[] = { "revoked", NULL };

	if (policytext_kind(t, top) == POLICYTEXT_MAPPING)
		check_mapping(t, text, top, top_new);
	if (policytext_kind(t, all) == POLICYTEXT_MAPPING)
		check_mapping(t, text, all, all_new);
	if (policytext_kind(t, ca) == POLICYTEXT_MAPPING)
		check_mapping(t, text, ca, ca_new);
	if (policytext_kind(t, keys) == POLICYTEXT_LIST)
		check_list(t, text, keys);
	if (policytext_kind(t, revoked) == POLICYTEXT_LIST)
		check_list(t, text, revoked);
}

/* A text without control characters beyond ASCII is read as it was. */
static void
check_scalar(const char *value, char quote)
{
	struct wire w = WIRE_INIT;
	yaml_parser_t parser;
	yaml_event_t event;
	bool is_found = false;

	policytext_put_scalar(&w, value, quote);
	require(yaml_parser_initialize(&parser) == 1);
	yaml_parser_set_input_string(&parser, w.p, w.len);
	while (!is_found) {
		require(yaml_parser_parse(&parser, &event) == 1);
		is_found = event.type == YAML_SCALAR_EVENT;
		if (is_found)
			require(strcmp((char *)event.data.scalar.value, value) ==
			    0);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	wire_free(&w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { data, size };
	struct policytext *t = parse(text);
	char value[64];
	size_t i, n = 0;

	if (t != NULL)
		check_text(t, text);
	policytext_free(t);

	for (i = 0; i < size && n < sizeof(value) - 1; i++) {
		if (data[i] != '\0' && data[i] < 0x80)
			value[n++] = (char)data[i];
	}
	value[n] = '\0';
	check_scalar(value, 0);
	check_scalar(value, '"');
	check_scalar(value, '\'');
	return 0;
}
