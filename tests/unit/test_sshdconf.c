#include "config.h"

#include "config-gen/sshdconf.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/testroot.h"

#define MAIN "/etc/ssh/sshd_config"

/* What is read, one line each: describe() or "line keyword|rest". */
static void
list_lines(const struct sshdconf *c, char *out, size_t out_len)
{
	size_t used = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; i < c->n_lines; i++) {
		const struct sshdconf_line *l = &c->lines[i];

		(void)snprintf(out + used, out_len - used, "%zu %s|%s\n",
		    l->line, l->keyword, l->rest);
		used = strlen(out);
	}
}

static void
list_described(const struct sshdconf *c, char *out, size_t out_len)
{
	char one[512];
	size_t used = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; i < c->n_lines; i++) {
		(void)snprintf(out + used, out_len - used, "%s\n",
		    sshdconf_describe(c, &c->lines[i], one, sizeof(one)));
		used = strlen(out);
	}
}

static const struct line_case {
	const char *name;
	const char *text;
	const char *expected;
} line_cases[] = {
	{ "empty", "", "" },
	{ "blanks", " \t\r\n\n  ", "" },
	{ "plain", "Port 22\n", "1 port|22\n" },
	{ "no final newline", "Port 22\nBanner /x", "1 port|22\n2 banner|/x\n" },
	{ "case", "pOrT 22\n", "1 port|22\n" },
	{ "tabs", "\tPort\t22\t\n", "1 port|22\n" },
	{ "crlf", "Port 22\r\n\r\nBanner /x\r\n",
	    "1 port|22\n3 banner|/x\n" },
	{ "carriage return alone", "Port 22\rBanner /x\n",
	    "1 port|22\rBanner /x\n" },
	{ "leading carriage return", "\r \tPort 22\n", "1 port|22\n" },
	{ "form feed at the end", "Port 22 \f\n", "1 port|22\n" },
	{ "form feed before", "\fPort 22\n", "1 \fport|22\n" },
	{ "equals", "Port=22\n", "1 port|22\n" },
	{ "blanks around equals", "Port = 22\n", "1 port|22\n" },
	{ "two equals", "Port==22\n", "1 port|=22\n" },
	{ "equals twice, blank between", "Port = = 22\n", "1 port|= 22\n" },
	{ "equals first", "=Port 22\n", "1 port|22\n" },
	{ "two equals first", "==Port 22\n", "" },
	{ "quoted keyword", "\"Port\" 22\n", "1 port|22\n" },
	{ "quoted keyword, equals", "\"Port\"=22\n", "1 port|=22\n" },
	{ "quote within the keyword", "Po\"rt\" 22\n", "1 port|22\n" },
	{ "keyword with an open quote", "\"Port 22\n", "" },
	{ "comment", "# Port 22\n\t#Port 22\n", "" },
	{ "comment after equals", "=#Port 22\n", "" },
	{ "comment with an open quote", "# \"Port\n#\"Port 22\n", "" },
	{ "comment behind", "Port 22 # why\n", "1 port|22 # why\n" },
	{ "hash in the keyword", "Port# 22\n", "1 port#|22\n" },
	{ "quoted value", "Banner \"/a b\"\n", "1 banner|\"/a b\"\n" },
	{ "quote in a comment behind", "Port 22 # don't\n",
	    "1 port|22 # don't\n" },
	{ "escaped quote", "Banner /a\\\"b\n", "1 banner|/a\\\"b\n" },
	{ "bytes beyond ASCII", "Banner /\xff\xc3\n", "1 banner|/\xff\xc3\n" },
	{ "no-break space", "\xc2\xa0Port 22\n", "1 \xc2\xa0port|22\n" },
	{ "include without files", "Include *.conf \"a b\" # c\n",
	    "1 include|*.conf \"a b\" # c\n" },
	{ "replaced line",
	    "# certgate replaced: \tTrustedUserCAKeys /a\n",
	    "1 trustedusercakeys|/a\n" },
	{ "a remark that begins like a replaced line",
	    "# certgate replaced: it all\n# certgate replaced: \"x\n", "" },
};

