#include "config.h"

#include "config-gen/krl.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "lib/file.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define KEYGEN "/usr/bin/ssh-keygen"

#define KEY_P256 \
	"ecdsa-sha2-nistp256 " \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPo99VETPKLt8FYD" \
	"MgEOVkdnbKpxm69UcS/ahwWNfQNsbL0XbDDO4KW/W373yPeMxlQs3eLW/EbeBq9+VlhdVNE="

#define HEADER \
	"version: 1\n" \
	"authorities:\n" \
	"  ca: {keys: [\"" KEY_A "\"]}\n" \
	"  other: {keys: [\"" KEY_B "\", \"" KEY_P256 "\"]}\n" \
	"users:\n" \
	"  jim: any\n" \
	"revoked:\n"

static const struct compile_settings *
settings(void)
{
	static struct compile_settings s;

	s.owner = geteuid();
	s.group = s.index_group = getegid();
	s.keygen = KEYGEN;
	return &s;
}

static const struct {
	const char *key_id;
	bool is;
} id_rows[] = {
	{ "jdoe@example.com", true },
	{ "a b  c", true },
	{ "!~\"\\'%", true },
	{ "serial: 5", true },
	{ "", false },
	{ " ", false },
	{ " a", false },
	{ "a ", false },
	{ "a#b", false },
	{ "#", false },
	{ "a\tb", false },
	{ "a\nb", false },
	{ "a\x7f", false },
	{ "zo\xc3\xab", false },
};

START_TEST(can_list)
{
	ck_assert_int_eq(krl_can_list(id_rows[_i].key_id), id_rows[_i].is);
}
END_TEST

START_TEST(can_list_long)
{
	char text[1026];

	memset(text, 'x', sizeof(text));
	text[1025] = '\0';
	ck_assert(!krl_can_list(text));
	text[1024] = '\0';
	ck_assert(krl_can_list(text));
}
END_TEST

static struct policy *
load(const char *revoked, const char *want)
{
	char text[4096];

	(void)snprintf(text, sizeof(text), HEADER "%s", revoked);
	return policyfix_load_text(text, want);
}

/* The path of name, which programs that are run elsewhere find, too. */
static char *
here(char out[PATH_MAX], const char *name)
{
	char cwd[PATH_MAX / 2];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(out, PATH_MAX, "%s/%s", cwd, name);
	return out;
}

/* The list of a policy that revokes so much, in a folder of its own. */
static void
write_to(const char *folder, const char *revoked, const char *want)
{
	struct policy *p = load(revoked, want);
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(mkdir(folder, 0755), 0);
	ck_assert_msg(
	    krl_write(p, settings(), here(path, folder), &err) == 0, "%s",
	    err.text);
	(void)strcat(path, "/.krl");
	ck_assert_int_ne(access(path, F_OK), 0);
	policy_free(p);
}

