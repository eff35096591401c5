#include "config.h"

#include "config-gen/compile.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/manifest.h"
#include "lib/base64.h"
#include "lib/decide.h"
#include "lib/file.h"
#include "lib/revoked.h"
#include "tests/unit/certbuild.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define NOW 1000000

/* For KEY_A and KEY_B, and when that is over. */
#define FP_B "SHA256:goUbzlitflZX73wp4Fddy1z5FkhVOyrw19qWqfKreCE"
#define RETIRE_B "    retire: {\"" FP_B "\": 2030-06-30}\n"
#define RETIRED_AT 1909094400
#define TRUST "    trust: 2026-01-01..2035-06-30\n"
#define TRUST_ENDS 2066860800
#define REVOKE_A "  - {key: \"" KEY_A "\"}\n"
#define REVOKE_B "  - {key: \"" KEY_B "\"}\n"

static char folder[64];

static void
set_up(void)
{
	(void)snprintf(folder, sizeof(folder), "/tmp/certgate-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static int
remove_entry(const char *path, const struct stat *st, int type,
    struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void
tear_down(void)
{
	ck_assert_int_eq(
	    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* The key line of the CA that certbuild calls n. */
static void
print_key(FILE *f, uint8_t n)
{
	struct wire blob = WIRE_INIT;
	char text[128];

	certbuild_ca_key(&blob, n);
	base64_encode(text, blob.p, blob.len);
	(void)fprintf(f, "    keys: [ssh-ed25519 %s ca%u]\n", text, n);
	wire_free(&blob);
}

/*
 * A policy of two authorities, of which one and two say more, and of rest.
 * two is left out where it is NULL.
 */
static struct policy *
load(const char *one, const char *two, const char *rest)
{
	struct diag_report report = DIAG_REPORT_INIT;
	char path[128];
	struct policy *p;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/policy.yaml", folder);
	ck_assert_ptr_nonnull(f = fopen(path, "we"));
	(void)fprintf(f, "version: 1\nauthorities:\n  one:\n");
	print_key(f, 1);
	(void)fprintf(f, "%s", one);
	if (two != NULL) {
		(void)fprintf(f, "  two:\n");
		print_key(f, 2);
		(void)fprintf(f, "%s", two);
	}
	(void)fprintf(f, "%s", rest);
	ck_assert_int_eq(fchmod(fileno(f), 0644), 0);
	ck_assert_int_eq(fclose(f), 0);
	p = policy_load(path, "", 1UL << 20, &report);
	if (p == NULL)
		diag_print(&report, stderr, false);
	ck_assert_ptr_nonnull(p);
	diag_free(&report);
	return p;
}

#define PREFIX "    principals: email-prefix\n"
/* An entry of `revoked`: the key of authority one, and nobody's. */
#define ONE_KEY \
	"  - {key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEB" \
	"AQEBAQEBAQEBAQEBAQEB}\n"
#define OTHER_KEY \
	"  - {key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEGOfSB/h4pmU8JAEC4nqBs2" \
	"c6ECLdYklyAGmps3lHvZ}\n"
#define EMAIL "    principals: email\n    domains: [example.com]\n"

static const struct {
	const char *name, *one, *two, *rule;
	const char *why; /* NULL: a list */
} rows[] = {
	{ "one identity", PREFIX, NULL, "u: jdoe@example.com", NULL },
	{ "a group", PREFIX, NULL, "u: {allow: [{group: g}]}", NULL },
	{ "options", PREFIX, NULL,
	    "u: {allow: [{identity: a@example.com, options: restrict}]}",
	    NULL },
	{ "a principal", PREFIX, NULL, "u: {allow: [{principal: p}]}", NULL },
	{ "same-name", PREFIX, NULL, "u: same-name", NULL },
	{ "same-name, email", EMAIL, NULL, "u: same-name", NULL },
	{ "two authorities that agree", PREFIX, PREFIX, "u: a@example.com",
	    NULL },
	{ "two that disagree", PREFIX, "", "u: a@example.com",
	    "the authorities name its people differently" },
	{ "two that disagree on a group", PREFIX, "",
	    "u: {allow: [{group: g}]}",
	    "the authorities name its people differently" },
	{ "two that disagree, but on no literal", PREFIX, "",
	    "u: {allow: [{principal: p}]}", NULL },
	{ "two that disagree, but on no bare name", PREFIX, "", "u: robot",
	    NULL },
	{ "two that disagree on same-name", EMAIL, PREFIX, "u: same-name",
	    "the authorities name its people differently" },
	{ "domains that leave one out",
	    PREFIX "    domains: [example.com, example.org]\n",
	    PREFIX "    domains: [example.com]\n", "u: a@example.org",
	    "the authorities name its people differently" },
	{ "any", PREFIX, NULL, "u: any", "its rule says `any`" },
	{ "from", PREFIX, NULL,
	    "u: {allow: [{identity: a@example.com, from: 192.0.2.0/24}]}",
	    "its rule says `from`" },
	{ "until", PREFIX, NULL,
	    "u: {allow: [{identity: a@example.com, until: 2999-01-01}]}",
	    "its rule says `until`" },
	{ "authorities", PREFIX, PREFIX,
	    "u: {allow: a@example.com, authorities: [one]}",
	    "its rule says `authorities`" },
	{ "require", "    require: {max_validity: 1h}\n", NULL,
	    "u: a@example.com", "an authority says `require`" },
	{ "require of another authority", "",
	    "    require: {key_types: [ssh-ed25519]}\n", "u: a@example.com",
	    "an authority says `require`" },
	{ "everybody", PREFIX, NULL, "\"*\": same-name",
	    "it stands for every other user" },
	{ "a name that is a pattern to sshd", PREFIX, NULL,
	    "\"u[1]\": a@example.com", "its name is no plain file name" },
	{ "a name with a leading dot", PREFIX, NULL, ".u: a@example.com",
	    "its name is no plain file name" },
	{ "revoked, as sshd's list can say it", PREFIX, NULL,
	    "u: a@example.com\n"
	    "revoked: [{authority: one, serials: 1-9}, {authority: one, "
	    "key_id: a b}]",
	    NULL },
	{ "serial 0", PREFIX, NULL,
	    "u: a@example.com\nrevoked: [{authority: one, serial: 0}]",
	    "sshd's list of what is revoked cannot hold all of it" },
	{ "a range from serial 0", PREFIX, NULL,
	    "u: a@example.com\nrevoked: [{authority: one, serials: 0-9}]",
	    "sshd's list of what is revoked cannot hold all of it" },
	{ "a key ID with a #", PREFIX, "    principals: email-prefix\n",
	    "u: a@example.com\nrevoked: [{authority: two, key_id: 'a#b'}]",
	    "sshd's list of what is revoked cannot hold all of it" },
	{ "deny", PREFIX, NULL, "u: a@example.com\ndeny: [m@example.com]",
	    "the policy denies identities" },
};

START_TEST(test_mechanism)
{
	struct policy *p;
	const char *why;
	char rest[512];

	(void)snprintf(rest, sizeof(rest),
	    "groups:\n  g: [g1@example.com, g2@example.com]\n"
	    "users:\n  %s\n", rows[_i].rule);
	p = load(rows[_i].one, rows[_i].two, rest);
	why = compile_needs_helper(p, &p->rules[0]);
	if (rows[_i].why == NULL)
		ck_assert_msg(why == NULL, "%s: %s", rows[_i].name, why);
	else
		ck_assert_msg(why != NULL && strcmp(why, rows[_i].why) == 0,
		    "%s: %s", rows[_i].name, why == NULL ? "a list" : why);
	policy_free(p);
}
END_TEST

/* A rule, or a policy, with so many members or users. */
static struct policy *
load_many(size_t n_members, size_t n_users)
{
	struct wire w = WIRE_INIT;
	struct policy *p;
	char line[64];
	size_t i;

	wire_put_bytes(&w, "users:\n  u: [", 13);
	for (i = 0; i < n_members; i++)
		wire_put_bytes(&w, line,
		    (size_t)snprintf(line, sizeof(line), "m%zu, ", i));
	wire_put_bytes(&w, "m]\n", 3);
	for (i = 1; i < n_users; i++)
		wire_put_bytes(&w, line,
		    (size_t)snprintf(line, sizeof(line), "  u%zu: m\n", i));
	wire_put_u8(&w, 0);
	p = load("", NULL, (char *)w.p);
	wire_free(&w);
	return p;
}

START_TEST(test_limits)
{
	static const struct {
		size_t n_members, n_users;
		const char *why;
	} limits[] = {
		{ 999, 1, NULL },
		{ 1000, 1, "its list would exceed 1,000 lines" },
		{ 1, 1000, NULL },
		{ 1, 1001, "the policy has more than 1,000 users" },
	};
	const char *why;
	struct policy *p;
	size_t i;

	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		p = load_many(limits[i].n_members, limits[i].n_users);
		why = compile_needs_helper(p, &p->rules[0]);
		ck_assert_str_eq(why == NULL ? "" : why,
		    limits[i].why == NULL ? "" : limits[i].why);
		policy_free(p);
	}
}
END_TEST

/* Into the folder's folder out; where before is set, beside that one. */
static void
compile_beside(struct policy *p, const char *name, const char *before)
{
	char out[128], beside[128];
	const struct compile_settings s = { .now_at = NOW,
		.uid_min = 1000,
		.owner = getuid(), .group = getgid(),
		.index_group = getgid(),
		.before = before == NULL ? NULL : beside };
	struct err err = ERR_INIT;

	(void)snprintf(out, sizeof(out), "%s/%s", folder, name);
	if (before != NULL)
		(void)snprintf(beside, sizeof(beside), "%s/%s", folder, before);
	ck_assert_int_eq(mkdir(out, 0755), 0);
	ck_assert_msg(compile_write(p, &s, out, &err) == 0, "%s", err.text);
}

static void
compile(struct policy *p)
{
	compile_beside(p, "out", NULL);
}

static void
expect_file(const char *name, mode_t mode, const char *text)
{
	struct err err = ERR_INIT;
	char path[256];
	struct stat st;
	char *got;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/out/%s", folder, name);
	ck_assert_msg(
	    file_read(path, FILE_ROOTS, 1UL << 20, &got, &len, &err) == 0,
	    "%s", err.text);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, mode);
	if (text != NULL)
		ck_assert_str_eq(got, text);
	free(got);
}

static void
expect_no_file(const char *name)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/out/%s", folder, name);
	ck_assert_int_eq(access(path, F_OK), -1);
}

START_TEST(test_files)
{
	struct policy *p = load(EMAIL, NULL,
	    "groups:\n  g: [a@example.com, b@example.com]\n"
	    "users:\n"
	    "  same: same-name\n"
	    "  deploy:\n"
	    "    allow:\n"
	    "      - {group: g, options: 'restrict,command=\"/bin/d x\"'}\n"
	    "      - {principal: breakglass}\n"
	    "      - c@example.com\n"
	    "  kiosk: any\n");

	compile(p);
	expect_file(COMPILE_CA_FILE, 0644,
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEB"
	    "AQEBAQEBAQEBAQEB one\n");
	expect_file("principals/same", 0644, "same@example.com\n");
	expect_file("principals/deploy", 0644,
	    "restrict,command=\"/bin/d x\" a@example.com\n"
	    "restrict,command=\"/bin/d x\" b@example.com\n"
	    "breakglass\n"
	    "c@example.com\n");
	expect_file(COMPILE_INDEX, 0640, NULL);
	expect_file(COMPILE_REVOKED, 0644, "SSHKRL\n");
	policy_free(p);
}
END_TEST

/*
 * Keys go, and lists grow: those wait, and the helper serves these users,
 * until a change that takes nothing away.
 */
START_TEST(test_waits)
{
	static const char old[] = "users: {a: x@example.com, b: x@example.com}\n",
			  new[] = "users: {a: [x@example.com, y@example.com], "
				  "b: x@example.com, c: x@example.com}\n";
	struct policy *p = load(PREFIX, PREFIX, old);

	compile_beside(p, "before", NULL);
	policy_free(p);
	p = load(PREFIX, NULL, new);
	compile_beside(p, "out", "before");
	ck_assert_str_eq(compile_needs_helper(p, &p->rules[0]),
	    "its list waits for the next apply");
	ck_assert_ptr_null(compile_needs_helper(p, &p->rules[1]));
	ck_assert(p->rules[2].waits);
	expect_no_file("principals/a");
	expect_file("principals/b", 0644, "x\n");
	expect_no_file("principals/c");
	compile_beside(p, "next", "out");
	ck_assert(!p->rules[0].waits && !p->rules[2].waits);
	expect_file("../next/principals/a", 0644, "x\ny\n");
	expect_file("../next/principals/c", 0644, "x\n");
	policy_free(p);
}
END_TEST

/* Ask the index of the folder about a certificate of the first authority. */
static enum reason
ask(struct index *x, const char *user, const char *principal)
{
	struct certbuild b = { .ca = 1, .type = 1, .key_id = "k",
		.valid_before = UINT64_MAX };
	struct decide_request r = { .index = x, .now_at = NOW, .uid = 1000 };
	struct decision *d = calloc(1, sizeof(*d));
	struct span name = span_of(principal);
	struct wire blob = WIRE_INIT;
	enum reason reason;

	ck_assert_ptr_nonnull(d);
	b.principals = &name;
	b.n_principals = 1;
	certbuild_write(&blob, &b);
	r.user = span_of(user);
	r.cert = wire_span(&blob);
	(void)decide(&r, d);
	reason = d->reason;
	wire_free(&blob);
	free(d);
	return reason;
}

/* A policy that revokes so many serials and keys. */
static const char *
why_of_many(size_t n_serials, bool with_key)
{
	struct wire w = WIRE_INIT;
	struct policy *p;
	char line[64];
	const char *why;
	size_t i;

	wire_put_bytes(&w, "users: {u: m}\nrevoked:\n", 23);
	for (i = 1; i <= n_serials; i++)
		wire_put_bytes(&w, line,
		    (size_t)snprintf(line, sizeof(line),
		        "  - {authority: one, serial: %zu}\n", 2 * i));
	if (with_key)
		wire_put_bytes(&w, OTHER_KEY, strlen(OTHER_KEY));
	wire_put_u8(&w, 0);
	p = load("", NULL, (char *)w.p);
	why = compile_needs_helper(p, &p->rules[0]);
	policy_free(p);
	wire_free(&w);
	return why;
}

START_TEST(test_many_revoked)
{
	static const char many[] = "the policy revokes more than 1,000 "
	                           "serials, key IDs and keys";

	ck_assert_ptr_null(why_of_many(1000, false));
	ck_assert_ptr_null(why_of_many(999, true));
	ck_assert_str_eq(why_of_many(1001, false), many);
	ck_assert_str_eq(why_of_many(1000, true), many);
}
END_TEST

/* A CA key that is revoked: not trusted, and known to be revoked. */
START_TEST(test_revoked)
{
	struct policy *p = load(PREFIX, PREFIX,
	    "users: {u: any}\n"
	    "revoked:\n"
	    "  - {authority: two, serials: 5-7}\n"
	    "  - {authority: two, key_id: jdoe}\n"
	    "  - {authority: one, serial: 0}\n" ONE_KEY);
	struct index_authority a;
	struct revoked by;
	struct err err = ERR_INIT;
	struct index x;
	FILE *f = tmpfile();

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(compile_index(p, 1000, fileno(f), &err), 0);
	ck_assert_int_eq(index_open(&x, fileno(f), &err), 0);
	ck_assert_uint_eq(x.n_revoked, 4);
	ck_assert_int_eq(ask(&x, "u", "m"), REASON_REVOKED);
	ck_assert_int_eq(index_authority_by_number(&x, 0, &a, &err), 1);
	ck_assert(a.is_revoked);
	ck_assert_int_eq(revoked_serial(&x, &a, 0, &by, &err), 1);
	ck_assert_int_eq(revoked_serial(&x, &a, 6, &by, &err), 0);
	ck_assert_int_eq(index_authority_by_number(&x, 1, &a, &err), 1);
	ck_assert(!a.is_revoked);
	ck_assert_int_eq(revoked_serial(&x, &a, 6, &by, &err), 1);
	ck_assert_int_eq(revoked_serial(&x, &a, 8, &by, &err), 0);
	ck_assert_int_eq(revoked_key_id(&x, &a, span_of("jdoe"), &by, &err), 1);
	ck_assert_int_eq(revoked_key_id(&x, &a, span_of("j"), &by, &err), 0);
	index_close(&x);
	(void)fclose(f);
	policy_free(p);
}
END_TEST

/*
 * Once all keys that are not revoked are gone nothing of the authority is
 * waited for, such as its place in ca.pub; where all are revoked, it is as if
 * none was.
 */
static const struct end_row {
	const char *name;
	const char *authority; /* lines under it, beside the keys */
	const char *revoked;
	int64_t until;
} end_rows[] = {
	{ "nothing ends", "", "", 0 },
	{ "one goes", RETIRE_B, "", 0 },
	{ "one goes, the other is revoked", RETIRE_B, REVOKE_A, RETIRED_AT },
	{ "the one that goes is revoked", RETIRE_B, REVOKE_B, 0 },
	{ "all are revoked", RETIRE_B, REVOKE_A REVOKE_B, 0 },
	{ "trust ends later", RETIRE_B TRUST, REVOKE_A, RETIRED_AT },
	{ "trust ends", TRUST, REVOKE_A, TRUST_ENDS },
};

START_TEST(test_end)
{
	const struct end_row *row = &end_rows[_i];
	struct index_authority a;
	struct err err = ERR_INIT;
	FILE *f = tmpfile(), *policy_file;
	char text[2048], path[128];
	struct diag_report report = DIAG_REPORT_INIT;
	struct policy *p;
	struct index x;

	ck_assert_ptr_nonnull(f);
	(void)snprintf(text, sizeof(text),
	    "version: 1\nauthorities:\n  ca:\n    keys:\n      - " KEY_A
	    "\n      - " KEY_B "\n%susers: {u: m}\n%s%s",
	    row->authority, *row->revoked == '\0' ? "" : "revoked:\n",
	    row->revoked);
	(void)snprintf(path, sizeof(path), "%s/end.yaml", folder);
	ck_assert_ptr_nonnull(policy_file = fopen(path, "w"));
	ck_assert_int_ge(fputs(text, policy_file), 0);
	ck_assert_int_eq(fclose(policy_file), 0);
	p = policy_load(path, "", POLICY_MAX_BYTES, &report);
	if (p == NULL)
		diag_print(&report, stderr, false);
	ck_assert_msg(p != NULL, "%s", row->name);
	ck_assert_int_eq(compile_index(p, 1000, fileno(f), &err), 0);
	ck_assert_int_eq(index_open(&x, fileno(f), &err), 0);
	ck_assert_int_eq(index_authority_by_number(&x, 0, &a, &err), 1);
	ck_assert_msg(a.keys_until == row->until, "%s: %lld", row->name,
	    (long long)a.keys_until);
	index_close(&x);
	(void)fclose(f);
	policy_free(p);
	diag_free(&report);
}
END_TEST

/* However large the rule: its own members get in, and nobody else. */
START_TEST(test_large_rules)
{
	static const size_t sizes[] = { 1, 15, 16, 17, 18, 40, 3000 };
	struct policy *p = load_many(sizes[_i], 1);
	struct err err = ERR_INIT;
	struct index x;
	FILE *f = tmpfile();
	char name[32];
	size_t i;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(compile_index(p, 1000, fileno(f), &err), 0);
	ck_assert_int_eq(index_open(&x, fileno(f), &err), 0);
	for (i = 0; i < sizes[_i]; i++) {
		(void)snprintf(name, sizeof(name), "m%zu", i);
		ck_assert_int_eq(ask(&x, "u", name), REASON_ALLOWED);
	}
	(void)snprintf(name, sizeof(name), "m%zu", i);
	ck_assert_int_eq(ask(&x, "u", name), REASON_NO_MATCHING_PRINCIPAL);
	ck_assert_int_eq(ask(&x, "v", "m0"), REASON_NO_RULE);
	index_close(&x);
	(void)fclose(f);
	policy_free(p);
}
END_TEST

static char found[256];

static void
note(void *ctx, const char *name, const char *what)
{
	(void)ctx;
	(void)snprintf(found + strlen(found), sizeof(found) - strlen(found),
	    "%s %s;", name, what);
}

static void
in_folder(char out[256], const char *name)
{
	(void)snprintf(out, 256, "%s/out/%s", folder, name);
}

START_TEST(test_manifest)
{
	struct policy *p = load(PREFIX, NULL,
	    "users:\n  u: a\n  v: b\n  w: c\n");
	struct err err = ERR_INIT;
	char path[256], out[256];
	FILE *f;

	compile(p);
	(void)snprintf(out, sizeof(out), "%s/out", folder);
	found[0] = '\0';
	ck_assert_int_eq(manifest_check(out, note, NULL, &err), 0);
	ck_assert_str_eq(found, "");

	in_folder(path, "principals/u");
	ck_assert_ptr_nonnull(f = fopen(path, "ae"));
	ck_assert_int_ge(fputs("mallory\n", f), 0);
	ck_assert_int_eq(fclose(f), 0);
	in_folder(path, "principals/v");
	ck_assert_int_eq(unlink(path), 0);
	in_folder(path, "principals/w");
	ck_assert_int_eq(chmod(path, 0666), 0);
	in_folder(path, "principals/t");
	ck_assert_ptr_nonnull(f = fopen(path, "we"));
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(manifest_check(out, note, NULL, &err), 4);
	ck_assert_str_eq(found,
	    "principals/t was added;principals/u was changed;"
	    "principals/v is missing;principals/w has another mode;");
	policy_free(p);
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("compile");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(
	    t, test_mechanism, 0, N_ROWS(rows));
	tcase_add_test(t, test_limits);
	tcase_add_test(t, test_files);
	tcase_add_test(t, test_waits);
	tcase_add_test(t, test_many_revoked);
	tcase_add_test(t, test_revoked);
	tcase_add_loop_test(t, test_end, 0, N_ROWS(end_rows));
	tcase_add_loop_test(t, test_large_rules, 0, 7);
	tcase_add_test(t, test_manifest);
	return run_case("compile", t);
}
