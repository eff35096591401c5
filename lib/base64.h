/* base64: RFC 4648 section 4, strict: padded, no white space, no line ends. */
#ifndef LIB_BASE64_H
#define LIB_BASE64_H

#include <stddef.h>

/* Bytes that len characters of base64 decode to at most. */
#define BASE64_DECODED_MAX(len) ((len) / 4 * 3)
/* Characters, with terminator, that len bytes encode to. */
#define BASE64_ENCODED_SIZE(len) (((len) + 2) / 3 * 4 + 1)

/*
 * Decode text_len characters of text to out, which has room for
 * BASE64_DECODED_MAX(text_len) bytes; it may be text's own memory.  Returns the number of bytes, or -1
 * where text is not strict base64 (a length that is no multiple of 4, a
 * foreign character, padding elsewhere than at the end, bits set under the
 * padding).
 */
long base64_decode(unsigned char *out, const char *text, size_t text_len);

/* Encode to out (BASE64_ENCODED_SIZE(len) bytes), terminated. */
void base64_encode(char *out, const unsigned char *p, size_t len);

#endif
