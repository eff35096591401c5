#include "config.h"

#include "lib/decide.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/indexmake.h"
#include "tests/unit/certbuild.h"
#include "tests/unit/harness.h"

#define NOW 1000000
#define MIN_UID 1000

/* The authorities of the test's index. */
enum {
	VERBATIM,
	PREFIX, /* email-prefix, example.com only */
	BY_ID, /* email-prefix, key_id: identity, two domains */
	EMAIL, /* email, example.com only */
	SHORT, /* max_validity 1 h */
	GLOB, /* key_id *@example.com */
	ADDRESSED, /* critical_options [source-address] */
	ECDSA_ONLY, /* key_types [ecdsa-sha2-nistp256] */
	DAMAGED, /* critical_options is no list */
	EARLY, /* trusted from the next second on */
	BEGUN, /* trusted in this very second */
	ENDED, /* not trusted any more since this second */
	RETIRING, /* its key goes with the next second */
	GONE, /* its key went with this second */
	N_AUTHORITIES,
	STRANGER
};

enum { RELEASE = 1, BIG = 2 };

static struct index idx;
static FILE *file;

static void
make_authority(struct index_make *m, uint32_t n, const char *name,
    enum principals_mode mode, const char *domains)
{
	struct index_authority a = { .number = n, .principals = mode };
	struct wire list = WIRE_INIT, more = WIRE_INIT, ca = WIRE_INIT;
	char copy[64];
	char *word;

