#include "config.h"

#include "lib/certsig.h"

#include "tests/unit/harness.h"
#include "tests/unit/sample.h"
#include "tests/unit/signer.h"

#include <openssl/err.h>

#include <stdio.h>

static struct cert c;

START_TEST(test_sample)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct err e = ERR_INIT;
	unsigned char *blob;
	size_t len;

	blob = sample_blob(&samples[_i], &len);
	ck_assert_int_eq(cert_parse(&c, blob, len, &e), 0);
	if (_i == SAMPLE_SHA1) {
		ck_assert_int_eq(certsig_verify(&c, &e), -1);
		assert_err(&e, ERR_UNSUPPORTED,
		    "certificate: the CA's signature is by ssh-rsa, which is "
		    "SHA-1; rsa-sha2-256 and rsa-sha2-512 are accepted");
		err_clear(&e);
	} else {
		(void)certsig_verify(&c, &e);
		assert_err(&e, ERR_NONE, "");
	}
	ck_assert_int_eq(certsig_cert_fingerprint(fingerprint, &c, &e), 0);
	ck_assert_str_eq(fingerprint, samples[_i].fingerprint);
	ck_assert_int_eq(certsig_fingerprint(fingerprint, c.ca_key, &e), 0);
	ck_assert_str_eq(fingerprint, samples[_i].ca_fingerprint);
	free(blob);
}
END_TEST

/* One wrong bit in any byte, and the certificate is none any more. */
START_TEST(test_flipped)
{
	unsigned char *blob;
	size_t len, i;

	blob = sample_blob(&samples[_i], &len);
	for (i = 0; i < len; i++) {
		unsigned char bit = (unsigned char)(1 << i % 8);
		struct err e = ERR_INIT;

		blob[i] ^= bit;
		if (cert_parse(&c, blob, len, &e) == 0 &&
		    certsig_verify(&c, &e) == 0)
			ck_abort_msg("bit %zu of byte %zu", i % 8, i);
		ck_assert_int_ne(e.text[0], '\0');
		blob[i] ^= bit;
	}
	free(blob);
}
END_TEST

START_TEST(test_plain_key)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct wire key = WIRE_INIT;
	struct err e = ERR_INIT;
	unsigned char *blob;
	size_t len;

	blob = sample_blob(&samples[_i], &len);
	ck_assert_int_eq(cert_parse(&c, blob, len, &e), 0);
	ck_assert_int_eq(certsig_plain_key(&c, &key, &e), 0);
	ck_assert_int_eq(
	    certsig_fingerprint(fingerprint, wire_span(&key), &e), 0);
	ck_assert_str_eq(fingerprint, samples[_i].fingerprint);
	wire_free(&key);
	free(blob);
}
END_TEST

START_TEST(test_fingerprint_refused)
{
	char fingerprint[FINGERPRINT_SIZE] = "kept";
	struct err e = ERR_INIT;

	ck_assert_int_eq(
	    certsig_fingerprint(fingerprint, BYTES("\0\0"), &e), -1);
	assert_err(&e, ERR_MALFORMED, "the key's type name is cut short");
	ck_assert_str_eq(fingerprint, "kept");
}
END_TEST

static const struct {
	enum cert_key_type type;
	const char *algorithm;
} kinds[] = {
	{ CERT_KEY_RSA, "rsa-sha2-256" },
	{ CERT_KEY_RSA, "rsa-sha2-512" },
	{ CERT_KEY_ECDSA_P256, NULL },
	{ CERT_KEY_ECDSA_P384, NULL },
	{ CERT_KEY_ECDSA_P521, NULL },
	{ CERT_KEY_ED25519, NULL },
	{ CERT_KEY_SK_ECDSA_P256, NULL },
	{ CERT_KEY_SK_ED25519, NULL },
};

static int
verify_text(const struct signer *s, const struct wire *signature,
    const char *text, struct sk_details *details, struct err *e)
{
	err_clear(e);
	return certsig_verify_data(wire_span(&s->blob), wire_span(signature),
	    span_of(text), details, e);
}

