/*
 * monotone: the input chooses a policy, one piece of it, and logins.  A
 * policy without a piece that lets people in lets in nobody more, and one
 * without a piece that keeps people out keeps out nobody more.  That alone
 * would hold of a piece that does nothing, too: so whom `deny`, `revoked`, a
 * rule's `authorities` and an authority's terms name is never let in, by an
 * opinion that knows no more than the questions.
 *
 * Two exceptions are the manual's.  The first entry that fits a certificate
 * decides, with its networks, as for sshd: so a login that source-address
 * refuses may get in when that entry is gone.  And `key_id: identity` tells
 * people apart: with it a principal alone does not make somebody denied.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "config-gen/policy.h"
#include "lib/base64.h"
#include "lib/decide.h"
#include "tests/differential/random.h"
#include "tests/fuzz/scratch.h"
#include "tests/unit/certbuild.h"

/* 2026-11-22T11:00:00Z */
#define NOW 1795345200
#define DAY 86400
#define N_QUESTIONS 400
#define MAX_ENTRIES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whom a piece that can be left out concerns. */
enum piece { LETS_IN, KEEPS_OUT, TELLS_APART, NEUTRAL };

/* The input's bytes, then zeros for ever. */
struct source {
	const uint8_t *p;
	size_t len;
};

/* Whom a policy keeps out, whatever else it says; from authority one and two,
 * by rule. */
struct kept_out {
	bool is_over[2], is_short[2], needs_command[2], needs_com[2];
	bool denies_jdoe, denies_ci;
	bool revokes_serials, revokes_key_id, revokes_serial;
	bool has_rule[4], is_of_one[4];
};

/* A policy being written. */
struct text {
	char *p;
	size_t len, size;
	size_t n_pieces; /* so far */
	size_t left_out; /* this one; SIZE_MAX: none */
	enum piece kind; /* of the one that was left out */
	struct kept_out out;
};

static const char *const identities[] = { "jdoe@example.com",
	"alice@example.com", "dave@example.org", "ci", "deploy", "root" };
/* The last is nobody's identity. */
static const char *const names[] = { "jdoe", "alice", "ci", "deploy",
	"jdoe@example.com", "alice@example.com", "root", "breakglass" };
static const char *const users[] = { "jdoe", "deploy", "root", "*" };
static const char *const accounts[] = { "jdoe", "deploy", "root", "alice" };
static const char *const addresses[] = { NULL, "192.0.2.1", "198.51.100.7" };

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static uint8_t
take(struct source *s)
{
	if (s->len == 0)
		return 0;
	s->len--;
	return *s->p++;
}

static uint8_t
choose(struct source *s, size_t n)
{
	return (uint8_t)(take(s) % n);
}

static void
add(struct text *t, const char *what)
{
	size_t len = strlen(what);

	require(t->len + len < t->size);
	memcpy(t->p + t->len, what, len + 1);
	t->len += len;
}

/* A piece: written unless it is the one that is left out. */
static bool
may_add(struct text *t, enum piece kind)
{
	if (t->n_pieces++ != t->left_out)
		return true;
	t->kind = kind;
	return false;
}

static bool
piece(struct text *t, enum piece kind, const char *what)
{
	if (!may_add(t, kind))
		return false;
	add(t, what);
	return true;
}

static void
add_quoted(
    struct text *t, const char *before, const char *what, const char *after)
{
	add(t, before);
	add(t, "\"");
	add(t, what);
	add(t, "\"");
	add(t, after);
}

static void
put_key(struct text *t, uint8_t ca)
{
	struct wire blob = WIRE_INIT;
	char encoded[128];

	certbuild_ca_key(&blob, ca);
	require(BASE64_ENCODED_SIZE(blob.len) <= sizeof(encoded));
	base64_encode(encoded, blob.p, blob.len);
	add(t, "    keys: [\"ssh-ed25519 ");
	add(t, encoded);
	add(t, "\"]\n");
	wire_free(&blob);
}

