/*
 * progress: how far long work is, for who waits for it at a terminal.
 *
 *   certgate: reading the policy: 40 %
 *
 * One line on standard error, written over with each per cent and blank at
 * the end, so that what is said then stands by itself.
 */
#ifndef CONFIG_GEN_PROGRESS_H
#define CONFIG_GEN_PROGRESS_H

#include <stdint.h>

/* Standard error is a terminal: without this nothing is ever shown. */
void progress_allow(void);

/*
 * done of all is done; what names the work and is the same until
 * progress_end.  Who calls it sees to it that the work is long: what is over
 * at once needs no line.
 */
void progress_show(const char *what, uint64_t done, uint64_t all);

/* It is over, or will not go on. */
void progress_end(void);

#endif
