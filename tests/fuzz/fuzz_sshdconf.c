/*
 * sshdconf: whatever the file, its lines are all of it, an edit puts ours
 * first and leaves the rest alone, twice is once, and none is as before.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/sshdconf.h"
#include "config-gen/sshdconf_int.h"

#define MAIN "/etc/ssh/sshd_config"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const directives[] = { "TrustedUserCAKeys /ca.pub",
	"AuthorizedPrincipalsFile /p/%u",
	"AuthorizedPrincipalsCommand /h -- %u %U %k",
	"AuthorizedPrincipalsCommandUser _certgate" };
#define N_DIRECTIVES 4

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

/* The raw lines, one after the other, are the file. */
static void
check_lines(const struct sshdconf *c)
{
	const struct sshdconf_file *f = &c->files[0];
	struct sshdconf_raw raw = { 0, 0, 0 };
	size_t end = 0;
	size_t n = 0;

	require(c->n_files == 1);
	while (sshdconf_raw_next(f->bytes, f->len, &raw)) {
		require(raw.offset == end && raw.len > 0);
		end += raw.len;
		if (n == c->n_lines || c->lines[n].offset != raw.offset)
			continue;
		require(c->lines[n].len == raw.len &&
		    c->lines[n].line == raw.line);
		require(c->lines[n].match < c->n_matches);
		require(c->lines[n].keyword[0] != '\0' &&
		    c->lines[n].rest[0] != '\0');
		n++;
	}
	require(end == f->len && n == c->n_lines);
}

static struct sshdconf *
parse(const char *bytes, size_t len)
{
	struct err err = ERR_INIT;
	struct sshdconf *c = sshdconf_parse(MAIN, bytes, len, &err);

	require((c == NULL) == (err.code != ERR_NONE));
	if (c != NULL)
		check_lines(c);
	return c;
}

/* The file after an edit, parsed; NULL: refused. */
static struct sshdconf *
edit(const struct sshdconf *c, size_t n_directives, bool with_replace,
    bool *is_changed)
{
	struct err err = ERR_INIT;
	struct sshdconf_edit e;
	struct sshdconf *made;

	if (sshdconf_edit(c, NULL, directives, n_directives, with_replace, &e,
		&err) < 0) {
		require(err.code == ERR_MALFORMED);
		return NULL;
	}
	require(e.n_files == 1 && e.where == SSHDCONF_BLOCK);
	*is_changed = e.files[0].is_changed;
	made = parse(e.files[0].bytes, e.files[0].len);
	require(made != NULL);
	sshdconf_edit_clear(&e);
	return made;
}

/* b is a with our directives first and nothing else changed. */
static void
check_edited(const struct sshdconf *a, const struct sshdconf *b)
{
	size_t i;
	size_t k = N_DIRECTIVES;

	require(b->n_lines >= N_DIRECTIVES);
	for (i = 0; i < N_DIRECTIVES; i++)
		require(b->lines[i].is_ours && b->lines[i].match == 0 &&
		    strcmp(strchr(directives[i], ' ') + 1,
			b->lines[i].rest) == 0);
	for (i = 0; i < a->n_lines; i++) {
		if (a->lines[i].is_ours)
			continue;
		require(k < b->n_lines && !b->lines[k].is_ours);
		require(strcmp(a->lines[i].keyword, b->lines[k].keyword) == 0);
		require(strcmp(a->lines[i].rest, b->lines[k].rest) == 0);
		k++;
	}
	require(k == b->n_lines);
}

static bool
is_same(const struct sshdconf *a, const struct sshdconf *b)
{
	return a->files[0].len == b->files[0].len &&
	    memcmp(a->files[0].bytes, b->files[0].bytes, a->files[0].len) == 0;
}

static void
check_edit(const struct sshdconf *c, const struct sshdconf *bare,
    bool with_replace)
{
	struct sshdconf *once, *twice, *none;
	bool is_changed = false;

	once = edit(c, N_DIRECTIVES, with_replace, &is_changed);
	require(once != NULL);
	check_edited(c, once);
	if (with_replace)
		require(sshdconf_conflicts(once, NULL, 0, NULL, 0) == 0);
	twice = edit(once, N_DIRECTIVES, with_replace, &is_changed);
	require(twice != NULL && !is_changed && is_same(once, twice));
	none = edit(once, 0, false, &is_changed);
	require(none != NULL && is_same(none, bare));
	sshdconf_free(once);
	sshdconf_free(twice);
	sshdconf_free(none);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sshdconf *c, *bare;
	bool is_changed = false;

	if ((c = parse((const char *)data, size)) == NULL)
		return 0;
	if ((bare = edit(c, 0, false, &is_changed)) != NULL) {
		require(is_changed == !is_same(c, bare));
		check_edit(c, bare, false);
		check_edit(c, bare, true);
	}
	sshdconf_free(bare);
	sshdconf_free(c);
	return 0;
}
