#include "config.h"

#include "pam/challenge.h"

#include "lib/certsig.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"
#include "tests/unit/pamfix.h"

#include <errno.h>
#include <time.h>

static const struct challenge who = { "sudo", "vmuser", "jdoe" };

struct fixture {
	struct signer ca, key;
	struct wire blob;
	struct cert cert;
};

static struct fixture f;

static void
make(enum cert_key_type type)
{
	struct pamcert c = { .key = &f.key, .ca = &f.ca };
	struct err e = ERR_INIT;

	memset(&f, 0, sizeof(f));
	signer_init(&f.ca, CERT_KEY_ED25519);
	signer_init(&f.key, type);
	c.principal = "jdoe";
	c.valid_before = UINT64_MAX;
	pamfix_cert(&f.blob, &c);
	(void)cert_parse(&f.cert, f.blob.p, f.blob.len, &e);
	assert_err(&e, ERR_NONE, "");
}

static void
clear(void)
{
	signer_clear(&f.ca);
	signer_clear(&f.key);
	wire_free(&f.blob);
}

/* Sign with those flags and verify; the error's text, "" where it holds. */
static const char *
verify(uint8_t flags, bool needs_verification)
{
	struct wire data = WIRE_INIT, signature = WIRE_INIT;
	static struct err e;

	err_clear(&e);
	ck_assert_int_eq(challenge_make(&data, &who, &f.cert, &e), 0);
	signer_sign(&f.key, NULL, wire_span(&data), flags, 3, &signature);
	(void)challenge_verify(&f.cert, wire_span(&signature),
	    wire_span(&data), needs_verification, &e);
	wire_free(&data);
	wire_free(&signature);
	return e.text;
}

START_TEST(test_every_type)
{
	bool is_sk = cert_key_type_is_sk((enum cert_key_type)_i);

	make((enum cert_key_type)_i);
	ck_assert_str_eq(verify(SK_USER_PRESENT, false), "");
	ck_assert_str_eq(verify(SK_USER_PRESENT | SK_USER_VERIFIED, true),
	    is_sk ? ""
		  : "verify-required: the key did not verify who touched it");
	ck_assert_str_eq(verify(SK_USER_PRESENT, true),
	    "verify-required: the key did not verify who touched it");
	ck_assert_str_eq(verify(0, false),
	    is_sk ? "the security key signed without having been touched"
		  : "");
	clear();
}
END_TEST

START_TEST(test_fresh)
{
	struct wire a = WIRE_INIT, b = WIRE_INIT, signature = WIRE_INIT;
	struct err e = ERR_INIT;

	make(CERT_KEY_ED25519);
	ck_assert_int_eq(challenge_make(&a, &who, &f.cert, &e), 0);
	ck_assert_int_eq(challenge_make(&b, &who, &f.cert, &e), 0);
	ck_assert(!span_equal(wire_span(&a), wire_span(&b)));
	/* The signature of one is none of the other. */
	signer_sign(&f.key, NULL, wire_span(&a), 0, 0, &signature);
	ck_assert_int_eq(challenge_verify(&f.cert, wire_span(&signature),
	    wire_span(&a), false, &e), 0);
	ck_assert_int_eq(challenge_verify(&f.cert, wire_span(&signature),
	    wire_span(&b), false, &e), -1);
	assert_err(&e, ERR_REFUSED, "the signature does not hold");
	wire_free(&a);
	wire_free(&b);
	wire_free(&signature);
	clear();
}
END_TEST

/* SSHSIG of our namespace, and nothing that begins as a login does. */
START_TEST(test_form)
{
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;
	struct span in, s;

	make(CERT_KEY_ED25519);
	ck_assert_int_eq(challenge_make(&w, &who, &f.cert, &e), 0);
	in = wire_span(&w);
	/* RFC 4252, section 7: a login's begins with a string. */
	ck_assert_int_eq(wire_get_string(&in, &s), -1);
	ck_assert_mem_eq(w.p, "SSHSIG", 6);
	in.p += 6;
	in.len -= 6;
	ck_assert_int_eq(wire_get_string(&in, &s), 0);
	ck_assert(span_is(s, "auth@pam_certgate"));
	ck_assert_int_eq(wire_get_string(&in, &s), 0);
	ck_assert(span_is(s, ""));
	ck_assert_int_eq(wire_get_string(&in, &s), 0);
	ck_assert(span_is(s, "sha512"));
	ck_assert_int_eq(wire_get_string(&in, &s), 0);
	ck_assert_uint_eq(s.len, 64);
	ck_assert_uint_eq(in.len, 0);
	wire_free(&w);
	clear();
}
END_TEST

/* No random bytes, no challenge; interrupted, it asks once more. */
START_TEST(test_random)
{
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;

	make(CERT_KEY_ED25519);
	failing_start(FAILING(getrandom), 1, EINTR);
	ck_assert_int_eq(challenge_make(&w, &who, &f.cert, &e), 0);
	ck_assert(failing_stop());
	ck_assert_uint_gt(w.len, 0);
	wire_reset(&w);
	failing_start(FAILING(getrandom), 1, EAGAIN);
	ck_assert_int_eq(challenge_make(&w, &who, &f.cert, &e), -1);
	ck_assert(failing_stop());
	assert_err(&e, ERR_SYSTEM,
	    "getrandom: Resource temporarily unavailable");
	ck_assert_uint_eq(w.len, 0);
	wire_free(&w);
	clear();
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("challenge");

	tcase_add_loop_test(
	    tc, test_every_type, CERT_KEY_RSA, CERT_KEY_SK_ED25519 + 1);
	tcase_add_test(tc, test_fresh);
	tcase_add_test(tc, test_form);
	tcase_add_test(tc, test_random);
	return run_case("challenge", tc);
}
