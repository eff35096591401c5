#include "config.h"

#include "lib/certsig.h"

#include "lib/base64.h"
#include "lib/escape.h"
#include "lib/pkey.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <string.h>

#define SHA256_LEN 32
#define ED25519_SIGNATURE_LEN 64

/* A signature blob, taken apart. */
struct parts {
	const EVP_MD *md; /* NULL: the algorithm hashes by itself */
	struct span value;
	struct sk_details details;
};

/* What messages call the two. */
struct words {
	const char *key;
	const char *signature;
};

static int
crypto_failed(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "libcrypto failed");
}

static int
sha256(unsigned char out[SHA256_LEN], struct span s, struct err *err)
{
	if (EVP_Digest(s.p, s.len, out, NULL, EVP_sha256(), NULL) != 1)
		return crypto_failed(err);
	return 0;
}

static int
fingerprint(
    char out[FINGERPRINT_SIZE], const struct keyblob *k, struct err *err)
{
	char text[BASE64_ENCODED_SIZE(SHA256_LEN)];
	unsigned char digest[SHA256_LEN];
	struct wire blob = WIRE_INIT;
	int ret = -1;

	keyblob_put(k, &blob);
	if (blob.has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (sha256(digest, wire_span(&blob), err) < 0)
		goto out;
	base64_encode(text, digest, sizeof(digest));
	text[strcspn(text, "=")] = '\0';
	memcpy(out, "SHA256:", 7);
	memcpy(out + 7, text, strlen(text) + 1);
	ret = 0;
out:
	wire_free(&blob);
	return ret;
}

/* The fields of the key inside c. */
static int
get_cert_key(const struct cert *c, struct keyblob *k, struct err *err)
{
	struct span in = c->key_parts;

	return keyblob_get_fields(
	    k, c->key_type, &in, "certificate: the key", err);
}

int
certsig_fingerprint(
    char out[FINGERPRINT_SIZE], struct span key_blob, struct err *err)
{
	struct keyblob k;

	if (keyblob_parse(&k, key_blob, "the key", err) < 0)
		return -1;
	return fingerprint(out, &k, err);
}

bool
certsig_is_fingerprint(const char *text)
{
	unsigned char digest[BASE64_DECODED_MAX(44)];
	char padded[44];

	if (strncmp(text, "SHA256:", 7) != 0 || strlen(text) != 7 + 43)
		return false;
	memcpy(padded, text + 7, 43);
	padded[43] = '=';
	return base64_decode(digest, padded, 44) == 32;
}

int
certsig_cert_fingerprint(
    char out[FINGERPRINT_SIZE], const struct cert *c, struct err *err)
{
	struct keyblob k;

	if (get_cert_key(c, &k, err) < 0)
		return -1;
	return fingerprint(out, &k, err);
}

int
certsig_plain_key(const struct cert *c, struct wire *out, struct err *err)
{
	struct keyblob k;

	if (get_cert_key(c, &k, err) < 0)
		return -1;
	keyblob_put(&k, out);
	if (out->has_failed)
		return err_setf(err, ERR_MEMORY, "out of memory");
	return 0;
}

/* The digest of signatures by k of that algorithm; ED25519 has none. */
static int
choose_digest(const struct keyblob *k, struct span algorithm, const EVP_MD **md,
    const struct words *w, struct err *err)
{
	const char *name = cert_key_type_name(k->type);
	bool is_sha256 = span_is(algorithm, "rsa-sha2-256");
	bool is_sha512 = span_is(algorithm, "rsa-sha2-512");
	char shown[80];

	if (k->type == CERT_KEY_RSA && (is_sha256 || is_sha512)) {
		*md = is_sha256 ? EVP_sha256() : EVP_sha512();
		return 0;
	}
	if (span_is(algorithm, "ssh-rsa"))
		return err_setf(err, ERR_UNSUPPORTED,
		    "%s is by ssh-rsa, which is SHA-1; rsa-sha2-256 and "
		    "rsa-sha2-512 are accepted",
		    w->signature);
	if (span_is(algorithm, name)) {
		*md = EVP_sha256();
		if (k->type == CERT_KEY_ECDSA_P384)
			*md = EVP_sha384();
		if (k->type == CERT_KEY_ECDSA_P521)
			*md = EVP_sha512();
		if (k->type == CERT_KEY_ED25519 ||
		    k->type == CERT_KEY_SK_ED25519)
			*md = NULL;
		return 0;
	}
	(void)escape_bytes(shown, sizeof(shown), algorithm.p, algorithm.len);
	if (is_sha256 || is_sha512 || cert_key_type_by_span(algorithm, NULL))
		return err_setf(err, ERR_MALFORMED,
		    "%s is by %s, but the key is of type %s", w->signature,
		    shown, name);
	return err_setf(err, ERR_UNSUPPORTED,
	    "%s is by \"%s\", which is not accepted", w->signature, shown);
}

static int
take_apart(const struct keyblob *k, struct span signature, struct parts *out,
    const struct words *w, struct err *err)
{
	struct span algorithm;

	if (wire_get_string(&signature, &algorithm) < 0)
		return err_setf(err, ERR_MALFORMED,
		    "%s's algorithm is cut short", w->signature);
	if (choose_digest(k, algorithm, &out->md, w, err) < 0)
		return -1;
	if (wire_get_string(&signature, &out->value) < 0)
		return err_setf(
		    err, ERR_MALFORMED, "%s is cut short", w->signature);
	out->details = (struct sk_details) { .is_sk = false };
	if (cert_key_type_is_sk(k->type)) {
		out->details.is_sk = true;
		if (wire_get_u8(&signature, &out->details.flags) < 0 ||
		    wire_get_u32(&signature, &out->details.counter) < 0)
			return err_setf(err, ERR_MALFORMED,
			    "%s's flags and counter are cut short",
			    w->signature);
	}
	if (signature.len != 0)
		return err_setf(err, ERR_MALFORMED,
		    "%s has bytes after its last field", w->signature);
	return 0;
}

/* r and s as libcrypto wants them, appended to out. */
static int
convert_ecdsa(
    struct span value, struct wire *out, const struct words *w, struct err *err)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = NULL, *s = NULL;
	unsigned char *der = NULL;
	struct span r_bytes, s_bytes;
	int der_len, ret = -1;

	if (keyblob_get_number(&value, &r_bytes, w->signature, "r", err) < 0 ||
	    keyblob_get_number(&value, &s_bytes, w->signature, "s", err) < 0)
		goto out;
	if (value.len != 0) {
		(void)err_setf(err, ERR_MALFORMED, "%s has bytes after r and s",
		    w->signature);
		goto out;
	}
	r = BN_bin2bn(r_bytes.p, (int)r_bytes.len, NULL);
	s = BN_bin2bn(s_bytes.p, (int)s_bytes.len, NULL);
	if (sig == NULL || r == NULL || s == NULL ||
	    ECDSA_SIG_set0(sig, r, s) != 1) {
		(void)crypto_failed(err);
		goto out;
	}
	r = s = NULL;
	if ((der_len = i2d_ECDSA_SIG(sig, &der)) <= 0) {
		(void)crypto_failed(err);
		goto out;
	}
	wire_put_bytes(out, der, (size_t)der_len);
	ret = 0;
out:
	OPENSSL_free(der);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(sig);
	return ret;
}

