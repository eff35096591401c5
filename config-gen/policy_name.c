#include "config.h"

#include "config-gen/policy_parse.h"

#include "lib/principal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *
parse_keep(struct policy_parse *p, const char *text, size_t len)
{
	const char *copy = policy_memory_text(p->policy->memory, text, len);

	if (copy == NULL)
		(void)parse_no_memory(p);
	return copy;
}

int
words_add(struct policy_parse *p, struct words *w, const char *text)
{
	if (text == NULL)
		return -1;
	if (vector_grow((void **)&w->items, &w->room, w->n, sizeof(*w->items)) <
	    0)
		return parse_no_memory(p);
	w->items[w->n++] = text;
	return 0;
}

int
words_move(
    struct policy_parse *p, struct words *w, const char ***out, size_t *n_out)
{
	const char **items = NULL;

	if (w->n != 0) {
		items = policy_memory_array(
		    p->policy->memory, w->n, sizeof(*items));
		if (items == NULL) {
			words_free(w);
			return parse_no_memory(p);
		}
		memcpy(items, w->items, w->n * sizeof(*items));
	}
	*out = items;
	*n_out = w->n;
	words_free(w);
	return 0;
}

void
words_free(struct words *w)
{
	free(w->items);
	*w = (struct words)WORDS_INIT;
}

struct name_array
words_array(const struct words *w)
{
	return (struct name_array) { w->items, sizeof(*w->items) };
}

static struct name_array
names_array(const struct names *n)
{
	return (struct name_array) { n->items, sizeof(*n->items) };
}

/* text in quotes, or what stands for it where it may be a secret. */
static struct shown
show_unless_hidden(const struct policy_parse *p, const char *text, size_t len)
{
	struct shown s = { "this line" };

	if (!p->is_hidden)
		(void)snprintf(s.text, sizeof(s.text), "\"%.190s\"",
		    show_bytes(text, len).text);
	return s;
}

int
names_add(struct policy_parse *p, struct names *names, const char *text,
    size_t len, struct place at, const char *in)
{
	struct name_key key = name_key_bytes(text, len);
	uint32_t number = name_find(&names->table, names_array(names), key);

	if (number != NAME_NONE) {
		struct place first =
		    policy_place(p->policy, names->items[number].at);

		parse_warning(p, at, NULL, "remove one of them",
		    "%s stands twice in %s, first at %s:%zu",
		    show_unless_hidden(p, text, len).text, in,
		    show(first.file).text, first.line);
		return 0;
	}
	if (vector_grow((void **)&names->items, &names->room, names->n,
		sizeof(*names->items)) < 0 ||
	    name_add(&names->table, key, (uint32_t)names->n) < 0)
		return parse_no_memory(p);
	if ((text = parse_keep(p, text, len)) == NULL)
		return -1;
	names->items[names->n++] =
	    (struct policy_name) { text, place_pack(p, at) };
	return 0;
}

void
names_reset(struct names *names)
{
	names->n = 0;
	name_table_reset(&names->table);
}

void
names_free(struct names *names)
{
	free(names->items);
	name_table_free(&names->table);
	*names = (struct names)NAMES_INIT;
}

static bool
has_upper_case(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] >= 'A' && text[i] <= 'Z')
			return true;
	}
	return false;
}

#define BIT(c) (UINT64_C(1) << ((c) % 64))
#define FROM_TO(first, last) (BIT(last) - BIT(first) + BIT(last))

/* Whether text has nothing but what nearly all names are made of.  A look-up
 * without a jump: this runs for every character of a large policy. */
static bool
is_everyday(const char *text, size_t len)
{
	static const uint64_t everyday[4] = {
		FROM_TO('0', '9') | BIT('.') | BIT('-') | BIT('+'),
		FROM_TO('a', 'z') | BIT('_'),
		0,
		0,
	};
	uint64_t all = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		all &= everyday[c / 64] >> c % 64;
	}
	return all != 0;
}

bool
is_everyday_name(const char *text, size_t len)
{
	return len > 0 && len < 64 && text[0] != '-' && text[0] != '.' &&
	    is_everyday(text, len);
}

/* Whether text is an address in which nothing can be wrong. */
static bool
is_everyday_address(const char *text, size_t len)
{
	const char *at = memchr(text, '@', len);
	size_t n = at == NULL ? 0 : (size_t)(at - text);

	return len < 256 && n > 0 && n < len - 1 && is_everyday(text, n) &&
	    is_everyday(at + 1, len - n - 1);
}

/* The word of the language that text is, but for case and punctuation. */
static const char *
resembled_word(const char *text, size_t len)
{
	char plain[16];
	size_t n = 0;
	size_t i;

	for (i = 0; i < len && n < sizeof(plain) - 1; i++) {
		if (text[i] >= 'A' && text[i] <= 'Z')
			plain[n++] = (char)(text[i] - 'A' + 'a');
		else if (text[i] != '-' && text[i] != '_')
			plain[n++] = text[i];
	}
	plain[n] = '\0';
	if (strcmp(plain, "any") == 0)
		return "any";
	return strcmp(plain, "samename") == 0 ? "same-name" : NULL;
}

void
warn_foreign(
    struct policy_parse *p, const char *text, size_t len, struct place at)
{
	if (char_judge(text, len) == CHAR_OTHER)
		parse_warning(p, at,
		    "some of them look like others, and names are compared "
		    "byte for byte",
		    "make sure that it is the name that is meant",
		    "%s holds characters beyond ASCII",
		    show_unless_hidden(p, text, len).text);
}

bool
principal_is_good(
    struct policy_parse *p, const char *text, size_t len, struct place at)
{
	const char *refusal = principal_refusal(
	    (struct span) { (const unsigned char *)text, len });

