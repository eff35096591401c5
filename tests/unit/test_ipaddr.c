#include "config.h"

#include "lib/ipaddr.h"

#include "tests/unit/harness.h"

#include <sys/socket.h>

static const struct {
	const char *text;
	int family; /* 0: refused */
	unsigned int prefix;
	const char *masked; /* what ipaddr_mask makes of it; NULL: -1 */
} addresses[] = {
	{ "192.0.2.1", AF_INET, 32, NULL },
	{ "192.0.2.0/24", AF_INET, 24, "192.0.2.0/24" },
	{ "192.0.2.7/32", AF_INET, 32, "192.0.2.7/32" },
	{ "0.0.0.0/0", AF_INET, 0, "0.0.0.0/0" },
	{ "192.0.2.128/25", AF_INET, 25, "192.0.2.128/25" },
	{ "192.0.2.0/024", AF_INET, 24, "192.0.2.0/24" },
	{ "192.0.0.0/19", AF_INET, 19, "192.0.0.0/19" },
	{ "2001:db8::1", AF_INET6, 128, NULL },
	{ "2001:db8::/32", AF_INET6, 32, "2001:db8::/32" },
	{ "2001:DB8::/33", AF_INET6, 33, "2001:db8::/33" },
	{ "::/0", AF_INET6, 0, "::/0" },
	{ "::ffff:192.0.2.1", AF_INET6, 128, NULL },
	{ "0000:0000:0000:0000:0000:0000:0000:0001/128", AF_INET6, 128,
	    "::1/128" },
	{ "0000:0000:0000:0000:0000:0000:0000:0001/000000128", AF_INET6, 128,
	    "::1/128" },
	/* host bits */
	{ "192.0.2.7/24", 0, 0, "192.0.2.0/24" },
	{ "192.0.2.128/24", 0, 0, "192.0.2.0/24" },
	{ "192.0.2.1/31", 0, 0, "192.0.2.0/31" },
	{ "1.0.0.0/0", 0, 0, "0.0.0.0/0" },
	{ "2001:db8::1/127", 0, 0, "2001:db8::/127" },
	{ "2001:db8::1/32", 0, 0, "2001:db8::/32" },
	/* neither address nor network */
	{ "", 0, 0, NULL },
	{ "/", 0, 0, NULL },
	{ "/24", 0, 0, NULL },
	{ "192.0.2.0/", 0, 0, NULL },
	{ "192.0.2.0/33", 0, 0, NULL },
	{ "192.0.2.0/129", 0, 0, NULL },
	{ "192.0.2.0/4294967320", 0, 0, NULL },
	{ "192.0.2.0/-1", 0, 0, NULL },
	{ "192.0.2.0/+24", 0, 0, NULL },
	{ "192.0.2.0/24/24", 0, 0, NULL },
	{ "192.0.2.0/2x", 0, 0, NULL },
	{ "192.0.0.0/1:", 0, 0, NULL },
	{ "192.0.0.0/2/", 0, 0, NULL },
	{ "2001:db8::/129", 0, 0, NULL },
	{ "192.0.2", 0, 0, NULL },
	{ "192.0.2.256", 0, 0, NULL },
	{ "010.0.0.1", 0, 0, NULL },
	{ "0x7f.0.0.1", 0, 0, NULL },
	{ "2130706433", 0, 0, NULL },
	{ " 192.0.2.1", 0, 0, NULL },
	{ "192.0.2.1 ", 0, 0, NULL },
	{ "!192.0.2.1", 0, 0, NULL },
	{ "fe80::1%eth0", 0, 0, NULL },
	{ "[2001:db8::1]", 0, 0, NULL },
	{ "1::2::3", 0, 0, NULL },
	{ "2001:db8::g", 0, 0, NULL },
	{ "localhost", 0, 0, NULL },
	{ "192.0.2.0,192.0.2.1", 0, 0, NULL },
	{ "0000:0000:0000:0000:0000:0000:0000:0001/0000000128", 0, 0, NULL },
};