START_TEST(test_line)
{
	const struct line_case *t = &line_cases[_i];
	struct err err = ERR_INIT;
	struct sshdconf *c;
	char got[512];

	c = sshdconf_parse(MAIN, t->text, strlen(t->text), &err);
	ck_assert_msg(c != NULL, "%s: %s", t->name, err.text);
	list_lines(c, got, sizeof(got));
	ck_assert_msg(strcmp(got, t->expected) == 0,
	    "%s: \"%s\" instead of \"%s\"", t->name, got, t->expected);
	sshdconf_free(c);
}
END_TEST

static const struct {
	const char *rest;
	const char *patterns; /* each followed by a newline */
} include_cases[] = {
	{ "a b\tc # d", "/etc/ssh/a\n/etc/ssh/b\n/etc/ssh/c\n" },
	{ "a#b", "/etc/ssh/a#b\n" },
	{ "\"a b\"'c d'e", "/etc/ssh/a bc de\n" },
	{ "\"it's\" 'say \"x\"'", "/etc/ssh/it's\n/etc/ssh/say \"x\"\n" },
	{ "a\\ b \"c\\ d\"", "/etc/ssh/a b\n/etc/ssh/c\\ d\n" },
	{ "a\\\"b\\'c\\\\d\\e", "/etc/ssh/a\"b'c\\d\\e\n" },
	{ "/a//b/./c ././d /./", "/a/b/c\n/etc/ssh/d\n/\n" },
	{ "a\\/b \\\\/c x\\", "/etc/ssh/a/b\n/etc/ssh/c\n/etc/ssh/x\\\n" },
};

START_TEST(test_include)
{
	struct err err = ERR_INIT;
	struct sshdconf *c;
	char text[128], got[256] = "";
	size_t i;

	(void)snprintf(
	    text, sizeof(text), "Include %s\n", include_cases[_i].rest);
	c = sshdconf_parse(MAIN, text, strlen(text), &err);
	ck_assert_msg(c != NULL, "%s: %s", text, err.text);
	for (i = 0; i < c->n_includes; i++) {
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%s\n", c->includes[i].pattern);
		ck_assert_uint_eq(c->includes[i].file, SIZE_MAX);
	}
	ck_assert_str_eq(got, include_cases[_i].patterns);
	sshdconf_free(c);
}
END_TEST

static const struct error_case {
	const char *name;
	const char *text;
	size_t len; /* 0: text is terminated */
	enum err_code code;
	const char *message;
} error_cases[] = {
	{ "keyword alone", "\nPort\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: \"Port\" without a value: sshd does not "
	    "start with it" },
	{ "keyword and equals", "Port=\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: \"Port\" without a value: sshd does not "
	    "start with it" },
	{ "hostile keyword", "\x1b[2J\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: \"\\x1b[2J\" without a value: sshd does "
	    "not start with it" },
	{ "open double quote", "Banner \"/a\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: a quote is not closed: sshd does not "
	    "start with it" },
	{ "open single quote", "#\n\nBanner it's\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:3: a quote is not closed: sshd does not "
	    "start with it" },
	{ "empty include", "Include # none\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: an empty Include: sshd does not start "
	    "with it" },
	{ "include of nothing", "Include \"\"\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: an empty Include: sshd does not start "
	    "with it" },
	{ "byte order mark", "\xef\xbb\xbf# x\n", 0, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: a byte order mark: sshd does not start "
	    "with it; save the file as UTF-8 without one" },
	{ "NUL", "Port 22\nPermitTTY n\0\no\n", 23, ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: a NUL byte: sshd ignores the rest of the "
	    "line and glues the next one on; delete the byte" },
};

START_TEST(test_error)
{
	const struct error_case *t = &error_cases[_i];
	struct err err = ERR_INIT;

	ck_assert_ptr_null(sshdconf_parse(
	    MAIN, t->text, t->len == 0 ? strlen(t->text) : t->len, &err));
	ck_assert_msg(strcmp(err.text, t->message) == 0, "%s: %s", t->name,
	    err.text);
	ck_assert_int_eq(err.code, t->code);
}
END_TEST

