#include "config.h"

#include "lib/escape.h"

#include "tests/unit/harness.h"

static const struct {
	size_t out_len;
	struct span bytes;
	const char *text;
} rows[] = {
	{ 64, RAW(""), "" },
	{ 64, RAW("jdoe@example.com"), "jdoe@example.com" },
	{ 64, RAW(" ~"), " ~" },
	{ 64, RAW("a\"b\\c"), "a\\\"b\\\\c" },
	{ 64, RAW("\n\t\r"), "\\n\\t\\r" },
	{ 64, RAW("\0\x01\x1f\x7f\x80\xff"),
	    "\\x00\\x01\\x1f\\x7f\\x80\\xff" },
	{ 64, RAW("\x1b[2J"), "\\x1b[2J" },
	{ 64, RAW("%s%n"), "%s%n" },
	/* room for 8 - 4 characters, then the dots */
	{ 8, RAW("abcd"), "abcd" },
	{ 8, RAW("abcde"), "abcd..." },
	{ 8, RAW("abc\n"), "abc..." },
	{ 8, RAW("ab\n"), "ab\\n" },
	{ 8, RAW("\xff"), "\\xff" },
	{ 8, RAW("a\xff"), "a..." },
	{ 9, RAW("a\xff"), "a\\xff" },
};

START_TEST(test_bytes)
{
	size_t len = rows[_i].bytes.len;
	unsigned char *in = exact_copy(rows[_i].bytes.p, len);
	char *out = malloc(rows[_i].out_len);

	ck_assert_ptr_nonnull(out);
	ck_assert_ptr_eq(
	    escape_bytes(out, rows[_i].out_len, in, len), out);
	ck_assert_str_eq(out, rows[_i].text);
	free(out);
	free(in);
}
END_TEST

START_TEST(test_text)
{
	char out[16];

	ck_assert_str_eq(escape_text(out, sizeof(out), "a\nb"), "a\\nb");
	ck_assert_str_eq(
	    escape_text(out, sizeof(out), "abcdefghijklmnop"),
	    "abcdefghijkl...");
}
END_TEST

/* Every byte, at every size: printable ASCII only, terminated, in bounds. */
START_TEST(test_sweep)
{
	unsigned char all[256];
	size_t size, i;

	for (i = 0; i < sizeof(all); i++)
		all[i] = (unsigned char)(255 - i);
	for (size = 8; size < 1100; size++) {
		char *out = malloc(size);

		ck_assert_ptr_nonnull(out);
		(void)escape_bytes(out, size, all, sizeof(all));
		ck_assert_uint_lt(strlen(out), size);
		for (i = 0; out[i] != '\0'; i++)
			ck_assert(out[i] >= ' ' && out[i] <= '~');
		free(out);
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("escape");

	tcase_add_loop_test(tc, test_bytes, 0, N_ROWS(rows));
	tcase_add_test(tc, test_text);
	tcase_add_test(tc, test_sweep);
	return run_case("escape", tc);
}
