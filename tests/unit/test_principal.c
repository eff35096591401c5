#include "config.h"

#include "lib/principal.h"

#include "tests/unit/harness.h"

static const struct {
	struct span name;
	const char *refusal;
} names[] = {
	{ RAW("jdoe"), NULL },
	{ RAW("jdoe@example.com"), NULL },
	{ RAW("a,b"), NULL },
	{ RAW("*"), NULL },
	{ RAW("$(id)"), NULL },
	{ RAW("back\\slash"), NULL },
	{ RAW("\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd"), NULL },
	{ RAW("\xff\xfe"), NULL },
	{ RAW(""), "is empty" },
	{ RAW("alice#x"), "holds a #" },
	{ RAW("#"), "holds a #" },
	{ RAW("a b"), "holds white space" },
	{ RAW(" a"), "holds white space" },
	{ RAW("a\t"), "holds white space" },
	{ RAW("a\n"), "holds white space" },
	{ RAW("a\v"), "holds white space" },
	{ RAW("a\f"), "holds white space" },
	{ RAW("a\r"), "holds white space" },
	{ RAW("a\"b"), "holds a quote" },
	{ RAW("o'brien"), "holds a quote" },
	{ RAW("alice\0"), "holds a control character" },
	{ RAW("alice\0x"), "holds a control character" },
	{ RAW("\x01"), "holds a control character" },
	{ RAW("\x08"), "holds a control character" },
	{ RAW("\x0e"), "holds a control character" },
	{ RAW("\x1b[2J"), "holds a control character" },
	{ RAW("a\x1f"), "holds a control character" },
	{ RAW("a\x7f"), "holds a control character" },
};

static void
assert_refusal(const char *got, const char *want, struct span of)
{
	if (want == NULL && got != NULL)
		ck_abort_msg("refused: %.*s: %s", (int)of.len,
		    (const char *)of.p, got);
	if (want != NULL && got == NULL)
		ck_abort_msg("accepted: %.*s", (int)of.len,
		    (const char *)of.p);
	if (want != NULL)
		ck_assert_str_eq(got, want);
}

START_TEST(test_name)
{
	struct span name = names[_i].name;
	unsigned char *copy = exact_copy(name.p, name.len);

	assert_refusal(
	    principal_refusal((struct span) { copy, name.len }),
	    names[_i].refusal, name);
	free(copy);
}
END_TEST

START_TEST(test_name_length)
{
	unsigned char long_name[PRINCIPAL_MAX + 1];

	memset(long_name, 'x', sizeof(long_name));
	ck_assert_ptr_null(principal_refusal(
	    (struct span) { long_name, PRINCIPAL_MAX }));
	ck_assert_str_eq(principal_refusal((struct span) {
			     long_name, PRINCIPAL_MAX + 1 }),
	    "is longer than 1,024 bytes");
}
END_TEST

#define PERMITOPEN_REFUSAL \
	"hold a permitopen= that is not \"host:port\", the port a number or *"
#define PERMITLISTEN_REFUSAL \
	"hold a permitlisten= that is not \"[host:]port\", the port a " \
	"number or *"
#define TUNNEL_REFUSAL "hold a tunnel= that is neither a number nor \"any\""
#define UNKNOWN_REFUSAL "hold an option that sshd does not know"
#define HASH_REFUSAL "hold a #, where sshd cuts the line, even in quotes"

