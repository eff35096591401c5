/*
 * mix: configurations of sshd put together at random from pieces of others:
 * a main file and drop-ins, with Includes, Match blocks and odd blanks.
 */
#ifndef TESTS_CORPUS_MIX_H
#define TESTS_CORPUS_MIX_H

#include <stddef.h>

#include "tests/differential/random.h"

#define MIX_MAX_DROPINS 3

/* Lines outside of any Match block, and whole Match blocks. */
struct mix {
	char **lines, **blocks;
	size_t n_lines, n_blocks;
};

struct mixture {
	char *text;                     /* the main file */
	char *dropins[MIX_MAX_DROPINS]; /* NULL: that one is not there */
};

/* Take a file's pieces.  Lines with Include are left out. */
void mix_add(struct mix *m, const char *text);
void mix_clear(struct mix *m);

/* Put one together; ended by mixture_clear.  m has lines and blocks. */
void mix_make(const struct mix *m, struct random *r, struct mixture *out);
void mixture_clear(struct mixture *m);

#endif
