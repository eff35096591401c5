/*
 * service_int: what the service*.c files share among themselves.
 */
#ifndef CONFIG_GEN_SERVICE_INT_H
#define CONFIG_GEN_SERVICE_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "config-gen/service.h"

/* A variable, or what a key is set to. */
struct service_setting {
	char *key, *value;
	const char *file; /* borrowed from the service */
	size_t line;
};

struct service_settings {
	struct service_setting *items;
	size_t n_items;
};

struct service_reader {
	const struct root *root;
	struct service *s;
	const char *file; /* the one that is read, in s->files */
	struct service_settings variables;
	struct service_settings env_files; /* key: unused */
	struct service_setting exec; /* ExecStart=; value NULL: none */
	bool is_accepting; /* Accept=yes of a socket */
};

/* Sets err; always -1. */
int service_no_memory(struct err *err);

void service_settings_clear(struct service_settings *l);
int service_settings_add(struct service_settings *l, const char *key,
    size_t key_len, const char *value, const char *file, size_t line,
    struct err *err);

/* The last one of a name counts; NULL: there is none. */
const struct service_setting *service_settings_find(
    const struct service_settings *l, const char *key, size_t len);

/* Note why the command line cannot be told, the first time. */
void service_unclear(
    struct service_reader *r, const char *file, const char *why);

/* Add a word, or all that v (NULL: nothing) stands for. */
int service_add_word(struct service_reader *r, const char *text,
    const struct service_setting *from, struct err *err);
int service_add_words(struct service_reader *r,
    const struct service_setting *v, struct err *err);

/* Put the variables into r->exec: s->words. */
int service_expand(struct service_reader *r, struct err *err);

/* Drop all words, arguments and options. */
void service_forget(struct service *s);

#endif