static void
put_authority(struct text *t, struct source *s, uint8_t ca)
{
	static const char *const modes[] = { "verbatim", "email",
		"email-prefix" };
	uint8_t wants = take(s);
	size_t n = ca - 1U;

	add(t, ca == 1 ? "  one:\n" : "  two:\n");
	put_key(t, ca);
	add(t, "    principals: ");
	add(t, modes[choose(s, 3)]);
	add(t, "\n");
	add(t, "    domains: [example.com");
	if (wants & 1)
		(void)piece(t, LETS_IN, ", example.org");
	add(t, "]\n");
	if (wants & 2)
		t->out.is_over[n] =
		    piece(t, KEEPS_OUT, "    trust: 2026-01-01..2026-11-21\n");
	add(t, "    require: {");
	if (wants & 4)
		t->out.is_short[n] = piece(t, KEEPS_OUT, "max_validity: 1h, ");
	if (wants & 8 && wants & 16)
		(void)piece(t, TELLS_APART, "key_id: identity, ");
	else if (wants & 8)
		t->out.needs_com[n] =
		    piece(t, KEEPS_OUT, "key_id: \"*e.com\", ");
	if (wants & 32)
		t->out.needs_command[n] =
		    piece(t, KEEPS_OUT, "critical_options: [force-command], ");
	add(t, "key_types: [ssh-rsa");
	if (wants & 64)
		(void)piece(t, LETS_IN, ", ssh-ed25519");
	else
		add(t, ", ssh-ed25519");
	add(t, "]}\n");
}

/*
 * One entry of a rule, on a line of its own.  used has the bits of whom the
 * rule names so far: none may stand there twice.
 */
static void
put_entry(struct text *t, struct source *s, bool is_first, uint32_t *used)
{
	uint8_t kind = choose(s, 20), terms = take(s);

	while (*used >> kind & 1)
		kind = (uint8_t)((kind + 1) % 20);
	*used |= (uint32_t)1 << kind;
	if (!is_first && !may_add(t, LETS_IN)) {
		/* The pieces behind it keep their numbers. */
		t->n_pieces += (terms & 1) + (terms >> 1 & 1);
		return;
	}
	if (kind < 6)
		add_quoted(t, "      - {identity: ", identities[kind], "");
	else if (kind < 14)
		add_quoted(t, "      - {principal: ", names[kind - 6], "");
	else if (kind < 16)
		add(t,
		    kind == 14 ? "      - {group: team"
			       : "      - {group: crew");
	else if (kind == 16)
		add(t, "      - {any: true");
	else if (kind == 17)
		add(t, "      - {same-name: true");
	else
		add_quoted(t,
		    "      - {principal: ", kind == 18 ? "nobody" : "somebody",
		    "");
	if (terms & 1)
		(void)piece(t, KEEPS_OUT, ", from: [192.0.2.0/24]");
	if (terms & 2)
		(void)piece(t, KEEPS_OUT,
		    terms & 4 ? ", until: 2026-11-01" : ", until: 2027-01-31");
	if (terms & 8)
		add(t, ", options: restrict");
	add(t, "}\n");
}

static void
put_rules(struct text *t, struct source *s)
{
	uint8_t which = take(s);
	size_t i, k, n;
	uint32_t used;

	add(t, "users:\n");
	for (i = 0; i < 4; i++) {
		if (!(which >> i & 1) && i != 0)
			continue;
		add_quoted(t, "  ", users[i], ":\n");
		t->out.has_rule[i] = true;
		if (take(s) % 3 == 0)
			t->out.is_of_one[i] =
			    piece(t, KEEPS_OUT, "    authorities: [one]\n");
		if (i > 1) /* what any needs there */
			add(t, "    dangerous: true\n");
		if (i == 3 && take(s) & 1)
			add(t, "    min_uid: 500\n");
		add(t, "    allow:\n");
		n = 1U + choose(s, MAX_ENTRIES);
		for (used = 0, k = 0; k < n; k++)
			put_entry(t, s, k == 0, &used);
	}
}

