#include "config.h"

#include "lib/cert.h"

#include "tests/unit/harness.h"
#include "tests/unit/sample.h"

/* A length as the wire has it, for lists written out by hand. */
#define N(len) "\0\0\0" len

static struct cert c;

/* What each sample holds beside its type. */
static const struct {
	uint64_t serial;
	enum cert_type type;
	const char *key_id;
	size_t n_principals;
	const char *principals[2];
	uint64_t valid_after, valid_before;
	const char *force_command, *source_address; /* NULL: absent */
	bool has_verify_required;
	const char *extensions[5];
} contents[SAMPLE_COUNT] = {
	[SAMPLE_ED25519] = { 42, CERT_USER, "jdoe@example.com", 2,
	    { "jdoe", "deploy" }, SAMPLE_VALID_AFTER, SAMPLE_VALID_BEFORE,
	    NULL, NULL, false,
	    { "permit-X11-forwarding", "permit-agent-forwarding",
		"permit-port-forwarding", "permit-pty", "permit-user-rc" } },
	[SAMPLE_RSA_SHA512] = { UINT64_MAX, CERT_USER, "key \"id\"", 1,
	    { "alice" }, SAMPLE_VALID_AFTER, SAMPLE_VALID_BEFORE, "/bin/ls -l",
	    "192.0.2.0/24,2001:db8::/32", true,
	    { "permit-X11-forwarding", "permit-agent-forwarding",
		"permit-port-forwarding", "permit-pty", "permit-user-rc" } },
	[SAMPLE_RSA_SHA256] = { 0, CERT_USER, "", 0, { NULL }, 0, UINT64_MAX,
	    NULL, NULL, false, { NULL } },
	[SAMPLE_P256] = { 1, CERT_USER, "p256", 1, { "bob" },
	    SAMPLE_VALID_AFTER, SAMPLE_VALID_BEFORE, NULL, NULL, false,
	    { "permit-X11-forwarding", "permit-agent-forwarding",
		"permit-port-forwarding", "permit-pty", "permit-user-rc" } },
	[SAMPLE_P384] = { 1, CERT_USER, "p384", 1, { "bob" },
	    SAMPLE_VALID_AFTER, SAMPLE_VALID_BEFORE, NULL, NULL, false,
	    { "no-touch-required", "permit-X11-forwarding",
		"permit-agent-forwarding", "permit-port-forwarding",
		"permit-pty" } },
	[SAMPLE_P521] = { 1, CERT_USER, "p521", 1, { "bob" },
	    SAMPLE_VALID_AFTER, SAMPLE_VALID_BEFORE, NULL, NULL, false,
	    { "login@example.com", "permit-X11-forwarding",
		"permit-agent-forwarding", "permit-port-forwarding",
		"permit-pty" } },
	[SAMPLE_HOST] = { 0, CERT_HOST, "host.example.com", 1,
	    { "host.example.com" }, SAMPLE_VALID_AFTER, SAMPLE_VALID_BEFORE,
	    NULL, NULL, false, { NULL } },
	[SAMPLE_SHA1] = { 0, CERT_USER, "sha1", 1, { "bob" },
	    SAMPLE_VALID_AFTER, SAMPLE_VALID_BEFORE, NULL, NULL, false,
	    { "permit-X11-forwarding", "permit-agent-forwarding",
		"permit-port-forwarding", "permit-pty", "permit-user-rc" } },
};

static void
assert_span(struct span got, const char *want)
{
	if (want == NULL) {
		ck_assert_ptr_null(got.p);
		return;
	}
	ck_assert_ptr_nonnull(got.p);
	if (!span_is(got, want))
		ck_abort_msg("\"%.*s\" instead of \"%s\"", (int)got.len,
		    (const char *)got.p, want);
}

