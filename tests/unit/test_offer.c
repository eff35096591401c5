#include "config.h"

#include "config-gen/offer.h"

#include <stdio.h>

#include "tests/unit/harness.h"
#include "tests/unit/policyfix.h"

#define KEY_C \
	"ecdsa-sha2-nistp256 " \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBMpzfTOx/UP/oa" \
	"TcXcVBquomMXpqpeklj7pJwyKo8vORVM51pmCJU6mN/PSkoA9o1E+gppRH1o/y1mau" \
	"o7uMytA="

/* Keys as letters: a capital one for each, in any order. */
static const char *const lines[] = { KEY_A, KEY_B, KEY_C };

static const struct row {
	const char *name;
	const char *served;
	const char *had; /* NULL: never fetched */
	const char *written; /* in the policy */
	const char *foreign; /* of another authority */
	const char *pins; /* in the policy */
	const char *named; /* by --pin */
	const char *retired; /* in the policy; lower case: their day is over */
	/* Each key and its state: P K C U W R G, in lower case where the key is
	 * not new. */
	const char *want;
	const char *taken;
	bool differs;
} rows[] = {
	{ "first", "A", NULL, "", "", "", "", "", "AW",
	    "", true },
	{ "first, by --pin", "A", NULL, "", "", "", "A", "", "AC",
	    "A", true },
	{ "first, one of two by --pin", "AB", NULL, "", "", "", "B", "", "AWBC",
	    "B", true },
	{ "first, pinned", "A", NULL, "", "", "A", "", "", "AP",
	    "A", true },
	{ "first, another one pinned", "B", NULL, "", "", "A", "", "", "BU",
	    "", true },
	{ "first, written", "AB", NULL, "A", "", "", "", "", "AKBW",
	    "A", true },
	{ "known", "A", "A", "", "", "", "", "", "Ak",
	    "A", false },
	{ "known, in another order", "BA", "AB", "", "", "", "", "", "BkAk",
	    "BA", false },
	{ "a new one beside a known one", "AB", "A", "", "", "", "", "", "AkBW",
	    "A", false },
	{ "a new one by --pin", "AB", "A", "", "", "", "B", "", "AkBC",
	    "AB", true },
	{ "only new ones", "BC", "A", "", "", "", "", "", "BWCWAG",
	    "", true },
	{ "one is served no more", "A", "AB", "", "", "", "", "", "AkBG",
	    "A", true },
	{ "a new one for a known one, by --pin", "B", "A", "", "", "", "B", "", "BCAG",
	    "B", true },
	{ "pinned, as it was", "A", "A", "", "", "A", "", "", "Ap",
	    "A", false },
	{ "an unpinned one beside", "AB", "A", "", "", "A", "", "", "ApBU",
	    "A", false },
	{ "only an unpinned one", "B", "A", "", "", "A", "", "", "BUAG",
	    "", true },
	{ "a known one that is pinned no more", "AB", "AB", "", "", "B", "", "", "AuBpAG",
	    "B", true },
	{ "a pin changed, the service did not", "A", "A", "", "", "B", "", "", "AuAG",
	    "", true },
	{ "one retires", "B", "AB", "", "", "", "", "A", "BkAR", "BA", false },
	{ "one has retired", "B", "AB", "", "", "", "", "a", "BkAG", "B",
	    true },
	{ "a new one for one that retires", "B", "A", "", "", "", "B", "A",
	    "BCAR", "BA", true },
	{ "only a new one for one that retires", "B", "A", "", "", "", "",
	    "A", "BWAR", "A", true },
	{ "one retires, pinned", "B", "AB", "", "", "AB", "", "A", "BpAR",
	    "BA", false },
	{ "one retires and is not pinned", "B", "AB", "", "", "B", "", "A",
	    "BpAG", "B", true },
	{ "one retires and is served", "AB", "AB", "", "", "", "", "A",
	    "AkBk", "AB", false },
};

