#include "config.h"

#include "config-gen/sshdconf.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/testroot.h"

#define MAIN "/etc/ssh/sshd_config"
#define FOLDER "/etc/ssh/sshd_config.d"
#define DROPIN FOLDER "/00-certgate.conf"
#define VENDORS "/usr/etc/ssh/sshd_config"
#define BEGIN "# BEGIN certgate (made by certgate apply; do not edit)\n"
#define END "# END certgate\n"
#define HEADER \
	"# written by certgate; do not edit: `certgate apply` makes it anew\n"
#define BLOCK BEGIN "TrustedUserCAKeys /ca\nAuthorizedPrincipalsFile /p/%u\n" END
#define BLOCK_CRLF \
	"# BEGIN certgate (made by certgate apply; do not edit)\r\n" \
	"TrustedUserCAKeys /ca\r\nAuthorizedPrincipalsFile /p/%u\r\n" \
	"# END certgate\r\n"
#define OURS HEADER "TrustedUserCAKeys /ca\nAuthorizedPrincipalsFile /p/%u\n"

static const char *const directives[] = { "TrustedUserCAKeys /ca",
	"AuthorizedPrincipalsFile /p/%u" };
#define N_DIRECTIVES 2

#define MAX_FILES 6

static const struct edit_case {
	const char *name;
	struct testroot_file before[MAX_FILES];
	bool with_replace;
	enum sshdconf_where where;
	struct testroot_file after[MAX_FILES]; /* others are as before */
} edit_cases[] = {
	{ "empty main file", { { MAIN, "" } }, false, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK } } },
	{ "no final newline", { { MAIN, "Match all" } }, false,
	    SSHDCONF_BLOCK, { { MAIN, BLOCK "Match all" } } },
	{ "comment first, CRLF", { { MAIN, "# x\r\nPort 22\n" } }, false,
	    SSHDCONF_BLOCK,
	    { { MAIN,
		BLOCK_CRLF "# x\r\nPort 22\n" } } },
	{ "drop-in folder included first",
	    { { MAIN, "# x\n\ninclude \"" FOLDER "/*.conf\"\nPort 22\n" },
		{ FOLDER "/", "" } },
	    false, SSHDCONF_DROPIN, { { DROPIN, OURS } } },
	{ "by a relative path",
	    { { MAIN, "Include=sshd_config.d/*\n" }, { FOLDER "/", "" } },
	    false, SSHDCONF_DROPIN, { { DROPIN, OURS } } },
	{ "harmless files before ours",
	    { { MAIN, "Include /none " FOLDER "/*.conf\n" },
		{ FOLDER "/00-a.conf", "Port 22\nInclude more\n" },
		{ FOLDER "/50-b.conf", "Match User x\n Banner /x\n" },
		{ "/etc/ssh/more", "Port 23\n" } },
	    false, SSHDCONF_DROPIN, { { DROPIN, OURS } } },
	{ "something before the Include",
	    { { MAIN, "Port 22\nInclude " FOLDER "/*.conf\n" },
		{ FOLDER "/", "" } },
	    false, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Port 22\nInclude " FOLDER "/*.conf\n" } } },
	{ "an Include of other names",
	    { { MAIN, "Include " FOLDER "/*.cfg\n" }, { FOLDER "/", "" } },
	    false, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Include " FOLDER "/*.cfg\n" } } },
	{ "the folder is missing",
	    { { MAIN, "Include " FOLDER "/*.conf\n" } }, false,
	    SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Include " FOLDER "/*.conf\n" } } },
	{ "AuthorizedKeysCommand before ours",
	    { { MAIN, "Include " FOLDER "/*.conf\n" },
		{ FOLDER "/00-a.conf", "AuthorizedKeysCommand none\n" } },
	    false, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Include " FOLDER "/*.conf\n" } } },
	{ "one of ours before ours, in a nested file",
	    { { MAIN, "Include " FOLDER "/*.conf\n" },
		{ FOLDER "/00-a.conf", "Include more\n" },
		{ "/etc/ssh/more", "trustedusercakeys /x\n" } },
	    false, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Include " FOLDER "/*.conf\n" } } },
	{ "a Match before ours, in an earlier argument",
	    { { MAIN, "Include first " FOLDER "/*.conf\n" },
		{ "/etc/ssh/first", "Match all\n" }, { FOLDER "/", "" } },
	    false, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Include first " FOLDER "/*.conf\n" } } },
	{ "replaced lines",
	    { { MAIN, "Port 22\r\n\tTrustedUserCAKeys /x\r\n"
		      "Match User u\r\nInclude more\r\n"
		      "AuthorizedKeysCommand /k\r\n"
		      "authorizedprincipalscommand=/c %u" },
		{ "/etc/ssh/more", "\n AuthorizedPrincipalsFile none\n" } },
	    true, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK_CRLF
		      "Port 22\r\n"
		      "# certgate replaced: \tTrustedUserCAKeys /x\r\n"
		      "Match User u\r\nInclude more\r\n"
		      "AuthorizedKeysCommand /k\r\n"
		      "# certgate replaced: authorizedprincipalscommand=/c "
		      "%u" },
		{ "/etc/ssh/more",
		    "\n# certgate replaced:  AuthorizedPrincipalsFile "
		    "none\n" } } },
	{ "replaced before our drop-in: still a block next time",
	    { { MAIN, "Include " FOLDER "/*.conf\n" },
		{ FOLDER "/00-a.conf", "TrustedUserCAKeys /x" } },
	    true, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Include " FOLDER "/*.conf\n" },
		{ FOLDER "/00-a.conf",
		    "# certgate replaced: TrustedUserCAKeys /x" } } },
	{ "conflicts are left alone unless told",
	    { { MAIN, "TrustedUserCAKeys /x\nMatch all\nInclude more\n" },
		{ "/etc/ssh/more", "AuthorizedPrincipalsFile /y\n" } },
	    false, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK
		    "TrustedUserCAKeys /x\nMatch all\nInclude more\n" },
		{ "/etc/ssh/more", "AuthorizedPrincipalsFile /y\n" } } },
	{ "a RevokedKeys that is none of ours",
	    { { MAIN, "RevokedKeys /r\n" } }, true, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "RevokedKeys /r\n" } } },
	{ "vendor's main file",
	    { { VENDORS, "Include " FOLDER "/*.conf\n" },
		{ FOLDER "/", "" } },
	    false, SSHDCONF_DROPIN, { { DROPIN, OURS } } },
	{ "another's file in our place, which is no place for ours",
	    { { MAIN, "Port 22\nInclude " FOLDER "/*.conf\n" },
		{ DROPIN, "TrustedUserCAKeys /x\n" } },
	    true, SSHDCONF_BLOCK,
	    { { MAIN, BLOCK "Port 22\nInclude " FOLDER "/*.conf\n" },
		{ DROPIN, "# certgate replaced: TrustedUserCAKeys /x\n" } } },
};

static struct sshdconf *
read_conf(void)
{
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;
	struct sshdconf *c = NULL;
	const char *path;

	path = sshdconf_main(&root, &err);
	if (path != NULL)
		c = sshdconf_read(&root, path, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	return c;
}

/* Do an edit; returns the number of files that changed. */
static size_t
edit(const char *name, size_t n_directives, bool with_replace,
    enum sshdconf_where *where)
{
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;
	struct sshdconf_edit e;
	struct sshdconf *c = read_conf();
	size_t n = 0;
	size_t i;

	ck_assert_msg(sshdconf_edit(c, &root, directives, n_directives,
			  with_replace, &e, &err) == 0,
	    "%s: %s", name, err.text);
	if (where != NULL)
		*where = e.where;
	for (i = 0; i < e.n_files; i++) {
		const struct sshdconf_change *f = &e.files[i];

		ck_assert_msg(i == 0 || f->is_changed, "%s: idle", name);
		if (!f->is_changed)
			continue;
		n++;
		testroot_assert(name, f->path, f->old);
		if (f->bytes == NULL)
			testroot_delete(f->path);
		else
			testroot_put(f->path, f->bytes);
	}
	sshdconf_edit_clear(&e);
	sshdconf_free(c);
	return n;
}

static void
assert_files(const char *name, const struct testroot_file *files)
{
	size_t i;

	for (i = 0; i < MAX_FILES && files[i].path != NULL; i++)
		if (files[i].path[strlen(files[i].path) - 1] != '/')
			testroot_assert(name, files[i].path, files[i].text);
}

START_TEST(test_edit)
{
	const struct edit_case *t = &edit_cases[_i];
	enum sshdconf_where where;
	struct sshdconf *c;
	size_t i;

	for (i = 0; i < MAX_FILES && t->before[i].path != NULL; i++)
		testroot_put(t->before[i].path, t->before[i].text);
	c = read_conf();
	if (!t->with_replace && t->where == SSHDCONF_DROPIN)
		ck_assert_uint_eq(sshdconf_conflicts(c, NULL, 0, NULL, 0), 0);
	sshdconf_free(c);

	ck_assert_uint_ge(
	    edit(t->name, N_DIRECTIVES, t->with_replace, &where), 1);
	ck_assert_msg(where == t->where, "%s", t->name);
	assert_files(t->name, t->after);
	/* twice is once, whether or not told to replace */
	ck_assert_msg(
	    edit(t->name, N_DIRECTIVES, t->with_replace, &where) == 0,
	    "%s: changes again", t->name);
	ck_assert_msg(edit(t->name, N_DIRECTIVES, false, &where) == 0,
	    "%s: changes again", t->name);
	ck_assert_msg(where == t->where, "%s", t->name);
	if (t->with_replace) {
		c = read_conf();
		ck_assert_uint_eq(sshdconf_conflicts(c, NULL, 0, NULL, 0), 0);
		sshdconf_free(c);
	}
	/* and none is what it was */
	ck_assert_uint_ge(edit(t->name, 0, false, &where), 1);
	ck_assert_msg(where == t->where, "%s", t->name);
	assert_files(t->name, t->before);
	for (i = 0; i < MAX_FILES && t->before[i].path != NULL &&
	     strcmp(t->before[i].path, DROPIN) != 0; i++)
		;
	if (i == MAX_FILES || t->before[i].path == NULL)
		testroot_assert(t->name, DROPIN, NULL);
	ck_assert_msg(edit(t->name, 0, false, &where) == 0, "%s", t->name);
}
END_TEST

/* Changes of what stands there already. */
static const struct change_case {
	const char *name;
	struct testroot_file before[MAX_FILES];
	size_t n_directives;
	struct testroot_file after[MAX_FILES];
} change_cases[] = {
	{ "other directives",
	    { { MAIN, BEGIN "TrustedUserCAKeys /old\nRevokedKeys /r\n\n" END
		      "Port 22\n" } },
	    N_DIRECTIVES, { { MAIN, BLOCK "Port 22\n" } } },
	{ "comments above the block keep their place",
	    { { MAIN, "# mine\n\n" BEGIN END "Port 22\n" } }, N_DIRECTIVES,
	    { { MAIN, "# mine\n\n" BLOCK "Port 22\n" } } },
	{ "directives above it do not",
	    { { MAIN, "# mine\nPort 22\n" BLOCK "Match all\n" } },
	    N_DIRECTIVES, { { MAIN, BLOCK "# mine\nPort 22\nMatch all\n" } } },
	{ "replaced ones above it do not",
	    { { MAIN, "# certgate replaced: TrustedUserCAKeys /x\n" BLOCK } },
	    N_DIRECTIVES,
	    { { MAIN,
		BLOCK "# certgate replaced: TrustedUserCAKeys /x\n" } } },
	{ "from a block to a drop-in",
	    { { MAIN, BLOCK "Include " FOLDER "/*.conf\n" },
		{ FOLDER "/", "" } },
	    N_DIRECTIVES,
	    { { MAIN, "Include " FOLDER "/*.conf\n" }, { DROPIN, OURS } } },
	{ "from a drop-in to a block",
	    { { MAIN, "Port 22\nInclude " FOLDER "/*.conf\n" },
		{ DROPIN, HEADER "TrustedUserCAKeys /ca\n" } },
	    N_DIRECTIVES,
	    { { MAIN, BLOCK "Port 22\nInclude " FOLDER "/*.conf\n" },
		{ DROPIN, NULL } } },
	{ "a drop-in that nothing includes any more",
	    { { MAIN, "Port 22\n" }, { DROPIN, OURS } }, N_DIRECTIVES,
	    { { MAIN, BLOCK "Port 22\n" }, { DROPIN, NULL } } },
	{ "both, taken out",
	    { { MAIN, "Port 22\n" BLOCK }, { DROPIN, OURS } }, 0,
	    { { MAIN, "Port 22\n" }, { DROPIN, NULL } } },
	{ "a replaced line that is no conflict any more comes back",
	    { { MAIN, BLOCK "# certgate replaced: RevokedKeys /r\n" } },
	    N_DIRECTIVES, { { MAIN, BLOCK "RevokedKeys /r\n" } } },
	{ "another's file in our place stays",
	    { { MAIN, "Port 22\n" }, { DROPIN, "Port 23\n" } }, N_DIRECTIVES,
	    { { MAIN, BLOCK "Port 22\n" }, { DROPIN, "Port 23\n" } } },
	{ "nothing of ours", { { MAIN, "Port 22\n" } }, 0,
	    { { MAIN, "Port 22\n" } } },
	{ "line ends of a file whose block differs",
	    { { MAIN, BEGIN END "Port 22\r\n" } }, N_DIRECTIVES,
	    { { MAIN, BLOCK_CRLF "Port 22\r\n" } } },
};

START_TEST(test_change)
{
	const struct change_case *t = &change_cases[_i];
	size_t i;

	for (i = 0; i < MAX_FILES && t->before[i].path != NULL; i++)
		testroot_put(t->before[i].path, t->before[i].text);
	(void)edit(t->name, t->n_directives, false, NULL);
	assert_files(t->name, t->after);
	ck_assert_msg(edit(t->name, t->n_directives, false, NULL) == 0, "%s",
	    t->name);
}
END_TEST

static const struct refused_case {
	const char *name;
	struct testroot_file files[MAX_FILES];
	size_t n_directives;
	bool with_replace;
	enum err_code code;
	const char *message;
} refused_cases[] = {
	{ "end marker lost",
	    { { MAIN, "\n" BEGIN "TrustedUserCAKeys /ca\nPort 22\n" } },
	    N_DIRECTIVES, false, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: certgate's block begins, but does not "
	    "end: what follows may be yours; put \"# END certgate\" behind "
	    "certgate's last line" },
	{ "end marker lost, nothing follows",
	    { { MAIN, BEGIN "TrustedUserCAKeys /ca\n" } }, 0, false,
	    ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: certgate's block begins, but does not "
	    "end: what follows may be yours; put \"# END certgate\" behind "
	    "certgate's last line" },
	{ "begin marker lost",
	    { { MAIN, "TrustedUserCAKeys /ca\n" END "Port 22\n" } }, 0, false,
	    ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: certgate's block ends, but does not "
	    "begin; put \"# BEGIN certgate (made by certgate apply; do not "
	    "edit)\" before certgate's lines, or delete them and this line" },
	{ "two blocks", { { MAIN, BLOCK "Port 22\n" BLOCK } }, N_DIRECTIVES,
	    false, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:6: certgate's block begins a second time; "
	    "delete one of the two, with its end marker" },
	{ "begins within itself", { { MAIN, BEGIN BLOCK } }, N_DIRECTIVES,
	    false, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: certgate's block begins a second time; "
	    "delete one of the two, with its end marker" },
	{ "a directive of others inside",
	    { { MAIN, BEGIN "TrustedUserCAKeys /ca\nPort 22\n" END } },
	    N_DIRECTIVES, false, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:3: this line stands among certgate's and is "
	    "not its own: the next apply would lose it; move it elsewhere or "
	    "delete it" },
	{ "a remark inside", { { MAIN, BEGIN "# mine\n" END } }, 0, false,
	    ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: this line stands among certgate's and is "
	    "not its own: the next apply would lose it; move it elsewhere or "
	    "delete it" },
	{ "a begin marker that was edited",
	    { { MAIN, "# BEGIN certgate (edited)\n" END } }, 0, false,
	    ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: this is nearly a marker of certgate's, "
	    "but not quite: where its block begins and ends must be certain; "
	    "restore it, or delete it with certgate's lines" },
	{ "an end marker that was edited",
	    { { MAIN, BEGIN "# END certgate.\n" } }, 0, false, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: this is nearly a marker of certgate's, "
	    "but not quite: where its block begins and ends must be certain; "
	    "restore it, or delete it with certgate's lines" },
	{ "a block in an included file",
	    { { MAIN, "Include a\n" }, { "/etc/ssh/a", "Port 22\n" BLOCK } },
	    0, false, ERR_MALFORMED,
	    "/etc/ssh/a: certgate's block stands in an included file: "
	    "certgate made it in the main file only; delete the block, or "
	    "move it back" },
	{ "half a block in an included file",
	    { { MAIN, "Include a\n" }, { "/etc/ssh/a", END } }, 0, false,
	    ERR_MALFORMED,
	    "/etc/ssh/a:1: certgate's block ends, but does not begin; put "
	    "\"# BEGIN certgate (made by certgate apply; do not edit)\" before "
	    "certgate's lines, or delete them and this line" },
	{ "another's file in our place",
	    { { MAIN, "Include " FOLDER "/*.conf\n" },
		{ DROPIN, "TrustedUserCAKeys /x\n" } },
	    N_DIRECTIVES, false, ERR_MALFORMED,
	    DROPIN ": this is the place of certgate's drop-in, but certgate "
	    "did not write it: its first line is another; rename it" },
	{ "a line of others in our drop-in",
	    { { MAIN, "Include " FOLDER "/*.conf\n" },
		{ DROPIN, OURS "Port 22\n" } },
	    0, false, ERR_MALFORMED,
	    DROPIN ":4: this line stands among certgate's and is not its own: "
	    "the next apply would lose it; move it elsewhere or delete it" },
	{ "a line of others in our drop-in that nothing includes",
	    { { MAIN, "Port 22\n" }, { DROPIN, OURS "# mine\n" } }, 0, false,
	    ERR_MALFORMED,
	    DROPIN ":4: this line stands among certgate's and is not its own: "
	    "the next apply would lose it; move it elsewhere or delete it" },
	{ "vendor's main file without an Include",
	    { { VENDORS, "# x\nPort 22\n" } }, N_DIRECTIVES, false,
	    ERR_REFUSED,
	    "/usr/etc/ssh/sshd_config: is the vendor's, so certgate's "
	    "directives can only stand in a drop-in: "
	    "/usr/etc/ssh/sshd_config:2: port 22 (for everybody) is read "
	    "before it; copy it to /etc/ssh/sshd_config and apply again" },
	{ "empty vendor's main file", { { VENDORS, "" } }, N_DIRECTIVES, false,
	    ERR_REFUSED,
	    "/usr/etc/ssh/sshd_config: is the vendor's, so certgate's "
	    "directives can only stand in a drop-in: it includes none; copy "
	    "it to /etc/ssh/sshd_config and apply again" },
	{ "vendor's main file that includes other files",
	    { { VENDORS, "Include a\n" }, { "/etc/ssh/a", "Port 22\n" } },
	    N_DIRECTIVES, false, ERR_REFUSED,
	    "/usr/etc/ssh/sshd_config: is the vendor's, so certgate's "
	    "directives can only stand in a drop-in: "
	    "/usr/etc/ssh/sshd_config:1: include a (for everybody) is read "
	    "before it; copy it to /etc/ssh/sshd_config and apply again" },
	{ "vendor's main file that includes a missing folder",
	    { { VENDORS, "Include " FOLDER "/*.conf\n" } }, N_DIRECTIVES,
	    false, ERR_REFUSED,
	    "/usr/etc/ssh/sshd_config: is the vendor's, so certgate's "
	    "directives can only stand in a drop-in: there is no folder "
	    "/etc/ssh/sshd_config.d; make it and apply again" },
	{ "vendor's main file and a drop-in before ours",
	    { { VENDORS, "Include " FOLDER "/*.conf\n" },
		{ FOLDER "/00-a.conf", "\nAuthorizedKeysCommand none\n" } },
	    N_DIRECTIVES, false, ERR_REFUSED,
	    "/usr/etc/ssh/sshd_config: is the vendor's, so certgate's "
	    "directives can only stand in a drop-in: "
	    "/etc/ssh/sshd_config.d/00-a.conf:2: authorizedkeyscommand none "
	    "(for everybody) is read before it; rename that file so that it "
	    "sorts behind 00-certgate.conf" },
	{ "a conflict in a vendor's file",
	    { { VENDORS,
		  "Include " FOLDER "/*.conf\nTrustedUserCAKeys /x\n" },
		{ FOLDER "/", "" } },
	    N_DIRECTIVES, true, ERR_REFUSED,
	    "/usr/etc/ssh/sshd_config: would have to change, but is the "
	    "vendor's and comes back with the next update; override its lines "
	    "in a file of /etc/ssh/sshd_config.d" },
};

START_TEST(test_refused)
{
	const struct refused_case *t = &refused_cases[_i];
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;
	struct sshdconf_edit e = { SSHDCONF_BLOCK, NULL, 0 };
	struct sshdconf *c;
	size_t i;

	for (i = 0; i < MAX_FILES && t->files[i].path != NULL; i++)
		testroot_put(t->files[i].path, t->files[i].text);
	c = read_conf();
	ck_assert_int_eq(sshdconf_edit(c, &root, directives, t->n_directives,
			     t->with_replace, &e, &err),
	    -1);
	ck_assert_msg(strcmp(err.text, t->message) == 0, "%s: %s", t->name,
	    err.text);
	ck_assert_int_eq(err.code, t->code);
	ck_assert_ptr_null(e.files);
	sshdconf_free(c);
}
END_TEST

static const struct {
	const char *directive;
	const char *message;
} foreign_cases[] = {
	{ "Port 22",
	    "\"Port 22\" is no line that certgate sets in sshd's "
	    "configuration" },
	{ "TrustedUserCAKeys /x\nPort 22",
	    "\"TrustedUserCAKeys /x\\nPort 22\" is no line that certgate sets "
	    "in sshd's configuration" },
	{ "# x",
	    "\"# x\" is no line that certgate sets in sshd's configuration" },
	{ "TrustedUserCAKeys",
	    "\"TrustedUserCAKeys\" is no line that certgate sets in sshd's "
	    "configuration" },
};

/* What could not be told apart from others' lines later is not written. */
START_TEST(test_foreign)
{
	struct err err = ERR_INIT;
	struct sshdconf_edit e;
	struct sshdconf *c = sshdconf_parse(MAIN, "", 0, &err);

	ck_assert_int_eq(sshdconf_edit(c, NULL,
			     &foreign_cases[_i].directive, 1, false, &e, &err),
	    -1);
	ck_assert_str_eq(err.text, foreign_cases[_i].message);
	ck_assert_int_eq(err.code, ERR_REFUSED);
	sshdconf_free(c);
}
END_TEST

static const struct stage_case {
	const char *name;
	struct testroot_file before[MAX_FILES];
	size_t n_directives;
	bool with_replace;
	struct testroot_file staged[MAX_FILES];
} stage_cases[] = {
	{ "block", { { MAIN, "Include " FOLDER "/*\n" } }, N_DIRECTIVES, false,
	    { { "/s/sshd_config", BLOCK "Include " FOLDER "/*\n" } } },
	{ "new drop-in between others",
	    { { MAIN, "Include " FOLDER "/*\nPort 22\n" },
		{ FOLDER "/00", "Port 1\n" }, { FOLDER "/9[\"\\", "Port 9\n" } },
	    N_DIRECTIVES, false,
	    { { "/s/sshd_config",
		  "Include \"" FOLDER "/00\" \"/s/00-certgate.conf\" \"" FOLDER
		  "/9\\\\[\\\"\\\\\\\\\" \"/s/none\"\nPort 22\n" },
		{ "/s/00-certgate.conf", OURS } } },
	{ "first drop-in",
	    { { MAIN, "Include /x " FOLDER "/*.conf" }, { FOLDER "/", "" } },
	    N_DIRECTIVES, false,
	    { { "/s/sshd_config",
		  "Include \"/s/00-certgate.conf\" \"/s/none\"\n" },
		{ "/s/00-certgate.conf", OURS } } },
	{ "drop-in that changes",
	    { { MAIN, "Include " FOLDER "/*.conf\n" }, { DROPIN, HEADER },
		{ FOLDER "/x.conf", "" } },
	    N_DIRECTIVES, false,
	    { { "/s/sshd_config",
		  "Include \"/s/00-certgate.conf\" \"" FOLDER
		  "/x.conf\" \"/s/none\"\n" },
		{ "/s/00-certgate.conf", OURS } } },
	{ "drop-in that goes",
	    { { MAIN, "Include " FOLDER "/*.conf\n" }, { DROPIN, OURS },
		{ FOLDER "/x.conf", "" } },
	    0, false,
	    { { "/s/sshd_config",
		"Include \"" FOLDER "/x.conf\" \"/s/none\"\n" } } },
	{ "nothing changes",
	    { { MAIN, "Include " FOLDER "/*.conf\n" }, { DROPIN, OURS } },
	    N_DIRECTIVES, false,
	    { { "/s/sshd_config", "Include " FOLDER "/*.conf\n" } } },
	{ "a replaced line in a nested file, its scope kept",
	    { { MAIN, "Port 22\nMatch User u\n  Include  a # x\n" },
		{ "/etc/ssh/a", "Include b\nBanner /a\n" },
		{ "/etc/ssh/b", "Match all\nTrustedUserCAKeys /x\n" } },
	    N_DIRECTIVES, true,
	    { { "/s/sshd_config",
		  BLOCK "Port 22\nMatch User u\n"
			"Include \"/s/1.conf\" \"/s/none\"\n" },
		{ "/s/1.conf",
		    "Include \"/s/2.conf\" \"/s/none\"\nBanner /a\n" },
		{ "/s/2.conf",
		    "Match all\n"
		    "# certgate replaced: TrustedUserCAKeys /x\n" } } },
};

START_TEST(test_stage)
{
	const struct stage_case *t = &stage_cases[_i];
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;
	struct sshdconf_file *files = NULL;
	struct sshdconf_edit e;
	struct sshdconf *c;
	size_t i;
	size_t n = 0;

	for (i = 0; i < MAX_FILES && t->before[i].path != NULL; i++)
		testroot_put(t->before[i].path, t->before[i].text);
	c = read_conf();
	ck_assert_msg(sshdconf_edit(c, &root, directives, t->n_directives,
			  t->with_replace, &e, &err) == 0 &&
		sshdconf_stage(c, &e, "/s", &files, &n, &err) == 0,
	    "%s: %s", t->name, err.text);
	for (i = 0; i < n; i++) {
		ck_assert_msg(t->staged[i].path != NULL, "%s: %s too much",
		    t->name, files[i].path);
		ck_assert_msg(strcmp(files[i].path, t->staged[i].path) == 0,
		    "%s: %s", t->name, files[i].path);
		ck_assert_msg(strcmp(files[i].bytes, t->staged[i].text) == 0,
		    "%s: %s holds\n%s", t->name, files[i].path,
		    files[i].bytes);
		ck_assert_uint_eq(files[i].len, strlen(files[i].bytes));
	}
	ck_assert_msg(t->staged[n].path == NULL, "%s: too few", t->name);
	sshdconf_files_free(files, n);
	sshdconf_edit_clear(&e);
	sshdconf_free(c);
}
END_TEST

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("sshdconf_edit");
	TCase *tc = tcase_create("edit");
	SRunner *sr;
	int failed;

	tcase_add_checked_fixture(tc, testroot_make, testroot_remove);
	tcase_add_loop_test(tc, test_edit, 0, N_ROWS(edit_cases));
	tcase_add_loop_test(tc, test_change, 0, N_ROWS(change_cases));
	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(refused_cases));
	tcase_add_loop_test(tc, test_foreign, 0, N_ROWS(foreign_cases));
	tcase_add_loop_test(tc, test_stage, 0, N_ROWS(stage_cases));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
