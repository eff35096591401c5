#include "config.h"

#include "pam/challenge.h"

#include "lib/certsig.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define NONCE_LEN 32
#define SHA512_LEN 64

static int
fill_random(unsigned char nonce[NONCE_LEN], struct err *err)
{
	ssize_t n;

	/* So few bytes come at once or, interrupted while booting, not. */
	do
		n = getrandom(nonce, NONCE_LEN, 0);
	while (n < 0 && errno == EINTR);
	return n == NONCE_LEN ? 0 : err_system(err, "getrandom");
}

/* The text whose digest is signed. */
static int
put_text(struct wire *out, const struct challenge *c,
    const struct cert *cert, struct err *err)
{
	unsigned char nonce[NONCE_LEN];
	char host[256] = "";

	if (fill_random(nonce, err) < 0)
		return -1;
	(void)gethostname(host, sizeof(host) - 1);
	wire_put_text(out, "pam_certgate challenge 1");
	wire_put_string(out, (struct span) { nonce, sizeof(nonce) });
	wire_put_text(out, host);
	wire_put_text(out, c->service);
	wire_put_text(out, c->user);
	wire_put_text(out, c->caller);
	wire_put_string(out, cert->blob);
	return out->has_failed ? err_setf(err, ERR_MEMORY, "out of memory")
			       : 0;
}

int
challenge_make(struct wire *out, const struct challenge *c,
    const struct cert *cert, struct err *err)
{
	unsigned char digest[SHA512_LEN];
	struct wire text = WIRE_INIT;
	int ret = -1;

	if (put_text(&text, c, cert, err) < 0)
		goto out;
	if (EVP_Digest(text.p, text.len, digest, NULL, EVP_sha512(), NULL) !=
	    1) {
		(void)err_setf(err, ERR_MEMORY, "libcrypto failed");
		goto out;
	}
	wire_put_bytes(out, "SSHSIG", 6);
	wire_put_text(out, CHALLENGE_NAMESPACE);
	wire_put_text(out, ""); /* reserved */
	wire_put_text(out, "sha512");
	wire_put_string(out, (struct span) { digest, sizeof(digest) });
	if (out->has_failed)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else
		ret = 0;
out:
	wire_free(&text);
	return ret;
}

int
challenge_verify(const struct cert *cert, struct span signature,
    struct span data, bool needs_verification, struct err *err)
{
	struct wire key = WIRE_INIT;
	struct sk_details sk = { .is_sk = false };
	int ret = -1;

	if (certsig_plain_key(cert, &key, err) < 0 ||
	    certsig_verify_data(wire_span(&key), signature, data, &sk, err) <
		0)
		goto out;
	if (sk.is_sk && (sk.flags & SK_USER_PRESENT) == 0) {
		(void)err_setf(err, ERR_REFUSED,
		    "the security key signed without having been touched");
		goto out;
	}
	if (needs_verification && (sk.flags & SK_USER_VERIFIED) == 0) {
		(void)err_setf(err, ERR_REFUSED,
		    "verify-required: the key did not verify who touched it");
		goto out;
	}
	ret = 0;
out:
	wire_free(&key);
	return ret;
}