/* sshd fills a short RSA signature up with zeros, which libcrypto does not. */
static int
convert_rsa(struct span value, size_t modulus_len, struct wire *out,
    const struct words *w, struct err *err)
{
	size_t i;

	if (value.len > modulus_len)
		return err_setf(err, ERR_MALFORMED,
		    "%s has %zu bytes, but the RSA key only %zu", w->signature,
		    value.len, modulus_len);
	for (i = value.len; i < modulus_len; i++)
		wire_put_u8(out, 0);
	wire_put_bytes(out, value.p, value.len);
	return 0;
}

static int
convert_value(const struct keyblob *k, struct span value, struct wire *out,
    const struct words *w, struct err *err)
{
	if (k->type == CERT_KEY_RSA)
		return convert_rsa(
		    value, (keyblob_rsa_bits(k) + 7) / 8, out, w, err);
	if (cert_key_type_curve(k->type) != NULL)
		return convert_ecdsa(value, out, w, err);
	if (value.len != ED25519_SIGNATURE_LEN)
		return err_setf(err, ERR_MALFORMED,
		    "%s has %zu bytes instead of %d", w->signature, value.len,
		    ED25519_SIGNATURE_LEN);
	wire_put_bytes(out, value.p, value.len);
	return 0;
}

/* What a security key signs in data's place. */
static int
put_sk_message(const struct keyblob *k, const struct sk_details *details,
    struct span data, struct wire *out, struct err *err)
{
	unsigned char digest[SHA256_LEN];

