#include "config.h"

#include "tests/unit/httpsfix.h"

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/policyfix.h"

#define CERTIFICATE(name) \
	"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 " \
	"-nodes -days 2 -subj /CN=localhost " \
	"-addext subjectAltName=DNS:localhost " \
	"-keyout " name ".key -out " name ".pem >openssl.log 2>&1"

int httpsfix_port;
static char program[PATH_MAX];
static pid_t service;

/* There may be none, where packages are built. */
static bool
has_loopback(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_there;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Sends nothing. */
	is_there = fd >= 0 &&
	    connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0;
	if (fd >= 0)
		(void)close(fd);
	return is_there;
}

bool
httpsfix_may_begin(void)
{
	const char *dir = getenv("srcdir");
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/tests/e2e/https.py",
	    dir == NULL ? "." : dir);
	return realpath(path, program) != NULL && has_loopback() &&
	    system("{ python3 -c 'import ssl' && openssl version; } "
	           ">/dev/null 2>&1") == 0;
}

static void
start_service(void)
{
	char line[16];
	int ends[2];
	FILE *says;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	service = fork();
	ck_assert_int_ge(service, 0);
	if (service == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execlp("python3", "python3", program, "0", "good.pem",
		    "good.key", ".", (char *)NULL);
		_exit(99);
	}
	(void)close(ends[1]);
	ck_assert_ptr_nonnull(says = fdopen(ends[0], "r"));
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), says));
	httpsfix_port = atoi(line);
	ck_assert_int_gt(httpsfix_port, 0);
	(void)fclose(says);
}

void
httpsfix_begin(void)
{
	policyfix_setup();
	ck_assert_int_eq(system(CERTIFICATE("good")), 0);
	ck_assert_int_eq(system(CERTIFICATE("other")), 0);
	policyfix_write_text("keys", KEY_A " one\n\n# two\n" KEY_B "\n");
	policyfix_write_text("roots",
	    "{\"userKey\":[\"AAAAC3NzaC1lZDI1NTE5AAAAIFUp65QF3J5Pe4C/V9y18r9H"
	    "i4jcCdTA2K9xeY2/RZ0J\"]}");
	policyfix_write_text("nothing", "");
	policyfix_write_text("denied",
	    "{\"success\":false,\"errors\":[{\"message\":\"no \\\"token\\\"\"}]"
	    "}");
	start_service();
}

void
httpsfix_end(void)
{
	(void)kill(service, SIGKILL);
	ck_assert_int_eq(waitpid(service, NULL, 0), service);
	policyfix_teardown();
}

void
httpsfix_ask(struct program *p, const char *path, const char *token,
    const char *ca)
{
	static char request[70000];
	size_t len;
	FILE *f;

	len = (size_t)snprintf(request, sizeof(request),
	    "url https://localhost:%d/%s\n%s%s%s%s", httpsfix_port, path,
	    token == NULL ? "" : "token ", token == NULL ? "" : token,
	    token == NULL ? "" : "\n", ca == NULL ? "" : "\n");
	if (ca != NULL) {
		ck_assert_ptr_nonnull(f = fopen(ca, "r"));
		len += fread(request + len, 1, sizeof(request) - len, f);
		ck_assert_int_eq(fclose(f), 0);
	}
	p->input = request;
	p->input_len = len;
}