static void
put_policy(struct text *t, struct source *s)
{
	uint8_t more;
	size_t i;

	add(t, "version: 1\nauthorities:\n");
	put_authority(t, s, 1);
	put_authority(t, s, 2);
	add(t, "groups:\n  crew:\n    - ci\n    - jdoe@example.com\n");
	add(t, "  team:\n    - alice@example.com\n");
	for (i = 0; i < 6; i++)
		if (i != 1 && take(s) & 1 && may_add(t, LETS_IN))
			add_quoted(t, "    - ", identities[i], "\n");
	more = take(s);
	/* Either list may become empty: then nobody is denied or revoked. */
	add(t, "deny: [");
	if (more & 1)
		t->out.denies_jdoe = piece(t, KEEPS_OUT, "jdoe@example.com, ");
	if (more & 2)
		t->out.denies_ci = piece(t, KEEPS_OUT, "ci, ");
	if (more & 32)
		(void)piece(t, KEEPS_OUT, "mallory@example.com, ");
	add(t, "]\nrevoked: [");
	if (more & 4)
		t->out.revokes_serials =
		    piece(t, KEEPS_OUT, "{authority: one, serials: 1-3}, ");
	if (more & 8)
		t->out.revokes_key_id = piece(t, KEEPS_OUT,
		    "{authority: two, key_id: \"alice@example.com\"}, ");
	if (more & 16)
		t->out.revokes_serial =
		    piece(t, KEEPS_OUT, "{authority: two, serial: 2}, ");
	if (more & 64)
		(void)piece(t, KEEPS_OUT, "{authority: one, serial: 99}, ");
	add(t, "]\n");
	put_rules(t, s);
}

/* A policy that was loaded. */
struct loaded {
	struct index index;
	int fd;
	struct kept_out out;
};

/* The index of a text; false where it is no policy. */
static bool
compile(const struct text *t, struct loaded *l)
{
	struct diag_report r = DIAG_REPORT_INIT;
	struct err err = ERR_INIT;
	struct policy *p;

	scratch_put("policy.yaml", t->p, t->len);
	p = policy_load(
	    scratch_path("policy.yaml"), "", POLICY_MAX_BYTES, &r);
	if (p == NULL && getenv("FUZZ_SHOW") != NULL)
		diag_print(&r, stderr, false);
	diag_free(&r);
	if (p == NULL)
		return false;
	l->fd = memfd_create("index", MFD_CLOEXEC);
	require(l->fd >= 0 && compile_index(p, 1000, l->fd, &err) == 0);
	require(index_open(&l->index, l->fd, &err) == 0);
	l->out = t->out;
	policy_free(p);
	return true;
}

static void
unload(struct loaded *l)
{
	index_close(&l->index);
	(void)close(l->fd);
}

/* A login with a certificate. */
struct question {
	struct span principals[2];
	struct certbuild cert;
	const char *from; /* or NULL */
	size_t account;
};

/* One that is chosen by four bytes. */
static void
make_question(struct source *s, struct question *q)
{
	uint8_t who = take(s), what = take(s), where = take(s);

	q->principals[0] = span_of(names[who % 8]);
	q->principals[1] = span_of(names[who / 8 % 8]);
	q->cert = (struct certbuild){ .ca = (uint8_t)(1 + (what & 1)),
		.serial = what >> 1 & 3,
		.type = 1,
		.key_id = identities[take(s) % 6],
		.principals = q->principals,
		.n_principals = what & 8 ? 2 : 1,
		.valid_after = NOW - (what & 16 ? 7 * DAY : 60),
		.valid_before = NOW + 600 };
	if (what & 32)
		q->cert.force_command = "/bin/true";
	q->from = addresses[where % 3];
	q->account = where / 3 % 4;
}

static void
make_request(const struct question *q, struct wire *blob,
    struct decide_request *r, struct ipaddr *addr)
{
	certbuild_write(blob, &q->cert);
	*r = (struct decide_request){ .user = span_of(accounts[q->account]),
		.uid = q->account == 2 ? 0 : 1000,
		.cert = wire_span(blob),
		.now_at = NOW };
	if (q->from != NULL) {
		require(ipaddr_parse(addr, span_of(q->from)) == 0);
		r->addr = addr;
	}
}

/* Whether the certificate names identity, as key ID or principal. */
static bool
names_identity(const struct question *q, const char *identity)
{
	size_t i;

	for (i = 0; i < q->cert.n_principals; i++)
		if (span_is(q->principals[i], identity))
			return true;
	return strcmp(q->cert.key_id, identity) == 0;
}

