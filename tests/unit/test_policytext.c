#include "config.h"

#include "config-gen/policytext.h"

#include <stdio.h>

#include "tests/unit/harness.h"

enum op { APPEND, REMOVE_ITEM, REMOVE_KEY, SET };

#define MAX_PATH 4

struct row {
	const char *name;
	const char *before;
	enum op op;
	const char *path[MAX_PATH];
	const char *block; /* APPEND; SET: the value */
	const char *flow; /* APPEND */
	size_t item; /* REMOVE_ITEM */
	const char *after; /* NULL: refused */
	const char *want; /* why */
};

#define KEYS { "authorities", "ca", "keys" }
#define CA { "authorities", "ca" }
#define ALL { "authorities" }
#define TOP { NULL }
#define NEW "- new\n", "new", 0
#define TWO "two:\n\tkeys:\n\t\t- new\n", "two: {keys: [new]}", 0
#define REVOKED \
	"revoked:\n\t- {serial: 1}\n", "revoked: [{serial: 1}]", 0

static const struct row rows[] = {
	{ "a list", "authorities:\n  ca:\n    keys:\n      - old\n", APPEND, KEYS,
	    NEW, "authorities:\n  ca:\n    keys:\n      - old\n      - new\n",
	    NULL },
	{ "a list that is not indented, and comments",
	    "authorities: # x\n    ca:\n        keys:\n        - old # why\n"
	    "        # the next one comes in May\n        principals: email\n",
	    APPEND, KEYS, NEW,
	    "authorities: # x\n    ca:\n        keys:\n        - old # why\n"
	    "        - new\n"
	    "        # the next one comes in May\n        principals: email\n",
	    NULL },
	{ "a comment that is indented further",
	    "authorities:\n  ca:\n    keys:\n      - old\n        # of the old\n"
	    "      # of the next\n",
	    APPEND, KEYS, NEW,
	    "authorities:\n  ca:\n    keys:\n      - old\n        # of the old\n"
	    "      - new\n      # of the next\n",
	    NULL },
	{ "no last line end", "authorities:\n  ca:\n    keys:\n      - old",
	    APPEND, KEYS, NEW,
	    "authorities:\n  ca:\n    keys:\n      - old\n      - new", NULL },
	{ "a carriage return for the last line end",
	    "authorities:\n  ca:\n    keys:\n      - old\r", APPEND, KEYS, NEW,
	    NULL, "line 4: the file ends with a carriage return alone" },
	{ "CRLF", "authorities:\r\n  ca:\r\n    keys:\r\n      - old\r\n", APPEND,
	    KEYS, NEW,
	    "authorities:\r\n  ca:\r\n    keys:\r\n      - old\r\n"
	    "      - new\r\n",
	    NULL },
	{ "CRLF and no last line end",
	    "authorities:\r\n  ca:\r\n    keys:\r\n      - old", APPEND, KEYS, NEW,
	    "authorities:\r\n  ca:\r\n    keys:\r\n      - old\r\n      - new",
	    NULL },
	{ "brackets", "authorities: {ca: {keys: [ \"old\" ]}}\n", APPEND, KEYS,
	    NEW, "authorities: {ca: {keys: [ \"old\", new ]}}\n", NULL },
	{ "brackets with a last comma", "authorities: {ca: {keys: [old,]}}\n",
	    APPEND, KEYS, NEW, "authorities: {ca: {keys: [old, new,]}}\n",
	    NULL },
	{ "brackets over lines",
	    "{\n  \"authorities\": {\n    \"ca\": {\n      \"keys\": [\n"
	    "        \"old\"\n      ]\n    }\n  }\n}\n",
	    APPEND, KEYS, NEW,
	    "{\n  \"authorities\": {\n    \"ca\": {\n      \"keys\": [\n"
	    "        \"old\",\n        new\n      ]\n    }\n  }\n}\n",
	    NULL },
	{ "empty brackets", "authorities: {ca: {keys: []}}\n", APPEND, KEYS,
	    NEW, "authorities: {ca: {keys: [new]}}\n", NULL },
	{ "text in a block",
	    "authorities:\n  ca:\n    keys:\n      - |\n        old\n\n\nusers: x\n",
	    APPEND, KEYS, NEW,
	    "authorities:\n  ca:\n    keys:\n      - |\n        old\n      - new\n"
	    "\n\nusers: x\n",
	    NULL },
	{ "text in a block that keeps its empty lines",
	    "authorities:\n  ca:\n    keys:\n      - |+\n        old\n\n",
	    APPEND, KEYS, NEW, NULL,
	    "line 4: written in a way that cannot be edited without changing "
	    "something else" },
	{ "characters of several bytes",
	    "# \xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91\nauthorities:\n"
	    "  ca: # \xc3\xbc\n    keys: ['\xc3\xbc', '\xe2\x82\xac']\n",
	    APPEND, KEYS, NEW,
	    "# \xc3\xbc\xe2\x82\xac\xf0\x9f\x94\x91\nauthorities:\n"
	    "  ca: # \xc3\xbc\n    keys: ['\xc3\xbc', '\xe2\x82\xac', new]\n",
	    NULL },
	{ "a document with its marks",
	    "%YAML 1.1\n---\nauthorities:\n  ca:\n    keys:\n      - old\n...\n",
	    APPEND, KEYS, NEW,
	    "%YAML 1.1\n---\nauthorities:\n  ca:\n    keys:\n      - old\n"
	    "      - new\n...\n",
	    NULL },
	{ "an anchor", "authorities:\n  ca:\n    keys: &k\n      - old\n",
	    APPEND, KEYS, NEW, NULL,
	    "line 3: an anchor (&) may repeat this elsewhere" },
	{ "an alias",
	    "x: &k [old]\nauthorities:\n  ca:\n    keys: *k\n", APPEND, KEYS,
	    NEW, NULL, "line 4: this repeats (*) what stands elsewhere" },
	{ "an anchor around it",
	    "authorities:\n  ca: &c\n    keys: [old]\n  cb: *c\n", APPEND,
	    KEYS, NEW, NULL, "line 3: an anchor (&) may repeat this elsewhere" },
	{ "a text", "authorities:\n  ca:\n    keys: old\n", APPEND, KEYS, NEW,
	    NULL, "line 3: neither a list nor a mapping" },
	{ "nothing there", "authorities:\n  ca:\n    file: x\n", APPEND, KEYS,
	    NEW, NULL, "it is not in this file" },

	{ "a key of a mapping", "authorities:\n  ca:\n    file: x\nusers: {}\n",
	    APPEND, ALL, TWO,
	    "authorities:\n  ca:\n    file: x\n  two:\n    keys:\n      - new\n"
	    "users: {}\n",
	    NULL },
	{ "as deep as the others, dashes as the others",
	    "groups:\n    a:\n    - b\nauthorities:\n    ca:\n        file: x\n",
	    APPEND, ALL, TWO,
	    "groups:\n    a:\n    - b\nauthorities:\n    ca:\n        file: x\n"
	    "    two:\n        keys:\n        - new\n",
	    NULL },
	{ "a key of a mapping in brackets",
	    "authorities: {ca: {file: x}}\nusers: {}\n", APPEND, ALL, TWO,
	    "authorities: {ca: {file: x}, two: {keys: [new]}}\nusers: {}\n",
	    NULL },
	{ "a key of a mapping in brackets over lines",
	    "authorities: {\n  ca: {file: x},\n  cb: {file: y}\n}\n", APPEND,
	    ALL, TWO,
	    "authorities: {\n  ca: {file: x},\n  cb: {file: y},\n"
	    "  two: {keys: [new]}\n}\n",
	    NULL },
	{ "a key at the top", "version: 1\nusers:\n  a: b\n  # c: d\n# vim\n",
	    APPEND, TOP, REVOKED,
	    "version: 1\nusers:\n  a: b\n  # c: d\nrevoked:\n  - {serial: 1}\n"
	    "# vim\n",
	    NULL },
	{ "a key at the top of brackets", "{version: 1}", APPEND, TOP, REVOKED,
	    "{version: 1, revoked: [{serial: 1}]}", NULL },
	{ "a key that has no value", "version: 1\nusers:\n", APPEND, TOP,
	    REVOKED, "version: 1\nusers:\nrevoked:\n  - {serial: 1}\n", NULL },
	{ "a list at the top", "revoked:\n- {serial: 1}\nusers: x\n", APPEND,
	    { "revoked" }, "- {serial: 2}\n", "{serial: 2}", 0,
	    "revoked:\n- {serial: 1}\n- {serial: 2}\nusers: x\n", NULL },
	{ "mappings in a list", "revoked:\n  - serial: 1\n    authority: ca\n",
	    APPEND, { "revoked" }, "- {serial: 2}\n", "{serial: 2}", 0,
	    "revoked:\n  - serial: 1\n    authority: ca\n  - {serial: 2}\n",
	    NULL },
	{ "the two forms differ", "revoked: [1]\n", APPEND, { "revoked" },
	    "- 2\n", "2, 3]\nusers: [4", 0, NULL,
	    "line 1: written in a way that cannot be edited without changing "
	    "something else" },

	{ "an item", "authorities:\n  ca:\n    keys:\n      # a\n      - a # b\n"
	             "      # c\n      - c\n",
	    REMOVE_ITEM, KEYS, NULL, NULL, 0,
	    "authorities:\n  ca:\n    keys:\n      # a\n      # c\n      - c\n",
	    NULL },
	{ "the last item, no line end",
	    "authorities:\n  ca:\n    keys:\n      - a\n      - c", REMOVE_ITEM,
	    KEYS, NULL, NULL, 1, "authorities:\n  ca:\n    keys:\n      - a",
	    NULL },
	{ "an item of several lines",
	    "authorities:\n  ca:\n    keys:\n      - \"a\n        b\"\n      - c\n",
	    REMOVE_ITEM, KEYS, NULL, NULL, 0,
	    "authorities:\n  ca:\n    keys:\n      - c\n", NULL },
	{ "an item below its dash",
	    "authorities:\n  ca:\n    keys:\n      -\n        a\n      - c\n",
	    REMOVE_ITEM, KEYS, NULL, NULL, 0, NULL,
	    "line 5: the item does not stand behind its \"-\"" },
	{ "the first in brackets", "authorities: {ca: {keys: [a, b, c]}}",
	    REMOVE_ITEM, KEYS, NULL, NULL, 0,
	    "authorities: {ca: {keys: [b, c]}}", NULL },
	{ "one in the midst of brackets", "authorities: {ca: {keys: [a, b, c]}}",
	    REMOVE_ITEM, KEYS, NULL, NULL, 1,
	    "authorities: {ca: {keys: [a, c]}}", NULL },
	{ "the last in brackets", "authorities: {ca: {keys: [a, b, c, ]}}",
	    REMOVE_ITEM, KEYS, NULL, NULL, 2,
	    "authorities: {ca: {keys: [a, b, ]}}", NULL },
	{ "the only item", "authorities: {ca: {keys: [a]}}", REMOVE_ITEM, KEYS,
	    NULL, NULL, 0, NULL, "line 1: nothing would be left" },
	{ "no such item", "authorities: {ca: {keys: [a]}}", REMOVE_ITEM, KEYS,
	    NULL, NULL, 1, NULL, "line 1: no such item" },
	{ "an item with an anchor",
	    "authorities: {ca: {keys: [&a a, b]}}\nx: *a\n", REMOVE_ITEM, KEYS,
	    NULL, NULL, 0, NULL,
	    "line 1: an anchor (&) may repeat this elsewhere" },

	{ "a key", "authorities:\n  ca:\n    keys: [a]\n    # b\n  # two\n  two:\n"
	           "    keys: [b]\nusers: x\n",
	    REMOVE_KEY, CA, NULL, NULL, 0,
	    "authorities:\n    # b\n  # two\n  two:\n    keys: [b]\nusers: x\n",
	    NULL },
	{ "a key of brackets", "authorities: {ca: {keys: [a]}, two: {keys: [b]}}",
	    REMOVE_KEY, CA, NULL, NULL, 0, "authorities: {two: {keys: [b]}}",
	    NULL },
	{ "a key at the top", "version: 1\nauthorities: {ca: {file: x}}\n",
	    REMOVE_KEY, ALL, NULL, NULL, 0, "version: 1\n", NULL },
	{ "a key with a question mark", "authorities:\n  ? ca\n  : {file: x}\n"
	                                "  two: {file: y}\n",
	    REMOVE_KEY, CA, NULL, NULL, 0, NULL,
	    "line 2: something else stands in the same line" },
	{ "a key whose value is an alias",
	    "authorities:\n  two: &two {file: y}\n  ca: *two\n", REMOVE_KEY, CA,
	    NULL, NULL, 0, "authorities:\n  two: &two {file: y}\n", NULL },
	{ "no such key", "authorities: {two: {file: x}}", REMOVE_KEY, CA, NULL,
	    NULL, 0, NULL, "it is not in this file" },

	{ "a text replaced", "authorities:\n  ca:\n    keys: old # c\n", SET,
	    KEYS, "2026-01-01..2027-06-30", NULL, 0,
	    "authorities:\n  ca:\n    keys: 2026-01-01..2027-06-30 # c\n", NULL },
	{ "between double quotes", "authorities: {ca: {keys: \"old\"}}", SET,
	    KEYS, "n\"e\\w\x01", NULL, 0,
	    "authorities: {ca: {keys: \"n\\\"e\\\\w\\x01\"}}", NULL },
	{ "between single quotes", "authorities: {ca: {keys: 'old'}}", SET,
	    KEYS, "n'ew", NULL, 0, "authorities: {ca: {keys: 'n''ew'}}", NULL },
	{ "a block", "authorities:\n  ca:\n    keys: |\n      old\n", SET, KEYS,
	    "new", NULL, 0, NULL, "line 3: no text of one line" },
	{ "a list", "authorities:\n  ca:\n    keys: [old]\n", SET, KEYS, "new",
	    NULL, 0, NULL, "line 3: no text of one line" },
};

