#include "config.h"

#include "config-gen/drift.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/generation.h"
#include "config-gen/manifest.h"
#include "config-gen/target.h"
#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

#define CURRENT "/etc/ssh/certgate/current/"
#define LIST CURRENT "principals/johndoe"

static struct root root;
static struct sshdconf *conf;
static struct drift drift;

static void
in_root(char *out, size_t len, const char *inside)
{
	ck_assert_int_lt(
	    snprintf(out, len, "%s%s", testroot_dir, inside), (int)len);
}

static void
read_conf(void)
{
	struct err err = ERR_INIT;

	sshdconf_free(conf);
	conf = sshdconf_read(&root, ROOT_SSHD_CONFIG, &err);
	ck_assert_msg(conf != NULL, "%s", err.text);
}

/* As apply leaves a machine, in the manifest's and sshdconf's own words. */
static void
set_up(void)
{
	struct sshdconf_edit edit = { 0 };
	struct err err = ERR_INIT;
	char path[256];

	testroot_make();
	root.dir = testroot_dir;
	testroot_put("/etc/ssh/sshd_config",
	    "Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n");
	testroot_put("/etc/ssh/sshd_config.d/", NULL);
	testroot_put("/etc/ssh/certgate/generations/1/ca.pub", "key one\n");
	testroot_put("/etc/ssh/certgate/generations/1/policy.cdb", "index");
	testroot_put(
	    "/etc/ssh/certgate/generations/1/principals/johndoe", "jdoe\n");
	testroot_put("/etc/ssh/certgate/current", "-> generations/1");
	in_root(path, sizeof(path), "/etc/ssh/certgate/generations/1");
	ck_assert_msg(
	    manifest_write(path, geteuid(), getegid(), &err) == 0, "%s",
	    err.text);
	read_conf();
	ck_assert_int_eq(sshdconf_edit(conf, &root, target_directives,
	    TARGET_N_DIRECTIVES, false, &edit, &err), 0);
	testroot_put(edit.files[0].path, edit.files[0].bytes);
	ck_assert_str_eq(edit.files[0].path, SSHDCONF_DROPIN_PATH);
	sshdconf_edit_clear(&edit);
	read_conf();
}

static void
tear_down(void)
{
	drift_clear(&drift);
	sshdconf_free(conf);
	conf = NULL;
	testroot_remove();
}

static void
look(const char *folder)
{
	struct err err = ERR_INIT;

	drift_clear(&drift);
	read_conf();
	ck_assert_msg(drift_look(&root, conf, folder, &drift, &err) == 0, "%s",
	    err.text);
}

/* A change by hand, and what is said of it. */
static const struct row {
	const char *name;
	const char *path, *text; /* text NULL: it goes */
	const char *where, *what;
} rows[] = {
	{ "another list", LIST, "jdoe\nmallory\n", LIST, "was changed" },
	{ "no list", LIST, NULL, LIST, "is missing" },
	{ "one more list", CURRENT "principals/root", "mallory\n",
	    CURRENT "principals/root", "was added" },
	{ "another CA", CURRENT "ca.pub", "key two\n", CURRENT "ca.pub",
	    "was changed" },
	{ "a file of another name", CURRENT "new\nline", "",
	    CURRENT "new\\nline", "was added" },
	{ "no manifest", CURRENT "manifest", NULL, CURRENT "manifest",
	    "is missing" },
	{ "a manifest of nothing", CURRENT "manifest", "?\n",
	    CURRENT "manifest", "cannot be used" },
	{ "no generation", "/etc/ssh/certgate/current", NULL,
	    "/etc/ssh/certgate/current", "is missing" },
	{ "no drop-in", SSHDCONF_DROPIN_PATH, NULL, SSHDCONF_DROPIN_PATH,
	    "with certgate's directives is missing" },
	{ "no Include", "/etc/ssh/sshd_config", "Port 22\n",
	    "/etc/ssh/sshd_config",
	    "does not hold certgate's directives as apply writes them" },
};

START_TEST(test_change)
{
	const struct row *r = &rows[_i];

	if (r->text == NULL)
		testroot_delete(r->path);
	else
		testroot_put(r->path, r->text);
	look(NULL);
	ck_assert_msg(drift.n_items >= 1, "%s: nothing was seen", r->name);
	ck_assert_msg(strcmp(drift.items[0].where, r->where) == 0 &&
	        strcmp(drift.items[0].what, r->what) == 0,
	    "%s: %s %s", r->name, drift.items[0].where, drift.items[0].what);
}
END_TEST

START_TEST(test_nothing)
{
	look(NULL);
	ck_assert_uint_eq(drift.n_items, 0);
}
END_TEST

START_TEST(test_mode)
{
	char path[256];

	in_root(path, sizeof(path), LIST);
	ck_assert_int_eq(chmod(path, 0666), 0);
	look(NULL);
	ck_assert_uint_eq(drift.n_items, 1);
	ck_assert_str_eq(drift.items[0].where, LIST);
	ck_assert_str_eq(drift.items[0].what, "has another mode");
}
END_TEST

