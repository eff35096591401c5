#include "config.h"

#include "config-gen/undo.h"

#include "config-gen/generation.h"
#include "tests/unit/store_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* States in which a commit from generation 1 to 2 can be interrupted. */
#define JOURNAL                                                                \
	"certgate journal 1\nstate swapping\nlink 1 2 made\n"                  \
	"file - 0644:%u:%u /" DROPIN "\n"                                      \
	"file 0640:%u:%u 0640:%u:%u /" MAIN "\nend\n"

static void
make_interrupted(void)
{
	char text[512];
	unsigned int u = geteuid(), g = getegid();

	(void)apply("ca\n", "list\n", "old\n", NULL);
	run("rm -f " STORE
	    "/reload-due; rm -rf before; cp -a etc before; cd " STORE
	    " && mkdir .undo && cp -p ../sshd_config .undo/1.old && "
	    "echo new >.undo/1.new && echo drop >.undo/0.new && "
	    "mkdir generations/.2.new");
	(void)snprintf(text, sizeof(text), JOURNAL, u, g, u, g, u, g);
	put(STORE "/journal", text);
	run("chmod 600 " STORE "/journal");
}

static const struct interrupted_case {
	const char *name;
	const char *command; /* in the store; a step further each */
} interrupted_cases[] = {
	{ "journal written", "true" },
	{ "generation named", "mv generations/.2.new generations/2" },
	{ "link prepared",
	    "mv generations/.2.new generations/2; "
	    "ln -s generations/2 .current.new" },
	{ "link switched",
	    "mv generations/.2.new generations/2; "
	    "ln -sfn generations/2 current" },
	{ "first file written beside",
	    "mv generations/.2.new generations/2; "
	    "ln -sfn generations/2 current; printf dr "
	    ">../sshd_config.d/.00-certgate.conf.certgate-Ab12Cd" },
	{ "first file made",
	    "mv generations/.2.new generations/2; "
	    "ln -sfn generations/2 current; "
	    "echo drop >../sshd_config.d/00-certgate.conf" },
	{ "second file written beside",
	    "mv generations/.2.new generations/2; "
	    "ln -sfn generations/2 current; "
	    "echo drop >../sshd_config.d/00-certgate.conf; "
	    "echo new >../.sshd_config.certgate-Ab12Cd" },
	{ "all made",
	    "mv generations/.2.new generations/2; "
	    "ln -sfn generations/2 current; "
	    "echo drop >../sshd_config.d/00-certgate.conf; "
	    "echo new >../sshd_config" },
	{ "second file back",
	    "mv generations/.2.new generations/2; "
	    "ln -sfn generations/2 current; "
	    "echo drop >../sshd_config.d/00-certgate.conf" },
	{ "generation on its way out",
	    "mv generations/.2.new generations/.2.gone" },
};

START_TEST(test_recovery)
{
	const struct interrupted_case *c = &interrupted_cases[_i];
	struct generation_store *s;
	struct err err = ERR_INIT;
	char command[512];
	bool recovered = false;

	make_interrupted();
	(void)snprintf(
	    command, sizeof(command), "cd " STORE " && { %s; }", c->command);
	run(command);
	s = generation_open(&root, 0, &recovered, &err);
	ck_assert_msg(s != NULL, "%s: %s", c->name, err.text);
	ck_assert(recovered);
	ck_assert(!generation_reload_due(s));
	generation_close(s);
	assert_tidy();
	run("diff -r --no-dereference before etc");
	ck_assert_uint_eq(mode_of(MAIN), 0640);
	/* and the next run works */
	ck_assert(apply("ca2\n", "list\n", "new\n", "drop\n"));
	assert_current("generations/2");
	assert_holds(MAIN, "new\n");
	assert_tidy();
}
END_TEST

static const struct stuck_case {
	const char *command; /* in the store */
	enum err_code code;
	const char *text; /* @: the store */
} stuck_cases[] = {
	{ "echo edited >>../sshd_config", ERR_REFUSED,
	    "/etc/ssh/sshd_config: changed by hand after certgate was "
	    "interrupted; see that it is in order, then remove @/journal" },
	{ "echo mine >../sshd_config.d/00-certgate.conf", ERR_REFUSED,
	    "/etc/ssh/sshd_config.d/00-certgate.conf: changed by hand after "
	    "certgate was interrupted; see that it is in order, then remove "
	    "@/journal" },
	{ "rm ../sshd_config", ERR_REFUSED,
	    "/etc/ssh/sshd_config: changed by hand after certgate was "
	    "interrupted; see that it is in order, then remove @/journal" },
	{ "rm .undo/1.old", ERR_NOT_FOUND,
	    "@/.undo/1.old: missing, so certgate cannot tell what to undo; "
	    "see that /etc/ssh/sshd_config is in order, then remove the "
	    "journal" },
	{ "rm -r .undo", ERR_NOT_FOUND,
	    "@/.undo/0.new: missing, so certgate cannot tell what to undo; "
	    "see that /etc/ssh/sshd_config.d/00-certgate.conf is in order, "
	    "then remove the journal" },
	{ "echo x >>journal", ERR_MALFORMED,
	    "@/journal:7: the journal goes on after its end: certgate did "
	    "not write this, so it cannot tell what to undo; see that sshd's "
	    "configuration is in order, then remove the journal" },
	{ ": >journal", ERR_MALFORMED,
	    "@/journal:1: the journal ends too early: certgate did not "
	    "write this, so it cannot tell what to undo; see that sshd's "
	    "configuration is in order, then remove the journal" },
	{ "chmod 620 journal", ERR_UNSAFE,
	    "@/journal: mode 0620 lets others than its owner change it; run "
	    "chmod go-w on it" },
	{ "truncate -s 200000 journal", ERR_LIMIT,
	    "@/journal: 200000 bytes, more than the 131072 allowed" },
	{ "mv journal j; ln -s j journal", ERR_UNSAFE,
	    "@/journal: a symbolic link; name the file itself" },
};

