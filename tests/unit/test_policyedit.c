#include "config.h"

#include "config-gen/policyedit.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/lockfile.h"
#include "lib/file.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define FP_A "SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZgtE3Ti4E"
#define FP_B "SHA256:goUbzlitflZX73wp4Fddy1z5FkhVOyrw19qWqfKreCE"
#define TWO(retire) \
	"version: 1\nauthorities:\n  ca:\n    keys:\n    - " KEY_A "\n" \
	"    - " KEY_B "\n" retire USERS
#define USERS "users: {jdoe: jdoe@example.com}\n"

struct row {
	const char *name;
	const char *policy;
	const char *more; /* policy.d/more.yaml; NULL: none */
	struct policyedit_change change;
	const char *file; /* which is changed */
	const char *after; /* its text; NULL: refused */
	const char *want; /* why */
	const char *said; /* what is wrong with the new policy */
	const char *warned; /* and what is not good in the one before */
	const char *by_hand;
};

static const struct row rows[] = {
	{ .name = "a key more",
	    .policy = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	              "      - " KEY_A " # the first\n" USERS,
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "ca", .key = KEY_B " b c" },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	             "      - " KEY_A " # the first\n"
	             "      - " KEY_B " b c\n" USERS },
	{ .name = "a comment that YAML would take for something else",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "ca", .key = KEY_B " a: #b" },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n"
	             "  ca: {keys: [\"" KEY_A "\", \"" KEY_B " a: #b\"]}\n" USERS },
	{ .name = "another authority",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "new", .key = KEY_B },
	    .file = "policy.yaml",
	    .after = HEAD "  new:\n    keys:\n      - " KEY_B "\n" USERS },
	{ .name = "a key beside a file",
	    .policy = "version: 1\nauthorities:\n  ca:\n    file: ca.pub\n" USERS,
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "ca", .key = KEY_B },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca:\n    file: ca.pub\n"
	             "    keys:\n      - " KEY_B "\n" USERS },
	{ .name = "in an included file",
	    .policy = "version: 1\ninclude: policy.d/*.yaml\n" USERS,
	    .more = "authorities:\n  ca:\n    keys: ['" KEY_A "']\n",
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "ca", .key = KEY_B },
	    .file = "policy.d/more.yaml",
	    .after = "authorities:\n  ca:\n    keys: ['" KEY_A "', '" KEY_B
	             "']\n" },
	{ .name = "where the others are",
	    .policy = "version: 1\ninclude: policy.d/*.yaml\n" USERS,
	    .more = "authorities: {ca: {keys: [" KEY_A "]}}",
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "new", .key = KEY_B },
	    .file = "policy.d/more.yaml",
	    .after = "authorities: {ca: {keys: [" KEY_A
	             "]}, new: {keys: [\"" KEY_B "\"]}}" },
	{ .name = "the first revocation",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_REVOKE,
	        .entry = "{authority: ca, serial: 42}" },
	    .file = "policy.yaml",
	    .after = HEAD USERS "revoked:\n  - {authority: ca, serial: 42}\n" },
	{ .name = "a revocation more",
	    .policy = HEAD "revoked: # stolen\n"
	              "  - {authority: ca, serial: 1} # the first\n" USERS,
	    .change = { .kind = POLICYEDIT_REVOKE,
	        .entry = "{authority: ca, key_id: \"a, b\"}" },
	    .file = "policy.yaml",
	    .after = HEAD "revoked: # stolen\n"
	             "  - {authority: ca, serial: 1} # the first\n"
	             "  - {authority: ca, key_id: \"a, b\"}\n" USERS },
	{ .name = "a revocation between brackets",
	    .policy = HEAD USERS "revoked: [{authority: ca, serial: 1}]\n",
	    .change = { .kind = POLICYEDIT_REVOKE,
	        .entry = "{authority: ca, serial: 42}" },
	    .file = "policy.yaml",
	    .after = HEAD USERS "revoked: [{authority: ca, serial: 1}, "
	                        "{authority: ca, serial: 42}]\n" },
	{ .name = "a revocation by an authority that is not there",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_REVOKE,
	        .entry = "{authority: cb, serial: 42}" },
	    .file = "policy.yaml",
	    .want = "with this change the policy could not be used",
	    .said = "policy.yaml:6:17: error: there is no authority \"cb\"\n",
	    .by_hand = "at the top:\n  revoked:\n"
	               "    - {authority: cb, serial: 42}\n" },
	{ .name = "a key that is there",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "new", .key = KEY_A },
	    .file = "policy.yaml",
	    .want = "with this change the policy could not be used",
	    .said = "policy.yaml:6:9: error: authority \"ca\" has this key as well, "
	            "at policy.yaml:3: nobody could tell whose rules a "
	            "certificate falls under; keep one of them\n",
	    .by_hand = "under \"authorities\":\n  new:\n    keys:\n      - " KEY_A
	               "\n" },
	{ .name = "a key that is none",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "ca", .key = "ssh-ed25519 AAAA" },
	    .file = "policy.yaml",
	    .want = "with this change the policy could not be used",
	    .said = "policy.yaml:3:99: error: the key's type name is cut "
	            "short\n",
	    .by_hand = "under \"authorities\", \"ca\", \"keys\":\n"
	               "  - \"ssh-ed25519 AAAA\"\n" },
	{ .name = "an authority that repeats another",
	    .policy = "version: 1\nauthorities:\n  ca: {keys: &k [" KEY_A "]}\n"
	              "users: {jdoe: jdoe@example.com}\n",
	    .change = { .kind = POLICYEDIT_ADD_KEY, .authority = "ca", .key = KEY_B },
	    .file = "policy.yaml",
	    .want = "policy.yaml:3: an anchor (&) may repeat this elsewhere",
	    .by_hand = "under \"authorities\", \"ca\", \"keys\":\n  - " KEY_B
	               "\n" },

	{ .name = "a revocation beside one without brackets",
	    .policy = HEAD USERS "revoked: {authority: ca, serial: 1}\n",
	    .change = { .kind = POLICYEDIT_REVOKE,
	        .entry = "{authority: ca, serial: 5}" },
	    .file = "policy.yaml",
	    .want = "policy.yaml: \"revoked\" is one entry and no list; put "
	            "it into brackets, revoked: [{...}], and try again" },

	{ .name = "a key less",
	    .policy = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	              "      - " KEY_A "\n      # new\n      - " KEY_B "\n" USERS,
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca" },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	             "      # new\n      - " KEY_B "\n" USERS },
	{ .name = "the only one beside a file",
	    .policy = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	              "    - " KEY_B "\n    file: ca.pub\n" USERS,
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca" },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca:\n    file: ca.pub\n" USERS },
	{ .name = "one that stands in a file",
	    .policy = "version: 1\nauthorities:\n  ca:\n    file: ca.pub\n" USERS,
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca" },
	    .file = "policy.yaml",
	    .want = "policy.yaml: the key is not written in the policy itself, "
	            "but comes from ca.pub:2; take it out there" },
	{ .name = "one that stands twice",
	    .policy = TWO("    - " KEY_A "\n"),
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca" },
	    .file = "policy.yaml",
	    .want = "the key stands twice: without this one it would still "
	            "be accepted, by policy.yaml:6; take one of the two out "
	            "by hand, and try again",
	    .warned = "policy.yaml:7:7: warning: authority \"ca\" has this key "
	            "twice, first at policy.yaml:5; remove one of them\n" },
	{ .name = "one that stands in a file, too",
	    .policy = TWO("    file: ca.pub\n"),
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca" },
	    .file = "policy.yaml",
	    .want = "the key stands twice: without this one it would still "
	            "be accepted, by ca.pub:2; take one of the two out by hand, "
	            "and try again",
	    .warned = "ca.pub:2: warning: authority \"ca\" has this key twice, "
	            "first at policy.yaml:5; remove one of them\n" },
	{ .name = "the only key",
	    .policy = "version: 1\nauthorities:\n  ca:\n    keys: [" KEY_A
	              "]\n    principals: email\n" USERS,
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca" },
	    .file = "policy.yaml",
	    .want = "with this change the policy could not be used",
	    .said = "policy.yaml:3:3: error: authority \"ca\" has no key; give "
	            "\"keys\", a \"file\" or a \"url\"\n" },

	{ .name = "a key that goes",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_RETIRE_KEY, .authority = "ca",
	        .key = FP_A, .date = "2199-01-31" },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca: {keys: [\"" KEY_A
	             "\"], retire: {\"" FP_A "\": 2199-01-31}}\n" USERS },
	{ .name = "a key that goes, in a block",
	    .policy = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	              "    - " KEY_A "\n    - " KEY_B "\n" USERS,
	    .change = { .kind = POLICYEDIT_RETIRE_KEY, .authority = "ca",
	        .key = FP_A, .date = "2199-01-31T10:00Z" },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	             "    - " KEY_A "\n    - " KEY_B "\n    retire:\n"
	             "      \"" FP_A "\": \"2199-01-31T10:00Z\"\n" USERS },
	{ .name = "another key that goes",
	    .policy = TWO("    retire:\n      '" FP_A "': 2199-01-31 # May\n"),
	    .change = { .kind = POLICYEDIT_RETIRE_KEY, .authority = "ca",
	        .key = FP_B, .date = "2199-02-01" },
	    .file = "policy.yaml",
	    .after = TWO("    retire:\n      '" FP_A "': 2199-01-31 # May\n"
	                 "      \"" FP_B "\": 2199-02-01\n") },
	{ .name = "another date for it",
	    .policy = TWO("    retire:\n      '" FP_A "': 2199-01-31 # May\n"),
	    .change = { .kind = POLICYEDIT_RETIRE_KEY, .authority = "ca",
	        .key = FP_A, .date = "2199-03-01" },
	    .file = "policy.yaml",
	    .after = TWO("    retire:\n      '" FP_A "': 2199-03-01 # May\n") },
	{ .name = "no date",
	    .policy = HEAD USERS,
	    .change = { .kind = POLICYEDIT_RETIRE_KEY, .authority = "ca",
	        .key = FP_A, .date = "soon" },
	    .file = "policy.yaml",
	    .want = "with this change the policy could not be used",
	    .said = "policy.yaml:3:163: error: expected a date such as "
	            "2027-01-31 or 2027-01-31T18:00Z (UTC), found \"soon\"\n",
	    .by_hand = "under \"authorities\", \"ca\":\n  retire:\n    \"" FP_A
	               "\": soon\n" },
	{ .name = "a retired key, and its date with it",
	    .policy = TWO("    retire:\n      '" FP_A "': 2199-01-31 # May\n"),
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca",
	        .number = 0 },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	             "    - " KEY_B "\n" USERS },
	{ .name = "a retired key of several",
	    .policy = TWO("    retire: {" FP_A ": 2199-01-31, " FP_B
	                  ": 2199-02-01}\n"),
	    .change = { .kind = POLICYEDIT_REMOVE_KEY, .authority = "ca",
	        .number = 1 },
	    .file = "policy.yaml",
	    .after = "version: 1\nauthorities:\n  ca:\n    keys:\n"
	             "    - " KEY_A "\n    retire: {" FP_A ": 2199-01-31}\n"
	             USERS },

	{ .name = "an authority less",
	    .policy = HEAD "  old:\n    # of last year\n    keys: [" KEY_B "]\n"
	              USERS,
	    .change = { .kind = POLICYEDIT_REMOVE_AUTHORITY, .authority = "old" },
	    .file = "policy.yaml",
	    .after = HEAD USERS },
	{ .name = "the only one of a file",
	    .policy = "version: 1\ninclude: policy.d/*.yaml\n"
	              "authorities: {ca: {keys: [" KEY_A "]}}\n" USERS,
	    .more = "authorities:\n  old:\n    keys: [" KEY_B "]\n"
	            "deny: [eve@example.com]\n",
	    .change = { .kind = POLICYEDIT_REMOVE_AUTHORITY, .authority = "old" },
	    .file = "policy.d/more.yaml",
	    .after = "deny: [eve@example.com]\n" },
	{ .name = "the only thing in a file",
	    .policy = "version: 1\ninclude: policy.d/*.yaml\n"
	              "authorities: {ca: {keys: [" KEY_A "]}}\n" USERS,
	    .more = "authorities:\n  old:\n    keys: [" KEY_B "]\n",
	    .change = { .kind = POLICYEDIT_REMOVE_AUTHORITY, .authority = "old" },
	    .file = "policy.d/more.yaml",
	    .want = "policy.d/more.yaml:1: nothing would be left" },
};

