#include "config.h"

#include "lib/glob.h"

#include <stddef.h>

bool
glob_match(struct span pattern, struct span text)
{
	size_t p = 0;
	size_t t = 0;
	size_t star = SIZE_MAX; /* the last '*' seen */
	size_t resume = 0; /* where what follows it was last tried */

	while (t < text.len) {
		if (p < pattern.len && pattern.p[p] == '*') {
			star = p++;
			resume = t;
		} else if (p < pattern.len &&
		    (pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.p[p] == '*')
		p++;
	return p == pattern.len;
}