static int
run(const struct policytext *t, const struct row *r, struct wire *out,
    struct err *err)
{
	struct policytext_entry entry = { r->block, r->flow };

	switch (r->op) {
	case APPEND:
		return policytext_append(t, r->path, &entry, out, err);
	case REMOVE_ITEM:
		return policytext_remove_item(t, r->path, r->item, out, err);
	case REMOVE_KEY:
		return policytext_remove_key(t, r->path, out, err);
	case SET:
		return policytext_set(t, r->path, r->block, out, err);
	}
	return -1;
}

START_TEST(change)
{
	const struct row *r = &rows[_i];
	size_t len = strlen(r->before);
	char *text = (char *)exact_copy(r->before, len);
	struct wire out = WIRE_INIT;
	struct err err = ERR_INIT;
	struct policytext *t;
	int ret;

	t = policytext_new(text, len, &err);
	ck_assert_msg(t != NULL, "%s: %s", r->name, err.text);
	ret = run(t, r, &out, &err);
	wire_put_u8(&out, 0);
	if (r->after == NULL) {
		ck_assert_msg(ret == -1, "%s: %s", r->name, (char *)out.p);
		assert_err(&err, ERR_REFUSED, r->want);
	} else {
		ck_assert_msg(ret == 0, "%s: %s", r->name, err.text);
		ck_assert_str_eq((char *)out.p, r->after);
	}
	wire_free(&out);
	policytext_free(t);
	free(text);
}
END_TEST

