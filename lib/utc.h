/*
 * utc: a moment as people write it, without the C library's time zones.
 */
#ifndef LIB_UTC_H
#define LIB_UTC_H

#include <stdint.h>

#define UTC_DAY_S 86400

/* Room for "2027-01-31T18:00:00Z". */
#define UTC_SIZE 21

/*
 * at (UTC seconds since 1970) as "2027-01-31T18:00:00Z"; what lies before
 * 1970 or behind the year 9999 is shown as that limit.  Returns out.
 */
char *utc_text(char out[UTC_SIZE], int64_t at);

/*
 * The same of an end that is exclusive, as people write it: "2027-01-31" for
 * the first moment of 2027-02-01, else as above.
 */
char *utc_end_text(char out[UTC_SIZE], int64_t until);

#endif
