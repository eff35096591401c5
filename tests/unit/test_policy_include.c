#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

static const struct policy_row rows[] = {
	{ "missing",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: other.yaml\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:10: error: other.yaml: No such file or "
	    "directory\n" },
	{ "a mapping",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: {a: b}\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:10: error: expected a file name or glob, "
	    "found a mapping\n" },
	{ "itself",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: policy.yaml\n"),
	    NULL, RAW(""),
	    "policy.yaml:6:10: error: the policy itself; take it out\n" },
	{ "folder",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: d\n"),
	    "d/x",
	    RAW(""),
	    "policy.yaml:6:10: error: d: not a regular file\n" },
	{ "folder not there",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: none/*.yaml\n"),
	    NULL, RAW(""),
	    "" },
	{ "what editors keep beside it",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: d/*\n"),
	    "d/#x.yaml#", RAW("nonsense\n"), "" },
	{ "an editor's copy",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: d/*\n"),
	    "d/x.yaml~", RAW("nonsense\n"), "" },
	{ "a hidden file",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: d/.*l\n"),
	    "d/.x.yaml", RAW("nonsense\n"), "" },
	{ "one of these names, written out",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: d/x.yaml~\n"),
	    "d/x.yaml~",
	    RAW("users:\n"
		"  jim: a@example.com\n"),
	    "d/x.yaml~:2:3: error: user \"jim\" stands twice, first at "
	    "policy.yaml:5; keep one of them, or merge them\n" },
	{ "user in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("users:\n"
		"  jim: a@example.com\n"),
	    "b.yaml:2:3: error: user \"jim\" stands twice, first at "
	    "policy.yaml:5; keep one of them, or merge them\n" },
	{ "group in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"groups: {g: [a@example.com]}\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("groups: {g: [a@example.com]}\n"),
	    "b.yaml:1:10: error: group \"g\" stands twice, first at "
	    "policy.yaml:6; keep one of them, or merge them\n" },
	{ "authority in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("authorities:\n"
		"  ca: {keys: [\"" KEY_B "\"]}\n"),
	    "b.yaml:2:3: error: authority \"ca\" stands twice, first at "
	    "policy.yaml:3; keep one of them, or merge them\n" },
	{ "denied in both",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"deny: [a@example.com]\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("deny: [a@example.com]\n"),
	    "b.yaml:1:8: warning: \"a@example.com\" stands twice in "
	    "\"deny\", first at policy.yaml:6; remove one of them\n" },
	{ "include in it",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("include: c.yaml\n"
		"users:\n"
		"  bob: any\n"),
	    "b.yaml:1:10: error: \"include\" in an included file; name "
	    "the file under \"include\" of the policy itself\n" },
	{ "version of it",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("version: 2\n"
		"users:\n"
		"  bob: any\n"),
	    "b.yaml:1:10: error: this certgate does not know version 2 "
	    "of the language; write version: 1\n" },
	{ "empty",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW(""),
	    "b.yaml: error: the file is empty; write what it shall add to the "
	    "policy, or remove it\n" },
	{ "itself by another name",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: [./policy.yaml, \"./*.yaml\", d/../policy.yaml]\n"),
	    "d/x",
	    RAW(""),
	    "policy.yaml:6:11: error: the policy itself; take it out\n"
	    "policy.yaml:6:38: error: the policy itself; take it out\n" },
	{ "broken",
	    RAW(HEAD "users:\n"
		"  jim: any\n"
		"include: b.yaml\n"),
	    "b.yaml",
	    RAW("users: [\n"),
	    "b.yaml:1:8: error: expected a mapping of users, found a "
	    "list\n"
	    "b.yaml:2:1: error: nothing where a value belongs\n" },
	{ "errors in both",
	    RAW(HEAD "users:\n"
		"  jim: \"*\"\n"
		"include: [b.yaml]\n"),
	    "b.yaml",
	    RAW("users:\n"
		"  bob: \"*\"\n"),
	    "b.yaml:2:8: error: \"*\" is no identity; write any for "
	    "everybody with a certificate\n"
	    "policy.yaml:5:8: error: \"*\" is no identity; write any for "
	    "everybody with a certificate\n" },
	{ "broken policy, others are read",
	    RAW(HEAD "include: b.yaml\n"
		"users:\n"
		"  *: any\n"),
	    "b.yaml",
	    RAW("users:\n"
		"  bob: \"*\"\n"),
	    "b.yaml:2:8: error: \"*\" is no identity; write any for "
	    "everybody with a certificate\n"
	    "policy.yaml:6:4: error: a * without quotes, which in YAML "
	    "repeats a value; put the text in quotes, as in \"*\"\n" },
};

START_TEST(says)
{
	policyfix_check(&rows[_i]);
}
END_TEST

/* The folder root is the root; secret stands beside it. */
static const struct root_row {
	const char *name;
	const char *policy; /* where it is */
	const char *include;
	const char *want; /* %s: the root */
} root_rows[] = {
	{ "relative", "root/etc/policy.yaml", "b.yaml", "" },
	{ "absolute", "root/etc/policy.yaml", "/etc/b.yaml", "" },
	{ "up and down again", "root/etc/policy.yaml",
	    "../../../root/secret.yaml",
	    "%s/etc/policy.yaml:6:10: error: %s/root/secret.yaml: No such "
	    "file or directory\n" },
	{ "up", "root/etc/policy.yaml", "../../../secret.yaml",
	    "%s/etc/policy.yaml:6:10: error: %s/secret.yaml: No such file or "
	    "directory\n" },
	{ "up from the top", "root/etc/policy.yaml", "/../secret.yaml",
	    "%s/etc/policy.yaml:6:10: error: %s/secret.yaml: No such file or "
	    "directory\n" },
	{ "a folder that is a link", "root/etc/policy.yaml",
	    "out/secret.yaml",
	    "%s/etc/policy.yaml:6:10: error: %s/secret.yaml: No such file or "
	    "directory\n" },
	{ "a link within", "root/etc/policy.yaml", "/in/b.yaml", "" },
	{ "a glob up", "root/etc/policy.yaml", "../../*cret.yaml", "" },
	{ "a glob up from the top", "root/etc/policy.yaml",
	    "/../*cret.yaml", "" },
	{ "a glob in a link", "root/etc/policy.yaml", "out/*cret.yaml", "" },
	{ "a glob for a link", "root/etc/policy.yaml", "ou*/secret.yaml",
	    "%s/etc/policy.yaml:6:10: error: \"%s/etc/out/secret.yaml\": a "
	    "link or .. behind a pattern: it could lead out of the root; write "
	    "folders by their names\n" },
	{ "up behind a glob", "root/etc/policy.yaml",
	    "d*/../../../secret.yaml",
	    "%s/etc/policy.yaml:6:10: error: "
	    "\"%s/etc/d/../../../secret.yaml\": a link or .. behind a "
	    "pattern: it could lead out of the root; write folders by their "
	    "names\n" },
	{ "a folder that is not there", "root/etc/policy.yaml", "no/ne/*.yaml",
	    "" },
	{ "beside a policy outside", "out/policy.yaml", "b.yaml", "" },
	{ "a glob beside it", "out/policy.yaml", "b*.yaml", "" },
	{ "up from a policy outside", "out/policy.yaml", "../secret.yaml",
	    "out/policy.yaml:6:10: error: out/secret.yaml: No such file or "
	    "directory\n" },
	{ "absolute from outside", "out/policy.yaml", "/etc/b.yaml", "" },
};

static void
link_to(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, name), 0);
}