static const struct tree_case {
	const char *name;
	struct testroot_file files[8];
	const char *expected;
} tree_cases[] = {
	{ "scopes",
	    { { MAIN, "Port 22\nMatch User a,b\n Banner /a\nmatch ALL\n"
		      "Banner /b\n" } },
	    "/etc/ssh/sshd_config:1: port 22 (for everybody)\n"
	    "/etc/ssh/sshd_config:2: match User a,b (for everybody)\n"
	    "/etc/ssh/sshd_config:3: banner /a (in \"Match User a,b\")\n"
	    "/etc/ssh/sshd_config:4: match ALL (in \"Match User a,b\")\n"
	    "/etc/ssh/sshd_config:5: banner /b (in \"Match ALL\")\n" },
	{ "a Match does not leak from an included file",
	    { { MAIN, "Include a.conf\nBanner /b\n" },
		{ "/etc/ssh/a.conf", "Match User a\nBanner /a\n" } },
	    "/etc/ssh/sshd_config:1: include a.conf (for everybody)\n"
	    "/etc/ssh/a.conf:1: match User a (for everybody)\n"
	    "/etc/ssh/a.conf:2: banner /a (in \"Match User a\")\n"
	    "/etc/ssh/sshd_config:2: banner /b (for everybody)\n" },
	{ "nested scopes",
	    { { MAIN, "Match User a\nInclude a.conf\nBanner /b\n" },
		{ "/etc/ssh/a.conf",
		    "Banner /0\nMatch Group g\nBanner /1\nMatch all\n"
		    "Banner /2\n" } },
	    "/etc/ssh/sshd_config:1: match User a (for everybody)\n"
	    "/etc/ssh/sshd_config:2: include a.conf (in \"Match User a\")\n"
	    "/etc/ssh/a.conf:1: banner /0 (in \"Match User a\")\n"
	    "/etc/ssh/a.conf:2: match Group g (in \"Match User a\")\n"
	    "/etc/ssh/a.conf:3: banner /1 (in \"Match User a Group g\")\n"
	    "/etc/ssh/a.conf:4: match all (in \"Match User a Group g\")\n"
	    "/etc/ssh/a.conf:5: banner /2 (in \"Match User a all\")\n"
	    "/etc/ssh/sshd_config:3: banner /b (in \"Match User a\")\n" },
	{ "glob in byte order, no dot files",
	    { { MAIN, "Include d/*.conf\n" }, { "/etc/ssh/d/a.conf", "A 1" },
		{ "/etc/ssh/d/_.conf", "A 2" }, { "/etc/ssh/d/Z.conf", "A 3" },
		{ "/etc/ssh/d/9.conf", "A 4" }, { "/etc/ssh/d/.x.conf", "A 5" },
		{ "/etc/ssh/d/x.con", "A 6" } },
	    "/etc/ssh/sshd_config:1: include d/*.conf (for everybody)\n"
	    "/etc/ssh/d/9.conf:1: a 4 (for everybody)\n"
	    "/etc/ssh/d/Z.conf:1: a 3 (for everybody)\n"
	    "/etc/ssh/d/_.conf:1: a 2 (for everybody)\n"
	    "/etc/ssh/d/a.conf:1: a 1 (for everybody)\n" },
	{ "several arguments, quotes, wildcards in folders, none there",
	    { { MAIN, "Include \"b c\".conf /none/x /x?/[ab]*/c\\*.conf\n" },
		{ "/etc/ssh/b c.conf", "A 1" }, { "/xy/az/c*.conf", "A 2" },
		{ "/xz/b/c*.conf", "A 3" }, { "/xz/b/cc.conf", "A 4" },
		{ "/xz/c/c*.conf", "A 5" } },
	    "/etc/ssh/sshd_config:1: include "
	    "\\\"b c\\\".conf /none/x /x?/[ab]*/c\\\\*.conf (for everybody)\n"
	    "/etc/ssh/b c.conf:1: a 1 (for everybody)\n"
	    "/xy/az/c*.conf:1: a 2 (for everybody)\n"
	    "/xz/b/c*.conf:1: a 3 (for everybody)\n" },
	{ "a caret does not negate for sshd",
	    { { MAIN, "Include d/[^a] d/[!^a]\n" }, { "/etc/ssh/d/^", "A 1" },
		{ "/etc/ssh/d/a", "A 2" }, { "/etc/ssh/d/b", "A 3" } },
	    "/etc/ssh/sshd_config:1: include d/[^a] d/[!^a] (for everybody)\n"
	    "/etc/ssh/d/^:1: a 1 (for everybody)\n"
	    "/etc/ssh/d/a:1: a 2 (for everybody)\n"
	    "/etc/ssh/d/b:1: a 3 (for everybody)\n" },
	{ "the same file twice, written in two ways",
	    { { MAIN, "Include a.conf\nMatch User u\n"
		      "Include //etc/./ssh/a.conf\n" },
		{ "/etc/ssh/a.conf", "A 1\n" } },
	    "/etc/ssh/sshd_config:1: include a.conf (for everybody)\n"
	    "/etc/ssh/a.conf:1: a 1 (for everybody)\n"
	    "/etc/ssh/sshd_config:2: match User u (for everybody)\n"
	    "/etc/ssh/sshd_config:3: include //etc/./ssh/a.conf "
	    "(in \"Match User u\")\n"
	    "/etc/ssh/a.conf:1: a 1 (in \"Match User u\")\n" },
	{ "links stay inside the root",
	    { { MAIN, "Include d/*\n" }, { "/etc/ssh/d", "-> /var/d" },
		{ "/var/d/1", "-> /a" }, { "/var/d/2", "-> ../../../../a" },
		{ "/var/d/3", "-> 1" }, { "/a", "A 1\n" } },
	    "/etc/ssh/sshd_config:1: include d/* (for everybody)\n"
	    "/etc/ssh/d/1:1: a 1 (for everybody)\n"
	    "/etc/ssh/d/2:1: a 1 (for everybody)\n"
	    "/etc/ssh/d/3:1: a 1 (for everybody)\n" },
	{ "folders, a path that is not there, a file named as a folder",
	    { { MAIN, "Include d none f/\nPort 22\n" },
		{ "/etc/ssh/d/e/", "" }, { "/etc/ssh/f", "A 1" } },
	    "/etc/ssh/sshd_config:1: include d none f/ (for everybody)\n"
	    "/etc/ssh/sshd_config:2: port 22 (for everybody)\n" },
	{ "no home in an Include",
	    { { MAIN, "Include ~/x\nPort 22\n" }, { "/etc/ssh/~/x", "A 1" } },
	    "/etc/ssh/sshd_config:1: include ~/x (for everybody)\n"
	    "/etc/ssh/sshd_config:2: port 22 (for everybody)\n" },
};

