#include "config.h"

#include "tests/differential/randcert.h"

#include <stdlib.h>
#include <string.h>

#include "lib/keyblob.h"

#define N_WAYS 8 /* to mutate a byte */

static size_t
below(struct randcert *r, size_t n)
{
	return random_below(&r->random, n);
}

static bool
once_in(struct randcert *r, size_t n)
{
	return random_once_in(&r->random, n);
}

void
randcert_init(struct randcert *r, uint64_t seed)
{
	size_t i;

	memset(r, 0, sizeof(*r));
	r->random.state = seed;
	for (i = 0; i < RANDCERT_N_TYPES; i++) {
		signer_init(&r->keys[i], (enum cert_key_type)i);
		signer_init(&r->cas[i], (enum cert_key_type)i);
	}
}

void
randcert_clear(struct randcert *r)
{
	size_t i;

	for (i = 0; i < RANDCERT_N_TYPES; i++) {
		signer_clear(&r->keys[i]);
		signer_clear(&r->cas[i]);
	}
	wire_free(&r->base);
	wire_free(&r->base_signature);
}

static void
put_random_bytes(struct randcert *r, struct wire *out, size_t len)
{
	while (len-- > 0)
		wire_put_u8(out, (uint8_t)random_u64(&r->random));
}

/* A name, now and then with what a name should not hold. */
static void
put_name(struct randcert *r, struct wire *out)
{
	static const char *const names[] = { "", "jdoe", "jdoe@example.com",
		"Alice Example", "a#b", "\"quoted\"", "back\\slash", "tab\tbed",
		"\xc3\xa9t\xc3\xa9", "\xff\xfe", "-dash", "*", "a,b", "%u",
		"\x1b[31mred", "(none)" };
	struct wire name = WIRE_INIT;

	wire_put_bytes(&name, "", 0);
	if (once_in(r, 40)) {
		size_t len = below(r, 1200);

		while (len-- > 0)
			wire_put_u8(&name, (uint8_t)('!' + below(r, 94)));
	} else {
		const char *chosen =
		    names[below(r, sizeof(names) / sizeof(names[0]))];

		wire_put_bytes(&name, chosen, strlen(chosen));
	}
	if (once_in(r, 60)) /* one at the end is dropped by sshd */
		wire_put_u8(&name, 0);
	if (once_in(r, 120))
		wire_put_bytes(&name, "\0x", 2);
	wire_put_string(out, wire_span(&name));
	wire_free(&name);
}

static uint64_t
random_number(struct randcert *r)
{
	static const uint64_t numbers[] = { 0, 1, UINT64_MAX, UINT64_MAX - 1,
		1ULL << 63, UINT32_MAX, 1ULL << 32 };

	if (once_in(r, 2))
		return numbers[below(r, sizeof(numbers) / sizeof(numbers[0]))];
	return random_u64(&r->random) >> below(r, 64);
}

static uint64_t
random_time(struct randcert *r)
{
	if (once_in(r, 3))
		return random_number(r);
	return 1000000000 + below(r, 2000000000);
}

static void
put_principals(struct randcert *r, struct wire *out)
{
	struct wire list = WIRE_INIT;
	size_t n = below(r, 5);

	if (once_in(r, 100))
		n = 254 + below(r, 5);
	while (n-- > 0)
		put_name(r, &list);
	if (once_in(r, 100))
		put_random_bytes(r, &list, 1 + below(r, 5));
	wire_put_string(out, wire_span(&list));
	wire_free(&list);
}

/* An option's data that holds a string, in one of the forms it may have. */
static void
put_value(struct randcert *r, struct wire *out, const char *text)
{
	struct wire data = WIRE_INIT;

	wire_put_u32(&data, (uint32_t)strlen(text) + once_in(r, 60));
	wire_put_bytes(&data, text, strlen(text));
	if (once_in(r, 60))
		wire_put_u8(&data, 0);
	wire_put_string(out, wire_span(&data));
	wire_free(&data);
}

