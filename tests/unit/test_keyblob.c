#include "config.h"

#include "lib/keyblob.h"

#include "tests/unit/harness.h"

#include <stdint.h>

#define N(len) "\0\0\0" len
#define ZERO8 "\0\0\0\0\0\0\0\0"
#define ZERO32 ZERO8 ZERO8 ZERO8 ZERO8
#define ZERO64 ZERO32 ZERO32
#define ONES8 "\x11\x11\x11\x11\x11\x11\x11\x11"
#define ONES64 ONES8 ONES8 ONES8 ONES8 ONES8 ONES8 ONES8 ONES8
#define ONES128 ONES64 ONES64

static const struct {
	const char *name;
	const char *cert_name;
	const char *short_name;
	const char *short_cert_name;
	const char *curve;
	bool is_sk;
} types[] = {
	[CERT_KEY_RSA] = { "ssh-rsa", "ssh-rsa-cert-v01@openssh.com", "RSA",
	    "RSA-CERT", NULL, false },
	[CERT_KEY_ECDSA_P256] = { "ecdsa-sha2-nistp256",
	    "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ECDSA",
	    "ECDSA-CERT", "nistp256", false },
	[CERT_KEY_ECDSA_P384] = { "ecdsa-sha2-nistp384",
	    "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ECDSA",
	    "ECDSA-CERT", "nistp384", false },
	[CERT_KEY_ECDSA_P521] = { "ecdsa-sha2-nistp521",
	    "ecdsa-sha2-nistp521-cert-v01@openssh.com", "ECDSA",
	    "ECDSA-CERT", "nistp521", false },
	[CERT_KEY_ED25519] = { "ssh-ed25519",
	    "ssh-ed25519-cert-v01@openssh.com", "ED25519", "ED25519-CERT",
	    NULL, false },
	[CERT_KEY_SK_ECDSA_P256] = { "sk-ecdsa-sha2-nistp256@openssh.com",
	    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "ECDSA-SK",
	    "ECDSA-SK-CERT", "nistp256", true },
	[CERT_KEY_SK_ED25519] = { "sk-ssh-ed25519@openssh.com",
	    "sk-ssh-ed25519-cert-v01@openssh.com", "ED25519-SK",
	    "ED25519-SK-CERT", NULL, true },
};

START_TEST(test_names)
{
	enum cert_key_type type = (enum cert_key_type)_i;
	enum cert_key_type found = (enum cert_key_type)-1;

	ck_assert_str_eq(cert_key_type_name(type), types[_i].name);
	ck_assert_str_eq(
	    cert_key_type_short_name(type), types[_i].short_name);
	ck_assert_str_eq(
	    cert_key_type_short_cert_name(type), types[_i].short_cert_name);
	ck_assert_pstr_eq(cert_key_type_curve(type), types[_i].curve);
	ck_assert_int_eq(cert_key_type_is_sk(type), types[_i].is_sk);
	ck_assert(cert_key_type_by_name(types[_i].name, &found));
	ck_assert_int_eq((int)found, _i);
	ck_assert(cert_key_type_by_cert_name(
	    span_of(types[_i].cert_name), &found));
	ck_assert_int_eq((int)found, _i);
	ck_assert(cert_key_type_by_name(types[_i].name, NULL));
	ck_assert(!cert_key_type_by_name(types[_i].cert_name, NULL));
	ck_assert(!cert_key_type_by_cert_name(span_of(types[_i].name), NULL));
}
END_TEST

START_TEST(test_no_name)
{
	ck_assert(!cert_key_type_by_name("", NULL));
	ck_assert(!cert_key_type_by_name("ssh-dss", NULL));
	ck_assert(!cert_key_type_by_name("SSH-RSA", NULL));
	ck_assert(!cert_key_type_by_name("rsa-sha2-512", NULL));
	ck_assert(!cert_key_type_by_span(BYTES("ssh-rsa\0"), NULL));
	ck_assert(!cert_key_type_by_span(BYTES("ssh-rs"), NULL));
}
END_TEST

