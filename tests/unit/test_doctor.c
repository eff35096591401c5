#include "config.h"

#include "config-gen/doctor_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

/* Where sshd_config's text stands in a row. */
#define FILE_NAME "/etc/ssh/sshd_config"

/* A key as ssh-keygen writes it. */
#define KEY                                                                     \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHB" \
	"wcHBwcHBwcH"

static const struct row {
	const char *code;
	unsigned int major, minor;
	const char *config;
	const char *settings; /* for nobody in particular */
	const char *found;    /* "SEVERITY FILE:LINE: WHAT"; NULL: nothing */
} rows[] = {
	/* The two commands share one parser in old versions. */
	{ "keys-command-first", 9, 3,
	    "AuthorizedKeysCommand none\nAuthorizedPrincipalsCommand /x\n", "",
	    "failure " FILE_NAME
	    ":2: OpenSSH_9.3 drops this AuthorizedPrincipalsCommand, for the "
	    "AuthorizedKeysCommand in " FILE_NAME ":1 stands before it" },
	{ "keys-command-first", 9, 4,
	    "AuthorizedKeysCommand none\nAuthorizedPrincipalsCommand /x\n", "",
	    NULL },
	{ "keys-command-first", 8, 7,
	    "AuthorizedPrincipalsCommand /x\nAuthorizedKeysCommand none\n", "",
	    NULL },
	{ "keys-command-first", 9, 2,
	    "Match User a\nAuthorizedKeysCommand /y\nMatch User b\n"
	    "AuthorizedPrincipalsCommand /x\n",
	    "", NULL },
	{ "keys-command-first", 9, 2,
	    "Match User a\nAuthorizedKeysCommand /y\nMatch User a\n"
	    "AuthorizedPrincipalsCommand /x\n",
	    "",
	    "failure " FILE_NAME
	    ":4: OpenSSH_9.2 drops this AuthorizedPrincipalsCommand, for the "
	    "AuthorizedKeysCommand in " FILE_NAME ":2 stands before it" },
	{ "keys-command-first", 9, 2,
	    "AuthorizedKeysCommand /y\nMatch User a\n"
	    "AuthorizedPrincipalsCommand /x\n",
	    "", NULL },
	{ "keys-command-first", 9, 2,
	    "Match all\nAuthorizedKeysCommand /y\nMatch User b\n"
	    "AuthorizedPrincipalsCommand /x\n",
	    "",
	    "failure " FILE_NAME
	    ":4: OpenSSH_9.2 drops this AuthorizedPrincipalsCommand, for the "
	    "AuthorizedKeysCommand in " FILE_NAME ":2 stands before it" },

	{ "command-twice", 9, 2,
	    "AuthorizedPrincipalsCommand /x\nAuthorizedPrincipalsCommand /y\n",
	    "",
	    "failure " FILE_NAME
	    ":2: a second AuthorizedPrincipalsCommand beside that in " FILE_NAME
	    ":1; of both this sshd uses the last" },
	{ "command-twice", 9, 4,
	    "AuthorizedPrincipalsCommand /x\nAuthorizedPrincipalsCommand /y\n",
	    "",
	    "failure " FILE_NAME
	    ":2: a second AuthorizedPrincipalsCommand beside that in " FILE_NAME
	    ":1; of both this sshd uses the first" },
	{ "command-twice", 9, 2,
	    "AuthorizedPrincipalsCommand /x\nMatch User a\n"
	    "AuthorizedPrincipalsCommand /y\nMatch User b\n"
	    "AuthorizedPrincipalsCommand /z\n",
	    "", NULL },

	{ "command-comment", 9, 2, "AuthorizedPrincipalsCommand /x %u # c\n",
	    "",
	    "failure " FILE_NAME ":1: a comment at the end of a command line" },
	{ "command-comment", 9, 2, "AuthorizedKeysCommand /x %u #c\n", "",
	    "failure " FILE_NAME ":1: a comment at the end of a command line" },
	{ "command-comment", 9, 2,
	    "AuthorizedPrincipalsCommand /x a#b \"# c\" '#' \\ #\n", "", NULL },
	{ "command-comment", 9, 2, "ForceCommand /x # c\n", "", NULL },

	{ "command-token", 9, 3, "AuthorizedPrincipalsCommand /x %u %C\n", "",
	    "failure " FILE_NAME
	    ":1: OpenSSH_9.3 does not know the token %C of "
	    "authorizedprincipalscommand" },
	{ "command-token", 9, 4, "AuthorizedPrincipalsCommand /x %u %C %D\n",
	    "", NULL },
	{ "command-token", 9, 2,
	    "AuthorizedPrincipalsCommand /x %% %u%h %t%T %f %F %k %K %i %s %U\n",
	    "", NULL },
	{ "command-token", 9, 2, "AuthorizedPrincipalsCommand /x%q %u\n", "",
	    NULL },
	{ "command-token", 9, 9, "AuthorizedKeysCommand /x %K\n", "",
	    "failure " FILE_NAME
	    ":1: OpenSSH_9.9 does not know the token %K of "
	    "authorizedkeyscommand" },
	{ "command-token", 9, 2, "AuthorizedPrincipalsFile /x/%i\n", "",
	    "failure " FILE_NAME
	    ":1: OpenSSH_9.2 does not know the token %i of "
	    "authorizedprincipalsfile" },
	{ "command-token", 9, 2, "AuthorizedKeysFile a %\n", "",
	    "failure " FILE_NAME ":1: OpenSSH_9.2 does not know the token % of "
	    "authorizedkeysfile" },

	{ "none-in-match", 9, 2, "Match User a\nRevokedKeys none\n", "",
	    "failure " FILE_NAME
	    ":2: `RevokedKeys none` in a Match block is a file that cannot be "
	    "read: sshd refuses every key and certificate of these users" },
	{ "none-in-match", 9, 2, "RevokedKeys none\n", "", NULL },
	{ "none-in-match", 9, 2,
	    "Match User a\nAuthorizedPrincipalsFile \"None\"\n", "",
	    "failure " FILE_NAME
	    ":2: `AuthorizedPrincipalsFile none` in a Match block is the file "
	    "none in the user's home, which the user may write" },
	{ "none-in-match", 9, 2, "AuthorizedPrincipalsCommand none\n", "",
	    "failure " FILE_NAME
	    ":1: `AuthorizedPrincipalsCommand none` is not off: sshd refuses "
	    "every certificate" },
	{ "none-in-match", 9, 2, "Match User a\nTrustedUserCAKeys none\n", "",
	    "warning " FILE_NAME
	    ":2: `TrustedUserCAKeys none` in a Match block is a file of that "
	    "name, wherever sshd was started" },

	{ "ca-elsewhere", 9, 2, "TrustedUserCAKeys /x\n", "",
	    "warning " FILE_NAME ":1: trustedusercakeys is set here" },
	{ "ca-elsewhere", 9, 2, "AuthorizedKeysFile none\n", "", NULL },

	{ "revoked-keys", 9, 2, "RevokedKeys /missing\n", "",
	    "failure " FILE_NAME
	    ":1: the RevokedKeys file cannot be read: ROOT/missing: No such "
	    "file or directory" },
	{ "revoked-keys", 9, 2, "RevokedKeys /etc/empty\n", "",
	    "warning " FILE_NAME ":1: the RevokedKeys file /etc/empty is "
	    "empty" },
	{ "revoked-keys", 9, 2, "RevokedKeys /etc/folder\n", "",
	    "failure " FILE_NAME
	    ":1: the RevokedKeys file cannot be read: ROOT/etc/folder: not a "
	    "regular file" },
	{ "revoked-keys", 9, 2, "RevokedKeys /etc/one.pub\n", "", NULL },
	{ "revoked-keys", 9, 2, "RevokedKeys none\n", "", NULL },
	{ "revoked-keys", 9, 2, "RevokedKeys /etc/bad.pub\n", "",
	    "failure " FILE_NAME
	    ":1: line 2 of the RevokedKeys file /etc/bad.pub: this is not a "
	    "public key; write it as in a .pub file: type, base64, comment" },
	{ "revoked-keys", 9, 2,
	    "RevokedKeys /etc/one.pub\nRevokedKeys /missing\n", "", NULL },
	{ "revoked-keys", 10, 3, "RevokedKeys /etc/one.pub /etc/empty\n", "",
	    "warning " FILE_NAME ":1: the RevokedKeys file /etc/empty is "
	    "empty" },

	/* An empty one of ours is damage, not a list that revokes nothing. */
	{ "revoked-keys", 9, 2,
	    "RevokedKeys /etc/ssh/certgate/current/revoked.krl\n", "",
	    "failure " FILE_NAME
	    ":1: the RevokedKeys file /etc/ssh/certgate/current/revoked.krl is "
	    "empty" },
	/* One's own list is no business of ours while we have none. */
	{ "ca-elsewhere", 9, 2, "RevokedKeys /etc/one.pub\n", "", NULL },

	{ "ca-file", 9, 2, "TrustedUserCAKeys /etc/one.pub\n", "", NULL },
	{ "ca-file", 9, 2, "TrustedUserCAKeys /missing\n", "",
	    "failure " FILE_NAME
	    ":1: the file of CA keys cannot be read: ROOT/missing: No such "
	    "file or directory" },
	{ "ca-file", 9, 2, "TrustedUserCAKeys /etc/bad.pub\n", "",
	    "failure /etc/bad.pub:2: sshd reads CA keys no further than this "
	    "line, and not the 1 after it: this is not a public key; write it "
	    "as in a .pub file: type, base64, comment" },
	{ "ca-file", 9, 2, "TrustedUserCAKeys /etc/crlf.pub\n", "",
	    "failure /etc/crlf.pub:2: sshd reads CA keys no further than this "
	    "line, and not the 1 after it: a blank line that ends in CR LF" },

	{ "pubkey-off", 9, 2, "UsePAM no\nPubkeyAuthentication no\n",
	    "pubkeyauthentication no\n",
	    "failure " FILE_NAME
	    ":2: PubkeyAuthentication is no for everybody whom no Match block "
	    "says otherwise of" },
	{ "pubkey-off", 9, 2, "", "pubkeyauthentication yes\n", NULL },

	{ "more-methods", 9, 2, "", "authenticationmethods any\n", NULL },
	{ "more-methods", 9, 2, "",
	    "authenticationmethods publickey,password publickey\n", NULL },
	{ "more-methods", 9, 2, "AuthenticationMethods publickey,password\n",
	    "authenticationmethods publickey,password\n",
	    "failure " FILE_NAME
	    ":1: AuthenticationMethods publickey,password asks everybody whom "
	    "no Match block says otherwise of for more than a certificate" },

	{ "source-penalties", 9, 7, "", "persourcepenalties yes\n", NULL },
	{ "source-penalties", 9, 8, "",
	    "persourcepenalties crash:90\npersourcepenaltyexemptlist none\n",
	    "warning " FILE_NAME
	    ": PerSourcePenalties is on, and no address is exempt" },
	{ "source-penalties", 9, 8, "", "persourcepenalties no\n", NULL },
	{ "source-penalties", 10, 5, "",
	    "persourcepenalties crash:90\n"
	    "persourcepenaltyexemptlist 192.0.2.1\n",
	    NULL },

	{ "pam-environment", 9, 2, "", "usepam no\n", NULL },
	{ "pam-environment", 9, 2, "", "usepam yes\n",
	    "warning /etc/pam.d/common:2: pam_env.so with user_readenv=1 runs "
	    "before pam_certgate.so" },
};