START_TEST(test_challenge)
{
	bool is_sk = cert_key_type_is_sk(kinds[_i].type);
	struct sk_details details = { !is_sk, 0xee, 0xeeeeeeee };
	struct wire sig = WIRE_INIT;
	struct err e = ERR_INIT;
	struct signer s, other;

	signer_init(&s, kinds[_i].type);
	signer_init(&other, kinds[_i].type);
	signer_sign(&s, kinds[_i].algorithm, span_of("challenge"), 0x05,
	    0x01020384, &sig);
	/* on failure details are left alone */
	ck_assert_int_eq(
	    verify_text(&s, &sig, "chbllenge", &details, &e), -1);
	assert_err(&e, ERR_REFUSED, "the signature does not hold");
	ck_assert_int_eq(details.flags, 0xee);
	ck_assert_int_eq(
	    verify_text(&other, &sig, "challenge", &details, &e), -1);
	ck_assert_int_eq(details.flags, 0xee);
	ck_assert_int_eq(verify_text(&s, &sig, "", NULL, &e), -1);
	(void)verify_text(&s, &sig, "challenge", &details, &e);
	assert_err(&e, ERR_NONE, "");
	ck_assert_int_eq(details.is_sk, is_sk);
	ck_assert_uint_eq(details.flags, is_sk ? 0x05 : 0);
	ck_assert_uint_eq(details.counter, is_sk ? 0x01020384 : 0);
	ck_assert_int_eq(verify_text(&s, &sig, "challenge", NULL, &e), 0);
	signer_clear(&other);
	signer_clear(&s);
	wire_free(&sig);
}
END_TEST

/* Cut or with one wrong bit anywhere, a signature does not hold. */
START_TEST(test_challenge_damaged)
{
	struct wire sig = WIRE_INIT;
	struct err e = ERR_INIT;
	struct signer s;
	size_t i;

	signer_init(&s, kinds[_i].type);
	signer_sign(
	    &s, kinds[_i].algorithm, span_of("challenge"), 1, 77, &sig);
	for (i = 0; i < sig.len; i++) {
		unsigned char bit = (unsigned char)(1 << i % 8);
		unsigned char *cut = exact_copy(sig.p, i);
		struct wire damaged = { cut, i, i, false, true };

		if (verify_text(&s, &damaged, "challenge", NULL, &e) == 0)
			ck_abort_msg("accepted: %zu bytes", i);
		free(cut);
		sig.p[i] ^= bit;
		if (verify_text(&s, &sig, "challenge", NULL, &e) == 0)
			ck_abort_msg("accepted: byte %zu changed", i);
		sig.p[i] ^= bit;
	}
	ck_assert_int_eq(verify_text(&s, &sig, "challenge", NULL, &e), 0);
	wire_put_u8(&sig, 0);
	ck_assert_int_eq(verify_text(&s, &sig, "challenge", NULL, &e), -1);
	assert_err(&e, ERR_MALFORMED,
	    "the signature has bytes after its last field");
	signer_clear(&s);
	wire_free(&sig);
}
END_TEST

#define N(len) "\0\0\0" len
#define SK_ED25519 N("\x1a") "sk-ssh-ed25519@openssh.com"
#define P256 N("\x13") "ecdsa-sha2-nistp256"

