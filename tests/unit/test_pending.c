#include "config.h"

#include "config-gen/pending.h"

#include "tests/unit/harness.h"
#include "tests/unit/store_fixture.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT "8f5c3f0a-6d0c-4b7e-9d43-0c8a52f5d1be"
#define OTHER_BOOT "8f5c3f0a-6d0c-4b7e-9d43-0c8a52f5d1bf"
#define HEAD "certgate pending 1\nwait 300\nuntil 1790000000\n"
#define LINK "boot " BOOT " 86700\nlink 3 4\n"
#define TAIL "process 815 60321\nsshd /usr/sbin/sshd\nend\n"
#define WHY                                                                    \
	"/p: certgate did not write this, so it cannot tell what waits for "   \
	"confirmation; see that sshd's configuration is in order, then "       \
	"remove it"

static const char *const good_texts[] = {
	HEAD LINK "session 12\n" TAIL,
	HEAD LINK "session -\nprocess 0 0\n" TAIL,
	HEAD LINK "session 4294967294\nprocess 4194304 9999999999999999999\n"
		  "sshd /opt/open ssh/sshd\nend\n",
	"certgate pending 1\nwait 86400\nuntil 999999999999\nboot " BOOT
	" 999999999999\nlink 0 999999999999999\nsession 0\n" TAIL,
};

START_TEST(test_format_of_parse)
{
	const char *text = good_texts[_i];
	struct err err = ERR_INIT;
	struct pending p;
	char *again = NULL;
	size_t len = 0;

	ck_assert_msg(pending_parse(&p, text, strlen(text), "/p", &err) == 0,
	    "%s", err.text);
	ck_assert_int_eq(pending_format(&p, &again, &len, &err), 0);
	ck_assert_str_eq(again, text);
	ck_assert_uint_eq(len, strlen(text));
	free(again);
}
END_TEST

START_TEST(test_parse)
{
	struct err err = ERR_INIT;
	struct pending p;

	ck_assert_int_eq(pending_parse(&p, good_texts[0],
			     strlen(good_texts[0]), "/p", &err),
	    0);
	ck_assert_uint_eq(p.wait_s, 300);
	ck_assert_int_eq(p.until_at, 1790000000);
	ck_assert_str_eq(p.boot, BOOT);
	ck_assert_int_eq(p.until_boot_s, 86700);
	ck_assert_uint_eq(p.before, 3);
	ck_assert_uint_eq(p.after, 4);
	ck_assert(p.session.has_audit);
	ck_assert_uint_eq(p.session.audit, 12);
	ck_assert_uint_eq(p.session.n_processes, 1);
	ck_assert_int_eq(p.session.processes[0].pid, 815);
	ck_assert_uint_eq(p.session.processes[0].start, 60321);
	ck_assert_str_eq(p.sshd, "/usr/sbin/sshd");
}
END_TEST

static const struct bad_text {
	const char *name, *text;
} bad_texts[] = {
	{ "empty", "" },
	{ "no end", HEAD LINK "session -\nprocess 1 1\nsshd /s\n" },
	{ "no final line end",
	    HEAD LINK "session -\nprocess 1 1\nsshd /s\nend" },
	{ "goes on", HEAD LINK "session -\n" TAIL "end\n" },
	{ "no session", HEAD LINK TAIL },
	{ "no process", HEAD LINK "session -\nsshd /s\nend\n" },
	{ "session of letters", HEAD LINK "session x\n" TAIL },
	{ "session too large", HEAD LINK "session 4294967296\n" TAIL },
	{ "process negative start",
	    HEAD LINK "session -\nprocess 1 -1\nsshd /s\nend\n" },
	{ "sshd no path", HEAD LINK "session -\nprocess 1 1\nsshd s\nend\n" },
	{ "no sshd", HEAD LINK "session -\nprocess 1 1\nend\n" },
	{ "boot too short",
	    HEAD "boot 8f5c3f0a 86700\nlink 3 4\nsession -\n" TAIL },
	{ "boot of capitals",
	    HEAD "boot 8F5C3F0A-6D0C-4B7E-9D43-0C8A52F5D1BE 86700\nlink 3 4\n"
		 "session -\n" TAIL },
	{ "boot time negative",
	    HEAD "boot " BOOT " -1\nlink 3 4\nsession -\n" TAIL },
	{ "boot time too large",
	    HEAD "boot " BOOT " 1000000000000\nlink 3 4\nsession -\n" TAIL },
	{ "wait too short",
	    "certgate pending 1\nwait 9\nuntil 1\n" LINK "session -\n" TAIL },
	{ "wait too long",
	    "certgate pending 1\nwait 86401\nuntil 1\n" LINK
	    "session -\n" TAIL },
	{ "until negative",
	    "certgate pending 1\nwait 10\nuntil -1\n" LINK "session -\n" TAIL },
	{ "leading nought",
	    "certgate pending 1\nwait 010\nuntil 1\n" LINK "session -\n" TAIL },
	{ "blanks", "certgate pending 1\nwait  10\nuntil 1\n" LINK
		    "session -\n" TAIL },
	{ "link negative",
	    HEAD "boot " BOOT " 1\nlink -3 4\nsession -\n" TAIL },
	{ "link of 16 digits",
	    HEAD "boot " BOOT " 1\nlink 3 1000000000000000\nsession -\n" TAIL },
};

