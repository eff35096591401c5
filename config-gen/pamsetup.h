/*
 * pamsetup: pam_certgate.so put into a root's PAM stacks, and taken out of
 * them again.
 *
 * The distribution's own tool changes the files (pammech); what came of it is
 * read back as libpam would read it (pamview), and undone where it is not
 * what was meant or where any other module would be asked in another way.
 * Killed at any point, the next command puts back what was.
 */
#ifndef CONFIG_GEN_PAMSETUP_H
#define CONFIG_GEN_PAMSETUP_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/lockfile.h"
#include "config-gen/pamkeep.h"
#include "config-gen/pammech.h"
#include "config-gen/pamview.h"
#include "config-gen/root.h"
#include "lib/err.h"

struct pamsetup {
	const struct root *root;
	const struct pammech *mech; /* NULL: neither tool is there */
	struct pamkeep keep;
	enum pamkeep_state state;
	char mechanism[PAMKEEP_TEXT_SIZE]; /* as it is kept */
	struct pamview before, after;
	struct lockfile lock;
	bool is_recovered; /* an interrupted change was put back */
	bool is_undone; /* after a failure: nothing of it is left */
	bool is_new; /* something was changed */
	char left[512]; /* files that others changed since; by blanks */
};

/*
 * Begin: lock, put back what an interrupted command left, and look.  End by
 * pamsetup_close, also after a failure.
 */
int pamsetup_open(
    struct pamsetup *p, const struct root *root, struct err *err);
void pamsetup_close(struct pamsetup *p);

/*
 * Put the module in; has_sudo: for sudo too.  0, also where it is in already;
 * -1 with err and everything as it was, or not p->is_undone.  p->after is what came of it.
 */
int pamsetup_enable(struct pamsetup *p, bool has_sudo, struct err *err);

/*
 * Take it out.  0, also where it is not in; p->after may still show lines of
 * the administrator's own.
 */
int pamsetup_disable(struct pamsetup *p, struct err *err);

#endif