static const struct {
	enum cert_key_type type;
	struct span signature;
	enum err_code code;
	const char *text;
} malformed[] = {
	{ CERT_KEY_ED25519, RAW(""), ERR_MALFORMED,
	    "the signature's algorithm is cut short" },
	{ CERT_KEY_ED25519, RAW(N("\x0b") "ssh-ed25519"), ERR_MALFORMED,
	    "the signature is cut short" },
	{ CERT_KEY_ED25519, RAW(N("\x0b") "ssh-ed25519" N("\0")),
	    ERR_MALFORMED, "the signature has 0 bytes instead of 64" },
	{ CERT_KEY_ED25519, RAW(N("\x07") "ssh-dss" N("\0")), ERR_UNSUPPORTED,
	    "the signature is by \"ssh-dss\", which is not accepted" },
	{ CERT_KEY_ED25519, RAW(N("\x02") "\n\x1b" N("\0")), ERR_UNSUPPORTED,
	    "the signature is by \"\\n\\x1b\", which is not accepted" },
	{ CERT_KEY_ED25519, RAW(N("\x0c") "ssh-ed25519\0" N("\0")),
	    ERR_UNSUPPORTED,
	    "the signature is by \"ssh-ed25519\\x00\", which is not "
	    "accepted" },
	{ CERT_KEY_ED25519, RAW(N("\x0c") "rsa-sha2-256" N("\0")),
	    ERR_MALFORMED,
	    "the signature is by rsa-sha2-256, but the key is of type "
	    "ssh-ed25519" },
	{ CERT_KEY_ED25519, RAW(SK_ED25519 N("\0")), ERR_MALFORMED,
	    "the signature is by sk-ssh-ed25519@openssh.com, but the key is "
	    "of type ssh-ed25519" },
	{ CERT_KEY_RSA, RAW(P256 N("\0")), ERR_MALFORMED,
	    "the signature is by ecdsa-sha2-nistp256, but the key is of type "
	    "ssh-rsa" },
	{ CERT_KEY_RSA, RAW(N("\x07") "ssh-rsa" N("\0")), ERR_UNSUPPORTED,
	    "the signature is by ssh-rsa, which is SHA-1; rsa-sha2-256 and "
	    "rsa-sha2-512 are accepted" },
	{ CERT_KEY_SK_ECDSA_P256,
	    RAW(N("\x2b") "webauthn-sk-ecdsa-sha2-nistp256@openssh.com" N(
		"\0")),
	    ERR_UNSUPPORTED,
	    "the signature is by "
	    "\"webauthn-sk-ecdsa-sha2-nistp256@openssh.com\", which is not "
	    "accepted" },
	{ CERT_KEY_SK_ED25519, RAW(SK_ED25519 N("\0")), ERR_MALFORMED,
	    "the signature's flags and counter are cut short" },
	{ CERT_KEY_SK_ED25519, RAW(SK_ED25519 N("\0") "\x01" "abc"),
	    ERR_MALFORMED,
	    "the signature's flags and counter are cut short" },
	{ CERT_KEY_ECDSA_P256, RAW(P256 N("\0")), ERR_MALFORMED,
	    "the signature's r is cut short" },
	{ CERT_KEY_ECDSA_P256, RAW(P256 N("\x05") N("\x01") "\x01"),
	    ERR_MALFORMED, "the signature's s is cut short" },
	{ CERT_KEY_ECDSA_P256,
	    RAW(P256 N("\x0a") N("\x01") "\x81" N("\x01") "\x01"),
	    ERR_MALFORMED, "the signature's r is negative" },
	{ CERT_KEY_ECDSA_P256,
	    RAW(P256 N("\x0b") N("\x01") "\x01" N("\x01") "\x01" "x"),
	    ERR_MALFORMED, "the signature has bytes after r and s" },
	{ CERT_KEY_ECDSA_P256,
	    RAW(P256 N("\x0a") N("\x01") "\x01" N("\x01") "\x01"),
	    ERR_REFUSED, "the signature does not hold" },
	{ CERT_KEY_ECDSA_P256, RAW(P256 N("\x08") N("\0") N("\0")),
	    ERR_REFUSED, "the signature does not hold" },
	{ CERT_KEY_RSA, RAW(N("\x0c") "rsa-sha2-512" N("\0")), ERR_REFUSED,
	    "the signature does not hold" },
};

START_TEST(test_malformed)
{
	struct span s = malformed[_i].signature;
	unsigned char *copy = exact_copy(s.p, s.len);
	struct err e = ERR_INIT;
	struct signer key;

	signer_init(&key, malformed[_i].type);
	ck_assert_int_eq(
	    certsig_verify_data(wire_span(&key.blob),
		(struct span) { copy, s.len }, span_of("x"), NULL, &e),
	    -1);
	assert_err(&e, malformed[_i].code, malformed[_i].text);
	signer_clear(&key);
	free(copy);
}
END_TEST

START_TEST(test_bad_key)
{
	struct err e = ERR_INIT;

	ck_assert_int_eq(certsig_verify_data(BYTES("\0\0\0\x01x"), BYTES(""),
			     BYTES(""), NULL, &e),
	    -1);
	assert_err(&e, ERR_MALFORMED, "the key's type \"x\" is not known");
}
END_TEST

/* sshd fills a short RSA signature up with zeros in front. */
START_TEST(test_rsa_short)
{
	struct wire sig = WIRE_INIT, stripped = WIRE_INIT;
	struct span rest, algorithm, value;
	struct err e = ERR_INIT;
	struct signer s;
	char text[16];
	int i;

	signer_init(&s, CERT_KEY_RSA);
	/* One signature in 256 begins with a zero byte. */
	for (i = 0; i < 20000; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		wire_reset(&sig);
		signer_sign(&s, NULL, span_of(text), 0, 0, &sig);
		rest = wire_span(&sig);
		ck_assert_int_eq(wire_get_string(&rest, &algorithm), 0);
		ck_assert_int_eq(wire_get_string(&rest, &value), 0);
		if (value.p[0] == 0)
			break;
	}
	ck_assert_uint_eq(value.p[0], 0);
	wire_put_string(&stripped, algorithm);
	wire_put_string(
	    &stripped, (struct span) { value.p + 1, value.len - 1 });
	(void)verify_text(&s, &stripped, text, NULL, &e);
	assert_err(&e, ERR_NONE, "");
	/* … but too long a one is none. */
	wire_reset(&stripped);
	wire_put_string(&stripped, algorithm);
	wire_put_u32(&stripped, (uint32_t)value.len + 1);
	wire_put_u8(&stripped, 0);
	wire_put_bytes(&stripped, value.p, value.len);
	ck_assert_int_eq(verify_text(&s, &stripped, text, NULL, &e), -1);
	assert_err(&e, ERR_MALFORMED,
	    "the signature has 129 bytes, but the RSA key only 128");
	signer_clear(&s);
	wire_free(&stripped);
	wire_free(&sig);
}
END_TEST

