#include "config.h"

#include "config-gen/standing.h"

#include "lib/utc.h"
#include "tests/unit/harness.h"

/* 2026-11-22T11:00:00Z, and the end of 2026-12-01. */
#define NOW 1795345200
#define DAY ((int64_t)UTC_DAY_S)
#define MIDNIGHT 1796169600

struct row {
	int64_t from, until;
	const char *text;
	int64_t days_left;
	bool ends_soon;
};

static const struct row rows[] = {
	{ 0, INT64_MAX, "", 0, false },
	{ 0, MIDNIGHT, "trusted until 2026-12-01, 9 days left", 9, true },
	{ 0, NOW + DAY, "trusted until 2026-11-23T11:00:00Z, 1 day left", 1,
	    true },
	{ 0, NOW + 1, "trusted until 2026-11-22T11:00:01Z, 0 days left", 0,
	    true },
	{ 0, NOW + 14 * DAY,
	    "trusted until 2026-12-06T11:00:00Z, 14 days left", 14, true },
	{ 0, NOW + 14 * DAY + 1,
	    "trusted until 2026-12-06T11:00:01Z, 14 days left", 14, false },
	{ 0, NOW, "not trusted since the end of 2026-11-22T11:00:00Z", 0,
	    true },
	{ NOW + 1, INT64_MAX, "not trusted before 2026-11-22T11:00:01Z", 0,
	    false },
	{ NOW, INT64_MAX, "", 0, false },
};

START_TEST(text)
{
	const struct row *r = &rows[_i];
	struct standing s = { "ca", r->from, r->until, true, false };
	char out[128];

	ck_assert_str_eq(standing_text(&s, NOW, out, sizeof(out)), r->text);
	if (r->until != INT64_MAX)
		ck_assert_int_eq(
		    standing_days_left(r->until, NOW), r->days_left);
	ck_assert_int_eq(standing_ends_soon(r->until, NOW), r->ends_soon);
}
END_TEST

START_TEST(words)
{
	ck_assert_str_eq(standing_word(STANDING_EARLY), "not yet");
	ck_assert_str_eq(standing_word(STANDING_ACTIVE), "active");
	ck_assert_str_eq(standing_word(STANDING_RETIRING), "retiring");
	ck_assert_str_eq(standing_word(STANDING_GONE), "gone");
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("standing");

	tcase_add_loop_test(tc, text, 0, N_ROWS(rows));
	tcase_add_test(tc, words);
	return run_case("standing", tc);
}