START_TEST(test_bad_text)
{
	const struct bad_text *t = &bad_texts[_i];
	struct err err = ERR_INIT;
	struct pending p;

	ck_assert_msg(
	    pending_parse(&p, t->text, strlen(t->text), "/p", &err) == -1,
	    "%s", t->name);
	assert_err(&err, ERR_MALFORMED, WHY);
}
END_TEST

static void
assert_refused(const char *text, size_t len, size_t at)
{
	struct err err = ERR_INIT;
	struct pending p;

	ck_assert_msg(pending_parse(&p, text, len, "/p", &err) == -1,
	    "taken, although damaged at byte %zu", at);
}

/* Each byte changed or NUL, and each beginning. */
START_TEST(test_damaged)
{
	const char *good = good_texts[0];
	size_t path = (size_t)(strstr(good, "/usr") - good) + 1;
	size_t i, len = strlen(good);
	char *text;

	for (i = 0; i < len; i++) {
		text = (char *)exact_copy(good, len + 1);
		text[i] = '\0';
		assert_refused(text, len, i);
		assert_refused(text, i, i);
		text[i] = (char)(good[i] ^ 0x40);
		/* Another path of sshd is one, too. */
		if (i < path || i >= len - 5)
			assert_refused(text, len, i);
		free(text);
	}
}
END_TEST

START_TEST(test_another_version)
{
	static const char text[] = "certgate pending 2\nend\n";
	struct err err = ERR_INIT;
	struct pending p;

	ck_assert_int_eq(
	    pending_parse(&p, text, sizeof(text) - 1, "/p", &err), -1);
	assert_err(&err, ERR_UNSUPPORTED,
	    "/p: of another version of certgate; run the certgate that wrote "
	    "it");
}
END_TEST

START_TEST(test_too_many_processes)
{
	static char text[PENDING_MAX_BYTES];
	struct err err = ERR_INIT;
	struct pending p;
	size_t i, n;

	n = (size_t)snprintf(
	    text, sizeof(text), HEAD LINK "session -\n");
	for (i = 0; i <= SESSION_MAX; i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "process 1 %zu\n", i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "sshd /s\nend\n");
	ck_assert_int_eq(pending_parse(&p, text, n, "/p", &err), -1);
	assert_err(&err, ERR_MALFORMED, WHY);
}
END_TEST

static const struct time_case {
	const char *text;
	unsigned int seconds; /* 0: refused */
} time_cases[] = {
	{ "10s", 10 }, { "90s", 90 }, { "5m", 300 }, { "24h", 86400 },
	{ "86400s", 86400 }, { "1440m", 86400 }, { "010s", 10 }, { "9s", 0 },
	{ "0m", 0 }, { "25h", 0 }, { "86401s", 0 }, { "", 0 }, { "s", 0 },
	{ "60", 0 }, { "5 m", 0 }, { "5min", 0 }, { "-5m", 0 }, { "5M", 0 },
	{ "5d", 0 }, { "1.5h", 0 }, { "9999999s", 0 },
	{ "18446744073709551626s", 0 },
};

START_TEST(test_time)
{
	const struct time_case *t = &time_cases[_i];
	unsigned int seconds = 0;

	ck_assert_msg(pending_time(t->text, &seconds) == (t->seconds != 0),
	    "%s", t->text);
	ck_assert_uint_eq(seconds, t->seconds);
}
END_TEST

static const struct left_case {
	const char *name, *boot;
	int64_t now_s, left_s;
} left_cases[] = {
	{ "just written", BOOT, 86400, 300 },
	{ "one second left", BOOT, 86699, 1 },
	{ "over", BOOT, 86700, 0 },
	{ "long over", BOOT, 999999, 0 },
	{ "clock before the record", BOOT, 86399, 0 },
	{ "another boot", OTHER_BOOT, 86500, 0 },
	{ "no boot", "", 86500, 0 },
};

