/*
 * ca-fetch where one of its calls fails: libcurl's, the kernel's, or for
 * memory.  It must say so and give no key; above all it must not go to the
 * network without its sandbox, or with an option of libcurl's that was not
 * taken.  The program's own sources, with another name for main.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <curl/curl.h>

#include "lib/clock.h"
#include "tests/unit/failing.h"
#include "tests/unit/harness.h"
#include "tests/unit/httpsfix.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/program.h"

/* Beyond any deadline. */
#define FAR_MS (INT64_MAX / 2)

int ca_fetch_main(int argc, char **argv);

CURL *__real_curl_easy_init(void);
CURL *__wrap_curl_easy_init(void);
CURLcode __real_curl_easy_setopt(CURL *c, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *c, CURLoption option, ...);
CURLcode __real_curl_global_init(long flags);
CURLcode __wrap_curl_global_init(long flags);
struct curl_slist *__real_curl_slist_append(
    struct curl_slist *list, const char *text);
struct curl_slist *__wrap_curl_slist_append(
    struct curl_slist *list, const char *text);
curl_version_info_data *__real_curl_version_info(CURLversion age);
curl_version_info_data *__wrap_curl_version_info(CURLversion age);
int64_t __real_clock_now_ms(void);
int64_t __wrap_clock_now_ms(void);
int __real_dup2(int fd, int as);
int __wrap_dup2(int fd, int as);
int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __real_sigaction(
    int number, const struct sigaction *a, struct sigaction *before);
int __wrap_sigaction(
    int number, const struct sigaction *a, struct sigaction *before);

CURL *
__wrap_curl_easy_init(void)
{
	return failing_this(FAILING_curl) ? NULL : __real_curl_easy_init();
}

CURLcode
__wrap_curl_global_init(long flags)
{
	return failing_this(FAILING_curl) ? CURLE_FAILED_INIT
	                                  : __real_curl_global_init(flags);
}

struct curl_slist *
__wrap_curl_slist_append(struct curl_slist *list, const char *text)
{
	return failing_this(FAILING_curl)
	    ? NULL
	    : __real_curl_slist_append(list, text);
}

/* Numbers are long, all the rest are pointers (curl.h, CURLOPTTYPE_). */
CURLcode
__wrap_curl_easy_setopt(CURL *c, CURLoption option, ...)
{
	CURLcode ret = CURLE_UNKNOWN_OPTION;
	va_list args;

	va_start(args, option);
	if (!failing_this(FAILING_setopt))
		ret = (int)option < CURLOPTTYPE_OBJECTPOINT
		    ? __real_curl_easy_setopt(c, option, va_arg(args, long))
		    : __real_curl_easy_setopt(c, option, va_arg(args, void *));
	va_end(args);
	return ret;
}

/* A libcurl that trusts no file of CAs. */
curl_version_info_data *
__wrap_curl_version_info(CURLversion age)
{
	static curl_version_info_data without_file;

	without_file = *__real_curl_version_info(age);
	if (failing_this(FAILING_version))
		without_file.cainfo = NULL;
	return &without_file;
}

int64_t
__wrap_clock_now_ms(void)
{
	return failing_this(FAILING_clock) ? FAR_MS : __real_clock_now_ms();
}

int
__wrap_dup2(int fd, int as)
{
	return failing_this(FAILING_dup2) ? -1 : __real_dup2(fd, as);
}

int
__wrap_memfd_create(const char *name, unsigned int flags)
{
	return failing_this(FAILING_memfd_create)
	    ? -1
	    : __real_memfd_create(name, flags);
}

int
__wrap_sigaction(
    int number, const struct sigaction *a, struct sigaction *before)
{
	return failing_this(FAILING_sigaction)
	    ? -1
	    : __real_sigaction(number, a, before);
}

/* What the child is to suffer. */
static uint64_t calls;
static unsigned int nth;
static int number;

static int
fetch_failing(int argc, char **argv)
{
	failing_start(calls, nth, number);
	return ca_fetch_main(argc, argv);
}

static struct program run;

static void
fetch(const char *path)
{
	static const char *const argv[] = { "ca-fetch", NULL };

	run = (struct program) { .argv = argv, .main = fetch_failing,
		.prepare = program_be_nobody };
	httpsfix_ask(&run, path, "s3cret", "good.pem");
	program_start(&run);
	program_wait(&run);
}

#define BEARER "redirect/bearer/s3cret/keys"
#define KEYS KEY_A " one\n" KEY_B "\n"
#define LACKS "this libcurl lacks what is needed\n"
#define MEMORY "out of memory\n"

