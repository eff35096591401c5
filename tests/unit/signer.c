#include "config.h"

#include "tests/unit/signer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include <stdlib.h>
#include <string.h>

#define MUST(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

static void
put_number(struct wire *out, const BIGNUM *n)
{
	unsigned char bytes[1024];
	int len = BN_num_bytes(n);

	MUST(len < (int)sizeof(bytes));
	bytes[0] = 0;
	(void)BN_bn2bin(n, bytes + 1);
	if (len != 0 && (bytes[1] & 0x80) != 0)
		wire_put_string(out, (struct span) { bytes, (size_t)len + 1 });
	else
		wire_put_string(out, (struct span) { bytes + 1, (size_t)len });
}

static void
put_param_number(struct wire *out, const EVP_PKEY *pkey, const char *name)
{
	BIGNUM *n = NULL;

	MUST(EVP_PKEY_get_bn_param(pkey, name, &n) == 1);
	put_number(out, n);
	BN_free(n);
}

static EVP_PKEY *
generate(enum cert_key_type type)
{
	switch (type) {
	case CERT_KEY_RSA:
		return EVP_RSA_gen(1024);
	case CERT_KEY_ECDSA_P256:
	case CERT_KEY_SK_ECDSA_P256:
		return EVP_EC_gen("P-256");
	case CERT_KEY_ECDSA_P384:
		return EVP_EC_gen("P-384");
	case CERT_KEY_ECDSA_P521:
		return EVP_EC_gen("P-521");
	case CERT_KEY_ED25519:
	case CERT_KEY_SK_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	}
	return NULL;
}

void
signer_init(struct signer *s, enum cert_key_type type)
{
	const char *curve = cert_key_type_curve(type);
	unsigned char point[256];
	size_t len = sizeof(point);

	*s = (struct signer) { type, generate(type), WIRE_INIT };
	MUST(s->pkey != NULL);
	wire_put_text(&s->blob, cert_key_type_name(type));
	if (type == CERT_KEY_RSA) {
		put_param_number(&s->blob, s->pkey, OSSL_PKEY_PARAM_RSA_E);
		put_param_number(&s->blob, s->pkey, OSSL_PKEY_PARAM_RSA_N);
		return;
	}
	MUST(EVP_PKEY_get_octet_string_param(s->pkey, OSSL_PKEY_PARAM_PUB_KEY,
		 point, sizeof(point), &len) == 1);
	if (curve != NULL)
		wire_put_text(&s->blob, curve);
	wire_put_string(&s->blob, (struct span) { point, len });
	if (cert_key_type_is_sk(type))
		wire_put_text(&s->blob, SIGNER_APPLICATION);
}

void
signer_clear(struct signer *s)
{
	EVP_PKEY_free(s->pkey);
	wire_free(&s->blob);
}

static const EVP_MD *
choose_digest(const struct signer *s, const char *algorithm)
{
	switch (s->type) {
	case CERT_KEY_RSA:
		if (strcmp(algorithm, "ssh-rsa") == 0)
			return EVP_sha1();
		return strcmp(algorithm, "rsa-sha2-256") == 0 ? EVP_sha256() :
								EVP_sha512();
	case CERT_KEY_ECDSA_P256:
	case CERT_KEY_SK_ECDSA_P256:
		return EVP_sha256();
	case CERT_KEY_ECDSA_P384:
		return EVP_sha384();
	case CERT_KEY_ECDSA_P521:
		return EVP_sha512();
	case CERT_KEY_ED25519:
	case CERT_KEY_SK_ED25519:
		break;
	}
	return NULL;
}

/* What a security key really signs; see OpenSSH's PROTOCOL.u2f. */
static void
put_sk_message(
    struct wire *out, struct span data, uint8_t flags, uint32_t counter)
{
	unsigned char digest[32];

	MUST(EVP_Digest(SIGNER_APPLICATION, strlen(SIGNER_APPLICATION), digest,
		 NULL, EVP_sha256(), NULL) == 1);
	wire_put_bytes(out, digest, sizeof(digest));
	wire_put_u8(out, flags);
	wire_put_u32(out, counter);
	MUST(EVP_Digest(data.p, data.len, digest, NULL, EVP_sha256(), NULL) ==
	    1);
	wire_put_bytes(out, digest, sizeof(digest));
}

/* DER to r and s. */
static void
put_ecdsa(struct wire *out, const unsigned char *der, size_t len)
{
	const unsigned char *p = der;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);
	struct wire value = WIRE_INIT;

	MUST(sig != NULL);
	put_number(&value, ECDSA_SIG_get0_r(sig));
	put_number(&value, ECDSA_SIG_get0_s(sig));
	wire_put_string(out, wire_span(&value));
	wire_free(&value);
	ECDSA_SIG_free(sig);
}

void
signer_sign(const struct signer *s, const char *algorithm, struct span data,
    uint8_t flags, uint32_t counter, struct wire *out)
{
	bool is_sk = cert_key_type_is_sk(s->type);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct wire message = WIRE_INIT;
	unsigned char value[1024];
	size_t len = sizeof(value);

	if (algorithm == NULL)
		algorithm = s->type == CERT_KEY_RSA ?
		    "rsa-sha2-512" :
		    cert_key_type_name(s->type);
	if (is_sk)
		put_sk_message(&message, data, flags, counter);
	else
		wire_put_bytes(&message, data.p, data.len);
	MUST(ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, choose_digest(s, algorithm), NULL,
		s->pkey) == 1 &&
	    EVP_DigestSign(ctx, value, &len, message.p, message.len) == 1);
	wire_put_text(out, algorithm);
	if (cert_key_type_curve(s->type) != NULL)
		put_ecdsa(out, value, len);
	else
		wire_put_string(out, (struct span) { value, len });
	if (is_sk) {
		wire_put_u8(out, flags);
		wire_put_u32(out, counter);
	}
	EVP_MD_CTX_free(ctx);
	wire_free(&message);
}
