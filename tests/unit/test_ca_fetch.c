/*
 * ca-fetch as certgate starts it: the real program, and a service on loopback
 * that sends what it should, or should not (tests/e2e/https.py).  What a real
 * service sends, and what certgate makes of it, is the end-to-end tests'.
 */
#include "config.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/fetchreq.h"
#include "tests/unit/harness.h"
#include "tests/unit/httpsfix.h"
#include "tests/unit/policyfix.h"
#include "tests/unit/program.h"

#define HELPER "helpers/ca-fetch"
#define USAGE \
	"usage: ca-fetch <REQUEST\n" \
	"       ca-fetch -h\n"

static struct program run;
static const char *const plain[] = { HELPER, NULL };

static void
ask(const char *path, const char *token, const char *ca)
{
	run = (struct program) { .argv = plain,
		.prepare = program_be_nobody };
	httpsfix_ask(&run, path, token, ca);
	program_start(&run);
}

static void
ends(const char *name, int status, const char *said, const char *errors)
{
	program_wait(&run);
	program_assert(&run, name, status, said, errors);
	program_clear(&run);
}

#define AWAY \
	"the service redirects to another host or port; if that is right, " \
	"write its address into the policy\n"
#define NO_HTTPS "the service redirects to what is no address over https\n"
#define TOO_LONG "the answer is longer than the 65536 bytes allowed\n"

static const struct {
	const char *path, *token;
	const char *said, *errors;
} answers[] = {
	{ "file/keys", NULL, KEY_A " one\n" KEY_B "\n", "" },
	{ "file/roots", NULL, KEY_A "\n", "" },
	{ "redirect/redirect/redirect/file/roots", NULL, KEY_A "\n", "" },
	{ "bearer/s3cret/roots", "s3cret", KEY_A "\n", "" },
	{ "redirect/bearer/s3cret/roots", "s3cret", KEY_A "\n", "" },
	{ "file/nothing", NULL, "", "the answer holds no key\n" },
	{ "file/good.pem", NULL, "",
	    "answer:1: key type \"-----BEGIN\" is not known: sshd reads a list "
	    "of CA keys only up to such a line\n" },
	{ "status/404", NULL, "",
	    "the service answers with HTTP status 404\n" },
	{ "status/203", NULL, "",
	    "the service answers with HTTP status 203\n" },
	{ "status/304", NULL, "",
	    "the service answers with HTTP status 304\n" },
	{ "failure/denied", NULL, "",
	    "the service answers with HTTP status 403: "
	    "\"no \\\"token\\\"\"\n" },
	{ "redirect-http/file/keys", NULL, "", NO_HTTPS },
	{ "redirect-file/keys", NULL, "", NO_HTTPS },
	{ "redirect-host/file/keys", NULL, "", AWAY },
	{ "redirect-port/file/keys", NULL, "", AWAY },
	{ "redirect-loop", NULL, "",
	    "the service redirects more than 3 times\n" },
	{ "endless", NULL, "", TOO_LONG },
	{ "endless-headers", NULL, "", TOO_LONG },
};

START_TEST(test_answer)
{
	ask(answers[_i].path, answers[_i].token, "good.pem");
	ends(answers[_i].path, answers[_i].said[0] == '\0' ? 1 : 0,
	    answers[_i].said, answers[_i].errors);
}
END_TEST

/* What libcurl says differs by its version: one line, and no key. */
static void
fails_by_libcurl(const char *name, const char *in_line)
{
	program_wait(&run);
	ck_assert_msg(run.status == 1 && run.said[0] == '\0', "%s: %d: %s",
	    name, run.status, run.said);
	ck_assert_msg(strstr(run.errors, in_line) != NULL, "%s: %s", name,
	    run.errors);
	ck_assert_ptr_eq(strchr(run.errors, '\n'),
	    run.errors + strlen(run.errors) - 1);
	program_clear(&run);
}

START_TEST(test_not_trusted)
{
	ask("file/keys", NULL, "other.pem");
	fails_by_libcurl("another CA", "SSL certificate problem: ");
	ask("file/keys", NULL, NULL);
	fails_by_libcurl("the system's CAs", "SSL certificate problem: ");
	/* What is no certificate at all trusts nobody. */
	ask("file/keys", NULL, "nothing");
	fails_by_libcurl("no CA", "certificate");
	ask("file/keys", NULL, "keys");
	fails_by_libcurl("a CA file that is none", "certificate");
}
END_TEST

/* A port that is taken, and on which nobody listens. */
static int
unused_port(int *fd)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof(a);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(*fd, 0);
	ck_assert_int_eq(bind(*fd, (struct sockaddr *)&a, sizeof(a)), 0);
	ck_assert_int_eq(getsockname(*fd, (struct sockaddr *)&a, &len), 0);
	return ntohs(a.sin_port);
}