static void
read_keys(struct keyset *ks, const char *letters)
{
	for (; *letters != '\0'; letters++) {
		const char *line = lines[*letters - 'A'];

		ck_assert_int_eq(keyset_add_line(
		    ks, line, strlen(line), NO_PLACE, NULL), 1);
	}
}

static void
read_pins(char text[3][FINGERPRINT_SIZE], const char *out[3], size_t *n,
    const char *letters)
{
	struct keyset ks = KEYSET_INIT;

	read_keys(&ks, letters);
	for (*n = 0; *n < ks.n; (*n)++) {
		ck_assert_int_eq(certsig_fingerprint(text[*n],
		    (struct span) {
		        ks.keys[*n].blob, ks.keys[*n].blob_len }, NULL), 0);
		out[*n] = text[*n];
	}
	keyset_clear(&ks);
}

static char
letter_of(const struct pubkey *k)
{
	struct keyset ks = KEYSET_INIT;
	const struct pubkey *found;
	size_t n;

	read_keys(&ks, "ABC");
	ck_assert_ptr_nonnull(found = keyset_find(&ks, k));
	n = (size_t)(found - ks.keys);
	keyset_clear(&ks);
	return (char)('A' + (int)n);
}

/* A policy of two authorities, as far as an offer looks at it. */
struct fixture {
	struct policy policy;
	struct policy_authority authorities[2];
	struct keyset served, had, written, foreign;
	char pins[3][FINGERPRINT_SIZE], named[3][FINGERPRINT_SIZE];
	const char *pin_texts[3], *named_texts[3];
	char going[3][FINGERPRINT_SIZE];
	struct policy_retired retired[3];
	struct offer_trust trust;
};

/* Their day is tomorrow, or was yesterday. */
static void
read_retired(struct fixture *f, const char *letters)
{
	struct policy_authority *a = &f->authorities[1];
	const char *texts[3];
	char upper[2] = "";
	size_t n;

	f->trust.now_at = 1000000;
	for (a->n_retired = 0; *letters != '\0'; letters++) {
		bool is_over = *letters >= 'a';
		struct policy_retired *r = &f->retired[a->n_retired];

		upper[0] = (char)(is_over ? *letters - 'a' + 'A' : *letters);
		read_pins(&f->going[a->n_retired], texts, &n, upper);
		r->fingerprint = f->going[a->n_retired++];
		r->until = f->trust.now_at + (is_over ? 0 : 1);
	}
	a->retired = f->retired;
}

static void
fixture_make(struct fixture *f, const struct row *r)
{
	memset(f, 0, sizeof(*f));
	read_keys(&f->served, r->served);
	read_keys(&f->had, r->had == NULL ? "" : r->had);
	/* Without pins a loaded policy has what was fetched as well. */
	read_keys(&f->written, r->written);
	if (r->pins[0] == '\0')
		read_keys(&f->written, r->had == NULL ? "" : r->had);
	read_keys(&f->foreign, r->foreign);
	read_pins(f->pins, f->pin_texts, &f->authorities[1].n_pins, r->pins);
	read_pins(f->named, f->named_texts, &f->trust.n_pins, r->named);
	read_retired(f, r->retired);
	f->authorities[0].name = "other";
	f->authorities[0].keys = f->foreign.keys;
	f->authorities[0].n_keys = f->foreign.n;
	f->authorities[1].name = "ca";
	f->authorities[1].keys = f->written.keys;
	f->authorities[1].n_keys = f->written.n;
	f->authorities[1].pins = f->pin_texts;
	f->policy.authorities = f->authorities;
	f->policy.n_authorities = 2;
	f->trust.policy = &f->policy;
	f->trust.authority = &f->authorities[1];
	f->trust.had = r->had == NULL ? NULL : &f->had;
	f->trust.pins = f->named_texts;
}

static void
fixture_clear(struct fixture *f)
{
	keyset_clear(&f->served);
	keyset_clear(&f->had);
	keyset_clear(&f->written);
	keyset_clear(&f->foreign);
}

