#include "config.h"

#include "config-gen/wayin.h"

#include <stdio.h>

#include "tests/unit/harness.h"

#define K WAYIN_KEY
#define P WAYIN_PASSWORD
#define C WAYIN_CERTIFICATE

/* What most sshds say; a row's lines come first. */
static const char defaults[] =
    "usepam yes\npubkeyauthentication yes\npasswordauthentication no\n"
    "kbdinteractiveauthentication no\npermitrootlogin prohibit-password\n"
    "permitemptypasswords no\nauthenticationmethods any\n";

static char sudo[] = "sudo", staff[] = "staff";
static char *groups[] = { staff, sudo, NULL };
static char alice[] = "alice", the_root[] = "root";

enum who { ALICE, ROOT, LOCKED, NO_PASSWORD, EMPTY, EXPIRED, NO_SHELL };

static struct person
make(enum who who)
{
	struct person p = { .name = alice,
		.uid = 1001,
		.has_shell = true,
		.password = PERSON_PASSWORD,
		.groups = groups };

	if (who == ROOT) {
		p.name = the_root;
		p.uid = 0;
	}
	if (who == LOCKED)
		p.password = PERSON_LOCKED;
	if (who == NO_PASSWORD)
		p.password = PERSON_NO_PASSWORD;
	if (who == EMPTY)
		p.password = PERSON_EMPTY_PASSWORD;
	p.is_expired = who == EXPIRED;
	p.has_shell = who != NO_SHELL;
	return p;
}

#define PASSWORD_YES "passwordauthentication yes\n"
#define KBD_YES "kbdinteractiveauthentication yes\n"

static const struct {
	const char *name;
	enum who who;
	const char *settings;
	bool has_key, has_certificate;
	unsigned int ways;
} rows[] = {
	{ "nothing", ALICE, "", false, false, 0 },
	{ "a key", ALICE, "", true, false, K },
	{ "both", ALICE, "", true, true, K | C },
	{ "all", ALICE, PASSWORD_YES, true, true, K | P | C },
	{ "no public keys", ALICE, PASSWORD_YES "pubkeyauthentication no\n",
	    true, true, P },
	{ "by PAM", ALICE, KBD_YES, false, false, P },
	{ "by PAM, which is off", ALICE, KBD_YES "usepam no\n", false, false,
	    0 },
	{ "no password to know", NO_PASSWORD, PASSWORD_YES KBD_YES, false,
	    false, 0 },
	{ "empty", EMPTY, PASSWORD_YES, false, false, 0 },
	{ "empty, and permitted", EMPTY,
	    PASSWORD_YES "permitemptypasswords yes\n", false, false, P },
	{ "locked, with PAM", LOCKED, PASSWORD_YES, true, false, K },
	{ "locked, without", LOCKED, "usepam no\n", true, false, 0 },
	{ "expired", EXPIRED, PASSWORD_YES, true, true, 0 },
	{ "no shell", NO_SHELL, PASSWORD_YES, true, true, 0 },
	{ "root, no password", ROOT, PASSWORD_YES, true, true, K | C },
	{ "root, yes", ROOT, PASSWORD_YES "permitrootlogin yes\n", false, false,
	    P },
	{ "root, without-password", ROOT,
	    PASSWORD_YES KBD_YES "permitrootlogin without-password\n", false,
	    true, C },
	{ "root, no", ROOT, PASSWORD_YES "permitrootlogin no\n", true, true,
	    0 },
	{ "root, commands only", ROOT, "permitrootlogin forced-commands-only\n",
	    true, true, 0 },
	{ "no root, for others", ALICE, "permitrootlogin no\n", true, false,
	    K },
	{ "denied", ALICE, "denyusers bob\ndenyusers ali*\n", true, true, 0 },
	{ "denied from somewhere", ALICE, "denyusers alice@192.0.2.1\n", true,
	    false, K },
	{ "another is denied", ALICE, "denyusers bob alicia\n", true, false,
	    K },
	{ "allowed", ALICE, "allowusers bob\nallowusers alice\n", true, false,
	    K },
	{ "allowed from somewhere", ALICE, "allowusers alice@192.0.2.*\n", true,
	    false, K },
	{ "another is allowed", ALICE, "allowusers bob\n", true, true, 0 },
	{ "a group is denied", ALICE, "denygroups staff\n", true, true, 0 },
	{ "a group is allowed", ALICE, "allowgroups su?o\n", true, false, K },
	{ "another group is", ALICE, "allowgroups wheel\n", true, true, 0 },
	{ "user allowed, group denied", ALICE,
	    "allowusers alice\ndenygroups sudo\n", true, true, 0 },
	{ "key and password", ALICE,
	    PASSWORD_YES "authenticationmethods publickey,password\n", true,
	    false, K | P },
	{ "key and no password", NO_PASSWORD,
	    PASSWORD_YES "authenticationmethods publickey,password\n", true,
	    true, 0 },
	{ "password and no key", ALICE,
	    PASSWORD_YES "authenticationmethods publickey,password\n", false,
	    false, 0 },
	{ "one of two lists", NO_PASSWORD,
	    "authenticationmethods publickey,password publickey\n", true, true,
	    K | C },
	{ "a device", ALICE,
	    KBD_YES
	    "authenticationmethods publickey,keyboard-interactive:pam\n",
	    false, true, P | C },
	{ "other means", ALICE, "authenticationmethods gssapi-with-mic\n", true,
	    true, 0 },
	{ "only passwords", ALICE,
	    PASSWORD_YES "authenticationmethods password\n", true, true, P },
};

START_TEST(test_ways)
{
	struct sshd_settings s = { NULL, 0 };
	struct person p = make(rows[_i].who);
	struct err err = ERR_INIT;
	char text[1024];
	unsigned int ways;

	(void)snprintf(text, sizeof(text), "%s%s", rows[_i].settings, defaults);
	ck_assert_int_eq(sshd_settings_parse(&s, text, strlen(text), &err), 0);
	ways = wayin_ways(&p, &s, rows[_i].has_key, rows[_i].has_certificate);
	ck_assert_msg(ways == rows[_i].ways, "%s: %u, not %u", rows[_i].name,
	    ways, rows[_i].ways);
	sshd_settings_clear(&s);
}
END_TEST

static const struct {
	unsigned int ways;
	const char *words;
} words[] = {
	{ 0, "none" },
	{ K, "key" },
	{ P, "password" },
	{ C, "certificate" },
	{ K | P, "key, password" },
	{ K | C, "key, certificate" },
	{ P | C, "password, certificate" },
	{ K | P | C, "key, password, certificate" },
};

START_TEST(test_words)
{
	char out[WAYIN_WORDS_SIZE];

	ck_assert_str_eq(wayin_words(out, words[_i].ways), words[_i].words);
}
END_TEST

START_TEST(test_lost)
{
	ck_assert(wayin_is_lost(&(struct wayin_person){ NULL, K, 0 }));
	ck_assert(!wayin_is_lost(&(struct wayin_person){ NULL, K | C, K }));
	ck_assert(!wayin_is_lost(&(struct wayin_person){ NULL, 0, 0 }));
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("wayin");

	tcase_add_loop_test(tc, test_ways, 0, N_ROWS(rows));
	tcase_add_loop_test(tc, test_words, 0, N_ROWS(words));
	tcase_add_test(tc, test_lost);
	return run_case("wayin", tc);
}