START_TEST(test_much_data)
{
	unsigned char *zeros = calloc(1, CERTSIG_MAX_DATA + 1);
	struct wire sig = WIRE_INIT;
	struct err e = ERR_INIT;
	struct signer s;

	ck_assert_ptr_nonnull(zeros);
	signer_init(&s, CERT_KEY_SK_ED25519);
	signer_sign(&s, NULL, (struct span) { zeros, CERTSIG_MAX_DATA }, 1, 1,
	    &sig);
	ck_assert_int_eq(
	    certsig_verify_data(wire_span(&s.blob), wire_span(&sig),
		(struct span) { zeros, CERTSIG_MAX_DATA }, NULL, &e),
	    0);
	ck_assert_int_eq(
	    certsig_verify_data(wire_span(&s.blob), wire_span(&sig),
		(struct span) { zeros, CERTSIG_MAX_DATA + 1 }, NULL, &e),
	    -1);
	assert_err(
	    &e, ERR_LIMIT, "over 1 MiB of data is said to be signed");
	signer_clear(&s);
	wire_free(&sig);
	free(zeros);
}
END_TEST

/* A certificate by ca over subject's key. */
static void
build_signed(struct wire *out, const struct signer *subject,
    const struct signer *ca, uint8_t flags)
{
	struct span key = wire_span(&subject->blob);
	struct wire sig = WIRE_INIT, type = WIRE_INIT, draft = WIRE_INIT;
	struct span plain;

	ck_assert_int_eq(wire_get_string(&key, &plain), 0);
	/* ssh-ed25519 and sk-ssh-ed25519 differ in where their domain is */
	if (subject->type == CERT_KEY_SK_ED25519)
		wire_put_bytes(
		    &type, "sk-ssh-ed25519-cert-v01@openssh.com", 35);
	else if (subject->type == CERT_KEY_SK_ECDSA_P256)
		wire_put_bytes(&type,
		    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 43);
	else {
		wire_put_bytes(&type, plain.p, plain.len);
		wire_put_bytes(&type, "-cert-v01@openssh.com", 21);
	}
	/* type, key and CA: more fields than sample_build replaces */
	wire_put_string(&draft, wire_span(&type));
	wire_put_text(&draft, "nonce");
	wire_put_bytes(&draft, key.p, key.len);
	wire_put_u64(&draft, 1);
	wire_put_u32(&draft, CERT_USER);
	wire_put_text(&draft, "id");
	wire_put_text(&draft, "");
	wire_put_u64(&draft, 0);
	wire_put_u64(&draft, UINT64_MAX);
	wire_put_text(&draft, "");
	wire_put_text(&draft, "");
	wire_put_text(&draft, "");
	wire_put_string(&draft, wire_span(&ca->blob));
	signer_sign(ca, NULL, wire_span(&draft), flags, 9, &sig);
	wire_put_string(&draft, wire_span(&sig));
	wire_put_bytes(out, draft.p, draft.len);
	wire_free(&draft);
	wire_free(&type);
	wire_free(&sig);
}

/* Every type as a subject and as a CA; a CA needs no touch, as with sshd. */
START_TEST(test_certificate)
{
	struct wire blob = WIRE_INIT;
	struct err e = ERR_INIT;
	struct signer subject, ca;
	int flags;

	signer_init(&subject, (enum cert_key_type)(_i / 7));
	signer_init(&ca, (enum cert_key_type)(_i % 7));
	for (flags = 0; flags <= 1; flags++) {
		wire_reset(&blob);
		build_signed(&blob, &subject, &ca, (uint8_t)flags);
		(void)cert_parse(&c, blob.p, blob.len, &e);
		assert_err(&e, ERR_NONE, "");
		ck_assert_int_eq((int)c.key_type, _i / 7);
		(void)certsig_verify(&c, &e);
		assert_err(&e, ERR_NONE, "");
		blob.p[blob.len - 1] ^= 1; /* the counter, or the signature */
		ck_assert_int_eq(cert_parse(&c, blob.p, blob.len, &e), 0);
		ck_assert_int_eq(certsig_verify(&c, &e), -1);
		assert_err(&e, ERR_REFUSED,
		    "certificate: the CA's signature does not hold");
		err_clear(&e);
	}
	signer_clear(&ca);
	signer_clear(&subject);
	wire_free(&blob);
}
END_TEST

