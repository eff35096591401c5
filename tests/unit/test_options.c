#include "config.h"

#include "pam/options.h"

#include "tests/unit/harness.h"

#define MAX_ARGS 6

struct row {
	const char *name;
	enum options_group group;
	const char *args[MAX_ARGS];
	enum err_code code;
	const char *want;
};

static const struct row refused[] = {
	{ "unknown", OPTIONS_SESSION, { "requre=cert" }, ERR_UNSUPPORTED,
	    "option \"requre=cert\": not known; see pam_certgate(8)" },
	{ "empty", OPTIONS_SESSION, { "" }, ERR_UNSUPPORTED,
	    "option \"\": not known; see pam_certgate(8)" },
	{ "prefix", OPTIONS_SESSION, { "debu" }, ERR_UNSUPPORTED,
	    "option \"debu\": not known; see pam_certgate(8)" },
	{ "control characters", OPTIONS_SESSION, { "a\x1b[2J\n" },
	    ERR_UNSUPPORTED,
	    "option \"a\\x1b[2J\\n\": not known; see pam_certgate(8)" },
	{ "upper case", OPTIONS_SESSION, { "DEBUG" }, ERR_UNSUPPORTED,
	    "option \"DEBUG\": not known; see pam_certgate(8)" },
	{ "flag with value", OPTIONS_SESSION, { "debug=1" }, ERR_MALFORMED,
	    "option \"debug=1\": takes no value" },
	{ "flag with =", OPTIONS_SESSION, { "debug=" }, ERR_MALFORMED,
	    "option \"debug=\": takes no value" },
	{ "no value", OPTIONS_SESSION, { "require" }, ERR_MALFORMED,
	    "option \"require\": has no value" },
	{ "empty value", OPTIONS_SESSION, { "require=" }, ERR_MALFORMED,
	    "option \"require=\": has no value" },
	{ "other word", OPTIONS_SESSION, { "require=certs" }, ERR_UNSUPPORTED,
	    "option \"require\": the only value is \"cert\"" },
	{ "other word of on-error", OPTIONS_AUTH, { "on-error=deny" },
	    ERR_UNSUPPORTED,
	    "option \"on-error\": the only value is \"ignore\"" },
	{ "twice", OPTIONS_SESSION, { "debug", "debug" }, ERR_MALFORMED,
	    "option \"debug\": stands there twice" },
	{ "list, empty name", OPTIONS_SESSION,
	    { "require=cert", "users=a,,b" }, ERR_MALFORMED,
	    "option \"users=a,,b\": a name in its list is empty" },
	{ "list, comma at the end", OPTIONS_SESSION,
	    { "require=cert", "groups=a," }, ERR_MALFORMED,
	    "option \"groups=a,\": a name in its list is empty" },
	{ "relative path", OPTIONS_SESSION, { "current=x" }, ERR_MALFORMED,
	    "option \"current=x\": not an absolute path" },
	{ "list without require", OPTIONS_SESSION, { "users=a" },
	    ERR_MALFORMED,
	    "users=, groups= and except= say for whom require=cert is, which "
	    "is missing" },
	{ "require on an auth line", OPTIONS_AUTH, { "require=cert" },
	    ERR_UNSUPPORTED,
	    "option \"require=cert\": means nothing on a line of this type" },
	{ "require on an account line", OPTIONS_ACCOUNT, { "require=cert" },
	    ERR_UNSUPPORTED,
	    "option \"require=cert\": means nothing on a line of this type" },
	{ "as on a session line", OPTIONS_SESSION, { "as=root" },
	    ERR_UNSUPPORTED,
	    "option \"as=root\": means nothing on a line of this type" },
	{ "grace, empty", OPTIONS_SESSION, { "end-at-expiry=" },
	    ERR_MALFORMED,
	    "option \"end-at-expiry=\": not a time; write seconds, or a "
	    "number with s, m or h" },
	{ "grace, unit alone", OPTIONS_SESSION, { "end-at-expiry=m" },
	    ERR_MALFORMED,
	    "option \"end-at-expiry=m\": not a time; write seconds, or a "
	    "number with s, m or h" },
	{ "grace, other unit", OPTIONS_SESSION, { "end-at-expiry=5d" },
	    ERR_MALFORMED,
	    "option \"end-at-expiry=5d\": not a time; write seconds, or a "
	    "number with s, m or h" },
	{ "grace, two units", OPTIONS_SESSION, { "end-at-expiry=5ms" },
	    ERR_MALFORMED,
	    "option \"end-at-expiry=5ms\": not a time; write seconds, or a "
	    "number with s, m or h" },
	{ "grace, negative", OPTIONS_SESSION, { "end-at-expiry=-5" },
	    ERR_MALFORMED,
	    "option \"end-at-expiry=-5\": not a time; write seconds, or a "
	    "number with s, m or h" },
	{ "grace, over a week", OPTIONS_SESSION, { "end-at-expiry=169h" },
	    ERR_LIMIT, "option \"end-at-expiry=169h\": over a week" },
	{ "grace, over any number", OPTIONS_SESSION,
	    { "end-at-expiry=99999999999999999999" }, ERR_LIMIT,
	    "option \"end-at-expiry=99999999999999999999\": over a week" },
	{ "as without a name", OPTIONS_AUTH, { "as=" }, ERR_MALFORMED,
	    "option \"as=\": has no value" },
};

