/*
 * The ways through a stack, as libpam's _pam_dispatch_aux goes them: from
 * each module to the next, over some of them, or to the end of the substack.
 */
#include "config.h"

#include "config-gen/pamstack.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What is known of a module's answer. */
enum answer {
	ANSWER_ANY,
	ANSWER_SUCCESS,
	ANSWER_OTHER, /* anything but success */
	ANSWER_DENY /* what pam_deny.so says */
};

/* By their places in libpam's list. */
enum {
	CODE_SUCCESS = 0,
	CODE_AUTH_ERR = 7,
	CODE_SESSION_ERR = 14,
	CODE_CRED_ERR = 17,
	CODE_AUTHTOK_ERR = 20
};

struct way {
	const struct pamstack *s;
	bool *reached;
	const char *without; /* a module that ends the way; NULL: none */
	bool may_fail; /* also ways that end badly */
	bool has_end; /* the stack's end is reached */
};

/* Whether name is one of list's, which colons divide. */
static bool
list_has(const char *list, const char *name)
{
	size_t len = strlen(name), n;

	for (;; list += n + 1) {
		n = strcspn(list, ":");
		if (n == len && strncmp(list, name, n) == 0)
			return true;
		if (list[n] == '\0')
			return false;
	}
}

static bool
is_flag(const char *word)
{
	static const char *const flags[] = { "debug", "use_uid", "quiet",
		"quiet_fail", "quiet_success", "audit" };
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strcmp(word, flags[i]) == 0)
			return true;
	}
	return false;
}

/* pam_succeed_if.so whose one condition is about the service. */
static enum answer
ask_condition(const char *args, const char *service)
{
	char *copy = strdup(args), *rest, *word, *words[3];
	enum answer answer = ANSWER_ANY;
	bool is_there;
	size_t n = 0;

	if (copy == NULL)
		return ANSWER_ANY;
	for (word = strtok_r(copy, " ", &rest); word != NULL;
	     word = strtok_r(NULL, " ", &rest)) {
		if (is_flag(word))
			continue;
		if (n == 3)
			goto out;
		words[n++] = word;
	}
	if (n != 3 || strcmp(words[0], "service") != 0)
		goto out;
	is_there = list_has(words[2], service);
	if (strcmp(words[1], "in") == 0)
		answer = is_there ? ANSWER_SUCCESS : ANSWER_OTHER;
	else if (strcmp(words[1], "notin") == 0)
		answer = is_there ? ANSWER_OTHER : ANSWER_SUCCESS;
out:
	free(copy);
	return answer;
}

static enum answer
ask(const struct pamstack *s, const struct pamstack_node *n)
{
	if (pamstack_is(n, "pam_permit.so"))
		return ANSWER_SUCCESS;
	if (pamstack_is(n, "pam_deny.so"))
		return ANSWER_DENY;
	if (pamstack_is(n, "pam_succeed_if.so"))
		return ask_condition(n->args, s->service);
	return ANSWER_ANY;
}

/* The first node behind i that is not of a level deeper. */
static size_t
next_of(const struct pamstack *s, size_t i, unsigned int level)
{
	for (i++; i < s->n_nodes && s->nodes[i].level > level; i++)
		;
	return i;
}

/* Behind the substack that i is in. */
static size_t
end_of(const struct pamstack *s, size_t i)
{
	unsigned int level = s->nodes[i].level;

	if (level == 0)
		return s->n_nodes;
	return next_of(s, i, level - 1);
}

static void go(struct way *w, size_t at);

static void
jump(struct way *w, size_t i, int n)
{
	unsigned int level = w->s->nodes[i].level;
	size_t at = i;

	for (; n > 0; n--) {
		at = next_of(w->s, at, level);
		/* A jump too far is a failure. */
		if (at == w->s->n_nodes || w->s->nodes[at].level < level)
			return;
	}
	go(w, next_of(w->s, at, level));
}

static void
act(struct way *w, size_t i, int action)
{
	switch (action) {
	case PAMSTACK_IGNORE:
	case PAMSTACK_OK:
	case PAMSTACK_RESET:
		go(w, i + 1);
		break;
	case PAMSTACK_BAD:
		if (w->may_fail)
			go(w, i + 1);
		break;
	case PAMSTACK_DONE:
		go(w, end_of(w->s, i));
		break;
	case PAMSTACK_DIE:
		if (w->may_fail)
			go(w, end_of(w->s, i));
		break;
	default:
		jump(w, i, action);
		break;
	}
}

/* Note that at can be come to. */
static void
go(struct way *w, size_t at)
{
	if (at >= w->s->n_nodes)
		w->has_end = true;
	else
		w->reached[at] = true;
}

static bool
may_be(enum answer answer, size_t code)
{
	switch (answer) {
	case ANSWER_SUCCESS:
		return code == CODE_SUCCESS;
	case ANSWER_OTHER:
		return code != CODE_SUCCESS;
	case ANSWER_DENY:
		return code == CODE_AUTH_ERR || code == CODE_SESSION_ERR ||
		    code == CODE_CRED_ERR || code == CODE_AUTHTOK_ERR;
	case ANSWER_ANY:
	default:
		return true;
	}
}

static void
leave(struct way *w, size_t i)
{
	const struct pamstack_node *n = &w->s->nodes[i];
	enum answer answer = ask(w->s, n);
	size_t code;

	if (w->without != NULL && pamstack_is(n, w->without))
		return;
	if (n->is_substack) {
		go(w, i + 1);
		return;
	}
	for (code = 0; code < PAMSTACK_N_CODES; code++) {
		if (may_be(answer, code))
			act(w, i, n->actions[code]);
	}
}

/* All ways lead forward, so that one pass finds them. */
static void
walk(struct way *w)
{
	size_t i;

	memset(w->reached, 0, w->s->n_nodes * sizeof(*w->reached));
	go(w, 0);
	for (i = 0; i < w->s->n_nodes; i++) {
		if (w->reached[i])
			leave(w, i);
	}
}

void
pamstack_reach(const struct pamstack *s, bool *reached)
{
	struct way w = { s, reached, NULL, true, false };

	walk(&w);
}

bool
pamstack_avoids(const struct pamstack *s, const char *module)
{
	struct way w = { s, NULL, module, false, false };

	/* Nothing can be told: the answer that changes nothing. */
	if ((w.reached = calloc(s->n_nodes + 1, sizeof(*w.reached))) == NULL)
		return true;
	walk(&w);
	free(w.reached);
	return w.has_end;
}
