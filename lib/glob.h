/* glob: `*` and `?` over bytes; nothing else is special. */
#ifndef LIB_GLOB_H
#define LIB_GLOB_H

#include <stdbool.h>

#include "lib/sshwire.h"

/*
 * Whether all of text fits pattern: `*` stands for any bytes, none too, `?`
 * for one byte.  Linear in text for each `*`, no recursion.
 */
bool glob_match(struct span pattern, struct span text);

#endif
