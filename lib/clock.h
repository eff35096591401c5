/*
 * clock: time for waiting, which nobody sets.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include <stdint.h>

/* Milliseconds of the monotonic clock; only differences mean something. */
int64_t clock_now_ms(void);

#endif
