/* The keys and certificates of a rehearsal, by ssh-keygen. */
#include "config.h"

#include "config-gen/rehearse_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "lib/file.h"

#define KEYGEN_TIMEOUT_S 120
#define MAX_KEY_FILE (64UL * 1024)
/* Of a certificate, where the authority does not ask for less. */
#define VALIDITY_S 360
#define MAX_OPTIONS 8

static const char *const kind_names[REHEARSE_N_KINDS] = { "in", "stranger",
	"expired" };

/* What ssh-keygen makes, by the plain name. */
static const struct key_type {
	const char *name, *type, *bits;
} key_types[] = {
	{ "ssh-ed25519", "ed25519", "256" },
	{ "ecdsa-sha2-nistp256", "ecdsa", "256" },
	{ "ecdsa-sha2-nistp384", "ecdsa", "384" },
	{ "ecdsa-sha2-nistp521", "ecdsa", "521" },
	{ "ssh-rsa", "rsa", "3072" },
};

/* Critical options, and what to sign so that they are there. */
static const struct {
	const char *name, *option;
} critical[] = {
	{ "source-address", "source-address=127.0.0.1/32" },
	/* No session is opened, so it never runs. */
	{ "force-command", "force-command=/bin/true" },
};

static const struct key_type *
key_type_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
		if (strcmp(key_types[i].name, name) == 0)
			return &key_types[i];
	}
	return NULL;
}

/*
 * The type of the CA is the authority's own, so that sshd's restrictions
 * apply; that of the user's key the same, or one that the authority asks for.
 */
static const struct key_type *
ca_type(const struct policy_authority *a)
{
	const struct key_type *type = key_type_find(a->keys[0].type);

	return type == NULL ? &key_types[0] : type;
}

static const struct key_type *
user_type(const struct policy_authority *a)
{
	const struct key_type *type = NULL;
	size_t i;

	if (a->n_key_types == 0)
		return ca_type(a);
	for (i = 0; i < a->n_key_types && type == NULL; i++)
		type = key_type_find(a->key_types[i]);
	return type;
}

void
rehearse_key_path(const struct rehearse_subject *s, char *out, size_t out_len)
{
	(void)snprintf(
	    out, out_len, REHEARSE_FOLDER "/%s-key", s->ca_prefix);
}

void
rehearse_cert_path(const struct rehearse_subject *s, enum rehearse_kind kind,
    char *out, size_t out_len)
{
	(void)snprintf(out, out_len, REHEARSE_FOLDER "/%s-%s-cert.pub",
	    s->ca_prefix, kind_names[kind]);
}

static void
ca_path(const struct rehearse_subject *s, char *out, size_t out_len,
    const char *suffix)
{
	(void)snprintf(out, out_len, REHEARSE_FOLDER "/%s-ca%s", s->ca_prefix,
	    suffix);
}

static int
keygen_run(const char *const *argv, struct err *err)
{
	struct command_result res;

	if (command_run_checked(
	        argv, KEYGEN_TIMEOUT_S, "ssh-keygen", &res, err) < 0)
		return -1;
	command_result_clear(&res);
	return 0;
}

static int
key_make(const char *keygen, const struct key_type *type, const char *path,
    struct err *err)
{
	const char *argv[] = { keygen, "-q", "-t", type->type, "-b",
		type->bits, "-N", "", "-C", "certgate-rehearsal", "-f", path,
		NULL };

	return keygen_run(argv, err);
}

/* The smallest serial that is not revoked: 0 for most. */
static uint64_t
free_serial(const struct policy_authority *a)
{
	uint64_t serial = 0;
	size_t i;

	for (i = 0; i < a->n_revoked_serials &&
	     a->revoked_serials[i].first == serial;
	     i++) {
		/* All are revoked: then it does not matter. */
		if (a->revoked_serials[i].last == UINT64_MAX)
			break;
		serial = a->revoked_serials[i].last + 1;
	}
	return serial;
}

