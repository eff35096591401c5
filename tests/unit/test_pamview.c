#include "config.h"

#include "config-gen/pamview.h"

#include "config-gen/pammech.h"
#include "tests/unit/harness.h"
#include "tests/unit/testroot.h"

#define GUARD(names) \
	"[success=1 default=ignore] pam_succeed_if.so service notin " names \
	" quiet use_uid\n"
#define SESSION "session " GUARD("sshd") "session required pam_certgate.so\n"
#define AUTH \
	"auth " GUARD("sudo:sudo-i") \
	"auth [success=2 default=ignore] pam_certgate.so\n"
#define UNIX \
	"auth [success=1 default=ignore] pam_unix.so\n" \
	"auth requisite pam_deny.so\nauth required pam_permit.so\n"

static struct root root;

static void
setup(void)
{
	testroot_make();
	root = (struct root) { .dir = testroot_dir };
	testroot_put("/etc/pam.d/common-auth", UNIX);
	testroot_put("/etc/pam.d/common-session",
	    "session required pam_unix.so\nsession optional pam_systemd.so\n");
	testroot_put("/etc/pam.d/sshd",
	    "@include common-auth\n@include common-session\n");
	testroot_put("/etc/pam.d/login",
	    "@include common-auth\n@include common-session\n");
	testroot_put("/etc/pam.d/sudo", "@include common-auth\n");
	testroot_put("/usr/lib/pam.d/vendor", "@include common-session\n");
}

static void
enable(void)
{
	testroot_put("/etc/pam.d/common-auth", AUTH UNIX);
	testroot_put("/etc/pam.d/common-session", SESSION
	    "session required pam_unix.so\nsession optional pam_systemd.so\n");
}

static void
load(struct pamview *v)
{
	struct err err = ERR_INIT;

	ck_assert_msg(pamview_load(v, &root, &err) == 0, "%s", err.text);
}