static void
add_files(void)
{
	testroot_make();
	testroot_put("/etc/empty", "");
	testroot_put("/etc/pam.d/sshd",
	    "@include common\nsession required pam_certgate.so\n");
	testroot_put("/etc/pam.d/common",
	    "session required pam_env.so\n"
	    "session optional pam_env.so user_readenv=1\n");
	testroot_put("/etc/ssh/certgate/current/revoked.krl", "");
	testroot_put("/etc/folder/", "");
	testroot_put("/etc/one.pub", "# x\n\n" KEY " a\n");
	testroot_put("/etc/bad.pub", KEY "\nnonsense\n" KEY "\n");
	testroot_put("/etc/crlf.pub", KEY "\r\n\r\n" KEY "\r\n");
}

/* "failure FILE:LINE: WHAT", the root's folder written as ROOT. */
static void
show(const struct doctor_finding *f, char *out, size_t out_len)
{
	static char what[1024];
	const char *at = strstr(f->what, testroot_dir);

	(void)snprintf(what, sizeof(what), "%s", f->what);
	if (at != NULL)
		(void)snprintf(what, sizeof(what), "%.*sROOT%s",
		    (int)(at - f->what), f->what, at + strlen(testroot_dir));
	if (f->line != 0)
		(void)snprintf(out, out_len, "%s %s:%zu: %s",
		    f->severity == DOCTOR_FAILURE ? "failure" : "warning",
		    f->file, f->line, what);
	else
		(void)snprintf(out, out_len, "%s %s: %s",
		    f->severity == DOCTOR_FAILURE ? "failure" : "warning",
		    f->file, what);
}

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	const struct root root = { .dir = testroot_dir };
	struct target t = {
		.root = &root, .has_sshd = true, .config = FILE_NAME
	};
	struct doctor_login login = { .person = NULL };
	struct doctor_report report = { .items = NULL };
	struct doctor d = { .t = &t,
		.report = &report,
		.logins = &login,
		.n_logins = 1,
		.reach = { .fd = -1, .is_empty = true } };
	struct err err = ERR_INIT;
	static char shown[1200];

	add_files();
	target_revokes(&t, false);
	t.version.major = row->major;
	t.version.minor = row->minor;
	(void)snprintf(t.version.text, sizeof(t.version.text), "OpenSSH_%u.%u",
	    row->major, row->minor);
	t.conf =
	    sshdconf_parse(FILE_NAME, row->config, strlen(row->config), &err);
	ck_assert_msg(t.conf != NULL, "%s", err.text);
	ck_assert_int_eq(sshd_settings_parse(&login.settings, row->settings,
			     strlen(row->settings), &err),
	    0);
	d.check = doctor_check_by_code(row->code);
	ck_assert_ptr_nonnull(d.check);
	ck_assert_int_eq(d.check->run(&d, &err), 0);
	if (row->found == NULL) {
		ck_assert_msg(report.n_items == 0, "%s: %s", row->config,
		    report.n_items == 0 ? "" : report.items[0].what);
	} else {
		ck_assert_msg(report.n_items == 1, "%s: %s: %zu found",
		    row->code, row->config, report.n_items);
		show(&report.items[0], shown, sizeof(shown));
		ck_assert_str_eq(shown, row->found);
		ck_assert_str_ne(report.items[0].why, "");
		ck_assert_str_ne(report.items[0].fix, "");
	}
	doctor_report_clear(&report);
	sshd_settings_clear(&login.settings);
	sshdconf_free(t.conf);
	testroot_remove();
}
END_TEST

