/*
 * The policy may come from a repository that many write to.  What it says
 * MUST NOT differ from what an editor shows of it.
 */
#include "config.h"

#include "config-gen/policy_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "config-gen/progress.h"

/* Bytes of a file that is read at once. */
#define SHORT_FILE (1024UL * 1024)

/*
 * Offset in bytes of a CR without LF, NEL, LS or PS, or len.  YAML 1.1 ends
 * a line there, so that what an editor shows as a comment could be a rule.
 */
static size_t
find_odd_break(uint32_t *last_bytes, const unsigned char *bytes, size_t len)
{
	uint32_t last = *last_bytes;
	size_t i;

	if ((last & 0xff) < 0x80 && (last & 0xff) != '\r' &&
	    memchr(bytes, '\r', len) == NULL &&
	    memchr(bytes, 0xc2, len) == NULL &&
	    memchr(bytes, 0xe2, len) == NULL) {
		*last_bytes = bytes[len - 1];
		return len;
	}
	for (i = 0; i < len; i++) {
		if ((last & 0xff) == '\r' && bytes[i] != '\n')
			return i;
		last = last << 8 | bytes[i];
		if ((last & 0xffff) == 0xc285 ||
		    (last & 0xffffff) == 0xe280a8 ||
		    (last & 0xffffff) == 0xe280a9)
			return i;
	}
	*last_bytes = last;
	return len;
}

int
input_feed(void *input, unsigned char *buffer, size_t size, size_t *size_read)
{
	struct policy_input *in = input;
	size_t odd = 0;
	ssize_t n;

	do
		n = read(in->fd, buffer, size);
	while (n == -1 && errno == EINTR);
	if (n == -1) {
		in->refusal = INPUT_UNREADABLE;
		in->refused_errno = errno;
		return 0;
	}
	*size_read = (size_t)n;
	if (n == 0 && (in->last_bytes & 0xff) != '\r')
		return 1;
	if (n > 0)
		odd = find_odd_break(&in->last_bytes, buffer, (size_t)n);
	if (n == 0 || odd < (size_t)n) {
		in->refusal = INPUT_ODD_BREAK;
		in->refused_at = in->n_read + odd;
		return 0;
	}
	in->n_read += (size_t)n;
	if (in->size > SHORT_FILE)
		progress_show("reading the policy", in->n_read, in->size);
	if (in->n_read > in->max_bytes) {
		in->refusal = INPUT_TOO_LARGE;
		return 0;
	}
	return 1;
}

size_t
input_bom(int fd)
{
	char first[3];

	return pread(fd, first, sizeof(first), 0) == (ssize_t)sizeof(first)
	    ? bom_len(first, sizeof(first))
	    : 0;
}

/* The place of a byte, by reading the file up to it again. */
static struct place
place_of_offset(
    const struct policy_parse *p, const struct policy_input *in, size_t offset)
{
	unsigned char buf[4096];
	size_t line = 1, col = 1;
	size_t at = input_bom(in->fd);
	ssize_t n = 1;
	ssize_t i;

	offset += at;
	while (at < offset && n > 0) {
		size_t wanted =
		    offset - at < sizeof(buf) ? offset - at : sizeof(buf);

		n = pread(in->fd, buf, wanted, (off_t)at);
		for (i = 0; i < n; i++) {
			if (buf[i] == '\n') {
				line++;
				col = 1;
			} else if ((buf[i] & 0xc0) != 0x80) {
				col++;
			}
		}
		at += n > 0 ? (size_t)n : 0;
	}
	return (struct place) { p->policy->files[p->file], line, col };
}

/* More bytes than the mark of a private key has. */
#define SCAN_OVERLAP 32

/* Where a %TAG begins a line; is_first: so does bytes.  NULL: nowhere. */
static const char *
find_tag(const char *bytes, size_t len, bool is_first)
{
	static const char tag[] = "\n%TAG";
	const char *found;

	if (is_first && len >= sizeof(tag) - 2 &&
	    memcmp(bytes, tag + 1, sizeof(tag) - 2) == 0)
		return bytes;
	found = memmem(bytes, len, tag, sizeof(tag) - 1);
	return found == NULL ? NULL : found + 1;
}

