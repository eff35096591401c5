#include "config.h"

#include "lib/pkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

/*
 * sshkey.c:sshkey_ec_validate_public beyond what libcrypto checks itself
 * (a point on the curve, not at infinity): coordinates neither tiny nor
 * at or above the order less one.
 */
static bool
is_fair_point(const struct keyblob *k, int nid)
{
	size_t len = (k->point.len - 1) / 2;
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	BIGNUM *limit = NULL, *coordinate = NULL;
	bool is_fair = false;
	size_t i;
	int n_bits;

	if (group == NULL || (coordinate = BN_new()) == NULL ||
	    (limit = BN_dup(EC_GROUP_get0_order(group))) == NULL)
		goto out;
	n_bits = BN_num_bits(limit);
	if (BN_sub_word(limit, 1) != 1)
		goto out;
	for (i = 0; i < 2; i++) {
		if (BN_bin2bn(k->point.p + 1 + i * len, (int)len, coordinate) ==
			NULL ||
		    BN_num_bits(coordinate) <= n_bits / 2 ||
		    BN_cmp(coordinate, limit) >= 0)
			goto out;
	}
	is_fair = true;
out:
	BN_free(coordinate);
	BN_free(limit);
	EC_GROUP_free(group);
	return is_fair;
}

static EVP_PKEY *
pkey_from_params(const char *kind, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
	EVP_PKEY *pkey = NULL;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
pkey_rsa(const struct keyblob *k)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = BN_bin2bn(k->n.p, (int)k->n.len, NULL);
	BIGNUM *e = BN_bin2bn(k->e.p, (int)k->e.len, NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (build != NULL && n != NULL && e != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(build)) != NULL)
		pkey = pkey_from_params("RSA", params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	BN_free(n);
	BN_free(e);
	return pkey;
}

static EVP_PKEY *
pkey_octets(const char *kind, const char *group, struct span octets)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (build != NULL &&
	    (group == NULL ||
		OSSL_PARAM_BLD_push_utf8_string(
		    build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1) &&
	    OSSL_PARAM_BLD_push_octet_string(
		build, OSSL_PKEY_PARAM_PUB_KEY, octets.p, octets.len) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(build)) != NULL)
		pkey = pkey_from_params(kind, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

EVP_PKEY *
pkey_new(const struct keyblob *k, const char *whose, struct err *err)
{
	EVP_PKEY *pkey = NULL;

	switch (k->type) {
	case CERT_KEY_RSA:
		pkey = pkey_rsa(k);
		break;
	case CERT_KEY_ECDSA_P256:
	case CERT_KEY_SK_ECDSA_P256:
		if (is_fair_point(k, NID_X9_62_prime256v1))
			pkey = pkey_octets("EC", "prime256v1", k->point);
		break;
	case CERT_KEY_ECDSA_P384:
		if (is_fair_point(k, NID_secp384r1))
			pkey = pkey_octets("EC", "secp384r1", k->point);
		break;
	case CERT_KEY_ECDSA_P521:
		if (is_fair_point(k, NID_secp521r1))
			pkey = pkey_octets("EC", "secp521r1", k->point);
		break;
	case CERT_KEY_ED25519:
	case CERT_KEY_SK_ED25519:
		pkey = pkey_octets("ED25519", NULL, k->point);
		break;
	}
	if (pkey == NULL)
		(void)err_setf(err, ERR_MALFORMED, "%s is not sound%s", whose,
		    cert_key_type_curve(k->type) == NULL
			? ""
			: ": its point is not one of the curve");
	return pkey;
}
