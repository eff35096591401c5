/* harness: what the unit tests of lib/ share beside Check. */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <check.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/sshwire.h"

#define N_ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* The bytes of a string literal, which may hold NUL. */
#define BYTES(literal) \
	((struct span) { (const unsigned char *)(literal), \
	    sizeof(literal) - 1 })

/* As above, for initialisers of static tables. */
#define RAW(literal) { (const unsigned char *)(literal), sizeof(literal) - 1 }

#define assert_err(e, want_code, want_text) \
	do { \
		ck_assert_str_eq((e)->text, want_text); \
		ck_assert_int_eq((int)(e)->code, (int)(want_code)); \
	} while (0)

/*
 * A copy of just len bytes, so that a sanitizer sees the first byte that is
 * read past them.  The caller frees.
 */
static inline unsigned char *
exact_copy(const void *p, size_t len)
{
	unsigned char *copy = malloc(len == 0 ? 1 : len);

	ck_assert_ptr_nonnull(copy);
	if (len != 0)
		memcpy(copy, p, len);
	return copy;
}

/* Descriptors that are open: to be compared with another time. */
static inline int
count_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

/* Run one suite of one case; the result is main's. */
static inline int
run_case(const char *name, TCase *tc)
{
	Suite *s = suite_create(name);
	SRunner *sr;
	int n_failed;

	tcase_set_timeout(tc, 120);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
