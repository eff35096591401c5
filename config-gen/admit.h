/*
 * admit: whether a change of the machine may be made at all: nothing that
 * the doctor knows stands against it, and nobody who looks after the machine
 * loses the last way in.
 */
#ifndef CONFIG_GEN_ADMIT_H
#define CONFIG_GEN_ADMIT_H

#include <stdbool.h>

#include "config-gen/cmd.h"
#include "config-gen/sshdconf.h"
#include "config-gen/target.h"
#include "lib/err.h"

struct admit {
	struct cmd *c; /* whose --despite and --allow-lockout count */
	const struct target *t;
	const struct sshdconf_edit *edit;
	const char *folder; /* the generation that shall be current, on this
			     * machine; NULL: none */
	const char *stage;  /* a folder for stage_ask */
	bool is_removal;    /* certgate goes: only the ways in are looked at */
	bool is_plan;       /* show all, as a result */
};

/*
 * 0 where the change may be made; else -1, what stands against it is shown,
 * and err sums it up.  With is_plan also who would log in otherwise than
 * before is shown.
 */
int admit_check(const struct admit *a, struct err *err);

#endif
