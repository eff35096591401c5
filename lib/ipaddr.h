/* ipaddr: numeric IPv4 and IPv6 addresses and CIDR networks. */
#ifndef LIB_IPADDR_H
#define LIB_IPADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/sshwire.h"

/* "xxxx:…/128" and its terminator. */
#define IPADDR_TEXT_SIZE 64

struct ipaddr {
	int family; /* AF_INET or AF_INET6 */
	uint8_t bytes[16];
	unsigned int prefix; /* leading bits that count; all for a host */
};

/*
 * Parse an address or ADDRESS/PREFIX.  0, or -1 where it is neither.  A
 * network whose host bits are set (192.0.2.7/24) is -1 as well, since sshd
 * refuses the whole list for one; ipaddr_mask then tells what was meant.
 * No zones (fe80::1%eth0), no short forms (10.1) and no leading zeros, which
 * sshd would read as octal.
 */
int ipaddr_parse(struct ipaddr *out, struct span text);

/*
 * The network that text would name were its host bits clear, as text; -1
 * where text is no address with a prefix at all.
 */
int ipaddr_mask(char out[IPADDR_TEXT_SIZE], struct span text);

/*
 * Whether a is IPv4 written as IPv6, wholly within ::ffff:0:0/96: a network
 * that contains no host.
 */
bool ipaddr_is_mapped(const struct ipaddr *a);

/* Whether host lies in net.  An IPv4-mapped IPv6 host counts as IPv4. */
bool ipaddr_contains(const struct ipaddr *net, const struct ipaddr *host);

/*
 * Whether host lies in one of a comma-separated list of networks, as in a
 * certificate's source-address option.  1 or 0, or -1 where the list is
 * malformed anywhere, also behind a hit (sshd then refuses).  host NULL: only
 * check the list.
 */
int ipaddr_list_contains(struct span list, const struct ipaddr *host);

#endif