START_TEST(test_broken_off)
{
	int unused, served = httpsfix_port;

	/* "transfer closed with 100 bytes remaining", or OpenSSL's words. */
	ask("cut", NULL, "good.pem");
	fails_by_libcurl("an answer that is cut", "");
	/* The service closes without a word. */
	ask("bearer/s3cret/keys", "another", "good.pem");
	fails_by_libcurl("no answer", "");
	httpsfix_port = unused_port(&unused);
	ask("file/keys", NULL, "good.pem");
	fails_by_libcurl("nobody listens", "Failed to connect to localhost");
	(void)close(unused);
	httpsfix_port = served;
}
END_TEST

/* Each waits as long as it may; all at once. */
START_TEST(test_stalled)
{
	static const char *const paths[] = { "hang", "drip", "drip-headers" };
	struct program runs[3], no_end;
	int i, request[2];

	ck_assert_int_eq(pipe2(request, O_CLOEXEC), 0);
	for (i = 0; i < 3; i++) {
		ask(paths[i], NULL, "good.pem");
		runs[i] = run;
	}
	/* A request without an end. */
	run = (struct program) { .argv = plain, .in_fd = request[0],
		.prepare = program_be_nobody };
	program_start(&run);
	no_end = run;
	for (i = 0; i < 3; i++) {
		run = runs[i];
		ends(paths[i], 1, "", "not done after 10 seconds\n");
	}
	run = no_end;
	ends("no request", 1, "", "not done after 10 seconds\n");
	(void)close(request[0]);
	(void)close(request[1]);
}
END_TEST

#define NO_REQUEST \
	"the request is none: lines \"url ADDRESS\" and \"token TOKEN\", " \
	"each once, then an empty line and CAs in PEM\n"

static const struct {
	const char *name;
	struct span text;
	const char *errors;
} requests[] = {
	{ "none", RAW(""), "the request names no address\n" },
	{ "CAs alone", RAW("\nx"), "the request names no address\n" },
	{ "no line", RAW("url https://localhost/"),
	    "the request ends within a line\n" },
	{ "twice", RAW("url https://a/\nurl https://a/\n"), NO_REQUEST },
	{ "another word", RAW("uri https://a/\n"), NO_REQUEST },
	{ "NUL", RAW("url https://a/\0\n"),
	    "the request holds a NUL byte\n" },
	{ "a token of two", RAW("token a b\nurl https://a/\n"),
	    "the token holds a blank or a character that is not printable "
	    "ASCII\n" },
	{ "no token", RAW("token \nurl https://a/\n"),
	    "the token is empty\n" },
};

START_TEST(test_request)
{
	run = (struct program) { .argv = plain,
		.input = requests[_i].text.p,
		.input_len = requests[_i].text.len,
		.prepare = program_be_nobody };
	program_start(&run);
	ends(requests[_i].name, 1, "", requests[_i].errors);
}
END_TEST

START_TEST(test_descriptors)
{
	static char long_text[FETCHREQ_MAX_BYTES + 2];
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(full, 0);
	run = (struct program) { .argv = plain, .input = long_text,
		.input_len = sizeof(long_text), .prepare = program_be_nobody };
	program_start(&run);
	ends("too long", 1, "", "the request is too long\n");
	run = (struct program) { .argv = plain, .in_fd = -1,
		.prepare = program_be_nobody };
	program_start(&run);
	ends("closed", 1, "", "standard input: Bad file descriptor\n");
	ask("file/keys", NULL, "good.pem");
	program_wait(&run);
	program_clear(&run);
	run.out_fd = full;
	program_start(&run);
	ends("a full disk", 1, "",
	    "standard output: No space left on device\n");
	(void)close(full);
}
END_TEST

START_TEST(test_usage)
{
	static const char *const help[] = { HELPER, "-h", NULL };
	static const char *const more[] = { HELPER, "more", NULL };
	static const char *const both[] = { HELPER, "-h", "-h", NULL };

	run = (struct program) { .argv = help };
	program_start(&run);
	ends("-h", 0, USAGE, "");
	run.argv = more;
	program_start(&run);
	ends("more", 2, "", USAGE);
	run.argv = both;
	program_start(&run);
	ends("both", 2, "", USAGE);
	if (geteuid() != 0)
		return;
	run.argv = plain;
	program_start(&run);
	ends("root", 1, "",
	    "ca-fetch: not as root: what comes from the network is read here; "
	    "run it as another user\n");
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("ca_fetch");
	bool can_serve =
	    httpsfix_may_begin() && program_may(program_be_nobody);

	program_init();
	tcase_add_test(tc, test_usage);
	if (can_serve) {
		tcase_add_unchecked_fixture(
		    tc, httpsfix_begin, httpsfix_end);
		tcase_add_loop_test(tc, test_answer, 0, N_ROWS(answers));
		tcase_add_loop_test(tc, test_request, 0, N_ROWS(requests));
		tcase_add_test(tc, test_not_trusted);
		tcase_add_test(tc, test_broken_off);
		tcase_add_test(tc, test_stalled);
		tcase_add_test(tc, test_descriptors);
	}
	if (run_case("ca_fetch", tc) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	return can_serve ? EXIT_SUCCESS : 77;
}
