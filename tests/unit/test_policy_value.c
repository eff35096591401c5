#include "config.h"

#include "config-gen/policy_parse.h"

#include <check.h>
#include <string.h>

#include "tests/unit/harness.h"

static const struct {
	const char *text;
	int64_t seconds; /* as date -u -d … +%s says; -1: refused */
} dates[] = {
	{ "1970-01-01", 86400 },
	{ "1970-01-01T00:00Z", 0 },
	{ "1970-01-01T00:00:01Z", 1 },
	{ "2000-02-29", 951868800 },
	{ "2026-11-22T08:30Z", 1795336200 },
	{ "2027-01-31", 1801440000 },
	{ "2027-12-31T23:59:59Z", 1830297599 },
	{ "2028-02-29", 1835481600 },
	{ "2100-03-01", 4107628800 },
	{ "9999-12-31", 253402300800 },
	{ "2100-02-29", -1 },
	{ "2027-02-29", -1 },
	{ "2027-04-31", -1 },
	{ "2027-00-10", -1 },
	{ "2027-13-10", -1 },
	{ "2027-01-00", -1 },
	{ "2027-01-32", -1 },
	{ "1969-12-31", -1 },
	{ "0000-01-01", -1 },
	{ "2027-1-31", -1 },
	{ "2027-01-31 ", -1 },
	{ "2027-01-31Z", -1 },
	{ "2027-01-31T18:00", -1 },
	{ "2027-01-31T18:00z", -1 },
	{ "2027-01-31t18:00Z", -1 },
	{ "2027-01-31T24:00Z", -1 },
	{ "2027-01-31T23:60Z", -1 },
	{ "2027-01-31T23:59:60Z", -1 },
	{ "2027-01-31T18Z", -1 },
	{ "20270131", -1 },
	{ "", -1 },
};

START_TEST(date)
{
	ck_assert_int_eq(until_seconds(dates[_i].text), dates[_i].seconds);
}
END_TEST

static const struct {
	struct span text;
	bool is_good;
} texts[] = {
	{ RAW(""), true },
	{ RAW("abc"), true },
	{ RAW("\xc2\x80"), true },
	{ RAW("\xdf\xbf"), true },
	{ RAW("\xe0\xa0\x80"), true },
	{ RAW("\xed\x9f\xbf\xee\x80\x80"), true },
	{ RAW("\xf0\x90\x80\x80"), true },
	{ RAW("\xf4\x8f\xbf\xbf"), true },
	{ RAW("a\0b"), false },
	{ RAW("\x80"), false },
	{ RAW("\xc0\x80"), false },
	{ RAW("\xc1\xbf"), false },
	{ RAW("\xc2"), false },
	{ RAW("\xc2\x41"), false },
	{ RAW("\xc2\xc2"), false },
	{ RAW("\xe0\x9f\xbf"), false },
	{ RAW("\xe2\x82"), false },
	{ RAW("\xed\xa0\x80"), false },
	{ RAW("\xf0\x8f\xbf\xbf"), false },
	{ RAW("\xf4\x90\x80\x80"), false },
	{ RAW("\xf5\x80\x80\x80"), false },
	{ RAW("\xff"), false },
};

START_TEST(utf8)
{
	unsigned char *copy = exact_copy(texts[_i].text.p, texts[_i].text.len);

	ck_assert_int_eq(
	    is_utf8((const char *)copy, texts[_i].text.len), texts[_i].is_good);
	free(copy);
}
END_TEST

START_TEST(plain_name)
{
	ck_assert(is_plain_name("a"));
	ck_assert(is_plain_name("Team_1.x@y+z-"));
	ck_assert(is_plain_name("0123456789012345678901234567890123456789"
				"012345678901234567890123"));
	ck_assert(!is_plain_name("0123456789012345678901234567890123456789"
				 "0123456789012345678901234"));
	ck_assert(!is_plain_name(""));
	ck_assert(!is_plain_name("-a"));
	ck_assert(!is_plain_name("a b"));
	ck_assert(!is_plain_name("a/b"));
	ck_assert(!is_plain_name("\xc3\xa4"));
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("policy_value");

	tcase_add_loop_test(tc, date, 0, N_ROWS(dates));
	tcase_add_loop_test(tc, utf8, 0, N_ROWS(texts));
	tcase_add_test(tc, plain_name);
	return run_case("policy_value", tc);
}
