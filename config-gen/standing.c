#include "config.h"

#include "config-gen/standing.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/compile.h"
#include "config-gen/generation.h"
#include "config-gen/policy.h"
#include "lib/escape.h"
#include "lib/file.h"
#include "lib/index.h"
#include "lib/pubkey.h"
#include "lib/utc.h"

#define MAX_CA_FILE (64UL * 1024 * 1024)

const char *
standing_word(enum standing_state state)
{
	static const char *const words[] = {
		[STANDING_EARLY] = "not yet",
		[STANDING_ACTIVE] = "active",
		[STANDING_RETIRING] = "retiring",
		[STANDING_GONE] = "gone",
	};

	return words[state];
}

int64_t
standing_days_left(int64_t until, int64_t now_at)
{
	return until <= now_at ? 0 : (until - now_at) / UTC_DAY_S;
}

bool
standing_ends_soon(int64_t until, int64_t now_at)
{
	return until <= now_at || until - now_at <= POLICY_SOON_S;
}

static int
read_authorities(struct index *x, struct standing *list, struct err *err)
{
	struct index_authority a;
	uint32_t i;

	for (i = 0; i < x->n_authorities; i++) {
		if (index_authority_by_number(x, i, &a, err) != 1)
			return err_setf(err, ERR_MALFORMED,
			    "the policy index is damaged");
		(void)escape_bytes(list[i].name, sizeof(list[i].name),
		    a.name.p, a.name.len);
		list[i].from = a.trust_from;
		list[i].until = a.keys_until == 0 ? INT64_MAX : a.keys_until;
		list[i].is_revoked = a.is_revoked;
	}
	return 0;
}

/* What the index says of the keys in ca.pub.  Foreign lines are drift. */
static int
read_ca_file(struct index *x, const char *text, size_t len, int64_t now_at,
    struct standing *list, bool *has_gone, struct err *err)
{
	const char *end = text + len;
	struct index_authority a;
	struct pubkey k;
	const char *eol;
	int found;

	for (; text < end; text = eol + 1) {
		if ((eol = memchr(text, '\n', (size_t)(end - text))) == NULL)
			eol = end;
		if (pubkey_parse_line(
		        &k, text, (size_t)(eol - text), NO_PLACE, NULL) != 1)
			continue;
		found = index_authority_by_key(
		    x, (struct span) { k.blob, k.blob_len }, &a, err);
		pubkey_clear(&k);
		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		list[a.number].is_in_ca_file = true;
		if ((a.key_until != 0 && now_at >= a.key_until) ||
		    (a.trust_until != 0 && now_at >= a.trust_until))
			*has_gone = true;
	}
	return 0;
}

/* The file of the current generation, its path in path. */
static char *
current_file(const struct root *root, const char *name, char path[PATH_MAX])
{
	char inside[256];

	(void)snprintf(inside, sizeof(inside), "%s/%s", ROOT_CURRENT, name);
	return root_path(root, path, inside);
}

int
standing_list(const struct root *root, int64_t now_at, struct standing **list,
    size_t *n, uint64_t *n_users, uint64_t *n_revoked, bool *has_gone,
    struct err *err)
{
	char path[PATH_MAX];
	struct standing *made = NULL;
	struct index x;
	char *text = NULL;
	bool is_open = false;
	size_t len;
	int fd, ret = -1;

	*has_gone = false;
	fd = file_open(current_file(root, COMPILE_INDEX, path), FILE_ROOTS,
	    UINT32_MAX, NULL, err);
	if (fd < 0 || index_open(&x, fd, err) < 0)
		goto out;
	is_open = true;
	if ((made = calloc(x.n_authorities + 1UL, sizeof(*made))) == NULL) {
		(void)err_setf(err, ERR_MEMORY, "out of memory");
		goto out;
	}
	if (read_authorities(&x, made, err) < 0)
		goto out;
	/* One that is missing is drift, and said there. */
	if (file_read(current_file(root, COMPILE_CA_FILE, path), FILE_ANY,
	        MAX_CA_FILE, &text, &len, NULL) == 0 &&
	    read_ca_file(&x, text, len, now_at, made, has_gone, err) < 0)
		goto out;
	*n = x.n_authorities;
	*n_users = x.n_users;
	*n_revoked = x.n_revoked;
	*list = made;
	made = NULL;
	ret = 0;
out:
	if (is_open)
		index_close(&x);
	if (fd >= 0)
		(void)close(fd);
	free(text);
	free(made);
	return ret;
}

char *
standing_text(
    const struct standing *s, int64_t now_at, char *out, size_t out_len)
{
	char day[UTC_SIZE];
	long long left = standing_days_left(s->until, now_at);

	out[0] = '\0';
	if (s->is_revoked)
		(void)snprintf(out, out_len, "revoked");
	else if (now_at < s->from)
		(void)snprintf(out, out_len, "not trusted before %s",
		    utc_text(day, s->from));
	else if (now_at >= s->until)
		(void)snprintf(out, out_len, "not trusted since the end of %s",
		    utc_end_text(day, s->until));
	else if (s->until != INT64_MAX)
		(void)snprintf(out, out_len,
		    "trusted until %s, %lld day%s left",
		    utc_end_text(day, s->until), left, left == 1 ? "" : "s");
	return out;
}
