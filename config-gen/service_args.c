/*
 * The options of sshd's command line.  Source: sshd.c:main of OpenSSH 8.7 to
 * 10.5, whose getopt string is the same but for letters without a value.
 */
#include "config.h"

#include "config-gen/service_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

/* Those with a value, and those that decide what -t and -T say. */
#define WITH_VALUE "CEbcfghkopu"
#define KNOWN  WITH_VALUE "46DGQRTVdeiqrt"
#define KEPT "46bcghkopu"

static int
add_arg(struct service *s, const char *text, size_t len, struct err *err)
{
	char **grown =
	    reallocarray(s->args, s->n_args + 2, sizeof(*grown));

	if (grown == NULL)
		return service_no_memory(err);
	s->args = grown;
	grown[s->n_args + 1] = NULL;
	if ((grown[s->n_args] = strndup(text, len)) == NULL)
		return service_no_memory(err);
	s->n_args++;
	return 0;
}

/* "Key=value" or "Key value", as servconf.c reads a line. */
static int
add_option(struct service *s, const char *text, const struct service_word *w,
    struct err *err)
{
	struct service_option *grown;
	struct service_option o = { .file = w->file, .line = w->line };
	char *p;
	size_t len;

	grown = reallocarray(s->options, s->n_options + 1, sizeof(*grown));
	if (grown == NULL)
		return service_no_memory(err);
	s->options = grown;
	text += strspn(text, " \t");
	if (*text == '"')
		text++;
	len = strcspn(text, " \t=\"");
	o.keyword = strndup(text, len);
	text += len;
	text += strspn(text, "\" \t");
	text += *text == '=' ? 1 : 0;
	o.value = strdup(text + strspn(text, " \t"));
	if (o.keyword == NULL || o.value == NULL) {
		free(o.keyword);
		free(o.value);
		return service_no_memory(err);
	}
	for (p = o.keyword; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	s->options[s->n_options++] = o;
	return 0;
}

/* The last -f counts; the service starts in "/". */
static int
set_config(struct service *s, const char *path, const struct service_word *w,
    struct err *err)
{
	char *full;

	if (asprintf(&full, "%s%s", path[0] == '/' ? "" : "/", path) < 0)
		return service_no_memory(err);
	free(s->config);
	s->config = full;
	s->config_file = w->file;
	s->config_line = w->line;
	return 0;
}

static int
take_letter(struct service *s, char letter, const char *value,
    const struct service_word *w, struct err *err)
{
	const char arg[3] = { '-', letter, '\0' };

	if (letter == 'f')
		return set_config(s, value, w, err);
	if (strchr(KEPT, letter) == NULL)
		return 0;
	if (add_arg(s, arg, 2, err) < 0 ||
	    (value != NULL && add_arg(s, value, strlen(value), err) < 0))
		return -1;
	return letter == 'o' ? add_option(s, value, w, err) : 0;
}

static int
unclear(struct service *s, const char *why)
{
	(void)snprintf(s->unclear, sizeof(s->unclear), "%s", why);
	return 1;
}

/* The letters of word *i, which goes on to a value's.  1: give up; -1. */
static int
take_word(struct service *s, size_t *i, struct err *err)
{
	const struct service_word *w = &s->words[*i];
	const char *p, *value;

	for (p = w->text + 1; *p != '\0'; p++) {
		if (strchr(KNOWN, *p) == NULL)
			return unclear(s, "it has an option that sshd does "
					  "not know");
		if (strchr(WITH_VALUE, *p) == NULL) {
			if (take_letter(s, *p, NULL, w, err) < 0)
				return -1;
			continue;
		}
		value = p + 1;
		if (*value == '\0' && *i + 1 == s->n_words)
			return unclear(s, "its last option lacks a value");
		if (*value == '\0') {
			w = &s->words[++*i];
			value = w->text;
		}
		return take_letter(s, *p, value, w, err);
	}
	return 0;
}

int
service_parse(struct service *s, struct err *err)
{
	const char *text;
	size_t i;
	int rc;

	for (i = 0; i < s->n_words; i++) {
		text = s->words[i].text;
		if (text[0] != '-' || text[1] == '\0' ||
		    strcmp(text, "--") == 0)
			break;
		if ((rc = take_word(s, &i, err)) != 0)
			return rc < 0 ? -1 : 0;
	}
	return 0;
}

/* The words of text, divided by single blanks. */
static int
set_words(struct service *s, const char *text, struct err *err)
{
	struct service_word *grown;
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, " ");
		grown = reallocarray(
		    s->words, s->n_words + 1, sizeof(*grown));
		if (grown == NULL)
			return service_no_memory(err);
		s->words = grown;
		grown[s->n_words] =
		    (struct service_word) { strndup(text, len), NULL, 0 };
		if (grown[s->n_words].text == NULL)
			return service_no_memory(err);
		s->n_words++;
		text += len + (text[len] == ' ' ? 1 : 0);
	}
	return 0;
}