static bool
is_kept_out(const struct kept_out *out, const struct question *q)
{
	const struct certbuild *c = &q->cert;
	size_t n = c->ca - 1U, rule = q->account;

	/* "*" serves who has none, and never uid 0. */
	if (rule == 3 || (rule != 2 && !out->has_rule[rule]))
		rule = 3;
	if ((out->denies_jdoe && names_identity(q, "jdoe@example.com")) ||
	    (out->denies_ci && names_identity(q, "ci")))
		return true;
	if ((n == 0 && out->revokes_serials && c->serial >= 1) ||
	    (n == 1 && out->revokes_serial && c->serial == 2) ||
	    (n == 1 && out->revokes_key_id &&
		strcmp(c->key_id, "alice@example.com") == 0))
		return true;
	if (!out->has_rule[rule] || (out->is_of_one[rule] && n == 1))
		return true;
	return out->is_over[n] ||
	    (out->is_short[n] && c->valid_after != NOW - 60) ||
	    (out->needs_com[n] && strstr(c->key_id, "e.com") == NULL) ||
	    (out->needs_command[n] && c->force_command == NULL);
}

/* What the index says of the login; who is kept out must not be let in. */
static enum reason
ask(struct index *x, const struct kept_out *out, const struct question *q,
    struct decide_request *r)
{
	static struct decision d;

	r->index = x;
	(void)decide(r, &d);
	require(d.reason != REASON_INDEX_UNREADABLE);
	require(d.reason != REASON_ALLOWED || !is_kept_out(out, q));
	return d.reason;
}

/*
 * more lets in all whom less lets in; but for those whom it denies by name
 * where may_undeny says so.  Where the input's bytes end, the
 * questions are drawn: they cost little beside the two policies.
 */
static void
compare(
    struct loaded *more, struct loaded *less, bool may_undeny, struct source *s)
{
	struct random random = { s->len };
	enum reason by_more, by_less;
	struct decide_request r;
	struct question q;
	struct ipaddr addr;
	size_t i;

	for (i = 0; i < N_QUESTIONS; i++) {
		uint64_t drawn = random_u64(&random);
		struct source any = { (const uint8_t *)&drawn, sizeof(drawn) };
		struct wire blob = WIRE_INIT;

		make_question(s->len > 0 ? s : &any, &q);
		make_request(&q, &blob, &r, &addr);
		by_more = ask(&more->index, &more->out, &q, &r);
		by_less = ask(&less->index, &less->out, &q, &r);
		require(by_less != REASON_ALLOWED ||
		    by_more == REASON_ALLOWED ||
		    by_more == REASON_SOURCE_ADDRESS ||
		    (may_undeny && by_more == REASON_DENIED_IDENTITY));
		wire_free(&blob);
	}
}

/*
 * The first byte is the piece that is left out; what the policy does not use
 * of the rest are the questions.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char whole_text[16384], part_text[16384];
	struct text whole = { .p = whole_text,
		.size = sizeof(whole_text),
		.left_out = SIZE_MAX,
		.kind = NEUTRAL };
	struct text part = {
		.p = part_text, .size = sizeof(part_text), .kind = NEUTRAL
	};
	struct source s = { data, size }, again;
	struct loaded with, without;

	part.left_out = take(&s);
	again = s;
	put_policy(&whole, &s);
	if (whole.n_pieces == 0)
		return 0;
	part.left_out %= whole.n_pieces;
	put_policy(&part, &again);
	require(part.n_pieces == whole.n_pieces && again.len == s.len);
	if (getenv("FUZZ_SHOW") != NULL)
		(void)fprintf(stderr, "%s---\n%s", whole_text, part_text);
	if (part.kind == NEUTRAL || !compile(&whole, &with))
		return 0;
	if (compile(&part, &without)) {
		if (part.kind == LETS_IN)
			compare(&with, &without, false, &s);
		else
			compare(&without, &with, part.kind == TELLS_APART, &s);
		unload(&without);
	}
	unload(&with);
	return 0;
}
