#include "config.h"

#include "lib/utc.h"

#include <time.h>

#include "tests/unit/harness.h"

struct row {
	int64_t at;
	const char *text, *end;
};

static const struct row rows[] = {
	{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z" },
	{ -1, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z" },
	{ 86400, "1970-01-02T00:00:00Z", "1970-01-01" },
	{ 951782400, "2000-02-29T00:00:00Z", "2000-02-28" },
	{ 951868799, "2000-02-29T23:59:59Z", "2000-02-29T23:59:59Z" },
	{ 951868800, "2000-03-01T00:00:00Z", "2000-02-29" },
	{ 4107542400, "2100-03-01T00:00:00Z", "2100-02-28" },
	{ 1801353600, "2027-01-31T00:00:00Z", "2027-01-30" },
	{ 1801418400, "2027-01-31T18:00:00Z", "2027-01-31T18:00:00Z" },
	{ 253402300799, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z" },
	{ 253402300800, "9999-12-31T23:59:59Z", "9999-12-31" },
	{ INT64_MAX, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z" },
};

START_TEST(texts)
{
	char out[UTC_SIZE];

	ck_assert_str_eq(utc_text(out, rows[_i].at), rows[_i].text);
	ck_assert_str_eq(utc_end_text(out, rows[_i].at), rows[_i].end);
}
END_TEST

/* Every day up to 2200, by the C library. */
START_TEST(days)
{
	char out[UTC_SIZE], want[UTC_SIZE];
	struct tm tm;
	time_t at;

	for (at = 12345; at < 7258118400; at += UTC_DAY_S) {
		ck_assert_ptr_nonnull(gmtime_r(&at, &tm));
		ck_assert_uint_ne(strftime(want, sizeof(want),
		    "%Y-%m-%dT%H:%M:%SZ", &tm), 0);
		ck_assert_str_eq(utc_text(out, at), want);
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("utc");

	tcase_add_loop_test(tc, texts, 0, N_ROWS(rows));
	tcase_add_test(tc, days);
	return run_case("utc", tc);
}
