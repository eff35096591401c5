/*
 * ipaddr: the input is a list of networks, a newline, and a host.  A network
 * holds itself, its text reads as itself, and the list agrees with its
 * entries asked one by one.
 */
#include "config.h"

#include "lib/ipaddr.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool is_true)
{
	if (!is_true)
		abort();
}

static bool
is_mapped(const struct ipaddr *a)
{
	static const uint8_t prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
		0xff };

	return a->family == AF_INET6 && memcmp(a->bytes, prefix, 12) == 0;
}

static void
check_network(struct span text, const struct ipaddr *net)
{
	unsigned int n_bits = net->family == AF_INET ? 32 : 128;
	struct ipaddr host = *net, again;
	char masked[IPADDR_TEXT_SIZE];
	unsigned int i;

	require(net->prefix <= n_bits);
	for (i = net->prefix; i < n_bits; i++)
		require((net->bytes[i / 8] >> (7 - i % 8) & 1) == 0);
	host.prefix = n_bits;
	if (!is_mapped(&host))
		require(ipaddr_contains(net, &host));
	if (ipaddr_mask(masked, text) < 0)
		return;
	require(ipaddr_parse(&again, span_of(masked)) == 0);
	require(memcmp(&again, net, sizeof(again)) == 0);
}

/* Entry by entry; -1, 0 or 1 as ipaddr_list_contains. */
static int
ask_each(struct span list, const struct ipaddr *host)
{
	size_t begin = 0, i;
	int result = 0;

	for (i = 0; i <= list.len; i++) {
		struct span entry = { list.p + begin, i - begin };
		struct ipaddr net;
		char masked[IPADDR_TEXT_SIZE];

		if (i < list.len && list.p[i] != ',')
			continue;
		begin = i + 1;
		memset(&net, 0, sizeof(net));
		if (ipaddr_parse(&net, entry) < 0) {
			/* What was meant, if anything, is a network. */
			if (ipaddr_mask(masked, entry) == 0)
				require(ipaddr_parse(
					    &net, span_of(masked)) == 0);
			return -1;
		}
		check_network(entry, &net);
		if (host != NULL && ipaddr_contains(&net, host))
			result = 1;
	}
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
	struct span list = { data, size };
	struct ipaddr host;
	bool has_host = false;

	if (end != NULL) {
		list.len = (size_t)(end - data);
		has_host = ipaddr_parse(&host,
			       (struct span) { end + 1,
				   size - list.len - 1 }) == 0;
	}
	require(ipaddr_list_contains(list, NULL) ==
	    (ask_each(list, NULL) < 0 ? -1 : 0));
	if (has_host)
		require(ipaddr_list_contains(list, &host) ==
		    ask_each(list, &host));
	return 0;
}