/* Every code is told apart, and known by its name. */
START_TEST(test_codes)
{
	size_t i, k;

	for (i = 0; i < doctor_n_checks; i++) {
		ck_assert_ptr_eq(doctor_check_by_code(doctor_checks[i].code),
		    &doctor_checks[i]);
		for (k = 0; k < i; k++)
			ck_assert_str_ne(
			    doctor_checks[i].code, doctor_checks[k].code);
	}
	ck_assert_ptr_null(doctor_check_by_code("no-such-code"));
}
END_TEST

/* 10.0 counts bytes; blanks before a line are none of them. */
START_TEST(test_size)
{
	struct target t = { .has_sshd = true,
		.config = FILE_NAME,
		.version = { 10, 0, "OpenSSH_10.0p2" } };
	struct doctor_report report = { .items = NULL };
	struct doctor d = { .t = &t, .report = &report };
	struct sshdconf_change change = { .len = 300, .old_len = 100 };
	struct sshdconf_edit edit = { .files = &change, .n_files = 1 };
	struct err err = ERR_INIT;
	size_t len = 260096 + 9;
	char *text = malloc(len);

	ck_assert_ptr_nonnull(text);
	memset(text, '#', len);
	memset(text, ' ', 9);
	text[len - 1] = '\n';
	t.conf = sshdconf_parse(FILE_NAME, text, len, &err);
	ck_assert_ptr_nonnull(t.conf);
	d.check = doctor_check_by_code("config-size");
	ck_assert_int_eq(d.check->run(&d, &err), 0);
	ck_assert_uint_eq(report.n_items, 1);
	ck_assert_uint_eq(report.n_warnings, 1);
	ck_assert_str_eq(report.items[0].what,
	    "260096 bytes of configuration, where OpenSSH_10.0p2 can hand on "
	    "some 260096");
	/* What the planned change adds counts. */
	d.edit = &edit;
	ck_assert_int_eq(d.check->run(&d, &err), 0);
	ck_assert_uint_eq(report.n_failures, 1);
	ck_assert_str_eq(report.items[1].what,
	    "260296 bytes of configuration, where OpenSSH_10.0p2 can hand on "
	    "some 260096");
	doctor_report_clear(&report);
	/* Others take it. */
	t.version.minor = 1;
	ck_assert_int_eq(d.check->run(&d, &err), 0);
	t.version.major = 9;
	ck_assert_int_eq(d.check->run(&d, &err), 0);
	ck_assert_uint_eq(report.n_items, 0);
	sshdconf_free(t.conf);
	free(text);
}
END_TEST

