#include "config.h"

#include "config-gen/candidates.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-gen/account.h"
#include "config-gen/compile.h"
#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/testroot.h"

#define POLICY "/etc/certgate/policy.yaml"
#define STORE "/etc/ssh/certgate"
/* KEY_A's, by ssh-keygen -l */
#define FINGERPRINT_A "SHA256:ausC8NmnJRtKS8jDH6BaDyxNAukaInBmufZgtE3Ti4E"

static struct root root;
static char said[4096];
static size_t n_said;

/* "WORD (ABOUT), " */
static void
note(void *ctx, const char *word, const char *about)
{
	size_t len = strlen(said);

	ck_assert_ptr_null(ctx);
	n_said++;
	if (n_said <= 8)
		(void)snprintf(said + len, sizeof(said) - len, "%s (%s), ",
		    word, about);
}

/* All of a kind that begins so; policy and authority may be NULL. */
static const char *
ask(enum candidates_kind kind, const char *begin, const char *policy,
    const char *authority)
{
	struct candidates_query q = {
		.root = &root,
		.policy = policy,
		.authority = authority,
		.begin = begin,
		.found = note,
	};

	said[0] = '\0';
	n_said = 0;
	candidates_list(&q, kind);
	return said;
}

static void
setup(void)
{
	testroot_make();
	root.dir = testroot_dir;
	testroot_put("/bin/sh", "");
	testroot_put("/etc/passwd",
	    "root:x:0:0::/root:/bin/sh\n"
	    "carol:x:1001:1001::/:/bin/sh\n"
	    "jim:x:1002:1002::/:/bin/sh\n"
	    "post:x:8:8::/:/bin/sh\n");
	testroot_put("/etc/group", "wheel:x:10:jim\n");
	testroot_put("/etc/login.defs", "UID_MIN 1000\n");
}

static void
make_shell_work(void)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/bin/sh", testroot_dir);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

/* The index of generation 3, of what stands in text. */
static void
apply(const char *text)
{
	struct diag_report report = DIAG_REPORT_INIT;
	struct err err = ERR_INIT;
	char path[160];
	struct policy *p;
	uint32_t lowest;
	int fd;

	testroot_put("/applied.yaml", text);
	(void)snprintf(path, sizeof(path), "%s/applied.yaml", testroot_dir);
	p = policy_load(path, root.dir, POLICY_MAX_BYTES, &report);
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(account_lowest(&root, p, &lowest, &err), 0);
	testroot_put(STORE "/generations/3/" COMPILE_INDEX, "");
	testroot_put(STORE "/current", "-> generations/3");
	(void)snprintf(path, sizeof(path), "%s" STORE "/generations/3/"
	    COMPILE_INDEX, testroot_dir);
	ck_assert_int_ge(fd = open(path, O_RDWR | O_CLOEXEC), 0);
	ck_assert_int_eq(compile_index(p, lowest, fd, &err), 0);
	(void)close(fd);
	policy_free(p);
	diag_free(&report);
}

/* Without the folder that the image is in. */
static char *
strip_folder(const char *text)
{
	static char out[sizeof(said)];
	size_t len = strlen(testroot_dir), n = 0;

	while (*text != '\0') {
		if (strncmp(text, testroot_dir, len) == 0)
			text += len;
		else
			out[n++] = *text++;
	}
	out[n] = '\0';
	return out;
}

#define WITH_PLACES(words) ck_assert_str_eq(strip_folder(said), words)

START_TEST(of_the_policy)
{
	make_shell_work();
	testroot_put(POLICY, HEAD "users:\n  bob: any\n  ann: any\n"
	    "  jim: any\n  \"*\": same-name\n");
	(void)ask(CANDIDATES_USER, "", NULL, NULL);
	WITH_PLACES("bob (" POLICY ":5), ann (" POLICY ":6), "
	    "jim (" POLICY ":7), carol (as everybody), ");
	(void)ask(CANDIDATES_USER, "c", NULL, NULL);
	WITH_PLACES("carol (as everybody), ");
	(void)ask(CANDIDATES_AUTHORITY, "", NULL, NULL);
	WITH_PLACES("ca (" POLICY ":3), ");
	(void)ask(CANDIDATES_KEY, "", NULL, "ca");
	WITH_PLACES(FINGERPRINT_A " (ED25519, " POLICY ":3), ");
	ck_assert_str_eq(ask(CANDIDATES_KEY, "", NULL, "other"), "");
	ck_assert_str_eq(ask(CANDIDATES_KEY, "MD5", NULL, NULL), "");
}
END_TEST

/* Without "*" only who has a rule. */
START_TEST(no_everybody)
{
	make_shell_work();
	testroot_put(POLICY, HEAD "users:\n  bob: any\n");
	(void)ask(CANDIDATES_USER, "", NULL, NULL);
	WITH_PLACES("bob (" POLICY ":5), ");
}
END_TEST

/* A policy that cannot be used, that is too large, or is not there. */
static const char *const unusable[] = { "version: 1\nnonsense: 1\n", NULL,
	"large" };