START_TEST(test_sample)
{
	struct span packed, name, data;
	unsigned char *blob;
	size_t len, i;
	struct err e = ERR_INIT;

	blob = sample_blob(&samples[_i], &len);
	(void)cert_parse(&c, blob, len, &e);
	assert_err(&e, ERR_NONE, "");
	assert_span(c.type_name, samples[_i].type_name);
	ck_assert_int_eq((int)c.key_type, (int)samples[_i].key_type);
	ck_assert_uint_eq(c.serial, contents[_i].serial);
	ck_assert_int_eq((int)c.type, (int)contents[_i].type);
	assert_span(c.key_id, contents[_i].key_id);
	ck_assert_uint_eq(c.n_principals, contents[_i].n_principals);
	for (i = 0; i < c.n_principals; i++)
		assert_span(c.principals[i], contents[_i].principals[i]);
	ck_assert_uint_eq(c.valid_after, contents[_i].valid_after);
	ck_assert_uint_eq(c.valid_before, contents[_i].valid_before);
	assert_span(c.force_command, contents[_i].force_command);
	assert_span(c.source_address, contents[_i].source_address);
	ck_assert_int_eq(
	    c.has_verify_required, contents[_i].has_verify_required);
	packed = c.extensions;
	for (i = 0; i < 5 && contents[_i].extensions[i] != NULL; i++) {
		ck_assert_int_eq(cert_option_next(&packed, &name, &data), 1);
		assert_span(name, contents[_i].extensions[i]);
	}
	/* Serial, type and a length stand between the key and its ID. */
	ck_assert_ptr_eq(c.key_parts.p + c.key_parts.len + 16, c.key_id.p);
	ck_assert_ptr_eq(
	    c.key_parts.p, blob + 4 + c.type_name.len + 4 + 32);
	/* The blob is the signed bytes, a length, and the signature. */
	ck_assert_ptr_eq(c.blob.p, blob);
	ck_assert_uint_eq(c.blob.len, len);
	ck_assert_ptr_eq(c.signed_bytes.p, blob);
	ck_assert_uint_eq(c.signed_bytes.len + 4 + c.signature.len, len);
	ck_assert_ptr_eq(c.signature.p, blob + len - c.signature.len);
	free(blob);
}
END_TEST

/* No prefix of a certificate is one. */
START_TEST(test_truncated)
{
	unsigned char *blob, *cut;
	size_t len, n;

	blob = sample_blob(&samples[_i], &len);
	for (n = 0; n < len; n++) {
		struct err e = ERR_INIT;

		cut = exact_copy(blob, n);
		if (cert_parse(&c, cut, n, &e) != -1)
			ck_abort_msg("accepted: the first %zu bytes", n);
		ck_assert_int_eq((int)e.code, (int)ERR_MALFORMED);
		ck_assert_int_eq(strncmp(e.text, "certificate: ", 13), 0);
		free(cut);
	}
	free(blob);
}
END_TEST

static void
assert_inside(struct span s, const unsigned char *blob, size_t len)
{
	ck_assert(s.p == NULL ||
	    (s.p >= blob && s.len <= len &&
		(size_t)(s.p - blob) <= len - s.len));
}

/* Whatever one wrong bit makes of it, nothing points out of the blob. */
START_TEST(test_flipped)
{
	unsigned char *blob;
	size_t len, i, k;
	int bit;

	blob = sample_blob(&samples[_i], &len);
	for (i = 0; i < len; i++)
		for (bit = 0; bit < 8; bit++) {
			struct err e = ERR_INIT;

			blob[i] = (unsigned char)(blob[i] ^ (1 << bit));
			if (cert_parse(&c, blob, len, &e) == 0) {
				assert_inside(c.key_id, blob, len);
				assert_inside(c.force_command, blob, len);
				assert_inside(c.source_address, blob, len);
				assert_inside(c.ca_key, blob, len);
				assert_inside(c.signature, blob, len);
				for (k = 0; k < c.n_principals; k++)
					assert_inside(
					    c.principals[k], blob, len);
			} else {
				ck_assert_int_ne(e.text[0], '\0');
			}
			blob[i] = (unsigned char)(blob[i] ^ (1 << bit));
		}
	free(blob);
}
END_TEST

