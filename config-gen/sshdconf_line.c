/*
 * Lines as sshd takes them apart: servconf.c:load_server_config and
 * process_server_config_line_depth, misc.c:strdelim and argv_split.
 */
#include "config.h"

#include "config-gen/sshdconf_int.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

#define BLANKS " \t\r\n"

void *
sshdconf_grow(void *items, size_t n, size_t size, struct err *err)
{
	void *grown;

	/* Doubled whenever n is a power of two, so no capacity is kept. */
	if (items != NULL && (n & (n - 1)) != 0)
		return items;
	if (n > SIZE_MAX / 2 / size ||
	    (grown = realloc(items, (n == 0 ? 1 : n * 2) * size)) == NULL) {
		err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	return grown;
}

int
sshdconf_stream_end(FILE *stream, struct err *err)
{
	bool has_failed = ferror(stream) != 0;

	if (fclose(stream) != 0 || has_failed)
		return err_setf(err, ERR_MEMORY, "out of memory");
	return 0;
}

bool
sshdconf_raw_next(const char *bytes, size_t len, struct sshdconf_raw *raw)
{
	const char *end;

	raw->offset += raw->len;
	raw->line++;
	if (raw->offset >= len)
		return false;
	end = memchr(bytes + raw->offset, '\n', len - raw->offset);
	raw->len = end == NULL ? len - raw->offset :
	    (size_t)(end - bytes) + 1 - raw->offset;
	return true;
}

/* Move raw and len inwards, past blanks. */
static const char *
trim(const char *raw, size_t *len)
{
	while (*len > 0 && strchr(BLANKS, raw[*len - 1]) != NULL &&
	    raw[*len - 1] != '\0')
		(*len)--;
	while (*len > 0 && strchr(BLANKS, *raw) != NULL && *raw != '\0') {
		raw++;
		(*len)--;
	}
	return raw;
}

bool
sshdconf_raw_is(const char *raw, size_t len, const char *text)
{
	raw = trim(raw, &len);
	return len == strlen(text) && memcmp(raw, text, len) == 0;
}

bool
sshdconf_raw_begins(const char *raw, size_t len, const char *text)
{
	raw = trim(raw, &len);
	return len >= strlen(text) && memcmp(raw, text, strlen(text)) == 0;
}

/*
 * misc.c:strdelim, oddities and all: a quote anywhere in the word quotes, an
 * open one gives NULL, and a single '=' may follow.
 */
static char *
next_word(char **s)
{
	char *old = *s;
	bool is_equals;

	if (old == NULL || (*s = strpbrk(old, BLANKS "\"=")) == NULL)
		return old;
	if (**s == '"') {
		memmove(*s, *s + 1, strlen(*s));
		if ((*s = strchr(*s, '"')) == NULL)
			return NULL;
		**s = '\0';
		*s += strspn(*s + 1, BLANKS) + 1;
		return old;
	}
	is_equals = **s == '=';
	**s = '\0';
	*s += strspn(*s + 1, BLANKS) + 1;
	if (!is_equals && **s == '=')
		*s += strspn(*s + 1, BLANKS) + 1;
	return old;
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

/* The keyword in text, which is written to; NULL: nothing for sshd. */
static char *
split_keyword(char *text, char **rest)
{
	size_t len = strlen(text);
	char *word;

	/* sshd never strips the first byte here. */
	while (len > 1 && strchr(BLANKS "\f", text[len - 1]) != NULL)
		text[--len] = '\0';
	*rest = text;
	word = next_word(rest);
	if (word != NULL && *word == '\0')
		word = next_word(rest);
	if (word == NULL || *word == '\0' || *word == '#')
		return NULL;
	return word;
}

int
sshdconf_raw_parse(const char *raw, size_t len, struct place at,
    char **keyword, char **rest, struct err *err)
{
	char **args = NULL;
	char *text = NULL;
	char *k = NULL;
	char *r = NULL;
	char *word, *after;
	char shown[64], what[128];
	int ret = -1;

	if (len > 0 && raw[len - 1] == '\n')
		len--;
	while (len > 0 && (*raw == ' ' || *raw == '\t' || *raw == '\r')) {
		raw++;
		len--;
	}
	if ((text = strndup(raw, len)) == NULL)
		goto memory;
	if ((word = split_keyword(text, &after)) == NULL) {
		ret = 0;
		goto out;
	}
	if (after == NULL || *after == '\0') {
		(void)snprintf(what, sizeof(what), "\"%s\" without a value",
		    escape_text(shown, sizeof(shown), word));
		err_set(err, ERR_MALFORMED, at, what,
		    "sshd does not start with it", NULL);
		goto out;
	}
	if ((args = sshdconf_args(after, at, err)) == NULL)
		goto out;
	if ((k = strdup(word)) == NULL || (r = strdup(after)) == NULL)
		goto memory;
	lower(k);
	*keyword = k;
	*rest = r;
	k = r = NULL;
	ret = 1;
	goto out;
memory:
	err_setf(err, ERR_MEMORY, "out of memory");
out:
	free(args);
	free(text);
	free(k);
	free(r);
	return ret;
}

int
sshdconf_raw_replaced(const char *raw, size_t len, char **keyword,
    char **rest, struct err *err)
{
	size_t skip = strlen(SSHDCONF_REPLACED);
	struct err e = ERR_INIT;
	int found;

	if (len < skip || memcmp(raw, SSHDCONF_REPLACED, skip) != 0)
		return 0;
	found = sshdconf_raw_parse(
	    raw + skip, len - skip, NO_PLACE, keyword, rest, &e);
	if (e.code == ERR_MEMORY)
		return err_setf(err, ERR_MEMORY, "%s", e.text);
	if (found != 1)
		return 0;
	/* Somebody's remark that merely begins alike. */
	if (!sshdconf_is_certgates(*keyword)) {
		free(*keyword);
		free(*rest);
		*keyword = *rest = NULL;
		return 0;
	}
	return 1;
}

/*
 * Copy the argument at *s to *out without its quotes, both moved behind it.
 * -1: a quote is left open.
 */
static int
copy_arg(const char **s, char **out)
{
	const char *p = *s;
	char *to = *out;
	char quote = '\0';

	for (; *p != '\0'; p++) {
		if (*p == '\\' && (p[1] == '\'' || p[1] == '"' ||
		    p[1] == '\\' || (quote == '\0' && p[1] == ' ')))
			*to++ = *++p;
		else if (quote == '\0' && (*p == ' ' || *p == '\t'))
			break;
		else if (quote == '\0' && (*p == '"' || *p == '\''))
			quote = *p;
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else
			*to++ = *p;
	}
	*to++ = '\0';
	*s = p;
	*out = to;
	return quote == '\0' ? 0 : -1;
}

char **
sshdconf_args(const char *rest, struct place at, struct err *err)
{
	size_t len = strlen(rest);
	/* At most every other byte begins an argument. */
	size_t max = len / 2 + 2;
	char **args;
	char *text;
	size_t n = 0;

	if ((args = malloc(max * sizeof(*args) + len + max)) == NULL) {
		err_setf(err, ERR_MEMORY, "out of memory");
		return NULL;
	}
	text = (char *)(args + max);
	for (;;) {
		rest += strspn(rest, " \t");
		if (*rest == '\0' || *rest == '#')
			break;
		args[n++] = text;
		if (copy_arg(&rest, &text) < 0) {
			err_set(err, ERR_MALFORMED, at, "a quote is not closed",
			    "sshd does not start with it", NULL);
			free(args);
			return NULL;
		}
	}
	args[n] = NULL;
	return args;
}
