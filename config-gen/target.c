#include "config.h"

#include "config-gen/target.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "config-gen/account.h"
#include "config-gen/reach.h"

#define CA_VALUE ROOT_CURRENT "/" COMPILE_CA_FILE
#define LISTS_VALUE ROOT_CURRENT "/" COMPILE_LISTS "/%u"
#define REVOKED_VALUE ROOT_CURRENT "/" COMPILE_REVOKED
#define HELPER_VALUE ROOT_HELPER " -- %u %U %k"

/*
 * AuthorizedPrincipalsCommand stands before any AuthorizedKeysCommand of the
 * administrator's, since 8.7 to 9.3 otherwise drop it; no line carries a
 * comment, since sshd would pass it to the helper.
 */
const char *const target_directives[TARGET_N_DIRECTIVES] = {
	"TrustedUserCAKeys " CA_VALUE,
	"AuthorizedPrincipalsFile " LISTS_VALUE,
	"AuthorizedPrincipalsCommand " HELPER_VALUE,
	("AuthorizedPrincipalsCommandUser " COMMAND_USER),
	"RevokedKeys " REVOKED_VALUE,
};

const char *const target_keywords[TARGET_N_DIRECTIVES + 1] = {
	"trustedusercakeys",
	"authorizedprincipalsfile",
	"authorizedprincipalscommand",
	"authorizedprincipalscommanduser",
	"revokedkeys",
	NULL,
};

const char *const target_values[TARGET_N_DIRECTIVES] = {
	CA_VALUE,
	LISTS_VALUE,
	HELPER_VALUE,
	COMMAND_USER,
	REVOKED_VALUE,
};

void
target_revokes(struct target *t, bool is_something_revoked)
{
	t->n_directives = TARGET_N_DIRECTIVES - (is_something_revoked ? 0 : 1);
}

void
target_named(
    const struct target *t, const char *out[TARGET_N_DIRECTIVES + 1])
{
	size_t i;

	for (i = 0; i < t->n_directives; i++)
		out[i] = target_keywords[i];
	out[i] = NULL;
}

int
target_count(const char *folder, size_t *n, struct err *err)
{
	struct reach reach;
	bool revokes;

	if (reach_open(&reach, folder, err) < 0)
		return -1;
	revokes = !reach.is_empty && reach.index.n_revoked != 0;
	reach_close(&reach);
	*n = TARGET_N_DIRECTIVES - (revokes ? 0 : 1);
	return 0;
}

int
target_follow(struct target *t, const char *folder, struct err *err)
{
	return target_count(folder, &t->n_directives, err);
}

static int
find_command_user(struct target *t, struct err *err)
{
	struct account account;
	int found = account_find(t->root, COMMAND_USER, &account, err);

	if (found < 0)
		return -1;
	t->has_command_user = found > 0;
	t->compile.index_group = found > 0 ? account.gid : t->compile.group;
	return 0;
}

/* An image may have no sshd; the machine itself must have one. */
static void
find_sshd(struct target *t)
{
	char path[PATH_MAX];

	if (access(root_path(t->root, path, t->root->sshd), X_OK) == 0)
		t->has_sshd =
		    sshd_version(t->root, &t->version, &t->no_sshd) == 0;
	else if (root_is_host(t->root))
		(void)err_setf(&t->no_sshd, ERR_NOT_FOUND,
		    "%s: there is no sshd to ask whether the configuration is "
		    "right; name it by --sshd",
		    t->root->sshd);
}

static void
read_config(struct target *t)
{
	struct err why = ERR_INIT;

	t->config = sshdconf_main(t->root, &t->no_conf);
	if (t->config == NULL)
		return;
	t->conf = sshdconf_read(t->root, t->config, &t->no_conf);
	if (t->has_sshd && sshd_test(t->root, t->config, &why) < 0)
		(void)err_setf(&t->refused, ERR_REFUSED,
		    "sshd refuses its present configuration; mend that first: "
		    "%.400s",
		    why.text);
}

int
target_look(struct target *t, const struct root *root, struct err *err)
{
	memset(t, 0, sizeof(*t));
	t->root = root;
	target_revokes(t, false);
	t->compile.keygen = t->keygen = sshd_companion(root, "ssh-keygen");
	t->compile.owner = geteuid();
	t->compile.group = getegid();
	t->compile.now_at = (int64_t)time(NULL);
	/* Nobody, unless account_lowest says more. */
	t->compile.uid_min = UINT32_MAX;
	if (find_command_user(t, err) < 0)
		return -1;
	find_sshd(t);
	read_config(t);
	return 0;
}

int
target_open(struct target *t, const struct root *root, struct err *err)
{
	const struct err *first;

	if (target_look(t, root, err) < 0)
		return -1;
	first = t->no_sshd.code != ERR_NONE ? &t->no_sshd
	    : t->no_conf.code != ERR_NONE   ? &t->no_conf
					    : &t->refused;
	return first->code == ERR_NONE
	    ? 0
	    : err_setf(err, first->code, "%s", first->text);
}

void
target_clear(struct target *t)
{
	sshdconf_free(t->conf);
	free(t->keygen);
	t->conf = NULL;
	t->keygen = NULL;
}
