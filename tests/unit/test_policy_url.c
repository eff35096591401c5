/* url, pins, token_file, ca_file, and the keys that were fetched. */
#include "config.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/fetched.h"
#include "lib/file.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

/* ssh-keygen -l of KEY_A and KEY_B. */
#define PIN_A "SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZgtE3Ti4E"
#define PIN_B "SHA256:goUbzlitflZX73wp4Fddy1z5FkhVOyrw19qWqfKreCE"
#define PIN_X "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"

#define TOP "version: 1\nauthorities:\n  ca:\n"
#define USERS "users:\n  jim: any\n"
#define URL "    url: https://ca.example.com/keys\n"
#define NEVER \
	"the keys of authority \"ca\" were never fetched; run certgate ca " \
	"fetch ca\n"

/* What is written into the file of fetched keys (NULL: there is none), and
 * what is said of the policy; its own keys where it is loaded. */
static const struct row {
	const char *name, *authority, *fetched, *want;
	bool is_to_fetch;
	const char *keys; /* A, B in their order; NULL: no policy */
} rows[] = {
	{ "fetched", URL, KEY_A " ca\n" KEY_B "\n", "", false, "AB" },
	{ "a comment", URL, "# from\n" KEY_A "\n", "", false, "A" },
	{ "never fetched", URL, NULL, "policy.yaml:4:10: error: " NEVER,
	    false, NULL },
	{ "never fetched, to fetch", URL, NULL, "", true, "" },
	{ "never fetched, but keys",
	    URL "    keys: [\"" KEY_A "\"]\n", NULL,
	    "policy.yaml:4:10: error: " NEVER, false, NULL },
	{ "keys as well", URL "    keys: [\"" KEY_B "\"]\n", KEY_A "\n", "",
	    false, "BA" },
	{ "the same key in keys", URL "    keys: [\"" KEY_A "\"]\n",
	    KEY_A "\n" KEY_B "\n", "", false, "AB" },
	{ "empty", URL, "# none\n",
	    "policy.yaml:4:10: error: no key that was fetched for authority "
	    "\"ca\" is left; run certgate ca fetch ca\n",
	    false, NULL },
	{ "empty, to fetch", URL, "", "", true, "" },
	{ "damaged", URL, KEY_A "\nssh-ed25519 AAAA\n",
	    "@ROOT@" FETCHED_FOLDER
	    "/ca.pub:2: error: the key's type name is cut short\n",
	    false, NULL },
	{ "pinned", URL "    pins: [" PIN_A "]\n", KEY_A "\n", "", false,
	    "A" },
	{ "a single pin", URL "    pins: " PIN_A "\n", KEY_A "\n", "", false,
	    "A" },
	{ "one of two pinned", URL "    pins: [" PIN_B "]\n",
	    KEY_A "\n" KEY_B "\n",
	    "@ROOT@" FETCHED_FOLDER
	    "/ca.pub:1: warning: a fetched key of authority \"ca\" is not "
	    "pinned and left out: only pinned keys count; pin it, or run "
	    "certgate ca fetch\n",
	    false, "B" },
	{ "none pinned", URL "    pins: [" PIN_X "]\n", KEY_A "\n",
	    "@ROOT@" FETCHED_FOLDER
	    "/ca.pub:1: warning: a fetched key of authority \"ca\" is not "
	    "pinned and left out: only pinned keys count; pin it, or run "
	    "certgate ca fetch\n"
	    "policy.yaml:4:10: error: no key that was fetched for authority "
	    "\"ca\" is pinned; run certgate ca fetch ca\n",
	    false, NULL },
	{ "none pinned, but keys",
	    URL "    pins: [" PIN_A "]\n    keys: [\"" KEY_B "\"]\n",
	    KEY_A "\n", "", false, "BA" },
	{ "a fingerprint of another kind",
	    URL "    pins: [MD5:aa:bb]\n", KEY_A "\n",
	    "policy.yaml:5:12: error: \"MD5:aa:bb\" is no fingerprint of a "
	    "key; write SHA256: and 43 characters, as ssh-keygen -l prints "
	    "them\n",
	    false, NULL },
	{ "a pin cut short",
	    URL "    pins: SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3h\n",
	    KEY_A "\n",
	    "policy.yaml:5:11: error: "
	    "\"SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3h\" is no "
	    "fingerprint of a key; write SHA256: and 43 characters, as "
	    "ssh-keygen -l prints them\n",
	    false, NULL },
	{ "a pin twice",
	    URL "    pins:\n      - " PIN_A "\n      - " PIN_A "\n",
	    KEY_A "\n",
	    "policy.yaml:7:9: warning: this pin stands twice; take it out\n",
	    false, "A" },
	{ "no pins", URL "    pins: []\n", KEY_A "\n",
	    "policy.yaml:5:11: error: \"pins\" is empty: no key would ever be "
	    "taken; name fingerprints, or leave the key out\n",
	    false, NULL },
	{ "plain HTTP", "    url: http://ca.example.com/\n", KEY_A "\n",
	    "policy.yaml:4:10: error: this is no https address: over plain "
	    "HTTP anybody on the way could put in a key; write "
	    "https://HOST/PATH\n",
	    false, NULL },
	{ "a password in the address",
	    "    url: https://u:secret@ca.example.com/\n", KEY_A "\n",
	    "policy.yaml:4:10: error: the address holds a user name or "
	    "password: addresses are shown in messages; take it out; a "
	    "secret belongs into a token_file\n",
	    false, NULL },
	{ "an address that is a list", "    url: [https://a/]\n", KEY_A "\n",
	    "policy.yaml:4:10: error: expected an address, found a list\n",
	    false, NULL },
	{ "pins alone", "    keys: [\"" KEY_A "\"]\n    pins: " PIN_A "\n",
	    NULL,
	    "policy.yaml:3:3: error: authority \"ca\" has \"pins\" without a "
	    "\"url\"; say by \"url\" where the keys come from, or take it "
	    "out\n",
	    false, NULL },
	{ "token_file alone",
	    "    keys: [\"" KEY_A "\"]\n    token_file: t\n", NULL,
	    "policy.yaml:3:3: error: authority \"ca\" has \"token_file\" "
	    "without a \"url\"; say by \"url\" where the keys come from, or "
	    "take it out\n",
	    false, NULL },
	{ "ca_file alone", "    keys: [\"" KEY_A "\"]\n    ca_file: t\n",
	    NULL,
	    "policy.yaml:3:3: error: authority \"ca\" has \"ca_file\" without "
	    "a \"url\"; say by \"url\" where the keys come from, or take it "
	    "out\n",
	    false, NULL },
	/* only who fetches opens them */
	{ "files that are missing",
	    URL "    token_file: absent\n    ca_file: absent\n",
	    KEY_A "\n", "", false, "A" },
};

