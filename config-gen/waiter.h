/*
 * waiter: what takes a change back in time when everything else is gone.
 *
 * A systemd timer where systemd runs, else a process of its own.  The timer
 * starts certgate-expire.service as it is installed, or, where that is missing,
 * runs another certgate or may not write where it must, one made for it,
 * certgate-expire-made.service.  All run
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

/* Whether the unit that acts after a reboot will. */
enum waiter_boot {
	WAITER_BOOT_YES,
	WAITER_BOOT_DISABLED,
	WAITER_BOOT_LOCKED_UP /* it may not write to one of the folders */
};

/*
 * Start one that acts in wait_s seconds and must write to these folders, named
 * without symbolic links; NULL ends them.  An installed service that may not,
 * since its ReadWritePaths= has not all of them, is not used.
 */
int waiter_start(unsigned int wait_s, const char *const *folders,
    enum waiter_boot *boot, struct err *err);

/* Stop the timer.  A process ends by itself. */
void waiter_stop(void);

#endif
