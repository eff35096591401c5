#include "config.h"

#include "config-gen/unitfile.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sshwire.h"

#define BLANKS " \t\n\r"

static bool
is_blank(char ch)
{
	return ch != '\0' && strchr(BLANKS, ch) != NULL;
}

static int
out_of_memory(struct err *err)
{
	return err_setf(err, ERR_MEMORY, "out of memory");
}

/* A copy that may be cut up, without a NUL in it. */
static char *
copy_text(const char *text, size_t len, struct err *err)
{
	char *copy;

	if (len > UNITFILE_MAX_BYTES) {
		(void)err_setf(err, ERR_LIMIT, "is larger than 1 MiB");
		return NULL;
	}
	if (memchr(text, '\0', len) != NULL) {
		(void)err_setf(err, ERR_MALFORMED, "holds a NUL byte");
		return NULL;
	}
	if ((copy = malloc(len + 1)) == NULL) {
		(void)out_of_memory(err);
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static char *
strip(char *s)
{
	size_t len;

	s += strspn(s, BLANKS);
	for (len = strlen(s); len > 0 && is_blank(s[len - 1]);)
		s[--len] = '\0';
	return s;
}

/* A unit under way. */
struct unit {
	char *joined; /* lines that belong together; as long as the text */
	size_t joined_len;
	char section[64];
	unitfile_found *found;
	void *ctx;
};

/* A whole line. */
static int
unit_line(struct unit *u, char *text, size_t line, struct err *err)
{
	struct unitfile_line l = { u->section, NULL, NULL, line };
	size_t len;
	char *equals;

	text = strip(text);
	len = strlen(text);
	if (text[0] == '[') {
		u->section[0] = '\0';
		if (text[len - 1] == ']' && len - 2 < sizeof(u->section)) {
			memcpy(u->section, text + 1, len - 2);
			u->section[len - 2] = '\0';
		}
		return 0;
	}
	if ((equals = strchr(text, '=')) == NULL)
		return 0;
	*equals = '\0';
	l.key = strip(text);
	l.value = strip(equals + 1);
	return u->found(u->ctx, &l, err);
}

/* Whether a line goes on: it ends in a backslash that is not escaped. */
static bool
goes_on(const char *text)
{
	bool is_escaped = false;

	for (; *text != '\0'; text++)
		is_escaped = !is_escaped && *text == '\\';
	return is_escaped;
}

int
unitfile_each(const char *text, size_t len, unitfile_found *found, void *ctx,
    struct err *err)
{
	struct unit u = { .found = found, .ctx = ctx };
	char *copy, *next, *line;
	size_t n = 0, first = 0;
	int ret = -1;

	if ((copy = copy_text(text, len, err)) == NULL)
		return -1;
	if ((u.joined = malloc(len + 2)) == NULL) {
		(void)out_of_memory(err);
		goto out;
	}
	for (line = copy; line != NULL; line = next) {
		bool more;

		n++;
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		line += strspn(line, BLANKS);
		/* Comments stand between joined lines, too. */
		if (*line == '#' || *line == ';')
			continue;
		if (u.joined_len == 0)
			first = n;
		len = strlen(line);
		memcpy(u.joined + u.joined_len, line, len + 1);
		more = goes_on(u.joined + u.joined_len);
		u.joined_len += len;
		if (more) {
			u.joined[u.joined_len - 1] = ' ';
			continue;
		}
		u.joined_len = 0;
		if (unit_line(&u, u.joined, first, err) < 0)
			goto out;
	}
	/* The file's last line may end in a backslash as well. */
	if (u.joined_len > 0 && unit_line(&u, u.joined, first, err) < 0)
		goto out;
	ret = 0;
out:
	free(u.joined);
	free(copy);
	return ret;
}

/* An environment file under way. */
struct env {
	enum {
		PRE_KEY,
		KEY,
		PRE_VALUE,
		VALUE,
		VALUE_ESCAPE,
		SINGLE,
		DOUBLE,
		DOUBLE_ESCAPE,
		COMMENT,
		COMMENT_ESCAPE
	} state;
	char *key, *value; /* as long as the text */
	size_t key_len, value_len;
	size_t kept; /* of value: blanks behind it go */
	size_t line, first;
	unitfile_found *found;
	void *ctx;
};

static void
env_put(struct env *e, char ch, bool is_kept)
{
	e->value[e->value_len++] = ch;
	if (is_kept)
		e->kept = e->value_len;
}

/* The end of an assignment. */
static int
env_end(struct env *e, struct err *err)
{
	struct unitfile_line l = { NULL, NULL, NULL, e->first };

	e->key[e->key_len] = '\0';
	e->value[e->kept] = '\0';
	l.key = strip(e->key);
	l.value = e->value;
	e->key_len = e->value_len = e->kept = 0;
	e->state = PRE_KEY;
	return e->found(e->ctx, &l, err);
}

/* Between and in quotes. */
static void
env_quoted(struct env *e, char ch)
{
	bool is_line_end = ch == '\n' || ch == '\r';

	switch (e->state) {
	case SINGLE:
		if (ch == '\'')
			e->state = PRE_VALUE;
		else
			env_put(e, ch, true);
		break;
	case DOUBLE:
		if (ch == '"')
			e->state = PRE_VALUE;
		else if (ch == '\\')
			e->state = DOUBLE_ESCAPE;
		else
			env_put(e, ch, true);
		break;
	case DOUBLE_ESCAPE:
		if (strchr("\"\\`$", ch) == NULL && !is_line_end)
			env_put(e, '\\', true);
		if (!is_line_end)
			env_put(e, ch, true);
		e->state = DOUBLE;
		break;
	case VALUE_ESCAPE:
		if (!is_line_end)
			env_put(e, ch, true);
		e->state = VALUE;
		break;
	case COMMENT:
		if (ch == '\\')
			e->state = COMMENT_ESCAPE;
		else if (is_line_end)
			e->state = PRE_KEY;
		break;
	case COMMENT_ESCAPE:
		/* Before 254 such a comment took the next line as well. */
		e->state = is_line_end ? PRE_KEY : COMMENT;
		break;
	case PRE_KEY:
	case KEY:
	case PRE_VALUE:
	case VALUE:
		break;
	}
}

static int
env_take(struct env *e, char ch, struct err *err)
{
	bool is_line_end = ch == '\n' || ch == '\r';

	switch (e->state) {
	case PRE_KEY:
		if (ch == '#' || ch == ';') {
			e->state = COMMENT;
		} else if (!is_blank(ch)) {
			e->state = KEY;
			e->first = e->line;
			e->key[e->key_len++] = ch;
		}
		return 0;
	case KEY:
		if (is_line_end) {
			e->state = PRE_KEY;
			e->key_len = 0;
		} else if (ch == '=') {
			e->state = PRE_VALUE;
		} else {
			e->key[e->key_len++] = ch;
		}
		return 0;
	case PRE_VALUE:
	case VALUE:
		if (is_line_end)
			return env_end(e, err);
		if (ch == '\\') {
			e->state = VALUE_ESCAPE;
		} else if (e->state == PRE_VALUE && ch == '\'') {
			e->state = SINGLE;
		} else if (e->state == PRE_VALUE && ch == '"') {
			e->state = DOUBLE;
		} else if (e->state == VALUE || !is_blank(ch)) {
			e->state = VALUE;
			env_put(e, ch, !is_blank(ch));
		}
		return 0;
	case VALUE_ESCAPE:
	case SINGLE:
	case DOUBLE:
	case DOUBLE_ESCAPE:
	case COMMENT:
	case COMMENT_ESCAPE:
		env_quoted(e, ch);
		return 0;
	}
	return 0;
}

int
unitfile_each_env(const char *text, size_t len, unitfile_found *found,
    void *ctx, struct err *err)
{
	struct env e = { .state = PRE_KEY, .line = 1, .found = found,
		.ctx = ctx };
	char *copy;
	size_t i;
	int ret = -1;

	if ((copy = copy_text(text, len, err)) == NULL)
		return -1;
	e.key = malloc(len + 1);
	e.value = malloc(len + 1);
	if (e.key == NULL || e.value == NULL) {
		(void)out_of_memory(err);
		goto out;
	}
	for (i = 0; i < len; i++) {
		if (env_take(&e, copy[i], err) < 0)
			goto out;
		e.line += copy[i] == '\n' ? 1 : 0;
	}
	if (e.state != PRE_KEY && e.state != KEY && e.state != COMMENT &&
	    e.state != COMMENT_ESCAPE && env_end(&e, err) < 0)
		goto out;
	ret = 0;
out:
	free(e.key);
	free(e.value);
	free(copy);
	return ret;
}

/* The number in at most max digits of base; *p goes on behind them. */
static int
take_number(const char **p, unsigned int base, size_t max)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;
	size_t i;
	unsigned int n = 0;

	for (i = 0; i < max; i++) {
		char ch = **p;

		if (ch >= 'A' && ch <= 'F')
			ch = (char)(ch - 'A' + 'a');
		at = ch == '\0' ? NULL : strchr(digits, ch);
		if (at == NULL || (size_t)(at - digits) >= base)
			return -1;
		n = n * base + (unsigned int)(at - digits);
		(*p)++;
	}
	return n == 0 || n > 255 ? -1 : (int)n;
}

/* What stands behind a backslash; *p goes on behind that.  -1: nothing. */
static int
take_escape(const char **p)
{
	static const char letters[] = "abfnrtvs\\\"'";
	static const char meanings[] = "\a\b\f\n\r\t\v \\\"'";
	const char *at = **p == '\0' ? NULL : strchr(letters, **p);

	if (at != NULL) {
		(*p)++;
		return (unsigned char)meanings[at - letters];
	}
	if (**p == 'x') {
		(*p)++;
		return take_number(p, 16, 2);
	}
	return take_number(p, 8, 3);
}

/* One word into w; *p goes on behind it. */
static int
take_word(const char **p, enum unitfile_words_of of, struct wire *w,
    struct err *err)
{
	char quote = '\0';
	int ch;

	for (; **p != '\0' && (quote != '\0' || !is_blank(**p));) {
		ch = (unsigned char)*(*p)++;
		if (quote != '\0' ? ch == quote : ch == '"' || ch == '\'') {
			quote = quote == '\0' ? (char)ch : '\0';
			continue;
		}
		if (ch == '\\' && of == UNITFILE_COMMAND &&
		    (ch = take_escape(p)) < 0)
			return err_setf(err, ERR_MALFORMED,
			    "holds an escape that systemd does not know");
		if (ch == '\\' && of == UNITFILE_VARIABLE && **p != '\0')
			ch = (unsigned char)*(*p)++;
		wire_put_u8(w, (unsigned char)ch);
	}
	if (quote != '\0' && of == UNITFILE_COMMAND)
		return err_setf(
		    err, ERR_MALFORMED, "holds a quote that does not end");
	wire_put_u8(w, 0);
	return w->has_failed ? out_of_memory(err) : 0;
}

int
unitfile_split(const char *value, enum unitfile_words_of of,
    struct unitfile_words *out, struct err *err)
{
	struct unitfile_words words = { NULL, 0 };
	struct wire w = WIRE_INIT;
	char **grown, *copy;

	for (value += strspn(value, BLANKS); *value != '\0';
	     value += strspn(value, BLANKS)) {
		wire_free(&w);
		w = (struct wire)WIRE_INIT;
		if (take_word(&value, of, &w, err) < 0)
			goto fail;
		if (words.n_items == UNITFILE_MAX_WORDS) {
			(void)err_setf(err, ERR_LIMIT, "holds too many words");
			goto fail;
		}
		copy = strdup((const char *)w.p);
		grown = realloc(
		    words.items, (words.n_items + 1) * sizeof(*grown));
		if (grown != NULL)
			words.items = grown;
		if (grown == NULL || copy == NULL) {
			free(copy);
			(void)out_of_memory(err);
			goto fail;
		}
		words.items[words.n_items++] = copy;
	}
	wire_free(&w);
	*out = words;
	return 0;
fail:
	wire_free(&w);
	unitfile_words_clear(&words);
	return -1;
}

void
unitfile_words_clear(struct unitfile_words *w)
{
	size_t i;

	for (i = 0; i < w->n_items; i++)
		free(w->items[i]);
	free(w->items);
	*w = (struct unitfile_words) { NULL, 0 };
}
