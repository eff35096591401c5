/*
 * unitfile: the first byte says what the rest is.  Words and variables, put
 * into quotes, are read as the same again; keys and values of a unit hold no
 * line ends and no blanks at their ends, and stand on lines that there are.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/unitfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static void
check_words(const char *text, enum unitfile_words_of of)
{
	struct unitfile_words words = { NULL, 0 }, again = { NULL, 0 };
	struct err err = ERR_INIT;
	char *quoted = NULL;
	const char *p;
	size_t len = 0, i;
	FILE *f;

	if (unitfile_split(text, of, &words, &err) < 0) {
		require(err.code != ERR_NONE && words.n_items == 0);
		require(of == UNITFILE_COMMAND || err.code == ERR_LIMIT);
		return;
	}
	require((f = open_memstream(&quoted, &len)) != NULL);
	for (i = 0; i < words.n_items; i++) {
		(void)fputs(" \"", f);
		for (p = words.items[i]; *p != '\0'; p++) {
			if (*p == '"' || *p == '\\')
				(void)fputc('\\', f);
			(void)fputc(*p, f);
		}
		(void)fputc('"', f);
	}
	require(fclose(f) == 0);
	require(unitfile_split(quoted, of, &again, &err) == 0);
	require(again.n_items == words.n_items);
	for (i = 0; i < words.n_items; i++)
		require(strcmp(again.items[i], words.items[i]) == 0);
	free(quoted);
	unitfile_words_clear(&words);
	unitfile_words_clear(&again);
}

struct walk {
	size_t max_line, last_line;
	const struct unitfile_line *expected; /* NULL: anything */
	size_t n;
};

static bool
is_trimmed(const char *s)
{
	size_t len = strlen(s);

	return len == 0 ||
	    (strchr(" \t\r\n", s[0]) == NULL &&
		strchr(" \t\r\n", s[len - 1]) == NULL);
}

static int
found_in_unit(void *ctx, const struct unitfile_line *l, struct err *err)
{
	struct walk *w = ctx;

	(void)err;
	require(l->section != NULL && strchr(l->section, '\n') == NULL);
	require(is_trimmed(l->key) && strpbrk(l->key, "=\n") == NULL);
	require(is_trimmed(l->value) && strchr(l->value, '\n') == NULL);
	require(l->line > w->last_line && l->line <= w->max_line);
	w->last_line = l->line;
	return 0;
}

static int
found_again(void *ctx, const struct unitfile_line *l, struct err *err)
{
	struct walk *w = ctx;

	(void)err;
	require(w->n++ == 0);
	require(strcmp(l->key, w->expected->key) == 0);
	require(strcmp(l->value, w->expected->value) == 0);
	return 0;
}

static int
found_in_env(void *ctx, const struct unitfile_line *l, struct err *err)
{
	struct walk *w = ctx, again = { .expected = l };
	char *text = NULL;
	const char *p;
	size_t len = 0;
	FILE *f;

	/* A line's first character is the name's, "=" too, as for systemd. */
	require(is_trimmed(l->key) &&
	    (l->key[0] == '\0' || strpbrk(l->key + 1, "=\n\r") == NULL));
	require(l->line >= w->last_line && l->line <= w->max_line);
	w->last_line = l->line;
	if (l->key[0] == '\0')
		return 0;
	require((f = open_memstream(&text, &len)) != NULL);
	(void)fprintf(f, "%s=\"", l->key);
	for (p = l->value; *p != '\0'; p++) {
		if (strchr("\"\\`$", *p) != NULL)
			(void)fputc('\\', f);
		(void)fputc(*p, f);
	}
	(void)fputs("\"\n", f);
	require(fclose(f) == 0);
	require(unitfile_each_env(text, len, found_again, &again, err) == 0);
	require(again.n == 1);
	free(text);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct walk w = { .max_line = 1 };
	struct err err = ERR_INIT;
	const char *text;
	char *copy;
	size_t i;
	int ret = 0;

	if (size == 0)
		return 0;
	text = (const char *)data + 1;
	size--;
	for (i = 0; i < size; i++)
		w.max_line += text[i] == '\n' ? 1 : 0;
	switch (data[0] & 3) {
	case 0:
		ret = unitfile_each(text, size, found_in_unit, &w, &err);
		break;
	case 1:
		ret = unitfile_each_env(text, size, found_in_env, &w, &err);
		break;
	default:
		require((copy = strndup(text, size)) != NULL);
		check_words(copy,
		    (data[0] & 1) != 0 ? UNITFILE_VARIABLE : UNITFILE_COMMAND);
		free(copy);
		break;
	}
	require(ret == 0 || err.code != ERR_NONE);
	return 0;
}
