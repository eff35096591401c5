#include "config.h"

#include "config-gen/accepted.h"

#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define FP "SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZgtE3Ti4E"
#define FP2 "SHA256:goUbzlitflZX73wp4Fddy1z5FkhVOyrw19qWqfKreCE"
#define LOGIN \
	"Accepted publickey for jdoe from 192.0.2.7 port 50112 ssh2: " \
	"ED25519-CERT SHA256:eqE8wDZ7HPSWqMBlrQsnnS4lEkMsyZHVpLlVJbF8Tgs ID "
#define END " (serial 7) CA ED25519 " FP
#define SENT "1795345200.123456 host sshd[12]: " LOGIN
#define NONE 0
#define HUNDRED \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
/* A part of this one looks like a whole one; only where it ends tells. */
#define INNER "a key ID that says more"

/* 2026-11-22T11:00:00Z */
#define AT 1795345200

struct row {
	const char *name, *line;
	int64_t at; /* NONE: no login by certificate */
};

static const struct row rows[] = {
	{ "the journal's", SENT "jdoe@example.com" END, AT },
	{ "sshd-session's",
	    "1795345200 host sshd-session[12]: " LOGIN "jdoe@example.com" END,
	    AT },
	{ "rsyslog's",
	    "2026-11-22T12:00:00.654321+01:00 host sshd[12]: " LOGIN "x" END,
	    AT },
	{ "west", "2026-11-22T10:30:00-0030 host sshd[12]: " LOGIN "x" END,
	    AT },
	{ "UTC", "2026-11-22T11:00:00Z host sshd[12]: " LOGIN "x" END, AT },
	{ "the old form", "Nov 22 11:00:00 host sshd[12]: " LOGIN "x" END, AT },
	{ "the old form, one digit",
	    "Nov  2 11:00:00 host sshd[12]: " LOGIN "x" END, AT - 20 * 86400 },
	{ "the old form, last year",
	    "Dec 31 11:00:00 host sshd[12]: " LOGIN "x" END,
	    AT + 39 * 86400 - 365 * 86400LL },
	{ "a CR at the end", SENT "x" END "\r", AT },
	{ "an empty key ID", SENT "" END, AT },
	{ INNER, SENT "x (serial 1) CA RSA " FP2 END, AT },
	{ "so long that it may be cut",
	    SENT HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	        HUNDRED END, NONE },

	{ "a plain key",
	    "1795345200 host sshd[12]: Accepted publickey for jdoe from "
	    "192.0.2.7 port 1 ssh2: ED25519 " FP, NONE },
	{ "no serial", SENT "x CA ED25519 " FP, NONE },
	{ "a key ID that ends like a CA", SENT "x CA RSA " FP2 " (serial 1)",
	    NONE },
	{ "cut short", SENT "jdoe@example.com (serial 7) CA ED25519 SHA256:aus",
	    NONE },
	{ "a type that is none", SENT "x (serial 1) CA ed25519 " FP, NONE },
	{ "no CA", SENT "x (serial 1) ED25519 " FP, NONE },
	{ "no fingerprint",
	    SENT "x CA ED25519 SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZg E3T"
	         "i4E",
	    NONE },
	{ "a helper's line",
	    "1795345200 host authorized-principals[12]: " LOGIN "x" END, NONE },
	{ "another's word for it",
	    "1795345200 host jdoe: sshd[12]: " LOGIN "x" END, NONE },
	{ "a refusal",
	    "1795345200 host sshd[12]: Failed publickey for jdoe from x CA RSA "
	    FP, NONE },
	{ "no time", "host sshd[12]: " LOGIN "x" END, NONE },
	{ "no such month", "Nox 22 11:00:00 host sshd[12]: " LOGIN "x" END,
	    NONE },
	{ "no such hour",
	    "2026-11-22T25:00:00Z host sshd[12]: " LOGIN "x" END, NONE },
	{ "no zone", "2026-11-22T11:00:00 host sshd[12]: " LOGIN "x" END,
	    NONE },
	{ "a huge number",
	    "99999999999999999999999999 host sshd[12]: " LOGIN "x" END, NONE },
	{ "empty", "", NONE },
};

static void
use_utc(void)
{
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
	policyfix_setup();
}

