#include "config.h"

#include "config-gen/keysfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/keyblob.h"
#include "lib/pubkey.h"

/* Append text; -1 where it does not fit. */
static int
append(char out[KEYSFILE_PATH_SIZE], size_t *len, const char *text)
{
	size_t n = strlen(text);

	if (n >= KEYSFILE_PATH_SIZE - *len)
		return -1;
	memcpy(out + *len, text, n + 1);
	*len += n;
	return 0;
}

int
keysfile_path(
    char out[KEYSFILE_PATH_SIZE], const char *pattern, const struct person *p)
{
	char uid[32], one[2] = "";
	const char *piece;
	size_t len = 0, home_len = strlen(p->home);

	(void)snprintf(uid, sizeof(uid), "%lu", (unsigned long)p->uid);
	out[0] = '\0';
	for (; *pattern != '\0'; pattern++) {
		one[0] = *pattern;
		piece = one;
		if (*pattern == '%') {
			pattern++;
			piece = *pattern == 'h' ? p->home
			    : *pattern == 'u'   ? p->name
			    : *pattern == 'U'   ? uid
			    : *pattern == '%'   ? "%"
						: NULL;
		}
		if (piece == NULL || append(out, &len, piece) < 0)
			return -1;
	}
	if (out[0] == '/')
		return 0;
	if (home_len + 1 + len >= KEYSFILE_PATH_SIZE)
		return -1;
	memmove(out + home_len + 1, out, len + 1);
	memcpy(out, p->home, home_len);
	out[home_len] = '/';
	return 0;
}

const char *
keysfile_next_word(const char **words, size_t *len)
{
	const char *word = *words + strspn(*words, " \t");

	*len = strcspn(word, " \t");
	*words = word + *len;
	return *len == 0 ? NULL : word;
}

int
keysfile_word_path(char out[KEYSFILE_PATH_SIZE], const char *word, size_t len,
    const struct person *p)
{
	char pattern[KEYSFILE_PATH_SIZE];

	if (len >= sizeof(pattern) ||
	    (len == 4 && strncasecmp(word, "none", 4) == 0))
		return 0;
	memcpy(pattern, word, len);
	pattern[len] = '\0';
	return keysfile_path(out, pattern, p) == 0 ? 1 : 0;
}

static enum keysfile_state
read_all(int fd, size_t size, char **out, size_t *len)
{
	char *bytes;
	size_t used = 0;
	ssize_t n = 1;

	if ((bytes = malloc(size + 1)) == NULL)
		return KEYSFILE_UNREADABLE;
	while (used < size && n > 0) {
		n = read(fd, bytes + used, size - used);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			used += (size_t)n;
	}
	if (n < 0) {
		free(bytes);
		return KEYSFILE_UNREADABLE;
	}
	bytes[used] = '\0';
	*out = bytes;
	*len = used;
	return KEYSFILE_READ;
}

