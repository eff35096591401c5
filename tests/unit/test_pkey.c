#include "config.h"

#include "lib/pkey.h"

#include "tests/unit/harness.h"
#include "tests/unit/signer.h"

#include <stdio.h>

START_TEST(test_sound)
{
	struct err e = ERR_INIT;
	struct keyblob k;
	struct signer s;
	EVP_PKEY *pkey;

	signer_init(&s, (enum cert_key_type)_i);
	ck_assert_int_eq(
	    keyblob_parse(&k, wire_span(&s.blob), "the key", &e), 0);
	pkey = pkey_new(&k, "the key", &e);
	assert_err(&e, ERR_NONE, "");
	ck_assert_int_eq(EVP_PKEY_eq(pkey, s.pkey), 1);
	EVP_PKEY_free(pkey);
	signer_clear(&s);
}
END_TEST

/* Big-endian numbers of a curve's length, put together as 4, x, y. */
static void
put_point(unsigned char *out, size_t len, const char *x, const char *y)
{
	size_t i;

	out[0] = 4;
	for (i = 0; i < len; i++) {
		unsigned int byte;

		ck_assert_int_eq(sscanf(x + 2 * i, "%2x", &byte), 1);
		out[1 + i] = (unsigned char)byte;
		ck_assert_int_eq(sscanf(y + 2 * i, "%2x", &byte), 1);
		out[1 + len + i] = (unsigned char)byte;
	}
}

/* P-256: its generator; the point of x = 0; one whose x is the prime. */
#define GX "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define GY "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
/* sqrt(b), so that (0, ROOT) is on the curve, and sshd refuses it still */
#define ROOT "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"
/* On the curve, x just under the order less one, and not under it. */
#define LOW_X "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc63254f"
#define LOW_Y "924a828ba19708d6f5e27ece0fdd074dda5060240d4b8ebc7dd3774593c9ed87"
#define TOP_X "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632554"
#define TOP_Y "484f0c0fda434ef0a808458914f328715d7a545e198ac7eee31dffe861b5d23f"

static const struct {
	const char *name;
	const char *x, *y;
	bool is_sound;
} points[] = {
	{ "the generator", GX, GY, true },
	{ "x under the order", LOW_X, LOW_Y, true },
	{ "x over the order", TOP_X, TOP_Y, false },
	{ "x and y changed", GY, GX, false },
	{ "zero", ZERO, ZERO, false },
	{ "x is the prime", PRIME, GY, false },
	{ "on the curve with x 0", ZERO, ROOT, false },
};

START_TEST(test_point)
{
	unsigned char point[65];
	struct keyblob k = { .type = CERT_KEY_ECDSA_P256 };
	struct err e = ERR_INIT;
	EVP_PKEY *pkey;

	put_point(point, 32, points[_i].x, points[_i].y);
	k.point = (struct span) { point, sizeof(point) };
	pkey = pkey_new(&k, "the key", &e);
	if (points[_i].is_sound) {
		assert_err(&e, ERR_NONE, "");
		ck_assert_ptr_nonnull(pkey);
	} else {
		ck_assert_msg(pkey == NULL, "accepted: %s", points[_i].name);
		assert_err(&e, ERR_MALFORMED,
		    "the key is not sound: its point is not one of the "
		    "curve");
	}
	EVP_PKEY_free(pkey);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pkey");

	tcase_add_loop_test(tc, test_sound, 0, CERT_KEY_SK_ED25519 + 1);
	tcase_add_loop_test(tc, test_point, 0, N_ROWS(points));
	return run_case("pkey", tc);
}
