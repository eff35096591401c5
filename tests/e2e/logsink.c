/*
 * logsink: a log daemon for tests.
 *
 *   logsink SOCKET FILE    append each datagram to FILE as one line
 *   logsink -m SOCKET TEXT send TEXT, to mark a place in that file
 *
 * Datagrams arrive in the order in which they were sent, so once a mark is
 * in the file, so is all that was logged before it.  Control characters are
 * written as <0A>: a line of the file is one datagram, and a test can ask
 * whether anything came in raw.
 */
#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DATAGRAM_MAX 65536

static int
open_socket(const char *path, struct sockaddr_un *addr)
{
	int fd;

	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(addr->sun_path))
		errx(2, "%s: too long", path);
	memcpy(addr->sun_path, path, strlen(path));
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		err(1, "socket");
	return fd;
}

static void
send_mark(const char *path, const char *text)
{
	struct sockaddr_un addr;
	int fd;

	fd = open_socket(path, &addr);
	if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&addr,
		sizeof(addr)) < 0)
		err(1, "%s", path);
	close(fd);
}

static void
write_line(FILE *out, const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f)
			fprintf(out, "<%02X>", p[i]);
		else
			putc(p[i], out);
	}
	putc('\n', out);
	if (fflush(out) != 0)
		err(1, "write");
}

static void
receive(const char *path, const char *file)
{
	static unsigned char buf[DATAGRAM_MAX];
	struct sockaddr_un addr;
	FILE *out;
	ssize_t n;
	int fd;

	if ((out = fopen(file, "ae")) == NULL)
		err(1, "%s", file);
	fd = open_socket(path, &addr);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		err(1, "%s", path);
	/* As a log daemon does: anybody may write. */
	if (chmod(path, 0666) < 0)
		err(1, "%s", path);
	while ((n = recv(fd, buf, sizeof(buf), 0)) >= 0)
		write_line(out, buf, (size_t)n);
	err(1, "recv");
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "-m") == 0)
		send_mark(argv[2], argv[3]);
	else if (argc == 3)
		receive(argv[1], argv[2]);
	else
		errx(2, "usage: logsink SOCKET FILE | logsink -m SOCKET TEXT");
	return 0;
}
