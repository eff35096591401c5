#include "config.h"

#include "lib/pubkey.h"

#include "lib/base64.h"
#include "tests/unit/harness.h"
#include "tests/unit/sample.h"

#include <stdio.h>

#define ED25519 \
	"AAAAC3NzaC1lZDI1NTE5AAAAIGeSslSTdP17HUHeNMopNIJCo3Boq0BbMfEy" \
	"U0ybs9GZ"
#define RSA1024 \
	"AAAAB3NzaC1yc2EAAAADAQABAAAAgQDXeVw3Y0ValeZuyc1vdV87Sgu8HKCs" \
	"uOSHcSKimfifqgFQxWYKXLI+uSv9u89Or/Adzqhj5ZJGLsRynn9bcJ2MYRrw" \
	"Zuhdgy0yRRZ2V6qcxv71te9AqUt8A32VStUFt6U4kZ/blhREkharXw1vO5bE" \
	"7nvOz4ZHP/fo+3c/9qDu5Q=="
#define P256 \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMpzfTOx" \
	"/UP/oaTcXcVBquomMXpqpeklj7pJwyKo8vORVM51pmCJU6mN/PSkoA9o1E+g" \
	"ppRH1o/y1mauo7uMytA="

static const struct place at = { "ca.pub", 7, 1 };

static const struct {
	struct span line;
	const char *type;
	const char *comment;
	const char *short_type;
	size_t n_bits;
} keys[] = {
	{ RAW("ssh-ed25519 " ED25519), "ssh-ed25519", "", "ED25519", 0 },
	{ RAW("ssh-ed25519 " ED25519 " jdoe@example.com"), "ssh-ed25519",
	    "jdoe@example.com", "ED25519", 0 },
	{ RAW("\t ssh-ed25519\t\t" ED25519 "  two words \t"), "ssh-ed25519",
	    "two words", "ED25519", 0 },
	{ RAW("ssh-ed25519 " ED25519 "\r"), "ssh-ed25519", "", "ED25519", 0 },
	{ RAW("ssh-ed25519 " ED25519 " x \r"), "ssh-ed25519", "x", "ED25519",
	    0 },
	{ RAW("ssh-ed25519 " ED25519 " # not a comment"), "ssh-ed25519",
	    "# not a comment", "ED25519", 0 },
	{ RAW("ssh-rsa " RSA1024 " ca"), "ssh-rsa", "ca", "RSA", 1024 },
	{ RAW("ecdsa-sha2-nistp256 " P256), "ecdsa-sha2-nistp256", "",
	    "ECDSA", 0 },
};

static int
parse(struct pubkey *k, struct span line, struct place where, struct err *e)
{
	unsigned char *copy = exact_copy(line.p, line.len);
	int r;

	r = pubkey_parse_line(k, (const char *)copy, line.len, where, e);
	free(copy);
	return r;
}

START_TEST(test_key)
{
	struct err e = ERR_INIT;
	struct pubkey k;
	char *text;
	int r = parse(&k, keys[_i].line, at, &e);

	assert_err(&e, ERR_NONE, "");
	ck_assert_int_eq(r, 1);
	ck_assert_str_eq(k.type, keys[_i].type);
	ck_assert_str_eq(k.comment, keys[_i].comment);
	ck_assert_uint_eq(k.line, 7);
	ck_assert_str_eq(pubkey_short_type(&k), keys[_i].short_type);
	ck_assert_uint_eq(pubkey_rsa_bits(&k), keys[_i].n_bits);
	ck_assert(pubkey_is_ca_type(&k));
	ck_assert(!pubkey_is_cert(&k));
	text = malloc(BASE64_ENCODED_SIZE(k.blob_len));
	ck_assert_ptr_nonnull(text);
	base64_encode(text, k.blob, k.blob_len);
	ck_assert_ptr_nonnull(
	    strstr((const char *)keys[_i].line.p, text));
	free(text);
	pubkey_clear(&k);
	ck_assert_ptr_null(k.blob);
}
END_TEST

START_TEST(test_certificate)
{
	const struct sample *s = &samples[_i];
	char line[4096];
	struct err e = ERR_INIT;
	struct pubkey k;

	(void)snprintf(
	    line, sizeof(line), "%s %s x", s->type_name, s->base64);
	ck_assert_int_eq(parse(&k, span_of(line), at, &e), 1);
	ck_assert_str_eq(k.type, s->type_name);
	ck_assert(pubkey_is_cert(&k));
	ck_assert(!pubkey_is_ca_type(&k));
	ck_assert_uint_eq(pubkey_rsa_bits(&k), 0);
	ck_assert_str_eq(pubkey_short_type(&k),
	    cert_key_type_short_cert_name(s->key_type));
	pubkey_clear(&k);
}
END_TEST