	if (refusal == NULL && char_judge(text, len) != CHAR_UNSEEN) {
		warn_foreign(p, text, len, at);
		return true;
	}
	if (refusal == NULL) {
		parse_error(p, at, NULL, "type it anew",
		    "the principal \"%s\" " CHAR_REFUSAL,
		    show_bytes(text, len).text);
		return false;
	}
	parse_error(p, at,
	    "sshd's lists of principals cannot carry such a name", NULL,
	    "the principal \"%s\" %s", show_bytes(text, len).text, refusal);
	return false;
}

/* Several in one text, or an address with what stands around it in mail. */
static bool
is_bare_identity(const char *text, size_t len, struct identity_fault *f)
{
	static const struct {
		const char *mark, *what, *fix;
	} marks[] = {
		{ ",", "holds a ,", "write a list, as [A, B]" },
		{ ";", "holds a ;", "write a list, as [A, B]" },
		{ "<", "holds a <", "write the address alone" },
		{ ">", "holds a >", "write the address alone" },
		{ "@@", "holds @@", "write one @" },
	};
	static const char scheme[] = "mailto:";
	static const char nobody[] = "no certificate would ever fit it";
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (memmem(text, len, marks[i].mark, strlen(marks[i].mark)) ==
		    NULL)
			continue;
		*f = (struct identity_fault) { true, marks[i].what, nobody,
			marks[i].fix };
		return false;
	}
	if (len >= sizeof(scheme) - 1 &&
	    strncasecmp(text, scheme, sizeof(scheme) - 1) == 0) {
		*f = (struct identity_fault) { true, "begins with mailto",
			nobody, "write the address alone" };
		return false;
	}
	return true;
}

/* One that is written like a pattern or like half an address. */
static bool
is_one_identity(const char *text, size_t len, struct identity_fault *f)
{
	static const char no_identity[] = "is no identity";
	const char *word;

	if (len == 1 && text[0] == '*') {
		*f = (struct identity_fault) { false, no_identity, NULL,
			"write any for everybody with a certificate" };
		return false;
	}
	if (memchr(text, '*', len) != NULL) {
		*f = (struct identity_fault) { false, "holds a *",
			"an identity is one person, not a pattern",
			"write any, and narrow it by \"key_id\" under "
			"\"require\" of the authority" };
		return false;
	}
	if (text[0] == '@') {
		*f = (struct identity_fault) { true,
			"has nothing before its @", NULL,
			"for everybody of a domain write any, and key_id: "
			"\"*@DOMAIN\" in \"require\" of the authority" };
		return false;
	}
	if (text[len - 1] == '@') {
		*f = (struct identity_fault) { true, "has nothing after its @",
			NULL, "write the domain as well, or take the @ out" };
		return false;
	}
	if ((word = resembled_word(text, len)) != NULL) {
		*f = (struct identity_fault) { false, no_identity, NULL,
			strlen(word) == len && memcmp(word, text, len) == 0
			    ? "the word stands by itself, in a user's rule"
			    : strcmp(word, "any") == 0
			    ? "did you mean \"any\"?"
			    : "did you mean \"same-name\"?" };
		return false;
	}
	return true;
}

bool
identity_judge(const char *text, size_t len, struct identity_fault *f)
{
	const char *refusal;

	if (is_everyday_address(text, len))
		return true;
	refusal = principal_refusal(
	    (struct span) { (const unsigned char *)text, len });
	if (refusal != NULL) {
		*f = (struct identity_fault) { true, refusal,
			"sshd's lists of principals cannot carry such a name",
			NULL };
		return false;
	}
	if (char_judge(text, len) == CHAR_UNSEEN) {
		*f = (struct identity_fault) { true, CHAR_REFUSAL, NULL,
			"type it anew" };
		return false;
	}
	return is_one_identity(text, len, f) && is_bare_identity(text, len, f);
}

/* Words that look as if they meant everybody or nobody. */
static bool
is_crowd(const char *text, size_t len)
{
	static const char *const crowds[] = { "none", "nobody", "everyone",
		"everybody", "all", NULL };
	size_t i;

	for (i = 0; crowds[i] != NULL; i++) {
		if (strlen(crowds[i]) == len &&
		    strncasecmp(crowds[i], text, len) == 0)
			return true;
	}
	return false;
}

/* What may well be right, but mostly is a mistake. */
static void
warn_identity(
    struct policy_parse *p, const char *text, size_t len, struct place at)
{
	struct shown s = show_unless_hidden(p, text, len);

	if (has_upper_case(text, len))
		parse_warning(p, at,
		    "names are compared byte for byte, as sshd does",
		    "make sure that certificates have it in this very form",
		    "%s holds upper-case letters", s.text);
	warn_foreign(p, text, len, at);
	if (is_crowd(text, len))
		parse_warning(p, at, "the word has no other meaning here",
		    "for everybody with a certificate write any",
		    "%s is the identity of one who is called so", s.text);
}

bool
identity_is_good(
    struct policy_parse *p, const char *text, size_t len, struct place at)
{
	struct identity_fault f;

	if (!identity_judge(text, len, &f)) {
		if (p->is_hidden)
			parse_error(p, at, NULL, "write one on each line",
			    "this line is no identity%s%s",
			    f.is_named ? ": it " : "",
			    f.is_named ? f.what : "");
		else
			parse_error(p, at, f.why, f.fix, "%s\"%s\" %s",
			    f.is_named ? "the identity " : "",
			    show_bytes(text, len).text, f.what);
		return false;
	}
	if (!is_everyday_address(text, len))
		warn_identity(p, text, len, at);
	return true;
}