START_TEST(test_parse)
{
	const char *text = addresses[_i].text;
	size_t len = strlen(text);
	unsigned char *copy = exact_copy(text, len);
	struct ipaddr a = { .family = -1 };
	char masked[IPADDR_TEXT_SIZE];
	struct span s = { copy, len };

	if (addresses[_i].family == 0) {
		if (ipaddr_parse(&a, s) != -1)
			ck_abort_msg("accepted: %s", text);
		ck_assert_int_eq(a.family, -1);
	} else {
		if (ipaddr_parse(&a, s) != 0)
			ck_abort_msg("refused: %s", text);
		ck_assert_int_eq(a.family, addresses[_i].family);
		ck_assert_uint_eq(a.prefix, addresses[_i].prefix);
	}
	if (addresses[_i].masked == NULL) {
		ck_assert_int_eq(ipaddr_mask(masked, s), -1);
	} else {
		ck_assert_int_eq(ipaddr_mask(masked, s), 0);
		ck_assert_str_eq(masked, addresses[_i].masked);
	}
	free(copy);
}
END_TEST

START_TEST(test_parse_nul)
{
	struct ipaddr a;

	ck_assert_int_eq(ipaddr_parse(&a, BYTES("192.0.2.1\0")), -1);
	ck_assert_int_eq(ipaddr_parse(&a, BYTES("192.0.2.1\0x")), -1);
}
END_TEST

static const struct {
	const char *net;
	const char *host;
	bool is_inside;
} pairs[] = {
	{ "192.0.2.0/24", "192.0.2.0", true },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.0/24", "192.0.1.255", false },
	{ "192.0.2.0/23", "192.0.3.1", true },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "192.0.2.128/25", "192.0.2.128", true },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "0.0.0.0/0", "255.255.255.255", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::/0", "192.0.2.1", false },
	{ "::/0", "2001:db8::1", true },
	{ "2001:db8::/33", "2001:db8:7fff::1", true },
	{ "2001:db8::/33", "2001:db8:8000::1", false },
	{ "2001:db8::1", "2001:db8::1", true },
	{ "2001:db8::1", "2001:db8::2", false },
	/* mapped hosts count as IPv4, mapped networks match nobody */
	{ "192.0.2.0/24", "::ffff:192.0.2.9", true },
	{ "192.0.2.0/24", "::ffff:192.0.3.9", false },
	{ "192.0.2.0/24", "::192.0.2.9", false },
	{ "::ffff:192.0.2.9", "::ffff:192.0.2.9", false },
	{ "::/0", "::ffff:192.0.2.9", false },
};

START_TEST(test_contains)
{
	struct ipaddr net, host;

	ck_assert_int_eq(ipaddr_parse(&net, span_of(pairs[_i].net)), 0);
	ck_assert_int_eq(ipaddr_parse(&host, span_of(pairs[_i].host)), 0);
	if (ipaddr_contains(&net, &host) != pairs[_i].is_inside)
		ck_abort_msg("wrong: %s in %s", pairs[_i].host, pairs[_i].net);
}
END_TEST

static const struct {
	const char *list;
	int result; /* for 192.0.2.9 */
} lists[] = {
	{ "192.0.2.9", 1 },
	{ "192.0.2.0/24", 1 },
	{ "192.0.2.0/24,2001:db8::/32", 1 },
	{ "2001:db8::/32,192.0.2.0/24", 1 },
	{ "198.51.100.0/24", 0 },
	{ "198.51.100.0/24,2001:db8::/32", 0 },
	{ "", -1 },
	{ ",", -1 },
	{ "192.0.2.9,", -1 },
	{ ",192.0.2.9", -1 },
	{ "192.0.2.9,,198.51.100.1", -1 },
	{ "192.0.2.9, 198.51.100.1", -1 },
	{ "192.0.2.9,192.0.2.7/24", -1 },
	{ "192.0.2.9,localhost", -1 },
	{ "!198.51.100.0/24,192.0.2.9", -1 },
	{ "192.0.2.*", -1 },
};

START_TEST(test_list)
{
	size_t len = strlen(lists[_i].list);
	unsigned char *copy = exact_copy(lists[_i].list, len);
	struct span list = { copy, len };
	struct ipaddr host;

	ck_assert_int_eq(ipaddr_parse(&host, span_of("192.0.2.9")), 0);
	if (ipaddr_list_contains(list, &host) != lists[_i].result)
		ck_abort_msg("wrong: %s", lists[_i].list);
	ck_assert_int_eq(ipaddr_list_contains(list, NULL),
	    lists[_i].result < 0 ? -1 : 0);
	free(copy);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("ipaddr");

	tcase_add_loop_test(tc, test_parse, 0, N_ROWS(addresses));
	tcase_add_test(tc, test_parse_nul);
	tcase_add_loop_test(tc, test_contains, 0, N_ROWS(pairs));
	tcase_add_loop_test(tc, test_list, 0, N_ROWS(lists));
	return run_case("ipaddr", tc);
}
