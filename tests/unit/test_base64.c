#include "config.h"

#include "lib/base64.h"

#include "tests/unit/harness.h"

/* RFC 4648, section 10, and the two characters beyond letters and digits. */
static const struct {
	const char *text;
	struct span bytes;
} sound[] = {
	{ "", RAW("") },
	{ "Zg==", RAW("f") },
	{ "Zm8=", RAW("fo") },
	{ "Zm9v", RAW("foo") },
	{ "Zm9vYg==", RAW("foob") },
	{ "Zm9vYmE=", RAW("fooba") },
	{ "Zm9vYmFy", RAW("foobar") },
	{ "+/+/", RAW("\xfb\xff\xbf") },
	{ "AAAA", RAW("\0\0\0") },
	{ "////", RAW("\xff\xff\xff") },
	{ "AA==", RAW("\0") },
};

START_TEST(test_both_ways)
{
	size_t len = strlen(sound[_i].text);
	unsigned char *text = exact_copy(sound[_i].text, len);
	unsigned char *out = malloc(BASE64_DECODED_MAX(len) + 1);
	char back[BASE64_ENCODED_SIZE(6)];
	long n;

	ck_assert_ptr_nonnull(out);
	n = base64_decode(out, (const char *)text, len);
	ck_assert_int_eq(n, (long)sound[_i].bytes.len);
	ck_assert_mem_eq(out, sound[_i].bytes.p, sound[_i].bytes.len);
	base64_encode(back, sound[_i].bytes.p, sound[_i].bytes.len);
	ck_assert_str_eq(back, sound[_i].text);
	free(out);
	free(text);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
} unsound[] = {
	{ "one character", "Z" },
	{ "no padding", "Zg" },
	{ "half the padding", "Zg=" },
	{ "padding alone", "====" },
	{ "three of padding", "Z===" },
	{ "padding in the middle", "Zg==Zg==" },
	{ "padding before the end", "Zm=v" },
	{ "bits under two of padding", "Zh==" },
	{ "bits under one of padding", "Zm9=" },
	{ "blank", "Zm 9" },
	{ "newline at the end", "Zm9v\n" },
	{ "URL alphabet", "-_-_" },
	{ "below the letters", "@@@@" },
	{ "above the capitals", "[[[[" },
	{ "below the small letters", "````" },
	{ "above the small letters", "{{{{" },
	{ "beside the digits", "::::" },
	{ "high bit", "Zm9\xf6" },
};

START_TEST(test_refused)
{
	unsigned char out[16];

	if (base64_decode(out, unsound[_i].text, strlen(unsound[_i].text)) !=
	    -1)
		ck_abort_msg("accepted: %s", unsound[_i].name);
}
END_TEST

START_TEST(test_every_byte)
{
	unsigned char bytes[256], back[256];
	char text[BASE64_ENCODED_SIZE(256)];
	size_t len, i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	for (len = 0; len <= sizeof(bytes); len++) {
		base64_encode(text, bytes, len);
		ck_assert_uint_eq(strlen(text) + 1, BASE64_ENCODED_SIZE(len));
		ck_assert_int_eq(
		    base64_decode(back, text, strlen(text)), (long)len);
		ck_assert_mem_eq(back, bytes, len);
	}
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("base64");

	tcase_add_loop_test(tc, test_both_ways, 0, N_ROWS(sound));
	tcase_add_loop_test(tc, test_refused, 0, N_ROWS(unsound));
	tcase_add_test(tc, test_every_byte);
	return run_case("base64", tc);
}