static int
cert_sign(const char *keygen, const struct policy_authority *a,
    const struct rehearse_subject *s, enum rehearse_kind kind,
    struct err *err)
{
	char ca[REHEARSE_PATH], key[REHEARSE_PATH], pub[REHEARSE_PATH], validity[64];
	char serial[24];
	const char *name =
	    kind == REHEARSE_STRANGER ? "certgate-stranger" : s->principal;
	const char *argv[18 + 2 * MAX_OPTIONS] = { keygen, "-q", "-s", ca,
		"-I", kind == REHEARSE_STRANGER ? name : s->key_id, "-n",
		name, "-V", validity, "-z", serial };
	uint64_t length = a->max_validity_s != 0 &&
		a->max_validity_s < VALIDITY_S ? a->max_validity_s : VALIDITY_S;
	size_t i, k, n = 12;

	ca_path(s, ca, sizeof(ca), "");
	rehearse_key_path(s, key, sizeof(key));
	(void)snprintf(
	    serial, sizeof(serial), "%" PRIu64, free_serial(a));
	(void)snprintf(pub, sizeof(pub), REHEARSE_FOLDER "/%s-%s.pub",
	    s->ca_prefix, kind_names[kind]);
	(void)strncat(key, ".pub", sizeof(key) - strlen(key) - 1);
	if (link(key, pub) < 0)
		return err_system(err, "%s", pub);
	if (kind == REHEARSE_EXPIRED)
		(void)snprintf(validity, sizeof(validity),
		    "-%" PRIu64 "s:-60s", length + 60);
	else
		(void)snprintf(validity, sizeof(validity),
		    "-%" PRIu64 "s:+%" PRIu64 "s", length / 6,
		    length - length / 6);
	for (i = 0; i < a->n_critical_options && i < MAX_OPTIONS; i++) {
		for (k = 0; k < sizeof(critical) / sizeof(critical[0]); k++) {
			if (strcmp(a->critical_options[i],
			        critical[k].name) != 0)
				continue;
			argv[n++] = "-O";
			argv[n++] = critical[k].option;
		}
	}
	argv[n] = pub;
	return keygen_run(argv, err);
}

static int
ca_read(struct rehearse_subject *s, struct err *err)
{
	char path[REHEARSE_PATH];
	char *text = NULL;
	size_t len;
	int got;

	ca_path(s, path, sizeof(path), ".pub");
	if (file_read(path, FILE_ROOTS, MAX_KEY_FILE, &text, &len, err) < 0)
		return -1;
	got = pubkey_parse_line(&s->ca, text, strcspn(text, "\r\n"),
	    (struct place) { path, 1, 0 }, err);
	free(text);
	if (got == 0)
		(void)err_setf(err, ERR_MALFORMED, "%s: no key in it", path);
	return got == 1 ? 0 : -1;
}

int
rehearse_certs_make(const char *keygen, const struct policy *p,
    struct rehearse_subject *s, char *why, size_t why_len, struct err *err)
{
	const struct policy_authority *a = &p->authorities[s->authority];
	const struct key_type *type = user_type(a);
	struct err own = ERR_INIT;
	char ca[REHEARSE_PATH], key[REHEARSE_PATH];
	size_t kind;

	if (type == NULL) {
		(void)snprintf(why, why_len, "its authority asks for a key "
		                             "that ssh-keygen cannot make "
		                             "by itself");
		return 0;
	}
	ca_path(s, ca, sizeof(ca), "");
	rehearse_key_path(s, key, sizeof(key));
	if (key_make(keygen, ca_type(a), ca, &own) < 0 ||
	    key_make(keygen, type, key, &own) < 0) {
		/* Not all systems make all types: FIPS. */
		(void)snprintf(why, why_len, "%.200s", own.text);
		return 0;
	}
	for (kind = 0; kind < REHEARSE_N_KINDS; kind++) {
		if (cert_sign(keygen, a, s, (enum rehearse_kind)kind, err) < 0)
			return -1;
	}
	if (unlink(ca) < 0)
		return err_system(err, "%s", ca);
	return ca_read(s, err) < 0 ? -1 : 1;
}
