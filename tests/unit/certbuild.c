#include "config.h"

#include "tests/unit/certbuild.h"

#include <string.h>

static void
put_bytes_of(struct wire *out, uint8_t byte, size_t len)
{
	unsigned char bytes[64];

	memset(bytes, byte, sizeof(bytes));
	wire_put_string(out, (struct span) { bytes, len });
}

void
certbuild_ca_key(struct wire *out, uint8_t ca)
{
	wire_put_text(out, "ssh-ed25519");
	put_bytes_of(out, ca, 32);
}

static void
put_option(struct wire *out, const char *name, const char *value)
{
	struct wire nested = WIRE_INIT;

	if (value == NULL)
		return;
	wire_put_text(&nested, value);
	wire_put_text(out, name);
	wire_put_string(out, wire_span(&nested));
	wire_free(&nested);
}

void
certbuild_write(struct wire *out, const struct certbuild *b)
{
	struct wire part = WIRE_INIT;
	size_t i;

	wire_put_text(out, "ssh-ed25519-cert-v01@openssh.com");
	put_bytes_of(out, 'n', 32);
	put_bytes_of(out, b->key == 0 ? 'k' : b->key, 32);
	wire_put_u64(out, b->serial);
	wire_put_u32(out, b->type);
	wire_put_text(out, b->key_id);
	for (i = 0; i < b->n_principals; i++)
		wire_put_string(&part, b->principals[i]);
	wire_put_string(out, wire_span(&part));
	wire_put_u64(out, b->valid_after);
	wire_put_u64(out, b->valid_before);
	wire_reset(&part);
	put_option(&part, "force-command", b->force_command);
	put_option(&part, "source-address", b->source_address);
	wire_put_string(out, wire_span(&part));
	wire_put_text(out, ""); /* extensions */
	wire_put_text(out, ""); /* reserved */
	wire_reset(&part);
	certbuild_ca_key(&part, b->ca);
	wire_put_string(out, wire_span(&part));
	wire_reset(&part);
	wire_put_text(&part, "ssh-ed25519");
	put_bytes_of(&part, 's', 64);
	wire_put_string(out, wire_span(&part));
	wire_free(&part);
}
