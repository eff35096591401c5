/*
 * cdb: a tinycdb file of as many records, of the size that rules have.
 *
 *   cdb FILE N VALUE_LEN
 *
 * The least that anything can cost which writes an index with tinycdb.
 */
#include "config.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cdb.h>

#define MAX_VALUE 4096

int
main(int argc, char **argv)
{
	static unsigned char value[MAX_VALUE];
	static struct cdb_make m;
	unsigned long i, n;
	unsigned long value_len;
	char key[32];
	int fd, key_len;

	if (argc != 4)
		errx(2, "usage: cdb FILE N VALUE_LEN");
	n = strtoul(argv[2], NULL, 10);
	value_len = strtoul(argv[3], NULL, 10);
	if (n == 0 || value_len > sizeof(value))
		errx(2, "%s %s: out of range", argv[2], argv[3]);
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || cdb_make_start(&m, fd) < 0)
		err(1, "%s", argv[1]);
	for (i = 0; i < n; i++) {
		key_len = snprintf(key, sizeof(key), "uuser%07lu", i);
		if (cdb_make_add(&m, key, (unsigned int)key_len, value,
			(unsigned int)value_len) < 0)
			err(1, "%s", argv[1]);
	}
	if (cdb_make_finish(&m) < 0 || close(fd) < 0)
		err(1, "%s", argv[1]);
	return 0;
}
