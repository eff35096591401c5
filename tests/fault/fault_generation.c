/*
 * The fault matrix of the generations: every system call of every command on
 * the store is hit once by SIGKILL and once by each of some errors.  After
 * each the files are exactly the old or exactly the new ones, the next
 * command leaves nothing over, and the same command then completes.
 *
 * usage: fault_generation [SCENARIO]
 */
#include "config.h"

#include "config-gen/generation.h"
#include "config-gen/pending.h"
#include "lib/file.h"
#include "tests/fault/inject.h"
#include "tests/fault/listing.h"

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAIN "etc/ssh/sshd_config"
#define DROPIN "etc/ssh/sshd_config.d/00-certgate.conf"
#define STORE "etc/ssh/certgate"

static const struct fault {
	const char *name;
	int fault;
} faults[] = {
	{ "SIGKILL", INJECT_KILL },
	{ "ENOSPC", ENOSPC },
	{ "EIO", EIO },
	{ "EACCES", EACCES },
	{ "EINTR", EINTR },
	{ "ENOMEM", ENOMEM },
};

static struct root root;
static int every = 1; /* as FAULT_EVERY says: all calls, or a sample */

static int
fail_proof(void *ctx, struct err *err)
{
	(void)ctx;
	return err_setf(err, ERR_REFUSED, "another file won");
}

static int
write_file(
    const char *folder, const char *name, const char *text, struct err *err)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return file_create(
	    path, text, strlen(text), 0644, geteuid(), getegid(), err);
}

/* What apply does, but for the policy. */
static int
apply(const char *ca, const char *main_text, const char *dropin,
    int (*prove)(void *ctx, struct err *err))
{
	struct generation_file files[2] = { { .path = "/" DROPIN },
		{ .path = "/" MAIN } };
	struct generation_store *s = NULL;
	const char *folder;
	struct err err = ERR_INIT;
	unsigned long number;
	bool is_new;
	int ret = 1;

	files[0].bytes = dropin;
	files[0].len = dropin == NULL ? 0 : strlen(dropin);
	files[1].bytes = main_text;
	files[1].len = strlen(main_text);
	if ((s = generation_open(&root, 0, NULL, &err)) == NULL ||
	    generation_begin(s, &folder, &number, &err) == -1 ||
	    write_file(folder, "ca.pub", ca, &err) == -1 ||
	    write_file(folder, "list", "same\n", &err) == -1 ||
	    generation_commit(s, files, 2, prove, NULL, &is_new, &err) == -1)
		goto out;
	ret = 0;
out:
	generation_close(s);
	return ret;
}

static int
act_first(void)
{
	return apply("ca 1\n", "main\n", "drop\n", NULL);
}

static int
act_second(void)
{
	return apply("ca 2\n", "new main\n", NULL, NULL);
}

static int
act_unchanged(void)
{
	return apply("ca 1\n", "main\n", "drop\n", NULL);
}

static int
act_not_proved(void)
{
	(void)apply("ca 2\n", "new main\n", NULL, fail_proof);
	return 1;
}

static int
act_rollback(void)
{
	struct generation_file files[2] = { { .path = "/" DROPIN },
		{ .path = "/" MAIN } };
	struct generation_store *s;
	struct err err = ERR_INIT;
	unsigned long number = 1;
	int ret;

	files[0].bytes = "drop\n";
	files[0].len = 5;
	files[1].bytes = "main\n";
	files[1].len = 5;
	if ((s = generation_open(&root, 0, NULL, &err)) == NULL)
		return 1;
	ret = generation_rollback(s, &number, files, 2, NULL, NULL, &err);
	generation_close(s);
	return ret == -1 ? 1 : 0;
}

static int
act_prune(void)
{
	struct generation_store *s;
	struct err err = ERR_INIT;
	int ret;

	if ((s = generation_open(&root, 0, NULL, &err)) == NULL)
		return 1;
	ret = generation_prune(s, &err);
	generation_close(s);
	return ret == -1 ? 1 : 0;
}

/* A record that is the same each time; nobody looks at the clock here. */
static int
write_record(struct generation_store *s, struct err *err)
{
	static const char text[] =
	    "certgate pending 1\nwait 300\nuntil 1790000000\n"
	    "boot 8f5c3f0a-6d0c-4b7e-9d43-0c8a52f5d1be 86700\nlink 1 2\n"
	    "session -\nprocess 815 60321\nsshd /usr/sbin/sshd\nend\n";
	struct pending p;

	if (pending_parse(&p, text, sizeof(text) - 1, "record", err) == -1)
		return -1;
	return pending_write(s, &p, err);
}