static const struct {
	struct span options;
	const char *refusal;
} options[] = {
	{ RAW("agent-forwarding"), NULL },
	{ RAW("no-agent-forwarding"), NULL },
	{ RAW("port-forwarding"), NULL },
	{ RAW("no-port-forwarding"), NULL },
	{ RAW("pty"), NULL },
	{ RAW("no-pty"), NULL },
	{ RAW("user-rc"), NULL },
	{ RAW("no-user-rc"), NULL },
	{ RAW("X11-forwarding"), NULL },
	{ RAW("no-x11-forwarding"), NULL },
	{ RAW("restrict"), NULL },
	{ RAW("RESTRICT,No-Pty"), NULL },
	{ RAW("touch-required"), NULL },
	{ RAW("no-touch-required"), NULL },
	{ RAW("verify-required"), NULL },
	{ RAW("no-verify-required"), NULL },
	{ RAW("pty,pty"), NULL },
	{ RAW("command=\"\""), NULL },
	{ RAW("Command=\"/usr/local/bin/deploy --now\""), NULL },
	{ RAW("command=\"echo \\\"a, b\\\"\",restrict"), NULL },
	{ RAW("command=\"a\\\\b\""), NULL },
	{ RAW("restrict,command=\"x\",permitopen=\"localhost:22\""), NULL },
	{ RAW("permitopen=\"h:1\",permitopen=\"h:65535\""), NULL },
	{ RAW("permitopen=\"[2001:db8::1]:22\""), NULL },
	{ RAW("permitopen=\"*:*\""), NULL },
	{ RAW("permitopen=\"h:9\",permitopen=\"h/22\""), NULL },
	{ RAW("permitlisten=\"8080\""), NULL },
	{ RAW("permitlisten=\"*\""), NULL },
	{ RAW("permitlisten=\":8080\""), NULL },
	{ RAW("permitlisten=\"localhost:8080\""), NULL },
	{ RAW("tunnel=\"0\""), NULL },
	{ RAW("tunnel=\"2147483645\""), NULL },
	{ RAW("tunnel=\"Any\""), NULL },
	{ RAW(""), "are empty" },
	{ RAW("command=\"x#y\""), HASH_REFUSAL },
	{ RAW("#"), HASH_REFUSAL },
	{ RAW("pty\t"), "hold a control character" },
	{ RAW("pty\n"), "hold a control character" },
	{ RAW("pty\0"), "hold a control character" },
	{ RAW("command=\"a\x7f\""), "hold a control character" },
	{ RAW(" pty"), "hold a blank outside quotes" },
	{ RAW("pty "), "hold a blank outside quotes" },
	{ RAW("pty, restrict"), "hold a blank outside quotes" },
	{ RAW("command=\"x\" "), "hold a blank outside quotes" },
	{ RAW("command =\"x\""), "hold a blank outside quotes" },
	{ RAW(","), "hold an empty option" },
	{ RAW("pty,"), "hold an empty option" },
	{ RAW("pty,,restrict"), "hold an empty option" },
	{ RAW("=\"x\""), "hold an empty option" },
	{ RAW("ptyx"), UNKNOWN_REFUSAL },
	{ RAW("pt"), UNKNOWN_REFUSAL },
	{ RAW("no-restrict"), UNKNOWN_REFUSAL },
	{ RAW("no-no-pty"), UNKNOWN_REFUSAL },
	{ RAW("permit-pty"), UNKNOWN_REFUSAL },
	{ RAW("source-address=\"192.0.2.1\""), UNKNOWN_REFUSAL },
	{ RAW("pty=\"x\""), "hold a value for an option that takes none" },
	{ RAW("restrict\"\""), "hold a value for an option that takes none" },
	{ RAW("command"), "hold a value that does not begin with a quote" },
	{ RAW("command=x"), "hold a value that does not begin with a quote" },
	{ RAW("command="), "hold a value that does not begin with a quote" },
	{ RAW("command=\'x\'"),
	    "hold a value that does not begin with a quote" },
	{ RAW("command=\""), "end inside quotes" },
	{ RAW("command=\"x"), "end inside quotes" },
	{ RAW("command=\"x\\\""), "end inside quotes" },
	{ RAW("command=\"x\\"), "end inside quotes" },
	{ RAW("command=\"x\\\\\""), "end inside quotes" },
	{ RAW("command=\"x\"y"), "hold text behind a closing quote" },
	{ RAW("command=\"x\",COMMAND=\"x\""),
	    "hold command= twice, which sshd refuses" },
	{ RAW("permitopen=\"\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"22\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"h:\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"h:0\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"h:65536\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"h:ssh\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"h:22 \""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"a:b:22\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"[::1\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"[::1]\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"[::1]x:22\""), PERMITOPEN_REFUSAL },
	{ RAW("permitopen=\"h:99999999999999999999\""), PERMITOPEN_REFUSAL },
	{ RAW("permitlisten=\"\""), PERMITLISTEN_REFUSAL },
	{ RAW("permitlisten=\"0\""), PERMITLISTEN_REFUSAL },
	{ RAW("permitlisten=\"http\""), PERMITLISTEN_REFUSAL },
	{ RAW("permitlisten=\"h:http\""), PERMITLISTEN_REFUSAL },
	{ RAW("tunnel=\"\""), TUNNEL_REFUSAL },
	{ RAW("tunnel=\"2147483646\""), TUNNEL_REFUSAL },
	{ RAW("tunnel=\"-1\""), TUNNEL_REFUSAL },
	{ RAW("tunnel=\"anyx\""), TUNNEL_REFUSAL },
	{ RAW("cert-authority"),
	    "hold cert-authority, which sshd refuses beside a principal" },
	{ RAW("principals=\"x\""),
	    "hold principals=, which sshd refuses beside a principal" },
	{ RAW("From=\"192.0.2.0/24\""),
	    "hold from=; write `from:` beside them instead" },
	{ RAW("pty,expiry-time=\"20260101\""),
	    "hold expiry-time=; write `until:` beside them instead" },
	{ RAW("environment=\"A=b\""),
	    "hold environment=, which sshd ignores without a word unless "
	    "PermitUserEnvironment allows it" },
};

START_TEST(test_options)
{
	struct span s = options[_i].options;
	unsigned char *copy = exact_copy(s.p, s.len);

	assert_refusal(principal_options_refusal(
			   (struct span) { copy, s.len }),
	    options[_i].refusal, s);
	free(copy);
}
END_TEST

START_TEST(test_options_length)
{
	static char text[PRINCIPAL_OPTIONS_MAX + 2];

	memset(text, 'x', sizeof(text));
	memcpy(text, "command=\"", 9);
	text[PRINCIPAL_OPTIONS_MAX - 1] = '"';
	text[PRINCIPAL_OPTIONS_MAX] = '\0';
	ck_assert_ptr_null(principal_options_refusal(span_of(text)));
	text[PRINCIPAL_OPTIONS_MAX - 1] = 'x';
	text[PRINCIPAL_OPTIONS_MAX] = '"';
	text[PRINCIPAL_OPTIONS_MAX + 1] = '\0';
	ck_assert_str_eq(principal_options_refusal(span_of(text)),
	    "are longer than 8,192 bytes");
}
END_TEST

START_TEST(test_host_length)
{
	char text[1100];

	memset(text, 'h', sizeof(text));
	memcpy(text, "permitopen=\"", 12);
	memcpy(text + 12 + 1024, ":22\"", 5);
	ck_assert_ptr_null(principal_options_refusal(span_of(text)));
	memcpy(text + 12 + 1024, "h:22\"", 6);
	ck_assert_str_eq(
	    principal_options_refusal(span_of(text)), PERMITOPEN_REFUSAL);
}
END_TEST

static const struct {
	const char *options, *command; /* NULL: the certificate has none */
	bool differ;
} commands[] = {
	{ "", "id", false },
	{ "restrict", "id", false },
	{ "command=\"id\"", NULL, false },
	{ "command=\"id\"", "id", false },
	{ "COMMAND=\"id\",restrict", "id", false },
	{ "restrict,Command=\"id\",no-pty", "id -u", true },
	{ "command=\"id -u\"", "id", true },
	{ "command=\"id\"", "ID", true },
	{ "command=\"id\"", "", true },
	{ "command=\"\"", "", false },
	{ "command=\"\"", "id", true },
	{ "command=\"a\\\"b\"", "a\"b", false },
	{ "command=\"a\\\"b\"", "a\\\"b", true },
	{ "command=\"a\\b\"", "a\\b", false },
	{ "permitopen=\"a:1\",command=\"id\"", "id -u", true },
};

START_TEST(test_differ)
{
	struct span command = { NULL, 0 };

	if (commands[_i].command != NULL)
		command = span_of(commands[_i].command);
	ck_assert_msg(
	    principal_options_differ(
		span_of(commands[_i].options), command) == commands[_i].differ,
	    "row %d", _i);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("principal");

	tcase_add_loop_test(tc, test_name, 0, N_ROWS(names));
	tcase_add_test(tc, test_name_length);
	tcase_add_loop_test(tc, test_options, 0, N_ROWS(options));
	tcase_add_test(tc, test_options_length);
	tcase_add_test(tc, test_host_length);
	tcase_add_loop_test(tc, test_differ, 0, N_ROWS(commands));
	return run_case("principal", tc);
}
