#include "config.h"

#include "lib/sshwire.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

struct span
span_of(const char *text)
{
	return (struct span) { (const unsigned char *)text, strlen(text) };
}

bool
span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
span_is(struct span s, const char *text)
{
	return span_equal(s, span_of(text));
}

bool
span_has_nul(struct span s)
{
	return s.len != 0 && memchr(s.p, '\0', s.len) != NULL;
}

static void
skip(struct span *in, size_t len)
{
	in->p += len;
	in->len -= len;
}

int
wire_get_u8(struct span *in, uint8_t *out)
{
	if (in->len < 1)
		return -1;
	*out = in->p[0];
	skip(in, 1);
	return 0;
}

int
wire_get_u32(struct span *in, uint32_t *out)
{
	if (in->len < 4)
		return -1;
	*out = (uint32_t)in->p[0] << 24 | (uint32_t)in->p[1] << 16 |
	    (uint32_t)in->p[2] << 8 | (uint32_t)in->p[3];
	skip(in, 4);
	return 0;
}

int
wire_get_u64(struct span *in, uint64_t *out)
{
	struct span rest = *in;
	uint32_t high, low;

	if (wire_get_u32(&rest, &high) < 0 || wire_get_u32(&rest, &low) < 0)
		return -1;
	*out = (uint64_t)high << 32 | low;
	*in = rest;
	return 0;
}

int
wire_get_string(struct span *in, struct span *out)
{
	struct span rest = *in;
	uint32_t len;

	if (wire_get_u32(&rest, &len) < 0 || len > rest.len)
		return -1;
	*out = (struct span) { rest.p, len };
	skip(&rest, len);
	*in = rest;
	return 0;
}

/* Make the memory size bytes. */
static int
resize(struct wire *w, size_t size)
{
	unsigned char *p = realloc(w->is_borrowed ? NULL : w->p, size);

	if (p == NULL) {
		w->has_failed = true;
		return -1;
	}
	if (w->is_borrowed)
		memcpy(p, w->p, w->len);
	w->p = p;
	w->size = size;
	w->is_borrowed = false;
	return 0;
}

bool
wire_is_list(struct span list)
{
	struct span one;

	while (wire_get_string(&list, &one) == 0)
		;
	return list.len == 0;
}

bool
wire_list_has(struct span list, struct span s)
{
	struct span one;

	while (wire_get_string(&list, &one) == 0) {
		if (span_equal(one, s))
			return true;
	}
	return false;
}

/* Room for len more bytes, or NULL. */
static unsigned char *
reserve(struct wire *w, size_t len)
{
	unsigned char *p;
	size_t size = w->size == 0 ? 256 : w->size;

	if (w->has_failed || len > SIZE_MAX / 4 || w->len > SIZE_MAX / 4) {
		w->has_failed = true;
		return NULL;
	}
	while (size < w->len + len)
		size *= 2;
	if (size != w->size && resize(w, size) < 0)
		return NULL;
	p = w->p + w->len;
	w->len += len;
	return p;
}

void
wire_put_u8(struct wire *w, uint8_t v)
{
	wire_put_bytes(w, &v, 1);
}

void
wire_put_u32(struct wire *w, uint32_t v)
{
	unsigned char *p = reserve(w, sizeof(v));

	v = htobe32(v);
	if (p != NULL)
		memcpy(p, &v, sizeof(v));
}

void
wire_put_u64(struct wire *w, uint64_t v)
{
	unsigned char *p = reserve(w, sizeof(v));

	v = htobe64(v);
	if (p != NULL)
		memcpy(p, &v, sizeof(v));
}

void
wire_put_bytes(struct wire *w, const void *p, size_t len)
{
	unsigned char *out = reserve(w, len);

	if (out != NULL && len != 0)
		memcpy(out, p, len);
}

void
wire_put_string(struct wire *w, struct span s)
{
	if (s.len > UINT32_MAX) {
		w->has_failed = true;
		return;
	}
	wire_put_u32(w, (uint32_t)s.len);
	wire_put_bytes(w, s.p, s.len);
}

void
wire_put_text(struct wire *w, const char *text)
{
	wire_put_string(w, span_of(text));
}

void
wire_reset(struct wire *w)
{
	w->len = 0;
	w->has_failed = false;
}

struct span
wire_span(const struct wire *w)
{
	return (struct span) { w->p, w->len };
}

void
wire_free(struct wire *w)
{
	if (!w->is_borrowed)
		free(w->p);
	*w = (struct wire)WIRE_INIT;
}
