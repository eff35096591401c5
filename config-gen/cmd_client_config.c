#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config-gen/cmd.h"

#define HOSTNAME_MAX_LEN 253

/* A name that can stand in ssh_config and in a command without quoting. */
static bool
is_hostname(const char *name)
{
	size_t i, len = strlen(name);

	if (len == 0 || len > HOSTNAME_MAX_LEN || name[0] == '-' ||
	    name[0] == '.')
		return false;
	for (i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-' &&
		    name[i] != '.')
			return false;
	}
	return true;
}

/*
 * `Match host … exec` makes cloudflared fetch a certificate before ssh looks
 * for it; see ssh_config(5) and `cloudflared access ssh-config`.
 */
int
cmd_client_config(struct cmd *c)
{
	struct err err = ERR_INIT;
	const char *host = c->args[0];

	if (!is_hostname(host)) {
		(void)err_set(&err, ERR_REFUSED, NO_PLACE,
		    "HOSTNAME is no host name",
		    "it would stand unquoted in ssh_config and in a command",
		    "write letters, digits, dots and hyphens");
		return cmd_fail(c, &err);
	}
	(void)printf(
	    "# ~/.ssh/config, for people who reach %s through cloudflared\n"
	    "Match host %s exec \"cloudflared access ssh-gen --hostname %%h\"\n"
	    "    ProxyCommand cloudflared access ssh --hostname %%h\n"
	    "    IdentityFile ~/.cloudflared/%s-cf_key\n"
	    "    CertificateFile ~/.cloudflared/%s-cf_key-cert.pub\n"
	    "    IdentitiesOnly yes\n",
	    host, host, host, host);
	return CMD_DONE;
}
