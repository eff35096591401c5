#include "config.h"

#include "config-gen/cakeys.h"

#include <stdio.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/sshwire.h"

/* So many are named; the rest is counted. */
#define MAX_NAMED 3

/* Whether the list, separated by commas, has name. */
static bool
has_algorithm(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (;; list++) {
		if (strncmp(list, name, len) == 0 &&
		    (list[len] == ',' || list[len] == '\0'))
			return true;
		if ((list = strchr(list, ',')) == NULL)
			return false;
	}
}

/* An RSA key signs by either SHA-2; SHA-1 is nobody's any more. */
static bool
can_sign(const char *list, const char *type)
{
	if (strcmp(type, "ssh-rsa") == 0)
		return has_algorithm(list, "rsa-sha2-512") ||
		    has_algorithm(list, "rsa-sha2-256");
	return has_algorithm(list, type);
}

int
cakeys_judge(const struct policy *p, const struct sshd_settings *settings,
    int64_t now_at, struct err *err)
{
	const char *list = sshd_setting(settings, "casignaturealgorithms");
	char text[MAX_NAMED * 110] = "", file[64];
	size_t i, k, n = 0, len = 0;

	if (list == NULL)
		return 0;
	for (i = 0; i < p->n_authorities; i++) {
		const struct policy_authority *a = &p->authorities[i];

		for (k = 0; k < a->n_keys; k++) {
			struct place at = policy_place(p, a->key_places[k]);

			if (!policy_key_is_in_force(a, k, now_at) ||
			    can_sign(list, a->keys[k].type) || n++ >= MAX_NAMED)
				continue;
			len += (size_t)snprintf(text + len,
			    sizeof(text) - len, "%s%s:%zu (%s)",
			    n == 1 ? "" : ", ",
			    escape_text(file, sizeof(file), at.file), at.line,
			    a->keys[k].type);
		}
	}
	if (n == 0)
		return 0;
	return err_setf(err, ERR_REFUSED,
	    "%s%s: CASignatureAlgorithms of this sshd has no algorithm of such "
	    "a CA key, so that nobody could log in by it; allow one there, or "
	    "take the key out",
	    text, n > MAX_NAMED ? " and more" : "");
}

int
cakeys_check(const struct target *t, const struct policy *p, struct err *err)
{
	struct sshd_settings settings = { NULL, 0 };
	int ret;

	if (!t->has_sshd)
		return 0;
	ret = sshd_effective_user(t->root, t->config, "root", &settings, err);
	if (ret == 0)
		ret = cakeys_judge(p, &settings, t->compile.now_at, err);
	sshd_settings_clear(&settings);
	return ret;
}
