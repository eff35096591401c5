/*
 * people: the accounts of a root that somebody could log in to, with what
 * sshd looks at before it lets anybody in: shell, password, groups.
 *
 * The root's own passwd, group and shadow.  On the machine itself the admin
 * groups and their members are asked of its libraries too, so that directory
 * services count.
 */
#ifndef CONFIG_GEN_PEOPLE_H
#define CONFIG_GEN_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "config-gen/root.h"
#include "lib/err.h"

/* More accounts than these are not looked at. */
#define PEOPLE_MAX 100000

enum person_password {
	PERSON_NO_PASSWORD, /* none that fits: "*", or the account has no entry
			     */
	PERSON_LOCKED,      /* begins with "!" */
	PERSON_EMPTY_PASSWORD,
	PERSON_PASSWORD
};

struct person {
	char *name;
	uid_t uid;
	gid_t gid;
	char *home;
	char *shell;
	enum person_password password;
	bool is_expired; /* the account's last day is over */
	bool has_shell;  /* it is there, and lets somebody work */
	bool is_admin;   /* uid 0, or in one of people_admin_groups */
	char **groups;   /* names, NULL ends */
};

struct people {
	struct person *items; /* in order of name, each once */
	size_t n_items;
	bool is_cut; /* there are more than PEOPLE_MAX */
};

/* sudo, wheel, admin: whose members become root; NULL ends. */
extern const char *const people_admin_groups[];

/*
 * Read all accounts of root.  now_at: UTC seconds, for expiry.  End by
 * people_clear, also after a failure.
 */
int people_load(struct people *out, const struct root *root, time_t now_at,
    struct err *err);
void people_clear(struct people *p);

/* NULL: no such account. */
const struct person *people_find(const struct people *p, const char *name);

bool person_is_in(const struct person *p, const char *group);

#endif
