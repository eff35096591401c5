#include "config.h"

#include "config-gen/wayin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#include "config-gen/keysfile.h"
#include "config-gen/reach.h"
#include "lib/glob.h"
#include "lib/revoked.h"

static bool
is_set_to(const struct sshd_settings *s, const char *keyword, const char *to)
{
	const char *value = sshd_setting(s, keyword);

	return value != NULL && strcasecmp(value, to) == 0;
}

/* A value that is there and not "none"; else NULL. */
static const char *
value_of(const struct sshd_settings *s, const char *keyword)
{
	const char *value = sshd_setting(s, keyword);

	return value == NULL || value[0] == '\0' ||
		strcasecmp(value, "none") == 0
	    ? NULL
	    : value;
}

/*
 * Whether a word of AllowUsers or DenyUsers is about p.  Where from is not
 * known: USER@HOST may let p in, and need not keep p out.
 */
static bool
fits_user(const struct person *p, struct span word, bool is_deny)
{
	const unsigned char *at = memrchr(word.p, '@', word.len);

	if (at != NULL && is_deny)
		return false;
	if (at != NULL)
		word.len = (size_t)(at - word.p);
	return glob_match(word, span_of(p->name));
}

static bool
fits_group(const struct person *p, struct span word)
{
	size_t i;

	for (i = 0; p->groups != NULL && p->groups[i] != NULL; i++) {
		if (glob_match(word, span_of(p->groups[i])))
			return true;
	}
	return false;
}

/* Whether a list of keyword's is about p; *is_there: there is one. */
static bool
fits_list(const struct person *p, const struct sshd_settings *s,
    const char *keyword, bool *is_there)
{
	bool is_groups = strstr(keyword, "groups") != NULL;
	bool is_deny = strncmp(keyword, "deny", 4) == 0;
	const char *value;
	struct span word;
	size_t i;

	*is_there = false;
	for (i = 0; i < s->n_items; i++) {
		if (strcmp(s->items[i].keyword, keyword) != 0)
			continue;
		for (value = s->items[i].value; *value != '\0';) {
			word.p = (const unsigned char *)value;
			word.len = strcspn(value, " \t");
			value += word.len;
			value += strspn(value, " \t");
			if (word.len == 0)
				continue;
			*is_there = true;
			if (is_groups ? fits_group(p, word)
				      : fits_user(p, word, is_deny))
				return true;
		}
	}
	return false;
}

/* auth.c:allowed_user */
static bool
is_allowed(const struct person *p, const struct sshd_settings *s)
{
	bool is_there;

	if (!p->has_shell || p->is_expired ||
	    (p->password == PERSON_LOCKED && is_set_to(s, "usepam", "no")))
		return false;
	if (fits_list(p, s, "denyusers", &is_there))
		return false;
	if (!fits_list(p, s, "allowusers", &is_there) && is_there)
		return false;
	if (fits_list(p, s, "denygroups", &is_there))
		return false;
	return fits_list(p, s, "allowgroups", &is_there) || !is_there;
}

static bool
has_password(const struct person *p, const struct sshd_settings *s)
{
	if (p->uid == 0 && !is_set_to(s, "permitrootlogin", "yes"))
		return false;
	return p->password == PERSON_PASSWORD ||
	    (p->password == PERSON_EMPTY_PASSWORD &&
		is_set_to(s, "permitemptypasswords", "yes"));
}

/* The methods, as bits of which a list of AuthenticationMethods is made. */
enum { BY_KEY = 1, BY_PASSWORD = 2, BY_KBD = 4, BY_OTHER = 8 };

static unsigned int
method_bit(const char *name, size_t len)
{
	/* "publickey:sk", "keyboard-interactive:pam" */
	const char *colon = memchr(name, ':', len);

	if (colon != NULL)
		len = (size_t)(colon - name);
	if (len == 9 && strncasecmp(name, "publickey", len) == 0)
		return BY_KEY;
	if (len == 8 && strncasecmp(name, "password", len) == 0)
		return BY_PASSWORD;
	if (len == 20 && strncasecmp(name, "keyboard-interactive", len) == 0)
		return BY_KBD;
	return BY_OTHER;
}

