/*
 * Where pam_certgate.so believes what users could have written.
 */
#include "config.h"

#include "config-gen/doctor_int.h"
#include "config-gen/pamview.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* "FILE:LINE" as pamview has it, its folder put before a plain name. */
static void
place_of(const char *at, char *file, size_t file_len, size_t *line)
{
	const char *colon = strrchr(at, ':');

	(void)snprintf(file, file_len, "%s%.*s",
	    at[0] == '/' ? "" : "/etc/pam.d/", (int)(colon - at), at);
	*line = (size_t)strtoul(colon + 1, NULL, 10);
}

int
doctor_pam_environment(struct doctor *d, struct err *err)
{
	const struct sshd_settings *settings = doctor_settings(d, NULL);
	struct doctor_words w = { NULL, 0,
		"pam_env.so with user_readenv=1 runs before pam_certgate.so",
		"users can write in ~/.pam_environment how they got in "
		"(SSH_AUTH_INFO_0) and from where (SSH_CONNECTION): one who "
		"comes by a key passes for the holder of a certificate that "
		"he only saw",
		"take user_readenv=1 out, or put that line behind the one of "
		"pam_certgate.so",
		false };
	const struct pamview_stack *s;
	const char *value;
	struct pamview v;
	char file[256];
	int ret;

	value = settings == NULL ? NULL : sshd_setting(settings, "usepam");
	if (value == NULL || strcasecmp(value, "yes") != 0)
		return 0;
	ret = pamview_load_service(&v, d->t->root, PAMVIEW_SSHD, err);
	if (ret == 0 && (s = pamview_forged(&v)) != NULL) {
		place_of(s->forger, file, sizeof(file), &w.line);
		w.file = file;
		ret = doctor_find(d, DOCTOR_WARNING, &w, err);
	}
	pamview_clear(&v);
	return ret;
}
