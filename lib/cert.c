#include "config.h"

#include "lib/cert.h"

#include "lib/escape.h"
#include "lib/ipaddr.h"

#include <string.h>

/* Extensions that sshd knows; each is a flag without a value. */
static const char *const known_extensions[] = {
	"no-touch-required",
	"permit-X11-forwarding",
	"permit-agent-forwarding",
	"permit-port-forwarding",
	"permit-pty",
	"permit-user-rc",
};

static int
refuse(struct err *err, const char *field, const char *problem)
{
	return err_setf(
	    err, ERR_MALFORMED, "certificate: the %s %s", field, problem);
}

static int
refuse_option(
    struct err *err, const char *kind, struct span name, const char *problem)
{
	char shown[80];

	return err_setf(err, ERR_MALFORMED, "certificate: %s \"%s\" %s", kind,
	    escape_bytes(shown, sizeof(shown), name.p, name.len), problem);
}

static int
get_string(
    struct span *in, struct span *out, const char *field, struct err *err)
{
	if (wire_get_string(in, out) < 0)
		return refuse(err, field, "is cut short");
	return 0;
}

/* A C string to sshd: it drops a NUL at the end, we refuse it. */
static int
get_text(struct span *in, struct span *out, const char *field, struct err *err)
{
	if (get_string(in, out, field, err) < 0)
		return -1;
	if (span_has_nul(*out))
		return refuse(err, field, "holds a NUL byte");
	return 0;
}

static int
get_u64(struct span *in, uint64_t *out, const char *field, struct err *err)
{
	if (wire_get_u64(in, out) < 0)
		return refuse(err, field, "is cut short");
	return 0;
}

/* Type name, nonce and public key. */
static int
parse_head(struct cert *c, struct span *in, struct err *err)
{
	struct keyblob key;
	struct span nonce;
	char shown[80];

	if (get_string(in, &c->type_name, "type name", err) < 0)
		return -1;
	if (!cert_key_type_by_cert_name(c->type_name, &c->key_type))
		return err_setf(err, ERR_MALFORMED,
		    "certificate: the type \"%s\" is not known",
		    escape_bytes(shown, sizeof(shown), c->type_name.p,
			c->type_name.len));
	if (get_string(in, &nonce, "nonce", err) < 0)
		return -1;
	c->key_parts.p = in->p;
	if (keyblob_get_fields(
		&key, c->key_type, in, "certificate: the key", err) < 0)
		return -1;
	c->key_parts.len = (size_t)(in->p - c->key_parts.p);
	return 0;
}

static int
parse_principals(struct cert *c, struct span packed, struct err *err)
{
	while (packed.len != 0) {
		if (c->n_principals == CERT_MAX_PRINCIPALS)
			return err_setf(err, ERR_LIMIT,
			    "certificate: more than %d principals",
			    CERT_MAX_PRINCIPALS);
		if (get_text(&packed, &c->principals[c->n_principals],
			"list of principals", err) < 0)
			return -1;
		c->n_principals++;
	}
	return 0;
}

/* All between the public key and the signature. */
static int
parse_body(struct cert *c, struct span *in, struct err *err)
{
	struct span principals, reserved;
	uint32_t type;

	if (get_u64(in, &c->serial, "serial number", err) < 0)
		return -1;
	if (wire_get_u32(in, &type) < 0)
		return refuse(err, "type (user or host)", "is cut short");
	if (type != CERT_USER && type != CERT_HOST)
		return err_setf(err, ERR_MALFORMED,
		    "certificate: the type is %lu, neither user (1) nor host "
		    "(2)",
		    (unsigned long)type);
	c->type = (enum cert_type)type;
	if (get_text(in, &c->key_id, "key ID", err) < 0 ||
	    get_string(in, &principals, "list of principals", err) < 0 ||
	    parse_principals(c, principals, err) < 0 ||
	    get_u64(in, &c->valid_after, "start of validity", err) < 0 ||
	    get_u64(in, &c->valid_before, "end of validity", err) < 0 ||
	    get_string(in, &c->critical_options, "list of critical options",
		err) < 0 ||
	    get_string(in, &c->extensions, "list of extensions", err) < 0 ||
	    get_string(in, &reserved, "reserved field", err) < 0 ||
	    get_string(in, &c->ca_key, "CA key", err) < 0)
		return -1;
	return 0;
}

