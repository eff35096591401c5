#include "config.h"

#include "pam/judge.h"

#include "tests/unit/harness.h"
#include "tests/unit/pamfix.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1000000

static struct signer ca, key, stranger;
static struct wire cert;
static struct err err;
static struct ipaddr home;

static void
setup(void)
{
	struct wire empty = WIRE_INIT;

	cert = empty;
	err_clear(&err);
	signer_init(&ca, CERT_KEY_ECDSA_P256);
	signer_init(&key, CERT_KEY_ED25519);
	signer_init(&stranger, CERT_KEY_ED25519);
	pamfix_make("vmuser", &ca);
	ck_assert_int_eq(ipaddr_parse(&home, span_of("192.0.2.9")), 0);
}

static void
teardown(void)
{
	pamfix_remove();
	wire_free(&cert);
	signer_clear(&ca);
	signer_clear(&key);
	signer_clear(&stranger);
}

static struct pamcert
a_cert(const char *principal)
{
	struct pamcert c = { .key = &key, .ca = &ca };

	c.principal = principal;
	c.serial = 42;
	c.valid_after = NOW - 60;
	c.valid_before = NOW + 60;
	return c;
}

static enum verdict
ask(struct judge *j, const struct pamcert *c, const char *user,
    const struct ipaddr *addr)
{
	struct judge_question q = { user, 5000, { NULL, 0 }, NOW, addr };

	wire_reset(&cert);
	pamfix_cert(&cert, c);
	q.cert = wire_span(&cert);
	return judge_ask(j, &q, &err);
}

static struct judge *
open_judge(void)
{
	struct judge *j = judge_open(pamfix_dir, &err);

	ck_assert_msg(j != NULL, "%s", err.text);
	return j;
}

static const char *
rule_of(struct judge *j)
{
	static char text[256];
	struct wire w = WIRE_INIT;

	judge_put_rule(j, &w);
	wire_put_u8(&w, 0);
	(void)snprintf(text, sizeof(text), "%s", (const char *)w.p);
	wire_free(&w);
	return text;
}

START_TEST(test_allowed)
{
	struct judge *j = open_judge();
	struct pamcert c = a_cert("jdoe@example.com");

	ck_assert_int_eq((int)ask(j, &c, "vmuser", NULL), VERDICT_ALLOWED);
	ck_assert_uint_eq(judge_decision(j)->cert.serial, 42);
	ck_assert(span_is(judge_identity(j), "jdoe@example.com"));
	ck_assert_ptr_nonnull(strstr(rule_of(j), ":11"));
	c = a_cert("home@example.com");
	ck_assert_int_eq((int)ask(j, &c, "vmuser", &home), VERDICT_ALLOWED);
	ck_assert_ptr_nonnull(strstr(rule_of(j), ":13"));
	judge_close(j);
}
END_TEST

/* Each is asked of the same judge: no answer stays for the next one. */
START_TEST(test_denied)
{
	struct judge *j = open_judge();
	struct pamcert c = a_cert("mallory@example.com");

	ck_assert_int_eq((int)ask(j, &c, "vmuser", &home), VERDICT_DENIED);
	ck_assert_str_eq(
	    reason_code(judge_decision(j)->reason), "no-matching-principal");
	ck_assert_uint_eq(judge_decision(j)->n_lines, 0);
	c = a_cert("jdoe@example.com");
	ck_assert_int_eq((int)ask(j, &c, "nobody", &home), VERDICT_DENIED);
	ck_assert_str_eq(reason_code(judge_decision(j)->reason), "no-rule");
	ck_assert_str_eq(rule_of(j), "-");
	c.ca = &stranger;
	ck_assert_int_eq((int)ask(j, &c, "vmuser", &home), VERDICT_DENIED);
	ck_assert_str_eq(
	    reason_code(judge_decision(j)->reason), "unknown-authority");
	c = a_cert("jdoe@example.com");
	c.valid_before = NOW;
	ck_assert_int_eq((int)ask(j, &c, "vmuser", &home), VERDICT_DENIED);
	ck_assert_str_eq(reason_code(judge_decision(j)->reason), "expired");
	/* Nobody behind us would hold it to an address. */
	c = a_cert("home@example.com");
	ck_assert_int_eq((int)ask(j, &c, "vmuser", NULL), VERDICT_DENIED);
	ck_assert_str_eq(
	    reason_code(judge_decision(j)->reason), "source-address");
	ck_assert_str_eq(judge_decision(j)->detail.text,
	    "only some addresses are allowed, and the client's is not known "
	    "here");
	ck_assert_uint_eq(judge_decision(j)->n_lines, 0);
	c = a_cert("jdoe@example.com");
	c.source_address = "192.0.2.0/24";
	ck_assert_int_eq((int)ask(j, &c, "vmuser", NULL), VERDICT_DENIED);
	ck_assert_int_eq((int)ask(j, &c, "vmuser", &home), VERDICT_ALLOWED);
	ck_assert_str_eq(err.text, "");
	judge_close(j);
}
END_TEST

