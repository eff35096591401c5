/*
 * Finding the lines that stand against ours, and showing them.
 */
#include "config.h"

#include "config-gen/sshdconf_int.h"

#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/journal.h"
#include "config-gen/service.h"
#include "lib/escape.h"

/* The file of sshd's -f. */
static const char *
main_by_service(const struct service *s, struct err *err)
{
	char shown[200], file[160];

	if (journal_allows(s->config))
		return s->config;
	err_setf(err, ERR_REFUSED,
	    "%s:%zu: sshd is started with -f %s, a file that is neither below "
	    "/etc/ssh nor below /usr/etc/ssh; certgate changes no others: "
	    "move it to " ROOT_SSHD_CONFIG " and leave out the -f",
	    escape_text(file, sizeof(file), s->config_file), s->config_line,
	    escape_text(shown, sizeof(shown), s->config));
	return NULL;
}

const char *
sshdconf_main(const struct root *root, struct err *err)
{
	static const char *const paths[] = { ROOT_SSHD_CONFIG,
		SSHDCONF_VENDOR };
	struct stat st;
	size_t i;

	if (root->service != NULL && root->service->config != NULL)
		return main_by_service(root->service, err);
	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		char *on_host = sshdconf_resolve(root, paths[i], NULL);
		bool is_there = on_host != NULL && stat(on_host, &st) == 0;

		free(on_host);
		if (is_there)
			return paths[i];
	}
	err_setf(err, ERR_NOT_FOUND,
	    "there is neither " ROOT_SSHD_CONFIG " nor " SSHDCONF_VENDOR
	    "; install the OpenSSH server first");
	return NULL;
}

size_t
sshdconf_find(const struct sshdconf *c, const char *const *keywords,
    const struct sshdconf_line **out, size_t max)
{
	size_t n = 0;
	size_t i, k;

	for (i = 0; i < c->n_lines; i++) {
		if (c->lines[i].is_ours || c->lines[i].is_replaced)
			continue;
		for (k = 0; keywords[k] != NULL; k++)
			if (strcmp(c->lines[i].keyword, keywords[k]) == 0)
				break;
		if (keywords[k] == NULL)
			continue;
		if (n < max)
			out[n] = &c->lines[i];
		n++;
	}
	return n;
}

size_t
sshdconf_conflicts(const struct sshdconf *c, const char *const *directives,
    size_t n_directives, const struct sshdconf_line **out, size_t max)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < c->n_lines; i++) {
		if (c->lines[i].is_ours || c->lines[i].is_replaced ||
		    !sshdconf_is_conflict(
			c->lines[i].keyword, directives, n_directives))
			continue;
		if (n < max)
			out[n] = &c->lines[i];
		n++;
	}
	return n;
}

/* The criteria of a scope, those around it first. */
static char *
scope_text(const struct sshdconf *c, size_t match)
{
	char *text = NULL;
	char *longer;

	for (; match != 0; match = c->matches[match].outer) {
		if (asprintf(&longer, "%.200s%s%.300s",
			c->matches[match].criteria, text == NULL ? "" : " ",
			text == NULL ? "" : text) < 0)
			longer = NULL;
		free(text);
		if ((text = longer) == NULL)
			return NULL;
	}
	return text;
}

/* "(for everybody)" or "(in "Match …")". */
static void
describe_scope(const struct sshdconf *c, size_t match, char *out, size_t len)
{
	char *text = scope_text(c, match);
	char shown[160];

	if (text == NULL)
		(void)snprintf(out, len, "(for everybody)");
	else
		(void)snprintf(out, len, "(in \"Match %s\")",
		    escape_text(shown,
			len / 3 < sizeof(shown) ? len / 3 : sizeof(shown),
			text));
	free(text);
}

char *
sshdconf_describe(const struct sshdconf *c, const struct sshdconf_line *line,
    char *out, size_t out_len)
{
	char path[160], keyword[80], rest[160], scope[200];
	size_t n, room;

	describe_scope(c, line->match, scope,
	    out_len < sizeof(scope) ? out_len : sizeof(scope));
	n = (size_t)snprintf(out, out_len, "%s:%zu: %s ",
	    escape_text(path, sizeof(path), c->files[line->file].path),
	    line->line, escape_text(keyword, sizeof(keyword), line->keyword));
	/* What is long is the value: for whom it is must be seen, too. */
	n += strlen(scope) + 2;
	room = n + 8 < out_len ? out_len - n : 8;
	(void)escape_text(rest, room < sizeof(rest) ? room : sizeof(rest),
	    line->rest);
	n -= strlen(scope) + 2;
	if (n < out_len)
		(void)snprintf(out + n, out_len - n, "%s %s", rest, scope);
	return out;
}