START_TEST(of_the_index)
{
	const char *text = unusable[_i];
	char *large = NULL;

	make_shell_work();
	apply(HEAD "users:\n  bob: any\n  \"*\": same-name\n");
	if (text != NULL && strcmp(text, "large") == 0) {
		large = malloc(CANDIDATES_MAX_POLICY + 256);
		ck_assert_ptr_nonnull(large);
		memset(large, '#', CANDIDATES_MAX_POLICY);
		memcpy(large + CANDIDATES_MAX_POLICY,
		    "\n" HEAD "users: {zoe: any}\n",
		    sizeof("\n" HEAD "users: {zoe: any}\n"));
		text = large;
	}
	if (text != NULL)
		testroot_put(POLICY, text);
	ck_assert_str_eq(ask(CANDIDATES_USER, "", NULL, NULL),
	    "bob (applied), carol (as everybody), jim (as everybody), ");
	ck_assert_str_eq(
	    ask(CANDIDATES_AUTHORITY, "", NULL, NULL), "ca (applied), ");
	ck_assert_str_eq(ask(CANDIDATES_KEY, "", NULL, NULL), "");
	/* Another policy that was asked for has no stand-in. */
	ck_assert_str_eq(
	    ask(CANDIDATES_USER, "", "/absent.yaml", NULL), "");
	free(large);
}
END_TEST

START_TEST(a_damaged_index)
{
	testroot_put(STORE "/generations/3/" COMPILE_INDEX, "damaged");
	testroot_put(STORE "/current", "-> generations/3");
	ck_assert_str_eq(ask(CANDIDATES_USER, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_AUTHORITY, "", NULL, NULL), "");
}
END_TEST

/* Nothing is there, nothing is made. */
START_TEST(nothing)
{
	ck_assert_str_eq(ask(CANDIDATES_USER, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_AUTHORITY, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_KEY, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_GENERATION, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_NONE, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_TEXT, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_FILE, "", NULL, NULL), "");
	ck_assert_str_eq(ask(CANDIDATES_FOLDER, "", NULL, NULL), "");
	testroot_assert("no store", STORE, NULL);
}
END_TEST

START_TEST(of_the_code)
{
	ck_assert_str_eq(ask(CANDIDATES_CHECK, "", NULL, NULL),
	    "more-methods (AuthenticationMethods that ask for more than a "
	    "certificate), keys-authority (cert-authority lines in "
	    "authorized_keys files), ");
	ck_assert_str_eq(ask(CANDIDATES_FORMAT, "", NULL, NULL),
	    "text (for people), json (for programs), ");
	ck_assert_str_eq(ask(CANDIDATES_FORMAT, "j", NULL, NULL),
	    "json (for programs), ");
	ck_assert_str_eq(ask(CANDIDATES_ADMIN, "", NULL, NULL),
	    "jim (may be root), root (root), ");
}
END_TEST

/* Newest first; what is no generation is none. */
START_TEST(generations)
{
	testroot_put(STORE "/generations/9/ca.pub", "");
	testroot_put(STORE "/generations/10/ca.pub", "");
	testroot_put(STORE "/generations/.11.new/ca.pub", "");
	testroot_put(STORE "/current", "-> generations/9");
	(void)ask(CANDIDATES_GENERATION, "", NULL, NULL);
	ck_assert_uint_eq(n_said, 2);
	ck_assert_ptr_eq(strstr(said, "10 (made 2"), said);
	ck_assert_ptr_nonnull(strstr(said, "Z), 9 (made 2"));
	ck_assert_ptr_nonnull(strstr(said, "Z, current), "));
}
END_TEST

/* A name that would break a shell's list is left out, and lists end. */
START_TEST(odd_names)
{
	static char passwd[CANDIDATES_MAX * 32UL];
	size_t i, n = 0;

	make_shell_work();
	testroot_put(POLICY, HEAD "users: {\"*\": same-name}\n");
	testroot_put("/etc/passwd",
	    "a b:x:1001:1001::/:/bin/sh\n"
	    "a\tb:x:1001:1001::/:/bin/sh\n"
	    "a\033[2Jb:x:1001:1001::/:/bin/sh\n"
	    "ab:x:1001:1001::/:/bin/sh\n");
	ck_assert_str_eq(ask(CANDIDATES_USER, "", NULL, NULL),
	    "ab (as everybody), ");
	for (i = 0; i < CANDIDATES_MAX + 5; i++)
		n += (size_t)snprintf(passwd + n, sizeof(passwd) - n,
		    "u%zu:x:2000:2:::/bin/sh\n", i);
	testroot_put("/etc/passwd", passwd);
	(void)ask(CANDIDATES_USER, "", NULL, NULL);
	ck_assert_uint_eq(n_said, CANDIDATES_MAX);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("candidates");

	tcase_add_checked_fixture(tc, setup, testroot_remove);
	tcase_add_test(tc, of_the_policy);
	tcase_add_test(tc, no_everybody);
	tcase_add_loop_test(tc, of_the_index, 0, N_ROWS(unusable));
	tcase_add_test(tc, a_damaged_index);
	tcase_add_test(tc, nothing);
	tcase_add_test(tc, of_the_code);
	tcase_add_test(tc, generations);
	tcase_add_test(tc, odd_names);
	return run_case("candidates", tc);
}
