#include "config.h"

#include "pam/authinfo.h"

#include "tests/unit/harness.h"

/* The wire form "\0\0\0\1x" of a key of type x. */
#define KEY_X "AAAAAXg="

START_TEST(test_lines)
{
	struct span text = span_of("publickey ssh-ed25519-cert-v01@openssh.com "
	    "AAAA\nkeyboard-interactive/pam\npublickey x " KEY_X " 12\n"
	    "publickey sk-ssh-ed25519@openssh.com " KEY_X "\npassword");
	struct err e = ERR_INIT;
	struct authinfo a;

	ck_assert_int_eq(authinfo_next(&text, &a, &e), 1);
	ck_assert(span_is(a.method, "publickey") && authinfo_is_cert(&a));
	ck_assert(span_is(a.type, "ssh-ed25519-cert-v01@openssh.com"));
	ck_assert(span_is(a.base64, "AAAA"));
	ck_assert_int_eq(authinfo_next(&text, &a, &e), 1);
	ck_assert(span_is(a.method, "keyboard-interactive/pam"));
	ck_assert(a.type.p == NULL && !authinfo_is_cert(&a));
	ck_assert_int_eq(authinfo_next(&text, &a, &e), 1);
	ck_assert(span_is(a.base64, KEY_X) && !authinfo_is_cert(&a));
	ck_assert_int_eq(authinfo_next(&text, &a, &e), 1);
	/* As long as a certificate's type. */
	ck_assert(span_is(a.type, "sk-ssh-ed25519@openssh.com"));
	ck_assert(!authinfo_is_cert(&a));
	ck_assert_int_eq(authinfo_next(&text, &a, &e), 1);
	ck_assert(span_is(a.method, "password"));
	ck_assert_int_eq(authinfo_next(&text, &a, &e), 0);
	assert_err(&e, ERR_NONE, "");
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	const char *want;
} wrong[] = {
	{ "an empty line", "\npassword\n",
	    "SSH_AUTH_INFO_0: a line names no method" },
	{ "a blank first", " publickey x y\n",
	    "SSH_AUTH_INFO_0: a line names no method" },
	{ "no key", "publickey\n",
	    "SSH_AUTH_INFO_0: a line of publickey names no key" },
	{ "no base64", "publickey ssh-rsa\n",
	    "SSH_AUTH_INFO_0: a line of publickey names no key" },
	{ "two blanks", "publickey  ssh-rsa AAAA\n",
	    "SSH_AUTH_INFO_0: a line of publickey names no key" },
	{ "a tab", "publickey\tssh-rsa AAAA\n",
	    "SSH_AUTH_INFO_0: a line holds control characters" },
	{ "a carriage return", "password\r\n",
	    "SSH_AUTH_INFO_0: a line holds control characters" },
	{ "not ASCII", "passw\xc3\xb6rd\n",
	    "SSH_AUTH_INFO_0: a line holds control characters" },
};

START_TEST(test_wrong)
{
	struct span text = span_of(wrong[_i].text);
	struct err e = ERR_INIT;
	struct authinfo a;

	ck_assert_int_eq(authinfo_next(&text, &a, &e), -1);
	assert_err(&e, ERR_MALFORMED, wrong[_i].want);
}
END_TEST

START_TEST(test_too_long)
{
	size_t len = AUTHINFO_MAX + 1;
	unsigned char *bytes = malloc(len);
	struct span text = { bytes, len };
	struct err e = ERR_INIT;
	struct authinfo a;

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'a', len);
	ck_assert_int_eq(authinfo_next(&text, &a, &e), -1);
	assert_err(&e, ERR_LIMIT,
	    "SSH_AUTH_INFO_0: longer than sshd can have made it");
	free(bytes);
}
END_TEST

static unsigned char *
blob_of(const char *line, size_t *len, struct err *e)
{
	struct span text = span_of(line);
	struct authinfo a;

	ck_assert_int_eq(authinfo_next(&text, &a, e), 1);
	return authinfo_blob(&a, len, e);
}

START_TEST(test_blob)
{
	struct err e = ERR_INIT;
	unsigned char *blob;
	size_t len;

	blob = blob_of("publickey x " KEY_X " 7", &len, &e);
	ck_assert_ptr_nonnull(blob);
	ck_assert_uint_eq(len, 5);
	ck_assert_mem_eq(blob, "\0\0\0\1x", 5);
	free(blob);
	ck_assert_ptr_null(blob_of("publickey y " KEY_X, &len, &e));
	assert_err(&e, ERR_MALFORMED,
	    "SSH_AUTH_INFO_0: a key is not what its line says");
	err_clear(&e);
	ck_assert_ptr_null(blob_of("publickey x AAAAAXg", &len, &e));
	assert_err(&e, ERR_MALFORMED,
	    "SSH_AUTH_INFO_0: a key is not what its line says");
	err_clear(&e);
	ck_assert_ptr_null(blob_of("publickey x AAAA", &len, &e));
	assert_err(&e, ERR_MALFORMED,
	    "SSH_AUTH_INFO_0: a key is not what its line says");
}
END_TEST

START_TEST(test_blob_too_long)
{
	size_t len = 400000;
	char *line = malloc(len + 1);
	struct err e = ERR_INIT;

	ck_assert_ptr_nonnull(line);
	memset(line, 'A', len);
	memcpy(line, "publickey x ", 12);
	line[len] = '\0';
	ck_assert_ptr_null(blob_of(line, &len, &e));
	assert_err(&e, ERR_LIMIT,
	    "SSH_AUTH_INFO_0: a key is longer than sshd allows");
	free(line);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("authinfo");

	tcase_add_test(tc, test_lines);
	tcase_add_loop_test(tc, test_wrong, 0, N_ROWS(wrong));
	tcase_add_test(tc, test_too_long);
	tcase_add_test(tc, test_blob);
	tcase_add_test(tc, test_blob_too_long);
	return run_case("authinfo", tc);
}
