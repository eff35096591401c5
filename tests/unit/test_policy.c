#include "config.h"

#include "config-gen/policy.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_rule *
rule_of(const struct policy *p, const char *user)
{
	size_t i;

	for (i = 0; i < p->n_rules; i++) {
		if (strcmp(p->rules[i].user, user) == 0)
			return &p->rules[i];
	}
	ck_abort_msg("no rule of %s", user);
	return NULL;
}

/* "identity jim@example.com 7:8 (restrict|192.0.2.0/24,|N)", all in a row. */
static void
print_rule(const struct policy *p, const struct policy_rule *r, FILE *f)
{
	static const char *const kinds[] = { [GRANT_IDENTITY] = "identity",
		[GRANT_PRINCIPAL] = "principal",
		[GRANT_GROUP] = "group",
		[GRANT_ANY] = "any",
		[GRANT_SAME_NAME] = "same-name" };
	size_t i, j;

	(void)fprintf(f, "%s %u:", r->user, r->at.line);
	for (i = 0; i < p->scopes[r->scope].n_authorities; i++)
		(void)fprintf(f, " <%s",
		    p->authorities[p->scopes[r->scope].authorities[i]].name);
	for (i = 0; i < r->n_grants; i++) {
		const struct policy_grant *g = &r->grants[i];
		const struct policy_terms *t = &p->terms[g->terms];

		(void)fprintf(f, " %s", kinds[g->kind]);
		if (g->name.text != NULL)
			(void)fprintf(f, " %s", g->name.text);
		if (g->kind == GRANT_GROUP)
			ck_assert_str_eq(
			    p->groups[g->group].name, g->name.text);
		(void)fprintf(f, " %u:%u", g->name.at.line, g->name.at.col);
		if (t->options != NULL)
			(void)fprintf(f, " %s", t->options);
		for (j = 0; j < t->n_from; j++)
			(void)fprintf(f, " from %s", t->from[j]);
		if (t->until != INT64_MAX)
			(void)fprintf(f, " until %lld", (long long)t->until);
		if (i + 1 < r->n_grants)
			(void)fputc(',', f);
	}
	(void)fputc('\n', f);
}

