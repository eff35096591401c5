#include "config.h"

#include "lib/utc.h"

#include <string.h>

/* 10000-01-01T00:00:00Z */
#define UTC_LIMIT 253402300800

static void
put_digits(char *out, int64_t v, int n)
{
	while (n-- > 0) {
		out[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

/*
 * The date of a day since 1970-01-01, "0000-00-00": years begin in March, so
 * that the leap day is their last.
 */
static void
put_date(char *out, int64_t day)
{
	int64_t n = day + 719468; /* since 0000-03-01 */
	int64_t era = n / 146097; /* of 400 years */
	int64_t of_era = n % 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 -
	                   of_era / 146096) /
	    365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153;

	put_digits(out + 8, of_year - (153 * month + 2) / 5 + 1, 2);
	month += month < 10 ? 3 : -9;
	put_digits(out + 5, month, 2);
	put_digits(out, year + era * 400 + (month <= 2 ? 1 : 0), 4);
}

char *
utc_text(char out[UTC_SIZE], int64_t at)
{
	if (at < 0)
		at = 0;
	if (at >= UTC_LIMIT)
		at = UTC_LIMIT - 1;
	memcpy(out, "0000-00-00T00:00:00Z", UTC_SIZE);
	put_date(out, at / UTC_DAY_S);
	put_digits(out + 11, at / 3600 % 24, 2);
	put_digits(out + 14, at / 60 % 60, 2);
	put_digits(out + 17, at % 60, 2);
	return out;
}

char *
utc_end_text(char out[UTC_SIZE], int64_t until)
{
	if (until <= 0 || until > UTC_LIMIT || until % UTC_DAY_S != 0)
		return utc_text(out, until);
	(void)utc_text(out, until - UTC_DAY_S);
	out[10] = '\0';
	return out;
}