START_TEST(look)
{
	static const char text[] =
	    "version: 1\nauthorities:\n  ca:\n    keys:\n      - a\n      - 'b'\n"
	    "    file: &f x\nusers:\n  a: [b, c]\n  d: e\nx: *f\n";
	static const char *const keys[] = KEYS;
	static const char *const top[] = { NULL };
	static const char *const users[] = { "users", NULL };
	static const char *const file[] = { "authorities", "ca", "file", NULL };
	static const char *const x[] = { "x", NULL };
	static const char *const none[] = { "authorities", "cb", "x", NULL };
	struct err err = ERR_INIT;
	const char *const path[] = { keys[0], keys[1], keys[2], NULL };
	struct policytext *t = policytext_new(text, sizeof(text) - 1, &err);

	ck_assert_ptr_nonnull(t);
	ck_assert_int_eq(policytext_kind(t, path), POLICYTEXT_LIST);
	ck_assert_int_eq(policytext_kind(t, top), POLICYTEXT_MAPPING);
	ck_assert_int_eq(policytext_kind(t, users), POLICYTEXT_MAPPING);
	ck_assert_int_eq(policytext_kind(t, file), POLICYTEXT_SCALAR);
	ck_assert_int_eq(policytext_kind(t, x), POLICYTEXT_ALIAS);
	ck_assert_int_eq(policytext_kind(t, none), POLICYTEXT_NONE);
	ck_assert_uint_eq(policytext_count(t, path), 2);
	ck_assert_uint_eq(policytext_count(t, top), 4);
	ck_assert_uint_eq(policytext_count(t, users), 2);
	ck_assert_uint_eq(policytext_count(t, file), 0);
	ck_assert_uint_eq(policytext_count(t, none), 0);
	ck_assert_int_eq(policytext_quote(t, path), '\'');
	ck_assert_int_eq(policytext_quote(t, file), 0);
	ck_assert_int_eq(policytext_quote(t, none), 0);
	ck_assert_int_eq(policytext_item_at(t, path, 6, 9), 1);
	ck_assert_int_eq(policytext_item_at(t, path, 6, 8), -1);
	ck_assert_int_eq(policytext_item_at(t, users, 6, 9), -1);
	policytext_free(t);
}
END_TEST

struct bad {
	const char *text;
	enum err_code code;
	const char *want;
};

static const struct bad bads[] = {
	{ "a: [b\n", ERR_MALFORMED, "line 2 is no YAML" },
	{ "", ERR_MALFORMED, "the file is empty" },
	{ "a: b\n---\na: b\n", ERR_MALFORMED, "a second YAML document" },
	{ "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[b]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
	    ERR_LIMIT, "nested deeper than 32 levels" },
};

START_TEST(no_text)
{
	const struct bad *b = &bads[_i];
	struct err err = ERR_INIT;

	ck_assert_ptr_null(policytext_new(b->text, strlen(b->text), &err));
	assert_err(&err, b->code, b->want);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policytext");

	tcase_add_loop_test(tc, change, 0, N_ROWS(rows));
	tcase_add_test(tc, look);
	tcase_add_loop_test(tc, no_text, 0, N_ROWS(bads));
	return run_case("policytext", tc);
}