/* Directives of ours that somebody edited: the lines are told. */
START_TEST(test_directive)
{
	char command[512];

	(void)snprintf(command, sizeof(command),
	    "sed -i 's/^TrustedUserCAKeys .*/TrustedUserCAKeys \\/tmp\\/x/' "
	    "%s" SSHDCONF_DROPIN_PATH,
	    testroot_dir);
	ck_assert_int_eq(system(command), 0);
	look(NULL);
	ck_assert_uint_eq(drift.n_items, 1);
	ck_assert_str_eq(drift.items[0].where, SSHDCONF_DROPIN_PATH);
	ck_assert_str_eq(drift.items[0].what,
	    "does not hold certgate's directives as apply writes them");
	ck_assert_str_eq(drift.items[0].lines,
	    "    -TrustedUserCAKeys /tmp/x\n"
	    "    +TrustedUserCAKeys /etc/ssh/certgate/current/ca.pub\n");
}
END_TEST

/* With a generation to go to: lines of texts, none of an index. */
START_TEST(test_lines)
{
	char path[256];
	json_t *json;
	char *text;

	testroot_put(LIST, "jdoe\n\033[2Jmallory\n");
	testroot_put(CURRENT "policy.cdb", "other");
	testroot_put("/next/principals/johndoe", "jdoe\nalice\n");
	in_root(path, sizeof(path), "/next");
	look(path);
	ck_assert_uint_eq(drift.n_items, 2);
	ck_assert_str_eq(drift.items[0].where, CURRENT "policy.cdb");
	ck_assert_str_eq(drift.items[0].lines, "");
	ck_assert_str_eq(drift.items[1].where, LIST);
	ck_assert_str_eq(drift.items[1].lines,
	    "    -\\x1b[2Jmallory\n    +alice\n");
	json = drift_json(&drift);
	text = json_dumps(json, JSON_SORT_KEYS);
	ck_assert_str_eq(text,
	    "[{\"lines\": [], \"what\": \"was changed\", "
	    "\"where\": \"" CURRENT "policy.cdb\"}, "
	    "{\"lines\": [\"-\\\\x1b[2Jmallory\", \"+alice\"], "
	    "\"what\": \"was changed\", \"where\": \"" LIST "\"}]");
	free(text);
	json_decref(json);
}
END_TEST

/* What was found is told, also where sshd's configuration cannot be judged. */
START_TEST(test_found_all_the_same)
{
	struct err err = ERR_INIT;

	testroot_put(CURRENT "ca.pub", "key two\n");
	testroot_put(SSHDCONF_DROPIN_PATH,
	    "# written by certgate; do not edit: `certgate apply` makes it "
	    "anew\nPort 22\n");
	read_conf();
	ck_assert_int_eq(drift_look(&root, conf, NULL, &drift, &err), -1);
	ck_assert_str_eq(err.text,
	    SSHDCONF_DROPIN_PATH ":2: this line stands among certgate's and "
	    "is not its own: the next apply would lose it; move it elsewhere "
	    "or delete it");
	ck_assert_uint_eq(drift.n_items, 1);
	ck_assert_str_eq(drift.items[0].where, CURRENT "ca.pub");
}
END_TEST

START_TEST(test_has_ours)
{
	ck_assert(drift_has_ours(conf));
	testroot_delete(SSHDCONF_DROPIN_PATH);
	read_conf();
	ck_assert(!drift_has_ours(conf));
}
END_TEST

/* Not in use: removed on purpose, and none of ours is left. */
START_TEST(test_unused)
{
	struct generation_store *store;
	struct err err = ERR_INIT;
	bool is_unused = true;

	ck_assert_int_eq(drift_is_unused(&root, conf, &is_unused, &err), 0);
	ck_assert(!is_unused);
	store = generation_open(&root, 0, NULL, &err);
	ck_assert_msg(store != NULL, "%s", err.text);
	ck_assert_int_eq(generation_set_removed(store, true, &err), 0);
	generation_close(store);
	/* Somebody put them back by hand. */
	is_unused = true;
	ck_assert_int_eq(drift_is_unused(&root, conf, &is_unused, &err), 0);
	ck_assert(!is_unused);
	testroot_delete(SSHDCONF_DROPIN_PATH);
	read_conf();
	ck_assert_int_eq(drift_is_unused(&root, conf, &is_unused, &err), 0);
	ck_assert(is_unused);
	/* They are gone, but not on purpose. */
	testroot_delete("/etc/ssh/certgate/removed");
	ck_assert_int_eq(drift_is_unused(&root, conf, &is_unused, &err), 0);
	ck_assert(!is_unused);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("drift");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, test_change, 0, N_ROWS(rows));
	tcase_add_test(tc, test_nothing);
	tcase_add_test(tc, test_mode);
	tcase_add_test(tc, test_directive);
	tcase_add_test(tc, test_lines);
	tcase_add_test(tc, test_found_all_the_same);
	tcase_add_test(tc, test_has_ours);
	tcase_add_test(tc, test_unused);
	return run_case("drift", tc);
}
