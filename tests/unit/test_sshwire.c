#include "config.h"

#include "lib/sshwire.h"

#include "tests/unit/harness.h"

START_TEST(test_span)
{
	ck_assert_uint_eq(span_of("abc").len, 3);
	ck_assert(span_is(BYTES("abc"), "abc"));
	ck_assert(!span_is(BYTES("abc\0"), "abc"));
	ck_assert(!span_is(BYTES("ab"), "abc"));
	ck_assert(!span_is(BYTES("abd"), "abc"));
	ck_assert(span_is((struct span) { NULL, 0 }, ""));
	ck_assert(span_equal(
	    (struct span) { NULL, 0 }, (struct span) { NULL, 0 }));
	ck_assert(span_equal(BYTES("a\0b"), BYTES("a\0b")));
	ck_assert(!span_equal(BYTES("a\0b"), BYTES("a\0c")));
	ck_assert(span_has_nul(BYTES("a\0b")));
	ck_assert(span_has_nul(BYTES("ab\0")));
	ck_assert(!span_has_nul(BYTES("ab")));
	ck_assert(!span_has_nul((struct span) { NULL, 0 }));
}
END_TEST

START_TEST(test_read)
{
	struct span in = BYTES("\xfe" "\x01\x02\x03\x84"
			       "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"
			       "\0\0\0\x03" "a\0b" "\0\0\0\0" "x");
	struct span s;
	uint64_t v64;
	uint32_t v32;
	uint8_t v8;

	ck_assert_int_eq(wire_get_u8(&in, &v8), 0);
	ck_assert_uint_eq(v8, 0xfe);
	ck_assert_int_eq(wire_get_u32(&in, &v32), 0);
	ck_assert_uint_eq(v32, 0x01020384);
	ck_assert_int_eq(wire_get_u64(&in, &v64), 0);
	ck_assert_uint_eq(v64, 0xfffefdfcfbfaf9f8ULL);
	ck_assert_int_eq(wire_get_string(&in, &s), 0);
	ck_assert(span_equal(s, BYTES("a\0b")));
	ck_assert_int_eq(wire_get_string(&in, &s), 0);
	ck_assert_uint_eq(s.len, 0);
	ck_assert(span_is(in, "x"));
}
END_TEST

static const struct {
	const char *name;
	struct span bytes;
	char kind; /* '1', '4', '8' or 's' */
} short_reads[] = {
	{ "no byte", RAW(""), '1' },
	{ "no u32", RAW(""), '4' },
	{ "three of four", RAW("abc"), '4' },
	{ "no u64", RAW(""), '8' },
	{ "seven of eight", RAW("abcdefg"), '8' },
	{ "no length", RAW(""), 's' },
	{ "three of a length", RAW("\0\0\0"), 's' },
	{ "length alone", RAW("\0\0\0\x01"), 's' },
	{ "one too few", RAW("\0\0\0\x03" "ab"), 's' },
	{ "the longest length", RAW("\xff\xff\xff\xff" "ab"), 's' },
	{ "a length that wraps", RAW("\xff\xff\xff\xfc" "ab"), 's' },
};

/* A failed read takes nothing and leaves the result alone. */
START_TEST(test_short_read)
{
	size_t len = short_reads[_i].bytes.len;
	unsigned char *copy = exact_copy(short_reads[_i].bytes.p, len);
	struct span in = { copy, len };
	struct span s = BYTES("kept");
	uint64_t v64 = 77;
	uint32_t v32 = 77;
	uint8_t v8 = 77;
	int r = 0;

	switch (short_reads[_i].kind) {
	case '1':
		r = wire_get_u8(&in, &v8);
		break;
	case '4':
		r = wire_get_u32(&in, &v32);
		break;
	case '8':
		r = wire_get_u64(&in, &v64);
		break;
	default:
		r = wire_get_string(&in, &s);
		break;
	}
	if (r != -1)
		ck_abort_msg("accepted: %s", short_reads[_i].name);
	ck_assert_ptr_eq(in.p, copy);
	ck_assert_uint_eq(in.len, len);
	ck_assert(v8 == 77 && v32 == 77 && v64 == 77 && span_is(s, "kept"));
	free(copy);
}
END_TEST

