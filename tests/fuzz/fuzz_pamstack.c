/*
 * pamstack: the input is up to four files, divided by NUL bytes: the service
 * "a", and "b" to "d" that it may include.  What is loaded, written out as
 * one file, is loaded as the same again, and the same of it is reached; what
 * cannot be gone round is reached, or the stack has no good end.
 */
#include "config.h"

#include "config-gen/pamstack.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_FILES 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct files {
	const char *texts[N_FILES];
	size_t lens[N_FILES];
};

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static int
read_file(void *ctx, const char *name, char **text, size_t *len,
    struct err *err)
{
	const struct files *f = ctx;
	size_t i = (size_t)(name[0] - 'a');

	(void)err;
	if (name[0] < 'a' || i >= N_FILES || name[1] != '\0' ||
	    f->texts[i] == NULL)
		return 0;
	*len = f->lens[i];
	require((*text = malloc(*len + 1)) != NULL);
	memcpy(*text, f->texts[i], *len);
	(*text)[*len] = '\0';
	return 1;
}

/* A word as it can stand in a file again. */
static void
put_word(FILE *f, const char *word)
{
	(void)fputs(" [", f);
	for (; *word != '\0'; word++) {
		if (*word == ']')
			(void)fputc('\\', f);
		(void)fputc(*word, f);
	}
	(void)fputc(']', f);
}

static void
put_actions(FILE *f, const struct pamstack_node *n)
{
	static const char *const words[] = { "ignore", "ok", "done", "bad",
		"die", "reset" };
	static const struct {
		const char *name;
		size_t at;
	} some[] = { { "success", 0 }, { "open_err", 1 }, { "ignore", 25 },
		{ "incomplete", 31 } };
	size_t i;

	(void)fputs(" [", f);
	for (i = 0; i < 4; i++) {
		if (n->actions[some[i].at] > 0)
			(void)fprintf(f, "%s=%d ", some[i].name,
			    n->actions[some[i].at]);
		else
			(void)fprintf(f, "%s=%s ", some[i].name,
			    words[-n->actions[some[i].at]]);
	}
	(void)fputs("default=bad]", f);
}

/* What libpam reads in another way where it is put into brackets. */
static bool
is_plain(const struct pamstack *s)
{
	size_t i;

	for (i = 0; i < s->n_nodes; i++) {
		const struct pamstack_node *n = &s->nodes[i];

		if (n->is_substack || strpbrk(n->module, "#\\\n") != NULL ||
		    strpbrk(n->args, "#\\\n") != NULL)
			return false;
	}
	return true;
}

static void
check_again(const struct pamstack *s)
{
	struct pamstack again;
	struct files f = { { NULL }, { 0 } };
	struct err err = ERR_INIT;
	char *text = NULL;
	size_t len = 0, i;
	FILE *out;

	require((out = open_memstream(&text, &len)) != NULL);
	for (i = 0; i < s->n_nodes; i++) {
		(void)fputs(pamstack_types[s->type], out);
		put_actions(out, &s->nodes[i]);
		put_word(out, s->nodes[i].module);
		put_word(out, s->nodes[i].args);
		(void)fputc('\n', out);
	}
	require(fclose(out) == 0);
	f.texts[0] = text;
	f.lens[0] = len;
	require(
	    pamstack_load(&again, "a", s->type, read_file, &f, &err) == 1);
	require(again.n_nodes == s->n_nodes);
	for (i = 0; i < s->n_nodes; i++) {
		const struct pamstack_node *a = &s->nodes[i];
		const struct pamstack_node *b = &again.nodes[i];

		require(strcmp(a->module, b->module) == 0 &&
		    strcmp(a->args, b->args) == 0 && b->line == i + 1);
		require(a->actions[0] == b->actions[0] &&
		    a->actions[1] == b->actions[1] &&
		    a->actions[25] == b->actions[25] &&
		    a->actions[31] == b->actions[31]);
	}
	pamstack_clear(&again);
	free(text);
}

static void
check_ways(const struct pamstack *s)
{
	bool *reached = calloc(s->n_nodes + 1, sizeof(*reached));
	size_t i, n = 0;

	require(reached != NULL);
	pamstack_reach(s, reached);
	require(s->n_nodes == 0 || reached[0]);
	for (i = 0; i < s->n_nodes; i++) {
		require(s->nodes[i].line > 0 && s->nodes[i].file[0] >= 'a');
		require(s->nodes[i].level < PAMSTACK_MAX_DEPTH);
		n += reached[i] && pamstack_is(&s->nodes[i], "c") ? 1 : 0;
	}
	require(!reached[s->n_nodes]);
	/* Nothing there to go round: as many good ends as there are at all. */
	if (n == 0)
		require(pamstack_avoids(s, "c") ==
		    pamstack_avoids(s, "no such module"));
	else if (pamstack_avoids(s, "c"))
		require(pamstack_avoids(s, "no such module"));
	free(reached);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size, *nul;
	struct files f = { { NULL }, { 0 } };
	struct pamstack s;
	size_t i;
	int type, ret;

	for (i = 0; i < N_FILES && p <= end && size > 0; i++) {
		nul = p == end ? NULL : memchr(p, '\0', (size_t)(end - p));
		f.texts[i] = p;
		f.lens[i] = (size_t)((nul == NULL ? end : nul) - p);
		p += f.lens[i] + 1;
	}
	/* Files that include each other would be copied without end. */
	if (size > 4096)
		return 0;
	for (type = 0; type < PAMSTACK_N_TYPES; type++) {
		struct err err = ERR_INIT;

		ret = pamstack_load(&s, "a", (enum pamstack_type)type,
		    read_file, &f, &err);
		require((ret < 0) == (err.code != ERR_NONE));
		if (ret == 1) {
			check_ways(&s);
			if (is_plain(&s))
				check_again(&s);
		}
		pamstack_clear(&s);
	}
	return 0;
}