static struct policy *
load(const struct row *r)
{
	policyfix_write_text("ca.pub", "# ours\n" KEY_A "\n");
	policyfix_write_text("policy.yaml", r->policy);
	if (r->more != NULL)
		policyfix_write_text("policy.d/more.yaml", r->more);
	return policyfix_load(r->warned == NULL ? "" : r->warned);
}

static void
assert_file(const char *path, const char *want)
{
	struct err err = ERR_INIT;
	char *text;
	size_t len;

	ck_assert_int_eq(
	    file_read(path, FILE_ANY, 1 << 20, &text, &len, &err), 0);
	ck_assert_str_eq(text, want);
	free(text);
}

START_TEST(change)
{
	const struct row *r = &rows[_i];
	struct diag_report report = DIAG_REPORT_INIT;
	struct policyedit e = POLICYEDIT_INIT;
	struct policy *p = load(r);
	struct err err = ERR_INIT;
	bool is_written;
	char *said;
	int ret;

	ck_assert_msg(p != NULL, "%s", r->name);
	ret = policyedit_make(&e, p, "", &r->change, &report, &err);
	said = policyfix_messages(&report);
	ck_assert_str_eq(e.file, r->file);
	if (r->after == NULL) {
		ck_assert_msg(ret == -1, "%s", r->name);
		assert_err(&err, ERR_REFUSED, r->want);
		ck_assert_str_eq((char *)e.by_hand.p,
		    r->by_hand == NULL ? "" : r->by_hand);
		ck_assert_str_eq(said, r->said == NULL ? "" : r->said);
	} else {
		ck_assert_msg(ret == 0, "%s: %s%s", r->name, err.text, said);
		ck_assert_int_eq(chmod(r->file, 0640), 0);
		ck_assert_int_eq(policyedit_write(&e, &is_written, &err), 0);
		assert_file(r->file, r->after);
		policy_free(policyfix_load(""));
	}
	free(said);
	diag_free(&report);
	policyedit_clear(&e);
	policy_free(p);
}
END_TEST