/* What ssh-keygen says, without what differs from version to version. */
static void
expect_listing(const char *folder, const char *want)
{
	char path[PATH_MAX], got[1024] = "";
	const char *argv[] = { KEYGEN, "-Q", "-l", "-f", path, NULL };
	struct command_result res = { 0 };
	struct err err = ERR_INIT;
	char *line, *rest = NULL;

	(void)strcat(here(path, folder), "/revoked.krl");
	ck_assert_int_eq(command_run(NULL, argv, 60, &res, &err), 0);
	ck_assert_int_eq(res.status, 0);
	for (line = strtok_r(res.out, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (strncmp(line, "# CA key ", 9) != 0 && line[0] == '#')
			continue;
		(void)strncat(got, line, sizeof(got) - strlen(got) - 2);
		(void)strcat(got, "\n");
	}
	ck_assert_str_eq(got, want);
	command_result_clear(&res);
}

static char *
read_list(const char *folder, size_t *len)
{
	struct err err = ERR_INIT;
	char path[64];
	char *bytes;
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/revoked.krl", folder);
	ck_assert_int_eq(
	    file_read(path, FILE_ROOTS, 1UL << 20, &bytes, len, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0644);
	return bytes;
}

#define CA_A "SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZgtE3Ti4E"

/* The lines of -Q -l, which name the keys by their fingerprints. */
static char *
fingerprint(const char *key)
{
	char path[PATH_MAX];
	const char *argv[] = { KEYGEN, "-l", "-f", here(path, "one.pub"),
		NULL };
	struct command_result res = { 0 };
	struct err err = ERR_INIT;
	char *out, *rest = NULL;

	policyfix_write_text("one.pub", key);
	ck_assert_int_eq(command_run(NULL, argv, 60, &res, &err), 0);
	(void)strtok_r(res.out, " ", &rest);
	ck_assert_ptr_nonnull(out = strtok_r(NULL, " ", &rest));
	ck_assert_ptr_nonnull(out = strdup(out));
	command_result_clear(&res);
	return out;
}

/* Nothing to revoke: a list all the same, which ssh-keygen can read. */
START_TEST(empty)
{
	char *bytes;
	size_t len;

	write_to("a", "  []\n", "");
	expect_listing("a", "");
	bytes = read_list("a", &len);
	ck_assert_uint_eq(len, KRL_EMPTY_SIZE);
	free(bytes);
}
END_TEST

/* Serial 0, and IDs that would be cut: nothing that a list could say. */
START_TEST(nothing_listable)
{
	char *bytes;
	size_t len;

	write_to("a",
	    "  - {authority: ca, serial: 0}\n"
	    "  - {authority: ca, key_id: 'a#b'}\n",
	    "");
	bytes = read_list("a", &len);
	ck_assert_uint_eq(len, KRL_EMPTY_SIZE);
	free(bytes);
}
END_TEST

START_TEST(all_kinds)
{
	char *a = fingerprint(KEY_A), *b = fingerprint(KEY_B);
	char *rsa = fingerprint(KEY_RSA);
	char *p256 = fingerprint(KEY_P256);
	char want[2048];

	write_to("a",
	    "  - {authority: ca, serials: 0-1}\n"
	    "  - {authority: ca, serials: 8-8}\n"
	    "  - {authority: ca, serial: 10}\n"
	    "  - {authority: ca, serial: 11}\n"
	    "  - {authority: ca, serials: 12-20}\n"
	    "  - {authority: ca, serials: 100-199}\n"
	    "  - {authority: ca, serial: 18446744073709551615}\n"
	    "  - {authority: ca, key_id: 'x  y'}\n"
	    "  - {authority: ca, key_id: ' x '}\n"
	    "  - {authority: other, serial: 5}\n"
	    "  - {key: \"" KEY_RSA "\"}\n",
	    "");
	(void)snprintf(want, sizeof(want),
	    "hash: %s # ssh-rsa\n"
	    "# CA key ssh-ed25519 %s\n"
	    "serial: 1\n"
	    "serial: 8\n"
	    "serial: 10-20\n"
	    "serial: 100-199\n"
	    "serial: 18446744073709551615\n"
	    "id: x  y\n"
	    "# CA key ssh-ed25519 %s\n"
	    "serial: 5\n"
	    "# CA key ecdsa-sha2-nistp256 %s\n"
	    "serial: 5\n",
	    rsa, a, b, p256);
	expect_listing("a", want);
	free(a);
	free(b);
	free(rsa);
	free(p256);
}
END_TEST

/* The date is no part of it: generations are compared by their bytes. */
START_TEST(same_bytes)
{
	static const char revoked[] = "  - {authority: ca, serial: 5}\n";
	char *first, *second;
	size_t first_len, second_len;
	struct timespec second_and_more = { 1, 100000000 };

	write_to("a", revoked, "");
	(void)nanosleep(&second_and_more, NULL);
	write_to("b", revoked, "");
	first = read_list("a", &first_len);
	second = read_list("b", &second_len);
	ck_assert_uint_eq(first_len, second_len);
	ck_assert_mem_eq(first, second, first_len);
	free(first);
	free(second);
}
END_TEST

/* Beyond 1,000 only keys are listed. */
START_TEST(many)
{
	size_t room = 1UL << 17, len, i;
	char *text = malloc(room), *bytes;
	char path[PATH_MAX];
	struct err err = ERR_INIT;
	struct policy *p;

	ck_assert_ptr_nonnull(text);
	for (i = 0; i < 2; i++) {
		size_t k, n = COMPILE_MAX_REVOKED + i;
		const char *folder = i == 0 ? "a" : "b";

		len = (size_t)snprintf(text, room, HEADER
		    "  - {key: \"" KEY_B "\"}\n");
		for (k = 1; k < n; k++)
			len += (size_t)snprintf(text + len, room - len,
			    "  - {authority: ca, serial: %zu}\n", 2 * k);
		p = policyfix_load_text(text,
		    "policy.yaml:4:18: warning: this key of authority "
		    "\"other\" is revoked: every certificate that it signed "
		    "is refused\n");
		ck_assert_uint_eq(p->n_revoked, n);
		ck_assert_int_eq(mkdir(folder, 0755), 0);
		ck_assert_int_eq(
		    krl_write(p, settings(), here(path, folder), &err), 0);
		ck_assert(krl_has_certificates(p) == (i == 0));
		policy_free(p);
		bytes = read_list(folder, &len);
		/* 51 bytes of a key; serials take hundreds. */
		ck_assert(i == 0 ? len > 200 : len < 110);
		free(bytes);
	}
	free(text);
}
END_TEST

/*
 * Serials close together: ssh-keygen makes a bitmap of them, which from some
 * size on nobody can read.  Whatever the gap, what is written can be, and
 * what is not written is counted.
 */
static const struct {
	unsigned int gap, width;
	bool is_listed;
} gap_rows[] = {
	{ 2, 1, true },
	{ 8, 1, true },
	{ 9, 1, false },
	{ 17, 1, false },
	{ 30, 1, false },
	{ 64, 1, false },
	{ 65, 3, false },
	{ 100, 50, false },
	{ 256, 1, false },
	{ 511, 1, false },
	{ 600, 1, true },
	{ 2000, 1500, true },
	{ 100000, 1, true },
};

START_TEST(gaps)
{
	size_t room = 1UL << 17, len, k;
	char *text = malloc(room), *bytes;
	struct err err = ERR_INIT;
	char path[PATH_MAX];
	struct policy *p;

	ck_assert_ptr_nonnull(text);
	len = (size_t)snprintf(text, room, HEADER);
	for (k = 0; k < 998; k++)
		len += (size_t)snprintf(text + len, room - len,
		    "  - {authority: ca, serials: %zu-%zu}\n",
		    1000 + k * gap_rows[_i].gap,
		    1000 + k * gap_rows[_i].gap + gap_rows[_i].width - 1);
	p = policyfix_load_text(text, "");
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(mkdir("a", 0755), 0);
	ck_assert_msg(krl_write(p, settings(), here(path, "a"), &err) == 0,
	    "gap %u: %s", gap_rows[_i].gap, err.text);
	bytes = read_list("a", &len);
	ck_assert_int_eq(len > KRL_EMPTY_SIZE, gap_rows[_i].is_listed);
	ck_assert_uint_eq(
	    p->n_unlistable, gap_rows[_i].is_listed ? 0 : 998);
	free(bytes);
	free(text);
	policy_free(p);
}
END_TEST

static void
expect_refusal(const char *keygen, const char *want)
{
	struct policy *p = load("  - {authority: ca, serial: 5}\n", "");
	struct compile_settings s = *settings();
	struct err err = ERR_INIT;
	char path[PATH_MAX];

	s.keygen = keygen;
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(mkdir("a", 0755), 0);
	ck_assert_int_eq(krl_write(p, &s, here(path, "a"), &err), -1);
	ck_assert_str_eq(err.text, want);
	ck_assert_int_ne(access("a/.krl", F_OK), 0);
	policy_free(p);
}

START_TEST(no_keygen)
{
	expect_refusal(NULL,
	    "revoked.krl: there is no ssh-keygen to make it; install "
	    "OpenSSH's client");
}
END_TEST

/* A program that does something else than it should. */
static void
make_script(const char *text)
{
	policyfix_write_text("keygen", text);
	ck_assert_int_eq(chmod("keygen", 0755), 0);
}

static const struct {
	const char *script;
	const char *want;
} script_rows[] = {
	{ "#!/bin/sh\necho 'no way\033' >&2\nexit 1\n",
	    "revoked.krl: ssh-keygen refuses to make it: no way\\x1b" },
	{ "#!/bin/sh\n[ \"$2\" = -k ] && : >\"$4\"\n",
	    "revoked.krl: what ssh-keygen made is no list of the format that "
	    "sshd reads" },
	/* One that leaves the serial out, and one that adds another. */
	{ "#!/bin/sh\nlast=$(eval echo \\${$#})\n"
	  "[ \"$2\" = -k ] && : >\"$last\"\n"
	  "exec /usr/bin/ssh-keygen \"$@\"\n",
	    "revoked.krl: what ssh-keygen made does not revoke \"" CA_A
	    " serial: 5\"; please report this" },
	{ "#!/bin/sh\nlast=$(eval echo \\${$#})\n"
	  "[ \"$2\" = -k ] && echo 'serial: 7' >>\"$last\"\n"
	  "exec /usr/bin/ssh-keygen \"$@\"\n",
	    "revoked.krl: what ssh-keygen made revokes, but should not, \"" CA_A
	    " serial: 7\"; please report this" },
};

START_TEST(other_keygen)
{
	char path[PATH_MAX];

	make_script(script_rows[_i].script);
	expect_refusal(here(path, "keygen"), script_rows[_i].want);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("krl");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, can_list, 0, N_ROWS(id_rows));
	tcase_add_test(tc, can_list_long);
	/* 77 would skip all; what needs no ssh-keygen is tested anywhere. */
	if (access(KEYGEN, X_OK) == 0) {
		tcase_add_test(tc, empty);
		tcase_add_test(tc, nothing_listable);
		tcase_add_test(tc, all_kinds);
		tcase_add_test(tc, same_bytes);
		tcase_add_test(tc, many);
		tcase_add_loop_test(tc, gaps, 0, N_ROWS(gap_rows));
		tcase_add_loop_test(
		    tc, other_keygen, 0, N_ROWS(script_rows));
	}
	tcase_add_test(tc, no_keygen);
	return run_case("krl", tc);
}