static int
parse(struct options *o, const struct row *r, struct err *e)
{
	int n = 0;

	while (n < MAX_ARGS && r->args[n] != NULL)
		n++;
	return options_parse(o, r->group, n, r->args, e);
}

START_TEST(test_refused)
{
	struct err e = ERR_INIT;
	struct options o;

	ck_assert_int_eq(parse(&o, &refused[_i], &e), -1);
	assert_err(&e, refused[_i].code, refused[_i].want);
}
END_TEST

START_TEST(test_none)
{
	struct err e = ERR_INIT;
	struct options o;

	ck_assert_int_eq(options_parse(&o, OPTIONS_SESSION, 0, NULL, &e), 0);
	ck_assert_str_eq(o.current, "/etc/ssh/certgate/current");
	ck_assert(!o.has_debug && !o.ignores_errors && !o.requires_cert &&
	    !o.ends_at_expiry);
	ck_assert(o.users == NULL && o.groups == NULL && o.except == NULL &&
	    o.as == NULL);
}
END_TEST

START_TEST(test_all)
{
	const char *session[] = { "debug", "on-error=ignore",
		"current=/run/x", "require=cert", "users=a,b", "groups=g",
		"except=root", "end-at-expiry=2m" };
	const char *auth[] = { "as=deploy", "debug" };
	struct err e = ERR_INIT;
	struct options o;

	ck_assert_int_eq(
	    options_parse(&o, OPTIONS_SESSION, N_ROWS(session), session, &e),
	    0);
	ck_assert(o.has_debug && o.ignores_errors && o.requires_cert &&
	    o.ends_at_expiry);
	ck_assert_str_eq(o.current, "/run/x");
	ck_assert_str_eq(o.users, "a,b");
	ck_assert_str_eq(o.groups, "g");
	ck_assert_str_eq(o.except, "root");
	ck_assert_uint_eq(o.grace_s, 120);
	ck_assert_int_eq(
	    options_parse(&o, OPTIONS_AUTH, N_ROWS(auth), auth, &e), 0);
	ck_assert_str_eq(o.as, "deploy");
}
END_TEST

START_TEST(test_grace)
{
	static const struct {
		const char *arg;
		uint32_t want;
	} rows[] = { { "end-at-expiry", 0 }, { "end-at-expiry=0", 0 },
		{ "end-at-expiry=90", 90 }, { "end-at-expiry=90s", 90 },
		{ "end-at-expiry=5m", 300 }, { "end-at-expiry=168h", 604800 } };
	struct err e = ERR_INIT;
	struct options o;
	int i;

	for (i = 0; i < N_ROWS(rows); i++) {
		ck_assert_int_eq(options_parse(
		    &o, OPTIONS_SESSION, 1, &rows[i].arg, &e), 0);
		ck_assert(o.ends_at_expiry);
		ck_assert_uint_eq(o.grace_s, rows[i].want);
	}
}
END_TEST

/* debug is known even where the rest is wrong, for the log. */
START_TEST(test_debug_last)
{
	const char *args[] = { "nonsense", "debug" };
	struct err e = ERR_INIT;
	struct options o;

	ck_assert_int_eq(options_parse(&o, OPTIONS_SESSION, 2, args, &e), -1);
	ck_assert(o.has_debug);
}
END_TEST

START_TEST(test_long_name)
{
	char arg[300] = "users=";
	const char *args[] = { "require=cert", arg };
	struct err e = ERR_INIT;
	struct options o;

	memset(arg + 6, 'a', 255);
	ck_assert_int_eq(options_parse(&o, OPTIONS_SESSION, 2, args, &e), 0);
	ck_assert(options_list_has(o.users, arg + 6));
	arg[6 + 255] = 'a';
	ck_assert_int_eq(options_parse(&o, OPTIONS_SESSION, 2, args, &e), -1);
	ck_assert_int_eq((int)e.code, (int)ERR_LIMIT);
}
END_TEST

START_TEST(test_list)
{
	ck_assert(options_list_has("a,bc,d", "a"));
	ck_assert(options_list_has("a,bc,d", "bc"));
	ck_assert(options_list_has("a,bc,d", "d"));
	ck_assert(!options_list_has("a,bc,d", "b"));
	ck_assert(!options_list_has("a,bc,d", ""));
	ck_assert(!options_list_has("a,bc,d", "bc,d"));
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("options");

	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(refused));
	tcase_add_test(tc, test_none);
	tcase_add_test(tc, test_all);
	tcase_add_test(tc, test_grace);
	tcase_add_test(tc, test_debug_last);
	tcase_add_test(tc, test_long_name);
	tcase_add_test(tc, test_list);
	return run_case("options", tc);
}
