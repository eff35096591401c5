#include "config.h"

#include "config-gen/cakeys.h"

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define POLICY \
	"version: 1\nauthorities:\n  ca:\n    keys:\n    - " KEY_A "\n" \
	"    - " KEY_RSA "\n  cb:\n    keys: [" KEY_B "]\n" \
	"    trust: 2199-01-01..2199-12-31\n" \
	"users: {jdoe: jdoe@example.com}\n"
#define WEAK \
	"policy.yaml:6:7: warning: this RSA key has 1024 bits: under 2048 are " \
	"too few today; have the CA make a longer one\n"
#define END \
	": CASignatureAlgorithms of this sshd has no algorithm of such a CA " \
	"key, so that nobody could log in by it; allow one there, or take the " \
	"key out"

struct row {
	const char *name;
	const char *said; /* by sshd -T */
	int64_t now_at;
	const char *want; /* NULL: all are taken */
};

static const struct row rows[] = {
	{ "the default",
	    "casignaturealgorithms ssh-ed25519,ecdsa-sha2-nistp256,"
	    "rsa-sha2-512,rsa-sha2-256\n", 0, NULL },
	{ "one SHA-2 is enough",
	    "CASignatureAlgorithms ssh-ed25519,rsa-sha2-256\n", 0, NULL },
	{ "an sshd that does not say", "port 22\n", 0, NULL },
	{ "SHA-1 is none",
	    "casignaturealgorithms ssh-rsa,ssh-ed25519\n", 0,
	    "policy.yaml:6 (ssh-rsa)" END },
	{ "a name that begins alike",
	    "casignaturealgorithms ssh-ed25519-x,rsa-sha2-512\n", 0,
	    "policy.yaml:5 (ssh-ed25519)" END },
	{ "none", "casignaturealgorithms ecdsa-sha2-nistp256\n", 0,
	    "policy.yaml:5 (ssh-ed25519), policy.yaml:6 (ssh-rsa)" END },
	{ "an authority whose days have come",
	    "casignaturealgorithms rsa-sha2-512\n", 7227000000,
	    "policy.yaml:5 (ssh-ed25519), policy.yaml:8 (ssh-ed25519)" END },
	{ "a size is no matter of a CA",
	    "requiredrsasize 4096\n"
	    "casignaturealgorithms ssh-ed25519,rsa-sha2-512\n", 0, NULL },
};

START_TEST(judge)
{
	const struct row *r = &rows[_i];
	struct policy *p = policyfix_load_text(POLICY, WEAK);
	struct sshd_settings settings = { NULL, 0 };
	struct err err = ERR_INIT;

	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(sshd_settings_parse(
	    &settings, r->said, strlen(r->said), &err), 0);
	ck_assert_msg(cakeys_judge(p, &settings, r->now_at, &err) ==
	    (r->want == NULL ? 0 : -1), "%s", r->name);
	assert_err(&err, r->want == NULL ? ERR_NONE : ERR_REFUSED,
	    r->want == NULL ? "" : r->want);
	sshd_settings_clear(&settings);
	policy_free(p);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("cakeys");

	tcase_add_checked_fixture(tc, policyfix_setup, policyfix_teardown);
	tcase_add_loop_test(tc, judge, 0, N_ROWS(rows));
	return run_case("cakeys", tc);
}
