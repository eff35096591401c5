/*
 * ca-fetch: ask a CA's service for its public keys; see ca-fetch(8).
 *
 * certgate starts it as an ordinary user and takes nothing from it but lines
 * that it parses again.  MUST NOT run as root, know the policy, or take a
 * secret from its arguments or environment, which others can read.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "helpers/download.h"
#include "lib/caanswer.h"
#include "lib/err.h"
#include "lib/fetchreq.h"
#include "lib/keyset.h"
#include "lib/sandbox.h"
#include "lib/url.h"

/* Over libcurl's own limit: it cannot end a look-up of a name. */
#define ALARM_S (DOWNLOAD_MAX_S + 1)

/* What name services and TLS read; not the policy beside them in /etc. */
static const char *const needed_paths[] = { "/usr", "/lib", "/lib32",
	"/lib64", "/etc/ld.so.cache", "/etc/resolv.conf", "/etc/hosts",
	"/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf",
	"/etc/services", "/etc/protocols", "/etc/localtime", "/etc/ssl",
	"/etc/pki", "/etc/crypto-policies", "/etc/ca-certificates",
	"/var/lib/ca-certificates", "/dev/null", "/dev/urandom" };

#define N_NEEDED (sizeof(needed_paths) / sizeof(needed_paths[0]))
#define DNS_PORT 53

static int
usage(FILE *out)
{
	(void)fputs("usage: ca-fetch <REQUEST\n"
		    "       ca-fetch -h\n",
	    out);
	return out == stdout ? 0 : 2;
}

static void
on_alarm(int number)
{
	static const char text[] = "not done after 10 seconds\n";
	ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)number;
	(void)n;
	_exit(1);
}

static int
set_alarm(struct err *err)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_alarm;
	if (sigaction(SIGALRM, &action, NULL) == -1)
		return err_system(err, "sigaction");
	(void)alarm(ALARM_S);
	return 0;
}

/* All of standard input, at most FETCHREQ_MAX_BYTES; it is closed then. */
static int
read_request(char **out, size_t *len, struct err *err)
{
	char *bytes = malloc(FETCHREQ_MAX_BYTES + 1);
	size_t used = 0;
	ssize_t n;
	int null;

	if (bytes == NULL)
		return err_setf(err, ERR_MEMORY, "out of memory");
	while (used <= FETCHREQ_MAX_BYTES &&
	    (n = read(STDIN_FILENO, bytes + used,
		 FETCHREQ_MAX_BYTES + 1 - used)) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			(void)err_system(err, "standard input");
			free(bytes);
			return -1;
		}
		used += (size_t)n;
	}
	*out = bytes;
	*len = used;
	if ((null = open("/dev/null", O_RDONLY | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1)
		return err_system(err, "/dev/null");
	(void)close(null);
	return 0;
}

/* libcurl wants a file: one without a name, in memory. */
static int
put_ca_file(struct span pem, char path[32], struct err *err)
{
	ssize_t n;
	int fd = memfd_create("ca-file", MFD_CLOEXEC);

	if (fd == -1)
		return err_system(err, "memfd_create");
	while (pem.len != 0) {
		n = write(fd, pem.p, pem.len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_system(err, "memfd");
		pem.p += n;
		pem.len -= (size_t)n;
	}
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	return 0;
}

static int
enter_sandbox(const char *url, struct err *err)
{
	const char *paths[N_NEEDED + 3] = { NULL };
	uint16_t ports[3] = { DNS_PORT, 0, 0 };
	struct sandbox s = { paths, ports };
	struct url parsed;
	size_t n = N_NEEDED;

	if (url_parse(&parsed, span_of(url), err) < 0)
		return -1;
	ports[1] = parsed.port;
	memcpy(paths, needed_paths, sizeof(needed_paths));
	download_trust(&paths[n], &paths[n + 1]);
	if (paths[n] == NULL) {
		paths[n] = paths[n + 1];
		paths[n + 1] = NULL;
	}
	return sandbox_enter(&s, NULL, err);
}

static int
print_keys(const struct download_answer *answer, struct err *err)
{
	struct keyset keys = KEYSET_INIT;
	char reason[CAANSWER_REASON_SIZE];
	struct wire lines = WIRE_INIT;
	int ret = -1;

	if (answer->status != 200) {
		(void)caanswer_reason(reason, answer->bytes, answer->len);
		(void)err_setf(err, ERR_REFUSED,
		    "the service answers with HTTP status %ld%s%s%s",
		    answer->status, reason[0] == '\0' ? "" : ": \"", reason,
		    reason[0] == '\0' ? "" : "\"");
		goto out;
	}
	if (caanswer_parse(&keys, answer->bytes, answer->len, err) < 0)
		goto out;
	keyset_write(&keys, &lines);
	if (lines.has_failed)
		(void)err_setf(err, ERR_MEMORY, "out of memory");
	else if (fwrite(lines.p, 1, lines.len, stdout) != lines.len ||
	    fflush(stdout) != 0)
		(void)err_system(err, "standard output");
	else
		ret = 0;
out:
	wire_free(&lines);
	keyset_clear(&keys);
	return ret;
}

static int
fetch(struct err *err)
{
	struct download_answer answer = { 0, NULL, 0 };
	struct download d = { NULL, NULL, NULL };
	struct fetchreq request;
	char ca_file[32];
	char *bytes = NULL;
	size_t len = 0;
	int ret = -1;

	if (read_request(&bytes, &len, err) < 0 ||
	    fetchreq_parse(&request, bytes, len, err) < 0)
		goto out;
	d.url = request.url;
	d.token = request.token;
	if (request.ca.len != 0) {
		if (put_ca_file(request.ca, ca_file, err) < 0)
			goto out;
		d.ca_file = ca_file;
	}
	if (download_init(err) < 0 || enter_sandbox(d.url, err) < 0 ||
	    download_get(&d, &answer, err) < 0 ||
	    print_keys(&answer, err) < 0)
		goto out;
	ret = 0;
out:
	download_clear(&answer);
	if (bytes != NULL)
		explicit_bzero(bytes, len);
	free(bytes);
	return ret;
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	int ret;

	if (argc == 2 && strcmp(argv[1], "-h") == 0)
		return usage(stdout);
	if (argc != 1)
		return usage(stderr);
	if (geteuid() == 0 || getuid() == 0) {
		(void)fputs("ca-fetch: not as root: what comes from the "
			    "network is read here; run it as another user\n",
		    stderr);
		return 1;
	}
	if (set_alarm(&err) < 0 || fetch(&err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		ret = 1;
	} else {
		ret = 0;
	}
	/* Nothing at exit is worth a call that the sandbox refuses. */
	_exit(ret);
}