/* What apply --confirm does. */
static int
act_apply_held(void)
{
	struct generation_file files[2] = { { .path = "/" DROPIN },
		{ .path = "/" MAIN, .bytes = "new main\n", .len = 9 } };
	struct generation_store *s;
	struct generation_link link;
	struct err err = ERR_INIT, ignored = ERR_INIT;
	const char *folder;
	unsigned long number;
	bool differs, is_new;
	int ret = 1;

	if ((s = generation_open(&root, 0, NULL, &err)) == NULL ||
	    generation_begin(s, &folder, &number, &err) == -1 ||
	    write_file(folder, "ca.pub", "ca 2\n", &err) == -1 ||
	    write_file(folder, "list", "same\n", &err) == -1)
		goto out;
	if (generation_hold(s, files, 2, &link, &differs, &err) == -1 ||
	    (differs && write_record(s, &err) == -1) ||
	    generation_commit(s, files, 2, NULL, NULL, &is_new, &err) == -1)
		(void)pending_remove(s, NULL, &ignored);
	else
		ret = 0;
out:
	generation_close(s);
	return ret;
}

static int
settle(struct generation_store *s, bool with_return, struct err *err)
{
	struct generation_held held;
	struct pending p;
	size_t n;
	int found = pending_read(s, &p, err);

	if (found <= 0)
		return found;
	if (generation_held(s, &held, err) == -1)
		return -1;
	if (held.is_made && !with_return)
		return 0;
	if (held.is_made && generation_return(s, NULL, NULL, &n, err) == -1)
		return -1;
	if (generation_reload_done(s, err) == -1 ||
	    generation_discard(s, err) == -1)
		return -1;
	return pending_remove(s, NULL, err);
}

/* What is overdue goes back. */
static int
act_take_back(void)
{
	struct generation_store *s;
	struct err err = ERR_INIT;
	int ret;

	if ((s = generation_open(&root, 0, NULL, &err)) == NULL)
		return 1;
	ret = settle(s, true, &err);
	generation_close(s);
	return ret == -1 ? 1 : 0;
}

static int
act_confirm(void)
{
	struct generation_store *s;
	struct err err = ERR_INIT;
	int ret;

	if ((s = generation_open(&root, 0, NULL, &err)) == NULL)
		return 1;
	ret = pending_remove(s, NULL, &err);
	generation_close(s);
	return ret == -1 ? 1 : 0;
}

static int
die(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	_exit(0);
}

static int
act_die(void)
{
	return apply("ca 2\n", "new main\n", NULL, die);
}

static int
act_recover(void)
{
	struct err err = ERR_INIT;
	struct generation_store *s = generation_open(&root, 0, NULL, &err);
	int ret = 1;

	if (s != NULL && settle(s, false, &err) == 0)
		ret = 0;
	generation_close(s);
	return ret;
}

static void
run(const char *command)
{
	if (system(command) != 0)
		errx(1, "%s: failed", command);
}

static void
must(int (*act)(void))
{
	struct inject_result res;

	inject_run(act, 0, INJECT_NOTHING, &res);
	if (res.is_killed || res.status != 0)
		errx(1, "a command without a fault failed");
}

static void
start_empty(void)
{
	run("mkdir -p etc/ssh/sshd_config.d; echo old >" MAIN);
}

static void
start_one(void)
{
	start_empty();
	must(act_first);
	run("rm " STORE "/reload-due");
}

static void
start_two(void)
{
	start_one();
	must(act_second);
	run("rm " STORE "/reload-due");
}

static void
start_eleven(void)
{
	start_one();
	run("cd " STORE "/generations; for i in 2 3 4 5 6 7 8 9 10 11; do "
	    "cp -a 1 $i; done; ln -sfn generations/11 ../current");
}

static void
start_held(void)
{
	start_one();
	must(act_apply_held);
	run("rm " STORE "/reload-due");
}

static void
start_interrupted(void)
{
	start_one();
	must(act_die);
}

static const struct scenario {
	const char *name;
	void (*start)(void);
	int (*act)(void);
	bool is_undone;    /* its end is the state before */
	bool is_done_late; /* it may fail with its work done */
	/* While sshd_config says this, `current` must lead there. */
	const char *main_text, *current;
} scenarios[] = {
	{ "first apply", start_empty, act_first, false, false, "main\n",
	    "generations/1" },
	{ "second apply", start_one, act_second, false, false, "new main\n",
	    "generations/2" },
	{ "apply without a change", start_one, act_unchanged, false, false,
	    "main\n", "generations/1" },
	{ "apply that is not proved", start_one, act_not_proved, true, false,
	    "new main\n", "generations/2" },
	{ "pruning", start_eleven, act_prune, false, true, "main\n",
	    "generations/11" },
	{ "rollback", start_two, act_rollback, false, false, "main\n",
	    "generations/1" },
	{ "apply to be confirmed", start_one, act_apply_held, false, false,
	    "new main\n", "generations/2" },
	{ "confirming", start_held, act_confirm, false, true, "new main\n",
	    "generations/2" },
	{ "taking back", start_held, act_take_back, false, true, "main\n",
	    "generations/1" },
	{ "recovery", start_interrupted, act_recover, false, false,
	    "new main\n", "generations/2" },
};

/* What came of one scenario without a fault. */
struct expected {
	char *old, *new; /* all files */
};