/* The same thing is said once, and not without end. */
START_TEST(test_report)
{
	struct doctor_report report = { .items = NULL };
	struct doctor d = { .report = &report, .check = &doctor_checks[0] };
	struct doctor_words w = { NULL, 0, "a \x1b[1m\"b\"", "why", "fix",
		false };
	const char *codes[] = { doctor_checks[0].code };
	struct err err = ERR_INIT;
	size_t i;

	ck_assert_int_eq(doctor_find(&d, DOCTOR_FAILURE, &w, &err), 0);
	ck_assert_int_eq(doctor_find(&d, DOCTOR_FAILURE, &w, &err), 0);
	ck_assert_uint_eq(report.n_items, 1);
	ck_assert_uint_eq(report.n_failures, 1);
	ck_assert_str_eq(report.items[0].what, "a \\x1b[1m\"b\"");
	ck_assert(doctor_is_in_the_way(&report.items[0], NULL, 0));
	ck_assert(!doctor_is_in_the_way(&report.items[0], codes, 1));
	for (i = 1; i <= DOCTOR_MAX + 5; i++) {
		w.line = i;
		w.is_cured = true;
		ck_assert_int_eq(doctor_find(&d, DOCTOR_WARNING, &w, &err), 0);
	}
	ck_assert(!doctor_is_in_the_way(&report.items[1], NULL, 0));
	ck_assert_uint_eq(report.n_items, DOCTOR_MAX);
	ck_assert_uint_eq(report.n_warnings, DOCTOR_MAX + 5);
	doctor_report_clear(&report);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("doctor");

	tcase_add_loop_test(tc, test_row, 0, N_ROWS(rows));
	tcase_add_test(tc, test_codes);
	tcase_add_test(tc, test_size);
	tcase_add_test(tc, test_report);
	return run_case("doctor", tc);
}
