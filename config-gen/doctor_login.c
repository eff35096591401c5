/*
 * Settings under which a certificate alone lets nobody in.
 */
#include "config.h"

#include "config-gen/doctor_int.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* So many users are named; the rest is counted. */
#define MAX_NAMED 5

/* Users for whom a setting is as it should not be. */
struct affected {
	const char *value; /* the first one's */
	char names[512];
	size_t n;
	bool is_everybody;
};

static void
affect(struct affected *a, const struct doctor_login *login, const char *value)
{
	size_t len = strlen(a->names);

	if (a->n == 0)
		a->value = value;
	if (login->person == NULL)
		a->is_everybody = true;
	else if (a->n < MAX_NAMED)
		(void)snprintf(a->names + len, sizeof(a->names) - len,
		    "%s%.64s", len == 0 ? "" : ", ", login->person->name);
	a->n++;
}

/* "everybody", or "root, alice and 3 more". */
static void
name_them(const struct affected *a, char *out, size_t out_len)
{
	if (a->is_everybody)
		(void)snprintf(out, out_len,
		    "everybody whom no Match block "
		    "says otherwise of");
	else if (a->n > MAX_NAMED)
		(void)snprintf(out, out_len, "%s and %zu more", a->names,
		    a->n - MAX_NAMED);
	else
		(void)snprintf(out, out_len, "%s", a->names);
}

/*
 * The accounts that a check is about: those that the policy covers.  Where
 * it covers none of those asked, nobody in particular stands for all.
 */
static bool
counts(const struct doctor *d, size_t n)
{
	size_t i;

	if (n != 0)
		return d->logins[n].is_covered;
	for (i = 1; i < d->n_logins; i++) {
		if (d->logins[i].is_covered &&
		    strcmp(d->logins[i].person->name, "root") != 0)
			return false;
	}
	return true;
}

/* The line that sets keyword to value, for the finding's place. */
static const struct sshdconf_line *
line_of(const struct doctor *d, const char *keyword, const char *value)
{
	const struct sshdconf_line *line;
	size_t at = 0;

	while ((line = doctor_next_line(d, keyword, &at)) != NULL) {
		if (strncasecmp(line->rest, value, strlen(value)) == 0)
			return line;
	}
	at = 0;
	return doctor_next_line(d, keyword, &at);
}

static int
find_affected(struct doctor *d, const struct affected *a, const char *keyword,
    const char *what, const char *why, const char *fix, struct err *err)
{
	const struct sshdconf_line *line = line_of(d, keyword, a->value);
	struct doctor_words w = { d->t->config, 0, what, why, fix, false };

	if (line == NULL)
		return doctor_find(d, DOCTOR_FAILURE, &w, err);
	return doctor_find_line(d, DOCTOR_FAILURE, line, what, why, fix, err);
}

int
doctor_pubkey_off(struct doctor *d, struct err *err)
{
	struct affected a = { 0 };
	char names[600], what[700];
	const char *value;
	size_t i;

	for (i = 0; i < d->n_logins; i++) {
		value = sshd_setting(
		    &d->logins[i].settings, "pubkeyauthentication");
		if (counts(d, i) && value != NULL &&
		    strcasecmp(value, "no") == 0)
			affect(&a, &d->logins[i], value);
	}
	if (a.n == 0)
		return 0;
	name_them(&a, names, sizeof(names));
	(void)snprintf(
	    what, sizeof(what), "PubkeyAuthentication is no for %s", names);
	return find_affected(d, &a, "pubkeyauthentication", what,
	    "sshd takes no certificate then: it is a kind of public key",
	    "set it to yes, or remove the line", err);
}

/* Whether one of the lists in value asks for nothing but a certificate. */
static bool
suffices(const char *value)
{
	size_t len;

	for (; *value != '\0'; value += len) {
		value += strspn(value, " ");
		len = strcspn(value, " ");
		if ((len == 3 && strncasecmp(value, "any", 3) == 0) ||
		    (len == 9 && strncasecmp(value, "publickey", 9) == 0))
			return true;
	}
	return false;
}

int
doctor_more_methods(struct doctor *d, struct err *err)
{
	struct affected a = { 0 };
	char names[600], what[900];
	const char *value;
	size_t i;

	for (i = 0; i < d->n_logins; i++) {
		value = sshd_setting(
		    &d->logins[i].settings, "authenticationmethods");
		if (counts(d, i) && value != NULL && !suffices(value))
			affect(&a, &d->logins[i], value);
	}
	if (a.n == 0)
		return 0;
	name_them(&a, names, sizeof(names));
	(void)snprintf(what, sizeof(what),
	    "AuthenticationMethods %.200s asks %s for more than a certificate",
	    a.value, names);
	return find_affected(d, &a, "authenticationmethods", what,
	    strcasestr(a.value, "publickey") == NULL
		? "no certificate is among what it takes"
		: "a certificate alone lets nobody in; sshd says so only as "
		  "\"Partial publickey\"",
	    "add publickey as a choice of its own; where the second factor is "
	    "meant, say so to certgate apply by --despite more-methods",
	    err);
}

int
doctor_source_penalties(struct doctor *d, struct err *err)
{
	const struct sshd_settings *s = doctor_settings(d, NULL);
	const struct doctor_words w = { d->t->config, 0,
		"PerSourcePenalties is on, and no address is exempt",
		"a few denied logins shut out everybody who comes from the "
		"same address for a while: all people behind one bastion or "
		"NAT",
		"where people come through a bastion, name its address in "
		"PerSourcePenaltyExemptList",
		false };
	const char *value;

	if (s == NULL || !doctor_is_since(d, 9, 8))
		return 0;
	value = sshd_setting(s, "persourcepenalties");
	if (value == NULL || strcasecmp(value, "no") == 0)
		return 0;
	value = sshd_setting(s, "persourcepenaltyexemptlist");
	if (value != NULL && value[0] != '\0' && !doctor_is_none(value))
		return 0;
	return doctor_find(d, DOCTOR_WARNING, &w, err);
}