static const struct {
	struct span line;
} blanks[] = {
	{ RAW("") },
	{ RAW(" \t ") },
	{ RAW("\r") },
	{ RAW("# ssh-ed25519 " ED25519) },
	{ RAW("\t#") },
};

START_TEST(test_blank)
{
	struct err e = ERR_INIT;
	struct pubkey k;

	ck_assert_int_eq(parse(&k, blanks[_i].line, at, &e), 0);
	assert_err(&e, ERR_NONE, "");
}
END_TEST

#define READS_ON "sshd reads a list of CA keys only up to such a line"

static const struct {
	const char *name;
	struct span line;
	enum err_code code;
	const char *text;
} refused[] = {
	{ "option", RAW("cert-authority ssh-ed25519 " ED25519), ERR_MALFORMED,
	    "ca.pub:7:1: \"cert-authority\" stands before the key type: "
	    READS_ON "; begin the line with the key type" },
	{ "options with a secret and blanks",
	    RAW("command=\"curl \\\"a b\\\" secret\",pty ssh-ed25519 "
		    ED25519),
	    ERR_MALFORMED,
	    "ca.pub:7:1: \"command\" stands before the key type: " READS_ON
	    "; begin the line with the key type" },
	{ "marker of known_hosts", RAW("  @cert-authority ssh-ed25519 x"),
	    ERR_MALFORMED,
	    "ca.pub:7:3: \"@cert-authority\" stands before the key type: "
	    READS_ON "; begin the line with the key type" },
	{ "host name of known_hosts", RAW("git.example.com ssh-ed25519 x"),
	    ERR_MALFORMED,
	    "ca.pub:7:1: something stands before the key type: " READS_ON
	    "; begin the line with the key type" },
	{ "too long for an option",
	    RAW("abcdefghijklmnopqrstu ssh-ed25519 x"), ERR_MALFORMED,
	    "ca.pub:7:1: something stands before the key type: " READS_ON
	    "; begin the line with the key type" },
	{ "longest option", RAW("No-agent-forwarding3,x ssh-ed25519 x"),
	    ERR_MALFORMED,
	    "ca.pub:7:1: \"No-agent-forwarding3\" stands before the key "
	    "type: " READS_ON "; begin the line with the key type" },
	{ "dss", RAW("ssh-dss AAAA"), ERR_UNSUPPORTED,
	    "ca.pub:7:1: key type \"ssh-dss\" is not known: " READS_ON },
	{ "type of a signature", RAW("rsa-sha2-512 AAAA"), ERR_UNSUPPORTED,
	    "ca.pub:7:1: key type \"rsa-sha2-512\" is not known: " READS_ON },
	{ "capitals", RAW("SSH-ED25519 " ED25519), ERR_UNSUPPORTED,
	    "ca.pub:7:1: key type \"SSH-ED25519\" is not known: " READS_ON },
	{ "hostile type", RAW("a-\x1b[2J x"), ERR_UNSUPPORTED,
	    "ca.pub:7:1: key type \"a-\\x1b[2J\" is not known: " READS_ON },
	{ "byte order mark", RAW("\xef\xbb\xbfssh-ed25519 " ED25519),
	    ERR_UNSUPPORTED,
	    "ca.pub:7:1: key type \"\\xef\\xbb\\xbfssh-ed25519\" is not "
	    "known: " READS_ON },
	{ "private key", RAW("-----BEGIN OPENSSH PRIVATE KEY-----"),
	    ERR_MALFORMED,
	    "ca.pub:7:1: this is a private key; give the public one, mostly "
	    "the file that ends in .pub" },
	{ "PuTTY's private key", RAW("PuTTY-User-Key-File-3: ssh-ed25519"),
	    ERR_MALFORMED,
	    "ca.pub:7:1: this is a private key; give the public one, mostly "
	    "the file that ends in .pub" },
	{ "a line from inside a private key",
	    RAW("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMw"),
	    ERR_MALFORMED,
	    "ca.pub:7:1: this is not a public key; write it as in a .pub "
	    "file: type, base64, comment" },
	{ "the last line of one", RAW("AgMEBQ=="), ERR_MALFORMED,
	    "ca.pub:7:1: this is not a public key; write it as in a .pub "
	    "file: type, base64, comment" },
	{ "a line from inside a private key, a dash in front",
	    RAW("-----G5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQy"),
	    ERR_MALFORMED,
	    "ca.pub:7:1: this is not a public key; write it as in a .pub "
	    "file: type, base64, comment" },
	{ "base64 of a private key and a dash",
	    RAW("b3BlbnNzaC1rZXktdjEA-AAAABG5v"), ERR_MALFORMED,
	    "ca.pub:7:1: this is not a public key; write it as in a .pub "
	    "file: type, base64, comment" },
	{ "base64 alone", RAW(ED25519), ERR_MALFORMED,
	    "ca.pub:7:1: this is not a public key; write it as in a .pub "
	    "file: type, base64, comment" },
	{ "type alone", RAW("ssh-ed25519 "), ERR_MALFORMED,
	    "ca.pub:7:12: nothing follows the key type; write type, base64, "
	    "comment" },
	{ "bad base64", RAW(" ssh-ed25519  A" ED25519), ERR_MALFORMED,
	    "ca.pub:7:15: what follows the key type is not base64: a "
	    "character was lost or changed; copy the key again" },
	{ "no blob", RAW("ssh-ed25519 AAAA"), ERR_MALFORMED,
	    "ca.pub:7:13: the key's type name is cut short" },
	{ "another type inside", RAW("ssh-rsa " ED25519), ERR_MALFORMED,
	    "ca.pub:7:9: the line says ssh-rsa, but the key inside is "
	    "\"ssh-ed25519\"" },
	{ "plain type, certificate inside",
	    RAW("ssh-ed25519-cert-v01@openssh.com " ED25519), ERR_MALFORMED,
	    "ca.pub:7:34: the line says ssh-ed25519-cert-v01@openssh.com, "
	    "but the key inside is \"ssh-ed25519\"" },
	{ "hostile type inside", RAW("ssh-rsa AAAAAgob"), ERR_MALFORMED,
	    "ca.pub:7:9: the line says ssh-rsa, but the key inside is "
	    "\"\\n\\x1b\"" },
	{ "fields inside", RAW("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA=="),
	    ERR_MALFORMED,
	    "ca.pub:7:13: the key's point has 0 bytes instead of 32" },
	{ "a NUL", RAW("ssh-ed25519 " ED25519 " \0x"), ERR_MALFORMED,
	    "ca.pub:7:1: the line holds a NUL byte" },
};