	a.name = span_of(name);
	a.line = 10 + n;
	(void)snprintf(copy, sizeof(copy), "%s", domains);
	for (word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
		wire_put_text(&list, word);
	a.domains = wire_span(&list);
	a.key_id_identity = n == BY_ID;
	a.max_validity_s = n == SHORT ? 3600 : 0;
	if (n == EARLY || n == BEGUN)
		a.trust_from = n == EARLY ? NOW + 1 : NOW;
	if (n == BEGUN || n == ENDED)
		a.trust_until = n == BEGUN ? NOW + 1 : NOW;
	if (n == GLOB)
		wire_put_text(&more, "*@example.com");
	if (n == ADDRESSED)
		wire_put_text(&more, "source-address");
	if (n == ECDSA_ONLY)
		wire_put_text(&more, "ecdsa-sha2-nistp256");
	if (n == DAMAGED)
		wire_put_u32(&more, 14);
	if (n == GLOB)
		a.key_ids = wire_span(&more);
	if (n == ADDRESSED || n == DAMAGED)
		a.critical_options = wire_span(&more);
	if (n == ECDSA_ONLY)
		a.key_types = wire_span(&more);
	index_make_authority(m, &a);
	certbuild_ca_key(&ca, (uint8_t)n);
	index_make_key(m, wire_span(&ca), n,
	    n == RETIRING ? NOW + 1
	    : n == GONE   ? NOW
	                  : 0);
	wire_free(&ca);
	wire_free(&more);
	wire_free(&list);
}

/* A set whose members' own grants are in value, NULL for a group's. */
static void
make_members(struct index_make *m, uint32_t set, const char *identity,
    const char *prefix, const struct wire *value)
{
	struct wire list = WIRE_INIT;

	index_make_member(m, set, 'i', span_of(identity),
	    value == NULL ? (struct span) { NULL, 0 } : wire_span(value));
	wire_put_text(&list, identity);
	index_make_member(m, set, 'p', span_of(prefix), wire_span(&list));
	wire_free(&list);
}

/* A prefix whose list lost its end, and with it who stands behind it. */
static void
make_cut_prefix(struct index_make *m, uint32_t set, const char *prefix)
{
	struct wire list = WIRE_INIT;

	wire_put_text(&list, "somebody@example.com");
	wire_put_u32(&list, 20);
	index_make_member(m, set, 'p', span_of(prefix), wire_span(&list));
	wire_free(&list);
}

struct entry {
	enum grant_kind kind;
	const char *text;
	const char *from;
	const char *options;
	int64_t until;
	uint32_t line;
};

static void
put_entry(struct wire *w, const struct entry *e, uint32_t ordinal)
{
	struct index_grant g = { .kind = e->kind, .ordinal = ordinal };
	struct wire from = WIRE_INIT;

	g.until = e->until == 0 ? INT64_MAX : e->until;
	g.line = e->line;
	g.set = RELEASE;
	if (e->text != NULL)
		g.text = span_of(e->text);
	if (e->options != NULL)
		g.options = span_of(e->options);
	if (e->from != NULL)
		wire_put_text(&from, e->from);
	g.from = wire_span(&from);
	index_put_grant(w, &g);
	wire_free(&from);
}

static void
make_rule(struct index_make *m, const char *user, uint32_t line, uint32_t set,
    const struct entry *entries, size_t n, const uint32_t *only)
{
	struct index_rule r = { .line = line, .set = set };
	struct wire grants = WIRE_INIT, authorities = WIRE_INIT;
	size_t i;

	for (i = 0; i < n; i++)
		put_entry(&grants, &entries[i], (uint32_t)i);
	if (only != NULL) {
		r.has_authorities = true;
		wire_put_u32(&authorities, *only);
		r.authorities = wire_span(&authorities);
	}
	index_make_rule(m, user, &r, wire_span(&grants));
	wire_free(&grants);
	wire_free(&authorities);
}

#define RULE(user, line, ...)                                                  \
	do {                                                                   \
		static const struct entry entries[] = { __VA_ARGS__ };         \
		make_rule(m, user, line, 0, entries,                           \
		    sizeof(entries) / sizeof(entries[0]), NULL);               \
	} while (0)

/* For uid 0 under another name: `any` that says dangerous. */
static void
make_toor(struct index_make *m)
{
	struct index_rule r = { .line = 75, .is_dangerous = true };
	struct entry any = { GRANT_ANY, NULL, NULL, NULL, 0, 75 };
	struct wire grants = WIRE_INIT;

	put_entry(&grants, &any, 0);
	index_make_rule(m, "toor", &r, wire_span(&grants));
	wire_free(&grants);
}

static void
make_rules(struct index_make *m)
{
	static const struct entry only_entry = { GRANT_IDENTITY,
		"jdoe@example.com", NULL, NULL, 0, 61 };
	static const uint32_t only = PREFIX;

	RULE("johndoe", 50,
	    { GRANT_IDENTITY, "jdoe@example.com", NULL, NULL, 0, 50 });
	RULE("deploy", 52, { GRANT_GROUP, NULL, NULL, "restrict", 0, 53 },
	    { GRANT_PRINCIPAL, "breakglass", NULL, NULL, 0, 54 },
	    { GRANT_IDENTITY, "ci", "192.0.2.0/24", NULL, 0, 55 });
	RULE("kiosk", 56, { GRANT_ANY, NULL, NULL, NULL, 0, 56 });
	RULE("temp", 57,
	    { GRANT_IDENTITY, "jdoe@example.com", NULL, NULL, NOW, 58 },
	    { GRANT_IDENTITY, "bob@example.com", NULL, NULL, NOW + 1, 59 });
	make_rule(m, "limited", 60, 0, &only_entry, 1, &only);
	RULE("first", 70,
	    { GRANT_PRINCIPAL, "b", "192.0.2.0/24", "no-pty", 0, 71 },
	    { GRANT_PRINCIPAL, "a", NULL, NULL, 0, 72 },
	    { GRANT_PRINCIPAL, "b", NULL, NULL, 0, 73 });
	make_toor(m);
	RULE("*", 80, { GRANT_SAME_NAME, NULL, NULL, NULL, 0, 80 });
}

/* A large rule, whose entries are a set of their own. */
static void
make_big(struct index_make *m)
{
	struct entry e = { GRANT_IDENTITY, "eve@example.com", NULL, NULL, 0,
		91 };
	struct wire value = WIRE_INIT;

	put_entry(&value, &e, 0);
	make_members(m, BIG, "eve@example.com", "eve", &value);
	wire_reset(&value);
	e = (struct entry) { GRANT_PRINCIPAL, "lit", NULL, NULL, 0, 92 };
	put_entry(&value, &e, 1);
	index_make_member(m, BIG, 'l', span_of("lit"), wire_span(&value));
	make_rule(m, "big", 90, BIG, NULL, 0, NULL);
	index_make_set_name(m, BIG, "user", "big");
	wire_free(&value);
}

static void
make_denied(struct index_make *m)
{
	static const struct entry e = { GRANT_IDENTITY, "mallory@example.com",
		NULL, NULL, 0, 95 };
	struct wire value = WIRE_INIT;

	put_entry(&value, &e, 0);
	make_members(
	    m, INDEX_SET_DENY, "mallory@example.com", "mallory", &value);
	make_cut_prefix(m, INDEX_SET_DENY, "trudy");
	index_make_set_name(m, INDEX_SET_DENY, "deny", "");
	wire_free(&value);
}

static void
open_world(void)
{
	struct index_counts counts = { .min_uid = MIN_UID,
		.n_authorities = N_AUTHORITIES, .n_users = 8, .n_sets = 2,
		.has_denied = true };
	struct err err = ERR_INIT;
	struct index_make *m;

	ck_assert_ptr_nonnull(file = tmpfile());
	ck_assert_ptr_nonnull(m = index_make_begin(fileno(file), &err));
	index_make_file(m, 0, "policy.yaml");
	make_authority(m, VERBATIM, "verbatim", PRINCIPALS_VERBATIM, "");
	make_authority(
	    m, PREFIX, "prefix", PRINCIPALS_EMAIL_PREFIX, "example.com");
	make_authority(m, BY_ID, "by-id", PRINCIPALS_EMAIL_PREFIX,
	    "example.com example.org");
	make_authority(m, EMAIL, "email", PRINCIPALS_EMAIL, "example.com");
	make_authority(m, SHORT, "short", PRINCIPALS_VERBATIM, "");
	make_authority(m, GLOB, "glob", PRINCIPALS_VERBATIM, "");
	make_authority(m, ADDRESSED, "addressed", PRINCIPALS_VERBATIM, "");
	make_authority(m, ECDSA_ONLY, "ecdsa-only", PRINCIPALS_VERBATIM, "");
	make_authority(m, DAMAGED, "damaged", PRINCIPALS_VERBATIM, "");
	make_authority(m, EARLY, "early", PRINCIPALS_VERBATIM, "");
	make_authority(m, BEGUN, "begun", PRINCIPALS_VERBATIM, "");
	make_authority(m, ENDED, "ended", PRINCIPALS_VERBATIM, "");
	make_authority(m, RETIRING, "retiring", PRINCIPALS_VERBATIM, "");
	make_authority(m, GONE, "gone", PRINCIPALS_VERBATIM, "");
	make_members(m, RELEASE, "alice@example.com", "alice", NULL);
	make_cut_prefix(m, RELEASE, "carol");
	index_make_set_name(m, RELEASE, "group", "release");
	make_rules(m);
	make_big(m);
	make_denied(m);
	ck_assert_int_eq(index_make_end(m, &counts, &err), 0);
	ck_assert_int_eq(index_open(&idx, fileno(file), &err), 0);
}

static void
close_world(void)
{
	index_close(&idx);
	(void)fclose(file);
}

/* One login.  What is 0 or NULL is as in an ordinary certificate. */
struct row {
	const char *name;
	const char *user;
	uint8_t ca;
	const char *principals; /* separated by commas */
	const char *key_id;
	enum reason reason;
	const char *lines; /* what sshd is told; "" where denied */
	uint32_t line; /* of the policy */
	const char *addr;
	const char *source_address;
	uint64_t valid_after, valid_before;
	uint32_t type;
	uint32_t uid;
};

#define OK REASON_ALLOWED
#define NO_PRINCIPAL REASON_NO_MATCHING_PRINCIPAL
#define BAD_ID REASON_KEY_ID_MISMATCH

/* Rows leave out what is as in an ordinary certificate. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static const struct row rows[] = {
	{ "a verbatim identity", "johndoe", VERBATIM, "jdoe@example.com", "k",
	    OK, "jdoe@example.com\n", 50, .uid = 1 },
	{ "verbatim is not cut", "johndoe", VERBATIM, "jdoe", "k",
	    NO_PRINCIPAL, "", 50 },
	{ "a prefix", "johndoe", PREFIX, "jdoe", "k", OK, "jdoe\n", 50 },
	{ "a prefix authority writes no address", "johndoe", PREFIX,
	    "jdoe@example.com", "k", NO_PRINCIPAL, "", 50 },
	{ "names are compared byte for byte", "johndoe", PREFIX, "JDoe", "k",
	    NO_PRINCIPAL, "", 50 },
	{ "no principals", "johndoe", PREFIX, "", "k", NO_PRINCIPAL, "", 50 },
	{ "the right one of two domains", "johndoe", BY_ID, "jdoe",
	    "jdoe@example.com", OK, "jdoe\n", 50 },
	{ "the wrong one of two domains", "johndoe", BY_ID, "jdoe",
	    "jdoe@example.org", BAD_ID, "", 50 },
	{ "a key ID that is nobody's", "johndoe", BY_ID, "jdoe", "laptop",
	    BAD_ID, "", 12 },
	{ "a key ID of a foreign domain", "johndoe", BY_ID, "jdoe",
	    "jdoe@example.net", BAD_ID, "", 12 },
	{ "a group", "deploy", PREFIX, "alice", "k", OK, "restrict alice\n",
	    53 },
	{ "a group, verbatim", "deploy", VERBATIM, "alice@example.com", "k",
	    OK, "restrict alice@example.com\n", 53 },
	{ "a group by key ID", "deploy", BY_ID, "alice", "alice@example.com",
	    OK, "restrict alice\n", 53 },
	{ "a group, the wrong domain", "deploy", BY_ID, "alice",
	    "alice@example.org", BAD_ID, "", 52 },
	{ "not of the group", "deploy", PREFIX, "bob", "k", NO_PRINCIPAL, "",
	    52 },
	{ "a literal principal", "deploy", PREFIX, "breakglass", "k", OK,
	    "breakglass\n", 54 },
	{ "a literal principal by key ID", "deploy", BY_ID, "breakglass",
	    "breakglass", OK, "breakglass\n", 54 },
	{ "a literal principal, another key ID", "deploy", BY_ID,
	    "breakglass,alice", "alice@example.com", OK, "restrict alice\n",
	    53 },
	{ "from is sshd's where the address is not known", "deploy", VERBATIM,
	    "ci", "k", OK, "from=\"192.0.2.0/24\" ci\n", 55 },
	{ "from holds the address", "deploy", VERBATIM, "ci", "k", OK,
	    "from=\"192.0.2.0/24\" ci\n", 55, .addr = "192.0.2.9" },
	{ "from does not hold the address", "deploy", VERBATIM, "ci", "k",
	    REASON_SOURCE_ADDRESS, "", 55, .addr = "198.51.100.9" },
	{ "any", "kiosk", PREFIX, "x,y", "k", OK, "x\ny\n", 56 },
	{ "any, but no principal", "kiosk", PREFIX, "", "k", NO_PRINCIPAL, "",
	    56 },
	{ "any never passes a # on", "kiosk", VERBATIM, "alice#x", "k",
	    NO_PRINCIPAL, "", 56 },
	{ "any never passes a blank on", "kiosk", VERBATIM, "no-pty x,y", "k",
	    OK, "y\n", 56 },
	{ "any never passes a newline on", "kiosk", VERBATIM, "x\ny", "k",
	    NO_PRINCIPAL, "", 56 },
	{ "any as uid 0", "kiosk", PREFIX, "x", "k", NO_PRINCIPAL, "", 56,
	    .uid = UINT32_MAX },
	{ "any as uid 0, dangerous", "toor", PREFIX, "x", "k", OK, "x\n", 75,
	    .uid = UINT32_MAX },
	{ "any by key ID", "kiosk", BY_ID, "x,bob", "bob@example.org", OK,
	    "bob\n", 56 },
	{ "any by a key ID without domain", "kiosk", BY_ID, "bob", "bob",
	    BAD_ID, "", 56 },
	{ "an entry that ended", "temp", PREFIX, "jdoe", "k", NO_PRINCIPAL, "",
	    58 },
	{ "an entry's last second", "temp", PREFIX, "bob", "k", OK, "bob\n",
	    59 },
	{ "the authority that the rule names", "limited", PREFIX, "jdoe", "k",
	    OK, "jdoe\n", 61 },
	{ "another authority", "limited", VERBATIM, "jdoe@example.com", "k",
	    REASON_AUTHORITY_NOT_ALLOWED_HERE, "", 60 },
	{ "the first entry decides, not the first principal", "first",
	    VERBATIM, "a,b", "k", OK,
	    "no-pty,from=\"192.0.2.0/24\" b\na\n", 71 },
	{ "the first entry's networks decide", "first", VERBATIM, "a,b", "k",
	    REASON_SOURCE_ADDRESS, "", 71, .addr = "198.51.100.1" },
	{ "a principal twice is one line", "first", VERBATIM, "a,a", "k", OK,
	    "a\n", 72 },
	{ "same name", "jdoe", PREFIX, "jdoe", "k", OK, "jdoe\n", 80 },
	{ "same name, email", "jdoe", EMAIL, "jdoe@example.com", "k", OK,
	    "jdoe@example.com\n", 80 },
	{ "same name, email, foreign domain", "jdoe", EMAIL,
	    "jdoe@example.org", "k", NO_PRINCIPAL, "", 80 },
	{ "another name", "jdoe", PREFIX, "bob", "k", NO_PRINCIPAL, "", 80 },
	{ "a rule of its own is not merged with everybody's", "johndoe",
	    PREFIX, "johndoe", "k", NO_PRINCIPAL, "", 50 },
	{ "everybody is not root", "root", PREFIX, "root", "k",
	    REASON_NO_RULE, "", 0, .uid = UINT32_MAX },
	{ "everybody is nobody below min_uid", "daemon", PREFIX, "daemon",
	    "k", REASON_NO_RULE, "", 0, .uid = MIN_UID - 1 },
	{ "a user named *", "*", PREFIX, "*", "k", OK, "*\n", 80 },
	{ "a large rule", "big", PREFIX, "eve", "k", OK, "eve\n", 91 },
	{ "a large rule, verbatim", "big", VERBATIM, "eve@example.com", "k",
	    OK, "eve@example.com\n", 91 },
	{ "a large rule, the wrong domain", "big", BY_ID, "eve",
	    "eve@example.org", BAD_ID, "", 90 },
	{ "a large rule's principal", "big", VERBATIM, "lit", "k", OK,
	    "lit\n", 92 },
	{ "not in the large rule", "big", VERBATIM, "eve", "k", NO_PRINCIPAL,
	    "", 90 },
	{ "denied by principal", "kiosk", PREFIX, "mallory", "k",
	    REASON_DENIED_IDENTITY, "", 95 },
	{ "denied by any of the principals", "kiosk", PREFIX, "x,mallory",
	    "k", REASON_DENIED_IDENTITY, "", 95 },
	{ "denied by key ID", "kiosk", VERBATIM, "x", "mallory@example.com",
	    REASON_DENIED_IDENTITY, "", 95 },
	{ "denied before there is no rule", "nobody", PREFIX, "mallory", "k",
	    REASON_DENIED_IDENTITY, "", 95, .uid = 65534 },
	{ "a namesake of the denied is told apart", "kiosk", BY_ID, "mallory",
	    "mallory@example.org", OK, "mallory\n", 56 },
	{ "a stranger's certificate", "kiosk", STRANGER, "x", "k",
	    REASON_UNKNOWN_AUTHORITY, "", 0 },
	{ "a host's certificate", "kiosk", PREFIX, "x", "k",
	    REASON_NOT_A_USER_CERTIFICATE, "", 0, .type = 2 },
	{ "not yet valid", "kiosk", PREFIX, "x", "k", REASON_NOT_YET_VALID,
	    "", 11, .valid_after = NOW + 1, .valid_before = NOW + 9 },
	{ "the first second", "kiosk", PREFIX, "x", "k", OK, "x\n", 56,
	    .valid_after = NOW, .valid_before = NOW + 9 },
	{ "expired", "kiosk", PREFIX, "x", "k", REASON_EXPIRED, "", 11,
	    .valid_after = 1, .valid_before = NOW },
	{ "the last second", "kiosk", PREFIX, "x", "k", OK, "x\n", 56,
	    .valid_after = 1, .valid_before = NOW + 1 },
	{ "issued for an hour", "kiosk", SHORT, "x", "k", OK, "x\n", 56,
	    .valid_after = NOW, .valid_before = NOW + 3600 },
	{ "issued for longer", "kiosk", SHORT, "x", "k",
	    REASON_VALIDITY_TOO_LONG, "", 14, .valid_after = NOW,
	    .valid_before = NOW + 3601 },
	{ "issued for ever", "kiosk", SHORT, "x", "k",
	    REASON_VALIDITY_TOO_LONG, "", 14, .valid_before = UINT64_MAX },
	{ "a key ID that fits", "kiosk", GLOB, "x", "a@example.com", OK,
	    "x\n", 56 },
	{ "a key ID that does not", "kiosk", GLOB, "x", "a@example.com.evil",
	    BAD_ID, "", 15 },
	{ "the required option is there", "kiosk", ADDRESSED, "x", "k", OK,
	    "x\n", 56, .source_address = "192.0.2.0/24" },
	{ "the required option is not there", "kiosk", ADDRESSED, "x", "k",
	    REASON_MISSING_CRITICAL_OPTION, "", 16 },
	{ "the certificate's own addresses", "kiosk", PREFIX, "x", "k",
	    REASON_SOURCE_ADDRESS, "", 56, .addr = "198.51.100.1",
	    .source_address = "192.0.2.0/24" },
	{ "a key type that is not allowed", "kiosk", ECDSA_ONLY, "x", "k",
	    REASON_KEY_TYPE_REFUSED, "", 17 },
	{ "a requirement that is damaged", "kiosk", DAMAGED, "x", "k",
	    REASON_INDEX_UNREADABLE, "", 0 },
	{ "a denied prefix that is damaged", "kiosk", PREFIX, "trudy", "k",
	    REASON_INDEX_UNREADABLE, "", 11 },
	{ "a group's prefix that is damaged", "deploy", PREFIX, "carol", "k",
	    REASON_INDEX_UNREADABLE, "", 52 },
	{ "before its authority is trusted", "kiosk", EARLY, "x", "k",
	    REASON_AUTHORITY_OUT_OF_TRUST, "", 19 },
	{ "its authority's first and last second", "kiosk", BEGUN, "x", "k",
	    OK, "x\n", 56 },
	{ "when its authority is trusted no more", "kiosk", ENDED, "x", "k",
	    REASON_AUTHORITY_OUT_OF_TRUST, "", 21 },
	{ "trust is asked before validity", "kiosk", ENDED, "x", "k",
	    REASON_AUTHORITY_OUT_OF_TRUST, "", 21, .valid_after = 1,
	    .valid_before = NOW },
	{ "a retiring key's last second", "kiosk", RETIRING, "x", "k", OK,
	    "x\n", 56 },
	{ "a key that is gone", "kiosk", GONE, "x", "k",
	    REASON_AUTHORITY_OUT_OF_TRUST, "", 23 },
	{ "a key ID with control characters", "kiosk", GLOB, "x",
	    "a\n\033@example.com", OK, "x\n", 56 },
};

static size_t
split(struct span *out, const char *list)
{
	size_t n = 0;
	const char *comma;

	while (*list != '\0') {
		comma = strchr(list, ',');
		out[n] = span_of(list);
		if (comma == NULL)
			return n + 1;
		out[n++].len = (size_t)(comma - list);
		list = comma + 1;
	}
	return n;
}

static void
ask(const struct row *row, struct wire *blob, struct decision *d)
{
	struct certbuild b = { .ca = row->ca, .type = 1, .serial = 7 };
	struct decide_request r = { .index = &idx, .now_at = NOW };
	struct span principals[8];
	struct ipaddr addr;

	b.key_id = row->key_id;
	b.principals = principals;
	b.n_principals = split(principals, row->principals);
	b.source_address = row->source_address;
	b.valid_after = row->valid_after;
	b.valid_before = row->valid_before == 0 ? NOW + 60 : row->valid_before;
	if (row->type != 0)
		b.type = row->type;
	certbuild_write(blob, &b);
	r.user = span_of(row->user);
	r.uid = row->uid == 0 ? MIN_UID : row->uid;
	if (row->uid == UINT32_MAX)
		r.uid = 0;
	if (row->addr != NULL) {
		ck_assert_int_eq(ipaddr_parse(&addr, span_of(row->addr)), 0);
		r.addr = &addr;
	}
	r.cert = wire_span(blob);
	(void)decide(&r, d);
}

START_TEST(test_row)
{
	const struct row *row = &rows[_i];
	struct wire blob = WIRE_INIT, lines = WIRE_INIT;
	struct decision *d = malloc(sizeof(*d));
	size_t i;

	ck_assert_ptr_nonnull(d);
	open_world();
	ask(row, &blob, d);
	for (i = 0; i < d->n_lines; i++)
		decide_render_line(d, i, true, &lines);
	wire_put_u8(&lines, 0);
	ck_assert_msg(d->reason == row->reason, "%s: %s, not %s", row->name,
	    reason_code(d->reason), reason_code(row->reason));
	ck_assert_msg(strcmp((char *)lines.p, row->lines) == 0,
	    "%s: lines \"%s\"", row->name, (char *)lines.p);
	ck_assert_msg(d->is_retiring == (row->ca == RETIRING),
	    "%s: retiring", row->name);
	ck_assert_msg(
	    d->line == row->line, "%s: line %u", row->name, d->line);
	if (d->reason == REASON_INDEX_UNREADABLE)
		assert_err(&d->detail, ERR_MALFORMED,
		    "the index is damaged; run certgate apply to make it anew");
	wire_free(&lines);
	wire_free(&blob);
	free(d);
	close_world();
}
END_TEST

/* How explain shows a line, and how a list has it. */
START_TEST(test_render)
{
	static const struct {
		const char *options, *with, *without;
	} lines[] = {
		{ "", "from=\"192.0.2.0/24,::1/128\" ci\n", "ci\n" },
		{ "restrict", "restrict,from=\"192.0.2.0/24,::1/128\" ci\n",
		    "restrict ci\n" },
	};
	struct decision *d = calloc(1, sizeof(*d));
	struct wire from = WIRE_INIT, text = WIRE_INIT;
	size_t i;

	ck_assert_ptr_nonnull(d);
	wire_put_text(&from, "192.0.2.0/24");
	wire_put_text(&from, "::1/128");
	d->n_lines = 1;
	d->lines[0].principal = span_of("ci");
	d->lines[0].grant.from = wire_span(&from);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		d->lines[0].grant.options = span_of(lines[i].options);
		wire_reset(&text);
		decide_render_line(d, 0, true, &text);
		ck_assert(span_is(wire_span(&text), lines[i].with));
		wire_reset(&text);
		decide_render_line(d, 0, false, &text);
		ck_assert(span_is(wire_span(&text), lines[i].without));
	}
	wire_free(&text);
	wire_free(&from);
	free(d);
}
END_TEST