/* data is one string, of which *out was NULL so far. */
static int
take_value(
    struct span name, struct span data, struct span *out, struct err *err)
{
	struct span value;

	if (out->p != NULL)
		return refuse_option(
		    err, "critical option", name, "stands there twice");
	if (wire_get_string(&data, &value) < 0 || data.len != 0)
		return refuse_option(
		    err, "critical option", name, "is not one string");
	if (span_has_nul(value))
		return refuse_option(
		    err, "critical option", name, "holds a NUL byte");
	*out = value;
	return 0;
}

static int
take_critical(
    struct cert *c, struct span name, struct span data, struct err *err)
{
	if (span_has_nul(name))
		return refuse_option(err, "critical option", name,
		    "holds a NUL byte in its name");
	if (span_is(name, "force-command"))
		return take_value(name, data, &c->force_command, err);
	if (span_is(name, "source-address")) {
		if (take_value(name, data, &c->source_address, err) < 0)
			return -1;
		if (ipaddr_list_contains(c->source_address, NULL) < 0)
			return refuse_option(err, "critical option", name,
			    "is not a list of networks");
		return 0;
	}
	if (!span_is(name, "verify-required"))
		return refuse_option(err, "critical option", name,
		    "is not known, so sshd refuses the certificate");
	if (data.len != 0)
		return refuse_option(err, "critical option", name,
		    "has a value, which it must not have");
	c->has_verify_required = true;
	return 0;
}

static int
check_extension(struct span name, struct span data, struct err *err)
{
	size_t i;

	if (span_has_nul(name))
		return refuse_option(
		    err, "extension", name, "holds a NUL byte in its name");
	for (i = 0; i < sizeof(known_extensions) / sizeof(known_extensions[0]);
	     i++)
		if (span_is(name, known_extensions[i]) && data.len != 0)
			return refuse_option(err, "extension", name,
			    "has a value, which it must not have");
	return 0;
}

/*
 * What auth-options.c:cert_option_list accepts, which sshd calls for user
 * certificates alone; of others only the form is checked.
 */
static int
parse_options(struct cert *c, struct err *err)
{
	bool is_user = c->type == CERT_USER;
	struct span packed, name, data;
	int r;

	packed = c->critical_options;
	while ((r = cert_option_next(&packed, &name, &data)) > 0)
		if (is_user && take_critical(c, name, data, err) < 0)
			return -1;
	if (r < 0)
		return refuse(err, "list of critical options", "is cut short");
	packed = c->extensions;
	while ((r = cert_option_next(&packed, &name, &data)) > 0)
		if (is_user && check_extension(name, data, err) < 0)
			return -1;
	if (r < 0)
		return refuse(err, "list of extensions", "is cut short");
	return 0;
}

int
cert_parse(
    struct cert *c, const unsigned char *blob, size_t len, struct err *err)
{
	struct span in = { blob, len };
	struct keyblob ca;

	memset(c, 0, offsetof(struct cert, principals));
	c->blob = in;
	if (len > CERT_MAX_BLOB)
		return err_setf(
		    err, ERR_LIMIT, "certificate: longer than 262,144 bytes");
	if (parse_head(c, &in, err) < 0 || parse_body(c, &in, err) < 0)
		return -1;
	c->signed_bytes = (struct span) { blob, (size_t)(in.p - blob) };
	if (get_string(&in, &c->signature, "signature", err) < 0)
		return -1;
	if (in.len != 0)
		return err_setf(err, ERR_MALFORMED,
		    "certificate: bytes follow the signature");
	if (keyblob_parse(&ca, c->ca_key, "certificate: the CA key", err) < 0)
		return -1;
	return parse_options(c, err);
}

int
cert_option_next(struct span *packed, struct span *name, struct span *data)
{
	struct span rest = *packed;

	if (rest.len == 0)
		return 0;
	if (wire_get_string(&rest, name) < 0 ||
	    wire_get_string(&rest, data) < 0)
		return -1;
	*packed = rest;
	return 1;
}