	if (sha256(digest, k->application, err) < 0)
		return -1;
	wire_put_bytes(out, digest, sizeof(digest));
	wire_put_u8(out, details->flags);
	wire_put_u32(out, details->counter);
	if (sha256(digest, data, err) < 0)
		return -1;
	wire_put_bytes(out, digest, sizeof(digest));
	return 0;
}

static int
verify_digest(EVP_PKEY *pkey, const EVP_MD *md, struct span value,
    struct span message, const struct words *w, struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ret = -1;

	if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) != 1)
		(void)crypto_failed(err);
	else if (EVP_DigestVerify(
		     ctx, value.p, value.len, message.p, message.len) != 1)
		(void)err_setf(
		    err, ERR_REFUSED, "%s does not hold", w->signature);
	else
		ret = 0;
	EVP_MD_CTX_free(ctx);
	return ret;
}

static int
verify(struct span key_blob, struct span signature, struct span data,
    struct sk_details *details, const struct words *w, struct err *err)
{
	struct wire value = WIRE_INIT, sk_message = WIRE_INIT;
	struct span message = data;
	EVP_PKEY *pkey = NULL;
	struct keyblob k;
	struct parts parts;
	int ret = -1;

	if (keyblob_parse(&k, key_blob, w->key, err) < 0 ||
	    take_apart(&k, signature, &parts, w, err) < 0 ||
	    convert_value(&k, parts.value, &value, w, err) < 0 ||
	    (pkey = pkey_new(&k, w->key, err)) == NULL)
		goto out;
	if (parts.details.is_sk) {
		if (put_sk_message(&k, &parts.details, data, &sk_message, err) <
		    0)
			goto out;
		message = wire_span(&sk_message);
	}
	if (value.has_failed || sk_message.has_failed) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (verify_digest(pkey, parts.md, wire_span(&value), message, w, err) <
	    0)
		goto out;
	if (details != NULL)
		*details = parts.details;
	ret = 0;
out:
	EVP_PKEY_free(pkey);
	wire_free(&sk_message);
	wire_free(&value);
	return ret;
}

int
certsig_verify_data(struct span key_blob, struct span signature,
    struct span data, struct sk_details *details, struct err *err)
{
	const struct words w = { "the key", "the signature" };
	int ret;

	if (data.len > CERTSIG_MAX_DATA)
		return err_setf(
		    err, ERR_LIMIT, "over 1 MiB of data is said to be signed");
	/* The application's own libcrypto errors are none of ours. */
	(void)ERR_set_mark();
	ret = verify(key_blob, signature, data, details, &w, err);
	(void)ERR_pop_to_mark();
	return ret;
}

int
certsig_verify(const struct cert *c, struct err *err)
{
	const struct words w = { "certificate: the CA key",
		"certificate: the CA's signature" };
	EVP_PKEY *pkey = NULL;
	struct keyblob k;
	int ret = -1;

	(void)ERR_set_mark();
	if (get_cert_key(c, &k, err) == 0 &&
	    (pkey = pkey_new(&k, "certificate: the key", err)) != NULL)
		ret = verify(
		    c->ca_key, c->signature, c->signed_bytes, NULL, &w, err);
	EVP_PKEY_free(pkey);
	(void)ERR_pop_to_mark();
	return ret;
}
