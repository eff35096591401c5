/* revoke: an entry for the policy, which holds at once. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/certfile.h"
#include "config-gen/cmd.h"
#include "config-gen/policyedit.h"
#include "config-gen/policytext.h"
#include "lib/base64.h"
#include "lib/cert.h"
#include "lib/certsig.h"
#include "lib/escape.h"

/* What is to be revoked. */
struct revoke {
	struct cmd *c;
	struct policy *policy; /* as it is */
	struct diag_report report;
	struct policyedit edit;
	const struct policy_authority *authority; /* NULL: it is a key */
	enum { BY_SERIAL, BY_KEY_ID, BY_KEY } by;
	uint64_t serial;
	struct wire text; /* the key ID, or the key's line; terminated */
	struct wire entry; /* as it goes into the policy; terminated */
	struct policy_place at; /* of the entry that does it already */
	bool is_there;
	struct cert cert; /* large; the whole is allocated */
};

static void
put(struct wire *w, const char *text)
{
	wire_put_bytes(w, text, strlen(text));
}

/* --- what the arguments mean ---------------------------------------------- */

static int
parse_serial(const char *text, uint64_t *out, struct err *err)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
		return err_setf(err, ERR_USAGE,
		    "--serial takes a serial in decimal digits, as ssh-keygen "
		    "-L shows it");
	return 0;
}

/* "a, b and 3 more". */
static void
list_authorities(const struct policy *p, char *out, size_t out_len)
{
	size_t i, len = 0;

	for (i = 0; i < p->n_authorities && len + 80 < out_len; i++)
		len += (size_t)snprintf(out + len, out_len - len, "%s%s",
		    i == 0 ? "" : ", ", p->authorities[i].name);
	if (i < p->n_authorities)
		(void)snprintf(out + len, out_len - len, " and %zu more",
		    p->n_authorities - i);
}

static int
find_authority(struct revoke *r, struct err *err)
{
	const struct policy *p = r->policy;
	const char *name = r->c->authority;
	char names[300], shown[128];
	size_t i;

	list_authorities(p, names, sizeof(names));
	if (name == NULL && p->n_authorities > 1)
		return err_setf(err, ERR_REFUSED,
		    "every CA has serials and key IDs of its own; say whose "
		    "by --authority: %s",
		    names);
	for (i = 0; i < p->n_authorities && r->authority == NULL; i++) {
		if (name == NULL || strcmp(p->authorities[i].name, name) == 0)
			r->authority = &p->authorities[i];
	}
	if (r->authority != NULL)
		return 0;
	return err_setf(err, ERR_NOT_FOUND,
	    "the policy has no authority \"%s\"; it has %s",
	    escape_text(shown, sizeof(shown), name), names);
}

/* The authority that signed the certificate. */
static int
find_signer(struct revoke *r, struct err *err)
{
	const struct policy *p = r->policy;
	size_t i, k;

	for (i = 0; i < p->n_authorities && r->authority == NULL; i++) {
		const struct policy_authority *a = &p->authorities[i];

		for (k = 0; k < a->n_keys; k++) {
			if (span_equal(r->cert.ca_key,
			        (struct span) {
			            a->keys[k].blob, a->keys[k].blob_len }))
				r->authority = a;
		}
	}
	if (r->authority == NULL)
		return err_setf(err, ERR_NOT_FOUND,
		    "%s: no authority of the policy signed this certificate, "
		    "so that nobody gets in with it",
		    r->c->args[0]);
	if (r->c->authority != NULL &&
	    strcmp(r->c->authority, r->authority->name) != 0)
		return err_setf(err, ERR_REFUSED,
		    "%s: signed by authority \"%s\", not by the one that "
		    "--authority names",
		    r->c->args[0], r->authority->name);
	return 0;
}

/* "TYPE BASE64" of the certificate's own key. */
static int
put_key(struct revoke *r, struct err *err)
{
	const char *type = cert_key_type_name(r->cert.key_type);
	struct wire blob = WIRE_INIT;
	char *base64 = NULL;
	int ret = -1;

	if (certsig_plain_key(&r->cert, &blob, err) < 0)
		goto out;
	if ((base64 = malloc(BASE64_ENCODED_SIZE(blob.len))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	base64_encode(base64, blob.p, blob.len);
	put(&r->text, type);
	put(&r->text, " ");
	wire_put_bytes(&r->text, base64, strlen(base64) + 1);
	ret = 0;
out:
	free(base64);
	wire_free(&blob);
	return ret;
}

/*
 * The serial names one certificate.  Where the CA gives serial 0 to all, the
 * key is what the others have not; a key ID would be a person's.
 */
static int
read_certificate(struct revoke *r, struct err *err)
{
	struct pubkey k;
	int ret = -1;

	if (certfile_read(&k, r->c->args[0], err) < 0)
		return -1;
	if (cert_parse(&r->cert, k.blob, k.blob_len, err) < 0 ||
	    certsig_verify(&r->cert, err) < 0 || find_signer(r, err) < 0)
		goto out;
	r->serial = r->cert.serial;
	r->by = r->serial == 0 ? BY_KEY : BY_SERIAL;
	ret = r->by == BY_KEY ? put_key(r, err) : 0;
out:
	pubkey_clear(&k);
	return ret;
}

static int
find_out(struct revoke *r, struct err *err)
{
	const struct cmd *c = r->c;

	if (c->n_args == 1)
		return read_certificate(r, err);
	if (find_authority(r, err) < 0)
		return -1;
	if (c->serial != NULL) {
		r->by = BY_SERIAL;
		return parse_serial(c->serial, &r->serial, err);
	}
	r->by = BY_KEY_ID;
	wire_put_bytes(&r->text, c->key_id, strlen(c->key_id) + 1);
	return 0;
}

/* --- the entry -------------------------------------------------------------- */

static bool
find_name(struct revoke *r, const struct policy_name *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(names[i].text, (const char *)r->text.p) != 0)
			continue;
		r->at = names[i].at;
		return true;
	}
	return false;
}