/* What certgate cannot undo for sure it leaves as it is, and says so. */
START_TEST(test_stuck)
{
	const struct stuck_case *c = &stuck_cases[_i];
	struct err err = ERR_INIT;
	char command[512];
	bool recovered = false;

	make_interrupted();
	(void)snprintf(command, sizeof(command),
	    "cd " STORE " && mv generations/.2.new generations/2 && "
	    "ln -sfn generations/2 current && { %s; }",
	    c->command);
	run(command);
	run("rm -rf before; cp -a etc before");
	ck_assert_ptr_null(generation_open(&root, 0, &recovered, &err));
	ck_assert_str_eq(err.text, with_store(c->text));
	ck_assert_int_eq(err.code, c->code);
	ck_assert(!recovered);
	run("diff -r --no-dereference before etc");
	/* the way out that the message names */
	run("rm -f " STORE "/journal");
	generation_close(open_store());
	(void)apply("ca9\n", "list\n", "new\n", "drop\n");
	assert_holds(MAIN, "new\n");
	assert_tidy();
}
END_TEST

/* Going back that fails is told, and the next run goes back. */
static int
prove_and_break(void *ctx, struct err *err)
{
	(void)ctx;
	run("mv " STORE "/.undo/0.old " STORE "/.undo/moved");
	return err_setf(err, ERR_REFUSED, "another file won");
}

START_TEST(test_going_back_fails)
{
	struct generation_store *s = open_store();
	struct generation_file file = file_of("/" MAIN, "new\n");
	struct err err = ERR_INIT;
	char text[1024];
	bool is_new, recovered;

	begin(s, "ca\n", "list\n");
	ck_assert_int_eq(generation_commit(
			     s, &file, 1, prove_and_break, NULL, &is_new, &err),
	    -1);
	(void)snprintf(text, sizeof(text),
	    "another file won; and going back failed: %s/" STORE
	    "/.undo/0.old: missing, so certgate cannot tell what to undo; see "
	    "that /etc/ssh/sshd_config is in order, then remove the journal; "
	    "the next certgate command tries that again",
	    dir);
	ck_assert_str_eq(err.text, text);
	generation_close(s);
	run("mv " STORE "/.undo/moved " STORE "/.undo/0.old");
	s = generation_open(&root, 0, &recovered, &err);
	ck_assert_ptr_nonnull(s);
	ck_assert(recovered);
	generation_close(s);
	assert_holds(MAIN, "old\n");
	assert_current(NULL);
	assert_tidy();
}
END_TEST

static int
prove_and_die(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	_exit(0);
}

/* A certgate that ends in the middle is undone by the next one. */
START_TEST(test_killed_in_proof)
{
	struct generation_file files[2];
	struct generation_store *s;
	struct err err = ERR_INIT;
	bool is_new, recovered = false;
	int status;
	pid_t pid;

	(void)apply("ca\n", "list\n", "old\n", "drop\n");
	run("rm " STORE "/reload-due; cp -a etc before");
	files[0] = file_of("/" DROPIN, NULL);
	files[1] = file_of("/" MAIN, "new\n");
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		s = open_store();
		begin(s, "ca2\n", "list\n");
		(void)generation_commit(
		    s, files, 2, prove_and_die, NULL, &is_new, &err);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	assert_current("generations/2");
	assert_holds(MAIN, "new\n");
	assert_holds(DROPIN, NULL);
	s = generation_open(&root, 0, &recovered, &err);
	ck_assert_msg(s != NULL, "%s", err.text);
	ck_assert(recovered);
	generation_close(s);
	run("diff -r --no-dereference before etc");
	assert_tidy();
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("undo");
	TCase *tc = tcase_create("undo");
	SRunner *r;
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_recovery, 0, N(interrupted_cases));
	tcase_add_loop_test(tc, test_stuck, 0, N(stuck_cases));
	tcase_add_test(tc, test_going_back_fails);
	tcase_add_test(tc, test_killed_in_proof);
	suite_add_tcase(s, tc);
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
