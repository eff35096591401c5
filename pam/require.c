#include "config.h"

#include "pam/require.h"

#include "lib/escape.h"
#include "pam/nss.h"

#include <grp.h>
#include <stdlib.h>

#define MAX_GROUPS 65536
#define SHOWN 256

/* Leave the groups of user in *out, allocated; their number, or -1. */
static int
list_groups(const char *user, gid_t gid, gid_t **out, struct err *err)
{
	gid_t *gids = NULL, *bigger;
	int n = 64, room;

	for (;;) {
		room = n;
		bigger = realloc(gids, (size_t)room * sizeof(*gids));
		if (bigger == NULL) {
			free(gids);
			return err_setf(err, ERR_MEMORY, "out of memory");
		}
		gids = bigger;
		if (getgrouplist(user, gid, gids, &n) >= 0)
			break;
		if (n <= room)
			n = room * 2;
		if (n > MAX_GROUPS) {
			free(gids);
			return err_setf(err, ERR_LIMIT,
			    "the user is in over 65,536 groups");
		}
	}
	*out = gids;
	return n;
}

static int
find_group(const char *name, gid_t *gid, struct err *err)
{
	char shown[SHOWN];
	int found = nss_group(name, gid, err);

	if (found != 0)
		return found < 0 ? -1 : 0;
	return err_setf(err, ERR_NOT_FOUND,
	    "option \"groups\": there is no group \"%s\"",
	    escape_text(shown, sizeof(shown), name));
}

/* Whether user is in one of the groups; every one is looked up. */
static int
is_in_group(
    const char *list, const char *user, gid_t gid, struct err *err)
{
	char name[OPTIONS_MAX_WORD + 1];
	gid_t *gids = NULL, wanted;
	int i, n, ret = 0;

	if ((n = list_groups(user, gid, &gids, err)) < 0)
		return -1;
	while (ret >= 0 && options_list_next(&list, name)) {
		if (find_group(name, &wanted, err) < 0)
			ret = -1;
		for (i = 0; ret == 0 && i < n; i++)
			if (gids[i] == wanted)
				ret = 1;
	}
	free(gids);
	return ret;
}

int
require_covers(
    const struct options *o, const char *user, gid_t gid, struct err *err)
{
	if (!o->requires_cert ||
	    (o->except != NULL && options_list_has(o->except, user)))
		return 0;
	if (o->users == NULL && o->groups == NULL)
		return 1;
	if (o->users != NULL && options_list_has(o->users, user))
		return 1;
	return o->groups == NULL
	    ? 0
	    : is_in_group(o->groups, user, gid, err);
}
