#include "config.h"

#include "config-gen/pammech.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/command.h"
#include "config-gen/pamview.h"
#include "lib/escape.h"

/* Tools may wait for a lock of a package that is being installed. */
#define LIMIT_S 120

const char *
pammech_module(const struct root *root)
{
	char *path = root_locate(root, PAMDIR "/pam_unix.so", NULL);
	bool is_systems = path != NULL && access(path, F_OK) == 0;

	free(path);
	/* libpam finds by their names what stands in its own folder. */
	return is_systems ? PAMVIEW_MODULE : PAMDIR "/" PAMVIEW_MODULE;
}

int
pammech_run(const struct root *root, const char *const *argv, char **out,
    char said[PAMMECH_SAID_SIZE], struct err *err)
{
	struct command_result res;
	const char *text;
	int status;

	if (command_run(root_is_host(root) ? NULL : root->dir, argv, LIMIT_S,
		&res, err) < 0)
		return -1;
	text = res.errors + strspn(res.errors, " \n");
	if (*text == '\0')
		text = res.out + strspn(res.out, " \n");
	(void)escape_bytes(said, PAMMECH_SAID_SIZE, text, strcspn(text, "\n"));
	if (out != NULL) {
		*out = res.out;
		res.out = NULL;
	}
	status = res.status;
	command_result_clear(&res);
	return status;
}

/* Whether the line at p is of that type, as pam.d has it. */
static bool
is_of_type(const char *p, const char *type)
{
	size_t len = strlen(type);

	p += strspn(p, " \t");
	p += *p == '-';
	return strncasecmp(p, type, len) == 0 &&
	    isspace((unsigned char)p[len]);
}

char *
pammech_insert(const char *text, const char *type, const char *lines,
    struct err *err)
{
	const char *p = text;
	char *out = NULL;

	while (*p != '\0' && !is_of_type(p, type)) {
		p += strcspn(p, "\n");
		p += *p == '\n';
	}
	if (*p == '\0')
		(void)err_setf(err, ERR_NOT_FOUND,
		    "it has no line of type %s", type);
	else if (asprintf(&out, "%.*s%s%s", (int)(p - text), text, lines, p) <
	    0) {
		out = NULL;
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	}
	return out;
}
