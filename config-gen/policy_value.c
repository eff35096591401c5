#include "config.h"

#include "config-gen/policy_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY_S 86400

/* What YAML 1.1 takes for nothing, and for a truth value. */
static const char *const nothings[] = { "", "~", "null", "Null", "NULL", NULL };
static const char *const truths[] = { "true", "false", "yes", "no", "on", "off",
	NULL };

static bool
is_nothing(const struct policy_event *e)
{
	size_t i;

	/* Mostly not: this runs for every name. */
	if (!e->is_plain || e->len > 4)
		return false;
	for (i = 0; nothings[i] != NULL; i++) {
		if (strcmp(e->text, nothings[i]) == 0)
			return true;
	}
	return false;
}

static bool
is_truth(const struct policy_event *e)
{
	size_t i;

	if (!e->is_plain || e->len > 5)
		return false;
	for (i = 0; truths[i] != NULL; i++) {
		if (strcasecmp(e->text, truths[i]) == 0)
			return true;
	}
	return false;
}

bool
is_yaml_word(const struct policy_parse *p)
{
	return is_nothing(&p->event) || is_truth(&p->event);
}

void
parse_long_key(struct policy_parse *p)
{
	parse_error(p, p->event.at,
	    "YAML takes no more for a key, and what follows does not fit then",
	    "write a shorter one", "more than %d bytes for a key",
	    POLICY_MAX_KEY);
	yaml_stop(p);
}

void
parse_unexpected(struct policy_parse *p, const char *what)
{
	const struct policy_event *e = &p->event;

	if (e->kind == EVENT_LIST)
		parse_error(
		    p, e->at, NULL, NULL, "expected %s, found a list", what);
	else if (e->kind == EVENT_MAPPING)
		parse_error(
		    p, e->at, NULL, NULL, "expected %s, found a mapping", what);
	else if (e->kind == EVENT_SCALAR && is_nothing(e))
		parse_error(
		    p, e->at, NULL, NULL, "expected %s, found nothing", what);
	else if (e->kind == EVENT_SCALAR && e->len > POLICY_MAX_KEY)
		parse_long_key(p);
	else if (e->kind == EVENT_SCALAR && p->is_hidden)
		parse_error(
		    p, e->at, NULL, NULL, "expected %s, found text", what);
	else if (e->kind == EVENT_SCALAR)
		parse_error(p, e->at, NULL, NULL, "expected %s, found \"%s\"",
		    what, show(e->text).text);
	event_skip(p);
}

const char *
parse_text(struct policy_parse *p, const char *what)
{
	const struct policy_event *e = &p->event;

	if (e->kind != EVENT_SCALAR || is_nothing(e)) {
		parse_unexpected(p, what);
		return NULL;
	}
	if (is_truth(e)) {
		parse_error(p, e->at, "YAML takes this word for true or false",
		    "put it in quotes if it is a name", "expected %s, found %s",
		    what, show(e->text).text);
		return NULL;
	}
	if (e->len == 0) {
		parse_error(
		    p, e->at, NULL, NULL, "expected %s, found \"\"", what);
		return NULL;
	}
	return e->text;
}

size_t
parse_list(struct policy_parse *p, const char *what,
    void (*item)(struct policy_parse *p, void *into), void *into)
{
	size_t n = 0;

	if (p->event.kind != EVENT_LIST) {
		if (p->event.kind == EVENT_SCALAR && is_nothing(&p->event))
			parse_unexpected(p, what);
		else
			item(p, into);
		return 1;
	}
	for (; item_next(p); n++)
		item(p, into);
	return n;
}

/* A number, or true or false, in quotes, where that is a text. */
static void
parse_unquoted(struct policy_parse *p, const char *what)
{
	parse_error(p, p->event.at, NULL, "write it without quotes",
	    "expected %s, found the text \"%s\"", what,
	    show(p->event.text).text);
}

int
parse_bool(struct policy_parse *p, bool *out)
{
	const struct policy_event *e = &p->event;
	bool is_word = e->kind == EVENT_SCALAR &&
	    (strcmp(e->text, "true") == 0 || strcmp(e->text, "false") == 0);

	if (is_word && !e->is_plain) {
		parse_unquoted(p, "true or false");
		return -1;
	}

	if (is_word) {
		*out = e->text[0] == 't';
		return 0;
	}
	parse_unexpected(p, "true or false");
	return -1;
}

/* Decimal digits up to max; -1 for anything else. */
static int64_t
digits(const char *text, size_t len, int64_t max)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' ||
		    n > (max - (text[i] - '0')) / 10)
			return -1;
		n = n * 10 + (text[i] - '0');
	}
	return len == 0 ? -1 : n;
}