/* What sshd has checked before it asks a helper: nobody has, here. */
START_TEST(test_signature)
{
	struct judge *j = open_judge();
	struct pamcert c = a_cert("jdoe@example.com");
	struct judge_question q = { "vmuser", 5000, { NULL, 0 }, NOW, NULL };

	wire_reset(&cert);
	pamfix_cert(&cert, &c);
	cert.p[cert.len - 1] ^= 1;
	q.cert = wire_span(&cert);
	ck_assert_int_eq((int)judge_ask(j, &q, &err), VERDICT_DENIED);
	ck_assert_str_eq(reason_code(judge_decision(j)->reason), "malformed");
	ck_assert_uint_eq(judge_decision(j)->n_lines, 0);
	judge_close(j);
	/* The index knows the authority, ca.pub not: both must. */
	pamfix_write("ca.pub", "# nobody\n");
	j = open_judge();
	ck_assert_int_eq((int)ask(j, &c, "vmuser", NULL), VERDICT_DENIED);
	ck_assert_str_eq(
	    reason_code(judge_decision(j)->reason), "unknown-authority");
	ck_assert_str_eq(judge_decision(j)->detail.text,
	    "the authority's key is not in ca.pub");
	judge_close(j);
}
END_TEST

START_TEST(test_failures)
{
	struct pamcert c = a_cert("jdoe@example.com");
	char path[128], want[256];
	struct judge *j;

	pamfix_write("ca.pub", "not a key\n");
	j = open_judge();
	ck_assert_int_eq((int)ask(j, &c, "vmuser", NULL), VERDICT_FAILED);
	ck_assert_int_eq((int)err.code, ERR_MALFORMED);
	judge_close(j);
	err_clear(&err);
	pamfix_write("policy.cdb", "");
	ck_assert_ptr_null(judge_open(pamfix_dir, &err));
	assert_err(&err, ERR_MALFORMED,
	    "the index is empty; run certgate apply");
	err_clear(&err);
	(void)snprintf(path, sizeof(path), "%s/ca.pub", pamfix_dir);
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_ptr_null(judge_open(pamfix_dir, &err));
	ck_assert_int_eq((int)err.code, ERR_UNSAFE);
	err_clear(&err);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_ptr_null(judge_open(pamfix_dir, &err));
	(void)snprintf(
	    want, sizeof(want), "%s: No such file or directory", path);
	assert_err(&err, ERR_NOT_FOUND, want);
	judge_close(NULL);
}
END_TEST

/* A path that has room for one of the two files, or for none. */
START_TEST(test_long_path)
{
	static const struct {
		size_t len;
		const char *message;
	} paths[] = {
		{ PATH_MAX - sizeof("/policy.cdb"), NULL },
		{ PATH_MAX - sizeof("/policy.cdb") + 2,
		    "the path of policy.cdb is too long" },
		{ PATH_MAX - sizeof("/ca.pub"),
		    "the path of policy.cdb is too long" },
		{ PATH_MAX - sizeof("/ca.pub") + 1,
		    "the path of ca.pub is too long" },
		{ PATH_MAX + 100, "the path of ca.pub is too long" },
	};
	char path[PATH_MAX + 256];
	struct judge *j;
	int i;

	for (i = 0; i < N_ROWS(paths); i++) {
		size_t len = (size_t)snprintf(
		    path, sizeof(path), "%s", pamfix_dir);

		while (len + 2 <= paths[i].len) {
			memcpy(path + len, "/.", 3);
			len += 2;
		}
		if (len < paths[i].len)
			memcpy(path + len, "/", 2);
		err_clear(&err);
		j = judge_open(path, &err);
		if (paths[i].message == NULL)
			ck_assert_msg(j != NULL, "%s", err.text);
		else
			assert_err(&err, ERR_LIMIT, paths[i].message);
		judge_close(j);
	}
}
END_TEST

/* A last line without an end is one, too; so is none at all. */
START_TEST(test_ca_file)
{
	struct pamcert c = a_cert("jdoe@example.com");
	char *text = pamfix_text(wire_span(&ca.blob)), lines[4096];
	struct judge *j;

	(void)snprintf(lines, sizeof(lines), "# first\n\n%s", text);
	pamfix_write("ca.pub", lines);
	j = open_judge();
	ck_assert_int_eq((int)ask(j, &c, "vmuser", NULL), VERDICT_ALLOWED);
	judge_close(j);
	pamfix_write("ca.pub", "");
	j = open_judge();
	ck_assert_int_eq((int)ask(j, &c, "vmuser", NULL), VERDICT_DENIED);
	ck_assert_str_eq(judge_decision(j)->detail.text,
	    "the authority's key is not in ca.pub");
	/* Who is refused stands for his key ID alone. */
	ck_assert(span_is(judge_identity(j), "jdoe@example.com"));
	judge_close(j);
	free(text);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("judge");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, test_allowed);
	tcase_add_test(tc, test_denied);
	tcase_add_test(tc, test_signature);
	tcase_add_test(tc, test_failures);
	tcase_add_test(tc, test_long_path);
	tcase_add_test(tc, test_ca_file);
	return run_case("judge", tc);
}