/* want with the root in the place of each "%s". */
static void
fill(char *out, size_t len, const char *want, const char *root)
{
	const char *mark;
	size_t n = 0;

	out[0] = '\0';
	for (; (mark = strstr(want, "%s")) != NULL; want = mark + 2)
		n += (size_t)snprintf(out + n, len - n, "%.*s%s",
		    (int)(mark - want), want, root);
	(void)snprintf(out + n, len - n, "%s", want);
}

START_TEST(within_root)
{
	const struct root_row *row = &root_rows[_i];
	struct diag_report r = DIAG_REPORT_INIT;
	char here[128], root[160], path[300], text[512], want[1024];
	char *said;

	ck_assert_ptr_nonnull(getcwd(here, sizeof(here)));
	(void)snprintf(root, sizeof(root), "%s/root", here);
	policyfix_write_text("secret.yaml", "users: {eve: any}\n");
	ck_assert_int_eq(mkdir("root", 0700), 0);
	ck_assert_int_eq(mkdir("root/etc", 0700), 0);
	ck_assert_int_eq(mkdir("root/etc/d", 0700), 0);
	policyfix_write_text("root/etc/b.yaml", "users: {bob: any}\n");
	policyfix_write_text("out/b.yaml", "users: {bob: any}\n");
	link_to("../..", "root/etc/out");
	link_to("/etc", "root/in");
	(void)snprintf(text, sizeof(text),
	    HEAD "users:\n  jim: any\ninclude: \"%s\"\n", row->include);
	policyfix_write_text(row->policy, text);
	(void)snprintf(path, sizeof(path), "%s%s%s",
	    row->policy[0] == 'r' ? here : "", row->policy[0] == 'r' ? "/" : "",
	    row->policy);
	policy_free(policy_load(path, root, POLICY_MAX_BYTES, &r));
	fill(want, sizeof(want), row->want, root);
	said = policyfix_messages(&r);
	ck_assert_msg(strcmp(said, want) == 0, "%s: %s", row->name, said);
	free(said);
	diag_free(&r);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_include");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, says, 0, N_ROWS(rows));
	tcase_add_loop_test(tc, within_root, 0, N_ROWS(root_rows));
	return run_case("policy_include", tc);
}