static const struct {
	const char *name;
	struct span blob;
	enum cert_key_type type;
	size_t n_bits;
	const char *text; /* NULL: accepted */
} blobs[] = {
	{ "ed25519", RAW(N("\x0b") "ssh-ed25519" N("\x20") ZERO32),
	    CERT_KEY_ED25519, 0, NULL },
	{ "sk-ed25519",
	    RAW(N("\x1a") "sk-ssh-ed25519@openssh.com" N("\x20") ZERO32 N(
		"\x04") "ssh:"),
	    CERT_KEY_SK_ED25519, 0, NULL },
	{ "p256",
	    RAW(N("\x13") "ecdsa-sha2-nistp256" N("\x08") "nistp256" N(
		"\x41") "\x04" ZERO64),
	    CERT_KEY_ECDSA_P256, 0, NULL },
	{ "p384",
	    RAW(N("\x13") "ecdsa-sha2-nistp384" N("\x08") "nistp384" N(
		"\x61") "\x04" ZERO64 ZERO32),
	    CERT_KEY_ECDSA_P384, 0, NULL },
	{ "p521",
	    RAW(N("\x13") "ecdsa-sha2-nistp521" N("\x08") "nistp521" N(
		"\x85") "\x04" ZERO64 ZERO64 "\0\0\0\0"),
	    CERT_KEY_ECDSA_P521, 0, NULL },
	{ "sk-p256",
	    RAW(N("\x22") "sk-ecdsa-sha2-nistp256@openssh.com" N(
		"\x08") "nistp256" N("\x41") "\x04" ZERO64 N("\0")),
	    CERT_KEY_SK_ECDSA_P256, 0, NULL },
	{ "rsa of 1,025 bits",
	    RAW(N("\x07") "ssh-rsa" N("\x01") "\x03" N("\x81") "\x01" ONES128),
	    CERT_KEY_RSA, 1025, NULL },
	{ "rsa of 1,029 bits, with zeros to spare",
	    RAW(N("\x07") "ssh-rsa" N("\x02") "\0\x03" N("\x83") "\0\0\x11"
		    ONES128),
	    CERT_KEY_RSA, 1029, NULL },
	{ "rsa of 1,021 bits",
	    RAW(N("\x07") "ssh-rsa" N("\x01") "\x03" N("\x80") ONES128),
	    CERT_KEY_RSA, 0,
	    "the key's RSA modulus has only 1021 bits, 1,024 are the least" },
	{ "nothing", RAW(""), CERT_KEY_RSA, 0,
	    "the key's type name is cut short" },
	{ "unknown type", RAW(N("\x03") "\n\0x"), CERT_KEY_RSA, 0,
	    "the key's type \"\\n\\x00x\" is not known" },
	{ "a certificate",
	    RAW(N("\x20") "ssh-ed25519-cert-v01@openssh.com" N("\0")),
	    CERT_KEY_RSA, 0, "the key is a certificate" },
	{ "rsa without exponent", RAW(N("\x07") "ssh-rsa"), CERT_KEY_RSA, 0,
	    "the key's RSA exponent is cut short" },
	{ "rsa without modulus", RAW(N("\x07") "ssh-rsa" N("\x01") "\x03"),
	    CERT_KEY_RSA, 0, "the key's RSA modulus is cut short" },
	{ "no curve", RAW(N("\x13") "ecdsa-sha2-nistp256"), CERT_KEY_RSA, 0,
	    "the key's curve name is cut short" },
	{ "another curve",
	    RAW(N("\x13") "ecdsa-sha2-nistp256" N("\x08") "nistp521"),
	    CERT_KEY_RSA, 0, "the key's curve is not nistp256" },
	{ "no point", RAW(N("\x0b") "ssh-ed25519"), CERT_KEY_RSA, 0,
	    "the key's point is cut short" },
	{ "empty point", RAW(N("\x0b") "ssh-ed25519" N("\0")), CERT_KEY_RSA,
	    0, "the key's point has 0 bytes instead of 32" },
	{ "compressed point",
	    RAW(N("\x13") "ecdsa-sha2-nistp256" N("\x08") "nistp256" N(
		"\x41") "\x03" ZERO64),
	    CERT_KEY_RSA, 0, "the key's point is not uncompressed" },
	{ "no application",
	    RAW(N("\x1a") "sk-ssh-ed25519@openssh.com" N("\x20") ZERO32),
	    CERT_KEY_RSA, 0, "the key's application is cut short" },
	{ "application with a NUL",
	    RAW(N("\x1a") "sk-ssh-ed25519@openssh.com" N("\x20") ZERO32 N(
		"\x01") "\0"),
	    CERT_KEY_RSA, 0, "the key's application holds a NUL byte" },
	{ "more than the key",
	    RAW(N("\x0b") "ssh-ed25519" N("\x20") ZERO32 "\0"), CERT_KEY_RSA,
	    0, "the key has bytes after its last field" },
};

