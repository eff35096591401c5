#include "config.h"

#include "config-gen/pamstack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/escape.h"

#define SHOWN 128
/* Words of a line. */
#define MAX_WORDS 256
#define BLANKS " \t\r\n"

const char *const pamstack_types[PAMSTACK_N_TYPES] = { "auth", "account",
	"password", "session" };

/* In the order of _pam_types.h, which has been the same for ever. */
static const char *const codes[PAMSTACK_N_CODES] = { "success", "open_err",
	"symbol_err", "service_err", "system_err", "buf_err", "perm_denied",
	"auth_err", "cred_insufficient", "authinfo_unavail", "user_unknown",
	"maxtries", "new_authtok_reqd", "acct_expired", "session_err",
	"cred_unavail", "cred_expired", "cred_err", "no_module_data",
	"conv_err", "authtok_err", "authtok_recover_err",
	"authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore",
	"abort", "authtok_expired", "module_unknown", "bad_item",
	"conv_again", "incomplete" };

static const struct word_of {
	const char *word;
	const char *means; /* in brackets */
} plain_controls[] = {
	{ "required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad" },
	{ "requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die" },
	{ "sufficient", "success=done new_authtok_reqd=done default=ignore" },
	{ "optional", "success=ok new_authtok_reqd=ok default=ignore" },
};

static const struct action {
	const char *word;
	short value;
} actions[] = { { "ignore", PAMSTACK_IGNORE }, { "ok", PAMSTACK_OK },
	{ "done", PAMSTACK_DONE }, { "bad", PAMSTACK_BAD },
	{ "die", PAMSTACK_DIE }, { "reset", PAMSTACK_RESET } };

/* Not set yet, while a control is parsed. */
#define UNSET (-100)

struct load {
	struct pamstack *s;
	size_t cap;
	pamstack_read_t *read;
	void *ctx;
	unsigned int depth;
};

/* One line, without its continuations and its comment. */
struct words {
	char *items[MAX_WORDS];
	size_t n;
};

static int load_file(struct load *l, const char *name, unsigned int level,
    bool is_first, struct err *err);

static int
refuse(const char *file, size_t line, const char *what, const char *word,
    struct err *err)
{
	char name[SHOWN], shown[SHOWN];

	return err_setf(err, ERR_MALFORMED, "%s:%zu: %s \"%s\"",
	    escape_text(name, sizeof(name), file), line, what,
	    escape_text(shown, sizeof(shown), word));
}

/* --- one line ---------------------------------------------------------- */

/* "default=ignore": 0, or -1 where it is none. */
static int
parse_pair(short table[PAMSTACK_N_CODES], char *pair, short *fallback)
{
	char *value = strchr(pair, '=');
	short action = UNSET;
	char *end;
	size_t i;
	long n;

	if (value == NULL)
		return -1;
	*value++ = '\0';
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(value, actions[i].word) == 0)
			action = actions[i].value;
	}
	if (action == UNSET) {
		n = strtol(value, &end, 10);
		if (*value < '0' || *value > '9' || *end != '\0' || n < 1 ||
		    n > PAMSTACK_MAX_NODES)
			return -1;
		action = (short)n;
	}
	if (strcmp(pair, "default") == 0) {
		*fallback = action;
		return 0;
	}
	for (i = 0; i < PAMSTACK_N_CODES; i++) {
		if (strcmp(pair, codes[i]) != 0)
			continue;
		table[i] = action;
		return 0;
	}
	return -1;
}

/* What stands in brackets; text is cut to pieces. */
static int
parse_pairs(short table[PAMSTACK_N_CODES], char *text)
{
	short fallback = PAMSTACK_BAD;
	char *rest, *pair;
	size_t i;

	for (i = 0; i < PAMSTACK_N_CODES; i++)
		table[i] = UNSET;
	for (pair = strtok_r(text, BLANKS, &rest); pair != NULL;
	     pair = strtok_r(NULL, BLANKS, &rest)) {
		if (parse_pair(table, pair, &fallback) < 0)
			return -1;
	}
	for (i = 0; i < PAMSTACK_N_CODES; i++) {
		if (table[i] == UNSET)
			table[i] = fallback;
	}
	return 0;
}

