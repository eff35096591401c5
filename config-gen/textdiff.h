/* textdiff: what a text file loses and gains, in lines. */
#ifndef CONFIG_GEN_TEXTDIFF_H
#define CONFIG_GEN_TEXTDIFF_H

#include <stddef.h>
#include <stdio.h>

/*
 * Print the lines between the common head and the common tail of before and
 * after, escaped: "    -line" and "    +line".  At most max of each; the
 * rest is counted.
 */
void textdiff_print(FILE *out, const char *before, size_t before_len,
    const char *after, size_t after_len, size_t max);

#endif