START_TEST(test_fresh)
{
	const struct pamview_stack *s;
	struct err err = ERR_INIT;
	struct pamview v;

	load(&v);
	ck_assert_ptr_null(pamview_ours(&v));
	ck_assert_ptr_null(pamview_find(&v, "none", PAMSTACK_AUTH));
	s = pamview_find(&v, "vendor", PAMSTACK_SESSION);
	ck_assert_str_eq(s->others, "pam_unix.so pam_systemd.so ");
	s = pamview_find(&v, "sudo", PAMSTACK_AUTH);
	ck_assert_str_eq(
	    s->others, "pam_unix.so pam_deny.so pam_permit.so ");
	ck_assert_int_eq(pamview_judge(&v, true, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "session of service \"sshd\" does not come to pam_certgate.so: "
	    "it does not include the common files, or ends before them");
	pamview_clear(&v);
}
END_TEST

START_TEST(test_enabled)
{
	struct pamview before, after;
	struct err err = ERR_INIT;

	load(&before);
	enable();
	load(&after);
	ck_assert_msg(pamview_same_others(&before, &after, &err) == 0, "%s",
	    err.text);
	ck_assert_msg(
	    pamview_judge(&after, true, &err) == 0, "%s", err.text);
	ck_assert_str_eq(
	    pamview_find(&after, "sshd", PAMSTACK_SESSION)->place,
	    "common-session:2");
	ck_assert_str_eq(pamview_find(&after, "sudo", PAMSTACK_AUTH)->place,
	    "common-auth:2");
	ck_assert_ptr_null(
	    pamview_find(&after, "login", PAMSTACK_SESSION)->place);
	ck_assert_ptr_null(pamview_find(&after, "sshd", PAMSTACK_AUTH)->place);
	/* Without sudo it would be one too many. */
	ck_assert_int_eq(pamview_judge(&after, false, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "auth of service \"sudo\" would come to pam_certgate.so too "
	    "(common-auth:2)");
	pamview_clear(&before);
	pamview_clear(&after);
}
END_TEST

static const struct {
	const char *path, *text, *message;
} refusals[] = {
	/* No condition: the console would come to it. */
	{ "/etc/pam.d/common-session", "session required pam_certgate.so\n"
	  "session required pam_unix.so\nsession optional pam_systemd.so\n",
	    "session of service \"" },
	{ "/etc/pam.d/login", "auth required pam_unix.so\n"
	  "session required pam_certgate.so\n",
	    "auth of service \"login\": it comes to other modules "
	    "(pam_unix.so , before: pam_unix.so pam_deny.so pam_permit.so )" },
	{ "/etc/pam.d/common-auth", AUTH "auth required pam_permit.so\n",
	    "auth of service \"" },
	{ "/etc/pam.d/common-auth", "auth requird pam_unix.so\n",
	    "auth of service \"" },
	{ "/etc/pam.d/sshd", "@include common-auth\n"
	  "session sufficient pam_umask.so\n@include common-session\n",
	    "session of service \"sshd\": it comes to other modules" },
	{ "/etc/pam.d/sudo", "auth [success=1 default=ignore] pam_unix.so\n"
	  "auth requisite pam_deny.so\nauth required pam_permit.so\n",
	    "auth of service \"sudo\" does not come to pam_certgate.so: it "
	    "does not include the common files, or ends before them" },
};

START_TEST(test_refused)
{
	struct pamview before, after;
	struct err err = ERR_INIT;

	load(&before);
	enable();
	testroot_put(refusals[_i].path, refusals[_i].text);
	load(&after);
	ck_assert(pamview_same_others(&before, &after, &err) < 0 ||
	    pamview_judge(&after, true, &err) < 0);
	ck_assert_int_eq((int)err.code, ERR_REFUSED);
	ck_assert_msg(strncmp(err.text, refusals[_i].message,
			  strlen(refusals[_i].message)) == 0, "%s", err.text);
	pamview_clear(&before);
	pamview_clear(&after);
}
END_TEST

/* A line before it that may end the stack was there before. */
START_TEST(test_avoided)
{
	struct pamview v;
	struct err err = ERR_INIT;

	enable();
	testroot_put("/etc/pam.d/sshd",
	    "session sufficient pam_umask.so\n@include common-session\n");
	load(&v);
	ck_assert_int_eq(pamview_judge(&v, true, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "session of service \"sshd\" can end well without "
	    "pam_certgate.so (common-session:2): a line before it ends the "
	    "stack or jumps over it");
	pamview_clear(&v);
}
END_TEST

#define COMMON "@include common-auth\n@include common-session\n"
#define FORGED(type, place) \
	type " of service \"sshd\": pam_env.so with user_readenv=1 (" place \
	") runs before pam_certgate.so, so that users could write in " \
	"~/.pam_environment how they got in (SSH_AUTH_INFO_0) and from where " \
	"(SSH_CONNECTION); take user_readenv=1 out, or put that line behind " \
	"the common files"
#define READENV " required pam_env.so envfile=/etc/locale user_readenv="

static const struct {
	const char *sshd, *message; /* message NULL: it is all right */
} forgers[] = {
	{ COMMON "session" READENV "1\n", NULL },
	{ "session required pam_env.so\n" COMMON, NULL },
	{ "session" READENV "0\n" COMMON, NULL },
	{ "session" READENV "1 user_readenv=0\n" COMMON, NULL },
	{ "session required pam_mail.so user_readenv=1\n" COMMON, NULL },
	{ "session" READENV "1\n" COMMON, FORGED("session", "sshd:1") },
	{ "session" READENV "0 user_readenv=2\n" COMMON,
	    FORGED("session", "sshd:1") },
	{ "session [default=ignore] /lib/security/pam_env.so "
	  "user_readenv=1\n" COMMON,
	    FORGED("session", "sshd:1") },
	/* sshd sets a login's credentials before it opens the session. */
	{ COMMON "auth" READENV "1\n", FORGED("auth", "sshd:3") },
};

START_TEST(test_forger)
{
	struct err err = ERR_INIT;
	struct pamview v;
	int ret;

	enable();
	testroot_put("/etc/pam.d/sshd", forgers[_i].sshd);
	load(&v);
	ret = pamview_judge(&v, true, &err);
	if (forgers[_i].message == NULL) {
		ck_assert_msg(ret == 0, "%s", err.text);
	} else {
		ck_assert_int_eq(ret, -1);
		assert_err(&err, ERR_REFUSED, forgers[_i].message);
	}
	pamview_clear(&v);
}
END_TEST

START_TEST(test_odd)
{
	struct pamview before, after;
	struct err err = ERR_INIT;

	/* What was broken before may stay so; sshd may not. */
	testroot_put("/etc/pam.d/.hidden", "nonsense\n");
	testroot_put("/etc/pam.d/old~", "nonsense\n");
	testroot_put("/etc/pam.d/folder/", NULL);
	testroot_put("/etc/pam.d/broken", "nonsense\n");
	load(&before);
	ck_assert_ptr_null(pamview_find(&before, ".hidden", PAMSTACK_AUTH));
	ck_assert_ptr_null(pamview_find(&before, "old~", PAMSTACK_AUTH));
	ck_assert_ptr_null(pamview_find(&before, "folder", PAMSTACK_AUTH));
	ck_assert_str_eq(
	    pamview_find(&before, "broken", PAMSTACK_AUTH)->broken,
	    "broken:1: a type that is none: \"nonsense\"");
	enable();
	load(&after);
	ck_assert_int_eq(pamview_same_others(&before, &after, &err), 0);
	pamview_clear(&after);
	testroot_delete("/etc/pam.d/login");
	load(&after);
	ck_assert_int_eq(pamview_same_others(&before, &after, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "auth of service \"login\": the service is gone (none, before: "
	    "there)");
	pamview_clear(&after);
	testroot_put("/etc/pam.d/sshd", "nonsense\n");
	load(&after);
	err_clear(&err);
	ck_assert_int_eq(pamview_judge(&after, true, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "the service \"sshd\" cannot be judged: sshd:1: a type that is "
	    "none: \"nonsense\"");
	pamview_clear(&after);
	testroot_delete("/etc/pam.d/sshd");
	load(&after);
	err_clear(&err);
	ck_assert_int_eq(pamview_judge(&after, true, &err), -1);
	assert_err(&err, ERR_REFUSED,
	    "there is no service \"sshd\" in pam.d");
	pamview_clear(&after);
	pamview_clear(&before);
}
END_TEST

static const struct {
	const char *text, *out; /* NULL: none */
} inserts[] = {
	{ "", NULL },
	{ "session required a\n", NULL },
	{ "authx required a\n# auth required a\n", NULL },
	{ "auth required a\n", "NEW\nauth required a\n" },
	{ "# x\n{continue if \"y\"}\n  -AUTH required a {include if \"z\"}\n"
	  "auth b\n",
	    "# x\n{continue if \"y\"}\nNEW\n  -AUTH required a "
	    "{include if \"z\"}\nauth b\n" },
	{ "session a\n\nauth\trequired b", "session a\n\nNEW\nauth\trequired b" },
};

START_TEST(test_insert)
{
	struct err err = ERR_INIT;
	char *out =
	    pammech_insert(inserts[_i].text, "auth", "NEW\n", &err);

	if (inserts[_i].out == NULL) {
		ck_assert_ptr_null(out);
		assert_err(
		    &err, ERR_NOT_FOUND, "it has no line of type auth");
		return;
	}
	ck_assert_str_eq(out, inserts[_i].out);
	free(out);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pamview");

	tcase_add_checked_fixture(tc, setup, testroot_remove);
	tcase_add_test(tc, test_fresh);
	tcase_add_test(tc, test_enabled);
	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(refusals));
	tcase_add_test(tc, test_avoided);
	tcase_add_loop_test(tc, test_forger, 0, N_ROWS(forgers));
	tcase_add_test(tc, test_odd);
	tcase_add_loop_test(tc, test_insert, 0, N_ROWS(inserts));
	return run_case("pamview", tc);
}