static struct sshdconf *
read_tree(const struct testroot_file *files, const char *main_path,
    struct err *err)
{
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	size_t i;

	for (i = 0; i < 8 && files[i].path != NULL; i++)
		testroot_put(files[i].path, files[i].text);
	return sshdconf_read(&root, main_path, err);
}

START_TEST(test_tree)
{
	const struct tree_case *t = &tree_cases[_i];
	struct err err = ERR_INIT;
	struct sshdconf *c;
	char got[4096];

	c = read_tree(t->files, MAIN, &err);
	ck_assert_msg(c != NULL, "%s: %s", t->name, err.text);
	list_described(c, got, sizeof(got));
	ck_assert_msg(strcmp(got, t->expected) == 0,
	    "%s:\n%s\ninstead of\n%s", t->name, got, t->expected);
	sshdconf_free(c);
}
END_TEST

static const struct tree_error_case {
	const char *name;
	struct testroot_file files[8];
	enum err_code code;
	const char *message; /* %s: the root's folder */
} tree_error_cases[] = {
	{ "no main file", { { "/etc/ssh/", "" } }, ERR_NOT_FOUND,
	    "%s/etc/ssh/sshd_config: No such file or directory" },
	{ "main file is a dangling link", { { MAIN, "-> /none" } },
	    ERR_REFUSED,
	    "/etc/ssh/sshd_config: a symbolic link that leads nowhere" },
	{ "dangling link",
	    { { MAIN, "\nInclude d/*\n" }, { "/etc/ssh/d/x", "-> y" } },
	    ERR_MALFORMED,
	    "/etc/ssh/sshd_config:2: includes \"/etc/ssh/d/x\", a link that "
	    "leads nowhere: sshd does not start with it; remove the link" },
	{ "link to itself",
	    { { MAIN, "Include d/*\n" }, { "/etc/ssh/d/x", "-> x" } },
	    ERR_MALFORMED,
	    "/etc/ssh/sshd_config:1: includes \"/etc/ssh/d/x\", a link that "
	    "leads nowhere: sshd does not start with it; remove the link" },
	{ "error in an included file",
	    { { MAIN, "Include a\n" }, { "/etc/ssh/a", "\nBanner '\n" } },
	    ERR_MALFORMED,
	    "/etc/ssh/a:2: a quote is not closed: sshd does not start with "
	    "it" },
	{ "byte order mark in an included file",
	    { { MAIN, "Include a\n" }, { "/etc/ssh/a", "\xef\xbb\xbf" } },
	    ERR_MALFORMED,
	    "/etc/ssh/a:1: a byte order mark: sshd does not start with it; "
	    "save the file as UTF-8 without one" },
	{ "a file that includes itself",
	    { { MAIN, "Port 22\nInclude a\n" }, { "/etc/ssh/a", "Include a" } },
	    ERR_MALFORMED,
	    "/etc/ssh/a:1: includes nest more than 16 deep: sshd does not "
	    "start with it; look for a file that includes itself" },
};