/* What decides, as one text. */
static char *
essence(const char *line, struct err *err)
{
	struct service s = { .unit = NULL };
	char *text = NULL;
	size_t len = 0, i;
	FILE *f;

	if (set_words(&s, line, err) < 0 || service_parse(&s, err) < 0)
		goto out;
	if ((f = open_memstream(&text, &len)) == NULL) {
		(void)service_no_memory(err);
		goto out;
	}
	/* Without -f it is this one. */
	if (s.config != NULL && strcmp(s.config, ROOT_SSHD_CONFIG) != 0)
		(void)fputs(s.config, f);
	for (i = 0; i < s.n_args; i++)
		(void)fprintf(f, " %s", s.args[i]);
	if (fclose(f) != 0) {
		free(text);
		text = NULL;
		(void)service_no_memory(err);
	}
out:
	service_clear(&s);
	return text;
}

int
service_differs(const struct service *s, const char *line, bool *differs,
    struct err *err)
{
	char *own = NULL, *other = NULL, *joined = NULL;
	size_t len = 0, i;
	FILE *f = open_memstream(&joined, &len);
	int ret = -1;

	if (f == NULL)
		return service_no_memory(err);
	/* Values with blanks cannot be told apart in /proc; so in neither. */
	for (i = 0; i < s->n_words; i++)
		(void)fprintf(f, "%s%s", i == 0 ? "" : " ", s->words[i].text);
	if (fclose(f) != 0) {
		(void)service_no_memory(err);
		goto out;
	}
	if ((own = essence(joined, err)) == NULL ||
	    (other = essence(line, err)) == NULL)
		goto out;
	*differs = strcmp(own, other) != 0;
	ret = 0;
out:
	free(joined);
	free(own);
	free(other);
	return ret;
}

const struct service_option *
service_next_option(
    const struct service *s, const char *const *keywords, size_t *at)
{
	size_t k;

	while (s != NULL && *at < s->n_options) {
		const struct service_option *o = &s->options[(*at)++];

		for (k = 0; keywords[k] != NULL; k++)
			if (strcmp(o->keyword, keywords[k]) == 0)
				return o;
	}
	return NULL;
}

char *
service_describe(const struct service_option *o, char *out, size_t out_len)
{
	char file[160], keyword[80], value[160];

	(void)snprintf(out, out_len, "%s:%zu: -o %s=%s",
	    escape_text(file, sizeof(file), o->file), o->line,
	    escape_text(keyword, sizeof(keyword), o->keyword),
	    escape_text(value, sizeof(value), o->value));
	return out;
}

void
service_forget(struct service *s)
{
	size_t i;

	for (i = 0; i < s->n_words; i++)
		free(s->words[i].text);
	for (i = 0; i < s->n_args; i++)
		free(s->args[i]);
	for (i = 0; i < s->n_options; i++) {
		free(s->options[i].keyword);
		free(s->options[i].value);
	}
	free(s->words);
	free(s->args);
	free(s->options);
	free(s->config);
	s->words = NULL;
	s->args = NULL;
	s->options = NULL;
	s->config = NULL;
	s->n_words = s->n_args = s->n_options = 0;
}

void
service_clear(struct service *s)
{
	service_forget(s);
	free(s->unit);
	unitfile_words_clear(&s->files);
	memset(s, 0, sizeof(*s));
}
