/*
 * policyedit: commands that change the policy, as its text stands.
 *
 * A change is made in the file that holds the place (the policy or one that
 * it includes), by policytext: no other byte of it is touched.  The whole
 * policy is then loaded with the new text, and only one without errors is
 * written.
 */
#ifndef CONFIG_GEN_POLICYEDIT_H
#define CONFIG_GEN_POLICYEDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/diag.h"
#include "config-gen/policy.h"
#include "lib/err.h"
#include "lib/sshwire.h"

enum policyedit_kind {
	POLICYEDIT_ADD_KEY, /* to an authority, which is made if need be */
	POLICYEDIT_REMOVE_KEY, /* and its line under `retire`; refused where
				* the key stands a second time */
	POLICYEDIT_RETIRE_KEY, /* or another date for one that is */
	POLICYEDIT_REMOVE_AUTHORITY,
	POLICYEDIT_REVOKE /* an item for the list `revoked` */
};

struct policyedit_change {
	enum policyedit_kind kind;
	const char *authority; /* its name; not for POLICYEDIT_REVOKE */
	const char *key; /* ADD_KEY: its line, without a line end;
			  * RETIRE_KEY: its fingerprint */
	size_t number; /* REMOVE_KEY: in policy_authority.keys */
	const char *date; /* RETIRE_KEY: as under `until` */
	const char *entry; /* REVOKE: "{authority: vault, serial: 42}" */
};

struct policyedit {
	const char *file; /* which is changed; the policy's */
	struct wire before, after; /* its whole text */
	struct wire by_hand; /* lines to write where it is refused */
	struct policy *policy; /* as it is after the change */
};

#define POLICYEDIT_INIT { NULL, WIRE_INIT, WIRE_INIT, WIRE_INIT, NULL }

/*
 * Work out the change of p, which was loaded from its first file with root,
 * without writing anything.  0, or -1 with err: ERR_REFUSED names the file
 * and line that cannot be edited, and by_hand has what to write (terminated,
 * empty where there is nothing to say); where the new policy would not do,
 * report holds why.  e is ended by policyedit_clear in all cases; p outlives
 * it.
 */
int policyedit_make(struct policyedit *e, const struct policy *p,
    const char *root, const struct policyedit_change *change,
    struct diag_report *report, struct err *err);

/*
 * Write it: owner, mode and extended attributes of the file stay, and what a
 * writer that was killed left beside it goes.  -1 also where somebody else
 * changed the file since, or another certgate writes it and does not end.
 * *written: the file says it now, also where this failed and nobody knows
 * whether that will last.
 */
int policyedit_write(
    const struct policyedit *e, bool *written, struct err *err);

/*
 * Remove what a writer that was killed left beside p's files, where nobody
 * writes them now.
 */
void policyedit_tidy(const struct policy *p);

void policyedit_clear(struct policyedit *e);

#endif
