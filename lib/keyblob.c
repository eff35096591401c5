#include "config.h"

#include "lib/keyblob.h"

#include "lib/escape.h"

#include <stdint.h>
#include <string.h>

#define BIGNUM_MAX (KEYBLOB_RSA_MAX_BITS / 8)

static const struct key_kind {
	const char *name;
	const char *cert_name;
	const char *short_name;
	const char *short_cert_name;
	const char *curve; /* NULL: not ECDSA */
	size_t point_len;  /* 0: RSA */
	bool is_sk;
} kinds[] = {
	[CERT_KEY_RSA] = { "ssh-rsa", "ssh-rsa-cert-v01@openssh.com", "RSA",
	    "RSA-CERT", NULL, 0, false },
	[CERT_KEY_ECDSA_P256] = { "ecdsa-sha2-nistp256",
	    "ecdsa-sha2-nistp256-cert-v01@openssh.com", "ECDSA", "ECDSA-CERT",
	    "nistp256", 65, false },
	[CERT_KEY_ECDSA_P384] = { "ecdsa-sha2-nistp384",
	    "ecdsa-sha2-nistp384-cert-v01@openssh.com", "ECDSA", "ECDSA-CERT",
	    "nistp384", 97, false },
	[CERT_KEY_ECDSA_P521] = { "ecdsa-sha2-nistp521",
	    "ecdsa-sha2-nistp521-cert-v01@openssh.com", "ECDSA", "ECDSA-CERT",
	    "nistp521", 133, false },
	[CERT_KEY_ED25519] = { "ssh-ed25519",
	    "ssh-ed25519-cert-v01@openssh.com", "ED25519", "ED25519-CERT", NULL,
	    32, false },
	[CERT_KEY_SK_ECDSA_P256] = { "sk-ecdsa-sha2-nistp256@openssh.com",
	    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", "ECDSA-SK",
	    "ECDSA-SK-CERT", "nistp256", 65, true },
	[CERT_KEY_SK_ED25519] = { "sk-ssh-ed25519@openssh.com",
	    "sk-ssh-ed25519-cert-v01@openssh.com", "ED25519-SK",
	    "ED25519-SK-CERT", NULL, 32, true },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *
cert_key_type_name(enum cert_key_type type)
{
	return kinds[type].name;
}

const char *
cert_key_type_short_name(enum cert_key_type type)
{
	return kinds[type].short_name;
}

const char *
cert_key_type_short_cert_name(enum cert_key_type type)
{
	return kinds[type].short_cert_name;
}

const char *
cert_key_type_curve(enum cert_key_type type)
{
	return kinds[type].curve;
}

bool
cert_key_type_is_sk(enum cert_key_type type)
{
	return kinds[type].is_sk;
}

bool
cert_key_type_by_span(struct span name, enum cert_key_type *out)
{
	size_t i;

	for (i = 0; i < N_KINDS; i++) {
		if (!span_is(name, kinds[i].name))
			continue;
		if (out != NULL)
			*out = (enum cert_key_type)i;
		return true;
	}
	return false;
}

bool
cert_key_type_by_name(const char *name, enum cert_key_type *out)
{
	return cert_key_type_by_span(span_of(name), out);
}

bool
cert_key_type_by_cert_name(struct span name, enum cert_key_type *out)
{
	size_t i;

	for (i = 0; i < N_KINDS; i++) {
		if (!span_is(name, kinds[i].cert_name))
			continue;
		if (out != NULL)
			*out = (enum cert_key_type)i;
		return true;
	}
	return false;
}

static int
refuse(
    const char *whose, const char *field, const char *problem, struct err *err)
{
	return err_setf(
	    err, ERR_MALFORMED, "%s's %s %s", whose, field, problem);
}

int
keyblob_get_number(struct span *in, struct span *out, const char *whose,
    const char *field, struct err *err)
{
	struct span s;

	if (wire_get_string(in, &s) < 0)
		return refuse(whose, field, "is cut short", err);
	if (s.len != 0 && (s.p[0] & 0x80) != 0)
		return refuse(whose, field, "is negative", err);
	if (s.len > BIGNUM_MAX + 1 || (s.len == BIGNUM_MAX + 1 && s.p[0] != 0))
		return refuse(whose, field, "has over 16,384 bits", err);
	while (s.len != 0 && s.p[0] == 0) {
		s.p++;
		s.len--;
	}
	*out = s;
	return 0;
}

static int
get_rsa(struct keyblob *k, struct span *in, const char *whose, struct err *err)
{
	size_t n_bits;

	if (keyblob_get_number(in, &k->e, whose, "RSA exponent", err) < 0 ||
	    keyblob_get_number(in, &k->n, whose, "RSA modulus", err) < 0)
		return -1;
	n_bits = keyblob_rsa_bits(k);
	if (n_bits < KEYBLOB_RSA_MIN_BITS)
		return err_setf(err, ERR_MALFORMED,
		    "%s's RSA modulus has only %zu bits, 1,024 are the least",
		    whose, n_bits);
	return 0;
}

static int
get_point(
    struct keyblob *k, struct span *in, const char *whose, struct err *err)
{
	const struct key_kind *kind = &kinds[k->type];
	struct span curve;

	if (kind->curve != NULL) {
		if (wire_get_string(in, &curve) < 0)
			return refuse(whose, "curve name", "is cut short", err);
		if (!span_is(curve, kind->curve))
			return err_setf(err, ERR_MALFORMED,
			    "%s's curve is not %s", whose, kind->curve);
	}
	if (wire_get_string(in, &k->point) < 0)
		return refuse(whose, "point", "is cut short", err);
	if (k->point.len != kind->point_len)
		return err_setf(err, ERR_MALFORMED,
		    "%s's point has %zu bytes instead of %zu", whose,
		    k->point.len, kind->point_len);
	if (kind->curve != NULL && k->point.p[0] != 4)
		return refuse(whose, "point", "is not uncompressed", err);
	return 0;
}

int
keyblob_get_fields(struct keyblob *k, enum cert_key_type type, struct span *in,
    const char *whose, struct err *err)
{
	*k = (struct keyblob) { .type = type };
	if (type == CERT_KEY_RSA)
		return get_rsa(k, in, whose, err);
	if (get_point(k, in, whose, err) < 0)
		return -1;
	if (!kinds[type].is_sk)
		return 0;
	if (wire_get_string(in, &k->application) < 0)
		return refuse(whose, "application", "is cut short", err);
	if (span_has_nul(k->application))
		return refuse(whose, "application", "holds a NUL byte", err);
	return 0;
}

int
keyblob_parse(
    struct keyblob *k, struct span blob, const char *whose, struct err *err)
{
	enum cert_key_type type;
	struct span name;

	if (wire_get_string(&blob, &name) < 0)
		return refuse(whose, "type name", "is cut short", err);
	if (cert_key_type_by_cert_name(name, NULL))
		return err_setf(
		    err, ERR_MALFORMED, "%s is a certificate", whose);
	if (!cert_key_type_by_span(name, &type)) {
		char shown[64];

		return err_setf(err, ERR_MALFORMED,
		    "%s's type \"%s\" is not known", whose,
		    escape_bytes(shown, sizeof(shown), name.p, name.len));
	}
	if (keyblob_get_fields(k, type, &blob, whose, err) < 0)
		return -1;
	if (blob.len != 0)
		return err_setf(err, ERR_MALFORMED,
		    "%s has bytes after its last field", whose);
	return 0;
}

static void
put_number(struct wire *out, struct span number)
{
	bool has_top_bit = number.len != 0 && (number.p[0] & 0x80) != 0;

	wire_put_u32(out, (uint32_t)(number.len + has_top_bit));
	if (has_top_bit)
		wire_put_u8(out, 0);
	wire_put_bytes(out, number.p, number.len);
}

void
keyblob_put(const struct keyblob *k, struct wire *out)
{
	const struct key_kind *kind = &kinds[k->type];

	wire_put_text(out, kind->name);
	if (k->type == CERT_KEY_RSA) {
		put_number(out, k->e);
		put_number(out, k->n);
		return;
	}
	if (kind->curve != NULL)
		wire_put_text(out, kind->curve);
	wire_put_string(out, k->point);
	if (kind->is_sk)
		wire_put_string(out, k->application);
}

size_t
keyblob_rsa_bits(const struct keyblob *k)
{
	size_t n_bits = k->n.len * 8;
	unsigned int top;

	if (k->n.len == 0)
		return 0;
	for (top = k->n.p[0]; (top & 0x80) == 0; top <<= 1)
		n_bits--;
	return n_bits;
}
