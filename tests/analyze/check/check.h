/*
 * check: as much of Check as the unit tests of lib/ and pam/ use, in a header.
 *
 * The memory sanitizer takes what code that is not compiled with it has
 * written for written by nobody: so Check, a library, cannot run tests under
 * it.  Each test is run in a process of its own, as there; the first assertion
 * that fails ends it.
 */
#ifndef TESTS_ANALYZE_CHECK_H
#define TESTS_ANALYZE_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_MAX_TESTS 256

typedef struct {
	const char *name;
	void (*setup)(void), (*teardown)(void);
	struct check_test {
		const char *name;
		void (*run)(int);
		int first, end;
	} tests[CHECK_MAX_TESTS];
	int n;
} TCase;
typedef struct {
	TCase *cases[8];
	int n;
} Suite;
typedef struct {
	Suite *suite;
	int n_run, n_failed;
} SRunner;

#define CK_ENV 0
#define CK_NORMAL 0

#define START_TEST(name) \
	static void name(int _i) \
	{ \
		(void)_i;
#define END_TEST }

#define ck_assert_msg(truth, ...) \
	do { \
		if (!(truth)) { \
			(void)fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
			(void)fprintf(stderr, __VA_ARGS__); \
			(void)fprintf(stderr, "\n"); \
			exit(1); \
		} \
	} while (0)
#define ck_abort_msg(...) ck_assert_msg(0, __VA_ARGS__)
#define ck_assert(truth) ck_assert_msg(truth, "%s", #truth)
#define CHECK_NUMBERS(type, a, op, b) \
	do { \
		type check_a = (type)(a), check_b = (type)(b); \
		ck_assert_msg(check_a op check_b, "%s " #op " %s: %jd, %jd", \
		    #a, #b, (intmax_t)check_a, (intmax_t)check_b); \
	} while (0)
#define ck_assert_int_eq(a, b) CHECK_NUMBERS(intmax_t, a, ==, b)
#define ck_assert_int_ne(a, b) CHECK_NUMBERS(intmax_t, a, !=, b)
#define ck_assert_int_ge(a, b) CHECK_NUMBERS(intmax_t, a, >=, b)
#define ck_assert_int_gt(a, b) CHECK_NUMBERS(intmax_t, a, >, b)
#define ck_assert_uint_eq(a, b) CHECK_NUMBERS(uintmax_t, a, ==, b)
#define ck_assert_uint_ne(a, b) CHECK_NUMBERS(uintmax_t, a, !=, b)
#define ck_assert_uint_ge(a, b) CHECK_NUMBERS(uintmax_t, a, >=, b)
#define ck_assert_uint_gt(a, b) CHECK_NUMBERS(uintmax_t, a, >, b)
#define ck_assert_uint_le(a, b) CHECK_NUMBERS(uintmax_t, a, <=, b)
#define ck_assert_uint_lt(a, b) CHECK_NUMBERS(uintmax_t, a, <, b)
#define CHECK_POINTERS(a, op, b) \
	ck_assert_msg((const void *)(a) op(const void *)(b), "%s " #op " %s", \
	    #a, #b)
#define ck_assert_ptr_eq(a, b) CHECK_POINTERS(a, ==, b)
#define ck_assert_ptr_ne(a, b) CHECK_POINTERS(a, !=, b)
#define ck_assert_ptr_null(a) CHECK_POINTERS(a, ==, NULL)
#define ck_assert_ptr_nonnull(a) CHECK_POINTERS(a, !=, NULL)
#define CHECK_TEXTS(a, op, b) \
	do { \
		const char *check_a = (a), *check_b = (b); \
		ck_assert_msg(strcmp(check_a, check_b) op 0, \
		    "%s " #op " %s: \"%s\", \"%s\"", #a, #b, check_a, check_b); \
	} while (0)
#define ck_assert_str_eq(a, b) CHECK_TEXTS(a, ==, b)
#define ck_assert_str_ne(a, b) CHECK_TEXTS(a, !=, b)
#define ck_assert_pstr_eq(a, b) \
	ck_assert(check_is_same_text(a, b))
#define ck_assert_mem_eq(a, b, len) ck_assert(memcmp(a, b, len) == 0)

static inline int
check_is_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static inline TCase *
tcase_create(const char *name)
{
	TCase *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	c->name = name;
	return c;
}

static inline void
tcase_set_timeout(TCase *c, double seconds)
{
	(void)c;
	(void)seconds;
}

static inline void
tcase_add_checked_fixture(
    TCase *c, void (*setup)(void), void (*teardown)(void))
{
	c->setup = setup;
	c->teardown = teardown;
}

static inline void
check_add(TCase *c, const char *name, void (*run)(int), int first, int end)
{
	ck_assert_int_gt(CHECK_MAX_TESTS, c->n);
	c->tests[c->n++] = (struct check_test) { name, run, first, end };
}
#define tcase_add_loop_test(c, run, first, end) \
	check_add(c, #run, run, first, end)
#define tcase_add_test(c, run) check_add(c, #run, run, 0, 1)

static inline Suite *
suite_create(const char *name)
{
	Suite *s = calloc(1, sizeof(*s));

	(void)name;
	ck_assert_ptr_nonnull(s);
	return s;
}

static inline void
suite_add_tcase(Suite *s, TCase *c)
{
	s->cases[s->n++] = c;
}

static inline SRunner *
srunner_create(Suite *s)
{
	SRunner *r = calloc(1, sizeof(*r));

	ck_assert_ptr_nonnull(r);
	r->suite = s;
	return r;
}

static inline void
check_run(SRunner *r, const TCase *c, const struct check_test *t, int i)
{
	int status = -1;
	pid_t pid;

	(void)fflush(NULL);
	if ((pid = fork()) == 0) {
		if (c->setup != NULL)
			c->setup();
		t->run(i);
		if (c->teardown != NULL)
			c->teardown();
		exit(0);
	}
	r->n_run++;
	if (waitpid(pid, &status, 0) == pid && status == 0)
		return;
	r->n_failed++;
	(void)printf("%s:%s:%d failed\n", c->name, t->name, i);
}

static inline void
srunner_run_all(SRunner *r, int how)
{
	int k, n, i;

	(void)how;
	for (k = 0; k < r->suite->n; k++) {
		const TCase *c = r->suite->cases[k];

		for (n = 0; n < c->n; n++)
			for (i = c->tests[n].first; i < c->tests[n].end; i++)
				check_run(r, c, &c->tests[n], i);
	}
	(void)printf("%d tests, %d failed\n", r->n_run, r->n_failed);
}

static inline int
srunner_ntests_failed(SRunner *r)
{
	return r->n_failed;
}

static inline void
srunner_free(SRunner *r)
{
	int k;

	for (k = 0; k < r->suite->n; k++)
		free(r->suite->cases[k]);
	free(r->suite);
	free(r);
}

#endif