static void
assert_rules(const struct policy *p, const char *want)
{
	char *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(f);
	for (i = 0; i < p->n_rules; i++)
		print_rule(p, &p->rules[i], f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(short_forms)
{
	struct policy *p = policyfix_load_text(
	    "version: 1\n"
	    "\n"
	    "authorities:\n"
	    "  cloudflare:\n"
	    "    keys:\n"
	    "      - " KEY_A " open-ssh-ca@cloudflareaccess.org\n"
	    "    principals: email-prefix  # what this CA puts in\n"
	    "\n"
	    "users:\n"
	    "  johndoe: jdoe@example.com  # a different name\n"
	    "  vmuser: [jdoe@example.com, bwayne@example.com]\n"
	    "  kiosk: any\n"
	    "  \"*\": same-name\n",
	    "");
	const struct policy_authority *a;

	assert_rules(p,
	    "johndoe 10: identity jdoe@example.com 10:12\n"
	    "vmuser 11: identity jdoe@example.com 11:12, "
	    "identity bwayne@example.com 11:30\n"
	    "kiosk 12: any 12:10\n"
	    "* 13: same-name 13:8\n");
	ck_assert_ptr_eq(p->everybody, rule_of(p, "*"));
	ck_assert_int_eq(p->min_uid, -1);
	ck_assert_uint_eq(p->n_scopes, 1);
	ck_assert_uint_eq(p->n_terms, 1);
	ck_assert_uint_eq(p->n_files, 1);
	ck_assert_str_eq(p->files[0], "policy.yaml");
	ck_assert_uint_eq(p->n_authorities, 1);
	a = &p->authorities[0];
	ck_assert_str_eq(a->name, "cloudflare");
	ck_assert_uint_eq(a->at.line, 4);
	ck_assert_int_eq((int)a->principals, PRINCIPALS_EMAIL_PREFIX);
	ck_assert_uint_eq(a->n_keys, 1);
	ck_assert_str_eq(
	    a->keys[0].comment, "open-ssh-ca@cloudflareaccess.org");
	ck_assert_uint_eq(a->key_places[0].line, 6);
	ck_assert_uint_eq(a->n_domains, 0);
	ck_assert_uint_eq(a->max_validity_s, 0);
	policy_free(p);
}
END_TEST

static const char long_policy[] =
    "version: 1\n"
    "authorities:\n"
    "  vault:\n"
    "    file: vault-ca.pub\n"
    "    principals: verbatim\n"
    "    domains: [example.com]\n"
    "    require:\n"
    "      max_validity: 16h\n"
    "      key_id: \"*@example.com\"\n"
    "      critical_options: [source-address]\n"
    "      key_types: [ssh-ed25519, sk-ssh-ed25519@openssh.com]\n"
    "  other: {keys: [\"" KEY_B "\"], require: {key_id: identity}}\n"
    "groups:\n"
    "  release: [alice@example.com, bob@example.com]\n"
    "  oncall: {file: oncall.txt}\n"
    "users:\n"
    "  deploy:\n"
    "    allow:\n"
    "      - group: release\n"
    "      - identity: ci@example.com\n"
    "        options: 'restrict,command=\"/usr/local/bin/deploy\"'\n"
    "        from: [192.0.2.0/24, \"2001:db8::1\"]\n"
    "        until: 2096-01-31\n"
    "      - principal: breakglass\n"
    "    authorities: [vault]\n"
    "  ops:\n"
    "    allow: [{group: oncall}, {any: true, until: 2096-01-31T18:00Z}]\n"
    "    authorities: [vault]\n"
    "  root: {allow: any, authorities: vault, dangerous: true}\n"
    "  \"*\":\n"
    "    allow: same-name\n"
    "    authorities: [vault]\n"
    "    min_uid: 1000\n"
    "  bob: [{identity: x, options: restrict}, {identity: y, options: "
    "restrict}]\n"
    "deny: [mallory@example.com]\n"
    "include: [policy.d/*.yaml]\n";

START_TEST(long_forms)
{
	const struct policy_authority *a;
	struct policy *p;

	policyfix_write_text("vault-ca.pub", "# CA\n\n" KEY_A " vault\n");
	policyfix_write_text("oncall.txt",
	    "# on call\nzoe@example.com\r\n\n\tyan@example.com  # Yan\n");
	p = policyfix_load_text(long_policy, "");
	assert_rules(p,
	    "deploy 17: <vault group release 19:16, identity ci@example.com "
	    "20:19 restrict,command=\"/usr/local/bin/deploy\" from "
	    "192.0.2.0/24 from 2001:db8::1 until 3978892800, principal "
	    "breakglass 24:20\n"
	    "ops 26: <vault group oncall 27:21, any 27:36 until 3978871200\n"
	    "root 29: <vault any 29:17\n"
	    "* 30: <vault same-name 31:12\n"
	    "bob 34: identity x 34:20 restrict, identity y 34:54 restrict\n");
	ck_assert_int_eq(p->min_uid, 1000);
	ck_assert_uint_eq(p->n_scopes, 2);
	ck_assert_uint_eq(p->n_terms, 4);
	a = &p->authorities[0];
	ck_assert_uint_eq(a->max_validity_s, 16 * 3600);
	ck_assert_uint_eq(a->n_key_ids, 1);
	ck_assert_str_eq(a->key_ids[0], "*@example.com");
	ck_assert(!a->key_id_identity);
	ck_assert_uint_eq(a->n_critical_options, 1);
	ck_assert_str_eq(a->critical_options[0], "source-address");
	ck_assert_uint_eq(a->n_key_types, 2);
	ck_assert_str_eq(a->key_types[1], "sk-ssh-ed25519@openssh.com");
	ck_assert_uint_eq(a->n_domains, 1);
	ck_assert_str_eq(a->domains[0], "example.com");
	ck_assert_uint_eq(a->n_keys, 1);
	ck_assert_str_eq(
	    policy_place(p, a->key_places[0]).file, "vault-ca.pub");
	ck_assert_uint_eq(a->key_places[0].line, 3);
	ck_assert(p->authorities[1].key_id_identity);
	ck_assert_uint_eq(p->groups[1].n_members, 2);
	ck_assert_str_eq(p->groups[1].members[1].text, "yan@example.com");
	ck_assert_str_eq(
	    policy_place(p, p->groups[1].members[1].at).file, "oncall.txt");
	ck_assert_uint_eq(p->groups[1].members[1].at.line, 4);
	ck_assert_uint_eq(p->groups[1].members[1].at.col, 2);
	ck_assert_uint_eq(p->n_denied, 1);
	ck_assert_str_eq(p->denied[0].text, "mallory@example.com");
	ck_assert_uint_eq(p->denied[0].at.line, 35);
	ck_assert(policy_rule_admits(p, rule_of(p, "ops"), 0));
	ck_assert(!policy_rule_admits(p, rule_of(p, "ops"), 1));
	ck_assert(policy_rule_admits(p, rule_of(p, "bob"), 1));
	ck_assert(policy_authority_covers(a, "a@example.com"));
	ck_assert(policy_authority_covers(a, "a"));
	ck_assert(!policy_authority_covers(a, "a@b@example.org"));
	ck_assert(policy_authority_covers(&p->authorities[1], "a@b"));
	policy_free(p);
}
END_TEST

START_TEST(one_instead_of_a_list)
{
	struct policy *p = policyfix_load_text(
	    "version: 1\n"
	    "authorities:\n"
	    "  ca:\n"
	    "    keys: [\"" KEY_A "\"]\n"
	    "    domains: example.com\n"
	    "    require: {max_validity: 1w2d3h4m5s, critical_options: "
	    "verify-required, key_types: ssh-rsa, key_id: [\"a*\", \"b*\"]}\n"
	    "users:\n"
	    "  jim: {identity: jim@example.com}\n"
	    "deny: mallory@example.com\n",
	    "policy.yaml:8:9: error: unknown key \"identity\" in a user's "
	    "rule; \"identity\" belongs into an entry of \"allow\"\n");

	policy_free(p);
	p = policyfix_load_text(
	    "version: 1\n"
	    "authorities:\n"
	    "  ca:\n"
	    "    keys: [\"" KEY_A "\"]\n"
	    "    domains: example.com\n"
	    "    require: {max_validity: 1w2d3h4m5s, critical_options: "
	    "verify-required, key_types: ssh-rsa, key_id: [\"a*\", \"b*\"]}\n"
	    "users:\n"
	    "  jim: {allow: {identity: jim@example.com, from: 192.0.2.1}}\n"
	    "  \"yes\": \"yes\"\n"
	    "  \"no\": '12345'\n"
	    "  joe: 0x10\n"
	    "deny: mallory@example.com\n",
	    "");
	assert_rules(p,
	    "jim 8: identity jim@example.com 8:27 from 192.0.2.1\n"
	    "yes 9: identity yes 9:10\n"
	    "no 10: identity 12345 10:9\n"
	    "joe 11: identity 0x10 11:8\n");
	ck_assert_uint_eq(
	    p->authorities[0].max_validity_s, 604800 + 2 * 86400 + 11045);
	ck_assert_uint_eq(p->authorities[0].n_key_ids, 2);
	ck_assert_uint_eq(p->n_denied, 1);
	policy_free(p);
}
END_TEST

START_TEST(aliases)
{
	struct policy *p = policyfix_load_text(HEAD
	    "users:\n"
	    "  a: &staff [x@example.com, {identity: &y y@example.com}]\n"
	    "  b: *staff\n"
	    "  c: *y\n"
	    "  d: &staff {allow: &list [*y, z@example.com]}\n"
	    "  e: *staff\n"
	    "  f: *list\n"
	    "  &g g: any\n",
	    "");

	assert_rules(p,
	    "a 5: identity x@example.com 5:14, identity y@example.com 5:40\n"
	    "b 6: identity x@example.com 5:14, identity y@example.com 5:40\n"
	    "c 7: identity y@example.com 7:6\n"
	    "d 8: identity y@example.com 8:28, identity z@example.com 8:32\n"
	    "e 9: identity y@example.com 8:28, identity z@example.com 8:32\n"
	    "f 10: identity y@example.com 8:28, identity z@example.com 8:32\n"
	    "g 11: any 11:9\n");
	policy_free(p);
}
END_TEST

START_TEST(included)
{
	struct policy *p;

	policyfix_write_text("policy.d/b.yaml",
	    "authorities:\n  cb: {file: b.pub}\nusers:\n  b: any\n");
	policyfix_write_text("policy.d/b.pub", KEY_B "\n");
	policyfix_write_text(
	    "policy.d/a.yaml", "version: 1\nusers: {a: [{group: g}]}\n");
	policyfix_write_text(
	    "policy.d/C.yaml", "groups: {g: [x@example.com]}\ndeny: y\n");
	policyfix_write_text("policy.d/.hidden.yaml", "nothing good\n");
	policyfix_write_text("policy.d/other", "nothing good\n");
	p = policyfix_load_text(HEAD "users:\n"
				     "  jim: {allow: any, authorities: cb}\n"
				     "  joe: any\n"
				     "deny: z\n"
				     "include: [policy.d/*.yaml, none/*, "
				     "policy.d/a.yaml, \"p*.yaml\"]\n",
	    "");
	assert_rules(p,
	    "jim 5: <cb any 5:16\n"
	    "joe 6: any 6:8\n"
	    "a 2: group g 2:21\n"
	    "b 4: any 4:6\n");
	ck_assert_uint_eq(p->n_files, 5);
	ck_assert_str_eq(p->files[1], "policy.d/C.yaml");
	ck_assert_str_eq(p->files[2], "policy.d/a.yaml");
	ck_assert_str_eq(p->files[3], "policy.d/b.yaml");
	ck_assert_str_eq(p->files[4], "policy.d/b.pub");
	ck_assert_uint_eq(rule_of(p, "a")->at.file, 2);
	ck_assert_uint_eq(p->n_denied, 2);
	ck_assert_str_eq(p->denied[0].text, "z");
	ck_assert_str_eq(p->denied[1].text, "y");
	ck_assert_uint_eq(p->denied[1].at.file, 1);
	policy_free(p);
}
END_TEST

/* A folder whose name is a pattern; absolute names are inside the root. */
START_TEST(root_and_odd_folder)
{
	struct diag_report r = DIAG_REPORT_INIT;
	char root[128];
	struct policy *p;

	ck_assert_ptr_nonnull(getcwd(root, sizeof(root)));
	policyfix_write_text("[ab]*/policy.yaml",
	    "version: 1\n"
	    "authorities: {ca: {file: /keys/ca.pub}}\n"
	    "users: {jim: any}\n"
	    "include: [\"b*.yaml\", \"/keys/*.yaml\"]\n");
	policyfix_write_text("[ab]*/b.yaml", "users: {bob: any}\n");
	policyfix_write_text("keys/ca.pub", KEY_A "\n");
	policyfix_write_text("keys/x.yaml", "users: {joe: any}\n");
	p = policy_load("[ab]*/policy.yaml", root, POLICY_MAX_BYTES, &r);
	ck_assert_ptr_nonnull(p);
	assert_rules(p, "jim 3: any 3:14\nbob 1: any 1:14\njoe 1: any 1:14\n");
	policy_free(p);
	diag_free(&r);
}
END_TEST

static const struct {
	const char *name; /* of the file that others may write */
	const char *want;
} unsafe[] = {
	{ "policy.yaml",
	    "policy.yaml: error: mode 0620 lets others than its owner change "
	    "it; run chmod go-w on it\n" },
	{ "b.yaml",
	    "policy.yaml:5:10: error: b.yaml: mode 0620 lets others than its "
	    "owner change it; run chmod go-w on it\n" },
	{ "ca.pub",
	    "policy.yaml:2:26: error: ca.pub: mode 0620 lets others than its "
	    "owner change it; run chmod go-w on it\n" },
	{ "g.txt",
	    "policy.yaml:4:20: error: g.txt: mode 0620 lets others than its "
	    "owner change it; run chmod go-w on it\n" },
};

START_TEST(files_of_others)
{
	policyfix_write_text("policy.yaml",
	    "version: 1\n"
	    "authorities: {ca: {file: ca.pub}}\n"
	    "users: {jim: [{group: g}]}\n"
	    "groups: {g: {file: g.txt}}\n"
	    "include: b.yaml\n");
	policyfix_write_text("b.yaml", "deny: x\n");
	policyfix_write_text("ca.pub", KEY_A "\n");
	policyfix_write_text("g.txt", "x\n");
	policy_free(policyfix_load(""));
	ck_assert_int_eq(chmod(unsafe[_i].name, 0620), 0);
	policy_free(policyfix_load(unsafe[_i].want));
}
END_TEST

#define REPLACEABLE \
	": mode 0770 lets others than its owner replace what is in it; run " \
	"chmod go-w on it\n"

static const struct {
	const char *name; /* of the folder that others may write */
	const char *place, *folder; /* of the error */
} unsafe_folders[] = {
	{ ".", "policy.yaml", "" },
	{ "i", "policy.yaml:5:11", "/i" },
	{ "k", "policy.yaml:2:26", "/k" },
	{ "g", "policy.yaml:4:20", "/g" },
	/* A file that only a pattern names is missed by nobody. */
	{ "p.d", "policy.yaml:5:21", "/p.d" },
	{ "q.d", "policy.yaml:5:33", "/q.d" },
};

START_TEST(folders_of_others)
{
	char here[128], want[512];

	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	policyfix_write_text("policy.yaml",
	    "version: 1\n"
	    "authorities: {ca: {file: k/ca.pub}}\n"
	    "users: {jim: [{group: g}]}\n"
	    "groups: {g: {file: g/g.txt}}\n"
	    "include: [i/b.yaml, p.d/*.yaml, \"q.?/c.yaml\", none/*]\n");
	policyfix_write_text("i/b.yaml", "deny: x\n");
	policyfix_write_text("k/ca.pub", KEY_A "\n");
	policyfix_write_text("g/g.txt", "x\n");
	ck_assert_int_eq(mkdir("p.d", 0700), 0);
	ck_assert_int_eq(mkdir("q.d", 0700), 0);
	policy_free(policyfix_load(""));
	ck_assert_int_eq(chmod(unsafe_folders[_i].name, 0770), 0);
	(void)snprintf(want, sizeof(want), "%s: error: %s%s%s",
	    unsafe_folders[_i].place, here, unsafe_folders[_i].folder,
	    REPLACEABLE);
	policy_free(policyfix_load(want));
}
END_TEST

/* Keys that stand twice are left out, and places stay with their keys. */
START_TEST(keys_twice)
{
	const struct policy_authority *a;
	struct policy *p;

	policyfix_write_text("ca.pub", "\n" KEY_B "\n" KEY_A "\n" KEY_B "\n");
	p = policyfix_load_text("version: 1\n"
				"authorities:\n"
				"  ca:\n"
				"    keys:\n"
				"      - " KEY_A " 1\n"
				"      - " KEY_A " 2\n"
				"      - " KEY_RSA " 3\n"
				"      - " KEY_A " 4\n"
				"    file: ca.pub\n"
				"users: {jim: any}\n",
	    "ca.pub:3: warning: authority \"ca\" has this key twice, first at "
	    "policy.yaml:5; remove one of them\n"
	    "ca.pub:4: warning: authority \"ca\" has this key twice, first at "
	    "ca.pub:2; remove one of them\n"
	    "policy.yaml:6:9: warning: authority \"ca\" has this key twice, "
	    "first at policy.yaml:5; remove one of them\n"
	    "policy.yaml:7:9: warning: this RSA key has 1024 bits: under 2048 "
	    "are too few today; have the CA make a longer one\n"
	    "policy.yaml:8:9: warning: authority \"ca\" has this key twice, "
	    "first at policy.yaml:5; remove one of them\n");
	ck_assert_ptr_nonnull(p);
	a = &p->authorities[0];
	ck_assert_uint_eq(a->n_keys, 3);
	ck_assert_str_eq(a->keys[0].comment, "1");
	ck_assert_uint_eq(a->key_places[0].line, 5);
	ck_assert_str_eq(a->keys[1].comment, "3");
	ck_assert_uint_eq(a->key_places[1].line, 7);
	ck_assert_str_eq(a->keys[2].comment, "");
	ck_assert_uint_eq(a->key_places[2].line, 2);
	ck_assert_str_eq(policy_place(p, a->key_places[2]).file, "ca.pub");
	policy_free(p);
}
END_TEST

START_TEST(no_policy)
{
	policy_free(
	    policyfix_load("policy.yaml: error: No such file or directory\n"));
	ck_assert_int_eq(symlink("real.yaml", "policy.yaml"), 0);
	policyfix_write_text("real.yaml", HEAD "users: {jim: any}\n");
	policy_free(policyfix_load("policy.yaml: error: a symbolic link; name "
				   "the file itself\n"));
}
END_TEST

START_TEST(too_large)
{
	struct diag_report r = DIAG_REPORT_INIT;
	char *said;

	policyfix_write_text("policy.yaml", HEAD "users: {jim: any}\n");
	ck_assert_ptr_null(policy_load("policy.yaml", "", 64, &r));
	said = policyfix_messages(&r);
	ck_assert_str_eq(said,
	    "policy.yaml: error: 141 bytes, more than the "
	    "64 allowed\n");
	free(said);
	diag_free(&r);
}
END_TEST

/* Many users: tables grow, and every name is found again. */
START_TEST(many)
{
	FILE *f = fopen("policy.yaml", "w");
	struct diag_report r = DIAG_REPORT_INIT;
	struct policy *p;
	char *said;
	int i;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	(void)fputs("version: 1\nauthorities:\n"
		    "  ca: {keys: [\"" KEY_A "\"], principals: "
		    "email-prefix}\n"
		    "users:\n",
	    f);
	for (i = 0; i < 20000; i++)
		(void)fprintf(f, "  u%d: n%d@example.com\n", i, i);
	ck_assert_int_eq(fclose(f), 0);
	p = policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->n_rules, 20000);
	for (i = 0; i < 20000; i += 1111) {
		char name[64];

		(void)snprintf(name, sizeof(name), "n%d@example.com", i);
		ck_assert_str_eq(p->rules[i].grants[0].name.text, name);
		ck_assert_uint_eq(p->rules[i].at.line, (unsigned int)i + 5);
	}
	policy_free(p);
	f = fopen("policy.yaml", "a");
	ck_assert_ptr_nonnull(f);
	(void)fputs("  u0: any\n  u19999: any\n"
		    "  u: n12345@example.org\n",
	    f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_null(
	    policy_load("policy.yaml", "", POLICY_MAX_BYTES, &r));
	said = policyfix_messages(&r);
	ck_assert_str_eq(said,
	    "policy.yaml:20005:3: error: user \"u0\" stands twice, first at "
	    "policy.yaml:5; keep one of them, or merge them\n"
	    "policy.yaml:20006:3: error: user \"u19999\" stands twice, first "
	    "at policy.yaml:20004; keep one of them, or merge them\n"
	    "policy.yaml:20007:6: error: \"n12345@example.org\" and "
	    "\"n12345@example.com\" (policy.yaml:12350) are the same "
	    "principal \"n12345\" to authority \"ca\": its certificates "
	    "hold only what stands before the @, so each could log in as "
	    "the other; write key_id: identity under \"require\" of that "
	    "authority, if its key IDs are identities\n");
	free(said);
	diag_free(&r);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_test(tc, short_forms);
	tcase_add_test(tc, long_forms);
	tcase_add_test(tc, one_instead_of_a_list);
	tcase_add_test(tc, aliases);
	tcase_add_test(tc, included);
	tcase_add_test(tc, root_and_odd_folder);
	tcase_add_loop_test(tc, files_of_others, 0, N_ROWS(unsafe));
	tcase_add_loop_test(
	    tc, folders_of_others, 0, N_ROWS(unsafe_folders));
	tcase_add_test(tc, keys_twice);
	tcase_add_test(tc, no_policy);
	tcase_add_test(tc, too_large);
	tcase_add_test(tc, many);
	return run_case("policy", tc);
}
