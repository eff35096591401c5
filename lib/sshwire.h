/*
 * sshwire: SSH's wire format (RFC 4251, section 5), read with bounds and
 * written to a growing buffer.
 *
 * Used for certificates and keys and, because one reader is enough, for the
 * records of the policy index.  All integers are big-endian.
 */
#ifndef LIB_SSHWIRE_H
#define LIB_SSHWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that somebody else owns.  Not terminated; may hold NUL. */
struct span {
	const unsigned char *p;
	size_t len;
};

/* The bytes of a terminated string, borrowed. */
struct span span_of(const char *text);
bool span_is(struct span s, const char *text);
bool span_equal(struct span a, struct span b);
bool span_has_nul(struct span s);

/*
 * A reader: what is left of the bytes to read.  Each call takes from the
 * front and returns 0, or returns -1 and leaves reader and result untouched
 * where too little is left.
 */
int wire_get_u8(struct span *in, uint8_t *out);
int wire_get_u32(struct span *in, uint32_t *out);
int wire_get_u64(struct span *in, uint64_t *out);
/* A uint32 length and as many bytes; out points into in's bytes. */
int wire_get_string(struct span *in, struct span *out);

/*
 * A list: strings one after the other, and nothing left over.  Look into one
 * that is none, and it holds what comes before the damage.
 */
bool wire_is_list(struct span list);
bool wire_list_has(struct span list, struct span s);

/*
 * A writer.  Starts as WIRE_INIT or WIRE_ON; grows as needed; after a failed
 * allocation has_failed stays set and further calls do nothing, so that one
 * test at the end is enough.  Ended by wire_free.
 */
struct wire {
	unsigned char *p;
	size_t len;
	size_t size;
	bool has_failed;
	bool is_borrowed; /* p is the caller's, not from the heap */
};

#define WIRE_INIT { NULL, 0, 0, false, false }
/* Begins in an array of the caller's, and leaves it when that is full. */
#define WIRE_ON(array) { (array), 0, sizeof(array), false, true }

void wire_put_u8(struct wire *w, uint8_t v);
void wire_put_u32(struct wire *w, uint32_t v);
void wire_put_u64(struct wire *w, uint64_t v);
void wire_put_bytes(struct wire *w, const void *p, size_t len);
void wire_put_string(struct wire *w, struct span s);
void wire_put_text(struct wire *w, const char *text);
/* Forget the content, keep the memory. */
void wire_reset(struct wire *w);
struct span wire_span(const struct wire *w);
void wire_free(struct wire *w);

#endif
