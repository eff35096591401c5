#include "config.h"

#include "config-gen/pamstack.h"

#include <stdio.h>

#include "tests/unit/harness.h"

#define MAX_FILES 5

/* Files by their names; the first is the service. */
struct files {
	struct {
		const char *name, *text;
	} items[MAX_FILES];
};

static int
read_file(void *ctx, const char *name, char **text, size_t *len,
    struct err *err)
{
	const struct files *f = ctx;
	size_t i;

	(void)err;
	for (i = 0; i < MAX_FILES && f->items[i].name != NULL; i++) {
		if (strcmp(f->items[i].name, name) != 0)
			continue;
		*len = strlen(f->items[i].text);
		*text = (char *)exact_copy(f->items[i].text, *len + 1);
		return 1;
	}
	return 0;
}

static int
load(struct pamstack *s, const struct files *f, enum pamstack_type type,
    struct err *err)
{
	struct files copy = *f;

	return pamstack_load(
	    s, f->items[0].name, type, read_file, &copy, err);
}

/* "sshd:1 pam_a.so x y|common:2 …", "+" for each level. */
static const char *
show(const struct pamstack *s)
{
	static char text[2048];
	size_t i, len = 0;
	unsigned int n;

	text[0] = '\0';
	for (i = 0; i < s->n_nodes; i++) {
		for (n = 0; n < s->nodes[i].level; n++)
			text[len++] = '+';
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s:%zu%s %s<%s>|", s->nodes[i].file, s->nodes[i].line,
		    s->nodes[i].is_substack ? " sub" : "",
		    s->nodes[i].module, s->nodes[i].args);
	}
	return text;
}

static const struct {
	struct files files;
	enum pamstack_type type;
	const char *seen;
} loads[] = {
	{ { { { "s", "" } } }, PAMSTACK_AUTH, "" },
	{ { { { "s", "# auth required pam_a.so\n\n  \t\n" } } },
	    PAMSTACK_AUTH, "" },
	{ { { { "s", "auth required pam_a.so\nsession required pam_b.so x" } } },
	    PAMSTACK_AUTH, "s:1 pam_a.so<>|" },
	{ { { { "s", "\nauth\trequired pam_a.so\nSESSION Required pam_b.so  x "
		     "\t y # z\r\n" } } },
	    PAMSTACK_SESSION, "s:3 pam_b.so<x y>|" },
	{ { { { "s", "-session optional pam_a.so [a b\\]c] d\n" } } },
	    PAMSTACK_SESSION, "s:1 pam_a.so<a b]c d>|" },
	/* Continued lines; a comment ends with its line. */
	{ { { { "s", "auth \\\nrequired \\\n  pam_a.so a\\\nb\n"
		     "auth required pam_b.so # x \\\nauth required pam_c.so" } } },
	    PAMSTACK_AUTH, "s:1 pam_a.so<a b>|s:5 pam_b.so<>|s:6 pam_c.so<>|" },
	{ { { { "s", "@include c\nauth include d\nauth substack d\n"
		     "auth required pam_e.so" },
	      { "c", "auth required pam_c.so\naccount required pam_x.so" },
	      { "d", "account required pam_y.so\nauth required pam_d.so\n"
		     "auth substack c" } } },
	    PAMSTACK_AUTH,
	    "c:1 pam_c.so<>|d:2 pam_d.so<>|d:3 sub c<>|+c:1 pam_c.so<>|"
	    "s:3 sub d<>|+d:2 pam_d.so<>|+d:3 sub c<>|++c:1 pam_c.so<>|"
	    "s:4 pam_e.so<>|" },
	/* An include of another type is not looked at. */
	{ { { { "s", "account include none\nauth required pam_a.so" } } },
	    PAMSTACK_AUTH, "s:2 pam_a.so<>|" },
};

START_TEST(test_load)
{
	struct pamstack s;
	struct err err = ERR_INIT;

	ck_assert_int_eq(
	    load(&s, &loads[_i].files, loads[_i].type, &err), 1);
	ck_assert_str_eq(show(&s), loads[_i].seen);
	pamstack_clear(&s);
}
END_TEST