START_TEST(line)
{
	const struct row *r = &rows[_i];
	size_t len = strlen(r->line);
	char *copy = (char *)exact_copy(r->line, len);
	struct accepted_key key = { "untouched", 0 };
	int found = accepted_line(&key, copy, len, AT);

	ck_assert_msg(found == (r->at != NONE), "%s", r->name);
	ck_assert_str_eq(key.fingerprint, r->at == NONE ? "untouched" : FP);
	ck_assert_msg(key.at == r->at, "%s: %lld", r->name, (long long)key.at);
	/* No part of it is a login, nor is any other line's end. */
	while (strcmp(r->name, INNER) != 0 && len-- > 0 &&
	    r->line[len] != '\r')
		ck_assert_int_eq(accepted_line(&key, copy, len, AT), 0);
	free(copy);
}
END_TEST

/* Logs that were rotated long ago, packed; and what only looks so. */
START_TEST(packed)
{
	static char folder[PATH_MAX], one[PATH_MAX], other[PATH_MAX];
	const char *const gzip[] = { "/usr/bin/gzip", one, other, NULL };
	struct command_result res = { 0 };
	struct root root = { .dir = getcwd(folder, sizeof(folder)) };
	struct accepted *a = malloc(sizeof(*a));
	struct err err = ERR_INIT;

	ck_assert_ptr_nonnull(a);
	ck_assert_int_eq(mkdir("var", 0755), 0);
	ck_assert_int_eq(mkdir("var/log", 0755), 0);
	policyfix_write_text("var/log/auth.log.2",
	    "2026-11-22T11:00:00Z h sshd[1]: " LOGIN "x" END "\n");
	policyfix_write_text("var/log/secure-20261115",
	    "2026-11-21T11:00:00Z h sshd[1]: " LOGIN "x (serial 0) CA RSA " FP2
	    "\n");
	(void)root_path(&root, one, "/var/log/auth.log.2");
	(void)root_path(&root, other, "/var/log/secure-20261115");
	ck_assert_msg(command_run(NULL, gzip, 10, &res, &err) == 0, "%s",
	    err.text);
	ck_assert_int_eq(res.status, 0);
	command_result_clear(&res);
	policyfix_write_text("var/log/auth.log.3.gz",
	    "2026-11-23T11:00:00Z h sshd[1]: " LOGIN "x" END "\n");
	ck_assert_int_eq(access("var/log/auth.log.2", F_OK), -1);
	accepted_read(a, &root);
	ck_assert(a->has_log);
	ck_assert_int_eq(accepted_last(a, FP), AT);
	ck_assert_int_eq(accepted_last(a, FP2), AT - 86400);
	free(a);
}
END_TEST

START_TEST(files)
{
	char folder[PATH_MAX];
	struct root root = { .dir = getcwd(folder, sizeof(folder)) };
	struct accepted *a = malloc(sizeof(*a));

	ck_assert_ptr_nonnull(a);
	accepted_read(a, &root);
	ck_assert(!a->has_log);
	ck_assert_int_eq(accepted_last(a, FP), 0);
	ck_assert_int_eq(mkdir("var", 0755), 0);
	policyfix_write_text("var/log", "");
	ck_assert_int_eq(remove("var/log"), 0);
	ck_assert_int_eq(mkdir("var/log", 0755), 0);
	policyfix_write_text("var/log/auth.log.1",
	    "2026-11-21T11:00:00Z h sshd[1]: " LOGIN "x (serial 0) CA RSA " FP2
	    "\n2026-11-23T11:00:00Z h sshd[1]: " LOGIN "x" END "\n");
	policyfix_write_text("var/log/auth.log",
	    "garbage\n\n2026-11-22T11:00:00Z h sshd[1]: " LOGIN "x" END);
	accepted_read(a, &root);
	ck_assert(a->has_log);
	ck_assert_uint_eq(a->n, 2);
	ck_assert_int_eq(accepted_last(a, FP), AT + 86400);
	ck_assert_int_eq(accepted_last(a, FP2), AT - 86400);
	ck_assert_int_eq(accepted_last(a, "SHA256:"), 0);
	free(a);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("accepted");

	tcase_add_checked_fixture(tc, use_utc, policyfix_teardown);
	tcase_add_loop_test(tc, line, 0, N_ROWS(rows));
	tcase_add_test(tc, files);
	tcase_add_test(tc, packed);
	return run_case("accepted", tc);
}