START_TEST(test_write)
{
	struct wire w = WIRE_INIT;

	wire_put_u8(&w, 0xfe);
	wire_put_u32(&w, 0x01020384);
	wire_put_u64(&w, 0xfffefdfcfbfaf9f8ULL);
	wire_put_bytes(&w, "raw", 3);
	wire_put_bytes(&w, NULL, 0);
	wire_put_string(&w, BYTES("a\0b"));
	wire_put_string(&w, (struct span) { NULL, 0 });
	wire_put_text(&w, "text");
	ck_assert(!w.has_failed);
	ck_assert(span_equal(wire_span(&w),
	    BYTES("\xfe" "\x01\x02\x03\x84"
		  "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8" "raw"
		  "\0\0\0\x03" "a\0b" "\0\0\0\0" "\0\0\0\x04" "text")));
	wire_reset(&w);
	ck_assert_uint_eq(wire_span(&w).len, 0);
	wire_put_u8(&w, 1);
	ck_assert(span_equal(wire_span(&w), BYTES("\x01")));
	wire_free(&w);
	ck_assert_ptr_null(w.p);
	ck_assert_uint_eq(w.len, 0);
}
END_TEST

START_TEST(test_grow)
{
	struct wire w = WIRE_INIT;
	struct span in, s;
	uint32_t i, v;

	for (i = 0; i < 20000; i++) {
		wire_put_u32(&w, i);
		wire_put_text(&w, "abc");
	}
	in = wire_span(&w);
	ck_assert_uint_eq(in.len, 20000UL * 11);
	for (i = 0; i < 20000; i++) {
		ck_assert_int_eq(wire_get_u32(&in, &v), 0);
		ck_assert_uint_eq(v, i);
		ck_assert_int_eq(wire_get_string(&in, &s), 0);
		ck_assert(span_is(s, "abc"));
	}
	ck_assert_uint_eq(in.len, 0);
	wire_free(&w);
}
END_TEST

/* What cannot be written marks the writer, and nothing is written after. */
START_TEST(test_failed_write)
{
	struct wire w = WIRE_INIT;
	unsigned char byte = 0;

	wire_put_u8(&w, 1);
	wire_put_string(
	    &w, (struct span) { &byte, (size_t)UINT32_MAX + 1 });
	ck_assert(w.has_failed);
	wire_put_u8(&w, 2);
	wire_put_u32(&w, 2);
	ck_assert(span_equal(wire_span(&w), BYTES("\x01")));
	wire_reset(&w);
	ck_assert(!w.has_failed);
	wire_put_bytes(&w, &byte, SIZE_MAX / 2);
	ck_assert(w.has_failed);
	wire_free(&w);
}
END_TEST

/* In an array of the caller's until that is full, then on the heap. */
START_TEST(test_borrowed)
{
	unsigned char room[8];
	struct wire w = WIRE_ON(room);

	wire_put_bytes(&w, "12345678", 8);
	ck_assert_ptr_eq(wire_span(&w).p, room);
	ck_assert(span_equal(wire_span(&w), BYTES("12345678")));
	wire_put_bytes(&w, "9", 1);
	ck_assert_ptr_ne(wire_span(&w).p, room);
	ck_assert(span_equal(wire_span(&w), BYTES("123456789")));
	wire_put_bytes(&w, "0123456789abcdef", 16);
	ck_assert(span_equal(
	    wire_span(&w), BYTES("1234567890123456789abcdef")));
	wire_free(&w);

	w = (struct wire)WIRE_ON(room);
	wire_put_u8(&w, 7);
	wire_reset(&w);
	wire_put_u8(&w, 8);
	ck_assert_uint_eq(room[0], 8);
	wire_free(&w);
	ck_assert_ptr_null(w.p);
}
END_TEST

START_TEST(test_list)
{
	struct wire w = WIRE_INIT;
	struct span list = { NULL, 0 };

	ck_assert(wire_is_list(list));
	ck_assert(!wire_list_has(list, span_of("a")));
	wire_put_text(&w, "a");
	wire_put_text(&w, "");
	wire_put_text(&w, "bc");
	list = wire_span(&w);
	ck_assert(wire_is_list(list));
	ck_assert(wire_list_has(list, span_of("a")));
	ck_assert(wire_list_has(list, span_of("")));
	ck_assert(wire_list_has(list, span_of("bc")));
	ck_assert(!wire_list_has(list, span_of("b")));
	list.len--;
	ck_assert(!wire_is_list(list));
	ck_assert(!wire_list_has(list, span_of("bc")));
	wire_free(&w);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("sshwire");

	tcase_add_test(tc, test_span);
	tcase_add_test(tc, test_read);
	tcase_add_loop_test(tc, test_short_read, 0, N_ROWS(short_reads));
	tcase_add_test(tc, test_write);
	tcase_add_test(tc, test_grow);
	tcase_add_test(tc, test_failed_write);
	tcase_add_test(tc, test_borrowed);
	tcase_add_test(tc, test_list);
	return run_case("sshwire", tc);
}