static const struct {
	const char *text;
	enum err_code code;
	const char *message;
} errors[] = {
	{ "auth required pam_a.so\nauht required pam_b.so\n", ERR_MALFORMED,
	    "s:2: a type that is none: \"auht\"" },
	{ "auth require pam_a.so", ERR_MALFORMED,
	    "s:1: a control that is none: \"require\"" },
	{ "auth [success] pam_a.so", ERR_MALFORMED,
	    "s:1: a control that is none: \"success\"" },
	{ "auth [success=0] pam_a.so", ERR_MALFORMED,
	    "s:1: a control that is none: \"success=0\"" },
	{ "auth [sucess=ok] pam_a.so", ERR_MALFORMED,
	    "s:1: a control that is none: \"sucess=ok\"" },
	{ "auth [success=4097] pam_a.so", ERR_MALFORMED,
	    "s:1: a control that is none: \"success=4097\"" },
	{ "auth required", ERR_MALFORMED,
	    "s:1: control or module is missing after \"required\"" },
	{ "\n\nauth", ERR_MALFORMED,
	    "s:3: control or module is missing after \"auth\"" },
	{ "auth [success=ok pam_a.so", ERR_MALFORMED,
	    "s:1: brackets without an end, or too many words, after \"auth\"" },
	{ "@include", ERR_MALFORMED,
	    "s:1: one file is wanted after \"@include\"" },
	{ "@include a b", ERR_MALFORMED,
	    "s:1: one file is wanted after \"@include\"" },
	{ "@include \x01", ERR_NOT_FOUND,
	    "\\x01: included, and there is no such file" },
	{ "auth include none", ERR_NOT_FOUND,
	    "none: included, and there is no such file" },
	{ "@include s", ERR_LIMIT, "s: included over 32 files deep" },
};

START_TEST(test_errors)
{
	struct files f = { { { "s", errors[_i].text } } };
	struct pamstack s;
	struct err err = ERR_INIT;

	ck_assert_int_eq(load(&s, &f, PAMSTACK_AUTH, &err), -1);
	assert_err(&err, errors[_i].code, errors[_i].message);
	pamstack_clear(&s);
}
END_TEST

static int
read_nul(void *ctx, const char *name, char **text, size_t *len,
    struct err *err)
{
	(void)ctx;
	(void)name;
	(void)err;
	*text = (char *)exact_copy("a\0b", 4);
	*len = 3;
	return 1;
}

START_TEST(test_none)
{
	static const struct files f = { { { NULL, NULL } } };
	struct pamstack s;
	struct err err = ERR_INIT;
	struct files copy = f;

	ck_assert_int_eq(
	    pamstack_load(&s, "s", PAMSTACK_AUTH, read_file, &copy, &err), 0);
	ck_assert_uint_eq(s.n_nodes, 0);
	pamstack_clear(&s);
	ck_assert_int_eq(
	    pamstack_load(&s, "s", PAMSTACK_AUTH, read_nul, NULL, &err), -1);
	assert_err(&err, ERR_MALFORMED, "s: holds a NUL");
	pamstack_clear(&s);
}
END_TEST

START_TEST(test_actions)
{
	static const struct files f = { { { "s",
	    "auth required a\nauth requisite a\nauth sufficient a\n"
	    "auth optional a\nauth [success=2 ignore=reset default=die] a\n"
	    "auth [success=ok] a" } } };
	/* Of success, open_err and ignore, which is the 26th. */
	static const int want[][3] = {
		{ PAMSTACK_OK, PAMSTACK_BAD, PAMSTACK_IGNORE },
		{ PAMSTACK_OK, PAMSTACK_DIE, PAMSTACK_IGNORE },
		{ PAMSTACK_DONE, PAMSTACK_IGNORE, PAMSTACK_IGNORE },
		{ PAMSTACK_OK, PAMSTACK_IGNORE, PAMSTACK_IGNORE },
		{ 2, PAMSTACK_DIE, PAMSTACK_RESET },
		{ PAMSTACK_OK, PAMSTACK_BAD, PAMSTACK_BAD },
	};
	struct pamstack s;
	struct err err = ERR_INIT;
	int i;

	ck_assert_int_eq(load(&s, &f, PAMSTACK_AUTH, &err), 1);
	ck_assert_int_eq((int)s.n_nodes, N_ROWS(want));
	for (i = 0; i < N_ROWS(want); i++) {
		ck_assert_int_eq(s.nodes[i].actions[0], want[i][0]);
		ck_assert_int_eq(s.nodes[i].actions[1], want[i][1]);
		ck_assert_int_eq(s.nodes[i].actions[25], want[i][2]);
	}
	pamstack_clear(&s);
}
END_TEST