#define ZERO8 "\0\0\0\0\0\0\0\0"
#define ZERO32 ZERO8 ZERO8 ZERO8 ZERO8
#define ZERO64 ZERO32 ZERO32
#define ONES8 "\x11\x11\x11\x11\x11\x11\x11\x11"
#define ONES64 ONES8 ONES8 ONES8 ONES8 ONES8 ONES8 ONES8 ONES8
#define RSA_TYPE "ssh-rsa-cert-v01@openssh.com"
#define P256_TYPE "ecdsa-sha2-nistp256-cert-v01@openssh.com"
#define SK_TYPE "sk-ssh-ed25519-cert-v01@openssh.com"
#define ED25519_CA N("\x0b") "ssh-ed25519" N("\x20") ZERO32
#define E65537 N("\x03") "\x01\0\x01"
#define VALID_1024 N("\x80") "\x7f" "1234567" ONES64 ONES64

/* Accepted, though odd: sshd accepts it as well. */
static const struct {
	const char *name;
	enum sample_field field;
	struct span bytes;
	enum sample_field field2;
	struct span bytes2;
} accepted[] = {
	{ "as built", FIELD_NONE, RAW(""), FIELD_NONE, RAW("") },
	{ "empty nonce", FIELD_NONCE, RAW(""), FIELD_NONE, RAW("") },
	{ "reserved bytes", FIELD_RESERVED, RAW("\0x"), FIELD_NONE, RAW("") },
	{ "empty key ID", FIELD_KEY_ID, RAW(""), FIELD_NONE, RAW("") },
	{ "key ID of control characters", FIELD_KEY_ID, RAW("\n\x1b\xff"),
	    FIELD_NONE, RAW("") },
	{ "no principals", FIELD_PRINCIPALS, RAW(""), FIELD_NONE, RAW("") },
	{ "empty principal", FIELD_PRINCIPALS, RAW(N("\0")), FIELD_NONE,
	    RAW("") },
	{ "principal twice", FIELD_PRINCIPALS, RAW(N("\x01") "a" N("\x01") "a"),
	    FIELD_NONE, RAW("") },
	{ "ends before it begins", FIELD_VALIDITY,
	    RAW("\xff\xff\xff\xff\xff\xff\xff\xff" ZERO8), FIELD_NONE,
	    RAW("") },
	{ "unknown extension with binary data", FIELD_EXTENSIONS,
	    RAW(N("\x01") "x" N("\x03") "\0\xff\0"), FIELD_NONE, RAW("") },
	{ "extension twice", FIELD_EXTENSIONS,
	    RAW(N("\x0a") "permit-pty" N("\0") N("\x0a") "permit-pty" N("\0")),
	    FIELD_NONE, RAW("") },
	{ "unsorted extensions", FIELD_EXTENSIONS,
	    RAW(N("\x0e") "permit-user-rc" N("\0") N("\x0a") "permit-pty"
							       N("\0")),
	    FIELD_NONE, RAW("") },
	{ "force-command as an extension", FIELD_EXTENSIONS,
	    RAW(N("\x0d") "force-command" N("\0")), FIELD_NONE, RAW("") },
	{ "verify-required twice", FIELD_CRITICAL,
	    RAW(N("\x0f") "verify-required" N("\0") N(
		"\x0f") "verify-required" N("\0")),
	    FIELD_NONE, RAW("") },
	{ "empty force-command", FIELD_CRITICAL,
	    RAW(N("\x0d") "force-command" N("\x04") N("\0")), FIELD_NONE,
	    RAW("") },
	{ "unknown critical option of a host", FIELD_CRITICAL,
	    RAW(N("\x01") "x" N("\0")), FIELD_TYPE, RAW(N("\x02")) },
	{ "RSA of 1,024 bits", FIELD_TYPE_NAME, RAW(RSA_TYPE), FIELD_KEY,
	    RAW(E65537 N("\x81") "\0" "\x80" "1234567" ONES64
		    "12345678" "12345678" "12345678" "12345678" "12345678"
		    "12345678" "1234567" "8") },
	{ "security key without an application", FIELD_TYPE_NAME,
	    RAW(SK_TYPE), FIELD_KEY, RAW(N("\x20") ZERO32 N("\0")) },
	{ "security key as CA", FIELD_CA_KEY,
	    RAW(N("\x1a") "sk-ssh-ed25519@openssh.com" N("\x20") ZERO32 N(
		"\x04") "ssh:"),
	    FIELD_NONE, RAW("") },
	{ "signature of any form", FIELD_SIGNATURE, RAW(""), FIELD_NONE,
	    RAW("") },
};