/* Each call in turn; what the first ones say, and all the further ones. */
static const struct {
	const char *name;
	uint64_t calls;
	int number;
	unsigned int n_calls; /* 0: however many there are */
	const char *first[3], *rest;
} rows[] = {
	{ "memory", FAILING_MEMORY, ENOMEM, 0, { NULL }, MEMORY },
	{ "libcurl", FAILING(curl), 0, 3,
	    { "libcurl cannot be used\n", MEMORY, MEMORY }, NULL },
	{ "sandbox", FAILING(prctl), EPERM, 2,
	    { "sandbox: no new privileges: Operation not permitted\n",
	        "sandbox: prctl: Operation not permitted\n" }, NULL },
	{ "sandbox's limits", FAILING(setrlimit), EPERM, 0, { NULL },
	    "sandbox: setrlimit: Operation not permitted\n" },
	{ "memory file", FAILING(memfd_create), EMFILE, 1,
	    { "memfd_create: Too many open files\n" }, NULL },
	{ "memory file's bytes", FAILING(write), ENOSPC, 1,
	    { "memfd: No space left on device\n" }, NULL },
	{ "signal", FAILING(sigaction), EINVAL, 1,
	    { "sigaction: Invalid argument\n" }, NULL },
	{ "input", FAILING(read), EIO, 2,
	    { "standard input: Input/output error\n",
	        "standard input: Input/output error\n" }, NULL },
	{ "input's end", FAILING(dup2), EBUSY, 1,
	    { "/dev/null: Device or resource busy\n" }, NULL },
};

/* Where in the answer it happened may stand before it. */
static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0 &&
	    strchr(text, '\n') == text + len - 1;
}

START_TEST(test_each)
{
	const char *want;

	calls = rows[_i].calls;
	number = rows[_i].number;
	for (nth = 1;; nth++) {
		fetch(BEARER);
		if (run.status == 0)
			break;
		want = rows[_i].rest;
		if (nth <= 3 && rows[_i].first[nth - 1] != NULL)
			want = rows[_i].first[nth - 1];
		else if (want != NULL && ends_in(run.errors, want))
			want = run.errors;
		ck_assert_msg(want != NULL, "%s: call %u", rows[_i].name, nth);
		program_assert(&run, rows[_i].name, 1, "", want);
		program_clear(&run);
	}
	program_assert(&run, rows[_i].name, 0, KEYS, "");
	program_clear(&run);
	ck_assert_msg(nth > 1, "%s: none fails", rows[_i].name);
	if (rows[_i].n_calls != 0)
		ck_assert_uint_eq(nth - 1, rows[_i].n_calls);
}
END_TEST

/* No option is left as libcurl had it. */
START_TEST(test_options)
{
	calls = FAILING(setopt);
	/* Then the address and the time left, twice. */
	for (nth = 1; nth <= 17 + 4; nth++) {
		fetch(BEARER);
		program_assert(&run, "options", 1, "",
		    nth <= 17 ? LACKS : MEMORY);
		program_clear(&run);
	}
	fetch(BEARER);
	program_assert(&run, "options", 0, KEYS, "");
	program_clear(&run);
}
END_TEST

static const struct {
	const char *name;
	uint64_t calls;
	int number;
} harmless[] = {
	{ "a signal while it reads", FAILING(read), EINTR },
	{ "little at a time", FAILING(read), FAILING_SHORT },
	{ "a signal while it writes", FAILING(write), EINTR },
	{ "little at a time, to memory", FAILING(write), FAILING_SHORT },
	{ "no file of CAs", FAILING(version), 0 },
};

START_TEST(test_harmless)
{
	calls = harmless[_i].calls;
	number = harmless[_i].number;
	for (nth = 1; nth <= 3; nth++) {
		fetch(BEARER);
		program_assert(&run, harmless[_i].name, 0, KEYS, "");
		program_clear(&run);
	}
}
END_TEST

/* The time is over before the first request, or before the second. */
START_TEST(test_late)
{
	calls = FAILING(clock);
	for (nth = 2; nth <= 3; nth++) {
		fetch(BEARER);
		program_assert(
		    &run, "late", 1, "", "not done after 10 seconds\n");
		program_clear(&run);
	}
}
END_TEST

/* What it has instead of the request, once that is read. */
START_TEST(test_no_null)
{
	calls = FAILING(open);
	number = EMFILE;
	nth = 1;
	fetch(BEARER);
	program_assert(
	    &run, "open", 1, "", "/dev/null: Too many open files\n");
	program_clear(&run);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("ca_fetch_fails");

	if (!httpsfix_may_begin() || !program_may(program_be_nobody))
		return 77;
	program_init();
	tcase_add_unchecked_fixture(tc, httpsfix_begin, httpsfix_end);
	tcase_add_loop_test(tc, test_each, 0, N_ROWS(rows));
	tcase_add_test(tc, test_options);
	tcase_add_loop_test(tc, test_harmless, 0, N_ROWS(harmless));
	tcase_add_test(tc, test_late);
	tcase_add_test(tc, test_no_null);
	return run_case("ca_fetch_fails", tc);
}