/* What sshd reads is never half a file. */
static bool
is_whole(const char *path)
{
	static const char *const texts[] = { "old\n", "main\n", "new main\n" };
	struct err err = ERR_INIT;
	char *bytes = NULL;
	bool found = false;
	size_t i, len;

	if (file_read(path, FILE_ANY, 100, &bytes, &len, &err) == -1)
		return false;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		found = found || strcmp(bytes, texts[i]) == 0;
	free(bytes);
	return found;
}

/* sshd_config never refers to what is not there yet, or not any more. */
static bool
is_in_step(const struct scenario *c)
{
	struct err err = ERR_INIT;
	char *bytes = NULL;
	char target[64] = "";
	size_t len;
	bool ret;

	if (file_read(MAIN, FILE_ANY, 100, &bytes, &len, &err) == -1)
		return false;
	ret = strcmp(bytes, c->main_text) != 0 ||
	    (readlink(STORE "/current", target, sizeof(target) - 1) != -1 &&
		strcmp(target, c->current) == 0);
	free(bytes);
	return ret;
}

static const char *
explain(const struct scenario *c, const struct expected *e,
    const struct inject_result *res)
{
	struct inject_result again;
	char *now;
	const char *what = NULL;

	if (!is_whole(MAIN))
		return "sshd_config is half written";
	if (!is_in_step(c))
		return "sshd_config goes before the link, or stays behind";
	inject_run(act_recover, 0, INJECT_NOTHING, &again);
	if (again.is_killed || again.status != 0)
		return "the next command fails";
	now = listing("etc", NULL);
	if (!res->is_killed && res->status == 0 && strcmp(now, e->new) != 0)
		what = "said to be done, and is not";
	else if (!res->is_killed && res->status != 0 && !c->is_done_late &&
	    strcmp(now, e->old) != 0)
		what = "said to have failed, and changed something";
	else if (strcmp(now, e->old) != 0 && strcmp(now, e->new) != 0)
		what = "neither old nor new, or something is left over";
	if (what != NULL)
		(void)fprintf(stderr, "%s", now);
	free(now);
	if (what != NULL)
		return what;
	inject_run(c->act, 0, INJECT_NOTHING, &again);
	now = listing("etc", NULL);
	if (again.is_killed || (again.status != 0 && !c->is_undone) ||
	    strcmp(now, e->new) != 0)
		what = "the same command does not complete";
	free(now);
	return what;
}

static void
restart(void)
{
	run("rm -rf etc && cp -a start etc");
}

static void
expect(const struct scenario *c, struct expected *e)
{
	struct inject_result res;

	run("rm -rf start etc");
	c->start();
	run("cp -a etc start");
	inject_run(c->act, 0, INJECT_NOTHING, &res);
	if (res.is_killed || (res.status != 0 && !c->is_undone))
		errx(1, "%s: fails without a fault", c->name);
	e->new = listing("etc", NULL);
	restart();
	must(act_recover);
	e->old = listing("etc", NULL);
}

static void
try_scenario(const struct scenario *c, int *n_points, int *n_failed)
{
	struct expected e;
	struct inject_result res;
	const char *what;
	size_t i;
	int at;

	expect(c, &e);
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		for (at = 0;; at += every) {
			restart();
			inject_run(c->act, at, faults[i].fault, &res);
			if (res.number == -1)
				break;
			(*n_points)++;
			what = explain(c, &e, &res);
			if (what == NULL)
				continue;
			(*n_failed)++;
			(void)printf("%s, %s at call %d (number %ld): %s\n",
			    c->name, faults[i].name, at, res.number, what);
		}
	}
	free(e.old);
	free(e.new);
}

int
main(int argc, char **argv)
{
	/* In memory, where there is such a folder: it syncs a lot. */
	char dir[64] = "/dev/shm/fault_generation.XXXXXX";
	char command[128];
	size_t i;
	int n_points = 0, n_failed = 0, n_before;

	if (getenv("FAULT_EVERY") != NULL && atoi(getenv("FAULT_EVERY")) > 1)
		every = atoi(getenv("FAULT_EVERY"));
	if (!inject_is_possible()) {
		(void)printf("fault: generation: skipped, no ptrace here\n");
		return 77;
	}
	if (mkdtemp(dir) == NULL) {
		(void)strcpy(dir, "/tmp/fault_generation.XXXXXX");
		if (mkdtemp(dir) == NULL)
			err(1, "%s", dir);
	}
	if (chdir(dir) == -1)
		err(1, "%s", dir);
	root.dir = dir;
	(void)umask(022);
	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (argc > 1 && strcmp(argv[1], scenarios[i].name) != 0)
			continue;
		n_before = n_points;
		try_scenario(&scenarios[i], &n_points, &n_failed);
		(void)printf("fault: %s: %d points\n", scenarios[i].name,
		    n_points - n_before);
		(void)fflush(stdout);
	}
	if (chdir("/") == -1)
		err(1, NULL);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	run(command);
	(void)printf("fault: generation: %d points tried, %d failed\n",
	    n_points, n_failed);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
