/*
 * minus_one: included first where an analyzer reads a file, which sees no
 * other and so not that these always return -1 (lib/err.h, and test_err holds
 * it): it would go on behind a refusal as if there had been none.
 */
#ifndef TESTS_ANALYZE_MINUS_ONE_H
#define TESTS_ANALYZE_MINUS_ONE_H

#include "lib/err.h"

#define err_set(...) ((void)err_set(__VA_ARGS__), -1)
#define err_setf(...) ((void)err_setf(__VA_ARGS__), -1)
#define err_system(...) ((void)err_system(__VA_ARGS__), -1)

#endif
