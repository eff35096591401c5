#include "config.h"

#include "config-gen/fetch.h"

#include "config-gen/account.h"
#include "config-gen/command.h"
#include "config-gen/folder.h"
#include "lib/escape.h"
#include "lib/fetchreq.h"
#include "lib/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Two sets of keys and a line; a program that says more is not ours. */
#define MAX_OUTPUT (2UL * KEYSET_MAX_BYTES)
#define SHOWN_SIZE 400

/* Nobody but root may put another file in the place of this one. */
static int
judge_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *folder = strndup(
	    path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
	int ret = -1;

	if (folder == NULL)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else
		ret = folder_judge(folder, err);
	free(folder);
	return ret;
}

/* The token in the file, as a text of its own that the caller wipes. */
static int
read_token(const char *path, char **out, size_t *size, struct err *err)
{
	struct err detail = ERR_INIT;
	char shown[300];
	char *text = NULL;
	size_t len = 0;

	if (judge_folder(path, err) < 0 ||
	    file_read(path, FILE_SECRET, FETCHREQ_MAX_TOKEN + 2, &text, &len,
		err) < 0)
		return -1;
	*out = text;
	*size = len;
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		text[--len] = '\0';
	if (fetchreq_check_token(text, len, &detail) == 0)
		return 0;
	return err_setf(err, detail.code, "%s: %s; put the token alone into "
	                                  "the file, in one line",
	    escape_text(shown, sizeof(shown), path), detail.text);
}

static int
read_ca(const char *path, char **out, size_t *len, struct err *err)
{
	static const char mark[] = "-----BEGIN CERTIFICATE-----";
	char shown[300];

	if (judge_folder(path, err) < 0 ||
	    file_read(path, FILE_ROOTS, FETCHREQ_MAX_CA, out, len, err) < 0)
		return -1;
	if (memmem(*out, *len, mark, strlen(mark)) != NULL)
		return 0;
	return err_setf(err, ERR_MALFORMED,
	    "%s: no certificate in it; put the certificates of the CAs to "
	    "trust there, in PEM", escape_text(shown, sizeof(shown), path));
}

/* Whom it runs as: 0, and has_user false where we are not root. */
static int
find_user(struct command_guest *g, struct err *err)
{
	static const struct root host = { .dir = "" };
	struct account account;
	int found;

	if (geteuid() != 0)
		return 0;
	found = account_find(&host, COMMAND_USER, &account, err);
	if (found == 0)
		found = account_find(&host, FETCH_USER, &account, err);
	if (found < 0)
		return -1;
	if (found == 0 || account.uid == 0 || account.gid == 0)
		return err_setf(err, ERR_NOT_FOUND,
		    "there is neither a user " COMMAND_USER " nor " FETCH_USER
		    " to run ca-fetch as; add the first, as the README says");
	g->has_user = true;
	g->uid = account.uid;
	g->gid = account.gid;
	return 0;
}

/* Why it has nothing to give: its first line, without what could act. */
static int
tell(const struct command_result *r, struct err *err)
{
	size_t len = strcspn(r->errors, "\n"), i;
	char shown[SHOWN_SIZE];

	if (r->status > 128)
		return err_setf(err, ERR_SYSTEM,
		    "ca-fetch was ended by signal %d", r->status - 128);
	if (len == 0)
		return err_setf(err, ERR_SYSTEM,
		    "ca-fetch failed with exit status %d", r->status);
	for (i = 0; i < len; i++) {
		if (r->errors[i] < ' ' || r->errors[i] > '~')
			break;
	}
	/* What is printable is escaped already where it has to be. */
	if (i < len || len >= sizeof(shown)) {
		(void)escape_bytes(shown, sizeof(shown), r->errors, len);
	} else {
		memcpy(shown, r->errors, len);
		shown[len] = '\0';
	}
	return err_setf(err, ERR_REFUSED, "%s", shown);
}

static int
run(const struct command_guest *g, const char *program, struct keyset *ks,
    struct err *err)
{
	const char *argv[] = { program, NULL };
	struct command_result r;
	int ret = -1;

	if (command_run_guest(g, argv, FETCH_TIMEOUT_S, &r, err) < 0)
		return -1;
	if (r.status != 0)
		(void)tell(&r, err);
	else if (keyset_read(ks, r.out, r.out_len, "ca-fetch", err) == 0)
		ret = 0;
	if (ret == 0 && ks->n == 0)
		ret = err_setf(
		    err, ERR_NOT_FOUND, "ca-fetch gave no key");
	command_result_clear(&r);
	return ret;
}

int
fetch_keys(const struct policy_authority *a, const char *program,
    struct keyset *ks, struct err *err)
{
	struct command_guest g = { NULL, 0, false, 0, 0, MAX_OUTPUT };
	struct fetchreq request = { a->url, NULL, { NULL, 0 } };
	/* Never moved, so that no copy of the token stays anywhere. */
	unsigned char *room = malloc(FETCHREQ_MAX_BYTES);
	struct wire w = { room, 0, FETCHREQ_MAX_BYTES, false, true };
	char *token = NULL, *ca = NULL;
	size_t token_size = 0, ca_len = 0;
	int ret = -1;

	if (room == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (a->token_file != NULL &&
	    read_token(a->token_file, &token, &token_size, err) < 0)
		goto out;
	if (a->ca_file != NULL && read_ca(a->ca_file, &ca, &ca_len, err) < 0)
		goto out;
	if (find_user(&g, err) < 0)
		goto out;
	request.token = token;
	request.ca = (struct span) { (const unsigned char *)ca, ca_len };
	fetchreq_write(&request, &w);
	if (w.has_failed || !w.is_borrowed) {
		(void)err_setf(err, ERR_LIMIT, "the request is too long");
		goto out;
	}
	g.in = w.p;
	g.in_len = w.len;
	ret = run(&g, program, ks, err);
out:
	if (token != NULL)
		explicit_bzero(token, token_size);
	if (room != NULL)
		explicit_bzero(room, FETCHREQ_MAX_BYTES);
	free(room);
	free(token);
	free(ca);
	return ret;
}
