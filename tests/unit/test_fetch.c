/* What certgate makes of what the program says that talks to the network. */
#include "config.h"

#include "config-gen/fetch.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/testroot.h"

#define PROGRAM "/ca-fetch"
#define MARK "-----BEGIN CERTIFICATE-----"

static char program[128], token[128], ca[128];

/* The program that the tests put in the place of ca-fetch. */
static void
put_program(const char *script)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", script);
	testroot_put(PROGRAM, text);
	(void)snprintf(program, sizeof(program), "%s" PROGRAM, testroot_dir);
	ck_assert_int_eq(chmod(program, 0755), 0);
	/* Another user is to find it. */
	ck_assert_int_eq(chmod(testroot_dir, 0755), 0);
}

static void
put_secret(char path[128], const char *name, const char *text, mode_t mode)
{
	testroot_put(name, text);
	(void)snprintf(path, 128, "%s%s", testroot_dir, name);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static const struct {
	const char *name, *script, *want;
} bad[] = {
	{ "a reason", "echo 'the service says \"no\"' >&2; exit 1",
	    "the service says \"no\"" },
	{ "a reason that acts", "printf 'a\\033[2Jb\\nc\\n' >&2; exit 1",
	    "a\\x1b[2Jb" },
	{ "no reason", "exit 3", "ca-fetch failed with exit status 3" },
	{ "a signal", "kill -KILL $$", "ca-fetch was ended by signal 9" },
	{ "nothing", "exit 0", "ca-fetch gave no key" },
	{ "no key", "echo hello world",
	    "ca-fetch:1: this is not a public key; write it as in a .pub "
	    "file: type, base64, comment" },
	{ "JSON", "echo '{\"userKey\":[]}'",
	    "ca-fetch:1: this is not a public key; write it as in a .pub "
	    "file: type, base64, comment" },
	{ "a key and a certificate", "echo '" KEY_A "'; echo '" CERT_B "'",
	    "ca-fetch:2: this is a certificate; give the CA's own public "
	    "key" },
};

START_TEST(test_bad)
{
	struct policy_authority a = { .url = "https://ca.example.com/" };
	struct keyset ks = KEYSET_INIT;
	struct err err = ERR_INIT;

	put_program(bad[_i].script);
	ck_assert_int_eq(fetch_keys(&a, program, &ks, &err), -1);
	ck_assert_msg(strcmp(err.text, bad[_i].want) == 0, "%s: %s",
	    bad[_i].name, err.text);
	keyset_clear(&ks);
}
END_TEST

START_TEST(test_too_much)
{
	struct policy_authority a = { .url = "https://ca.example.com/" };
	struct keyset ks = KEYSET_INIT;
	struct err err = ERR_INIT;
	char want[300];

	put_program("exec head -c 131073 /dev/zero");
	ck_assert_int_eq(fetch_keys(&a, program, &ks, &err), -1);
	(void)snprintf(want, sizeof(want),
	    "%s: says more than the 131072 bytes allowed", program);
	assert_err(&err, ERR_LIMIT, want);
}
END_TEST

/* It reads the request, and only there is the token. */
START_TEST(test_request)
{
	struct policy_authority a = { .url = "https://ca.example.com/k" };
	struct keyset ks = KEYSET_INIT;
	struct err err = ERR_INIT;

	put_secret(token, "/token", "s3cret\n", 0600);
	put_secret(ca, "/ca.pem", MARK "\nAAAA\n", 0644);
	a.token_file = token;
	a.ca_file = ca;
	put_program("[ $# -eq 0 ] || exit 4\n"
		    "tr '\\0' '\\n' </proc/$$/environ | grep s3cret && exit 5\n"
		    "[ \"$(cat)\" = 'url https://ca.example.com/k\n"
		    "token s3cret\n\n" MARK "\nAAAA' ] || exit 6\n"
		    "echo '" KEY_A " ca'");
	ck_assert_msg(fetch_keys(&a, program, &ks, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(ks.n, 1);
	ck_assert_str_eq(ks.keys[0].comment, "ca");
	keyset_clear(&ks);
}
END_TEST

/* By root it is not run as root. */
START_TEST(test_user)
{
	struct policy_authority a = { .url = "https://ca.example.com/k" };
	struct keyset ks = KEYSET_INIT;
	struct err err = ERR_INIT;

	put_program("[ $(id -u) -ne 0 ] && [ $(id -g) -ne 0 ] && "
		    "[ \"$(id -G)\" = \"$(id -g)\" ] && echo '" KEY_A "'");
	if (geteuid() != 0)
		return;
	ck_assert_msg(fetch_keys(&a, program, &ks, &err) == 0, "%s", err.text);
	keyset_clear(&ks);
}
END_TEST

static const struct {
	const char *text;
	mode_t mode;
	bool is_ca;
	const char *want; /* behind the file's name */
} files[] = {
	{ "t\n", 0640, false,
	    ": mode 0640 lets others than its owner read it; run chmod go= on "
	    "it" },
	{ "t\n", 0604, false,
	    ": mode 0604 lets others than its owner read it; run chmod go= on "
	    "it" },
	{ "t\n", 0622, false,
	    ": mode 0622 lets others than its owner change it; run chmod go-w "
	    "on it" },
	{ "\n", 0600, false,
	    ": the token is empty; put the token alone into the file, in one "
	    "line" },
	{ "a\nb\n", 0600, false,
	    ": the token holds a blank or a character that is not printable "
	    "ASCII; put the token alone into the file, in one line" },
	{ NULL, 0600, false, ": No such file or directory" },
	{ "no certificate\n", 0644, true,
	    ": no certificate in it; put the certificates of the CAs to trust "
	    "there, in PEM" },
	{ MARK "\n", 0666, true,
	    ": mode 0666 lets others than its owner change it; run chmod go-w "
	    "on it" },
};

START_TEST(test_file)
{
	struct policy_authority a = { .url = "https://ca.example.com/k" };
	struct keyset ks = KEYSET_INIT;
	struct err err = ERR_INIT;
	char want[400];

	put_program("echo '" KEY_A "'");
	if (files[_i].text == NULL)
		(void)snprintf(token, sizeof(token), "%s/absent",
		    testroot_dir);
	else
		put_secret(token, "/token", files[_i].text, files[_i].mode);
	if (files[_i].is_ca)
		a.ca_file = token;
	else
		a.token_file = token;
	ck_assert_int_eq(fetch_keys(&a, program, &ks, &err), -1);
	(void)snprintf(want, sizeof(want), "%s%s", token, files[_i].want);
	ck_assert_str_eq(err.text, want);
	ck_assert_uint_eq(ks.n, 0);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("fetch");

	tcase_add_checked_fixture(tc, testroot_make, testroot_remove);
	tcase_add_loop_test(tc, test_bad, 0, N_ROWS(bad));
	tcase_add_test(tc, test_too_much);
	tcase_add_test(tc, test_request);
	tcase_add_test(tc, test_user);
	tcase_add_loop_test(tc, test_file, 0, N_ROWS(files));
	return run_case("fetch", tc);
}
