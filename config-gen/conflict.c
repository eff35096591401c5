#include "config.h"

#include "config-gen/conflict.h"

#include <stdio.h>
#include <string.h>

#include "config-gen/service.h"

/* So many are named; the rest is counted. */
#define MAX_NAMED 3

static int
check_service(const struct target *t, struct err *err)
{
	const struct service *s = t->root->service;
	const char *named[TARGET_N_DIRECTIVES + 1];
	const struct service_option *o;
	char one[200], text[MAX_NAMED * sizeof(one)] = "";
	size_t at = 0, n = 0, len = 0;

	target_named(t, named);
	while ((o = service_next_option(s, named, &at)) != NULL) {
		if (n++ >= MAX_NAMED)
			continue;
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s (for everybody)", n == 1 ? "" : "; ",
		    service_describe(o, one, sizeof(one) - 16));
	}
	if (n == 0)
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "%s%s: stands on sshd's command line and wins over every file; "
	    "certgate cannot comment that out: remove it there, move what it "
	    "does into the policy, and restart sshd",
	    text, n > MAX_NAMED ? "; and more" : "");
}

/* Whether all of those found are about revoked keys. */
static bool
is_all_revoked(const struct sshdconf_line *const *found, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < MAX_NAMED; i++) {
		if (strcmp(found[i]->keyword, "revokedkeys") != 0)
			return false;
	}
	return n <= MAX_NAMED;
}

int
conflict_check(const struct target *t, bool replace, struct err *err)
{
	const struct sshdconf_line *found[MAX_NAMED];
	char one[128];
	char text[MAX_NAMED * sizeof(one)];
	size_t i, len = 0, n;

	if (check_service(t, err) < 0)
		return -1;
	n = sshdconf_conflicts(t->conf, target_directives,
	    t->n_directives, found, MAX_NAMED);
	if (n == 0 || replace)
		return 0;
	text[0] = '\0';
	for (i = 0; i < n && i < MAX_NAMED; i++) {
		(void)sshdconf_describe(t->conf, found[i], one, sizeof(one));
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s", i == 0 ? "" : "; ", one);
	}
	return err_setf(err, ERR_REFUSED,
	    "%s%s: sshd_config already %s there; move it into "
	    "the policy, or let --replace-conflicts comment it out",
	    text, n > MAX_NAMED ? "; and more" : "",
	    is_all_revoked(found, n) ? "names revoked keys"
				     : "maps certificates");
}