START_TEST(test_parse)
{
	size_t len = blobs[_i].blob.len;
	unsigned char *copy = exact_copy(blobs[_i].blob.p, len);
	struct span blob = { copy, len };
	struct err e = ERR_INIT;
	struct keyblob k;
	int r = keyblob_parse(&k, blob, "the key", &e);

	if (blobs[_i].text != NULL) {
		if (r != -1)
			ck_abort_msg("accepted: %s", blobs[_i].name);
		assert_err(&e, ERR_MALFORMED, blobs[_i].text);
	} else {
		if (r != 0)
			ck_abort_msg("%s: %s", blobs[_i].name, e.text);
		ck_assert_int_eq((int)k.type, (int)blobs[_i].type);
		ck_assert_uint_eq(keyblob_rsa_bits(&k), blobs[_i].n_bits);
	}
	free(copy);
}
END_TEST

START_TEST(test_truncated)
{
	struct err e = ERR_INIT;
	struct keyblob k;
	size_t n;

	if (blobs[_i].text != NULL)
		return;
	for (n = 0; n < blobs[_i].blob.len; n++) {
		unsigned char *cut = exact_copy(blobs[_i].blob.p, n);

		if (keyblob_parse(&k, (struct span) { cut, n }, "x", &e) == 0)
			ck_abort_msg("accepted: %zu bytes of %s", n,
			    blobs[_i].name);
		free(cut);
	}
}
END_TEST

/* What is written back differs only in zeros that were to spare. */
START_TEST(test_put)
{
	struct wire w = WIRE_INIT;
	struct keyblob k, again;
	struct err e = ERR_INIT;

	if (blobs[_i].text != NULL)
		return;
	ck_assert_int_eq(keyblob_parse(&k, blobs[_i].blob, "x", &e), 0);
	keyblob_put(&k, &w);
	ck_assert(!w.has_failed);
	if (strstr(blobs[_i].name, "zeros") == NULL)
		ck_assert(span_equal(wire_span(&w), blobs[_i].blob));
	else
		ck_assert_uint_eq(w.len, blobs[_i].blob.len - 3);
	ck_assert_int_eq(keyblob_parse(&again, wire_span(&w), "x", &e), 0);
	ck_assert(span_equal(k.e, again.e) && span_equal(k.n, again.n) &&
	    span_equal(k.point, again.point) &&
	    span_equal(k.application, again.application));
	wire_free(&w);
}
END_TEST

/* A modulus with its top bit set needs a zero before it, and gets it. */
START_TEST(test_put_top_bit)
{
	struct span blob = BYTES(N("\x07") "ssh-rsa" N("\x01") "\x03" N("\x81")
		"\0" "\x91" "1234567" ONES64 ONES8 ONES8 ONES8 ONES8 ONES8
		ONES8 ONES8);
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;
	struct keyblob k;

	(void)keyblob_parse(&k, blob, "the key", &e);
	assert_err(&e, ERR_NONE, "");
	ck_assert_uint_eq(keyblob_rsa_bits(&k), 1024);
	keyblob_put(&k, &w);
	ck_assert(span_equal(wire_span(&w), blob));
	wire_free(&w);
}
END_TEST

/* Numbers end at 16,384 bits; one zero more for the sign is fine. */
START_TEST(test_number_limit)
{
	static unsigned char number[2050];
	static const struct {
		size_t len;
		unsigned char first, second;
		bool is_fine;
	} rows[] = {
		{ 2048, 0x7f, 0xff, true },
		{ 2049, 0x00, 0xff, true },
		{ 2049, 0x01, 0xff, false },
		{ 2050, 0x00, 0x00, false },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct wire w = WIRE_INIT;
		struct err e = ERR_INIT;
		struct span in, out;

		number[0] = rows[i].first;
		number[1] = rows[i].second;
		wire_put_string(&w, (struct span) { number, rows[i].len });
		in = wire_span(&w);
		(void)keyblob_get_number(&in, &out, "it", "r", &e);
		if (rows[i].is_fine)
			assert_err(&e, ERR_NONE, "");
		else
			assert_err(&e, ERR_MALFORMED,
			    "it's r has over 16,384 bits");
		wire_free(&w);
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("keyblob");

	tcase_add_loop_test(tc, test_names, 0, N_ROWS(types));
	tcase_add_test(tc, test_no_name);
	tcase_add_loop_test(tc, test_parse, 0, N_ROWS(blobs));
	tcase_add_loop_test(tc, test_truncated, 0, N_ROWS(blobs));
	tcase_add_loop_test(tc, test_put, 0, N_ROWS(blobs));
	tcase_add_test(tc, test_put_top_bit);
	tcase_add_test(tc, test_number_limit);
	return run_case("keyblob", tc);
}