/* "required", or what stands in brackets, of which is_list tells. */
static int
parse_control(short table[PAMSTACK_N_CODES], const char *word, bool is_list)
{
	const char *means = is_list ? word : NULL;
	char *copy;
	size_t i;
	int ret;

	for (i = 0; !is_list && i < 4; i++) {
		if (strcasecmp(word, plain_controls[i].word) == 0)
			means = plain_controls[i].means;
	}
	if (means == NULL || (copy = strdup(means)) == NULL)
		return -1;
	ret = parse_pairs(table, copy);
	free(copy);
	return ret;
}

/*
 * Cut the line into words, in place.  One in brackets goes to the next "]"
 * without a backslash, and keeps its "[" as a mark.
 */
static int
split(char *line, struct words *w)
{
	char *p = line, *out;

	for (w->n = 0;; w->n++) {
		p += strspn(p, BLANKS);
		if (*p == '\0')
			return 0;
		if (w->n == MAX_WORDS)
			return -1;
		w->items[w->n] = p;
		if (*p != '[') {
			p += strcspn(p, BLANKS);
		} else {
			for (out = ++p; *p != ']'; *out++ = *p++) {
				if (*p == '\\' && p[1] == ']')
					p++;
				if (*p == '\0')
					return -1;
			}
			*out = '\0';
			p++;
		}
		if (*p != '\0')
			*p++ = '\0';
	}
}

/* The text of words[from ...] with single blanks; allocated. */
static char *
join(const struct words *w, size_t from)
{
	size_t i, len = 1;
	char *text, *p;

	for (i = from; i < w->n; i++)
		len += strlen(w->items[i]) + 1;
	if ((text = malloc(len)) == NULL)
		return NULL;
	for (p = text, i = from; i < w->n; i++) {
		if (i > from)
			*p++ = ' ';
		p = stpcpy(p, w->items[i] + (w->items[i][0] == '['));
	}
	*p = '\0';
	return text;
}

/* --- the stack ----------------------------------------------------------- */

static struct pamstack_node *
add_node(struct load *l, struct err *err)
{
	struct pamstack *s = l->s;
	struct pamstack_node *bigger;
	size_t cap;

	if (s->n_nodes == PAMSTACK_MAX_NODES) {
		(void)err_setf(err, ERR_LIMIT, "%s: over %d lines", s->service,
		    PAMSTACK_MAX_NODES);
		return NULL;
	}
	if (s->n_nodes == l->cap) {
		cap = l->cap == 0 ? 32 : l->cap * 2;
		bigger = reallocarray(s->nodes, cap, sizeof(*bigger));
		if (bigger == NULL) {
			(void)err_setf(err, ERR_MEMORY, "out of memory");
			return NULL;
		}
		s->nodes = bigger;
		l->cap = cap;
	}
	memset(&s->nodes[s->n_nodes], 0, sizeof(*s->nodes));
	return &s->nodes[s->n_nodes++];
}

