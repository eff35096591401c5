/*
 * waiter: what takes a change back in time when everything else is gone.
 *
 * A systemd timer where systemd runs, else a process of its own.  The timer
 * starts certgate-expire.service as it is installed, or one made for it where
 * that is missing or runs another certgate.  All run
 * `certgate confirm --expire`, which waits until the record is over and ends
 * at once where there is none; so nothing has to be told to a waiter that
 * runs already when the deadline moves.
 */
#ifndef CONFIG_GEN_WAITER_H
#define CONFIG_GEN_WAITER_H

#include <stdbool.h>

#include "lib/err.h"

/* Whether systemd runs this machine. */
bool waiter_has_systemd(void);

/*
 * Start one that acts in wait_s seconds.  *at_boot: the unit that does so
 * after a reboot is enabled.
 */
int waiter_start(unsigned int wait_s, bool *at_boot, struct err *err);

/* Stop the timer.  A process ends by itself. */
void waiter_stop(void);

#endif