/* Whether the policy revokes it already. */
static bool
is_there(struct revoke *r)
{
	const struct policy_authority *a = r->authority;
	size_t i;

	if (r->by == BY_KEY)
		return find_name(
		    r, r->policy->revoked_keys, r->policy->n_revoked_keys);
	if (r->by == BY_KEY_ID)
		return find_name(r, a->revoked_ids, a->n_revoked_ids);
	for (i = 0; i < a->n_revoked_serials; i++) {
		const struct policy_serials *s = &a->revoked_serials[i];

		if (s->first > r->serial || r->serial > s->last)
			continue;
		r->at = s->at;
		return true;
	}
	return false;
}

static void
make_entry(struct revoke *r)
{
	struct wire *w = &r->entry;
	char serial[24];

	put(w, "{");
	if (r->by == BY_KEY) {
		put(w, "key: ");
	} else {
		put(w, "authority: ");
		policytext_put_scalar(w, r->authority->name, 0);
		put(w, r->by == BY_SERIAL ? ", serial: " : ", key_id: ");
	}
	(void)snprintf(serial, sizeof(serial), "%" PRIu64, r->serial);
	if (r->by == BY_SERIAL)
		put(w, serial);
	else
		policytext_put_scalar(w, (const char *)r->text.p, '"');
	wire_put_bytes(w, "}", 2);
}

static int
edit(struct revoke *r, struct err *err)
{
	struct policyedit_change change = { .kind = POLICYEDIT_REVOKE };
	int ret;

	make_entry(r);
	if (r->entry.has_failed || r->text.has_failed)
		return err_setf(err, ERR_MEMORY, "out of memory");
	change.entry = (const char *)r->entry.p;
	ret = policyedit_make(&r->edit, r->policy, r->c->root.dir, &change,
	    &r->report, err);
	cmd_show_findings(r->c, &r->report);
	if (ret < 0 && r->report.n_errors == 0 && !r->c->is_json &&
	    r->edit.by_hand.p != NULL && r->edit.by_hand.p[0] != '\0')
		(void)fprintf(stderr, "certgate: write it by hand, %s",
		    (const char *)r->edit.by_hand.p);
	return ret;
}

/* The last of what makes the change last: proved, and then written. */
static int
write_policy(void *ctx, bool *is_written, struct err *err)
{
	const struct revoke *r = ctx;

	return policyedit_write(&r->edit, is_written, err);
}

static void
say(struct revoke *r)
{
	struct place at = policy_place(r->policy, r->at);
	char shown[512], file[512];

	(void)escape_text(shown, sizeof(shown),
	    r->is_there ? "" : (const char *)r->entry.p);
	(void)escape_text(
	    file, sizeof(file), r->is_there ? at.file : r->edit.file);
	if (r->is_there)
		cmd_say(r->c, "revoked", "already, by %s:%zu", file, at.line);
	else
		cmd_say(r->c, "revoked", "%s, added to %s", shown, file);
	if (r->by == BY_KEY)
		cmd_say(r->c, "", "by its key, since its serial is 0, as that "
		                  "of others is");
	if (!r->c->is_json)
		return;
	(void)json_object_set_new(r->c->out, "revoke",
	    json_pack("{s:b, s:s, s:s}", "is_new", !r->is_there, "entry",
	        shown, "file", file));
}

static int
revoke(struct revoke *r)
{
	struct cmd_also also = { NULL, r, false };
	struct err err = ERR_INIT;
	int status;

	if ((r->policy = cmd_load_policy(r->c, r->c->policy)) == NULL)
		return CMD_REFUSED;
	if (find_out(r, &err) < 0)
		return cmd_fail_unchanged(r->c, &err);
	r->is_there = is_there(r);
	if (!r->is_there && edit(r, &err) < 0)
		return cmd_fail_unchanged(r->c, &err);
	if (!r->is_there)
		also.write = write_policy;
	status = cmd_apply_policy(
	    r->c, r->is_there ? r->policy : r->edit.policy, &also);
	if (status == CMD_DONE)
		say(r);
	else if (also.is_written)
		cmd_warn(r->c,
		    "the entry is in the policy and not yet in force; the "
		    "next certgate apply makes it so");
	return status;
}

int
cmd_revoke(struct cmd *c)
{
	size_t n = c->n_args + (c->serial != NULL) + (c->key_id != NULL);
	struct err err = ERR_INIT;
	struct revoke *r;
	int status;

	if (n != 1) {
		(void)fprintf(stderr, "certgate: revoke takes a certificate, "
		                      "--serial or --key-id, and one of them\n");
		return CMD_USAGE;
	}
	if ((r = calloc(1, sizeof(*r))) == NULL) {
		(void)err_setf(&err, ERR_MEMORY, "out of memory");
		return cmd_fail_unchanged(c, &err);
	}
	r->c = c;
	status = revoke(r);
	policyedit_clear(&r->edit);
	diag_free(&r->report);
	policy_free(r->policy);
	wire_free(&r->text);
	wire_free(&r->entry);
	free(r);
	return status;
}
