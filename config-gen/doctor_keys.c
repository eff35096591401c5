/*
 * authorized_keys files with cert-authority lines.
 *
 * sshd looks there before it looks at TrustedUserCAKeys: whoever's key stands
 * on such a line signs certificates for the account, for ever, and no policy
 * is asked.  By default users write these files themselves.
 */
#include "config.h"

#include "config-gen/doctor_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "config-gen/keysfile.h"

/* All files together; what lies beyond is not read, and that is said. */
#define MAX_BYTES (256UL * 1024 * 1024)

struct scan {
	size_t n_bytes;
	size_t n_people; /* looked at */
	size_t n_left;   /* not looked at */
};

static int
find_authority(struct doctor *d, const struct person *p, const char *inside,
    size_t number, struct err *err)
{
	char what[256];
	struct doctor_words w = { inside, number, what,
		"whoever owns that key signs certificates for this account, "
		"and the policy is not asked",
		"remove the line, and put the authority into the policy; "
		"AuthorizedKeysFile none, or one below /etc, keeps users from "
		"it",
		false };
	int covered = reach_covers(&d->reach, p, err);

	if (covered < 0)
		return -1;
	(void)snprintf(what, sizeof(what),
	    "a cert-authority line for the account %.64s", p->name);
	return doctor_find(d,
	    covered > 0 || p->is_admin ? DOCTOR_FAILURE : DOCTOR_WARNING, &w,
	    err);
}

static int
find_unseen(
    struct doctor *d, const char *inside, const char *what, struct err *err)
{
	const struct doctor_words w = { inside, 0, what,
		"a cert-authority line in it would go round the policy",
		"look at it yourself", false };

	return doctor_find(d, DOCTOR_WARNING, &w, err);
}

static int
scan_file(struct doctor *d, struct scan *s, const struct person *p,
    const char *inside, struct err *err)
{
	enum keysfile_state state;
	char *bytes = NULL;
	size_t len = 0, number;

	state = keysfile_read(d->t->root, inside, &bytes, &len);
	if (state == KEYSFILE_LINK)
		return find_unseen(d, inside,
		    "this authorized_keys file is a symbolic link, which is "
		    "not followed here",
		    err);
	if (state == KEYSFILE_TOO_LARGE)
		return find_unseen(d, inside,
		    "this authorized_keys file is too large to be looked "
		    "through",
		    err);
	if (state == KEYSFILE_UNREADABLE)
		return find_unseen(
		    d, inside, "this authorized_keys file cannot be read", err);
	if (state != KEYSFILE_READ)
		return 0;
	s->n_bytes += len;
	number = keysfile_find_authority(bytes, len);
	free(bytes);
	return number == 0 ? 0 : find_authority(d, p, inside, number, err);
}

/* The files that AuthorizedKeysFile names for p. */
static int
scan_person(
    struct doctor *d, struct scan *s, const struct person *p, struct err *err)
{
	const struct sshd_settings *settings = doctor_settings(d, p);
	char inside[KEYSFILE_PATH_SIZE];
	const char *value, *word;
	size_t len;

	value = settings == NULL ? NULL
				 : sshd_setting(settings, "authorizedkeysfile");
	if (value == NULL)
		value = ".ssh/authorized_keys .ssh/authorized_keys2";
	while ((word = keysfile_next_word(&value, &len)) != NULL) {
		if (keysfile_word_path(inside, word, len, p) == 1 &&
		    scan_file(d, s, p, inside, err) < 0)
			return -1;
	}
	return 0;
}

/* Those first whom the policy covers. */
static int
scan_people(struct doctor *d, struct scan *s, int pass, struct err *err)
{
	const struct person *p;
	size_t i;
	int is_first;

	for (i = 0; i < d->people.n_items; i++) {
		p = &d->people.items[i];
		if ((is_first = reach_covers(&d->reach, p, err)) < 0)
			return -1;
		if (p->is_admin)
			is_first = 1;
		if (!p->has_shell || is_first != pass)
			continue;
		if (s->n_people == DOCTOR_MAX_PEOPLE ||
		    s->n_bytes > MAX_BYTES) {
			s->n_left++;
			continue;
		}
		s->n_people++;
		if (scan_person(d, s, p, err) < 0)
			return -1;
	}
	return 0;
}

int
doctor_keys_authority(struct doctor *d, struct err *err)
{
	struct scan s = { 0, 0, 0 };
	char what[128];
	struct doctor_words w = { NULL, 0, what,
		"cert-authority lines in them would go round the policy",
		"look at them yourself, or set AuthorizedKeysFile none",
		false };

	if (scan_people(d, &s, 1, err) < 0 || scan_people(d, &s, 0, err) < 0)
		return -1;
	if (s.n_left == 0 && !d->people.is_cut)
		return 0;
	(void)snprintf(what, sizeof(what),
	    "the authorized_keys files of %s%zu accounts were not looked at",
	    d->people.is_cut ? "more than " : "", s.n_left);
	return doctor_find(d, DOCTOR_WARNING, &w, err);
}
