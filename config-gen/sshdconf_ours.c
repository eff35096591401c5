/*
 * What in sshd's files is certgate's: the block, the drop-in, and which
 * directives they may hold.
 *
 * MUST NOT take for ours what somebody else may have written: where an edit
 * by hand leaves that open, say so and change nothing.
 */
#include "config.h"

#include "config-gen/sshdconf_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* By these certificates are mapped: half of them from us is a hole. */
static const char *const mapping[] = { "authorizedprincipalscommand",
	"authorizedprincipalscommanduser", "authorizedprincipalsfile",
	"trustedusercakeys", NULL };

bool
sshdconf_is_certgates(const char *keyword)
{
	size_t i;

	for (i = 0; mapping[i] != NULL; i++)
		if (strcmp(keyword, mapping[i]) == 0)
			return true;
	return strcmp(keyword, "revokedkeys") == 0;
}

bool
sshdconf_is_conflict(
    const char *keyword, const char *const *directives, size_t n_directives)
{
	size_t i, len;

	for (i = 0; mapping[i] != NULL; i++)
		if (strcmp(keyword, mapping[i]) == 0)
			return true;
	len = strlen(keyword);
	for (i = 0; i < n_directives; i++)
		if (strncasecmp(directives[i], keyword, len) == 0 &&
		    strchr(BLANKS "=", directives[i][len]) != NULL)
			return true;
	return false;
}

/*
 * Whether a raw line may be one that certgate wrote among its directives:
 * 0, or -1 with err.
 */
static int
ours_check(const char *raw, size_t len, struct place at, struct err *err)
{
	char *keyword = NULL;
	char *rest = NULL;
	bool is_ours;
	int found;

	if (sshdconf_raw_is(raw, len, ""))
		return 0;
	if ((found = sshdconf_raw_parse(
		 raw, len, at, &keyword, &rest, err)) < 0)
		return -1;
	is_ours = found == 1 && sshdconf_is_certgates(keyword);
	free(keyword);
	free(rest);
	if (!is_ours)
		return err_set(err, ERR_MALFORMED, at,
		    "this line stands among certgate's and is not its own",
		    "the next apply would lose it",
		    "move it elsewhere or delete it");
	return 0;
}

/* What kind of marker a raw line is. */
enum marker { MARKER_NONE, MARKER_BEGIN, MARKER_END, MARKER_DAMAGED };

static enum marker
marker_of(const char *raw, size_t len)
{
	if (sshdconf_raw_is(raw, len, SSHDCONF_BEGIN))
		return MARKER_BEGIN;
	if (sshdconf_raw_is(raw, len, SSHDCONF_END))
		return MARKER_END;
	if (sshdconf_raw_begins(raw, len, "# BEGIN certgate") ||
	    sshdconf_raw_begins(raw, len, "# END certgate"))
		return MARKER_DAMAGED;
	return MARKER_NONE;
}

/* The search for the block, between two lines. */
struct search {
	size_t begin_line; /* 0: no begin marker yet */
	bool is_inside;
	bool has_directive; /* seen before the block */
};

static int
search_marker(struct search *s, enum marker marker, struct place at,
    const struct sshdconf_raw *raw, struct sshdconf_block *out,
    struct err *err)
{
	if (marker == MARKER_DAMAGED)
		return err_set(err, ERR_MALFORMED, at,
		    "this is nearly a marker of certgate's, but not quite",
		    "where its block begins and ends must be certain",
		    "restore it, or delete it with certgate's lines");
	if (marker == MARKER_BEGIN && s->begin_line != 0)
		return err_set(err, ERR_MALFORMED, at,
		    "certgate's block begins a second time", NULL,
		    "delete one of the two, with its end marker");
	if (marker == MARKER_END && !s->is_inside)
		return err_set(err, ERR_MALFORMED, at,
		    "certgate's block ends, but does not begin", NULL,
		    "put \"" SSHDCONF_BEGIN "\" before certgate's lines, or "
		    "delete them and this line");
	if (marker == MARKER_BEGIN) {
		s->begin_line = raw->line;
		out->start = raw->offset;
		out->is_first = !s->has_directive;
	} else
		out->end = raw->offset + raw->len;
	s->is_inside = marker == MARKER_BEGIN;
	return 0;
}

static int
has_directive(
    const char *raw, size_t len, struct place at, struct err *err)
{
	char *keyword = NULL;
	char *rest = NULL;
	int found;

	/* One that is replaced may come back: it counts. */
	if ((found = sshdconf_raw_replaced(
		 raw, len, &keyword, &rest, err)) == 0)
		found = sshdconf_raw_parse(
		    raw, len, at, &keyword, &rest, err);
	free(keyword);
	free(rest);
	return found;
}

int
sshdconf_block_find(const struct sshdconf_file *f,
    struct sshdconf_block *out, struct err *err)
{
	struct search s = { 0, false, false };
	struct sshdconf_raw raw = { 0, 0, 0 };
	struct sshdconf_block b = { 0, 0, false };

	while (sshdconf_raw_next(f->bytes, f->len, &raw)) {
		const char *text = f->bytes + raw.offset;
		struct place at = SSHDCONF_AT(f->path, raw.line);
		enum marker marker = marker_of(text, raw.len);
		int found;

		if (marker != MARKER_NONE) {
			if (search_marker(&s, marker, at, &raw, &b, err) < 0)
				return -1;
		} else if (s.is_inside) {
			if (ours_check(text, raw.len, at, err) < 0)
				goto unclosed;
		} else if (s.begin_line == 0 && !s.has_directive) {
			found = has_directive(text, raw.len, at, err);
			if (found < 0)
				return -1;
			s.has_directive = found == 1;
		}
	}
	if (s.is_inside)
		goto unclosed;
	*out = b;
	return 0;
unclosed:
	/*
	 * A foreign line inside is the wrong thing to complain of where the
	 * end marker is lost: everything below then is one.
	 */
	while (sshdconf_raw_next(f->bytes, f->len, &raw))
		if (marker_of(f->bytes + raw.offset, raw.len) == MARKER_END)
			return -1;
	if (err != NULL)
		err_clear(err);
	return err_set(err, ERR_MALFORMED, SSHDCONF_AT(f->path, s.begin_line),
	    "certgate's block begins, but does not end",
	    "what follows may be yours",
	    "put \"" SSHDCONF_END "\" behind certgate's last line");
}

bool
sshdconf_is_dropin(const struct sshdconf_file *f)
{
	struct sshdconf_raw raw = { 0, 0, 0 };

	return f->path != NULL &&
	    strcmp(f->path, SSHDCONF_DROPIN_PATH) == 0 &&
	    sshdconf_raw_next(f->bytes, f->len, &raw) &&
	    sshdconf_raw_is(f->bytes, raw.len, SSHDCONF_HEADER);
}

int
sshdconf_dropin_check(const struct sshdconf_file *f, struct err *err)
{
	struct sshdconf_raw raw = { 0, 0, 0 };

	if (!sshdconf_is_dropin(f))
		return err_set(err, ERR_MALFORMED, SSHDCONF_AT(f->path, 0),
		    "this is the place of certgate's drop-in, but certgate "
		    "did not write it",
		    "its first line is another",
		    "rename it");
	(void)sshdconf_raw_next(f->bytes, f->len, &raw);
	while (sshdconf_raw_next(f->bytes, f->len, &raw))
		if (ours_check(f->bytes + raw.offset, raw.len,
			SSHDCONF_AT(f->path, raw.line), err) < 0)
			return -1;
	return 0;
}
