/* The login helper under the shortest filter that seccomp takes, which lets
 * all pass: no confinement by a filter costs less. */
#include "config.h"

#include "lib/confine.h"

#include <stdint.h>
#include <sys/prctl.h>

#define MODE_FILTER 2
#define RET_ALLOW 0x7fff0000U
#define RETURN 0x06 /* BPF_RET | BPF_K */

enum confined
confine_enter(void)
{
	static const struct instruction {
		uint16_t code;
		uint8_t yes, no;
		uint32_t value;
	} all = { RETURN, 0, 0, RET_ALLOW };
	const struct filter {
		unsigned short len;
		const struct instruction *list;
	} filter = { 1, &all };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, MODE_FILTER, &filter, 0, 0) != 0)
		return CONFINED_BY_LIMITS;
	return CONFINED_BY_SECCOMP;
}