START_TEST(test_tree_error)
{
	const struct tree_error_case *t = &tree_error_cases[_i];
	struct err err = ERR_INIT;
	char expected[512];

	(void)snprintf(expected, sizeof(expected), "%s%s",
	    strncmp(t->message, "%s", 2) == 0 ? testroot_dir : "",
	    t->message + (strncmp(t->message, "%s", 2) == 0 ? 2 : 0));
	ck_assert_ptr_null(read_tree(t->files, MAIN, &err));
	ck_assert_msg(strcmp(err.text, expected) == 0, "%s: %s", t->name,
	    err.text);
	ck_assert_int_eq(err.code, t->code);
}
END_TEST

/* sshd reads 16 nested files, and dies of 17. */
START_TEST(test_depth)
{
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;
	struct sshdconf *c;
	char path[64], text[64];
	int i;

	testroot_put(MAIN, "Include 1\n");
	for (i = 1; i < 16; i++) {
		(void)snprintf(path, sizeof(path), "/etc/ssh/%d", i);
		(void)snprintf(text, sizeof(text), "Include %d\n", i + 1);
		testroot_put(path, text);
	}
	testroot_put("/etc/ssh/16", "Port 16\n");
	c = sshdconf_read(&root, MAIN, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_uint_eq(c->n_lines, 17);
	ck_assert_str_eq(c->lines[16].rest, "16");
	sshdconf_free(c);
	testroot_put("/etc/ssh/16", "Port 16\nInclude 17\n");
	testroot_put("/etc/ssh/17", "");
	ck_assert_ptr_null(sshdconf_read(&root, MAIN, &err));
	ck_assert_str_eq(err.text,
	    "/etc/ssh/16:2: includes nest more than 16 deep: sshd does not "
	    "start with it; look for a file that includes itself");
}
END_TEST

/* A few files that include each other often must not take for ever. */
START_TEST(test_explosion)
{
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;
	char path[64], text[128];
	int i;

	testroot_put(MAIN, "Include 1\n");
	for (i = 1; i < 16; i++) {
		(void)snprintf(path, sizeof(path), "/etc/ssh/%d", i);
		(void)snprintf(text, sizeof(text),
		    "Include %d\nInclude %d\nInclude %d\nInclude %d\n", i + 1,
		    i + 1, i + 1, i + 1);
		testroot_put(path, text);
	}
	testroot_put("/etc/ssh/16", "Port 16\n");
	ck_assert_ptr_null(sshdconf_read(&root, MAIN, &err));
	ck_assert_str_eq(
	    err.text, "/etc/ssh/15:4: more than 1000000 directives");
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

START_TEST(test_too_large)
{
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;
	char path[128], expected[256];

	testroot_put(MAIN, "Port 22\n");
	(void)snprintf(path, sizeof(path), "%s" MAIN, testroot_dir);
	ck_assert_int_eq(truncate(path, SSHDCONF_MAX_BYTES + 1), 0);
	ck_assert_ptr_null(sshdconf_read(&root, MAIN, &err));
	(void)snprintf(expected, sizeof(expected),
	    "%s: 16777217 bytes, more than the 16777216 allowed", path);
	ck_assert_str_eq(err.text, expected);
	ck_assert_int_eq(err.code, ERR_LIMIT);
}
END_TEST

/* Drop-ins are switched off by a link to /dev/null. */
START_TEST(test_masked)
{
	struct root root = { .dir = "", .sshd = NULL };
	struct err err = ERR_INIT;
	struct sshdconf *c;
	char text[128], path[128];

	(void)snprintf(text, sizeof(text), "Include %s/d/*\nPort 22\n",
	    testroot_dir);
	testroot_put("/main", text);
	testroot_put("/d/50-x.conf", "-> /dev/null");
	(void)snprintf(path, sizeof(path), "%s/main", testroot_dir);
	c = sshdconf_read(&root, path, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert_uint_eq(c->n_lines, 2);
	ck_assert_uint_eq(c->n_files, 2);
	ck_assert_uint_eq(c->files[1].len, 0);
	sshdconf_free(c);
}
END_TEST

START_TEST(test_main_path)
{
	struct root root = { .dir = testroot_dir, .sshd = NULL };
	struct err err = ERR_INIT;

	ck_assert_ptr_null(sshdconf_main(&root, &err));
	ck_assert_str_eq(err.text,
	    "there is neither /etc/ssh/sshd_config nor "
	    "/usr/etc/ssh/sshd_config; install the OpenSSH server first");
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	testroot_put("/usr/etc/ssh/sshd_config", "");
	ck_assert_str_eq(
	    sshdconf_main(&root, &err), "/usr/etc/ssh/sshd_config");
	testroot_put("/etc/ssh/sshd_config", "-> /usr/etc/ssh/sshd_config");
	ck_assert_str_eq(sshdconf_main(&root, &err), "/etc/ssh/sshd_config");
}
END_TEST

/* Where there is little room the value is cut, and not whom it is for. */
START_TEST(test_describe_cut)
{
	static const char text[] =
	    "AuthorizedPrincipalsCommand /var/run/principals_command_tester "
	    "%u %t %T %i %s %F %f %k %K\n"
	    "Match User aaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbbbbb,cccccccccccccccc\n"
	    "TrustedUserCAKeys /etc/ssh/somewhere/that/is/far/away/ca.pub\n";
	struct err err = ERR_INIT;
	struct sshdconf *c = sshdconf_parse(MAIN, text, strlen(text), &err);
	char shown[128];

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(
	    sshdconf_describe(c, &c->lines[0], shown, sizeof(shown)),
	    "/etc/ssh/sshd_config:1: authorizedprincipalscommand "
	    "/var/run/principals_command_tester %u %t %T %i %s %F %f... "
	    "(for everybody)");
	ck_assert_str_eq(
	    sshdconf_describe(c, &c->lines[c->n_lines - 1], shown,
		sizeof(shown)),
	    "/etc/ssh/sshd_config:3: trustedusercakeys "
	    "/etc/ssh/somewhere/that/is... "
	    "(in \"Match User aaaaaaaaaaaaaaaa,bbbbbbbbbbbbbbbb...\")");
	sshdconf_free(c);
}
END_TEST

START_TEST(test_find)
{
	static const char text[] =
	    "# BEGIN certgate (made by certgate apply; do not edit)\n"
	    "TrustedUserCAKeys /ours\n"
	    "# END certgate\n"
	    "trustedusercakeys /a\nRevokedKeys /r\n"
	    "# certgate replaced: TrustedUserCAKeys /b\n"
	    "AuthorizedKeysCommand /k\nMatch User u\n"
	    "AuthorizedPrincipalsCommand /c # x\n";
	static const char *const keywords[] = { "trustedusercakeys",
		"authorizedkeyscommand", NULL };
	static const char *const revoking[] = { "RevokedKeys=/x" };
	static const char *const not_revoking[] = { "RevokedKeysX /x" };
	const struct sshdconf_line *found[4] = { NULL, NULL, NULL, NULL };
	struct err err = ERR_INIT;
	struct sshdconf *c;
	char shown[256];

	c = sshdconf_parse(MAIN, text, sizeof(text) - 1, &err);
	ck_assert_msg(c != NULL, "%s", err.text);
	ck_assert(c->lines[0].is_ours && !c->lines[1].is_ours);
	ck_assert(c->lines[3].is_replaced && !c->lines[2].is_replaced);

	ck_assert_uint_eq(sshdconf_find(c, keywords, found, 4), 2);
	ck_assert_uint_eq(found[0]->line, 4);
	ck_assert_uint_eq(found[1]->line, 7);
	ck_assert_uint_eq(sshdconf_find(c, keywords, found, 0), 2);

	ck_assert_uint_eq(sshdconf_conflicts(c, NULL, 0, found, 4), 2);
	ck_assert_uint_eq(sshdconf_conflicts(c, not_revoking, 1, NULL, 0), 2);
	ck_assert_uint_eq(sshdconf_conflicts(c, revoking, 1, found, 4), 3);
	ck_assert_uint_eq(found[0]->line, 4);
	ck_assert_uint_eq(found[1]->line, 5);
	ck_assert_str_eq(
	    sshdconf_describe(c, found[2], shown, sizeof(shown)),
	    "/etc/ssh/sshd_config:9: authorizedprincipalscommand /c # x "
	    "(in \"Match User u\")");
	sshdconf_free(c);
}
END_TEST

/* Nothing read reaches beyond a file, whatever is cut off or flipped. */
START_TEST(test_damaged)
{
	static const char text[] =
	    "Port = 22\r\n\"Banner\" '/a b' # \"\nMatch User \"a\" Host b\n"
	    "\tInclude x*.conf \"y\"\n# END certgat\nPermitTTY no";
	char bytes[sizeof(text)];
	size_t len, i;
	int bit;

	for (len = 0; len < sizeof(text); len++)
		sshdconf_free(sshdconf_parse(MAIN, text, len, NULL));
	for (i = 0; i < sizeof(text) - 1; i++)
		for (bit = 0; bit < 8; bit++) {
			memcpy(bytes, text, sizeof(text));
			bytes[i] = (char)(bytes[i] ^ (1 << bit));
			sshdconf_free(sshdconf_parse(
			    MAIN, bytes, sizeof(text) - 1, NULL));
		}
}
END_TEST

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *s = suite_create("sshdconf");
	TCase *tc = tcase_create("lines");
	SRunner *sr;
	int failed;

	tcase_add_loop_test(tc, test_line, 0, N_ROWS(line_cases));
	tcase_add_loop_test(tc, test_include, 0, N_ROWS(include_cases));
	tcase_add_loop_test(tc, test_error, 0, N_ROWS(error_cases));
	tcase_add_test(tc, test_describe_cut);
	tcase_add_test(tc, test_find);
	tcase_add_test(tc, test_damaged);
	suite_add_tcase(s, tc);
	tc = tcase_create("files");
	tcase_add_checked_fixture(tc, testroot_make, testroot_remove);
	tcase_set_timeout(tc, 300);
	tcase_add_loop_test(tc, test_tree, 0, N_ROWS(tree_cases));
	tcase_add_loop_test(tc, test_tree_error, 0, N_ROWS(tree_error_cases));
	tcase_add_test(tc, test_depth);
	tcase_add_test(tc, test_explosion);
	tcase_add_test(tc, test_too_large);
	tcase_add_test(tc, test_masked);
	tcase_add_test(tc, test_main_path);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
