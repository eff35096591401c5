/*
 * cert: a blob that parses is the sum of its fields, nothing less and nothing
 * more, and every error has a text that is safe to print.
 */
#include "config.h"

#include "lib/cert.h"
#include "lib/certsig.h"
#include "lib/ipaddr.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cert c, other;

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
check_text(const struct err *e)
{
	size_t i;

	require(e->code != ERR_NONE && e->text[0] != '\0');
	for (i = 0; e->text[i] != '\0'; i++)
		require(e->text[i] >= ' ' && e->text[i] <= '~');
}

/* Put the certificate together again from what was parsed. */
static void
check_fields(const uint8_t *data, size_t size)
{
	struct span in = { data, size };
	struct wire all = WIRE_INIT, principals = WIRE_INIT;
	struct span nonce, reserved, skipped;
	size_t i;

	/* The two fields that struct cert does not keep. */
	require(wire_get_string(&in, &skipped) == 0 &&
	    wire_get_string(&in, &nonce) == 0);
	in = (struct span) { c.extensions.p + c.extensions.len,
		size - (size_t)(c.extensions.p + c.extensions.len - data) };
	require(wire_get_string(&in, &reserved) == 0);

	for (i = 0; i < c.n_principals; i++)
		wire_put_string(&principals, c.principals[i]);
	wire_put_string(&all, c.type_name);
	wire_put_string(&all, nonce);
	wire_put_bytes(&all, c.key_parts.p, c.key_parts.len);
	wire_put_u64(&all, c.serial);
	wire_put_u32(&all, (uint32_t)c.type);
	wire_put_string(&all, c.key_id);
	wire_put_string(&all, wire_span(&principals));
	wire_put_u64(&all, c.valid_after);
	wire_put_u64(&all, c.valid_before);
	wire_put_string(&all, c.critical_options);
	wire_put_string(&all, c.extensions);
	wire_put_string(&all, reserved);
	wire_put_string(&all, c.ca_key);
	require(span_equal(wire_span(&all), c.signed_bytes));
	wire_put_string(&all, c.signature);
	require(span_equal(wire_span(&all), (struct span) { data, size }));
	wire_free(&all);
	wire_free(&principals);
}

/* What a user certificate may not hold, looked for in another way. */
static void
check_options(void)
{
	struct span packed = c.critical_options;
	struct span name, value;
	size_t n_commands = 0, n_addresses = 0;
	int r;

	while ((r = cert_option_next(&packed, &name, &value)) == 1) {
		if (c.type != CERT_USER)
			continue;
		n_commands += span_is(name, "force-command");
		n_addresses += span_is(name, "source-address");
		require(span_is(name, "force-command") ||
		    span_is(name, "source-address") ||
		    span_is(name, "verify-required"));
	}
	require(r == 0);
	require(n_commands == (c.force_command.p != NULL));
	require(n_addresses == (c.source_address.p != NULL));
	require(c.source_address.p == NULL ||
	    ipaddr_list_contains(c.source_address, NULL) == 0);
	packed = c.extensions;
	while ((r = cert_option_next(&packed, &name, &value)) == 1)
		require(c.type != CERT_USER || !span_has_nul(name));
	require(r == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char fingerprint[FINGERPRINT_SIZE];
	struct err e = ERR_INIT;
	uint8_t *longer;

	if (cert_parse(&c, data, size, &e) < 0) {
		check_text(&e);
		return 0;
	}
	require(e.code == ERR_NONE);
	check_fields(data, size);
	check_options();
	require(!span_has_nul(c.key_id));
	require(cert_parse(&other, data, size - 1, NULL) < 0);
	if ((longer = malloc(size + 1)) == NULL)
		abort();
	memcpy(longer, data, size);
	longer[size] = 0;
	require(cert_parse(&other, longer, size + 1, NULL) < 0);
	free(longer);
	require(certsig_cert_fingerprint(fingerprint, &c, &e) == 0);
	require(certsig_fingerprint(fingerprint, c.ca_key, &e) == 0);
	if (certsig_verify(&c, &e) < 0)
		check_text(&e);
	return 0;
}