static void
describe(const struct offer *o, char *out)
{
	static const char states[] = "PKCUWRG";
	size_t i;

	for (i = 0; i < o->n; i++) {
		char state = states[o->keys[i].state];
		bool is_old = !o->keys[i].is_new && state != 'G' &&
		    state != 'R';

		*out++ = letter_of(o->keys[i].key);
		*out++ = (char)(is_old ? state - 'A' + 'a' : state);
	}
	*out = '\0';
}

static void
describe_taken(const struct offer *o, char *out)
{
	struct pubkey room[KEYSET_MAX_KEYS];
	struct keyset ks = offer_taken(o, room);
	size_t i;

	for (i = 0; i < ks.n; i++)
		out[i] = letter_of(&ks.keys[i]);
	out[ks.n] = '\0';
}

START_TEST(test_row)
{
	const struct row *r = &rows[_i];
	struct err err = ERR_INIT;
	struct fixture f;
	struct offer o;
	char text[32];

	fixture_make(&f, r);
	ck_assert_msg(offer_judge(&o, &f.served, &f.trust, &err) == 0,
	    "%s: %s", r->name, err.text);
	describe(&o, text);
	ck_assert_msg(strcmp(text, r->want) == 0, "%s: %s", r->name, text);
	describe_taken(&o, text);
	ck_assert_msg(strcmp(text, r->taken) == 0, "%s: %s", r->name, text);
	ck_assert_msg(o.n_taken == 0 || o.differs == r->differs, "%s",
	    r->name);
	fixture_clear(&f);
}
END_TEST

/* A yes takes what waits, and nothing that pins leave out. */
START_TEST(test_confirm)
{
	static const struct {
		struct row row;
		const char *want, *taken;
	} yes[] = {
		{ { "", "AB", "A", "", "", "", "", "", "", "", true }, "AkBC",
		    "AB" },
		{ { "", "B", "A", "", "", "", "", "", "", "", true }, "BCAG",
		    "B" },
		{ { "", "A", NULL, "", "", "", "", "", "", "", true }, "AC", "A" },
		{ { "", "AB", "A", "", "", "A", "", "", "", "", false }, "ApBU",
		    "A" },
	};
	struct fixture f;
	struct offer o;
	char text[32];

	fixture_make(&f, &yes[_i].row);
	ck_assert_int_eq(offer_judge(&o, &f.served, &f.trust, NULL), 0);
	offer_confirm(&o);
	ck_assert_uint_eq(o.n_waits, 0);
	ck_assert(o.differs == yes[_i].row.differs);
	describe(&o, text);
	ck_assert_str_eq(text, yes[_i].want);
	describe_taken(&o, text);
	ck_assert_str_eq(text, yes[_i].taken);
	fixture_clear(&f);
}
END_TEST

static const struct {
	struct row row;
	const char *want;
} refused[] = {
	{ { "", "AB", "A", "", "B", "", "", "", "", "", false },
	    "the service sends the key %s, which authority \"other\" has "
	    "already: one key would speak for two authorities" },
	{ { "", "A", "A", "", "", "", "B", "", "", "", false },
	    "the service sends no key %s" },
};

START_TEST(test_refused)
{
	struct err err = ERR_INIT;
	struct fixture f;
	struct offer o;
	char b[3][FINGERPRINT_SIZE], want[512];
	const char *text[3];
	const char *mark = strstr(refused[_i].want, "%s");
	size_t n;

	fixture_make(&f, &refused[_i].row);
	read_pins(b, text, &n, "B");
	ck_assert_int_eq(offer_judge(&o, &f.served, &f.trust, &err), -1);
	(void)snprintf(want, sizeof(want), "%.*s%s%s",
	    (int)(mark - refused[_i].want), refused[_i].want, b[0], mark + 2);
	assert_err(&err, ERR_REFUSED, want);
	fixture_clear(&f);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("offer");

	tcase_add_loop_test(tc, test_row, 0, N_ROWS(rows));
	tcase_add_loop_test(tc, test_confirm, 0, 4);
	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(refused));
	return run_case("offer", tc);
}