static int
put_node(struct load *l, const char *file, size_t line, unsigned int level,
    const struct words *w, bool is_substack, struct err *err)
{
	struct pamstack_node *n = add_node(l, err);

	if (n == NULL)
		return -1;
	n->line = line;
	n->level = level;
	n->is_substack = is_substack;
	n->file = strdup(file);
	n->module = strdup(w->items[2] + (w->items[2][0] == '['));
	n->args = join(w, 3);
	if (n->file == NULL || n->module == NULL || n->args == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	if (!is_substack &&
	    parse_control(n->actions,
		w->items[1] + (w->items[1][0] == '['),
		w->items[1][0] == '[') < 0)
		return refuse(file, line, "a control that is none:",
		    w->items[1] + (w->items[1][0] == '['), err);
	return 0;
}

/* The type of a line; PAMSTACK_N_TYPES: none. */
static enum pamstack_type
type_of(const char *word)
{
	size_t i;

	if (*word == '-')
		word++;
	for (i = 0; i < PAMSTACK_N_TYPES; i++) {
		if (strcasecmp(word, pamstack_types[i]) == 0)
			break;
	}
	return (enum pamstack_type)i;
}

static int
take_line(struct load *l, const char *file, size_t line, unsigned int level,
    char *text, struct err *err)
{
	struct words w;
	enum pamstack_type type;
	bool is_substack;

	if (split(text, &w) < 0)
		return refuse(file, line, "brackets without an end, or too "
		    "many words, after", w.n > 0 ? w.items[0] : "", err);
	if (w.n == 0)
		return 0;
	if (strcasecmp(w.items[0], "@include") == 0) {
		if (w.n != 2)
			return refuse(file, line, "one file is wanted after",
			    w.items[0], err);
		return load_file(l, w.items[1], level, false, err);
	}
	if ((type = type_of(w.items[0])) == PAMSTACK_N_TYPES)
		return refuse(file, line, "a type that is none:", w.items[0],
		    err);
	if (w.n < 3)
		return refuse(file, line, "control or module is missing after",
		    w.items[w.n - 1], err);
	if (type != l->s->type)
		return 0;
	if (strcasecmp(w.items[1], "include") == 0)
		return load_file(l, w.items[2], level, false, err);
	is_substack = strcasecmp(w.items[1], "substack") == 0;
	if (put_node(l, file, line, level, &w, is_substack, err) < 0)
		return -1;
	return is_substack
	    ? load_file(l, w.items[2], level + 1, false, err)
	    : 0;
}

/*
 * The next line with its continuations, its comment cut off, in place.  A
 * comment ends with its line: a backslash at its end continues nothing.
 */
static char *
next_line(char **rest, size_t *line)
{
	char *begin = *rest, *in = begin, *out = begin;
	bool is_comment = false;

	for (; *in != '\0' && *in != '\n'; in++) {
		if (*in == '#')
			is_comment = true;
		if (is_comment)
			continue;
		if (in[0] == '\\' && in[1] == '\n') {
			*out++ = ' ';
			in++;
			++*line;
			continue;
		}
		*out++ = *in;
	}
	*rest = in + (*in == '\n');
	*out = '\0';
	return begin;
}

static int
load_text(struct load *l, const char *name, unsigned int level, char *text,
    struct err *err)
{
	char *rest = text, *begin;
	size_t line = 1, first;

	while (*rest != '\0') {
		first = line;
		begin = next_line(&rest, &line);
		if (take_line(l, name, first, level, begin, err) < 0)
			return -1;
		line++;
	}
	return 0;
}

static int
load_file(struct load *l, const char *name, unsigned int level, bool is_first,
    struct err *err)
{
	char shown[SHOWN];
	char *text = NULL;
	size_t len = 0;
	int ret;

	(void)escape_text(shown, sizeof(shown), name);
	if (l->depth == PAMSTACK_MAX_DEPTH)
		return err_setf(err, ERR_LIMIT,
		    "%s: included over %d files deep", shown,
		    PAMSTACK_MAX_DEPTH);
	if ((ret = l->read(l->ctx, name, &text, &len, err)) < 0)
		return -1;
	if (ret == 0 && is_first)
		return 0;
	if (ret == 0)
		return err_setf(err, ERR_NOT_FOUND,
		    "%s: included, and there is no such file", shown);
	if (memchr(text, '\0', len) != NULL) {
		free(text);
		return err_setf(err, ERR_MALFORMED, "%s: holds a NUL", shown);
	}
	l->depth++;
	ret = load_text(l, name, level, text, err);
	l->depth--;
	free(text);
	return ret < 0 ? -1 : 1;
}

int
pamstack_load(struct pamstack *s, const char *service,
    enum pamstack_type type, pamstack_read_t *read, void *ctx,
    struct err *err)
{
	struct load l = { s, 0, read, ctx, 0 };

	memset(s, 0, sizeof(*s));
	s->type = type;
	if ((s->service = strdup(service)) == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	return load_file(&l, service, 0, true, err);
}

void
pamstack_clear(struct pamstack *s)
{
	size_t i;

	for (i = 0; i < s->n_nodes; i++) {
		free(s->nodes[i].file);
		free(s->nodes[i].module);
		free(s->nodes[i].args);
	}
	free(s->nodes);
	free(s->service);
	memset(s, 0, sizeof(*s));
}

bool
pamstack_is(const struct pamstack_node *n, const char *module)
{
	const char *slash = strrchr(n->module, '/');

	return !n->is_substack &&
	    strcmp(slash == NULL ? n->module : slash + 1, module) == 0;
}