START_TEST(keeps)
{
	struct diag_report report = DIAG_REPORT_INIT;
	struct policyedit e = POLICYEDIT_INIT;
	struct policy *p = load(&rows[0]);
	struct err err = ERR_INIT;
	bool is_written;
	struct stat st;

	ck_assert_int_eq(chmod("policy.yaml", 0640), 0);
	ck_assert_int_eq(
	    policyedit_make(&e, p, "", &rows[0].change, &report, &err), 0);
	/* Nothing is written yet, and what is meant can be looked at. */
	assert_file("policy.yaml", rows[0].policy);
	ck_assert_uint_eq(p->authorities[0].n_keys, 1);
	ck_assert_uint_eq(e.policy->authorities[0].n_keys, 2);
	/* One that was killed left this behind. */
	policyfix_write_text(".policy.yaml.certgate-aBcDeF", "version: 1\n");
	ck_assert_int_eq(policyedit_write(&e, &is_written, &err), 0);
	ck_assert(is_written);
	ck_assert_int_eq(access(".policy.yaml.certgate-aBcDeF", F_OK), -1);
	ck_assert_int_eq(stat("policy.yaml", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0640);
	/* It is another file now than the change was made for. */
	ck_assert_int_eq(policyedit_write(&e, &is_written, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "policy.yaml: somebody changed it meanwhile; try again");
	ck_assert(!is_written);
	assert_file("policy.yaml", rows[0].after);
	policyedit_clear(&e);
	policy_free(p);
	diag_free(&report);
}
END_TEST

/*
 * Who has the lock changes the file, and then lets go: the change that waited
 * is one of another file.
 */
START_TEST(waits)
{
	const struct timespec pause = { 0, 200L * 1000 * 1000 };
	struct diag_report report = DIAG_REPORT_INIT;
	struct lockfile l = LOCKFILE_INIT;
	struct policyedit e = POLICYEDIT_INIT;
	struct policy *p = load(&rows[0]);
	struct err err = ERR_INIT;
	bool is_written;
	pid_t pid;
	int status;

	ck_assert_int_eq(
	    policyedit_make(&e, p, "", &rows[0].change, &report, &err), 0);
	ck_assert_int_eq(
	    lockfile_take(&l, ".policy.yaml.certgate-lock", 0, &err), 0);
	if ((pid = fork()) == 0) {
		(void)nanosleep(&pause, NULL);
		policyfix_write_text("policy.yaml", "version: 1\n");
		lockfile_drop(&l);
		_exit(0);
	}
	/* The lock is the child's now. */
	(void)close(l.fd);
	l.fd = -1;
	ck_assert_int_eq(policyedit_write(&e, &is_written, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "policy.yaml: somebody changed it meanwhile; try again");
	ck_assert(!is_written);
	assert_file("policy.yaml", "version: 1\n");
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(access(".policy.yaml.certgate-lock", F_OK), -1);
	lockfile_drop(&l);
	policyedit_clear(&e);
	policy_free(p);
	diag_free(&report);
}
END_TEST

/* What a writer left that was killed goes, unless somebody is at work. */
START_TEST(tidies)
{
	struct lockfile l = LOCKFILE_INIT;
	struct policy *p = load(&rows[0]);
	struct err err = ERR_INIT;

	policyedit_tidy(p);
	ck_assert_int_eq(access(".policy.yaml.certgate-lock", F_OK), -1);
	policyfix_write_text(".policy.yaml.certgate-abcdef", "version: 1\n");
	ck_assert_int_eq(
	    lockfile_take(&l, ".policy.yaml.certgate-lock", 0, &err), 0);
	policyedit_tidy(p);
	ck_assert_int_eq(access(".policy.yaml.certgate-lock", F_OK), 0);
	ck_assert_int_eq(access(".policy.yaml.certgate-abcdef", F_OK), 0);
	/* As if it was killed. */
	(void)close(l.fd);
	l.fd = -1;
	policyedit_tidy(p);
	ck_assert_int_eq(access(".policy.yaml.certgate-lock", F_OK), -1);
	ck_assert_int_eq(access(".policy.yaml.certgate-abcdef", F_OK), -1);
	assert_file("policy.yaml", rows[0].policy);
	lockfile_drop(&l);
	policy_free(p);
}
END_TEST

/* Everybody may read the policy, and so lock it. */
START_TEST(others_lock_nothing)
{
	struct diag_report report = DIAG_REPORT_INIT;
	struct policyedit e = POLICYEDIT_INIT;
	struct policy *p = load(&rows[0]);
	struct err err = ERR_INIT;
	bool is_written;
	int fd;

	fd = open("policy.yaml", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_SH), 0);
	ck_assert_int_eq(
	    policyedit_make(&e, p, "", &rows[0].change, &report, &err), 0);
	ck_assert_int_eq(policyedit_write(&e, &is_written, &err), 0);
	ck_assert(is_written);
	assert_file("policy.yaml", rows[0].after);
	ck_assert_int_eq(close(fd), 0);
	policyedit_clear(&e);
	policy_free(p);
	diag_free(&report);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policyedit");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, change, 0, N_ROWS(rows));
	tcase_add_test(tc, keeps);
	tcase_add_test(tc, others_lock_nothing);
	tcase_add_test(tc, tidies);
	tcase_add_test(tc, waits);
	return run_case("policyedit", tc);
}