/* A subject's key that sshd would not load, under a good signature. */
START_TEST(test_subject_off_curve)
{
	struct wire blob = WIRE_INIT;
	struct err e = ERR_INIT;
	struct signer subject, ca;

	signer_init(&subject, CERT_KEY_ECDSA_P256);
	signer_init(&ca, CERT_KEY_ED25519);
	subject.blob.p[subject.blob.len - 1] ^= 1;
	build_signed(&blob, &subject, &ca, 0);
	ck_assert_int_eq(cert_parse(&c, blob.p, blob.len, &e), 0);
	ck_assert_int_eq(certsig_verify(&c, &e), -1);
	assert_err(&e, ERR_MALFORMED,
	    "certificate: the key is not sound: its point is not one of the "
	    "curve");
	signer_clear(&ca);
	signer_clear(&subject);
	wire_free(&blob);
}
END_TEST

START_TEST(test_ca_off_curve)
{
	struct wire blob = WIRE_INIT;
	struct err e = ERR_INIT;
	struct signer subject, ca;

	signer_init(&subject, CERT_KEY_ED25519);
	signer_init(&ca, CERT_KEY_ECDSA_P521);
	ca.blob.p[ca.blob.len - 1] ^= 1;
	build_signed(&blob, &subject, &ca, 0);
	ck_assert_int_eq(cert_parse(&c, blob.p, blob.len, &e), 0);
	ck_assert_int_eq(certsig_verify(&c, &e), -1);
	assert_err(&e, ERR_MALFORMED,
	    "certificate: the CA key is not sound: its point is not one of "
	    "the curve");
	signer_clear(&ca);
	signer_clear(&subject);
	wire_free(&blob);
}
END_TEST

/* The caller's own libcrypto errors stay, ours do not join them. */
START_TEST(test_error_queue)
{
	struct wire sig = WIRE_INIT;
	struct err e = ERR_INIT;
	struct signer s;
	unsigned long own;

	signer_init(&s, CERT_KEY_ECDSA_P256);
	signer_sign(&s, NULL, span_of("x"), 0, 0, &sig);
	ERR_clear_error();
	ck_assert_int_eq(verify_text(&s, &sig, "y", NULL, &e), -1);
	s.blob.p[s.blob.len - 1] ^= 1;
	ck_assert_int_eq(verify_text(&s, &sig, "x", NULL, &e), -1);
	ck_assert_uint_eq(ERR_peek_error(), 0);
	ERR_raise(ERR_LIB_USER, 42);
	own = ERR_peek_last_error();
	ck_assert_int_eq(verify_text(&s, &sig, "x", NULL, &e), -1);
	ck_assert_uint_eq(ERR_get_error(), own);
	ck_assert_uint_eq(ERR_get_error(), 0);
	signer_clear(&s);
	wire_free(&sig);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("certsig");

	tcase_add_loop_test(tc, test_sample, 0, SAMPLE_COUNT);
	tcase_add_loop_test(tc, test_flipped, 0, SAMPLE_COUNT);
	tcase_add_loop_test(tc, test_plain_key, 0, SAMPLE_COUNT);
	tcase_add_test(tc, test_fingerprint_refused);
	tcase_add_loop_test(tc, test_challenge, 0, N_ROWS(kinds));
	tcase_add_loop_test(tc, test_challenge_damaged, 0, N_ROWS(kinds));
	tcase_add_loop_test(tc, test_malformed, 0, N_ROWS(malformed));
	tcase_add_test(tc, test_bad_key);
	tcase_add_test(tc, test_rsa_short);
	tcase_add_test(tc, test_much_data);
	tcase_add_loop_test(tc, test_certificate, 0, 49);
	tcase_add_test(tc, test_subject_off_curve);
	tcase_add_test(tc, test_ca_off_curve);
	tcase_add_test(tc, test_error_queue);
	return run_case("certsig", tc);
}