static void
put_critical(struct randcert *r, struct wire *out)
{
	static const char *const networks[] = { "10.0.0.0/8", "192.0.2.1",
		"192.0.2.1,2001:db8::/32", "::1/128", "", "10.0.0.1/8", "10.1",
		"010.0.0.1", "10.0.0.0/33", "host.example.com", "!10.0.0.0/8",
		"10.0.0.0/8,,::1", " 10.0.0.1", "10.0.0.0/", "10.0.0.0/08",
		"::ffff:10.0.0.1", "fe80::1%lo", "0.0.0.0/0" };
	static const char *const commands[] = { "", "/bin/true",
		"echo \"a b\"; ls" };

	switch (below(r, 8)) {
	case 0:
	case 1:
	case 2:
		wire_put_text(out, "force-command");
		put_value(r, out, commands[below(r, 3)]);
		return;
	case 3:
	case 4:
	case 5:
		wire_put_text(out, "source-address");
		put_value(r, out,
		    networks[below(r, sizeof(networks) / sizeof(networks[0]))]);
		return;
	case 6:
		wire_put_text(out, "verify-required");
		wire_put_text(out, once_in(r, 5) ? "x" : "");
		return;
	default:
		put_name(r, out);
		wire_put_text(out, once_in(r, 2) ? "" : "data");
	}
}

static void
put_extension(struct randcert *r, struct wire *out)
{
	static const char *const names[] = { "permit-X11-forwarding",
		"permit-agent-forwarding", "permit-port-forwarding",
		"permit-pty", "permit-user-rc", "no-touch-required",
		"login@github.com" };

	if (once_in(r, 6))
		put_name(r, out);
	else
		wire_put_text(out, names[below(r, 7)]);
	wire_put_text(out, once_in(r, 15) ? "data" : "");
}

static void
put_options(struct randcert *r, struct wire *out,
    void (*put)(struct randcert *, struct wire *), size_t max)
{
	struct wire list = WIRE_INIT;
	size_t n = below(r, max + 1);

	while (n-- > 0)
		put(r, &list);
	if (once_in(r, 150))
		put_random_bytes(r, &list, 1 + below(r, 5));
	wire_put_string(out, wire_span(&list));
	wire_free(&list);
}

/* A key's fields, without its type name. */
static void
put_key_fields(struct wire *out, const struct signer *key)
{
	struct span rest = wire_span(&key->blob), name;

	if (wire_get_string(&rest, &name) < 0)
		abort();
	wire_put_bytes(out, rest.p, rest.len);
}

static void
put_type_name(struct wire *out, enum cert_key_type type)
{
	const char *plain = cert_key_type_name(type);
	const char *at = strchr(plain, '@');
	size_t len = at == NULL ? strlen(plain) : (size_t)(at - plain);
	struct wire name = WIRE_INIT;

	wire_put_bytes(&name, plain, len);
	wire_put_bytes(&name, "-cert-v01@openssh.com", 21);
	wire_put_string(out, wire_span(&name));
	wire_free(&name);
}

/* All up to the signature. */
static void
put_signed(struct randcert *r, struct wire *out, const struct signer *ca)
{
	const struct signer *key = &r->keys[below(r, RANDCERT_N_TYPES)];
	struct wire nonce = WIRE_INIT;

	put_type_name(out, key->type);
	put_random_bytes(r, &nonce, below(r, 65));
	wire_put_string(out, wire_span(&nonce));
	wire_free(&nonce);
	put_key_fields(out, key);
	wire_put_u64(out, random_number(r));
	wire_put_u32(out,
	    once_in(r, 50)      ? (uint32_t)below(r, 5)
		: once_in(r, 5) ? 2
				: 1);
	put_name(r, out);
	put_principals(r, out);
	wire_put_u64(out, random_time(r));
	wire_put_u64(out, random_time(r));
	put_options(r, out, put_critical, 3);
	put_options(r, out, put_extension, 6);
	wire_put_text(out, once_in(r, 30) ? "reserved" : "");
	if (once_in(r, 100)) {
		struct wire other = WIRE_INIT;

		put_type_name(&other, ca->type);
		put_random_bytes(r, &other, 40);
		wire_put_string(out, wire_span(&other));
		wire_free(&other);
	} else {
		wire_put_string(out, wire_span(&ca->blob));
	}
}