START_TEST(test_malformed)
{
	struct decide_request r = { .index = &idx, .now_at = NOW };
	struct decision *d = malloc(sizeof(*d));
	struct wire blob = WIRE_INIT;
	struct certbuild b = { .ca = PREFIX, .type = 1, .key_id = "k",
		.valid_before = UINT64_MAX };
	struct span x = span_of("x");

	ck_assert_ptr_nonnull(d);
	open_world();
	b.principals = &x;
	b.n_principals = 1;
	certbuild_write(&blob, &b);
	r.user = span_of("kiosk");
	r.uid = MIN_UID;
	for (r.cert = wire_span(&blob); r.cert.len > 0; r.cert.len--) {
		bool is_whole = r.cert.len == blob.len;

		ck_assert_int_eq(decide(&r, d), is_whole);
		ck_assert_int_eq(
		    d->reason, is_whole ? REASON_ALLOWED : REASON_MALFORMED);
		ck_assert_uint_eq(d->n_lines, is_whole ? 1 : 0);
	}
	wire_free(&blob);
	free(d);
	close_world();
}
END_TEST

/* Whatever byte of the index is damaged, nobody gets in who may not. */
START_TEST(test_damaged_index)
{
	static const struct row stranger = { "", "johndoe", PREFIX, "bob",
		"k", OK, "", 0, NULL, NULL, 0, 0, 0, 0 };
	struct wire blob = WIRE_INIT;
	struct decision *d = malloc(sizeof(*d));
	unsigned char *bytes;
	struct err err;
	FILE *whole;
	long len, i;

	ck_assert_ptr_nonnull(d);
	open_world();
	whole = file;
	index_close(&idx);
	ck_assert_int_eq(fseek(whole, 0, SEEK_END), 0);
	len = ftell(whole);
	ck_assert_ptr_nonnull(bytes = malloc((size_t)len));
	ck_assert_int_eq(
	    pread(fileno(whole), bytes, (size_t)len, 0), len);
	for (i = 2048; i < len; i++) {
		unsigned char bad = bytes[i] ^ 0x01;

		ck_assert_int_eq(pwrite(fileno(whole), &bad, 1, i), 1);
		err_clear(&err);
		if (index_open(&idx, fileno(whole), &err) == 0) {
			wire_reset(&blob);
			ask(&stranger, &blob, d);
			ck_assert_int_ne(d->reason, REASON_ALLOWED);
			index_close(&idx);
		}
		ck_assert_int_eq(pwrite(fileno(whole), &bytes[i], 1, i), 1);
	}
	free(bytes);
	wire_free(&blob);
	free(d);
	(void)fclose(whole);
}
END_TEST

START_TEST(test_reasons)
{
	int i;

	for (i = 0; i < N_REASONS; i++) {
		ck_assert_ptr_nonnull(reason_code((enum reason)i));
		ck_assert_ptr_nonnull(reason_text((enum reason)i));
	}
}
END_TEST

int
main(void)
{
	TCase *t = tcase_create("decide");

	tcase_add_loop_test(t, test_row, 0, N_ROWS(rows));
	tcase_add_test(t, test_render);
	tcase_add_test(t, test_malformed);
	tcase_add_test(t, test_damaged_index);
	tcase_add_test(t, test_reasons);
	return run_case("decide", t);
}
