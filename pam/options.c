#include "config.h"

#include "pam/options.h"

#include "lib/escape.h"

#include <stddef.h>
#include <string.h>

#define ALL (OPTIONS_AUTH | OPTIONS_ACCOUNT | OPTIONS_SESSION)
#define SHOWN 200

enum kind {
	KIND_FLAG, /* a bool; no value */
	KIND_WORD, /* one word that must be given; a bool */
	KIND_LIST, /* words divided by commas */
	KIND_USER,
	KIND_PATH,
	KIND_GRACE /* a bool, and perhaps a time */
};

struct option {
	const char *name;
	unsigned int groups;
	enum kind kind;
	const char *word; /* of KIND_WORD */
	size_t at; /* in struct options */
};

static const struct option known[] = {
	{ "debug", ALL, KIND_FLAG, NULL, offsetof(struct options, has_debug) },
	{ "on-error", ALL, KIND_WORD, "ignore",
	    offsetof(struct options, ignores_errors) },
	{ "current", ALL, KIND_PATH, NULL, offsetof(struct options, current) },
	{ "require", OPTIONS_SESSION, KIND_WORD, "cert",
	    offsetof(struct options, requires_cert) },
	{ "users", OPTIONS_SESSION, KIND_LIST, NULL,
	    offsetof(struct options, users) },
	{ "groups", OPTIONS_SESSION, KIND_LIST, NULL,
	    offsetof(struct options, groups) },
	{ "except", OPTIONS_SESSION, KIND_LIST, NULL,
	    offsetof(struct options, except) },
	{ "end-at-expiry", OPTIONS_SESSION, KIND_GRACE, NULL,
	    offsetof(struct options, ends_at_expiry) },
	{ "as", OPTIONS_AUTH, KIND_USER, NULL, offsetof(struct options, as) },
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

static int
refuse(struct err *err, enum err_code code, const char *arg, const char *why)
{
	char shown[SHOWN];

	return err_setf(err, code, "option \"%s\": %s",
	    escape_text(shown, sizeof(shown), arg), why);
}

static bool *
flag_of(struct options *o, const struct option *k)
{
	return (bool *)(void *)((char *)o + k->at);
}

static const char **
text_of(struct options *o, const struct option *k)
{
	return (const char **)(void *)((char *)o + k->at);
}

static int
parse_list(const char **out, const char *arg, const char *value,
    struct err *err)
{
	const char *p = value;
	size_t len;

	for (;;) {
		len = strcspn(p, ",");
		if (len == 0)
			return refuse(err, ERR_MALFORMED, arg,
			    "a name in its list is empty");
		if (len > OPTIONS_MAX_WORD)
			return refuse(err, ERR_LIMIT, arg,
			    "a name in its list has over 255 bytes");
		if (p[len] == '\0')
			break;
		p += len + 1;
	}
	*out = value;
	return 0;
}

/* "90", "90s", "5m", "1h". */
static int
parse_grace(uint32_t *out, const char *arg, const char *value,
    struct err *err)
{
	static const char malformed[] =
	    "not a time; write seconds, or a number with s, m or h";
	uint32_t n = 0, unit = 1;
	const char *p;

	for (p = value; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (uint32_t)(*p - '0');
		if (n > OPTIONS_MAX_GRACE_S)
			return refuse(err, ERR_LIMIT, arg, "over a week");
	}
	if (*p == 'm')
		unit = 60;
	else if (*p == 'h')
		unit = 3600;
	if (p == value ||
	    (*p != '\0' && (strchr("smh", *p) == NULL || p[1] != '\0')))
		return refuse(err, ERR_MALFORMED, arg, malformed);
	if (n > OPTIONS_MAX_GRACE_S / unit)
		return refuse(err, ERR_LIMIT, arg, "over a week");
	*out = n * unit;
	return 0;
}

/* value is what stands behind "=", NULL where there is none. */
static int
set_option(struct options *o, const struct option *k, const char *arg,
    const char *value, struct err *err)
{
	if (k->kind == KIND_FLAG && value != NULL)
		return refuse(err, ERR_MALFORMED, arg, "takes no value");
	if (k->kind != KIND_FLAG && k->kind != KIND_GRACE &&
	    (value == NULL || *value == '\0'))
		return refuse(err, ERR_MALFORMED, arg, "has no value");
	switch (k->kind) {
	case KIND_GRACE:
		if (value != NULL &&
		    parse_grace(&o->grace_s, arg, value, err) < 0)
			return -1;
		*flag_of(o, k) = true;
		return 0;
	case KIND_WORD:
		if (strcmp(value, k->word) != 0)
			return err_setf(err, ERR_UNSUPPORTED,
			    "option \"%s\": the only value is \"%s\"",
			    k->name, k->word);
		*flag_of(o, k) = true;
		return 0;
	case KIND_FLAG:
		*flag_of(o, k) = true;
		return 0;
	case KIND_LIST:
		return parse_list(text_of(o, k), arg, value, err);
	case KIND_PATH:
		if (value[0] != '/')
			return refuse(err, ERR_MALFORMED, arg,
			    "not an absolute path");
		*text_of(o, k) = value;
		return 0;
	case KIND_USER:
		*text_of(o, k) = value;
		return 0;
	}
	return -1;
}

static int
parse_one(struct options *o, enum options_group group, const char *arg,
    unsigned int *seen, struct err *err)
{
	size_t len = strcspn(arg, "=");
	const char *value = arg[len] == '=' ? arg + len + 1 : NULL;
	const struct option *k = known;

	while (k < known + N_KNOWN &&
	    (strlen(k->name) != len || memcmp(k->name, arg, len) != 0))
		k++;
	if (k == known + N_KNOWN)
		return refuse(err, ERR_UNSUPPORTED, arg,
		    "not known; see pam_certgate(8)");
	if ((k->groups & (unsigned int)group) == 0)
		return refuse(err, ERR_UNSUPPORTED, arg,
		    "means nothing on a line of this type");
	if ((*seen & 1U << (k - known)) != 0)
		return refuse(err, ERR_MALFORMED, arg, "stands there twice");
	*seen |= 1U << (k - known);
	return set_option(o, k, arg, value, err);
}

int
options_parse(struct options *o, enum options_group group, int argc,
    const char *const *argv, struct err *err)
{
	unsigned int seen = 0;
	int i, ret = 0;

	memset(o, 0, sizeof(*o));
	o->current = OPTIONS_CURRENT;
	/* To the end, for debug to be found wherever it stands. */
	for (i = 0; i < argc; i++)
		if (parse_one(o, group, argv[i], &seen, err) < 0)
			ret = -1;
	if (ret == 0 && !o->requires_cert &&
	    (o->users != NULL || o->groups != NULL || o->except != NULL))
		return err_setf(err, ERR_MALFORMED,
		    "users=, groups= and except= say for whom require=cert "
		    "is, which is missing");
	return ret;
}

bool
options_list_next(const char **list, char out[OPTIONS_MAX_WORD + 1])
{
	size_t len = strcspn(*list, ",");

	if (len == 0 || len > OPTIONS_MAX_WORD)
		return false;
	memcpy(out, *list, len);
	out[len] = '\0';
	*list += len + ((*list)[len] == ',' ? 1 : 0);
	return true;
}

bool
options_list_has(const char *list, const char *name)
{
	char word[OPTIONS_MAX_WORD + 1];

	while (options_list_next(&list, word))
		if (strcmp(word, name) == 0)
			return true;
	return false;
}
