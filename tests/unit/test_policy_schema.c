/*
 * The JSON schema of the policy (doc/certgate-policy.schema.json) against the
 * parser's own tables. tests/docs/schema.sh asks it about whole policies, but
 * needs modules from the npm registry.
 */
#include "config.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/policy_keys.h"
#include "config-gen/policy_parse.h"
#include "lib/keyblob.h"

#include "tests/unit/harness.h"

/* The schema's name for each mapping of the language. */
static const char *const names[] = {
	[POLICY_TOP] = "part",
	[POLICY_AUTHORITY] = "authority",
	[POLICY_REQUIRE] = "require",
	[POLICY_GROUP] = "group-file",
	[POLICY_RULE] = "rule-mapping",
	[POLICY_ENTRY] = "long-entry",
	[POLICY_REVOKED] = "revocation",
};

static json_t *schema;

static json_t *
load(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	json_error_t error;
	json_t *loaded;

	(void)snprintf(path, sizeof(path), "%s/doc/%s",
	    srcdir == NULL ? "." : srcdir, name);
	loaded = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(
	    loaded != NULL, "%s:%d: %s", path, error.line, error.text);
	return loaded;
}

static void
setup(void)
{
	schema = load("certgate-policy.schema.json");
}

static void
teardown(void)
{
	json_decref(schema);
}

static json_t *
definition(const char *name)
{
	json_t *found = json_object_get(json_object_get(schema, "$defs"), name);

	ck_assert_msg(found != NULL, "no definition \"%s\"", name);
	return found;
}

/* What the schema says of a key; NULL where it does not have it. */
static json_t *
property(enum policy_where where, const char *name)
{
	return json_object_get(
	    json_object_get(definition(names[where]), "properties"), name);
}

START_TEST(every_key_of_the_parser_is_in_the_schema)
{
	const struct policy_key *k;

	for (k = policy_keys; k->name != NULL; k++) {
		const json_t *p = property(k->where, k->name);
		const char *title =
		    json_string_value(json_object_get(p, "title"));

		ck_assert_msg(p != NULL, "the schema has no \"%s\" in %s",
		    k->name, policy_where_name(k->where));
		ck_assert_msg(title != NULL && strcmp(title, k->type) == 0,
		    "the title of \"%s\" in %s is not \"%s\"", k->name,
		    policy_where_name(k->where), k->type);
	}
}
END_TEST

static bool
is_key(enum policy_where where, const char *name)
{
	const struct policy_key *k;

	for (k = policy_keys; k->name != NULL; k++)
		if (k->where == where && strcmp(k->name, name) == 0)
			return true;
	return false;
}

START_TEST(every_key_of_the_schema_is_in_the_parser)
{
	enum policy_where where = (enum policy_where)_i;
	json_t *d = definition(names[where]);
	const char *name;
	json_t *value;

	/* No other key is let through. */
	ck_assert(json_is_false(json_object_get(d, "additionalProperties")));
	json_object_foreach(json_object_get(d, "properties"), name, value)
	    ck_assert_msg(is_key(where, name), "the parser has no \"%s\" in %s",
		name, policy_where_name(where));
}
END_TEST

START_TEST(the_key_types_are_the_parsers)
{
	json_t *list = json_object_get(
	    json_array_get(
		json_object_get(property(POLICY_REQUIRE, "key_types"), "anyOf"),
		0),
	    "enum");
	enum cert_key_type type;
	size_t i, n = 0;

	for (i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		ck_assert_msg(cert_key_type_by_name(name, &type),
		    "\"%s\" is no key type", name);
	}
	for (i = 0; i <= CERT_KEY_SK_ED25519; i++)
		n += cert_key_type_name((enum cert_key_type)i) != NULL;
	ck_assert_uint_eq(json_array_size(list), n);
}
END_TEST

/* c in UTF-8, terminated. */
static void
encode(char out[5], uint32_t c)
{
	static const unsigned char first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	size_t i;

	memset(out, 0, 5);
	for (i = n; i-- > 1; c >>= 6)
		out[i] = (char)(0x80 | (c & 63));
	out[0] = (char)(first[n] | c);
}

static bool
is_unseen(uint32_t c)
{
	char text[5];

	encode(text, c);
	return char_judge(text, strlen(text)) == CHAR_UNSEEN;
}

/* The class of characters, range by range, as the parser judges them. */
static char *
seen_pattern(void)
{
	char *text = NULL;
	char shown[5];
	uint32_t c, first;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	(void)fputs("^[^", f);
	for (c = 0x80; c < 0x110000; c++) {
		/* Halves of a pair are no characters. */
		if ((c >= 0xd800 && c < 0xe000) || !is_unseen(c))
			continue;
		for (first = c; is_unseen(c + 1); c++)
			;
		encode(shown, first);
		(void)fputs(shown, f);
		if (c == first)
			continue;
		encode(shown, c);
		(void)fprintf(f, "-%s", shown);
	}
	(void)fputs("]*$", f);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

START_TEST(characters_that_cannot_be_seen_are_the_parsers)
{
	char *want = seen_pattern();

	ck_assert_str_eq(
	    json_string_value(json_object_get(definition("seen"), "pattern")),
	    want);
	free(want);
}
END_TEST

/* "#/$defs/NAME" and "certgate-policy.schema.json#/$defs/NAME" lead there. */
static void
check_references(json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item) check_references(item);
	json_object_foreach(value, key, item)
	{
		if (strcmp(key, "$ref") == 0) {
			const char *to =
			    strstr(json_string_value(item), "#/$defs/");

			ck_assert_ptr_nonnull(to);
			(void)definition(to + strlen("#/$defs/"));
		}
		check_references(item);
	}
}

START_TEST(references_lead_somewhere)
{
	json_t *included = load("certgate-policy-included.schema.json");

	check_references(schema);
	check_references(included);
	json_decref(included);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_schema");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_key_of_the_parser_is_in_the_schema);
	tcase_add_loop_test(
	    tc, every_key_of_the_schema_is_in_the_parser, 0, N_ROWS(names));
	tcase_add_test(tc, the_key_types_are_the_parsers);
	tcase_add_test(tc, characters_that_cannot_be_seen_are_the_parsers);
	tcase_add_test(tc, references_lead_somewhere);
	return run_case("policy_schema", tc);
}