static char root[PATH_MAX];

/* want with the root's folder in it; the caller frees. */
static char *
fill(const char *want)
{
	char *out = NULL;
	const char *mark;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	ck_assert_ptr_nonnull(f);
	while ((mark = strstr(want, "@ROOT@")) != NULL) {
		(void)fprintf(f, "%.*s%s", (int)(mark - want), want, root);
		want = mark + strlen("@ROOT@");
	}
	(void)fputs(want, f);
	ck_assert_int_eq(fclose(f), 0);
	return out;
}

static void
put_fetched(const char *text)
{
	char path[PATH_MAX + sizeof(FETCHED_FOLDER "/ca.pub")];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s" FETCHED_FOLDER, root);
	ck_assert_int_eq(file_make_folders(path, 0755, NULL), 0);
	(void)snprintf(
	    path, sizeof(path), "%s" FETCHED_FOLDER "/ca.pub", root);
	ck_assert_ptr_nonnull(f = fopen(path, "w"));
	(void)fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void
check_keys(const struct policy_authority *a, const char *keys)
{
	static const char *const lines[] = { KEY_A, KEY_B };
	struct err err = ERR_INIT;
	struct pubkey k;
	size_t i;

	ck_assert_uint_eq(a->n_keys, strlen(keys));
	for (i = 0; i < a->n_keys; i++) {
		const char *line = lines[keys[i] - 'A'];

		ck_assert_int_eq(pubkey_parse_line(
		    &k, line, strlen(line), NO_PLACE, &err), 1);
		ck_assert_uint_eq(a->keys[i].blob_len, k.blob_len);
		ck_assert_mem_eq(a->keys[i].blob, k.blob, k.blob_len);
		pubkey_clear(&k);
	}
}

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct diag_report report = DIAG_REPORT_INIT;
	char text[2048];
	struct policy *p;
	char *said, *want;

	ck_assert_ptr_nonnull(getcwd(root, sizeof(root)));
	(void)snprintf(text, sizeof(text), "%s%s%s", TOP, r->authority, USERS);
	policyfix_write_text("policy.yaml", text);
	if (r->fetched != NULL)
		put_fetched(r->fetched);
	p = (r->is_to_fetch ? policy_load_to_fetch : policy_load)(
	    "policy.yaml", root, POLICY_MAX_BYTES, &report);
	said = policyfix_messages(&report);
	want = fill(r->want);
	ck_assert_msg(strcmp(said, want) == 0, "%s:\n%s\nnot\n%s", r->name,
	    said, want);
	ck_assert_int_eq(p == NULL, r->keys == NULL);
	if (p != NULL)
		check_keys(&p->authorities[0], r->keys);
	policy_free(p);
	free(said);
	free(want);
	diag_free(&report);
}
END_TEST

/* Names of files are those of the policy's folder. */
START_TEST(test_values)
{
	struct diag_report report = DIAG_REPORT_INIT;
	const struct policy_authority *a;
	struct policy *p;

	ck_assert_ptr_nonnull(getcwd(root, sizeof(root)));
	ck_assert_int_eq(file_make_folders("etc/ssl", 0755, NULL), 0);
	policyfix_write_text("policy.d/policy.yaml",
	    TOP URL "    pins: [" PIN_A ", " PIN_B "]\n"
	    "    token_file: token\n"
	    "    ca_file: /etc/ssl/ca.pem\n" USERS);
	p = policy_load_to_fetch(
	    "policy.d/policy.yaml", root, POLICY_MAX_BYTES, &report);
	ck_assert_ptr_nonnull(p);
	a = &p->authorities[0];
	ck_assert_str_eq(a->url, "https://ca.example.com/keys");
	ck_assert_uint_eq(a->url_at.line, 4);
	ck_assert_uint_eq(a->n_pins, 2);
	ck_assert_str_eq(a->pins[0], PIN_A);
	ck_assert_str_eq(a->pins[1], PIN_B);
	ck_assert_str_eq(a->token_file, "policy.d/token");
	ck_assert_int_eq(strncmp(a->ca_file, root, strlen(root)), 0);
	ck_assert_str_eq(a->ca_file + strlen(root), "/etc/ssl/ca.pem");
	policy_free(p);
	diag_free(&report);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_url");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, test_row, 0, N_ROWS(rows));
	tcase_add_test(tc, test_values);
	return run_case("policy_url", tc);
}