int
parse_number(struct policy_parse *p, int64_t max, int64_t *out)
{
	const struct policy_event *e = &p->event;
	char what[64];
	int64_t n = -1;

	/* 010 would be 8 to other YAML readers. */
	if (e->kind == EVENT_SCALAR && (e->text[0] != '0' || e->len == 1))
		n = digits(e->text, e->len, max);
	if (n < 0 || !e->is_plain) {
		(void)snprintf(what, sizeof(what), "a number from 0 to %lld",
		    (long long)max);
		if (n < 0)
			parse_unexpected(p, what);
		else
			parse_unquoted(p, what);
		return -1;
	}
	*out = n;
	return 0;
}

int
parse_duration(struct policy_parse *p, uint64_t *out)
{
	static const struct {
		char name;
		uint64_t seconds;
	} units[] = { { 'w', 604800 }, { 'd', DAY_S }, { 'h', 3600 },
		{ 'm', 60 }, { 's', 1 } };
	const struct policy_event *e = &p->event;
	const char *text = e->kind == EVENT_SCALAR ? e->text : "";
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t len = strspn(text, "0123456789");
		int64_t n = digits(text, len, 99999999);

		if (n < 0 || text[len] != units[i].name)
			continue;
		sum += (uint64_t)n * units[i].seconds;
		text += len + 1;
	}
	if (text[0] == '\0' && sum != 0) {
		*out = sum;
		return 0;
	}
	parse_unexpected(p, "a duration such as 90s, 30m, 16h, 2d or 1h30m");
	return -1;
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days from 1970-01-01 to that date; -1 where there is no such date. */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
	static const int64_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
		31, 30, 31 };
	int64_t days = 0;
	int64_t length, i;

	if (year < 1970 || month < 1 || month > 12 || day < 1)
		return -1;
	for (i = 1970; i < year; i++)
		days += is_leap(i) ? 366 : 365;
	for (i = 1; i <= month; i++) {
		length = lengths[i - 1] + (i == 2 && is_leap(year));
		if (i == month && day > length)
			return -1;
		days += i < month ? length : day - 1;
	}
	return days;
}

/* Whether text has the form: '0' stands for a digit. */
static bool
has_form(const char *text, const char *form)
{
	size_t i;

	if (strlen(text) != strlen(form))
		return false;
	for (i = 0; form[i] != '\0'; i++) {
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9'
				   : text[i] != form[i])
			return false;
	}
	return true;
}

int64_t
until_seconds(const char *text)
{
	bool has_seconds = has_form(text, "0000-00-00T00:00:00Z");
	int64_t days, h, m;
	int64_t s = 0;

	if (!has_form(text, "0000-00-00") && !has_seconds &&
	    !has_form(text, "0000-00-00T00:00Z"))
		return -1;
	days = days_of(digits(text, 4, 9999), digits(text + 5, 2, 99),
	    digits(text + 8, 2, 99));
	if (days < 0)
		return -1;
	/* A day counts to its end. */
	if (text[10] == '\0')
		return (days + 1) * DAY_S;
	h = digits(text + 11, 2, 99);
	m = digits(text + 14, 2, 99);
	if (has_seconds)
		s = digits(text + 17, 2, 99);
	if (h > 23 || m > 59 || s > 59)
		return -1;
	return days * DAY_S + h * 3600 + m * 60 + s;
}

int
parse_until(struct policy_parse *p, int64_t *out)
{
	const struct policy_event *e = &p->event;
	int64_t at = e->kind == EVENT_SCALAR ? until_seconds(e->text) : -1;

	if (at < 0) {
		parse_unexpected(
		    p, "a date such as 2027-01-31 or 2027-01-31T18:00Z (UTC)");
		return -1;
	}
	*out = at;
	return 0;
}

/* Length of the UTF-8 character at p, of which there are len bytes; or 0. */
static size_t
utf8_char(const unsigned char *p, size_t len)
{
	uint32_t c;
	size_t n, i;

	if (p[0] < 0x80)
		return p[0] != 0;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > len)
		return 0;
	c = p[0] & (0xffU >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	/* Shorter forms exist, or it is half of a surrogate pair. */
	if ((n == 3 && c < 0x800) || (n == 4 && c < 0x10000) || c > 0x10ffff ||
	    (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/* Some editors put U+FEFF before the text; it is not a part of it. */
size_t
bom_len(const char *text, size_t len)
{
	return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

bool
is_utf8(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t i, n;

	for (i = 0; i < len; i += n) {
		if ((n = utf8_char(p + i, len - i)) == 0)
			return false;
	}
	return true;
}

bool
policy_is_plain(const char *name, size_t max)
{
	size_t len = strlen(name);

	return len > 0 && len <= max && name[0] != '-' &&
	    strspn(name,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._@+-") == len;
}

bool
is_plain_name(const char *name)
{
	return policy_is_plain(name, 64);
}

struct policy_place
place_pack(const struct policy_parse *p, struct place at)
{
	return (struct policy_place) {
		.line = at.line <= UINT32_MAX ? (uint32_t)at.line : 0,
		.col = at.col <= UINT16_MAX ? (uint16_t)at.col : 0,
		.file = p->file,
	};
}
