/*
 * certgate complete: what may follow on a command line, for the shells.
 *
 * The words are read as main reads them, from the same two tables, but none
 * is an error: what makes no sense has nothing that follows.
 */
#include "config.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config-gen/candidates.h"
#include "config-gen/cmd.h"
#include "config-gen/cmd_table.h"
#include "lib/escape.h"

#define ABOUT_SIZE 512

/* What the words before the last come to. */
struct line {
	struct root root;
	const char *policy, *authority;
	char resolved[PATH_MAX];
	const struct cmd_flag *open; /* the last one waits for its argument */
	bool is_plain; /* "--" was there: no more options */
	size_t n_args;
};

/* What is printed: a word, after what of it was typed already. */
struct output {
	const char *before;
	int before_len;
};

/* The first line: what kind of thing it is. */
static void
print_kind(enum candidates_kind kind)
{
	static const char *const words[] = {
		[CANDIDATES_NONE] = ":none",
		[CANDIDATES_TEXT] = ":text",
		[CANDIDATES_FILE] = ":files",
		[CANDIDATES_FOLDER] = ":folders",
		[CANDIDATES_USER] = ":words",
		[CANDIDATES_ADMIN] = ":words",
		[CANDIDATES_AUTHORITY] = ":words",
		[CANDIDATES_KEY] = ":words",
		[CANDIDATES_GENERATION] = ":words",
		[CANDIDATES_CHECK] = ":words",
		[CANDIDATES_FORMAT] = ":words",
	};

	(void)puts(words[kind]);
}

static void
print_word(void *ctx, const char *word, const char *about)
{
	const struct output *out = ctx;
	char text[ABOUT_SIZE];

	(void)printf("%.*s%s\t%s\n", out->before_len, out->before, word,
	    escape_text(text, sizeof(text), about));
}

/* A word of the tables, where it begins as what was typed. */
static void
print_match(const char *word, const char *typed, const char *about)
{
	if (strncmp(word, typed, strlen(typed)) == 0)
		(void)printf("%s\t%s\n", word, about);
}

/* The first words of commands, or the second ones of a group's. */
static void
print_commands(const char *group, const char *typed)
{
	size_t len = group == NULL ? 0 : strlen(group) + 1;
	const struct cmd_entry *e, *before = NULL;

	print_kind(CANDIDATES_FORMAT);
	for (e = cmd_entries; e->name != NULL; e++) {
		const char *blank = strchr(e->name, ' ');
		char first[64];

		if (group != NULL) {
			if (strncmp(e->name, group, len - 1) == 0 &&
			    e->name[len - 1] == ' ')
				print_match(e->name + len, typed, e->help);
			continue;
		}
		if (blank == NULL) {
			print_match(e->name, typed, e->help);
			before = NULL;
			continue;
		}
		/* A group's commands stand together in the table. */
		if (before != NULL &&
		    strncmp(before->name, e->name,
			(size_t)(blank - e->name) + 1) == 0)
			continue;
		(void)snprintf(first, sizeof(first), "%.*s",
		    (int)(blank - e->name), e->name);
		print_match(first, typed, "its commands are a word more");
		before = e;
	}
	print_match("--help", typed, "this help");
	if (group == NULL)
		print_match("--version", typed, "which certgate this is");
}

static bool
is_group(const char *word)
{
	const struct cmd_entry *e;
	size_t len = strlen(word);

	for (e = cmd_entries; e->name != NULL; e++) {
		if (strncmp(e->name, word, len) == 0 && e->name[len] == ' ')
			return true;
	}
	return false;
}

static const struct cmd_entry *
find_entry(const char *group, const char *word)
{
	const struct cmd_entry *e;
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s%s", group == NULL ? "" : group,
	    group == NULL ? "" : " ", word);
	for (e = cmd_entries; e->name != NULL; e++) {
		if (strcmp(e->name, name) == 0)
			return e;
	}
	return NULL;
}