#define GUARD "auth [success=1 default=ignore] pam_succeed_if.so "

/* Which nodes are reached, and whether "c" can be gone round. */
static const struct {
	const char *text, *reached;
	bool is_avoided;
} ways[] = {
	{ "", "", true },
	{ "auth required c", "1", false },
	{ "auth required a\nauth required c", "11", false },
	{ "auth sufficient a\nauth required c", "11", true },
	{ "auth optional a\nauth required /lib/security/c", "11", false },
	{ "auth requisite a\nauth required c", "11", false },
	{ "auth required pam_deny.so\nauth required c", "11", false },
	{ "auth requisite pam_deny.so\nauth required c", "10", false },
	{ "auth sufficient pam_permit.so\nauth required c", "10", true },
	{ "auth sufficient pam_deny.so\nauth required c", "11", false },
	{ "auth [success=1 default=ignore] a\nauth required c\n"
	  "auth required b", "111", true },
	/* As Debian's files jump: over pam_deny.so. */
	{ "auth [success=2 default=ignore] c\n"
	  "auth [success=1 default=ignore] a\nauth requisite pam_deny.so\n"
	  "auth required pam_permit.so", "1111", false },
	/* Too far: a failure. */
	{ "auth [default=2] a\nauth required c", "10", false },
	{ "auth [default=1] a\nauth required c", "10", true },
	{ "auth [default=done] a\nauth required c", "10", true },
	{ "auth [default=reset] a\nauth required c", "11", false },
	/* Conditions on the service, which is s. */
	{ GUARD "service notin s quiet use_uid\nauth required c\n"
		"auth required b", "111", false },
	{ GUARD "service notin x:s:y\nauth required c\nauth required b",
	    "111", false },
	{ GUARD "service notin x:ss\nauth required c\nauth required b",
	    "101", true },
	{ GUARD "service in x:s\nauth required c\nauth required b", "101",
	    true },
	{ GUARD "service in x\nauth required c\nauth required b", "111",
	    false },
	/* These can say either. */
	{ GUARD "service in x uid > 5\nauth required c\nauth required b",
	    "111", true },
	{ GUARD "user in x\nauth required c\nauth required b", "111", true },
	{ GUARD "service =~ x\nauth required c\nauth required b", "111",
	    true },
	{ GUARD "\nauth required c\nauth required b", "111", true },
	/* A substack ends where a module in it says so; a jump over it. */
	{ "auth substack sub\nauth required c", "1111", false },
	{ "auth [success=1 default=ignore] a\nauth substack sub\n"
	  "auth required c", "11111", false },
	{ "auth [success=2 default=ignore] a\nauth substack sub\n"
	  "auth required c\nauth required b", "111111", true },
	{ "auth substack out\nauth required c", "1011", false },
};

START_TEST(test_ways)
{
	struct files f = { { { "s", ways[_i].text },
	    { "sub", "auth sufficient a\nauth required b" },
	    { "out", "auth [default=1] a\nauth required c" } } };
	struct pamstack s;
	struct err err = ERR_INIT;
	bool reached[16] = { false };
	char seen[17] = "";
	size_t i;

	/* A jump in a substack does not leave it. */
	if (strstr(ways[_i].text, "substack out") != NULL)
		f.items[2].text = "auth [default=3] a\nauth required b";
	ck_assert_int_eq(load(&s, &f, PAMSTACK_AUTH, &err), 1);
	ck_assert_uint_le(s.n_nodes, 16);
	pamstack_reach(&s, reached);
	for (i = 0; i < s.n_nodes; i++)
		seen[i] = reached[i] ? '1' : '0';
	if (strstr(ways[_i].text, "substack out") != NULL)
		ck_assert_str_eq(seen, "1100");
	else
		ck_assert_str_eq(seen, ways[_i].reached);
	ck_assert_int_eq(pamstack_avoids(&s, "c"), ways[_i].is_avoided);
	pamstack_clear(&s);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pamstack");

	tcase_add_loop_test(tc, test_load, 0, N_ROWS(loads));
	tcase_add_loop_test(tc, test_errors, 0, N_ROWS(errors));
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_actions);
	tcase_add_loop_test(tc, test_ways, 0, N_ROWS(ways));
	return run_case("pamstack", tc);
}