enum keysfile_state
keysfile_read(
    const struct root *root, const char *inside, char **out, size_t *len)
{
	enum keysfile_state state;
	struct err err = ERR_INIT;
	struct stat st;
	char *path;
	int fd;

	if ((path = root_locate_file(root, inside, &err)) == NULL)
		return err.code == ERR_NOT_FOUND ? KEYSFILE_MISSING
						 : KEYSFILE_UNREADABLE;
	fd = open(
	    path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	free(path);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? KEYSFILE_MISSING
		    : errno == ELOOP                       ? KEYSFILE_LINK
		    : errno == ENXIO                       ? KEYSFILE_OTHER
				     : KEYSFILE_UNREADABLE;
	if (fstat(fd, &st) < 0)
		state = KEYSFILE_UNREADABLE;
	else if (!S_ISREG(st.st_mode))
		state = KEYSFILE_OTHER;
	else if (st.st_size > (off_t)KEYSFILE_MAX)
		state = KEYSFILE_TOO_LARGE;
	else
		state = read_all(fd, (size_t)st.st_size, out, len);
	(void)close(fd);
	return state;
}

/* The next line of text from *at on: its length; false at the end. */
static bool
next_line(const char *bytes, size_t len, size_t *at, size_t *line_len)
{
	const char *end;

	if (*at >= len)
		return false;
	end = memchr(bytes + *at, '\n', len - *at);
	*line_len = end == NULL ? len - *at : (size_t)(end - bytes) - *at;
	return true;
}

/* Blanks at the front are not part of a line; a comment is none. */
static size_t
skip_blanks(const char *line, size_t len)
{
	size_t i = 0;

	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i < len && line[i] != '#' && line[i] != '\r' ? i : len;
}

/*
 * The options are the first word, commas outside quotes between them
 * (auth-options.c:sshauthopt_parse); a backslash before a quote keeps it.
 */
static bool
has_option(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);
	bool is_quoted = false, is_start = true;
	size_t i;

	for (i = skip_blanks(line, len); i < len; i++) {
		if (!is_quoted && (line[i] == ' ' || line[i] == '\t'))
			return false;
		if (is_start && len - i >= n &&
		    strncasecmp(line + i, name, n) == 0 &&
		    (len - i == n || strchr(", \t", line[i + n]) != NULL))
			return true;
		is_start = !is_quoted && line[i] == ',';
		if (line[i] == '\\' && i + 1 < len && line[i + 1] == '"')
			i++;
		else if (line[i] == '"')
			is_quoted = !is_quoted;
	}
	return false;
}

size_t
keysfile_find_authority(const char *bytes, size_t len)
{
	size_t at = 0, number = 0, line_len;

	while (next_line(bytes, len, &at, &line_len)) {
		number++;
		if (has_option(bytes + at, line_len, "cert-authority"))
			return number;
		at += line_len + 1;
	}
	return 0;
}

/* Where the first word, which may be quoted in part, and blanks end. */
static size_t
skip_word(const char *line, size_t len)
{
	bool is_quoted = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!is_quoted && (line[i] == ' ' || line[i] == '\t'))
			break;
		if (line[i] == '\\' && i + 1 < len && line[i + 1] == '"')
			i++;
		else if (line[i] == '"')
			is_quoted = !is_quoted;
	}
	while (i < len && (line[i] == ' ' || line[i] == '\t'))
		i++;
	return i;
}

/* The key of an entry, behind its options if need be; blob is a plain one. */
static bool
read_key(const char *line, size_t len, struct wire *blob)
{
	size_t skip = skip_word(line, len);
	struct keyblob parts;
	struct pubkey k;
	bool is_key;

	if (pubkey_parse_line(&k, line, len, NO_PLACE, NULL) != 1 &&
	    pubkey_parse_line(&k, line + skip, len - skip, NO_PLACE, NULL) !=
		1)
		return false;
	is_key = keyblob_parse(&parts, (struct span) { k.blob, k.blob_len },
		     "the key", NULL) == 0;
	if (is_key)
		keyblob_put(&parts, blob);
	pubkey_clear(&k);
	return is_key && !blob->has_failed;
}

bool
keysfile_has_good_entry(const char *bytes, size_t len,
    bool (*is_revoked)(void *ctx, struct span key), void *ctx)
{
	size_t at = 0, line_len, skip;
	struct wire blob = WIRE_INIT;
	bool has = false;

	while (!has && next_line(bytes, len, &at, &line_len)) {
		skip = skip_blanks(bytes + at, line_len);
		wire_reset(&blob);
		if (skip < line_len)
			has = is_revoked == NULL ||
			    !read_key(bytes + at + skip, line_len - skip,
				&blob) ||
			    !is_revoked(ctx, wire_span(&blob));
		at += line_len + 1;
	}
	wire_free(&blob);
	return has;
}

bool
keysfile_has_entry(const char *bytes, size_t len)
{
	return keysfile_has_good_entry(bytes, len, NULL, NULL);
}