static int
parse_built(struct wire *w, enum sample_field field, struct span bytes,
    enum sample_field field2, struct span bytes2, struct err *e)
{
	unsigned char *blob;
	int r;

	sample_build(w, field, bytes, field2, bytes2);
	blob = exact_copy(w->p, w->len);
	r = cert_parse(&c, blob, w->len, e);
	free(blob);
	return r;
}

START_TEST(test_accepted)
{
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;

	if (parse_built(&w, accepted[_i].field, accepted[_i].bytes,
		accepted[_i].field2, accepted[_i].bytes2, &e) < 0)
		ck_abort_msg("refused: %s: %s", accepted[_i].name, e.text);
	wire_free(&w);
}
END_TEST

#define UNKNOWN "is not known, so sshd refuses the certificate"
#define NETWORKS \
	"certificate: critical option \"source-address\" is not a list of " \
	"networks"
#define SOURCE(outer, inner, text) \
	RAW(N("\x0e") "source-address" N(outer) N(inner) text)

static const struct {
	const char *name;
	enum sample_field field;
	struct span bytes;
	enum sample_field field2;
	struct span bytes2;
	enum err_code code;
	const char *text;
} refused[] = {
	/* the type and the key */
	{ "unknown type", FIELD_TYPE_NAME, RAW("ssh-dss-cert-v01@openssh.com"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the type \"ssh-dss-cert-v01@openssh.com\" is not "
	    "known" },
	{ "plain type", FIELD_TYPE_NAME, RAW("ssh-ed25519"), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: the type \"ssh-ed25519\" is not known" },
	{ "type of a signature", FIELD_TYPE_NAME,
	    RAW("rsa-sha2-512-cert-v01@openssh.com"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the type \"rsa-sha2-512-cert-v01@openssh.com\" is "
	    "not known" },
	{ "type with a NUL", FIELD_TYPE_NAME,
	    RAW("ssh-ed25519-cert-v01@openssh.com\0"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the type \"ssh-ed25519-cert-v01@openssh.com\\x00\" "
	    "is not known" },
	{ "hostile type", FIELD_TYPE_NAME, RAW("\x1b]0;x\x07\n"), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: the type \"\\x1b]0;x\\x07\\n\" is not known" },
	{ "key of 31 bytes", FIELD_KEY,
	    RAW(N("\x1f") ZERO8 ZERO8 ZERO8 "1234567"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the key's point has 31 bytes instead of 32" },
	{ "RSA exponent negative", FIELD_TYPE_NAME, RAW(RSA_TYPE), FIELD_KEY,
	    RAW(N("\x01") "\x81" N("\0")), ERR_MALFORMED,
	    "certificate: the key's RSA exponent is negative" },
	{ "RSA modulus negative", FIELD_TYPE_NAME, RAW(RSA_TYPE), FIELD_KEY,
	    RAW(E65537 N("\x01") "\x81"), ERR_MALFORMED,
	    "certificate: the key's RSA modulus is negative" },
	{ "RSA modulus of 1,023 bits", FIELD_TYPE_NAME, RAW(RSA_TYPE),
	    FIELD_KEY, RAW(E65537 VALID_1024), ERR_MALFORMED,
	    "certificate: the key's RSA modulus has only 1023 bits, 1,024 "
	    "are the least" },
	{ "RSA modulus of nothing", FIELD_TYPE_NAME, RAW(RSA_TYPE), FIELD_KEY,
	    RAW(E65537 N("\x02") "\0\0"), ERR_MALFORMED,
	    "certificate: the key's RSA modulus has only 0 bits, 1,024 are "
	    "the least" },
	{ "foreign curve", FIELD_TYPE_NAME, RAW(P256_TYPE), FIELD_KEY,
	    RAW(N("\x08") "nistp384" N("\x41") "\x04" ZERO64), ERR_MALFORMED,
	    "certificate: the key's curve is not nistp256" },
	{ "curve with a NUL", FIELD_TYPE_NAME, RAW(P256_TYPE), FIELD_KEY,
	    RAW(N("\x09") "nistp256\0" N("\x41") "\x04" ZERO64),
	    ERR_MALFORMED, "certificate: the key's curve is not nistp256" },
	{ "long point", FIELD_TYPE_NAME, RAW(P256_TYPE), FIELD_KEY,
	    RAW(N("\x08") "nistp256" N("\x42") "\x04" ZERO64 "x"),
	    ERR_MALFORMED,
	    "certificate: the key's point has 66 bytes instead of 65" },
	{ "compressed point", FIELD_TYPE_NAME, RAW(P256_TYPE), FIELD_KEY,
	    RAW(N("\x08") "nistp256" N("\x41") "\x02" ZERO64), ERR_MALFORMED,
	    "certificate: the key's point is not uncompressed" },
	{ "application with a NUL", FIELD_TYPE_NAME, RAW(SK_TYPE), FIELD_KEY,
	    RAW(N("\x20") ZERO32 N("\x05") "ssh:\0"), ERR_MALFORMED,
	    "certificate: the key's application holds a NUL byte" },
	/* type of certificate, key ID, principals */
	{ "type 0", FIELD_TYPE, RAW(N("\0")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the type is 0, neither user (1) nor host (2)" },
	{ "type 3", FIELD_TYPE, RAW(N("\x03")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the type is 3, neither user (1) nor host (2)" },
	{ "type of 32 bits", FIELD_TYPE, RAW("\xff\xff\xff\xff"), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: the type is 4294967295, neither user (1) nor host "
	    "(2)" },
	{ "key ID with a NUL", FIELD_KEY_ID, RAW("a\0b"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED, "certificate: the key ID holds a NUL byte" },
	{ "key ID with a NUL at the end", FIELD_KEY_ID, RAW("a\0"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the key ID holds a NUL byte" },
	{ "principal with a NUL", FIELD_PRINCIPALS, RAW(N("\x03") "a\0b"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the list of principals holds a NUL byte" },
	{ "principal with a NUL at the end", FIELD_PRINCIPALS,
	    RAW(N("\x01") "b" N("\x02") "a\0"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the list of principals holds a NUL byte" },
	{ "principals cut", FIELD_PRINCIPALS, RAW(N("\x02") "a"), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: the list of principals is cut short" },
	/* options */
	{ "critical options cut in a name", FIELD_CRITICAL, RAW("\0"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the list of critical options is cut short" },
	{ "critical options without data", FIELD_CRITICAL,
	    RAW(N("\x0f") "verify-required"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the list of critical options is cut short" },
	{ "critical options of a host cut", FIELD_CRITICAL, RAW(N("\x01") "x"),
	    FIELD_TYPE, RAW(N("\x02")), ERR_MALFORMED,
	    "certificate: the list of critical options is cut short" },
	{ "extensions cut", FIELD_EXTENSIONS, RAW(N("\x01") "x" N("\x02") "y"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the list of extensions is cut short" },
	{ "unknown critical option", FIELD_CRITICAL,
	    RAW(N("\x0d") "x@example.com" N("\0")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: critical option \"x@example.com\" " UNKNOWN },
	{ "hostile critical option", FIELD_CRITICAL,
	    RAW(N("\x02") "\n\x1b" N("\0")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED, "certificate: critical option \"\\n\\x1b\" "
	    UNKNOWN },
	{ "extension among the critical options", FIELD_CRITICAL,
	    RAW(N("\x0a") "permit-pty" N("\0")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: critical option \"permit-pty\" " UNKNOWN },
	{ "critical option in capitals", FIELD_CRITICAL,
	    RAW(N("\x0f") "Verify-Required" N("\0")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: critical option \"Verify-Required\" " UNKNOWN },
	{ "critical option's name with a NUL", FIELD_CRITICAL,
	    RAW(N("\x10") "verify-required\0" N("\0")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: critical option \"verify-required\\x00\" holds a "
	    "NUL byte in its name" },
	{ "verify-required with a value", FIELD_CRITICAL,
	    RAW(N("\x0f") "verify-required" N("\x04") N("\0")), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: critical option \"verify-required\" has a value, "
	    "which it must not have" },
	{ "force-command twice", FIELD_CRITICAL,
	    RAW(N("\x0d") "force-command" N("\x05") N("\x01") "x"
		N("\x0d") "force-command" N("\x05") N("\x01") "x"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: critical option \"force-command\" stands there "
	    "twice" },
	{ "force-command not nested", FIELD_CRITICAL,
	    RAW(N("\x0d") "force-command" N("\x05") "ls -l"), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: critical option \"force-command\" is not one "
	    "string" },
	{ "force-command without a value", FIELD_CRITICAL,
	    RAW(N("\x0d") "force-command" N("\0")), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: critical option \"force-command\" is not one "
	    "string" },
	{ "force-command and more", FIELD_CRITICAL,
	    RAW(N("\x0d") "force-command" N("\x06") N("\x01") "xy"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: critical option \"force-command\" is not one "
	    "string" },
	{ "force-command with a NUL", FIELD_CRITICAL,
	    RAW(N("\x0d") "force-command" N("\x06") N("\x02") "x\0"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: critical option \"force-command\" holds a NUL "
	    "byte" },
	{ "source-address twice", FIELD_CRITICAL,
	    RAW(N("\x0e") "source-address" N("\x06") N("\x02") "::"
		N("\x0e") "source-address" N("\x06") N("\x02") "::"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: critical option \"source-address\" stands there "
	    "twice" },
	{ "source-address empty", FIELD_CRITICAL, SOURCE("\x04", "\0", ""),
	    FIELD_NONE, RAW(""), ERR_MALFORMED, NETWORKS },
	{ "source-address with host bits", FIELD_CRITICAL,
	    SOURCE("\x10", "\x0c", "192.0.2.7/24"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED, NETWORKS },
	{ "source-address negated", FIELD_CRITICAL,
	    SOURCE("\x0e", "\x0a", "!192.0.2.7"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED, NETWORKS },
	{ "source-address by name", FIELD_CRITICAL,
	    SOURCE("\x0d", "\x09", "localhost"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED, NETWORKS },
	{ "source-address with a gap", FIELD_CRITICAL,
	    SOURCE("\x0d", "\x09", "::1,,::2 "), FIELD_NONE, RAW(""),
	    ERR_MALFORMED, NETWORKS },
	{ "extension's name with a NUL", FIELD_EXTENSIONS,
	    RAW(N("\x02") "x\0" N("\0")), FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: extension \"x\\x00\" holds a NUL byte in its "
	    "name" },
	{ "extension with a value", FIELD_EXTENSIONS,
	    RAW(N("\x0a") "permit-pty" N("\x01") "x"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: extension \"permit-pty\" has a value, which it must "
	    "not have" },
	{ "no-touch-required with a value", FIELD_EXTENSIONS,
	    RAW(N("\x11") "no-touch-required" N("\x01") "x"), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: extension \"no-touch-required\" has a value, which "
	    "it must not have" },
	/* the CA and the end */
	{ "CA without a type", FIELD_CA_KEY, RAW(""), FIELD_NONE, RAW(""),
	    ERR_MALFORMED,
	    "certificate: the CA key's type name is cut short" },
	{ "CA of an unknown type", FIELD_CA_KEY, RAW(N("\x07") "ssh-dss"),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the CA key's type \"ssh-dss\" is not known" },
	{ "CA that is a certificate", FIELD_CA_KEY,
	    RAW(N("\x20") "ssh-ed25519-cert-v01@openssh.com" N(
		"\x20") ZERO32),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the CA key is a certificate" },
	{ "CA cut", FIELD_CA_KEY, RAW(N("\x0b") "ssh-ed25519" N("\x20")),
	    FIELD_NONE, RAW(""), ERR_MALFORMED,
	    "certificate: the CA key's point is cut short" },
	{ "CA and more", FIELD_CA_KEY, RAW(ED25519_CA "x"), FIELD_NONE,
	    RAW(""), ERR_MALFORMED,
	    "certificate: the CA key has bytes after its last field" },
	{ "certificate and more", FIELD_TAIL, RAW("\0"), FIELD_NONE, RAW(""),
	    ERR_MALFORMED, "certificate: bytes follow the signature" },
};

START_TEST(test_refused)
{
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;

	if (parse_built(&w, refused[_i].field, refused[_i].bytes,
		refused[_i].field2, refused[_i].bytes2, &e) != -1)
		ck_abort_msg("accepted: %s", refused[_i].name);
	assert_err(&e, refused[_i].code, refused[_i].text);
	wire_free(&w);
}
END_TEST

/* Where the blob ends inside a field, the message names that field. */
static const struct {
	enum sample_field field; /* cut one byte into it (or its length) */
	const char *text;
} cuts[] = {
	{ FIELD_TYPE_NAME, "certificate: the type name is cut short" },
	{ FIELD_NONCE, "certificate: the nonce is cut short" },
	{ FIELD_KEY, "certificate: the key's point is cut short" },
	{ FIELD_SERIAL, "certificate: the serial number is cut short" },
	{ FIELD_TYPE, "certificate: the type (user or host) is cut short" },
	{ FIELD_KEY_ID, "certificate: the key ID is cut short" },
	{ FIELD_PRINCIPALS,
	    "certificate: the list of principals is cut short" },
	{ FIELD_VALIDITY, "certificate: the start of validity is cut short" },
	{ FIELD_CRITICAL,
	    "certificate: the list of critical options is cut short" },
	{ FIELD_EXTENSIONS,
	    "certificate: the list of extensions is cut short" },
	{ FIELD_RESERVED, "certificate: the reserved field is cut short" },
	{ FIELD_CA_KEY, "certificate: the CA key is cut short" },
	{ FIELD_SIGNATURE, "certificate: the signature is cut short" },
};

START_TEST(test_cut_in_field)
{
	/* Lengths of the fields as sample_build writes them by default. */
	static const size_t lens[] = { 36, 36, 36, 8, 4, 20, 12, 16, 4, 4, 4,
		55, 87 };
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;
	unsigned char *cut;
	size_t at = 1;
	int i;

	for (i = 0; i < _i; i++)
		at += lens[i];
	sample_build(&w, FIELD_NONE, BYTES(""), FIELD_NONE, BYTES(""));
	cut = exact_copy(w.p, at);
	ck_assert_int_eq(cert_parse(&c, cut, at, &e), -1);
	assert_err(&e, ERR_MALFORMED, cuts[_i].text);
	free(cut);
	wire_free(&w);
}
END_TEST

START_TEST(test_end_of_validity_cut)
{
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;

	sample_build(&w, FIELD_NONE, BYTES(""), FIELD_NONE, BYTES(""));
	ck_assert_int_eq(
	    cert_parse(&c, w.p, 36 * 3 + 8 + 4 + 20 + 12 + 15, &e), -1);
	assert_err(&e, ERR_MALFORMED,
	    "certificate: the end of validity is cut short");
	wire_free(&w);
}
END_TEST

START_TEST(test_many_principals)
{
	struct wire list = WIRE_INIT, w = WIRE_INIT;
	struct err e = ERR_INIT;
	int i;

	for (i = 0; i < CERT_MAX_PRINCIPALS; i++)
		wire_put_text(&list, i % 2 == 0 ? "even" : "odd");
	ck_assert_int_eq(parse_built(&w, FIELD_PRINCIPALS, wire_span(&list),
			     FIELD_NONE, BYTES(""), &e),
	    0);
	ck_assert_uint_eq(c.n_principals, CERT_MAX_PRINCIPALS);
	wire_put_text(&list, "one more");
	wire_reset(&w);
	ck_assert_int_eq(parse_built(&w, FIELD_PRINCIPALS, wire_span(&list),
			     FIELD_NONE, BYTES(""), &e),
	    -1);
	assert_err(&e, ERR_LIMIT, "certificate: more than 256 principals");
	wire_free(&list);
	wire_free(&w);
}
END_TEST

START_TEST(test_long)
{
	unsigned char *zeros = calloc(1, CERT_MAX_BLOB);
	struct wire w = WIRE_INIT;
	struct err e = ERR_INIT;
	size_t rest;

	ck_assert_ptr_nonnull(zeros);
	sample_build(&w, FIELD_NONE, BYTES(""), FIELD_NONE, BYTES(""));
	rest = CERT_MAX_BLOB - w.len;
	wire_reset(&w);
	ck_assert_int_eq(
	    parse_built(&w, FIELD_RESERVED, (struct span) { zeros, rest },
		FIELD_NONE, BYTES(""), &e),
	    0);
	wire_reset(&w);
	ck_assert_int_eq(parse_built(&w, FIELD_RESERVED,
			     (struct span) { zeros, rest + 1 }, FIELD_NONE,
			     BYTES(""), &e),
	    -1);
	assert_err(
	    &e, ERR_LIMIT, "certificate: longer than 262,144 bytes");
	wire_free(&w);
	free(zeros);
}
END_TEST

START_TEST(test_option_next)
{
	struct span packed = BYTES(N("\x01") "a" N("\0") N("\0") N("\x01") "x");
	struct span name, data;

	ck_assert_int_eq(cert_option_next(&packed, &name, &data), 1);
	ck_assert(span_is(name, "a") && span_is(data, ""));
	ck_assert_int_eq(cert_option_next(&packed, &name, &data), 1);
	ck_assert(span_is(name, "") && span_is(data, "x"));
	ck_assert_int_eq(cert_option_next(&packed, &name, &data), 0);
	packed = BYTES(N("\x01") "a" N("\x02") "x");
	ck_assert_int_eq(cert_option_next(&packed, &name, &data), -1);
	ck_assert_uint_eq(packed.len, 10);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("cert");

	tcase_add_loop_test(tc, test_sample, 0, SAMPLE_COUNT);
	tcase_add_loop_test(tc, test_truncated, 0, SAMPLE_COUNT);
	tcase_add_loop_test(tc, test_flipped, 0, SAMPLE_COUNT);
	tcase_add_loop_test(tc, test_accepted, 0, N_ROWS(accepted));
	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(refused));
	tcase_add_loop_test(tc, test_cut_in_field, 0, N_ROWS(cuts));
	tcase_add_test(tc, test_end_of_validity_cut);
	tcase_add_test(tc, test_many_principals);
	tcase_add_test(tc, test_long);
	tcase_add_test(tc, test_option_next);
	return run_case("cert", tc);
}
