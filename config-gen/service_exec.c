/*
 * What a unit's ExecStart= comes to once its variables are put in.  Source:
 * exec-command.c and env-util.c:replace_env_argv of systemd.
 */
#include "config.h"

#include "config-gen/service_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

int
service_no_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

void
service_settings_clear(struct service_settings *l)
{
	size_t i;

	for (i = 0; i < l->n_items; i++) {
		free(l->items[i].key);
		free(l->items[i].value);
	}
	free(l->items);
	*l = (struct service_settings) { NULL, 0 };
}

int
service_settings_add(struct service_settings *l, const char *key, size_t key_len,
    const char *value, const char *file, size_t line, struct err *err)
{
	struct service_setting *grown;

	grown = reallocarray(l->items, l->n_items + 1, sizeof(*grown));
	if (grown == NULL)
		return service_no_memory(err);
	l->items = grown;
	grown += l->n_items;
	*grown = (struct service_setting) { strndup(key, key_len), strdup(value), file,
		line };
	if (grown->key == NULL || grown->value == NULL) {
		free(grown->key);
		free(grown->value);
		return service_no_memory(err);
	}
	l->n_items++;
	return 0;
}

/* The last one of a name counts. */
const struct service_setting *
service_settings_find(const struct service_settings *l, const char *key, size_t len)
{
	size_t i;

	for (i = l->n_items; i > 0; i--) {
		if (strlen(l->items[i - 1].key) == len &&
		    memcmp(l->items[i - 1].key, key, len) == 0)
			return &l->items[i - 1];
	}
	return NULL;
}

/* Note why the command line cannot be told, the first time. */
void
service_unclear(struct service_reader *r, const char *file, const char *why)
{
	char shown[128];

	if (r->s->unclear[0] == '\0')
		(void)snprintf(r->s->unclear, sizeof(r->s->unclear), "%s: %s",
		    escape_text(shown, sizeof(shown), file), why);
}

int
service_add_word(struct service_reader *r, const char *text, const struct service_setting *from,
    struct err *err)
{
	struct service *s = r->s;
	struct service_word *grown;

	grown = reallocarray(s->words, s->n_words + 1, sizeof(*grown));
	if (grown == NULL)
		return service_no_memory(err);
	s->words = grown;
	grown[s->n_words] =
	    (struct service_word) { strdup(text), from->file, from->line };
	if (grown[s->n_words].text == NULL)
		return service_no_memory(err);
	s->n_words++;
	return 0;
}

/* What a variable stands for, as words of their own. */
int
service_add_words(struct service_reader *r, const struct service_setting *v, struct err *err)
{
	struct unitfile_words words = { NULL, 0 };
	size_t i;
	int ret = 0;

	if (v == NULL)
		return 0;
	if (unitfile_split(v->value, UNITFILE_VARIABLE, &words, err) < 0)
		return -1;
	for (i = 0; i < words.n_items && ret == 0; i++)
		ret = service_add_word(r, words.items[i], v, err);
	unitfile_words_clear(&words);
	return ret;
}

/* One word with its ${VARIABLE}s, $$ and %%. */
static int
add_expanded(struct service_reader *r, const char *word, struct err *err)
{
	const struct service_setting *from = &r->exec, *v;
	const char *end;
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	int ret;

	if (f == NULL)
		return service_no_memory(err);
	for (; *word != '\0'; word++) {
		if (word[0] == '$' && word[1] == '{' &&
		    (end = strchr(word, '}')) != NULL) {
			v = service_settings_find(&r->variables, word + 2,
			    (size_t)(end - word - 2));
			(void)fputs(v == NULL ? "" : v->value, f);
			from = v == NULL ? from : v;
			word = end;
			continue;
		}
		if ((word[0] == '$' || word[0] == '%') && word[1] == word[0])
			word++;
		else if (word[0] == '%')
			service_unclear(r, r->exec.file,
			    "its ExecStart= has a specifier of systemd's");
		(void)fputc(*word, f);
	}
	if (fclose(f) != 0) {
		free(text);
		return service_no_memory(err);
	}
	ret = service_add_word(r, text, from, err);
	free(text);
	return ret;
}

/* ExecStart= to the words that sshd gets. */
static int
expand(struct service_reader *r, const struct unitfile_words *words, struct err *err)
{
	const char *program = words->items[0];
	size_t flags = strspn(program, "@-:+!|"), i;
	bool has_no_variables = memchr(program, ':', flags) != NULL;
	const char *name;
	int rc = 0;

	i = memchr(program, '@', flags) != NULL ? 2 : 1;
	name = strrchr(program, '/');
	if (name == NULL || strcmp(name + 1, "sshd") != 0) {
		service_unclear(r, r->exec.file,
		    "its ExecStart= is no sshd but a program that may start "
		    "one");
		return 0;
	}
	for (; i < words->n_items && rc == 0; i++) {
		const char *word = words->items[i];

		if (strcmp(word, ";") == 0)
			break;
		if (has_no_variables)
			rc = service_add_word(r, word, &r->exec, err);
		else if (word[0] == '$' && word[1] != '{' && word[1] != '$')
			rc = service_add_words(r,
			    service_settings_find(&r->variables, word + 1,
				strlen(word + 1)),
			    err);
		else
			rc = add_expanded(r, word, err);
	}
	return rc;
}

int
service_expand(struct service_reader *r, struct err *err)
{
	struct unitfile_words words = { NULL, 0 };
	struct err why = ERR_INIT;
	int ret = 0;

	if (r->exec.value == NULL) {
		service_unclear(r, r->s->unit, "it has no ExecStart=");
		return 0;
	}
	if (unitfile_split(r->exec.value, UNITFILE_COMMAND, &words, &why) < 0) {
		if (why.code == ERR_MEMORY)
			return service_no_memory(err);
		service_unclear(r, r->exec.file, why.text);
	} else if (words.n_items > 0) {
		ret = expand(r, &words, err);
	}
	unitfile_words_clear(&words);
	return ret;
}
