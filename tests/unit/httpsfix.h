/*
 * httpsfix: the end-to-end tests' hostile service (tests/e2e/https.py), for
 * unit tests, with a certificate of its own that is also its only CA.
 *
 * In its folder, which is the working folder: good.pem, that CA; other.pem,
 * another one; and what it serves: keys, KEY_A with the comment "one" and
 * KEY_B, by lines; roots, KEY_A in JSON; denied, an error; nothing.
 */
#ifndef TESTS_UNIT_HTTPSFIX_H
#define TESTS_UNIT_HTTPSFIX_H

#include <stdbool.h>

#include "tests/unit/program.h"

/* Whether this machine has what it takes. */
bool httpsfix_may_begin(void);

/* An unchecked fixture: one service for all tests. */
void httpsfix_begin(void);
void httpsfix_end(void);

/* Where it listens, as localhost. */
extern int httpsfix_port;

/*
 * Make it the input of p to ask for path; NULL: without a token, or by the
 * system's CAs.  The input is there until the next one.
 */
void httpsfix_ask(struct program *p, const char *path, const char *token,
    const char *ca);

#endif