START_TEST(test_refused)
{
	struct pubkey k = { .line = 99 };
	struct err e = ERR_INIT;

	if (parse(&k, refused[_i].line, at, &e) != -1)
		ck_abort_msg("accepted: %s", refused[_i].name);
	assert_err(&e, refused[_i].code, refused[_i].text);
	ck_assert_uint_eq(k.line, 99);
	ck_assert_ptr_null(k.blob);
}
END_TEST

/* Without a column none is made up. */
START_TEST(test_place)
{
	struct err e = ERR_INIT;
	struct pubkey k;

	ck_assert_int_eq(parse(&k, BYTES("  ssh-rsa AAAA"),
			     (struct place) { "f", 3, 0 }, &e),
	    -1);
	assert_err(
	    &e, ERR_MALFORMED, "f:3: the key's type name is cut short");
	err_clear(&e);
	ck_assert_int_eq(parse(&k, BYTES("ssh-rsa AAAA"), NO_PLACE, &e), -1);
	assert_err(&e, ERR_MALFORMED, "the key's type name is cut short");
}
END_TEST

START_TEST(test_long)
{
	size_t len = 400001;
	char *line = malloc(len);
	struct err e = ERR_INIT;
	struct pubkey k;

	ck_assert_ptr_nonnull(line);
	memset(line, 'x', len);
	ck_assert_int_eq(pubkey_parse_line(&k, line, len, at, &e), -1);
	assert_err(
	    &e, ERR_LIMIT, "ca.pub:7:1: the line is longer than any key");
	free(line);
}
END_TEST

/* A line that lost its end, or has one wrong bit, never upsets anything. */
START_TEST(test_damaged)
{
	struct span line = keys[_i].line;
	unsigned char *copy = exact_copy(line.p, line.len);
	struct pubkey k;
	size_t n;

	for (n = 0; n < line.len; n++) {
		struct err e = ERR_INIT;

		if (parse(&k, (struct span) { line.p, n }, at, &e) == 1)
			pubkey_clear(&k);
		err_clear(&e);
		copy[n] = (unsigned char)(copy[n] ^ (1 << n % 8));
		if (parse(&k, (struct span) { copy, line.len }, at, &e) == 1)
			pubkey_clear(&k);
		copy[n] = line.p[n];
	}
	free(copy);
}
END_TEST

START_TEST(test_clear)
{
	struct pubkey k = { NULL, NULL, 0, NULL, 0 };

	pubkey_clear(&k);
	pubkey_clear(&k);
	ck_assert_ptr_null(k.type);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("pubkey");

	tcase_add_loop_test(tc, test_key, 0, N_ROWS(keys));
	tcase_add_loop_test(tc, test_certificate, 0, SAMPLE_COUNT);
	tcase_add_loop_test(tc, test_blank, 0, N_ROWS(blanks));
	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(refused));
	tcase_add_test(tc, test_place);
	tcase_add_test(tc, test_long);
	tcase_add_loop_test(tc, test_damaged, 0, N_ROWS(keys));
	tcase_add_test(tc, test_clear);
	return run_case("pubkey", tc);
}
