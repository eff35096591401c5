#include "config.h"

#include "config-gen/fetched.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/testroot.h"

#define FILE_A FETCHED_FOLDER "/vault.pub"
/* A test's root has a short name. */
#define SHORT 200
#define HEAD_LINE "# by certgate ca fetch, from https://ca.example.com/k\n"

static void
read_lines(struct keyset *ks, const char *text)
{
	ck_assert_int_eq(
	    keyset_read(ks, text, strlen(text), NULL, NULL), 0);
}

START_TEST(test_written_is_read)
{
	struct keyset ks = KEYSET_INIT, got = KEYSET_INIT;
	struct err err = ERR_INIT;
	bool is_written;
	struct stat st, again;
	char *path;

	ck_assert_int_eq(
	    fetched_read(&got, testroot_dir, "vault", &err), 0);
	testroot_put("/var/lib/", NULL);
	read_lines(&ks, KEY_A " a\n" KEY_B "\n");
	ck_assert_msg(fetched_write(&ks, testroot_dir, "vault",
	    "https://ca.example.com/k", &is_written, &err) == 0, "%s", err.text);
	testroot_assert("fetched", FILE_A, HEAD_LINE KEY_A " a\n" KEY_B "\n");
	path = fetched_locate(testroot_dir, "vault", &err);
	ck_assert_ptr_nonnull(path);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0644);
	ck_assert_uint_eq(st.st_uid, geteuid());
	/* the same again: not touched, but for what one left that was killed */
	testroot_put("/var/lib/certgate/ca/.vault.pub.certgate-aBcDeF", "ssh");
	ck_assert_int_eq(fetched_write(&ks, testroot_dir, "vault",
	    "https://ca.example.com/k", &is_written, &err), 0);
	ck_assert(is_written);
	testroot_assert("left",
	    "/var/lib/certgate/ca/.vault.pub.certgate-aBcDeF", NULL);
	ck_assert_int_eq(stat(path, &again), 0);
	ck_assert_uint_eq(st.st_ino, again.st_ino);
	ck_assert_int_eq(
	    fetched_read(&got, testroot_dir, "vault", &err), 1);
	ck_assert_uint_eq(got.n, 2);
	ck_assert_ptr_nonnull(keyset_find(&got, &ks.keys[0]));
	ck_assert_ptr_nonnull(keyset_find(&got, &ks.keys[1]));
	keyset_clear(&ks);
	keyset_clear(&got);
	free(path);
}
END_TEST

/* A folder of the root that is a link stays in the root. */
START_TEST(test_link)
{
	struct keyset ks = KEYSET_INIT;
	struct err err = ERR_INIT;
	bool is_written;

	testroot_put("/data/lib/", NULL);
	testroot_put("/var", "-> /data");
	read_lines(&ks, KEY_A "\n");
	ck_assert_msg(fetched_write(&ks, testroot_dir, "vault",
	    "https://ca.example.com/k", &is_written, &err) == 0, "%s", err.text);
	testroot_assert("fetched", "/data/lib/certgate/ca/vault.pub",
	    HEAD_LINE KEY_A "\n");
	keyset_clear(&ks);
	/* without /var/lib it is not made up */
	testroot_delete("/var");
	read_lines(&ks, KEY_A "\n");
	ck_assert_int_eq(fetched_write(&ks, testroot_dir, "vault",
	    "https://ca.example.com/k", &is_written, &err), -1);
	ck_assert_int_eq(err.code, ERR_NOT_FOUND);
	keyset_clear(&ks);
}
END_TEST

START_TEST(test_refused)
{
	struct keyset got = KEYSET_INIT;
	char want[1024];
	char *path;
	struct err err = ERR_INIT;

	testroot_put(FILE_A, "no key\n");
	path = fetched_locate(testroot_dir, "vault", &err);
	ck_assert_ptr_nonnull(path);
	ck_assert_int_eq(
	    fetched_read(&got, testroot_dir, "vault", &err), -1);
	(void)snprintf(want, sizeof(want),
	    "%.*s:1: this is not a public key; write it as in a .pub file: "
	    "type, base64, comment",
	    SHORT, path);
	assert_err(&err, ERR_MALFORMED, want);
	err_clear(&err);
	testroot_put(FILE_A, KEY_A "\n");
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(
	    fetched_read(&got, testroot_dir, "vault", &err), -1);
	(void)snprintf(want, sizeof(want),
	    "%.*s: mode 0666 lets others than its owner change it; run chmod "
	    "go-w on it",
	    SHORT, path);
	assert_err(&err, ERR_UNSAFE, want);
	ck_assert_uint_eq(got.n, 0);
	free(path);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("fetched");

	tcase_add_checked_fixture(tc, testroot_make, testroot_remove);
	tcase_add_test(tc, test_written_is_read);
	tcase_add_test(tc, test_link);
	tcase_add_test(tc, test_refused);
	return run_case("fetched", tc);
}