static size_t
count_lines(const char *from, const char *to)
{
	size_t n = 0;

	while ((from = memchr(from, '\n', (size_t)(to - from))) != NULL) {
		n++;
		from++;
	}
	return n;
}

/* For what cannot be told otherwise.  Always returns -1. */
static int
input_unreadable(struct policy_parse *p)
{
	struct place whole = { p->policy->files[p->file], 0, 0 };

	parse_error(p, whole, NULL, NULL, "cannot be read: %s",
	    strerror(errno));
	return -1;
}

int
input_rewind(struct policy_parse *p, int fd)
{
	return lseek(fd, (off_t)input_bom(fd), SEEK_SET) < 0
	    ? input_unreadable(p)
	    : 0;
}

int
input_look(struct policy_parse *p, int fd)
{
	struct place at = { p->policy->files[p->file], 0, 1 };
	size_t bom = input_bom(fd);
	size_t offset = bom, lines = 0;
	char buf[4096];
	ssize_t n;

	while ((n = pread(fd, buf, sizeof(buf), (off_t)offset)) > 0) {
		size_t len = (size_t)n;
		size_t step = len > SCAN_OVERLAP ? len - SCAN_OVERLAP : len;
		size_t key = private_key_line(buf, len);
		const char *tag = find_tag(buf, len, offset == bom);

		if (key != 0) {
			report_private_key(p, at.file, lines + key);
			return -1;
		}
		if (tag != NULL) {
			at.line = lines + 1 + count_lines(buf, tag);
			parse_error(p, at,
			    "a policy has no types beside what a value looks "
			    "like",
			    "take it out", "a %%TAG directive");
			return -1;
		}
		lines += count_lines(buf, buf + step);
		offset += step;
	}
	return n < 0 ? input_unreadable(p) : 0;
}

static void
report_refusal(struct policy_parse *p, const struct policy_input *in)
{
	struct place whole = { p->policy->files[p->file], 0, 0 };

	switch (in->refusal) {
	case INPUT_UNREADABLE:
		parse_error(p, whole, NULL, NULL, "cannot be read: %s",
		    strerror(in->refused_errno));
		break;
	case INPUT_TOO_LARGE:
		parse_error(p, whole, NULL, NULL,
		    "more than the %zu bytes that a policy file may have",
		    in->max_bytes);
		break;
	case INPUT_ODD_BREAK:
		parse_error(p, place_of_offset(p, in, in->refused_at),
		    "YAML begins a new line here where most editors show none",
		    "end lines with LF or CRLF",
		    "a line break that is neither LF nor CRLF");
		break;
	case INPUT_GOOD:
		break;
	}
}

/* libyaml found bytes that are no text. */
static void
report_bytes(struct policy_parse *p, const struct policy_input *in,
    const yaml_parser_t *parser)
{
	struct place at = place_of_offset(p, in, parser->problem_offset);

	if (parser->problem_value == 0)
		parse_error(
		    p, at, NULL, "save the file as UTF-8 text", "a NUL byte");
	else if (strstr(parser->problem, "control") != NULL)
		parse_error(p, at, NULL, "take it out",
		    "a control character (0x%02x)",
		    (unsigned int)parser->problem_value);
	else
		parse_error(p, at, NULL, "save the file as UTF-8 text",
		    "bytes that are not UTF-8");
}

void
input_report(struct policy_parse *p, const struct policy_input *in,
    const yaml_parser_t *parser)
{
	struct syntax_error e = { NULL, NULL, NO_PLACE, 0, 0 };

	if (in->refusal != INPUT_GOOD) {
		report_refusal(p, in);
		return;
	}
	if (parser->error == YAML_MEMORY_ERROR) {
		(void)parse_no_memory(p);
		return;
	}
	if (parser->error == YAML_READER_ERROR) {
		report_bytes(p, in, parser);
		return;
	}
	e.problem = parser->problem;
	e.context = parser->context;
	e.at = (struct place) { p->policy->files[p->file],
		parser->problem_mark.line + 1,
		parser->problem_mark.column + 1 };
	if (parser->context != NULL)
		e.context_line = parser->context_mark.line + 1;
	if (parser->unread > 0 &&
	    parser->mark.index == parser->problem_mark.index)
		e.found = *parser->buffer.pointer;
	syntax_error(p, &e);
}