/* The option of a command that word is; *value: behind its "=", or NULL. */
static const struct cmd_flag *
find_flag(const struct cmd_entry *e, const char *word, const char **value)
{
	size_t len = strcspn(word, "=");
	const struct cmd_flag *f;

	*value = word[len] == '=' ? word + len + 1 : NULL;
	if (len < 2 || strncmp(word, "--", 2) != 0)
		return NULL;
	for (f = cmd_flags; f->name != NULL; f++) {
		if ((f->commands & e->bit) != 0 &&
		    strlen(f->name) == len - 2 &&
		    strncmp(f->name, word + 2, len - 2) == 0)
			return f;
	}
	return NULL;
}

/* Options that decide where the names come from. */
static void
take_value(struct line *l, const struct cmd_flag *f, const char *value)
{
	if (strcmp(f->name, "policy") == 0)
		l->policy = value;
	else if (strcmp(f->name, "root") == 0 &&
	    realpath(value, l->resolved) != NULL)
		l->root.dir =
		    strcmp(l->resolved, "/") == 0 ? "" : l->resolved;
}

static void
read_words(struct line *l, const struct cmd_entry *e,
    const char *const *words, size_t n)
{
	const struct cmd_flag *f;
	const char *value;
	size_t i;

	for (i = 0; i < n; i++) {
		if (l->open != NULL) {
			take_value(l, l->open, words[i]);
			l->open = NULL;
		} else if (!l->is_plain && strcmp(words[i], "--") == 0) {
			l->is_plain = true;
		} else if (!l->is_plain && words[i][0] == '-' &&
		    words[i][1] != '\0') {
			f = find_flag(e, words[i], &value);
			if (f != NULL && f->arg != NULL && value == NULL)
				l->open = f;
			else if (f != NULL && f->arg != NULL)
				take_value(l, f, value);
		} else {
			if (l->n_args < CMD_MAX_ARGS &&
			    e->values[l->n_args] == CANDIDATES_AUTHORITY)
				l->authority = words[i];
			l->n_args++;
		}
	}
}

static void
print_options(const struct cmd_entry *e, const char *typed)
{
	const struct cmd_flag *f;
	char name[64];

	for (f = cmd_flags; f->name != NULL; f++) {
		if ((f->commands & e->bit) == 0)
			continue;
		(void)snprintf(name, sizeof(name), "--%s", f->name);
		print_match(name, typed, f->help);
	}
}

static void
print_candidates(const struct line *l, enum candidates_kind kind,
    const char *before, const char *typed)
{
	struct output out = { before, (int)(typed - before) };
	struct candidates_query q = {
		.root = &l->root,
		.policy = l->policy,
		.authority = l->authority,
		.begin = typed,
		.found = print_word,
		.ctx = &out,
	};

	print_kind(kind);
	candidates_list(&q, kind);
}

static void
complete_word(
    struct line *l, const struct cmd_entry *e, const char *typed)
{
	enum candidates_kind kind = l->n_args < CMD_MAX_ARGS
	    ? e->values[l->n_args]
	    : CANDIDATES_NONE;
	const struct cmd_flag *f;
	const char *value;

	if (l->open != NULL) {
		print_candidates(l, l->open->value, typed, typed);
	} else if (!l->is_plain &&
	    (f = find_flag(e, typed, &value)) != NULL && value != NULL) {
		print_candidates(l, f->value, typed, value);
	} else if (!l->is_plain &&
	    (typed[0] == '-' ||
		(typed[0] == '\0' && kind == CANDIDATES_NONE))) {
		print_kind(CANDIDATES_FORMAT);
		print_options(e, typed);
	} else {
		print_candidates(l, kind, typed, typed);
	}
}

int
cmd_complete(struct cmd *c)
{
	const char *const *words = c->words;
	const char *group = NULL;
	const struct cmd_entry *e;
	size_t n = c->n_args;
	struct line *l;

	if (n > 1 && is_group(words[0])) {
		group = words[0];
		words++;
		n--;
	}
	if (n <= 1) {
		print_commands(group, n == 0 ? "" : words[0]);
		return CMD_DONE;
	}
	if ((e = find_entry(group, words[0])) == NULL) {
		print_kind(CANDIDATES_NONE);
		return CMD_DONE;
	}
	if ((l = calloc(1, sizeof(*l))) == NULL)
		return CMD_REFUSED;
	l->root = c->root;
	read_words(l, e, words + 1, n - 2);
	complete_word(l, e, words[n - 1]);
	free(l);
	return CMD_DONE;
}