/* Of the methods at hand, those by which some list can be satisfied. */
static unsigned int
usable_methods(const char *lists, unsigned int at_hand)
{
	unsigned int usable = 0, wanted;
	size_t len;

	if (lists == NULL || strcasecmp(lists, "any") == 0)
		return at_hand;
	while (*lists != '\0') {
		wanted = 0;
		while (*lists != '\0' && *lists != ' ') {
			len = strcspn(lists, ", ");
			wanted |= method_bit(lists, len);
			lists += len;
			lists += *lists == ',' ? 1 : 0;
		}
		lists += strspn(lists, " ");
		if ((wanted & ~at_hand) == 0)
			usable |= wanted;
	}
	return usable;
}

unsigned int
wayin_ways(const struct person *p, const struct sshd_settings *s, bool has_key,
    bool has_certificate)
{
	unsigned int at_hand = 0, usable, ways = 0;

	if (!is_allowed(p, s) ||
	    (p->uid == 0 &&
		(is_set_to(s, "permitrootlogin", "no") ||
		    is_set_to(s, "permitrootlogin", "forced-commands-only"))))
		return 0;
	if ((has_key || has_certificate) &&
	    !is_set_to(s, "pubkeyauthentication", "no"))
		at_hand |= BY_KEY;
	if (has_password(p, s)) {
		if (is_set_to(s, "passwordauthentication", "yes"))
			at_hand |= BY_PASSWORD;
		if (is_set_to(s, "kbdinteractiveauthentication", "yes") &&
		    is_set_to(s, "usepam", "yes"))
			at_hand |= BY_KBD;
	}
	usable =
	    usable_methods(sshd_setting(s, "authenticationmethods"), at_hand);
	if (usable & BY_KEY)
		ways |= (has_key ? WAYIN_KEY : 0U) |
		    (has_certificate ? WAYIN_CERTIFICATE : 0U);
	if (usable & (BY_PASSWORD | BY_KBD))
		ways |= WAYIN_PASSWORD;
	return ways;
}

/* Whether the generation that ctx, a struct reach, has open revokes key. */
static bool
is_revoked(void *ctx, struct span key)
{
	struct reach *reach = ctx;
	struct revoked by;

	/* An index that cannot tell lets nobody in. */
	return revoked_key(&reach->index, key, &by, NULL) != 0;
}

/*
 * Whether the file at inside says something.  reach: what it says of keys
 * that are revoked by it does not count; NULL: nothing is.
 */
static bool
has_entries(
    const struct root *root, const char *inside, struct reach *reach)
{
	char *bytes = NULL, *path;
	struct stat st;
	size_t len;
	bool has;

	switch (keysfile_read(root, inside, &bytes, &len)) {
	case KEYSFILE_READ:
		has = keysfile_has_good_entry(
		    bytes, len, reach == NULL ? NULL : is_revoked, reach);
		free(bytes);
		return has;
	case KEYSFILE_LINK:
	case KEYSFILE_TOO_LARGE:
		/* sshd follows it; what is in it is not our business. */
		if ((path = root_locate(root, inside, NULL)) == NULL)
			return false;
		has = stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_size > 0;
		free(path);
		return has;
	case KEYSFILE_MISSING:
	case KEYSFILE_OTHER:
	case KEYSFILE_UNREADABLE:
		break;
	}
	return false;
}

/* Whether one of the files that words name for p says something. */
static bool
has_files(const struct root *root, const struct person *p, const char *words,
    struct reach *reach)
{
	char inside[KEYSFILE_PATH_SIZE];
	const char *word;
	size_t len;

	while ((word = keysfile_next_word(&words, &len)) != NULL) {
		if (keysfile_word_path(inside, word, len, p) == 1 &&
		    has_entries(root, inside, reach))
			return true;
	}
	return false;
}

static bool
has_key(const struct root *root, const struct person *p,
    const struct sshd_settings *s, struct reach *reach)
{
	const size_t last = TARGET_N_DIRECTIVES - 1;
	const char *files = value_of(s, "authorizedkeysfile");
	const char *list = value_of(s, target_keywords[last]);
	bool is_ours = list != NULL && strcmp(list, target_values[last]) == 0;

	/* What a command will say is not known; the rehearsal tells. */
	if (value_of(s, "authorizedkeyscommand") != NULL)
		return true;
	return files != NULL &&
	    has_files(root, p, files,
		is_ours && !reach->is_empty ? reach : NULL);
}

