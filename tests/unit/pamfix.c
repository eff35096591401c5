#include "config.h"

#include "tests/unit/pamfix.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base64.h"
#include "lib/indexmake.h"

#define MUST(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

char pamfix_dir[64];

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

struct pamcert
pamfix_lasting(const struct signer *ca, const struct signer *key,
    const char *principal)
{
	uint64_t now = (uint64_t)time(NULL);
	struct pamcert c = { .key = key, .ca = ca, .serial = 42 };

	c.principal = principal;
	c.valid_after = now - 60;
	c.valid_before = now + 600;
	return c;
}

void
pamfix_cert(struct wire *out, const struct pamcert *c)
{
	struct span key = wire_span(&c->key->blob), type;
	struct wire part = WIRE_INIT;
	char name[128];
	size_t start = out->len;

	MUST(wire_get_string(&key, &type) == 0);
	/* sk-…@openssh.com becomes sk-…-cert-v01@openssh.com. */
	(void)snprintf(name, sizeof(name), "%.*s-cert-v01@openssh.com",
	    (int)strcspn((const char *)type.p, "@") < (int)type.len
		? (int)strcspn((const char *)type.p, "@")
		: (int)type.len,
	    (const char *)type.p);
	wire_put_text(out, name);
	wire_put_text(out, "nonce");
	wire_put_bytes(out, key.p, key.len);
	wire_put_u64(out, c->serial);
	wire_put_u32(out, c->is_host ? 2 : 1);
	wire_put_text(out, c->principal);
	wire_put_text(&part, c->principal);
	wire_put_string(out, wire_span(&part));
	wire_put_u64(out, c->valid_after);
	wire_put_u64(out, c->valid_before);
	wire_reset(&part);
	put_option(&part, "force-command", c->force_command);
	put_option(&part, "source-address", c->source_address);
	if (c->verify_required) {
		wire_put_text(&part, "verify-required");
		wire_put_text(&part, "");
	}
	wire_put_string(out, wire_span(&part));
	wire_put_text(out, "");
	wire_put_text(out, "");
	wire_put_string(out, wire_span(&c->ca->blob));
	wire_reset(&part);
	signer_sign(c->ca, NULL,
	    (struct span) { out->p + start, out->len - start }, 1, 7, &part);
	wire_put_string(out, wire_span(&part));
	wire_free(&part);
}

char *
pamfix_text(struct span cert)
{
	struct span in = cert, type;
	size_t size;
	char *text;
	int n;

	MUST(wire_get_string(&in, &type) == 0);
	size = type.len + 1 + BASE64_ENCODED_SIZE(cert.len);
	MUST((text = malloc(size)) != NULL);
	n = snprintf(text, size, "%.*s ", (int)type.len,
	    (const char *)type.p);
	base64_encode(text + n, cert.p, cert.len);
	return text;
}

static void
put_grant(struct wire *grants, uint32_t ordinal, const char *identity,
    const char *from, const char *options)
{
	struct index_grant g = { .kind = GRANT_IDENTITY };
	struct wire nets = WIRE_INIT;

	g.ordinal = ordinal;
	g.line = 11 + ordinal;
	g.until = INT64_MAX;
	g.text = span_of(identity);
	if (options != NULL)
		g.options = span_of(options);
	if (from != NULL)
		wire_put_text(&nets, from);
	g.from = wire_span(&nets);
	index_put_grant(grants, &g);
	wire_free(&nets);
}

static void
make_index(const char *user, struct span ca_key)
{
	struct index_authority a = { .name = span_of("corp"), .line = 3 };
	struct index_counts counts = { .min_uid = 1000, .n_authorities = 1,
		.n_users = 1, .n_sets = 1 };
	struct index_rule rule = { .line = 10 };
	struct wire grants = WIRE_INIT;
	char path[128];
	struct index_make *m;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/policy.cdb", pamfix_dir);
	MUST((fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600)) >= 0);
	MUST((m = index_make_begin(fd, NULL)) != NULL);
	index_make_file(m, 0, "/etc/certgate/policy.yaml");
	index_make_authority(m, &a);
	index_make_key(m, ca_key, 0, 0);
	put_grant(&grants, 0, "jdoe@example.com", NULL, NULL);
	put_grant(&grants, 1, "bwayne@example.com", NULL, NULL);
	put_grant(&grants, 2, "home@example.com", "192.0.2.0/24", NULL);
	put_grant(&grants, 3, "forced@example.com", NULL,
	    "restrict,command=\"/bin/true\"");
	put_grant(&grants, 4, "touch@example.com", NULL, "verify-required");
	put_grant(&grants, 5, "capitals@example.com", NULL,
	    "no-pty,Command=\"/bin/true\"");
	put_grant(&grants, 6, "quoted@example.com", NULL,
	    "environment=\"A=\\\",command=\\\"\",commander,no-pty");
	index_make_rule(m, user, &rule, wire_span(&grants));
	MUST(index_make_end(m, &counts, NULL) == 0);
	wire_free(&grants);
	(void)close(fd);
}

void
pamfix_write(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", pamfix_dir, name);
	MUST((f = fopen(path, "w")) != NULL);
	MUST(fputs(text, f) >= 0 && fclose(f) == 0);
	MUST(chmod(path, 0600) == 0);
}

void
pamfix_make(const char *user, const struct signer *ca)
{
	char *text, *line;
	size_t size;

	(void)snprintf(pamfix_dir, sizeof(pamfix_dir), "/tmp/pamfix-XXXXXX");
	MUST(mkdtemp(pamfix_dir) != NULL);
	make_index(user, wire_span(&ca->blob));
	text = pamfix_text(wire_span(&ca->blob));
	size = strlen(text) + 16;
	MUST((line = malloc(size)) != NULL);
	(void)snprintf(line, size, "%s corp\n", text);
	pamfix_write("ca.pub", line);
	free(line);
	free(text);
}

void
pamfix_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", pamfix_dir);
	MUST(system(command) == 0);
	pamfix_dir[0] = '\0';
}
