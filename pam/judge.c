#include "config.h"

#include "pam/judge.h"

#include "lib/certsig.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/pubkey.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_CA_FILE (16UL * 1024 * 1024)
#define SHOWN 256

struct judge {
	int fd;
	struct index index;
	bool has_index;
	char *ca_text; /* ca.pub */
	size_t ca_len;
	char ca_path[PATH_MAX];
	struct decision d;
};

static int
join(char out[PATH_MAX], const char *folder, const char *name,
    struct err *err)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", folder, name);

	if (n < 0 || n >= PATH_MAX)
		return err_setf(err, ERR_LIMIT, "the path of %s is too long",
		    name);
	return 0;
}

struct judge *
judge_open(const char *folder, struct err *err)
{
	struct judge *j = calloc(1, sizeof(*j));
	char path[PATH_MAX];

	if (j == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	j->fd = -1;
	/*
	 * An apply may switch the generation between the two: then each of
	 * the answers, which must agree, was right a moment ago or is now.
	 */
	if (join(j->ca_path, folder, "ca.pub", err) < 0 ||
	    file_read(j->ca_path, FILE_ROOTS, MAX_CA_FILE, &j->ca_text,
		&j->ca_len, err) < 0 ||
	    join(path, folder, "policy.cdb", err) < 0 ||
	    (j->fd = file_open(path, FILE_ROOTS, UINT32_MAX, NULL, err)) < 0 ||
	    index_open(&j->index, j->fd, err) < 0) {
		judge_close(j);
		return NULL;
	}
	j->has_index = true;
	return j;
}

void
judge_close(struct judge *j)
{
	if (j == NULL)
		return;
	if (j->has_index)
		index_close(&j->index);
	if (j->fd >= 0)
		(void)close(j->fd);
	free(j->ca_text);
	free(j);
}

/* 1 where ca.pub holds the key, 0, or -1 where ca.pub is damaged. */
static int
is_trusted(const struct judge *j, struct span ca_key, struct err *err)
{
	const char *line = j->ca_text;
	size_t left = j->ca_len, len, n = 0;
	struct pubkey k;
	int found = 0;

	while (left > 0 && found == 0) {
		const char *end = memchr(line, '\n', left);

		len = end == NULL ? left : (size_t)(end - line);
		memset(&k, 0, sizeof(k));
		found = pubkey_parse_line(&k, line, len,
		    (struct place) { j->ca_path, ++n, 0 }, err);
		if (found == 1) {
			found = span_equal(ca_key,
			    (struct span) { k.blob, k.blob_len });
			pubkey_clear(&k);
		}
		len += end == NULL ? 0 : 1;
		line += len;
		left -= len;
	}
	return found;
}

/* The decision said yes: what sshd has done before it asks for one. */
static enum verdict
check_signature(struct judge *j, struct err *err)
{
	struct err why = ERR_INIT;
	int trusted = is_trusted(j, j->d.cert.ca_key, err);

	if (trusted < 0)
		return VERDICT_FAILED;
	if (trusted == 0) {
		j->d.reason = REASON_UNKNOWN_AUTHORITY;
		(void)err_setf(&j->d.detail, ERR_REFUSED,
		    "the authority's key is not in ca.pub");
		return VERDICT_DENIED;
	}
	if (certsig_verify(&j->d.cert, &why) < 0) {
		if (why.code == ERR_MEMORY) {
			*err = why;
			return VERDICT_FAILED;
		}
		j->d.reason = REASON_MALFORMED;
		j->d.detail = why;
		return VERDICT_DENIED;
	}
	return VERDICT_ALLOWED;
}

static bool
needs_address(const struct decision *d)
{
	return d->cert.source_address.p != NULL ||
	    d->lines[0].grant.from.len != 0;
}

enum verdict
judge_ask(struct judge *j, const struct judge_question *q, struct err *err)
{
	struct decide_request r = { 0 };
	enum verdict v = VERDICT_ALLOWED;

	r.index = &j->index;
	r.user = span_of(q->user);
	r.uid = q->uid;
	r.cert = q->cert;
	r.now_at = q->now_at;
	r.addr = q->addr;
	if (!decide(&r, &j->d)) {
		if (j->d.reason != REASON_INDEX_UNREADABLE)
			return VERDICT_DENIED;
		(void)err_setf(err, ERR_MALFORMED, "%s",
		    j->d.detail.code != ERR_NONE ? j->d.detail.text
						 : "the index is damaged");
		return VERDICT_FAILED;
	}
	v = check_signature(j, err);
	if (v == VERDICT_ALLOWED && q->addr == NULL && needs_address(&j->d)) {
		j->d.reason = REASON_SOURCE_ADDRESS;
		(void)err_setf(&j->d.detail, ERR_REFUSED,
		    "only some addresses are allowed, and the client's is not "
		    "known here");
		v = VERDICT_DENIED;
	}
	if (v != VERDICT_ALLOWED)
		j->d.n_lines = 0;
	return v;
}

const struct decision *
judge_decision(const struct judge *j)
{
	return &j->d;
}

void
judge_put_rule(struct judge *j, struct wire *w)
{
	char shown[SHOWN], number[16];
	struct span name;

	if (j->d.line == 0 ||
	    index_file(&j->index, j->d.file, &name, NULL) != 1) {
		wire_put_bytes(w, "-", 1);
		return;
	}
	(void)escape_bytes(shown, sizeof(shown), name.p, name.len);
	wire_put_bytes(w, shown, strlen(shown));
	(void)snprintf(number, sizeof(number), ":%u", j->d.line);
	wire_put_bytes(w, number, strlen(number));
}

struct span
judge_identity(const struct judge *j)
{
	struct span identity = { NULL, 0 };

	if (j->d.n_lines > 0)
		identity = j->d.lines[0].identity;
	return identity.p != NULL ? identity : j->d.cert.key_id;
}
