#include "config.h"

#include "lib/ipaddr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* addrmatch.c:addr_match_cidr_list: INET6_ADDRSTRLEN + 3 */
#define ENTRY_MAX 49

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff,
	0xff };

static unsigned int
family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* The bits of byte i that lie behind the prefix. */
static uint8_t
host_mask(unsigned int prefix, unsigned int i)
{
	if (prefix >= 8 * (i + 1))
		return 0;
	if (prefix <= 8 * i)
		return 0xff;
	return (uint8_t)(0xff >> (prefix - 8 * i));
}

/* Read decimal digits; -1 where there are none, or over 128. */
static int
parse_prefix(unsigned int *out, const char *text)
{
	unsigned int n = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		n = n * 10 + (unsigned int)(*text - '0');
		if (n > 128)
			return -1;
	}
	*out = n;
	return 0;
}

/* ADDRESS[/PREFIX] with host bits as they are. */
static int
parse_any(struct ipaddr *out, struct span text, bool *has_prefix)
{
	char copy[ENTRY_MAX + 1];
	struct ipaddr a = { 0 };
	char *slash;

	if (text.len == 0 || text.len > ENTRY_MAX || span_has_nul(text))
		return -1;
	memcpy(copy, text.p, text.len);
	copy[text.len] = '\0';
	if ((slash = strchr(copy, '/')) != NULL)
		*slash = '\0';
	a.family = strchr(copy, ':') == NULL ? AF_INET : AF_INET6;
	if (inet_pton(a.family, copy, a.bytes) != 1)
		return -1;
	a.prefix = family_bits(a.family);
	if (slash != NULL && parse_prefix(&a.prefix, slash + 1) < 0)
		return -1;
	if (a.prefix > family_bits(a.family))
		return -1;
	*out = a;
	*has_prefix = slash != NULL;
	return 0;
}

/* Clear the host bits; whether any was set. */
static bool
clear_host_bits(struct ipaddr *a)
{
	bool was_set = false;
	unsigned int i;

	for (i = 0; i < family_bits(a->family) / 8; i++) {
		uint8_t mask = host_mask(a->prefix, i);

		was_set = was_set || (a->bytes[i] & mask) != 0;
		a->bytes[i] = (uint8_t)(a->bytes[i] & ~mask);
	}
	return was_set;
}

int
ipaddr_parse(struct ipaddr *out, struct span text)
{
	struct ipaddr a;
	bool has_prefix;

	if (parse_any(&a, text, &has_prefix) < 0 || clear_host_bits(&a))
		return -1;
	*out = a;
	return 0;
}

int
ipaddr_mask(char out[IPADDR_TEXT_SIZE], struct span text)
{
	char address[INET6_ADDRSTRLEN];
	struct ipaddr a;
	bool has_prefix;

	if (parse_any(&a, text, &has_prefix) < 0 || !has_prefix)
		return -1;
	(void)clear_host_bits(&a);
	if (inet_ntop(a.family, a.bytes, address, sizeof(address)) == NULL)
		return -1;
	(void)snprintf(out, IPADDR_TEXT_SIZE, "%s/%u", address, a.prefix);
	return 0;
}

bool
ipaddr_is_mapped(const struct ipaddr *a)
{
	return a->family == AF_INET6 && a->prefix >= 96 &&
	    memcmp(a->bytes, mapped_prefix, sizeof(mapped_prefix)) == 0;
}

bool
ipaddr_contains(const struct ipaddr *net, const struct ipaddr *host)
{
	const uint8_t *bytes = host->bytes;
	int family = host->family;
	unsigned int i;

	if (family == AF_INET6 &&
	    memcmp(bytes, mapped_prefix, sizeof(mapped_prefix)) == 0) {
		bytes += sizeof(mapped_prefix);
		family = AF_INET;
	}
	if (net->family != family)
		return false;
	for (i = 0; i < family_bits(family) / 8; i++) {
		uint8_t net_bits = (uint8_t)~host_mask(net->prefix, i);

		if ((bytes[i] & net_bits) != (net->bytes[i] & net_bits))
			return false;
	}
	return true;
}

int
ipaddr_list_contains(struct span list, const struct ipaddr *host)
{
	int is_found = 0;

	/* To the end even after a hit: sshd refuses the list as a whole. */
	for (;;) {
		const unsigned char *comma =
		    list.len == 0 ? NULL : memchr(list.p, ',', list.len);
		struct span entry = list;
		struct ipaddr net;

		if (comma != NULL)
			entry.len = (size_t)(comma - list.p);
		if (ipaddr_parse(&net, entry) < 0)
			return -1;
		if (host != NULL && ipaddr_contains(&net, host))
			is_found = 1;
		if (comma == NULL)
			return is_found;
		list.p += entry.len + 1;
		list.len -= entry.len + 1;
	}
}
