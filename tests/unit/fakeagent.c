#include "config.h"

#include "tests/unit/fakeagent.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MUST(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static int
get_exactly(int fd, unsigned char *p, size_t len)
{
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = read(fd, p, len)) <= 0)
			return -1;
	return 0;
}

static void
send_bytes(int fd, struct span s)
{
	ssize_t n;

	for (; s.len > 0; s.p += n, s.len -= (size_t)n)
		if ((n = send(fd, s.p, s.len, MSG_NOSIGNAL)) <= 0)
			return;
}

static void
put_list(const struct fakeagent *a, struct wire *out)
{
	uint32_t i, n = a->cert.len != 0;

	if (a->manner == FAKEAGENT_MANY)
		n = 257;
	wire_put_u8(out, 12);
	wire_put_u32(out, a->n_others + n);
	for (i = 0; i < a->n_others; i++) {
		wire_put_string(out, a->others[i]);
		wire_put_text(out, "another");
	}
	for (i = 0; i < n; i++) {
		wire_put_string(out, a->cert);
		wire_put_text(out, "a comment");
	}
}

static void
put_signature(
    const struct fakeagent *a, struct span request, struct wire *out)
{
	static struct wire first = WIRE_INIT;
	struct wire signature = WIRE_INIT;
	struct span key, data;

	MUST(wire_get_string(&request, &key) == 0 &&
	    wire_get_string(&request, &data) == 0);
	if (a->manner == FAKEAGENT_REFUSES) {
		wire_put_u8(out, 5);
		return;
	}
	if (a->manner == FAKEAGENT_OTHER_DATA)
		data.len--;
	if (a->manner == FAKEAGENT_GARBAGE) {
		wire_put_u8(&signature, 0xff);
		wire_put_u8(&signature, 0xff);
	} else {
		signer_sign(
		    a->manner == FAKEAGENT_OTHER_KEY ? a->other : a->key,
		    NULL, data, a->flags, 9, &signature);
	}
	if (first.len == 0)
		wire_put_bytes(&first, signature.p, signature.len);
	wire_put_u8(out, 14);
	wire_put_string(out,
	    wire_span(a->manner == FAKEAGENT_REPLAYS ? &first : &signature));
	wire_free(&signature);
}

static void
answer(const struct fakeagent *a, int fd, struct span question)
{
	struct wire out = WIRE_INIT, packet = WIRE_INIT;
	static const unsigned char endless[4096] = { 0xff, 0xff, 0xff, 0xff };
	struct span s;
	uint8_t type;

	MUST(wire_get_u8(&question, &type) == 0);
	if (type == 11)
		put_list(a, &out);
	else
		put_signature(a, question, &out);
	wire_put_string(&packet, wire_span(&out));
	s = wire_span(&packet);
	if (a->manner == FAKEAGENT_HALF)
		s.len /= 2;
	if (a->manner == FAKEAGENT_ENDLESS)
		s = (struct span) { endless, sizeof(endless) };
	if (a->manner != FAKEAGENT_CLOSES)
		send_bytes(fd, s);
	wire_free(&out);
	wire_free(&packet);
}

static void
serve(const struct fakeagent *a, int fd)
{
	unsigned char head[4];
	struct span in;
	uint32_t len;

	while (get_exactly(fd, head, 4) == 0) {
		unsigned char *p;

		in = (struct span) { head, 4 };
		MUST(wire_get_u32(&in, &len) == 0 && len < 1000000);
		MUST((p = malloc(len + 1)) != NULL);
		MUST(get_exactly(fd, p, len) == 0);
		answer(a, fd, (struct span) { p, len });
		free(p);
		if (a->manner == FAKEAGENT_CLOSES ||
		    a->manner == FAKEAGENT_HALF)
			return;
	}
}

void
fakeagent_start(struct fakeagent *a)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, client;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", a->path);
	(void)unlink(a->path);
	MUST((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) >= 0);
	MUST(bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0);
	MUST(listen(fd, 5) == 0);
	MUST((a->pid = fork()) >= 0);
	if (a->pid == 0) {
		while ((client = accept(fd, NULL, NULL)) >= 0) {
			serve(a, client);
			(void)close(client);
		}
		_exit(0);
	}
	(void)close(fd);
}

void
fakeagent_stop(struct fakeagent *a)
{
	(void)kill(a->pid, SIGKILL);
	(void)waitpid(a->pid, NULL, 0);
	(void)unlink(a->path);
}