START_TEST(test_left)
{
	const struct left_case *t = &left_cases[_i];
	struct err err = ERR_INIT;
	struct pending p;

	ck_assert_int_eq(pending_parse(&p, good_texts[0],
			     strlen(good_texts[0]), "/p", &err),
	    0);
	ck_assert_msg(pending_left(&p, t->boot, t->now_s) == t->left_s, "%s",
	    t->name);
}
END_TEST

START_TEST(test_begin)
{
	struct err err = ERR_INIT;
	struct pending p, again;
	int64_t left_s = 0;

	ck_assert_msg(pending_begin(&p, 86400, "/usr/sbin/sshd", &err) == 0,
	    "%s", err.text);
	ck_assert_int_eq(pending_left_s(&p, &left_s, &err), 0);
	ck_assert_int_gt(left_s, 0);
	ck_assert_msg(
	    pending_begin(&again, 10, "/usr/sbin/sshd", &err) == 0, "%s",
	    err.text);
	ck_assert(session_is_same(&p.session, &again.session));
	ck_assert_int_eq(pending_begin(&p, 10, "sshd", &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "--confirm needs sshd by its absolute path");
	p.boot[0] = p.boot[0] == '0' ? '1' : '0';
	err_clear(&err);
	ck_assert_int_eq(pending_left_s(&p, &left_s, &err), 0);
	ck_assert_int_eq(left_s, 0);
}
END_TEST

START_TEST(test_record)
{
	struct generation_store *s = open_store();
	struct err err = ERR_INIT;
	struct pending p, q;

	ck_assert_int_eq(pending_peek(&root, &q, &err), 0);
	ck_assert_int_eq(pending_read(s, &q, &err), 0);
	ck_assert_int_eq(pending_begin(&p, 60, "/usr/sbin/sshd", &err), 0);
	p.before = 3;
	p.after = 4;
	ck_assert_msg(pending_write(s, &p, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(mode_of(STORE "/pending"), 0600);
	ck_assert_int_eq(pending_peek(&root, &q, &err), 1);
	ck_assert_uint_eq(q.after, 4);
	ck_assert_int_eq(pending_read(s, &q, &err), 1);
	ck_assert_uint_eq(q.before, 3);
	ck_assert_int_eq(pending_extend(&p, &err), 0);
	ck_assert_int_eq(pending_write(s, &p, &err), 0);
	put(STORE "/journal", "");
	ck_assert_int_eq(pending_remove(s, NULL, &err), -1);
	assert_err(&err, ERR_REFUSED, "a change is still to be undone");
	err_clear(&err);
	run("rm " STORE "/journal; chmod 666 " STORE "/pending");
	ck_assert_int_eq(pending_read(s, &q, &err), -1);
	ck_assert_int_eq((int)err.code, ERR_UNSAFE);
	err_clear(&err);
	ck_assert_msg(pending_remove(s, NULL, &err) == 0, "%s", err.text);
	ck_assert_int_eq(pending_remove(s, NULL, &err), 0);
	assert_holds(STORE "/pending", NULL);
	generation_close(s);
}
END_TEST

/* The record decides: what cannot be cleared up does not bring it back. */
START_TEST(test_remove_unclear)
{
	struct generation_store *s = open_store();
	struct err err = ERR_INIT, left = ERR_INIT;
	struct pending p;

	ck_assert_int_eq(pending_begin(&p, 60, "/usr/sbin/sshd", &err), 0);
	ck_assert_int_eq(pending_write(s, &p, &err), 0);
	run("rmdir " STORE "/generations; touch " STORE "/generations");
	ck_assert_msg(pending_remove(s, &left, &err) == 0, "%s", err.text);
	assert_err(&left, ERR_SYSTEM,
	    with_store("@/generations: Not a directory"));
	assert_holds(STORE "/pending", NULL);
	ck_assert_msg(pending_remove(s, NULL, &err) == 0, "%s", err.text);
	run("rm " STORE "/generations");
	generation_close(s);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pending");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_format_of_parse, 0, N(good_texts));
	tcase_add_test(tc, test_parse);
	tcase_add_loop_test(tc, test_bad_text, 0, N(bad_texts));
	tcase_add_test(tc, test_damaged);
	tcase_add_test(tc, test_another_version);
	tcase_add_test(tc, test_too_many_processes);
	tcase_add_loop_test(tc, test_time, 0, N(time_cases));
	tcase_add_loop_test(tc, test_left, 0, N(left_cases));
	tcase_add_test(tc, test_begin);
	tcase_add_test(tc, test_record);
	tcase_add_test(tc, test_remove_unclear);
	return run_case("pending", tc);
}