static void
put_signature(struct randcert *r, struct wire *out, const struct signer *ca,
    struct span data)
{
	static const char *const algorithms[] = { "rsa-sha2-256",
		"rsa-sha2-512", "ssh-rsa" };
	struct wire signature = WIRE_INIT;

	signer_sign(ca,
	    ca->type == CERT_KEY_RSA ? algorithms[below(r, 3)] : NULL, data,
	    (uint8_t)below(r, 8), (uint32_t)random_u64(&r->random), &signature);
	if (once_in(r, 150))
		put_random_bytes(r, &signature, 1);
	wire_put_string(out, wire_span(&signature));
	wire_free(&signature);
}

void
randcert_make(struct randcert *r, struct wire *out)
{
	const struct signer *ca = &r->cas[below(r, RANDCERT_N_TYPES)];
	struct wire body = WIRE_INIT;

	put_signed(r, &body, ca);
	wire_put_bytes(out, body.p, body.len);
	put_signature(r, out, ca, wire_span(&body));
	if (once_in(r, 200))
		put_random_bytes(r, out, 1 + below(r, 4));
	wire_free(&body);
}

static void
next_base(struct randcert *r)
{
	wire_reset(&r->base);
	wire_reset(&r->base_signature);
	r->base_ca = &r->cas[below(r, RANDCERT_N_TYPES)];
	put_signed(r, &r->base, r->base_ca);
	put_signature(r, &r->base_signature, r->base_ca, wire_span(&r->base));
	r->at = 0;
	r->how = 0;
}

/* Byte at of the len bytes at p, mutated in the chosen way, to out. */
static void
put_mutated(struct randcert *r, struct wire *out, struct span in, size_t at)
{
	uint8_t old = in.p[at];

	wire_put_bytes(out, in.p, at);
	switch (r->how) {
	case 0:
		wire_put_u8(out, old ^ 1);
		break;
	case 1:
		wire_put_u8(out, old ^ 0x80);
		break;
	case 2:
		wire_put_u8(out, 0);
		break;
	case 3:
		wire_put_u8(out, 0xff);
		break;
	case 4:
		wire_put_u8(out, (uint8_t)(old + 1));
		break;
	case 5: /* one byte more */
		wire_put_u8(out, (uint8_t)random_u64(&r->random));
		wire_put_u8(out, old);
		break;
	case 6: /* one less */
		break;
	default: /* the end */
		return;
	}
	wire_put_bytes(out, in.p + at + 1, in.len - at - 1);
}

void
randcert_mutate(struct randcert *r, struct wire *out)
{
	struct wire body = WIRE_INIT;

	if (r->at >= r->base.len + r->base_signature.len)
		next_base(r);
	if (r->at >= r->base.len) {
		wire_put_bytes(out, r->base.p, r->base.len);
		put_mutated(
		    r, out, wire_span(&r->base_signature), r->at - r->base.len);
	} else {
		put_mutated(r, &body, wire_span(&r->base), r->at);
		wire_put_bytes(out, body.p, body.len);
		if (once_in(r, 4))
			wire_put_bytes(
			    out, r->base_signature.p, r->base_signature.len);
		else
			put_signature(r, out, r->base_ca, wire_span(&body));
	}
	wire_free(&body);
	if (++r->how == N_WAYS) {
		r->how = 0;
		r->at++;
	}
}