/*
 * Whether some certificate would be accepted for p: by the policy, or by
 * what the administrator had before.
 */
static int
has_certificate(const struct wayin *w, const struct person *p,
    const struct sshd_settings *s, struct reach *reach, struct err *err)
{
	const char *ca = value_of(s, "trustedusercakeys");
	const char *lists = value_of(s, "authorizedprincipalsfile");

	if (ca == NULL)
		return 0;
	if (strcmp(ca, target_values[0]) == 0)
		return reach_person(reach, p, w->now_at, err);
	if (ca[0] != '/' || !has_entries(w->t->root, ca, NULL))
		return 0;
	if (value_of(s, "authorizedprincipalscommand") != NULL || lists == NULL)
		return 1;
	return has_files(w->t->root, p, lists, NULL) ? 1 : 0;
}

/* Work out the ways of everybody under config, before or after. */
static int
look(struct wayin *w, const char *config, const char *folder, bool is_after,
    struct err *err)
{
	struct sshd_settings s = { NULL, 0 };
	struct reach reach;
	bool is_asked = false;
	size_t i;
	int has, ret = -1;

	/* What cannot be read lets nobody in. */
	if (reach_open(&reach, folder, is_after ? err : NULL) < 0) {
		if (is_after)
			return -1;
		reach_close(&reach);
	}
	for (i = 0; i < w->n_items; i++) {
		const struct person *p = w->items[i].person;
		unsigned int ways;

		/* Without Match blocks all get the same answer. */
		if (!is_asked || w->t->conf->n_matches > 1) {
			sshd_settings_clear(&s);
			if (sshd_effective_user(
				w->t->root, config, p->name, &s, err) < 0)
				goto out;
			is_asked = true;
		}
		if ((has = has_certificate(w, p, &s, &reach, err)) < 0)
			goto out;
		ways = wayin_ways(p, &s, has_key(w->t->root, p, &s, &reach),
		    has == 1);
		if (is_after)
			w->items[i].after = ways;
		else
			w->items[i].before = ways;
	}
	ret = 0;
out:
	sshd_settings_clear(&s);
	reach_close(&reach);
	return ret;
}

int
wayin_before(struct wayin *w, const struct target *t, const char *folder,
    struct err *err)
{
	size_t i;

	memset(w, 0, sizeof(*w));
	w->t = t;
	w->now_at = (int64_t)time(NULL);
	if (people_load(&w->people, t->root, (time_t)w->now_at, err) < 0)
		return -1;
	if ((w->items = calloc(WAYIN_MAX, sizeof(*w->items))) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	for (i = 0; i < w->people.n_items; i++) {
		const struct person *p = &w->people.items[i];

		if (!p->is_admin || !sshd_can_ask(p->name))
			continue;
		if (w->n_items == WAYIN_MAX) {
			w->is_cut = true;
			break;
		}
		w->items[w->n_items++].person = p;
	}
	return look(w, t->config, folder, false, err);
}

int
wayin_after(
    struct wayin *w, const char *config, const char *folder, struct err *err)
{
	return look(w, config, folder, true, err);
}

void
wayin_clear(struct wayin *w)
{
	free(w->items);
	people_clear(&w->people);
	memset(w, 0, sizeof(*w));
}

bool
wayin_is_lost(const struct wayin_person *p)
{
	return p->before != 0 && p->after == 0;
}

char *
wayin_words(char out[WAYIN_WORDS_SIZE], unsigned int ways)
{
	(void)snprintf(out, WAYIN_WORDS_SIZE, "%s%s%s%s%s%s",
	    ways & WAYIN_KEY ? "key" : "",
	    (ways & WAYIN_KEY) && (ways & ~(unsigned int)WAYIN_KEY) ? ", " : "",
	    ways & WAYIN_PASSWORD ? "password" : "",
	    (ways & WAYIN_PASSWORD) && (ways & WAYIN_CERTIFICATE) ? ", " : "",
	    ways & WAYIN_CERTIFICATE ? "certificate" : "",
	    ways == 0 ? "none" : "");
	return out;
}
